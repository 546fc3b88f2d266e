//! A record that large runs filled, against one whose indexes were always there.

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED};
use axle_model::{Activity, Identity};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{are_there, restore};
use crate::batch::{Batch, Record};
use crate::write::Writer;
use crate::{Db, activity, dump, import_run, member, source};

struct Store {
    db: Db,
    source_id: i64,
}

impl Store {
    async fn open(folder: &std::path::Path) -> Self {
        let db = Db::open(folder).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let source_id = i64::from(source::ensure(&mut tx, "chat", "chat", 0).await.unwrap().source_id);
        tx.commit().await.unwrap();
        Self { db, source_id }
    }

    async fn writer(&self, many: u64) -> Writer {
        let mut tx = self.db.begin().await.unwrap();
        let run = import_run::begin(&mut tx, None, "made up", 0, 0).await.unwrap();
        tx.commit().await.unwrap();
        Writer::new(&self.db, self.source_id, run).with_many(many)
    }

    /// Of everything but when people were last called as they are, which waits for the end of a run.
    async fn state(&self) -> Vec<String> {
        let mut state = dump::state(&self.db).await.unwrap();
        state.retain(|line| !line.starts_with("identity ") && !line.starts_with("email "));
        state
    }

    async fn integrity(&self) -> String {
        sqlx::query_scalar("pragma integrity_check").fetch_one(self.db.readers()).await.unwrap()
    }

    async fn spans(&self) -> Vec<(u32, i64, i64)> {
        let mut spans = activity::spans_of_addressed(&self.db).await.unwrap();
        spans.sort_unstable_by_key(|span| span.identity_id);
        spans.iter().map(|span| (span.identity_id, span.first_at, span.last_at)).collect()
    }
}

/// Messages and reactions of a few objects, said again and again: new, the same, edited, deleted.
fn batch(random: &mut StdRng) -> Vec<Record> {
    let record = |activities: Vec<Activity>| Record {
        kind: "message".into(),
        place: "made up".into(),
        body: Vec::new(),
        counted: true,
        source: None,
        part: None,
        entries: Ok(activities.into_iter().map(Into::into).collect()),
        derived: Vec::new(),
    };
    let instant = |seconds: i64| Timestamp::from_second(1_700_000_000 + seconds).unwrap();
    let records = (0..random.random_range(1..40)).map(|_| {
        let number = random.random_range(0..150);
        let mut somebody = Identity::uid("chat", format!("u{}", number % 7));
        somebody.email = Some(format!("u{}@example.org", number % 7));
        let mut said = Activity::new(&MESSAGE_SENT, format!("m{number}"), instant(number), somebody.clone());
        said.channel = Some("general".into());
        let edits = random.random_range(0..4);
        said.text = Some(format!("edited {edits} times"));
        said.version_at = (edits > 0).then(|| instant(number + edits));
        said.deleted_at = random.random_bool(0.05).then(|| instant(number + edits));
        let mut liked = Activity::new(&REACTION_ADDED, format!("m{number}"), instant(number), somebody);
        liked.channel = Some("general".into());
        record(if random.random_bool(0.5) { vec![said, liked] } else { vec![said] })
    });
    records.collect()
}

#[tokio::test]
async fn large_runs_leave_what_small_ones_leave() {
    for seed in 0..8 {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let plain = Store::open(folders[0].path()).await;
        let large = Store::open(folders[1].path()).await;
        // Another process writes the same record now and then.
        let other = Store::open(folders[1].path()).await;
        let mut random = StdRng::seed_from_u64(seed);
        let (mut writes_plain, mut writes_large, mut writes_other) =
            (plain.writer(u64::MAX).await, large.writer(30).await, other.writer(u64::MAX).await);
        let mut was_without = false;
        for number in 0..25 {
            let again = random.clone();
            writes_plain.write(Batch::of(batch(&mut random), "chat"), None, 0, 0).await.unwrap();
            random = again;
            let writer = if number % 3 == 1 { &mut writes_other } else { &mut writes_large };
            writer.write(Batch::of(batch(&mut random), "chat"), None, 0, 0).await.unwrap();
            if number % 5 == 4 {
                was_without |= !are_there(&large.db).await.unwrap();
                assert_eq!(large.spans().await, plain.spans().await, "seed {seed}, without the index");
                assert!(large.state().await == plain.state().await, "seed {seed}, batch {number}");
            }
            match number {
                // A run that was killed: what it began is there, and the next run goes on without the indexes.
                10 => (writes_large, writes_plain) = (large.writer(30).await, plain.writer(u64::MAX).await),
                16 => {
                    restore(&large.db).await.unwrap();
                    assert!(are_there(&other.db).await.unwrap());
                }
                _ => {}
            }
        }
        assert!(was_without, "seed {seed}: no run was large");
        restore(&large.db).await.unwrap();
        assert_eq!(large.integrity().await, "ok", "seed {seed}");
        assert_eq!(large.spans().await, plain.spans().await, "seed {seed}");
        assert_eq!(member::count(&large.db).await.unwrap(), member::count(&plain.db).await.unwrap());
        for (store, mut writer) in [(&plain, writes_plain), (&large, writes_large)] {
            writer.finish(true, 0).await.unwrap();
            assert!(are_there(&store.db).await.unwrap());
        }
        assert!(large.state().await == plain.state().await, "seed {seed}");
    }
}

#[tokio::test]
async fn a_database_of_before_keeps_its_index_under_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("axle.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let mut before = sqlx::migrate!("migrations/workspace");
    before.migrations.to_mut().retain(|migration| migration.version < 36);
    before.run(&pool).await.unwrap();
    let insert = "insert into activity (activity_id, source_id, external_id, activity_type_id, identity_id, channel_id,
        occurred_at, ingested_at, content_hash) values ($1, 1, 'm', 1, 1, 1, 0, 0, 0)";
    for id in 0..50u32 {
        sqlx::query(insert)
            .bind(blake3::hash(&id.to_le_bytes()).as_bytes()[..16].to_vec())
            .execute(&pool)
            .await
            .unwrap();
    }
    let db = Db::open(folder.path()).await.unwrap();
    assert!(are_there(&db).await.unwrap());
    // The connection from before sees it too.
    let known = blake3::hash(&7u32.to_le_bytes()).as_bytes()[..16].to_vec();
    assert!(sqlx::query(insert).bind(&known).execute(&pool).await.unwrap_err().to_string().contains("UNIQUE"));
    let integrity: String = sqlx::query_scalar("pragma integrity_check").fetch_one(db.readers()).await.unwrap();
    assert_eq!(integrity, "ok");
    let plan = sqlx::query_as("explain query plan select seq from activity where activity_id = $1").bind(&known);
    let (_, _, _, detail): (i64, i64, i64, String) = plan.fetch_one(db.readers()).await.unwrap();
    assert!(detail.contains("activity_id_unique"), "{detail}");
}
