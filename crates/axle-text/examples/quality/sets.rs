//! The sets, and which part of each is a test: the same as `training/datasets.py`.

use std::path::Path;

use axle_model::label::Sentiment;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Failure;

/// A text and its mood.
pub type Mood = (String, Sentiment);

/// Most texts of a set that are read, but for developers' comments and messages, which are all read.
pub const SAMPLE: usize = 1_000;

/// What moods are told apart.
pub const MOODS: [Sentiment; 3] = [Sentiment::Negative, Sentiment::Neutral, Sentiment::Positive];

/// The lines of a JSON lines file.
pub fn lines(file: &Path) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// A field of a line.
pub fn text(line: &Value, field: &str) -> String {
    line[field].as_str().unwrap_or_default().to_owned()
}

fn mood(name: &str) -> Option<Sentiment> {
    MOODS.into_iter().find(|mood| mood.name() == name)
}

/// The test part of Senti4SD: lines of `id;mood;text`.
pub fn stack_overflow(data: &Path) -> Result<Vec<Mood>, Failure> {
    let bytes = std::fs::read(data.join("sentiment/senti4sd-test1326itemPOLARITY.csv"))?;
    let file = String::from_utf8_lossy(&bytes);
    let row = |line: &str| {
        let mut cells = line.trim_end_matches('\r').splitn(3, ';').skip(1);
        Some((mood(cells.next()?)?, cells.next()?.to_owned())).map(|(mood, text)| (text, mood))
    };
    Ok(file.split('\n').filter_map(row).collect())
}

/// Comments of GitHub, one in five by its hash.
pub fn github(data: &Path) -> Result<Vec<Mood>, Failure> {
    let mut rows = moods(&data.join("nlp/sentiment_github_train.jsonl"))?;
    rows.retain(|(text, _)| Sha256::digest(text.as_bytes())[0] < 51);
    Ok(rows)
}

/// Rows of a general set that are not for training.
pub fn general(data: &Path, name: &str) -> Result<Vec<Mood>, Failure> {
    Ok(sample(moods(&data.join(format!("nlp/sentiment_{name}.jsonl")))?))
}

fn moods(file: &Path) -> Result<Vec<Mood>, Failure> {
    let rows = lines(file)?.into_iter().filter(|row| row["split"].as_str() != Some("train"));
    Ok(rows.filter_map(|row| Some((text(&row, "text"), mood(row["label"].as_str()?)?))).collect())
}

/// Utterances of calls and whether each is a question: of the last two in five, which no held-out head saw.
pub fn calls(data: &Path) -> Result<Vec<(String, bool)>, Failure> {
    let rows = lines(&data.join("nlp/questions_calls_dev.jsonl"))?;
    let test = rows[rows.len() * 6 / 10..].iter();
    Ok(sample(test.map(|row| (text(row, "text"), row["question"].as_bool().unwrap_or_default())).collect()))
}

/// As a recogniser would write it: lower case, no punctuation.
pub fn spoken(text: &str) -> String {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').map(|word| word.trim_matches('\''));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Those of a set whose hash with a seed is least: the same at each run, whatever the order.
fn sample<T>(mut rows: Vec<(String, T)>) -> Vec<(String, T)> {
    if rows.len() > SAMPLE {
        rows.sort_by_cached_key(|(text, _)| Sha256::digest(format!("20 {text}")));
        rows.truncate(SAMPLE);
    }
    rows
}

/// The rule that a program without heads would use: a question mark, or a word of question at the start.
pub fn looks_like_a_question(text: &str) -> bool {
    const STARTS: &str = "who what when where why how which whose whom do does did is are am was were can could will \
                          would shall should have has had may anyone anybody any";
    let first = text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default().to_lowercase();
    text.contains('?') || STARTS.split(' ').any(|start| start == first)
}
