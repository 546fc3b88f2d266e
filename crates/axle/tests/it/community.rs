//! A community to which anything happens, in the process of the test: for what is kept up to date and must equal what is made
//! anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::import::{self, ImportOptions};
use axle_app::{Workspace, refresh, settings};
use axle_model::analytics::Analytics;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// How many accounts take part.
pub(crate) const ACCOUNTS: u32 = 14;

pub(crate) struct Community {
    pub folder: tempfile::TempDir,
    pub workspace: Workspace,
    pub random: StdRng,
    pub now: Timestamp,
    /// Activities so far.
    pub activities: u32,
    edits: i32,
}

/// When lines are read: after everything that they tell.
fn clock() -> Timestamp {
    "2026-12-31T00:00:00Z".parse().unwrap()
}

/// The record with an engine that has just begun.
pub(crate) async fn open(folder: &Path) -> Workspace {
    let engine =
        |folder: PathBuf| -> Arc<dyn Analytics> { Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) };
    Workspace::open(folder, "main", Vec::new(), engine).await.unwrap()
}

pub(crate) fn account(number: u32) -> Value {
    let platform = ["chat", "forum", "git"][number as usize % 3];
    json!({"platform": platform, "uid": format!("u{number}"), "name": format!("Somebody {number}"),
        "email": format!("u{number}@{}.example", ["bank", "mill"][number as usize % 2])})
}

impl Community {
    pub(crate) async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = open(folder.path()).await;
        let now = "2025-11-20T21:00:00Z".parse().unwrap();
        Self { folder, workspace, random: StdRng::seed_from_u64(seed), now, activities: 0, edits: 0 }
    }

    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end)
    }

    pub(crate) fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.random.random_range(0..words.len())]
    }

    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of the accounts; a few people do most of what is done.
    pub(crate) fn somebody(&mut self) -> Value {
        account(self.below(ACCOUNTS).min(self.below(ACCOUNTS)))
    }

    pub(crate) async fn read(&self, lines: &[Value]) {
        let path = self.folder.path().join("lines.jsonl");
        fs::write(&path, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
        let input = import::recognize(&path, Some("interchange")).unwrap().remove(0);
        let receipt =
            import::import(&self.workspace, input, &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
        assert_eq!(receipt.rejected, 0, "{lines:?}");
    }

    /// So many activities that `make` makes of their numbers.
    pub(crate) async fn act(&mut self, many: u32, make: impl Fn(&mut Self, u32) -> Value) {
        let first = self.activities;
        let lines: Vec<Value> = (first..first + many).map(|number| make(self, number)).collect();
        self.activities += many;
        self.read(&lines).await;
    }

    /// One of the activities again, made otherwise, or deleted.
    pub(crate) async fn edit(&mut self, make: impl Fn(&mut Self, u32) -> Value) {
        let number = self.below(self.activities);
        let mut line = make(self, number);
        self.edits += 1;
        line["updated_at"] = json!("2026-12-01T00:00:00Z".parse::<Timestamp>().unwrap() + self.edits.minutes());
        if self.chance(45) {
            // It holds until then: deletions lie around now, some of them before what they delete.
            let hours = self.random.random_range(-40..24 * 420);
            line["deleted_at"] = json!(self.now - SignedDuration::from_hours(hours));
        }
        self.read(&[line]).await;
    }

    /// Two accounts are said to be one person, or never to be.
    pub(crate) async fn link(&mut self) {
        let one = self.below(ACCOUNTS);
        let [a, b] = [one, (one + 1 + self.below(ACCOUNTS - 1)) % ACCOUNTS].map(account);
        let cannot = self.chance(35);
        self.read(&[json!({"type": "link", "identities": [a, b], "verified": true, "cannot": cannot})]).await;
    }

    /// Somebody is a program, or of the team for a while or to this day.
    pub(crate) async fn bot_or_teammate(&mut self) {
        let who = account(self.below(ACCOUNTS));
        let mut line = json!({"type": "teammate", "identity": who, "from": "2025-06-01", "department": "success"});
        if self.chance(50) {
            // Over, or in some days: then time alone makes a member of them.
            let soon = (self.now + SignedDuration::from_hours(24 * 6)).strftime("%F").to_string();
            line["to"] = json!(if self.chance(50) { "2025-10-01" } else { soon.as_str() });
        }
        if self.chance(40) {
            line = json!({"type": "person", "identity": who, "name": "R2", "bot": true});
        }
        self.read(&[line]).await;
    }

    pub(crate) async fn another_time_zone(&mut self) {
        let zone = self.pick(&["America/New_York", "Asia/Tokyo", "UTC"]);
        settings::set_time_zone(&self.workspace, zone, None, self.now).await.unwrap();
    }

    pub(crate) async fn other_business_hours(&mut self) {
        let hours = self.pick(&[r#"{"days": ["sunday", "monday"], "to": "24:00"}"#, r#"{"from": "13:30"}"#, "{}"]);
        settings::set_business_hours(&self.workspace, hours, "Ada", self.now).await.unwrap();
    }

    pub(crate) fn pass(&mut self, hours: std::ops::Range<i64>) {
        self.now += SignedDuration::from_hours(self.random.random_range(hours));
    }

    /// What is in memory alone is written to a file.
    pub(crate) async fn compact(&self) {
        refresh::compact_now(&self.workspace).await.unwrap();
    }

    /// Another process goes on.
    pub(crate) async fn reopen(&mut self) {
        self.workspace = open(self.folder.path()).await;
    }
}
