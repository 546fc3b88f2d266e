//! The list of organizations with what their members do.

use std::cmp::Reverse;
use std::collections::HashMap;

use axle_model::orbit::Step;
use axle_model::time::local_day;
use axle_store::score as scores;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{AppResult, Workspace, figures, refresh, score};

/// Days that "active lately" looks back.
pub const DAYS: i64 = 30;

/// One organization in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Public id.
    pub organization_id: String,
    /// Name.
    pub name: String,
    /// `customer`, `prospect`, …
    pub lifecycle: Option<String>,
    /// Members with counted activity who are there today; neither teammates nor programs.
    pub members: u64,
    /// Members who were there when they did something in the last 30 days.
    pub active_members: u64,
    /// What they did in these 30 days.
    pub activities: u64,
    /// The highest step of a member who is there today, 0 to 12.
    pub step: u8,
    /// Its name, as of the model: `Contributing II`.
    pub step_name: String,
    /// Its domains.
    pub domains: Vec<String>,
    /// Other names.
    pub aliases: Vec<String>,
}

/// Order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Most members first.
    #[default]
    Members,
    /// Most members active lately first.
    Active,
    /// Most activities lately first.
    Activities,
    /// Highest step first.
    Level,
    /// A to Z.
    Name,
}

impl Order {
    /// The order of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "" | "members" => Self::Members,
            "active" => Self::Active,
            "activities" => Self::Activities,
            "level" => Self::Level,
            "name" => Self::Name,
            _ => return None,
        })
    }
}

/// What to show of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Part of a name, another name, a domain or an id.
    pub text: String,
    /// A lifecycle such as `customer`; empty for all.
    pub lifecycle: String,
}

/// Every organization, most members first; as of an instant when one is given.
pub async fn list(workspace: &Workspace, now: Timestamp, as_of: Option<Timestamp>) -> AppResult<Vec<Line>> {
    refresh::refresh(workspace).await?;
    let rows = match as_of {
        Some(as_of) => score::rows_as_of(workspace, as_of, None).await?,
        None => {
            score::rescore(workspace, now).await?;
            scores::all(workspace.db()).await?
        }
    };
    let now = as_of.unwrap_or(now);
    let today = local_day(now, &workspace.time_zone().await?);
    let numbers = workspace.numbers().read().await.clone();
    let mut lines: HashMap<&str, Line> = HashMap::with_capacity(numbers.found.organizations.len());
    for known in &numbers.found.organizations {
        let line = Line {
            organization_id: known.organization_id.clone(),
            name: known.name.clone(),
            lifecycle: known.lifecycle.clone(),
            domains: known.domains.clone(),
            aliases: known.aliases.clone(),
            ..Line::default()
        };
        lines.insert(&known.organization_id, line);
    }
    for row in rows {
        let Some(index) = numbers.index(row.member_number) else { continue };
        if numbers.is_bot_at[index as usize] || numbers.is_teammate(index, today) {
            continue;
        }
        for known in numbers.found.at(index, today) {
            let Some(line) = lines.get_mut(known.organization_id.as_str()) else { continue };
            line.members += 1;
            line.step = line.step.max(row.step);
        }
    }
    for (id, activities, members) in lately(workspace, now).await? {
        if let Some(line) = lines.get_mut(id.as_str()) {
            (line.activities, line.active_members) = (activities, members);
        }
    }
    let mut lines: Vec<Line> = lines.into_values().collect();
    lines.iter_mut().for_each(|line| line.step_name = Step::new(line.step).map_or_else(String::new, Step::name));
    lines.sort_by_cached_key(|line| (line.name.to_lowercase(), line.organization_id.clone()));
    lines.sort_by_key(|line| Reverse(line.members));
    Ok(lines)
}

/// By organization: what members did there lately, and how many members did.
async fn lately(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<(String, u64, u64)>> {
    let since = now - SignedDuration::from_hours(24 * DAYS);
    let query = format!(
        "select activities.organization_id, count(*) as activities, count(distinct activities.member_id) as members
         from activities join members on members.member_id = activities.member_id
         where activities.occurred_at >= timestamp '{since:.0}' and activities.occurred_at <= timestamp '{now:.0}'
           and activities.organization_id is not null and activities.weight > 0
           and not members.is_bot and not members.is_teammate
         group by activities.organization_id"
    );
    let table = figures::sql(workspace, &query, usize::MAX, now).await?;
    let read = |row: &Vec<serde_json::Value>| match row.as_slice() {
        [id, activities, members] => Some((id.as_str()?.to_owned(), activities.as_u64()?, members.as_u64()?)),
        _ => None,
    };
    Ok(table.rows.iter().filter_map(read).collect())
}

/// Which pass the filter, in order. Equal ones stay in the order of the list.
pub fn select<'a>(lines: &'a [Line], filter: &Filter, order: Order) -> Vec<&'a Line> {
    let text = filter.text.trim().to_lowercase();
    let has = |word: &String| word.to_lowercase().contains(&text);
    let passes = |line: &&Line| {
        (text.is_empty()
            || [&line.name, &line.organization_id].into_iter().chain(&line.domains).chain(&line.aliases).any(has))
            && (filter.lifecycle.is_empty() || line.lifecycle.as_deref() == Some(filter.lifecycle.as_str()))
    };
    let mut chosen: Vec<&Line> = lines.iter().filter(passes).collect();
    match order {
        Order::Members => {}
        Order::Active => chosen.sort_by_key(|line| Reverse(line.active_members)),
        Order::Activities => chosen.sort_by_key(|line| Reverse(line.activities)),
        Order::Level => chosen.sort_by_key(|line| Reverse(line.step)),
        Order::Name => chosen.sort_by_cached_key(|line| line.name.to_lowercase()),
    }
    chosen
}
