//! Members: the list, and one of them with the reasons for their step.

use std::collections::{HashMap, HashSet};

use axle_model::orbit::{Basis, Explanation, Step};
use axle_model::tag::Tag;
use axle_model::time::{Grain, date_of_day, local_day};
use axle_store::identity::IdentityRow;
use axle_store::member::MemberRow;
use axle_store::score::ScoreRow;
use axle_store::whereabouts::LeftOut;
use axle_store::{activity, identity, member, score};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

mod meant;
mod proofs;

pub(crate) use meant::meant;
pub use proofs::Proof;
pub(crate) use proofs::SAID;
use proofs::{WhyOne, why_one};

use crate::directory::id_text;
use crate::{AppError, AppResult, Workspace, people, refresh, tags};

/// Order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Most loved first.
    #[default]
    Love,
    /// Innermost first.
    Level,
    /// Latest activity first.
    LastActivity,
    /// A to Z.
    Name,
}

impl Sort {
    /// The order of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "love" => Self::Love,
            "level" => Self::Level,
            "last_activity" => Self::LastActivity,
            "name" => Self::Name,
            _ => return None,
        })
    }
}

/// Who is in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Who {
    /// Everybody but programs, whatever they did.
    #[default]
    People,
    /// Those with counted activity, as figures count them.
    Counted,
    /// Programs, too.
    All,
}

impl Who {
    /// The list of that name: `people`, `counted` or `all`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "people" => Self::People,
            "counted" => Self::Counted,
            "all" => Self::All,
            _ => return None,
        })
    }
}

/// A member in the list.
#[derive(Debug, Clone, Serialize)]
pub struct Member {
    /// Public id.
    pub member_id: String,
    /// Name.
    pub name: String,
    /// `Exploring` … `Leading`; `None` out of orbit.
    pub level: Option<String>,
    /// 3 to 1 inside the level.
    pub level_step: Option<u8>,
    /// `Contributing II`.
    pub step_name: String,
    /// 0 to 12.
    pub step: u8,
    /// Decayed love.
    pub love: f64,
    /// Continuously decayed love.
    pub love_continuous: f64,
    /// `low`, `neutral`, `high`, `no baseline`.
    pub presence: String,
    /// Sum of connection strengths.
    pub reach: f64,
    /// Whether they are a teammate now.
    pub is_teammate: bool,
    /// Whether it is a program.
    pub is_bot: bool,
    /// Counted activities.
    pub activities: u64,
    /// Active days of the last 30.
    pub active_days_30: u32,
    /// First local day with counted activity.
    pub first_activity_on: Option<Date>,
    /// Last local day with counted activity.
    pub last_activity_on: Option<Date>,
    /// First counted activity.
    #[serde(skip)]
    pub first_activity_at: Option<Timestamp>,
    /// Last counted activity.
    #[serde(skip)]
    pub last_activity_at: Option<Timestamp>,
    /// Where they have accounts.
    pub platforms: Vec<String>,
    /// Names of the organizations that they belong to now.
    pub organizations: Vec<String>,
    /// What they are tagged with, in order.
    pub tags: Vec<Tag>,
}

/// One member whole.
#[derive(Debug, Clone, Serialize)]
pub struct MemberDetail {
    /// As in the list.
    #[serde(flatten)]
    pub member: Member,
    /// Why the step, as a sentence.
    pub why: String,
    /// The same for programs.
    pub explanation: Explanation,
    /// Step that the look-back alone earns.
    pub step_raw: u8,
    /// Local day since which the step is held.
    pub held_since: Option<Date>,
    /// Active days of the last 30, 90 and 365.
    pub active_days: [u32; 3],
    /// Accounts.
    pub identities: Vec<Account>,
    /// Why they are one person: each proof that joins two of the accounts, `chat ada and forum lovelace: same verified
    /// address`.
    pub edges: Vec<String>,
    /// The same for programs.
    pub proofs: Vec<Proof>,
    /// Whether they are a program or a teammate, and how that is known.
    pub standing: people::Standing,
    /// The latest activities, newest first.
    pub timeline: Vec<TimelineItem>,
}

/// One account of a member.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Its number, as in the public table `identities`.
    pub identity_id: u32,
    /// Where.
    pub platform: String,
    /// Platform's id.
    pub uid: Option<String>,
    /// Handle.
    pub username: Option<String>,
    /// Address.
    pub email: Option<String>,
    /// Name there.
    pub name: Option<String>,
    /// Why it is theirs: each proof that joins it to another of the accounts, `same verified address (with forum
    /// lovelace)`. Empty of an only account.
    pub because: Vec<String>,
}

/// One activity of a member.
#[derive(Debug, Clone, Serialize)]
pub struct TimelineItem {
    /// Public id.
    pub activity_id: String,
    /// Type.
    pub activity_type: String,
    /// When.
    pub at: Timestamp,
    /// Source.
    pub source: String,
    /// Channel.
    pub channel: String,
    /// Title of it or its thread.
    pub title: Option<String>,
    /// First words.
    pub text: Option<String>,
    /// Where to read it.
    pub url: Option<String>,
    /// Its weight now.
    pub weight: u8,
}

/// Everybody with counted activity, as [`listed`] gives them.
pub async fn list(
    workspace: &Workspace,
    sort: Sort,
    now: Timestamp,
    as_of: Option<Timestamp>,
) -> AppResult<Vec<Member>> {
    listed(workspace, Who::Counted, sort, now, as_of).await
}

/// Members in the order asked for, as last scored. As of an instant, when one is given, those with counted activity by then: since
/// when others are known, nobody says.
pub async fn listed(
    workspace: &Workspace,
    who: Who,
    sort: Sort,
    now: Timestamp,
    as_of: Option<Timestamp>,
) -> AppResult<Vec<Member>> {
    let rows = match as_of {
        Some(as_of) => crate::score::rows_as_of(workspace, as_of, None).await?,
        None => {
            // Right after an import they are not stored yet.
            crate::score::rescore(workspace, now).await?;
            score::all(workspace.db()).await?
        }
    };
    let people = People::load(workspace, as_of.unwrap_or(now)).await?;
    let rows = if who == Who::Counted || as_of.is_some() { rows } else { people.everybody(rows, who == Who::All) };
    Ok(people.sorted(&rows, sort).into_iter().map(|(_, member)| member).collect())
}

/// Everything about one member; the score as of an instant when one is given, else as last scored.
pub async fn show(
    workspace: &Workspace,
    member_id: &str,
    now: Timestamp,
    as_of: Option<Timestamp>,
) -> AppResult<MemberDetail> {
    let row = member_of(workspace, member_id).await?;
    let score = match as_of {
        Some(as_of) => {
            let rows = crate::score::rows_as_of(workspace, as_of, None).await?;
            rows.into_iter().find(|score| score.member_number == row.member_number)
        }
        None => {
            // Right after an import it is not stored yet.
            crate::score::rescore(workspace, now).await?;
            score::of_member(workspace.db(), row.member_number).await?
        }
    };
    let identities = identity::of_member(workspace.db(), row.member_number).await?;
    let people = People::of(workspace, &row, &identities, as_of.unwrap_or(now)).await?;
    let blank = blank_score(row.member_number, &row.member_id);
    let score = score.unwrap_or(blank);
    let member = people.member(&score).ok_or_else(|| not_found(member_id))?;
    let explanation: Explanation = serde_json::from_str(&score.explanation)
        .map_err(|error| AppError::Internal(format!("a stored explanation is damaged: {error}")))?;
    let edges = identity::edges_of_member(workspace.db(), row.member_number).await?;
    let proofs: Vec<Proof> = edges.iter().map(Proof::of).collect();
    let WhyOne { edges, mut of_account } = why_one(&proofs, &identities, &workspace.time_zone().await?);
    let latest = as_of.unwrap_or(Timestamp::MAX);
    Ok(MemberDetail {
        why: why(&explanation, score.step, score.step_raw),
        explanation,
        step_raw: score.step_raw,
        held_since: score.held_since_day.map(date_of_day),
        active_days: [score.active_days_30, score.active_days_90, score.active_days_365],
        edges,
        proofs,
        standing: people::standing(workspace, row.member_number).await?,
        identities: identities
            .into_iter()
            .map(|row| {
                let because = of_account.remove(&row.identity_id).unwrap_or_default();
                account(row, because)
            })
            .collect(),
        timeline: timeline(
            workspace,
            row.member_number,
            None,
            (latest.as_microsecond(), [0; 16]),
            &LeftOut::default(),
            50,
        )
        .await?,
        member,
    })
}

fn not_found(member_id: &str) -> AppError {
    AppError::NotFound(format!("there is no member `{member_id}`: `axle members list` shows their ids"))
}

/// The member of a public id, or of a former one.
pub(crate) async fn member_of(workspace: &Workspace, member_id: &str) -> AppResult<MemberRow> {
    let id = Uuid::parse_str(member_id).map_err(|_| not_found(member_id))?;
    member::by_id(workspace.db(), id.as_bytes()).await?.ok_or_else(|| not_found(member_id))
}

/// The members of public ids or former ones, each once, in the order of the ids.
pub(crate) async fn members_of(workspace: &Workspace, member_ids: &[String]) -> AppResult<Vec<MemberRow>> {
    let key = |id: &String| Uuid::parse_str(id).ok().map(Uuid::into_bytes);
    let keys: Vec<[u8; 16]> = member_ids.iter().filter_map(key).collect();
    let found = member::by_ids(workspace.db(), &keys).await?;
    let known: HashMap<Vec<u8>, MemberRow> = found.into_iter().map(|row| (row.member_id.clone(), row)).collect();
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(member_ids.len());
    for id in member_ids {
        let row = match key(id).and_then(|key| known.get(&key[..])) {
            Some(row) => row.clone(),
            // A former id, or nobody's.
            None => member_of(workspace, id).await?,
        };
        if seen.insert(row.member_number) {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Former public ids of members, each with the id that leads on from it.
pub(crate) async fn former_ids(workspace: &Workspace) -> AppResult<HashMap<String, String>> {
    let former = member::former_ids(workspace.db()).await?;
    Ok(former.iter().map(|(former, now)| (id_text(former), id_text(now))).collect())
}

/// Ids of the members for whom a SQL condition over the table `members` holds.
pub async fn matching(workspace: &Workspace, condition: &str, now: Timestamp) -> AppResult<HashSet<String>> {
    let query = format!("select member_id from members where {condition}");
    let table = crate::figures::sql(workspace, &query, usize::MAX, now).await?;
    Ok(table.rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect())
}

/// What a member did before a place in their timeline, newest first.
pub(crate) async fn timeline(
    workspace: &Workspace,
    member_number: u32,
    activity_type: Option<&str>,
    before: activity::TimelinePlace,
    left_out: &LeftOut,
    limit: u32,
) -> AppResult<Vec<TimelineItem>> {
    let (settings, _) = refresh::settings(workspace).await?;
    let rows = activity::timeline(workspace.db(), member_number, activity_type, before, left_out, limit).await?;
    Ok(rows
        .into_iter()
        .map(|row| TimelineItem {
            activity_id: id_text(&row.activity_id.as_slice().try_into().unwrap_or([0; 16])),
            weight: row.weight.unwrap_or_else(|| settings.weight_of(&row.activity_type)),
            activity_type: row.activity_type,
            at: Timestamp::from_microsecond(row.occurred_at).unwrap_or_default(),
            source: row.source,
            channel: row.channel,
            title: row.title,
            text: row.text,
            url: row.url,
        })
        .collect())
}

fn blank_score(member_number: u32, member_id: &[u8]) -> ScoreRow {
    ScoreRow {
        member_number,
        member_id: member_id.to_vec(),
        as_of_day: 0,
        step_raw: 0,
        step: 0,
        held_since_day: None,
        love: 0.0,
        love_continuous: 0.0,
        presence: "no baseline".into(),
        reach: 0.0,
        active_days_30: 0,
        active_days_90: 0,
        active_days_365: 0,
        activities: 0,
        first_day: None,
        last_day: None,
        first_at: None,
        last_at: None,
        explanation: r#"{"evident_on":0,"basis":{"kind":"nothing"}}"#.into(),
        settings_version: 0,
    }
}

fn account(row: IdentityRow, because: Vec<String>) -> Account {
    Account {
        identity_id: row.identity_id,
        platform: row.platform,
        uid: row.uid,
        username: row.username,
        email: row.email,
        name: row.name,
        because,
    }
}

/// The reason for a step as a sentence that begins with its name.
pub fn why(explanation: &Explanation, step: u8, step_raw: u8) -> String {
    let name = Step::new(step).map_or_else(String::new, Step::name);
    let reason = reason(explanation);
    match &explanation.basis {
        Basis::Nothing => format!("Out of orbit: {reason}."),
        _ if step > step_raw => {
            let since = date_of_day(explanation.evident_on);
            format!("{name}, held since {since}; it falls at the next check: {reason}.")
        }
        _ => format!("{name}: {reason}."),
    }
}

/// What earned a step: `49 active days in Q1 2026, 64 in Q2 2026`.
pub fn reason(explanation: &Explanation) -> String {
    match &explanation.basis {
        Basis::Nothing => "no counted activity in the last year".into(),
        Basis::Activity { day, weight } => {
            format!("an activity of weight {weight} on {}", date_of_day(*day).strftime("%-d %b %Y"))
        }
        Basis::Presence { grain, periods } => {
            let told = periods.iter().enumerate().map(|(index, period)| {
                let noun = match (index, period.days) {
                    (0, 1) => " active day",
                    (0, _) => " active days",
                    _ => "",
                };
                format!("{}{noun} in {}", period.days, period_name(*grain, date_of_day(period.start)))
            });
            told.collect::<Vec<_>>().join(", ")
        }
    }
}

/// `the week of 2 Mar 2026`, `Mar 2026`, `Q1 2026`.
pub fn period_name(grain: Grain, start: Date) -> String {
    match grain {
        Grain::Week => format!("the week of {}", start.strftime("%-d %b %Y")),
        Grain::Quarter => format!("Q{} {}", (start.month() - 1) / 3 + 1, start.year()),
        Grain::Day | Grain::Month | Grain::Year | Grain::Total => start.strftime("%b %Y").to_string(),
    }
}

/// What lists need besides scores.
pub(crate) struct People {
    members: HashMap<u32, Facts>,
    /// Accounts by member, each member's by number.
    pub(crate) accounts: HashMap<u32, Vec<IdentityRow>>,
}

/// What is known of a member on the day asked for.
struct Facts {
    member_id: [u8; 16],
    name: String,
    is_bot: bool,
    is_teammate: bool,
    organizations: Vec<String>,
    tags: Vec<Tag>,
}

impl People {
    /// Of one member only: a page about one must not cost what a list of all costs.
    async fn of(workspace: &Workspace, row: &MemberRow, identities: &[IdentityRow], now: Timestamp) -> AppResult<Self> {
        refresh::refresh(workspace).await?;
        let today = local_day(now, &workspace.time_zone().await?);
        let number = row.member_number;
        let numbers = workspace.numbers().read().await.clone();
        let index = numbers.index(number).unwrap_or(u32::MAX);
        let organizations = numbers.found.at(index, today).into_iter().map(|known| known.name.clone()).collect();
        let is_teammate = numbers.is_teammate(index, today);
        let tags = tags::held_by(workspace.db(), number).await?;
        let member_id = row.member_id.as_slice().try_into().unwrap_or([0; 16]);
        let facts = Facts { member_id, name: row.name.clone(), is_bot: row.is_bot, is_teammate, organizations, tags };
        Ok(Self { members: HashMap::from([(number, facts)]), accounts: HashMap::from([(number, identities.to_vec())]) })
    }

    /// Of everybody, on the local day of `now`.
    pub(crate) async fn load(workspace: &Workspace, now: Timestamp) -> AppResult<Self> {
        let zone = workspace.time_zone().await?;
        let today = local_day(now, &zone);
        let people = crate::directory::people(workspace.db(), &zone).await?;
        let mut members = HashMap::with_capacity(people.members.len());
        for ((index, number), row) in (0u32..).zip(&people.numbers.number_at).zip(people.members) {
            let now_at = people.numbers.found.at(index, today);
            let organizations = now_at.into_iter().map(|known| known.name.clone()).collect();
            let is_teammate = people.numbers.is_teammate(index, today);
            let (member_id, is_bot, tags) = (row.member_id, row.is_bot, row.tags);
            members.insert(*number, Facts { member_id, name: row.name, is_bot, is_teammate, organizations, tags });
        }
        let mut accounts: HashMap<u32, Vec<IdentityRow>> = HashMap::with_capacity(members.len());
        for row in people.identities {
            if let Some(number) = row.member_number {
                accounts.entry(number).or_default().push(row);
            }
        }
        Ok(Self { members, accounts })
    }

    /// The members of these scores with their numbers, in order.
    pub(crate) fn sorted(&self, rows: &[ScoreRow], sort: Sort) -> Vec<(u32, Member)> {
        let mut members: Vec<(String, u32, Member)> = rows
            .iter()
            .filter_map(|row| {
                let member = self.member(row)?;
                Some((member.name.to_lowercase(), row.member_number, member))
            })
            .collect();
        members.sort_by(|(a_name, _, a), (b_name, _, b)| {
            let by_name = || (a_name, &a.member_id).cmp(&(b_name, &b.member_id));
            match sort {
                // Love may have faded away: whoever took part comes first all the same.
                Sort::Love => {
                    let took_part = |member: &Member| member.activities > 0;
                    b.love.total_cmp(&a.love).then_with(|| took_part(b).cmp(&took_part(a))).then_with(by_name)
                }
                Sort::Level => b.step.cmp(&a.step).then_with(|| b.love.total_cmp(&a.love)).then_with(by_name),
                Sort::LastActivity => b.last_activity_on.cmp(&a.last_activity_on).then_with(by_name),
                Sort::Name => by_name(),
            }
        });
        members.into_iter().map(|(_, number, member)| (number, member)).collect()
    }

    /// These scores, and blank ones of everybody else: of programs only where they are asked for.
    pub(crate) fn everybody(&self, mut rows: Vec<ScoreRow>, programs: bool) -> Vec<ScoreRow> {
        let scored: HashSet<u32> = rows.iter().map(|row| row.member_number).collect();
        let others =
            self.members.iter().filter(|(number, facts)| !scored.contains(*number) && (programs || !facts.is_bot));
        rows.extend(others.map(|(number, facts)| blank_score(*number, &facts.member_id)));
        rows
    }

    /// The member of a score; `None` for one who is not known any more.
    fn member(&self, row: &ScoreRow) -> Option<Member> {
        let facts = self.members.get(&row.member_number)?;
        let step = Step::new(row.step)?;
        let mut platforms: Vec<String> = Vec::new();
        for account in self.accounts.get(&row.member_number).into_iter().flatten() {
            if !platforms.contains(&account.platform) {
                platforms.push(account.platform.clone());
            }
        }
        let instant = |at: Option<i64>| at.and_then(|at| Timestamp::from_microsecond(at).ok());
        Some(Member {
            member_id: id_text(&row.member_id.as_slice().try_into().ok()?),
            name: facts.name.clone(),
            level: step.level().map(|level| level.name().to_owned()),
            level_step: step.level_step(),
            step_name: step.name(),
            step: row.step,
            love: row.love,
            love_continuous: row.love_continuous,
            presence: row.presence.clone(),
            reach: row.reach,
            is_teammate: facts.is_teammate,
            is_bot: facts.is_bot,
            activities: row.activities,
            active_days_30: row.active_days_30,
            first_activity_on: row.first_day.map(date_of_day),
            last_activity_on: row.last_day.map(date_of_day),
            first_activity_at: instant(row.first_at),
            last_activity_at: instant(row.last_at),
            platforms,
            organizations: facts.organizations.clone(),
            tags: facts.tags.clone(),
        })
    }
}
