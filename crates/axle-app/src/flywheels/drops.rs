//! When champions' silence is one: the drop rule, asked on every day of the past, so that an alert of last spring is the same
//! whenever it is asked for. Its answers are facts like others.

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;

use axle_flywheel::drop::{Alert, DropSettings, Fired, Judgement, Rhythm, Watch, Watched};
use axle_flywheel::{Fact, MemberRuns};
use axle_model::days::Days;
use axle_model::time::{LocalDay, local_day, start_of_day};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Whose silence matters.
const ROLES: [&str; 2] = ["champion", "deal_champion"];
/// How long a champion who is busy is left alone, in days, unless they named a day: that of the flywheel.
const BUSY_DAYS: LocalDay = 45;

/// A workspace is told at once of what is unusual, with how likely it lasts: waiting until that is more likely than not takes
/// four weeks longer.
pub(super) fn settings() -> DropSettings {
    DropSettings { lasts_least: 0.0, ..DropSettings::default() }
}

/// What the rule may look at of somebody who holds or held such a role, as of an instant; `None` for anybody else. The rule
/// looks at complete days: what they do today makes no difference yet.
pub(super) fn heard(member: &MemberRuns, until: Timestamp, zone: &TimeZone) -> Option<Vec<Fact>> {
    let is_role = |fact: &Fact| ROLES.iter().any(|role| attribute(fact, "role") == Some(role));
    if !member.has("role") || !member.facts(&["role"]).iter().any(is_role) {
        return None;
    }
    let today = start_of_day(local_day(until, zone), zone);
    let mut facts = member.facts(&["role", "active", "attended", "decided"]);
    facts.retain(|fact| match &*fact.kind {
        "role" => fact.at <= until,
        "decided" => true,
        _ => fact.at < today,
    });
    Some(facts)
}

/// A champion with what changes over time.
struct Champion {
    watched: Watched,
    /// First day of the role and the day after its last.
    held: (LocalDay, LocalDay),
    /// Stretches without alerts: the day on which somebody said so, and the day that they named.
    quiet: Vec<(LocalDay, LocalDay)>,
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
}

/// What the rule says on all days up to `until`.
pub(super) fn of_champions(
    members: &BTreeMap<String, Vec<Fact>>,
    until: Timestamp,
    zone: &TimeZone,
    settings: &DropSettings,
) -> Drops {
    let mut champions: Vec<Champion> =
        members.iter().filter_map(|(id, facts)| champion(id, facts, until, zone)).collect();
    let today = local_day(until, zone);
    let Some(first) = champions.iter().map(|champion| champion.watched.rhythm.since).min() else {
        return Drops::default();
    };
    let (mut watch, mut found, mut pushed, mut week) = (Watch::default(), Vec::new(), BTreeMap::new(), 0);
    for day in first.saturating_add(1)..=today {
        // 1 January 1970 was a Thursday: weeks begin on Mondays.
        if (day + 3).div_euclid(7) != week {
            week = (day + 3).div_euclid(7);
            pushed.clear();
        }
        watch.pass(&champions, day - 1, settings);
        champions.iter_mut().for_each(|champion| champion.listen(day, &mut watch, settings));
        let present = present(&champions, day);
        let alarmed = watch.alerts(&present, day, &pushed, settings);
        for alert in alarmed {
            if let Some(champion) = champions.iter_mut().find(|other| other.watched.member_id == alert.member_id) {
                champion.watched.alerted_on = Some(day);
            }
            *pushed.entry(alert.builder.clone()).or_default() += u32::from(alert.is_pushed);
            found.push(alert);
        }
    }
    let present = present(&champions, today);
    let judged = watch.judgements(&present, today, settings);
    let today = present.iter().map(|champion| champion.member_id.clone()).zip(judged).collect();
    Drops { alerts: found, today, heard: BTreeMap::new() }
}

/// Who holds the role on a day.
fn present(champions: &[Champion], day: LocalDay) -> Vec<&Watched> {
    let holds = |champion: &&Champion| (champion.held.0..champion.held.1).contains(&day);
    champions.iter().filter(holds).map(|champion| &champion.watched).collect()
}

impl Borrow<Watched> for Champion {
    fn borrow(&self) -> &Watched {
        &self.watched
    }
}

impl Champion {
    /// Takes in what somebody said of them on the day before: from then on they are left alone, and neither that time nor the
    /// silence that was asked about is held against them.
    fn listen(&mut self, day: LocalDay, watch: &mut Watch, settings: &DropSettings) {
        for (said, until) in self.quiet.iter().filter(|(said, _)| said + 1 == day) {
            self.watched.quiet_until = Some(*until);
            watch.forgive(&self.watched.member_id);
            let silent_since = said.saturating_sub_unsigned(settings.window_days);
            self.watched.rhythm.absences.extend(Days::new(silent_since, *until));
        }
    }
}

fn champion(member_id: &str, facts: &[Fact], until: Timestamp, zone: &TimeZone) -> Option<Champion> {
    let day = |fact: &Fact| local_day(fact.at, zone);
    let said = |fact: &Fact, name: &str, value: &str| attribute(fact, name).is_some_and(|found| found == value);
    let roles: Vec<&Fact> = facts
        .iter()
        .filter(|fact| fact.kind == "role" && ROLES.iter().any(|role| said(fact, "role", role)))
        .filter(|fact| fact.at <= until)
        .collect();
    let began = roles.iter().filter(|fact| said(fact, "state", "held")).map(|fact| day(fact)).min()?;
    let last_end = roles.iter().filter(|fact| said(fact, "state", "ended")).map(|fact| day(fact)).max();
    let holds = roles.iter().filter(|fact| said(fact, "state", "held")).count()
        > roles.iter().filter(|fact| said(fact, "state", "ended")).count();
    let ended = if holds { LocalDay::MAX } else { last_end.unwrap_or(LocalDay::MAX) };
    let days_of = |kind: &str| {
        let mut days: Vec<LocalDay> = facts.iter().filter(|fact| fact.kind == kind).map(day).collect();
        days.sort_unstable();
        days
    };
    let (mut active, attended) = (days_of("active"), days_of("attended"));
    active.dedup();
    let since = active.first().copied().unwrap_or(began).min(began);
    let by = roles.iter().find_map(|fact| attribute(fact, "by"));
    let busy = facts.iter().filter(|fact| fact.kind == "decided" && said(fact, "outcome", "busy"));
    let mut quiet: Vec<(LocalDay, LocalDay)> = busy
        .map(|fact| {
            let named = attribute(fact, "until").and_then(|until| until.parse::<jiff::civil::Date>().ok());
            (day(fact), named.map_or(day(fact) + BUSY_DAYS, axle_model::time::day_of_date))
        })
        .collect();
    quiet.sort_unstable();
    let watched = Watched {
        member_id: member_id.to_owned(),
        builder: by.unwrap_or_default().to_owned(),
        role_weight: 1.0,
        champion_since: began,
        alerted_on: None,
        quiet_until: None,
        rhythm: Rhythm { active, attended, absences: Vec::new(), since },
    };
    Some(Champion { watched, held: (began, ended), quiet })
}

fn attribute<'a>(fact: &'a Fact, name: &str) -> Option<&'a str> {
    fact.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// An alert as a fact: known at the midnight at which the days that it looks at were over.
pub(super) fn fact(alert: &Alert, zone: &TimeZone) -> Fact {
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
        ("is_pushed", alert.is_pushed.to_string()),
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
        of_champions(&members, until, &TimeZone::UTC, &DropSettings::default())
            .alerts
            .iter()
            .map(|alert| alert.as_of)
            .collect()
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
        assert!(days.iter().all(|day| *day >= 405 + BUSY_DAYS), "{days:?}");
    }

    #[test]
    fn whose_role_ended_is_not_watched() {
        let mut facts = silent_from(400);
        facts.push(on(401, "role", &[("role", "champion"), ("state", "ended")]));
        assert_eq!(alarmed(facts, 480), [] as [LocalDay; 0]);
    }
}
