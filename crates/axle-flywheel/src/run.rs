//! What the machine gives: runs with their visits of steps, their state and the ledger of evidence.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::timeline::Timeline;
use crate::vocabulary::KINDS;

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
    pub reason: Option<String>,
    /// What each step was entered by, in the order in which it came.
    pub evidence: Vec<Evidence>,
    /// Which of the definition's shared ways out it took.
    pub(crate) left_by: Option<u16>,
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

/// A run at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Number of the step, from 0.
    pub step: u16,
    /// How it came there.
    pub how: How,
    /// When.
    pub entered_at: Timestamp,
    /// Until when the step should take; `None`: nobody waits, or it was passed over.
    pub due_at: Option<Timestamp>,
    /// When it went on.
    pub left_at: Option<Timestamp>,
    /// How it went on.
    pub left: Option<Left>,
    /// Why it went where it went.
    pub reason: Option<String>,
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
    /// Kind of the fact.
    pub kind: String,
    /// The row of the record.
    pub evidence_id: String,
    /// When it happened.
    pub at: Timestamp,
    /// When Axle learnt of it.
    pub observed_at: Timestamp,
    /// The person who decided; `None`: the rule of the definition.
    pub confirmed_by: Option<String>,
}

impl Run {
    /// The visit that it is at, or was at last.
    pub fn last(&self) -> &Visit {
        self.visits.last().expect("a run begins with a visit")
    }

    /// When it began: the first step that it came to by evidence.
    pub fn opened_at(&self) -> Timestamp {
        self.visits[0].entered_at
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

/// Everything that the machine keeps of one member: facts, runs, and how far it has looked. What a database stores.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MemberRuns {
    pub(crate) timeline: Timeline,
    pub(crate) slots: Vec<Slot>,
    pub(crate) until: Option<Timestamp>,
    /// Of the machine that made the runs.
    #[serde(default)]
    pub(crate) fingerprint: u64,
}

impl MemberRuns {
    /// Whether there are facts of that kind.
    pub fn has(&self, kind: &str) -> bool {
        self.timeline.events.iter().any(|event| KINDS[event.kind as usize].name == kind)
    }

    /// The facts of these kinds, oldest first.
    pub fn facts(&self, kinds: &[&str]) -> Vec<Fact> {
        self.timeline.facts(|kind| kinds.contains(&KINDS[kind as usize].name))
    }

    /// The instant up to which facts were looked at.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
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
