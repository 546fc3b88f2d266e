//! A made-up community of champions whose drops are known: the world in which alerts are measured.
//!
//! A *drop* is a lasting fall (90 days and more, or for good) of what a champion does of their own to at most 35 % of the
//! usual, which begins on a known day. Everything else that makes people quiet is ordinary: weekends, holidays of all,
//! vacations and leaves (some of which we are told of), stretches of much other work, bursts, slow drift, and a move to
//! another channel, after which about as much happens there.

use axle_flywheel::drop::{Rhythm, Watched};
use axle_model::days::Days;

use super::Dice;

/// Three years; the first 240 days are for baselines.
pub const DAYS: i32 = 3 * 365;
/// The first day on which alerts count.
pub const FIRST: i32 = 240;

/// A lasting fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drop {
    /// The day on which it begins.
    pub from: i32,
    /// The first day on which all is as before.
    pub to: i32,
}

/// Somebody, what they did, and what was the matter.
pub struct Champion {
    pub rhythm: Rhythm,
    /// Activities of each day, attendances among them.
    pub counts: Vec<u32>,
    /// At most one.
    pub drop: Option<Drop>,
    /// Days away that nobody told us of.
    pub hidden: Vec<(i32, i32)>,
}

impl Champion {
    /// As the rule watches them.
    pub fn watched(&self, number: usize) -> Watched {
        Watched {
            member_id: format!("{number:04}"),
            builder: "buzz".into(),
            role_weight: 1.0,
            champion_since: self.rhythm.since,
            alerted_on: None,
            quiet_until: None,
            answered_on: None,
            rhythm: self.rhythm.clone(),
        }
    }
}

/// How much of the usual each day has: of activities, and of attendances.
struct Usual {
    active: Vec<f64>,
    attended: Vec<f64>,
}

impl Usual {
    fn scale(&mut self, from: i32, to: i32, factor: impl Fn(i32) -> f64) {
        for day in from.max(0)..to.min(DAYS) {
            self.active[day as usize] *= factor(day);
            self.attended[day as usize] *= factor(day);
        }
    }
}

/// How much of the usual happens on a day for those who keep holidays: August, and two weeks and a half about New Year.
pub fn holiday(day: i32) -> f64 {
    match day.rem_euclid(365) {
        212..=242 => 0.45,
        354..=365 | 0..=4 => 0.2,
        _ => 1.0,
    }
}

/// What a week looks like, on average 1: people who take part at work, at any time, or on weekends.
fn week(dice: &mut Dice) -> (f64, f64) {
    match dice.share() {
        luck if luck < 0.6 => (1.25, 0.375),
        luck if luck < 0.85 => (1.0, 1.0),
        _ => (0.6, 2.0),
    }
}

pub fn champion(dice: &mut Dice) -> Champion {
    let since = if dice.luck(0.75) { 0 } else { dice.below(500) as i32 };
    let mut usual = Usual { active: vec![1.0; DAYS as usize], attended: vec![1.0; DAYS as usize] };
    if dice.luck(0.8) {
        usual.scale(0, DAYS, holiday);
    }
    usual.scale(0, since, |_| 0.0);
    let (absences, hidden) = away(dice, &mut usual);
    ordinary(dice, &mut usual);
    // Events a month.
    let attendance = dice.between(0.3, 3.0);
    let drop = dice.luck(0.45).then(|| fall(dice, &mut usual, since, attendance));
    let mut rhythm = Rhythm { absences, since, ..Rhythm::default() };
    let counts = live(dice, &usual, attendance, &mut rhythm);
    Champion { rhythm, counts, drop, hidden }
}

/// Vacations of 7 to 18 days, two a year, of which we know 3 in 10; leaves of five to eleven weeks, one in four years, of
/// which we know 6 in 10. Gives those that we know and those that we do not.
fn away(dice: &mut Dice, usual: &mut Usual) -> (Vec<Days>, Vec<(i32, i32)>) {
    let (mut absences, mut hidden) = (Vec::new(), Vec::new());
    let (vacations, leaves) = (dice.poisson(6.0), dice.poisson(0.75));
    for number in 0..vacations + leaves {
        let (least, more, known) = if number < vacations { (7, 12, 0.3) } else { (35, 42, 0.6) };
        let from = dice.below(DAYS as u64) as i32;
        let to = (from + least + dice.below(more) as i32).min(DAYS);
        usual.scale(from, to, |_| 0.0);
        if dice.luck(known) {
            absences.extend(Days::new(from, to));
        } else {
            hidden.push((from, to));
        }
    }
    (absences, hidden)
}

/// Two to five weeks of much other work every other year for each, and for 15 in 100 a move to another channel: two weeks
/// with half of the usual, then 75 to 110 % of it.
fn ordinary(dice: &mut Dice, usual: &mut Usual) {
    for _ in 0..dice.poisson(1.5) {
        let (from, days, left) = (dice.below(DAYS as u64) as i32, 14 + dice.below(22) as i32, dice.between(0.1, 0.4));
        usual.scale(from, from + days, |_| left);
    }
    if dice.luck(0.15) {
        let (at, left) = (dice.below(DAYS as u64) as i32, dice.between(0.75, 1.1));
        usual.scale(at, at + 14, |_| 0.5);
        usual.scale(at + 14, DAYS, |_| left);
    }
}

/// Sudden and nearly whole, sudden and in part, slow over four to ten weeks, or of attendance alone (of those who had
/// something to lose); six in ten for good, others for 90 to 240 days.
fn fall(dice: &mut Dice, usual: &mut Usual, since: i32, attendance: f64) -> Drop {
    let first = FIRST.max(since + FIRST);
    let from = first + dice.below((DAYS - first - 120) as u64) as i32;
    let to = if dice.luck(0.6) { DAYS } else { (from + 90 + dice.below(151) as i32).min(DAYS) };
    let kind = dice.share();
    if kind < 0.15 && attendance >= 1.5 {
        let left = dice.between(0.0, 0.1);
        (from..to).for_each(|day| usual.attended[day as usize] *= left);
    } else if kind < 0.35 {
        let (left, days) = (dice.between(0.0, 0.25), f64::from(28 + dice.below(43) as i32));
        usual.scale(from, to, |day| 1.0 - (1.0 - left) * (f64::from(day - from + 1) / days).min(1.0));
    } else {
        let left = if kind < 0.55 { dice.between(0.1, 0.35) } else { dice.between(0.0, 0.1) };
        usual.scale(from, to, |_| left);
    }
    Drop { from, to }
}

/// What they do, day by day.
fn live(dice: &mut Dice, usual: &Usual, attendance: f64, rhythm: &mut Rhythm) -> Vec<u32> {
    // From one active day in two weeks to five a week, two a week in the middle.
    let rate = (0.27 * (0.5 * bell(dice)).exp()).clamp(0.07, 0.7);
    let (weekdays, weekends) = week(dice);
    let many = dice.between(0.5, 3.0);
    // Work comes in stretches: about eleven days more, then about six days less; on average 1.
    let low = dice.between(0.25, 0.8);
    let high = (1.0 - low * 0.36) / 0.64;
    let (mut is_busy, mut drift) = (true, 0.2 * bell(dice));
    let mut counts = vec![0; DAYS as usize];
    for day in 0..DAYS {
        is_busy = if is_busy { !dice.luck(0.09) } else { dice.luck(0.16) };
        drift += -drift / 120.0 + 0.2 * (2.0_f64 / 120.0).sqrt() * bell(dice);
        let weekday = if day.rem_euclid(7) >= 5 { weekends } else { weekdays };
        let now = weekday * drift.exp() * if is_busy { high } else { low };
        let index = day as usize;
        if dice.luck((rate * now * usual.active[index]).min(0.95)) {
            rhythm.active.push(day);
            counts[index] = 1 + dice.poisson(many);
        }
        // An event on each Tuesday and on every other Thursday: 6.5 a month.
        let is_event = day.rem_euclid(7) == 1 || day.rem_euclid(14) == 3;
        if is_event && dice.luck((attendance / 6.5 * usual.attended[index]).min(1.0)) {
            rhythm.attended.push(day);
            counts[index] += 1;
        }
    }
    counts
}

/// About normal, mean 0 and deviation 1.
fn bell(dice: &mut Dice) -> f64 {
    (0..12).map(|_| dice.share()).sum::<f64>() - 6.0
}
