//! What a member is tagged with: shown on their page, added and taken away there.

use axle_app::members::MemberDetail;
use axle_app::permissions::Permission;
use axle_app::tags as app;
use axle_model::tag::Tag;
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};

use super::settings::{Pairs, value};
use crate::failure::Answer;
use crate::pages::tags::{TagLine, Tags};
use crate::pages::typed::Typed;
use crate::visit::Visit;

/// The part of the page of a member; none for who may not tag somebody who has no tags.
pub(super) fn part(visit: &Visit, detail: &MemberDetail, typed: Typed) -> Option<Tags> {
    let may_say = visit.user.may(Permission::Correct);
    let member = &detail.member;
    (may_say || !member.tags.is_empty()).then(|| Tags {
        lines: member.tags.iter().map(|tag| line(visit, tag)).collect(),
        say: may_say.then(|| visit.link("members").below(&member.member_id).below("tags")),
        csrf: visit.token().to_owned(),
        typed,
    })
}

fn line(visit: &Visit, tag: &Tag) -> TagLine {
    let said = tag.is_said.then(|| "said by a person".to_owned());
    let stated = (!tag.sources.is_empty()).then(|| format!("stated by {}", tag.sources.join(", ")));
    TagLine {
        tag: tag.tag.clone(),
        link: visit.link("members").with("tag", &tag.tag),
        known: said.into_iter().chain(stated).collect::<Vec<_>>().join(", "),
    }
}

/// `POST /{workspace}/members/{member}/tags`: adds a tag, or takes one away. What cannot be is shown again as it was typed, with
/// what to change.
pub(crate) async fn act(visit: Visit, Path((_, member)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_correct()?;
    let (workspace, by, now) = (&visit.opened.workspace, Some(visit.user.name.as_str()), visit.clock.now);
    let taken_away = value(&pairs, "take_away");
    let said = if taken_away.is_empty() {
        app::add(workspace, &member, value(&pairs, "tag"), by, now).await
    } else {
        app::take_away(workspace, &member, taken_away, by, now).await
    };
    let done = if taken_away.is_empty() { "tagged" } else { "tag-taken-away" };
    if let Err(error) = said {
        return super::member::again(visit, member, ("tag", pairs), error.into()).await;
    }
    let link = visit.link("members").below(&member).with("done", done);
    Ok(Redirect::to(&format!("{link}#tags")).into_response())
}
