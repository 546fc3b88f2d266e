//! What a member allows: shown on their page, recorded and taken back there.

use axle_app::audit::Actor;
use axle_app::consents::{self as app, Consent, Given, KINDS, TEXT_VERSION};
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};

use super::settings::{Pairs, value};
use crate::failure::{Answer, Failure};
use crate::pages::hand_offs::{ConsentLine, Consents};
use crate::pages::typed::Typed;
use crate::visit::Visit;

/// The part of the member's page.
pub(super) async fn part(visit: &Visit, member_id: &str, typed: Typed) -> Result<Consents, Failure> {
    let all = app::of_member(&visit.opened.workspace, member_id).await?;
    Ok(Consents {
        lines: all.iter().map(line).collect(),
        say: visit.user.may_hand_off().then(|| visit.link("members").below(member_id).below("consents")),
        kinds: KINDS.to_vec(),
        text_version: TEXT_VERSION,
        csrf: visit.token().to_owned(),
        clock: visit.clock.clone(),
        typed,
    })
}

/// A consent in words.
pub(super) fn line(consent: &Consent) -> ConsentLine {
    let name = KINDS.iter().find(|(kind, ..)| *kind == consent.kind).map(|(_, name, _)| *name);
    let text = consent.text_version.as_ref().map(|version| format!("text {version}"));
    let channel = consent.channel.as_ref().map(|channel| format!("in {channel}"));
    ConsentLine {
        consent_id: consent.consent_id.clone(),
        kind: name.map_or_else(|| consent.kind.replace('_', " "), str::to_owned),
        covers: if consent.covers_private { "private channels too".into() } else { "what they said in public".into() },
        how: [text, channel].into_iter().flatten().collect::<Vec<_>>().join(", "),
        at: consent.at,
        revoked_at: consent.revoked_at,
    }
}

/// `POST /{workspace}/members/{member}/consents`: what cannot be is shown again as it was typed, with what to change.
pub(crate) async fn act(visit: Visit, Path((_, member)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    if !visit.user.may_hand_off() {
        return Err(Failure::Forbidden);
    }
    let done = match note(&visit, &member, &pairs).await {
        Ok(done) => done,
        Err(failure) => return super::member::again(visit, member, ("consent", pairs), failure).await,
    };
    let link = visit.link("members").below(&member).with("done", done);
    Ok(Redirect::to(&format!("{link}#consents")).into_response())
}

async fn note(visit: &Visit, member: &str, pairs: &[(String, String)]) -> Result<&'static str, Failure> {
    let (workspace, actor, now) = (&visit.opened.workspace, Actor::of(&visit.user), visit.clock.now);
    match value(pairs, "revoke") {
        "" => {
            let day = super::decided::date(pairs, "day")?;
            let at = day.and_then(|day| day.to_zoned(visit.clock.zone.clone()).ok()).map(|day| day.timestamp());
            let given = Given {
                kind: value(pairs, "kind").to_owned(),
                covers_private: value(pairs, "covers") == "private",
                channel: value(pairs, "channel").to_owned(),
                at,
            };
            app::record(workspace, member, &given, actor, now).await?;
            Ok("consent")
        }
        consent => {
            app::take_back(workspace, member, consent, actor, now).await?;
            Ok("consent-revoked")
        }
    }
}
