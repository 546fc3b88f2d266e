//! Measures how channels without threads are read: JSON lines made by `training/conversations/prepare.py` on standard input.
//! `cargo run --release -p axle-text --example conversations < FILE`; with `-- --messages`, what the rule sees of each message
//! is written instead, for `training/conversations/fit.py`.
#![allow(clippy::print_stdout, missing_docs)]

use std::{collections::HashMap, io::BufRead};

use axle_model::conversation::{Message, Names, Turn, questions, read_channel, word_hashes};
use axle_model::label::{Label, Reading};
use axle_model::thread::{Cues, Post, State, ThreadState, read_thread};
use axle_text::{Lexicon, Reader, Text};

#[derive(serde::Deserialize)]
struct Channel {
    messages: Vec<ChannelMessage>,
}

#[derive(serde::Deserialize)]
struct ChannelMessage {
    author: String,
    name: String,
    at: i64,
    text: String,
    mentions: Vec<String>,
    /// The messages that it may be said to reply to; `None` when nobody knows.
    gold: Option<Vec<usize>>,
}

/// What the rule sees of a message.
#[derive(serde::Serialize)]
struct Seen {
    author: u32,
    at: i64,
    cues: u8,
    is_question: bool,
    speaks_to: Vec<u32>,
    words: Vec<u32>,
    gold: Option<Vec<usize>>,
}

impl Seen {
    fn message(&self) -> Message<'_> {
        let (author, at, cues) = (self.author, self.at, Cues::from_bits(self.cues));
        Message { author, at, cues, speaks_to: &self.speaks_to, words: &self.words, replies_to: None }
    }
}

fn main() -> std::io::Result<()> {
    let (reader, lexicon) = (Reader::built_in(), Lexicon::new("none", Vec::new()));
    let prints = std::env::args().any(|argument| argument == "--messages");
    let read = |text: &str| reader.read(&Text { title: None, body: text }, &lexicon);
    let mut ways: Vec<(&str, Way, Measured)> =
        vec![("ours", read_channel, Measured::default()), ("the message before", before, Measured::default())];
    ways.push(("the last by another", before_by_other, Measured::default()));
    ways.push(("the last by whom it speaks to", addressed, Measured::default()));
    for line in std::io::stdin().lock().lines() {
        let seen = see(serde_json::from_str(&line?)?, read);
        if prints {
            println!("{}", serde_json::to_string(&seen)?);
            continue;
        }
        let messages: Vec<Message<'_>> = seen.iter().map(Seen::message).collect();
        for (_, way, measured) in &mut ways {
            measured.add(&seen, &messages, &way(&messages));
        }
    }
    for (name, _, measured) in ways.iter().filter(|_| !prints) {
        println!("{name}: {}", measured.shown());
    }
    Ok(())
}

fn see(channel: Channel, read: impl Fn(&str) -> Reading) -> Vec<Seen> {
    let mut numbers: HashMap<String, u32> = HashMap::new();
    let mut number_of = |who: String| {
        let next = numbers.len() as u32;
        *numbers.entry(who).or_insert(next)
    };
    let mut names = Names::default();
    let mut seen = Vec::new();
    for ChannelMessage { author, name, at, text, mentions, gold } in channel.messages {
        let author = number_of(author);
        let mut speaks_to: Vec<u32> = mentions.into_iter().map(&mut number_of).collect();
        speaks_to.extend(names.called(&text, author));
        speaks_to.sort_unstable();
        speaks_to.dedup();
        speaks_to.retain(|who| *who != author);
        names.spoke(&name, author);
        let (reading, words) = (read(&text), word_hashes(&text));
        let is_question = reading.labels.has(Label::Question);
        seen.push(Seen { author, at, cues: reading.cues.bits(), is_question, speaks_to, words, gold });
    }
    seen
}

type Way = fn(&[Message<'_>]) -> Vec<Turn>;

fn link(messages: &[Message<'_>], to: impl Fn(usize) -> Option<usize>) -> Vec<Turn> {
    let turn = |number| Turn { replies_to: to(number), conversation: number, confidence: 1.0 };
    (0..messages.len()).map(turn).collect()
}

fn before(messages: &[Message<'_>]) -> Vec<Turn> {
    link(messages, |number| number.checked_sub(1))
}

fn before_by_other(messages: &[Message<'_>]) -> Vec<Turn> {
    link(messages, |number| {
        (0..number).rev().take(50).find(|before| messages[*before].author != messages[number].author)
    })
}

fn addressed(messages: &[Message<'_>]) -> Vec<Turn> {
    link(messages, |number| {
        (0..number).rev().take(50).find(|before| messages[number].speaks_to.contains(&messages[*before].author))
    })
}

#[derive(Default)]
struct Measured {
    /// Links: ours, those of people, and ours that are theirs.
    links: [u32; 3],
    /// Questions that open a conversation: ours, those of people, both.
    opened: [u32; 3],
    /// Of our questions, answered: ours, by people's links, both; ours by a message that is in the conversation.
    answered: [u32; 4],
    /// Of our questions, open and resolved, in the same order.
    open: [u32; 3],
    resolved: [u32; 3],
    /// All our questions, with those of other messages than people linked, by state: open, answered, resolved.
    all: [u32; 3],
}

impl Measured {
    fn add(&mut self, seen: &[Seen], messages: &[Message<'_>], turns: &[Turn]) {
        for (message, turn) in seen.iter().zip(turns) {
            let Some(gold) = &message.gold else { continue };
            let is_right = turn.replies_to.is_some_and(|to| gold.contains(&to));
            count(&mut self.links, turn.replies_to.is_some(), !gold.is_empty(), is_right);
        }
        let ours: HashMap<usize, Vec<usize>> = questions(messages, turns, |number| seen[number].is_question)
            .into_iter()
            .map(|question| (question[0], question))
            .collect();
        for question in ours.values() {
            self.all[state(messages, question).state as usize] += 1;
        }
        // Where nobody said what opens a conversation, nobody knows what follows from a question.
        if !seen.iter().any(|message| message.gold.as_ref().is_some_and(Vec::is_empty)) {
            return;
        }
        for (number, message) in seen.iter().enumerate().filter(|(_, message)| message.is_question) {
            let Some(gold) = &message.gold else { continue };
            let opens = gold.iter().all(|before| seen[*before].author == message.author);
            let question = ours.get(&number);
            count(&mut self.opened, question.is_some(), opens, question.is_some() && opens);
            let Some(question) = question else { continue };
            let truly = following(seen, number);
            let found = state(messages, question);
            let truth = state(messages, &truly);
            let both = |is: fn(State) -> bool| (is(found.state), is(truth.state), is(found.state) && is(truth.state));
            for (sums, (ours, theirs, both)) in [
                (&mut self.open, both(|state| state == State::Open)),
                (&mut self.resolved, both(|state| state == State::Resolved)),
            ] {
                count(sums, ours, theirs, both);
            }
            let (ours, theirs, is_both) = both(|state| state > State::Open);
            let is_there = found.answer.is_some_and(|answer| truly.contains(&question[answer]));
            for (sum, is) in self.answered.iter_mut().zip([ours, theirs, is_both, is_there]) {
                *sum += u32::from(is);
            }
        }
    }

    fn shown(&self) -> String {
        let [answered, _, _, there] = self.answered;
        let [open, only_answered, resolved] = self.all;
        let mut lines = vec![format!("links {}", shown(self.links))];
        if self.opened[1] > 0 {
            lines.push(format!("questions that open a conversation {}", shown(self.opened)));
            lines.push(format!("answered or resolved {}", shown([answered, self.answered[1], self.answered[2]])));
            lines.push(format!("  by the right message {:.3}", f64::from(there) / f64::from(answered.max(1))));
            lines.push(format!("open {}", shown(self.open)));
            lines.push(format!("resolved {}", shown(self.resolved)));
        }
        lines.push(format!("all questions: {open} open, {only_answered} answered, {resolved} resolved"));
        lines.join("\n  ")
    }
}

fn count(sums: &mut [u32; 3], ours: bool, theirs: bool, both: bool) {
    for (sum, is) in sums.iter_mut().zip([ours, theirs, both]) {
        *sum += u32::from(is);
    }
}

/// Precision, recall and F1 of ours against theirs.
fn shown([ours, theirs, both]: [u32; 3]) -> String {
    let part = |of: u32| f64::from(both) / f64::from(of.max(1));
    let f1 = f64::from(2 * both) / f64::from((ours + theirs).max(1));
    format!("{ours} of {theirs}: precision {:.3}, recall {:.3}, F1 {f1:.3}", part(ours), part(theirs))
}

/// A message and all that follow from it, by the links of people.
fn following(seen: &[Seen], number: usize) -> Vec<usize> {
    let mut found = vec![number];
    for (later, message) in seen.iter().enumerate().skip(number + 1).take(2_000) {
        if message.gold.as_ref().is_some_and(|gold| gold.iter().any(|before| found.binary_search(before).is_ok())) {
            found.push(later);
        }
    }
    found
}

fn state(messages: &[Message<'_>], posts: &[usize]) -> ThreadState {
    let post = |(place, number): (usize, &usize)| {
        let Message { author, cues, .. } = messages[*number];
        Post { author, is_accepted: false, cues: cues.with(Cues::ASKS, place == 0) }
    };
    read_thread(&posts.iter().enumerate().map(post).collect::<Vec<_>>(), false)
}
