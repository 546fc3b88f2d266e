//! One member's score from their own days, and the gauge, for which members of the same level are needed.

use std::collections::HashMap;

use axle_model::analytics::MemberDay;
use axle_model::look_back::active_days;
use axle_model::orbit::OrbitLevel;
use axle_model::presence::{Gauge, Presence, PresenceDays, peer_rate};
use axle_model::score::{DayActivity, Scorer};
use axle_model::settings::ScoreSettings;
use axle_model::time::LocalDay;
use axle_store::score::ScoreRow;
use jiff::Timestamp;

use crate::directory::Numbers;
use crate::{AppError, AppResult, Workspace};

/// Of a member's score what the gauge reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// `None` out of orbit.
    pub level: Option<OrbitLevel>,
    /// `None` without a baseline.
    days: Option<PresenceDays>,
}

/// Days of so many members are held at once.
const MEMBERS_AT_ONCE: usize = 50_000;

/// Scores members, given by their index in the engine's directory, from what they did up to an instant. Who did nothing
/// that counts is left out. The rows lack what follows from others, and the settings' version. `weights`: settings to
/// weigh with in place of the workspace's.
pub(super) async fn standings(
    workspace: &Workspace,
    members: &[u32],
    until: Timestamp,
    as_of: LocalDay,
    settings: &ScoreSettings,
    weights: Option<&ScoreSettings>,
) -> AppResult<Vec<(Standing, ScoreRow)>> {
    let numbers = workspace.numbers().read().await.clone();
    let mut scorer = Scorer::new(settings);
    let mut scored = Vec::with_capacity(members.len());
    for some in members.chunks(MEMBERS_AT_ONCE) {
        let days = workspace.analytics().member_days(Some(some), until, true, weights).await?;
        for own in days.chunk_by(|a, b| a.member == b.member) {
            scored.push(score(own, as_of, settings, &mut scorer, &numbers)?);
        }
    }
    Ok(scored)
}

fn score(
    own: &[MemberDay],
    as_of: LocalDay,
    settings: &ScoreSettings,
    scorer: &mut Scorer,
    numbers: &Numbers,
) -> AppResult<(Standing, ScoreRow)> {
    let activity: Vec<DayActivity> =
        own.iter().map(|day| DayActivity { day: day.day, weight: day.weight, count: day.count }).collect();
    let days = PresenceDays::count(&active_days(&activity), as_of, &settings.gauge);
    let score = scorer.at(&activity, as_of);
    let at = own[0].member as usize;
    let missing = || AppError::Internal(format!("the engine names member {at}, whom the directory does not have"));
    let before = || own.iter().filter(|day| day.day < as_of);
    let row = ScoreRow {
        member_number: *numbers.number_at.get(at).ok_or_else(missing)?,
        member_id: numbers.id_at.get(at).ok_or_else(missing)?.to_vec(),
        as_of_day: score.as_of,
        step_raw: score.step_raw.into(),
        step: score.step.into(),
        held_since_day: score.held_since,
        love: score.love_monthly,
        love_continuous: score.love_continuous,
        presence: String::new(),
        reach: 0.0,
        active_days_30: score.frequency.d30.into(),
        active_days_90: score.frequency.d90.into(),
        active_days_365: score.frequency.d365.into(),
        activities: before().map(|day| u64::from(day.count)).sum(),
        first_day: score.first_day,
        last_day: score.last_day,
        first_at: before().map(|day| day.first_at).min(),
        last_at: before().map(|day| day.last_at).max(),
        explanation: serde_json::to_string(&score.explanation)
            .map_err(|error| AppError::Internal(error.to_string()))?,
        settings_version: 0,
    };
    Ok((Standing { level: score.level, days }, row))
}

/// What members of each level usually do: the prior of their gauges.
#[derive(Debug, Default)]
pub(super) struct Rates(HashMap<Option<OrbitLevel>, f64>);

impl Rates {
    /// Of all members.
    pub(super) fn of(members: impl Iterator<Item = Standing>) -> Self {
        let mut peers: HashMap<Option<OrbitLevel>, Vec<PresenceDays>> = HashMap::new();
        for Standing { level, days } in members {
            peers.entry(level).or_default().extend(days);
        }
        Self(peers.into_iter().filter_map(|(level, peers)| Some((level, peer_rate(peers)?))).collect())
    }

    /// The bits of a level's rate; `None` where nobody has a baseline.
    pub(super) fn bits(&self, level: Option<OrbitLevel>) -> Option<u64> {
        self.0.get(&level).map(|rate| rate.to_bits())
    }
}

/// Reads gauges. Many members have the same few numbers of days: each combination is read once.
pub(super) struct Gauges<'a> {
    rates: &'a Rates,
    settings: &'a ScoreSettings,
    read: HashMap<(Option<OrbitLevel>, PresenceDays), &'static str>,
}

impl<'a> Gauges<'a> {
    pub(super) fn new(rates: &'a Rates, settings: &'a ScoreSettings) -> Self {
        Self { rates, settings, read: HashMap::new() }
    }

    /// The gauge's word for lists and pages.
    pub(super) fn word(&mut self, of: &Standing) -> &'static str {
        let (Some(days), Some(rate)) = (of.days, self.rates.0.get(&of.level)) else { return word(Gauge::NoBaseline) };
        let read = || word(Presence::read(days, *rate, &self.settings.gauge).gauge);
        self.read.entry((of.level, days)).or_insert_with(read)
    }
}

fn word(gauge: Gauge) -> &'static str {
    match gauge {
        Gauge::NoBaseline => "no baseline",
        Gauge::Low => "low",
        Gauge::Neutral => "neutral",
        Gauge::High => "high",
    }
}
