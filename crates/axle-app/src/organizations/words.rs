//! A person's word on where a member worked: added, ended or denied by hand, kept in the history, and undone.

use std::collections::HashSet;

use axle_model::time::{date_of_day, day_of_date};
use axle_organization::{DomainKind, Name, Rules, Sighting, domain_kind};
use axle_store::affiliation_word::{self, AffiliationWord};
use axle_store::identity;
use axle_store::identity_change::{AFFILIATION, About};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::Found;
use super::show::no_such;
use crate::changes::{self, Change, Record};
use crate::members::member_of;
use crate::{AppError, AppResult, Workspace, people, refresh};

/// What a person says of a member and an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// Whether they were there; otherwise they were not.
    pub is_there: bool,
    /// First date that it is about; `None`: since ever.
    pub from: Option<Date>,
    /// First date after; `None`: without end.
    pub to: Option<Date>,
    /// What they did there.
    pub title: Option<String>,
}

/// What somebody said of a member and an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The change that undoing takes back.
    pub change_id: i64,
    /// Public id of the organization; `None` when there is no such one any more.
    pub organization_id: Option<String>,
    /// What it is called, or was.
    pub name: String,
    /// Whether they were there; otherwise they were not.
    pub is_there: bool,
    /// First date that it is about; `None`: since ever.
    pub from: Option<Date>,
    /// First date after; `None`: without end.
    pub to: Option<Date>,
    /// What they did there.
    pub title: Option<String>,
    /// Who said it.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// Says that a member was at an organization on these days, or was not. It stands above what is found, of the same
/// organization and of others; what was said later of the same days stands above what was said before. `organization`: an id,
/// a domain or a name; one that is not known yet is made by saying that somebody was there.
pub async fn say_affiliation(
    workspace: &Workspace,
    member_id: &str,
    organization: &str,
    word: Word,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    if let (Some(from), Some(to)) = (word.from, word.to)
        && from >= to
    {
        return Err(AppError::Invalid(format!("no day lies between: {from} must lie before {to}")));
    }
    refresh::refresh(workspace).await?;
    let member = member_of(workspace, member_id).await?;
    let rules = people::settings(workspace).await?.rules();
    let numbers = workspace.numbers().read().await.clone();
    let (key, name) = meant(&numbers.found, organization, word.is_there, &rules)?;
    let identities = identity::of_member(workspace.db(), member.member_number).await?;
    let title = word.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let summary = format!("{}: {}", member.name, sentence(&word, &name));
    let mut tx = workspace.db().begin().await?;
    let kind = if word.is_there { "there" } else { "not_there" };
    let about = About { subject: AFFILIATION, kind, summary: &summary };
    let whom = vec![vec![identities.iter().map(|identity| identity.identity_id).collect()]];
    let record = Record { whom, ..Record::default() };
    let change = changes::note(&mut tx, about, &record, by, now).await?;
    for identity in identities {
        let said = AffiliationWord {
            identity_change_id: change.change_id,
            identity_id: identity.identity_id,
            organization: key.clone(),
            name: name.clone(),
            is_there: word.is_there,
            from_day: word.from.map(day_of_date),
            to_day: word.to.map(day_of_date),
            title: title.map(str::to_owned),
            said_by: by.map(str::to_owned),
            said_at: now.as_microsecond(),
        };
        affiliation_word::add(&mut tx, &said).await?;
    }
    tx.commit().await?;
    changes::follow(workspace, AFFILIATION, now).await?;
    changes::told(workspace, change, &record).await
}

/// `at Acme from 2024-03-01 to 2025-01-01`; the last date is the first after.
fn sentence(word: &Word, name: &str) -> String {
    let not = if word.is_there { "" } else { "not " };
    let days = match (word.from, word.to) {
        (Some(from), Some(to)) => format!(" from {from} to {to}"),
        (Some(from), None) => format!(" from {from} on"),
        (None, Some(to)) => format!(" until {to}"),
        (None, None) => String::new(),
    };
    format!("{not}at {name}{days}")
}

impl Found {
    /// The organization that a text means: by id, domain or name. `None` when there is none.
    ///
    /// # Errors
    /// Several are called like this.
    pub(crate) fn called(&self, text: &str) -> AppResult<Option<u32>> {
        let text = text.trim();
        let lower = text.to_lowercase();
        let domain = axle_organization::readable(&lower);
        if let Some(at) = self.find(text).or_else(|| self.find(&lower)).or_else(|| self.find(&domain)) {
            return Ok(Some(at));
        }
        let is_called = |name: &String| name.to_lowercase() == lower;
        let all = (0u32..).zip(&self.organizations);
        let called = all.filter(|(_, one)| is_called(&one.name) || one.aliases.iter().any(is_called));
        let called: Vec<(u32, &str)> = called.map(|(at, one)| (at, one.organization_id.as_str())).collect();
        match called[..] {
            [] => Ok(None),
            [(at, _)] => Ok(Some(at)),
            _ => {
                let ids: Vec<&str> = called.iter().take(5).map(|(_, id)| *id).collect();
                Err(AppError::Invalid(format!(
                    "several organizations are called “{text}”: name one by its id: {}",
                    ids.join(", ")
                )))
            }
        }
    }
}

/// The leading sighting and the name of the organization that a text means.
fn meant(found: &Found, text: &str, may_be_new: bool, rules: &Rules) -> AppResult<(String, String)> {
    if let Some(at) = found.called(text)? {
        return Ok(known(found, at));
    }
    let text = text.trim();
    if !may_be_new {
        return Err(no_such(text));
    }
    let nobody = || AppError::Invalid(format!("“{text}” names no organization: write its name or its domain"));
    let name = Name::of(text).ok_or_else(nobody)?;
    if let Some(domain) = &name.domain
        && domain_kind(domain, rules).1 != DomainKind::Registered
    {
        return Err(AppError::Invalid(format!("anybody can have an address at {domain}: it is no organization")));
    }
    let sighting = Sighting::name(&name, 0, 0);
    match found.resolution.organization_of(&sighting.key) {
        Some(at) => Ok(known(found, at)),
        None => Ok((sighting.key, text.to_owned())),
    }
}

fn known(found: &Found, at: u32) -> (String, String) {
    (found.lead(at).to_owned(), found.organizations[at as usize].name.clone())
}

/// What was said of a member's organizations and holds, the latest first.
pub async fn said(workspace: &Workspace, member_id: &str) -> AppResult<Vec<Said>> {
    refresh::refresh(workspace).await?;
    let member = member_of(workspace, member_id).await?;
    let identities = identity::of_member(workspace.db(), member.member_number).await?;
    let own: HashSet<u32> = identities.iter().map(|row| row.identity_id).collect();
    let words = affiliation_word::all(workspace.db()).await?;
    let numbers = workspace.numbers().read().await.clone();
    // A word hangs on each of the identities that the member had.
    let mut changes = HashSet::new();
    let own = words.into_iter().rev().filter(|word| own.contains(&word.identity_id));
    let once = own.filter(|word| changes.insert(word.identity_change_id));
    Ok(once.map(|word| said_of(&numbers.found, word)).collect())
}

fn said_of(found: &Found, word: AffiliationWord) -> Said {
    let known = found.resolution.organization_of(&word.organization);
    let known = known.map(|at| &found.organizations[at as usize]);
    Said {
        change_id: word.identity_change_id,
        organization_id: known.map(|known| known.organization_id.clone()),
        name: known.map_or(word.name, |known| known.name.clone()),
        is_there: word.is_there,
        from: word.from_day.map(date_of_day),
        to: word.to_day.map(date_of_day),
        title: word.title,
        by: word.said_by,
        at: Timestamp::from_microsecond(word.said_at).ok(),
    }
}
