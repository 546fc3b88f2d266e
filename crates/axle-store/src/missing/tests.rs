//! Overlapping exports in every order, against the rule taken literally: message by message, without bitmaps.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED};
use axle_model::{Activity, ActivityType, Extent, Identity, InPart, Part};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use crate::batch::{Batch, Record};
use crate::write::Writer;
use crate::{Db, dump, import_run, source};

use super::{FEW, Settled};

const BOTH: &[ActivityType] = &[MESSAGE_SENT, REACTION_ADDED];
const MESSAGES: &[ActivityType] = &[MESSAGE_SENT];

/// A message as an export has it.
#[derive(Debug, Clone, Copy)]
struct Message {
    number: i64,
    /// The channel, or the thread that it was moved to.
    place: u32,
    edits: i64,
    /// Which of the edits moved it, once at most.
    moved: i64,
    has_reaction: bool,
}

impl Message {
    fn at(&self) -> i64 {
        self.number * 10
    }
}

/// One channel or thread of one export.
#[derive(Debug, Clone)]
struct Shown {
    place: u32,
    messages: Vec<Message>,
    types: &'static [ActivityType],
    has_reject: bool,
}

#[derive(Debug, Clone)]
struct Export {
    as_of: i64,
    extent: Extent,
    shown: Vec<Shown>,
}

fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn record(entries: Result<Vec<Activity>, String>, part: Option<InPart>) -> Record {
    Record {
        kind: "message".into(),
        place: "made up".into(),
        body: Vec::new(),
        counted: true,
        source: None,
        part,
        entries: entries.map(|entries| entries.into_iter().map(Into::into).collect()),
        derived: Vec::new(),
    }
}

fn activities(message: Message, extent: Extent) -> Vec<Activity> {
    let ada = Identity::uid("chat", "ada");
    let mut said = Activity::new(&MESSAGE_SENT, format!("m{}", message.number), instant(message.at()), ada.clone());
    said.text = Some(format!("edited {} times", message.edits));
    said.version_at = (message.edits > 0).then(|| instant(message.at() + message.edits));
    match extent {
        Extent::Thread => {
            said.channel = Some("general".into());
            said.thread = Some(format!("topic {}", message.place));
        }
        _ => said.channel = Some(format!("channel {}", message.place)),
    }
    let mut liked = Activity::new(&REACTION_ADDED, format!("m{}:ada", message.number), said.at, ada);
    liked.version_at = (message.moved > 0).then(|| instant(message.at() + message.moved));
    liked.channel.clone_from(&said.channel);
    liked.thread.clone_from(&said.thread);
    if message.has_reaction { vec![said, liked] } else { vec![said] }
}

impl Export {
    fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        for shown in &self.shown {
            let part = Arc::new(Part {
                export: "made up".into(),
                name: shown.place.to_string(),
                as_of: Some(instant(self.as_of)),
                extent: self.extent,
            });
            let within = || Some(InPart { part: Arc::clone(&part), types: shown.types });
            records
                .extend(shown.messages.iter().map(|message| record(Ok(activities(*message, self.extent)), within())));
            if shown.has_reject {
                records.push(record(Err("damaged".into()), within()));
            }
        }
        records
    }

    fn has(&self, key: &Key) -> bool {
        self.shown.iter().flat_map(|shown| &shown.messages).any(|message| keys(*message).contains(key))
    }
}

/// A message, or the reaction to it.
type Key = (i64, &'static str);

fn keys(message: Message) -> Vec<Key> {
    let said = (message.number, MESSAGE_SENT.key);
    if message.has_reaction { vec![said, (message.number, REACTION_ADDED.key)] } else { vec![said] }
}

/// The rule: which activities are missing since when, and from which exports too much is.
fn expected(exports: &[Export]) -> (BTreeMap<Key, i64>, Vec<i64>) {
    let mut exports: Vec<&Export> = exports.iter().collect();
    exports.sort_by_key(|export| export.as_of);
    let mut present: HashMap<Key, u32> = HashMap::new();
    let mut missing = BTreeMap::new();
    let mut filtered = Vec::new();
    for export in exports {
        let mut lost: BTreeMap<&str, Vec<(Vec<Key>, u64)>> = BTreeMap::new();
        for shown in export.shown.iter().filter(|shown| !shown.has_reject && !shown.messages.is_empty()) {
            let from = shown.messages.iter().map(|message| message.number).min().unwrap();
            let to = shown.messages.iter().map(|message| message.number).max().unwrap();
            for told in shown.types {
                let known = present.iter().filter(|((number, key), place)| {
                    **place == shown.place && *key == told.key && (from..=to).contains(number)
                });
                let (kept, gone): (Vec<Key>, Vec<Key>) = known.map(|(key, _)| *key).partition(|key| export.has(key));
                let kept = kept.iter().filter(|(number, _)| shown.messages.iter().any(|m| m.number == *number)).count();
                lost.entry(told.key).or_default().push((gone, kept as u64));
            }
        }
        for views in lost.values() {
            let is_filtered = |gone: u64, kept: u64| gone >= FEW && gone > kept;
            let sum = |of: fn(&(Vec<Key>, u64)) -> u64| views.iter().map(of).sum::<u64>();
            let all = is_filtered(sum(|(gone, _)| gone.len() as u64), sum(|(_, kept)| *kept));
            for (gone, kept) in views {
                if gone.is_empty() {
                    continue;
                }
                if all || is_filtered(gone.len() as u64, *kept) {
                    filtered.push(export.as_of);
                } else {
                    for key in gone {
                        present.remove(key);
                        missing.insert(*key, export.as_of);
                    }
                }
            }
        }
        for shown in &export.shown {
            for key in shown.messages.iter().flat_map(|message| keys(*message)) {
                present.insert(key, shown.place);
                missing.remove(&key);
            }
        }
    }
    filtered.dedup();
    (missing, filtered)
}

/// A community over time, exported now and then: messages are written, edited, moved, deleted and now and then restored.
fn exports(random: &mut StdRng) -> Vec<Export> {
    let extent = if random.random_bool(0.5) { Extent::Thread } else { Extent::Channel };
    let places = random.random_range(1..4);
    let mut world: BTreeMap<i64, Message> = BTreeMap::new();
    let mut deleted = Vec::new();
    let mut exports = Vec::new();
    let mut written = 0;
    for number in 1..=random.random_range(2..7) {
        for _ in 0..random.random_range(0..60) {
            written += 1;
            let place = random.random_range(0..places);
            world.insert(
                written,
                Message { number: written, place, edits: 0, moved: 0, has_reaction: random.random_bool(0.5) },
            );
        }
        let share = *[0.0, 0.05, 0.3, 0.8].get(random.random_range(0..4)).unwrap();
        for message in world.values_mut() {
            message.edits += i64::from(random.random_bool(0.1));
            message.has_reaction &= !random.random_bool(share / 2.0);
            // A move has no time of its own, but an edit goes with it.
            if extent == Extent::Thread && message.moved == 0 && places > 1 && random.random_bool(0.1) {
                message.place = (message.place + 1) % places;
                message.edits += 1;
                message.moved = message.edits;
            }
        }
        deleted.extend(world.extract_if(.., |_, _| random.random_bool(share)).map(|(_, message)| message));
        if random.random_bool(0.2)
            && let Some(back) = deleted.pop()
        {
            world.insert(back.number, back);
        }
        let window = if random.random_bool(0.5) { 0..=written } else { written / 3..=written - written / 5 };
        let types = if random.random_bool(0.8) { BOTH } else { MESSAGES };
        let shown = (0..places).map(|place| Shown {
            place,
            messages: world.range(window.clone()).map(|(_, message)| *message).filter(|m| m.place == place).collect(),
            types,
            has_reject: random.random_bool(0.1),
        });
        exports.push(Export { as_of: 100_000 * number, extent, shown: shown.collect() });
    }
    exports
}

struct Store {
    db: Db,
    source_id: i64,
    _folder: tempfile::TempDir,
}

impl Store {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let source_id = i64::from(source::ensure(&mut tx, "chat", "chat", 0).await.unwrap().source_id);
        tx.commit().await.unwrap();
        Self { db, source_id, _folder: folder }
    }

    async fn writer(&self) -> Writer {
        let mut tx = self.db.begin().await.unwrap();
        let run = import_run::begin(&mut tx, None, "made up", 0, 0).await.unwrap();
        tx.commit().await.unwrap();
        Writer::new(&self.db, self.source_id, run)
    }

    async fn read(&self, export: &Export) -> Settled {
        let mut writer = self.writer().await;
        let mut records = export.records();
        let rest = records.split_off(records.len() / 2);
        for batch in [records, rest] {
            writer.write(Batch::of(batch, "chat"), None, 0, 0).await.unwrap();
        }
        writer.finish(true, 0).await.unwrap()
    }

    /// Reads the beginning of an export, and is killed.
    async fn begin_to_read(&self, export: &Export) {
        let mut records = export.records();
        records.truncate(records.len() * 2 / 3);
        self.writer().await.write(Batch::of(records, "chat"), None, 0, 0).await.unwrap();
    }

    async fn newest_seq(&self) -> Option<i64> {
        sqlx::query_scalar("select max(seq) from activity").fetch_one(self.db.readers()).await.unwrap()
    }

    /// What is missing, and whether the query engine is told of exactly the rest.
    async fn missing(&self) -> BTreeMap<Key, i64> {
        let (columns, _, _) = crate::activity::since(&self.db, 0, u32::MAX).await.unwrap();
        let hold = columns.deleted_at.iter().filter(|at| at.is_none()).count();
        assert_eq!(hold as u64, crate::activity::count(&self.db).await.unwrap());
        let mut missing = BTreeMap::new();
        for line in dump::state(&self.db).await.unwrap() {
            let Some(line) = line.strip_prefix("missing ") else { continue };
            let (_, id, key, at): (String, String, String, i64) = serde_json::from_str(line).unwrap();
            let number = id.trim_start_matches('m').trim_end_matches(":ada").parse().unwrap();
            let key = if key == MESSAGE_SENT.key { MESSAGE_SENT.key } else { REACTION_ADDED.key };
            missing.insert((number, key), at / 1_000_000 - 1_700_000_000);
        }
        let all: i64 = sqlx::query_scalar("select count(*) from activity").fetch_one(self.db.readers()).await.unwrap();
        assert_eq!(hold + missing.len(), usize::try_from(all).unwrap());
        missing
    }
}

#[tokio::test]
async fn exports_in_every_order_give_what_the_rule_says() {
    let (mut deletions, mut warnings) = (0, 0);
    for seed in 0..25 {
        let mut random = StdRng::seed_from_u64(seed);
        let exports = exports(&mut random);
        let (missing, filtered) = expected(&exports);
        (deletions, warnings) = (deletions + missing.len(), warnings + filtered.len());
        let forth = Store::new().await;
        for export in &exports {
            forth.read(export).await;
        }
        assert_eq!(forth.missing().await, missing, "seed {seed}: in the order in which they were made");
        let state = dump::state(&forth.db).await.unwrap();

        let mut shuffled: Vec<&Export> = exports.iter().chain(exports.iter().take(2)).collect();
        shuffled.shuffle(&mut random);
        let mixed = Store::new().await;
        let last = shuffled.len() - 1;
        for (number, export) in shuffled.into_iter().enumerate() {
            mixed.begin_to_read(export).await;
            let settled = mixed.read(export).await;
            if number == last {
                let told = settled.filtered.iter().map(|filtered| filtered.as_of / 1_000_000 - 1_700_000_000);
                let since = filtered.iter().copied().filter(|as_of| *as_of >= export.as_of);
                assert_eq!(told.collect::<Vec<_>>(), since.collect::<Vec<_>>(), "seed {seed}: warnings");
            }
        }
        assert_eq!(mixed.missing().await, missing, "seed {seed}: in another order, some twice, some killed");
        let differs: Vec<_> =
            dump::state(&mixed.db).await.unwrap().into_iter().filter(|l| !state.contains(l)).collect();
        assert!(differs.is_empty(), "seed {seed}: {differs:#?}");

        let before = mixed.newest_seq().await;
        let again = mixed.read(&exports[0]).await;
        assert_eq!((again.deleted, again.restored, mixed.newest_seq().await), (0, 0, before), "seed {seed}: again");
    }
    assert!(deletions > 100 && warnings > 3, "{deletions} deletions and {warnings} filtered exports prove little");
}
