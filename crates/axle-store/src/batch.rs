//! What a batch of records says, worked out before the database is asked: who and what is named, and the rows to be.
//!
//! Everything named stands once in a list; rows point into the lists, so that each name is resolved once a batch.
//! Nothing here waits: it runs on the reader's thread while the batch before is being stored.

use std::collections::{BTreeMap, HashMap};

use axle_model::catalogue;
use axle_model::interchange::FactKind;
use axle_model::{Activity, Entry, Fact, Identity, IdentityKey, InPart};
use serde_json::Value;

use crate::activity::{self, ActivityRow, Incoming};
use crate::raw::{self, Packed};
use crate::thread;

/// A raw record and what was understood of it.
#[derive(Debug)]
pub struct Record {
    /// What the export calls it.
    pub kind: String,
    /// Where it stands.
    pub place: String,
    /// Bytes as sent.
    pub body: Vec<u8>,
    /// Whether the platform counts it.
    pub counted: bool,
    /// The source that it names itself, in place of the import's.
    pub source: Option<String>,
    /// The part of a snapshot in which it stands.
    pub part: Option<InPart>,
    /// The entries, or why there are none.
    pub entries: Result<Vec<Entry>, String>,
    /// The activities that follow from the entries: see [`derived_from`].
    pub derived: Vec<Activity>,
}

/// The activities that follow from the facts among the entries.
pub fn derived_from(entries: &Result<Vec<Entry>, String>) -> Vec<Activity> {
    let facts = entries.iter().flatten().filter_map(|entry| match entry {
        Entry::Fact(fact) => Some(fact),
        Entry::Activity(_) => None,
    });
    facts.flat_map(axle_model::derive::activities).collect()
}

/// What became of the records of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Counted records that were read.
    pub read: u64,
    /// Of them, those that said something new.
    pub stored: u64,
    /// Of them, those that said nothing new.
    pub unchanged: u64,
    /// Of them, those that were rejected.
    pub rejected: u64,
    /// Describing records read (users, channels), by kind.
    pub described: BTreeMap<String, u64>,
    /// Describing records rejected.
    pub described_rejected: u64,
    /// New or changed activities.
    pub activities: u64,
    /// New identities.
    pub identities: u64,
    /// Activities of the export, by type, new or not.
    pub by_type: BTreeMap<String, u64>,
    /// Facts of the export, by kind, new or not.
    #[serde(default)]
    pub facts: BTreeMap<String, u64>,
    /// Earliest instant of an activity of the export, microseconds.
    pub from: Option<i64>,
    /// Latest instant.
    pub to: Option<i64>,
}

impl Counts {
    /// Adds a batch to a run.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.stored += other.stored;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
        for (kind, count) in &other.described {
            *self.described.entry(kind.clone()).or_default() += count;
        }
        self.described_rejected += other.described_rejected;
        self.activities += other.activities;
        self.identities += other.identities;
        for (key, count) in &other.by_type {
            *self.by_type.entry(key.clone()).or_default() += count;
        }
        for (kind, count) in &other.facts {
            *self.facts.entry(kind.clone()).or_default() += count;
        }
        self.from = [self.from, other.from].into_iter().flatten().min();
        self.to = self.to.max(other.to);
    }
}

/// The records of a batch, and what they say.
#[derive(Default)]
pub struct Batch {
    pub(crate) records: Vec<Record>,
    /// For each record, its place in the names of sources.
    pub(crate) source_of: Vec<u32>,
    pub(crate) names: Names,
    pub(crate) activities: Vec<Incoming>,
    /// Where each activity stands in `activities`.
    met: HashMap<[u8; 16], usize>,
    /// Facts with their records.
    pub(crate) facts: Vec<(usize, Fact)>,
    /// Records that gave no entry.
    pub(crate) empty: Vec<usize>,
    /// The records that gave entries, packed as they will be kept when all of them say something new.
    pub(crate) packed: Vec<Packed>,
    counts: Counts,
    /// For each type, how many activities are of it, and whether its default weight is above 0.
    type_counts: Vec<u64>,
    type_counts_as_participation: Vec<bool>,
}

/// What a batch names, each once.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) sources: List<String>,
    pub(crate) types: List<String>,
    /// The source, and its id of the channel.
    pub(crate) channels: List<(u32, String)>,
    /// The source, and its id of the thread.
    pub(crate) threads: List<(u32, String)>,
    /// For each thread, what the activities say about it.
    pub(crate) thread_states: Vec<thread::Said>,
    pub(crate) people: List<IdentityKey>,
    /// For each person, what they are called.
    pub(crate) seen: Vec<Seen>,
}

/// Distinct values in the order in which they were met.
pub(crate) struct List<T> {
    numbers: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> List<T> {
    /// The place of a value, and whether it is new.
    fn place(&mut self, value: T) -> (u32, bool) {
        let next = u32::try_from(self.values.len()).expect("a batch names fewer than 2^32");
        match self.numbers.entry(value) {
            std::collections::hash_map::Entry::Occupied(known) => (*known.get(), false),
            std::collections::hash_map::Entry::Vacant(free) => {
                self.values.push(free.key().clone());
                free.insert(next);
                (next, true)
            }
        }
    }

    /// The values, by place.
    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    pub(crate) fn get(&self, place: u32) -> &T {
        &self.values[place as usize]
    }
}

/// An identity and the instants at which the source called it so.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) identity: Identity,
    /// Of the latest record about it.
    at: i64,
    /// Of the latest that has a name, and of the latest that has a handle: a record without one says nothing of it.
    pub(crate) name_at: i64,
    pub(crate) username_at: i64,
    /// Every address that it was said to have.
    pub(crate) emails: Vec<SeenEmail>,
}

/// An address of an identity, and when it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenEmail {
    /// Without spaces around it, in lower case.
    pub(crate) email: String,
    pub(crate) is_verified: bool,
    /// First and last activity that carried it.
    pub(crate) during: Option<(i64, i64)>,
    /// A profile that tells no time says so.
    pub(crate) is_stated: bool,
}

/// A statement about a person without a time outweighs what activities carry along.
const STATED: i64 = i64::MAX / 2;
/// What records merely mention is outweighed by everything.
const MENTIONED: i64 = i64::MIN;

impl Batch {
    /// Works out what `records` say. `source` is the name of those that name none.
    pub fn of(mut records: Vec<Record>, source: &str) -> Self {
        let mut batch = Self::default();
        for (index, record) in records.iter_mut().enumerate() {
            let name = record.source.take().unwrap_or_else(|| source.to_owned());
            let (place, _) = batch.names.sources.place(name);
            batch.source_of.push(place);
            batch.take(index, record);
        }
        batch.packed = raw::pack(&records, &batch.source_of, |index| records[index].entries.is_ok());
        batch.records = records;
        batch
    }

    /// What a trial can tell without a database.
    pub fn trial(self) -> Counts {
        let mut counts = self.counts();
        counts.stored = counts.read - counts.rejected;
        counts.activities = self.activities.len() as u64;
        counts
    }

    /// What the records say, as far as it can be counted without a database.
    pub(crate) fn counts(&self) -> Counts {
        let by_type = self.names.types.values().iter().cloned().zip(self.type_counts.iter().copied()).collect();
        let mut counts = Counts { by_type, ..self.counts.clone() };
        for (_, fact) in &self.facts {
            *counts.facts.entry(fact.kind.name().to_owned()).or_default() += 1;
        }
        counts
    }

    /// The name of a record's source.
    pub(crate) fn source_name(&self, record: usize) -> &str {
        self.names.sources.get(self.source_of[record])
    }

    /// The facts of a source with their records, in their order.
    pub(crate) fn facts_of(&self, source: usize) -> impl Iterator<Item = (usize, &Fact)> {
        let is_of = move |record: usize| self.source_of[record] as usize == source;
        self.facts.iter().filter(move |(record, _)| is_of(*record)).map(|(record, fact)| (*record, fact))
    }

    fn take(&mut self, index: usize, record: &mut Record) {
        if record.counted {
            self.counts.read += 1;
        } else {
            *self.counts.described.entry(record.kind.clone()).or_default() += 1;
        }
        let entries = match &mut record.entries {
            Ok(entries) => std::mem::take(entries),
            Err(_) => {
                if record.counted {
                    self.counts.rejected += 1
                } else {
                    self.counts.described_rejected += 1
                }
                return;
            }
        };
        if entries.is_empty() {
            self.empty.push(index);
        }
        for entry in entries {
            match entry {
                Entry::Activity(activity) => self.activity(index, *activity, false),
                Entry::Fact(fact) => {
                    self.people_of(&fact);
                    self.facts.push((index, fact));
                }
            }
        }
        for activity in std::mem::take(&mut record.derived) {
            self.activity(index, activity, true);
        }
    }

    /// Takes an activity that a record tells of, or that is derived from what it tells.
    pub(crate) fn activity(&mut self, record: usize, activity: Activity, is_derived: bool) {
        let row = self.row(self.source_of[record], activity, is_derived);
        self.count(&row);
        match self.met.get(&row.activity_id) {
            Some(earlier) => self.activities[*earlier].meet(row, record, &self.names),
            None => {
                self.met.insert(row.activity_id, self.activities.len());
                self.activities.push(Incoming::new(row, record, &self.names));
            }
        }
    }

    fn count(&mut self, row: &ActivityRow) {
        let at_type = row.activity_type as usize;
        self.type_counts[at_type] += 1;
        let is_participation =
            row.weight.map_or_else(|| self.type_counts_as_participation[at_type], |weight| weight > 0);
        if is_participation || !row.is_derived {
            let at = row.occurred_at;
            self.counts.from = Some(self.counts.from.map_or(at, |from| from.min(at)));
            self.counts.to = Some(self.counts.to.map_or(at, |to| to.max(at)));
        }
    }

    fn row(&mut self, source: u32, activity: Activity, is_derived: bool) -> ActivityRow {
        let at = activity.at.as_microsecond();
        let channel = self.names.channels.place((source, activity.channel.clone().unwrap_or_default())).0;
        let thread = activity.thread.as_ref().map(|thread| {
            let (place, is_new) = self.names.threads.place((source, thread.clone()));
            if is_new {
                self.names.thread_states.push(thread::Said::default());
            }
            self.names.thread_states[place as usize].take(&activity, channel);
            place
        });
        let source_name = self.names.sources.get(source);
        let activity_id = activity::activity_id(source_name, &activity.id, &activity.activity_type);
        let parent_id = activity.parent.as_ref().map(|parent| activity::object_id(source_name, parent));
        let actor = self.person(&activity.actor, at).expect("tidied: an actor without a key is rejected");
        let mut counterparts: Vec<u32> =
            activity.counterparts.iter().filter_map(|identity| self.person(identity, at)).collect();
        counterparts.sort_unstable();
        counterparts.dedup();
        let (activity_type, is_new) =
            self.names.types.place(catalogue::canonical_key(&activity.activity_type).to_owned());
        if is_new {
            self.type_counts.push(0);
            let weight = catalogue::default_weight(self.names.types.get(activity_type));
            self.type_counts_as_participation.push(weight > 0);
        }
        let mut properties = activity.properties;
        if let Some((kind, id)) = activity.object {
            properties.insert("object".into(), serde_json::json!({"kind": kind, "id": id}));
        }
        if let Some(campaign) = activity.campaign {
            properties.insert("campaign".into(), Value::String(campaign));
        }
        ActivityRow {
            activity_id,
            source,
            activity_type,
            actor,
            channel,
            thread,
            parent_id,
            occurred_at: at,
            version_at: activity.version_at.max(activity.deleted_at).map(|at| at.as_microsecond()),
            deleted_at: activity.deleted_at.map(|at| at.as_microsecond()),
            weight: activity.weight.map(|weight| weight.get()),
            external_id: activity.id,
            title: activity.title,
            text: activity.text,
            url: activity.url,
            language: activity.language,
            reading: activity.reading,
            counterparts,
            properties: (!properties.is_empty()).then(|| Value::Object(properties).to_string()),
            is_derived,
        }
    }

    fn people_of(&mut self, fact: &Fact) {
        for (_, identity) in fact.people() {
            self.person(&identity, MENTIONED);
        }
        if fact.kind == FactKind::PERSON
            && let Some(mut identity) = fact.identity("identity")
        {
            if let Some(name) = fact.text("name") {
                identity.name = Some(name.to_owned());
            }
            if let Some(bot) = fact.body.get("bot").and_then(Value::as_bool) {
                identity.bot = Some(bot);
            }
            self.person(&identity, STATED);
        }
    }

    /// The place of a person, if the identity names one.
    fn person(&mut self, identity: &Identity, at: i64) -> Option<u32> {
        let (place, is_new) = self.names.people.place(identity.key()?);
        if is_new {
            self.names.seen.push(Seen::of(identity, at));
        } else {
            self.names.seen[place as usize].meet(identity, at);
        }
        Some(place)
    }
}

impl Seen {
    fn of(identity: &Identity, at: i64) -> Self {
        let emails = SeenEmail::of(identity, at).into_iter().collect();
        let since = |value: &Option<String>| if value.is_some() { at } else { MENTIONED };
        let (name_at, username_at) = (since(&identity.name), since(&identity.username));
        Self { identity: identity.clone(), at, name_at, username_at, emails }
    }

    fn meet(&mut self, identity: &Identity, at: i64) {
        if let Some(seen) = SeenEmail::of(identity, at) {
            self.meet_email(&seen);
        }
        self.take(identity, at);
    }

    /// Takes an address; gives whether that is news, and whether it is in use earlier or later than known. Those that profiles state
    /// stand behind the others, the latest last.
    fn meet_email(&mut self, seen: &SeenEmail) -> (bool, bool) {
        let Some(place) = self.emails.iter().position(|known| known.email == seen.email) else {
            self.emails.push(seen.clone());
            return (true, false);
        };
        let known = &mut self.emails[place];
        let is_new = (seen.is_verified && !known.is_verified) || (seen.is_stated && !known.is_stated);
        known.is_verified |= seen.is_verified;
        let is_longer = known.meet(seen.during, seen.is_stated);
        if seen.is_stated {
            self.emails[place..].rotate_left(1);
        }
        (is_new, is_longer)
    }

    /// The present address, as it is written, and since when: what a profile states, else what the latest activity carried.
    pub(crate) fn email(&self) -> Option<(&str, i64)> {
        let own = self.identity.email.as_deref()?.trim();
        let stated = self.emails.iter().rfind(|seen| seen.is_stated);
        let dated = || {
            self.emails
                .iter()
                .filter_map(|seen| Some((seen.during?.1, seen)))
                .max_by_key(|(at, seen)| (*at, &seen.email))
        };
        let (at, seen) = match stated {
            Some(seen) => (STATED, seen),
            None => dated().or_else(|| Some((MENTIONED, self.emails.iter().find(|seen| seen.is(own))?)))?,
        };
        Some((if seen.is(own) { own } else { &seen.email }, at))
    }

    /// Takes what another batch says.
    pub(crate) fn meet_all(&mut self, other: &Self) -> Met {
        let mut is_new = self.take_each(&other.identity, other.at, other.name_at, other.username_at);
        let mut is_longer = false;
        for seen in &other.emails {
            let (news, longer) = self.meet_email(seen);
            is_new |= news;
            is_longer |= longer;
        }
        // When one address of several was in use tells who worked where: that is not put off.
        match (is_new || (is_longer && self.emails.len() > 1), is_longer) {
            (true, _) => Met::Something,
            (false, true) => Met::Time,
            (false, false) => Met::Nothing,
        }
    }

    fn take(&mut self, identity: &Identity, at: i64) -> bool {
        self.take_each(identity, at, at, at)
    }

    /// Takes what is newer, and what was not known; gives whether that changed anything but the instants.
    fn take_each(&mut self, identity: &Identity, at: i64, name_at: i64, username_at: i64) -> bool {
        let newer = at >= self.at;
        let mut changed = false;
        let mut take = |mine: &mut Option<String>, other: &Option<String>, newer: bool| {
            if other.is_some() && (newer || mine.is_none()) && mine != other {
                mine.clone_from(other);
                changed = true;
            }
        };
        take(&mut self.identity.uid, &identity.uid, newer);
        take(&mut self.identity.username, &identity.username, username_at >= self.username_at);
        take(&mut self.identity.email, &identity.email, newer);
        take(&mut self.identity.name, &identity.name, name_at >= self.name_at);
        take(&mut self.identity.phone, &identity.phone, newer);
        take(&mut self.identity.visitor, &identity.visitor, newer);
        let bot = self.identity.bot.max(identity.bot);
        changed |= bot != self.identity.bot;
        self.identity.bot = bot;
        self.at = self.at.max(at);
        self.name_at = if identity.name.is_some() { self.name_at.max(name_at) } else { self.name_at };
        self.username_at =
            if identity.username.is_some() { self.username_at.max(username_at) } else { self.username_at };
        changed
    }
}

/// What another batch said of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// Nothing that was not known.
    Nothing,
    /// That an address was in use earlier or later than known.
    Time,
    /// Something else.
    Something,
}

impl SeenEmail {
    fn of(identity: &Identity, at: i64) -> Option<Self> {
        let email = identity.email.as_deref()?.trim();
        (!email.is_empty()).then(|| Self {
            email: email.to_ascii_lowercase(),
            is_verified: identity.email_verified,
            during: dated(at),
            is_stated: at == STATED,
        })
    }

    fn is(&self, email: &str) -> bool {
        self.email.eq_ignore_ascii_case(email.trim())
    }

    /// Whether it was in use earlier or later than known.
    fn meet(&mut self, during: Option<(i64, i64)>, is_stated: bool) -> bool {
        self.is_stated |= is_stated;
        let before = self.during;
        self.during = match (before, during) {
            (Some((from, to)), Some((first, last))) => Some((from.min(first), to.max(last))),
            (before, during) => before.or(during),
        };
        self.during != before
    }
}

/// The instant of an activity.
fn dated(at: i64) -> Option<(i64, i64)> {
    (at != STATED && at != MENTIONED).then_some((at, at))
}
