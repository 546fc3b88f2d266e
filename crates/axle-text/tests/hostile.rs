//! Texts made to hurt, the same ones in every run: no panic, no quadratic time, no text that grows.
//!
//! `AXLE_HOSTILE_ITERATIONS` says how many mixed texts are tried (200 without it), `AXLE_HOSTILE_BYTES` how long the
//! repeated ones are (40,000 without it).

use axle_text::clean::clean;
use axle_text::vader::Vader;

/// What a reader of marks may stumble over when it meets it again and again.
const PIECES: [&str; 72] = [
    "a",
    " ",
    "\n",
    "é",
    "日",
    "😀",
    "👩\u{200d}💻",
    "\u{202e}",
    "\u{200b}",
    "\u{0}",
    "\r",
    "\u{a0}",
    "ǅ",
    "İ",
    "ß",
    "&",
    "&amp;",
    "&#",
    "&#x1F600;",
    "<",
    ">",
    "> ",
    "\n> ",
    "<a ",
    "<a \"",
    "<a '",
    "<a href=\"https://x\">",
    "</a>",
    "<b>",
    "<p>",
    "<pre>",
    "</pre>",
    "<code>",
    "</code>",
    "<code a=\"</code>\">",
    "<blockquote>",
    "</blockquote>",
    "<div class=\"gmail_quote\">",
    "<div>",
    "</div>",
    "<!--",
    "<script>",
    "<svg>",
    "<span class=\"user-mention\">",
    "`",
    "``",
    "\n```",
    "```",
    "\n````\n",
    "\n~~~",
    "~~~~\n",
    "[",
    "](",
    "[a](b",
    "[![",
    "[![a](b)](c)",
    "[quote]",
    "[quote=a]",
    "[/quote]",
    "<@U12",
    "<https://x|",
    "@**",
    "@**a**",
    "#**a>b**",
    "On 1",
    "On 1 wrote:\n",
    "\n--\n",
    "\nFrom: a\nTo: b\n",
    "Traceback (most recent call last):\n",
    "a.b(0x",
    "#0 ",
    "never so GOOD but no bad ",
];

fn check(vader: &Vader, text: &str) {
    let cleaned = clean(text);
    assert!(cleaned.len() <= text.len() + 16, "{} became {}", text.len(), cleaned.len());
    let cut: String = text.chars().take(4_000).collect();
    for text in [cut.as_str(), &clean(&cut)] {
        let scores = vader.scores(text);
        assert!((-1.0..=1.0).contains(&scores.compound));
        let sum = scores.neg + scores.neu + scores.pos;
        assert!(sum == 0.0 || (sum - 1.0).abs() < 0.002, "{sum}");
    }
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// A small generator of numbers (splitmix64): the same for every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    fn piece(&mut self) -> &'static str {
        PIECES[self.below(PIECES.len())]
    }
}

#[test]
fn mixed_texts() {
    let vader = Vader::new();
    let mut numbers = Numbers(1);
    for _ in 0..setting("AXLE_HOSTILE_ITERATIONS", 200) {
        let mut text = String::new();
        for _ in 0..numbers.below(60) {
            let piece = numbers.piece();
            let times = if numbers.below(10) == 0 { numbers.below(300) } else { 1 };
            (0..times).for_each(|_| text.push_str(piece));
        }
        check(&vader, &text);
    }
}

/// Each piece alone, and each with a second one, again and again: quadratic time would be felt.
#[test]
fn repeated_pieces() {
    let vader = Vader::new();
    let len = setting("AXLE_HOSTILE_BYTES", 40_000);
    let mut numbers = Numbers(2);
    for piece in PIECES {
        check(&vader, &piece.repeat(len / piece.len()));
        let both = format!("{piece}{}", numbers.piece());
        check(&vader, &both.repeat(len / both.len()));
    }
}

/// Marks that open in growing lengths, and all that open before any closes.
#[test]
fn nested_and_growing_marks() {
    let vader = Vader::new();
    let growing = |mark: &str| (1..300).map(|len| mark.repeat(len) + "\n").collect::<String>();
    for mark in ["`", "~", ">", "#", "[", "<"] {
        check(&vader, &growing(mark));
        check(&vader, &growing(mark).split('\n').rev().collect::<Vec<_>>().join("\n"));
    }
    for (open, close) in [
        ("<blockquote>", "</blockquote>"),
        ("<div>", "</div>"),
        ("[quote=a]", "[/quote]"),
        ("<pre>", "</pre>"),
        ("> ", ""),
    ] {
        let text = format!("{}deep{}\nwords after", open.repeat(10_000), close.repeat(10_000));
        check(&vader, &text);
        if open.contains("quote") {
            assert_eq!(clean(&text), "words after");
        }
    }
}
