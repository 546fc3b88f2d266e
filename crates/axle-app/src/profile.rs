//! One member beyond their score: the course of it, whom they meet, where they work, and their whole timeline.

use axle_model::affiliation::Origin;
use axle_model::interchange::FactKind;
use axle_model::label::Label;
use axle_model::look_back::active_days;
use axle_model::score::{DayActivity, score_series};
use axle_model::settings::ScoreSettings;
use axle_model::time::{Grain, LocalDay, Period, date_of_day, local_day};
use axle_store::activity;
use axle_store::fact::{self, FactRow};
use axle_store::whereabouts::LeftOut;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use crate::directory::{Numbers, id_text, interval};
use crate::members::TimelineItem;
use crate::notes::{self, Note};
use crate::{AppResult, Workspace, members, organizations, reading, refresh};

/// Months that the course goes back at most.
const COURSE_MONTHS: i32 = 24;
/// Members who came later are shown by weeks.
const BY_WEEK_DAYS: i32 = 120;
/// Fewer active days make no course.
const COURSE_ACTIVE_DAYS: usize = 3;
/// Connections that are named.
const CONNECTIONS: usize = 10;

/// What is known of a member beyond their score.
#[derive(Debug, Default)]
pub struct Profile {
    /// Love and presence over time, oldest first; empty when there is too little of it.
    pub course: Course,
    /// Whom they meet most, strongest first.
    pub connections: Vec<Connection>,
    /// With how many they are connected in all.
    pub connections_total: u64,
    /// Where they work and worked, today's first.
    pub organizations: Vec<Tenure>,
    /// What colleagues wrote about them, newest first.
    pub notes: Vec<Note>,
    /// What they asked, worried about and praised, by label: newest first, labels without any left out.
    pub said: Vec<(Label, Vec<Said>)>,
    /// The next day at whose beginning steps may fall.
    pub next_check_on: Option<Date>,
}

/// Something that a member said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Public id of the activity.
    pub activity_id: String,
    /// When.
    pub at: Timestamp,
    /// Name of the channel.
    pub channel: String,
    /// Its title or first words, without quotes and code.
    pub words: String,
    /// The words that the label was read from, at most three.
    pub evidence: Vec<String>,
    /// Where to read it.
    pub url: Option<String>,
}

/// Love and presence by period.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Week or month.
    pub grain: Grain,
    /// Oldest first.
    pub periods: Vec<Stretch>,
}

impl Default for Course {
    fn default() -> Self {
        Self { grain: Grain::Month, periods: Vec::new() }
    }
}

/// A period of a course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Its first date.
    pub start: Date,
    /// Decayed love at its end, or now.
    pub love: f64,
    /// Days on which they were active in it.
    pub active_days: u32,
    /// It is not over.
    pub is_partial: bool,
}

/// Somebody whom a member meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// Public id.
    pub member_id: String,
    /// What is left of the months in which they met.
    pub strength: f64,
    /// First date of the month in which they met last.
    pub last_month: Date,
}

/// A time at an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// The organization's name.
    pub name: String,
    /// Its public id.
    pub organization_id: Option<String>,
    /// How it is known.
    pub origin: Option<Origin>,
    /// How surely, in percent, by what is surest of it.
    pub percent: u8,
    /// Title there.
    pub detail: Option<String>,
    /// First date, if known.
    pub from: Option<Date>,
    /// First date after, if it ends.
    pub to: Option<Date>,
    /// Whether it holds today.
    pub is_current: bool,
}

/// Everything about a member but score and timeline.
pub async fn load(workspace: &Workspace, member_id: &str, now: Timestamp) -> AppResult<Profile> {
    let number = number_of(workspace, member_id).await?;
    let zone = workspace.time_zone().await?;
    let today = local_day(now, &zone);
    refresh::refresh(workspace).await?;
    let numbers = workspace.numbers().read().await.clone();
    let words = organizations::said(workspace, member_id).await?;
    let mut organizations = jobs(workspace, &numbers, number, (&zone, today), &words).await?;
    organizations.sort_by_key(|tenure| (!tenure.is_current, std::cmp::Reverse(tenure.from)));
    organizations.dedup();
    let (settings, _) = refresh::settings(workspace).await?;
    let mut profile = Profile {
        organizations,
        notes: notes::about(workspace, number).await?,
        said: said(workspace, number).await?,
        next_check_on: Some(date_of_day(settings.demote_every.next_check(today + 1))),
        ..Profile::default()
    };
    let Some(index) = numbers.index(number) else { return Ok(profile) };
    profile.course = course(workspace, index, now, today, &settings).await?;
    let met = workspace.analytics().connections(index, now).await?;
    profile.connections_total = met.len() as u64;
    let connection = |met: &axle_model::analytics::Connected| {
        Some(Connection {
            member_id: id_text(numbers.id_at.get(met.member as usize)?),
            strength: met.strength,
            last_month: date_of_day(met.last_month),
        })
    };
    profile.connections = met.iter().take(CONNECTIONS).filter_map(connection).collect();
    Ok(profile)
}

/// Labels that a member's page tells of, in their order there.
const SAID: [Label; 4] = [Label::HandRaise, Label::Question, Label::Concern, Label::Praise];
/// So many of each.
const SAID_MOST: u32 = 5;
const SAID_CHARACTERS: usize = 200;
/// Words that are named as evidence.
const EVIDENCE: usize = 3;

async fn said(workspace: &Workspace, number: u32) -> AppResult<Vec<(Label, Vec<Said>)>> {
    let mut all = Vec::new();
    for label in SAID {
        let rows = activity::said(workspace.db(), number, [label], &LeftOut::default(), SAID_MOST).await?;
        let said: Vec<Said> = rows.into_iter().filter_map(|row| said_of(row, label)).collect();
        if !said.is_empty() {
            all.push((label, said));
        }
    }
    Ok(all)
}

fn said_of(row: activity::Said, label: Label) -> Option<Said> {
    let text = row.text.unwrap_or_default();
    let evidence =
        reading::reader().evidence(&axle_text::Text { title: row.title.as_deref(), body: &text }, label, EVIDENCE);
    let words = axle_text::clean::clean(&text);
    let words = row.title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| words.into_owned());
    Some(Said {
        activity_id: Uuid::from_slice(&row.activity_id).ok()?.to_string(),
        at: Timestamp::from_microsecond(row.occurred_at).ok()?,
        channel: row.channel,
        words: words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SAID_CHARACTERS).collect(),
        evidence,
        url: row.url,
    })
}

async fn number_of(workspace: &Workspace, member_id: &str) -> AppResult<u32> {
    Ok(members::member_of(workspace, member_id).await?.member_number)
}

fn text(row: &FactRow, field: &str) -> Option<String> {
    row.fact.text(field).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Where a member works and worked. Touching days at one organization that are known in one way are told as one time.
async fn jobs(
    workspace: &Workspace,
    numbers: &Numbers,
    number: u32,
    (zone, today): (&TimeZone, LocalDay),
    words: &[organizations::Said],
) -> AppResult<Vec<Tenure>> {
    let Some(timeline) = numbers.index(number).and_then(|index| numbers.found.affiliations.get(&index)) else {
        return Ok(Vec::new());
    };
    let facts = fact::about(workspace.db(), FactKind::AFFILIATION, number).await?;
    let mut known: Vec<(u32, Origin, LocalDay, LocalDay, u8)> = Vec::new();
    for affiliation in timeline.all() {
        let (from, to) = (affiliation.days.from(), affiliation.days.to());
        known.push((affiliation.organization, affiliation.origin, from, to, affiliation.percent()));
    }
    known.sort_unstable();
    known.dedup_by(|next, last| {
        let joins = (next.0, next.1) == (last.0, last.1) && next.2 <= last.3;
        if joins {
            last.3 = last.3.max(next.3);
            last.4 = last.4.max(next.4);
        }
        joins
    });
    let open = |day: LocalDay, end: LocalDay| (day != end).then(|| date_of_day(day));
    let tenures = known.into_iter().map(|(at, origin, from, to, percent)| {
        let organization = &numbers.found.organizations[at as usize];
        let stated = facts.iter().find(|row| {
            let is_there = row.fact.text("organization").and_then(|id| numbers.found.of_account(&row.source, id));
            is_there == Some(at) && interval(row, zone).0 == from
        });
        let said = words.iter().filter(|word| word.is_there && origin == Origin::Person).find(|word| {
            word.organization_id.as_ref() == Some(&organization.organization_id)
                && word.from == open(from, LocalDay::MIN)
        });
        Tenure {
            name: organization.name.clone(),
            organization_id: Some(organization.organization_id.clone()),
            origin: Some(origin),
            percent,
            detail: said.and_then(|word| word.title.clone()).or_else(|| stated.and_then(|row| text(row, "title"))),
            from: open(from, LocalDay::MIN),
            to: open(to, LocalDay::MAX),
            is_current: (from..to).contains(&today),
        }
    });
    Ok(tenures.collect())
}

async fn course(
    workspace: &Workspace,
    index: u32,
    now: Timestamp,
    today: LocalDay,
    settings: &ScoreSettings,
) -> AppResult<Course> {
    let days = workspace.analytics().member_days(Some(&[index]), now, true, None).await?;
    let own = days.iter().filter(|day| day.member == index);
    let days: Vec<DayActivity> =
        own.map(|day| DayActivity { day: day.day, weight: day.weight, count: day.count }).collect();
    let active: Vec<LocalDay> = active_days(&days).iter().map(|day| day.day).collect();
    let Some(periods) = periods(&active, today) else { return Ok(Course::default()) };
    // As of the end of each period; of the one that runs, as of the end of today, as everywhere else.
    let ends: Vec<LocalDay> = periods.split.iter().map(|period| period.days().end.min(today + 1)).collect();
    let lines = score_series(&days, &ends, settings);
    let stretch = |(period, line): (&Period, axle_model::score::ScoreLine)| Stretch {
        start: period.start,
        love: line.love_monthly,
        active_days: active.iter().filter(|day| period.days().contains(day)).count() as u32,
        is_partial: period.days().contains(&today),
    };
    Ok(Course { grain: periods.grain, periods: periods.split.iter().zip(lines).map(stretch).collect() })
}

struct Periods {
    grain: Grain,
    split: Vec<Period>,
}

/// The periods from the first active day, or as far back as a course goes, to today. `None` for too few active days.
fn periods(active: &[LocalDay], today: LocalDay) -> Option<Periods> {
    let first = *active.first().filter(|_| active.len() >= COURSE_ACTIVE_DAYS)?;
    let grain = if today - first < BY_WEEK_DAYS { Grain::Week } else { Grain::Month };
    let earliest = date_of_day(today).saturating_sub((COURSE_MONTHS - 1).months());
    let from = grain.floor(date_of_day(first).max(earliest));
    let split = Period::new(from, grain.next(grain.floor(date_of_day(today))))?.split(grain);
    (split.len() > 1).then_some(Periods { grain, split })
}

/// Part of a member's timeline.
#[derive(Debug, Default)]
pub struct History {
    /// Activities, newest first.
    pub items: Vec<TimelineItem>,
    /// Every type with how many the member did of it, most first.
    pub types: Vec<(String, u64)>,
    /// Where older ones begin, if there are any.
    pub older: Option<String>,
}

/// What a member did, of one type or of all, after the place that [`History::older`] gave; from the newest on when there
/// is none, or when it is not understood.
pub async fn history(
    workspace: &Workspace,
    member_id: &str,
    activity_type: Option<&str>,
    older_than: &str,
    limit: usize,
) -> AppResult<History> {
    let number = number_of(workspace, member_id).await?;
    let types = activity::types_of_member(workspace.db(), number).await?;
    let place = place_of(older_than).unwrap_or((i64::MAX, [u8::MAX; 16]));
    // One more than asked for tells whether there are older ones.
    let more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let mut items = members::timeline(workspace, number, activity_type, place, &LeftOut::default(), more).await?;
    let has_more = items.len() > limit;
    items.truncate(limit);
    let older =
        items.last().filter(|_| has_more).map(|last| format!("{}.{}", last.at.as_microsecond(), last.activity_id));
    Ok(History { items, types: types.into_iter().map(|(key, count)| (key, count.into())).collect(), older })
}

fn place_of(text: &str) -> Option<activity::TimelinePlace> {
    let (at, id) = text.split_once('.')?;
    Some((at.parse().ok()?, *Uuid::parse_str(id).ok()?.as_bytes()))
}

#[cfg(test)]
mod tests {
    use axle_model::time::day_of_date;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_course_begins_with_the_member_and_ends_today() {
        let today = day_of_date(date(2026, 3, 18));
        let of = |active: &[Date]| {
            let days: Vec<LocalDay> = active.iter().map(|date| day_of_date(*date)).collect();
            periods(&days, today).map(|periods| {
                (periods.grain, periods.split.len(), periods.split[0].start, periods.split[periods.split.len() - 1].end)
            })
        };
        let days = |first: Date| [first, date(2026, 3, 1), date(2026, 3, 17)];
        let (april, week) = (date(2026, 4, 1), date(2026, 3, 23));
        assert_eq!(of(&days(date(2025, 6, 10))), Some((Grain::Month, 10, date(2025, 6, 1), april)));
        assert_eq!(of(&days(date(2019, 6, 10))), Some((Grain::Month, 24, date(2024, 4, 1), april)));
        assert_eq!(of(&days(date(2026, 2, 25))), Some((Grain::Week, 4, date(2026, 2, 23), week)));
        assert_eq!(of(&[date(2025, 6, 10), date(2026, 3, 1)]), None, "two days are no course");
        let one_week = [date(2026, 3, 16), date(2026, 3, 17), date(2026, 3, 18)];
        assert_eq!(of(&one_week), None, "nor is one period");
    }

    #[test]
    fn a_place_is_read_back() {
        let id = "8207e352-4a3b-a64c-fe80-3301af1349b9";
        let expected = *Uuid::parse_str(id).unwrap().as_bytes();
        assert_eq!(place_of(&format!("-17.{id}")), Some((-17, expected)));
        for text in ["", "17", "17.x", ".", "x.8207e352-4a3b-a64c-fe80-3301af1349b9"] {
            assert_eq!(place_of(text), None, "{text}");
        }
    }
}
