//! Measures language detection: JSON lines with `text` and `lang` (ISO 639-3 or 639-1; English without one) on standard
//! input, accuracy at several lengths, confusions, and time a text out. `cargo run --release --example language < FILE`
#![allow(clippy::print_stdout)]

use std::{collections::BTreeMap, io::BufRead, time::Instant};

use axle_text::language::detect;

const CODES: [(&str, &str); 36] = [
    ("eng", "en"),
    ("deu", "de"),
    ("fra", "fr"),
    ("spa", "es"),
    ("por", "pt"),
    ("ita", "it"),
    ("nld", "nl"),
    ("pol", "pl"),
    ("rus", "ru"),
    ("jpn", "ja"),
    ("cmn", "zh"),
    ("kor", "ko"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("swe", "sv"),
    ("ces", "cs"),
    ("hin", "hi"),
    ("ara", "ar"),
    ("ind", "id"),
    ("vie", "vi"),
    ("dan", "da"),
    ("nob", "no"),
    ("fin", "fi"),
    ("hun", "hu"),
    ("ron", "ro"),
    ("slk", "sk"),
    ("hrv", "hr"),
    ("cat", "ca"),
    ("ell", "el"),
    ("heb", "he"),
    ("tha", "th"),
    ("bul", "bg"),
    ("pes", "fa"),
    ("srp", "sr"),
    ("lit", "lt"),
    ("lav", "lv"),
];

fn main() {
    let lines: Vec<serde_json::Value> = std::io::stdin()
        .lock()
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| serde_json::from_str(&line).ok())
        .collect();
    let texts: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| {
            let lang = line["lang"].as_str().unwrap_or("en");
            (CODES.iter().find(|c| c.0 == lang).map_or(lang, |c| c.1), line["text"].as_str().unwrap_or_default())
        })
        .collect();
    for size in [10, 25, 50, 100, usize::MAX] {
        let cut: Vec<String> = texts.iter().map(|(_, text)| text.chars().take(size).collect()).collect();
        let start = Instant::now();
        let found: Vec<&str> = cut.iter().map(|text| detect(text).map_or("-", |found| found.code)).collect();
        let micros = start.elapsed().as_secs_f64() * 1e6 / texts.len() as f64;
        if size == 25 && std::env::args().any(|argument| argument == "--verbose") {
            for ((expected, _), text) in texts
                .iter()
                .zip(&cut)
                .filter(|((expected, _), text)| detect(text).is_none_or(|found| found.code != *expected))
            {
                println!("{expected} {:?} {text}", detect(text));
            }
        }
        let mut confused: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for ((expected, _), found) in texts.iter().zip(&found).filter(|((expected, _), found)| expected != *found) {
            *confused.entry((expected, found)).or_default() += 1;
        }
        let wrong: usize = confused.values().sum();
        let mut worst: Vec<_> = confused.into_iter().collect();
        worst.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let worst: Vec<String> = worst.iter().take(12).map(|((a, b), n)| format!("{a}>{b}:{n}")).collect();
        let length = if size == usize::MAX { "all".to_owned() } else { size.to_string() };
        println!(
            "{length} characters: {:.4} ({micros:.1} us) {}",
            1.0 - wrong as f64 / texts.len() as f64,
            worst.join(" ")
        );
    }
}
