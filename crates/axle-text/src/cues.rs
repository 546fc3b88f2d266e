//! What the words of a post do in a thread, by lists of plain English phrases and by the labels that were read. A phrase
//! is looked for among whole words in lower case, so that `it works` is not found inside of `wit worksheet`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use axle_model::label::{Label, Labels};
use axle_model::thread::Cues;

const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thank u",
    "thankyou",
    "thx",
    "tks",
    "ty",
    "tysm",
    "cheers",
    "much appreciated",
    "appreciate it",
    "appreciated",
    "i appreciate",
    "many thanks",
    "danke",
    "merci",
    "gracias",
    "kudos",
    "thanx",
    "grateful",
    "very helpful",
    "that helps",
    "that helped",
];
const IN_ADVANCE: &[&str] = &[
    "in advance",
    "thanks for any",
    "thank you for any",
    "would be appreciated",
    "appreciate any",
    "thanks for reading",
];
const RESOLVES: &[&str] = &[
    "that worked",
    "this worked",
    "it worked",
    "worked for me",
    "that works",
    "this works",
    "it works",
    "works now",
    "working now",
    "works perfectly",
    "works great",
    "works fine now",
    "works well now",
    "worked perfectly",
    "worked like a charm",
    "works like a charm",
    "works again",
    "is working",
    "did the trick",
    "does the trick",
    "do the trick",
    "that did it",
    "that fixed",
    "this fixed",
    "it fixed",
    "fixed it",
    "fixed now",
    "is fixed",
    "got fixed",
    "fixes it",
    "fixed the issue",
    "fixed the problem",
    "fixed my",
    "problem solved",
    "solved it",
    "is solved",
    "solved now",
    "solved my",
    "solved the",
    "solves my",
    "solves the",
    "solves it",
    "i solved",
    "resolved now",
    "is resolved",
    "resolved it",
    "resolved the",
    "resolved by",
    "i resolved",
    "figured it out",
    "figured out",
    "i figured",
    "found the problem",
    "found the issue",
    "found the bug",
    "found it",
    "found the solution",
    "found a solution",
    "found the answer",
    "found a workaround",
    "got it working",
    "got it to work",
    "managed to",
    "got it",
    "that was it",
    "that was the problem",
    "that was the issue",
    "that's it",
    "that's what i needed",
    "that is what i needed",
    "exactly what i needed",
    "what i was looking for",
    "exactly what i",
    "what i wanted",
    "what i need",
    "makes sense",
    "that clears",
    "clear now",
    "i understand now",
    "i see now",
    "understood",
    "you are right",
    "you're right",
    "you were right",
    "my mistake",
    "my bad",
    "never mind",
    "nevermind",
    "nvm",
    "silly me",
    "no longer an issue",
    "all good now",
    "good to know",
    "answers my question",
    "answered my question",
    "up and running",
    "perfect",
    "awesome thanks",
    "great thanks",
    "i was missing",
    "i forgot to",
    "success",
    "that explains",
    "how could i miss",
    "how did i miss",
    "i see thanks",
    "i must've",
    "i must have",
    "i didn't know about",
    "i did not know about",
    "i missed that",
    "that was dumb",
    "dumb of me",
    "stupid mistake",
    "silly mistake",
    "solved",
];
const DENIES: &[&str] = &[
    "doesn't work",
    "does not work",
    "didn't work",
    "did not work",
    "not working",
    "isn't working",
    "still not",
    "still doesn't",
    "still does not",
    "still can't",
    "still get",
    "still getting",
    "still have",
    "still having",
    "still the same",
    "same error",
    "same problem",
    "same issue",
    "no luck",
    "not solved",
    "doesn't help",
    "didn't help",
    "does not help",
    "not fixed",
    "didn't fix",
    "doesn't fix",
    "not resolved",
    "don't understand",
    "do not understand",
    "still fails",
    "still crashes",
    "still broken",
    "no success",
    "won't work",
    "wouldn't work",
    "nothing works",
    "doesn't solve",
    "didn't solve",
    "without success",
    "not what i",
    "still don't",
    "still isn't",
    "unfortunately",
];
const HEDGES: &[&str] = &[
    "but",
    "however",
    "although",
    "except",
    "still",
    "let me try",
    "will try",
    "i'll try",
    "going to try",
    "gonna try",
    "try it",
    "try that",
    "try this",
    "check it out",
    "look into",
    "i'll look",
    "i'll check",
];
const JOINS: &[&str] = &[
    "same here",
    "same issue here",
    "same problem here",
    "same problem",
    "same issue",
    "me too",
    "+1",
    "bump",
    "any update",
    "any updates",
    "any news",
    "following",
    "subscribed",
    "i have the same",
    "i'm having the same",
    "having the same",
    "facing the same",
    "i am facing",
    "also interested",
    "i'd like to know",
    "same question",
    "i would also like",
    "also experiencing",
    "i also have this",
    "i'm also",
    "i am also having",
    "upvote",
    "following this",
];
const WAITS: &[&str] = &[
    "i'll take a look",
    "i will take a look",
    "i'll have a look",
    "i'll look",
    "let me check",
    "let me look",
    "i'll check",
    "will check",
    "looking into",
    "will look",
    "no idea",
    "i don't know",
    "i do not know",
    "dunno",
    "idk",
    "not sure",
    "i have no idea",
    "good question",
    "interesting question",
    "one moment",
    "wrong channel",
    "please post",
    "please share",
    "please provide",
    "can you post",
    "can you share",
    "could you post",
    "could you share",
    "need more info",
    "more information",
    "more details",
    "please open",
    "please file",
    "file an issue",
    "open an issue",
];
const POLITE: &[&str] = &[
    "welcome",
    "you're welcome",
    "congratulations",
    "congrats",
    "nice",
    "great",
    "awesome",
    "cool",
    "wow",
    "lol",
    "haha",
    "np",
    "no problem",
    "good luck",
    "happy to help",
    "glad",
    "well done",
    "great work",
    "nice work",
    "good job",
    "great job",
    "looks great",
    "looks good",
    "love it",
    "amazing",
    "anytime",
    "hi",
    "hello",
    "hey",
    "done",
    "ok",
    "okay",
    "sure",
];
const SUGGESTS: &[&str] = &[
    "have you tried",
    "did you try",
    "have you looked",
    "did you check",
    "have you checked",
    "why not",
    "what about",
    "how about",
    "can't you",
    "couldn't you",
    "isn't",
    "don't you",
    "doesn't",
    "did you mean",
    "do you mean",
    "you mean",
    "are you looking for",
    "is this what",
    "is that what",
    "does this work",
    "does that work",
    "like this",
    "something like",
    "maybe",
    "perhaps",
    "you can",
    "you could",
    "could it be",
    "would it",
    "aren't you",
    "try",
    "does this help",
    "does that help",
    "how does",
    "wouldn't",
    "shouldn't",
    "won't",
    "aren't",
    "haven't you",
    "did you forget",
    "did you remember",
];
/// How short questions without a mark begin.
const ASKING_STARTS: &[&str] = &["how", "what", "why", "where", "when", "which", "who", "whose"];
const ASKING: &[&str] = &[
    "how do i",
    "how can i",
    "how to",
    "is there a way",
    "is there any",
    "is it possible",
    "does anyone",
    "does anybody",
    "can anyone",
    "can somebody",
    "can someone",
    "could someone",
    "could anyone",
    "any idea",
    "any ideas",
    "anyone know",
    "any suggestions",
    "any help",
    "any advice",
    "any hints",
    "i need help",
    "need some help",
    "need help",
    "please help",
    "help me",
    "i am wondering",
    "i'm wondering",
    "i was wondering",
    "wondering if",
    "wondering how",
    "wondering whether",
    "what is the best",
    "what's the best",
    "i can't figure",
    "i don't know how",
    "don't understand why",
    "trying to figure out",
    "looking for a way",
    "looking for help",
    "i'm stuck",
    "i am stuck",
    "not sure how",
    "would like to know",
    "i'd like to know",
    "can't seem to",
    "i have a question",
    "what am i doing wrong",
];

/// In the post that opens a thread, a trouble told asks for help as well.
const TROUBLES: &[&str] = &[
    "error",
    "errors",
    "i get",
    "i got",
    "i'm getting",
    "i am getting",
    "keep getting",
    "problem",
    "problems",
    "fails",
    "failed to",
    "failing",
    "i can't",
    "i cannot",
    "can't get",
    "cannot get",
    "doesn't work",
    "does not work",
    "not working",
    "not work",
    "didn't work",
    "trying to",
    "tried to",
    "i try to",
    "have an issue",
    "an issue",
    "having trouble",
    "trouble",
    "having issues",
    "undefined",
    "crash",
    "crashes",
    "crashed",
    "in advance",
    "i want to",
    "i need to",
    "i would like to",
    "i'd like to",
    "unable to",
    "without success",
    "no success",
    "weird",
    "strange",
    "broken",
    "wrong",
    "help",
    "stuck",
    "does nothing",
    "don't know",
    "do not know",
    "missing",
    "no luck",
    "unexpected",
    "instead of",
];

/// The lists, each a bit of [`Found`].
const LISTS: [&[&str]; 10] = [THANKS, IN_ADVANCE, RESOLVES, DENIES, HEDGES, JOINS, WAITS, POLITE, SUGGESTS, ASKING];
const TROUBLES_BIT: usize = LISTS.len();

/// Which lists have a phrase in a text: bit n for list n, the last one for troubles.
#[derive(Clone, Copy, Default)]
struct Found(u16);

impl Found {
    fn has(self, list: usize) -> bool {
        self.0 & (1 << list) != 0
    }
}

/// Finds all phrases of all lists in one pass.
struct Phrases {
    finder: AhoCorasick,
    /// The lists of each phrase.
    lists: Vec<Found>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let all = LISTS.iter().copied().chain([TROUBLES]).enumerate();
    let (lists, phrases): (Vec<Found>, Vec<&str>) =
        all.flat_map(|(list, phrases)| phrases.iter().map(move |phrase| (Found(1 << list), *phrase))).unzip();
    let finder = AhoCorasick::builder().match_kind(MatchKind::Standard).build(phrases);
    Phrases { finder: finder.expect("a few hundred short phrases"), lists }
});

/// Whether a text begins by telling how or why something is done, as titles of reports do: `How we test`, `Why I left`. With
/// a mark of question anywhere, or `How we can …`, it may ask.
pub(crate) fn tells(text: &str) -> bool {
    const WHO: [&str; 5] = ["we", "i", "our", "my", "they"];
    const ASKS: [&str; 9] = ["can", "could", "should", "would", "may", "might", "do", "will", "to"];
    let mut words = text.split_whitespace().map(str::to_lowercase);
    let mut next = || words.next().unwrap_or_default();
    let (first, who, verb) = (next(), next(), next());
    let is_asked = text.contains(['?', '\u{ff1f}']);
    matches!(first.as_str(), "how" | "why" | "what")
        && WHO.contains(&who.as_str())
        && !ASKS.contains(&verb.as_str())
        && !is_asked
}

/// What a text does in a thread; `labels` are those that were read in it, `answer` the probability that it answers.
pub(crate) fn cues(text: &str, labels: Labels, answer: f32) -> Cues {
    let text = Plain::read(text);
    let found = text.found();
    let [thanks, in_advance, resolves, denies, hedges, joins, waits, polite, suggests, asking] =
        std::array::from_fn(|list| found.has(list));
    let (refers, words) = (text.has_reference, text.words);
    let resolves = !denies && ((resolves && words <= MOST_WORDS_TO_RESOLVE) || labels.has(Label::Resolution));
    let asks_alone = text.has_question || asking || text.starts_asking();
    let only_asks = asks_alone && !suggests && !refers && text.told_words < 8;
    let only_joins = joins && words < 25 && !refers;
    let only_thanks = words <= 6 && (thanks || polite) && !refers;
    let only_waits = words < 16 && waits && !refers;
    let is_empty = words == 0 && !refers;
    Cues::default()
        .with(Cues::ASKS, asks_alone || (labels.has(Label::Question) && !resolves))
        .with(Cues::SEEKS, found.has(TROUBLES_BIT))
        .with(
            Cues::FITS,
            !is_empty && !only_asks && !only_joins && !only_thanks && !only_waits && answer >= LEAST_ANSWER,
        )
        .with(Cues::REFERS, refers)
        .with(Cues::THANKS, (thanks || labels.has(Label::Thanks)) && !in_advance)
        .with(Cues::RESOLVES, resolves)
        .with(Cues::DENIES, denies)
        .with(Cues::HEDGES, hedges)
}

/// Longer posts go on with the discussion, whatever works in them.
const MOST_WORDS_TO_RESOLVE: usize = 100;

/// A text alone can hardly say that it answers: only a probability below this speaks against it.
const LEAST_ANSWER: f32 = 0.02;

/// A text made plain: ` words with one space between `, and what is known of its sentences.
struct Plain {
    plain: String,
    words: usize,
    /// Words outside of questions.
    told_words: usize,
    has_question: bool,
    /// It refers to code or an address.
    has_reference: bool,
}

impl Plain {
    fn read(text: &str) -> Self {
        let mut read = Self {
            plain: String::with_capacity(text.len() + 2),
            words: 0,
            told_words: 0,
            has_question: false,
            has_reference: false,
        };
        read.plain.push(' ');
        read.has_reference = ["`", "http://", "https://"].iter().any(|mark| text.contains(mark));
        for sentence in text.split_inclusive(['.', '!', '?', '\n', '？', '؟']) {
            let is_question = sentence.trim_end().ends_with(['?', '？', '؟']);
            let before = read.words;
            read.add(sentence);
            if is_question {
                read.has_question |= read.words > 0;
            } else {
                read.told_words += read.words - before;
            }
        }
        read
    }

    fn add(&mut self, sentence: &str) {
        let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '+');
        for word in sentence.split(|c| !is_inner(c)).filter(|word| !word.is_empty()) {
            self.plain.extend(word.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }));
            self.plain.push(' ');
            self.words += 1;
        }
    }

    fn found(&self) -> Found {
        let bytes = self.plain.as_bytes();
        let mut found = Found::default();
        for hit in PHRASES.finder.find_overlapping_iter(&self.plain) {
            if bytes[hit.start() - 1] == b' ' && bytes[hit.end()] == b' ' {
                found.0 |= PHRASES.lists[hit.pattern().as_usize()].0;
            }
        }
        found
    }

    /// A short text without a mark that begins as questions do: `what version are you on`.
    fn starts_asking(&self) -> bool {
        let first = self.plain.trim_start().split(' ').next().unwrap_or_default();
        (3..25).contains(&self.words) && ASKING_STARTS.contains(&first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Cues {
        cues(text, Labels::default(), 1.0)
    }

    #[test]
    fn words_do_what_people_mean() {
        assert!(read("How do I rotate the key?").has(Cues::ASKS));
        assert!(!read("How do I rotate the key?").has(Cues::FITS));
        assert!(read("Have you tried to restart it?").has(Cues::FITS));
        assert!(read("Run `axle serve` once more").has(Cues::FITS.with(Cues::REFERS, true)));
        for empty in ["+1", "same here", "thanks!", "let me check", "", "\u{1f44d}"] {
            assert!(!read(empty).has(Cues::FITS), "{empty}");
        }
        assert!(read("Thank you, that worked!").has(Cues::THANKS.with(Cues::RESOLVES, true)));
        assert!(!read("Thanks in advance").has(Cues::THANKS));
        let denied = read("Thanks, but that still doesn't work");
        assert!(denied.has(Cues::DENIES.with(Cues::HEDGES, true)) && !denied.has(Cues::RESOLVES));
        // Inside of other words, a phrase is none.
        assert!(!read("a wit worksheet for unthanksgiving").has(Cues::THANKS));
        assert!(read("my build fails").has(Cues::SEEKS));
    }

    #[test]
    fn labels_add_what_phrases_miss() {
        let labels = |label| Labels::default().with(label, true);
        assert!(cues("works like we hoped it would", labels(Label::Resolution), 1.0).has(Cues::RESOLVES));
        assert!(cues("anybody around", labels(Label::Question), 1.0).has(Cues::ASKS));
        assert!(!cues("a long story about the weather of last week", Labels::default(), 0.0).has(Cues::FITS));
    }
}
