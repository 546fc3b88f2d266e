//! One suite over every source of the register and its fixtures.
//!
//! A case is a folder `fixtures/<format>/<case>/` with `input` (a folder) or `input.<ending>` (a file), the entries
//! that it must give in `expected.jsonl` (interchange lines, written by hand, in any order), and optionally
//! `rejects.txt` with one `place: reason` a line. What the record store makes of the entries is tested in axle-app.

mod damage;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use axle_connectors::sources::SOURCES;
use axle_connectors::{Input, Limits, RawRecord, Source, SourceError};
use axle_model::interchange::{activity_line, fact_line};
use axle_model::{Entry, tidy};
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::damage::Expect;

struct Reading {
    records: Vec<RawRecord>,
    entries: Vec<String>,
    rejects: Vec<String>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Every `(source, case folder)`.
fn cases() -> Vec<(&'static dyn Source, PathBuf)> {
    let mut cases = Vec::new();
    for source in SOURCES {
        let folder = fixtures().join(source.format());
        let mut own: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{} has no fixtures: {error}", source.format()))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        own.sort();
        assert!(!own.is_empty(), "{} has no fixtures", source.format());
        cases.extend(own.into_iter().map(|case| (*source, case)));
    }
    cases
}

fn input_of(case: &Path) -> PathBuf {
    fs::read_dir(case)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_stem().is_some_and(|stem| stem == "input")
                || path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("input."))
        })
        .unwrap_or_else(|| panic!("{} has no input", case.display()))
}

fn read(source: &dyn Source, path: &Path) -> Result<Reading, SourceError> {
    let input = Input::open(path, Limits::default())?;
    let mut records = Vec::new();
    source.read(&input, &mut |record| {
        records.push(record);
        Ok(())
    })?;
    Ok(understand(source, records))
}

fn understand(source: &dyn Source, records: Vec<RawRecord>) -> Reading {
    let mut entries = Vec::new();
    let mut rejects = Vec::new();
    for record in &records {
        let result = match &record.broken {
            Some(reason) => Err(reason.clone()),
            None => source.normalize(record).map_err(|error| error.0),
        };
        match result {
            Ok(new) => entries.extend(new.iter().map(|entry| line(entry).to_string())),
            Err(reason) => rejects.push(format!("{}: {reason}", record.place)),
        }
    }
    entries.sort();
    Reading { records, entries, rejects }
}

/// An entry as an interchange line with its fields in alphabetical order.
fn line(entry: &Entry) -> Value {
    let mut line = match entry {
        Entry::Activity(activity) => activity_line("", activity),
        Entry::Fact(fact) => fact_line("", fact),
    };
    line.as_object_mut().unwrap().remove("source");
    line.sort_all_objects();
    line
}

#[test]
fn fixtures_give_their_golden_entries() {
    for (source, case) in cases() {
        let reading = read(source, &input_of(&case)).unwrap();
        let mut expected: Vec<String> = fs::read_to_string(case.join("expected.jsonl"))
            .unwrap_or_else(|error| panic!("{}: {error}", case.display()))
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let mut line: Value =
                    serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", case.display()));
                line.sort_all_objects();
                line.to_string()
            })
            .collect();
        expected.sort();
        let missing: Vec<_> = expected.iter().filter(|line| !reading.entries.contains(line)).collect();
        let surplus: Vec<_> = reading.entries.iter().filter(|line| !expected.contains(line)).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{}:\nmissing {missing:#?}\nsurplus {surplus:#?}",
            case.display()
        );
        assert_eq!(reading.entries.len(), expected.len(), "{}: an entry is given twice", case.display());
        let rejects = fs::read_to_string(case.join("rejects.txt")).unwrap_or_default();
        assert_eq!(reading.rejects.join("\n"), rejects.trim_end(), "{}: rejects", case.display());
    }
}

#[test]
fn every_case_is_recognized_by_its_own_source() {
    for (source, case) in cases() {
        let probe = Input::open(&input_of(&case), Limits::default()).unwrap().probe().unwrap();
        let mut judged: Vec<_> = SOURCES.iter().map(|other| (other.detect(&probe), other.format())).collect();
        judged.sort_by_key(|judged| std::cmp::Reverse(judged.0));
        assert_eq!(judged[0].1, source.format(), "{}: {judged:?}", case.display());
        assert!(judged.get(1).is_none_or(|second| judged[0].0 > second.0), "{}: undecided: {judged:?}", case.display());
    }
}

#[test]
fn activity_types_given_are_declared() {
    for (source, case) in cases().into_iter().filter(|(source, _)| source.format() != "interchange") {
        let reading = read(source, &input_of(&case)).unwrap();
        for entry in reading.entries.iter().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            if let Some(key) = entry.get("activity").and_then(Value::as_str).filter(|_| entry["type"] == "activity") {
                assert!(
                    source.activity_types().iter().any(|declared| declared.key == key),
                    "{} gives {key} without declaring it",
                    source.format()
                );
            }
        }
    }
}

/// A folder reads the same from a zip archive and from a compressed tar archive.
#[test]
fn archives_read_like_folders() {
    for (source, case) in cases() {
        let input = input_of(&case);
        if !input.is_dir() {
            continue;
        }
        let plain = read(source, &input).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for archive in [zipped(&input, folder.path()), tarred(&input, folder.path())] {
            let reading = read(source, &archive).unwrap();
            assert_eq!(reading.entries, plain.entries, "{}", archive.display());
        }
    }
}

/// Ten damages and more to every record of every fixture, one at a time: each has the outcome that stands beside it,
/// and no other record is touched. Records that others are understood by (a topic's first post, a mail's thread) are
/// told apart by leaving them out: where that changes more than their own entries, they are passed over.
#[test]
fn a_damaged_record_is_rejected_alone() {
    let mut counted: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    let mut faults = Vec::new();
    for (source, case) in cases() {
        let input = input_of(&case);
        let golden = read_tidy(source, &input).unwrap();
        for file in files_of(&input) {
            let good = fs::read(&file).unwrap();
            let shown = file.display().to_string();
            for record in golden.records_of(&input, &file) {
                let Some(span) = damage::span(source.format(), &shown, &good, &record.raw) else { continue };
                let left_out = Damaged::copy(&input, &file, &replaced(&good, &span, b""));
                let others = golden.without(record);
                if read_tidy(source, &left_out.path).map(|reading| reading.entries()).ok().as_ref() != Some(&others) {
                    continue;
                }
                let (records, names) = counted.entry(source.format()).or_default();
                *records += 1;
                for damage in damage::damages(
                    source.format(),
                    &shown,
                    &good,
                    &span,
                    &record.raw,
                    record.entries.as_ref().unwrap(),
                ) {
                    // Megabytes take their time: once for each format.
                    if damage.bytes.len() > 1 << 20 && !names.insert(damage.name) {
                        continue;
                    }
                    names.insert(damage.name);
                    let bytes = replaced(&good, &span, &damage.bytes);
                    let copy = Damaged::copy(&input, &file, &bytes);
                    if let Some(fault) = fault(source, &golden, &others, &copy, record, &damage) {
                        faults.push(format!("{shown}, {}, {}: {fault}", record.raw.place, damage.name));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    for source in SOURCES {
        let (records, names) = counted.get(source.format()).unwrap_or_else(|| panic!("{}: none", source.format()));
        assert!(*records > 0 && names.len() >= 10, "{}: {records} records, {names:?}", source.format());
    }
}

/// Why the outcome is not the one that stands beside the damage, if so.
fn fault(
    source: &dyn Source,
    golden: &Tidy,
    others: &[String],
    damaged: &Damaged,
    record: &TidyRecord,
    damage: &damage::Damage,
) -> Option<String> {
    let Ok(outcome) = catch_unwind(AssertUnwindSafe(|| read_tidy(source, &damaged.path))) else {
        return Some("it panicked".into());
    };
    let reading = match outcome {
        Ok(reading) => reading,
        // A file that is nothing but the damaged record may be refused as a whole.
        Err(_) if others.is_empty() && damage.expect == Expect::Rejected => return None,
        Err(error) => return Some(format!("the whole file is refused: {error}")),
    };
    let (entries, rejects, before) = (reading.entries(), reading.rejects(), golden.rejects());
    let shown = || rejects.iter().map(|(reason, _)| reason.as_str()).collect::<Vec<_>>().join("\n    ");
    if rejects.iter().any(|(reason, body)| reason.is_empty() || body.is_empty() && !damage.bytes.is_empty()) {
        return Some(format!("a reject without a reason, or of which nothing is kept:\n    {}", shown()));
    }
    if let Some(part) = record.raw.part.as_ref().filter(|_| rejects.len() > before.len())
        && reading.shows_whole(&part.part.name)
    {
        return Some(format!("what {} lacks now would be taken for deleted", part.part.name));
    }
    let (more, missing) =
        (rejects.len() as i64 - before.len() as i64, others.iter().find(|other| !entries.contains(other)));
    let is_as_expected = match damage.expect {
        Expect::Rejected => more == 1 && entries == others,
        Expect::RejectedWithTheRest => !rejects.is_empty() && entries != golden.entries(),
        Expect::RejectedInParts => more > 0 && entries == others,
        Expect::OthersUnharmed => missing.is_none(),
        Expect::Kept => more == 0 && missing.is_none(),
        Expect::Unchanged => more == 0 && entries == golden.entries(),
    };
    let surplus = entries.iter().find(|entry| !others.contains(entry));
    (!is_as_expected).then(|| {
        format!("{:?}: {more} rejects more, missing {missing:?}, surplus {surplus:?}\n    {}", damage.expect, shown())
    })
}

/// A record that is there twice says the same twice: it is one activity to the record store.
#[test]
fn a_repeated_record_is_no_damage() {
    for (source, case) in cases() {
        let input = input_of(&case);
        let golden = read_tidy(source, &input).unwrap();
        for file in files_of(&input).into_iter().filter(|file| file.extension().is_some_and(|e| e == "jsonl")) {
            let good = fs::read(&file).unwrap();
            let doubled = Damaged::copy(&input, &file, &[&good[..], b"\n", &good].concat());
            let reading = read_tidy(source, &doubled.path).unwrap();
            let unique = |entries: Vec<String>| entries.into_iter().collect::<BTreeSet<_>>();
            assert_eq!(unique(reading.entries()), unique(golden.entries()), "{}", file.display());
            assert_eq!(reading.rejects().len(), 2 * golden.rejects().len(), "{}", file.display());
        }
    }
}

/// Ten damages to each fixture file as a whole, binary ones included: it is refused or rejected with a reason, or it
/// is unharmed. Nothing is made up, and nothing panics.
#[test]
fn a_damaged_file_is_told_or_unharmed() {
    for (source, case) in cases() {
        let input = input_of(&case);
        let golden = read_tidy(source, &input).unwrap();
        for file in files_of(&input) {
            let good = fs::read(&file).unwrap();
            let is_binary = good.contains(&0);
            for (name, bytes) in damage::whole_file(&good) {
                let place = format!("{}, {name}", file.display());
                let copy = Damaged::copy(&input, &file, &bytes);
                match catch_unwind(AssertUnwindSafe(|| read_tidy(source, &copy.path))) {
                    Err(_) => panic!("{place}: panicked"),
                    Ok(Err(error)) => assert!(!error.to_string().is_empty(), "{place}"),
                    Ok(Ok(reading)) => {
                        assert!(reading.rejects().iter().all(|(reason, _)| !reason.is_empty()), "{place}");
                        let (entries, known) = (reading.entries(), golden.entries());
                        let before = golden.rejects();
                        let is_told = reading.rejects().iter().any(|reject| !before.contains(reject));
                        let made_up: Vec<_> = entries.iter().filter(|entry| !known.contains(entry)).collect();
                        if is_binary && !bytes.is_empty() {
                            assert!(made_up.is_empty() && (is_told || entries == known), "{place}: {made_up:#?}");
                        }
                    }
                }
            }
        }
    }
}

/// Bits that flip anywhere: what they hit differs, so only that nothing panics and each reject has a reason is certain.
#[test]
fn flipped_bits_never_panic() {
    for (source, case) in cases() {
        let input = input_of(&case);
        for file in files_of(&input) {
            let good = fs::read(&file).unwrap();
            for seed in 0..10 {
                let (mut random, mut bytes) = (SmallRng::seed_from_u64(seed), good.clone());
                for _ in 0..if bytes.is_empty() { 0 } else { 20 } {
                    let at = random.random_range(0..bytes.len());
                    bytes[at] ^= 1 << random.random_range(0..8);
                }
                let copy = Damaged::copy(&input, &file, &bytes);
                match catch_unwind(AssertUnwindSafe(|| read_tidy(source, &copy.path))) {
                    Err(_) => panic!("{}, seed {seed}: panicked", file.display()),
                    Ok(Err(error)) => assert!(!error.to_string().is_empty(), "{}, seed {seed}", file.display()),
                    Ok(Ok(reading)) => {
                        let is_told = reading.rejects().iter().all(|(reason, _)| !reason.is_empty());
                        assert!(is_told, "{}, seed {seed}: a reject without a reason", file.display());
                    }
                }
            }
        }
    }
}

/// A reading as the record store would take it: impossible times are rejected, too.
struct Tidy {
    records: Vec<TidyRecord>,
}

struct TidyRecord {
    raw: RawRecord,
    entries: Result<Vec<String>, String>,
}

impl Tidy {
    fn entries(&self) -> Vec<String> {
        let mut entries: Vec<String> =
            self.records.iter().flat_map(|record| record.entries.clone().unwrap_or_default()).collect();
        entries.sort();
        entries
    }

    /// Reasons with what is kept.
    fn rejects(&self) -> Vec<(String, Vec<u8>)> {
        let reason = |record: &TidyRecord| record.entries.clone().err().map(|reason| (reason, short(&record.raw.body)));
        self.records.iter().filter_map(reason).collect()
    }

    /// The records of a file that were understood and say something.
    fn records_of<'a>(&'a self, input: &'a Path, file: &Path) -> impl Iterator<Item = &'a TidyRecord> + 'a {
        let name = match file.strip_prefix(input) {
            Ok(name) if input.is_dir() => name.to_string_lossy().into_owned(),
            _ => file.file_name().unwrap().to_string_lossy().into_owned(),
        };
        self.records.iter().filter(move |record| {
            *record.raw.place.file == *name && record.entries.as_ref().is_ok_and(|entries| !entries.is_empty())
        })
    }

    /// Whether all that stands in that part of the export was understood.
    fn shows_whole(&self, part: &str) -> bool {
        let stands_there = |record: &&TidyRecord| record.raw.part.as_ref().is_some_and(|of| of.part.name == part);
        let mut there = self.records.iter().filter(stands_there).peekable();
        there.peek().is_some() && there.all(|record| record.entries.is_ok())
    }

    /// All entries but that record's.
    fn without(&self, record: &TidyRecord) -> Vec<String> {
        let mut entries = self.entries();
        for entry in record.entries.as_ref().unwrap() {
            let at = entries.iter().position(|other| other == entry).unwrap();
            entries.remove(at);
        }
        entries
    }
}

fn short(body: &[u8]) -> Vec<u8> {
    body[..body.len().min(200)].to_vec()
}

fn read_tidy(source: &dyn Source, path: &Path) -> Result<Tidy, SourceError> {
    let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
    let input = Input::open(path, Limits::default())?;
    let mut records = Vec::new();
    source.read(&input, &mut |raw| {
        let entries = match &raw.broken {
            Some(reason) => Err(reason.clone()),
            None => source.normalize(&raw).map_err(|error| error.0).and_then(|entries| {
                entries.into_iter().map(|entry| Ok(line(&tidy::entry(entry, now)?).to_string())).collect()
            }),
        };
        records.push(TidyRecord { raw, entries });
        Ok(())
    })?;
    Ok(Tidy { records })
}

/// A copy of an input in which one file has other bytes.
struct Damaged {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Damaged {
    fn copy(input: &Path, file: &Path, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Files that lie beside a single one, such as a mapping, belong to it.
        let beside = input.parent().unwrap();
        for entry in fs::read_dir(beside).unwrap().map(Result::unwrap) {
            copy_all(&entry.path(), &folder.path().join(entry.file_name()));
        }
        let root = folder.path().to_owned();
        fs::write(root.join(file.strip_prefix(beside).unwrap()), bytes).unwrap();
        Self { path: root.join(input.file_name().unwrap()), _folder: folder }
    }
}

fn replaced(good: &[u8], span: &Range<usize>, bytes: &[u8]) -> Vec<u8> {
    [&good[..span.start], bytes, &good[span.end..]].concat()
}

/// Names inside archives are labels: a hostile one neither panics nor touches the disk.
#[test]
fn hostile_names_are_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.zip");
    let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for name in ["../../escape.json", "/etc/passwd", "C:\\windows\\x.json", "a/\u{1b}[31m.json"] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, b"[{\"id\":1}]").unwrap();
    }
    archive.finish().unwrap();
    for source in SOURCES {
        let _ = read(*source, &path);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(!folder.path().parent().unwrap().join("escape.json").exists());
}

#[test]
fn bombs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bomb = folder.path().join("bomb.jsonl.gz");
    let mut gzip = flate2::write::GzEncoder::new(fs::File::create(&bomb).unwrap(), flate2::Compression::best());
    for _ in 0..64 {
        std::io::Write::write_all(&mut gzip, &vec![b' '; 1 << 20]).unwrap();
    }
    gzip.finish().unwrap();
    let limits = Limits::default();
    let refused = |path: &Path, limits: Limits| {
        let input = Input::open(path, limits).unwrap();
        let source = axle_connectors::sources::source("interchange").unwrap();
        source.read(&input, &mut |_| Ok(())).expect_err("a bomb must be refused").to_string()
    };
    assert!(refused(&bomb, limits).contains("200 times"));
    assert!(refused(&bomb, Limits { ratio: u64::MAX, inflated_bytes: 1 << 20, ..limits }).contains("limit"));
    let crowd = folder.path().join("crowd");
    fs::create_dir(&crowd).unwrap();
    for name in 0..5 {
        fs::write(crowd.join(format!("{name}.jsonl")), "{}").unwrap();
    }
    assert!(refused(&crowd, Limits { members: 4, ..limits }).contains("more than 4 files"));
    assert!(refused(&tarred(&crowd, folder.path()), Limits { members: 4, ..limits }).contains("more than 4 files"));
}

#[test]
fn a_file_that_is_not_packed_may_have_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines.jsonl");
    fs::write(&lines, "\n".repeat(2 << 20)).unwrap();
    let source = axle_connectors::sources::source("interchange").unwrap();
    for input in [lines.as_path(), folder.path()] {
        let input = Input::open(input, Limits { inflated_bytes: 1 << 20, ..Limits::default() }).unwrap();
        source.read(&input, &mut |_| Ok(())).unwrap();
    }
}

fn files_of(input: &Path) -> Vec<PathBuf> {
    if input.is_file() {
        return vec![input.to_owned()];
    }
    let mut files: Vec<PathBuf> =
        fs::read_dir(input).unwrap().flat_map(|entry| files_of(&entry.unwrap().path())).collect();
    files.sort();
    files
}

fn copy_all(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        copy_all(&entry.path(), &to.join(entry.file_name()));
    }
}

fn zipped(input: &Path, folder: &Path) -> PathBuf {
    let path = folder.join("input.zip");
    let mut archive = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for file in files_of(input) {
        let name = file.strip_prefix(input).unwrap().to_string_lossy().into_owned();
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, &fs::read(&file).unwrap()).unwrap();
    }
    archive.finish().unwrap();
    path
}

fn tarred(input: &Path, folder: &Path) -> PathBuf {
    let path = folder.join("input.tar.zst");
    let mut archive = tar::Builder::new(
        zstd::stream::write::Encoder::new(fs::File::create(&path).unwrap(), 1).unwrap().auto_finish(),
    );
    // Members in the opposite order: what a reading gives must not depend on it.
    for file in files_of(input).into_iter().rev() {
        let name = file.strip_prefix(input).unwrap().to_string_lossy().into_owned();
        archive.append_path_with_name(&file, name).unwrap();
    }
    archive.into_inner().unwrap();
    path
}

/// A zip archive that was cut off while it was copied gives what stands before the cut, then says that it is damaged.
#[test]
fn a_cut_zip_archive_gives_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let input = fixtures()
        .join("slack")
        .read_dir()
        .unwrap()
        .map(|case| case.unwrap().path().join("input"))
        .find(|path| path.is_dir())
        .unwrap();
    let archive = zipped(&input, folder.path());
    let whole = fs::read(&archive).unwrap();
    let source = axle_connectors::sources::source("slack").unwrap();
    let complete = read(source, &archive).unwrap();
    // Without the list of members at the end.
    let list = whole.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    fs::write(&archive, &whole[..list / 2]).unwrap();
    let mut records = Vec::new();
    let opened = Input::open(&archive, Limits::default()).unwrap();
    assert!(source.detect(&opened.probe().unwrap()) > 0, "it is still recognized");
    let error = source
        .read(&opened, &mut |record| {
            records.push(record);
            Ok(())
        })
        .unwrap_err();
    assert!(error.is_damage(), "{error}");
    assert!(
        !records.is_empty() && records.len() < complete.records.len(),
        "{} of {}",
        records.len(),
        complete.records.len()
    );
}
