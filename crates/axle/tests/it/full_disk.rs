//! An import onto a full disk says so, loses nothing that it stored, and ends when there is room again.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Output};

use crate::{Axle, exports, state};

/// Runs a command whose files may grow to so many bytes and no further. The system then refuses to write as it does on
/// a full disk, and no other right is needed for that. `sh` counts blocks of 512 bytes.
fn run_within(axle: &Axle, bytes: u64, arguments: &[&str]) -> Output {
    let command = axle.command(arguments);
    let mut limited = Command::new("sh");
    // Without the trap the signal would end the process before it could say why.
    limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes.div_ceil(512))]);
    limited.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.output().unwrap()
}

fn largest_file(axle: &Axle) -> u64 {
    let folder = axle.data().join("data/workspaces/main");
    let sizes = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
    sizes.filter(fs::Metadata::is_file).map(|metadata| metadata.len()).max().unwrap()
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let inputs = tempfile::tempdir().unwrap();
    let (_, path) = exports::all(inputs.path()).into_iter().find(|(format, _)| *format == "interchange").unwrap();
    let path = path.to_str().unwrap();
    let whole = Axle::new();
    whole.run(&["import", path]);
    let expected: BTreeSet<String> = state(&whole).into_iter().collect();
    let size = largest_file(&whole);

    let full = Axle::new();
    // An empty workspace exists before the disk fills up.
    full.run(&["members", "list"]);
    let (mut told, mut kept_something, mut before) = (0, false, BTreeSet::new());
    for share in 2..=9 {
        // In transactions that are smaller than what is left each time.
        let output = run_within(&full, size * share / 10, &["import", path, "--batch-records", "1000"]);
        if output.status.success() {
            break;
        }
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("the disk is full: free some space and run the same command again"), "{message}");
        told += 1;
        // Members are made of what was read when an import ends: that is not yet.
        let stored = |line: &String| ["activity ", "channel ", "thread "].iter().any(|part| line.starts_with(part));
        let now: BTreeSet<String> = state(&full).into_iter().filter(stored).collect();
        assert!(before.is_subset(&now), "something that was stored is lost at {share} tenths");
        assert!(now.is_subset(&expected), "something is stored that no line says, at {share} tenths");
        kept_something |= !now.is_empty();
        before = now;
    }
    assert!(told > 0 && kept_something, "the disk was never full in the middle: {told} of 8, of {size} bytes");
    let receipt = full.json(&["import", path, "--batch-records", "1000"]);
    assert_eq!(receipt["rejected"], 0);
    assert_eq!(
        receipt["read"].as_u64(),
        Some(receipt["stored"].as_u64().unwrap() + receipt["unchanged"].as_u64().unwrap())
    );
    assert!(receipt["unchanged"].as_u64().unwrap() > 0, "{receipt}");
    let found: BTreeSet<String> = state(&full).into_iter().collect();
    assert_eq!(found.symmetric_difference(&expected).take(3).collect::<Vec<_>>(), Vec::<&String>::new());
}
