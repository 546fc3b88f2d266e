//! What the machine gives depends on facts and instant alone: not on the order of arrival, nor on how often it is asked.

use std::collections::BTreeMap;

use axle_flywheel::{Fact, Gathered, Machine, MemberRuns, Origin, Run, RunKey};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::{machine, runs};

/// Facts that lead through the flywheels, with their attributes.
const FACTS: &[(&str, &[(&str, &str)])] = &[
    ("signed_up", &[("plan", "free")]),
    ("plan", &[("plan", "team")]),
    ("used", &[("feature", "a")]),
    ("used", &[("feature", "b")]),
    ("used", &[("feature", "c")]),
    ("active", &[]),
    ("active", &[]),
    ("joined", &[]),
    ("attended", &[("event", "e")]),
    ("attended", &[("event", "f")]),
    ("signal", &[("kind", "explicit")]),
    ("signal", &[("kind", "inferred"), ("points", "6")]),
    ("decided", &[("outcome", "qualified"), ("by", "buzz")]),
    ("decided", &[("outcome", "dismissed"), ("reason", "no_need"), ("by", "buzz")]),
    ("decided", &[("outcome", "snooze"), ("by", "buzz")]),
    ("decided", &[("outcome", "appointed"), ("by", "buzz"), ("organization", "bank")]),
    ("decided", &[("outcome", "named"), ("by", "cleo"), ("organization", "bank")]),
    ("decided", &[("outcome", "busy"), ("by", "buzz")]),
    ("decided", &[("outcome", "concern"), ("reason", "feedback"), ("by", "buzz")]),
    ("consent", &[("kind", "hand_off"), ("state", "given")]),
    ("consent", &[("kind", "hand_off"), ("state", "revoked")]),
    ("introduced", &[]),
    ("hand_off", &[("state", "sent"), ("is_complete", "true"), ("flywheel", "community_qualified_leads")]),
    ("hand_off", &[("state", "opened"), ("flywheel", "community_qualified_leads")]),
    ("hand_off", &[("state", "accepted"), ("flywheel", "community_qualified_leads")]),
    ("hand_off", &[("state", "returned"), ("reason", "no_budget"), ("flywheel", "community_qualified_leads")]),
    ("hand_off", &[("state", "expired"), ("flywheel", "community_qualified_leads")]),
    ("contacted", &[("department", "community")]),
    ("contacted", &[("department", "sales")]),
    ("deal", &[("state", "open"), ("motion", "high_touch"), ("organization", "bank")]),
    ("deal", &[("state", "won"), ("organization", "bank")]),
    ("lifecycle", &[("state", "prospect"), ("motion", "high_touch"), ("organization", "bank")]),
    ("affiliation", &[("state", "began"), ("organization", "bank")]),
    ("affiliation", &[("state", "ended"), ("organization", "bank")]),
    ("affiliation", &[("state", "began"), ("organization", "mill")]),
    ("score", &[("level", "2"), ("gauge", "neutral"), ("love_percentile", "50")]),
    ("met", &[]),
    ("champion_act", &[]),
    ("kickoff", &[]),
    ("colleague_signed_up", &[("organization", "bank")]),
    ("value", &[]),
    ("signpost", &[("kind", "shown")]),
    ("activated", &[]),
    ("asked", &[("question", "q1")]),
    ("asked", &[("question", "q2")]),
    ("was_answered", &[("question", "q1"), ("from", "member")]),
    ("was_answered", &[("question", "q2"), ("from", "team")]),
    ("answer_signal", &[("question", "q1"), ("from", "team")]),
    ("answered", &[]),
    ("thanked", &[]),
    ("role", &[("role", "champion"), ("state", "held")]),
    ("role", &[("role", "champion"), ("state", "ended")]),
    ("drop", &[]),
    ("concern", &[("state", "resolved")]),
    ("concern", &[("state", "told")]),
    ("key_account", &[("state", "held"), ("organization", "bank")]),
    ("touched", &[]),
    ("depth", &[]),
    ("enrolled", &[("state", "active")]),
    ("feedback", &[]),
    ("taught", &[]),
    ("story", &[]),
    ("referral", &[]),
];

fn start() -> Timestamp {
    "2025-01-01T00:00:00Z".parse().unwrap()
}

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

/// Up to 150 facts within 500 days, a quarter of them learnt of late, some withdrawn later.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let one = (0..FACTS.len(), 0..500_i64 * 24, prop_oneof![3 => Just(0), 1 => 1..60_i64 * 24], 0..20_u8);
    prop::collection::vec(one, 1..150).prop_map(|drawn| {
        let mut facts = Vec::new();
        for (number, (template, at, late, luck)) in drawn.into_iter().enumerate() {
            let (kind, attributes) = FACTS[template];
            let mut fact = Fact::new(start() + hours(at), kind, format!("f{number}")).seen(start() + hours(at + late));
            for (name, value) in attributes {
                fact = fact.with(*name, *value);
            }
            if luck == 0 {
                facts.push(fact.clone().withdrawn(start() + hours(at + late + 50)));
            }
            facts.push(fact);
        }
        facts
    })
}

fn batch(machine: &Machine, facts: &[Fact], until: Timestamp) -> MemberRuns {
    let mut member = MemberRuns::default();
    machine.advance(&mut member, facts, until);
    member
}

fn gathered(facts: &[Fact]) -> Gathered {
    let mut gathered = Gathered::default();
    facts.iter().for_each(|fact| gathered.push(fact));
    gathered
}

fn shuffled(facts: &[Fact], seed: u64) -> Vec<Fact> {
    let mut numbered: Vec<(u64, &Fact)> = facts
        .iter()
        .enumerate()
        .map(|(number, fact)| {
            ((number as u64 + 1).wrapping_mul(seed | 1).rotate_left(29).wrapping_mul(0x9e37_79b9), fact)
        })
        .collect();
    numbered.sort_by_key(|(key, _)| *key);
    numbered.into_iter().map(|(_, fact)| fact.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Each day with what was learnt on it: the end is that of one look at everything.
    #[test]
    fn day_by_day_is_the_batch(facts in facts(), berlin in any::<bool>()) {
        let machine = machine(if berlin { "Europe/Berlin" } else { "UTC" });
        let end = start() + hours(600 * 24);
        let mut member = MemberRuns::default();
        let mut known: BTreeMap<RunKey, Run> = BTreeMap::new();
        for day in 0..600 {
            let (from, to) = (start() + hours(day * 24), start() + hours(day * 24 + 24));
            let learnt: Vec<Fact> = facts.iter().filter(|fact| fact.seen_at >= from && fact.seen_at < to).cloned().collect();
            for change in machine.advance(&mut member, &learnt, to) {
                prop_assert_eq!(known.get(&change.run), change.before.as_ref());
                match change.after {
                    Some(run) => known.insert(change.run, run),
                    None => known.remove(&change.run),
                };
            }
        }
        let expected = runs(&machine, &batch(&machine, &facts, end));
        prop_assert_eq!(runs(&machine, &member), expected.clone());
        prop_assert_eq!(known.into_iter().collect::<Vec<_>>(), expected);
    }

    /// Any order of arrival, in pieces of any size, gives the same end; and nothing new changes nothing.
    #[test]
    fn the_order_of_arrival_does_not_matter(facts in facts(), seed in any::<u64>(), size in 1..40_usize) {
        let machine = machine("UTC");
        let end = start() + hours(560 * 24);
        let mut member = MemberRuns::default();
        for (number, piece) in shuffled(&facts, seed).chunks(size).enumerate() {
            machine.advance(&mut member, piece, end.min(start() + hours(number as i64 * 100)));
        }
        machine.advance(&mut member, &[], end);
        prop_assert_eq!(runs(&machine, &member), runs(&machine, &batch(&machine, &facts, end)));
        prop_assert_eq!(machine.advance(&mut member, &facts, end), vec![]);
        let tasks = machine.tasks(&member);
        prop_assert_eq!(tasks, machine.tasks(&batch(&machine, &facts, end)));
    }

    /// What some queries give now is put in the place of what they gave before, again and again while time passes: the end
    /// is that of one look at what they give at last.
    #[test]
    fn what_queries_give_now_takes_the_place_of_what_they_gave(
        facts in facts(),
        steps in prop::collection::vec((0..4_u16, any::<u64>(), 0..100_i64), 1..25),
    ) {
        let machine = machine("Europe/Berlin");
        let mut member = MemberRuns::default();
        let mut gives: BTreeMap<u16, Vec<Fact>> = BTreeMap::new();
        let mut at = start() + hours(300 * 24);
        for (part, seed, passed) in steps {
            at += hours(passed);
            let of_part = facts.iter().enumerate().filter(|(number, _)| number % 4 == usize::from(part));
            let given = of_part.filter(|(number, _)| (seed >> (number % 64)) & 3 != 0).map(|(_, fact)| fact.clone());
            gives.insert(part, given.map(|fact| Fact { origin: Origin { part, unit: 0 }, ..fact }).collect());
            let gathered = gathered(&gives[&part]);
            let goes = |origin: Origin| origin.part == part;
            let before = member.clone();
            let is_settled = machine.is_settled(&member, goes, &gathered, at);
            machine.replace(&mut member, goes, gathered, at);
            prop_assert!(!is_settled || member == before);
            let now: Vec<Fact> = gives.values().flatten().cloned().collect();
            let expected = batch(&machine, &now, at);
            prop_assert_eq!(runs(&machine, &member), runs(&machine, &expected));
            let (tasks, next_at) = machine.tasks_and_next(&member, at);
            prop_assert_eq!(&tasks, &machine.tasks(&expected));
            // Until then nothing begins, unless anything happens or a day does.
            let day = |at: Timestamp| at.to_zoned(machine.calendar().zone().clone()).date();
            let same_day = (1..24).map(|hour| at + hours(hour)).take_while(|later| day(*later) == day(at));
            for later in same_day.take_while(|later| next_at.is_none_or(|next_at| *later < next_at)) {
                if machine.is_quiet(&member, later) {
                    let then = machine.tasks_at(&member, later);
                    prop_assert!(then.iter().all(|task| tasks.contains(task)), "{:?} {:?}", tasks, then);
                }
            }
        }
    }

    /// As of an instant, what happens after it makes no difference.
    #[test]
    fn nothing_sees_the_future(facts in facts(), day in 0..520_i64) {
        let machine = machine("UTC");
        let at = start() + hours(day * 24);
        let past: Vec<Fact> = facts.iter().filter(|fact| fact.at <= at).cloned().collect();
        let (all, past) = (batch(&machine, &facts, at), batch(&machine, &past, at));
        prop_assert_eq!(runs(&machine, &all), runs(&machine, &past));
        prop_assert_eq!(machine.tasks(&all), machine.tasks(&past));
    }

    /// One open run a subject, visits in order of time, evidence no later than the visit, and rests on something.
    #[test]
    fn runs_are_well_formed(facts in facts()) {
        let machine = machine("UTC");
        let member = batch(&machine, &facts, start() + hours(560 * 24));
        let mut last: Option<(RunKey, Run)> = None;
        for (key, run) in runs(&machine, &member) {
            prop_assert!(run.visits.windows(2).all(|pair| pair[0].left_at().is_some_and(|left| left <= pair[1].entered_at())));
            prop_assert!(run.visits.iter().all(|visit| visit.due_at().is_none_or(|due| due >= visit.entered_at())));
            prop_assert_eq!(run.state.is_open(), run.ended_at.is_none());
            prop_assert!(!run.evidence.is_empty(), "{:?}", key);
            let latest = run.ended_at.unwrap_or(Timestamp::MAX).max(run.last().entered_at());
            prop_assert!(run.evidence.iter().all(|one| one.at() <= latest));
            if let Some((before, ended)) = last.take().filter(|(before, _)| key.before().as_ref() == Some(before)) {
                prop_assert!(ended.ended_at.is_some_and(|at| at <= run.opened_at()), "{:?}", before);
            }
            last = Some((key, run));
        }
    }
}
