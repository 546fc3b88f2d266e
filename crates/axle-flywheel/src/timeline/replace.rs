//! Facts put in the place of others: all that queries give now for some origins, instead of what they gave before.

use std::cmp::Ordering;

use super::{Event, Timeline};
use crate::calendar::BusinessCalendar;
use crate::fact::{Fact, Origin};

/// Facts of one member, packed as they come.
#[derive(Debug, Clone, Default)]
pub struct Gathered(Timeline);

impl Gathered {
    /// Takes a fact in; one of a kind that the vocabulary does not know says nothing.
    pub fn push(&mut self, fact: &Fact, calendar: &BusinessCalendar) {
        if let Some(kind) = super::kind_number(&fact.kind) {
            let event = self.0.pack_fact(fact, kind, calendar);
            self.0.events.push(event);
        }
    }

    /// Of facts that are one, the state that counts; all in order of time.
    pub fn settle(&mut self) {
        let timeline = &mut self.0;
        let mut events = std::mem::take(&mut timeline.events);
        let rank = |event: &Event| (event.seen_at, event.at, event.is_withdrawn, timeline.attributes_text(event));
        events.sort_by(|a, b| a.key().cmp(&b.key()).then_with(|| rank(b).cmp(&rank(a))));
        events.dedup_by_key(|event| event.key());
        events.shrink_to_fit();
        timeline.events = events;
        timeline.attributes.shrink_to_fit();
        timeline.text.shrink_to_fit();
        timeline.order();
    }
}

impl Timeline {
    /// Puts facts in the place of those whose origin `goes`. Gives the earliest instant that this changes; `None` when all
    /// stays as it is.
    pub(crate) fn put(&mut self, goes: impl Fn(Origin) -> bool, given: Gathered) -> Option<i64> {
        let earliest = self.first_difference(&goes, &given)?;
        if self.events.is_empty() {
            *self = given.0;
            return Some(earliest);
        }
        let (mut all, given) = (Self::default(), given.0);
        let stays = self.events.iter().filter(|event| !goes(event.origin));
        let mut events: Vec<Event> = stays.map(|event| all.copy(event, self)).collect();
        events.extend(given.events.iter().map(|event| all.copy(event, &given)));
        all.events = events;
        all.order();
        *self = all;
        Some(earliest)
    }

    /// Both lie in order of time, so that the first difference is the earliest.
    pub(crate) fn first_difference(&self, goes: &impl Fn(Origin) -> bool, given: &Gathered) -> Option<i64> {
        let given = &given.0;
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

    /// Facts of these kinds, oldest first.
    pub(crate) fn facts(&self, wanted: impl Fn(u8) -> bool) -> Vec<Fact> {
        let facts = self.events.iter().filter(|event| wanted(event.kind)).map(|event| {
            let kind = crate::vocabulary::KINDS[event.kind as usize].name;
            let mut fact = Fact::new(super::instant(event.at), kind, self.word(event.id));
            fact.seen_at = super::instant(event.seen_at);
            (fact.is_withdrawn, fact.origin) = (event.is_withdrawn, event.origin);
            let words = self.attributes_of(event).iter();
            let name = |one: &super::Attribute| crate::vocabulary::attribute_name(one.name).into();
            fact.attributes = words.map(|one| (name(one), self.word(one.text).to_owned())).collect();
            fact
        });
        facts.collect()
    }

    /// Whether something happened after one instant and no later than another, in microseconds.
    pub(crate) fn has_between(&self, after: i64, until: i64) -> bool {
        let next = self.events.partition_point(|event| event.at <= after);
        self.events.get(next).is_some_and(|event| event.at <= until)
    }
}
