//! Sources about code, deals, events and usage against real data, where it is at hand.
//!
//! The data set is not part of the repository: `AXLE_SHARED_DATA` names its folder, else `../shared/data` beside the
//! workspace is looked at. Without it these tests have nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use axle_connectors::sources::{SOURCES, source};
use axle_connectors::{Input, Limits};
use axle_model::{Activity, Entry, Fact, FactKind, Mailmap, MailmapEntry};
use serde_json::Value;

fn data(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("AXLE_SHARED_DATA").map_or(beside, PathBuf::from);
    let path = folder.join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
    }
    Some(path).filter(|path| path.exists())
}

fn expected(set: &str) -> Value {
    let text = std::fs::read_to_string(data("expected.json").expect("expected.json lies beside the sets")).unwrap();
    let mut all: Value = serde_json::from_str(&text).unwrap();
    all[set].take()
}

#[derive(Default)]
struct Reading {
    records: usize,
    activities: Vec<Activity>,
    facts: Vec<Fact>,
    rejects: BTreeMap<String, usize>,
}

impl Reading {
    fn facts(&self, kind: FactKind) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| fact.kind == kind)
    }
}

/// Reads with the source that recognizes the input, which must be `format`.
fn read(path: &Path, format: &str) -> Reading {
    let input = Input::open(path, Limits::default()).unwrap();
    let probe = input.probe().unwrap();
    let best = SOURCES.iter().max_by_key(|source| source.detect(&probe)).unwrap();
    assert_eq!(best.format(), format, "{}", path.display());
    let source = source(format).unwrap();
    let mut reading = Reading::default();
    source
        .read(&input, &mut |record| {
            reading.records += 1;
            match record.broken.clone().map_or_else(|| source.normalize(&record).map_err(|error| error.0), Err) {
                Ok(entries) => entries.into_iter().for_each(|entry| match entry {
                    Entry::Activity(activity) => reading.activities.push(*activity),
                    Entry::Fact(fact) => reading.facts.push(fact),
                }),
                Err(reason) => *reading.rejects.entry(reason).or_default() += 1,
            }
            Ok(())
        })
        .unwrap();
    reading
}

fn check_commits(reading: &Reading, mailmap: &Mailmap, expected: &Value) {
    assert_eq!(reading.rejects, BTreeMap::new());
    let commits: Vec<_> = reading.activities.iter().filter(|activity| !activity.id.contains('/')).collect();
    let is_merge = |commit: &&&Activity| commit.properties.contains_key("merge");
    let author = |commit: &Activity| {
        let (name, email) =
            (commit.actor.name.clone().unwrap_or_default(), commit.actor.email.clone().unwrap_or_default());
        let (name, email) = mailmap.map(&name, &email);
        format!("{name} <{email}>")
    };
    assert_eq!(commits.len(), expected["commits"]);
    assert_eq!(commits.iter().filter(is_merge).count(), expected["merges"]);
    let raw: BTreeSet<_> = commits.iter().map(|commit| commit.actor.uid.clone().unwrap()).collect();
    assert_eq!(raw.len(), expected["raw_identities"]);
    let emails: BTreeSet<_> = commits.iter().filter_map(|commit| commit.actor.email.clone()).collect();
    assert_eq!(emails.len(), expected["distinct_raw_emails"]);
    let people: BTreeSet<_> = commits.iter().map(|commit| author(commit)).collect();
    assert_eq!(people.len(), expected["people"]);

    let mut by_person: BTreeMap<String, i64> = BTreeMap::new();
    let mut by_year: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut by_month: BTreeMap<String, i64> = BTreeMap::new();
    for commit in &commits {
        // The figures count by the author's date even where its clock was wrong.
        let skewed = commit.properties.get("author_date").and_then(Value::as_str);
        let at = skewed.map_or_else(|| commit.at.to_string(), str::to_owned);
        *by_month.entry(at[..7].to_owned()).or_default() += 1;
        if !is_merge(&commit) {
            *by_person.entry(author(commit)).or_default() += 1;
            by_year.entry(at[..4].to_owned()).or_default().insert(author(commit));
        }
    }
    assert_eq!(by_person.len(), expected["people_with_non_merge_commits"]);
    for pair in expected["top_contributors"].as_array().unwrap() {
        assert_eq!(by_person[pair[0].as_str().unwrap()], pair[1], "{pair}");
    }
    for (year, count) in expected["contributors_per_year"].as_object().unwrap() {
        assert_eq!(by_year[year].len(), *count, "{year}");
    }
    for (month, count) in expected["commits_per_month_last24"].as_object().unwrap() {
        assert_eq!(by_month[month], *count, "{month}");
    }
}

#[test]
fn the_history_of_git_in_json() {
    let Some(log) = data("git/git-git-log.jsonl.zst") else { return };
    let mailmap = read(&data("git/git-git.mailmap").unwrap(), "git");
    let mailmap = Mailmap::new(mailmap.facts(FactKind::MAILMAP).filter_map(MailmapEntry::from_fact));
    check_commits(&read(&log, "git"), &mailmap, &expected("git/git-git-log.jsonl.zst"));
}

#[test]
fn the_history_of_atuin_in_a_bundle() {
    let Some(bundle) = data("git/atuin-hollow.bundle") else { return };
    let reading = read(&bundle, "git");
    let mailmap = Mailmap::new(reading.facts(FactKind::MAILMAP).filter_map(MailmapEntry::from_fact));
    assert!(!mailmap.is_empty());
    check_commits(&reading, &mailmap, &expected("git/atuin-hollow.bundle"));
}

#[test]
fn every_webhook_example_of_github_is_understood_or_says_nothing() {
    let Some(examples) = data("payloads/github-webhooks.json.gz") else { return };
    let reading = read(&examples, "github");
    assert_eq!(reading.records, 329);
    assert_eq!(reading.rejects, BTreeMap::new());
    let count = |activity_type: &str, deleted: bool| {
        let of_type = reading.activities.iter().filter(|activity| activity.activity_type == activity_type);
        of_type.filter(|activity| activity.deleted_at.is_some() == deleted).count()
    };
    // 29 bodies about issues, of which one deletes and one moves to another repository, where it is opened.
    assert_eq!((count("github:issue:opened", false), count("github:issue:opened", true)), (28, 2));
    // 9 comments on issues of which 2 are deleted, 5 on lines of which 1 is.
    assert_eq!((count("github:issue:commented", false), count("github:issue:commented", true)), (11, 3));
    assert_eq!(count("github:pull_request:opened", false), 29);
    assert_eq!(count("github:pull_request:reviewed", false), 4);
    // 3 stars given and reported twice (`star` twice, `watch` three times), one taken back.
    assert_eq!((count("github:repo:starred", false), count("github:repo:starred", true)), (5, 1));
    assert_eq!(count("github:repo:forked", false), 3);
    // 15 bodies about discussions, of which one moves away and lives on elsewhere.
    assert_eq!((count("github:discussion:opened", false), count("github:discussion:opened", true)), (15, 1));
    assert_eq!((count("answer:accepted", false), count("answer:accepted", true)), (1, 1));
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

#[test]
fn the_deals_of_a_hardware_seller() {
    let Some(folder) = data("crm") else { return };
    let (reading, expected) = (read(&folder, "table"), expected("crm"));
    assert_eq!(reading.rejects, BTreeMap::new());
    let deals: Vec<_> = reading.facts(FactKind::DEAL).collect();
    assert_eq!(deals.len(), expected["opportunities"]);
    let with = |field: &str, value: &str| -> Vec<&Fact> {
        deals.iter().copied().filter(|deal| deal.text(field) == Some(value)).collect()
    };
    for (stage, count) in expected["stages"].as_object().unwrap() {
        assert_eq!(with("stage", stage).len(), *count, "{stage}");
    }
    let closed = |won: bool| deals.iter().filter(move |deal| deal.body.get("won") == Some(&won.into()));
    let (won, lost) = (closed(true).count() as f64, closed(false).count() as f64);
    assert_eq!(rounded(won / (won + lost), 4), expected["win_rate"].as_f64().unwrap());
    let value = |deal: &Fact| deal.body["amount"].as_i64().unwrap() as f64 / 100.0;
    assert_eq!(closed(true).map(|deal| value(deal)).sum::<f64>(), expected["won_value"].as_f64().unwrap());
    let days = |deal: &Fact| {
        deal.instant("closed_at").unwrap().duration_since(deal.instant("created_at").unwrap()).as_hours() / 24
    };
    let mut cycles: Vec<i64> = closed(true).map(|deal| days(deal)).collect();
    cycles.sort_unstable();
    let middle = cycles[(cycles.len() - 1) / 2] + cycles[cycles.len() / 2];
    assert_eq!(middle as f64 / 2.0, expected["median_cycle_days_won"].as_f64().unwrap());

    assert_eq!(reading.facts(FactKind::ORGANIZATION).count(), expected["accounts_named"]);
    assert_eq!(with("organization", "(none)").len(), expected["without_account"]);
    for pair in expected["top_accounts_by_won_value"].as_array().unwrap() {
        let deals = with("organization", pair[0].as_str().unwrap());
        let won = deals.into_iter().filter(|deal| deal.body.get("won") == Some(&true.into()));
        assert_eq!(won.map(value).sum::<f64>(), pair[1].as_f64().unwrap(), "{pair}");
    }
    // Blemishes are mended, and everything that is looked up is found.
    assert!(deals.iter().all(|deal| deal.text("name") != Some("GTXPro")));
    assert!(
        deals.iter().all(
            |deal| deal.body["properties"]["list_price"].is_i64() && deal.body["properties"]["manager"].is_string()
        )
    );
}

#[test]
fn the_meetups_of_a_city() {
    let Some(folder) = data("events") else { return };
    let (reading, expected) = (read(&folder, "table"), expected("events/meetup-la-rsvps.csv.gz"));
    assert_eq!(reading.rejects, BTreeMap::new());
    assert_eq!(reading.facts(FactKind::PERSON).count(), expected["rows"]);
    let members: BTreeSet<_> = reading.facts(FactKind::PERSON).map(|person| person.key.clone()).collect();
    assert_eq!(members.len(), expected["members"]);
    let comings: Vec<_> = reading.facts(FactKind::ATTENDANCE).collect();
    assert_eq!(comings.len(), expected["responses"]["yes"]);
    assert!(comings.iter().all(|coming| coming.text("state") == Some("registered")));
    let guests = comings.iter().map(|coming| coming.body["properties"]["guests"].as_i64().unwrap());
    assert_eq!(guests.sum::<i64>(), expected["yes_guests"]);
    let mut by_member: BTreeMap<_, usize> = BTreeMap::new();
    for coming in &comings {
        *by_member.entry(coming.subject().unwrap().uid.unwrap()).or_default() += 1;
    }
    assert_eq!(by_member.values().filter(|count| **count >= 2).count(), expected["members_with_2_or_more_yes"]);
}

#[test]
fn the_usage_of_a_service() {
    let Some(folder) = data("usage") else { return };
    let (reading, expected) = (read(&folder, "table"), expected("usage"));
    assert_eq!(reading.rejects, BTreeMap::new());
    let month = |fact: &Fact, field: &str| {
        let date = fact.text(field).unwrap();
        (date[..4].parse::<i64>().unwrap() - 2020) * 12 + date[5..7].parse::<i64>().unwrap()
    };
    let user = |fact: &Fact| fact.subject().unwrap().uid.unwrap();
    let mut joined: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let mut active: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for fact in reading.facts(FactKind::PRODUCT_USER) {
        joined.entry(month(fact, "signup_at")).or_default().insert(user(fact));
    }
    for fact in reading.facts(FactKind::PRODUCT_EVENT) {
        active.entry(month(fact, "at")).or_default().insert(user(fact));
    }
    assert_eq!(joined.values().map(BTreeSet::len).sum::<usize>(), expected["registrations"]);
    assert_eq!(reading.facts(FactKind::PRODUCT_EVENT).count(), expected["activity_rows"]);
    for (figures, months) in [("registrations_per_month", &joined), ("active_users_per_month", &active)] {
        for (month, count) in expected[figures].as_object().unwrap() {
            assert_eq!(months[&month.parse().unwrap()].len(), *count, "{figures} {month}");
        }
    }
    for (cohort, retention) in expected["month1_retention_per_cohort"].as_object().unwrap() {
        let cohort: i64 = cohort.parse().unwrap();
        let stayed = joined[&cohort].intersection(&active[&(cohort + 1)]).count() as f64;
        assert_eq!(rounded(stayed / joined[&cohort].len() as f64, 4), retention.as_f64().unwrap(), "{cohort}");
    }
}
