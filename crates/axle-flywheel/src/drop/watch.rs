//! The watch over all champions: who is looked at, who has been alarmed lately, and how many alerts a builder gets.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use axle_model::presence::Beta;
use axle_model::stats::median;
use axle_model::time::LocalDay;
use serde::Serialize;

use super::{DropSettings, Judgement, Rhythm, hold_days, judge, season};

/// A champion under watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// Who.
    pub member_id: String,
    /// Who looks after them: the budget is theirs.
    pub builder: String,
    /// How much the role matters; 1 is usual.
    pub role_weight: f64,
    /// The first day of the role.
    pub champion_since: LocalDay,
    /// The day of the last alert.
    pub alerted_on: Option<LocalDay>,
    /// Not before that day, because of a snooze or an open run.
    pub quiet_until: Option<LocalDay>,
    /// What they did.
    pub rhythm: Rhythm,
}

/// One champion's silence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// Who.
    pub member_id: String,
    /// Who should check in.
    pub builder: String,
    /// As of which day: from the complete days before it.
    pub as_of: LocalDay,
    /// The numbers.
    pub judgement: Judgement,
    /// How sure, times how much the role matters: what comes first.
    pub score: f64,
    /// Within the builder's budget of the week; others are listed, not pushed.
    pub is_pushed: bool,
}

/// The alerts as of a day, the most pressing first. `pushed` says how many each builder was pushed in this week before.
pub fn alerts(
    champions: &[impl Borrow<Watched>],
    as_of: LocalDay,
    pushed: &BTreeMap<String, u32>,
    settings: &DropSettings,
) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = champions
        .iter()
        .map(Borrow::borrow)
        .zip(judgements(champions, as_of, settings))
        .filter(|(champion, _): &(&Watched, _)| champion.is_watched(as_of, settings))
        .filter_map(|(champion, judgement)| {
            let score = judgement.sureness()? * champion.role_weight;
            let (member_id, builder) = (champion.member_id.clone(), champion.builder.clone());
            Some(Alert { member_id, builder, as_of, judgement, score, is_pushed: false })
        })
        .collect();
    alerts.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.member_id.cmp(&b.member_id)));
    let mut pushed = pushed.clone();
    for alert in &mut alerts {
        let count = pushed.entry(alert.builder.clone()).or_default();
        alert.is_pushed = *count < settings.budget_per_week;
        *count += u32::from(alert.is_pushed);
    }
    alerts
}

/// What the rule says of each champion as of a day, whether or not anybody would be alarmed.
pub fn judgements(champions: &[impl Borrow<Watched>], as_of: LocalDay, settings: &DropSettings) -> Vec<Judgement> {
    let rhythms: Vec<&Rhythm> = champions.iter().map(|champion| &champion.borrow().rhythm).collect();
    let prior = prior(&rhythms, as_of, settings);
    let seasons = season(&rhythms, as_of, settings.window_days, prior, settings);
    let event_seasons = season(&rhythms, as_of, settings.event_window_days, prior, settings);
    let judged = rhythms.iter().zip(seasons.into_iter().zip(event_seasons));
    judged.map(|(rhythm, seasons)| judge(rhythm, as_of, prior, seasons, settings)).collect()
}

/// What champions do in general: the median of their daily rates in the baseline.
fn prior(rhythms: &[&Rhythm], as_of: LocalDay, settings: &DropSettings) -> Beta {
    let nothing = Beta { alpha: 1.0, beta: 1.0 };
    let mut rates: Vec<f64> = rhythms
        .iter()
        .map(|rhythm| hold_days(rhythm, as_of, nothing, 1.0, settings))
        .filter(|held| held.baseline_days > 0)
        .map(|held| f64::from(held.baseline) / f64::from(held.baseline_days))
        .collect();
    Beta::prior(median(&mut rates).unwrap_or(0.0), settings.prior_strength_days)
}

impl Watched {
    fn is_watched(&self, as_of: LocalDay, settings: &DropSettings) -> bool {
        let has_tenure = self.champion_since <= as_of.saturating_sub_unsigned(settings.min_tenure_days);
        let is_cool = self.alerted_on.is_none_or(|day| day <= as_of.saturating_sub_unsigned(settings.cooldown_days));
        let is_quiet = self.quiet_until.is_some_and(|day| as_of < day);
        has_tenure && is_cool && !is_quiet && !self.rhythm.is_away(as_of)
    }
}

#[cfg(test)]
mod tests {
    use axle_model::days::Days;

    use super::*;

    /// Active every third day and at an event every tenth, until `last`.
    fn champion(name: &str, last: LocalDay) -> Watched {
        let active = (400..last).step_by(3).collect();
        let attended = (400..last).step_by(10).collect();
        let rhythm = Rhythm { active, attended, since: 400, ..Rhythm::default() };
        Watched {
            member_id: name.into(),
            builder: "buzz".into(),
            role_weight: 1.0,
            champion_since: 400,
            alerted_on: None,
            quiet_until: None,
            rhythm,
        }
    }

    fn alarmed(champions: &[Watched], pushed: u32) -> Vec<(String, bool)> {
        let pushed = BTreeMap::from([("buzz".to_owned(), pushed)]);
        let alerts = alerts(champions, 1000, &pushed, &DropSettings::default());
        alerts.into_iter().map(|alert| (alert.member_id, alert.is_pushed)).collect()
    }

    #[test]
    fn only_the_silent_are_alarmed_and_a_holiday_alarms_nobody() {
        let mut champions: Vec<Watched> = (0..20).map(|number| champion(&format!("c{number}"), 1000)).collect();
        champions.push(champion("silent", 960));
        assert_eq!(alarmed(&champions, 0), [("silent".to_owned(), true)]);
        // Everybody has fallen silent for 12 days: expectations fall with them.
        let holiday: Vec<Watched> = (0..20).map(|number| champion(&format!("c{number}"), 988)).collect();
        assert_eq!(alarmed(&holiday, 0), []);
    }

    #[test]
    fn cooldown_snooze_absence_and_tenure_keep_it_quiet() {
        let others: Vec<Watched> = (0..10).map(|number| champion(&format!("c{number}"), 1000)).collect();
        let with = |change: &dyn Fn(&mut Watched)| {
            let mut silent = champion("silent", 950);
            change(&mut silent);
            let mut champions = others.clone();
            champions.push(silent);
            alarmed(&champions, 0).len()
        };
        assert_eq!(with(&|_| ()), 1);
        assert_eq!(with(&|one| one.alerted_on = Some(971)), 0);
        assert_eq!(with(&|one| one.alerted_on = Some(970)), 1);
        assert_eq!(with(&|one| one.quiet_until = Some(1001)), 0);
        assert_eq!(with(&|one| one.quiet_until = Some(1000)), 1);
        assert_eq!(with(&|one| one.rhythm.absences = vec![Days::new(950, 1001).unwrap()]), 0);
        assert_eq!(with(&|one| one.champion_since = 941), 0);
    }

    #[test]
    fn a_builder_is_pushed_five_a_week() {
        let mut champions: Vec<Watched> = (0..40).map(|number| champion(&format!("c{number}"), 1000)).collect();
        champions.extend((0..4).map(|number| champion(&format!("silent{number}"), 950)));
        champions[42].role_weight = 2.0;
        let found = alarmed(&champions, 3);
        assert_eq!(found[0], ("silent2".to_owned(), true), "the weightier role comes first");
        assert_eq!(found.iter().map(|(_, is_pushed)| *is_pushed).collect::<Vec<_>>(), [true, true, false, false]);
    }
}
