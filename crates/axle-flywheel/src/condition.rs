//! The vocabulary of conditions: what a definition can ask of a member's facts, as read from TOML.
//!
//! ```text
//! { all = [..] }  { any = [..] }  { not = {..} }
//! { fact = "attended", at_least = 2, days = 60 }      facts in the last 60 local days, today among them
//!     where = { kind = "meetup" }                     of which attributes say so: a word, a list, { at_least, at_most }
//!     distinct = "event"  distinct = "day"            different values or days instead of facts; sum = "points" adds up
//!     since = "run"  "step"  "<step>"                 since the run before ended, since this step or another was entered
//!                                                     (after that instant where the run was sent back to this step)
//!     after_days = 8, within_days = 60                so many local days after that
//! { latest = "consent", where = { kind = "hand_off" }, is = { state = "given" }, for_days = 60 }
//!                                                     the last such fact says so, and has for 60 days
//!     per = ["organization", "deal"]                  the last one of each: at least one says so
//! { compare = "used", distinct = "feature", days = 30, against_days = 30, above = 1.0 }
//!                                                     a day of the last 30 over a day of the 30 before them
//!     since = "<step>"                                the 30 days from that step on, and the days before it
//!     recent = true, gap_days = 30                    the last 30 all the same; what is compared ends 30 days before
//! { same = "deal", all = [..] }                       all of what one deal's facts say, and those that name none
//! { decided = "qualified" }                           a person decided so since this step was entered
//! { elapsed_days = 180, since = "step" }              that many local days are over
//! { entered = "deal_champions/appointed", within_days = 180, since = "run" }
//!                                                     a run of this member entered that step
//! ```

use crate::vocabulary::{AttributeNumber, DECIDED};

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Every one holds.
    All(Vec<Self>),
    /// At least one holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// All of it holds of one thing.
    Same(Same),
    /// Enough facts.
    Count(Count),
    /// The last fact says so.
    Latest(Latest),
    /// One stretch of days against another.
    Compare(Compare),
    /// A person decided.
    Decided(Decided),
    /// Time has passed.
    Elapsed(Elapsed),
    /// A run entered a step.
    Entered(Entered),
}

/// All of it holds of one thing that facts name: see [`Condition::Same`].
#[derive(Debug, Clone, PartialEq)]
pub struct Same {
    /// The attribute that names it. Facts that name none are seen beside those of each. Within another one the inner one counts.
    pub(crate) name: AttributeNumber,
    pub(crate) parts: Vec<Condition>,
}

/// Which facts are meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    pub(crate) kinds: Vec<u8>,
    pub(crate) tests: Vec<Test>,
}

/// What an attribute must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub name: AttributeNumber,
    pub check: Check,
}

/// See [`Test`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Check {
    /// One of these words.
    OneOf(Vec<u64>),
    /// A number from here to there.
    Range(f64, f64),
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Measure {
    Facts,
    Days,
    Distinct(AttributeNumber),
    Sum(AttributeNumber),
}

/// From when on facts count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// From the beginning.
    Ever,
    /// After the run before this one ended.
    Run,
    /// From when the present step was entered.
    Step,
    /// From when that step was entered, counted from the flywheel's first.
    Entered(u16),
}

/// Enough facts: see [`Condition::Count`].
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    pub(crate) filter: Filter,
    pub(crate) measure: Measure,
    pub(crate) at_least: f64,
    pub(crate) days: Option<u32>,
    pub(crate) since: Since,
    pub(crate) after_days: Option<u32>,
    pub(crate) within_days: Option<u32>,
}

/// The last fact says so: see [`Condition::Latest`].
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    pub(crate) filter: Filter,
    pub(crate) is: Vec<Test>,
    /// Facts that differ in one of these are told apart; empty: none are.
    pub(crate) per: Vec<AttributeNumber>,
    pub(crate) for_days: u32,
    pub(crate) since: Since,
}

/// One stretch of days against another: see [`Condition::Compare`].
#[derive(Debug, Clone, PartialEq)]
pub struct Compare {
    pub(crate) filter: Filter,
    pub(crate) measure: Measure,
    pub(crate) days: u32,
    pub(crate) against_days: u32,
    pub(crate) gap_days: u32,
    pub(crate) recent: bool,
    /// `None`: the last days against those before them.
    pub(crate) since: Option<Since>,
    /// How many times as much a day as before, and whether as much is enough.
    pub(crate) ratio: f64,
    pub(crate) is_enough: bool,
}

/// A person decided: see [`Condition::Decided`].
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub(crate) outcomes: Vec<u64>,
    /// The same as written.
    pub(crate) words: Vec<String>,
    pub(crate) since: Since,
}

/// Time has passed: see [`Condition::Elapsed`].
#[derive(Debug, Clone, PartialEq)]
pub struct Elapsed {
    pub(crate) days: u32,
    pub(crate) since: Since,
}

/// A run entered a step: see [`Condition::Entered`].
#[derive(Debug, Clone, PartialEq)]
pub struct Entered {
    pub(crate) flywheel: String,
    pub(crate) step: String,
    pub(crate) since: Since,
    pub(crate) within_days: Option<u32>,
    /// Numbers of the two in the machine.
    pub(crate) resolved: Option<(u16, u16)>,
}

impl Condition {
    /// The kinds of facts that can change it, as a set of bits.
    pub(crate) fn mask(&self) -> u64 {
        let of = |filter: &Filter| filter.kinds.iter().fold(0, |mask, kind| mask | 1 << kind);
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().fold(0, |mask, part| mask | part.mask()),
            Self::Not(part) => part.mask(),
            Self::Same(same) => same.parts.iter().fold(0, |mask, part| mask | part.mask()),
            Self::Count(count) => of(&count.filter),
            Self::Latest(latest) => of(&latest.filter),
            Self::Compare(compare) => of(&compare.filter),
            Self::Decided(_) => 1 << DECIDED,
            Self::Elapsed(_) | Self::Entered(_) => 0,
        }
    }

    /// Whether it can hold by time alone, or by what is absent: then it is evidence of nothing.
    pub(crate) fn needs_no_fact(&self) -> bool {
        match self {
            Self::All(parts) | Self::Same(Same { parts, .. }) => parts.iter().all(Self::needs_no_fact),
            Self::Any(parts) => parts.iter().any(Self::needs_no_fact),
            Self::Not(_) | Self::Elapsed(_) => true,
            Self::Count(_) | Self::Latest(_) | Self::Compare(_) | Self::Decided(_) | Self::Entered(_) => false,
        }
    }

    /// Whether it can hold without a person's decision.
    pub(crate) fn needs_no_person(&self) -> bool {
        match self {
            Self::All(parts) | Self::Same(Same { parts, .. }) => parts.iter().all(Self::needs_no_person),
            Self::Any(parts) => parts.iter().any(Self::needs_no_person),
            Self::Decided(_) => false,
            _ => true,
        }
    }

    /// Every run that it asks for.
    pub(crate) fn entered(&mut self, each: &mut impl FnMut(&mut Entered)) {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::Same(Same { parts, .. }) => {
                parts.iter_mut().for_each(|part| part.entered(each));
            }
            Self::Not(part) => part.entered(each),
            Self::Entered(entered) => each(entered),
            _ => {}
        }
    }

    /// Whether it asks for runs.
    pub(crate) fn asks_for_runs(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) | Self::Same(Same { parts, .. }) => {
                parts.iter().any(Self::asks_for_runs)
            }
            Self::Not(part) => part.asks_for_runs(),
            other => matches!(other, Self::Entered(_)),
        }
    }
}
