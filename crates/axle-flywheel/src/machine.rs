//! The machine: a member's facts in, runs out. What it gives depends on the facts and the instant alone.
//!
//! It stops at every instant at which something happened and at every midnight at which time alone may move a run. A
//! fact that happened before the last stop makes it begin anew for this member.

mod compile;
mod places;
mod replace;
mod step;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::calendar::BusinessCalendar;
use crate::definition::Definition;
use crate::fact::Fact;
use crate::run::{Change, MemberRuns, Run, RunKey, Slot};
use crate::timeline::{Timeline, hash};
use compile::Leg;
pub use compile::MachineError;
use places::Places;

/// Definitions, ready to turn.
#[derive(Debug, Clone)]
pub struct Machine {
    pub(crate) definitions: Vec<Definition>,
    pub(crate) legs: Vec<Leg>,
    pub(crate) calendar: BusinessCalendar,
    /// Of definitions and calendar: states made with others are made anew.
    fingerprint: u64,
}

impl Machine {
    /// Makes a machine of definitions that may refer to each other.
    ///
    /// # Errors
    /// When two have the same id, or one refers to a step that is not there.
    pub fn new(definitions: Vec<Definition>, calendar: BusinessCalendar) -> Result<Self, MachineError> {
        compile::machine(definitions, calendar)
    }

    /// The definitions, in the order in which they were given.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The workspace's calendar.
    pub fn calendar(&self) -> &BusinessCalendar {
        &self.calendar
    }

    /// Takes facts in and moves the runs of a member on to `until`, or leaves them there if they are further already.
    /// Facts after `until` wait. Gives what differs from before.
    ///
    /// Facts may come in any order and again. Day by day or all at once, the end is the same. A state that other
    /// definitions or another calendar made is made anew from its facts; all its runs are given as new then.
    pub fn advance(&self, member: &mut MemberRuns, facts: &[Fact], until: Timestamp) -> Vec<Change> {
        if member.fingerprint != self.fingerprint {
            self.forget(member);
        }
        let until = member.until.map_or(until, |before| before.max(until));
        let mut timeline = member.facts.open(&self.calendar);
        let earliest = timeline.merge(facts, &self.calendar);
        let before = member.slots.clone();
        if earliest.is_some_and(|at| member.until.is_some_and(|until| at <= until.as_microsecond())) {
            member.slots.clear();
            member.until = None;
        }
        if earliest.is_some() {
            self.keep(member, &timeline);
        }
        self.go_on(member, &timeline, until);
        self.changes(before, &member.slots)
    }

    /// What would differ if the definitions were those of another machine: the preview of a change, on the past of a
    /// member.
    pub fn preview(&self, other: &Self, member: &MemberRuns) -> Vec<Change> {
        let Some(until) = member.until else { return Vec::new() };
        let mut remade = member.clone();
        other.advance(&mut remade, &[], until);
        let mut after: BTreeMap<RunKey, Run> = other.runs(&remade).map(|(key, run)| (key, run.clone())).collect();
        let mut changes = Vec::new();
        for (run, before) in self.runs(member) {
            let now = after.remove(&run);
            if now.as_ref() != Some(before) {
                changes.push(Change { run, before: Some(before.clone()), after: now });
            }
        }
        changes.extend(after.into_iter().map(|(run, now)| Change { run, before: None, after: Some(now) }));
        changes
    }

    /// Of definitions and calendar: machines with the same give the same runs.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(crate) fn slots<'a>(&self, member: &'a MemberRuns) -> &'a [Slot] {
        if member.fingerprint == self.fingerprint { &member.slots } else { &[] }
    }

    /// Keeps the facts alone.
    fn forget(&self, member: &mut MemberRuns) {
        member.slots.clear();
        member.until = None;
        member.fingerprint = self.fingerprint;
    }

    /// The runs of a member, those of a flywheel together, each key's in order. None of a state that other definitions
    /// made, until it is advanced.
    pub fn runs<'a>(&'a self, member: &'a MemberRuns) -> impl Iterator<Item = (RunKey, &'a Run)> {
        self.slots(member).iter().flat_map(move |slot| {
            let numbered = slot.runs.iter().zip(1..);
            numbered.map(move |(run, ordinal)| (self.key(slot, ordinal), run))
        })
    }

    /// Whether where a run stands became due after one instant and by another.
    pub fn became_due(&self, member: &MemberRuns, after: Timestamp, until: Timestamp) -> bool {
        let mut due = self.slots(member).iter().flat_map(|slot| &slot.runs).filter_map(|run| run.last().due_at());
        due.any(|due| due > after && due <= until)
    }

    /// When an open run of the member that is not late as of an instant is late first. `None`: none will be.
    pub fn late_at(&self, member: &MemberRuns, as_of: Timestamp) -> Option<Timestamp> {
        let open = self.slots(member).iter().flat_map(|slot| &slot.runs).filter(|run| run.state.is_open());
        let due = open.filter_map(|run| run.last().due_at()).filter(|due| *due >= as_of).min()?;
        due.checked_add(jiff::SignedDuration::from_micros(1)).ok()
    }

    /// The definition of a run.
    pub fn definition(&self, key: &RunKey) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.id == key.flywheel)
    }

    pub(crate) fn key(&self, slot: &Slot, ordinal: u32) -> RunKey {
        let leg = &self.legs[slot.leg as usize];
        let definition = &self.definitions[leg.flywheel as usize];
        RunKey {
            flywheel: definition.id.clone(),
            leg: definition.steps[leg.first as usize].id.clone(),
            key: slot.key.as_deref().map(str::to_owned),
            ordinal,
        }
    }

    /// A slot for each leg without a key.
    fn lay_out(&self, member: &mut MemberRuns) {
        for number in (0..self.legs.len()).filter(|number| self.legs[*number].per.is_none()) {
            member.slots.push(Slot { leg: number as u16, key: None, key_hash: 0, runs: Vec::new(), wake: i32::MAX });
        }
    }

    fn turn(&self, member: &mut MemberRuns, timeline: &Timeline, until: Timestamp) {
        let limit = until.as_microsecond();
        let slots = &mut member.slots;
        let mut places = Places::new(&self.legs, slots);
        let (mut seen, mut next) = timeline.seen_until(member.until.map(Timestamp::as_microsecond));
        let mut wake = (i32::MAX, i64::MAX);
        let mut touched = Vec::new();
        loop {
            let day = places.first_wake(slots);
            if day != wake.0 {
                wake = (day, if day == i32::MAX { i64::MAX } else { self.calendar.start(day).as_microsecond() });
            }
            let fact_at = timeline.events.get(next).map_or(i64::MAX, |event| event.at);
            let now = fact_at.min(wake.1);
            if now > limit || now == i64::MAX {
                return;
            }
            touched.clear();
            let mut today = wake.0;
            while let Some(event) = timeline.events.get(next).filter(|event| event.at == now) {
                today = event.day;
                if timeline.counts(next) {
                    seen[event.kind as usize] += 1;
                    self.touch(timeline, (next as u32, event.kind), slots, &mut places, &mut touched);
                }
                next += 1;
            }
            places.take_woken(slots, today, &mut touched);
            touched.sort_unstable();
            touched.dedup();
            self.settle(slots, &mut places, timeline, &seen, (now, today), &mut touched);
        }
    }

    /// Which slots a fact concerns; makes those of a new organization or question.
    fn touch(
        &self,
        timeline: &Timeline,
        (place, kind): (u32, u8),
        slots: &mut Vec<Slot>,
        places: &mut Places,
        touched: &mut Vec<usize>,
    ) {
        for (number, leg) in self.legs.iter().enumerate() {
            if leg.mask & (1 << kind) == 0 {
                continue;
            }
            let key = leg.per_number.and_then(|per| timeline.text_at(place, per));
            let Some(key) = key else {
                touched.extend(places.of_leg(number).filter(|number| self.watches(&slots[*number], kind)));
                continue;
            };
            let key_hash = hash(key);
            let known = places.of_key(number, key_hash);
            touched.push(known.unwrap_or(slots.len()));
            if known.is_none() {
                let (leg, key) = (number as u16, Some(key.into()));
                let slot = Slot { leg, key, key_hash, runs: Vec::new(), wake: i32::MAX };
                places.add(slots.len(), &slot);
                slots.push(slot);
            }
        }
    }

    /// Whether facts of a kind matter to a slot as it stands.
    fn watches(&self, slot: &Slot, kind: u8) -> bool {
        let leg = &self.legs[slot.leg as usize];
        let mask = match slot.runs.last().filter(|run| run.state.is_open()) {
            Some(run) => leg.masks[(run.last().step - leg.first) as usize],
            None => leg.open_mask,
        };
        mask & (1 << kind) != 0
    }

    fn changes(&self, mut before: Vec<Slot>, after: &[Slot]) -> Vec<Change> {
        let mut changes = Vec::new();
        for slot in after {
            let is_same = |old: &Slot| old.leg == slot.leg && old.key_hash == slot.key_hash;
            let old = before.iter().position(is_same).map(|place| before.swap_remove(place).runs).unwrap_or_default();
            let mut old = old.into_iter();
            for (run, ordinal) in slot.runs.iter().zip(1..) {
                let before = old.next();
                if before.as_ref() != Some(run) {
                    changes.push(Change { run: self.key(slot, ordinal), before, after: Some(run.clone()) });
                }
            }
            let gone = old.zip(slot.runs.len() as u32 + 1..);
            changes.extend(gone.map(|(run, ordinal)| Change {
                run: self.key(slot, ordinal),
                before: Some(run),
                after: None,
            }));
        }
        for slot in before {
            let keyed: Vec<RunKey> = (1..=slot.runs.len() as u32).map(|ordinal| self.key(&slot, ordinal)).collect();
            let gone = slot.runs.into_iter().zip(keyed);
            changes.extend(gone.map(|(run, key)| Change { run: key, before: Some(run), after: None }));
        }
        changes
    }
}
