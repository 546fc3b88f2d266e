//! The watch over all champions: who is looked at, who has been alarmed lately, and how many alerts a builder gets.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use axle_model::presence::Beta;
use axle_model::stats::median;
use axle_model::time::{LocalDay, date_of_day};
use serde::{Serialize, Serializer};

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
    /// The first day of the role, as they hold it now: who had it before begins anew.
    pub champion_since: LocalDay,
    /// The day of the last alert.
    pub alerted_on: Option<LocalDay>,
    /// Not before that day, because of a snooze or an open run.
    pub quiet_until: Option<LocalDay>,
    /// The last day on which somebody answered an alert about them.
    pub answered_on: Option<LocalDay>,
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
    #[serde(serialize_with = "as_date")]
    pub as_of: LocalDay,
    /// The numbers.
    pub judgement: Judgement,
    /// How likely it is that it lasts, times how much the role matters: what comes first.
    pub score: f64,
    /// As of which day it was pushed to the builder; until then it is listed.
    #[serde(serialize_with = "as_date")]
    pub pushed_on: Option<LocalDay>,
}

/// As other JSON writes days.
fn as_date<S: Serializer>(day: &(impl Into<Option<LocalDay>> + Copy), to: S) -> Result<S::Ok, S::Error> {
    Into::<Option<LocalDay>>::into(*day).map(date_of_day).serialize(to)
}

/// The watch itself: what is believed of each champion after the days that have passed.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    courses: Courses,
    /// Who has been alarmed about and is not back yet.
    alarmed: BTreeSet<String>,
}

impl Watch {
    /// A day is over. Days are passed in order, each once, with all who are champions by then or were. What they did before they
    /// had the role teaches as much: it is gone through when they are named for the first time.
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
        self.alarmed.remove(member_id);
    }

    /// They hold the role no longer: with it goes what they were alarmed about.
    pub fn release(&mut self, member_id: &str) {
        self.alarmed.remove(member_id);
    }

    /// The alerts as of the day after the last, the most pressing first, none of them pushed yet. Nobody is alarmed about again
    /// before they have been back.
    pub fn alerts(
        &mut self,
        champions: &[impl Borrow<Watched>],
        as_of: LocalDay,
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
                Alert { member_id, builder, as_of, judgement, score, pushed_on: None }
            })
            .collect();
        alerts.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.member_id.cmp(&b.member_id)));
        self.alarmed.extend(alerts.iter().map(|alert| alert.member_id.clone()));
        alerts
    }

    /// Whether the champion of an alert is silent still.
    pub fn is_open(&self, alert: &Alert) -> bool {
        self.alarmed.contains(&alert.member_id)
    }

    /// Pushes those of the open alerts of which it is probable enough by now that the drop lasts, the most pressing first:
    /// `pushed` counts what each builder was pushed in this week, up to the budget. Whom an answer was given about, who is left
    /// alone or known to be away waits.
    pub fn push(
        &self,
        open: &mut [Alert],
        champions: &[impl Borrow<Watched>],
        as_of: LocalDay,
        pushed: &mut BTreeMap<String, u32>,
        settings: &DropSettings,
    ) {
        let score = |alert: &Alert| {
            let lasts = self.lasts(&alert.member_id);
            let champion = champions.iter().map(Borrow::borrow).find(|one| one.member_id == alert.member_id)?;
            let is_answered = champion.answered_on.is_some_and(|day| day >= alert.as_of);
            let waits = lasts < settings.push_least || is_answered || champion.is_left_alone(as_of);
            (!waits).then_some(lasts * champion.role_weight)
        };
        let listed = open.iter_mut().filter(|alert| alert.pushed_on.is_none());
        let mut due: Vec<(f64, &mut Alert)> = listed.filter_map(|alert| Some((score(alert)?, alert))).collect();
        due.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.member_id.cmp(&other.member_id)));
        for (_, alert) in due {
            let count = pushed.entry(alert.builder.clone()).or_default();
            if *count < settings.budget_per_week {
                *count += 1;
                alert.pushed_on = Some(as_of);
            }
        }
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
        has_tenure && is_cool && !self.is_left_alone(as_of)
    }

    /// Whether somebody asked for it, or they are known to be away.
    fn is_left_alone(&self, as_of: LocalDay) -> bool {
        self.quiet_until.is_some_and(|day| as_of < day) || self.rhythm.is_away(as_of)
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
            answered_on: None,
            rhythm,
        }
    }

    fn alarmed(champions: &[Watched], pushed: u32) -> Vec<(String, bool)> {
        let mut pushed = BTreeMap::from([("buzz".to_owned(), pushed)]);
        let (mut watch, settings) = (Watch::default(), DropSettings::default());
        (700..1000).for_each(|day| watch.pass(champions, day, &settings));
        let mut alerts = watch.alerts(champions, 1000, &settings);
        assert_eq!(watch.alerts(champions, 1000, &settings), [], "nobody twice");
        watch.push(&mut alerts, champions, 1000, &mut pushed, &settings);
        alerts.into_iter().map(|alert| (alert.member_id, alert.pushed_on.is_some())).collect()
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

    /// An alert at once, then day by day until it is pushed: the day of the alert and that of the push.
    fn pushed_on(change: &dyn Fn(&mut Watched, LocalDay)) -> (LocalDay, Option<LocalDay>) {
        let mut champions: Vec<Watched> = (0..10).map(|number| champion(&format!("c{number}"), 1100)).collect();
        champions.push(champion("silent", 930));
        let settings = DropSettings { lasts_least: 0.0, ..DropSettings::default() };
        let (mut watch, mut open) = (Watch::default(), Vec::new());
        for day in 700..1100 {
            watch.pass(&champions, day - 1, &settings);
            if let Some(alert) = open.first() {
                let alert: &Alert = alert;
                champions[10].alerted_on = Some(alert.as_of);
                change(&mut champions[10], day);
            }
            open.extend(watch.alerts(&champions, day, &settings));
            let before = open.clone();
            watch.push(&mut open, &champions, day, &mut BTreeMap::new(), &settings);
            let is_likely = watch.lasts("silent") >= settings.push_least;
            assert!(before == open || is_likely, "pushed on {day} already");
        }
        let [alert] = &open[..] else { panic!("{open:?}") };
        (alert.as_of, alert.pushed_on)
    }

    #[test]
    fn what_is_listed_is_pushed_once_it_is_likely_to_last() {
        let (as_of, pushed) = pushed_on(&|_, _| ());
        let pushed = pushed.expect("it lasts");
        assert!(pushed > as_of, "{as_of} {pushed}");
        // Whoever has asked by then needs no push, and who is left alone until later gets it later.
        assert_eq!(pushed_on(&|one, _| one.answered_on = Some(as_of)).1, None);
        assert_eq!(pushed_on(&|one, _| one.answered_on = Some(as_of - 1)).1, Some(pushed), "of an earlier alert");
        assert_eq!(pushed_on(&|one, _| one.quiet_until = Some(pushed + 9)).1, Some(pushed + 9));
    }
}
