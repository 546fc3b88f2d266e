//! A member's facts in order of time, packed: one text for all words, small rows that point into it.
//!
//! The order is one of the facts alone, so that it is the same in whatever order they arrived.

mod packed;
mod replace;

pub(crate) use packed::Packed;
pub use replace::Gathered;

use std::collections::HashMap;

use axle_model::time::LocalDay;
use jiff::Timestamp;

use crate::calendar::BusinessCalendar;
use crate::fact::{Fact, Origin};
use crate::vocabulary::{AttributeNumber, KINDS, attribute_number};

/// How many kinds there can be.
pub(crate) const MAX_KINDS: usize = 64;

/// A word of [`Timeline::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span(u32, u32);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Event {
    /// Microseconds.
    pub at: i64,
    pub seen_at: i64,
    pub day: LocalDay,
    pub kind: u8,
    pub is_withdrawn: bool,
    origin: Origin,
    id: Span,
    id_hash: u64,
    attributes: Span,
}

impl Event {
    /// Events with the same are one.
    fn key(&self) -> (u8, u16, u64) {
        (self.kind, self.origin.part, self.id_hash)
    }

    fn order(&self) -> (i64, u8, u64, u16) {
        (self.at, self.kind, self.id_hash, self.origin.part)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Attribute {
    name: AttributeNumber,
    hash: u64,
    number: Option<f64>,
    text: Span,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    pub events: Vec<Event>,
    attributes: Vec<Attribute>,
    text: String,
    /// Places of the events of each kind, one kind after the other, each in order of time.
    by_kind: Vec<u32>,
    /// Where each kind begins in it.
    starts: Vec<u32>,
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

/// What a fact says, without attributes that the vocabulary does not know.
fn known_words(fact: &Fact) -> impl Iterator<Item = (AttributeNumber, &str)> {
    fact.attributes.iter().filter_map(|(name, text)| Some((attribute_number(name)?, text.as_str())))
}

impl Timeline {
    /// Takes facts in. Gives the earliest instant that they change; `None` when they say nothing new.
    pub(crate) fn merge(&mut self, facts: &[Fact], calendar: &BusinessCalendar) -> Option<i64> {
        let mut places: Option<HashMap<(u8, u16, u64), u32>> = (facts.len() > 8)
            .then(|| self.events.iter().enumerate().map(|(place, event)| (event.key(), place as u32)).collect());
        let mut earliest: Option<i64> = None;
        for fact in facts {
            let Some(kind) = kind_number(&fact.kind) else { continue };
            let key = (kind, fact.origin.part, hash(&fact.id));
            let known = match &places {
                Some(places) => places.get(&key).map(|place| *place as usize),
                None => self.events.iter().position(|event| event.key() == key),
            };
            let changed = match known {
                Some(place) => self.replace(place, fact, calendar),
                None => {
                    let event = self.pack_fact(fact, kind, calendar);
                    if let Some(places) = &mut places {
                        places.insert(key, self.events.len() as u32);
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
        let mut words: Vec<(AttributeNumber, &str)> = known_words(fact).collect();
        words.sort_unstable();
        let rank = (fact.seen_at.as_microsecond(), fact.at.as_microsecond(), fact.is_withdrawn, words);
        if rank <= rank_of_old {
            return None;
        }
        let event = self.pack_fact(fact, old.kind, calendar);
        self.events[place] = event;
        Some(event.at.min(old.at))
    }

    fn attributes_text(&self, event: &Event) -> Vec<(AttributeNumber, &str)> {
        self.attributes_of(event).iter().map(|attribute| (attribute.name, self.word(attribute.text))).collect()
    }

    fn pack_fact(&mut self, fact: &Fact, kind: u8, calendar: &BusinessCalendar) -> Event {
        let times = (fact.at.as_microsecond(), fact.seen_at.as_microsecond(), calendar.day(fact.at));
        let (is_withdrawn, origin) = (fact.is_withdrawn, fact.origin);
        Event { is_withdrawn, origin, ..self.pack(times, kind, &fact.id, known_words(fact)) }
    }

    fn pack<'a>(
        &mut self,
        (at, seen_at, day): (i64, i64, LocalDay),
        kind: u8,
        id: &str,
        attributes: impl Iterator<Item = (AttributeNumber, &'a str)>,
    ) -> Event {
        let start = self.attributes.len() as u32;
        for (name, word) in attributes {
            let number = word.parse().ok().filter(|number: &f64| number.is_finite());
            let text = self.keep(word);
            self.attributes.push(Attribute { name, hash: hash(word), number, text });
        }
        let text = &self.text;
        let word = |span: Span| &text[span.0 as usize..(span.0 + span.1) as usize];
        self.attributes[start as usize..].sort_by(|a, b| (a.name, word(a.text)).cmp(&(b.name, word(b.text))));
        let attributes = Span(start, self.attributes.len() as u32 - start);
        let (id, id_hash) = (self.keep(id), hash(id));
        Event { at, seen_at, day, kind, is_withdrawn: false, origin: Origin::default(), id, id_hash, attributes }
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span(start, text.len() as u32)
    }

    /// Sorts the events and lists them by kind.
    pub(crate) fn order(&mut self) {
        self.events.sort_by_key(Event::order);
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

    /// The thread of each event, see [`Origin::unit`].
    pub(crate) fn units(&self) -> impl Iterator<Item = u32> {
        self.events.iter().map(|event| event.origin.unit)
    }

    /// The kinds that there are, as a set of bits.
    pub(crate) fn kinds(&self) -> u64 {
        self.events.iter().fold(0, |kinds, event| kinds | 1 << event.kind)
    }

    /// When the first event after an instant happened, both in microseconds; `i64::MAX`: there is none.
    pub(crate) fn next_after(&self, at: i64) -> i64 {
        let next = self.events.partition_point(|event| event.at <= at);
        self.events.get(next).map_or(i64::MAX, |event| event.at)
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
    pub(crate) fn value(&self, place: u32, name: AttributeNumber) -> Option<(u64, Option<f64>)> {
        let found = self.attributes_of(&self.events[place as usize]).iter().find(|one| one.name == name)?;
        Some((found.hash, found.number))
    }

    pub(crate) fn text_of(&self, place: u32, name: &str) -> Option<&str> {
        self.text_at(place, attribute_number(name)?)
    }

    pub(crate) fn text_at(&self, place: u32, name: AttributeNumber) -> Option<&str> {
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
