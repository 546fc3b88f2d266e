//! Flywheels kept up to date change by change are those that turning everybody from the beginning gives, whatever happened
//! before: the same rows, visits, evidence, tasks and alerts.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::flywheels::{self, Runs};
use axle_app::import::{self, ImportOptions};
use axle_app::{Workspace, refresh, settings};
use axle_model::analytics::Analytics;
use jiff::{SignedDuration, Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const SEEDS: std::ops::Range<u64> = 0..2;
const STEPS: u32 = 30;
const ACCOUNTS: u32 = 14;
const TYPES: [&str; 8] = [
    "chat:message:sent",
    "question:asked",
    "question:answered",
    "forum:topic:opened",
    "forum:post:replied",
    "answer:accepted",
    "story:testimonial:given",
    "forum:post:liked",
];

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
    lines: u32,
    edits: i32,
}

async fn open(folder: &std::path::Path) -> Workspace {
    let engine =
        |folder: PathBuf| -> Arc<dyn Analytics> { Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) };
    Workspace::open(folder, "main", Vec::new(), engine).await.unwrap()
}

fn account(number: u32) -> Value {
    let platform = ["chat", "forum", "git"][number as usize % 3];
    json!({"platform": platform, "uid": format!("u{number}"), "name": format!("Somebody {number}"),
        "email": format!("u{number}@{}.example", ["bank", "mill"][number as usize % 2])})
}

impl Community {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = open(folder.path()).await;
        let now = "2025-11-20T21:00:00Z".parse().unwrap();
        let random = StdRng::seed_from_u64(seed);
        Self { folder, workspace, random, now, activities: 0, lines: 0, edits: 0 }
    }

    fn below(&mut self, end: u32) -> u32 {
        self.random.random_range(0..end)
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        words[self.random.random_range(0..words.len())]
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    async fn read(&self, lines: &[Value]) {
        let path = self.folder.path().join("lines.jsonl");
        fs::write(&path, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
        let input = import::recognize(&path, Some("interchange")).unwrap().remove(0);
        let receipt =
            import::import(&self.workspace, input, &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
        assert_eq!(receipt.rejected, 0, "{lines:?}");
    }

    /// An instant of the last year, or, one in eight, of the next hours.
    fn at(&mut self) -> Timestamp {
        let hours =
            if self.chance(50) { self.random.random_range(-6..48) } else { self.random.random_range(0..24 * 400) };
        self.now - SignedDuration::from_hours(hours)
    }

    /// An activity of anybody, on time or late.
    fn activity(&mut self, number: u32) -> Value {
        let at = self.at();
        // A few people do most of what is done.
        let who = self.below(ACCOUNTS).min(self.below(ACCOUNTS));
        let kind = TYPES[number as usize % TYPES.len()];
        let text = ["How do I mount a share?", "Thanks, that works!", "Use mount.cifs", "We need a higher plan"];
        let mut line = json!({"type": "activity", "id": format!("a{number}"), "activity": kind, "at": at,
            "actor": account(who), "channel": self.pick(&["help", "dev"]),
            "text": text[self.below(4) as usize]});
        if self.chance(70) {
            line["thread"] = json!(format!("t{}", self.below(12)));
        }
        if self.chance(40) && number > 0 {
            line["parent"] = json!(format!("a{}", self.below(number)));
        }
        line
    }

    /// A fact about somebody, which one or other of the flywheels waits for.
    fn fact(&mut self) -> Value {
        let (at, who) = (self.at(), account(self.below(ACCOUNTS).min(self.below(ACCOUNTS))));
        self.lines += 1;
        let id = format!("f{}", if self.chance(20) { self.below(self.lines) } else { self.lines });
        let organization = self.pick(&["bank", "mill"]);
        let (outcome, flywheel, step) = [
            ("qualified", "community_qualified_leads", "signals_need"),
            ("dismissed", "community_qualified_leads", "signals_need"),
            ("appointed", "deal_champions", "prospect"),
            ("busy", "champion_health", "contacted"),
            ("done", "knowledge_sharing", "asks"),
        ][self.below(5) as usize];
        match self.below(13) {
            0 => json!({"type": "signal", "id": id, "at": at, "member": who, "kind": "explicit"}),
            1..=2 => json!({"type": "task", "id": id, "kind": self.pick(&["thank", "check_in", "invite"]),
                "identity": who, "flywheel": flywheel, "step": step, "outcome": outcome, "state": "done",
                "done_at": at, "assignee": "buzz"}),
            3 => json!({"type": "consent", "id": id, "identity": who, "kind": "hand_off", "at": at,
                "revoked_at": self.chance(30).then_some(at + SignedDuration::from_hours(60))}),
            4 => {
                json!({"type": "role", "identity": who, "role": self.pick(&["champion", "deal_champion", "key_member"]),
                "from": at, "organization": organization, "by": "buzz",
                "to": self.chance(30).then_some(at + SignedDuration::from_hours(900))})
            }
            5 => {
                json!({"type": "product_user", "user": who, "signup_at": at, "plan": "free", "organization": organization})
            }
            6..=7 => json!({"type": "product_event", "id": id, "user": who, "at": at, "name": "exported",
                "feature": self.pick(&["a", "b", "c"])}),
            8 => json!({"type": "organization", "id": organization, "name": organization.to_uppercase(),
                "domains": [format!("{organization}.example")],
                "lifecycle": self.pick(&["prospect", "customer"]), "lifecycle_at": at}),
            9 => {
                json!({"type": "deal", "id": format!("d{}", self.below(4)), "organization": organization, "name": "A deal",
                "created_at": at, "motion": "high_touch", "contacts": [{"identity": who}],
                "closed_at": at + SignedDuration::from_hours(700), "won": self.chance(50)})
            }
            10 => json!({"type": "push", "id": id, "at": at, "kind": "outreach", "subjects": [who]}),
            11 => json!({"type": "ticket", "id": id, "opened_at": at, "requester": who,
                "linked_thread": format!("t{}", self.below(12))}),
            _ => json!({"type": "affiliation", "identity": who, "organization": organization, "from": at}),
        }
    }

    async fn step(&mut self) -> &'static str {
        match self.below(20) {
            0..=5 => {
                let many = if self.activities < 60 { 40 } else { 1 + self.below(3) };
                let lines: Vec<Value> = (0..many).map(|n| self.activity(self.activities + n)).collect();
                self.activities += many;
                self.read(&lines).await;
                "activities"
            }
            6..=7 if self.activities > 0 => {
                // The same activity, with another instant, author or thread, or none any more.
                let number = self.below(self.activities);
                let mut line = self.activity(number);
                self.edits += 1;
                line["updated_at"] = json!("2026-12-01T00:00:00Z".parse::<Timestamp>().unwrap() + self.edits.minutes());
                if self.chance(50) {
                    line["deleted_at"] = line["updated_at"].clone();
                }
                self.read(&[line]).await;
                "an edit or deletion"
            }
            8..=12 => {
                let lines: Vec<Value> = (0..=self.below(4)).map(|_| without_nulls(self.fact())).collect();
                self.read(&lines).await;
                "facts"
            }
            13 => {
                let one = self.below(ACCOUNTS);
                let [a, b] = [one, (one + 1 + self.below(ACCOUNTS - 1)) % ACCOUNTS].map(account);
                let cannot = self.chance(40);
                self.read(&[json!({"type": "link", "identities": [a, b], "verified": true, "cannot": cannot})]).await;
                "a merge or split"
            }
            14 => {
                let who = account(self.below(ACCOUNTS));
                let line = if self.chance(40) {
                    json!({"type": "person", "identity": who, "name": "R2", "bot": true})
                } else {
                    json!({"type": "teammate", "identity": who, "from": "2025-06-01"})
                };
                self.read(&[line]).await;
                "a bot or teammate"
            }
            15..=16 => {
                // Within a day nobody is looked at anew for the time alone.
                self.now += SignedDuration::from_hours(self.random.random_range(25..24 * 12));
                "the passing of time"
            }
            17 => {
                refresh::compact_now(&self.workspace).await.unwrap();
                "a file of the tail"
            }
            18 if self.chance(30) => {
                let zone = self.pick(&["America/New_York", "Asia/Tokyo", "UTC"]);
                settings::set_time_zone(&self.workspace, zone, None, self.now).await.unwrap();
                "another time zone"
            }
            _ => {
                self.workspace = open(self.folder.path()).await;
                "another process"
            }
        }
    }

    /// What the engine tells of the runs that were handed over.
    async fn rows(&self, table: &str) -> Vec<Vec<Value>> {
        let query = format!("select count(*), count(distinct run_id), min(run_id), max(run_id) from {table}");
        self.workspace.analytics().sql(&query, 1).await.unwrap().rows
    }
}

fn without_nulls(mut line: Value) -> Value {
    line.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    line
}

/// Everything that runs tell.
fn told(runs: &Runs) -> Vec<String> {
    let mut told: Vec<String> = runs.rows(None).map(|row| format!("{row:?}")).collect();
    told.extend(runs.visits(None).map(|visit| format!("{visit:?}")));
    told.extend(runs.rows(None).map(|row| format!("{:?}", runs.run(&row.run_id).unwrap().evidence)));
    told.extend(runs.tasks().into_iter().map(|task| format!("{task:?}")));
    told.extend(runs.alerts().iter().map(|alert| format!("{alert:?}")));
    told.sort();
    told
}

#[tokio::test]
async fn flywheels_kept_up_to_date_equal_flywheels_turned_anew() {
    let mut runs_seen = 0;
    for seed in SEEDS {
        let mut community = Community::new(seed).await;
        let mut happened = Vec::new();
        for _ in 0..STEPS {
            happened.push(community.step().await);
            if community.chance(25) {
                // Nobody looks: the next to look finds several changes at once, perhaps in another process.
                continue;
            }
            let kept = flywheels::current(&community.workspace, community.now).await.unwrap();
            let fresh = flywheels::evaluate(&open(community.folder.path()).await, community.now).await.unwrap();
            let (kept_told, fresh_told) = (told(&kept), told(&fresh));
            let missing: Vec<_> = fresh_told.iter().filter(|line| kept_told.binary_search(line).is_err()).collect();
            let extra: Vec<_> = kept_told.iter().filter(|line| fresh_told.binary_search(line).is_err()).collect();
            assert!(
                missing.is_empty() && extra.is_empty(),
                "seed {seed}, after {happened:?}: lacks {missing:#?}, has {extra:#?}"
            );
            assert_eq!(kept_told.len(), fresh_told.len());
            let (rows, visits) = (kept.rows(None).count(), kept.visits(None).count());
            assert_eq!(community.rows("flywheel_runs").await[0][0], json!(rows), "after {happened:?}");
            assert_eq!(community.rows("flywheel_visits").await[0][0], json!(visits), "after {happened:?}");
            runs_seen += rows;
        }
    }
    assert!(runs_seen > 100, "{runs_seen}");
}
