//! The cases of a definition: lines of who did what when, and what somebody worked out by hand that follows.
//!
//! ```text
//! data    sunita attended 2026-02-03T18:00 event=e1 id=a7     who, kind of fact, when, attributes; `id` names evidence
//!         buzz's word: sunita decided 2026-02-10T09:00 outcome=qualified by=buzz
//!         sunita used 2026-01-05 seen=2026-03-01              learnt of later than it happened
//!         sunita active 2026-01-05..2026-01-09                once a day, at noon
//!         sunita used 2026-01-05 id=u1 gone=2026-03-02        the row with that id went away
//! expect  2026-02-10T12:00 sunita introduction due=2026-02-11T09:00 run=1 implied=uses_product,regular
//!         2026-02-10T12:00 sunita tasks ask_consent=2026-02-11T09:00      exactly these; `tasks none`
//!         2026-03-01 sunita lost no_budget        also: snoozed 2026-04-01, completed, released REASON, returned STEP REASON
//!         2026-03-01 sunita none                  no run yet;  of=acme: that of an organization or question
//!         2026-03-01 sunita signals_need in=community_qualified_leads evidence=a7,d1
//! ```
//! A date alone is noon in the scenario's zone. What is expected at an instant follows from what was seen by then.

use std::collections::BTreeMap;

use axle_model::business_hours::BusinessHours;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::calendar::BusinessCalendar;
use crate::definition::Definition;
use crate::fact::Fact;
use crate::machine::Machine;
use crate::run::{How, MemberRuns, Run, RunKey, State};
use crate::vocabulary::{COMMON, kind_of};

/// The longest stretch of days of one line.
const MOST_DAYS: usize = 4_000;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// What it shows.
    pub name: String,
    /// IANA name; people work Monday to Friday, 9 to 17.
    pub zone: String,
    /// Dates on which nobody works.
    pub holidays: Vec<String>,
    /// Who did what when.
    pub data: Vec<String>,
    /// What follows.
    pub expect: Vec<String>,
}

/// What did not come out as expected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The expectation, or the line of data that cannot be read.
    pub line: String,
    /// What is otherwise.
    pub fault: String,
    /// The expectation as it comes out; `None` where there is nothing to expect.
    pub comes_out: Option<String>,
}

impl Scenario {
    /// Plays it with a set of definitions, all at once and fact by fact. Gives what did not come out as expected.
    pub fn check(&self, flywheel: &str, definitions: &[Definition]) -> Vec<String> {
        let told = |one: Difference| format!("`{}`: {}", one.line, one.fault);
        self.differences(flywheel, definitions).into_iter().map(told).collect()
    }

    /// The same, with what comes out instead.
    pub fn differences(&self, flywheel: &str, definitions: &[Definition]) -> Vec<Difference> {
        match self.play(flywheel, definitions) {
            Ok(differences) => differences,
            Err((line, fault)) => vec![Difference { line, fault, comes_out: None }],
        }
    }

    fn play(&self, flywheel: &str, definitions: &[Definition]) -> Result<Vec<Difference>, (String, String)> {
        let of_zone = |error: &dyn std::fmt::Display| (self.zone.clone(), error.to_string());
        let zone = TimeZone::get(&self.zone).map_err(|error| of_zone(&error))?;
        let holidays = self.holidays.iter().map(|text| {
            let read = text.parse::<Date>();
            read.map_err(|error| (text.clone(), error.to_string()))
        });
        let hours = BusinessHours::default().with_holidays(holidays.collect::<Result<Vec<_>, _>>()?);
        let calendar = BusinessCalendar::new(zone.clone(), hours);
        let machine = Machine::new(definitions.to_vec(), calendar).map_err(|error| of_zone(&error))?;
        let mut facts: BTreeMap<&str, Vec<Fact>> = BTreeMap::new();
        for (number, line) in self.data.iter().enumerate() {
            let (who, read) = read(line, number + 1, &zone).map_err(|reason| (line.clone(), reason))?;
            facts.entry(who).or_default().extend(read);
        }
        let mut differences = Vec::new();
        for line in &self.expect {
            let expected = Expected::read(line, flywheel, &zone).map_err(|reason| (line.clone(), reason))?;
            let facts = facts
                .get(expected.who)
                .ok_or_else(|| (line.clone(), format!("nothing is told of {}", expected.who)))?;
            let known: Vec<Fact> = facts.iter().filter(|fact| fact.seen_at <= expected.at).cloned().collect();
            let mut at_once = MemberRuns::default();
            machine.advance(&mut at_once, &known, expected.at);
            let mut one_by_one = MemberRuns::default();
            let mut by_seen = known.clone();
            by_seen.sort_by_key(|fact| fact.seen_at);
            for fact in by_seen {
                machine.advance(&mut one_by_one, std::slice::from_ref(&fact), fact.seen_at);
            }
            machine.advance(&mut one_by_one, &[], expected.at);
            let mut faults = expected.faults(&machine, &at_once);
            let comes_out = (!faults.is_empty()).then(|| expected.comes_out(&machine, &at_once));
            if rows(&machine, &at_once) != rows(&machine, &one_by_one) {
                faults.push("fact by fact it comes out differently".into());
            }
            let difference = |fault| Difference {
                line: line.clone(),
                fault,
                comes_out: comes_out.clone().filter(|out| out != line),
            };
            differences.extend(faults.into_iter().map(difference));
        }
        Ok(differences)
    }
}

fn rows(machine: &Machine, member: &MemberRuns) -> Vec<(RunKey, Run)> {
    let mut rows: Vec<_> = machine.runs(member).map(|(key, run)| (key, run.clone())).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}

/// Who, and the facts. A fact without an id is named after its line.
fn read<'a>(line: &'a str, number: usize, zone: &TimeZone) -> Result<(&'a str, Vec<Fact>), String> {
    let mut words = line.split_whitespace();
    let (Some(who), Some(kind), Some(when)) = (words.next(), words.next(), words.next()) else {
        return Err("who did what when is needed".into());
    };
    let known = kind_of(kind).ok_or_else(|| format!("there are no facts of the kind `{kind}`"))?;
    let (first, last) = when.split_once("..").unwrap_or((when, when));
    let mut fact = Fact::new(instant(first, zone)?, known.name, format!("line{number}"));
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| format!("`{word}` is no name=value"))?;
        match name {
            "id" => fact.id = value.to_owned(),
            "seen" => fact = fact.seen(instant(value, zone)?),
            "gone" => fact = fact.withdrawn(instant(value, zone)?),
            _ if known.attributes.contains(&name) || COMMON.contains(&name) => {
                fact = fact.with(name.to_owned(), value);
            }
            _ => return Err(format!("facts of the kind `{kind}` have no `{name}`")),
        }
    }
    let mut facts = vec![fact];
    while let Some(before) = facts.last().filter(|fact| fact.at < instant(last, zone).unwrap_or(Timestamp::MIN)) {
        if facts.len() > MOST_DAYS {
            return Err(format!("more than {MOST_DAYS} days"));
        }
        let at = before.at.to_zoned(zone.clone()).tomorrow().map_err(|error| error.to_string())?;
        let at = zone.to_timestamp(at.date().at(12, 0, 0, 0)).map_err(|error| error.to_string())?;
        let id = format!("line{number}-{}", facts.len() + 1);
        facts.push(Fact { at, seen_at: at, id, ..before.clone() });
    }
    Ok((who, facts))
}

fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let civil = text
        .parse::<DateTime>()
        .map_err(|_| format!("`{text}` is no date, date and time, or instant"))
        .map(|civil| if text.contains('T') { civil } else { civil.date().at(12, 0, 0, 0) })?;
    zone.to_timestamp(civil).map_err(|error| error.to_string())
}

struct Expected<'a> {
    when: &'a str,
    at: Timestamp,
    who: &'a str,
    flywheel: &'a str,
    words: Vec<&'a str>,
    options: Vec<(&'a str, &'a str)>,
    zone: &'a TimeZone,
}

impl<'a> Expected<'a> {
    fn read(line: &'a str, flywheel: &'a str, zone: &'a TimeZone) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let (Some(when), Some(who)) = (words.next(), words.next()) else {
            return Err("when and who are needed".into());
        };
        let (options, words): (Vec<&str>, Vec<&str>) = words.partition(|word| word.contains('='));
        if words.is_empty() {
            return Err("a step or state is needed".into());
        }
        let options: Vec<_> = options.iter().filter_map(|word| word.split_once('=')).collect();
        let flywheel = options.iter().find(|(name, _)| *name == "in").map_or(flywheel, |(_, id)| id);
        Ok(Self { when, at: instant(when, zone)?, who, flywheel, words, options, zone })
    }

    fn option(&self, name: &str) -> Option<&'a str> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn faults(&self, machine: &Machine, member: &MemberRuns) -> Vec<String> {
        if self.words == ["tasks"] || self.words == ["tasks", "none"] {
            return self.task_faults(machine, member).into_iter().collect();
        }
        let Some(stands) = self.stands(machine, member) else {
            return if self.words == ["none"] { Vec::new() } else { vec!["there is no run".into()] };
        };
        let mut faults = Vec::new();
        if stands.words != self.words.join(" ") {
            faults.push(format!("it is `{}`", stands.words));
        }
        for (name, value) in &self.options {
            match stands.option(name) {
                _ if matches!(*name, "of" | "in") => {}
                None => faults.push(format!("{name} is no such thing")),
                Some(is) if is != *value => faults.push(format!("{name} is {is}")),
                Some(_) => {}
            }
        }
        faults
    }

    /// The run that is meant, as expectations say it; `None` when there is none.
    fn stands(&self, machine: &Machine, member: &MemberRuns) -> Option<Stands> {
        let of = self.option("of");
        let is_meant = |key: &RunKey| of.is_none_or(|of| key.key.as_deref() == Some(of));
        let runs = machine.runs(member).filter(|(key, _)| key.flywheel == self.flywheel && is_meant(key));
        // Without `of` the member's own run, if there is one; else the one that moved last.
        let (key, run) = runs.max_by_key(|(key, run)| (key.key.is_none(), run.last().entered_at(), key.clone()))?;
        let definition = machine.definition(&key)?;
        let step = |number: u16| definition.steps[number as usize].id.as_str();
        let stands = match run.state {
            State::Active => step(run.last().step).to_owned(),
            State::Returned => format!("returned {}", step(run.last().step)),
            State::Snoozed { until, .. } => format!("snoozed {until}"),
            other => other.name().to_owned(),
        };
        let implied = run.visits.iter().filter(|visit| visit.how == How::Implied).map(|visit| step(visit.step));
        let last = run.last().step;
        let evidence = run.evidence.iter().filter(|one| one.step == last).map(|one| &*one.evidence_id);
        let due = run.last().due_at().map(|due| self.zone.to_datetime(due));
        Some(Stands {
            words: [stands].into_iter().chain(run.reason.as_deref().map(str::to_owned)).collect::<Vec<_>>().join(" "),
            options: [
                ("run", key.ordinal.to_string()),
                ("due", due.map_or("none".into(), |due| due.strftime("%Y-%m-%dT%H:%M").to_string())),
                ("implied", implied.collect::<Vec<_>>().join(",")),
                ("evidence", evidence.collect::<Vec<_>>().join(",")),
            ],
        })
    }

    /// The expectation as it comes out.
    fn comes_out(&self, machine: &Machine, member: &MemberRuns) -> String {
        let kept = self.options.iter().filter(|(name, _)| matches!(*name, "of" | "in"));
        let kept = kept.map(|(name, value)| format!("{name}={value}"));
        let mut words = vec![self.when.to_owned(), self.who.to_owned()];
        if self.words.first() == Some(&"tasks") {
            let is = self.tasks(machine, member);
            words.push("tasks".into());
            words.extend(kept);
            words.extend(if is.is_empty() { vec!["none".into()] } else { is });
            return words.join(" ");
        }
        let Some(stands) = self.stands(machine, member) else {
            words.push("none".into());
            return words.into_iter().chain(kept).collect::<Vec<_>>().join(" ");
        };
        words.push(stands.words.clone());
        let options = self.options.iter().filter_map(|(name, value)| match *name {
            "of" | "in" => Some(format!("{name}={value}")),
            name => stands.option(name).map(|is| format!("{name}={is}")),
        });
        words.into_iter().chain(options).collect::<Vec<_>>().join(" ")
    }

    /// Tasks of this flywheel, each with when it is due, by name.
    fn tasks(&self, machine: &Machine, member: &MemberRuns) -> Vec<String> {
        let of = self.option("of");
        let tasks = machine.tasks(member);
        let tasks = tasks.iter().filter(|task| {
            task.run.flywheel == self.flywheel && of.is_none_or(|of| task.run.key.as_deref() == Some(of))
        });
        let mut is: Vec<String> = tasks
            .map(|task| {
                let due = self.zone.to_datetime(task.due_at).strftime("%Y-%m-%dT%H:%M").to_string();
                format!("{}={due}", task.task.rsplit('/').next().unwrap_or_default())
            })
            .collect();
        is.sort();
        is
    }

    fn task_faults(&self, machine: &Machine, member: &MemberRuns) -> Option<String> {
        let is = self.tasks(machine, member);
        let mut expected: Vec<String> = self
            .options
            .iter()
            .filter(|(name, _)| !matches!(*name, "in" | "of"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        expected.sort();
        (is != expected).then(|| format!("the tasks are {}", if is.is_empty() { "none".into() } else { is.join(" ") }))
    }
}

/// A run as expectations say it.
struct Stands {
    words: String,
    options: [(&'static str, String); 4],
}

impl Stands {
    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}
