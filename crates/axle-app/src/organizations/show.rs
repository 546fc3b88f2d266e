//! One organization: who is and was there and how that is known, and what they did.

use std::collections::{BTreeMap, HashMap, HashSet};

use axle_model::affiliation::{Origin, Timeline};
use axle_model::interchange::FactKind;
use axle_model::time::{LocalDay, date_of_day, local_day};
use axle_store::{fact, member, score as scores};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::Found;
use super::decide::Shown;
use super::list::Line;
use crate::directory::{Numbers, id_text};
use crate::{AppError, AppResult, Workspace, figures, refresh};

/// Days that the latest activities are looked for in.
const LATEST_DAYS: i64 = 365;
/// So many are shown.
const LATEST: usize = 50;

/// One organization whole.
#[derive(Debug, Clone, Serialize)]
pub struct Detail {
    /// As in the list.
    #[serde(flatten)]
    pub line: Line,
    /// Id and name of the organization that it belongs to.
    pub parent: Option<(String, String)>,
    /// Ids and names of those that belong to it.
    pub parts: Vec<(String, String)>,
    /// Sources that list it, each with its id there.
    pub accounts: Vec<(String, String)>,
    /// What these accounts say that it is to us, where they do not say the same.
    pub lifecycles: Vec<StatedLifecycle>,
    /// How it shows up, what leads first, and why that is one organization.
    pub sightings: Vec<Shown>,
    /// Who is there today, the innermost first, then who was.
    pub people: Vec<Affiliate>,
    /// How many facts of each kind sources state about it: deals, tickets, calls and others.
    pub facts: Vec<Count>,
    /// The latest activities of who was there when they happened, newest first.
    pub timeline: Vec<Done>,
}

/// What one of several accounts says that an organization is to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatedLifecycle {
    /// Who states it.
    pub source: String,
    /// Id there.
    pub id: String,
    /// `customer`, `prospect`, …
    pub lifecycle: String,
}

/// Somebody who is or was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Affiliate {
    /// Public id.
    pub member_id: String,
    /// Name.
    pub name: String,
    /// Their step, 0 to 12.
    pub step: u8,
    /// `member`, `teammate` or `bot`, today.
    pub kind: &'static str,
    /// First date there; `None` when not known.
    pub from: Option<Date>,
    /// First date after; `None`: without end.
    pub to: Option<Date>,
    /// `person`, `crm`, `email`, `profile` or `inferred`.
    pub origin: &'static str,
    /// How surely, in percent, by what is surest of it.
    pub percent: u8,
    /// Whether they are there today.
    pub is_current: bool,
    /// Whether they have done anything that counts: only those are members of the list's number.
    pub is_counted: bool,
}

/// How many facts of a kind there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// `deal`, `ticket`, …
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// One activity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Done {
    /// Public id.
    pub activity_id: String,
    /// Public id of who did it.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// Type.
    pub activity_type: String,
    /// When.
    pub at: Timestamp,
    /// Source.
    pub source: String,
    /// Channel.
    pub channel: String,
    /// Title.
    pub title: Option<String>,
    /// Words.
    pub text: Option<String>,
    /// Where to read it.
    pub url: Option<String>,
}

pub(super) fn no_such(organization_id: &str) -> AppError {
    AppError::NotFound(format!(
        "there is no organization `{organization_id}`: `axle organizations list` shows their ids"
    ))
}

/// Everything about one organization of the list. Any of its ids, domains and names leads to it.
pub async fn show(workspace: &Workspace, lines: &[Line], organization_id: &str, now: Timestamp) -> AppResult<Detail> {
    refresh::refresh(workspace).await?;
    let numbers = workspace.numbers().read().await.clone();
    let found = &numbers.found;
    let at = found.called(organization_id)?.ok_or_else(|| no_such(organization_id))?;
    let known = &found.organizations[at as usize];
    let line = lines.iter().find(|line| line.organization_id == known.organization_id).cloned().unwrap_or_default();
    let named = |index: usize| {
        let other = &found.organizations[index];
        (other.organization_id.clone(), other.name.clone())
    };
    let parts = (0..found.organizations.len()).filter(|index| found.organizations[*index].parent == Some(at));
    let today = local_day(now, &workspace.time_zone().await?);
    Ok(Detail {
        parent: known.parent.map(|parent| named(parent as usize)),
        parts: parts.map(named).collect(),
        accounts: known.accounts.clone(),
        lifecycles: lifecycles(workspace, &known.accounts).await?,
        sightings: found.shown(at),
        people: people(workspace, &numbers, at, today).await?,
        facts: facts_about(workspace, found, at).await?,
        timeline: latest(workspace, &known.organization_id, now).await?,
        line,
    })
}

/// What accounts say that their organization is to us; none where they agree.
async fn lifecycles(workspace: &Workspace, accounts: &[(String, String)]) -> AppResult<Vec<StatedLifecycle>> {
    let mut stated = Vec::new();
    for (source, id) in accounts {
        let rows = fact::with_key(workspace.db(), FactKind::ORGANIZATION, id).await?;
        let own = rows.iter().find(|row| row.source == *source);
        stated.extend(own.and_then(|row| row.fact.text("lifecycle")).map(|lifecycle| StatedLifecycle {
            source: source.clone(),
            id: id.clone(),
            lifecycle: lifecycle.to_owned(),
        }));
    }
    if stated.windows(2).all(|pair| pair[0].lifecycle == pair[1].lifecycle) {
        stated.clear();
    }
    Ok(stated)
}

/// How many facts of each kind mean an organization: an id means what its source calls by it, else whoever has it.
async fn facts_about(workspace: &Workspace, found: &Found, organization: u32) -> AppResult<Vec<Count>> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (source, id, kind, count) in
        fact::counts_about_organizations(workspace.db(), &found.ids_of(organization)).await?
    {
        // Affiliations are the people.
        if kind != "affiliation" && found.of_account(&source, &id) == Some(organization) {
            *counts.entry(kind).or_default() += u64::try_from(count).unwrap_or(0);
        }
    }
    Ok(counts.into_iter().map(|(kind, count)| Count { kind, count }).collect())
}

async fn people(
    workspace: &Workspace,
    numbers: &Numbers,
    organization: u32,
    today: LocalDay,
) -> AppResult<Vec<Affiliate>> {
    let is_there = |timeline: &Timeline| timeline.all().iter().any(|known| known.organization == organization);
    let there = || numbers.found.affiliations.iter().filter(|(_, timeline)| is_there(timeline));
    let ids: Vec<u32> = there().map(|(index, _)| numbers.number_at[*index as usize]).collect();
    let counted: HashSet<u32> = scores::all(workspace.db()).await?.into_iter().map(|row| row.member_number).collect();
    let named = member::named(workspace.db(), &ids).await?;
    let named: HashMap<u32, (String, u8)> =
        named.into_iter().map(|(number, name, step)| (number, (name, step))).collect();
    let mut people = Vec::new();
    for (index, timeline) in there() {
        let mut stays: Vec<(Origin, LocalDay, LocalDay, u8)> = timeline
            .all()
            .iter()
            .filter(|known| known.organization == organization)
            .map(|known| (known.origin, known.days.from(), known.days.to(), known.percent()))
            .collect();
        stays.sort_unstable();
        // Touching days that are known in one way are one time.
        stays.dedup_by(|next, last| {
            let joins = next.0 == last.0 && next.1 <= last.2;
            if joins {
                last.2 = last.2.max(next.2);
                last.3 = last.3.max(next.3);
            }
            joins
        });
        let Some((name, step)) = named.get(&numbers.number_at[*index as usize]) else { continue };
        let kind = match (numbers.is_bot_at[*index as usize], numbers.is_teammate(*index, today)) {
            (true, _) => "bot",
            (_, true) => "teammate",
            _ => "member",
        };
        let open = |day: LocalDay, end: LocalDay| (day != end).then(|| date_of_day(day));
        people.extend(stays.into_iter().map(|(origin, from, to, percent)| Affiliate {
            member_id: id_text(&numbers.id_at[*index as usize]),
            name: name.clone(),
            step: *step,
            kind,
            from: open(from, LocalDay::MIN),
            to: open(to, LocalDay::MAX),
            origin: origin.name(),
            percent,
            is_current: (from..to).contains(&today),
            is_counted: counted.contains(&numbers.number_at[*index as usize]),
        }));
    }
    people.sort_by(|a, b| {
        let rank = |one: &Affiliate| (!one.is_current, std::cmp::Reverse(one.step));
        rank(a)
            .cmp(&rank(b))
            .then_with(|| a.name.to_lowercase().cmp(&b.name.to_lowercase()))
            .then_with(|| (&a.member_id, a.from).cmp(&(&b.member_id, b.from)))
    });
    Ok(people)
}

async fn latest(workspace: &Workspace, organization_id: &str, now: Timestamp) -> AppResult<Vec<Done>> {
    let since = now - SignedDuration::from_hours(24 * LATEST_DAYS);
    let id = organization_id.replace('\'', "''");
    let query = format!(
        "select activities.activity_id, activities.member_id, members.name, activities.activity_type,
            activities.occurred_at, activities.source, activities.channel, activities.title,
            activities.text, activities.url
         from activities join members on members.member_id = activities.member_id
         where activities.organization_id = '{id}' and activities.occurred_at >= timestamp '{since:.0}'
           and activities.occurred_at <= timestamp '{now:.0}' and not members.is_bot
         order by activities.occurred_at desc, activities.activity_id limit {LATEST}"
    );
    let table = figures::sql(workspace, &query, LATEST, now).await?;
    let read = |row: &Vec<Value>| {
        let text = |at: usize| row.get(at).and_then(Value::as_str).map(str::to_owned);
        Some(Done {
            activity_id: text(0)?,
            member_id: text(1)?,
            name: text(2)?,
            activity_type: text(3)?,
            at: text(4)?.parse().ok()?,
            source: text(5)?,
            channel: text(6).unwrap_or_default(),
            title: text(7),
            text: text(8),
            url: text(9),
        })
    };
    Ok(table.rows.iter().filter_map(read).collect())
}
