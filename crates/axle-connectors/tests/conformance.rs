//! One suite over every source of the register and its fixtures.
//!
//! A case is a folder `fixtures/<format>/<case>/` with `input` (a folder) or `input.<ending>` (a file), the entries
//! that it must give in `expected.jsonl` (interchange lines, written by hand, in any order), and optionally
//! `rejects.txt` with one `place: reason` a line. What the record store makes of the entries is tested in axle-app.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use axle_connectors::sources::SOURCES;
use axle_connectors::{Input, Limits, RawRecord, Source, SourceError};
use axle_model::Entry;
use axle_model::interchange::{activity_line, fact_line};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

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

/// Ten damages to each fixture file: never a panic, and no error or reject without a reason.
#[test]
fn damaged_fixtures_never_panic_and_every_reject_has_a_reason() {
    for (source, case) in cases() {
        let input = input_of(&case);
        for file in files_of(&input) {
            let good = fs::read(&file).unwrap();
            for damage in 0..10u64 {
                let folder = tempfile::tempdir().unwrap();
                let copy = folder.path().join(input.file_name().unwrap());
                copy_all(&input, &copy);
                let target = if input.is_dir() { copy.join(file.strip_prefix(&input).unwrap()) } else { copy.clone() };
                fs::write(&target, damaged(&good, damage)).unwrap();
                let outcome = catch_unwind(AssertUnwindSafe(|| read(source, &copy)));
                let place = format!("{} with damage {damage}", file.display());
                match outcome {
                    Err(_) => panic!("{place}: panicked"),
                    Ok(Err(error)) => assert!(!error.to_string().is_empty(), "{place}"),
                    Ok(Ok(reading)) => {
                        for reject in &reading.rejects {
                            assert!(!reject.ends_with(": "), "{place}: a reject without a reason");
                        }
                    }
                }
            }
        }
    }
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

fn damaged(good: &[u8], damage: u64) -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(damage);
    let mut bytes = good.to_vec();
    let middle = bytes.len() / 2;
    match damage {
        0 => bytes.truncate(middle),
        1 => bytes.truncate(bytes.len() * 9 / 10),
        2 => bytes.clear(),
        3 => drop(bytes.drain(middle..bytes.len().min(middle + 7))),
        4 => (0..20).for_each(|_| {
            if !bytes.is_empty() {
                let at = random.random_range(0..bytes.len());
                bytes[at] = 0;
            }
        }),
        5 => bytes.splice(middle..middle, [0xff, 0xfe, 0xc3]).for_each(drop),
        6 => {
            bytes =
                bytes.iter().map(|b| if b.is_ascii_digit() && random.random_bool(0.2) { b'x' } else { *b }).collect()
        }
        7 => bytes = good.repeat(2),
        8 => bytes = String::from_utf8_lossy(good).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => (0..20).for_each(|_| {
            if !bytes.is_empty() {
                let at = random.random_range(0..bytes.len());
                bytes[at] ^= 1 << random.random_range(0..8);
            }
        }),
    }
    bytes
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
