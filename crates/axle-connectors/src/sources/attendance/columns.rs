//! What the columns of attendance lists mean.

use std::collections::BTreeMap;

/// What a column means, with the names that it goes by: small letters and single spaces.
const COLUMNS: &[(&str, &[&str])] = &[
    ("event_id", &["event id", "webinar id", "meeting id", "session id"]),
    ("event", &["event", "event name", "event title", "topic", "webinar name", "meeting topic", "webinar", "session"]),
    (
        "starts_at",
        &[
            "event start",
            "event date",
            "event start date",
            "event start time",
            "start time",
            "actual start time",
            "scheduled time",
        ],
    ),
    ("ends_at", &["event end", "event end date", "event end time", "end time"]),
    ("uid", &["user id", "attendee id", "guest id", "guest api id", "api id"]),
    ("email", &["email", "e mail", "email address", "user email", "attendee email", "guest email", "registrant email"]),
    (
        "name",
        &[
            "name",
            "full name",
            "user name",
            "attendee",
            "attendee name",
            "guest name",
            "participant",
            "name original name",
            "user name original name",
        ],
    ),
    ("first_name", &["first name", "given name"]),
    ("last_name", &["last name", "surname", "family name"]),
    ("attended", &["attended", "attendance", "present"]),
    ("checked_in", &["checked in", "check in", "checkin"]),
    (
        "state",
        &[
            "status",
            "state",
            "approval status",
            "attendee status",
            "registration status",
            "rsvp",
            "rsvp status",
            "response",
        ],
    ),
    ("left_at", &["leave time", "time exited", "left at"]),
    ("joined_at", &["join time", "time joined", "joined at", "joined"]),
    ("checked_in_at", &["checked in at", "check in time", "checked in date"]),
    (
        "registered_at",
        &["registration time", "registered at", "registration date", "registered on", "created at", "order date"],
    ),
    (
        "minutes",
        &[
            "minutes",
            "duration",
            "duration minutes",
            "minutes attended",
            "time in session minutes",
            "time in session",
            "total duration minutes",
        ],
    ),
    ("role", &["role", "attendee role", "participant role"]),
    ("company", &["company", "company name", "organization", "organisation", "employer"]),
    ("job_title", &["job title", "position"]),
    (
        "link",
        &["linkedin", "linkedin profile", "linkedin url", "linkedin profile url", "website", "github", "profile url"],
    ),
];

/// Which column means what.
pub(super) struct Header(Vec<Option<&'static str>>);

impl Header {
    /// `None` for a row that does not name at least two columns that are known.
    pub(super) fn of(cells: &[String]) -> Option<Self> {
        let meanings: Vec<_> = cells.iter().map(|cell| meaning(cell)).collect();
        (meanings.iter().flatten().count() >= 2).then_some(Self(meanings))
    }

    pub(super) fn has(&self, meaning: &str) -> bool {
        self.0.contains(&Some(meaning))
    }

    pub(super) fn names_people(&self) -> bool {
        ["email", "name", "first_name", "uid"].into_iter().any(|meaning| self.has(meaning))
    }

    /// Whether it is the header of an attendance list rather than of some other table about people.
    pub(super) fn is_list(&self) -> bool {
        let tells_event = self.has("event") || self.has("event_id");
        // Members of a community have joined, too: only at an event is it a time of arrival.
        let arrives = self.has("joined_at") && (tells_event || self.has("minutes") || self.has("left_at"));
        let tells_presence = arrives || ["attended", "checked_in", "checked_in_at"].into_iter().any(|m| self.has(m));
        self.names_people() && (tells_presence || (tells_event && self.has("state")))
    }

    /// Whether the rows below are people. A summary of the meeting names its host and its start.
    pub(super) fn lists_people(&self) -> bool {
        self.is_list() || (self.names_people() && !self.has("starts_at"))
    }

    pub(super) fn fields(&self, values: &[String]) -> BTreeMap<String, String> {
        let known = self.0.iter().zip(values).filter(|(_, value)| !value.is_empty());
        known.filter_map(|(meaning, value)| Some(((*meaning)?.to_owned(), value.clone()))).collect()
    }
}

/// Small letters, and single spaces for everything else.
pub(super) fn plain(text: &str) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '✓' { c.to_lowercase().next().unwrap_or(c) } else { ' ' })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn meaning(column: &str) -> Option<&'static str> {
    let column = plain(column);
    COLUMNS.iter().find(|(_, names)| names.contains(&column.as_str())).map(|(meaning, _)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_about_other_things_are_not_attendance() {
        let is_list = |columns: &str| {
            let columns: Vec<String> = columns.split(',').map(str::to_owned).collect();
            Header::of(&columns).is_some_and(|header| header.is_list())
        };
        assert!(is_list("Attended,User Name (Original Name),Email,Join Time"));
        assert!(is_list("api_id,name,email,approval_status,checked_in_at"));
        assert!(is_list("Event Name,First Name,Last Name,Email,Attendee Status"));
        assert!(is_list("Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"));
        assert!(is_list("Name,Email,Join Time,Leave Time"));
        assert!(!is_list("id,name,email,created_at"));
        assert!(!is_list("name,email,joined"));
        assert!(!is_list("opportunity_id,sales_agent,product,account,deal_stage"));
        assert!(!is_list("rsvp_id,event_id,member_id,guests,response,created,mtime"));
    }
}
