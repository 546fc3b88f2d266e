//! When champions' silence is one: the drop rule, asked on every day of the past, so that an alert of last spring is the same
//! whenever it is asked for. Its answers are facts like others.

mod champion;

use std::borrow::Cow;
use std::collections::BTreeMap;

use axle_flywheel::drop::{Alert, Fired, Judgement, Watch, Watched};
use axle_flywheel::{Definition, Fact, MemberRuns};
use axle_model::time::{LocalDay, local_day, start_of_day};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::drop_rule::{DropRule, ROLES};
use champion::Champion;

/// The flywheel of champions' health.
const HEALTH: &str = "champion_health";
/// Its task that answers an alert.
const CHECK_IN: &str = "champion_health/watch/check_in";
/// How long a champion who is busy is left alone, in days, unless they named a day or the flywheel says so.
const BUSY_DAYS: u32 = 45;

/// What the rule may look at of somebody who holds or held such a role, as of an instant; `None` for anybody else. The rule
/// looks at complete days: what they do today makes no difference yet.
pub(super) fn heard(member: &MemberRuns, until: Timestamp, zone: &TimeZone) -> Option<Vec<Fact>> {
    let is_role = |fact: &Fact| ROLES.iter().any(|(role, _)| attribute(fact, "role") == Some(role));
    if !member.has("role") || !member.facts(&["role"]).iter().any(is_role) {
        return None;
    }
    let today = start_of_day(local_day(until, zone), zone);
    let mut facts = member.facts(&["role", "active", "attended", "decided", "absence", "task_done"]);
    facts.retain(|fact| match &*fact.kind {
        "role" => fact.at <= until,
        "decided" | "absence" | "task_done" => true,
        _ => fact.at < today,
    });
    Some(facts)
}

/// What the rule goes by: its numbers, and how long who is busy is left alone, as the flywheel has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    numbers: DropRule,
    busy_days: u32,
}

impl Rule {
    pub(super) fn new(numbers: DropRule, definitions: &[Definition]) -> Self {
        Self { numbers, busy_days: busy_days(definitions) }
    }
}

/// See [`super::busy_days`].
pub(super) fn busy_days(definitions: &[Definition]) -> u32 {
    let health = definitions.iter().find(|definition| definition.id == HEALTH);
    health.and_then(|health| health.rest_days("busy")).unwrap_or(BUSY_DAYS)
}

/// What the rule says.
#[derive(Debug, Clone, Default)]
pub(super) struct Drops {
    /// The alerts of all days, oldest first.
    pub alerts: Vec<Alert>,
    /// How each champion stands today, by member id.
    pub today: BTreeMap<String, Judgement>,
    /// What it looked at, by member id.
    pub heard: BTreeMap<String, Vec<Fact>>,
    /// What it went by.
    pub rule: Option<Rule>,
}

impl Drops {
    /// The alert that a task answers, if it is a check-in that began with one: who is asked again after no reply answers none.
    /// Another that comes while the first waits is answered with it: the first of them that was pushed, else the last.
    pub(super) fn answered_by(&self, member_id: &str, task: &str, since: LocalDay) -> Option<&Alert> {
        let of_stay = || self.alerts.iter().filter(|alert| alert.member_id == member_id && alert.as_of >= since);
        if task != CHECK_IN || of_stay().all(|alert| alert.as_of != since) {
            return None;
        }
        of_stay().find(|alert| alert.pushed_on.is_some()).or_else(|| of_stay().next_back())
    }
}

/// What the rule says on all days up to `until`.
pub(super) fn of_champions(
    members: &BTreeMap<String, Vec<Fact>>,
    until: Timestamp,
    zone: &TimeZone,
    rule: &Rule,
) -> Drops {
    let settings = &rule.numbers.settings();
    let mut champions: Vec<Champion> =
        members.iter().filter_map(|(id, facts)| Champion::new(id, facts, until, zone, rule)).collect();
    let today = local_day(until, zone);
    let Some(first) = champions.iter().map(|champion| champion.watched.rhythm.since).min() else {
        return Drops::default();
    };
    let (mut watch, mut found, mut open) = (Watch::default(), Vec::new(), Vec::new());
    let (mut pushed, mut week) = (BTreeMap::new(), 0);
    for day in first.saturating_add(1)..=today {
        // 1 January 1970 was a Thursday: weeks begin on Mondays.
        if (day + 3).div_euclid(7) != week {
            week = (day + 3).div_euclid(7);
            pushed.clear();
        }
        // Who comes later is not known yet: a role that is given tomorrow changes nothing of today.
        let known: Vec<&Watched> = champions.iter().filter(|one| one.is_known(day)).map(|one| &one.watched).collect();
        watch.pass(&known, day - 1, settings);
        champions.iter_mut().for_each(|champion| champion.listen(day, &mut watch, settings));
        let present = present(&champions, day);
        found.extend(open.extract_if(.., |alert: &mut Alert| alert.pushed_on.is_some() || !watch.is_open(alert)));
        let alarmed = watch.alerts(&present, day, settings);
        let silent: Vec<String> = alarmed.iter().map(|alert| alert.member_id.clone()).collect();
        open.extend(alarmed);
        watch.push(&mut open, &present, day, &mut pushed, settings);
        for member_id in silent {
            if let Some(champion) = champions.iter_mut().find(|other| other.watched.member_id == member_id) {
                champion.watched.alerted_on = Some(day);
            }
        }
    }
    found.append(&mut open);
    found.sort_by(|a, b| a.as_of.cmp(&b.as_of).then(b.score.total_cmp(&a.score)).then(a.member_id.cmp(&b.member_id)));
    // Whoever was named today is one from tomorrow on.
    let present = present(&champions, today.saturating_add(1));
    let judged = watch.judgements(&present, today, settings);
    let today = present.iter().map(|champion| champion.member_id.clone()).zip(judged).collect();
    Drops { alerts: found, today, ..Drops::default() }
}

/// Who holds a role on a day.
fn present(champions: &[Champion], day: LocalDay) -> Vec<&Watched> {
    champions.iter().filter(|champion| champion.holds(day)).map(|champion| &champion.watched).collect()
}

fn attribute<'a>(fact: &'a Fact, name: &str) -> Option<&'a str> {
    fact.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// An alert as facts: that it is listed, known at the midnight at which the days that it looks at were over; and that it was
/// pushed, if it was.
pub(super) fn facts(alert: &Alert, zone: &TimeZone) -> impl Iterator<Item = Fact> {
    let pushed = alert.pushed_on.map(|day| Fact::new(start_of_day(day, zone), "pushed", format!("pushed:{day}")));
    std::iter::once(listed(alert, zone)).chain(pushed)
}

fn listed(alert: &Alert, zone: &TimeZone) -> Fact {
    let mut fact = Fact::new(start_of_day(alert.as_of, zone), "drop", format!("drop:{}", alert.as_of));
    let judgement = &alert.judgement;
    let (what, held) = match judgement.fired {
        Some(Fired::Events) => ("events", &judgement.events),
        Some(Fired::Both) => ("both", &judgement.days),
        Some(Fired::Days) | None => ("days", &judgement.days),
    };
    let attributes = [
        ("what", what.to_owned()),
        ("p", format!("{:.4}", held.p)),
        ("lasts", format!("{:.2}", judgement.lasts)),
        ("expected", format!("{:.1}", held.expected)),
        ("observed", held.observed.to_string()),
    ];
    fact.attributes = attributes.map(|(name, value)| (Cow::Borrowed(name), value)).to_vec();
    fact
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: LocalDay, kind: &'static str, attributes: &[(&'static str, &str)]) -> Fact {
        let mut fact = Fact::new(start_of_day(day, &TimeZone::UTC), kind, format!("{kind}:{day}"));
        fact.attributes = attributes.iter().map(|(name, value)| (Cow::Borrowed(*name), (*value).to_owned())).collect();
        fact
    }

    /// Every third day for 400 days, then nothing.
    fn silent_from(day: LocalDay) -> Vec<Fact> {
        let held = on(0, "role", &[("role", "champion"), ("state", "held"), ("by", "buzz")]);
        let active = (0..day).step_by(3).map(|day| on(day, "active", &[]));
        std::iter::once(held).chain(active).collect()
    }

    fn alarmed(facts: Vec<Fact>, until: LocalDay) -> Vec<LocalDay> {
        let members = BTreeMap::from([("m1".to_owned(), facts)]);
        let until = start_of_day(until, &TimeZone::UTC);
        of_champions(&members, until, &TimeZone::UTC, &cautious()).alerts.iter().map(|alert| alert.as_of).collect()
    }

    /// Waits until it is likelier than not that it lasts.
    fn cautious() -> Rule {
        Rule::new(DropRule { lasts_least: 0.5, ..DropRule::default() }, &axle_flywheel::definition::shipped().unwrap())
    }

    /// The baseline has a day in three: in 30 days ten are expected. With the season of a lone champion at 1, no more than
    /// three fire (the golden vector of the rule), which holds some three weeks after the last active day.
    #[test]
    fn who_falls_silent_is_noticed_once_and_the_past_stays_as_it_was() {
        let days = alarmed(silent_from(400), 440);
        let [first] = days[..] else { panic!("{days:?}") };
        assert!((415..425).contains(&first), "{first}");
        assert_eq!(alarmed(silent_from(400), first), [first], "as of that day it was known");
        assert_eq!(alarmed(silent_from(400), first - 1), [] as [LocalDay; 0], "and not before");
    }

    #[test]
    fn who_said_that_they_are_busy_is_left_alone() {
        let mut facts = silent_from(400);
        facts.push(on(405, "decided", &[("outcome", "busy")]));
        let days = alarmed(facts, 480);
        assert!(days.iter().all(|day| *day >= 405 + BUSY_DAYS as LocalDay), "{days:?}");
    }

    /// Away from a day until the day of their return, told of on a day.
    fn away(from: LocalDay, until: &str, told: LocalDay) -> Fact {
        on(from, "absence", &[("until", until)]).seen(start_of_day(told.max(from), &TimeZone::UTC))
    }

    /// Day 500 is 16 May 1971. A silence that was told of is none. After ten more days without any of the days that would come
    /// every third day, chance is (2/3)^10 = 0.017, below 0.02; after nine it is 0.026.
    #[test]
    fn who_is_known_to_be_away_is_left_alone_until_they_should_be_back() {
        let told = |absence: Fact, until| {
            let mut facts = silent_from(400);
            facts.push(absence);
            alarmed(facts, until)
        };
        assert_eq!(told(away(400, "1971-05-16", 390), 505), [] as [LocalDay; 0]);
        let late = told(away(400, "1971-05-16", 390), 560);
        assert!(late.len() == 1 && late[0] >= 510, "{late:?}");
        // An absence without days, as one that was called off is, changes nothing.
        assert_eq!(told(away(400, "1971-02-05", 390), 440), alarmed(silent_from(400), 440));
    }

    /// What was not known when the alert came does not undo it; told in time, it keeps it from coming.
    #[test]
    fn an_absence_counts_from_when_it_was_told_of() {
        let [first] = alarmed(silent_from(400), 440)[..] else { panic!("one alert") };
        let told = |on: LocalDay| {
            let mut facts = silent_from(400);
            facts.push(away(400, "1971-05-16", on));
            alarmed(facts, 440)
        };
        assert_eq!(told(first), [first], "on that day it was too late");
        assert_eq!(told(first - 1), [] as [LocalDay; 0], "the day before it was not");
    }

    /// Six fall silent together; five are pushed in that week, the deal champion first of all, and the sixth on the next Monday.
    #[test]
    fn the_budget_goes_to_the_weightiest_and_the_others_wait_for_the_next_week() {
        let mut members: BTreeMap<String, Vec<Fact>> = (0..12).map(|m| (format!("a{m}"), silent_from(600))).collect();
        members.extend((0..6).map(|m| (format!("b{m}"), silent_from(400))));
        let deal = on(1, "role", &[("role", "deal_champion"), ("state", "held"), ("by", "buzz")]);
        members.get_mut("b5").unwrap().push(deal);
        let until = start_of_day(440, &TimeZone::UTC);
        let pushed = |rule: &Rule| {
            let alerts = of_champions(&members, until, &TimeZone::UTC, rule).alerts;
            alerts.into_iter().map(|alert| (alert.member_id, alert.as_of, alert.pushed_on)).collect::<Vec<_>>()
        };
        let mut rule = cautious();
        rule.numbers.push_least = 0.0;
        let found = pushed(&rule);
        let monday = |day: LocalDay| day + 7 - (day + 3).rem_euclid(7);
        let on = found[0].1;
        let expected = [("b5", on), ("b0", on), ("b1", on), ("b2", on), ("b3", on), ("b4", monday(on))];
        assert_eq!(found, expected.map(|(name, pushed)| (name.to_owned(), on, Some(pushed))));
        let mut even = rule;
        even.numbers.role_weights.insert("deal_champion".into(), 1.0);
        even.numbers.budget_per_week = 1;
        assert_eq!(pushed(&even)[..2], [("b0".to_owned(), on, Some(on)), ("b1".to_owned(), on, Some(monday(on)))]);
    }

    #[test]
    fn an_alert_is_listed_then_pushed_and_the_newest_of_a_stay_answers() {
        let members = BTreeMap::from([("m1".to_owned(), silent_from(400))]);
        let mut rule = cautious();
        rule.numbers.push_least = 0.0;
        let mut drops = of_champions(&members, start_of_day(440, &TimeZone::UTC), &TimeZone::UTC, &rule);
        let [alert] = &drops.alerts[..] else { panic!("one alert: {drops:?}") };
        let day = alert.as_of;
        let told: Vec<(String, String)> =
            facts(alert, &TimeZone::UTC).map(|fact| (fact.kind.into_owned(), fact.id)).collect();
        assert_eq!(told, [("drop".into(), format!("drop:{day}")), ("pushed".into(), format!("pushed:{day}"))]);
        // Listed alone, and another during the same stay that is pushed.
        drops.alerts[0].pushed_on = None;
        let later = Alert { as_of: day + 90, pushed_on: Some(day + 92), ..drops.alerts[0].clone() };
        drops.alerts.push(later);
        let answered = |since| drops.answered_by("m1", CHECK_IN, since).map(|alert| alert.pushed_on);
        assert_eq!(answered(day), Some(Some(day + 92)));
        assert_eq!(answered(day + 1), None, "who is asked again after no reply answers none");
    }

    #[test]
    fn whose_role_ended_is_not_watched() {
        let mut facts = silent_from(400);
        facts.push(on(401, "role", &[("role", "champion"), ("state", "ended")]));
        assert_eq!(alarmed(facts, 480), [] as [LocalDay; 0]);
    }

    fn role(day: LocalDay, role: &str, state: &str) -> Fact {
        let mut fact = on(day, "role", &[("role", role), ("state", state)]);
        fact.id = format!("{role}:{state}:{day}");
        fact
    }

    #[test]
    fn a_role_that_ends_in_the_afternoon_changes_nothing_of_the_morning() {
        let [first] = alarmed(silent_from(400), 440)[..] else { panic!("one alert") };
        let ended = |at: Timestamp| {
            let mut facts = silent_from(400);
            facts.push(Fact { at, ..role(first, "champion", "ended") });
            alarmed(facts, first + 1)
        };
        let morning = start_of_day(first, &TimeZone::UTC);
        assert_eq!(ended(morning + jiff::SignedDuration::from_hours(15)), [first]);
        assert_eq!(ended(morning), [] as [LocalDay; 0]);
    }

    /// The silence from day 320 on would be noticed some three weeks later. When they come back it is their usual: of the 180
    /// days before the window nothing is known but silence.
    #[test]
    fn nobody_is_watched_between_two_times_as_a_champion() {
        let mut facts = silent_from(320);
        facts.push(role(310, "champion", "ended"));
        assert_eq!(alarmed(facts.clone(), 460), [] as [LocalDay; 0], "they have left");
        facts.push(role(480, "champion", "held"));
        assert_eq!(alarmed(facts, 700), [] as [LocalDay; 0], "what comes later changes nothing of then");
    }

    /// Silent from day 400 on, a champion again since day 380: 60 days later is day 440. A role that takes over on the day on
    /// which another ends goes on, and so does the watch.
    #[test]
    fn who_is_appointed_again_has_to_be_it_for_sixty_days() {
        let mut facts = silent_from(400);
        facts.extend([role(100, "champion", "ended"), role(380, "champion", "held")]);
        let mut rule = cautious();
        rule.numbers.lasts_least = 0.0;
        let members = BTreeMap::from([("m1".to_owned(), facts)]);
        let alerts = of_champions(&members, start_of_day(480, &TimeZone::UTC), &TimeZone::UTC, &rule).alerts;
        assert_eq!(alerts.iter().map(|alert| alert.as_of).collect::<Vec<_>>(), [440]);
        let mut facts = silent_from(400);
        facts.extend([role(380, "champion", "ended"), role(380, "deal_champion", "held")]);
        assert_eq!(alarmed(facts, 440), alarmed(silent_from(400), 440));
    }

    /// What was listed while they were a champion is not pushed when they are one again.
    #[test]
    fn an_alert_ends_with_the_role() {
        let until = |day: LocalDay| start_of_day(day, &TimeZone::UTC);
        let mut rule = cautious();
        rule.numbers.lasts_least = 0.0;
        let stays = BTreeMap::from([("m1".to_owned(), silent_from(400))]);
        let lasts = |day: LocalDay| of_champions(&stays, until(day), &TimeZone::UTC, &rule).today["m1"].lasts;
        // Not likely enough before the role ends on day 430.
        rule.numbers.push_least = ((401..430).map(lasts).fold(0.0, f64::max) + 1.0) / 2.0;
        let first = |members: &BTreeMap<String, Vec<Fact>>| {
            let alerts = of_champions(members, until(700), &TimeZone::UTC, &rule).alerts;
            (alerts[0].as_of < 430, alerts[0].pushed_on.is_some())
        };
        assert_eq!(first(&stays), (true, true));
        let mut facts = silent_from(400);
        facts.extend([role(430, "champion", "ended"), role(431, "champion", "held")]);
        assert_eq!(first(&BTreeMap::from([("m1".to_owned(), facts)])), (true, false));
    }

    /// A number below `sides`, as good as by chance.
    fn roll(seed: &mut u64, sides: u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % sides
    }

    /// Somebody who takes part every few days, falls silent for a while, and is a champion now and then.
    fn now_and_then(seed: &mut u64) -> Vec<Fact> {
        let begins = roll(seed, 200) as LocalDay;
        let silent = 250 + roll(seed, 300) as LocalDay;
        let back = silent + 30 + roll(seed, 150) as LocalDay;
        let step = 2 + roll(seed, 4) as usize;
        let days = (begins..800).step_by(step).filter(|day| !(silent..back).contains(day));
        let mut facts: Vec<Fact> = days.map(|day| on(day, "active", &[])).collect();
        let mut day = begins + roll(seed, 200) as LocalDay;
        for by in ["", "buzz", "cleo"] {
            let mut held = role(day, ["champion", "deal_champion"][roll(seed, 2) as usize], "held");
            held.attributes.extend((!by.is_empty()).then(|| (Cow::Borrowed("by"), by.to_owned())));
            let mut ended = held.clone();
            day += 30 + roll(seed, 250) as LocalDay;
            ended.at = start_of_day(day, &TimeZone::UTC);
            ended.attributes[1].1 = "ended".into();
            facts.extend([held, ended]);
            day += roll(seed, 120) as LocalDay;
        }
        facts
    }

    /// Whoever becomes a champion later, is one no longer, or one again: what was said of everybody before stays.
    #[test]
    fn no_day_knows_the_next() {
        let mut found = 0;
        for case in 1..=5 {
            let mut seed = case * 977;
            let members: BTreeMap<String, Vec<Fact>> =
                (0..6).map(|number| (format!("m{number}"), now_and_then(&mut seed))).collect();
            let until = 350 + roll(&mut seed, 350) as LocalDay;
            let rule = Rule::new(DropRule { budget_per_week: 1, ..DropRule::default() }, &[]);
            let asked = |on: LocalDay| {
                let at = start_of_day(on, &TimeZone::UTC);
                let is_known = |fact: &&Fact| fact.at < at || fact.kind == "role";
                let by_then = |facts: &[Fact]| facts.iter().filter(is_known).cloned().collect::<Vec<Fact>>();
                let known: BTreeMap<String, Vec<Fact>> =
                    members.iter().map(|(id, facts)| (id.clone(), by_then(facts))).collect();
                of_champions(&known, at, &TimeZone::UTC, &rule).alerts
            };
            let mut later: Vec<Alert> = asked(until + 90);
            later.retain(|alert| alert.as_of <= until);
            later.iter_mut().for_each(|alert| alert.pushed_on = alert.pushed_on.filter(|day| *day <= until));
            found += later.len();
            assert_eq!(asked(until), later, "case {case}, as of day {until}");
        }
        assert!(found > 0, "nobody was alarmed about, so nothing was shown");
    }
}
