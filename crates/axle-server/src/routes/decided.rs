//! People's word on organizations: which are one, and where a member was; and undoing any change of the history.

use axle_app::changes::{self, Case, Change, Side};
use axle_app::organizations::{self as app, Said, Suggestion, Word};
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use jiff::civil::Date;
use serde::Deserialize;

use super::duplicates::account_line;
use super::settings::{Pairs, done, value};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::Link;
use crate::pages::decided::{
    AboutSide, AffiliationWords, ChangeLine, Changes, OrganizationDuplicatesPage, OrganizationPair, OrganizationSide,
};
use crate::pages::layout::Section;
use crate::pages::parts::Pager;
use crate::pages::typed::Typed;
use crate::visit::Visit;

/// Suggestions of a page.
const PAIRS: usize = 20;
/// Changes of a page of the history.
pub(super) const HISTORY: u32 = 30;
/// Before the id of the member whose duplicates undoing leads back to.
pub(super) const ONE_MEMBERS: &str = "duplicates/";

/// Changes as a page shows them. `back`: where undoing leads.
pub(super) fn history(visit: &Visit, changes: Vec<Change>, back: &str) -> Changes {
    let line = |change: Change| ChangeLine {
        change_id: change.change_id,
        about: about(visit, &change.about),
        more: change.about_more,
        summary: change.summary,
        by: change.by,
        at: change.at,
        is_undone: change.undone_at.is_some(),
    };
    Changes {
        undo: visit.link("duplicates/undo"),
        csrf: visit.token().to_owned(),
        back: back.to_owned(),
        clock: visit.clock.clone(),
        lines: changes.into_iter().map(line).collect(),
        pager: None,
    }
}

/// Whom a change is about; nobody where it is about one member, whom its sentence names.
fn about(visit: &Visit, cases: &[Case]) -> Vec<Vec<AboutSide>> {
    let side = |side: &Side| AboutSide {
        link: visit.link("members").below(&side.member_id),
        name: side.name.clone(),
        accounts: side.accounts.iter().map(|account| account_line(account, &side.name)).collect(),
    };
    match cases {
        [one] if one.sides.len() < 2 => Vec::new(),
        cases => cases.iter().map(|case| case.sides.iter().map(side).collect()).collect(),
    }
}

/// Where a history goes on: the number of the change before which the page begins.
#[derive(Deserialize)]
pub(crate) struct Before {
    before: Option<i64>,
}

impl Before {
    /// The number; `None` on the first page.
    pub(super) fn number(&self) -> Option<i64> {
        self.before
    }
}

/// A page of the history, with its foot. `here`: the page that shows it.
pub(super) fn history_page(visit: &Visit, page: changes::Page, (here, back): (Link, &str), before: &Before) -> Changes {
    let pager = Pager {
        shown: page.changes.len() as u64,
        total: page.total,
        noun: "change",
        first: before.before.map(|_| here.clone()),
        next: page.next.map(|number| here.with("before", number.to_string())),
    };
    let is_cut = pager.first.is_some() || pager.next.is_some();
    Changes { pager: is_cut.then_some(pager), ..history(visit, page.changes, back) }
}

/// `GET /{workspace}/duplicates/organizations`
pub(crate) async fn organizations(visit: Visit, Query(before): Query<Before>) -> Answer {
    visit.must_decide_identities()?;
    let workspace = &visit.opened.workspace;
    let found = app::suggestions(workspace).await?;
    let page = app::history_page(workspace, before.number(), HISTORY).await?;
    html(&OrganizationDuplicatesPage {
        layout: visit.layout("Duplicates", Section::Duplicates),
        waiting: found.len() as u64,
        decided: app::decided(workspace).await?,
        pairs: found.iter().take(PAIRS).map(|suggestion| pair(&visit, suggestion)).collect(),
        history: history_page(&visit, page, (visit.link("duplicates/organizations"), "organizations"), &before),
    })
}

fn pair(visit: &Visit, suggestion: &Suggestion) -> OrganizationPair {
    let side = |id: &str, side: &app::Side| OrganizationSide {
        link: visit.link("organizations").below(id),
        name: side.name.clone(),
        members: side.members,
        sightings: side.sightings.iter().map(|one| (one.kind, one.text.clone())).collect(),
    };
    let (against, reasons): (Vec<String>, Vec<String>) =
        suggestion.reasons.iter().cloned().partition(|reason| reason.starts_with("but "));
    OrganizationPair {
        suggestion_id: suggestion.suggestion_id.clone(),
        probability: suggestion.probability * 100.0,
        reasons,
        against,
        sides: [side(&suggestion.a, &suggestion.sides[0]), side(&suggestion.b, &suggestion.sides[1])],
        is_skipped: suggestion.is_skipped,
    }
}

/// `POST /{workspace}/duplicates/organizations`
pub(crate) async fn decide(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    let (workspace, by, now) = (&visit.opened.workspace, Some(visit.user.name.as_str()), visit.clock.now);
    let one = |key: &str| Some(value(&pairs, key)).filter(|id| !id.is_empty()).map(|id| vec![id.to_owned()]);
    if let Some(ids) = one("skip") {
        app::skip(workspace, &ids, by, now).await?;
        return done(&visit, "duplicates/organizations", "later");
    }
    let chosen: Vec<String> = pairs.iter().filter(|(name, _)| name == "chosen").map(|(_, id)| id.clone()).collect();
    let (is_one, ids) = match (one("accept"), one("reject")) {
        (Some(ids), _) => (true, ids),
        (_, Some(ids)) => (false, ids),
        _ => (value(&pairs, "action") != "reject", chosen),
    };
    let done_what = match (ids.is_empty(), is_one) {
        (true, _) => "nothing",
        (_, true) => {
            app::accept(workspace, &ids, by, now).await?;
            "one-organization"
        }
        _ => {
            app::reject(workspace, &ids, by, now).await?;
            "two-organizations"
        }
    };
    done(&visit, "duplicates/organizations", done_what)
}

/// `POST /{workspace}/organizations/{organization}/merge`
pub(crate) async fn merge(visit: Visit, Path((_, id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    let by = Some(visit.user.name.as_str());
    if let Err(error) = app::merge(&visit.opened.workspace, &id, value(&pairs, "with"), by, visit.clock.now).await {
        return super::organizations::again(visit, &id, ("merge", pairs), error).await;
    }
    let link = visit.link("organizations").below(&id).with("done", "one-organization");
    Ok(Redirect::to(&link.to_string()).into_response())
}

/// `POST /{workspace}/organizations/{organization}/split`
pub(crate) async fn split(visit: Visit, Path((_, id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    let chosen: Vec<String> = pairs.iter().filter(|(name, _)| name == "sighting").map(|(_, key)| key.clone()).collect();
    let by = Some(visit.user.name.as_str());
    if let Err(error) = app::split(&visit.opened.workspace, &id, &chosen, by, visit.clock.now).await {
        return super::organizations::again(visit, &id, ("split", pairs), error).await;
    }
    let link = visit.link("organizations").below(&id).with("done", "organization-split");
    Ok(Redirect::to(&link.to_string()).into_response())
}

/// `POST /{workspace}/organizations/{organization}/parent`
pub(crate) async fn parent(visit: Visit, Path((_, id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    let (by, parent) =
        (Some(visit.user.name.as_str()), Some(value(&pairs, "parent").trim()).filter(|id| !id.is_empty()));
    if let Err(error) = app::set_parent(&visit.opened.workspace, &id, parent, by, visit.clock.now).await {
        return super::organizations::again(visit, &id, ("parent", pairs), error).await;
    }
    let link = visit.link("organizations").below(&id).with("done", "organization-parent");
    Ok(Redirect::to(&link.to_string()).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Undo {
    csrf: String,
    change: i64,
    /// Empty, `organizations`, [`ONE_MEMBERS`] with a member's id, or that id alone.
    #[serde(default)]
    back: String,
}

/// `POST /{workspace}/duplicates/undo`
pub(crate) async fn undo(visit: Visit, Form(form): Form<Undo>) -> Answer {
    visit.check_form(&form.csrf)?;
    visit.must_decide_identities()?;
    changes::undo(&visit.opened.workspace, form.change, Some(&visit.user.name), visit.clock.now).await?;
    let back = match (form.back.as_str(), form.back.strip_prefix(ONE_MEMBERS)) {
        ("", _) => visit.link("duplicates"),
        ("organizations", _) => visit.link("duplicates/organizations"),
        (_, Some(member)) => visit.link("duplicates").with("member", member),
        (member, None) => visit.link("members").below(member),
    };
    Ok(Redirect::to(&back.with("done", "undone").to_string()).into_response())
}

/// What was said of a member's organizations, and the forms for those who may say more.
pub(super) async fn words(visit: &Visit, member_id: &str, typed: Typed) -> Result<AffiliationWords, Failure> {
    let said = app::said(&visit.opened.workspace, member_id).await?;
    let line = |said: Said| ChangeLine {
        change_id: said.change_id,
        summary: sentence(&said),
        by: said.by,
        at: said.at,
        is_undone: false,
        about: Vec::new(),
        more: 0,
    };
    let may_say = visit.user.may_decide_identities();
    Ok(AffiliationWords {
        say: may_say.then(|| visit.link("members").below(member_id).below("affiliations")),
        words: said.into_iter().map(line).collect(),
        typed,
    })
}

/// `Not at Acme since 3 Mar 2024`
fn sentence(said: &Said) -> String {
    let not = if said.is_there { "At" } else { "Not at" };
    match (said.from, said.to) {
        (None, None) => format!("{not} {}", said.name),
        (from, to) => format!("{not} {} {}", said.name, super::member::days(from, to)),
    }
}

/// `POST /{workspace}/members/{member}/affiliations`: what cannot be is shown again as it was typed, with what to change.
pub(crate) async fn say(visit: Visit, Path((_, member_id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    if let Err(failure) = note(&visit, &member_id, &pairs).await {
        return super::member::again(visit, member_id, ("affiliation", pairs), failure).await;
    }
    let link = visit.link("members").below(&member_id).with("done", "affiliation");
    Ok(Redirect::to(&link.to_string()).into_response())
}

async fn note(visit: &Visit, member_id: &str, pairs: &[(String, String)]) -> Result<(), Failure> {
    let (from, after) = (date(pairs, "from")?, date(pairs, "last")?.map(|last| last.tomorrow().unwrap_or(last)));
    let word = match value(pairs, "word") {
        "there" => Word { is_there: true, from, to: after, title: Some(value(pairs, "title").to_owned()) },
        "ended" if after.is_some() => Word { from: after, ..Word::default() },
        "ended" => return Err(Failure::Invalid("Say the last day there.".into())),
        "never" => Word::default(),
        other => return Err(Failure::Invalid(format!("`{other}` is no word: use there, ended or never"))),
    };
    let by = Some(visit.user.name.as_str());
    let organization = value(pairs, "organization");
    app::say_affiliation(&visit.opened.workspace, member_id, organization, word, by, visit.clock.now).await?;
    Ok(())
}

/// A date of a form; `None` when nothing was typed.
pub(super) fn date(pairs: &[(String, String)], key: &str) -> Result<Option<Date>, Failure> {
    match value(pairs, key).trim() {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| Failure::Invalid(format!("“{}” is no date: write it as 2026-03-01", format::clean(text)))),
    }
}
