//! Who counts as a member: domains that make teammates or tell nothing, and a person's word on programs.

use axle_app::AppError;
use axle_app::members::MemberDetail;
use axle_app::people::{self as app, Named, Preview, Settings, Word};
use axum::Form;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::Date;
use serde::Deserialize;

use super::settings::{Pairs, done, value};
use crate::failure::{Answer, Failure, html};
use crate::pages::decided::Changes;
use crate::pages::layout::Section;
use crate::pages::parts::Person;
use crate::pages::people::{BotWord, PeoplePage, PeoplePreview, TeammateWord};
use crate::pages::typed::Typed;
use crate::visit::Visit;

/// Members and organizations that a preview names.
const NAMED: usize = 12;

fn page_of(visit: &Visit, own: String, personal: String, problem: Option<String>) -> PeoplePage {
    PeoplePage { layout: visit.layout("Settings", Section::Settings), own, personal, problem, preview: None }
}

/// `GET /{workspace}/settings/people`
pub(crate) async fn page(visit: Visit) -> Answer {
    visit.must_administer()?;
    let (own, personal) = app::settings(&visit.opened.workspace).await?.lines();
    html(&page_of(&visit, own, personal, None))
}

/// `POST /{workspace}/settings/people`
pub(crate) async fn set(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let (own, personal) = (value(&pairs, "own").to_owned(), value(&pairs, "personal").to_owned());
    let wanted = match Settings::parse(&own, &personal) {
        Ok(wanted) => wanted,
        Err(AppError::Invalid(problem)) => {
            let page = html(&page_of(&visit, own, personal, Some(problem)))?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    if value(&pairs, "action") == "save" {
        if wanted == app::settings(workspace).await? {
            return done(&visit, "settings/people", "nothing");
        }
        app::set_settings(workspace, &wanted, Some(&visit.user.email), visit.clock.now).await?;
        return done(&visit, "settings/people", "people");
    }
    let preview = app::preview(workspace, &wanted, visit.clock.now).await?;
    let mut page = page_of(&visit, own, personal, None);
    page.preview = Some(preview_of(&visit, &preview));
    html(&page)
}

fn preview_of(visit: &Visit, preview: &Preview) -> PeoplePreview {
    let people = |list: &[Named]| {
        let named = list.iter().take(NAMED).map(|one| Person::member(visit.slug(), &one.member_id, &one.name));
        (list.len() as u64, named.collect())
    };
    let names = |list: &[String]| (list.len() as u64, list.iter().take(NAMED).cloned().collect());
    PeoplePreview {
        teammates: people(&preview.become_teammates),
        members: people(&preview.become_members),
        gone: names(&preview.organizations_gone),
        new: names(&preview.organizations_new),
    }
}

/// Whether a member is a program, and the buttons for those who may say otherwise.
pub(super) fn bot_word(visit: &Visit, detail: &MemberDetail) -> BotWord {
    BotWord {
        link: visit.link("members").below(&detail.member.member_id).below("bot"),
        csrf: visit.token().to_owned(),
        is_bot: detail.member.is_bot,
        is_said: detail.standing.is_bot_said,
        reasons: detail.standing.bot_reasons.clone(),
        may_say: visit.user.may_manage_sources(),
    }
}

/// When a member is and was a teammate, and the form for those who may say otherwise.
pub(super) fn teammate_word(visit: &Visit, detail: &MemberDetail, typed: Typed) -> TeammateWord {
    let days = |(from, to): &(Option<Date>, Option<Date>)| super::member::days(*from, *to);
    TeammateWord {
        link: visit.link("members").below(&detail.member.member_id).below("teammate"),
        csrf: visit.token().to_owned(),
        periods: detail.standing.teammate.iter().map(days).collect(),
        is_said: detail.standing.is_teammate_said,
        may_say: visit.user.may_manage_sources(),
        typed,
    }
}

/// What people said of a member, with undo; no lines for who may not undo it.
pub(super) async fn words(visit: &Visit, member_id: &str) -> Result<Changes, Failure> {
    let words = match visit.user.may_decide_identities() {
        true => app::words(&visit.opened.workspace, member_id).await?,
        false => Vec::new(),
    };
    Ok(super::decided::history(visit, words, member_id))
}

#[derive(Deserialize)]
pub(crate) struct Said {
    csrf: String,
    word: String,
}

/// `POST /{workspace}/members/{member}/bot`
pub(crate) async fn say_bot(visit: Visit, Path((_, member)): Path<(String, String)>, Form(form): Form<Said>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_manage_sources()?;
    let word = match form.word.as_str() {
        "on" => Word::Yes(None, None),
        "off" => Word::No,
        "auto" => Word::Auto,
        other => return Err(Failure::Invalid(format!("`{other}` is no word: use on, off or auto"))),
    };
    let by = Some(visit.user.name.as_str());
    app::say_bot(&visit.opened.workspace, &member, word, by, visit.clock.now).await?;
    let link = visit.link("members").below(&member).with("done", "bot");
    Ok(Redirect::to(&link.to_string()).into_response())
}

/// `POST /{workspace}/members/{member}/teammate`: what cannot be is shown again as it was typed, with what to change.
pub(crate) async fn say_teammate(
    visit: Visit,
    Path((_, member)): Path<(String, String)>,
    Form(pairs): Pairs,
) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_manage_sources()?;
    if let Err(failure) = note_teammate(&visit, &member, &pairs).await {
        return super::member::again(visit, member, ("teammate", pairs), failure).await;
    }
    let link = visit.link("members").below(&member).with("done", "teammate");
    Ok(Redirect::to(&link.to_string()).into_response())
}

async fn note_teammate(visit: &Visit, member: &str, pairs: &[(String, String)]) -> Result<(), Failure> {
    let word = match value(pairs, "word") {
        "days" => {
            let last = super::decided::date(pairs, "last")?;
            Word::Yes(super::decided::date(pairs, "from")?, last.map(|last| last.tomorrow().unwrap_or(last)))
        }
        "never" => Word::No,
        "auto" => Word::Auto,
        other => return Err(Failure::Invalid(format!("`{other}` is no word: use days, never or auto"))),
    };
    let by = Some(visit.user.name.as_str());
    let word = (word, Some(value(pairs, "department")));
    app::say_teammate(&visit.opened.workspace, member, word, by, visit.clock.now).await?;
    Ok(())
}
