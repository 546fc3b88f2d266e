//! What the machine gives: runs with their visits of steps, their state and the ledger of evidence.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::timeline::{Packed, Timeline, hash, instant, kind_number};
use crate::vocabulary::{KINDS, attribute_name};

/// One time that one unit goes round: through the steps of one leg, in the order in which it passed them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Never empty.
    pub visits: Vec<Visit>,
    /// How it stands.
    pub state: State,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// Why it left, was sent back or rests.
    pub reason: Option<Box<str>>,
    /// What each step was entered by, in the order in which it came.
    pub evidence: Vec<Evidence>,
    /// Which way out it took.
    pub(crate) left_by: Option<LeftBy>,
}

/// A way out, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LeftBy {
    /// One that steps share.
    Shared(u16),
    /// One of the step's own: that of the last visit.
    Own(u16),
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// At its last visit's step.
    Active,
    /// The same, but sent back to it.
    Returned,
    /// Away until the first instant of a local day; then at that step.
    Snoozed {
        /// The day.
        until: Date,
        /// Number of the step.
        then: u16,
    },
    /// Through, with the loop closed.
    Completed,
    /// Through, without.
    CompletedNoLoop,
    /// Left, for a reason.
    Lost,
    /// Freed of the role.
    Released,
}

impl State {
    /// The name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Returned => "returned",
            Self::Snoozed { .. } => "snoozed",
            Self::Completed => "completed",
            Self::CompletedNoLoop => "completed_no_loop",
            Self::Lost => "lost",
            Self::Released => "released",
        }
    }

    /// Whether it still goes on.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Returned | Self::Snoozed { .. })
    }
}

/// A run at a step. There are millions of them: instants stand in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Number of the step, from 0.
    pub step: u16,
    /// How it came there.
    pub how: How,
    /// How it went on.
    pub left: Option<Left>,
    /// Why it went where it went.
    pub reason: Option<Box<str>>,
    entered_at: i64,
    /// [`NONE`]: there is none.
    due_at: i64,
    left_at: i64,
}

/// In the place of an instant that there is not.
const NONE: i64 = i64::MIN;

fn micros(at: Option<Timestamp>) -> i64 {
    at.map_or(NONE, Timestamp::as_microsecond)
}

fn maybe(at: i64) -> Option<Timestamp> {
    (at != NONE).then(|| instant(at))
}

impl Visit {
    /// Of somebody who stays.
    pub(crate) fn new(step: u16, how: How, entered_at: Timestamp, due_at: Option<Timestamp>) -> Self {
        let (entered_at, due_at) = (entered_at.as_microsecond(), micros(due_at));
        Self { step, how, left: None, reason: None, entered_at, due_at, left_at: NONE }
    }

    pub(crate) fn until(self, left_at: Timestamp, left: Option<Left>, reason: Option<Box<str>>) -> Self {
        Self { left_at: left_at.as_microsecond(), left, reason, ..self }
    }

    pub(crate) fn due(self, due_at: Timestamp) -> Self {
        Self { due_at: due_at.as_microsecond(), ..self }
    }

    /// When it came there.
    pub fn entered_at(&self) -> Timestamp {
        instant(self.entered_at)
    }

    /// Until when the step should take; `None`: nobody waits, or it was passed over.
    pub fn due_at(&self) -> Option<Timestamp> {
        maybe(self.due_at)
    }

    /// When it went on; `None`: it is there.
    pub fn left_at(&self) -> Option<Timestamp> {
        maybe(self.left_at)
    }
}

/// How a run came to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// By evidence.
    Entered,
    /// Evidence of a later step came first: passed over, not passed.
    Implied,
    /// Sent back.
    Returned,
    /// Out of a snooze.
    Woken,
}

/// How a run left a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// Went on, as planned.
    Advanced,
    /// Out of the wheel.
    Lost,
    /// Back to another step.
    Returned,
}

/// One row that a step rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Number of the step.
    pub step: u16,
    /// Number of the fact's kind; that of a run is none.
    pub(crate) kind: u8,
    /// The row of the record.
    pub evidence_id: Box<str>,
    /// The person who decided; `None`: the rule of the definition.
    pub confirmed_by: Option<Box<str>>,
    /// Microseconds.
    pub(crate) at: i64,
    pub(crate) observed_at: i64,
}

/// Instead of a fact's kind: a run of another flywheel.
pub(crate) const OF_RUN: u8 = u8::MAX;

impl Evidence {
    /// Kind of the fact.
    pub fn kind(&self) -> &'static str {
        KINDS.get(self.kind as usize).map_or("run", |kind| kind.name)
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        instant(self.at)
    }

    /// When Axle learnt of it.
    pub fn observed_at(&self) -> Timestamp {
        instant(self.observed_at)
    }
}

impl Run {
    /// The visit that it is at, or was at last.
    pub fn last(&self) -> &Visit {
        self.visits.last().expect("a run begins with a visit")
    }

    /// When it began: the first step that it came to by evidence.
    pub fn opened_at(&self) -> Timestamp {
        self.visits[0].entered_at()
    }
}

/// The runs of one flywheel, leg and key of one member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Slot {
    pub leg: u16,
    /// Organization or question; `None`: the member.
    pub key: Option<Box<str>>,
    pub key_hash: u64,
    pub runs: Vec<Run>,
    /// The local day on which time alone may move it; `i32::MAX`: none.
    pub wake: i32,
}

impl Slot {
    /// Gives back what was set aside for more.
    pub(crate) fn shrink(&mut self) {
        self.runs.shrink_to_fit();
        for run in &mut self.runs {
            run.visits.shrink_to_fit();
            run.evidence.shrink_to_fit();
        }
    }
}

/// Everything that the machine keeps of one member: facts, runs, and how far it has looked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MemberRuns {
    pub(crate) facts: Packed,
    /// Their kinds, as a set of bits.
    pub(crate) kinds: u64,
    /// The threads that they are about, rising.
    #[serde(default)]
    pub(crate) units: Box<[u32]>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) until: Option<Timestamp>,
    /// When the first fact after it happened, in microseconds; `i64::MAX`: there is none.
    pub(crate) next_at: i64,
    /// Of the machine that made the runs.
    #[serde(default)]
    pub(crate) fingerprint: u64,
}

impl MemberRuns {
    /// Whether there are facts of that kind.
    pub fn has(&self, kind: &str) -> bool {
        kind_number(kind).is_some_and(|kind| self.kinds & 1 << kind != 0)
    }

    /// Whether there are facts of any of these kinds, given as a set of bits.
    pub(crate) fn has_any(&self, kinds: u64) -> bool {
        self.kinds & kinds != 0
    }

    /// The facts of these kinds, oldest first.
    pub fn facts(&self, kinds: &[&str]) -> Vec<Fact> {
        let mut facts = Vec::new();
        self.facts.each(|row| {
            let kind = KINDS[row.kind as usize].name;
            if kinds.contains(&kind) {
                let mut fact = Fact::new(instant(row.at), kind, row.id).seen(instant(row.seen_at));
                (fact.is_withdrawn, fact.origin) = (row.is_withdrawn, row.origin);
                let words = row.attributes.iter();
                fact.attributes =
                    words.map(|(name, word)| (attribute_name(*name).into(), (*word).to_owned())).collect();
                facts.push((row.kind, fact));
            }
        });
        facts.sort_by_cached_key(|(kind, fact)| (fact.at, *kind, hash(&fact.id), fact.origin.part));
        facts.into_iter().map(|(_, fact)| fact).collect()
    }

    /// Keeps facts, and nothing more than is needed.
    pub(crate) fn keep(&mut self, timeline: &Timeline) {
        (self.facts, self.kinds) = (timeline.into(), timeline.kinds());
        let units: BTreeSet<u32> = timeline.units().filter(|unit| *unit != u32::MAX).collect();
        self.units = units.into_iter().collect();
    }

    /// Whether there are facts about one of these threads, see [`crate::Origin::unit`].
    pub fn is_about_any(&self, threads: &HashSet<u32>) -> bool {
        if threads.len() < self.units.len() {
            return threads.iter().any(|thread| self.units.binary_search(thread).is_ok());
        }
        self.units.iter().any(|thread| threads.contains(thread))
    }

    /// The instant up to which facts were looked at.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// When the first of their facts after [`Self::until`] happens: what ends by its day is known before. `None`: there is none.
    pub fn next_at(&self) -> Option<Timestamp> {
        (self.next_at != i64::MAX).then(|| instant(self.next_at))
    }

    /// The day on which time alone may move a run, if nothing happens before: until then the member need not be looked
    /// at. Days since 1970-01-01.
    pub fn wakes_on(&self) -> Option<i32> {
        self.slots.iter().map(|slot| slot.wake).min().filter(|day| *day != i32::MAX)
    }
}

/// Which run: together with the member it is unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunKey {
    /// The definition's id.
    pub flywheel: String,
    /// Id of the first step of its leg.
    pub leg: String,
    /// Organization or question; `None`: the member.
    pub key: Option<String>,
    /// 1 is the first time round.
    pub ordinal: u32,
}

impl RunKey {
    /// The public id: a hash of member and key.
    pub fn run_id(&self, member_id: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [member_id, &self.flywheel, &self.leg, self.key.as_deref().unwrap_or("")] {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        hasher.update(&self.ordinal.to_be_bytes());
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// The run before it, to which a re-entry is linked.
    pub fn before(&self) -> Option<Self> {
        (self.ordinal > 1).then(|| Self { ordinal: self.ordinal - 1, ..self.clone() })
    }
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which.
    pub run: RunKey,
    /// As it was; `None`: it is new.
    pub before: Option<Run>,
    /// As it is; `None`: a fact that came late undid it.
    pub after: Option<Run>,
}
