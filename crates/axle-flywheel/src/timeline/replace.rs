//! Facts put in the place of others: all that queries give now for some origins, instead of what they gave before.

use std::cmp::Ordering;

use super::packed::{Before, Packed, Row};
use super::{Event, Timeline};
use crate::calendar::BusinessCalendar;
use crate::fact::{Fact, Origin};

/// Facts of one member, as they come.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    facts: Packed,
    before: Before,
}

impl Gathered {
    /// Takes a fact in; one of a kind that the vocabulary does not know says nothing.
    pub fn push(&mut self, fact: &Fact) {
        if let Some(kind) = super::kind_number(&fact.kind) {
            let row = Row {
                kind,
                is_withdrawn: fact.is_withdrawn,
                origin: fact.origin,
                at: fact.at.as_microsecond(),
                seen_at: fact.seen_at.as_microsecond(),
                id: &fact.id,
                attributes: super::known_words(fact).collect(),
            };
            self.facts.push(&row, &mut self.before);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Of facts that are one, the state that counts; all in order of time.
    pub(crate) fn settle(&self, calendar: &BusinessCalendar) -> Timeline {
        let mut timeline = self.facts.unordered(calendar);
        let mut events = std::mem::take(&mut timeline.events);
        let rank = |event: &Event| (event.seen_at, event.at, event.is_withdrawn, timeline.attributes_text(event));
        events.sort_by(|a, b| a.key().cmp(&b.key()).then_with(|| rank(b).cmp(&rank(a))));
        events.dedup_by_key(|event| event.key());
        timeline.events = events;
        timeline.order();
        timeline
    }
}

impl Timeline {
    /// Puts facts in the place of those whose origin `goes`. Gives the earliest instant that this changes; `None` when all
    /// stays as it is.
    pub(crate) fn put(&mut self, goes: impl Fn(Origin) -> bool, given: Self) -> Option<i64> {
        let earliest = self.first_difference(&goes, &given)?;
        if self.events.is_empty() {
            *self = given;
            return Some(earliest);
        }
        let mut all = Self::default();
        let stays = self.events.iter().filter(|event| !goes(event.origin));
        let mut events: Vec<Event> = stays.map(|event| all.copy(event, self)).collect();
        events.extend(given.events.iter().map(|event| all.copy(event, &given)));
        all.events = events;
        all.order();
        *self = all;
        Some(earliest)
    }

    /// Both lie in order of time, so that the first difference is the earliest.
    pub(crate) fn first_difference(&self, goes: &impl Fn(Origin) -> bool, given: &Self) -> Option<i64> {
        let mut old = self.events.iter().filter(|event| goes(event.origin));
        let mut new = given.events.iter();
        loop {
            match (old.next(), new.next()) {
                (None, None) => return None,
                (Some(old), Some(new)) if self.same(old, given, new) => {}
                (Some(old), Some(new)) => return Some(old.at.min(new.at)),
                (Some(one), None) | (None, Some(one)) => return Some(one.at),
            }
        }
    }

    fn same(&self, mine: &Event, other: &Self, theirs: &Event) -> bool {
        mine.order().cmp(&theirs.order()) == Ordering::Equal
            && (mine.seen_at, mine.is_withdrawn, mine.origin) == (theirs.seen_at, theirs.is_withdrawn, theirs.origin)
            && self.word(mine.id) == other.word(theirs.id)
            && self.attributes_text(mine) == other.attributes_text(theirs)
    }

    /// An event of another timeline, with its words in this one.
    fn copy(&mut self, event: &Event, of: &Self) -> Event {
        let start = self.attributes.len() as u32;
        for attribute in of.attributes_of(event) {
            let text = self.keep(of.word(attribute.text));
            self.attributes.push(super::Attribute { text, ..*attribute });
        }
        let attributes = super::Span(start, self.attributes.len() as u32 - start);
        Event { id: self.keep(of.word(event.id)), attributes, ..*event }
    }
}
