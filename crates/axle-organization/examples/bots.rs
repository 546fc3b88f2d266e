//! How well names tell programs, on identities of which it is known: interchange's identity objects, one a line, on
//! standard input. `bot` says what is true and is held back; a line without it is of somebody unknown. Instants of
//! activities may stand beside them as `at`, microseconds since 1970.

use std::io::{BufRead, stdin};

use axle_model::Identity;
use axle_model::bot::{Behaviour, judge};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    #[serde(flatten)]
    identity: Identity,
    #[serde(default)]
    at: Vec<i64>,
}

#[expect(clippy::print_stdout, reason = "an example shows figures")]
fn main() {
    let (mut found, mut missed, mut mistaken, mut people, mut unknown) = (0, Vec::new(), Vec::new(), 0, Vec::new());
    for line in stdin().lock().lines() {
        let line = line.expect("standard input is text");
        let Line { mut identity, at } = serde_json::from_str(&line).expect("every line is an identity");
        let truth = identity.bot.take();
        let verdict = judge(&identity, Some(&Behaviour::of(&at)), None);
        let shown = format!("{} {:?}", identity.display_name(), verdict.signs);
        match (truth, verdict.is_bot) {
            (Some(true), true) => found += 1,
            (Some(true), false) => missed.push(shown),
            (Some(false), true) => mistaken.push(shown),
            (Some(false), false) => people += 1,
            (None, true) => unknown.push(shown),
            (None, false) => {}
        }
    }
    println!("programs: {found} found, {} missed; people: {people} seen, {} mistaken", missed.len(), mistaken.len());
    for (title, list) in [("missed", missed), ("mistaken", mistaken), ("of unknown ones taken for programs", unknown)] {
        println!("{title}: {}", list.len());
        list.iter().take(40).for_each(|shown| println!("  {shown}"));
    }
}
