//! The courses of all champions, day by day: how quiet it is for all, and what this community is used to.

use std::collections::BTreeMap;

use axle_model::time::LocalDay;

use super::course::Course;
use super::spells::{Habits, Lived};
use super::{DropSettings, MONTH_DAYS, Rhythm};

/// Days that tell the season, and so many expected active days of others outweigh that all is as ever.
const SEASON_DAYS: usize = 7;
const SEASON_PRIOR: f64 = 10.0;
/// A week about New Year may be quieter than a month may.
const SEASON_LEAST: f64 = 0.2;
/// Days after which the community's habits are learnt anew, counted from 1970 on: whoever comes first does not move them.
const LEARN_DAYS: LocalDay = 182;

/// The courses of all, by member id.
#[derive(Debug, Clone, Default)]
pub(super) struct Courses {
    courses: BTreeMap<String, Followed>,
    habits: Habits,
    /// Of each day that has passed, what all did and were expected to do in the week up to it: the season of then, for whoever
    /// is followed later.
    weeks: Vec<(LocalDay, Week)>,
}

/// Active days: those that were, and those to be expected.
type Week = (f64, f64);

/// One of them.
#[derive(Debug, Clone)]
struct Followed {
    course: Course,
    /// What they did and were expected to do, by the day of the week.
    week: [Week; SEASON_DAYS],
}

impl Courses {
    /// One day passes.
    pub(super) fn pass(&mut self, rhythms: &[(&str, &Rhythm)], day: LocalDay, settings: &DropSettings) {
        for (id, rhythm) in rhythms {
            if !self.courses.contains_key(*id) {
                let followed = self.caught_up(rhythm, settings);
                self.courses.insert((*id).to_owned(), followed);
            }
        }
        let mut all = (SEASON_PRIOR, SEASON_PRIOR);
        for (id, rhythm) in rhythms {
            let followed = self.courses.get_mut(*id).expect("met above");
            followed.begin(rhythm, day, &self.habits);
            let week = followed.sum();
            all = (all.0 + week.0, all.1 + week.1);
        }
        for (id, rhythm) in rhythms {
            let followed = self.courses.get_mut(*id).expect("met above");
            let own = followed.sum();
            followed.end(rhythm, day, (all.0 - own.0, all.1 - own.1), settings);
        }
        self.weeks.push((day, all));
        if (day + 1).rem_euclid(LEARN_DAYS) == 0 && !self.courses.is_empty() {
            self.learn();
        }
    }

    /// Somebody who is followed from now on, with the days that have passed behind them.
    fn caught_up(&self, rhythm: &Rhythm, settings: &DropSettings) -> Followed {
        let course = Course::new(settings.prior_events, settings.prior_months * MONTH_DAYS);
        let mut followed = Followed { course, week: [(0.0, 0.0); SEASON_DAYS] };
        for (day, others) in self.weeks.iter().skip_while(|(day, _)| *day < rhythm.since) {
            followed.begin(rhythm, *day, &self.habits);
            followed.end(rhythm, *day, *others, settings);
        }
        followed
    }

    /// Learns how often spells begin here and how long they last, from all that has been seen, and believes anew.
    fn learn(&mut self) {
        let mut lived = Lived::default();
        self.courses.values().for_each(|followed| lived.add(&followed.course.lived(&self.habits)));
        self.habits = Habits::learnt(&lived);
        self.courses.values_mut().for_each(|followed| followed.course.relive(&self.habits));
    }

    /// How likely it is that somebody's activity or attendance has fallen for good; 0 for strangers.
    pub(super) fn lasts(&self, member_id: &str) -> f64 {
        self.courses.get(member_id).map_or(0.0, |followed| followed.course.fallen())
    }

    /// They said that all is well.
    pub(super) fn forgive(&mut self, member_id: &str) {
        if let Some(followed) = self.courses.get_mut(member_id) {
            followed.course.forgive();
        }
    }
}

impl Followed {
    /// A day begins: what they do on it, and what is to be expected.
    fn begin(&mut self, rhythm: &Rhythm, day: LocalDay, habits: &Habits) {
        let weekday = weekday(day);
        self.week[weekday] = (0.0, 0.0);
        if is_there(rhythm, day) {
            self.course.pass(habits);
            let active = f64::from(count(rhythm, &rhythm.active, day));
            self.week[weekday] = (active, self.course.expected(weekday));
        }
    }

    /// It is over, and as quiet as it was for the others.
    fn end(&mut self, rhythm: &Rhythm, day: LocalDay, others: Week, settings: &DropSettings) {
        if is_there(rhythm, day) {
            let season = (others.0 / others.1).clamp(SEASON_LEAST, settings.season_most);
            let (active, attended) = (count(rhythm, &rhythm.active, day), count(rhythm, &rhythm.attended, day));
            self.course.see(active > 0, attended, weekday(day), season);
        }
    }

    fn sum(&self) -> Week {
        self.week.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1))
    }
}

fn weekday(day: LocalDay) -> usize {
    day.rem_euclid(SEASON_DAYS as LocalDay) as usize
}

fn is_there(rhythm: &Rhythm, day: LocalDay) -> bool {
    rhythm.since <= day && !rhythm.is_away(day)
}

fn count(rhythm: &Rhythm, days: &[LocalDay], day: LocalDay) -> u32 {
    rhythm.count(days, (day, day.saturating_add(1)))
}
