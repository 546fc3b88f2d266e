//! One VEVENT, understood: when, who, and which version of it.

use axle_model::Identity;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarClassification, ICalendarComponent, ICalendarComponentType, ICalendarEntry,
    ICalendarParameterName, ICalendarProperty, ICalendarRecurrenceRule, ICalendarStatus, ICalendarValue,
};
use calcard::{Entry, Parser};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::zone::{Zone, civil, text_of};
use crate::RecordError;

/// A component of a UID: a single event, the master of a series, or one instance of a series that differs.
#[derive(Debug, Clone)]
pub(super) struct Meeting {
    pub(super) uid: String,
    pub(super) starts_at: Timestamp,
    /// The start on the clocks of `zone`, from which a series is counted on.
    pub(super) local_start: DateTime,
    pub(super) zone: Zone,
    /// `None` when it does not say.
    pub(super) duration: Option<SignedDuration>,
    pub(super) rule: Option<ICalendarRecurrenceRule>,
    pub(super) extra_dates: Vec<Timestamp>,
    pub(super) left_out: Vec<Timestamp>,
    /// Which instance of the series it replaces, and whether all later ones move with it.
    pub(super) replaces: Option<(Timestamp, bool)>,
    pub(super) sequence: i64,
    pub(super) stamped_at: Option<Timestamp>,
    pub(super) cancelled: bool,
    /// An answer to an invitation: it says who comes, and nothing of the event.
    pub(super) is_reply: bool,
    /// Its CLASS says that not everybody may read of it. One that is not known says so, too (RFC 5545, 3.8.1.3).
    pub(super) is_private: bool,
    pub(super) title: Option<String>,
    pub(super) location: Option<String>,
    pub(super) url: Option<String>,
    pub(super) organizer: Option<Identity>,
    /// Those who accepted, with whether they lead.
    pub(super) accepted: Vec<(Identity, bool)>,
}

/// Every VEVENT of one or more calendars.
pub(super) fn meetings(text: &str) -> Result<Vec<Meeting>, RecordError> {
    let mut parser = Parser::new(text);
    let mut meetings = Vec::new();
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => {
                let events =
                    calendar.components.iter().filter(|part| part.component_type == ICalendarComponentType::VEvent);
                for event in events {
                    meetings.push(meeting(&calendar, event)?);
                }
            }
            Entry::Eof => return Ok(meetings),
            Entry::InvalidLine(_) => {}
            _ => return Err(RecordError::new("the event's components do not begin and end in pairs")),
        }
    }
}

fn meeting(calendar: &ICalendar, event: &ICalendarComponent) -> Result<Meeting, RecordError> {
    let reader = Reader::new(calendar, event);
    let missing = |name: &str| RecordError(format!("{name} is missing or not a date"));
    let text =
        |name: ICalendarProperty| text_of(event, &name).map(str::to_owned).filter(|text| !text.trim().is_empty());
    let uid = text(ICalendarProperty::Uid).ok_or_else(|| RecordError::new("UID is missing"))?;
    let replaced = event.property(&ICalendarProperty::RecurrenceId);
    // A cancelled instance need not say when it would have been.
    let start = event.property(&ICalendarProperty::Dtstart).or(replaced).ok_or_else(|| missing("DTSTART"))?;
    let (local_start, zone) = reader.local(start).ok_or_else(|| missing("DTSTART"))?;
    let starts_at = zone.instant(local_start).ok_or_else(|| missing("DTSTART"))?;
    let method = calendar.components.first().and_then(|root| text_of(root, &ICalendarProperty::Method)).unwrap_or("");
    let organizer = event.property(&ICalendarProperty::Organizer).and_then(identity);
    let attendees = event.properties(&ICalendarProperty::Attendee);
    Ok(Meeting {
        uid,
        starts_at,
        local_start,
        duration: reader.duration(start, starts_at),
        rule: event.property(&ICalendarProperty::Rrule).and_then(|entry| match entry.values.first() {
            Some(ICalendarValue::RecurrenceRule(rule)) => Some(local_rule(rule, &zone)),
            _ => None,
        }),
        zone,
        extra_dates: reader.instants(&ICalendarProperty::Rdate),
        left_out: reader.instants(&ICalendarProperty::Exdate),
        replaces: replaced.and_then(|entry| {
            let and_later = entry.has_parameter(&ICalendarParameterName::Range);
            Some((reader.instants_of(entry).first().copied()?, and_later))
        }),
        sequence: event
            .property(&ICalendarProperty::Sequence)
            .and_then(|entry| entry.values.first()?.as_integer())
            .unwrap_or(0),
        stamped_at: [ICalendarProperty::LastModified, ICalendarProperty::Dtstamp]
            .iter()
            .find_map(|name| reader.instants(name).first().copied()),
        cancelled: method.eq_ignore_ascii_case("CANCEL") || event.status() == Some(&ICalendarStatus::Cancelled),
        is_reply: method.eq_ignore_ascii_case("REPLY"),
        is_private: event
            .property(&ICalendarProperty::Class)
            .and_then(|entry| entry.values.first())
            .is_some_and(|class| !matches!(class, ICalendarValue::Classification(ICalendarClassification::Public))),
        title: text(ICalendarProperty::Summary),
        location: text(ICalendarProperty::Location),
        url: text(ICalendarProperty::Url),
        organizer,
        accepted: attendees.filter_map(accepted).collect(),
    })
}

/// Reads the dates of one component.
struct Reader<'a> {
    calendar: &'a ICalendar,
    event: &'a ICalendarComponent,
    /// For times that name no zone, the calendar's own.
    default: Zone,
}

impl<'a> Reader<'a> {
    fn new(calendar: &'a ICalendar, event: &'a ICalendarComponent) -> Self {
        let name = ICalendarProperty::Other("X-WR-TIMEZONE".into());
        let named = calendar.components.first().and_then(|root| text_of(root, &name));
        let default = named.and_then(|name| Zone::named(name, calendar)).unwrap_or(Zone::Known(Tz::UTC));
        Self { calendar, event, default }
    }

    fn zone_of(&self, entry: &ICalendarEntry) -> Zone {
        entry.tz_id().and_then(|name| Zone::named(name, self.calendar)).unwrap_or_else(|| self.default.clone())
    }

    /// The first date of a property, on the clocks of its zone.
    fn local(&self, entry: &ICalendarEntry) -> Option<(DateTime, Zone)> {
        let ICalendarValue::PartialDateTime(date) = entry.values.first()? else { return None };
        let (local, offset) = civil(date)?;
        match offset {
            Some(offset) => Some((local.checked_sub(offset).ok()?, Zone::Known(Tz::UTC))),
            None => Some((local, self.zone_of(entry))),
        }
    }

    fn instants(&self, name: &ICalendarProperty) -> Vec<Timestamp> {
        self.event.properties(name).flat_map(|entry| self.instants_of(entry)).collect()
    }

    fn instants_of(&self, entry: &ICalendarEntry) -> Vec<Timestamp> {
        let zone = self.zone_of(entry);
        let dates = entry.values.iter().filter_map(|value| match value {
            ICalendarValue::PartialDateTime(date) => Some(date.as_ref()),
            ICalendarValue::Period(
                calcard::icalendar::ICalendarPeriod::Range { start, .. }
                | calcard::icalendar::ICalendarPeriod::Duration { start, .. },
            ) => Some(start),
            _ => None,
        });
        dates
            .filter_map(|date| match civil(date)? {
                (local, Some(offset)) => Zone::Known(Tz::UTC).instant(local.checked_sub(offset).ok()?),
                (local, None) => zone.instant(local),
            })
            .collect()
    }

    /// DTEND or DURATION; a date without a time of day lasts that day.
    fn duration(&self, start: &ICalendarEntry, starts_at: Timestamp) -> Option<SignedDuration> {
        if let Some(end) = self.instants(&ICalendarProperty::Dtend).first() {
            return Some(end.duration_since(starts_at)).filter(|duration| !duration.is_negative());
        }
        let length = self.event.property(&ICalendarProperty::Duration).and_then(|entry| entry.values.first());
        match (length, start.values.first()) {
            (Some(ICalendarValue::Duration(length)), _) => {
                Some(SignedDuration::from_secs(length.as_seconds())).filter(|duration| !duration.is_negative())
            }
            (_, Some(ICalendarValue::PartialDateTime(date))) if date.hour.is_none() => {
                Some(SignedDuration::from_hours(24))
            }
            _ => None,
        }
    }
}

/// The rule with its end on the same clocks as the start.
fn local_rule(rule: &ICalendarRecurrenceRule, zone: &Zone) -> ICalendarRecurrenceRule {
    let mut rule = rule.clone();
    rule.until = rule.until.and_then(|until| match civil(&until)? {
        (local, Some(offset)) => {
            let at = Zone::Known(Tz::UTC).instant(local.checked_sub(offset).ok()?)?;
            super::zone::partial(zone.local(at)?)
        }
        (_, None) if until.hour.is_none() => {
            Some(calcard::common::PartialDateTime { hour: Some(23), minute: Some(59), second: Some(59), ..until })
        }
        (_, None) => Some(until),
    });
    rule
}

fn parameter<'a>(entry: &'a ICalendarEntry, name: &ICalendarParameterName) -> Option<&'a str> {
    entry.parameter(name)?.as_text()
}

/// A person by their e-mail address; `None` for rooms, equipment, groups, and addresses of other kinds.
fn identity(entry: &ICalendarEntry) -> Option<Identity> {
    let kind = parameter(entry, &ICalendarParameterName::Cutype).unwrap_or("INDIVIDUAL");
    if ["ROOM", "RESOURCE", "GROUP"].iter().any(|other| kind.eq_ignore_ascii_case(other)) {
        return None;
    }
    let addresses = [parameter(entry, &ICalendarParameterName::Email), entry.calendar_address()];
    let address =
        addresses.into_iter().flatten().map(str::trim).find(|address| {
            address.contains('@') && !address.contains(char::is_whitespace) && !address.contains("://")
        })?;
    let name = parameter(entry, &ICalendarParameterName::Cn).filter(|name| *name != address).unwrap_or_default();
    let identity = Identity { platform: "calendar".into(), email: Some(address.to_owned()), ..Identity::default() };
    Some(identity.named(name))
}

fn accepted(entry: &ICalendarEntry) -> Option<(Identity, bool)> {
    let state = parameter(entry, &ICalendarParameterName::Partstat)?;
    let leads = parameter(entry, &ICalendarParameterName::Role).is_some_and(|role| role.eq_ignore_ascii_case("CHAIR"));
    if state.eq_ignore_ascii_case("ACCEPTED") { Some((identity(entry)?, leads)) } else { None }
}
