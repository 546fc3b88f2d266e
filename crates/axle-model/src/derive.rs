//! Activities that follow from facts: who attended, answered, invited, visited, called took part by that.

use jiff::Timestamp;
use serde_json::Value;

use crate::activity::ActivityType;
use crate::catalogue::{
    BETA_PARTICIPATED, BRAND_MENTIONED, EVENT_ATTENDED, EVENT_ORGANIZED, EVENT_REGISTERED, FEEDBACK_SUBMITTED,
    OTHER_CALL, PAGE_VISITED, POST_COMMENTED, POST_LIKED, POST_SHARED, PRODUCT_USED, REFERRAL_ACCEPTED, REFERRAL_SENT,
    SALES_CALL, SUPPORT_CALL, SURVEY_ANSWERED, TALK_GIVEN,
};
use crate::interchange::FactKind;
use crate::{Activity, Fact};

/// The activities that a fact implies, none for most. Their ids are `<kind>:<key>`, so that a fact that changes
/// changes them. A fact without its person or its instant implies none.
pub fn activities(fact: &Fact) -> Vec<Activity> {
    match fact.kind {
        FactKind::ATTENDANCE => attendance(fact),
        FactKind::SURVEY_RESPONSE => one(fact, &SURVEY_ANSWERED, "at", "comment"),
        // Feedback that was given by an activity is that activity.
        FactKind::FEEDBACK if fact.text("activity").is_none() => one(fact, &FEEDBACK_SUBMITTED, "at", "text"),
        FactKind::MENTION => one(fact, &BRAND_MENTIONED, "at", "text"),
        FactKind::VISIT if fact.body.get("bot") != Some(&Value::Bool(true)) => one(fact, &PAGE_VISITED, "at", ""),
        FactKind::PRODUCT_EVENT => one(fact, &PRODUCT_USED, "at", ""),
        FactKind::INVITE => invite(fact),
        FactKind::REACTION => reaction(fact),
        FactKind::CALL => call(fact),
        FactKind::ENROLLMENT => one(fact, &BETA_PARTICIPATED, "at", ""),
        _ => Vec::new(),
    }
}

fn one(fact: &Fact, activity_type: &ActivityType, at: &str, text: &str) -> Vec<Activity> {
    let (Some(actor), Some(at)) = (fact.subject(), fact.instant(at)) else { return Vec::new() };
    let mut activity = Activity::new(activity_type, format!("{}:{}", fact.kind.name(), fact.key), at, actor);
    activity.channel = fact.text("channel").map(str::to_owned);
    activity.text = fact.text(text).map(str::to_owned);
    activity.url = fact.text("url").map(str::to_owned);
    activity.campaign = fact.text("campaign").map(str::to_owned);
    vec![activity]
}

/// The activities of an attendance that says no time: it was when the event started, in microseconds since 1970.
pub fn attendance_at(fact: &Fact, starts_at: i64) -> Vec<Activity> {
    let Ok(at) = Timestamp::from_microsecond(starts_at) else { return Vec::new() };
    let mut fact = fact.clone();
    fact.body.insert("at".into(), at.to_string().into());
    attendance(&fact)
}

fn attendance(fact: &Fact) -> Vec<Activity> {
    let activity_type = match (fact.text("state"), fact.text("role")) {
        (Some("attended"), Some("host" | "staff")) => &EVENT_ORGANIZED,
        (Some("attended"), Some("speaker")) => &TALK_GIVEN,
        (Some("attended"), _) => &EVENT_ATTENDED,
        (Some("registered"), _) => &EVENT_REGISTERED,
        _ => return Vec::new(),
    };
    let mut activities = one(fact, activity_type, "at", "");
    for activity in &mut activities {
        activity.thread = fact.text("event").map(|event| format!("event:{event}"));
    }
    activities
}

fn invite(fact: &Fact) -> Vec<Activity> {
    let mut activities = one(fact, &REFERRAL_SENT, "sent_at", "");
    if fact.body.contains_key("accepted_at") {
        let mut accepted = one(fact, &REFERRAL_ACCEPTED, "accepted_at", "");
        accepted.iter_mut().for_each(|activity| activity.counterparts.extend(fact.identity("accepted_by")));
        activities.append(&mut accepted);
    }
    activities
}

fn reaction(fact: &Fact) -> Vec<Activity> {
    let activity_type = match fact.text("kind") {
        Some("like") => &POST_LIKED,
        Some("share") => &POST_SHARED,
        _ => &POST_COMMENTED,
    };
    let mut activities = one(fact, activity_type, "at", "text");
    for activity in &mut activities {
        activity.deleted_at = fact.instant("removed_at");
        activity.parent = fact.text("activity").map(str::to_owned);
        if let Some(content) = fact.text("content") {
            activity.object = Some(("content".into(), content.into()));
        }
    }
    activities
}

/// A call that somebody answered, with what the caller said in it: the agent's words are not the caller's.
fn call(fact: &Fact) -> Vec<Activity> {
    if fact.text("status").is_some_and(|status| status != "answered") {
        return Vec::new();
    }
    let said = |turn: &Value| {
        let is_caller = turn.get("speaker")?.as_str()? == "prospect";
        // A turn is a line, whatever it was cut into.
        let text = turn.get("text")?.as_str()?.split_whitespace().collect::<Vec<_>>().join(" ");
        (is_caller && !text.is_empty()).then_some(text)
    };
    let turns = fact.body.get("turns").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<String> = turns.filter_map(said).collect();
    let mut activities = one(fact, call_type(fact), "called_at", "");
    activities.iter_mut().for_each(|activity| activity.text = (!lines.is_empty()).then(|| lines.join("\n")));
    activities
}

fn call_type(fact: &Fact) -> &'static ActivityType {
    match fact.text("kind") {
        Some("sales") => &SALES_CALL,
        Some("support") => &SUPPORT_CALL,
        _ => &OTHER_CALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entry;

    fn types(line: &str) -> Vec<String> {
        let (Entry::Fact(fact), _) = Entry::from_line(line.as_bytes()).unwrap() else { panic!() };
        activities(&fact).into_iter().map(|activity| activity.activity_type).collect()
    }

    #[test]
    fn attending_is_an_activity_and_not_coming_is_none() {
        let attendance = |rest: &str| {
            types(&format!(
                r#"{{"type":"attendance","event":"e","identity":{{"platform":"x","uid":"1"}},"at":"2024-05-01T12:00:00Z",{rest}}}"#
            ))
        };
        assert_eq!(attendance(r#""state":"attended""#), ["event:session:attended"]);
        assert_eq!(attendance(r#""state":"attended","role":"speaker""#), ["talk:given"]);
        assert_eq!(attendance(r#""state":"registered""#), ["event:session:registered"]);
        assert!(attendance(r#""state":"no_show""#).is_empty());
    }

    #[test]
    fn attending_without_a_time_was_when_the_event_started() {
        let line = r#"{"type":"attendance","event":"e","identity":{"platform":"x","uid":"1"},"state":"attended"}"#;
        let (Entry::Fact(fact), _) = Entry::from_line(line.as_bytes()).unwrap() else { panic!("no fact") };
        assert!(activities(&fact).is_empty());
        let starts_at: Timestamp = "2024-05-01T12:00:00Z".parse().unwrap();
        let joined = attendance_at(&fact, starts_at.as_microsecond());
        assert_eq!((joined.len(), joined[0].at, joined[0].thread.as_deref()), (1, starts_at, Some("event:e")));
    }

    #[test]
    fn a_call_says_what_the_caller_said() {
        let line = r#"{"type":"call","id":"1","called_at":"2024-05-01T12:00:00Z","kind":"sales","caller":{"platform":"phone","phone":"+1555"},
            "turns":[{"speaker":"agent","text":"Good morning."},{"speaker":"prospect","text":"What would\n ten seats cost?"},
            {"speaker":"ivr","text":"Press one."},{"speaker":"prospect","text":" "},{"speaker":"prospect","text":"Thank you."}]}"#;
        let (Entry::Fact(fact), _) = Entry::from_line(line.as_bytes()).unwrap() else { panic!("no fact") };
        assert_eq!(activities(&fact)[0].text.as_deref(), Some("What would ten seats cost?\nThank you."));
        assert_eq!(types(line), ["call:sales:held"]);
        assert!(types(&line.replace("\"kind\":\"sales\"", "\"status\":\"missed\"")).is_empty());
    }

    #[test]
    fn an_accepted_invitation_is_two_activities() {
        let invite = r#"{"type":"invite","id":"1","inviter":{"platform":"x","uid":"1"},"recipient":"r","sent_at":"2024-05-01T12:00:00Z","accepted_at":"2024-05-03T12:00:00Z"}"#;
        assert_eq!(types(invite), ["referral:sent", "referral:accepted"]);
    }

    #[test]
    fn an_anonymous_visit_is_nobodys_activity() {
        assert!(types(r#"{"type":"visit","id":"v","visitor":"abc","at":"2024-05-01T12:00:00Z"}"#).is_empty());
    }
}
