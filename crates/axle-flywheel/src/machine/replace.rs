//! Keeping members' runs while the record changes: what queries give now in the place of what they gave before, and time
//! that passes for those of whom nothing is new.

use jiff::Timestamp;

use super::Machine;
use crate::fact::Origin;
use crate::run::{MemberRuns, Slot};
use crate::timeline::{Gathered, Timeline};

const DAY_MICROS: i64 = 86_400_000_000;

impl Machine {
    /// Puts facts in the place of those whose origin `goes`, and moves the runs on to `until`. The end is the same as that
    /// of [`Machine::advance`] with all facts at once.
    pub fn replace(&self, member: &mut MemberRuns, goes: impl Fn(Origin) -> bool, given: Gathered, until: Timestamp) {
        if member.fingerprint != self.fingerprint {
            self.forget(member);
        }
        let settled = given.settle(&self.calendar);
        drop(given);
        let mut timeline = member.facts.open(&self.calendar);
        let earliest = timeline.put(goes, settled);
        if earliest.is_some_and(|at| member.until.is_some_and(|until| at <= until.as_microsecond())) {
            member.slots.clear();
            member.until = None;
        }
        if earliest.is_some() {
            self.keep(member, &timeline);
        }
        if !self.is_quiet(member, until) {
            self.go_on(member, &timeline, until);
        }
    }

    /// Whether [`Machine::replace`] would leave everything as it is.
    pub fn is_settled(
        &self,
        member: &MemberRuns,
        goes: impl Fn(Origin) -> bool,
        given: &Gathered,
        until: Timestamp,
    ) -> bool {
        if !self.is_quiet(member, until) {
            return false;
        }
        if given.is_empty() {
            return !member.facts.has(goes);
        }
        let given = given.settle(&self.calendar);
        member.facts.open(&self.calendar).first_difference(&goes, &given).is_none()
    }

    /// Whether the member's runs are the same at `until` as where they are, or are further already: nothing happened in
    /// between and no midnight passed at which time alone may move them.
    pub fn is_quiet(&self, member: &MemberRuns, until: Timestamp) -> bool {
        let Some(before) = member.until.filter(|_| member.fingerprint == self.fingerprint) else { return false };
        let (before, until) = (before.as_microsecond(), until.as_microsecond());
        // A day begins at most 26 hours before it does in UTC: of later ones nobody asks the calendar.
        let is_near = |day: &i32| i64::from(*day) <= until.div_euclid(DAY_MICROS) + 2;
        let wakes = member.wakes_on().filter(is_near);
        let wakes = wakes.is_some_and(|day| self.calendar.start(day).as_microsecond() <= until);
        before >= until || !(wakes || member.next_at <= until)
    }

    /// Facts that differ from those that were kept.
    pub(super) fn keep(&self, member: &mut MemberRuns, timeline: &Timeline) {
        member.keep(timeline);
        member.next_at = member.until.map_or(i64::MIN, |until| timeline.next_after(until.as_microsecond()));
    }

    pub(super) fn go_on(&self, member: &mut MemberRuns, timeline: &Timeline, until: Timestamp) {
        if member.slots.is_empty() {
            self.lay_out(member);
        }
        self.turn(member, timeline, until);
        member.until = Some(until);
        member.next_at = timeline.next_after(until.as_microsecond());
        member.slots.iter_mut().for_each(Slot::shrink);
        member.slots.shrink_to_fit();
    }
}
