//! Whether a condition holds at an instant, which facts say so, and on which local day time alone may change that.
//!
//! Only facts up to the instant are visible. Windows count local days, so time changes a condition at midnights only.

use std::collections::HashSet;

use axle_model::time::LocalDay;

use crate::condition::{
    Check, Compare, Condition, Count, Decided, Elapsed, Entered, Filter, Latest, Measure, Same, Since, Test,
};
use crate::run::{How, Run, Slot};
use crate::timeline::{MAX_KINDS, Timeline};
use crate::vocabulary::{AttributeNumber, BY, DECIDED, FLYWHEEL, OUTCOME, TASK_DONE};

/// No day.
pub(crate) const NEVER: LocalDay = LocalDay::MAX;
/// How many rows stand for a step.
const MAX_WITNESSES: usize = 20;

/// Where and when conditions are asked.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub timeline: &'a Timeline,
    /// How many facts of each kind are visible.
    pub seen: &'a [u32; MAX_KINDS],
    pub today: LocalDay,
    pub calendar: &'a crate::calendar::BusinessCalendar,
    /// Attribute and value that keep this run apart from others.
    pub key: Option<(AttributeNumber, u64)>,
    /// The one thing that is looked at within `same`: facts that name another are not seen.
    pub of: Option<(AttributeNumber, u64)>,
    pub flywheel: u64,
    pub runs: &'a [Run],
    /// Runs of all flywheels, with the flywheel's number.
    pub slots: &'a [Slot],
    pub flywheel_of_leg: &'a dyn Fn(u16) -> u16,
}

/// What was found on the way to an answer.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Places of the facts that made it so.
    pub witnesses: Vec<u32>,
    /// The next day on which time alone may change the answer.
    pub wake: LocalDay,
    /// Runs that made it so: flywheel, step, when.
    pub runs: Vec<(u16, u16, jiff::Timestamp)>,
}

impl Found {
    pub(crate) fn none() -> Self {
        Self { wake: NEVER, ..Self::default() }
    }

    fn wakes_on(&mut self, day: LocalDay) {
        self.wake = self.wake.min(day);
    }
}

/// From when on facts are visible, and the local day that days are counted from.
#[derive(Clone, Copy)]
struct Anchor {
    /// Microseconds; facts at it count.
    from: i64,
    day: LocalDay,
}

impl Scope<'_> {
    /// Whether it holds.
    pub(crate) fn holds(&self, condition: &Condition, found: &mut Found) -> bool {
        self.ask(condition, false, found)
    }

    /// As [`Self::holds`], with all that was found; its next day is one on which time alone may change the answer, either way.
    pub(crate) fn holds_until(&self, condition: &Condition) -> (bool, Found) {
        let (mut found, mut falls) = (Found::none(), Found::none());
        let holds = self.ask(condition, false, &mut found);
        self.ask(condition, true, &mut falls);
        found.wakes_on(falls.wake);
        (holds, found)
    }

    /// `falling`: under a `not`, where an answer that becomes false matters too.
    fn ask(&self, condition: &Condition, falling: bool, found: &mut Found) -> bool {
        match condition {
            Condition::All(parts) => self.all(parts, falling, found),
            Condition::Any(parts) => parts.iter().any(|part| self.ask(part, falling, found)),
            Condition::Not(part) => {
                let length = found.witnesses.len();
                let holds = !self.ask(part, !falling, found);
                found.witnesses.truncate(length);
                holds
            }
            Condition::Same(same) => self.same(same, falling, found),
            Condition::Count(count) => self.count(count, falling, found),
            Condition::Latest(latest) => self.latest(latest, found),
            Condition::Compare(compare) => self.compare(compare, falling, found),
            Condition::Decided(decided) => self.decided(decided, found),
            Condition::Elapsed(elapsed) => self.elapsed(elapsed, found),
            Condition::Entered(entered) => self.entered(entered, found),
        }
    }

    fn all(&self, parts: &[Condition], falling: bool, found: &mut Found) -> bool {
        let length = found.witnesses.len();
        let holds = parts.iter().all(|part| self.ask(part, falling, found));
        if !holds {
            found.witnesses.truncate(length);
        }
        holds
    }

    /// Whether there is one thing of which all holds, the last named first; where none is named, whether all holds of what there is.
    fn same(&self, same: &Same, falling: bool, found: &mut Found) -> bool {
        let mask = same.parts.iter().fold(0, |mask, part| mask | part.mask());
        let kinds = (0..MAX_KINDS as u8).filter(|kind| mask >> kind & 1 == 1);
        let places = kinds.flat_map(|kind| self.timeline.of_kind(kind, self.seen[kind as usize]).iter().copied());
        let mut named: Vec<(u32, u64)> = places
            .filter(|place| self.is_visible(*place))
            .filter_map(|place| Some((place, self.timeline.value(place, same.name)?.0)))
            .collect();
        if named.is_empty() {
            return self.all(&same.parts, falling, found);
        }
        named.sort_unstable_by(|a, b| b.cmp(a));
        let mut known = HashSet::new();
        named.retain(|(_, value)| known.insert(*value));
        let of = |value| Scope { of: Some((same.name, value)), ..*self };
        named.into_iter().any(|(_, value)| of(value).all(&same.parts, falling, found))
    }

    fn anchor(&self, since: Since) -> Option<Anchor> {
        let open = self.runs.last().filter(|run| run.state.is_open());
        let before = match open {
            Some(_) => self.runs.iter().rev().nth(1),
            None => self.runs.last(),
        };
        let after_before = before.and_then(|run| run.ended_at).map_or(i64::MIN, |at| at.as_microsecond() + 1);
        let day = |at: jiff::Timestamp| self.calendar.day(at);
        match (since, open) {
            (Since::Ever, _) => Some(Anchor { from: i64::MIN, day: self.today }),
            (Since::Run, Some(run)) => Some(Anchor { from: after_before, day: day(run.opened_at()) }),
            (Since::Run | Since::Step, None) => Some(Anchor { from: after_before, day: self.today }),
            (Since::Step, Some(run)) => {
                let at = run.last().entered_at();
                // What led back to a step does not lead on from it.
                let after = i64::from(run.last().how == How::Returned);
                Some(Anchor { from: at.as_microsecond() + after, day: day(at) })
            }
            (Since::Entered(step), _) => {
                let visit = open?.visits.iter().rev().find(|visit| visit.step == step)?;
                Some(Anchor { from: visit.entered_at().as_microsecond(), day: day(visit.entered_at()) })
            }
        }
    }

    /// Facts that pass a filter, newest first, down to a first instant or day.
    fn matching<'s>(&'s self, filter: &'s Filter, from: i64, first_day: LocalDay) -> impl Iterator<Item = u32> + 's {
        filter.kinds.iter().flat_map(move |kind| {
            let places = self.timeline.of_kind(*kind, self.seen[*kind as usize]);
            let recent = places.iter().rev().take_while(move |place| {
                let event = &self.timeline.events[**place as usize];
                event.at >= from && event.day >= first_day
            });
            recent.copied().filter(|place| self.is_visible(*place) && self.passes(*place, &filter.tests))
        })
    }

    /// Not of another organization or question, nor of another than the one that is looked at.
    pub(crate) fn is_visible(&self, place: u32) -> bool {
        if let Some((name, one)) = self.of
            && self.timeline.value(place, name).is_some_and(|(hash, _)| hash != one)
        {
            return false;
        }
        let Some((name, key)) = self.key else { return true };
        match self.timeline.value(place, name) {
            Some((hash, _)) => hash == key,
            None => !is_personal(self.timeline.events[place as usize].kind),
        }
    }

    fn passes(&self, place: u32, tests: &[Test]) -> bool {
        tests.iter().all(|test| match (self.timeline.value(place, test.name), &test.check) {
            (Some((hash, _)), Check::OneOf(words)) => words.contains(&hash),
            (Some((_, Some(number))), Check::Range(least, most)) => (*least..=*most).contains(&number),
            _ => false,
        })
    }

    fn count(&self, count: &Count, falling: bool, found: &mut Found) -> bool {
        let Some(anchor) = self.anchor(count.since) else { return false };
        let mut first_day = count.days.map_or(LocalDay::MIN, |days| self.today - days as i32 + 1);
        let mut last_day = LocalDay::MAX;
        if count.since != Since::Ever {
            first_day = first_day.max(count.after_days.map_or(LocalDay::MIN, |days| anchor.day + days as i32));
            last_day = count.within_days.map_or(LocalDay::MAX, |days| anchor.day + days as i32);
        }
        let length = found.witnesses.len();
        let mut tally = Tally::new(count.measure);
        let mut oldest = NEVER;
        for place in self.matching(&count.filter, anchor.from, first_day) {
            let event = &self.timeline.events[place as usize];
            if event.day > last_day || !tally.add(self.timeline, place) {
                continue;
            }
            oldest = oldest.min(event.day);
            if found.witnesses.len() < length + MAX_WITNESSES {
                found.witnesses.push(place);
            }
            if tally.value() >= count.at_least && !falling {
                break;
            }
        }
        let holds = tally.value() >= count.at_least;
        if !holds {
            found.witnesses.truncate(length);
        } else if let (true, Some(days)) = (falling, count.days) {
            found.wakes_on(oldest.saturating_add(days as i32));
        }
        holds
    }

    fn latest(&self, latest: &Latest, found: &mut Found) -> bool {
        let Some(anchor) = self.anchor(latest.since) else { return false };
        let mut last: Vec<u32> = if latest.per.is_empty() {
            let last = latest.filter.kinds.iter().filter_map(|kind| {
                let places = self.timeline.of_kind(*kind, self.seen[*kind as usize]);
                places
                    .iter()
                    .rev()
                    .copied()
                    .find(|place| self.is_visible(*place) && self.passes(*place, &latest.filter.tests))
            });
            last.max().into_iter().collect()
        } else {
            self.last_of_each(latest)
        };
        last.retain(|place| self.timeline.events[*place as usize].at >= anchor.from);
        last.into_iter().any(|last| self.says_so(latest, last, found))
    }

    /// The last facts of those that are told apart, latest first.
    fn last_of_each(&self, latest: &Latest) -> Vec<u32> {
        let mut places: Vec<u32> = self.matching(&latest.filter, i64::MIN, LocalDay::MIN).collect();
        places.sort_unstable_by(|a, b| b.cmp(a));
        let mut known: HashSet<Vec<Option<u64>>> = HashSet::new();
        places.retain(|place| known.insert(self.told_apart_by(latest, *place)));
        places
    }

    /// What a fact is told apart from others by.
    fn told_apart_by(&self, latest: &Latest, place: u32) -> Vec<Option<u64>> {
        latest.per.iter().map(|name| self.timeline.value(place, *name).map(|(hash, _)| hash)).collect()
    }

    /// Whether a last fact says so, and has for long enough.
    fn says_so(&self, latest: &Latest, last: u32, found: &mut Found) -> bool {
        if !self.passes(last, &latest.is) {
            return false;
        }
        let from = self.since_when(latest, last);
        let day = self.timeline.events[from as usize].day.saturating_add(latest.for_days as i32);
        if self.today < day {
            found.wakes_on(day);
            return false;
        }
        found.witnesses.push(from);
        true
    }

    /// The first of the facts that have said so without a break.
    fn since_when(&self, latest: &Latest, last: u32) -> u32 {
        if latest.for_days == 0 {
            return last;
        }
        let (mut first, own) = (last, self.told_apart_by(latest, last));
        let before = self.matching(&latest.filter, i64::MIN, LocalDay::MIN);
        for place in before.filter(|place| self.told_apart_by(latest, *place) == own) {
            if !self.passes(place, &latest.is) {
                break;
            }
            first = first.min(place);
        }
        first
    }

    fn compare(&self, compare: &Compare, falling: bool, found: &mut Found) -> bool {
        let (days, against) = (compare.days as i32, compare.against_days as i32);
        let rolling = self.today - days + 1;
        // Local days, half-open.
        let (window, base_end) = match compare.since {
            None => ((rolling, self.today + 1), rolling),
            Some(since) => {
                let Some(anchor) = self.anchor(since) else { return false };
                let window = if compare.recent {
                    (rolling.max(anchor.day), self.today + 1)
                } else {
                    (anchor.day, anchor.day + days)
                };
                (window, anchor.day - compare.gap_days as i32)
            }
        };
        let base = (base_end - against, base_end);
        let length = found.witnesses.len();
        let (mut now, mut before) = (Tally::new(compare.measure), Tally::new(compare.measure));
        let (mut oldest_now, mut oldest_before) = (NEVER, NEVER);
        for place in self.matching(&compare.filter, i64::MIN, base.0.min(window.0)) {
            let day = self.timeline.events[place as usize].day;
            if (window.0..window.1).contains(&day) {
                oldest_now = oldest_now.min(day);
                if now.add(self.timeline, place) && found.witnesses.len() < length + MAX_WITNESSES {
                    found.witnesses.push(place);
                }
            } else if (base.0..base.1).contains(&day) {
                oldest_before = oldest_before.min(day);
                before.add(self.timeline, place);
            }
        }
        let (rate, base_rate) = (now.value() / f64::from(days), before.value() / f64::from(against));
        let needed = compare.ratio * base_rate;
        let holds = if compare.is_enough { rate >= needed - 1e-12 && rate > 0.0 } else { rate > needed + 1e-12 };
        if compare.since.is_none() {
            // What is recent becomes what was before, and that falls out of sight.
            found.wakes_on(oldest_now.saturating_add(days));
            found.wakes_on(oldest_before.saturating_add(days + against));
        } else if compare.recent && falling {
            found.wakes_on(oldest_now.saturating_add(days));
        }
        if !holds {
            found.witnesses.truncate(length);
        }
        holds
    }

    fn decided(&self, decided: &Decided, found: &mut Found) -> bool {
        let Some(anchor) = self.anchor(decided.since) else { return false };
        let places = self.timeline.of_kind(DECIDED, self.seen[DECIDED as usize]);
        let recent = places.iter().rev().take_while(|place| self.timeline.events[**place as usize].at >= anchor.from);
        let decision = recent.copied().find(|place| {
            let value = |name| self.timeline.value(*place, name).map(|(hash, _)| hash);
            let is_ours = value(FLYWHEEL).is_none_or(|named| named == self.flywheel);
            let is_outcome = value(OUTCOME).is_some_and(|outcome| decided.outcomes.contains(&outcome));
            is_ours && is_outcome && value(BY).is_some() && self.is_visible(*place)
        });
        found.witnesses.extend(decision);
        decision.is_some()
    }

    fn elapsed(&self, elapsed: &Elapsed, found: &mut Found) -> bool {
        let Some(anchor) = self.anchor(elapsed.since) else { return false };
        let day = anchor.day.saturating_add(elapsed.days as i32 + 1);
        if self.today < day {
            found.wakes_on(day);
        }
        self.today >= day
    }

    fn entered(&self, entered: &Entered, found: &mut Found) -> bool {
        let (Some((flywheel, step)), Some(anchor)) = (entered.resolved, self.anchor(entered.since)) else {
            return false;
        };
        let last_day = entered.within_days.map_or(LocalDay::MAX, |days| anchor.day + days as i32);
        let slots = self.slots.iter().filter(|slot| (self.flywheel_of_leg)(slot.leg) == flywheel);
        let visit = slots.flat_map(|slot| &slot.runs).flat_map(|run| &run.visits).find(|visit| {
            let is_there = visit.step == step && visit.how != How::Implied;
            is_there
                && visit.entered_at().as_microsecond() >= anchor.from
                && self.calendar.day(visit.entered_at()) <= last_day
        });
        found.runs.extend(visit.map(|visit| (flywheel, step, visit.entered_at())));
        visit.is_some()
    }
}

/// Decisions and tasks belong to one run: where runs are kept apart, one that names none is nobody's.
fn is_personal(kind: u8) -> bool {
    kind == DECIDED || kind == TASK_DONE
}

/// Adds up facts by a measure.
struct Tally {
    measure: Measure,
    sum: f64,
    values: Vec<u64>,
}

impl Tally {
    fn new(measure: Measure) -> Self {
        Self { measure, sum: 0.0, values: Vec::new() }
    }

    /// Whether the fact adds anything.
    fn add(&mut self, timeline: &Timeline, place: u32) -> bool {
        let value = match self.measure {
            Measure::Facts => {
                self.sum += 1.0;
                return true;
            }
            Measure::Sum(name) => {
                let number = timeline.value(place, name).and_then(|(_, number)| number).unwrap_or(0.0);
                self.sum += number;
                return number != 0.0;
            }
            Measure::Days => timeline.events[place as usize].day as u64,
            Measure::Distinct(name) => match timeline.value(place, name) {
                Some((hash, _)) => hash,
                None => return false,
            },
        };
        if self.values.contains(&value) {
            return false;
        }
        self.values.push(value);
        self.sum += 1.0;
        true
    }

    fn value(&self) -> f64 {
        self.sum
    }
}
