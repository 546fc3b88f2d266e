//! Settings of flywheels, for administrators: the list, one as numbers and as text, and what a change would do.

mod shown;

use std::collections::HashMap;

use axle_app::AppError;
use axle_app::flywheels::own::{self, Check, Draft, Origin, Saving};
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::settings::{Pairs, done, value};
use crate::failure::{Answer, Failure, html};
use crate::pages::flywheel_editor::{FlywheelEditorPage, FlywheelLine, FlywheelSettingsPage, VersionLine};
use crate::pages::layout::Section;
use crate::visit::Visit;

/// `GET /{workspace}/settings/flywheels`
pub(crate) async fn list(visit: Visit) -> Answer {
    visit.must_administer()?;
    let line = |line: own::Line| FlywheelLine {
        link: visit.link("settings/flywheels").below(&line.flywheel),
        title: line.title,
        question: line.question,
        steps: line.steps as u64,
        version: line.version,
        origin: match line.origin {
            Origin::Shipped => None,
            Origin::Changed => Some("changed here"),
            Origin::Own => Some("made here"),
        },
        saved: line.saved_at.zip(line.saved_by),
        problem: line.problem,
    };
    let flywheels = own::list(&visit.opened.workspace).await?.into_iter().map(line).collect();
    html(&FlywheelSettingsPage { layout: visit.layout("Settings", Section::Settings), flywheels })
}

/// What is typed, and what looking at it gave.
struct Typed {
    id: String,
    /// Not saved yet.
    is_new: bool,
    made_from: u32,
    text: String,
    /// Numbers as typed, by their place.
    numbers: HashMap<String, String>,
    problem: Option<String>,
}

/// `GET /{workspace}/settings/flywheels/new`
pub(crate) async fn new(visit: Visit) -> Answer {
    visit.must_administer()?;
    let typed = Typed {
        id: String::new(),
        is_new: true,
        made_from: 0,
        text: own::EXAMPLE.to_owned(),
        numbers: HashMap::new(),
        problem: None,
    };
    html(&page(&visit, typed, None).await?)
}

/// `GET /{workspace}/settings/flywheels/{flywheel}`; `?version=3` begins with the text of that version.
pub(crate) async fn edit(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<HashMap<String, String>>,
) -> Answer {
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let history = own::history(workspace, &id).await?;
    let asked = asked.get("version").and_then(|version| version.parse::<i64>().ok());
    let earlier = asked.and_then(|asked| history.into_iter().find(|one| one.version == asked)).and_then(|one| one.text);
    let text = match earlier {
        Some(text) => text,
        None => own::text(workspace, &id).await?,
    };
    let made_from = own::version(workspace, &id).await?;
    let lines = own::list(workspace).await?;
    let problem = lines.into_iter().find(|line| line.flywheel == id).and_then(|line| line.problem);
    let problem = problem.map(|problem| format!("This cannot be used, and does not turn: {problem}"));
    html(&page(&visit, Typed { id, is_new: false, made_from, text, numbers: HashMap::new(), problem }, None).await?)
}

/// `POST /{workspace}/settings/flywheels/new`
pub(crate) async fn add(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.must_administer()?;
    let id = value(&pairs, "id").trim().to_owned();
    take(visit, id, true, &pairs).await
}

/// `POST /{workspace}/settings/flywheels/{flywheel}`
pub(crate) async fn change(visit: Visit, Path((_, id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.must_administer()?;
    own::history(&visit.opened.workspace, &id).await?;
    take(visit, id, false, &pairs).await
}

/// Looks at a draft, or saves it.
async fn take(visit: Visit, id: String, is_new: bool, pairs: &[(String, String)]) -> Answer {
    visit.check_form(value(pairs, "csrf"))?;
    let (workspace, now) = (&visit.opened.workspace, visit.clock.now);
    // Browsers end lines with two characters.
    let text = value(pairs, "text").replace("\r\n", "\n");
    let made_from = value(pairs, "made_from").parse().unwrap_or(0);
    let numbers: HashMap<String, String> =
        pairs.iter().filter_map(|(name, value)| Some((name.strip_prefix("n:")?.to_owned(), value.clone()))).collect();
    let mut typed = Typed { id: id.clone(), is_new, made_from, text, numbers, problem: None };
    if is_new && own::version(workspace, &id).await? > 0 && own::text(workspace, &id).await.is_ok() {
        typed.problem = Some(format!("There is a flywheel `{id}` already: choose another id."));
        return refused(&visit, typed, None).await;
    }
    match own::with_numbers(&typed.text, &changed(pairs)) {
        Ok(text) => (typed.text, typed.numbers) = (text, HashMap::new()),
        // A definition that is no TOML is told with its lines below.
        Err(_) if own::groups(&typed.text).is_none() => {}
        Err(problem) => {
            typed.problem = Some(problem);
            return refused(&visit, typed, None).await;
        }
    }
    if value(pairs, "do") == "save" {
        // A flywheel that was removed goes on from its versions.
        let made_from = if is_new { own::version(workspace, &id).await? } else { made_from };
        let takes_over = value(pairs, "take_over") == "1";
        let draft = Draft { text: &typed.text, made_from: Some(made_from), takes_over, by: &visit.user.email };
        match own::save(workspace, &id, draft, now).await {
            Ok(Saving::Saved(_)) => return done(&visit, "settings/flywheels", "flywheel"),
            Ok(Saving::Same(_)) => return done(&visit, "settings/flywheels", "nothing"),
            Ok(Saving::Refused(check)) => {
                if check.can_be_taken_over() && !takes_over {
                    typed.problem = Some(
                        "Some scenarios come out otherwise: look at them below, and say that you expect it.".into(),
                    );
                }
                return refused(&visit, typed, Some(*check)).await;
            }
            Err(AppError::Conflict(problem)) => {
                typed.problem = Some(problem);
                return refused(&visit, typed, None).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let (check, preview) = own::preview(workspace, &id, &typed.text, now).await?;
    let trial = shown::trial(&visit, &check, preview.as_ref());
    let is_good = check.problems.is_empty();
    let page = html(&page(&visit, typed, Some(trial)).await?)?;
    Ok(if is_good { page } else { (StatusCode::UNPROCESSABLE_ENTITY, page).into_response() })
}

/// The numbers that differ from what the form was made with.
fn changed(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let typed = pairs.iter().filter_map(|(name, typed)| Some((name.strip_prefix("n:")?, typed.trim())));
    let differs = typed.filter(|(path, typed)| value(pairs, &format!("was:{path}")).trim() != *typed);
    differs.map(|(path, typed)| (path.to_owned(), typed.to_owned())).collect()
}

async fn refused(visit: &Visit, typed: Typed, check: Option<Check>) -> Answer {
    let trial = match check {
        Some(check) => {
            let (_, preview) = own::preview(&visit.opened.workspace, &typed.id, &typed.text, visit.clock.now).await?;
            Some(shown::trial(visit, &check, preview.as_ref()))
        }
        None => None,
    };
    let page = page(visit, typed, trial).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

async fn page(
    visit: &Visit,
    typed: Typed,
    trial: Option<crate::pages::flywheel_editor::FlywheelTrial>,
) -> Result<FlywheelEditorPage, Failure> {
    let workspace = &visit.opened.workspace;
    let all = visit.link("settings/flywheels");
    let here = all.below(&typed.id);
    let history = if typed.is_new { Vec::new() } else { own::history(workspace, &typed.id).await? };
    let is_saved = history.first().is_some_and(|newest| !newest.is_reset);
    let ships = own::ships(&typed.id);
    let line = |one: own::Version| VersionLine {
        what: match (one.is_reset, &one.text) {
            (false, _) => "saved",
            (true, Some(_)) => "put back to what comes with Axle",
            (true, None) => "removed",
        },
        link: one.text.is_some().then(|| here.with("version", one.version.to_string())),
        version: one.version,
        saved_at: one.saved_at,
        saved_by: one.saved_by,
    };
    let lines = own::list(workspace).await?;
    let title = lines.into_iter().find(|line| line.flywheel == typed.id).map(|line| line.title);
    Ok(FlywheelEditorPage {
        layout: visit.layout(title.unwrap_or_else(|| "New flywheel".into()), Section::Settings),
        action: if typed.is_new { all.below("new") } else { here.clone() },
        groups: shown::groups(&typed.text, &typed.numbers),
        id: typed.id,
        is_new: typed.is_new,
        made_from: typed.made_from,
        text: typed.text,
        trial,
        history: history.into_iter().map(line).collect(),
        reset: is_saved.then_some(if ships { "Put back to what comes with Axle" } else { "Remove this flywheel" }),
        problem: typed.problem,
    })
}

/// What the form to put one back sends.
#[derive(Deserialize)]
pub(crate) struct Reset {
    csrf: String,
    id: String,
}

/// `POST /{workspace}/settings/flywheels/{flywheel}/reset`
pub(crate) async fn reset(visit: Visit, Path((_, id)): Path<(String, String)>, Form(form): Form<Reset>) -> Answer {
    visit.must_administer()?;
    visit.check_form(&form.csrf)?;
    if form.id.trim() != id {
        return Err(Failure::Invalid(format!("Write {id} to confirm. Nothing was changed.")));
    }
    let version = own::reset(&visit.opened.workspace, &id, &visit.user.email, visit.clock.now).await?;
    done(&visit, "settings/flywheels", if version.is_some() { "flywheel-reset" } else { "flywheel-removed" })
}
