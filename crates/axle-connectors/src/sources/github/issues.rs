//! Issues, pull requests, and what is said about them.

use axle_model::Activity;
use axle_model::catalogue::{ISSUE_COMMENTED, ISSUE_OPENED, PULL_REQUEST_MERGED, PULL_REQUEST_OPENED};
use serde_json::Value;

use super::entries::{Place, answered, delete, made_at, part, required};
use super::event::{Event, Repo, identity, text, time};
use crate::RecordError;

/// Any news of an issue tells its state anew.
pub(super) fn issue(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let issue = part(event, "issue")?;
    let mut activities = vec![opened_issue(event, place, issue)?];
    if event.action == "deleted" {
        delete(event, &mut activities[0]);
    }
    if event.action == "transferred" {
        delete(event, &mut activities[0]);
        let part = |name: &str| event.body.get("changes")?.get(name).filter(|part| part.is_object());
        if let (Some(moved), Some(repo)) = (part("new_issue"), part("new_repository").and_then(Repo::from_json)) {
            activities.push(opened_issue(event, &Place::of(&repo), moved)?);
        }
    }
    Ok(activities)
}

fn opened_issue(event: &Event, place: &Place<'_>, issue: &Value) -> Result<Activity, RecordError> {
    let number = required(issue, "number")?;
    let mut activity = place.activity(&ISSUE_OPENED, place.id("issue", &number), made_at(event, issue)?, issue);
    activity.thread = place.thread(&number);
    activity.title = text(issue.get("title"));
    let labels = issue.get("labels").and_then(Value::as_array).into_iter().flatten();
    let labels: Vec<Value> = labels.filter_map(|label| text(label.get("name")).map(Value::from)).collect();
    if !labels.is_empty() {
        activity.properties.insert("labels".into(), labels.into());
    }
    keep_state(&mut activity, issue);
    Ok(activity)
}

/// Any news of a pull request tells its state anew; a merged one is a second activity of its author.
pub(super) fn pull_request(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let request = part(event, "pull_request")?;
    let number = required(request, "number")?;
    let mut activities = Vec::new();
    // Newer archives leave the request's own fields out: then only its opening tells who wrote it, and when.
    let is_whole = request.get("user").is_some() && request.get("created_at").is_some();
    if is_whole || event.action == "opened" {
        let id = place.id("pull_request", &number);
        let mut opened = place.activity(&PULL_REQUEST_OPENED, id, made_at(event, request)?, request);
        if let (false, Some(actor)) = (is_whole, &event.actor) {
            opened.actor = actor.clone();
        }
        opened.thread = place.thread(&number);
        opened.title = text(request.get("title"));
        keep_state(&mut opened, request);
        activities.push(opened);
    }
    if let (true, Some(at)) = (is_whole, time(request.get("merged_at"))) {
        let id = format!("{}/merged", place.id("pull_request", &number));
        let mut merged = place.activity(&PULL_REQUEST_MERGED, id, at, request);
        merged.text = None;
        merged.version_at = Some(at);
        merged.thread = place.thread(&number);
        merged.parent = Some(place.id("pull_request", &number));
        let merger = request.get("merged_by").filter(|merger| merger.is_object()).map(|merger| identity(Some(merger)));
        merged.counterparts = merger.filter(|merger| merger.key() != merged.actor.key()).into_iter().collect();
        activities.push(merged);
    }
    Ok(activities)
}

/// A comment on an issue, on a pull request, or on the lines of one.
pub(super) fn comment(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let comment = part(event, "comment")?;
    let on_lines = event.name == "pull_request_review_comment";
    let subject = part(event, if on_lines { "pull_request" } else { "issue" })?;
    let on_request = on_lines || subject.get("pull_request").is_some_and(Value::is_object);
    let number = required(subject, "number")?;
    let kind = if on_lines { "review_comment" } else { "issue_comment" };
    let id = place.id(kind, &required(comment, "id")?);
    let mut activity = place.activity(&ISSUE_COMMENTED, id, made_at(event, comment)?, comment);
    activity.thread = place.thread(&number);
    activity.parent = Some(match text(comment.get("in_reply_to_id")) {
        Some(comment) => place.id("review_comment", &comment),
        None => place.id(if on_request { "pull_request" } else { "issue" }, &number),
    });
    activity.counterparts = answered(&activity.actor, subject);
    if event.action == "deleted" {
        delete(event, &mut activity);
    }
    Ok(vec![activity])
}

fn keep_state(activity: &mut Activity, subject: &Value) {
    let fields = ["state", "state_reason", "closed_at"];
    for field in fields {
        activity.properties.extend(text(subject.get(field)).map(|value| (field.to_owned(), value.into())));
    }
    if subject.get("draft") == Some(&true.into()) {
        activity.properties.insert("draft".into(), true.into());
    }
}
