//! The scores against those of VADER's Python package (3.3.2): figures made by `training/vader_check.py`.

use axle_text::vader::{Scores, Vader};
use serde::Deserialize;
use std::io::BufRead;

fn assert_scores(vader: &Vader, text: &str, expected: Scores) {
    assert_eq!(vader.scores(text), expected, "{text:?}");
}

#[test]
fn each_rule_agrees_with_python() {
    let vader = Vader::new();
    let mut count = 0;
    for line in include_str!("vader.tsv").lines().filter(|line| !line.starts_with("# ")) {
        let mut columns = line.split('\t');
        let text = columns.next().unwrap();
        let mut figure = || columns.next().unwrap().parse().unwrap();
        let expected = Scores { neg: figure(), neu: figure(), pos: figure(), compound: figure() };
        assert_scores(&vader, text, expected);
        count += 1;
    }
    assert!(count >= 80, "{count}");
}

#[derive(Deserialize)]
struct Row {
    text: String,
    neg: f64,
    neu: f64,
    pos: f64,
    compound: f64,
}

/// Runs where `AXLE_VADER_EXPECTED` names a JSON-lines file of `vader_check.py expect`.
#[test]
fn many_texts_agree_with_python() {
    let Some(path) = std::env::var_os("AXLE_VADER_EXPECTED") else { return };
    let vader = Vader::new();
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let rows: Vec<Row> = file.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let start = std::time::Instant::now();
    for row in &rows {
        let Row { neg, neu, pos, compound, .. } = *row;
        assert_scores(&vader, &row.text, Scores { neg, neu, pos, compound });
    }
    let characters: usize = rows.iter().map(|row| row.text.len()).sum();
    eprintln!("{} texts, {characters} bytes, {:?}", rows.len(), start.elapsed());
}
