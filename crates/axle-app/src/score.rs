//! Scores: where every member stands, written down for lists and pages after each change.

use std::collections::{HashMap, HashSet};

use axle_model::analytics::MemberDay;
use axle_model::look_back::active_days;
use axle_model::orbit::OrbitLevel;
use axle_model::presence::{Gauge, Presence, PresenceDays, peer_rate};
use axle_model::score::{DayActivity, Score, Scorer};
use axle_model::settings::ScoreSettings;
use axle_model::time::{LocalDay, local_day};
use axle_store::score::{self, ScoreRow};
use jiff::Timestamp;

use crate::directory::Numbers;
use crate::{AppError, AppResult, Workspace, refresh};

/// A member's score with what the gauge reads.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Index in the engine's directory.
    pub member: u32,
    /// The score.
    pub score: Score,
    /// The gauge; `None` without a baseline.
    pub presence: Option<Presence>,
    /// Counted activities, ever.
    pub activities: u64,
    days: Option<PresenceDays>,
}

/// Scores every member as of the start of the local day after `now`, so that today counts, and writes the scores down.
/// Scores that did not change are not written. Gives how many members are in the record's scores.
pub async fn rescore(workspace: &Workspace, now: Timestamp) -> AppResult<usize> {
    let rows = rows_as_of(workspace, now, None).await?;
    let held: HashMap<u32, ScoreRow> =
        score::all(workspace.db()).await?.into_iter().map(|row| (row.member_number, row)).collect();
    let changed: Vec<ScoreRow> = rows.iter().filter(|row| held.get(&row.member_number) != Some(row)).cloned().collect();
    let present: HashSet<u32> = rows.iter().map(|row| row.member_number).collect();
    if !changed.is_empty() || held.keys().any(|number| !present.contains(number)) {
        let mut tx = workspace.db().begin().await?;
        score::store(&mut tx, &changed).await?;
        score::retain(&mut tx, &present).await?;
        tx.commit().await?;
    }
    Ok(rows.len())
}

/// Everybody's score as of an instant, under the workspace's settings or under others (for a preview), teammates and
/// bots without counted activity left out.
pub async fn rows_as_of(
    workspace: &Workspace,
    as_of: Timestamp,
    settings: Option<&ScoreSettings>,
) -> AppResult<Vec<ScoreRow>> {
    refresh::refresh(workspace).await?;
    let (held, version) = refresh::settings(workspace).await?;
    let day = local_day(as_of, &workspace.time_zone().await?) + 1;
    let days = workspace.analytics().member_days(None, as_of, true, settings).await?;
    let reach = workspace.analytics().reach(as_of).await?;
    let standings = standings(&days, day, settings.unwrap_or(&held));
    let numbers = workspace.numbers().read().await.clone();
    standings
        .iter()
        .map(|standing| row_of(standing, &numbers, reach.get(&standing.member).copied().unwrap_or(0.0), version))
        .collect()
}

/// Scores everybody in `days`, which come by member, then day.
pub fn standings(days: &[MemberDay], as_of: LocalDay, settings: &ScoreSettings) -> Vec<Standing> {
    let mut scorer = Scorer::new(settings);
    let mut standings: Vec<Standing> =
        days.chunk_by(|a, b| a.member == b.member).map(|own| standing(own, as_of, settings, &mut scorer)).collect();
    read_gauges(&mut standings, settings);
    standings
}

fn standing(own: &[MemberDay], as_of: LocalDay, settings: &ScoreSettings, scorer: &mut Scorer) -> Standing {
    let activity: Vec<DayActivity> =
        own.iter().map(|day| DayActivity { day: day.day, weight: day.weight, count: day.count }).collect();
    let active = active_days(&activity);
    Standing {
        member: own[0].member,
        score: scorer.at(&activity, as_of),
        presence: None,
        activities: own.iter().filter(|day| day.day < as_of).map(|day| u64::from(day.count)).sum(),
        days: PresenceDays::count(&active, as_of, &settings.gauge),
    }
}

/// The prior of a member's gauge is what members of the same level usually do.
fn read_gauges(standings: &mut [Standing], settings: &ScoreSettings) {
    let mut peers: HashMap<Option<OrbitLevel>, Vec<PresenceDays>> = HashMap::new();
    for standing in standings.iter() {
        peers.entry(standing.score.level).or_default().extend(standing.days);
    }
    let rates: HashMap<Option<OrbitLevel>, f64> =
        peers.into_iter().filter_map(|(level, peers)| Some((level, peer_rate(peers)?))).collect();
    for standing in standings {
        if let (Some(days), Some(rate)) = (standing.days, rates.get(&standing.score.level)) {
            standing.presence = Some(Presence::read(days, *rate, &settings.gauge));
        }
    }
}

/// The gauge's word for lists and pages.
pub fn gauge_word(presence: Option<&Presence>) -> &'static str {
    match presence.map(|presence| presence.gauge) {
        None | Some(Gauge::NoBaseline) => "no baseline",
        Some(Gauge::Low) => "low",
        Some(Gauge::Neutral) => "neutral",
        Some(Gauge::High) => "high",
    }
}

fn row_of(standing: &Standing, numbers: &Numbers, reach: f64, settings_version: i64) -> AppResult<ScoreRow> {
    let at = standing.member as usize;
    let missing = || AppError::Internal(format!("the engine names member {at}, whom the directory does not have"));
    let score = &standing.score;
    Ok(ScoreRow {
        member_number: *numbers.number_at.get(at).ok_or_else(missing)?,
        member_id: numbers.id_at.get(at).ok_or_else(missing)?.to_vec(),
        as_of_day: score.as_of,
        step_raw: score.step_raw.into(),
        step: score.step.into(),
        held_since_day: score.held_since,
        love: score.love_monthly,
        love_continuous: score.love_continuous,
        presence: gauge_word(standing.presence.as_ref()).to_owned(),
        reach,
        active_days_30: score.frequency.d30.into(),
        active_days_90: score.frequency.d90.into(),
        active_days_365: score.frequency.d365.into(),
        activities: standing.activities,
        first_day: score.first_day,
        last_day: score.last_day,
        explanation: serde_json::to_string(&score.explanation)
            .map_err(|error| AppError::Internal(error.to_string()))?,
        settings_version,
    })
}
