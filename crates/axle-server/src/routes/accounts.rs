//! Accounts: organizations that buy or may buy, with what is at risk, in words.

use std::collections::{HashMap, HashSet};

use axle_app::accounts::{self as app, Account, CHOICES, Choice, Mark, Risk};
use axle_app::permissions::Permission;
use axle_app::roster::Roster;
use axle_app::{AppError, AppResult};
use axum::Form;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect};

use super::member::sentence_case;
use super::settings::{Pairs, value};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::pages::accounts::{AccountLine, AccountsPage};
use crate::pages::layout::Section;
use crate::pages::parts::Person;
use crate::visit::Visit;

/// Accounts of a page.
const ROWS: usize = 50;
/// People whom an account names.
const PEOPLE: usize = 8;

/// What the words are called by which accounts are chosen.
const LABELS: [&str; 5] = ["All", "Key accounts", "At risk", "Renewal within 60 days", "Open deals"];

/// `GET /{workspace}/accounts`
pub(crate) async fn page(visit: Visit, Query(query): Query<HashMap<String, String>>) -> Answer {
    visit.must_see_members()?;
    let asked = query.get("show").map_or("", String::as_str);
    let all = visit.opened.accounts(visit.clock.now).await?;
    let roster = visit.opened.roster(visit.clock.now).await?;
    let (_, is_shown) = CHOICES.iter().find(|(key, ..)| *key == asked).unwrap_or(&CHOICES[0]);
    let found: Vec<&Account> = all.iter().filter(|account| is_shown(account)).collect();
    let count = |((key, holds), label): (&Choice, &'static str)| {
        (*key, label, all.iter().filter(|account| holds(account)).count() as u64)
    };
    html(&AccountsPage {
        layout: visit.layout("Accounts", Section::Accounts),
        here: visit.link("accounts").with("show", asked),
        choices: CHOICES.iter().zip(LABELS).map(count).collect(),
        more: found.len().saturating_sub(ROWS) as u64,
        accounts: found.into_iter().take(ROWS).map(|account| line(&visit, account, &roster)).collect(),
        any: !all.is_empty(),
    })
}

/// `POST /{workspace}/accounts`: an organization is a prospect, a key account, or none any more. What cannot be is shown again as
/// it was typed, with what to change, to who may see the page.
pub(crate) async fn mark(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.user.must(Permission::MarkAccounts)?;
    let id = value(&pairs, "organization").trim().to_owned();
    let form = if value(&pairs, "mark") == "prospect" { "prospect" } else { "key" };
    let sees = visit.user.may_see_members();
    if let Err(error) = note(&visit, &id, &pairs).await {
        return match (sees, error) {
            (true, error) => super::organizations::again(visit, &id, (form, pairs), error).await,
            // The list of hand-offs names members: the answer to a form of sales does not.
            (false, AppError::NotFound(problem)) => Err(Failure::Invalid(problem)),
            (false, error) => Err(error.into()),
        };
    }
    let back = if sees { visit.link("organizations").below(&id) } else { visit.link("hand-offs") };
    Ok(Redirect::to(&back.with("done", "account-marked").to_string()).into_response())
}

async fn note(visit: &Visit, id: &str, pairs: &[(String, String)]) -> AppResult<()> {
    let get = |key: &str| value(pairs, key).trim();
    let no_number = |text: &str| AppError::Invalid(format!("“{text}” is no number of key members: write it in digits"));
    let target = match get("target") {
        "" => None,
        text => Some(text.parse().map_err(|_| no_number(text))?),
    };
    let said = match get("mark") {
        "prospect" => Mark::Prospect { motion: get("motion").to_owned() },
        "key" => Mark::Key { owner: get("owner").to_owned(), target, reason: get("reason").to_owned() },
        "not-key" => Mark::NotKey,
        other => {
            return Err(AppError::Invalid(format!(
                "`{other}` says nothing of an account: use prospect, key or not-key."
            )));
        }
    };
    app::mark(&visit.opened.workspace, id, &said, &visit.user.name, visit.clock.now).await
}

fn line(visit: &Visit, account: &Account, roster: &Roster) -> AccountLine {
    let mut named = HashSet::new();
    let ids = account.key_members.iter().chain(&account.champions).filter(|id| named.insert(id.as_str()));
    let person = |id: &String| Person::member(visit.slug(), id, roster.name_of(id));
    let what = [account.lifecycle.as_deref().map(sentence_case), account.plan.clone()];
    AccountLine {
        link: visit.link("organizations").below(&account.organization_id),
        name: account.name.clone(),
        what: what.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        key: account.key.as_ref().map(|key| (key.target, key.owner.clone())),
        people: ids.map(person).take(PEOPLE).collect(),
        members: (account.members, account.active_members),
        key_members: (account.active_key_members, account.key_members.len() as u64),
        renews: account.renews_on.map(|on| (format::date(on), account.is_renewal_near)),
        risks: account.risks.iter().map(risk).collect(),
    }
}

fn risk(risk: &Risk) -> String {
    match risk {
        Risk::SilentChampions(count) => format!("{} fell silent", format::plural(*count, "champion")),
        Risk::NoKeyMember => "No key member named".into(),
        Risk::NoActiveKeyMember => "No key member active in 90 days".into(),
        Risk::SingleThread => "Hangs on one key member".into(),
        Risk::StuckNewcomers(count) => format!("{} stuck", format::plural(*count, "newcomer")),
        Risk::OpenTickets(count) => format!("{} open", format::plural(*count, "ticket")),
    }
}
