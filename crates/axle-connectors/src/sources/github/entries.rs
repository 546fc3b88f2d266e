//! What an event says for a community. Ids are `<repository's number>/<kind>/<number>`, since archived events and
//! webhook bodies have those in common, and a repository keeps its number when it is renamed.

use axle_model::catalogue::{
    ANSWER_ACCEPTED, DISCUSSION_COMMENTED, DISCUSSION_OPENED, PULL_REQUEST_REVIEWED, REPO_FORKED, REPO_STARRED,
};
use axle_model::{Activity, ActivityType, Entry, Fact, FactKind, Identity};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::{Event, Repo, identity, text, time};
use super::issues;
use crate::RecordError;

/// The entries of an event; none for events that nobody in a community takes part in, such as pushes and builds.
pub(super) fn entries(event: &Event) -> Result<Vec<Entry>, RecordError> {
    let understand: fn(&Event, &Place<'_>) -> Result<Vec<Activity>, RecordError> = match event.name.as_str() {
        "issues" => issues::issue,
        "issue_comment" => issues::comment,
        "pull_request" => issues::pull_request,
        "pull_request_review_comment" => issues::comment,
        "pull_request_review" => review,
        "discussion" => discussion,
        "discussion_comment" => discussion_comment,
        "star" | "watch" => star,
        "fork" => fork,
        _ => return Ok(Vec::new()),
    };
    let repo = event.repo.as_ref().ok_or_else(|| RecordError::new("`repository` is missing"))?;
    let place = Place { repo, answerable: event.body.get("discussion").and_then(answerable_category) };
    let activities = understand(event, &place)?;
    if activities.is_empty() {
        return Ok(Vec::new());
    }
    let mut entries = vec![place.channel_fact()?.into()];
    entries.extend(event.profile.clone().map(Entry::from));
    entries.extend(activities.into_iter().map(Entry::from));
    Ok(entries)
}

/// Where in GitHub something happened.
pub(super) struct Place<'a> {
    pub(super) repo: &'a Repo,
    /// Slug and name of the discussion's category, when its discussions are questions.
    answerable: Option<(String, String)>,
}

impl Place<'_> {
    /// Another repository, to which something was moved.
    pub(super) fn of<'a>(repo: &'a Repo) -> Place<'a> {
        Place { repo, answerable: None }
    }

    pub(super) fn id(&self, kind: &str, number: &str) -> String {
        format!("{}/{kind}/{number}", self.repo.id)
    }

    fn channel(&self) -> String {
        match &self.answerable {
            Some((slug, _)) => format!("{}/discussions/{slug}", self.repo.name),
            None => self.repo.name.clone(),
        }
    }

    /// The repository is a channel; so is each of its categories of questions.
    fn channel_fact(&self) -> Result<Fact, RecordError> {
        let mut body = match &self.answerable {
            Some((_, name)) => {
                json!({"id": self.channel(), "name": format!("{} {name}", self.repo.name), "kind": "qa", "is_qa": true})
            }
            None => json!({"id": self.channel(), "name": self.repo.name, "kind": "code"}),
        };
        if let Some(is_private) = self.repo.is_private {
            body["is_private"] = is_private.into();
        }
        let Value::Object(body) = body else { unreachable!("an object was written here") };
        Ok(Fact::new(FactKind::CHANNEL, body)?)
    }

    /// Something with an author, a body and a thread; `subject` is the JSON of it.
    pub(super) fn activity(
        &self,
        activity_type: &ActivityType,
        id: String,
        at: Timestamp,
        subject: &Value,
    ) -> Activity {
        let mut activity = Activity::new(activity_type, id, at, identity(subject.get("user")));
        activity.channel = Some(self.channel());
        activity.text = text(subject.get("body"));
        activity.url = text(subject.get("html_url"));
        activity.version_at = time(subject.get("updated_at"));
        activity
    }

    pub(super) fn thread(&self, number: &str) -> Option<String> {
        Some(format!("{}#{number}", self.repo.name))
    }
}

/// A part of the body that the event must have.
pub(super) fn part<'a>(event: &'a Event, name: &str) -> Result<&'a Value, RecordError> {
    event.body.get(name).filter(|part| part.is_object()).ok_or_else(|| RecordError(format!("`{name}` is missing")))
}

/// A field that the part must have.
pub(super) fn required(part: &Value, name: &str) -> Result<String, RecordError> {
    text(part.get(name)).ok_or_else(|| RecordError(format!("`{name}` is missing")))
}

/// When it was made, by itself or by an event that reports its making.
pub(super) fn made_at(event: &Event, subject: &Value) -> Result<Timestamp, RecordError> {
    time(subject.get("created_at")).or(event.at).ok_or_else(|| RecordError::new("`created_at` is missing"))
}

/// Marks it as gone, not earlier than anything that the event tells of it.
pub(super) fn delete(event: &Event, activity: &mut Activity) {
    let at = event.observed_at().unwrap_or(activity.at).max(activity.at);
    activity.deleted_at = Some(at);
    activity.version_at = Some(at);
}

/// Others whom it answers: nobody answers themselves.
pub(super) fn answered(actor: &Identity, subject: &Value) -> Vec<Identity> {
    let author = subject.get("user").filter(|user| user.is_object()).map(|user| identity(Some(user)));
    author.filter(|author| author.key() != actor.key()).into_iter().collect()
}

fn review(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let (review, request) = (part(event, "review")?, part(event, "pull_request")?);
    let number = required(request, "number")?;
    // A review that is still being written has no date.
    let Some(at) = time(review.get("submitted_at")).or(event.at) else { return Ok(Vec::new()) };
    let mut activity = place.activity(&PULL_REQUEST_REVIEWED, place.id("review", &required(review, "id")?), at, review);
    activity.thread = place.thread(&number);
    activity.parent = Some(place.id("pull_request", &number));
    activity.counterparts = answered(&activity.actor, request);
    activity
        .properties
        .extend(text(review.get("state")).map(|state| ("state".to_owned(), state.to_lowercase().into())));
    activity.version_at = activity.version_at.or(match event.action.as_str() {
        "submitted" | "created" => Some(at),
        _ => event.observed_at(),
    });
    Ok(vec![activity])
}

fn answerable_category(discussion: &Value) -> Option<(String, String)> {
    let category = discussion.get("category").filter(|category| category.get("is_answerable") == Some(&true.into()))?;
    Some((text(category.get("slug"))?, text(category.get("name"))?))
}

fn discussion(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let discussion = part(event, "discussion")?;
    let mut activities = vec![opened_discussion(event, place, discussion)?];
    match event.action.as_str() {
        "deleted" => delete(event, &mut activities[0]),
        "transferred" => {
            delete(event, &mut activities[0]);
            let changes = event.body.get("changes");
            let part = |name: &str| changes.and_then(|changes| changes.get(name)).filter(|part| part.is_object());
            if let (Some(moved), Some(repo)) =
                (part("new_discussion"), part("new_repository").and_then(Repo::from_json))
            {
                let place = Place { repo: &repo, answerable: answerable_category(moved) };
                activities.push(opened_discussion(event, &place, moved)?);
            }
        }
        "answered" => {
            let answer = part(event, "answer")?;
            activities.push(commented(event, place, answer, discussion)?);
            activities.push(accepted(event, place, answer, discussion)?);
        }
        "unanswered" => {
            if let Some(answer) = event.body.get("old_answer").filter(|answer| answer.is_object()) {
                let mut activity = accepted(event, place, answer, discussion)?;
                delete(event, &mut activity);
                activities.push(activity);
            }
        }
        _ => {}
    }
    Ok(activities)
}

fn opened_discussion(event: &Event, place: &Place<'_>, discussion: &Value) -> Result<Activity, RecordError> {
    let number = required(discussion, "number")?;
    let at = made_at(event, discussion)?;
    let mut activity = place.activity(&DISCUSSION_OPENED, place.id("discussion", &number), at, discussion);
    activity.thread = place.thread(&number);
    activity.title = text(discussion.get("title"));
    Ok(activity)
}

fn discussion_comment(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let mut activity = commented(event, place, part(event, "comment")?, part(event, "discussion")?)?;
    if event.action == "deleted" {
        delete(event, &mut activity);
    }
    Ok(vec![activity])
}

fn commented(event: &Event, place: &Place<'_>, comment: &Value, discussion: &Value) -> Result<Activity, RecordError> {
    let number = required(discussion, "number")?;
    let id = place.id("discussion_comment", &required(comment, "id")?);
    let mut activity = place.activity(&DISCUSSION_COMMENTED, id, made_at(event, comment)?, comment);
    activity.thread = place.thread(&number);
    activity.parent = Some(match text(comment.get("parent_id")) {
        Some(parent) => place.id("discussion_comment", &parent),
        None => place.id("discussion", &number),
    });
    activity.counterparts = answered(&activity.actor, discussion);
    Ok(activity)
}

fn accepted(event: &Event, place: &Place<'_>, answer: &Value, discussion: &Value) -> Result<Activity, RecordError> {
    let comment = place.id("discussion_comment", &required(answer, "id")?);
    let chosen_at = time(discussion.get("answer_chosen_at")).or_else(|| event.observed_at());
    let at = chosen_at.ok_or_else(|| RecordError::new("`answer_chosen_at` is missing"))?;
    let mut activity = place.activity(&ANSWER_ACCEPTED, format!("{comment}/accepted"), at, answer);
    activity.text = None;
    activity.version_at = Some(at);
    activity.thread = place.thread(&required(discussion, "number")?);
    activity.parent = Some(comment);
    activity.counterparts = answered(&activity.actor, discussion);
    Ok(activity)
}

/// Given and taken back under one id: whichever is newer holds.
fn star(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let actor = event.actor.clone().ok_or_else(|| RecordError::new("`sender` is missing"))?;
    let who = actor.uid.clone().or(actor.username.clone()).ok_or_else(|| RecordError::new("`sender` has no id"))?;
    let at = time(event.body.get("starred_at")).or_else(|| event.observed_at());
    let at = at.ok_or_else(|| RecordError::new("the event has no date"))?;
    let mut activity = Activity::new(&REPO_STARRED, place.id("star", &who), at, actor);
    activity.channel = Some(place.channel());
    activity.version_at = Some(at);
    if event.action == "deleted" {
        delete(event, &mut activity);
    }
    Ok(vec![activity])
}

fn fork(event: &Event, place: &Place<'_>) -> Result<Vec<Activity>, RecordError> {
    let forkee = part(event, "forkee")?;
    let actor = event.actor.clone().unwrap_or_else(|| identity(forkee.get("owner")));
    let id = place.id("fork", &required(forkee, "id")?);
    let mut activity = Activity::new(&REPO_FORKED, id, made_at(event, forkee)?, actor);
    activity.channel = Some(place.channel());
    activity.url = text(forkee.get("html_url"));
    Ok(vec![activity])
}
