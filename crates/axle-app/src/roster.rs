//! The roster: everybody with what lists and search need of them, and who changed lately.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::orbit::{Basis, Explanation};
use axle_model::settings::GaugeSettings;
use axle_model::tag;
use axle_model::time::{LocalDay, date_of_day, local_day};
use axle_store::identity::IdentityRow;
use axle_store::score::ScoreRow;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::directory::id_text;
use crate::members::{self, Member, People, Sort};
use crate::{AppResult, Workspace, figures, refresh, score};

/// Days that changes are looked for in.
pub const CHANGE_DAYS: i64 = 30;

/// Everybody but programs, as of one state of the record.
#[derive(Debug)]
pub struct Roster {
    /// Most loved first; behind them those without counted activity, by name.
    pub people: Vec<Person>,
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
    /// Name, handles and addresses in lower case, one a line.
    found_by: String,
}

/// Who changed lately, and the roster that they stand in.
#[derive(Debug)]
pub struct Changes {
    /// Everybody.
    pub roster: Arc<Roster>,
    /// Who changed in the last [`CHANGE_DAYS`], those to act on first.
    pub list: Vec<Change>,
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
    /// Since when: the first day, the day whose activity lifted them or the check that lowered them; of who withdraws the
    /// last day they took part.
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
    /// A tag, however it is spelt.
    pub tag: String,
}

/// What a filter is told by, in the address of the list and in calls of the API.
pub const FILTERS: [&str; 7] = ["q", "level", "source", "organization", "since", "kind", "tag"];

/// Levels as a filter names them, from out of orbit inwards.
pub const LEVELS: [&str; 5] = ["out", "exploring", "participating", "contributing", "leading"];

/// What members are to the community, as a filter names it.
pub const KINDS: [&str; 3] = ["member", "teammate", "bot"];

impl Filter {
    /// The filter of these words: what `get` gives for each of [`FILTERS`], empty for any.
    ///
    /// # Errors
    /// What was not understood, for people.
    pub fn parse<'a>(get: impl Fn(&str) -> &'a str) -> Result<Self, String> {
        let get = |key: &str| get(key).trim();
        let level = match get("level") {
            "" => None,
            name => {
                let level = (0u8..).zip(LEVELS).find(|(_, known)| *known == name).map(|(level, _)| level);
                Some(level.ok_or_else(|| format!("There is no level “{name}”."))?)
            }
        };
        let since = match get("since") {
            "" => None,
            text => Some(text.parse().map_err(|_| format!("“{text}” is no date: write it as 2026-03-01."))?),
        };
        let kind = get("kind");
        if !(kind.is_empty() || KINDS.contains(&kind)) {
            return Err(format!("There is no kind “{kind}”."));
        }
        Ok(Self {
            text: get("q").to_owned(),
            level,
            platform: get("source").to_owned(),
            organization: get("organization").to_owned(),
            since,
            kind: kind.to_owned(),
            tag: get("tag").to_owned(),
        })
    }
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

/// Brings the scores up to now and gives the roster. It is read from the record alone: the query engine may sleep on.
pub async fn load(workspace: &Workspace, now: Timestamp) -> AppResult<Roster> {
    score::rescore(workspace, now).await?;
    let (settings, _) = refresh::settings(workspace).await?;
    let rows = axle_store::score::all(workspace.db()).await?;
    let people = People::load(workspace, now).await?;
    let mut platforms: Vec<String> =
        people.accounts.values().flatten().map(|account| account.platform.clone()).collect();
    platforms.sort();
    platforms.dedup();
    let person = |(number, member): (u32, Member)| Person::new(member, people.accounts.get(&number));
    let rows = people.everybody(rows, false);
    let people: Vec<Person> = people.sorted(&rows, Sort::Love).into_iter().map(person).collect();
    let at = people.iter().enumerate().map(|(at, person)| (person.member.member_id.clone(), at)).collect();
    Ok(Roster { people, platforms, level_names: settings.level_names, at })
}

/// Who changed lately.
pub async fn changes(workspace: &Workspace, roster: Arc<Roster>, now: Timestamp) -> AppResult<Changes> {
    let before = now - jiff::SignedDuration::from_hours(24 * CHANGE_DAYS);
    let then = {
        let _stay = refresh::refresh_and_stay(workspace).await?;
        score::rows_without_reach(workspace, before, None).await?
    };
    let then: HashMap<u32, &ScoreRow> = then.iter().map(|row| (row.member_number, row)).collect();
    let today = now.to_zoned(workspace.time_zone().await?).date();
    let first_day = today.saturating_sub(CHANGE_DAYS.days());
    let (settings, _) = refresh::settings(workspace).await?;
    let tomorrow = local_day(now, &workspace.time_zone().await?) + 1;
    let baselines = baselines(workspace, tomorrow, &settings.gauge, now).await?;
    let numbers = workspace.numbers().read().await.clone();
    let mut list = Vec::new();
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
            let first = row.first_day.unwrap_or(row.as_of_day);
            let start = row.as_of_day.saturating_sub_unsigned(settings.gauge.window_days);
            let usual = Usual {
                active: numbers.index(row.member_number).and_then(|at| baselines.get(&at)).copied().unwrap_or(0),
                of: u32::try_from(start - first).unwrap_or(0).min(settings.gauge.baseline_days),
            };
            let why = why(kind, &row, before.copied(), usual);
            list.push(Change { person, kind, step_before, step: row.step, why, at });
        }
    }
    // Of each kind those closest to the centre come first; `people` is in that order.
    list.sort_by_key(|change| (change.kind, change.person));
    Ok(Changes { roster, list })
}

/// What happened since `then`, and since when it is so: see [`Change::at`].
fn moved(now: &ScoreRow, then: Option<&ScoreRow>, first_day: Date) -> Option<(Move, Date)> {
    let last = date_of_day(now.last_day?);
    let Some(then) = then.filter(|then| then.activities > 0) else {
        let first = date_of_day(now.first_day?);
        return (first >= first_day).then_some((Move::New, first));
    };
    let since = now.held_since_day.map_or(last, date_of_day);
    match () {
        () if now.presence == "low" && then.presence != "low" => Some((Move::Quiet, last)),
        () if now.step < then.step => Some((Move::Down, since)),
        () if now.step > then.step => Some((Move::Up, since)),
        () => None,
    }
}

/// For whom withdraws what they do beside what is usual for them, for whom fell what counted and what still does, for
/// the others what earned their step.
fn why(kind: Move, row: &ScoreRow, before: Option<&ScoreRow>, usual: Usual) -> String {
    if kind == Move::Quiet {
        return quiet(row, usual);
    }
    let Some(now) = explained(row) else { return String::new() };
    if kind != Move::Down {
        return members::reason(&now);
    }
    let counts = format!("still counts: {}", members::reason(&now));
    match before.and_then(explained).and_then(|then| lost(then, &now)) {
        Some(lost) => format!("no longer counts: {}; {counts}", members::reason(&lost)),
        None => counts,
    }
}

fn explained(row: &ScoreRow) -> Option<Explanation> {
    serde_json::from_str(&row.explanation).ok()
}

/// What earned a step then and earns none now: of periods those that are gone.
fn lost(mut then: Explanation, now: &Explanation) -> Option<Explanation> {
    if let (Basis::Presence { grain, periods }, Basis::Presence { grain: same, periods: kept }) =
        (&mut then.basis, &now.basis)
        && grain == same
    {
        periods.retain(|period| !kept.iter().any(|other| other.start == period.start));
        if periods.is_empty() {
            return None;
        }
    }
    (then.basis != now.basis).then_some(then)
}

/// What the gauge compared: the active days of its window with those of the days before, by which it knows a member.
fn quiet(row: &ScoreRow, usual: Usual) -> String {
    let days = match row.active_days_30 {
        0 => "no active day".to_owned(),
        1 => "1 active day".to_owned(),
        days => format!("{days} active days"),
    };
    let Usual { active, of } = usual;
    if of == 0 {
        return format!("{days} in the last {CHANGE_DAYS} days");
    }
    let expected = f64::from(active) * CHANGE_DAYS as f64 / f64::from(of);
    format!("{days} in the last {CHANGE_DAYS} days, {active} in the {of} days before: {expected:.0} were usual")
}

/// A member's active days before the gauge's window.
#[derive(Debug, Clone, Copy, Default)]
struct Usual {
    active: u32,
    /// Days on which they could be active.
    of: u32,
}

/// Active days of members in the gauge's baseline, by their place in the engine.
async fn baselines(
    workspace: &Workspace,
    as_of: LocalDay,
    gauge: &GaugeSettings,
    now: Timestamp,
) -> AppResult<HashMap<u32, u32>> {
    let end = as_of.saturating_sub_unsigned(gauge.window_days);
    let (from, to) = (date_of_day(end.saturating_sub_unsigned(gauge.baseline_days)), date_of_day(end));
    let query = format!(
        "select member, count(distinct day) as days from member_days
         where day >= date '{from}' and day < date '{to}' group by member"
    );
    let table = figures::sql(workspace, &query, usize::MAX, now).await?;
    let number = |value: &serde_json::Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    Ok(table.rows.iter().filter_map(|row| Some((number(row.first()?)?, number(row.get(1)?)?))).collect())
}

impl Person {
    fn new(member: Member, accounts: Option<&Vec<IdentityRow>>) -> Self {
        let mut found_by = member.name.to_lowercase();
        let mut handles: Vec<String> = Vec::new();
        for account in accounts.into_iter().flatten() {
            for text in [&account.username, &account.email, &account.name].into_iter().flatten() {
                found_by.push('\n');
                found_by.push_str(&text.to_lowercase());
            }
            handles.extend(account.username.clone().filter(|handle| !handles.contains(handle)));
        }
        Self { member, handles, found_by }
    }

    /// Whether they did something that counts, ever: figures know no others.
    pub fn has_taken_part(&self) -> bool {
        self.member.activities > 0
    }

    /// What they are to the community: `member`, `teammate` or `bot`.
    pub fn kind(&self) -> &'static str {
        match (self.member.is_bot, self.member.is_teammate) {
            (true, _) => "bot",
            (_, true) => "teammate",
            _ => "member",
        }
    }

    /// `text` and `organization` are those of the filter in lower case.
    fn passes(&self, filter: &Filter, text: &str, organization: &str) -> bool {
        let member = &self.member;
        (text.is_empty() || self.found_by.contains(text))
            && filter.level.is_none_or(|level| level == member.step.div_ceil(3))
            && (filter.platform.is_empty() || member.platforms.contains(&filter.platform))
            && (organization.is_empty()
                || member.organizations.iter().any(|name| name.to_lowercase().contains(organization)))
            && filter.since.is_none_or(|since| member.last_activity_on.is_some_and(|last| last >= since))
            && (filter.kind.is_empty() || filter.kind == self.kind())
            && (filter.tag.is_empty() || tag::find(&member.tags, &filter.tag).is_some())
    }
}

impl Roster {
    /// A member by id.
    pub fn person(&self, member_id: &str) -> Option<&Person> {
        self.people.get(*self.at.get(member_id)?)
    }

    /// What a member is called; the id of one who is not known yet.
    pub fn name_of<'a>(&'a self, member_id: &'a str) -> &'a str {
        self.person(member_id).map_or(member_id, |person| person.member.name.as_str())
    }

    /// Who passes the filter, in order.
    pub fn select(&self, filter: &Filter, order: Order) -> Vec<&Person> {
        let (text, organization) = (filter.text.trim().to_lowercase(), filter.organization.to_lowercase());
        let passes = |person: &&Person| person.passes(filter, &text, &organization);
        let mut people: Vec<&Person> = self.people.iter().filter(passes).collect();
        // The sorts are stable: people who are equal stay in the order of love.
        match order {
            Order::Love => {}
            Order::Level => people.sort_by_key(|person| std::cmp::Reverse(person.member.step)),
            Order::Activities => people.sort_by_key(|person| std::cmp::Reverse(person.member.activities)),
            Order::LastActivity => people.sort_by_key(|person| std::cmp::Reverse(person.member.last_activity_at)),
            Order::Newest => people.sort_by_key(|person| std::cmp::Reverse(person.member.first_activity_at)),
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
            held_since_day: Some(85),
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
            first_at: None,
            last_at: None,
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
        assert_eq!(kind(&row(5, "neutral"), Some(&calm)), Some((Move::Up, 85)), "the day that lifted them");
        assert_eq!(kind(&row(3, "neutral"), Some(&calm)), Some((Move::Down, 85)), "the check that lowered them");
        assert_eq!(kind(&row(3, "low"), Some(&calm)), Some((Move::Quiet, 90)), "the last day they took part");
        assert_eq!(kind(&row(3, "low"), Some(&row(3, "low"))), None);
        assert_eq!(kind(&calm, None), Some((Move::New, 70)));
        let older = ScoreRow { first_day: Some(10), ..row(4, "neutral") };
        assert_eq!(kind(&older, None), None, "an import of old activity makes nobody new");
    }

    #[test]
    fn a_silence_is_told_beside_what_was_usual() {
        let now = ScoreRow { active_days_30: 4, ..row(3, "low") };
        let usual = Usual { active: 54, of: 180 };
        assert_eq!(quiet(&now, usual), "4 active days in the last 30 days, 54 in the 180 days before: 9 were usual");
        assert_eq!(
            quiet(&ScoreRow { active_days_30: 0, ..now }, Usual::default()),
            "no active day in the last 30 days"
        );
    }

    #[test]
    fn a_fall_says_what_no_longer_counts() {
        let earned = |day: i32, weight: u8| {
            let explanation =
                format!(r#"{{"evident_on":{day},"basis":{{"kind":"activity","day":{day},"weight":{weight}}}}}"#);
            ScoreRow { explanation, ..row(3, "neutral") }
        };
        let (before, now) = (earned(0, 9), earned(31, 4));
        let told = why(Move::Down, &now, Some(&before), Usual::default());
        let expected = "no longer counts: an activity of weight 9 on 1 Jan 1970; \
                        still counts: an activity of weight 4 on 1 Feb 1970";
        assert_eq!(told, expected);
    }

    #[test]
    fn of_periods_those_that_are_gone_are_told() {
        let quarters = |days: &[(i32, u16)]| {
            let periods: Vec<_> =
                days.iter().map(|(start, days)| serde_json::json!({"start": start, "days": days})).collect();
            let basis = serde_json::json!({"kind": "presence", "grain": "quarter", "periods": periods});
            let explanation = serde_json::json!({"evident_on": 300, "basis": basis}).to_string();
            ScoreRow { explanation, ..row(3, "neutral") }
        };
        // 1 January, 1 April and 1 July 1970.
        let (before, now) = (quarters(&[(0, 31), (90, 38), (181, 36)]), quarters(&[(90, 38), (181, 36)]));
        let told = why(Move::Down, &now, Some(&before), Usual::default());
        let expected = "no longer counts: 31 active days in Q1 1970; \
                        still counts: 38 active days in Q2 1970, 36 in Q3 1970";
        assert_eq!(told, expected);
    }
}
