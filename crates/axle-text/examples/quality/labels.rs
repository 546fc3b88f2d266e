//! Labels of messages, and questions in calls.

use std::{fmt::Write, path::Path};

use axle_model::label::{Label, Reading};
use serde_json::Value;

use super::{
    Failure, Readers,
    page::{Page, three, two},
    scores::{Counts, average_precision},
    sets,
};

const TIERS: [&str; 2] = ["small", "large"];

/// Reads the visible messages; answers the lines of the table that the program shows.
pub fn messages(page: &mut Page, readers: &Readers, data: &Path, measured: &Value) -> Result<String, Failure> {
    let messages = sets::lines(&data.join("nlp/messages_train.jsonl"))?;
    let count = messages.len();
    page.section(
        "Labels",
        &format!("{count} messages of a community, written and labelled by hand. A message may have several labels."),
    );
    let texts: Vec<String> = messages.iter().map(|message| sets::text(message, "text")).collect();
    let read: Vec<[Reading; 2]> = texts.iter().map(|text| readers.both(text)).collect();
    let mut tsv = String::from(
        "# label, tier, precision, recall, F1, average precision, the same with one writer left out, set, texts; of \
         `examples/quality`\n",
    );
    let mut rows = Vec::new();
    let mut feedback = [0.0; 2];
    for label in Label::ALL {
        let name = label.name();
        let holds = |message: &Value| message["labels"].as_array().is_some_and(|all| all.iter().any(|l| l == name));
        let truth: Vec<bool> = messages.iter().map(holds).collect();
        let have = truth.iter().filter(|holds| **holds).count();
        for (tier, tier_name) in TIERS.into_iter().enumerate() {
            let counts = Counts::of(read.iter().map(|both| both[tier].labels.has(label)).zip(truth.iter().copied()));
            let scored = read.iter().map(|both| both[tier].scores[label as usize]).zip(truth.iter().copied());
            let ap = average_precision(scored.collect());
            let unseen =
                measured[tier_name]["across_writers"][name]["ap"].as_f64().ok_or("no figure across writers")?;
            let figures = [counts.precision(), counts.recall(), counts.f1(), ap, unseen];
            let cells = figures.map(three).join("\t");
            writeln!(tsv, "{name}\t{tier_name}\t{cells}\tmessages\t{count}")?;
            let named = vec![name.replace('_', " "), have.to_string(), tier_name.to_owned()];
            rows.push([named, figures.map(two).to_vec()].concat());
            match label {
                Label::Question => {
                    page.goal("questions among community messages, F1", tier_name, counts.f1(), [0.91, 0.95]);
                }
                Label::HandRaise => page.goal("hand raise, AP", tier_name, ap, [0.85, 0.92]),
                Label::Resolution => page.goal("resolution, F1", tier_name, counts.f1(), [0.70, 0.85]),
                Label::Bug | Label::Feature | Label::Praise | Label::Concern => feedback[tier] += ap / 4.0,
                _ => {}
            }
        }
        if label == Label::Question {
            let said = texts.iter().map(|text| sets::looks_like_a_question(text));
            let rule = Counts::of(said.zip(truth.iter().copied()));
            let figures = [rule.precision(), rule.recall(), rule.f1()].map(two).to_vec();
            let named = vec!["question".to_owned(), have.to_string(), "rule".to_owned()];
            rows.push([named, figures, vec!["-".to_owned(), "-".to_owned()]].concat());
        }
    }
    let head = ["label", "have it", "tier", "precision", "recall", "F1", "AP", "AP, one writer left out *"];
    page.table(&head, &rows);
    page.words("The rule: a text with a question mark, or that starts with a word such as how, is, can or anyone.");
    page.goal("bug, feature, praise, concern, mean AP", "small", feedback[0], [0.50, 0.65]);
    page.goal("bug, feature, praise, concern, mean AP", "large", feedback[1], [0.70, 0.80]);
    Ok(tsv)
}

/// Reads messages of chats that no head has learnt from: lines of `training/chats/draw.py`.
pub fn chats(page: &mut Page, readers: &Readers, file: &Path) -> Result<(), Failure> {
    let messages = sets::lines(file)?;
    page.section(
        "Questions in chats",
        &format!(
            "{} messages of a Slack, a Discord and a Zulip, drawn with a fixed seed; no head has learnt from any message of \
             these\nthree. Two readers labelled each from its text alone and agreed on 497 of 500; a third decided the others.",
            messages.len()
        ),
    );
    let texts: Vec<(String, bool)> = messages
        .iter()
        .map(|message| (sets::text(message, "text"), message["question"].as_bool().unwrap_or_default()))
        .collect();
    let mut rows = Vec::new();
    let mut row = |by: &str, counts: &Counts| {
        let figures = [counts.precision(), counts.recall(), counts.f1()].map(two).to_vec();
        rows.push([vec![by.to_owned()], figures].concat());
    };
    row("rule", &Counts::of(texts.iter().map(|(text, holds)| (sets::looks_like_a_question(text), *holds))));
    let read: Vec<[bool; 2]> =
        texts.iter().map(|(text, _)| readers.both(text).map(|read| read.labels.has(Label::Question))).collect();
    for (tier, tier_name) in TIERS.into_iter().enumerate() {
        let counts = Counts::of(read.iter().map(|both| both[tier]).zip(texts.iter().map(|(_, holds)| *holds)));
        row(tier_name, &counts);
        page.goal("questions in chats, F1", tier_name, counts.f1(), [0.85, 0.88]);
    }
    page.table(&["by", "precision", "recall", "F1"], &rows);
    Ok(())
}

/// Reads utterances of telephone calls, as written down and as a recogniser writes them.
pub fn calls(page: &mut Page, readers: &Readers, data: &Path) -> Result<(), Failure> {
    let calls = sets::calls(data)?;
    page.section(
        "Questions in calls",
        &format!(
            "{} of 1,600 utterances of telephone calls, drawn with a fixed seed; many a question there has neither mark \
             nor\nword, and many a mark no question. Once as written down, once without punctuation and case.",
            calls.len()
        ),
    );
    let mut rows = Vec::new();
    for (name, is_spoken) in [("as written down", false), ("without punctuation", true)] {
        let text = |text: &str| if is_spoken { sets::spoken(text) } else { text.to_owned() };
        let texts: Vec<(String, bool)> = calls.iter().map(|(words, is_question)| (text(words), *is_question)).collect();
        let rule = Counts::of(texts.iter().map(|(text, holds)| (sets::looks_like_a_question(text), *holds)));
        let read: Vec<[bool; 2]> =
            texts.iter().map(|(text, _)| readers.both(text).map(|read| read.labels.has(Label::Question))).collect();
        let mut row = |by: &str, counts: Counts| {
            let figures = [counts.precision(), counts.recall(), counts.f1()].map(two).to_vec();
            rows.push([vec![name.to_owned(), by.to_owned()], figures].concat());
        };
        row("rule", rule);
        for (tier, tier_name) in TIERS.into_iter().enumerate() {
            let truth = texts.iter().map(|(_, holds)| *holds);
            let counts = Counts::of(read.iter().map(|both| both[tier]).zip(truth));
            row(tier_name, counts);
        }
    }
    page.table(&["utterances", "by", "precision", "recall", "F1"], &rows);
    Ok(())
}
