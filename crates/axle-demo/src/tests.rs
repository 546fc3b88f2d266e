//! What must hold of a whole company, whatever its seed.

use std::collections::{BTreeMap, HashMap, HashSet};

use axle_model::interchange::{TYPES, when};
use axle_model::{Activity, Entry, Fact, FactKind};
use jiff::civil::date;

use super::*;
use crate::clock::DAY;

fn settings(seed: u64) -> CompanySettings {
    CompanySettings { seed, members: 500, end_on: date(2025, 6, 30), years: 3 }
}

struct Company {
    activities: Vec<Activity>,
    /// What the facts imply.
    derived: Vec<Activity>,
    facts: Vec<Fact>,
    people: Vec<TruePerson>,
}

fn company() -> Company {
    let mut company =
        Company { activities: Vec::new(), derived: Vec::new(), facts: Vec::new(), people: truth(&settings(1)) };
    write_company(&settings(1), &mut |line| {
        let text = line.to_string();
        match Entry::from_line(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}")).0 {
            Entry::Activity(activity) => company.activities.push(*activity),
            Entry::Fact(fact) => {
                company.derived.extend(axle_model::derive::activities(&fact));
                company.facts.push(fact);
            }
        }
        Ok(())
    })
    .unwrap();
    company
}

impl Company {
    fn of_type(&self, key: &str) -> impl Iterator<Item = &Activity> {
        self.activities.iter().filter(move |activity| activity.activity_type == key)
    }

    fn of_kind(&self, kind: FactKind) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| fact.kind == kind)
    }

    /// Place in `people` of each identity key.
    fn owners(&self) -> HashMap<&IdentityKey, usize> {
        let pairs = self.people.iter().enumerate();
        pairs.flat_map(|(place, person)| person.keys.iter().map(move |key| (key, place))).collect()
    }
}

fn digest(seed: u64) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    write_company(&settings(seed), &mut |line| {
        hasher.write(line.to_string().as_bytes());
        Ok(())
    })
    .unwrap();
    hasher.finish()
}

#[test]
fn one_seed_gives_the_same_bytes_and_another_gives_others() {
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

#[test]
fn ids_are_unique_and_every_type_is_there() {
    let company = company();
    let mut seen = HashSet::new();
    for activity in &company.activities {
        let key = (&activity.actor.platform, &activity.activity_type, &activity.id);
        assert!(seen.insert(key), "{key:?}");
        let known = axle_model::catalogue::activity_type(&activity.activity_type);
        assert!(known.is_some(), "{} is not in the catalogue", activity.activity_type);
    }
    let mut seen = HashSet::new();
    for fact in &company.facts {
        assert!(seen.insert((fact.kind, &fact.key)), "{} {}", fact.kind.name(), fact.key);
    }
    for line_type in
        TYPES.iter().filter(|line_type| !["duplicate", "mailmap", "source_count"].contains(&line_type.name))
    {
        let kind = FactKind::from_name(line_type.name).unwrap();
        assert!(company.of_kind(kind).next().is_some(), "no {}", line_type.name);
    }
}

#[test]
fn nothing_happens_after_the_last_day() {
    let end = when("2025-07-01").unwrap();
    let company = company();
    assert!(company.activities.iter().all(|activity| activity.at < end));
    for fact in &company.facts {
        for (name, value) in &fact.body {
            let Some(at) = value.as_str().and_then(when) else { continue };
            // Until when something holds is said beforehand.
            let is_planned = name == "ends_at" || name == "expires_at";
            assert!(at < end || is_planned, "{} {} has {name} {at}", fact.kind.name(), fact.key);
        }
    }
}

#[test]
fn every_actor_is_one_of_the_true_people_within_their_time() {
    let company = company();
    let owners = company.owners();
    assert_eq!(owners.len(), company.people.iter().map(|person| person.keys.len()).sum::<usize>());
    for activity in &company.activities {
        let key = activity.actor.key().unwrap();
        let person = &company.people[owners[&key]];
        assert!(person.seen_at <= activity.at, "{} is there before being seen", person.name);
        let community = axle_model::catalogue::default_weight(&activity.activity_type) > 0;
        assert!(!community || person.joined_at <= activity.at, "{} acts before joining", person.name);
        assert!(person.erased_at.is_none_or(|erased| activity.at < erased), "{} acts after erasure", person.name);
    }
    let erased = company.people.iter().filter(|person| person.erased_at.is_some()).count();
    assert!(erased > 0);
    for fact in &company.facts {
        for (_, identity) in fact.people() {
            let Some(&place) = owners.get(&identity.key().unwrap()) else { continue };
            let (Some(erased), Some(at)) =
                (company.people[place].erased_at, fact.kind.line_type().at.and_then(|at| fact.instant(at)))
            else {
                continue;
            };
            assert!(
                at < erased,
                "{} {} tells of {} after erasure",
                fact.kind.name(),
                fact.key,
                identity.display_name()
            );
        }
    }
}

#[test]
fn links_join_accounts_of_one_person_and_most_accounts_stay_unlinked() {
    let company = company();
    let owners = company.owners();
    let mut linked = HashSet::new();
    for link in company.of_kind(FactKind::LINK) {
        let people: HashSet<_> = link.identities("identities").iter().map(|i| owners[&i.key().unwrap()]).collect();
        assert_eq!(people.len(), 1, "{}", link.key);
        linked.extend(people);
    }
    let several = company.people.iter().filter(|person| person.keys.len() > 1).count();
    assert!(linked.len() > several / 5 && linked.len() < several * 3 / 5, "{} of {several}", linked.len());
}

#[test]
fn a_few_do_much_and_many_do_little() {
    let company = company();
    let owners = company.owners();
    let mut counts = vec![0usize; company.people.len()];
    for activity in &company.activities {
        counts[owners[&activity.actor.key().unwrap()]] += 1;
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let total: usize = counts.iter().sum();
    let top: usize = counts[..counts.len() / 20].iter().sum();
    assert!((30..=50).contains(&(total / 500)), "{total} activities");
    assert!(top * 100 > total * 40, "the top twentieth does {top} of {total}");
    assert!(counts[0] * 100 < total * 15, "one person does {} of {total}", counts[0]);
    assert!(counts[counts.len() / 2] <= 15, "the median person does {}", counts[counts.len() / 2]);
}

#[test]
fn weekends_and_christmas_are_quiet_and_years_grow() {
    let company = company();
    let (mut weekend, mut by_year, mut december) = (0, BTreeMap::<i64, usize>::new(), [0usize; 2]);
    let start = when("2022-07-01").unwrap().as_second();
    for activity in &company.activities {
        let day = activity.at.as_second().div_euclid(DAY);
        weekend += usize::from((day + 3).rem_euclid(7) >= 5);
        *by_year.entry((activity.at.as_second() - start) / (365 * DAY)).or_default() += 1;
        match clock::civil(day) {
            (_, 12, 4..=14) => december[0] += 1,
            (_, 12, 21..=31) => december[1] += 1,
            _ => {}
        }
    }
    let per_weekend_day = weekend as f64 / 2.0;
    let per_weekday = (company.activities.len() - weekend) as f64 / 5.0;
    assert!(per_weekend_day < 0.6 * per_weekday, "{per_weekend_day} and {per_weekday}");
    assert!(by_year[&1] as f64 > 1.2 * by_year[&0] as f64, "{by_year:?}");
    assert!(by_year[&2] as f64 > 1.2 * by_year[&1] as f64, "{by_year:?}");
    assert!(december[1] * 10 < december[0] * 8, "eleven days before and eleven around Christmas: {december:?}");
}

#[test]
fn replies_follow_what_they_answer() {
    let company = company();
    let by_id: HashMap<_, _> =
        company.activities.iter().map(|activity| ((&activity.actor.platform, &activity.id), activity)).collect();
    let mut answered = HashSet::new();
    for activity in company.activities.iter().filter(|activity| activity.parent.is_some()) {
        let parent = activity.parent.as_ref().unwrap();
        let parent = by_id.get(&(&activity.actor.platform, parent)).unwrap_or_else(|| panic!("no {parent}"));
        assert!(parent.at <= activity.at, "{} is before {}", activity.id, parent.id);
        if activity.activity_type == "question:answered" && parent.activity_type == "question:asked" {
            assert_ne!(parent.actor.key(), activity.actor.key());
            answered.insert(&parent.id);
        }
    }
    let mut accepted = HashSet::new();
    for activity in company.of_type("answer:accepted") {
        let answer = by_id[&(&activity.actor.platform, activity.parent.as_ref().unwrap())];
        assert_eq!(answer.activity_type, "question:answered");
        assert_eq!(answer.actor.key(), activity.actor.key());
        assert_ne!(activity.counterparts[0].key(), activity.actor.key());
        accepted.insert(activity.actor.key());
    }
    assert!(accepted.len() > 10, "answers of {} people were accepted", accepted.len());
    let asked = company.of_type("question:asked").count();
    assert!(answered.len() * 10 > asked * 5 && answered.len() * 10 < asked * 9, "{} of {asked}", answered.len());
}

#[test]
fn the_first_answer_comes_within_hours_or_after_weeks() {
    let company = company();
    let asked: HashMap<_, _> = company.of_type("question:asked").map(|asked| (&asked.id, asked.at)).collect();
    let mut hours: Vec<f64> = company
        .of_type("question:answered")
        .filter(|answer| answer.id.ends_with(".1"))
        .filter_map(|answer| Some((answer.at - *asked.get(answer.parent.as_ref()?)?).get_seconds() as f64 / 3600.0))
        .collect();
    hours.sort_by(f64::total_cmp);
    let (median, p95) = (hours[hours.len() / 2], hours[hours.len() * 19 / 20]);
    assert!(median < 12.0 && p95 > 8.0 * median, "median {median} h, 95 % within {p95} h");
}

#[test]
fn some_teammates_were_members_before() {
    let company = company();
    let owners = company.owners();
    let teammates: Vec<_> = company.people.iter().filter(|person| person.hired.is_some()).collect();
    assert_eq!(company.of_kind(FactKind::TEAMMATE).count(), teammates.len());
    let before: HashSet<_> = company
        .activities
        .iter()
        .map(|activity| (owners[&activity.actor.key().unwrap()], activity.at))
        .filter(|&(place, at)| company.people[place].hired.is_some_and(|(from, _)| at < from))
        .map(|(place, _)| place)
        .collect();
    assert!(!before.is_empty() && before.len() < teammates.len());
}

/// What a fact implies is not said by a line of its own as well.
#[test]
fn nobody_does_the_same_twice_at_once() {
    let company = company();
    fn did(activity: &Activity) -> (&str, Option<axle_model::IdentityKey>, Timestamp) {
        (&activity.activity_type, activity.actor.key(), activity.at)
    }
    let said: HashSet<_> = company.activities.iter().map(did).collect();
    assert!(company.derived.len() > 1_000);
    for activity in &company.derived {
        assert!(!said.contains(&did(activity)), "{} of {} is there twice", activity.activity_type, activity.id);
    }
}

#[test]
fn the_scripted_people_do_what_is_scripted() {
    let company = company();
    let owners = company.owners();
    let days_before_end = |at: Timestamp| (when("2025-07-01").unwrap().as_second() - at.as_second() + DAY - 1) / DAY;
    let days = |name: &str, key: &str| -> Vec<i64> {
        let of = |activity: &&Activity| {
            let owner = owners.get(&activity.actor.key().unwrap());
            owner.is_some_and(|owner| company.people[*owner].name.starts_with(name))
        };
        let did = company.activities.iter().chain(&company.derived).filter(|activity| activity.activity_type == key);
        did.filter(of).map(|activity| days_before_end(activity.at)).collect()
    };
    assert_eq!(days("Sunita", "event:session:attended"), [250, 226]);
    assert_eq!(days("Sunita", "story:testimonial:given"), [120]);
    assert_eq!(days("Marguerite", "slack:space:joined"), [127]);
    assert_eq!(days("Jerry", "slack:space:joined"), [198]);
    assert_eq!(days("Jerry", "question:asked"), [195]);
    assert_eq!(days("Conrad", "question:asked"), [150]);
    assert_eq!(days("Conrad", "question:answered"), [80]);
    assert_eq!(days("Kathryn", "program:beta:participated"), [200]);
    let events = days("Peggy", "event:session:attended");
    assert_eq!(events.iter().filter(|day| (250..=430).contains(*day)).count(), 15);
    assert_eq!(events.iter().filter(|day| (200..250).contains(*day)).count(), 0);
    assert_eq!(events.iter().filter(|day| (150..200).contains(*day)).count(), 5);
    assert_eq!(events.iter().filter(|day| (36..150).contains(*day)).count(), 0);
    let deal = |id: &str| company.of_kind(FactKind::DEAL).find(|deal| deal.key == id).unwrap();
    assert_eq!(days_before_end(deal("story-deal-sunita").instant("closed_at").unwrap()), 140);
    assert_eq!(days_before_end(deal("story-deal-peggy").instant("closed_at").unwrap()), 450);
    assert_eq!(deal("story-deal-peggy").people().len(), 1);
}

#[test]
fn small_and_short_companies_can_be_made() {
    for (members, years) in [(1, 1), (30, 2)] {
        let settings = CompanySettings { seed: 3, members, end_on: date(2024, 2, 29), years };
        let mut lines = 0;
        write_company(&settings, &mut |line| {
            Entry::from_line(line.to_string().as_bytes()).unwrap();
            lines += 1;
            Ok(())
        })
        .unwrap();
        assert!(lines > 500);
    }
}

#[test]
fn a_full_sink_stops_the_writer() {
    let mut lines = 0;
    let result = write_company(&settings(1), &mut |_| {
        lines += 1;
        if lines == 100 { Err(io::Error::other("full")) } else { Ok(()) }
    });
    assert_eq!(result.unwrap_err().to_string(), "full");
    assert_eq!(lines, 100);
}
