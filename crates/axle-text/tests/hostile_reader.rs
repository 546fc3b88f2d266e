//! The whole reader on texts made to hurt: it ends, says figures in their ranges, and reads a bounded part of each.

use std::sync::LazyLock;

use axle_text::{Lexicon, Reader, Text};
use proptest::prelude::*;

static READER: LazyLock<Reader> = LazyLock::new(Reader::built_in);

/// More is never read of a text: title and words together.
const MOST_READ: usize = 4_000;

fn check(title: Option<&str>, body: &str) {
    let text = Text { title, body };
    assert!(READER.words(&text).len() <= MOST_READ);
    let reading = READER.read(&text, Lexicon::known());
    assert!((-1.0..=1.0).contains(&reading.sentiment_score), "{}", reading.sentiment_score);
    assert!(reading.scores.iter().all(|score| (0.0..=1.0).contains(score)), "{:?}", reading.scores);
    let length: f32 = READER.vector(&text).iter().map(|value| value * value).sum();
    assert!(length == 0.0 || (length - 1.0).abs() < 1e-3, "{length}");
}

#[test]
fn ten_million_bytes_of_one_character() {
    for piece in ["a", " ", "\n", "?", "!", "<", ">", "`", "@", "1", "\u{fffd}", "\u{202e}", "\u{301}", "\u{1f600}"] {
        let text = piece.repeat(10_000_000 / piece.len());
        check(None, &text);
        check(Some(&text), "How do I set the port?");
    }
}

#[test]
fn nested_quotes_and_marks_of_direction() {
    check(None, &format!("{}deep\n\nThat worked, thank you!", "> ".repeat(10_000)));
    check(None, &format!("{}deep{} after", "<blockquote>".repeat(10_000), "</blockquote>".repeat(10_000)));
    check(None, &"\u{202e}how do I\u{202c} \u{2066}export\u{2069}? ".repeat(10_000));
    check(None, &"\u{1f469}\u{200d}\u{1f4bb}\u{1f3fd}\u{fe0f}".repeat(10_000));
    // What is left of lone surrogates, after whoever read the JSON replaced them.
    check(None, &"\u{fffd}\u{fffd} a \\ud800 ".repeat(10_000));
}

proptest! {
    #[test]
    fn any_text_is_read(title in proptest::option::of("\\PC{0,40}"), body in any::<String>()) {
        check(title.as_deref(), &body);
    }

    /// What stands behind the part that is read changes nothing.
    #[test]
    fn the_end_of_a_long_text_is_not_read(end in "[a-z ?!]{0,60}") {
        let body = "How do I rotate the key? ".repeat(3_000);
        let longer = format!("{body}{end}");
        let read = |body| READER.read(&Text { title: None, body }, Lexicon::known());
        prop_assert_eq!(read(&body).scores, read(&longer).scores);
    }
}
