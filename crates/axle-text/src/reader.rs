//! Everything that is said of one text at once, by the small models that are compiled in.

use std::borrow::Cow;
use std::sync::Arc;

use axle_model::label::{Label, Labels, Reading, Sentiment};

use crate::clean::clean;
use crate::cues::{cues, tells};
use crate::features::{self, asked::asked, slots_of, with_tokens};
use crate::heads::{Heads, MOOD_NUMBERS, Probabilities};
use crate::language::{Detected, detect};
use crate::large::{LargeReader, SmallMood};
use crate::mentions::Lexicon;
use crate::refit::Refit;
use crate::static_table::{StaticTable, Vector, WIDTH};
use crate::tensors::{Bytes, ModelError};
use crate::transcript::{self, Utterance};
use crate::vader::Vader;

/// The version of the models that are compiled in: raise it whenever a label of some text could change, so that texts are
/// read anew.
pub const MODEL_NAME: &str = "small-2";

/// The version of what the large models give as a second opinion.
pub const LARGE_MODEL_NAME: &str = "large-3";

/// Bytes of a text that are cleaned, and bytes of the clean text that are read; what a text says shows well before.
const MOST_SENT: usize = 64 << 10;
const MOST_READ: usize = 4_000;

/// A text of fewer words has no mood.
const FEWEST_WORDS: usize = 3;

/// A text with what stands around it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'a> {
    /// Subject or title.
    pub title: Option<&'a str>,
    /// The words, as sent: Markdown, HTML or plain text.
    pub body: &'a str,
}

/// The small models. Made once; several threads may read with it at a time.
pub struct Reader {
    table: Arc<StaticTable>,
    heads: Heads,
    vader: Arc<Vader>,
    /// What a workspace's own heads say, which general models do not know better.
    own: Own,
}

#[derive(Debug, Clone, Copy, Default)]
struct Own {
    labels: Labels,
    mood: bool,
}

impl Reader {
    /// The models that are compiled in.
    pub fn built_in() -> Self {
        let heads = Bytes::Static(include_bytes!("../models/heads-v2.safetensors"));
        Self::with_heads(heads).expect("the built-in heads are whole: a test reads them")
    }

    /// The models that are compiled in, with the heads of a file in the place of theirs. The error says what is wrong
    /// with the file.
    pub fn with_heads(heads: Bytes) -> Result<Self, ModelError> {
        Ok(Self {
            table: Arc::new(StaticTable::built_in()),
            heads: Heads::new(heads, "static", WIDTH)?,
            vader: Arc::new(Vader::new()),
            own: Own::default(),
        })
    }

    /// A workspace's own reader: these models with the changes that people's corrections made. Shares all but the heads
    /// (about 1 MB) and is as fast. Fails when the changes were made for other heads: refit anew then.
    pub fn with_refit(&self, refit: &Refit) -> Result<Self, ModelError> {
        let heads = refit.applied(&self.heads)?;
        let (table, vader) = (Arc::clone(&self.table), Arc::clone(&self.vader));
        Ok(Self { table, heads, vader, own: Own { labels: refit.labels(), mood: refit.has_mood() } })
    }

    /// What a text says. Linear in the text, of which a bounded part is read.
    pub fn read(&self, text: &Text<'_>, lexicon: &Lexicon) -> Reading {
        let words = self.words(text);
        let language = detect(&words);
        let is_read = !is_foreign(language);
        let found = self.probabilities(&words);
        let has_mark = words.contains(['?', '\u{ff1f}', '\u{61f}', '\u{37e}']);
        let decided = || without_tales(&words, self.decide(&found));
        let (scores, labels) = if is_read { (found.labels, decided()) } else { only_question(has_mark) };
        let (sentiment, sentiment_score) = match found.mood {
            Some(mood) if is_read && has_mood(&words) => mood_of(mood),
            _ => (Sentiment::Unknown, 0.0),
        };
        let answer = if is_read { scores[Label::Answer as usize] } else { 1.0 };
        Reading {
            cues: cues(&words, labels, answer),
            language: language.map(|language| language.code.to_owned()),
            sentiment,
            sentiment_score,
            scores,
            labels,
            mentions: named(&words, lexicon),
            // Whoever keeps the reading numbers its models.
            model: 0,
        }
    }

    /// As [`Reader::read`], with the second opinion of the large models on labels and mood, but for those that a workspace's
    /// own heads tell.
    pub fn read_with(&self, large: &LargeReader, text: &Text<'_>, lexicon: &Lexicon) -> Reading {
        let mut reading = self.read(text, lexicon);
        let words = self.words(text);
        if is_foreign(detect(&words)) {
            return reading;
        }
        let (slots, asked, numbers) = self.features(&words);
        let found = self.heads.probabilities(&slots, &asked, &self.table.vector(&words), &numbers);
        let opinion = large.read(&words, found.mood.map(|head| SmallMood { head, compound: numbers[0] }));
        if reading.sentiment != Sentiment::Unknown && !self.own.mood {
            (reading.sentiment, reading.sentiment_score) = mood_of(opinion.mood);
        }
        for label in Label::ALL.into_iter().filter(|label| !self.own.labels.has(*label)) {
            reading.scores[label as usize] = opinion.labels[label as usize];
            reading.labels = reading.labels.with(label, opinion.decided.has(label));
        }
        reading.labels = without_tales(&words, reading.labels);
        reading.cues = cues(&words, reading.labels, reading.scores[Label::Answer as usize]);
        reading
    }

    /// What a transcript says, utterance by utterance, and as a whole: see [`transcript::whole`]. With the second opinion
    /// of the large models, where they are given.
    pub fn read_transcript(
        &self,
        large: Option<&LargeReader>,
        text: &str,
        lexicon: &Lexicon,
    ) -> (Reading, Vec<(Utterance, Reading)>) {
        let text = cut(text, MOST_SENT);
        let read = |utterance: Utterance| {
            let said = Text { title: None, body: &text[utterance.range.clone()] };
            let reading = match large {
                Some(large) => self.read_with(large, &said, lexicon),
                None => self.read(&said, lexicon),
            };
            (utterance, reading)
        };
        let (utterances, readings): (Vec<Utterance>, Vec<Reading>) =
            transcript::sentences(text).into_iter().map(read).unzip();
        let mut whole = transcript::whole(&readings);
        whole.language = detect(cut(text, MOST_READ)).map(|language| language.code.to_owned());
        (whole, utterances.into_iter().zip(readings).collect())
    }

    /// The vector of a text, for similarity: length 1, or all zeros where no word is known.
    pub fn vector(&self, text: &Text<'_>) -> Vector {
        self.table.vector(&self.words(text))
    }

    /// The words that speak most for a label, most first, at most `count`.
    pub fn evidence(&self, text: &Text<'_>, label: Label, count: usize) -> Vec<String> {
        let words = self.words(text);
        let mut phrases: Vec<(f32, String)> = features::phrases(&words)
            .into_iter()
            .map(|(phrase, slot)| (self.heads.speaks_for(label, slot, &self.table.vector(&phrase)), phrase))
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        phrases.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut chosen: Vec<String> = Vec::new();
        for (_, phrase) in phrases {
            if !chosen.iter().any(|other| other.contains(&phrase) || phrase.contains(other.as_str())) {
                chosen.push(phrase);
            }
            if chosen.len() == count {
                break;
            }
        }
        chosen
    }

    /// The words that a text is about, the most telling first, at most `count`.
    pub fn topics(&self, text: &Text<'_>, count: usize) -> Vec<String> {
        let words = self.words(text);
        let mut telling: Vec<(f32, String)> = Vec::new();
        for word in words.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
            let word = word.trim_matches(['-', '_', '.']).to_lowercase();
            let is_word = word.chars().nth(2).is_some() && word.chars().any(char::is_alphabetic);
            if is_word && !telling.iter().any(|(_, known)| *known == word) {
                telling.push((self.table.weight(&word), word));
            }
        }
        telling.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        telling.into_iter().take(count).map(|(_, word)| word).collect()
    }

    /// Title and clean words, as far as they are read.
    pub fn words<'a>(&self, text: &Text<'a>) -> Cow<'a, str> {
        let body = clean(cut(text.body, MOST_SENT));
        let words = match text.title.map(str::trim).filter(|title| !title.is_empty()) {
            Some(title) => Cow::Owned(format!("{title}\n{body}")),
            None => body,
        };
        match words {
            Cow::Borrowed(words) => Cow::Borrowed(cut(words, MOST_READ)),
            Cow::Owned(mut words) => {
                words.truncate(cut(&words, MOST_READ).len());
                Cow::Owned(words)
            }
        }
    }

    /// What the heads see and say of a text; `None` in a language that they do not read.
    pub(crate) fn seen(&self, text: &Text<'_>) -> Option<Seen> {
        let words = self.words(text);
        if is_foreign(detect(&words)) {
            return None;
        }
        let vector = self.table.vector(&words);
        let (slots, asked, numbers) = self.features(&words);
        let found = self.heads.probabilities(&slots, &asked, &vector, &numbers);
        Some(Seen { has_mood: has_mood(&words), words: words.into_owned(), slots, vector, found })
    }

    pub(crate) fn heads(&self) -> &Heads {
        &self.heads
    }

    fn probabilities(&self, words: &str) -> Probabilities {
        let (slots, asked, numbers) = self.features(words);
        self.heads.probabilities(&slots, &asked, &self.table.vector(words), &numbers)
    }

    /// What the heads see of a text besides its vector.
    fn features(&self, words: &str) -> (Vec<u16>, Vec<u16>, [f32; MOOD_NUMBERS]) {
        with_tokens(words, |tokens| (slots_of(tokens), asked(tokens), mood_numbers(&self.vader, words, tokens)))
    }

    fn decide(&self, found: &Probabilities) -> Labels {
        let thresholds = self.heads.thresholds();
        Label::ALL.into_iter().filter(|label| found.labels[*label as usize] >= thresholds[*label as usize]).collect()
    }
}

/// What the heads see of a text, and say.
pub(crate) struct Seen {
    pub(crate) words: String,
    pub(crate) has_mood: bool,
    pub(crate) slots: Vec<u16>,
    pub(crate) vector: Vector,
    pub(crate) found: Probabilities,
}

fn has_mood(words: &str) -> bool {
    words.split_whitespace().nth(FEWEST_WORDS - 1).is_some()
}

/// Below this a language may be English with names and code words in it.
const SURELY_FOREIGN: f32 = 0.7;

fn is_foreign(language: Option<Detected>) -> bool {
    language.is_some_and(|language| language.code != "en" && language.confidence >= SURELY_FOREIGN)
}

/// The labels without that of a question where the words tell: heads hear a question in `How we use it`.
fn without_tales(words: &str, labels: Labels) -> Labels {
    labels.with(Label::Question, labels.has(Label::Question) && !tells(words))
}

/// The heads have read English alone; elsewhere a mark of question says so, and nothing else is said.
fn only_question(has_mark: bool) -> ([f32; Label::COUNT], Labels) {
    let mut scores = [0.0; Label::COUNT];
    scores[Label::Question as usize] = if has_mark { 0.8 } else { 0.0 };
    (scores, Labels::default().with(Label::Question, has_mark))
}

/// What the head of the mood sees beside features and vector, as [`MOOD_NUMBERS`] lists it.
pub(crate) fn mood_numbers(vader: &Vader, words: &str, tokens: &[&str]) -> [f32; MOOD_NUMBERS] {
    let mood = vader.scores(words);
    let compound = mood.compound as f32;
    let more = vader.tones(tokens);
    let first = [
        compound,
        mood.pos as f32,
        mood.neg as f32,
        mood.neu as f32,
        words.matches('!').count() as f32,
        f32::from(u8::from(words.contains('?'))),
        words.chars().take(400).count() as f32 / 400.0,
        f32::from(u8::from(compound.abs() < 0.05)),
    ];
    std::array::from_fn(|place| first.get(place).copied().unwrap_or_else(|| more[place - first.len()]))
}

/// The mood of probabilities of negative, neutral and positive.
pub(crate) fn mood_of([negative, neutral, positive]: [f32; 3]) -> (Sentiment, f32) {
    let sentiment = if negative > neutral.max(positive) {
        Sentiment::Negative
    } else if positive > neutral {
        Sentiment::Positive
    } else {
        Sentiment::Neutral
    };
    (sentiment, positive - negative)
}

fn named(words: &str, lexicon: &Lexicon) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for mention in lexicon.find(words) {
        let name = &lexicon.terms()[mention.term].canonical;
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The beginning of a text, at most so many bytes.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Reading {
        static READER: std::sync::LazyLock<Reader> = std::sync::LazyLock::new(Reader::built_in);
        READER.read(&Text { title: None, body }, Lexicon::known())
    }

    #[test]
    fn texts_have_the_scores_that_training_computed() {
        let reader = Reader::built_in();
        for expected in crate::test_vectors::shipped() {
            let found = reader.probabilities(&expected.text);
            for label in Label::ALL {
                let (found, told) = (found.labels[label as usize], expected.small[label.name()].as_f64().unwrap());
                assert!((f64::from(found) - told).abs() < 1e-3, "{} {} {found} {told}", expected.text, label.name());
            }
            let told: [f64; 3] = serde_json::from_value(expected.small["sentiment"].clone()).unwrap();
            for (found, told) in found.mood.unwrap().into_iter().zip(told) {
                assert!((f64::from(found) - told).abs() < 2e-3, "{} {found} {told}", expected.text);
            }
        }
    }

    #[test]
    fn plain_cases_are_read_as_anybody_would() {
        let asked = read("How do I rotate the API key without downtime?");
        assert!(asked.labels.has(Label::Question) && !asked.labels.has(Label::HandRaise));
        assert_eq!((asked.language.as_deref(), asked.sentiment), (Some("en"), Sentiment::Neutral));
        assert!(read("We need 40 seats, who can I talk to about enterprise pricing?").labels.has(Label::HandRaise));
        assert!(read("Thank you so much, that worked perfectly!").labels.has(Label::Thanks));
        assert_eq!(read("Thank you so much, that worked perfectly!").sentiment, Sentiment::Positive);
        assert_eq!(read("This release is terrible, I hate that it breaks every week").sentiment, Sentiment::Negative);
        assert_eq!(read("We moved from Slack to Discord last spring.").mentions, ["Slack", "Discord"]);
    }

    #[test]
    fn who_tells_how_does_not_ask() {
        let reader = Reader::built_in();
        let has_question = |title, body| {
            let text = Text { title: Some(title), body };
            reader.read(&text, Lexicon::known()).labels.has(Label::Question)
        };
        assert!(!has_question(
            "How we use environments",
            "They saved our last release. Here is the set-up, step by step."
        ));
        assert!(has_question("How we can use environments", "Nothing of the manual works for me so far."));
        assert!(has_question("How we use environments", "Is there a better way to keep them apart?"));
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        assert_eq!(read("great stuff").sentiment, Sentiment::Unknown);
        assert_eq!(read("").labels, Labels::default());
        let foreign = read("Wie kann ich den Schl\u{fc}ssel erneuern, ohne dass der Dienst ausf\u{e4}llt?");
        assert_eq!((foreign.language.as_deref(), foreign.sentiment), (Some("de"), Sentiment::Unknown));
        assert!(foreign.labels.has(Label::Question));
    }

    #[test]
    fn quotes_and_code_do_not_speak_for_their_bearer() {
        let quoted = read("> I hate this, it is awful and terrible\n\nMerged to main this morning, see the notes.");
        assert_ne!(quoted.sentiment, Sentiment::Negative);
    }

    #[test]
    fn the_words_that_raise_a_hand_are_named() {
        let reader = Reader::built_in();
        let text = Text { title: None, body: "Who can I talk to about enterprise pricing for 40 people?" };
        let evidence = reader.evidence(&text, Label::HandRaise, 3);
        assert!(evidence.iter().any(|phrase| phrase.contains("pricing")), "{evidence:?}");
        assert!(reader.topics(&text, 5).contains(&"pricing".to_owned()));
    }
}
