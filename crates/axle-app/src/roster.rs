//! The roster: everybody with what lists, search and home need of them, and who changed lately.

use std::collections::HashMap;

use axle_model::time::{date_of_day, start_of_day};
use axle_store::identity;
use axle_store::score::ScoreRow;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::directory::id_text;
use crate::members::{self, Member, Sort};
use crate::{AppResult, Workspace, refresh, score};

/// Days that changes are looked for in.
pub const CHANGE_DAYS: i64 = 30;

/// Everybody, as of one state of the record.
#[derive(Debug)]
pub struct Roster {
    /// Most loved first.
    pub people: Vec<Person>,
    /// Who changed in the last [`CHANGE_DAYS`], those to act on first.
    pub changes: Vec<Change>,
    /// Platforms that members have accounts at, by name.
    pub platforms: Vec<String>,
    /// The workspace's names of the levels, from the edge inwards.
    pub level_names: [String; 4],
    at: HashMap<String, usize>,
}

/// A member with what they can be found by.
#[derive(Debug)]
pub struct Person {
    /// As in the list.
    pub member: Member,
    /// Handles at the platforms.
    pub handles: Vec<String>,
    /// First activity; its day begins here where the instant is not known.
    pub first_activity_at: Option<Timestamp>,
    /// Latest activity, likewise.
    pub last_activity_at: Option<Timestamp>,
    /// Name, handles and addresses in lower case, one a line.
    found_by: String,
}

/// What happened with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    /// Takes part far less than they used to.
    Quiet,
    /// Fell to a lower step.
    Down,
    /// Reached a higher step.
    Up,
    /// Took part for the first time.
    New,
}

/// One member who changed.
#[derive(Debug, Clone)]
pub struct Change {
    /// Where in [`Roster::people`].
    pub person: usize,
    /// What happened.
    pub kind: Move,
    /// Step before; 0 for a new member.
    pub step_before: u8,
    /// Step now.
    pub step: u8,
    /// What it rests on, in a few words.
    pub why: String,
    /// The day it shows.
    pub at: Date,
}

/// What to show of the roster.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of a name, a handle or an address.
    pub text: String,
    /// 1 to 4 from the edge inwards; 0 is out of orbit.
    pub level: Option<u8>,
    /// A platform.
    pub platform: String,
    /// Part of an organization's name.
    pub organization: String,
    /// Active on this day or later.
    pub since: Option<Date>,
    /// `member`, `teammate`, `bot`, or empty for all.
    pub kind: String,
}

/// Order of a list of people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Most loved first.
    #[default]
    Love,
    /// Innermost first.
    Level,
    /// Most activities first.
    Activities,
    /// Latest activity first.
    LastActivity,
    /// Latest first activity first.
    Newest,
    /// A to Z.
    Name,
}

impl Order {
    /// The order of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "" | "love" => Self::Love,
            "level" => Self::Level,
            "activities" => Self::Activities,
            "last_activity" => Self::LastActivity,
            "newest" => Self::Newest,
            "name" => Self::Name,
            _ => return None,
        })
    }
}

/// Scores everybody as of now and gives the roster.
pub async fn load(workspace: &Workspace, now: Timestamp) -> AppResult<Roster> {
    score::rescore(workspace, now).await?;
    let (settings, _) = refresh::settings(workspace).await?;
    let zone = workspace.time_zone().await?;
    let members = members::list(workspace, Sort::Love, now, None).await?;
    let mut accounts = accounts(workspace).await?;
    let instants = instants(workspace).await?;
    let begins = |date: Option<Date>| date.map(|date| start_of_day(axle_model::time::day_of_date(date), &zone));
    let mut people = Vec::with_capacity(members.len());
    let mut at = HashMap::with_capacity(members.len());
    let mut platforms: Vec<String> = Vec::new();
    for member in members {
        for platform in &member.platforms {
            if !platforms.contains(platform) {
                platforms.push(platform.clone());
            }
        }
        let own = accounts.remove(&member.member_id).unwrap_or_default();
        let (first, last) = instants.get(&member.member_id).copied().unwrap_or_default();
        at.insert(member.member_id.clone(), people.len());
        people.push(Person {
            found_by: format!("{}\n{}", member.name.to_lowercase(), own.found_by),
            handles: own.handles,
            first_activity_at: first.or_else(|| begins(member.first_activity_on)),
            last_activity_at: last.or_else(|| begins(member.last_activity_on)),
            member,
        });
    }
    platforms.sort();
    let mut roster = Roster { people, changes: Vec::new(), platforms, level_names: settings.level_names, at };
    roster.changes = changes(workspace, &roster, now).await?;
    Ok(roster)
}

#[derive(Default)]
struct Accounts {
    handles: Vec<String>,
    found_by: String,
}

async fn accounts(workspace: &Workspace) -> AppResult<HashMap<String, Accounts>> {
    let numbers = workspace.numbers().read().await.clone();
    let ids: HashMap<u32, String> =
        numbers.number_at.iter().zip(&numbers.id_at).map(|(number, id)| (*number, id_text(id))).collect();
    let mut accounts: HashMap<String, Accounts> = HashMap::new();
    for row in identity::all(workspace.db()).await? {
        let Some(id) = row.member_number.and_then(|number| ids.get(&number)) else { continue };
        let own = accounts.entry(id.clone()).or_default();
        for text in [&row.username, &row.email, &row.name].into_iter().flatten() {
            own.found_by.push_str(&text.to_lowercase());
            own.found_by.push('\n');
        }
        if let Some(handle) = row.username.filter(|handle| !own.handles.contains(handle)) {
            own.handles.push(handle);
        }
    }
    Ok(accounts)
}

type FirstAndLast = (Option<Timestamp>, Option<Timestamp>);

async fn instants(workspace: &Workspace) -> AppResult<HashMap<String, FirstAndLast>> {
    let query = "select member_id, first_activity_at, last_activity_at from members";
    let table = workspace.analytics().sql(query, usize::MAX).await?;
    let at = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse().ok());
    let read = |row: &Vec<serde_json::Value>| match row.as_slice() {
        [id, first, last] => Some((id.as_str()?.to_owned(), (at(first), at(last)))),
        _ => None,
    };
    Ok(table.rows.iter().filter_map(read).collect())
}

async fn changes(workspace: &Workspace, roster: &Roster, now: Timestamp) -> AppResult<Vec<Change>> {
    let before = now - jiff::SignedDuration::from_hours(24 * CHANGE_DAYS);
    let then = score::rows_as_of(workspace, before, None).await?;
    let then: HashMap<u32, &ScoreRow> = then.iter().map(|row| (row.member_number, row)).collect();
    let today = now.to_zoned(workspace.time_zone().await?).date();
    let first_day = today.saturating_sub(CHANGE_DAYS.days());
    let mut changes = Vec::new();
    for row in axle_store::score::all(workspace.db()).await? {
        let id = id_text(&row.member_id.as_slice().try_into().unwrap_or([0; 16]));
        let Some(person) = roster.at.get(&id).copied() else { continue };
        let member = &roster.people[person].member;
        if member.is_bot || member.is_teammate {
            continue;
        }
        if let Some((kind, at)) = moved(&row, then.get(&row.member_number).copied(), first_day) {
            let before = then.get(&row.member_number);
            let step_before = before.map_or(0, |row| row.step);
            let why = why(kind, &row, before.map_or(0, |row| row.active_days_30));
            changes.push(Change { person, kind, step_before, step: row.step, why, at });
        }
    }
    // Of each kind those closest to the centre come first; `people` is in that order.
    changes.sort_by_key(|change| (change.kind, change.person));
    Ok(changes)
}

/// What happened since `then`, and the day it shows: for whom withdraws the last day they took part.
fn moved(now: &ScoreRow, then: Option<&ScoreRow>, first_day: Date) -> Option<(Move, Date)> {
    let last = date_of_day(now.last_day?);
    let Some(then) = then.filter(|then| then.activities > 0) else {
        let first = date_of_day(now.first_day?);
        return (first >= first_day).then_some((Move::New, first));
    };
    match () {
        () if now.presence == "low" && then.presence != "low" => Some((Move::Quiet, last)),
        () if now.step < then.step => Some((Move::Down, last)),
        () if now.step > then.step => Some((Move::Up, last)),
        () => None,
    }
}

/// For whom withdraws how much less they do, for the others what earned their step.
fn why(kind: Move, row: &ScoreRow, active_days_before: u32) -> String {
    if kind == Move::Quiet {
        return format!(
            "{} in the last {CHANGE_DAYS} days, {active_days_before} in the {CHANGE_DAYS} before",
            match row.active_days_30 {
                0 => "no active day".to_owned(),
                1 => "1 active day".to_owned(),
                days => format!("{days} active days"),
            }
        );
    }
    let reason = serde_json::from_str(&row.explanation).map_or_else(|_| String::new(), |why| members::reason(&why));
    if kind == Move::Down { format!("still counts: {reason}") } else { reason }
}

impl Person {
    /// What they are to the community: `member`, `teammate` or `bot`.
    pub fn kind(&self) -> &'static str {
        match (self.member.is_bot, self.member.is_teammate) {
            (true, _) => "bot",
            (_, true) => "teammate",
            _ => "member",
        }
    }

    fn passes(&self, filter: &Filter) -> bool {
        let member = &self.member;
        let organization = filter.organization.to_lowercase();
        (filter.text.is_empty() || self.found_by.contains(&filter.text.trim().to_lowercase()))
            && filter.level.is_none_or(|level| level == member.step.div_ceil(3))
            && (filter.platform.is_empty() || member.platforms.contains(&filter.platform))
            && (organization.is_empty()
                || member.organizations.iter().any(|name| name.to_lowercase().contains(&organization)))
            && filter.since.is_none_or(|since| member.last_activity_on.is_some_and(|last| last >= since))
            && (filter.kind.is_empty() || filter.kind == self.kind())
    }
}

impl Roster {
    /// A member by id.
    pub fn person(&self, member_id: &str) -> Option<&Person> {
        self.people.get(*self.at.get(member_id)?)
    }

    /// Who passes the filter, in order.
    pub fn select(&self, filter: &Filter, order: Order) -> Vec<&Person> {
        let mut people: Vec<&Person> = self.people.iter().filter(|person| person.passes(filter)).collect();
        // The sorts are stable: people who are equal stay in the order of love.
        match order {
            Order::Love => {}
            Order::Level => people.sort_by_key(|person| std::cmp::Reverse(person.member.step)),
            Order::Activities => people.sort_by_key(|person| std::cmp::Reverse(person.member.activities)),
            Order::LastActivity => people.sort_by_key(|person| std::cmp::Reverse(person.last_activity_at)),
            Order::Newest => people.sort_by_key(|person| std::cmp::Reverse(person.first_activity_at)),
            Order::Name => people.sort_by_cached_key(|person| person.member.name.to_lowercase()),
        }
        people
    }

    /// How well a text names somebody: 0 names them whole, 1 begins a word, 2 is somewhere; `None` not at all.
    pub(crate) fn rank(person: &Person, text: &str) -> Option<u8> {
        let at = person.found_by.find(text)?;
        let whole = person.found_by.lines().any(|line| line == text);
        let begins = at == 0 || person.found_by.as_bytes()[at - 1].is_ascii_whitespace();
        Some(if whole {
            0
        } else if begins {
            1
        } else {
            2
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u8, presence: &str) -> ScoreRow {
        ScoreRow {
            member_number: 1,
            member_id: vec![0; 16],
            as_of_day: 100,
            step_raw: step,
            step,
            held_since_day: None,
            love: 1.0,
            love_continuous: 1.0,
            presence: presence.into(),
            reach: 0.0,
            active_days_30: 1,
            active_days_90: 1,
            active_days_365: 1,
            activities: 3,
            first_day: Some(70),
            last_day: Some(90),
            explanation: String::new(),
            settings_version: 0,
        }
    }

    #[test]
    fn a_change_is_a_step_a_silence_or_a_first_time() {
        let kind = |now: &ScoreRow, then: Option<&ScoreRow>| {
            moved(now, then, date_of_day(60)).map(|(kind, at)| (kind, axle_model::time::day_of_date(at)))
        };
        let calm = row(4, "neutral");
        assert_eq!(kind(&calm, Some(&calm)), None);
        assert_eq!(kind(&row(5, "neutral"), Some(&calm)), Some((Move::Up, 90)));
        assert_eq!(kind(&row(3, "neutral"), Some(&calm)), Some((Move::Down, 90)));
        assert_eq!(kind(&row(3, "low"), Some(&calm)), Some((Move::Quiet, 90)));
        assert_eq!(kind(&row(3, "low"), Some(&row(3, "low"))), None);
        assert_eq!(kind(&calm, None), Some((Move::New, 70)));
        let older = ScoreRow { first_day: Some(10), ..row(4, "neutral") };
        assert_eq!(kind(&older, None), None, "an import of old activity makes nobody new");
    }
}
