//! What no source may say: impossible times are rejected, names lose their control characters, and a text of many
//! megabytes is cut and marked. Everything is still in the raw record.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{Activity, Entry, Fact, Identity};

/// Nothing that Axle reads is older: an earlier time is a lost one.
const EARLIEST: Timestamp = Timestamp::constant(365 * 86_400, 0);

/// Clocks of sources may be wrong by so much.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);

const LONGEST_NAME: usize = 300;
const LONGEST_TITLE: usize = 2_000;
const LONGEST_KEY: usize = 1_000;
/// Bytes of a text that are kept for reading and searching.
pub const LONGEST_TEXT: usize = 1 << 20;

/// The entry as it may be stored, or why it may not.
pub fn entry(entry: Entry, now: Timestamp) -> Result<Entry, String> {
    match entry {
        Entry::Activity(activity) => Ok(Entry::Activity(Box::new(tidy_activity(*activity, now)?))),
        Entry::Fact(fact) => tidy_fact(fact, now).map(Entry::Fact),
    }
}

fn tidy_activity(mut activity: Activity, now: Timestamp) -> Result<Activity, String> {
    check_instant("it", activity.at, now)?;
    for (what, key) in
        [("id", Some(&activity.id)), ("thread", activity.thread.as_ref()), ("channel", activity.channel.as_ref())]
    {
        if key.is_some_and(|key| key.len() > LONGEST_KEY) {
            return Err(format!("its {what} is longer than {LONGEST_KEY} bytes"));
        }
    }
    if activity.version_at.is_some_and(|at| check_instant("", at, now).is_err()) {
        activity.version_at = None;
    }
    if activity.deleted_at.is_some_and(|at| check_instant("", at, now).is_err()) {
        // It was deleted, and when is not known: as of no instant it is there, rather than until a year to come.
        activity.deleted_at = Some(activity.version_at.unwrap_or(activity.at));
    }
    tidy_identity(&mut activity.actor);
    activity.counterparts.iter_mut().for_each(tidy_identity);
    if activity.actor.key().is_none() {
        return Err("its author has no readable name or id".into());
    }
    activity.counterparts.retain(|identity| identity.key().is_some());
    if let Some(title) = &mut activity.title {
        *title = one_line(title, LONGEST_TITLE);
    }
    if let Some(text) = &mut activity.text {
        let bytes = text.len();
        if text.chars().any(|c| is_hostile(c) && c != '\n' && c != '\t') {
            *text = many_lines(text);
        }
        if cut(text, LONGEST_TEXT) {
            activity.properties.insert("text_bytes".into(), bytes.into());
        }
    }
    Ok(activity)
}

fn tidy_fact(mut fact: Fact, now: Timestamp) -> Result<Fact, String> {
    let line_type = fact.kind.line_type();
    if let Some(at) = line_type.at.and_then(|field| fact.instant(field))
        && at > now + AHEAD
        && matches!(
            fact.kind.name(),
            "product_event" | "visit" | "call" | "mention" | "survey_response" | "reaction" | "feedback"
        )
    {
        return Err(format!("it lies in the future: {at}"));
    }
    if fact.key.len() > LONGEST_KEY {
        return Err(format!("its key is longer than {LONGEST_KEY} bytes"));
    }
    for (_, value) in &mut fact.body {
        tidy_value(value);
    }
    Ok(fact)
}

fn check_instant(what: &str, at: Timestamp, now: Timestamp) -> Result<(), String> {
    if at < EARLIEST {
        return Err(format!("{what} is dated {at}: the time was lost before it came here"));
    }
    if at > now + AHEAD {
        return Err(format!("{what} lies in the future: {at}"));
    }
    Ok(())
}

fn tidy_identity(identity: &mut Identity) {
    for value in [
        &mut identity.name,
        &mut identity.username,
        &mut identity.email,
        &mut identity.uid,
        &mut identity.phone,
        &mut identity.visitor,
    ] {
        if let Some(text) = value {
            if text.chars().any(is_hostile) || text.len() > LONGEST_NAME {
                *text = one_line(text, LONGEST_NAME);
            }
            if text.trim().is_empty() {
                *value = None;
            }
        }
    }
}

fn tidy_value(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.chars().any(|c| is_hostile(c) && c != '\n' && c != '\t') {
                *text = many_lines(text);
            }
            cut(text, LONGEST_TEXT);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy_value),
        Value::Object(fields) => fields.values_mut().for_each(tidy_value),
        _ => {}
    }
}

/// Control characters, and those that turn the direction of what follows.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
}

fn one_line(text: &str, longest: usize) -> String {
    let spaced = text.chars().map(|c| if c == '\n' || c == '\t' { ' ' } else { c });
    let mut line: String = spaced.filter(|c| !is_hostile(*c)).collect::<String>().trim().to_owned();
    cut(&mut line, longest);
    line
}

fn many_lines(text: &str) -> String {
    text.chars().filter(|c| !is_hostile(*c) || *c == '\n' || *c == '\t').collect()
}

/// Cuts at a character's edge; whether anything was cut.
fn cut(text: &mut String, longest: usize) -> bool {
    if text.len() <= longest {
        return false;
    }
    let end = (0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(end);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::MESSAGE_SENT;

    fn at(text: &str) -> Activity {
        Activity::new(
            &MESSAGE_SENT,
            "1",
            text.parse().unwrap(),
            Identity::uid("slack", "U1").named("A\u{202e}da\u{7}\n L"),
        )
    }

    fn tidied(activity: Activity) -> Result<Activity, String> {
        match entry(activity.into(), "2026-01-01T00:00:00Z".parse().unwrap())? {
            Entry::Activity(activity) => Ok(*activity),
            Entry::Fact(_) => panic!(),
        }
    }

    #[test]
    fn impossible_times_are_rejected() {
        assert!(tidied(at("1970-01-01T00:00:00Z")).unwrap_err().contains("lost"));
        assert!(tidied(at("2107-01-01T00:00:00Z")).unwrap_err().contains("future"));
        assert!(tidied(at("2026-01-02T00:00:00Z")).is_ok());
    }

    #[test]
    fn what_was_deleted_at_an_impossible_time_was_deleted() {
        let deleted = |when: &str| {
            let deleted_at = Some(when.parse().unwrap());
            tidied(Activity { deleted_at, ..at("2025-06-01T00:00:00Z") }).unwrap().deleted_at.unwrap().to_string()
        };
        assert_eq!(deleted("2025-07-01T00:00:00Z"), "2025-07-01T00:00:00Z");
        for impossible in ["1970-01-01T00:00:00Z", "2107-01-01T00:00:00Z"] {
            assert_eq!(deleted(impossible), "2025-06-01T00:00:00Z");
        }
    }

    #[test]
    fn names_lose_control_characters() {
        assert_eq!(tidied(at("2025-01-01T00:00:00Z")).unwrap().actor.name.as_deref(), Some("Ada  L"));
    }

    #[test]
    fn a_huge_text_is_cut_and_marked() {
        let mut activity = at("2025-01-01T00:00:00Z");
        activity.text = Some("ä".repeat(5 << 20));
        let tidy = tidied(activity).unwrap();
        assert_eq!(tidy.text.unwrap().len(), LONGEST_TEXT);
        assert_eq!(tidy.properties["text_bytes"], 10 << 20);
    }
}
