//! The watch over all champions: who is looked at, who has been alarmed lately, and how many alerts a builder gets.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use axle_model::presence::Beta;
use axle_model::stats::median;
use axle_model::time::LocalDay;
use serde::Serialize;

use super::courses::Courses;
use super::{DropSettings, Judgement, Rhythm, judge, season};

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
    /// How likely it is that it lasts, times how much the role matters: what comes first.
    pub score: f64,
    /// Within the builder's budget of the week; others are listed, not pushed.
    pub is_pushed: bool,
}

/// The watch itself: what is believed of each champion after the days that have passed.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    courses: Courses,
    /// Who has been alarmed about and is not back yet.
    alarmed: BTreeSet<String>,
}

impl Watch {
    /// A day is over. Days are passed in order, each once, with all whose champions are or will be watched: what they did
    /// before they had the role teaches as much.
    pub fn pass(&mut self, champions: &[impl Borrow<Watched>], day: LocalDay, settings: &DropSettings) {
        let rhythms: Vec<(&str, &Rhythm)> =
            champions.iter().map(Borrow::borrow).map(|one| (one.member_id.as_str(), &one.rhythm)).collect();
        self.courses.pass(&rhythms, day, settings);
        self.alarmed.retain(|member_id| self.courses.lasts(member_id) >= settings.back_most);
    }

    /// How likely it is that somebody's activity or attendance has fallen for good, as of the day after the last.
    pub fn lasts(&self, member_id: &str) -> f64 {
        self.courses.lasts(member_id)
    }

    /// Somebody said that all is well with them: whatever there is of a fall was none.
    pub fn forgive(&mut self, member_id: &str) {
        self.courses.forgive(member_id);
    }

    /// The alerts as of the day after the last, the most pressing first. `pushed` says how many each builder was pushed in
    /// this week before. Nobody is alarmed about again before they have been back.
    pub fn alerts(
        &mut self,
        champions: &[impl Borrow<Watched>],
        as_of: LocalDay,
        pushed: &BTreeMap<String, u32>,
        settings: &DropSettings,
    ) -> Vec<Alert> {
        let may_alarm = |one: &Watched| {
            let lasts = self.lasts(&one.member_id) >= settings.lasts_least;
            lasts && !self.alarmed.contains(&one.member_id) && one.is_watched(as_of, settings)
        };
        if !champions.iter().any(|one| may_alarm(one.borrow())) {
            return Vec::new();
        }
        let mut alerts: Vec<Alert> = champions
            .iter()
            .map(Borrow::borrow)
            .zip(self.judgements(champions, as_of, settings))
            .filter(|(champion, judgement): &(&Watched, _)| judgement.fired.is_some() && may_alarm(champion))
            .map(|(champion, judgement)| {
                let score = judgement.lasts * champion.role_weight;
                let (member_id, builder) = (champion.member_id.clone(), champion.builder.clone());
                Alert { member_id, builder, as_of, judgement, score, is_pushed: false }
            })
            .collect();
        alerts.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.member_id.cmp(&b.member_id)));
        let mut pushed = pushed.clone();
        for alert in &mut alerts {
            let count = pushed.entry(alert.builder.clone()).or_default();
            alert.is_pushed = *count < settings.budget_per_week;
            *count += u32::from(alert.is_pushed);
            self.alarmed.insert(alert.member_id.clone());
        }
        alerts
    }

    /// What the rule says of each champion as of the day after the last, whether or not anybody would be alarmed.
    pub fn judgements(
        &self,
        champions: &[impl Borrow<Watched>],
        as_of: LocalDay,
        settings: &DropSettings,
    ) -> Vec<Judgement> {
        let rhythms: Vec<&Rhythm> = champions.iter().map(|champion| &champion.borrow().rhythm).collect();
        let prior = prior(&rhythms, as_of, settings);
        let seasons = season(&rhythms, as_of, settings.window_days, prior, settings);
        let event_seasons = season(&rhythms, as_of, settings.event_window_days, prior, settings);
        let judged = champions.iter().map(Borrow::borrow).zip(seasons.into_iter().zip(event_seasons));
        let judge = |(one, seasons): (&Watched, _)| {
            judge(&one.rhythm, as_of, prior, seasons, self.lasts(&one.member_id), settings)
        };
        judged.map(judge).collect()
    }
}

/// What champions do in general: the median of their daily rates in the baseline.
fn prior(rhythms: &[&Rhythm], as_of: LocalDay, settings: &DropSettings) -> Beta {
    let mut rates: Vec<f64> = rhythms
        .iter()
        .map(|rhythm| rhythm.counted(&rhythm.active, as_of, settings.window_days, settings))
        .filter(|counted| counted.baseline_days > 0)
        .map(|counted| f64::from(counted.baseline) / f64::from(counted.baseline_days))
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
        let (mut watch, settings) = (Watch::default(), DropSettings::default());
        (700..1000).for_each(|day| watch.pass(champions, day, &settings));
        let alerts = watch.alerts(champions, 1000, &pushed, &settings);
        assert_eq!(watch.alerts(champions, 1000, &pushed, &settings), [], "nobody twice");
        alerts.into_iter().map(|alert| (alert.member_id, alert.is_pushed)).collect()
    }

    #[test]
    fn only_the_silent_are_alarmed_and_a_holiday_alarms_nobody() {
        let mut champions: Vec<Watched> = (0..20).map(|number| champion(&format!("c{number}"), 1000)).collect();
        champions.push(champion("silent", 930));
        assert_eq!(alarmed(&champions, 0), [("silent".to_owned(), true)]);
        // Everybody has fallen silent for 12 days: expectations fall with them.
        let holiday: Vec<Watched> = (0..20).map(|number| champion(&format!("c{number}"), 988)).collect();
        assert_eq!(alarmed(&holiday, 0), []);
    }

    #[test]
    fn cooldown_snooze_absence_and_tenure_keep_it_quiet() {
        let others: Vec<Watched> = (0..10).map(|number| champion(&format!("c{number}"), 1000)).collect();
        let with = |change: &dyn Fn(&mut Watched)| {
            let mut silent = champion("silent", 930);
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
        assert_eq!(with(&|one| one.rhythm.absences = vec![Days::new(930, 1001).unwrap()]), 0);
        assert_eq!(with(&|one| one.champion_since = 941), 0);
    }

    #[test]
    fn a_builder_is_pushed_five_a_week() {
        let mut champions: Vec<Watched> = (0..40).map(|number| champion(&format!("c{number}"), 1000)).collect();
        champions.extend((0..4).map(|number| champion(&format!("silent{number}"), 930)));
        champions[42].role_weight = 2.0;
        let found = alarmed(&champions, 3);
        assert_eq!(found[0], ("silent2".to_owned(), true), "the weightier role comes first");
        assert_eq!(found.iter().map(|(_, is_pushed)| *is_pushed).collect::<Vec<_>>(), [true, true, false, false]);
    }
}
