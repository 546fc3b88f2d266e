//! Refits on small made-up communities: what they say in their own way is learnt, what means nothing is not.

use std::sync::LazyLock;

use super::*;
use crate::mentions::Lexicon;

static READER: LazyLock<Reader> = LazyLock::new(Reader::built_in);

/// What this community calls praise, and what it does not.
const PRAISE: [&str; 4] =
    ["plus one ship it", "straight to the lighthouse with this", "ship it ship it", "lighthouse material"];
const OTHER: [&str; 4] = ["moved the meeting to", "the branch is rebased on", "see the notes from", "build queued for"];
const THINGS: [&str; 12] = [
    "the importer",
    "the new parser",
    "page four",
    "the export",
    "our retries",
    "the cache",
    "the login form",
    "the docs",
    "the chart",
    "the lock file",
    "search",
    "the schema",
];

fn texts(phrases: &[&str]) -> Vec<String> {
    phrases.iter().flat_map(|phrase| THINGS.iter().map(move |thing| format!("{phrase} {thing}"))).collect()
}

fn said(label: Label, yes: bool) -> [Option<bool>; Label::COUNT] {
    std::array::from_fn(|number| (number == label as usize).then_some(yes))
}

fn example(body: &str, said: [Option<bool>; Label::COUNT]) -> Example<'_> {
    Example { text: Text { title: None, body }, said, mood: None }
}

fn read(reader: &Reader, body: &str) -> axle_model::label::Reading {
    reader.read(&Text { title: None, body }, Lexicon::known())
}

#[test]
fn the_ways_of_a_workspace_are_learnt() {
    let (praise, other) = (texts(&PRAISE), texts(&OTHER));
    let yes = praise.iter().map(|body| example(body, said(Label::Praise, true)));
    let examples: Vec<Example<'_>> =
        yes.chain(other.iter().map(|body| example(body, said(Label::Praise, false)))).collect();
    let refit = refit(&READER, &examples, 7);
    let [report] = refit.reports.as_slice() else { panic!("{:?}", refit.reports) };
    assert!(report.taken && report.head == "praise" && report.examples == [48, 48], "{report:?}");
    assert!(report.after.f1 > 0.9 && report.after.f1 > report.before.f1, "{report:?}");

    let own = READER.with_refit(&refit).unwrap();
    for body in ["plus one ship it, the billing page", "lighthouse material, this rewrite"] {
        assert!(!read(&READER, body).labels.has(Label::Praise) && read(&own, body).labels.has(Label::Praise), "{body}");
    }
    // Nothing else changes: not another label, not a text of other words.
    let plain = "How do I rotate the API key without downtime?";
    let (before, after) = (read(&READER, plain), read(&own, plain));
    assert_eq!((before.labels, before.sentiment_score), (after.labels, after.sentiment_score));
    assert_eq!(before.scores[Label::Question as usize], after.scores[Label::Question as usize]);
    assert!((before.scores[Label::Praise as usize] - after.scores[Label::Praise as usize]).abs() < 0.2);

    // Written and read again it is the same, and made again as well.
    let written = serde_json::to_string(&refit).unwrap();
    let again: Refit = serde_json::from_str(&written).unwrap();
    assert_eq!(again, refit);
    assert_eq!(again.fingerprint(), super::refit(&READER, &examples, 7).fingerprint());
    assert!(written.len() < 20_000, "{}", written.len());
    // A refit is made for the heads that ship, not for refitted ones.
    let error = own.with_refit(&refit).err().unwrap().to_string();
    assert_eq!(error, "the model file is damaged: the refit was made for other heads");
}

/// People speak up where the reader is wrong; the other texts say how often a label holds.
#[test]
fn complaints_alone_are_enough_beside_other_texts() {
    let (praise, other) = (texts(&PRAISE), texts(&OTHER));
    let complaints = praise.iter().filter(|body| !read(&READER, body).labels.has(Label::Praise));
    let mut examples: Vec<Example<'_>> = complaints.map(|body| example(body, said(Label::Praise, true))).collect();
    assert!(examples.len() >= 20);
    assert!(refit(&READER, &examples, 1).is_empty(), "yes to everything is no knowledge");
    examples.extend(other.iter().map(|body| example(body, [None; Label::COUNT])));
    let refit = refit(&READER, &examples, 1);
    assert!(refit.reports.iter().any(|report| report.taken && report.examples[0] == 0), "{:?}", refit.reports);
}

#[test]
fn moods_are_learnt() {
    let (glad, plain) = (texts(&PRAISE), texts(&OTHER));
    let example = |body, mood| Example { mood: Some(mood), ..example(body, [None; Label::COUNT]) };
    let glad = glad.iter().map(|body| example(body, Sentiment::Positive));
    let examples: Vec<Example<'_>> = glad.chain(plain.iter().map(|body| example(body, Sentiment::Neutral))).collect();
    let refit = refit(&READER, &examples, 1);
    let [report] = refit.reports.as_slice() else { panic!("{:?}", refit.reports) };
    assert!(report.taken && report.head == "sentiment" && report.examples == [0, 48, 48], "{report:?}");
    let own = READER.with_refit(&refit).unwrap();
    assert_eq!(read(&own, "ship it ship it the billing page").sentiment, Sentiment::Positive);
}

/// Labels that have nothing to do with the words.
#[test]
fn noise_is_not_taken() {
    let all = [texts(&PRAISE), texts(&OTHER)].concat();
    for seed in 0..5 {
        let by_lot =
            |body: &str| Label::ALL.map(|label| Some(fold(&format!("{seed}{}{body}", label.name()), seed) < 2));
        let examples: Vec<Example<'_>> = all.iter().map(|body| example(body, by_lot(body))).collect();
        let refit = refit(&READER, &examples, 1);
        assert_eq!(refit.reports.len(), Label::COUNT);
        assert!(refit.is_empty(), "{:?}", refit.reports);
    }
}

#[test]
fn nothing_said_changes_nothing() {
    let other = texts(&OTHER);
    let silent: Vec<Example<'_>> = other.iter().map(|body| example(body, [None; Label::COUNT])).collect();
    for examples in [&[][..], &silent] {
        let refit = refit(&READER, examples, 1);
        assert!(refit.is_empty() && refit.reports.is_empty());
        let own = READER.with_refit(&refit).unwrap();
        assert_eq!(read(&own, "ship it now please").scores, read(&READER, "ship it now please").scores);
    }
    let few: Vec<Example<'_>> = other.iter().take(9).map(|body| example(body, said(Label::Bug, true))).collect();
    let refit = refit(&READER, &few, 1);
    assert!(refit.is_empty() && refit.reports[0].examples == [0, 9]);
}

/// Long texts, the same text many times with both answers, foreign ones, and more examples than are learnt from.
#[test]
fn hostile_examples_are_learnt_from_in_bounded_time() {
    let long = "ship it! ".repeat(50_000);
    let foreign = "Wie kann ich den Schl\u{fc}ssel erneuern, ohne dass der Dienst ausf\u{e4}llt?";
    let mut examples = Vec::new();
    for number in 0..60 {
        for body in [long.as_str(), foreign, "", "\u{0}", "\u{1f6a2}"] {
            examples.push(example(body, [Some(number % 2 == 0); Label::COUNT]));
        }
    }
    assert!(refit(&READER, &examples, 1).is_empty(), "both answers to everything");
    let many = vec![example("", said(Label::Bug, true)); MOST_EXAMPLES + 1_000];
    assert_eq!(refit(&READER, &many, 1).reports[0].examples, [0, MOST_EXAMPLES]);
}

/// A stored refit may have been tampered with.
#[test]
fn damaged_refits_are_told() {
    let whole = Refit { base: READER.heads().fingerprint(), changes: Vec::new(), reports: Vec::new() };
    let change = Change {
        label: Some(Label::Bug),
        number: 0,
        slots: vec![(7, 127); 3],
        vector: vec![i16::MAX; WIDTH],
        bias: i32::MAX,
    };
    let apply = |change: Change| READER.with_refit(&Refit { changes: vec![change], ..whole.clone() });
    let own = apply(change.clone()).unwrap();
    assert!(read(&own, "it broke").scores.iter().all(|score| (0.0..=1.0).contains(score)));
    assert!(apply(Change { number: 1, ..change.clone() }).is_err());
    assert!(apply(Change { label: None, number: usize::MAX, ..change.clone() }).is_err());
    assert!(apply(Change { vector: vec![1; 3], ..change.clone() }).is_err());
    assert!(apply(Change { slots: vec![(0, 1); SLOTS + 1], ..change }).is_err());
}
