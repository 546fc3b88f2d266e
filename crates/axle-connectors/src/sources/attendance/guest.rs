//! One person at one event: whether they registered, came, or stayed away.

use std::collections::BTreeMap;

use axle_model::{Entry, Fact, FactKind, Identity};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::columns::plain;
use crate::{RawRecord, RecordError, when};

const CAME: &[&str] =
    &["attended", "yes", "true", "1", "x", "✓", "checked in", "checkedin", "present", "joined", "here"];
const MISSED: &[&str] = &["no show", "noshow", "absent", "not attended", "did not attend", "missed"];
const COMES: &[&str] =
    &["registered", "approved", "going", "confirmed", "accepted", "attending", "invited accepted", "active"];
const COMES_NOT: &[&str] = &[
    "cancelled",
    "canceled",
    "declined",
    "refunded",
    "waitlist",
    "waitlisted",
    "pending",
    "pending approval",
    "denied",
    "not going",
    "not attending",
    "invited",
    "deleted",
];

/// What a title or a role column calls somebody.
pub(super) fn role(text: &str) -> Option<&'static str> {
    let text = plain(text);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["host", "organizer", "organiser"]) {
        Some("host")
    } else if has(&["panelist", "speaker", "presenter"]) {
        Some("speaker")
    } else if has(&["staff", "moderator", "volunteer"]) {
        Some("staff")
    } else if has(&["guest", "attendee", "participant"]) {
        Some("guest")
    } else {
        None
    }
}

/// All rows of one person at one event.
pub(super) struct Guest<'a> {
    pub(super) rows: &'a [BTreeMap<String, String>],
    pub(super) raw: &'a RawRecord,
}

impl Guest<'_> {
    /// The first row's value of that meaning, or what stands above the list.
    fn field(&self, meaning: &str) -> Option<&str> {
        let own = self.rows.iter().find_map(|row| row.get(meaning));
        own.map(String::as_str).or_else(|| Some(self.raw.around(meaning)).filter(|value| !value.is_empty()))
    }

    fn date(&self, meaning: &str) -> Result<Option<Timestamp>, RecordError> {
        let dates = self.rows.iter().filter_map(|row| row.get(meaning)).map(String::as_str);
        let mut earliest = None;
        for text in dates.chain(Some(self.raw.around(meaning)).filter(|text| !text.is_empty())) {
            // Some tools write `--` where there is no date.
            if text.chars().any(|c| c.is_ascii_digit()) {
                let date = when::guess(text)
                    .ok_or_else(|| RecordError(format!("`{text}` is not a date that is understood")))?;
                earliest = Some(earliest.map_or(date, |known: Timestamp| known.min(date)));
            }
        }
        Ok(earliest)
    }

    fn came_at(&self) -> Result<Option<Timestamp>, RecordError> {
        let (joined, checked_in) = (self.date("joined_at")?, self.date("checked_in_at")?);
        Ok(joined.into_iter().chain(checked_in).min())
    }

    pub(super) fn entries(&self) -> Result<Vec<Entry>, RecordError> {
        let name = self.field("event").or(self.field("event_id")).unwrap_or(self.raw.around("file"));
        let id = self.field("event_id").unwrap_or(name);
        let starts_at = self.date("starts_at")?;
        let mut entries = Vec::new();
        if let Some(at) = starts_at {
            let mut body = fields(&[("id", id), ("name", name), ("starts_at", &at.to_string())]);
            body.extend(self.date("ends_at")?.map(|at| ("ends_at".to_owned(), Value::from(at.to_string()))));
            entries.push(Fact::new(FactKind::EVENT, body)?.into());
        }
        entries.extend(self.profile()?.map(Entry::from));
        if let Some(state) = self.state()? {
            let mut body = fields(&[("event", id), ("state", state)]);
            let guest = serde_json::to_value(self.identity()?).map_err(|error| RecordError(error.to_string()))?;
            body.insert("identity".into(), guest);
            let (came, registered) = (self.came_at()?, self.date("registered_at")?);
            let at = if state == "attended" { came.or(starts_at).or(registered) } else { registered.or(starts_at) };
            body.extend(at.map(|at| ("at".to_owned(), Value::from(at.to_string()))));
            body.extend(self.field("role").and_then(role).map(|role| ("role".to_owned(), Value::from(role))));
            body.extend(self.minutes().map(|minutes| ("minutes".to_owned(), Value::from(minutes))));
            entries.push(Fact::new(FactKind::ATTENDANCE, body)?.into());
        }
        Ok(entries)
    }

    /// What somebody wrote of themselves when they registered.
    fn profile(&self) -> Result<Option<Fact>, RecordError> {
        let own = |meaning: &str| self.rows.iter().find_map(|row| row.get(meaning));
        let mut body = Map::new();
        for (field, meaning) in [("company", "company"), ("title", "job_title")] {
            body.extend(own(meaning).map(|text| (field.to_owned(), Value::from(text.as_str()))));
        }
        body.extend(own("link").map(|link| ("links".to_owned(), Value::from(vec![link.as_str()]))));
        if body.is_empty() {
            return Ok(None);
        }
        let guest = serde_json::to_value(self.identity()?).map_err(|error| RecordError(error.to_string()))?;
        body.insert("identity".into(), guest);
        Ok(Some(Fact::new(FactKind::PERSON, body)?))
    }

    fn identity(&self) -> Result<Identity, RecordError> {
        let parts = [self.field("first_name"), self.field("last_name")];
        let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = self.field("name").map(str::to_owned).unwrap_or(whole);
        let email = self.field("email").filter(|email| email.contains('@')).map(str::to_owned);
        let uid = self.field("uid").map(str::to_owned);
        // Somebody who gave a name only is known by it.
        let username = (uid.is_none() && email.is_none() && !name.is_empty()).then(|| name.clone());
        let identity = Identity { platform: "event".into(), uid, username, email, ..Identity::default() }.named(name);
        identity.key().is_some().then_some(identity).ok_or_else(|| RecordError::new("the row names nobody"))
    }

    /// `None` for somebody who will not come. A person is taken at the best of their rows.
    fn state(&self) -> Result<Option<&'static str>, RecordError> {
        let values =
            |meaning: &'static str| self.rows.iter().filter_map(move |row| row.get(meaning)).map(|value| plain(value));
        let says = |meaning: &'static str, words: &[&str]| values(meaning).any(|value| words.contains(&value.as_str()));
        let has_joined = self.came_at()?.is_some();
        let was_there = says("attended", CAME)
            || says("checked_in", CAME)
            || says("state", &["attended", "checked in", "present", "joined"]);
        Ok(if was_there || (has_joined && !says("attended", &["no", "false", "0"])) {
            Some("attended")
        } else if says("state", COMES_NOT) || says("state", &["no"]) {
            None
        } else if says("state", MISSED) || says("attended", MISSED) || says("attended", &["no", "false", "0"]) {
            Some("no_show")
        } else if values("state").next().is_none() || says("state", COMES) || says("state", &["yes"]) {
            Some("registered")
        } else {
            let states: Vec<_> = values("state").collect();
            return Err(RecordError(format!("the state `{}` is not known", states.join("`, `"))));
        })
    }

    /// All stays together: `75`, `75 min` or `1:15:00` each.
    fn minutes(&self) -> Option<f64> {
        let stays: Vec<f64> = self.rows.iter().filter_map(|row| minutes(row.get("minutes")?)).collect();
        (!stays.is_empty()).then(|| stays.iter().sum())
    }
}

fn minutes(text: &str) -> Option<f64> {
    let parts: Vec<f64> = text.split(':').filter_map(|part| part.trim().parse().ok()).collect();
    match parts.as_slice() {
        [hours, minutes, seconds] => Some(hours * 60.0 + minutes + seconds / 60.0),
        [hours, minutes] => Some(hours * 60.0 + minutes),
        _ => text.split_whitespace().next()?.parse().ok().filter(|minutes: &f64| *minutes >= 0.0),
    }
}

fn fields(pairs: &[(&str, &str)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_stays_are_understood() {
        assert_eq!(minutes("75"), Some(75.0));
        assert_eq!(minutes("75 min"), Some(75.0));
        assert_eq!(minutes("1:15:30"), Some(75.5));
        assert_eq!(minutes("--"), None);
    }
}
