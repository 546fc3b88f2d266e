//! One instant of the machine: which runs begin, go on, go back, rest or end.

use axle_model::time::{LocalDay, date_of_day, day_of_date};
use jiff::Timestamp;

use super::Machine;
use super::compile::Leg;
use super::places::Places;
use crate::condition::Condition;
use crate::definition::{Leave, Target};
use crate::evaluate::{Found, Scope};
use crate::run::{Evidence, How, Left, LeftBy, OF_RUN, Run, Slot, State, Visit};
use crate::timeline::{MAX_KINDS, Timeline, instant};
use crate::vocabulary::DECIDED;

/// How often one run may move at one instant: more would be a definition that leads in circles.
const MOST_MOVES: usize = 32;

/// What there is to see at an instant.
struct Now<'a> {
    timeline: &'a Timeline,
    seen: &'a [u32; MAX_KINDS],
    slots: &'a [Slot],
    at: Timestamp,
    today: LocalDay,
}

impl Machine {
    /// Moves the touched slots as far as they go, and those that ask for runs along with them.
    pub(super) fn settle(
        &self,
        slots: &mut [Slot],
        places: &mut Places,
        timeline: &Timeline,
        seen: &[u32; MAX_KINDS],
        (at, today): (i64, LocalDay),
        touched: &mut Vec<usize>,
    ) {
        for _ in 0..MOST_MOVES {
            let mut has_moved = false;
            for number in touched.drain(..) {
                let mut runs = std::mem::take(&mut slots[number].runs);
                let slot = &slots[number];
                let now = Now { timeline, seen, slots, at: instant(at), today };
                let (moved, wake) = self.move_on(slot, &mut runs, &now);
                let slot = &mut slots[number];
                if slot.wake != wake {
                    places.wake(number, wake);
                }
                (slot.runs, slot.wake) = (runs, wake);
                has_moved |= moved;
            }
            if !has_moved {
                return;
            }
            let asking = self.legs.iter().enumerate().filter(|(_, leg)| leg.asks_for_runs);
            touched.extend(asking.flat_map(|(leg, _)| places.of_leg(leg)));
            touched.sort_unstable();
        }
    }

    fn move_on(&self, slot: &Slot, runs: &mut Vec<Run>, now: &Now) -> (bool, LocalDay) {
        let mut has_moved = false;
        for _ in 0..MOST_MOVES {
            let mut found = Found::none();
            if !self.once(slot, runs, now, &mut found) {
                return (has_moved, found.wake);
            }
            has_moved = true;
        }
        (has_moved, now.today + 1)
    }

    /// One move, if there is one to make.
    fn once(&self, slot: &Slot, runs: &mut Vec<Run>, now: &Now, found: &mut Found) -> bool {
        let leg = &self.legs[slot.leg as usize];
        match runs.last().map(|run| (run.state, run.last().step)) {
            Some((State::Snoozed { until, then }, _)) => {
                let day = day_of_date(until);
                if now.today >= day {
                    let run = runs.last_mut().expect("the run that rests");
                    run.reason = None;
                    self.enter(run, leg, then, How::Woken, now);
                    return true;
                }
                found.wake = found.wake.min(day);
                self.leave(slot, leg, runs, now, found) || self.wake(slot, leg, runs, then, now, found)
            }
            Some((state, step)) if state.is_open() => {
                self.begin_to_wait(slot, leg, runs, step, now, found);
                self.advance_run(slot, leg, runs, step, now, found) || self.leave(slot, leg, runs, now, found)
            }
            _ => self.begin(slot, leg, runs, now, found),
        }
    }

    fn holds(&self, condition: &Condition, slot: &Slot, leg: &Leg, runs: &[Run], now: &Now, found: &mut Found) -> bool {
        let flywheel_of_leg = |leg: u16| self.legs[leg as usize].flywheel;
        let scope = Scope {
            timeline: now.timeline,
            seen: now.seen,
            today: now.today,
            calendar: &self.calendar,
            key: leg.per_number.map(|name| (name, slot.key_hash)),
            of: None,
            flywheel: leg.flywheel_hash,
            runs,
            slots: now.slots,
            flywheel_of_leg: &flywheel_of_leg,
        };
        found.witnesses.clear();
        found.runs.clear();
        scope.holds(condition, found)
    }

    fn begin(&self, slot: &Slot, leg: &Leg, runs: &mut Vec<Run>, now: &Now, found: &mut Found) -> bool {
        let steps = &self.definitions[leg.flywheel as usize].steps;
        let ended_at = runs.last().and_then(|run| run.ended_at);
        for number in &leg.begins {
            let step = &steps[*number as usize];
            let Some(enter) = &step.enter else { continue };
            if !self.holds(enter, slot, leg, runs, now, found) {
                continue;
            }
            if let Some(ended_at) = ended_at {
                let is_new = |place: &u32| now.timeline.events[*place as usize].at > ended_at.as_microsecond();
                if !found.witnesses.iter().any(is_new) {
                    continue;
                }
                let day = self.calendar.day(ended_at).saturating_add(step.again_after_days as i32);
                if now.today < day {
                    found.wake = found.wake.min(day);
                    continue;
                }
            }
            let mut run = Run {
                visits: Vec::new(),
                state: State::Active,
                ended_at: None,
                reason: None,
                evidence: Vec::new(),
                left_by: None,
            };
            self.imply(&mut run, leg.first..*number, now);
            self.enter(&mut run, leg, *number, How::Entered, now);
            self.prove(&mut run, *number, now, found);
            runs.push(run);
            return true;
        }
        false
    }

    fn advance_run(&self, slot: &Slot, leg: &Leg, runs: &mut [Run], step: u16, now: &Now, found: &mut Found) -> bool {
        let steps = &self.definitions[leg.flywheel as usize].steps;
        let exit = &steps[step as usize].exit;
        for next in (step + 1..leg.end).rev() {
            let is_next = next == step + 1;
            let enter = &steps[next as usize].enter;
            let (witnesses, entered_by) = match (is_next, exit) {
                (true, Some(exit)) if !self.holds(exit, slot, leg, runs, now, found) => {
                    if steps[next as usize].skip_to { (Vec::new(), Vec::new()) } else { continue }
                }
                (true, Some(_)) => (std::mem::take(&mut found.witnesses), std::mem::take(&mut found.runs)),
                _ if is_next || steps[next as usize].skip_to => (Vec::new(), Vec::new()),
                _ => continue,
            };
            if let Some(enter) = enter {
                if !self.holds(enter, slot, leg, runs, now, found) {
                    continue;
                }
            } else {
                found.witnesses.clear();
            }
            found.witnesses.extend(witnesses);
            found.runs.extend(entered_by);
            let run = runs.last_mut().expect("the run that goes on");
            run.reason = None;
            close(run, Left::Advanced, now);
            self.imply(run, step + 1..next, now);
            self.enter(run, leg, next, How::Entered, now);
            self.prove(run, next, now, found);
            return true;
        }
        if step + 1 == leg.end && exit.as_ref().is_none_or(|exit| self.holds(exit, slot, leg, runs, now, found)) {
            let run = runs.last_mut().expect("the run that goes on");
            if exit.is_some() {
                self.prove(run, step, now, found);
            }
            run.reason = None;
            close(run, Left::Advanced, now);
            (run.state, run.ended_at) = (State::Completed, Some(now.at));
            return true;
        }
        false
    }

    /// The ways out of the step, then those that steps share. Of a snooze, only those that end the run.
    fn leave(&self, slot: &Slot, leg: &Leg, runs: &mut [Run], now: &Now, found: &mut Found) -> bool {
        let definition = &self.definitions[leg.flywheel as usize];
        let run = runs.last().expect("the run that may leave");
        let (step, rests) = (run.last().step, matches!(run.state, State::Snoozed { .. }));
        let own = definition.steps[step as usize].leaves.iter().enumerate().filter(|_| !rests);
        let own = own.map(|(number, leave)| (LeftBy::Own(number as u16), leave));
        let shared = definition.leaves.iter().enumerate().filter(|(_, leave)| {
            let ends = !matches!(leave.to, Target::Returned(_) | Target::Snoozed { .. });
            let is_of_leg = match leave.to {
                Target::Returned(step) | Target::Snoozed { then: Some(step), .. } => {
                    (leg.first..leg.end).contains(&step)
                }
                _ => true,
            };
            (leave.steps.is_empty() || leave.steps.contains(&step)) && (ends || !rests) && is_of_leg
        });
        let shared = shared.map(|(number, leave)| (LeftBy::Shared(number as u16), leave));
        for (left_by, leave) in own.chain(shared) {
            if self.holds(&leave.when, slot, leg, runs, now, found) {
                let run = runs.last_mut().expect("the run that leaves");
                run.left_by = Some(left_by);
                self.take(run, leg, leave, now, found);
                return true;
            }
        }
        false
    }

    /// Ends a rest before its day, if its way out says by what and a fact that came after the rest began makes it so.
    fn wake(&self, slot: &Slot, leg: &Leg, runs: &mut [Run], then: u16, now: &Now, found: &mut Found) -> bool {
        let run = runs.last().expect("the run that rests");
        let wakes_on = self.definitions[leg.flywheel as usize].left_by(run).and_then(|leave| leave.wakes_on.as_ref());
        let (Some(wakes_on), Some(since)) = (wakes_on, run.last().left_at()) else { return false };
        if !self.holds(wakes_on, slot, leg, runs, now, found) {
            return false;
        }
        let is_new = |place: &u32| now.timeline.events[*place as usize].at > since.as_microsecond();
        if !found.witnesses.iter().any(is_new) {
            return false;
        }
        let run = runs.last_mut().expect("the run that rests");
        run.reason = None;
        self.enter(run, leg, then, How::Woken, now);
        self.prove(run, then, now, found);
        true
    }

    fn take(&self, run: &mut Run, leg: &Leg, leave: &Leave, now: &Now, found: &Found) {
        let step = run.last().step;
        let word = |name| found.witnesses.iter().rev().find_map(|place| now.timeline.text_of(*place, name));
        let reasons = &self.definitions[leg.flywheel as usize].reasons;
        run.reason = leave.reason.as_deref().map(Box::from).or_else(|| {
            let said = word("reason")?;
            Some(if reasons.iter().any(|reason| reason == said) { said } else { "other" }.into())
        });
        let until = word("until").and_then(|text| text.parse().ok());
        self.prove(run, step, now, found);
        let is_open = run.last().left_at().is_none();
        let (state, left) = match leave.to {
            Target::Lost => (State::Lost, Left::Lost),
            Target::Released => (State::Released, Left::Lost),
            Target::Completed => (State::Completed, Left::Advanced),
            Target::CompletedNoLoop => (State::CompletedNoLoop, Left::Advanced),
            Target::Returned(back) => {
                close(run, if leave.is_planned { Left::Advanced } else { Left::Returned }, now);
                self.enter(run, leg, back, if leave.is_planned { How::Entered } else { How::Returned }, now);
                return;
            }
            Target::Snoozed { days, then } => {
                close(run, Left::Advanced, now);
                let until: Option<jiff::civil::Date> = until.filter(|day| day_of_date(*day) > now.today);
                let until = until.unwrap_or_else(|| date_of_day(now.today.saturating_add(days as i32)));
                run.state = State::Snoozed { until, then: then.unwrap_or(step) };
                return;
            }
        };
        if is_open {
            close(run, if leave.is_planned { Left::Advanced } else { left }, now);
        }
        (run.state, run.ended_at) = (state, Some(now.at));
    }

    fn imply(&self, run: &mut Run, steps: std::ops::Range<u16>, now: &Now) {
        let implied = steps.map(|step| Visit::new(step, How::Implied, now.at, None).until(now.at, None, None));
        run.visits.extend(implied);
    }

    fn enter(&self, run: &mut Run, leg: &Leg, step: u16, how: How, now: &Now) {
        let definition = &self.definitions[leg.flywheel as usize].steps[step as usize];
        let within = definition.within.filter(|_| definition.waits_for.is_none() || how != How::Entered);
        let due_at = within.map(|within| self.calendar.due(now.at, within));
        run.state = if how == How::Returned { State::Returned } else { State::Active };
        run.left_by = None;
        run.visits.push(Visit::new(step, how, now.at, due_at));
    }

    /// Sets when a step is due whose service time runs from now on, and what that rests on.
    fn begin_to_wait(&self, slot: &Slot, leg: &Leg, runs: &mut [Run], step: u16, now: &Now, found: &mut Found) {
        let definition = &self.definitions[leg.flywheel as usize].steps[step as usize];
        let (Some(waits_for), Some(within)) = (&definition.waits_for, definition.within) else { return };
        if runs.last().is_some_and(|run| run.last().due_at().is_none())
            && self.holds(waits_for, slot, leg, runs, now, found)
        {
            let run = runs.last_mut().expect("the run that waits");
            self.prove(run, step, now, found);
            if let Some(visit) = run.visits.last_mut() {
                *visit = visit.clone().due(self.calendar.due(now.at, within));
            }
        }
    }

    /// Writes what a step rests on into the ledger.
    fn prove(&self, run: &mut Run, step: u16, now: &Now, found: &Found) {
        let mut places = found.witnesses.clone();
        places.sort_unstable();
        places.dedup();
        for place in places {
            let event = &now.timeline.events[place as usize];
            let by = || now.timeline.text_of(place, "by").map(Box::from);
            let evidence = Evidence {
                step,
                kind: event.kind,
                evidence_id: now.timeline.id(place).into(),
                at: event.at,
                observed_at: event.seen_at,
                confirmed_by: (event.kind == DECIDED).then(by).flatten(),
            };
            run.evidence.push(evidence);
        }
        for (flywheel, number, at) in &found.runs {
            let definition = &self.definitions[*flywheel as usize];
            let evidence_id = format!("{}/{}", definition.id, definition.steps[*number as usize].id).into();
            let (at, observed_at) = (at.as_microsecond(), at.as_microsecond());
            run.evidence.push(Evidence { step, kind: OF_RUN, evidence_id, at, observed_at, confirmed_by: None });
        }
    }
}

fn close(run: &mut Run, left: Left, now: &Now) {
    if let Some(visit) = run.visits.last_mut().filter(|visit| visit.left_at().is_none()) {
        *visit = visit.clone().until(now.at, Some(left), run.reason.clone());
    }
}
