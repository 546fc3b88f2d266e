//! Scores kept up to date change by change are those that scoring from nothing gives, whatever happened before.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::import::{self, ImportOptions};
use axle_app::{Workspace, refresh, score, settings};
use axle_model::analytics::Analytics;
use axle_model::settings::{DemoteEvery, ScoreSettings};
use axle_model::time::{local_day, start_of_day};
use axle_store::score::ScoreRow;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const SEEDS: std::ops::Range<u64> = 0..4;
const STEPS: u32 = 30;
const ACCOUNTS: u32 = 14;
const TYPES: [&str; 5] =
    ["chat:message:sent", "question:asked", "question:answered", "github:pull_request:opened", "product:report:made"];

/// When lines are read: after everything that they tell.
fn clock() -> Timestamp {
    "2026-12-31T00:00:00Z".parse().unwrap()
}

/// A community to which things happen.
struct Community {
    folder: tempfile::TempDir,
    workspace: Workspace,
    random: StdRng,
    now: Timestamp,
    activities: u32,
    edits: i32,
}

async fn open(folder: &std::path::Path) -> Workspace {
    let engine =
        |folder: PathBuf| -> Arc<dyn Analytics> { Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) };
    Workspace::open(folder, "main", Vec::new(), engine).await.unwrap()
}

fn account(number: u32) -> Value {
    let platform = ["chat", "forum", "git"][number as usize % 3];
    json!({"platform": platform, "uid": format!("u{number}"), "name": format!("Somebody {number}")})
}

impl Community {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = open(folder.path()).await;
        let now = "2025-11-20T21:00:00Z".parse().unwrap();
        let random = StdRng::seed_from_u64(seed);
        Self { folder, workspace, random, now, activities: 0, edits: 0 }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    async fn read(&self, lines: &[Value]) {
        let path = self.folder.path().join("lines.jsonl");
        fs::write(&path, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
        let input = import::recognize(&path, Some("interchange")).unwrap().remove(0);
        let receipt =
            import::import(&self.workspace, input, &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
        assert_eq!(receipt.rejected, 0, "{lines:?}");
    }

    /// An activity of anybody; most lie in the past of now, a few ahead of it.
    fn activity(&mut self, number: u32) -> Value {
        let hours = self.random.random_range(-40..24 * 420);
        let at = self.now - SignedDuration::from_hours(hours);
        // A few people do most of what is done.
        let who = self.random.random_range(0..ACCOUNTS).min(self.random.random_range(0..ACCOUNTS));
        let kind = TYPES[number as usize % TYPES.len()];
        let mut line = json!({"type": "activity", "id": format!("a{number}"), "activity": kind, "at": at,
            "actor": account(who), "channel": "help"});
        if self.chance(70) {
            line["thread"] = json!(format!("t{}", self.random.random_range(0..8)));
        }
        if self.chance(20) && number > 0 {
            line["parent"] = json!(format!("a{}", self.random.random_range(0..number)));
        }
        if self.chance(15) {
            line["counterparts"] = json!([account(self.random.random_range(0..ACCOUNTS))]);
        }
        if self.chance(10) {
            line["weight"] = json!(self.random.random_range(0..=12));
        }
        line
    }

    async fn step(&mut self) -> &'static str {
        match self.random.random_range(0..14) {
            0..=4 => {
                let many = self.random.random_range(1..if self.activities < 60 { 60 } else { 6 });
                let lines: Vec<Value> = (0..many).map(|n| self.activity(self.activities + n)).collect();
                self.activities += many;
                self.read(&lines).await;
                "activities"
            }
            5..=6 if self.activities > 0 => {
                // The same activity, with another instant, author, thread or weight.
                let number = self.random.random_range(0..self.activities);
                let mut line = self.activity(number);
                self.edits += 1;
                line["updated_at"] = json!("2026-12-01T00:00:00Z".parse::<Timestamp>().unwrap() + self.edits.minutes());
                if self.chance(40) {
                    line["deleted_at"] = line["updated_at"].clone();
                }
                self.read(&[line]).await;
                "an edit or deletion"
            }
            7 => {
                let one = self.random.random_range(0..ACCOUNTS);
                let [a, b] = [one, (one + self.random.random_range(1..ACCOUNTS)) % ACCOUNTS].map(account);
                let cannot = self.chance(30);
                self.read(&[json!({"type": "link", "identities": [a, b], "verified": true, "cannot": cannot})]).await;
                "a link"
            }
            8 => {
                let who = account(self.random.random_range(0..ACCOUNTS));
                let line = if self.chance(40) {
                    json!({"type": "person", "identity": who, "name": "R2", "bot": true})
                } else {
                    json!({"type": "teammate", "identity": who, "from": "2025-06-01", "to": "2025-10-01"})
                };
                self.read(&[line]).await;
                "a bot or teammate"
            }
            9 => {
                let decay = f64::from(self.random.random_range(50..=100)) / 100.0;
                let demote_every = [DemoteEvery::Month, DemoteEvery::Quarter][self.random.random_range(0..2)];
                let weights = [("chat:message:sent".to_owned(), self.random.random_range(0..=12))].into();
                let new = ScoreSettings { decay, demote_every, weights, ..ScoreSettings::default() };
                settings::set_score(&self.workspace, &new, None, self.now).await.unwrap();
                "other settings"
            }
            10 if self.chance(30) => {
                let zone = ["America/New_York", "Asia/Tokyo", "UTC"][self.random.random_range(0..3)];
                settings::set_time_zone(&self.workspace, zone, None, self.now).await.unwrap();
                "another time zone"
            }
            10..=11 => {
                self.now += SignedDuration::from_hours(self.random.random_range(1..24 * 20));
                "the passing of time"
            }
            12 => {
                refresh::compact_now(&self.workspace).await.unwrap();
                "a file of the tail"
            }
            _ => {
                self.workspace = open(self.folder.path()).await;
                "another process"
            }
        }
    }

    /// Everybody's scores from nothing, by an engine that has just begun.
    async fn scored_anew(&self) -> Vec<ScoreRow> {
        let fresh = open(self.folder.path()).await;
        let zone = fresh.time_zone().await.unwrap();
        let until = start_of_day(local_day(self.now, &zone) + 1, &zone) - SignedDuration::from_micros(1);
        score::rows_as_of(&fresh, until, None).await.unwrap()
    }

    async fn stored(&self) -> Vec<ScoreRow> {
        axle_store::score::all(self.workspace.db()).await.unwrap()
    }
}

#[tokio::test]
async fn scores_kept_up_to_date_equal_scores_scored_anew() {
    for seed in SEEDS {
        let mut community = Community::new(seed).await;
        let mut happened = Vec::new();
        for _ in 0..STEPS {
            happened.push(community.step().await);
            if community.chance(25) {
                // Nobody looks: the next scoring finds several changes at once, perhaps in another process.
                continue;
            }
            let members = score::rescore(&community.workspace, community.now).await.unwrap();
            let (stored, expected) = (community.stored().await, community.scored_anew().await);
            assert_eq!(members, stored.len() as u64);
            let differs = stored.iter().zip(&expected).find(|(stored, expected)| stored != expected);
            assert_eq!(differs, None, "seed {seed}, after {happened:?}");
            assert_eq!(stored.len(), expected.len(), "seed {seed}, after {happened:?}");
        }
        assert!(community.stored().await.len() > 3);
    }
}
