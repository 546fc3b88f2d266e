//! What tells whether a clause asks, as slots of a second hash that only the head for questions sees.
//!
//! Calls ask in other ways than chats do: behind fillers and false starts, by the order of words alone, or with a tag. A
//! clause is read from where it begins to say something; its words count by their kind (auxiliary, pronoun, asking word)
//! and, at its beginning, as they are.

use super::{is_letter, slot_of};

/// Slots of the hash.
pub const ASKED_SLOTS: usize = 16_384;

/// What people say before they begin.
const FILLERS: [&str; 29] = [
    "uh", "um", "well", "so", "oh", "and", "but", "yeah", "okay", "ok", "now", "like", "uh-huh", "huh", "hey", "hi",
    "hello", "right", "then", "also", "or", "actually", "anyway", "yes", "no", "because", "i'm", "sorry", "just",
];

const FILLER_PAIRS: [(&str, &str); 3] = [("you", "know"), ("i", "mean"), ("i", "guess")];

const AUXILIARIES: [&str; 36] = [
    "do",
    "does",
    "did",
    "is",
    "are",
    "am",
    "was",
    "were",
    "can",
    "could",
    "will",
    "would",
    "shall",
    "should",
    "have",
    "has",
    "had",
    "may",
    "might",
    "must",
    "isn't",
    "aren't",
    "wasn't",
    "weren't",
    "don't",
    "doesn't",
    "didn't",
    "can't",
    "couldn't",
    "won't",
    "wouldn't",
    "shouldn't",
    "haven't",
    "hasn't",
    "hadn't",
    "ain't",
];

const PRONOUNS: [&str; 17] = [
    "i", "you", "he", "she", "it", "we", "they", "that", "this", "there", "these", "those", "y'all", "anyone",
    "anybody", "someone", "somebody",
];

const ASKING: [&str; 17] = [
    "what", "where", "when", "why", "how", "who", "which", "whose", "whom", "what's", "where's", "who's", "how's",
    "when's", "why's", "whats", "hows",
];

/// Last words that turn a statement into a question.
const TAGS: [&str; 3] = ["or", "right", "huh"];

/// The distinct slots of a text's tokens, rising.
pub(crate) fn asked(tokens: &[&str]) -> Vec<u16> {
    let mut slots = Slots(Vec::with_capacity(32));
    let mut from = 0;
    for (at, token) in tokens.iter().enumerate() {
        if token.starts_with(['.', '!', '?', ';']) {
            let marked = token.starts_with('?');
            if at > from || marked {
                slots.clause(&tokens[from..at], if marked { "?" } else { "." });
            }
            from = at + 1;
        }
    }
    if from < tokens.len() {
        slots.clause(&tokens[from..], ".");
    }
    if count(tokens) <= 4 {
        slots.take_all("w", "", tokens);
    }
    slots.0.sort_unstable();
    slots.0.dedup();
    slots.0
}

struct Slots(Vec<u16>);

impl Slots {
    fn take(&mut self, parts: &[&str]) {
        self.0.push(slot_of(parts, ASKED_SLOTS));
    }

    /// Words that make one feature.
    fn take_all(&mut self, name: &str, mark: &str, words: &[&str]) {
        let words = words.join(" ");
        self.take(&[name, mark, " ", &words]);
    }

    /// A clause that ends with a mark of question (`?`) or without (`.`).
    fn clause(&mut self, clause: &[&str], mark: &str) {
        let said = begun(clause);
        let words = count(said);
        let kinds: String = said.iter().take(3).map(|word| kind(word)).collect();
        let two = &kinds[..kinds.len().min(2)];
        self.take(&["k", mark, &kinds]);
        self.take(&["k", mark, two]);
        self.take(&["n", mark, ["0", "1", "2", "3", "4", "5"][words.min(5)]]);
        if let [first, rest @ ..] = said {
            self.take(&["f ", first]);
            self.take(&["f", mark, " ", first]);
            if let [second, ..] = rest {
                self.take(&["g ", first, " ", second]);
            }
            if matches!(two, "AP" | "WA") {
                self.take(&["i", mark, ["2", "3", "4"][words.clamp(2, 4) - 2]]);
            }
            if matches!(kind(first), "P" | "o") {
                self.take(&["d", mark, if words <= 2 { "s" } else { "l" }]);
            }
            if said.iter().any(|word| matches!(*word, "you" | "your")) {
                self.take(&["y", mark, kind(first)]);
            }
        }
        if words <= 4 {
            self.take_all("x", mark, said);
        }
        self.end(clause, words, mark);
        for three in said.windows(3) {
            let pair = [kind(three[1]), kind(three[2])];
            if matches!(pair, ["A", "P"] | ["W", "A" | "P"]) {
                self.take(&["m", mark, pair[0], pair[1], if three[0] == "," { "," } else { "" }]);
            }
        }
    }

    /// How a clause ends: `isn't it`, `or`, `right`.
    fn end(&mut self, clause: &[&str], words: usize, mark: &str) {
        let mut last = clause.iter().rev().filter(|token| token.starts_with(is_letter));
        let (Some(last), before) = (last.next(), last.next()) else { return };
        if words > 3 && kind(last) == "P" && before.is_some_and(|before| kind(before) == "A") {
            self.take(&["t", mark]);
        }
        if TAGS.contains(last) {
            self.take(&["e", mark, last]);
        }
    }
}

/// The kind of a word: auxiliary, pronoun, asking word, or other.
fn kind(word: &str) -> &'static str {
    if AUXILIARIES.contains(&word) {
        "A"
    } else if PRONOUNS.contains(&word) {
        "P"
    } else if ASKING.contains(&word) {
        "W"
    } else {
        "o"
    }
}

/// Tokens that are words.
fn count(tokens: &[&str]) -> usize {
    tokens.iter().filter(|token| token.starts_with(is_letter)).count()
}

/// The clause without fillers and repetitions at its beginning.
fn begun<'a, 'b>(mut clause: &'b [&'a str]) -> &'b [&'a str] {
    while let Some(first) = clause.first() {
        let at = |place: usize| clause.get(place).copied();
        let again = |place: usize| at(place) == Some(first);
        let skipped = if at(1).is_some_and(|second| FILLER_PAIRS.contains(&(first, second))) {
            2
        } else if FILLERS.contains(first) || !first.starts_with(|c| is_letter(c) || c == '<') || again(1) {
            1
        } else if at(1) == Some(",") && again(2) {
            2
        } else if matches!(at(2), Some("," | "-")) && again(3) {
            3
        } else {
            break;
        };
        clause = &clause[skipped..];
    }
    clause
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::with_tokens;

    fn slots_of(text: &str) -> Vec<u16> {
        with_tokens(text, asked)
    }

    #[test]
    fn clauses_begin_where_something_is_said() {
        let begun = |text: &str| with_tokens(text, |tokens| begun(tokens).join(" "));
        assert_eq!(begun("Well, uh, you know, do you, do you garden"), "do you garden");
        assert_eq!(begun("So, I, I mean what what is that"), "what is that");
        assert_eq!(begun("uh, what is, what is it"), "what is it");
        assert_eq!(begun("the - the dog"), "the - the dog");
        assert_eq!(begun("is it, is it on"), "is it on");
        assert_eq!(begun("um, ..."), "");
    }

    /// Worked out by hand: kinds, both ends of the clause and its length, without regard for what stands before it.
    #[test]
    fn fillers_change_nothing_of_a_clause() {
        let long = slots_of("oh well, did you ever get it to run there?");
        let plain = slots_of("did you ever get it to run there?");
        assert_eq!(long, plain);
        assert_ne!(plain, slots_of("did you ever get it to run there."));
        let expected = ["k?APo", "k?AP", "n?5", "f did", "f? did", "g did you", "i?4", "y?A"];
        let mut expected: Vec<u16> = expected.iter().map(|name| slot_of(&[name], ASKED_SLOTS)).collect();
        expected.sort_unstable();
        assert_eq!(plain, expected);
    }

    #[test]
    fn tags_are_seen() {
        let tag = slot_of(&["t?"], ASKED_SLOTS);
        assert!(slots_of("that is the last one, isn't it?").contains(&tag));
        assert!(!slots_of("isn't it?").contains(&tag));
        assert!(slots_of("you want both, right").contains(&slot_of(&["e.right"], ASKED_SLOTS)));
        assert_eq!(slots_of(""), [slot_of(&["w "], ASKED_SLOTS)]);
    }
}
