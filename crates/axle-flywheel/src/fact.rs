//! Facts: what the record says that somebody did, as far as flywheels ask for it.

use std::borrow::Cow;

use jiff::Timestamp;

/// One thing that happened to one member, or to the organization that they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// When it happened. Runs go by this instant alone.
    pub at: Timestamp,
    /// When Axle learnt of it; what the ledger of evidence shows beside it.
    pub seen_at: Timestamp,
    /// One of [`crate::vocabulary::KINDS`].
    pub kind: Cow<'static, str>,
    /// The row of the record that says so: what evidence points at. A second fact of the same kind and id replaces the
    /// first if it was seen later.
    pub id: String,
    /// Names and values; numbers as text.
    pub attributes: Vec<(Cow<'static, str>, String)>,
    /// The row is gone: the fact of this kind and id no longer counts.
    pub is_withdrawn: bool,
    /// What it was made from, for [`crate::Machine::replace`].
    pub origin: Origin,
}

/// What facts were made from: those of one origin are made anew together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Number of the query that gives them. Two facts of one kind and id are one only if the same query gives them.
    pub part: u16,
    /// Number of the thread that they are about; `u32::MAX`: of none.
    pub unit: u32,
}

impl Fact {
    /// A fact that was seen when it happened.
    pub fn new(at: Timestamp, kind: impl Into<Cow<'static, str>>, id: impl Into<String>) -> Self {
        let (kind, id) = (kind.into(), id.into());
        Self { at, seen_at: at, kind, id, attributes: Vec::new(), is_withdrawn: false, origin: Origin::default() }
    }

    /// With an attribute.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Seen later than it happened.
    #[must_use]
    pub fn seen(mut self, at: Timestamp) -> Self {
        self.seen_at = at;
        self
    }

    /// No longer true, as of `at`.
    #[must_use]
    pub fn withdrawn(mut self, at: Timestamp) -> Self {
        (self.is_withdrawn, self.seen_at) = (true, at);
        self
    }
}
