//! iCalendar: events of calendars (`.ics`), with their organizer and those who accepted.
//!
//! One record is everything that the input says of one UID, since a series, its exceptions and its cancellation are
//! components of their own that only make sense together.

mod meeting;
mod series;
mod zone;

use std::collections::HashMap;

use axle_model::catalogue::EVENT_ORGANIZED;
use axle_model::{ActivityType, Entry};

use crate::input::Walk;
use crate::read::{self, Places};
use crate::source::{Confidence, Context, Emit, Place};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct ICalendar;

const LARGEST_CALENDAR: u64 = 256 << 20;

impl Source for ICalendar {
    fn format(&self) -> &'static str {
        "icalendar"
    }

    fn title(&self) -> &'static str {
        "Calendar (iCalendar, .ics)"
    }

    fn looked_for(&self) -> &'static str {
        "files that begin with BEGIN:VCALENDAR"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[EVENT_ORGANIZED]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_calendar = |head: &str| {
            let start = head.trim_start();
            start.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCALENDAR"))
        };
        if probe.heads().any(|(_, head)| is_calendar(&head)) { 98 } else { 0 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let context = Context::default();
        let mut gathered = Gathered::default();
        input.walk(&mut |member| {
            let places = Places::new(member.path, "line");
            let text = read::whole(member, LARGEST_CALENDAR)?;
            let cut = cut(&text);
            if cut.calendars.is_empty() && !text.iter().all(u8::is_ascii_whitespace) {
                emit(RawRecord::broken(places.at(1), &context, "there is no calendar (BEGIN:VCALENDAR)", text))?;
            }
            for (line, reason, rest) in cut.broken {
                emit(RawRecord::broken(places.at(line), &context, reason, rest))?;
            }
            cut.calendars.iter().for_each(|calendar| gathered.add(calendar, &places));
            Ok(Walk::On)
        })?;
        gathered.records.into_iter().try_for_each(|(place, body)| emit(RawRecord::new("event", place, &context, body)))
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        series::entries(&meeting::meetings(&String::from_utf8_lossy(&raw.body))?)
    }
}

/// One VCALENDAR, cut into its parts.
#[derive(Default)]
struct Calendar {
    /// Its METHOD and time zone lines.
    header: Vec<u8>,
    /// The VTIMEZONEs, each with its name.
    zones: Vec<(String, Vec<u8>)>,
    events: Vec<Event>,
}

struct Event {
    line: u64,
    uid: Option<String>,
    text: Vec<u8>,
}

#[derive(Default)]
struct Cut {
    calendars: Vec<Calendar>,
    /// Events that do not begin or do not end, each with its line.
    broken: Vec<(u64, &'static str, Vec<u8>)>,
}

/// Cuts by the lines that begin and end components, however broken the lines between them are.
fn cut(text: &[u8]) -> Cut {
    let mut cut = Cut::default();
    let mut open: Option<(&str, Event)> = None;
    let mut stray: Option<(u64, Vec<u8>)> = None;
    for (line, bytes) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
        let shown = String::from_utf8_lossy(bytes);
        let shown = shown.trim_end_matches(['\r', '\n']);
        let is = |what: &str| shown.trim_end().eq_ignore_ascii_case(what);
        let begins = ["VCALENDAR", "VEVENT", "VTIMEZONE"].iter().any(|name| is(&format!("BEGIN:{name}")));
        if begins || is("END:VCALENDAR") {
            stray = None;
            cut.broken.extend(open.take().map(|(_, part)| (part.line, "it has no end", part.text)));
        }
        if is("BEGIN:VCALENDAR") {
            cut.calendars.push(Calendar::default());
        } else if let Some(calendar) = cut.calendars.last_mut() {
            let began = ["VEVENT", "VTIMEZONE"].into_iter().find(|name| is(&format!("BEGIN:{name}")));
            match (&mut open, began) {
                (None, Some(name)) => open = Some((name, Event { line, uid: None, text: bytes.to_vec() })),
                (None, None) if has_name(shown, "METHOD") || has_name(shown, "X-WR-TIMEZONE") => {
                    calendar.header.extend_from_slice(bytes);
                }
                (None, None) => {
                    let (began, text) = stray.get_or_insert_with(|| (line, Vec::new()));
                    text.extend_from_slice(bytes);
                    if is("END:VEVENT") {
                        cut.broken.push((*began, "it has no beginning", std::mem::take(text)));
                        stray = None;
                    }
                }
                (Some((name, part)), _) => {
                    part.text.extend_from_slice(bytes);
                    if is(&format!("END:{name}")) {
                        calendar.close(open.take());
                    }
                }
            }
        }
    }
    cut.broken.extend(open.map(|(_, part)| (part.line, "the calendar is cut off here", part.text)));
    cut
}

fn has_name(line: &str, name: &str) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        && line[name.len()..].starts_with([':', ';'])
}

/// The value of the first property of that name, with the lines that go on behind it.
fn value_of(text: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let line = text.lines().find(|line| has_name(line, name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
}

impl Calendar {
    fn close(&mut self, part: Option<(&str, Event)>) {
        match part {
            Some(("VEVENT", mut event)) => {
                event.uid = value_of(&event.text, "UID");
                self.events.push(event);
            }
            Some((_, zone)) => self.zones.extend(value_of(&zone.text, "TZID").map(|name| (name, zone.text))),
            None => {}
        }
    }

    /// The event as a calendar of its own, with the time zones that it names.
    fn alone(&self, event: &Event) -> Vec<u8> {
        let shown = String::from_utf8_lossy(&event.text);
        let zones =
            self.zones.iter().filter(|(name, _)| shown.contains(name.as_str())).map(|(_, text)| text.as_slice());
        let mut parts: Vec<&[u8]> = vec![b"BEGIN:VCALENDAR\r\n", &self.header];
        parts.extend(zones);
        parts.extend([event.text.as_slice(), b"END:VCALENDAR\r\n"]);
        parts.concat()
    }
}

/// The records so far, in the order in which their UIDs were met.
#[derive(Default)]
struct Gathered {
    records: Vec<(Place, Vec<u8>)>,
    by_uid: HashMap<String, usize>,
}

impl Gathered {
    fn add(&mut self, calendar: &Calendar, places: &Places) {
        for event in &calendar.events {
            let at = match &event.uid {
                Some(uid) => *self.by_uid.entry(uid.clone()).or_insert(self.records.len()),
                None => self.records.len(),
            };
            if at == self.records.len() {
                self.records.push((places.at(event.line), Vec::new()));
            }
            self.records[at].1.extend(calendar.alone(event));
        }
    }
}
