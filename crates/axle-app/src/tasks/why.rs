//! Why a task is there: how its run came to the step again, and the rows that the step rests on, in words.

use std::collections::HashMap;

use axle_flywheel::vocabulary::kind_of;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::flywheels::{Again, AgainBy, Standing, Wanted};
use crate::{AppResult, Workspace};

/// Kinds of facts as what somebody did; other kinds are told in the vocabulary's own words.
const PHRASES: [(&str, &str); 22] = [
    ("signal", "showed interest in buying"),
    ("signed_up", "signed up"),
    ("used", "used the product"),
    ("active", "took part"),
    ("joined", "joined the community"),
    ("attended", "came to an event"),
    ("decided", "a person decided so"),
    ("consent", "said what we may do"),
    ("introduced", "was introduced"),
    ("contacted", "we were in touch"),
    ("met", "met a colleague of ours"),
    ("deal", "a deal of their organization moved"),
    ("affiliation", "belongs to an organization"),
    ("role", "has a role"),
    ("asked", "asked a question"),
    ("was_answered", "got an answer"),
    ("answer_signal", "the answer helped"),
    ("answered", "answered somebody"),
    ("value", "got something of value"),
    ("referral", "brought somebody"),
    ("drop", "does far less than usual"),
    ("hand_off", "was handed off"),
];

/// How long a quote may be.
const QUOTE: usize = 160;

/// What people said, by the id of the row, and who had which hand-off.
pub(super) struct Words {
    quotes: HashMap<String, String>,
    /// A name or an address, by the id in the record.
    receivers: HashMap<String, String>,
}

impl Words {
    pub(super) async fn read(workspace: &Workspace, now: Timestamp) -> AppResult<Self> {
        let quotes =
            super::pairs(workspace, "select signal_id, quote from signals where quote is not null", now).await?;
        let receivers =
            super::pairs(workspace, "select hand_off_id, \"to\" from hand_offs where \"to\" is not null", now).await?;
        Ok(Self { quotes, receivers })
    }

    /// `showed interest in buying on 3 Mar 2026: “We need SSO”`. The rows of the step itself, else the last that there are; before
    /// them that the run came here again, if it did: `given back by Alfred Lowe on 9 Mar 2026: no budget`.
    pub(super) fn why(&self, standing: &Standing<'_>, wanted: &Wanted, zone: &TimeZone) -> String {
        let step = &standing.definition.steps[usize::from(standing.step)].id;
        let last_step = standing.evidence.first().map(|row| &row.step);
        let own = standing.evidence.iter().any(|row| row.step == *step).then_some(step);
        let rows: Vec<_> = standing.evidence.iter().filter(|row| Some(&row.step) == own.or(last_step)).collect();
        let mut parts: Vec<String> = Vec::new();
        let mut told: Vec<&str> = Vec::new();
        for row in &rows {
            if told.contains(&row.kind.as_str()) {
                continue;
            }
            told.push(&row.kind);
            let alike = || rows.iter().filter(|other| other.kind == row.kind);
            let (times, last) = (alike().count(), alike().map(|other| other.at).max().unwrap_or(row.at));
            let by = row.confirmed_by.strip_prefix("rule ").is_none().then_some(row.confirmed_by.as_str());
            let quote = self.quotes.get(&row.evidence_id).map(String::as_str);
            parts.push(told_as(&row.kind, times, last, zone, by, quote));
        }
        if parts.is_empty() {
            parts.push(format!("at this step since {}", day(wanted.task.starts_at, zone)));
        }
        let again = standing.again.as_ref().map(|again| self.again(again, zone));
        again.into_iter().chain(parts).collect::<Vec<_>>().join("; ")
    }

    fn again(&self, again: &Again, zone: &TimeZone) -> String {
        let said = match &again.by {
            AgainBy::GivenBack(id) => {
                let by = self.receivers.get(id).filter(|to| !to.eq_ignore_ascii_case("sales"));
                format!("given back by {}", by.map_or("sales", String::as_str))
            }
            AgainBy::Ended => "the hand-off ended".to_owned(),
            AgainBy::SentBack => "sent back".to_owned(),
            AgainBy::Rested => "back from a rest".to_owned(),
        };
        let told = format!("{said} on {}", day(again.at, zone));
        let is_told = again.by == AgainBy::Ended;
        match again.reason.as_deref().filter(|reason| !is_told && *reason != "other") {
            Some(reason) => format!("{told}: {}", reason.replace('_', " ")),
            None => told,
        }
    }
}

fn told_as(
    kind: &str,
    times: usize,
    last: Timestamp,
    zone: &TimeZone,
    by: Option<&str>,
    quote: Option<&str>,
) -> String {
    let known = PHRASES.iter().find(|(known, _)| *known == kind).map(|(_, phrase)| (*phrase).to_owned());
    let said = || kind_of(kind).map(|kind| kind.says.replace('`', ""));
    let phrase = match (kind, by) {
        ("decided", Some(by)) => format!("{by} decided so"),
        _ => known.or_else(said).unwrap_or_else(|| kind.replace('_', " ")),
    };
    let when = day(last, zone);
    let when = if times > 1 { format!("{times} times, last on {when}") } else { format!("on {when}") };
    match quote {
        Some(quote) => format!("{phrase} {when}: “{}”", quote.chars().take(QUOTE).collect::<String>().trim()),
        None => format!("{phrase} {when}"),
    }
}

fn day(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_run_came_again_is_told_with_by_whom_and_why() {
        let known = |id: &str, to: &str| (id.to_owned(), to.to_owned());
        let receivers = HashMap::from([known("h1", "Alfred Lowe"), known("h2", "Sales")]);
        let words = Words { quotes: HashMap::new(), receivers };
        let told = |by, reason: Option<&str>| {
            let at = "2026-12-01T10:00:00Z".parse().unwrap();
            words.again(&Again { by, at, reason: reason.map(str::to_owned) }, &TimeZone::UTC)
        };
        let given_back = |id: &str| AgainBy::GivenBack(id.to_owned());
        assert_eq!(told(given_back("h1"), Some("no_budget")), "given back by Alfred Lowe on 1 Dec 2026: no budget");
        assert_eq!(told(given_back("h2"), Some("other")), "given back by sales on 1 Dec 2026");
        assert_eq!(told(AgainBy::Ended, Some("expired")), "the hand-off ended on 1 Dec 2026");
        assert_eq!(told(AgainBy::SentBack, Some("no_reply")), "sent back on 1 Dec 2026: no reply");
        assert_eq!(told(AgainBy::Rested, None), "back from a rest on 1 Dec 2026");
    }

    #[test]
    fn evidence_is_told_in_words() {
        let at = "2026-03-03T23:30:00Z".parse().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let told = |kind, times, by, quote| told_as(kind, times, at, &berlin, by, quote);
        let expected = "showed interest in buying on 4 Mar 2026: “We need SSO”";
        assert_eq!(told("signal", 1, None, Some("We need SSO ")), expected);
        assert_eq!(told("attended", 2, None, None), "came to an event 2 times, last on 4 Mar 2026");
        assert_eq!(told("decided", 1, Some("Buzz"), None), "Buzz decided so on 4 Mar 2026");
        assert_eq!(told("enrolled", 1, None, None), "takes part in a programme on 4 Mar 2026");
    }
}
