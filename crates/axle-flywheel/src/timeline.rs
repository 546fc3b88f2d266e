//! A member's facts in order of time, packed: one text for all words, small rows that point into it.
//!
//! The order is one of the facts alone, so that it is the same in whatever order they arrived.

use std::collections::HashMap;

use axle_model::time::LocalDay;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::calendar::BusinessCalendar;
use crate::fact::Fact;
use crate::vocabulary::KINDS;

/// How many kinds there can be.
pub(crate) const MAX_KINDS: usize = 64;

/// A word of [`Timeline::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Span(u32, u32);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// Microseconds.
    pub at: i64,
    pub seen_at: i64,
    pub day: LocalDay,
    pub kind: u8,
    is_withdrawn: bool,
    id: Span,
    id_hash: u64,
    attributes: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Attribute {
    name: u64,
    hash: u64,
    number: Option<f64>,
    text: Span,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct Timeline {
    pub events: Vec<Event>,
    attributes: Vec<Attribute>,
    text: String,
    /// Places of the events of each kind, one kind after the other, each in order of time.
    #[serde(skip)]
    by_kind: Vec<u32>,
    /// Where each kind begins in it.
    #[serde(skip)]
    starts: Vec<u32>,
}

/// A timeline as it is stored: without the lists by kind.
#[derive(Deserialize)]
struct Stored {
    events: Vec<Event>,
    attributes: Vec<Attribute>,
    text: String,
}

impl From<Stored> for Timeline {
    fn from(Stored { events, attributes, text }: Stored) -> Self {
        let mut timeline = Self { events, attributes, text, ..Self::default() };
        timeline.order();
        timeline
    }
}

/// Words are compared by their hash: 64 bits of FNV-1a.
pub(crate) const fn hash(text: &str) -> u64 {
    let (bytes, mut hash, mut place) = (text.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
    while place < bytes.len() {
        hash = (hash ^ bytes[place] as u64).wrapping_mul(0x0100_0000_01b3);
        place += 1;
    }
    hash
}

/// The number of a kind.
pub(crate) fn kind_number(name: &str) -> Option<u8> {
    KINDS.iter().position(|kind| kind.name == name).map(|number| number as u8)
}

impl Timeline {
    /// Takes facts in. Gives the earliest instant that they change; `None` when they say nothing new.
    pub(crate) fn merge(&mut self, facts: &[Fact], calendar: &BusinessCalendar) -> Option<i64> {
        let mut places: Option<HashMap<(u8, u64), u32>> = (facts.len() > 8).then(|| {
            self.events.iter().enumerate().map(|(place, event)| ((event.kind, event.id_hash), place as u32)).collect()
        });
        let mut earliest: Option<i64> = None;
        for fact in facts {
            let Some(kind) = kind_number(&fact.kind) else { continue };
            let id_hash = hash(&fact.id);
            let known = match &places {
                Some(places) => places.get(&(kind, id_hash)).map(|place| *place as usize),
                None => self.events.iter().position(|event| event.kind == kind && event.id_hash == id_hash),
            };
            let changed = match known {
                Some(place) => self.replace(place, fact, calendar),
                None => {
                    let event = self.pack(fact, kind, calendar);
                    if let Some(places) = &mut places {
                        places.insert((kind, id_hash), self.events.len() as u32);
                    }
                    self.events.push(event);
                    Some(event.at)
                }
            };
            earliest = earliest.into_iter().chain(changed).min();
        }
        if earliest.is_some() || self.starts.is_empty() {
            self.order();
        }
        earliest
    }

    /// The state that was seen later counts; of two seen at once, the one that is greater as a whole.
    fn replace(&mut self, place: usize, fact: &Fact, calendar: &BusinessCalendar) -> Option<i64> {
        let old = self.events[place];
        let rank_of_old = (old.seen_at, old.at, old.is_withdrawn, self.attributes_text(&old));
        let mut words: Vec<(u64, &str)> = fact.attributes.iter().map(|(name, text)| (hash(name), &**text)).collect();
        words.sort_unstable();
        let rank = (fact.seen_at.as_microsecond(), fact.at.as_microsecond(), fact.is_withdrawn, words);
        if rank <= rank_of_old {
            return None;
        }
        let event = self.pack(fact, old.kind, calendar);
        self.events[place] = event;
        Some(event.at.min(old.at))
    }

    fn attributes_text(&self, event: &Event) -> Vec<(u64, &str)> {
        self.attributes_of(event).iter().map(|attribute| (attribute.name, self.word(attribute.text))).collect()
    }

    fn pack(&mut self, fact: &Fact, kind: u8, calendar: &BusinessCalendar) -> Event {
        let start = self.attributes.len() as u32;
        for (name, text) in &fact.attributes {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            let text_span = self.keep(text);
            self.attributes.push(Attribute { name: hash(name), hash: hash(text), number, text: text_span });
        }
        let text = &self.text;
        self.attributes[start as usize..]
            .sort_unstable_by_key(|one| (one.name, &text[one.text.0 as usize..(one.text.0 + one.text.1) as usize]));
        Event {
            at: fact.at.as_microsecond(),
            seen_at: fact.seen_at.as_microsecond(),
            day: calendar.day(fact.at),
            kind,
            is_withdrawn: fact.is_withdrawn,
            id: self.keep(&fact.id),
            id_hash: hash(&fact.id),
            attributes: Span(start, self.attributes.len() as u32 - start),
        }
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span(start, text.len() as u32)
    }

    /// Sorts the events and lists them by kind.
    pub(crate) fn order(&mut self) {
        self.events.sort_by_key(|event| (event.at, event.kind, event.id_hash));
        let mut starts = vec![0_u32; MAX_KINDS + 1];
        let counted = || self.events.iter().enumerate().filter(|(_, event)| !event.is_withdrawn);
        counted().for_each(|(_, event)| starts[event.kind as usize + 1] += 1);
        (0..MAX_KINDS).for_each(|kind| starts[kind + 1] += starts[kind]);
        let mut next = starts.clone();
        let mut by_kind = vec![0; starts[MAX_KINDS] as usize];
        for (place, event) in counted() {
            let slot = &mut next[event.kind as usize];
            by_kind[*slot as usize] = place as u32;
            *slot += 1;
        }
        (self.by_kind, self.starts) = (by_kind, starts);
    }

    /// Events of a kind up to the `end`-th, as places, oldest first.
    pub(crate) fn of_kind(&self, kind: u8, end: u32) -> &[u32] {
        let start = self.starts[kind as usize] as usize;
        &self.by_kind[start..start + end as usize]
    }

    /// How many of each kind happened up to an instant, and the place of the first event after it.
    pub(crate) fn seen_until(&self, at: Option<i64>) -> ([u32; MAX_KINDS], usize) {
        let end = at.map_or(0, |at| self.events.partition_point(|event| event.at <= at));
        let mut counts = [0; MAX_KINDS];
        let counted = self.events[..end].iter().filter(|event| !event.is_withdrawn);
        counted.for_each(|event| counts[event.kind as usize] += 1);
        (counts, end)
    }

    pub(crate) fn counts(&self, place: usize) -> bool {
        !self.events[place].is_withdrawn
    }

    fn attributes_of(&self, event: &Event) -> &[Attribute] {
        let Span(start, length) = event.attributes;
        &self.attributes[start as usize..(start + length) as usize]
    }

    fn word(&self, Span(start, length): Span) -> &str {
        &self.text[start as usize..(start + length) as usize]
    }

    /// Hash and number of an attribute.
    pub(crate) fn value(&self, place: u32, name: u64) -> Option<(u64, Option<f64>)> {
        let found = self.attributes_of(&self.events[place as usize]).iter().find(|one| one.name == name)?;
        Some((found.hash, found.number))
    }

    pub(crate) fn text_of(&self, place: u32, name: &str) -> Option<&str> {
        let name = hash(name);
        let found = self.attributes_of(&self.events[place as usize]).iter().find(|one| one.name == name)?;
        Some(self.word(found.text))
    }

    pub(crate) fn id(&self, place: u32) -> &str {
        self.word(self.events[place as usize].id)
    }
}

/// The instant of so many microseconds.
pub(crate) fn instant(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
}
