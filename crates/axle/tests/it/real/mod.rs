//! Real communities' exports through the whole program: imported and asked as a user would, and every figure held
//! against the one that other tools computed.
//!
//! The exports name real people, so they live outside the repository: `AXLE_SHARED_DATA` names their folder, else
//! `../shared/data` beside the workspace is looked at. A test whose set is missing says so and passes. The independent
//! figures stand in that folder's `expected.json` and are read at run time. Where the two are known to differ,
//! `docs/reference/differences.md` says so with both values and the reason: these tests fail when a figure begins to
//! differ, when a difference changes, and when a row of that page no longer holds.

mod chat;
mod code;
mod common;
mod discussion;
mod figure;
mod page;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Axle;
use figure::{Ask, Figure};
use page::{Difference, Page};

/// An export, how the workspace is set up for it, and the figures that it must give.
struct Set {
    /// Its key in `expected.json`.
    name: &'static str,
    /// What is imported, in order.
    files: &'static [&'static str],
    /// The first day asked about, and the first day after.
    window: [&'static str; 2],
    /// Weights that make activities count as the independent figures count them, as JSON.
    weights: &'static str,
    /// Whether all of its channels take questions.
    is_all_questions: bool,
    figures: Vec<Figure>,
}

fn sets() -> Vec<Set> {
    vec![
        chat::zulip(),
        chat::slack(),
        chat::discord(),
        discussion::forum(),
        discussion::question_site(),
        discussion::mailing_list(),
        code::atuin(),
        code::git(),
        tables::deals(),
        tables::rsvps(),
        tables::usage(),
    ]
}

fn folder() -> PathBuf {
    std::env::var_os("AXLE_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

/// The independent figures of all sets; `None` where there are none.
fn expected() -> Option<Value> {
    let path = folder().join("expected.json");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("skipped: {} is missing", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

impl Set {
    /// The set in a workspace of its own, with the receipts of its imports.
    fn import(&self, axle: &Axle) -> Vec<Value> {
        let import = |file: &&str| {
            let path = folder().join(file);
            assert!(path.exists(), "{} lies beside expected.json", path.display());
            axle.json(&["import", path.to_str().unwrap()])
        };
        let receipts = self.files.iter().map(import).collect();
        axle.run(&["settings", "score", &format!(r#"{{"weights":{}}}"#, self.weights)]);
        if self.is_all_questions {
            for channel in axle.json(&["channels", "list"]).as_array().unwrap() {
                axle.run(&["channels", "qa", &channel["channel_id"].to_string(), "on"]);
            }
        }
        receipts
    }

    /// What a user types to ask, without the program's name.
    fn command(&self, ask: &Ask) -> Vec<String> {
        let [from, to] = self.window;
        let words: Vec<&str> = match ask {
            Ask::Kpi { id, grain, more } => {
                let command = ["kpi", "show", id, "--grain", grain, "--from", from, "--to", to];
                command.into_iter().chain(more.iter().copied()).collect()
            }
            Ask::Sql(query) => vec!["sql", query],
            Ask::Receipt => vec!["import"],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// Where our figures are not the independent ones.
    fn differences(&self, expected: &Value) -> BTreeSet<Difference> {
        let axle = Axle::new();
        let mut answers = BTreeMap::from([(self.command(&Ask::Receipt), Value::from(self.import(&axle)))]);
        let mut differences = BTreeSet::new();
        for figure in &self.figures {
            let command = self.command(&figure.ask);
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let answer = answers.entry(command.clone()).or_insert_with(|| axle.json(&words));
            let theirs = expected.pointer(&format!("/{}", figure.place));
            let theirs = theirs.unwrap_or_else(|| panic!("{} is not expected of {}", figure.place, self.name));
            let (ours, theirs) = ((figure.read)(answer), (figure.adapt)(theirs));
            figure::compare(&figure.place, &ours, &theirs, &mut |place, ours, theirs| {
                differences.insert(Difference::new(self.name, place, figure.ask.name(), ours, theirs));
            });
        }
        differences
    }
}

fn check(set: &Set) {
    let Some(expected) = expected() else { return };
    let differences = set.differences(&expected[set.name]);
    let page = Page::read();
    let known: BTreeSet<&Difference> = page.differences.iter().filter(|row| row.set == set.name).collect();
    let differences: BTreeSet<&Difference> = differences.iter().collect();
    let list = |rows: &mut dyn Iterator<Item = &&Difference>| rows.map(|row| format!("\n{row}")).collect::<String>();
    let (unknown, stale) = (list(&mut differences.difference(&known)), list(&mut known.difference(&differences)));
    assert!(
        unknown.is_empty() && stale.is_empty(),
        "differences of which docs/reference/differences.md says nothing:{unknown}\nand that are none any more:{stale}"
    );
}

#[test]
fn zulip_archive() {
    check(&chat::zulip());
}

#[test]
fn slack_export() {
    check(&chat::slack());
}

#[test]
fn discord_export() {
    check(&chat::discord());
}

#[test]
fn forum() {
    check(&discussion::forum());
}

#[test]
fn question_site() {
    check(&discussion::question_site());
}

#[test]
fn mailing_list() {
    check(&discussion::mailing_list());
}

#[test]
fn history_of_atuin() {
    check(&code::atuin());
}

#[test]
fn history_of_git() {
    check(&code::git());
}

#[test]
fn deals() {
    check(&tables::deals());
}

#[test]
fn rsvps() {
    check(&tables::rsvps());
}

#[test]
fn product_usage() {
    check(&tables::usage());
}

/// Every independent figure is asked for, or the page says why it is not.
#[test]
fn no_figure_is_passed_over() {
    let Some(expected) = expected() else { return };
    let (sets, page) = (sets(), Page::read());
    let is_in = |place: &str, whole: &str| place == whole || place.starts_with(&format!("{whole}/"));
    let mut passed_over = Vec::new();
    for (name, figures) in expected.as_object().unwrap().iter().filter(|(name, _)| *name != "definitions") {
        let asked: Vec<&str> = sets
            .iter()
            .filter(|set| set.name == name)
            .flat_map(|set| &set.figures)
            .map(|figure| figure.place.as_str())
            .collect();
        let excused: Vec<&str> =
            page.not_asked.iter().filter(|(set, _)| set == name).map(|(_, place)| place.as_str()).collect();
        for place in figure::places("", figures).into_iter().filter(|place| place != "counting") {
            let is_known = asked.iter().chain(&excused).any(|whole| *whole == "all" || is_in(&place, whole));
            if !is_known {
                passed_over.push(format!("{name}: {place}"));
            }
        }
    }
    assert_eq!(json!(passed_over), json!([]));
}
