//! Organizations joined and parted by hand: people's word as edges between sightings.

use std::collections::BTreeSet;

use axle_organization::Sighting;
use axle_store::Tx;
use axle_store::identity_change::{self, About, CANNOT_LINK, ChangeRow, HUMAN, ORGANIZATION};
use axle_store::organization_edge::{self, OrganizationEdge, PARENT};
use jiff::Timestamp;
use serde::Serialize;

use super::Found;
use super::show::no_such;
use super::suggest::chosen;
use crate::changes::{self, Change, Record};
use crate::{AppError, AppResult, Workspace, refresh};

/// One way in which an organization shows up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What tells it from all others, as `account:crm/a1`; names it for a split.
    pub key: String,
    /// `account`, `domain` or `name`.
    pub kind: &'static str,
    /// For people: the source's name of it, the domain, or the name in profiles.
    pub text: String,
    /// Why it belongs to the organization; `None` of the one that leads.
    pub reason: Option<String>,
}

impl Found {
    /// The sighting that leads an organization.
    pub(crate) fn lead(&self, at: u32) -> &str {
        let lead = self.resolution.organizations[at as usize].lead;
        &self.resolution.sightings[lead as usize].key
    }

    /// How an organization shows up, what leads first.
    pub(super) fn shown(&self, at: u32) -> Vec<Shown> {
        let resolution = &self.resolution;
        let lead = resolution.organizations[at as usize].lead;
        let mut places = resolution.groups()[at as usize].clone();
        places.sort_by_key(|place| *place != lead);
        let why = |place: u32| {
            let touching = resolution.edges.iter().filter(|edge| edge.a == place || edge.b == place);
            let surest = touching.max_by(|a, b| a.confidence.total_cmp(&b.confidence));
            surest.filter(|_| place != lead).map(|edge| edge.evidence.reason().to_owned())
        };
        let shown = |place: u32| {
            let sighting = &resolution.sightings[place as usize];
            let (kind, text) = told(sighting);
            Shown { key: sighting.key.clone(), kind, text, reason: why(place) }
        };
        places.into_iter().map(shown).collect()
    }

    fn keys(&self, at: u32) -> Vec<&str> {
        let places = self.resolution.groups()[at as usize].iter();
        places.map(|place| self.resolution.sightings[*place as usize].key.as_str()).collect()
    }

    /// Of each organization how many members are or were there.
    pub(super) fn member_counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.organizations.len()];
        for timeline in self.affiliations.values() {
            let at: BTreeSet<u32> = timeline.all().iter().map(|known| known.organization).collect();
            at.into_iter().for_each(|at| counts[at as usize] += 1);
        }
        counts
    }

    /// What leads first: accounts before domains before names, then where more people are.
    fn by_rank<'a>(&self, keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        let mut keys: Vec<&str> = keys.collect();
        keys.sort_by_key(|key| {
            let sighting = self.resolution.place_of(key).map(|at| &self.resolution.sightings[at as usize]);
            (sighting.map(|one| (one.origin, std::cmp::Reverse(one.people))), *key)
        });
        keys
    }

    fn must_find(&self, id: &str) -> AppResult<u32> {
        self.called(id)?.ok_or_else(|| no_such(id))
    }
}

/// Of which kind a sighting is, and what it shows.
pub(super) fn told(sighting: &Sighting) -> (&'static str, String) {
    let kind = match sighting.origin {
        axle_organization::Origin::Account => "account",
        axle_organization::Origin::Domain => "domain",
        axle_organization::Origin::Name => "name",
    };
    (kind, sighting.name.clone())
}

/// Says that two organizations are one. The one with more members keeps its id; the other's leads to it.
pub async fn merge(workspace: &Workspace, a: &str, b: &str, by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    join(workspace, &[(a.to_owned(), b.to_owned())], "merge", by, now).await
}

/// Accepts suggestions: the two of each are one. One change, however many.
pub async fn accept(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let pairs: Vec<(String, String)> = chosen(workspace, ids).await?.into_iter().map(|one| (one.a, one.b)).collect();
    join(workspace, &pairs, "accept", by, now).await
}

/// Rejects suggestions: the two of each are two, whatever is suggested later.
pub async fn reject(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let chosen = chosen(workspace, ids).await?;
    let numbers = workspace.numbers().read().await.clone();
    let found = &numbers.found;
    let mut tx = workspace.db().begin().await?;
    let mut record = Record::default();
    for one in &chosen {
        let (a, b) = (found.must_find(&one.a)?, found.must_find(&one.b)?);
        let edge = edge(found.lead(a), found.lead(b), CANNOT_LINK, "a suggestion was rejected");
        add(&mut tx, edge, by, now, &mut record).await?;
    }
    let summary = match &chosen[..] {
        [one] => format!("{} and {} are two organizations", one.sides[0].name, one.sides[1].name),
        many => format!("{} suggestions: are two organizations", many.len()),
    };
    keep(workspace, tx, ("reject", &summary), &record, by, now).await
}

/// Puts suggestions off: they come last from now on.
pub async fn skip(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<()> {
    let chosen = chosen(workspace, ids).await?;
    let mut tx = workspace.db().begin().await?;
    for one in &chosen {
        organization_edge::skip(&mut tx, &one.suggestion_id, by, now.as_microsecond()).await?;
    }
    Ok(tx.commit().await?)
}

/// How many suggestions were accepted or rejected, and are not undone.
pub async fn decided(workspace: &Workspace) -> AppResult<u64> {
    let rows = identity_change::all(workspace.db(), ORGANIZATION).await?;
    let stands = rows.iter().filter(|row| row.undone_at.is_none() && ["accept", "reject"].contains(&row.kind.as_str()));
    let record = |row: &ChangeRow| serde_json::from_str::<Record>(&row.edges).unwrap_or_default();
    Ok(stands.map(|row| record(row).organizations_added.len() as u64).sum())
}

async fn join(
    workspace: &Workspace,
    pairs: &[(String, String)],
    kind: &'static str,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    refresh::refresh(workspace).await?;
    let numbers = workspace.numbers().read().await.clone();
    let found = &numbers.found;
    let mut record = Record::default();
    let mut names = Vec::new();
    let members = found.member_counts();
    let decided = organization_edge::all(workspace.db()).await?;
    let mut tx = workspace.db().begin().await?;
    for (a, b) in pairs {
        let (a, b) = (found.must_find(a)?, found.must_find(b)?);
        let name = |at: u32| found.organizations[at as usize].name.as_str();
        if a == b {
            return Err(AppError::Conflict(format!("{} is one organization already", name(a))));
        }
        names.push(format!("{} and {} are one organization", name(a), name(b)));
        take_back(&mut tx, &decided, &found.keys(a), &found.keys(b), CANNOT_LINK, now, &mut record).await?;
        let rank = |at: u32| (members[at as usize], !found.organizations[at as usize].accounts.is_empty());
        let keeps = if rank(b) > rank(a) { b } else { a };
        let keeps = Some(found.lead(keeps).to_owned());
        let edge = OrganizationEdge { keeps, ..edge(found.lead(a), found.lead(b), HUMAN, "said by a person") };
        add(&mut tx, edge, by, now, &mut record).await?;
    }
    let summary = if names.len() == 1 { names.remove(0) } else { format!("{} suggestions: are one", names.len()) };
    keep(workspace, tx, (kind, &summary), &record, by, now).await
}

/// Says that some sightings of an organization are another one: what people joined across is taken back, and nothing joins
/// the two sides from now on. Each side stays one. `sightings`: keys as [`Shown::key`], or what they show.
pub async fn split(
    workspace: &Workspace,
    organization_id: &str,
    sightings: &[String],
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    refresh::refresh(workspace).await?;
    let numbers = workspace.numbers().read().await.clone();
    let found = &numbers.found;
    let at = found.must_find(organization_id)?;
    let name = &found.organizations[at as usize].name;
    let all = found.shown(at);
    let mut apart: BTreeSet<&str> = BTreeSet::new();
    for named in sightings {
        let is_named = |shown: &&Shown| shown.key == *named || shown.text == *named;
        let shown = all.iter().find(is_named).ok_or_else(|| {
            AppError::Invalid(format!("`{named}` is no part of {name}: `axle organizations show` lists them"))
        })?;
        apart.insert(&shown.key);
    }
    let rest: BTreeSet<&str> = all.iter().map(|one| one.key.as_str()).filter(|key| !apart.contains(key)).collect();
    if apart.is_empty() || rest.is_empty() {
        return Err(AppError::Invalid("a split leaves something on each side: name some, not all".into()));
    }
    let mut record = Record::default();
    let decided = organization_edge::all(workspace.db()).await?;
    let mut tx = workspace.db().begin().await?;
    let sides = [&apart, &rest].map(|side| found.by_rank(side.iter().copied()));
    take_back(&mut tx, &decided, &sides[0], &sides[1], HUMAN, now, &mut record).await?;
    // Every pair: whatever evidence comes later, nothing crosses.
    for a in &sides[0] {
        for b in &sides[1] {
            add(&mut tx, edge(a, b, CANNOT_LINK, "split by a person"), by, now, &mut record).await?;
        }
    }
    for side in &sides {
        for loose in loose_ends(found, side) {
            let keeps = Some(side[0].to_owned());
            let edge = OrganizationEdge { keeps, ..edge(side[0], loose, HUMAN, "left together by a split") };
            add(&mut tx, edge, by, now, &mut record).await?;
        }
    }
    let what = if apart.len() == 1 { "1 part".to_owned() } else { format!("{} parts", apart.len()) };
    keep(workspace, tx, ("split", &format!("{what} of {name} split off")), &record, by, now).await
}

/// Says to which organization another one belongs; `None`: to none, whatever sources state. The two are two organizations.
///
/// # Errors
/// [`AppError::NotFound`] where there is no such organization, [`AppError::Conflict`] when it is so already, or the other one
/// belongs to it.
pub async fn set_parent(
    workspace: &Workspace,
    organization_id: &str,
    parent: Option<&str>,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    refresh::refresh(workspace).await?;
    let numbers = workspace.numbers().read().await.clone();
    let found = &numbers.found;
    let at = found.must_find(organization_id)?;
    let parent = parent.map(|id| found.must_find(id)).transpose()?;
    let name = |at: u32| found.organizations[at as usize].name.as_str();
    let summary = match parent {
        Some(parent) => format!("{} belongs to {}", name(at), name(parent)),
        None => format!("{} belongs to no other organization", name(at)),
    };
    if found.organizations[at as usize].parent == parent {
        return Err(AppError::Conflict(format!("{summary} already")));
    }
    let mut above = parent;
    while let Some(here) = above {
        if here == at {
            let what =
                format!("{} is {} or belongs to it: say otherwise of that first", name(parent.unwrap_or(at)), name(at));
            return Err(AppError::Conflict(what));
        }
        above = found.organizations[here as usize].parent;
    }
    let mut record = Record::default();
    let decided = organization_edge::all(workspace.db()).await?;
    let keys = found.keys(at);
    let mut tx = workspace.db().begin().await?;
    for said in decided.iter().filter(|said| said.kind == PARENT && keys.contains(&said.a.as_str())) {
        if organization_edge::set_revoked(&mut tx, &said.a, &said.b, PARENT, Some(now.as_microsecond())).await? {
            record.organizations_revoked.push((said.a.clone(), said.b.clone(), PARENT.to_owned()));
        }
    }
    let (a, b) = (found.lead(at).to_owned(), parent.map_or("", |parent| found.lead(parent)).to_owned());
    let word = OrganizationEdge { a, b, kind: PARENT.into(), reason: "said by a person".into(), keeps: None };
    add(&mut tx, word, by, now, &mut record).await?;
    if let Some(parent) = parent {
        let apart = edge(found.lead(at), found.lead(parent), CANNOT_LINK, "one belongs to the other");
        add(&mut tx, apart, by, now, &mut record).await?;
    }
    keep(workspace, tx, ("parent", &summary), &record, by, now).await
}

/// One of each group of a side that hangs together with the first only by the other side: nobody said that it is another.
fn loose_ends<'a>(found: &Found, side: &[&'a str]) -> Vec<&'a str> {
    let resolution = &found.resolution;
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut loose = Vec::new();
    for (index, start) in side.iter().enumerate() {
        if reached.contains(start) {
            continue;
        }
        if index > 0 {
            loose.push(*start);
        }
        let mut next = vec![*start];
        while let Some(key) = next.pop() {
            reached.insert(key);
            for edge in &resolution.edges {
                let ends = [edge.a, edge.b].map(|at| resolution.sightings[at as usize].key.as_str());
                for (one, other) in [(ends[0], ends[1]), (ends[1], ends[0])] {
                    let other = side.iter().find(|key| **key == other);
                    if let Some(other) = other.filter(|other| one == key && !reached.contains(*other)) {
                        next.push(other);
                    }
                }
            }
        }
    }
    loose
}

fn edge(a: &str, b: &str, kind: &str, reason: &str) -> OrganizationEdge {
    let (a, b) = (a.min(b).to_owned(), a.max(b).to_owned());
    OrganizationEdge { a, b, kind: kind.into(), reason: reason.into(), keeps: None }
}

async fn add(
    tx: &mut Tx,
    edge: OrganizationEdge,
    by: Option<&str>,
    now: Timestamp,
    record: &mut Record,
) -> AppResult<()> {
    if organization_edge::add(tx, &edge, by, now.as_microsecond()).await? {
        record.organizations_added.push((edge.a, edge.b, edge.kind));
    }
    Ok(())
}

/// Takes back what people said of a kind between the two sides.
async fn take_back(
    tx: &mut Tx,
    decided: &[OrganizationEdge],
    one: &[&str],
    other: &[&str],
    kind: &str,
    now: Timestamp,
    record: &mut Record,
) -> AppResult<()> {
    let crosses = |a: &str, b: &str| one.contains(&a) && other.contains(&b);
    for edge in decided.iter().filter(|edge| edge.kind == kind) {
        let revoked_at = Some(now.as_microsecond());
        if (crosses(&edge.a, &edge.b) || crosses(&edge.b, &edge.a))
            && organization_edge::set_revoked(tx, &edge.a, &edge.b, kind, revoked_at).await?
        {
            record.organizations_revoked.push((edge.a.clone(), edge.b.clone(), kind.to_owned()));
        }
    }
    Ok(())
}

/// Writes the change down, commits it, and makes every figure follow.
async fn keep(
    workspace: &Workspace,
    mut tx: Tx,
    (kind, summary): (&'static str, &str),
    record: &Record,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let about = About { subject: ORGANIZATION, kind, summary };
    let change = changes::note(&mut tx, about, record, by, now).await?;
    tx.commit().await?;
    changes::follow(workspace, ORGANIZATION, now).await?;
    Ok(change)
}

/// What people changed about which organizations are one, the newest first.
pub async fn history(workspace: &Workspace, limit: u32) -> AppResult<Vec<Change>> {
    changes::history(workspace, ORGANIZATION, limit).await
}

/// A page of the same: those before a change, `None` for the first page.
pub async fn history_page(workspace: &Workspace, before: Option<i64>, limit: u32) -> AppResult<changes::Page> {
    changes::page(workspace, ORGANIZATION, before, limit).await
}
