//! The events of one UID: one, or the instances of a series with their exceptions, each with who organizes it and
//! who accepted.

use std::collections::BTreeMap;

use axle_model::catalogue::EVENT_ORGANIZED;
use axle_model::{Activity, Entry, Fact, FactKind, Identity};
use calcard::common::timezone::Tz;
use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarValue};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::meeting::Meeting;
use super::zone::partial;
use crate::RecordError;

/// A series without an end is followed for this many instances and years from its start.
const MOST_INSTANCES: usize = 1000;
const LONGEST_SERIES: SignedDuration = SignedDuration::from_hours(5 * 366 * 24);
/// The channel of events that not everybody may read of.
const PRIVATE: &str = "private";

/// One event that takes place, or would have.
struct Instance<'a> {
    id: String,
    /// Where it takes place, of a private one.
    channel: Option<&'static str>,
    meeting: &'a Meeting,
    starts_at: Timestamp,
    cancelled: bool,
}

/// The entries of everything that is known of one UID.
pub(super) fn entries(meetings: &[Meeting]) -> Result<Vec<Entry>, RecordError> {
    let events: Vec<_> = meetings.iter().filter(|meeting| !meeting.is_reply).collect();
    // What one component hides, the others do not tell: an answer has no class, and one instance names its series.
    let channel = meetings.iter().any(|meeting| meeting.is_private).then_some(PRIVATE);
    let mut entries = Vec::new();
    if channel.is_some() {
        entries.push(private_channel()?);
    }
    for instance in instances(&events)? {
        let instance = Instance { channel, ..instance };
        entries.push(instance.event()?.into());
        entries.extend(instance.organized().map(Entry::from));
        if !instance.cancelled {
            for (guest, leads) in &instance.meeting.accepted {
                entries.push(instance.attendance(guest, *leads)?.into());
            }
        }
    }
    // Somebody may be told to come both by the event and by their own answer: the event's word is the same.
    for reply in meetings.iter().filter(|meeting| meeting.is_reply) {
        for (guest, leads) in &reply.accepted {
            let starts_at = reply.replaces.map_or(reply.starts_at, |(at, _)| at);
            let instance = Instance { id: id_of(reply), channel, meeting: reply, starts_at, cancelled: false };
            let fact = instance.attendance(guest, *leads)?;
            let is_known =
                |entry: &Entry| matches!(entry, Entry::Fact(known) if known.kind == fact.kind && known.key == fact.key);
            if !entries.iter().any(is_known) {
                entries.push(fact.into());
            }
        }
    }
    Ok(entries)
}

fn private_channel() -> Result<Entry, RecordError> {
    let body = json!({"id": PRIVATE, "name": "Private events", "kind": "event", "is_private": true});
    let Value::Object(body) = body else { return Err(RecordError::new("not a JSON object")) };
    Ok(Fact::new(FactKind::CHANNEL, body)?.into())
}

fn instance_id(uid: &str, at: Timestamp) -> String {
    format!("{uid}/{}", TimeZone::UTC.to_datetime(at).strftime("%Y%m%dT%H%M%SZ"))
}

fn id_of(meeting: &Meeting) -> String {
    meeting.replaces.map_or_else(|| meeting.uid.clone(), |(at, _)| instance_id(&meeting.uid, at))
}

/// Of several versions the one that counts: by sequence, then by date.
fn newest<'a>(versions: &[&'a Meeting]) -> Option<&'a Meeting> {
    versions.iter().max_by_key(|meeting| (meeting.sequence, meeting.stamped_at)).copied()
}

fn instances<'a>(events: &[&'a Meeting]) -> Result<Vec<Instance<'a>>, RecordError> {
    let mut overrides: BTreeMap<Timestamp, Vec<&Meeting>> = BTreeMap::new();
    for meeting in events {
        if let Some((at, _)) = meeting.replaces {
            overrides.entry(at).or_default().push(meeting);
        }
    }
    let masters: Vec<_> = events.iter().filter(|meeting| meeting.replaces.is_none()).copied().collect();
    let cancelled = newest(&masters).is_some_and(|master| master.cancelled);
    // A cancellation need not repeat the rule: what it cancels is the last version that stood.
    let standing: Vec<_> = masters.iter().filter(|master| !master.cancelled).copied().collect();
    let master = newest(&standing).or_else(|| newest(&masters));
    let mut instances = Vec::new();
    if let Some(master) = master {
        let mut moved: (&Meeting, SignedDuration) = (master, SignedDuration::ZERO);
        for planned in starts(master)? {
            let Some(other) = overrides.remove(&planned).and_then(|versions| newest(&versions)) else {
                let starts_at = planned.checked_add(moved.1).unwrap_or(planned);
                let id = if is_series(master) { instance_id(&master.uid, planned) } else { master.uid.clone() };
                let cancelled = cancelled || moved.0.cancelled;
                instances.push(Instance { id, channel: None, meeting: moved.0, starts_at, cancelled });
                continue;
            };
            if other.replaces.is_some_and(|(_, and_later)| and_later) {
                moved = (other, other.starts_at.duration_since(planned));
            }
            instances.push(replacement(other, cancelled));
        }
    }
    let others = overrides.values().filter_map(|versions| newest(versions));
    instances.extend(others.map(|other| replacement(other, cancelled)));
    Ok(instances)
}

fn replacement(other: &Meeting, cancelled: bool) -> Instance<'_> {
    let cancelled = cancelled || other.cancelled;
    Instance { id: id_of(other), channel: None, meeting: other, starts_at: other.starts_at, cancelled }
}

fn is_series(master: &Meeting) -> bool {
    master.rule.is_some() || !master.extra_dates.is_empty()
}

/// When the instances of a series start, without those left out.
fn starts(master: &Meeting) -> Result<Vec<Timestamp>, RecordError> {
    let latest = master.starts_at.checked_add(LONGEST_SERIES).unwrap_or(Timestamp::MAX);
    let mut starts = by_rule(master)?;
    starts.extend(&master.extra_dates);
    starts.retain(|at| *at <= latest && !master.left_out.contains(at));
    starts.sort_unstable();
    starts.dedup();
    starts.truncate(MOST_INSTANCES);
    Ok(starts)
}

/// Counts the rule on, on the clocks of the event's zone.
fn by_rule(master: &Meeting) -> Result<Vec<Timestamp>, RecordError> {
    let (Some(rule), Some(start)) = (&master.rule, partial(master.local_start)) else {
        return Ok(vec![master.starts_at]);
    };
    let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
    event.add_property(ICalendarProperty::Dtstart, ICalendarValue::PartialDateTime(Box::new(start)));
    event.add_property(ICalendarProperty::Rrule, ICalendarValue::RecurrenceRule(Box::new(rule.clone())));
    let expanded = ICalendar { components: vec![event] }.expand_dates(Tz::Floating, MOST_INSTANCES);
    if let Some(error) = expanded.errors.first() {
        return Err(RecordError(format!("the rule of the series is not understood: {:?}", error.error)));
    }
    let instant = |local: i64| master.zone.instant(TimeZone::UTC.to_datetime(Timestamp::from_second(local).ok()?));
    Ok(expanded.events.iter().filter_map(|event| instant(event.start.timestamp())).collect())
}

impl Instance<'_> {
    fn event(&self) -> Result<Fact, RecordError> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| body.extend(value.map(|value| (name.to_owned(), value)));
        let meeting = self.meeting;
        let ends_at = meeting.duration.and_then(|duration| self.starts_at.checked_add(duration).ok());
        put("id", Some(self.id.clone().into()));
        put("name", Some(meeting.title.clone().unwrap_or_else(|| "Event without a title".into()).into()));
        put("starts_at", Some(self.starts_at.to_string().into()));
        put("ends_at", ends_at.map(|at| at.to_string().into()));
        put("channel", self.channel.map(Value::from));
        put("host", meeting.organizer.as_ref().map(|organizer| organizer.display_name().into()));
        put("location", meeting.location.clone().map(Value::from));
        put("url", meeting.url.clone().map(Value::from));
        put("series", (self.id != meeting.uid).then(|| meeting.uid.clone().into()));
        put("cancelled", self.cancelled.then_some(true.into()));
        Ok(Fact::new(FactKind::EVENT, body)?)
    }

    /// Having organized it; taken back when it is cancelled.
    fn organized(&self) -> Option<Activity> {
        let organizer = self.meeting.organizer.clone()?;
        let mut activity = Activity::new(&EVENT_ORGANIZED, format!("{}/organized", self.id), self.starts_at, organizer);
        activity.title.clone_from(&self.meeting.title);
        activity.url.clone_from(&self.meeting.url);
        activity.channel = self.channel.map(str::to_owned);
        activity.object = Some(("event".into(), self.id.clone()));
        activity.version_at = self.meeting.stamped_at;
        if self.cancelled {
            activity.deleted_at = Some(self.meeting.stamped_at.unwrap_or(self.starts_at));
        }
        Some(activity)
    }

    /// Having accepted, at the last when the event starts: calendars do not say when, nor who came.
    fn attendance(&self, guest: &Identity, leads: bool) -> Result<Fact, RecordError> {
        let is_host = leads || self.meeting.organizer.as_ref().is_some_and(|organizer| organizer.key() == guest.key());
        let at = self.meeting.stamped_at.map_or(self.starts_at, |stamped| stamped.min(self.starts_at));
        let mut body = Map::new();
        body.insert("event".into(), self.id.clone().into());
        body.insert("identity".into(), serde_json::to_value(guest).map_err(|error| RecordError(error.to_string()))?);
        body.insert("state".into(), "registered".into());
        body.extend(self.channel.map(|channel| ("channel".to_owned(), channel.into())));
        body.insert("at".into(), at.to_string().into());
        body.insert("role".into(), if is_host { "host" } else { "guest" }.into());
        Ok(Fact::new(FactKind::ATTENDANCE, body)?)
    }
}
