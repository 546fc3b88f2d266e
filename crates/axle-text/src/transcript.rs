//! Cuts a transcript into utterances that can be read like sentences, and puts what they say together. A recogniser's text
//! often has no punctuation, so speakers' turns, lines and, in the end, length decide where one ends.

use std::ops::Range;

use axle_model::label::{Label, Labels, Reading, Sentiment};
use axle_model::thread::Cues;

/// One utterance, as ranges of bytes of the transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance {
    /// The name before the colon that began this turn, if the transcript names its speakers.
    pub speaker: Option<Range<usize>>,
    /// What was said, without name, time stamp and outer white space; never empty.
    pub range: Range<usize>,
}

/// Beyond so many words without a mark, an utterance is cut before the next word that begins a clause,
const WORDS_BEFORE_CLAUSE: usize = 18;
/// and beyond so many anywhere.
const MOST_WORDS: usize = 35;
const CLAUSE_STARTS: [&str; 14] =
    ["and", "but", "so", "because", "then", "okay", "ok", "well", "yeah", "yes", "no", "if", "when", "which"];
/// Longer ones before a colon are text, not a name.
const MOST_NAME_BYTES: usize = 40;
const MOST_NAME_WORDS: usize = 4;

/// The utterances in order. Linear in the text.
pub fn sentences(text: &str) -> Vec<Utterance> {
    let (mut utterances, mut speaker, mut start) = (Vec::new(), None, 0);
    for line in text.split_inclusive('\n') {
        let range = trim(text, start..start + line.len());
        start += line.len();
        if is_cue(&text[range.clone()]) {
            continue;
        }
        let range = trim(text, skip_stamp(text, range));
        let said = match name_end(&text[range.clone()]) {
            Some(end) => {
                speaker = Some(range.start..range.start + end);
                trim(text, skip_stamp(text, trim(text, range.start + end + 1..range.end)))
            }
            None => range,
        };
        cut(text, said, |range| utterances.push(Utterance { speaker: speaker.clone(), range }));
    }
    utterances
}

/// Numbers and times of subtitles: `12`, `00:00:01.000 --> 00:00:04.000`, `WEBVTT`.
fn is_cue(line: &str) -> bool {
    line == "WEBVTT" || line.contains("-->") || line.chars().all(|c| c.is_ascii_digit())
}

/// Leaves out `[00:01:02]`, `(1:02)` or `00:01:02` at the beginning.
fn skip_stamp(text: &str, range: Range<usize>) -> Range<usize> {
    let line = &text[range.clone()];
    let end = line.find(|c: char| !(c.is_ascii_digit() || "[]():.".contains(c))).unwrap_or(line.len());
    let is_stamp = line[..end].contains(':') && line[..end].contains(|c: char| c.is_ascii_digit());
    if is_stamp { range.start + end..range.end } else { range }
}

/// Where the speaker's name ends: a few words that begin with capitals or digits, before a colon and a space.
fn name_end(line: &str) -> Option<usize> {
    let end = line.find(':').filter(|&end| (1..=MOST_NAME_BYTES).contains(&end))?;
    let name = &line[..end];
    let is_followed = line[end + 1..].chars().next().is_none_or(char::is_whitespace);
    let is_name_word = |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '(');
    let is_name = name.split_whitespace().count() <= MOST_NAME_WORDS && name.split_whitespace().all(is_name_word);
    (is_followed && is_name && name.contains(char::is_alphabetic)).then_some(end)
}

fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

/// Cuts one turn after `.`, `!`, `?` and where it grows too long.
fn cut(text: &str, turn: Range<usize>, mut found: impl FnMut(Range<usize>)) {
    let (mut start, mut words) = (turn.start, 0);
    let piece = &text[turn.clone()];
    for word in piece.split_whitespace() {
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        let is_clause =
            words >= WORDS_BEFORE_CLAUSE && CLAUSE_STARTS.iter().any(|start| word.eq_ignore_ascii_case(start));
        if words >= MOST_WORDS || is_clause {
            found(trim(text, start..at));
            (start, words) = (at, 0);
        }
        words += 1;
        if word.trim_end_matches(['"', '\'', ')', '”']).ends_with(['.', '!', '?', '。', '？', '！']) {
            found(trim(text, start..at + word.len()));
            (start, words) = (at + word.len(), 0);
        }
    }
    let rest = trim(text, start..turn.end);
    if !rest.is_empty() {
        found(rest);
    }
}

/// The share of utterances by which pleased ones must outnumber displeased ones, or the other way round, for a mood.
const LEAST_LEAN: f32 = 0.2;

/// What a transcript says, from what its utterances say: a label's probability is the highest of theirs, and it holds when
/// it holds for one. The mood is that of the utterances whose mood is told, where one leads by a fifth of them; its score is
/// their mean. The language is left to the caller, who sees the whole text.
pub fn whole(utterances: &[Reading]) -> Reading {
    let mut scores = [0.0f32; Label::COUNT];
    let (mut labels, mut cues, mut mentions) = (Labels::default(), Cues::default(), Vec::new());
    for reading in utterances {
        scores.iter_mut().zip(reading.scores).for_each(|(most, score)| *most = most.max(score));
        labels = Labels::from_bits(labels.bits() | reading.labels.bits());
        cues = cues.with(reading.cues, true);
        let new = reading.mentions.iter().filter(|name| !mentions.contains(*name)).cloned().collect::<Vec<_>>();
        mentions.extend(new);
    }
    let told: Vec<&Reading> = utterances.iter().filter(|reading| reading.sentiment != Sentiment::Unknown).collect();
    let (sentiment, sentiment_score) = mood(&told);
    let model = utterances.iter().map(|reading| reading.model).max().unwrap_or_default();
    Reading { language: None, sentiment, sentiment_score, scores, labels, cues, mentions, model }
}

fn mood(told: &[&Reading]) -> (Sentiment, f32) {
    if told.is_empty() {
        return (Sentiment::Unknown, 0.0);
    }
    let count = |mood: Sentiment| told.iter().filter(|reading| reading.sentiment == mood).count() as f32;
    let of = told.len() as f32;
    let lean = (count(Sentiment::Positive) - count(Sentiment::Negative)) / of;
    let sentiment = if lean >= LEAST_LEAN {
        Sentiment::Positive
    } else if lean <= -LEAST_LEAN {
        Sentiment::Negative
    } else {
        Sentiment::Neutral
    };
    (sentiment, told.iter().map(|reading| reading.sentiment_score).sum::<f32>() / of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Vec<(&str, &str)> {
        let name = |speaker: Option<Range<usize>>| speaker.map_or("", |range| &text[range]);
        sentences(text).into_iter().map(|found| (name(found.speaker), &text[found.range])).collect()
    }

    #[test]
    fn turns_and_marks_cut() {
        let text = "Ada Byron: hello there. does it scale?\nyes it does\n\n[00:01:02] BOB: fine\nnote: not a name\n";
        let expected = [
            ("Ada Byron", "hello there."),
            ("Ada Byron", "does it scale?"),
            ("Ada Byron", "yes it does"),
            ("BOB", "fine"),
            ("BOB", "note: not a name"),
        ];
        assert_eq!(said(text), expected);
    }

    #[test]
    fn subtitles_lose_their_times() {
        let text = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\nwe start at 10:30\n";
        assert_eq!(said(text), [("", "we start at 10:30")]);
    }

    #[test]
    fn a_long_turn_is_cut_at_a_clause_or_at_last_anywhere() {
        let clause = format!("{}but then we stop", "word ".repeat(20));
        assert_eq!(said(&clause), [("", "word ".repeat(20).trim()), ("", "but then we stop")]);
        let plain = "word ".repeat(40);
        let lengths: Vec<usize> = said(&plain).iter().map(|(_, said)| said.split(' ').count()).collect();
        assert_eq!(lengths, [35, 5]);
    }

    fn reading(sentiment: Sentiment, score: f32, question: f32) -> Reading {
        let mut scores = [0.0; Label::COUNT];
        scores[Label::Question as usize] = question;
        let labels = Labels::default().with(Label::Question, question > 0.5);
        let mentions = vec!["Axle".to_owned()];
        let cues = Cues::default();
        Reading { language: None, sentiment, sentiment_score: score, scores, labels, cues, mentions, model: 1 }
    }

    #[test]
    fn a_transcript_says_what_its_utterances_say() {
        let (good, bad, plain) = (Sentiment::Positive, Sentiment::Negative, Sentiment::Neutral);
        let all = |moods: &[(Sentiment, f32)]| -> Reading {
            whole(&moods.iter().map(|(mood, score)| reading(*mood, *score, 0.0)).collect::<Vec<_>>())
        };
        assert_eq!(whole(&[]).sentiment, Sentiment::Unknown);
        // One of four is a quarter; one of six is less than a fifth. What is unknown does not count.
        let unknown = (Sentiment::Unknown, 0.0);
        let quarter = all(&[(good, 0.8), (plain, 0.0), (plain, 0.0), (plain, 0.0), unknown, unknown]);
        assert_eq!((quarter.sentiment, quarter.sentiment_score), (good, 0.2));
        let sixth = all(&[(bad, -0.6), (plain, 0.0), (plain, 0.0), (plain, 0.0), (plain, 0.0), (plain, 0.0)]);
        assert_eq!(sixth.sentiment, plain);
        let asked = whole(&[reading(plain, 0.0, 0.2), reading(plain, 0.0, 0.9)]);
        assert!(asked.labels.has(Label::Question) && asked.scores[Label::Question as usize] == 0.9);
        assert_eq!(asked.mentions, ["Axle"]);
    }

    proptest! {
        /// Nothing that was said is lost or said twice, but for names, times and white space.
        #[test]
        fn words_are_kept(text in r"([a-z]{1,6}[ .?!\n]{1,2}|é。|\PC){0,60}") {
            let mut end = 0;
            for found in sentences(&text) {
                prop_assert!(found.range.start >= end && !text[found.range.clone()].trim().is_empty());
                end = found.range.end;
            }
        }

        /// Plain words without names keep all their letters.
        #[test]
        fn letters_are_kept(text in r"([a-z]{1,6}[ .?!\n]{1,2}){0,60}") {
            let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).collect::<String>();
            let kept: String = sentences(&text).iter().map(|found| letters(&text[found.range.clone()])).collect();
            prop_assert_eq!(kept, letters(&text));
        }
    }
}
