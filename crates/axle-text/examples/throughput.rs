//! How many texts one processor reads in a second: `throughput FILE…`, each of JSON Lines with `text`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![allow(clippy::disallowed_methods, reason = "time is what it measures")]

use std::time::Instant;

use axle_text::{Lexicon, Reader, Text};

fn main() {
    let mut texts: Vec<String> = Vec::new();
    for path in std::env::args().skip(1) {
        let file = std::fs::read_to_string(&path).expect("the file can be read");
        let of_line =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["text"].as_str().map(str::to_owned);
        texts.extend(file.lines().filter_map(of_line));
    }
    let started = Instant::now();
    let (reader, lexicon) = (Reader::built_in(), Lexicon::known());
    println!("made in {:.0} ms", started.elapsed().as_secs_f64() * 1000.0);
    let started = Instant::now();
    let mut labels = 0;
    for text in &texts {
        labels += reader.read(&Text { title: None, body: text }, lexicon).labels.iter().count();
    }
    let seconds = started.elapsed().as_secs_f64();
    let bytes: usize = texts.iter().map(String::len).sum();
    println!(
        "{} texts of {} bytes on average: {:.0} a second, {labels} labels",
        texts.len(),
        bytes / texts.len().max(1),
        texts.len() as f64 / seconds
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    println!("{}", memory.split_whitespace().collect::<Vec<_>>().join(" "));
}
