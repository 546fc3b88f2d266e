//! Anything as a text, through all that reads one: it must not panic, say figures out of range, grow, or take time that
//! grows faster than the text. `cargo xtask fuzz SECONDS` builds and runs it.
#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axle_model::label::Label;
use axle_text::clean::clean;
use axle_text::{Lexicon, Reader, Text, transcript};
use libfuzzer_sys::{Corpus, fuzz_target};

static READER: LazyLock<Reader> = LazyLock::new(Reader::built_in);

/// Bytes of the two texts, made of one that is said again and again, whose times are compared.
const SHORT: usize = 64 << 10;
const LONG: usize = 8 * SHORT;

/// So many times longer, a text may take so many times as long; quadratic time would be 64.
const MOST_SLOWER: u32 = 28;

/// Below this a clock says nothing.
const LEAST_FELT: Duration = Duration::from_millis(200);

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let text = String::from_utf8_lossy(bytes);
    let (title, body) = text.split_once('\n').map_or((None, &*text), |(title, body)| (Some(title), body));
    read(&Text { title, body });
    read_to_the_end(&text);
    // What is slower is for some: always the same ones, that a find can be tried again.
    let hash = hash(bytes);
    if hash.is_multiple_of(16) {
        explain(&Text { title, body });
    }
    if hash.is_multiple_of(1024) && !text.is_empty() {
        grows_linearly(&text);
    }
    Corpus::Keep
});

fn read(text: &Text<'_>) {
    let reading = READER.read(text, Lexicon::known());
    assert!((-1.0..=1.0).contains(&reading.sentiment_score), "a mood of {}", reading.sentiment_score);
    assert!(reading.scores.iter().all(|score| (0.0..=1.0).contains(score)), "scores of {:?}", reading.scores);
}

/// What is asked of few texts: words that speak for a label, topics, and the vector.
fn explain(text: &Text<'_>) {
    READER.topics(text, 5);
    READER.evidence(text, Label::Question, 3);
    let length: f32 = READER.vector(text).iter().map(|value| value * value).sum();
    assert!(length == 0.0 || (length - 1.0).abs() < 1e-3, "a vector of length {length}");
}

/// What reads a text to its end, however long.
fn read_to_the_end(text: &str) {
    let cleaned = clean(text);
    assert!(cleaned.len() <= text.len() + 16, "{} bytes became {}", text.len(), cleaned.len());
    for mention in Lexicon::known().find(text) {
        assert!(mention.term < Lexicon::known().terms().len() && text.get(mention.range).is_some());
    }
    let mut end = 0;
    for found in transcript::sentences(text) {
        assert!(found.range.start >= end && !text[found.range.clone()].trim().is_empty(), "{:?}", found.range);
        end = found.range.end;
    }
}

fn grows_linearly(text: &str) {
    let short = text.repeat((SHORT / text.len()).max(1));
    let long = text.repeat((LONG / text.len()).max(8));
    // Other work on the machine makes one reading late, seldom three.
    let ratio = (0..3).map(|_| slower(&short, &long)).min().unwrap_or(0);
    assert!(ratio <= MOST_SLOWER, "a text 8 times as long takes {ratio} times as long");
}

/// How many times as long the long text takes; 0 when it takes no time to speak of.
fn slower(short: &str, long: &str) -> u32 {
    let takes = |text: &str| {
        let began = Instant::now();
        read(&Text { title: None, body: text });
        read_to_the_end(text);
        began.elapsed()
    };
    let most = takes(long);
    if most < LEAST_FELT {
        return 0;
    }
    (most.as_micros() / takes(short).as_micros().max(1)) as u32
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
