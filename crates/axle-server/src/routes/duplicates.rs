//! Members who may be one person: judged, split, undone; and from when on they are joined by themselves.

use std::collections::HashSet;

use axle_app::AppError;
use axle_app::identities::{self as app, Account, Pair, Precision, Settings, Side, Suggestion};
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::decided::{Before, HISTORY, ONE_MEMBERS, history_page};
use super::settings::{Pairs, done, value};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::pages::duplicates::{
    AccountLine, DuplicateLine, DuplicatesOf, DuplicatesPage, IdentitiesPage, PairCard, Preview, SideCard, percent,
};
use crate::pages::layout::Section;
use crate::pages::parts::Person;
use crate::visit::Visit;

/// Suggestions of a page.
const PAIRS: usize = 20;

/// Whom the suggestions are about.
#[derive(Deserialize)]
pub(crate) struct Only {
    /// Public id of a member; everybody unless given.
    member: Option<String>,
}

/// `GET /{workspace}/duplicates`
pub(crate) async fn page(visit: Visit, Query(before): Query<Before>, Query(only): Query<Only>) -> Answer {
    visit.must_decide_identities()?;
    let workspace = &visit.opened.workspace;
    let found = app::suggestions(workspace, usize::MAX).await?;
    let changes = app::history_page(workspace, before.number(), HISTORY).await?;
    let percent = |share: f64| share * 100.0;
    let precision = found.precision.and_then(|precision| {
        let (least, most) = precision.interval;
        Some((percent(precision.share?), percent(least), percent(most)))
    });
    let theirs = match &only.member {
        Some(member) => Some(app::suggestions_of(workspace, member).await?),
        None => None,
    };
    let pairs = match &theirs {
        None => of_different_people(&found.waiting).take(PAIRS).map(|suggestion| pair(&visit, suggestion)).collect(),
        Some(theirs) => theirs.waiting.iter().take(PAIRS).map(|suggestion| pair(&visit, suggestion)).collect(),
    };
    let member_id = theirs.as_ref().map_or("", |theirs| theirs.member_id.as_str());
    let here = visit.link("duplicates").with("member", member_id);
    let back = if member_id.is_empty() { String::new() } else { format!("{ONE_MEMBERS}{member_id}") };
    html(&DuplicatesPage {
        layout: visit.layout("Duplicates", Section::Duplicates),
        only: theirs.as_ref().map(|theirs| Person::member(visit.slug(), &theirs.member_id, &theirs.name)),
        member_id: theirs.map_or_else(String::new, |theirs| theirs.member_id),
        waiting: found.waiting.len() as u64,
        decided: found.decided,
        precision,
        pairs,
        history: history_page(&visit, changes, (here, back.as_str()), &before),
    })
}

/// Each member once: whoever has five accounts is not asked about ten times, since joining two of them answers for others.
fn of_different_people(waiting: &[Suggestion]) -> impl Iterator<Item = &Suggestion> {
    let mut shown: HashSet<&str> = HashSet::new();
    waiting.iter().filter(move |suggestion| {
        let is_new = !shown.contains(suggestion.a.as_str()) && !shown.contains(suggestion.b.as_str());
        if is_new {
            shown.extend([suggestion.a.as_str(), suggestion.b.as_str()]);
        }
        is_new
    })
}

fn pair(visit: &Visit, suggestion: &Suggestion) -> PairCard {
    let side = |id: &str, side: &Side| SideCard {
        person: Person::member(visit.slug(), id, &side.name),
        accounts: side.accounts.iter().map(|account| account_line(account, &side.name)).collect(),
    };
    let (against, reasons): (Vec<String>, Vec<String>) =
        suggestion.reasons.iter().cloned().partition(|reason| reason.starts_with("but "));
    PairCard {
        suggestion_id: suggestion.suggestion_id.clone(),
        probability: suggestion.probability * 100.0,
        reasons,
        against,
        sides: [side(&suggestion.a, &suggestion.sides[0]), side(&suggestion.b, &suggestion.sides[1])],
        is_skipped: suggestion.is_skipped,
    }
}

/// What `known` says already is left out.
pub(super) fn account_line(account: &Account, known: &str) -> AccountLine {
    let more = [account.name.clone(), account.email.clone()].into_iter().flatten();
    AccountLine {
        platform: account.platform.clone(),
        handle: account.handle.clone(),
        more: more.filter(|more| more != known).collect(),
    }
}

/// `POST /{workspace}/duplicates`
pub(crate) async fn decide(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    let (workspace, by, now) = (&visit.opened.workspace, Some(visit.user.name.as_str()), visit.clock.now);
    let one = |key: &str| {
        let id = value(&pairs, key);
        (!id.is_empty()).then(|| vec![id.to_owned()])
    };
    let chosen: Vec<String> = pairs.iter().filter(|(name, _)| name == "chosen").map(|(_, id)| id.clone()).collect();
    let (action, ids) = if let Some(ids) = one("accept") {
        ("accept", ids)
    } else if let Some(ids) = one("reject") {
        ("reject", ids)
    } else if let Some(ids) = one("skip") {
        ("skip", ids)
    } else {
        (value(&pairs, "action"), chosen)
    };
    // Whoever judged those of one member stays with them.
    let done = |what: &str| -> Answer {
        let link = visit.link("duplicates").with("member", value(&pairs, "member")).with("done", what);
        Ok(Redirect::to(&link.to_string()).into_response())
    };
    if ids.is_empty() {
        return done("nothing");
    }
    let decided = match action {
        "reject" => app::reject(workspace, &ids, by, now).await.map(|change| ("two-people", change.left_out)),
        "skip" => app::skip(workspace, &ids, by, now).await.map(|left_out| ("later", left_out)),
        _ => app::accept(workspace, &ids, by, now).await.map(|change| ("one-person", change.left_out)),
    };
    let done_what = match decided {
        Ok((done_what, left_out)) if left_out.is_empty() => done_what,
        Ok(_) => "some-decided",
        Err(AppError::NotFound(_)) => "all-decided",
        Err(error) => return Err(error.into()),
    };
    done(done_what)
}

/// `GET /{workspace}/members/{member}/duplicates`
pub(crate) async fn of_member(visit: Visit, Path((_, member_id)): Path<(String, String)>) -> Answer {
    visit.must_decide_identities()?;
    let theirs = app::suggestions_of(&visit.opened.workspace, &member_id).await?;
    let line = |suggestion: &Suggestion| {
        let other = usize::from(suggestion.a == theirs.member_id);
        let id = [&suggestion.a, &suggestion.b][other];
        DuplicateLine {
            person: Person::member(visit.slug(), id, &suggestion.sides[other].name),
            percent: percent(suggestion.probability * 100.0),
            reasons: suggestion.reasons.join(", "),
        }
    };
    html(&DuplicatesOf {
        judge: visit.link("duplicates").with("member", &theirs.member_id),
        lines: theirs.waiting.iter().map(line).collect(),
    })
}

/// `POST /{workspace}/members/{member}/merge`: what cannot be is shown again as it was typed, with what to change.
pub(crate) async fn merge(visit: Visit, Path((_, member_id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    let (workspace, by) = (&visit.opened.workspace, Some(visit.user.name.as_str()));
    let failure = match app::merge(workspace, &member_id, value(&pairs, "with"), by, visit.clock.now).await {
        Ok(_) => {
            let link = visit.link("members").below(&member_id).with("done", "merged");
            return Ok(Redirect::to(&link.to_string()).into_response());
        }
        // Nobody is called as it was typed.
        Err(AppError::NotFound(problem)) => Failure::Invalid(problem),
        Err(error) => error.into(),
    };
    super::member::again(visit, member_id, ("merge", pairs), failure).await
}

/// `POST /{workspace}/members/{member}/split`: what cannot be is shown again with what was chosen and what to change.
pub(crate) async fn split(visit: Visit, Path((_, member_id)): Path<(String, String)>, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_decide_identities()?;
    let chosen: Vec<String> = pairs.iter().filter(|(name, _)| name == "identity").map(|(_, id)| id.clone()).collect();
    let by = Some(visit.user.name.as_str());
    if let Err(error) = app::split(&visit.opened.workspace, &member_id, &chosen, by, visit.clock.now).await {
        return super::member::again(visit, member_id, ("split", pairs), error.into()).await;
    }
    Ok(Redirect::to(&visit.link("members").below(&member_id).with("done", "split").to_string()).into_response())
}

/// `GET /{workspace}/settings/identities`
pub(crate) async fn settings(visit: Visit) -> Answer {
    visit.must_administer()?;
    let held = app::settings(&visit.opened.workspace).await?;
    let threshold = held.threshold.map_or_else(String::new, |threshold| crate::format::number(threshold * 100.0));
    html(&settings_page(&visit, threshold, held.largest_member.to_string(), None))
}

fn settings_page(visit: &Visit, threshold: String, largest: String, problem: Option<String>) -> IdentitiesPage {
    IdentitiesPage {
        layout: visit.layout("Settings", Section::Settings),
        threshold,
        largest,
        problem,
        preview: None,
        precision: None,
        duplicates: visit.link("duplicates"),
    }
}

fn typed(threshold: &str, largest: &str) -> Result<Settings, String> {
    let threshold = match threshold.trim().trim_end_matches('%').trim() {
        "" => None,
        text => Some(text.replace(',', ".").parse::<f64>().map_err(|_| {
            format!("“{text}” is no percentage: write a number from 50 to 100 such as 99.9, or nothing for never")
        })?),
    };
    let largest_member =
        largest.trim().parse().map_err(|_| format!("“{largest}” is no number of identities: write one such as 12"))?;
    Ok(Settings { threshold: threshold.map(|percent| percent / 100.0), largest_member })
}

/// `POST /{workspace}/settings/identities`
pub(crate) async fn set_settings(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let (threshold, largest) = (value(&pairs, "threshold").to_owned(), value(&pairs, "largest").to_owned());
    let refused = |problem: String| -> Answer {
        let page = settings_page(&visit, threshold.clone(), largest.clone(), Some(problem));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
    };
    let wanted = match typed(&threshold, &largest) {
        Ok(wanted) => wanted,
        Err(problem) => return refused(problem),
    };
    if value(&pairs, "action") == "save" {
        let by = Some(visit.user.email.as_str());
        return match app::set_settings(workspace, &wanted, by, visit.clock.now).await {
            Ok(()) => done(&visit, "settings/identities", "identities"),
            Err(AppError::Invalid(problem)) => refused(problem),
            Err(error) => Err(error.into()),
        };
    }
    let preview = match app::preview(workspace, &wanted).await {
        Ok(preview) => preview,
        Err(AppError::Invalid(problem)) => return refused(problem),
        Err(error) => return Err(Failure::from(error)),
    };
    let mut page = settings_page(&visit, threshold, largest, None);
    page.preview = Some([
        preview_of(preview.joins, "would be joined", "least", &preview.joined),
        preview_of(preview.parts, "would be parted again", "most", &preview.parted),
    ]);
    page.precision = preview.precision.map(precision_of);
    html(&page)
}

/// `Of 58 suggestions that are as probable and that reviewers decided, 57 were accepted and still stand …`
fn precision_of(found: Precision) -> String {
    let Precision { decided, accepted, share, interval: (least, most) } = found;
    let percent = |share: f64| format!("{:.0}", share * 100.0);
    match share {
        None => "Nobody has decided a suggestion that is as probable: judge some under Duplicates first.".into(),
        Some(share) => format!(
            "Of {} as probable that were decided, {accepted} accepted and still standing: {} % right (95 % certain: {} to {} %).",
            format::plural(decided as u64, "suggestion"),
            percent(share),
            percent(least),
            percent(most)
        ),
    }
}

fn preview_of(all: usize, what: &str, which: &str, sample: &[Pair]) -> Preview {
    let line = |pair: &Pair| {
        let [one, other] = [&pair.one, &pair.other].map(|account| account_line(account, ""));
        (one, other, percent(pair.probability * 100.0), pair.reasons.clone())
    };
    Preview {
        title: match all {
            0 => format!("Nobody {what}"),
            all => format!("{} {what}", format::plural(all as u64, "pair")),
        },
        shown: if sample.is_empty() { String::new() } else { format!("the {} {which} probable", sample.len()) },
        sample: sample.iter().map(line).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_read_as_people_write_it() {
        assert_eq!(typed("", "12").unwrap().threshold, None);
        assert_eq!(typed(" 99,5 % ", "12").unwrap().threshold, Some(0.995));
        assert!(typed("often", "12").unwrap_err().contains("“often” is no percentage"));
        assert!(typed("99", "many").unwrap_err().contains("“many” is no number of identities"));
    }
}
