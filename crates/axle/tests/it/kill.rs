//! A killed import, started again, ends where an uninterrupted one ends.

use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use axle_store::import_run;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::{Axle, exports, read, state};

const KILLS: u32 = 20;
/// Of them, those that must land inside an import's run for the test to say anything.
const MUST_INTERRUPT: usize = 5;

/// Where the kills landed, as the runs in the record tell it: one that was killed has no end.
struct Landed {
    before_a_run: usize,
    inside: usize,
    after_its_end: usize,
}

impl Landed {
    fn of(axle: &Axle) -> Self {
        let states: Vec<String> = read(axle, async |db| import_run::newest(&db, None, 1000).await.unwrap())
            .into_iter()
            // The last run is that which was left to end.
            .skip(1)
            .map(|run| run.state)
            .collect();
        let after_its_end = states.iter().filter(|state| *state == "done").count();
        Self { before_a_run: KILLS as usize - states.len(), inside: states.len() - after_its_end, after_its_end }
    }
}

fn interrupted(format: &str) {
    let inputs = tempfile::tempdir().unwrap();
    let (_, path) = exports::all(inputs.path()).into_iter().find(|(known, _)| *known == format).unwrap();
    let path = path.to_str().unwrap();
    let whole = Axle::new();
    let receipt = whole.json(&["import", path]);
    assert_eq!(receipt["format"], format);
    assert_eq!(receipt["rejected"], 0, "{receipt}");
    assert!(receipt["stored"].as_u64().unwrap() >= 6_000, "{receipt}");
    let millis = (receipt["seconds"].as_f64().unwrap() * 1000.0) as u64;

    let broken = Axle::new();
    let mut random = StdRng::seed_from_u64(millis ^ 0x5eed);
    for _ in 0..KILLS {
        let mut child = broken.command(&["import", path]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the moment of the kill is what is tried")]
        sleep(Duration::from_millis(random.random_range(5..millis + 150)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let receipt = broken.json(&["import", path]);
    assert_eq!(
        receipt["read"].as_u64().unwrap(),
        receipt["stored"].as_u64().unwrap() + receipt["unchanged"].as_u64().unwrap()
    );
    let landed = Landed::of(&broken);
    let Landed { before_a_run, inside, after_its_end } = landed;
    let told = format!("{before_a_run} kills before a run, {inside} inside, {after_its_end} after, of {millis} ms");
    assert!(inside >= MUST_INTERRUPT, "{format}: too few imports were interrupted: {told}");
    let (expected, found) = (state(&whole), state(&broken));
    let differs: Vec<_> = expected.iter().filter(|line| !found.contains(line)).take(3).collect();
    assert!(differs.is_empty() && expected.len() == found.len(), "{format}: {differs:#?}");
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
