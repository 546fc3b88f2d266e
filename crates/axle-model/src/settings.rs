//! What a workspace may set about scoring. The caller stores each change as a new version, so that a published
//! figure names the settings that it was computed with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calendar::{first_day_of_month, month_of_day};
use crate::catalogue;
use crate::time::LocalDay;

/// Everything that scoring can be told. [`Default`] is the Orbit model's third generation as Axle reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreSettings {
    /// Days that count towards a step: those in `[as_of - look_back_days, as_of)`.
    pub look_back_days: u32,
    /// Active days that make a week, month or quarter count as presence.
    pub milestones: Milestones,
    /// Whether a milestone counts as repeated only in adjacent periods. Then the longest run is taken.
    pub consecutive: bool,
    /// How often a held step may fall.
    pub demote_every: DemoteEvery,
    /// What love keeps of its value after a month, and a connection after an idle month.
    pub decay: f64,
    /// Which love is shown and sorted by; both are computed.
    pub love: LoveKind,
    /// The presence gauge.
    pub gauge: GaugeSettings,
    /// Strength of connections.
    pub connections: ConnectionSettings,
    /// What a member weighs in gravity.
    pub gravity: GravityWeights,
    /// Names of the levels, from the edge inwards.
    pub level_names: [String; 4],
    /// Weights that differ from the catalogue's, by activity type.
    pub weights: BTreeMap<String, u8>,
}

impl Default for ScoreSettings {
    fn default() -> Self {
        Self {
            look_back_days: 365,
            milestones: Milestones::default(),
            consecutive: false,
            demote_every: DemoteEvery::Month,
            decay: 0.9,
            love: LoveKind::Monthly,
            gauge: GaugeSettings::default(),
            connections: ConnectionSettings::default(),
            gravity: GravityWeights::Steps,
            level_names: ["Exploring", "Participating", "Contributing", "Leading"].map(String::from),
            weights: BTreeMap::new(),
        }
    }
}

impl ScoreSettings {
    /// Weight of an activity type: the workspace's own, else the catalogue's.
    pub fn weight_of(&self, type_key: &str) -> u8 {
        self.weights.get(type_key).copied().unwrap_or_else(|| catalogue::default_weight(type_key))
    }

    /// The first reason why these settings make no sense. Every figure of this crate is defined under settings that
    /// pass.
    pub fn validate(&self) -> Result<(), SettingsError> {
        use SettingsError as Error;
        let Milestones { week_days, month_days, quarter_days } = self.milestones;
        let gauge = &self.gauge;
        let ratios = [gauge.low_ratio, gauge.high_ratio, gauge.prior_strength_days];
        let checks = [
            ((1..=36_525).contains(&self.look_back_days), Error::LookBack),
            ((1..=7).contains(&week_days), Error::Milestone("week", 7)),
            ((1..=31).contains(&month_days), Error::Milestone("month", 31)),
            ((1..=92).contains(&quarter_days), Error::Milestone("quarter", 92)),
            (self.decay > 0.0 && self.decay <= 1.0, Error::Decay),
            (gauge.p > 0.0 && gauge.p < 0.5, Error::GaugeP),
            (ratios.iter().all(|ratio| ratio.is_finite() && *ratio > 0.0), Error::GaugeRatio),
            ((1..=3_660).contains(&gauge.window_days) && gauge.baseline_days > 0, Error::GaugeWindow),
            (gauge.min_tenure_days > gauge.window_days, Error::GaugeWindow),
        ];
        if let Some((_, error)) = checks.into_iter().find(|(passes, _)| !passes) {
            return Err(error);
        }
        let too_heavy = self.weights.iter().find(|(_, weight)| **weight > 12);
        too_heavy.map_or(Ok(()), |(key, weight)| Err(Error::Weight(key.clone(), *weight)))
    }
}

/// Settings that no figure can be computed with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A look-back of no day, or of more than a century.
    #[error("the look-back must be 1 to 36525 days")]
    LookBack,
    /// A milestone that every day or no day reaches.
    #[error("the milestone of a {0} must be 1 to {1} days")]
    Milestone(&'static str, u8),
    /// A decay outside of `(0, 1]`.
    #[error("the decay must be above 0 and at most 1")]
    Decay,
    /// A probability that would call half of the members unusual.
    #[error("the gauge's probability must be above 0 and below 0.5")]
    GaugeP,
    /// A ratio or strength that is no positive number.
    #[error("the gauge's ratios and prior strength must be positive")]
    GaugeRatio,
    /// No days to observe, or a tenure that leaves no day for the baseline.
    #[error("the gauge needs a window of 1 to 3660 days, a baseline, and a tenure longer than the window")]
    GaugeWindow,
    /// A weight above 12.
    #[error("the weight of {0} must be 0 to 12, not {1}")]
    Weight(String, u8),
}

/// Distinct active local days that make a period count as presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Milestones {
    /// In an ISO week: Participating.
    pub week_days: u8,
    /// In a calendar month: Contributing.
    pub month_days: u8,
    /// In a calendar quarter: Leading.
    pub quarter_days: u8,
}

impl Default for Milestones {
    fn default() -> Self {
        Self { week_days: 2, month_days: 7, quarter_days: 30 }
    }
}

/// How often a held step may fall: at the first local midnight of each of these periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DemoteEvery {
    /// On the first of each month.
    Month,
    /// On the first of January, April, July and October.
    Quarter,
    /// On the first of January.
    Year,
}

impl DemoteEvery {
    /// The last check day on or before `day`.
    pub fn last_check(self, day: LocalDay) -> LocalDay {
        let months = self.months();
        first_day_of_month(month_of_day(day).div_euclid(months) * months)
    }

    /// The first check day on or after `day`.
    pub fn next_check(self, day: LocalDay) -> LocalDay {
        let months = self.months();
        let last = month_of_day(day).div_euclid(months) * months;
        if first_day_of_month(last) == day { day } else { first_day_of_month(last + months) }
    }

    fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }
}

/// Which of the two loves a workspace looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoveKind {
    /// Decays by calendar month, as the Orbit model published it.
    Monthly,
    /// Decays day by day.
    Continuous,
}

/// The presence gauge: recent active days against the member's own baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaugeSettings {
    /// Days observed, up to the as-of day.
    pub window_days: u32,
    /// Days before those, which make the baseline.
    pub baseline_days: u32,
    /// Days since the first counted activity below which there is no baseline.
    pub min_tenure_days: u32,
    /// How many days the prior weighs.
    pub prior_strength_days: f64,
    /// Tail probability below which a count is unusual.
    pub p: f64,
    /// A low count is also at most this share of the expected one.
    pub low_ratio: f64,
    /// A high count is also at least this share of the expected one.
    pub high_ratio: f64,
}

impl Default for GaugeSettings {
    fn default() -> Self {
        Self {
            window_days: 30,
            baseline_days: 180,
            min_tenure_days: 60,
            prior_strength_days: 30.0,
            p: 0.05,
            low_ratio: 0.5,
            high_ratio: 1.5,
        }
    }
}

/// What a month of interaction adds to the strength of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectionSettings {
    /// A month with a reply, a mention or a conversation of two.
    pub direct: u8,
    /// A month with only a shared thread or event.
    pub indirect: u8,
    /// Largest group whose people count as having met: a bigger one connects nobody indirectly.
    pub group_cap: u32,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self { direct: 10, indirect: 1, group_cap: 50 }
    }
}

/// What a member weighs in gravity, before squaring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GravityWeights {
    /// The step, 1 to 12.
    Steps,
    /// The level's first step: 1, 4, 7 or 10.
    Levels,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::time::day_of_date;

    #[test]
    fn a_workspace_overrides_the_catalogue() {
        let settings =
            ScoreSettings { weights: BTreeMap::from([("question:asked".into(), 6)]), ..ScoreSettings::default() };
        assert_eq!(settings.weight_of("question:asked"), 6);
        assert_eq!(settings.weight_of("question:answered"), 6);
        assert_eq!(settings.weight_of("github:pull_request:opened"), 8);
        assert_eq!(settings.weight_of("product:report:exported"), 0);
    }

    #[test]
    fn an_empty_object_is_the_default_and_a_misspelt_field_is_refused() {
        let settings: ScoreSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, ScoreSettings::default());
        assert_eq!(settings.validate(), Ok(()));
        let round_trip = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<ScoreSettings>(&round_trip).unwrap(), settings);
        assert!(serde_json::from_str::<ScoreSettings>(r#"{"lookback": 30}"#).is_err());
    }

    #[test]
    fn senseless_settings_are_named() {
        let default = ScoreSettings::default();
        let no_look_back = ScoreSettings { look_back_days: 0, ..default.clone() };
        assert_eq!(no_look_back.validate(), Err(SettingsError::LookBack));
        let growing = ScoreSettings { decay: f64::NAN, ..default.clone() };
        assert_eq!(growing.validate(), Err(SettingsError::Decay));
        let heavy = ScoreSettings { weights: BTreeMap::from([("a:b:c".into(), 13)]), ..default };
        assert_eq!(heavy.validate(), Err(SettingsError::Weight("a:b:c".into(), 13)));
    }

    #[test]
    fn checks_fall_on_the_first_of_the_period() {
        let day = |month, day| day_of_date(date(2024, month, day));
        for (every, at, last, next) in [
            (DemoteEvery::Month, day(5, 17), day(5, 1), day(6, 1)),
            (DemoteEvery::Month, day(5, 1), day(5, 1), day(5, 1)),
            (DemoteEvery::Quarter, day(5, 17), day(4, 1), day(7, 1)),
            (DemoteEvery::Year, day(12, 31), day(1, 1), day(12, 31) + 1),
            (DemoteEvery::Year, day(1, 1), day(1, 1), day(1, 1)),
        ] {
            assert_eq!((every.last_check(at), every.next_check(at)), (last, next), "{every:?} {at}");
        }
    }
}
