//! Measures what corrections gain: one half of a set is corrected, the other half is read before and after.
//!
//! ```sh
//! cargo run --release -p axle-text --example refit -- DATA
//! ```
//!
//! `DATA` holds `nlp/`. The heads are those of `training/held-out/`, which learnt from none of the labels here. Corrections are
//! told in two ways: a word on every text, and a word only where the reader is wrong, beside the texts without one.
#![allow(clippy::print_stdout, missing_docs)]
#![allow(clippy::disallowed_methods, reason = "time is what it measures")]

use std::{fs, path::Path, time::Instant};

use axle_model::label::{Label, Reading, Sentiment};
use axle_text::refit::{Example, Refit, refit};
use axle_text::{Bytes, Lexicon, Reader, Text};
use serde_json::Value;

type Failure = Box<dyn std::error::Error>;

/// A text with its truth.
#[derive(Clone)]
struct Gold {
    title: Option<String>,
    body: String,
    said: [Option<bool>; Label::COUNT],
    mood: Option<Sentiment>,
}

impl Gold {
    fn text(&self) -> Text<'_> {
        Text { title: self.title.as_deref(), body: &self.body }
    }

    fn example(&self) -> Example<'_> {
        Example { text: self.text(), said: self.said, mood: self.mood }
    }

    /// What a person would say who speaks up only where the reading is wrong.
    fn complaint(&self, reading: &Reading) -> Example<'_> {
        let said = Label::ALL.map(|label| self.said[label as usize].filter(|said| *said != reading.labels.has(label)));
        Example { text: self.text(), said, mood: self.mood.filter(|mood| *mood != reading.sentiment) }
    }
}

fn main() -> Result<(), Failure> {
    let data = std::env::args().nth(1).ok_or("which folder of data?")?;
    let nlp = Path::new(&data).join("nlp");
    let heads = fs::read("training/held-out/heads-v2-held-out.safetensors")?;
    let reader = Reader::with_heads(Bytes::Shared(heads.into()))?;
    println!(
        "| set | corrections | head | no/yes or moods | F1 held | margin | moved | taken | other half before | after |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let messages = lines(&nlp.join("messages_train.jsonl"))?;
    measure(&reader, "messages", messages.iter().map(|row| labelled(row, |row, name| Some(has(row, name)))).collect());
    let issues = lines(&nlp.join("issues_train.jsonl"))?;
    let mut repositories: Vec<&str> = issues.iter().filter_map(|row| row["repo"].as_str()).collect();
    repositories.sort_unstable();
    repositories.dedup();
    let of_issue =
        |row: &Value, name: &str| ["bug", "feature", "question"].contains(&name).then(|| row["label"] == name);
    for (number, repository) in repositories.iter().enumerate() {
        let rows = issues.iter().filter(|row| row["repo"] == *repository);
        measure(&reader, &format!("issues {}", number + 1), rows.map(|row| labelled(row, of_issue)).collect());
    }
    let calls = lines(&nlp.join("questions_calls_dev.jsonl"))?;
    let of_call = |row: &Value, name: &str| (name == "question").then(|| row["question"] == true);
    let unseen = &calls[calls.len() * 6 / 10..];
    measure(&reader, "calls", unseen.iter().map(|row| labelled(row, of_call)).collect());
    for name in ["tweets", "amazon", "nyt", "movie"] {
        let rows = lines(&nlp.join(format!("sentiment_{name}.jsonl")))?;
        let unseen = rows.iter().filter(|row| name == "movie" || row["split"] != "train");
        measure(&reader, name, unseen.map(|row| labelled(row, |_, _| None)).collect());
    }
    let noise = lines(&nlp.join("sentiment_nyt.jsonl"))?;
    let mut taken = 0;
    for seed in 0..20 {
        let part = noise.iter().skip(seed * 200).take(200);
        taken += refit_by_lot(&reader, part, seed).reports.iter().filter(|report| report.taken).count();
    }
    println!("\nlabels drawn by lot, 200 texts, 20 times 9 heads: {taken} taken");
    let movies = lines(&nlp.join("sentiment_movie.jsonl"))?;
    let began = Instant::now();
    refit_by_lot(&reader, movies.iter().take(2_000), 1);
    println!("2,000 texts with a word for each head: {:.1} s", began.elapsed().as_secs_f64());
    speed(&reader, &movies);
    Ok(())
}

/// A refit on labels that have nothing to do with the texts.
fn refit_by_lot<'a>(reader: &Reader, rows: impl Iterator<Item = &'a Value>, seed: usize) -> Refit {
    let lot = |row: &Value, name: &str| Some(hash(&format!("{seed}{name}{}", row["text"])).is_multiple_of(3));
    let gold: Vec<Gold> = rows.map(|row| labelled(row, lot)).collect();
    let examples: Vec<Example<'_>> = gold.iter().map(Gold::example).collect();
    refit(reader, &examples, 1)
}

/// Texts a second, by the shipped heads and by a refitted one, in turn.
fn speed(reader: &Reader, rows: &[Value]) {
    let gold: Vec<Gold> = rows.iter().map(|row| labelled(row, |_, _| None)).collect();
    let praise = |gold: &Gold| {
        let is_glad = gold.mood == Some(Sentiment::Positive);
        Label::ALL.map(|label| (label == Label::Praise).then_some(is_glad))
    };
    let examples: Vec<Example<'_>> =
        gold.iter().map(|gold| Example { said: praise(gold), mood: None, ..gold.example() }).collect();
    let refit = refit(reader, &examples, 1);
    assert!(!refit.is_empty(), "{:?}", refit.reports);
    let own = reader.with_refit(&refit).expect("it was made for this reader");
    let mut least = [f64::INFINITY; 2];
    for _ in 0..10 {
        for (least, reader) in least.iter_mut().zip([reader, &own]) {
            let began = Instant::now();
            for gold in &gold {
                std::hint::black_box(reader.read(&gold.text(), Lexicon::known()));
            }
            *least = least.min(began.elapsed().as_secs_f64());
        }
    }
    let rates = least.map(|seconds| gold.len() as f64 / seconds);
    println!("{:.0} texts a second with the shipped heads, {:.0} with a refitted one", rates[0], rates[1]);
}

fn measure(reader: &Reader, set: &str, gold: Vec<Gold>) {
    let (corrected, other): (Vec<Gold>, Vec<Gold>) =
        gold.into_iter().partition(|gold| hash(&gold.body).is_multiple_of(2));
    let corrected = &corrected[..corrected.len().min(2_000)];
    let every: Vec<Example<'_>> = corrected.iter().map(Gold::example).collect();
    let none = Lexicon::new("none", Vec::new());
    let wrong: Vec<Example<'_>> =
        corrected.iter().map(|gold| gold.complaint(&reader.read(&gold.text(), &none))).collect();
    for (kind, examples) in [("every text", every), ("errors alone", wrong)] {
        let began = Instant::now();
        let refit = refit(reader, &examples, 1);
        let seconds = began.elapsed().as_secs_f64();
        report(reader, &format!("{set}, {} texts, {seconds:.1} s | {kind}", examples.len()), &refit, &other);
    }
}

fn report(reader: &Reader, title: &str, refit: &Refit, other: &[Gold]) {
    let own = reader.with_refit(refit).expect("it was made for this reader");
    let none = Lexicon::new("none", Vec::new());
    let read: Vec<[Reading; 2]> =
        other.iter().map(|gold| [reader, &own].map(|reader| reader.read(&gold.text(), &none))).collect();
    for report in &refit.reports {
        let f1 = [0, 1].map(|which| match Label::named(&report.head) {
            Some(label) => {
                let pairs = read
                    .iter()
                    .zip(other)
                    .filter_map(|(read, gold)| Some((read[which].labels.has(label), gold.said[label as usize]?)));
                f1_of(pairs)
            }
            None => {
                let moods = [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive];
                let f1 = |mood| {
                    f1_of(
                        read.iter()
                            .zip(other)
                            .map(|(read, gold)| (read[which].sentiment == mood, gold.mood == Some(mood))),
                    )
                };
                moods.into_iter().map(f1).sum::<f64>() / 3.0
            }
        });
        println!(
            "| {title} | {} | {:?} | {:.3} to {:.3} | {:.1} | {:.3} | {} | {:.3} | {:.3} |",
            report.head,
            report.examples,
            report.before.f1,
            report.after.f1,
            report.margin,
            report.moved,
            report.taken,
            f1[0],
            f1[1]
        );
    }
}

fn f1_of(pairs: impl Iterator<Item = (bool, bool)>) -> f64 {
    let (mut hits, mut all) = (0.0, 0.0);
    for (said, truth) in pairs {
        hits += f64::from(u8::from(said && truth));
        all += f64::from(u8::from(said) + u8::from(truth));
    }
    if all == 0.0 { 0.0 } else { 2.0 * hits / all }
}

fn labelled(row: &Value, said: impl Fn(&Value, &str) -> Option<bool>) -> Gold {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    Gold {
        title: text("title"),
        body: text("text").or_else(|| text("body")).unwrap_or_default(),
        said: Label::ALL.map(|label| said(row, label.name())),
        mood: row["label"].as_str().and_then(|name| Sentiment::ALL.into_iter().find(|mood| mood.name() == name)),
    }
}

fn has(row: &Value, label: &str) -> bool {
    row["labels"].as_array().is_some_and(|labels| labels.iter().any(|name| name == label))
}

fn lines(path: &Path) -> Result<Vec<Value>, Failure> {
    Ok(fs::read_to_string(path)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// FNV-1a with its high bits mixed in.
fn hash(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash ^ hash >> 32
}
