//! Tests over the shipped definitions: scenarios, replay, complaints, stored states; and over made-up communities.

mod advice;
mod complaints;
mod drops;
mod replay;
mod scenarios;
#[path = "../../examples/seeded/mod.rs"]
mod seeded;
mod stored;

use std::path::Path;
use std::sync::LazyLock;

use axle_flywheel::{BusinessCalendar, Definition, Machine, MemberRuns, Run, RunKey};
use jiff::tz::TimeZone;

/// The shipped definitions, by name of their files.
fn definitions() -> Vec<Definition> {
    static READ: LazyLock<Vec<Definition>> = LazyLock::new(read);
    READ.clone()
}

fn read() -> Vec<Definition> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flywheels");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "toml")).map(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        Definition::parse(path.file_stem().unwrap().to_str().unwrap(), &text).unwrap_or_else(|error| panic!("{error}"))
    });
    read.collect()
}

fn machine(zone: &str) -> Machine {
    Machine::new(definitions(), BusinessCalendar::weekdays(TimeZone::get(zone).unwrap())).unwrap()
}

/// The runs of a member in the order of their keys.
fn runs(machine: &Machine, member: &MemberRuns) -> Vec<(RunKey, Run)> {
    let mut runs: Vec<_> = machine.runs(member).map(|(key, run)| (key, run.clone())).collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    runs
}
