//! A killed import, started again, ends where an uninterrupted one ends.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::run_lock::{Found, mark_stopped};
use axle_app::{Workspace, sources};
use axle_store::import_run;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::{Axle, exports, read, state};

const KILLS: u32 = 20;
/// One of so many must land inside an import's run for the test to say anything.
const MUST_INTERRUPT: usize = 4;

/// The states of the runs in the record, oldest first.
fn runs(axle: &Axle) -> Vec<String> {
    let newest_first = read(axle, async |db| import_run::newest(&db, None, 1000).await.unwrap());
    newest_first.into_iter().rev().map(|run| run.state).collect()
}

/// Where the kills landed: a run that was killed has no end.
struct Landed {
    before_a_run: usize,
    inside: usize,
    after_its_end: usize,
}

impl Landed {
    fn of(runs: &[String], kills: u32) -> Self {
        let after_its_end = runs.iter().filter(|state| *state == "done").count();
        Self { before_a_run: kills as usize - runs.len(), inside: runs.len() - after_its_end, after_its_end }
    }
}

fn interrupted(format: &str) {
    let inputs = tempfile::tempdir().unwrap();
    let (_, path) = exports::all(inputs.path()).into_iter().find(|(known, _)| *known == format).unwrap();
    let path = path.to_str().unwrap();
    let whole = Axle::new();
    let receipt = whole.json(&["import", path, "--batch-records", "500"]);
    assert_eq!(receipt["format"], format);
    assert_eq!(receipt["rejected"], 0, "{receipt}");
    assert!(receipt["stored"].as_u64().unwrap() >= 6_000, "{receipt}");
    let millis = (receipt["seconds"].as_f64().unwrap() * 1000.0) as u64;
    let broken = Axle::new();
    kill(&broken, path, millis, KILLS);
    let receipt = broken.json(&["import", path]);
    assert_eq!(
        receipt["read"].as_u64().unwrap(),
        receipt["stored"].as_u64().unwrap() + receipt["unchanged"].as_u64().unwrap()
    );
    assert_equal(format, &whole, &broken);
}

/// Imports again and again, and is killed each time a little later, up to the time that one import takes: one that ends
/// is remembered as read, and those after it are too quick to be hit.
fn kill(broken: &Axle, path: &str, millis: u64, times: u32) {
    let mut random = StdRng::seed_from_u64(millis ^ 0x5eed);
    let runs_before = runs(broken).len();
    let step = 1 + (millis + 150) / u64::from(times);
    for number in 0..u64::from(times) {
        // In many transactions, so that most kills leave some of them behind.
        let mut import = broken.command(&["import", path, "--batch-records", "500"]);
        let mut child = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the moment of the kill is what is tried")]
        sleep(Duration::from_millis(5 + step * number + random.random_range(0..step)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let landed = Landed::of(&runs(broken)[runs_before..], times);
    let Landed { before_a_run, inside, after_its_end } = landed;
    let told = format!("{before_a_run} kills before a run, {inside} inside, {after_its_end} after, of {millis} ms");
    assert!(inside >= times as usize / MUST_INTERRUPT, "{path}: too few imports were interrupted: {told}");
}

fn assert_equal(format: &str, whole: &Axle, broken: &Axle) {
    let (expected, found) = (state(whole), state(broken));
    let differs: Vec<_> = expected.iter().filter(|line| !found.contains(line)).take(3).collect();
    assert!(differs.is_empty() && expected.len() == found.len(), "{format}: {differs:#?}");
}

/// What the newer of two exports lacks is deleted once, whichever is read first and however often it is killed.
#[test]
fn overlapping_exports_survive_kills() {
    let inputs = tempfile::tempdir().unwrap();
    let [older, newer] = exports::overlapping(inputs.path());
    let (older, newer) = (older.to_str().unwrap(), newer.to_str().unwrap());
    let whole = Axle::new();
    whole.json(&["import", older]);
    let receipt = whole.json(&["import", newer, "--batch-records", "500"]);
    assert_eq!(receipt["deleted"], 500, "{receipt}");
    let millis = (receipt["seconds"].as_f64().unwrap() * 1000.0) as u64;
    let broken = Axle::new();
    for path in [newer, older] {
        kill(&broken, path, millis, KILLS / 2);
        broken.json(&["import", path]);
    }
    assert_equal("slack", &whole, &broken);
    let again = whole.json(&["import", older]);
    for count in ["stored", "activities", "deleted", "restored"] {
        assert_eq!(again[count], 0, "{again}");
    }
}

macro_rules! killed {
    ($($name:ident: $format:literal;)*) => {
        $(#[test]
        fn $name() {
            interrupted($format);
        })*
    };
}

killed! {
    interchange_survives_kills: "interchange";
    slack_survives_kills: "slack";
    discord_survives_kills: "discord";
    zulip_survives_kills: "zulip";
    discourse_survives_kills: "discourse";
    stack_exchange_survives_kills: "stack-exchange";
    mail_survives_kills: "mail";
    git_survives_kills: "git";
    slack_events_survive_kills: "slack-events";
    discord_csv_survives_kills: "discord-csv";
    github_survives_kills: "github";
    icalendar_survives_kills: "icalendar";
    attendance_survives_kills: "attendance";
    table_survives_kills: "table";
}

/// A process that is stopped for a while still reads its import; one that was killed does not.
#[cfg(unix)]
#[test]
fn a_killed_import_is_told_from_a_running_one() {
    let inputs = tempfile::tempdir().unwrap();
    let (_, path) = exports::all(inputs.path()).into_iter().find(|(known, _)| *known == "interchange").unwrap();
    let axle = Axle::new();
    axle.run(&["source", "list"]);
    let now = jiff::Timestamp::constant(1_800_000_000, 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let make = |folder| Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) as _;
        let workspace = Workspace::open(&axle.data().join("data"), "main", Vec::new(), make).await.unwrap();
        let mut import = axle.command(&["import", path.to_str().unwrap()]);
        let mut child = import.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while sources::runs(&workspace, 1, now).await.unwrap().is_empty() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it began");
        }
        Command::new("kill").args(["-STOP", &child.id().to_string()]).status().unwrap();
        assert_eq!(mark_stopped(&workspace, now).await.unwrap(), Found { running: 1, stopped: 0 });
        child.kill().unwrap();
        child.wait().unwrap();
        let runs = sources::runs(&workspace, 1, now).await.unwrap();
        assert_eq!(runs[0].state, "failed");
        assert!(runs[0].message.as_deref().unwrap().contains("import the same file again"));
    });
}
