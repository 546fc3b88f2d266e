//! A champion under the drop rule, made of their facts: what they did, and what changes over time.

use axle_flywheel::Fact;
use axle_flywheel::drop::{DropSettings, Rhythm, Watch, Watched};
use axle_model::days::Days;
use axle_model::time::{LocalDay, day_of_date, local_day};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{CHECK_IN, HEALTH, Rule, attribute};
use crate::drop_rule::{DropRule, ROLES};

/// A champion with what changes over time.
pub(super) struct Champion {
    pub watched: Watched,
    /// The stretches in which they hold a role, in order.
    held: Vec<Days>,
    /// Stretches without alerts: the day on which somebody said so, and the day that they named.
    quiet: Vec<(LocalDay, LocalDay)>,
    /// Days on which somebody answered an alert, ascending.
    answers: Vec<LocalDay>,
    /// The days as of which each role begins and ends to count, ascending.
    roles: Vec<RoleChange>,
    /// What is not known yet: the day from which on it is, and the days away.
    absences: Vec<(LocalDay, Days)>,
}

struct RoleChange {
    on: LocalDay,
    role: usize,
    is_held: bool,
    weight: f64,
    /// Who gave it.
    by: Option<String>,
}

impl Champion {
    /// `None` for whoever never held such a role by `until`.
    pub(super) fn new(member_id: &str, facts: &[Fact], until: Timestamp, zone: &TimeZone, rule: &Rule) -> Option<Self> {
        let day = |fact: &Fact| local_day(fact.at, zone);
        let said = |fact: &Fact, name: &str, value: &str| attribute(fact, name).is_some_and(|found| found == value);
        let place_of = |fact: &Fact| ROLES.iter().position(|(role, _)| said(fact, "role", role));
        let change = |fact: &Fact| {
            let role = place_of(fact)?;
            let by = attribute(fact, "by").map(str::to_owned);
            Some(RoleChange {
                on: day(fact),
                role,
                is_held: said(fact, "state", "held"),
                weight: weight(&rule.numbers, role),
                by,
            })
        };
        let known = facts.iter().filter(|fact| fact.kind == "role" && fact.at <= until);
        let mut roles: Vec<RoleChange> = known.filter_map(change).collect();
        roles.sort_by_key(|change| change.on);
        let held = stretches(&roles);
        let began = held.first()?.from();
        let days_of = |kind: &str| {
            let mut days: Vec<LocalDay> = facts.iter().filter(|fact| fact.kind == kind).map(day).collect();
            days.sort_unstable();
            days
        };
        let (mut active, attended) = (days_of("active"), days_of("attended"));
        active.dedup();
        let since = active.first().copied().unwrap_or(began).min(began);
        let busy = facts.iter().filter(|fact| fact.kind == "decided" && said(fact, "outcome", "busy"));
        let mut quiet: Vec<(LocalDay, LocalDay)> = busy
            .map(|fact| (day(fact), named_day(fact).unwrap_or(day(fact).saturating_add_unsigned(rule.busy_days))))
            .collect();
        quiet.sort_unstable();
        let is_answer = |fact: &&Fact| match &*fact.kind {
            "decided" => {
                said(fact, "flywheel", HEALTH) && ["watch", "contacted"].iter().any(|step| said(fact, "step", step))
            }
            "task_done" => said(fact, "task", CHECK_IN),
            _ => false,
        };
        let mut answers: Vec<LocalDay> = facts.iter().filter(is_answer).map(day).collect();
        answers.sort_unstable();
        let absences = facts.iter().filter(|fact| fact.kind == "absence").filter_map(|fact| absence(fact, zone));
        let watched = Watched {
            member_id: member_id.to_owned(),
            builder: String::new(),
            role_weight: 1.0,
            champion_since: began,
            alerted_on: None,
            quiet_until: None,
            answered_on: None,
            rhythm: Rhythm { active, attended, absences: Vec::new(), since },
        };
        Some(Self { watched, held, quiet, answers, roles, absences: absences.collect() })
    }

    /// Whether they have or had a role by a day.
    pub(super) fn is_known(&self, day: LocalDay) -> bool {
        self.held.first().is_some_and(|first| first.from() <= day)
    }

    /// Whether they have a role on a day.
    pub(super) fn holds(&self, day: LocalDay) -> bool {
        self.held.iter().any(|stretch| stretch.contains(day))
    }

    /// Takes in what is known as of a day. What somebody said of them on the day before: from then on they are left alone, and
    /// neither that time nor the silence that was asked about is held against them. Absences, answers, and which roles they hold:
    /// whoever has none is watched no longer, and begins anew with the next.
    pub(super) fn listen(&mut self, day: LocalDay, watch: &mut Watch, settings: &DropSettings) {
        for (said, until) in self.quiet.iter().filter(|(said, _)| said + 1 == day) {
            self.watched.quiet_until = Some(*until);
            watch.forgive(&self.watched.member_id);
            let silent_since = said.saturating_sub_unsigned(settings.window_days);
            self.watched.rhythm.absences.extend(Days::new(silent_since, *until));
        }
        for (_, away) in self.absences.extract_if(.., |(known_on, _)| *known_on <= day) {
            // The silence up to now was that: it says nothing.
            if away.from() < day {
                watch.forgive(&self.watched.member_id);
            }
            self.watched.rhythm.absences.push(away);
        }
        let known = self.answers.partition_point(|answer| *answer < day);
        self.watched.answered_on = known.checked_sub(1).map(|last| self.answers[last]);
        self.watched.role_weight = self.weight_on(day);
        match self.held.iter().find(|stretch| stretch.contains(day)) {
            Some(stretch) => self.watched.champion_since = stretch.from(),
            None => watch.release(&self.watched.member_id),
        }
        if self.watched.builder.is_empty() {
            let mut given = self.roles.iter().take_while(|change| change.on <= day);
            self.watched.builder = given.find_map(|change| change.by.clone()).unwrap_or_default();
        }
    }

    /// The greatest weight of the roles that they hold on a day; 1 when they hold none.
    fn weight_on(&self, day: LocalDay) -> f64 {
        let held = |role: usize| {
            let changes = self.roles.iter().filter(|change| change.on <= day && change.role == role);
            changes.map(|change| if change.is_held { 1 } else { -1 }).sum::<i32>() > 0
        };
        let weights = self.roles.iter().filter(|change| held(change.role)).map(|change| change.weight);
        weights.reduce(f64::max).unwrap_or(1.0)
    }
}

fn weight(rule: &DropRule, role: usize) -> f64 {
    rule.weight(ROLES[role].0)
}

/// The stretches of days in which at least one of the roles is held; a day on which one ends and another begins parts none.
fn stretches(roles: &[RoleChange]) -> Vec<Days> {
    let (mut held, mut since, mut count) = (Vec::new(), None, 0);
    for changes in roles.chunk_by(|one, other| one.on == other.on) {
        let day = changes[0].on;
        count += changes.iter().map(|change| if change.is_held { 1 } else { -1 }).sum::<i32>();
        match since {
            None if count > 0 => since = Some(day),
            Some(from) if count <= 0 => {
                held.extend(Days::new(from, day));
                since = None;
            }
            _ => {}
        }
    }
    held.extend(since.map(Days::since));
    held
}

/// The day that somebody named.
fn named_day(fact: &Fact) -> Option<LocalDay> {
    attribute(fact, "until")?.parse::<jiff::civil::Date>().ok().map(day_of_date)
}

/// Days away, and as of which day that is known: the first of them when it was said beforehand, else the day after.
fn absence(fact: &Fact, zone: &TimeZone) -> Option<(LocalDay, Days)> {
    let away = Days::new(local_day(fact.at, zone), named_day(fact)?)?;
    let told = local_day(fact.seen_at, zone);
    Some((if fact.seen_at > fact.at { told + 1 } else { away.from() }, away))
}
