//! A member's facts at rest: rows of bytes, each without what the row before says already. They are unpacked when somebody
//! looks at them.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use super::{Event, Timeline};
use crate::calendar::BusinessCalendar;
use crate::fact::Origin;
use crate::vocabulary::AttributeNumber;

/// See the module. Kinds and attributes stand there by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Packed(Vec<u8>);

/// Bits of a row's first byte beside the kind.
const WITHDRAWN: u8 = 64;
const SEEN_AT_ONCE: u8 = 128;
/// Instead of a count of attributes: they are those that were written last.
const THE_SAME: u8 = u8::MAX;

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    pub kind: u8,
    pub is_withdrawn: bool,
    pub origin: Origin,
    /// Microseconds.
    pub at: i64,
    pub seen_at: i64,
    pub id: &'a str,
    pub attributes: Vec<(AttributeNumber, &'a str)>,
}

/// Instants of the row before, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Before {
    at: i64,
    seen_at: i64,
}

/// Words of the rows before; rows may do without.
#[derive(Debug, Default)]
struct Words {
    id: String,
    /// The attributes written last, as bytes.
    attributes: Vec<u8>,
}

impl Packed {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, row: &Row, before: &mut Before) {
        self.write(row, before, &mut Words::default());
    }

    fn write(&mut self, row: &Row, before: &mut Before, words: &mut Words) {
        let mut bytes = Vec::with_capacity(64);
        number(&mut bytes, u64::from(row.origin.part.wrapping_add(1)));
        number(&mut bytes, u64::from(row.origin.unit.wrapping_add(1)));
        let seen_at_once = if row.seen_at == row.at { SEEN_AT_ONCE } else { 0 };
        bytes.push(row.kind | if row.is_withdrawn { WITHDRAWN } else { 0 } | seen_at_once);
        signed(&mut bytes, row.at.wrapping_sub(before.at));
        before.at = row.at;
        if seen_at_once == 0 {
            signed(&mut bytes, row.seen_at.wrapping_sub(before.seen_at));
            before.seen_at = row.seen_at;
        }
        let shared = shared(&words.id, row.id);
        number(&mut bytes, shared as u64);
        text(&mut bytes, &row.id[shared..], 0);
        words.id.truncate(shared);
        words.id.push_str(&row.id[shared..]);
        let attributes = attributes(row);
        if !attributes.is_empty() && attributes == words.attributes {
            bytes.push(THE_SAME);
        } else {
            bytes.push(row.attributes.len() as u8);
            bytes.extend(&attributes);
            words.attributes = attributes;
        }
        number(&mut self.0, bytes.len() as u64);
        self.0.extend(&bytes);
    }

    /// Each fact, in the order in which they lie.
    pub(crate) fn each(&self, mut each: impl FnMut(&Row)) {
        let bytes = Reader { bytes: &self.0, place: Cell::new(0) };
        let (mut before, mut id, mut last) = (Before::default(), String::new(), 0);
        while bytes.has_more() {
            bytes.number();
            let origin = bytes.origin();
            let head = bytes.byte();
            before.at = before.at.wrapping_add(bytes.signed());
            let mut seen_at = before.at;
            if head & SEEN_AT_ONCE == 0 {
                before.seen_at = before.seen_at.wrapping_add(bytes.signed());
                seen_at = before.seen_at;
            }
            id.truncate(bytes.number() as usize);
            id.push_str(bytes.text(bytes.number() as usize >> 1));
            let mut row = Row {
                kind: head & (WITHDRAWN - 1),
                is_withdrawn: head & WITHDRAWN != 0,
                origin,
                at: before.at,
                seen_at,
                id: &id,
                attributes: Vec::new(),
            };
            let count = bytes.byte();
            if count == THE_SAME {
                let again = Reader { bytes: &self.0, place: Cell::new(last) };
                row.attributes = again.attributes(again.byte(), &id);
            } else {
                if count > 0 {
                    last = bytes.place.get() - 1;
                }
                row.attributes = bytes.attributes(count, &id);
            }
            each(&row);
        }
    }

    /// Whether there is a fact of such an origin.
    pub(crate) fn has(&self, wanted: impl Fn(Origin) -> bool) -> bool {
        let bytes = Reader { bytes: &self.0, place: Cell::new(0) };
        while bytes.has_more() {
            let next = bytes.number() as usize + bytes.place.get();
            if wanted(bytes.origin()) {
                return true;
            }
            bytes.place.set(next);
        }
        false
    }

    /// The facts as they are looked at, in no order yet.
    pub(super) fn unordered(&self, calendar: &BusinessCalendar) -> Timeline {
        let mut timeline = Timeline::default();
        self.each(|row| {
            let times = (row.at, row.seen_at, calendar.day(super::instant(row.at)));
            let event = timeline.pack(times, row.kind, row.id, row.attributes.iter().copied());
            timeline.events.push(Event { is_withdrawn: row.is_withdrawn, origin: row.origin, ..event });
        });
        timeline
    }

    /// The same in order.
    pub(crate) fn open(&self, calendar: &BusinessCalendar) -> Timeline {
        let mut timeline = self.unordered(calendar);
        timeline.order();
        timeline
    }
}

impl From<&Timeline> for Packed {
    /// Facts of one query lie together: their ids begin alike.
    fn from(timeline: &Timeline) -> Self {
        let mut events: Vec<&Event> = timeline.events.iter().collect();
        events.sort_by_key(|event| event.origin.part);
        let (mut packed, mut before, mut words) = (Self::default(), Before::default(), Words::default());
        for event in events {
            let row = Row {
                kind: event.kind,
                is_withdrawn: event.is_withdrawn,
                origin: event.origin,
                at: event.at,
                seen_at: event.seen_at,
                id: timeline.word(event.id),
                attributes: timeline.attributes_text(event),
            };
            packed.write(&row, &mut before, &mut words);
        }
        packed.0.shrink_to_fit();
        packed
    }
}

/// How much of an id the one before has too.
fn shared(before: &str, id: &str) -> usize {
    let same = before.bytes().zip(id.bytes()).take_while(|(a, b)| a == b).count();
    (0..=same).rev().find(|end| id.is_char_boundary(*end)).unwrap_or(0)
}

/// Seven bits a byte, the lowest first.
fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Small negative numbers are short too.
fn signed(bytes: &mut Vec<u8>, signed: i64) {
    number(bytes, ((signed << 1) ^ (signed >> 63)) as u64);
}

/// A length with a mark in its last bit, then the text.
fn text(bytes: &mut Vec<u8>, text: &str, mark: u64) {
    number(bytes, (text.len() as u64) << 1 | mark);
    if mark == 0 {
        bytes.extend(text.as_bytes());
    }
}

/// Names and words; of a word with which the id begins, marked, the length alone.
fn attributes(row: &Row) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, word) in &row.attributes {
        bytes.push(*name);
        text(&mut bytes, word, u64::from(word.len() > 8 && row.id.starts_with(word)));
    }
    bytes
}

/// Reads what was written.
struct Reader<'a> {
    bytes: &'a [u8],
    place: Cell<usize>,
}

impl<'a> Reader<'a> {
    fn has_more(&self) -> bool {
        self.place.get() < self.bytes.len()
    }

    fn byte(&self) -> u8 {
        let place = self.place.get();
        self.place.set(place + 1);
        self.bytes[place]
    }

    fn number(&self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return number;
            }
            shift += 7;
        }
    }

    fn signed(&self) -> i64 {
        let number = self.number();
        (number >> 1) as i64 ^ -((number & 1) as i64)
    }

    fn origin(&self) -> Origin {
        Origin { part: (self.number() as u16).wrapping_sub(1), unit: (self.number() as u32).wrapping_sub(1) }
    }

    fn text(&self, length: usize) -> &'a str {
        let start = self.place.get();
        self.place.set(start + length);
        std::str::from_utf8(&self.bytes[start..start + length]).expect("it was written as text")
    }

    fn attributes<'b>(&self, count: u8, id: &'b str) -> Vec<(AttributeNumber, &'b str)>
    where
        'a: 'b,
    {
        let one = |_| {
            let (name, length) = (self.byte(), self.number() as usize);
            let word = if length & 1 == 1 { &id[..length >> 1] } else { self.text(length >> 1) };
            (name, word)
        };
        (0..count).map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fact::Fact;
    use crate::timeline::Gathered;

    fn facts() -> impl Strategy<Value = Vec<Fact>> {
        let id = prop_oneof!["day:2026-0[1-9]-[0-2][0-9]", "[a-f0-9]{12}(:answer)?", "[äöü]{0,3}"];
        let word = prop_oneof![Just(String::new()), "[a-zä]{1,12}", "[0-9]{1,3}"];
        let origin = (prop_oneof![0..4_u16, Just(u16::MAX)], prop_oneof![0..400_u32, Just(u32::MAX)]);
        let at = -(1_i64 << 50)..1 << 50;
        let fact = (at, prop_oneof![Just(0), 0_i64..1 << 40], id, word, origin, any::<[bool; 3]>());
        let fact = fact.prop_map(|(at, later, id, word, (part, unit), [is_withdrawn, is_long, names_itself])| {
            let instant = crate::timeline::instant;
            let mut fact = Fact::new(instant(at), if is_long { "asked" } else { "active" }, id.clone());
            (fact.seen_at, fact.is_withdrawn) = (instant(at + later), is_withdrawn);
            fact.origin = Origin { part, unit };
            fact = fact.with("weight", word);
            if names_itself { fact.with("question", id.trim_end_matches(":answer")) } else { fact }
        });
        proptest::collection::vec(fact, 0..30)
    }

    fn rows(packed: &Packed) -> Vec<String> {
        let mut rows = Vec::new();
        packed.each(|row| rows.push(format!("{row:?}")));
        rows.sort();
        rows
    }

    proptest! {
        /// What was packed comes out again, and packing once more changes nothing.
        #[test]
        fn nothing_is_lost(facts in facts()) {
            let mut gathered = Gathered::default();
            facts.iter().for_each(|fact| gathered.push(fact));
            let calendar = BusinessCalendar::weekdays(jiff::tz::TimeZone::UTC);
            let timeline = gathered.settle(&calendar);
            let packed = Packed::from(&timeline);
            let opened = packed.open(&calendar);
            prop_assert_eq!(timeline.first_difference(&|_| true, &opened), None);
            prop_assert_eq!(&Packed::from(&opened), &packed);
            for part in [0, 1, u16::MAX] {
                let is_there = facts.iter().any(|fact| fact.origin.part == part);
                prop_assert_eq!(packed.has(|origin| origin.part == part), is_there);
            }
            for fact in &facts {
                let told = format!("id: {:?}", fact.id);
                prop_assert!(rows(&packed).iter().any(|row| row.contains(&told)));
            }
        }
    }
}
