//! Import: from an export file to the record, with a receipt.
//!
//! One thread reads, understands and works out the rows of a batch while another stores the batch before; both hold a
//! batch or two at most, so memory does not grow with the file. Each batch is one transaction. A run that was killed is
//! started again from the beginning: what it stored is found unchanged, so the end state is that of one uninterrupted run.

mod mappings;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axle_connectors::input::Input;
use axle_connectors::sources::{self, SOURCES};
use axle_connectors::{Limits, Probe, RawRecord, Source, SourceError};
use axle_model::{Activity, Entry, tidy};
use axle_store::batch::{Batch, Counts, Record, derived_from};
use axle_store::missing::Filtered;
use axle_store::raw::{self, BlockHash};
use axle_store::write::Writer;
use axle_store::{activity_index, import_run, member, source};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::reading::Models;
use crate::resolve::Cause;
use crate::run_lock::RunLock;
use crate::{AppError, AppResult, Workspace, bots, directory, reading, resolve};

/// What is imported, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Read it as this format, whatever it looks like.
    pub format: Option<String>,
    /// Name of the source; the format's name unless given.
    pub source: Option<String>,
    /// Read and understand, store nothing.
    pub dry_run: bool,
    /// Records that are stored in one transaction, [`RECORDS_PER_BATCH`] unless given.
    pub records_per_batch: Option<NonZeroUsize>,
}

/// The receipt of one import (contract: "The import receipt").
#[derive(Debug, Clone, Serialize)]
pub struct ImportReceipt {
    /// What was read.
    pub path: String,
    /// Name of the source.
    pub source: String,
    /// How it was read.
    pub format: &'static str,
    /// Records that the platform counts: `stored + unchanged + rejected`.
    pub read: u64,
    /// Said something new.
    pub stored: u64,
    /// Said nothing new.
    pub unchanged: u64,
    /// Were not understood.
    pub rejected: u64,
    /// JSON Lines with place, reason and content of each; `None` when nothing was rejected.
    pub rejects_file: Option<PathBuf>,
    /// Activities new or changed; a trial takes all for new.
    pub activities: u64,
    /// Identities new to the record; not known in a trial.
    pub identities: u64,
    /// Members new to the record; not known in a trial.
    pub members_new: u64,
    /// Pairs of members known before whom it showed to be one person.
    pub members_joined: u64,
    /// Pairs of members whom it showed to be two.
    pub members_parted: u64,
    /// The change of the history that both are, which undoes them; `None` when nobody moved.
    pub change_id: Option<i64>,
    /// First activity.
    pub from: Option<Timestamp>,
    /// Last activity.
    pub to: Option<Timestamp>,
    /// Activities in the export by type, new or not.
    pub by_type: BTreeMap<String, u64>,
    /// Facts in the export by kind (deals, accounts), new or not.
    pub facts: BTreeMap<String, u64>,
    /// Records that describe others (users, channels) by kind; not part of `read`.
    pub described: BTreeMap<String, u64>,
    /// Of them, those that were not understood.
    pub described_rejected: u64,
    /// Mappings by which tables were read, by name; left out where there were none.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub mappings: BTreeSet<String>,
    /// Activities found deleted at their source, since a newer export of their place lacks them.
    pub deleted: u64,
    /// Activities that were taken for deleted, and that an even newer export has.
    pub restored: u64,
    /// What to know before trusting the result.
    pub warnings: Vec<String>,
    /// Why the end of the input could not be read; what stands before it is imported.
    pub incomplete: Option<String>,
    /// Whether nothing was stored because only a trial was asked for.
    pub dry_run: bool,
    /// Wall time.
    pub seconds: f64,
    /// For `axle import` again, and the pages.
    #[serde(skip)]
    pub import_run_id: i64,
}

/// Told now and then how far the reading is: bytes done, bytes in all.
pub type OnProgress<'a> = dyn Fn(u64, u64) + Send + Sync + 'a;

/// A source under the name that it is imported as.
pub(crate) struct Reading {
    source: &'static dyn Source,
    name: String,
    /// Where its people have their accounts, when these are known there alone and the source has a name of its own.
    place: Option<String>,
    records_per_batch: usize,
    /// What words are read with; `None` where nothing is kept.
    models: Option<Arc<Models>>,
}

impl Reading {
    pub(crate) fn new(source: &'static dyn Source, name: &str, options: &ImportOptions) -> Self {
        let is_apart = !source.accounts_are_global() && name != source.format();
        Self {
            source,
            name: name.to_owned(),
            place: is_apart.then(|| name.to_owned()),
            records_per_batch: options.records_per_batch.unwrap_or(RECORDS_PER_BATCH).get(),
            models: None,
        }
    }
}

/// The ids of a batch lie all over the record's indexes, so that a transaction writes most of their pages anew: the more
/// records share one, the less each costs. Two batches are in memory at a time.
pub const RECORDS_PER_BATCH: NonZeroUsize = NonZeroUsize::new(40_000).expect("it is above 0");
const BYTES_PER_BATCH: usize = 16 << 20;

/// An input with the source that reads it.
pub struct Recognized {
    /// The source.
    pub source: &'static dyn Source,
    /// The input.
    pub input: Input,
}

/// Finds out what stands at `path`. A folder that is no export itself is looked through, one level deep.
pub fn recognize(path: &Path, format: Option<&str>) -> AppResult<Vec<Recognized>> {
    if !path.exists() {
        return Err(AppError::Invalid(format!("{}: there is no such file or folder", path.display())));
    }
    if let Some(format) = format {
        let known = || SOURCES.iter().map(|source| source.format()).collect::<Vec<_>>().join(", ");
        let source = sources::source(format)
            .ok_or_else(|| AppError::Invalid(format!("`{format}` is no format: use one of {}", known())))?;
        return Ok(vec![Recognized { source, input: Input::open(path, Limits::default())? }]);
    }
    let is_empty = match path.is_dir() {
        true => path.read_dir().is_ok_and(|mut inside| inside.next().is_none()),
        false => path.metadata().is_ok_and(|metadata| metadata.len() == 0),
    };
    if is_empty {
        let what = if path.is_dir() { "folder" } else { "file" };
        return Err(AppError::Invalid(format!("{}: the {what} is empty: nothing to read", path.display())));
    }
    let input = Input::open(path, Limits::default())?;
    if let Some(source) = surest(&input.probe()?) {
        return Ok(vec![Recognized { source, input }]);
    }
    let mut inside = Vec::new();
    if path.is_dir() {
        let mut children: Vec<PathBuf> = path
            .read_dir()
            .map_err(|cause| unreadable(path, cause))?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .collect();
        children.sort();
        for child in children {
            let input = Input::open(&child, Limits::default())?;
            if let Ok(Some(source)) = input.probe().map(|probe| surest(&probe)) {
                inside.push(Recognized { source, input });
            }
        }
    }
    if inside.is_empty() {
        let looked_for: Vec<String> =
            SOURCES.iter().map(|source| format!("  {:<15} {}", source.format(), source.looked_for())).collect();
        return Err(AppError::Invalid(format!(
            "{}: this is no export that Axle knows. It looked for:\n{}\nIf it is one of them, name it with `--as FORMAT`.",
            path.display(),
            looked_for.join("\n")
        )));
    }
    Ok(inside)
}

fn unreadable(path: &Path, cause: std::io::Error) -> SourceError {
    SourceError::Unreadable { place: path.display().to_string(), cause }
}

const SURE_ENOUGH: u8 = 30;

fn surest(probe: &Probe) -> Option<&'static dyn Source> {
    let (confidence, source) =
        SOURCES.iter().map(|source| (source.detect(probe), *source)).max_by_key(|(confidence, _)| *confidence)?;
    (confidence >= SURE_ENOUGH).then_some(source)
}

/// Reads one input into the record. `clock` is asked for the instant of each batch.
pub async fn import(
    workspace: &Workspace,
    recognized: Recognized,
    options: &ImportOptions,
    clock: fn() -> Timestamp,
    progress: &OnProgress<'_>,
) -> AppResult<ImportReceipt> {
    if options.dry_run {
        let Recognized { source, input } = recognized;
        return dry_run(workspace, source, input, options, clock, progress).await;
    }
    let begun = begin(workspace, recognized, options, clock()).await?;
    import_begun(workspace, begun, options, clock, progress).await
}

/// A run that has begun. Others see it as running until this is dropped, or this process ends.
pub struct Begun {
    run: i64,
    recognized: Recognized,
    _lock: RunLock,
}

impl Begun {
    /// The run's number.
    pub fn run(&self) -> i64 {
        self.run
    }
}

/// Begins a run before it is its turn to read, so that it has a number under which it can be watched.
/// [`import_begun`] reads it.
pub async fn begin(
    workspace: &Workspace,
    recognized: Recognized,
    options: &ImportOptions,
    now: Timestamp,
) -> AppResult<Begun> {
    let Recognized { source, input } = &recognized;
    let name = source_name(*source, options)?;
    let mut tx = workspace.db().begin().await?;
    let row = source::ensure(&mut tx, &name, source.format(), now.as_microsecond()).await?;
    let path = input.path().display().to_string();
    let total = input.bytes_on_disk();
    let run = import_run::begin(&mut tx, Some(row.source_id), &path, total, now.as_microsecond()).await?;
    // Before anybody can see the run.
    let _lock = RunLock::take(workspace, run)?;
    tx.commit().await?;
    Ok(Begun { run, recognized, _lock })
}

/// Reads what [`begin`] began. A failure is noted on the run.
pub async fn import_begun(
    workspace: &Workspace,
    begun: Begun,
    options: &ImportOptions,
    clock: fn() -> Timestamp,
    progress: &OnProgress<'_>,
) -> AppResult<ImportReceipt> {
    let started = clock();
    let Begun { run, recognized: Recognized { source, input }, _lock } = begun;
    let name = source_name(source, options)?;
    let path = input.path().display().to_string();
    let total = input.bytes_on_disk();
    let db = workspace.db();
    let mut tx = db.begin().await?;
    let row = source::ensure(&mut tx, &name, source.format(), started.as_microsecond()).await?;
    tx.commit().await?;
    let members_before = member::count(db).await?;
    let known = raw::blocks_read(db).await?;
    let models = Models::of(workspace).await?;
    let mut writer = Writer::new(db, i64::from(row.source_id), run);
    let outcome = pump(
        Reading { models: Some(Arc::clone(&models)), ..Reading::new(source, &name, options) },
        input.clone(),
        known,
        clock,
        progress,
        total,
        async |block, bytes_read| {
            Ok(writer.write(block.batch, block.hash, clock().as_microsecond(), bytes_read).await?)
        },
    )
    .await;
    // A large run went without them, whatever became of it.
    let indexed = activity_index::restore(db).await.map_err(AppError::from);
    let outcome = match outcome.and_then(|done| indexed.map(|()| done)) {
        Ok(pumped) => writer
            .finish(pumped.incomplete.is_none(), clock().as_microsecond())
            .await
            .map(|settled| (pumped, settled))
            .map_err(AppError::from),
        Err(error) => Err(error),
    };
    let (pumped, settled) = match outcome {
        Ok(done) => done,
        Err(error) => return Err(failed(workspace, run, error, clock).await),
    };
    // The export named brands to look for.
    if Models::of(workspace).await?.number() != models.number() {
        reading::read_anew(workspace, &|_, _| {}).await?;
    }
    bots::look(workspace.db()).await?;
    let moved = resolve::resolve_if_due(workspace, Cause::Import(&name), clock().as_microsecond()).await?;
    let other_tables = mappings::warning(workspace, &name, &pumped.mappings).await?;
    let mut receipt = receipt_of(pumped, path, name, source.format());
    receipt.members_joined = moved.joined;
    receipt.members_parted = moved.parted;
    receipt.change_id = moved.change_id;
    receipt.import_run_id = run;
    receipt.deleted = settled.deleted;
    receipt.restored = settled.restored;
    let numbered = directory::numbered_channels(db, row.source_id).await?;
    receipt.warnings =
        settled.filtered.iter().map(warning).chain(without_names(&numbered)).chain(other_tables).collect();
    receipt.members_new = member::count(db).await?.saturating_sub(members_before);
    receipt.rejects_file = write_rejects(workspace, run).await?;
    receipt.seconds = clock().duration_since(started).as_secs_f64();
    let json = serde_json::to_string(&receipt).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = db.begin().await?;
    import_run::end(&mut tx, run, Ok(&json), clock().as_microsecond()).await?;
    tx.commit().await?;
    Ok(receipt)
}

fn warning(filtered: &Filtered) -> String {
    let Filtered { as_of, lacked, known } = filtered;
    let as_of = Timestamp::from_microsecond(*as_of).map_or_else(|_| "an unknown instant".into(), |at| at.to_string());
    format!(
        "The export as of {as_of} lacks {lacked} of {known} activities known where it looks: more than half. \
         It looks filtered, so nothing was taken for deleted there."
    )
}

/// What to do where channels are known by numbers alone.
fn without_names(numbered: &[String]) -> Option<String> {
    /// Channels that are named.
    const MOST: usize = 5;
    let more = if numbered.len() > MOST { ", …" } else { "" };
    let named = numbered.get(..numbered.len().min(MOST))?.join(", ");
    (!numbered.is_empty()).then(|| {
        format!(
            "Channels without a name: {named}{more}. Import the list that names them into this source, of a forum its \
             categories, or lines of the type “channel”."
        )
    })
}

/// Notes on the run why it stopped. Where even that cannot be written, the first reason is told all the same.
pub(crate) async fn failed(workspace: &Workspace, run: i64, error: AppError, clock: fn() -> Timestamp) -> AppError {
    let message = error.to_string();
    if let Ok(mut tx) = workspace.db().begin().await
        && import_run::end(&mut tx, run, Err(&message), clock().as_microsecond()).await.is_ok()
    {
        let _ = tx.commit().await;
    }
    error
}

fn source_name(source: &dyn Source, options: &ImportOptions) -> AppResult<String> {
    let name = options.source.clone().unwrap_or_else(|| source.format().to_owned());
    check_source_name(&name)?;
    Ok(name)
}

fn check_source_name(name: &str) -> AppResult<()> {
    let is_good = (1..=60).contains(&name.len())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    if is_good {
        return Ok(());
    }
    Err(AppError::Invalid(format!(
        "`{name}` is not a source name: use letters, digits, `-`, `_`, `.` and `/`, at most 60"
    )))
}

fn receipt_of(pumped: Pumped, path: String, source: String, format: &'static str) -> ImportReceipt {
    let Pumped { counts, incomplete, mappings } = pumped;
    let instant = |micros: Option<i64>| micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    ImportReceipt {
        path,
        source,
        format,
        read: counts.read,
        stored: counts.stored,
        unchanged: counts.unchanged,
        rejected: counts.rejected,
        rejects_file: None,
        activities: counts.activities,
        identities: counts.identities,
        members_new: 0,
        members_joined: 0,
        members_parted: 0,
        change_id: None,
        from: instant(counts.from),
        to: instant(counts.to),
        by_type: counts.by_type,
        facts: counts.facts,
        described: counts.described,
        described_rejected: counts.described_rejected,
        mappings,
        deleted: 0,
        restored: 0,
        warnings: Vec::new(),
        incomplete,
        dry_run: false,
        seconds: 0.0,
        import_run_id: 0,
    }
}

async fn dry_run(
    workspace: &Workspace,
    source: &'static dyn Source,
    input: Input,
    options: &ImportOptions,
    clock: fn() -> Timestamp,
    progress: &OnProgress<'_>,
) -> AppResult<ImportReceipt> {
    let started = clock();
    let name = source_name(source, options)?;
    let path = input.path().display().to_string();
    let total = input.bytes_on_disk();
    let none_known = HashMap::new();
    let pumped =
        pump(Reading::new(source, &name, options), input, none_known, clock, progress, total, async |block, _| {
            Ok(block.batch.trial())
        })
        .await?;
    let other_tables = mappings::warning(workspace, &name, &pumped.mappings).await?;
    let mut receipt = receipt_of(pumped, path, name, source.format());
    receipt.warnings.extend(other_tables);
    receipt.dry_run = true;
    receipt.seconds = clock().duration_since(started).as_secs_f64();
    Ok(receipt)
}

/// What is handed from the thread that reads to the one that stores.
enum Read {
    /// Records that may say something new.
    New(Box<Block>),
    /// Records that were stored before, all of them, with what is to be said of them in the receipt.
    Known(Counts),
}

/// A batch, and the hash of the bytes that it was understood from.
struct Block {
    batch: Batch,
    hash: Option<BlockHash>,
}

/// What came of reading an input.
struct Pumped {
    /// The sums.
    counts: Counts,
    /// Why the input's end could not be read.
    incomplete: Option<String>,
    /// Mappings by which its tables were read.
    mappings: BTreeSet<String>,
}

/// Reads and understands on a thread of its own; hands batches to `store`, those aside that are `known` to be stored.
async fn pump(
    reading: Reading,
    input: Input,
    known: HashMap<BlockHash, Counts>,
    clock: fn() -> Timestamp,
    progress: &OnProgress<'_>,
    total: u64,
    mut store: impl AsyncFnMut(Block, u64) -> AppResult<Counts>,
) -> AppResult<Pumped> {
    let (sender, mut receiver) = mpsc::channel::<Read>(1);
    let bytes = input.bytes_read();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let title = reading.source.title();
    let name = reading.name.clone();
    let reader = tokio::task::spawn_blocking(move || {
        let source = reading.source;
        let (records, mappings) = (Vec::new(), BTreeSet::new());
        let mut pile = Pile { reading, known, clock, records, bytes: 0, around: None, mappings, sender, stop: stopped };
        let result = source.read(&input, &mut |raw| pile.push(raw));
        pile.send().ok();
        (result, pile.mappings)
    });
    let mut counts = Counts::default();
    let mut failure = None;
    while let Some(read) = receiver.recv().await {
        let stored = match read {
            Read::New(block) => store(*block, bytes.load(Ordering::Relaxed)).await,
            Read::Known(counts) => Ok(counts),
        };
        match stored {
            Ok(batch) => counts.add(&batch),
            Err(error) => {
                stop.store(true, Ordering::Relaxed);
                receiver.close();
                failure = Some(error);
                break;
            }
        }
        progress(bytes.load(Ordering::Relaxed).min(total), total);
    }
    let (read, mappings) =
        reader.await.map_err(|error| AppError::Internal(format!("the reader of {title} stopped: {error}")))?;
    match (failure, read) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(Pumped { counts, incomplete: None, mappings }),
        // The export is cut off: what was read is worth having.
        (None, Err(error)) if error.is_damage() && counts.read > 0 => {
            let place = error.to_string();
            let rest = Record {
                kind: "rest".into(),
                place: place.clone(),
                body: Vec::new(),
                counted: true,
                source: None,
                part: None,
                entries: Err(place.clone()),
                derived: Vec::new(),
            };
            let block = Block { batch: Batch::of(vec![rest], &name), hash: None };
            counts.add(&store(block, total).await?);
            Ok(Pumped { counts, incomplete: Some(place), mappings })
        }
        (None, Err(error)) => Err(error.into()),
    }
}

/// Raw records until there are enough for a batch.
struct Pile {
    reading: Reading,
    known: HashMap<BlockHash, Counts>,
    clock: fn() -> Timestamp,
    records: Vec<RawRecord>,
    bytes: usize,
    /// What stands around the last record.
    around: Option<Arc<BTreeMap<String, String>>>,
    /// Mappings by which tables are read.
    mappings: BTreeSet<String>,
    sender: mpsc::Sender<Read>,
    stop: Arc<AtomicBool>,
}

impl Pile {
    fn push(&mut self, record: RawRecord) -> Result<(), SourceError> {
        // Rows of one table share what stands around them.
        if self.around.as_ref().is_none_or(|around| !Arc::ptr_eq(around, &record.context)) {
            self.mappings.extend(self.reading.source.mapping_of(&record));
            self.around = Some(Arc::clone(&record.context));
        }
        self.bytes += record.body.len();
        self.records.push(record);
        if self.records.len() >= self.reading.records_per_batch || self.bytes >= BYTES_PER_BATCH {
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), SourceError> {
        self.bytes = 0;
        let hash = block_hash(&self.reading, &self.records);
        let read = match hash.and_then(|hash| self.known.get(&hash)) {
            Some(counts) => {
                self.records.clear();
                Read::Known(counts.clone())
            }
            None => {
                let now = (self.clock)();
                let mut records: Vec<Record> =
                    self.records.drain(..).map(|raw| understand(&self.reading, raw, now)).collect();
                if let Some(models) = &self.reading.models {
                    read_words(models, &mut records);
                }
                Read::New(Box::new(Block { batch: Batch::of(records, &self.reading.name), hash }))
            }
        };
        if self.stop.load(Ordering::Relaxed) || self.sender.blocking_send(read).is_err() {
            return Err(SourceError::Stopped("the record could not be written".into()));
        }
        Ok(())
    }
}

/// Of everything that the entries of these records follow from: their bytes, what stands around them, the source's name
/// and this version of Axle. `None` for records of a snapshot: that one has them is news, even if they are not.
fn block_hash(reading: &Reading, records: &[RawRecord]) -> Option<BlockHash> {
    if records.iter().any(|record| record.part.is_some()) {
        return None;
    }
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    for part in [env!("CARGO_PKG_VERSION"), reading.source.format(), &reading.name] {
        add(part.as_bytes());
    }
    let mut around = None;
    for record in records {
        if around.is_none_or(|context| !Arc::ptr_eq(context, &record.context)) {
            record.context.iter().for_each(|(name, value)| {
                add(name.as_bytes());
                add(value.as_bytes());
            });
            around = Some(&record.context);
        }
        add(record.kind.as_bytes());
        add(&[u8::from(record.counted), u8::from(record.broken.is_some())]);
        add(&record.body);
    }
    let mut hash = BlockHash::default();
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Some(hash)
}

pub(crate) fn understand(reading: &Reading, raw: RawRecord, now: Timestamp) -> Record {
    let entries = match &raw.broken {
        Some(reason) => Err(reason.clone()),
        None => reading
            .source
            .normalize(&raw)
            .map_err(|error| error.0)
            .and_then(|entries| entries.into_iter().map(|entry| placed(entry, reading, now)).collect()),
    };
    let (source, entries) = match reading.source.source_named_by(&raw) {
        Some(name) => match check_source_name(&name) {
            Ok(()) => (Some(name), entries),
            Err(error) => (None, Err(error.to_string())),
        },
        None => (None, entries),
    };
    Record {
        derived: derived_from(&entries),
        kind: raw.kind.to_owned(),
        place: raw.place.to_string(),
        source,
        part: raw.part,
        body: raw.body,
        counted: raw.counted,
        entries,
    }
}

pub(crate) fn read_words(models: &Models, records: &mut [Record]) {
    let with_words = records.iter_mut().flat_map(activities_of).filter(|activity| activity.text.is_some());
    reading::read(models, &mut with_words.collect::<Vec<_>>());
}

fn activities_of(record: &mut Record) -> impl Iterator<Item = &mut Activity> {
    let told = record.entries.iter_mut().flatten().filter_map(|entry| match entry {
        Entry::Activity(activity) => Some(&mut **activity),
        Entry::Fact(_) => None,
    });
    told.chain(&mut record.derived)
}

fn placed(entry: Entry, reading: &Reading, now: Timestamp) -> Result<Entry, String> {
    let entry = match &reading.place {
        Some(place) => entry.at_place(place).map_err(|error| error.0)?,
        None => entry,
    };
    tidy::entry(entry, now)
}

/// Rejects as JSON Lines in the workspace's folder, for people and scripts.
async fn write_rejects(workspace: &Workspace, run: i64) -> AppResult<Option<PathBuf>> {
    let rejects = raw::rejects(workspace.db(), run, u32::MAX).await?;
    if rejects.is_empty() {
        return Ok(None);
    }
    let folder = workspace.folder().join("rejects");
    let path = folder.join(format!("import-{run}.jsonl"));
    let failed = |cause| AppError::Source(unreadable(&path, cause));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).map_err(failed)?);
    for reject in rejects {
        let line = serde_json::json!({
            "place": reject.place, "kind": reject.kind, "reason": reject.reason,
            "content": String::from_utf8_lossy(&reject.payload),
        });
        writeln!(file, "{line}").map_err(failed)?;
    }
    file.flush().map_err(failed)?;
    Ok(Some(path))
}
