//! Measures mentions: JSON lines with `text` and `mentions` on standard input; precision, recall and F1 over the distinct names
//! of each text, and what was missed or wrong. `cargo run --release --example mentions [LEXICON.tsv] < FILE`
#![allow(clippy::print_stdout)]

use std::{collections::BTreeSet, io::BufRead, time::Instant};

use axle_text::mentions::Lexicon;

fn main() -> std::io::Result<()> {
    let own = std::env::args().nth(1).map(std::fs::read_to_string).transpose()?;
    let own = own.map(|text| Lexicon::parse("own", &text));
    let lexicon = own.as_ref().unwrap_or_else(|| Lexicon::known());
    let (mut right, mut wrong, mut missed, mut bytes, mut texts) = (0, 0, 0, 0, 0);
    let mut spent = std::time::Duration::ZERO;
    for line in std::io::stdin().lock().lines() {
        let line: serde_json::Value = serde_json::from_str(&line?)?;
        let text = line["text"].as_str().unwrap_or_default();
        let start = Instant::now();
        let mentions = lexicon.find(text);
        spent += start.elapsed();
        bytes += text.len();
        texts += 1;
        let found: BTreeSet<&str> = mentions.iter().map(|m| lexicon.terms()[m.term].canonical.as_str()).collect();
        let expected: BTreeSet<&str> =
            line["mentions"].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
        right += found.intersection(&expected).count();
        wrong += found.difference(&expected).count();
        missed += expected.difference(&found).count();
        if found != expected {
            println!("found {found:?} expected {expected:?}: {}", text.chars().take(160).collect::<String>());
        }
    }
    let (precision, recall) =
        (right as f64 / (right + wrong).max(1) as f64, right as f64 / (right + missed).max(1) as f64);
    let f1 = 2.0 * precision * recall / (precision + recall).max(1e-9);
    println!(
        "precision {precision:.3} recall {recall:.3} F1 {f1:.3}; {:.1} us a text, {bytes} bytes",
        spent.as_secs_f64() * 1e6 / f64::from(texts)
    );
    Ok(())
}
