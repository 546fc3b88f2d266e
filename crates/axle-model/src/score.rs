//! A member's score as of a local day, and as of many: step, love and presence from the days on which they were active.
//!
//! **As of day D** is the instant of local midnight at which D begins: activity on days before D counts, that of D
//! does not.
//!
//! **The held step.** Walk through the days in order. On a day d with counted activity the step rises to
//! [`step_raw`](crate::orbit::step_raw)`(d + 1)` if that is higher. On a check day c (the first local day of a month,
//! quarter or year), at its midnight and so before its own activity, it falls to `step_raw(c)` if that is lower. It
//! falls at no other time. Since an activity can only lift and the passing of time can only lower `step_raw`, the
//! walk has a closed form, which needs no history before the look-back of the last check: with c the last check day
//! at or before D,
//!
//! ```text
//! held(D) = max( step_raw(c),  step_raw(d + 1) for each active day d in [c, D) )
//! ```
//!
//! The tests hold the walk here against that form and against a day-by-day replay.

use serde::{Deserialize, Serialize};

use crate::calendar::month_of_day;
use crate::look_back::{ActiveDay, LookBack, collect_active_days};
use crate::love::{LOVE_MONTHS, Love, RunningLove};
use crate::orbit::{Explanation, OrbitLevel, Step, explain};
use crate::presence::PresenceDays;
use crate::settings::{DemoteEvery, LoveKind, ScoreSettings};
use crate::time::LocalDay;

/// Some of a member's activity on one local day. Several rows may stand for a day; weight 0 never counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayActivity {
    /// The day.
    pub day: LocalDay,
    /// Weight of each of the activities. Above 12 counts as 12.
    pub weight: u8,
    /// How many there were.
    pub count: u32,
}

/// Distinct active local days in the days before the as-of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Frequency {
    /// Of the last 7.
    pub d7: u16,
    /// Of the last 30.
    pub d30: u16,
    /// Of the last 90.
    pub d90: u16,
    /// Of the last 365.
    pub d365: u16,
}

/// A member's score, with its reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The day at whose first midnight it holds.
    pub as_of: LocalDay,
    /// What the look-back earns by itself.
    pub step_raw: Step,
    /// The step held: it rises at once and falls at checks only.
    pub step: Step,
    /// The day whose activity lifted the member to the held step, or the check that lowered them to it. `None` before
    /// the first counted activity.
    pub held_since: Option<LocalDay>,
    /// Level of the held step; `None` out of orbit.
    pub level: Option<OrbitLevel>,
    /// Love by calendar month: see [`crate::love::monthly`].
    pub love_monthly: f64,
    /// Love day by day: see [`crate::love::continuous`].
    pub love_continuous: f64,
    /// Distinct active days.
    pub frequency: Frequency,
    /// Days since the last active one: 1 for yesterday. `None` before the first counted activity.
    pub recency_days: Option<u32>,
    /// First day with counted activity.
    pub first_day: Option<LocalDay>,
    /// Last day with counted activity before the as-of day.
    pub last_day: Option<LocalDay>,
    /// Why the held step.
    pub explanation: Explanation,
}

/// A member's score without reason or history: what a series over many members and months is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScoreLine {
    /// The day at whose first midnight it holds.
    pub as_of: LocalDay,
    /// As in [`Score`].
    pub step_raw: Step,
    /// As in [`Score`].
    pub step: Step,
    /// As in [`Score`].
    pub held_since: Option<LocalDay>,
    /// As in [`Score`].
    pub love_monthly: f64,
    /// As in [`Score`].
    pub love_continuous: f64,
    /// As in [`Score`].
    pub frequency: Frequency,
    /// As in [`Score`].
    pub recency_days: Option<u32>,
}

impl Score {
    /// The love that a workspace looks at.
    pub fn love(&self, kind: LoveKind) -> f64 {
        match kind {
            LoveKind::Monthly => self.love_monthly,
            LoveKind::Continuous => self.love_continuous,
        }
    }
}

impl ScoreLine {
    /// The love that a workspace looks at.
    pub fn love(&self, kind: LoveKind) -> f64 {
        match kind {
            LoveKind::Monthly => self.love_monthly,
            LoveKind::Continuous => self.love_continuous,
        }
    }
}

/// One member's score as of one day. `days` must be sorted by day. For many members keep a [`Scorer`].
pub fn score_at(days: &[DayActivity], as_of: LocalDay, settings: &ScoreSettings) -> Score {
    Scorer::new(settings).at(days, as_of)
}

/// One member's scores as of each of `as_of`, which must ascend, as `days` must. For many members keep a [`Scorer`].
pub fn score_series(days: &[DayActivity], as_of: &[LocalDay], settings: &ScoreSettings) -> Vec<ScoreLine> {
    let mut lines = Vec::with_capacity(as_of.len());
    Scorer::new(settings).series(days, as_of, |line| lines.push(line));
    lines
}

/// Scores member after member under the same settings, reusing its buffers. It remembers nothing of a member.
pub struct Scorer {
    settings: ScoreSettings,
    love: Love,
    look_back: LookBack,
    days: Vec<ActiveDay>,
}

impl Scorer {
    /// A scorer under settings that pass [`ScoreSettings::validate`].
    pub fn new(settings: &ScoreSettings) -> Self {
        Self {
            love: Love::new(settings.decay),
            look_back: LookBack::new(settings),
            days: Vec::new(),
            settings: settings.clone(),
        }
    }

    /// As [`score_at`].
    pub fn at(&mut self, days: &[DayActivity], as_of: LocalDay) -> Score {
        collect_active_days(days, &mut self.days);
        let mut walk = Walk::new(&self.days, &mut self.look_back, &self.love, &self.settings);
        let line = walk.advance(as_of);
        let (evident_on, entered) = (walk.evident_on, walk.entered);
        let counted = &self.days[..entered];
        Score {
            as_of,
            step_raw: line.step_raw,
            step: line.step,
            held_since: line.held_since,
            level: line.step.level(),
            love_monthly: line.love_monthly,
            love_continuous: line.love_continuous,
            frequency: line.frequency,
            recency_days: line.recency_days,
            first_day: counted.first().map(|first| first.day),
            last_day: counted.last().map(|last| last.day),
            explanation: explain(counted, evident_on, &self.settings),
        }
    }

    /// As [`score_series`], handing each line to `take`. Time grows with the active days and the as-of days, not with
    /// their product.
    pub fn series(&mut self, days: &[DayActivity], as_of: &[LocalDay], mut take: impl FnMut(ScoreLine)) {
        collect_active_days(days, &mut self.days);
        let mut walk = Walk::new(&self.days, &mut self.look_back, &self.love, &self.settings);
        for day in as_of {
            take(walk.advance(*day));
        }
    }

    /// As [`Scorer::series`], with the days that the presence gauge needs: see [`PresenceDays::count`].
    pub fn presence_series(
        &mut self,
        days: &[DayActivity],
        as_of: &[LocalDay],
        mut take: impl FnMut(ScoreLine, Option<PresenceDays>),
    ) {
        collect_active_days(days, &mut self.days);
        let mut walk = Walk::new(&self.days, &mut self.look_back, &self.love, &self.settings);
        for day in as_of {
            take(walk.advance(*day), PresenceDays::count(&self.days, *day, &self.settings.gauge));
        }
    }
}

/// The walk through one member's days. It stops only where the held step can change: on active days, and on checks
/// before which a day has left the look-back.
struct Walk<'a> {
    days: &'a [ActiveDay],
    look_back: &'a mut LookBack,
    love: &'a Love,
    running_love: RunningLove,
    look_back_days: u32,
    demote_every: DemoteEvery,
    /// Days before this index have entered the look-back, days before `left` have left it again.
    entered: usize,
    left: usize,
    /// First index inside the last 7, 30, 90 and 365 days.
    recent: [usize; 4],
    /// As-of day up to which the walk has come; `raw` is the look-back's step there.
    now: LocalDay,
    raw: u8,
    held: u8,
    held_since: Option<LocalDay>,
    /// The last as-of day on which the look-back earned the held step.
    evident_on: LocalDay,
}

const RECENT_DAYS: [u32; 4] = [7, 30, 90, 365];

impl<'a> Walk<'a> {
    fn new(days: &'a [ActiveDay], look_back: &'a mut LookBack, love: &'a Love, settings: &ScoreSettings) -> Walk<'a> {
        look_back.clear();
        Self {
            days,
            look_back,
            love,
            running_love: RunningLove::default(),
            look_back_days: settings.look_back_days,
            demote_every: settings.demote_every,
            entered: 0,
            left: 0,
            recent: [0; 4],
            now: LocalDay::MIN,
            raw: 0,
            held: 0,
            held_since: None,
            evident_on: LocalDay::MIN,
        }
    }

    fn advance(&mut self, as_of: LocalDay) -> ScoreLine {
        debug_assert!(self.now <= as_of, "as-of days must ascend");
        loop {
            let next = self.days.get(self.entered).filter(|next| next.day < as_of);
            let until = next.map_or(as_of, |next| next.day);
            match (self.next_fall().filter(|check| *check <= until), next) {
                (Some(check), _) => self.check(check),
                (None, Some(next)) => self.enter(next),
                (None, None) => break,
            }
        }
        self.look_from(as_of);
        if self.raw == self.held {
            self.evident_on = as_of;
        }
        self.line(as_of)
    }

    /// The next check at which the held step may fall. `None` while there is none to fall from.
    fn next_fall(&self) -> Option<LocalDay> {
        if self.held == 0 {
            return None;
        }
        if self.raw < self.held {
            return Some(self.demote_every.next_check(self.now));
        }
        let leaves = self.days[self.left].day.saturating_add_unsigned(self.look_back_days).saturating_add(1);
        Some(self.demote_every.next_check(leaves.max(self.now)))
    }

    fn check(&mut self, check: LocalDay) {
        self.look_from(check);
        if self.raw < self.held {
            self.held = self.raw;
            self.held_since = Some(check);
        }
        self.evident_on = check;
    }

    fn enter(&mut self, day: &ActiveDay) {
        self.look_from(day.day + 1);
        self.look_back.enter(day);
        self.running_love.add(self.love, day);
        self.entered += 1;
        self.raw = self.look_back.step();
        if self.raw >= self.held {
            if self.raw > self.held {
                self.held = self.raw;
                self.held_since = Some(day.day);
            }
            self.evident_on = self.now;
        }
    }

    /// Moves the look-back to `as_of`: what is older leaves.
    fn look_from(&mut self, as_of: LocalDay) {
        self.now = as_of;
        let first = as_of.saturating_sub_unsigned(self.look_back_days);
        let left = self.left;
        while self.left < self.entered && self.days[self.left].day < first {
            self.look_back.leave(&self.days[self.left]);
            self.left += 1;
        }
        if self.left > left {
            self.raw = self.look_back.step();
        }
    }

    fn line(&mut self, as_of: LocalDay) -> ScoreLine {
        for (index, days) in self.recent.iter_mut().zip(RECENT_DAYS) {
            let first = as_of.saturating_sub_unsigned(days);
            while *index < self.entered && self.days[*index].day < first {
                *index += 1;
            }
        }
        let [d7, d30, d90, d365] = self.recent.map(|index| (self.entered - index) as u16);
        let last = self.entered.checked_sub(1).map(|last| self.days[last].day);
        ScoreLine {
            as_of,
            step_raw: step(self.raw),
            step: step(self.held),
            held_since: self.held_since,
            love_monthly: self.running_love.monthly(self.love, month_of_day(as_of)),
            love_continuous: self.running_love.continuous(self.love, as_of),
            frequency: Frequency { d7, d30, d90, d365 },
            recency_days: last.map(|last| as_of.abs_diff(last)),
        }
    }
}

fn step(value: u8) -> Step {
    Step::new(value).expect("weights and milestones earn 12 at most")
}

const _: () = assert!(LOVE_MONTHS <= RunningLove::SLOTS);

#[cfg(test)]
mod tests;
