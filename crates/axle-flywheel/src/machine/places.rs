//! Where a member's slots are, by leg, by key and by when they wake: some have thousands.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use axle_model::time::LocalDay;

use super::compile::Leg;
use crate::run::Slot;

/// No day.
const NEVER: LocalDay = LocalDay::MAX;

/// See the module.
#[derive(Debug)]
pub(super) struct Places {
    of_leg: Vec<Vec<u32>>,
    by_key: HashMap<(u16, u64), usize>,
    /// Days with the slots that woke then when they were put in; what a slot says now counts.
    wakes: BinaryHeap<Reverse<(LocalDay, u32)>>,
}

impl Places {
    pub(super) fn new(legs: &[Leg], slots: &[Slot]) -> Self {
        let of_leg = vec![Vec::new(); legs.len()];
        let mut places = Self { of_leg, by_key: HashMap::new(), wakes: BinaryHeap::new() };
        for (place, slot) in slots.iter().enumerate() {
            places.add(place, slot);
            places.wake(place, slot.wake);
        }
        places
    }

    pub(super) fn add(&mut self, place: usize, slot: &Slot) {
        self.of_leg[usize::from(slot.leg)].push(place as u32);
        if slot.key.is_some() {
            self.by_key.insert((slot.leg, slot.key_hash), place);
        }
    }

    /// The slots of a leg.
    pub(super) fn of_leg(&self, leg: usize) -> impl Iterator<Item = usize> {
        self.of_leg[leg].iter().map(|place| *place as usize)
    }

    pub(super) fn of_key(&self, leg: usize, key_hash: u64) -> Option<usize> {
        self.by_key.get(&(leg as u16, key_hash)).copied()
    }

    /// Notes when a slot wakes.
    pub(super) fn wake(&mut self, place: usize, day: LocalDay) {
        if day != NEVER {
            self.wakes.push(Reverse((day, place as u32)));
        }
    }

    /// The first day on which a slot wakes; [`LocalDay::MAX`]: none does.
    pub(super) fn first_wake(&mut self, slots: &[Slot]) -> LocalDay {
        while let Some(Reverse((day, place))) = self.wakes.peek() {
            if slots[*place as usize].wake == *day {
                return *day;
            }
            self.wakes.pop();
        }
        NEVER
    }

    /// The slots that have woken by a day, which sleep until they are looked at.
    pub(super) fn take_woken(&mut self, slots: &mut [Slot], today: LocalDay, woken: &mut Vec<usize>) {
        while self.first_wake(slots) <= today {
            let Some(Reverse((_, place))) = self.wakes.pop() else { return };
            slots[place as usize].wake = NEVER;
            woken.push(place as usize);
        }
    }
}
