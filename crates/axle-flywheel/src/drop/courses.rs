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
/// Days after which the community's habits are learnt anew.
const LEARN_DAYS: u32 = 182;

/// The courses of all, by member id.
#[derive(Debug, Clone, Default)]
pub(super) struct Courses {
    courses: BTreeMap<String, Followed>,
    habits: Habits,
    days: u32,
}

/// One of them.
#[derive(Debug, Clone)]
struct Followed {
    course: Course,
    /// What they did and were expected to do, of the last days.
    week: [(f64, f64); SEASON_DAYS],
}

impl Courses {
    /// One day passes.
    pub(super) fn pass(&mut self, rhythms: &[(&str, &Rhythm)], day: LocalDay, settings: &DropSettings) {
        let (place, weekday) = (self.days as usize % SEASON_DAYS, day.rem_euclid(7) as usize);
        let is_there = |rhythm: &Rhythm| rhythm.since <= day && !rhythm.is_away(day);
        let count = |rhythm: &Rhythm, days: &[LocalDay]| rhythm.count(days, (day, day.saturating_add(1)));
        let mut all = (SEASON_PRIOR, SEASON_PRIOR);
        for (id, rhythm) in rhythms {
            let new = || Followed {
                course: Course::new(settings.prior_events, settings.prior_months * MONTH_DAYS),
                week: [(0.0, 0.0); SEASON_DAYS],
            };
            let followed = self.courses.entry((*id).to_owned()).or_insert_with(new);
            followed.week[place] = (0.0, 0.0);
            if is_there(rhythm) {
                followed.course.pass(&self.habits);
                let active = f64::from(count(rhythm, &rhythm.active));
                followed.week[place] = (active, followed.course.expected(weekday));
            }
            let week = followed.sum();
            all = (all.0 + week.0, all.1 + week.1);
        }
        for (id, rhythm) in rhythms.iter().filter(|(_, rhythm)| is_there(rhythm)) {
            let followed = self.courses.get_mut(*id).expect("met above");
            let own = followed.sum();
            let season = ((all.0 - own.0) / (all.1 - own.1)).clamp(SEASON_LEAST, settings.season_most);
            let (active, attended) = (count(rhythm, &rhythm.active), count(rhythm, &rhythm.attended));
            followed.course.see(active > 0, attended, weekday, season);
        }
        self.days += 1;
        if self.days.is_multiple_of(LEARN_DAYS) {
            self.learn();
        }
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
    fn sum(&self) -> (f64, f64) {
        self.week.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1))
    }
}
