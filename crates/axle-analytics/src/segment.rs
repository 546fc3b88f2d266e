//! Segment files: activities as Parquet, each with its rollup beside it. A cache with a manifest: the record has
//! everything that stands here, so a file that is wrong is made anew and never repaired.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

use axle_model::analytics::{AnalyticsError, Segment};
use datafusion::arrow::array::{Array, BooleanArray, RecordBatch};
use datafusion::arrow::compute::concat_batches;
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection};
use datafusion::parquet::arrow::{ArrowWriter, ProjectionMask};
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::metadata::{KeyValue, PageIndexPolicy};
use datafusion::parquet::file::properties::WriterProperties;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use roaring::RoaringTreemap;
use sha2::{Digest as _, Sha256};

use crate::columns::{ACTIVITY_SCHEMA, i64s, internal, micros, u32s};
use crate::rollup::{DayRow, ROLLUP_COLUMNS, Take, merge, roll_up, sum_of};
use crate::rollup_file::{Pieces, to_batch};

/// How names of files of activities begin, and those of facts.
const ACTIVITIES: &str = "activities";
pub(crate) const FACTS: &str = "facts-";

const ROWS_PER_BATCH: usize = 65_536;
const ZONE_KEY: &str = "axle.time_zone";
const GONE_KEY: &str = "axle.superseded";
const SEGMENT_KEY: &str = "axle.segment_sha256";

/// Writes activities, sorted by sequence number, to a new file of the folder and gives its manifest row.
/// The file has its name only once it is whole and on the disk. It also says which states, here and in earlier files,
/// were superseded when it was written, so that opening the files again finds them out.
pub(crate) fn write(folder: &Path, batches: &[RecordBatch], gone: &RoaringTreemap) -> Result<Segment, AnalyticsError> {
    let all = concat_batches(&ACTIVITY_SCHEMA, batches).map_err(internal)?;
    let mut bytes = Vec::with_capacity(gone.serialized_size());
    gone.serialize_into(&mut bytes).map_err(internal)?;
    let metadata = vec![KeyValue::new(GONE_KEY.into(), hex(&bytes))];
    let written = write_rows(folder, ACTIVITIES, &all, metadata)?;
    let at = micros(&all, "occurred_at").values().iter().copied();
    Ok(Segment { min_at: at.clone().min().unwrap_or_default(), max_at: at.max().unwrap_or_default(), ..written })
}

/// Writes rows with a column `seq` to a new file, whose name begins with `prefix`.
pub(crate) fn write_rows(
    folder: &Path,
    prefix: &str,
    rows: &RecordBatch,
    metadata: Vec<KeyValue>,
) -> Result<Segment, AnalyticsError> {
    let seq = i64s(rows, "seq").values();
    let (Some(min_seq), Some(max_seq)) = (seq.iter().min(), seq.iter().max()) else {
        return Err(AnalyticsError::Internal("a segment needs at least one row".into()));
    };
    let path = format!("{prefix}-{min_seq:012}-{max_seq:012}.parquet");
    write_parquet(&folder.join(&path), std::slice::from_ref(rows), metadata)?;
    Ok(Segment {
        sha256: sha256(&folder.join(&path))?,
        rows: rows.num_rows() as u64,
        min_seq: *min_seq,
        max_seq: *max_seq,
        min_at: 0,
        max_at: 0,
        path,
    })
}

fn write_parquet(path: &Path, batches: &[RecordBatch], metadata: Vec<KeyValue>) -> Result<(), AnalyticsError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(internal)?;
    let temporary = path.with_extension("tmp");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(1 << 20))
        .set_key_value_metadata((!metadata.is_empty()).then_some(metadata))
        .build();
    let schema = batches.first().map_or_else(|| ACTIVITY_SCHEMA.clone(), RecordBatch::schema);
    let mut writer = ArrowWriter::try_new(File::create(&temporary).map_err(internal)?, schema, Some(properties))
        .map_err(internal)?;
    for batch in batches {
        writer.write(batch).map_err(internal)?;
    }
    let mut file = writer.into_inner().map_err(internal)?;
    file.flush().and_then(|()| file.sync_all()).map_err(internal)?;
    fs::rename(&temporary, path).map_err(internal)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(internal)
}

/// Columns of a file, in file order whatever the order asked for.
pub(crate) fn read(folder: &Path, name: &str, columns: &[&str]) -> Result<Vec<RecordBatch>, AnalyticsError> {
    let mut batches = Vec::new();
    read_rows(folder, name, columns, None, |batch| batches.push(batch))?;
    Ok(batches)
}

/// Reads columns of the rows whose `key` is wanted, batch after batch. Pages without any are not even unpacked.
pub(crate) fn read_where(
    folder: &Path,
    name: &str,
    columns: &[&str],
    key: &str,
    wanted: impl Fn(Option<u32>) -> bool,
    each: impl FnMut(&RecordBatch),
) -> Result<(), AnalyticsError> {
    let is_wanted = |batch: &RecordBatch| u32s(batch, key).iter().map(|key| Some(wanted(key))).collect();
    let chosen: Vec<BooleanArray> = read(folder, name, &[key])?.iter().map(is_wanted).collect();
    read_chosen(folder, name, columns, &chosen, each)
}

/// As [`read_where`], of the rows that are chosen: one after the other, in as many pieces as there may be.
pub(crate) fn read_chosen(
    folder: &Path,
    name: &str,
    columns: &[&str],
    chosen: &[BooleanArray],
    mut each: impl FnMut(&RecordBatch),
) -> Result<(), AnalyticsError> {
    if chosen.iter().all(|chosen| chosen.true_count() == 0) {
        return Ok(());
    }
    read_rows(folder, name, columns, Some(RowSelection::from_filters(chosen)), |batch| each(&batch))
}

fn read_rows(
    folder: &Path,
    name: &str,
    columns: &[&str],
    rows: Option<RowSelection>,
    mut each: impl FnMut(RecordBatch),
) -> Result<(), AnalyticsError> {
    let damaged = |reason: String| AnalyticsError::Damaged { path: name.to_owned(), reason };
    let file = File::open(folder.join(name)).map_err(|error| damaged(error.to_string()))?;
    let pages = if rows.is_some() { PageIndexPolicy::Optional } else { PageIndexPolicy::Skip };
    let options = ArrowReaderOptions::new().with_offset_index_policy(pages);
    let mut builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|error| damaged(error.to_string()))?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    if let Some(rows) = rows {
        builder = builder.with_row_selection(rows);
    }
    let mut reader = builder
        .with_projection(mask)
        .with_batch_size(ROWS_PER_BATCH)
        .build()
        .map_err(|error| damaged(error.to_string()))?;
    reader.try_for_each(|batch| batch.map(&mut each)).map_err(|error| damaged(error.to_string()))
}

/// What is wrong with a file, compared with its manifest row.
pub(crate) fn check(folder: &Path, segment: &Segment) -> Option<String> {
    let path = folder.join(&segment.path);
    let hash = match sha256(&path) {
        Ok(hash) => hash,
        Err(error) => return Some(format!("{}: {error}", segment.path)),
    };
    if hash != segment.sha256 {
        return Some(format!("{}: its hash is {hash}, the manifest says {}", segment.path, segment.sha256));
    }
    match read(folder, &segment.path, &["seq"]) {
        Err(error) => Some(error.to_string()),
        Ok(batches) => {
            let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
            (rows != segment.rows)
                .then(|| format!("{}: it holds {rows} rows, the manifest says {}", segment.path, segment.rows))
        }
    }
}

fn sha256(path: &Path) -> Result<String, AnalyticsError> {
    let mut file = File::open(path).map_err(internal)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0_u8; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(internal)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// States that a segment knows not to hold: see [`write`].
pub(crate) fn gone(folder: &Path, name: &str) -> Result<RoaringTreemap, AnalyticsError> {
    let damaged = |reason: String| AnalyticsError::Damaged { path: name.to_owned(), reason };
    let file = File::open(folder.join(name)).map_err(|error| damaged(error.to_string()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| damaged(error.to_string()))?;
    let pairs = builder.metadata().file_metadata().key_value_metadata();
    let text =
        pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == GONE_KEY)?.value.clone()).unwrap_or_default();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes = text.as_bytes().chunks(2).map(byte).collect::<Option<Vec<u8>>>().unwrap_or_default();
    if bytes.is_empty() {
        return Ok(RoaringTreemap::new());
    }
    RoaringTreemap::deserialize_from(bytes.as_slice()).map_err(|error| damaged(error.to_string()))
}

/// The name of the rollup beside a segment.
pub(crate) fn rollup_name(segment: &str) -> String {
    format!("{}.days.parquet", segment.strip_suffix(".parquet").unwrap_or(segment))
}

/// The sum of the rollups of segments: see [`make_rollup`].
pub(crate) fn rollup_of_all(
    folder: &Path,
    segments: &[Segment],
    zone: &TimeZone,
) -> Result<Vec<DayRow>, AnalyticsError> {
    let read = || -> Result<_, AnalyticsError> {
        let files = segments.par_iter().map(|one| rollup(folder, one, zone)).collect::<Result<Vec<_>, _>>()?;
        let rows = files.iter().map(|file| file.rows).sum();
        sum_of(files, rows).map_err(internal)
    };
    read().or_else(|_| {
        // One of them cannot be read to its end.
        segments.iter().for_each(|one| drop(fs::remove_file(folder.join(rollup_name(&one.path)))));
        read()
    })
}

/// The rollup of a segment, from its file when that was made from this segment for this zone, otherwise made anew.
fn rollup(folder: &Path, segment: &Segment, zone: &TimeZone) -> Result<Pieces, AnalyticsError> {
    let path = folder.join(rollup_name(&segment.path));
    if let Some(kept) = kept_rollup(&path, segment, zone) {
        return Ok(kept);
    }
    make_rollup(folder, segment, zone)?;
    kept_rollup(&path, segment, zone).ok_or_else(|| {
        let reason = "it cannot be read right after it was written".to_owned();
        AnalyticsError::Damaged { path: rollup_name(&segment.path), reason }
    })
}

/// Makes the rollup of a segment, in a file beside it. It holds every row of the segment that was not deleted; the caller
/// takes off what was superseded.
pub(crate) fn make_rollup(folder: &Path, segment: &Segment, zone: &TimeZone) -> Result<(), AnalyticsError> {
    let mut rows = Vec::new();
    for batch in read(folder, &segment.path, &[ROLLUP_COLUMNS, &["deleted_at"]].concat())? {
        let (seq, deleted_at) = (i64s(&batch, "seq"), micros(&batch, "deleted_at"));
        let deleted = (0..batch.num_rows()).filter(|row| deleted_at.is_valid(*row));
        let deleted = deleted.filter_map(|row| u64::try_from(seq.value(row)).ok()).collect();
        rows = merge(rows, roll_up(&batch, &deleted, zone, &Take::All));
    }
    let metadata = vec![
        KeyValue::new(ZONE_KEY.into(), zone.iana_name().unwrap_or("UTC").to_owned()),
        KeyValue::new(SEGMENT_KEY.into(), segment.sha256.clone()),
    ];
    write_parquet(&folder.join(rollup_name(&segment.path)), &[to_batch(&rows)?], metadata)
}

fn kept_rollup(path: &Path, segment: &Segment, zone: &TimeZone) -> Option<Pieces> {
    let file = ParquetRecordBatchReaderBuilder::try_new(File::open(path).ok()?).ok()?;
    let metadata = file.metadata().file_metadata().key_value_metadata()?;
    let value = |key: &str| metadata.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.as_deref());
    let is_of_this = value(ZONE_KEY)? == zone.iana_name().unwrap_or("UTC") && value(SEGMENT_KEY)? == segment.sha256;
    Pieces::of(file).ok().filter(|_| is_of_this)
}

/// Deletes every file that this module writes.
pub(crate) fn delete_all(folder: &Path) -> Result<(), AnalyticsError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if (name.starts_with(ACTIVITIES) || name.starts_with(FACTS))
            && (name.ends_with(".parquet") || name.ends_with(".tmp"))
        {
            fs::remove_file(entry.path()).map_err(internal)?;
        }
    }
    Ok(())
}
