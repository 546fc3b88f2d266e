//! Conversations: what belongs together in a channel without threads, where several are held at once. Each message is held
//! against those of a window before it; the weights come from people's own links between messages, see `training/conversations`.

mod names;
mod replies;
mod scoring;
mod weights;
mod words;

use std::ops::Range;

use crate::thread::Cues;
pub use names::{Names, callable};
pub use replies::{names_replies, read_replies};
use scoring::Around;
use words::Recent;
pub use words::word_hashes;

/// A message answers one of so many before it.
const WINDOW: usize = 50;
/// And none that is older, in microseconds: two days.
const WINDOW_MICROS: i64 = 2 * 86_400_000_000;
/// A question to nobody follows nothing that others said before that, in microseconds: two hours.
const QUESTION_MICROS: i64 = 2 * 3_600_000_000;
/// A message joins a conversation when it belongs there with this probability.
const JOINS: f64 = 0.3;
/// One that asks is rather a conversation of its own.
const QUESTION_JOINS: f64 = 0.8;

/// A message as far as conversations care.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Whoever wrote it.
    pub author: u32,
    /// Microseconds since 1970.
    pub at: i64,
    /// What its words do.
    pub cues: Cues,
    /// Whom it speaks to: mentioned, or called by their name ([`Names::called`]). Never its author.
    pub speaks_to: &'a [u32],
    /// Its words ([`word_hashes`]); none where they are not known, which costs some recall.
    pub words: &'a [u32],
    /// The number of the message that its platform says it replies to.
    pub replies_to: Option<usize>,
}

/// Where a message belongs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turn {
    /// The number of the message that it goes on from; `None` where it opens a conversation.
    pub replies_to: Option<usize>,
    /// The number of the message that opened its conversation.
    pub conversation: usize,
    /// The probability that it belongs to this conversation, 0 to 1; 1 of the message that opens it.
    pub confidence: f32,
}

impl Turn {
    /// Whether it more likely than not belongs there: enough to take it for an answer.
    pub fn is_sure(&self) -> bool {
        self.confidence >= 0.5
    }
}

/// Where each message of a channel belongs. They are in the order of time, programs' and those of threads left out. Linear:
/// what follows a message changes nothing of it.
pub fn read_channel(messages: &[Message<'_>]) -> Vec<Turn> {
    let mut turns = Vec::with_capacity(messages.len());
    let (mut recent, mut shared, mut scores) = (Recent::default(), Vec::new(), Vec::new());
    for number in 0..messages.len() {
        let window = window(messages, number);
        recent.shared(number, messages[number].words, window.start, &mut shared);
        let turn = turn(messages, &turns, window, &shared, &mut scores);
        turns.push(turn);
    }
    turns
}

/// The questions of a channel, each with the messages of its conversation from it on, by number and in the order of time:
/// its author's, and those of others that are sure. `asks`: whether a message is a question by its label. It opens a
/// conversation where nothing was said before it, or only by its author; others are asked on the way.
pub fn questions(messages: &[Message<'_>], turns: &[Turn], asks: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let mut place_of: Vec<Option<usize>> = vec![None; messages.len()];
    let mut questions: Vec<Vec<usize>> = Vec::new();
    for (number, turn) in turns.iter().enumerate() {
        let is_own = |before: usize| messages[before].author == messages[number].author;
        place_of[number] = turn.replies_to.and_then(|before| place_of[before]);
        if place_of[number].is_none() && turn.replies_to.is_none_or(is_own) && asks(number) {
            place_of[number] = Some(questions.len());
            questions.push(Vec::new());
        }
        if let Some(place) = place_of[number] {
            let is_asker = questions[place].first().is_none_or(|asked| is_own(*asked));
            if is_asker || turn.is_sure() {
                questions[place].push(number);
            }
        }
    }
    questions
}

/// Where the message behind the window belongs, which shares so many words with each of it.
fn turn(
    messages: &[Message<'_>],
    turns: &[Turn],
    window: Range<usize>,
    shared: &[usize],
    scores: &mut Vec<f64>,
) -> Turn {
    let number = window.end;
    let message = &messages[number];
    if let Some(before) = message.replies_to.filter(|before| *before < number) {
        return Turn { replies_to: Some(before), ..turns[before] };
    }
    let around = Around::of(messages, turns, window.clone(), number);
    scores.clear();
    let score = |(before, shared): (usize, &usize)| match is_over(message, &messages[before]) {
        true => f64::NEG_INFINITY,
        false => around.score(before, turns[before].conversation, *shared),
    };
    scores.extend(window.clone().zip(shared).map(score));
    let opening = around.score_of_opening();
    to_probabilities(scores, opening);
    let least = if message.cues.has(Cues::ASKS) { QUESTION_JOINS } else { JOINS };
    join(turns, window.start, scores, least).unwrap_or(Turn { replies_to: None, conversation: number, confidence: 1.0 })
}

/// The messages before this one that it could go on from.
fn window(messages: &[Message<'_>], number: usize) -> Range<usize> {
    let first = number.saturating_sub(WINDOW);
    let oldest = messages[number].at.saturating_sub(WINDOW_MICROS);
    first + messages[first..number].iter().take_while(|before| before.at < oldest).count()..number
}

/// Whether a message is a question that cannot go on from an earlier one, for it was too long ago.
fn is_over(message: &Message<'_>, earlier: &Message<'_>) -> bool {
    let is_to_all = message.cues.has(Cues::ASKS) && message.speaks_to.is_empty();
    is_to_all && earlier.author != message.author && message.at.saturating_sub(earlier.at) > QUESTION_MICROS
}

/// Softmax of the scores and that of opening a conversation.
fn to_probabilities(scores: &mut [f64], opening: f64) {
    let greatest = scores.iter().copied().fold(opening, f64::max);
    scores.iter_mut().for_each(|score| *score = (*score - greatest).exp());
    let sum = (opening - greatest).exp() + scores.iter().sum::<f64>();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// The likeliest conversation of the messages from `first` on, if it is likely enough, and in it the likeliest of them.
fn join(turns: &[Turn], first: usize, probabilities: &[f64], least: f64) -> Option<Turn> {
    let conversation_of = |place: usize| turns[first + place].conversation;
    let places = || 0..probabilities.len();
    let mut order: Vec<usize> = places().collect();
    order.sort_by_key(|place| conversation_of(*place));
    let of_one = |a: &usize, b: &usize| conversation_of(*a) == conversation_of(*b);
    let sum = |part: &[usize]| part.iter().map(|place| probabilities[*place]).sum::<f64>();
    let best = order.chunk_by(of_one).max_by(|a, b| sum(a).total_cmp(&sum(b)))?;
    let likeliest = best.iter().copied().max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]))?;
    let certainty = |place: &usize| probabilities[*place] * f64::from(turns[first + place].confidence);
    (sum(best) >= least).then(|| Turn {
        replies_to: Some(first + likeliest),
        conversation: conversation_of(likeliest),
        confidence: best.iter().map(certainty).sum::<f64>() as f32,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADA: u32 = 1;
    const BOB: u32 = 2;
    const CID: u32 = 3;
    const DAN: u32 = 4;
    const ASKS: Cues = Cues::ASKS;
    const FITS: Cues = Cues::FITS;
    const MINUTE: i64 = 60_000_000;

    /// A message a minute: who wrote it, what it does, whom it speaks to.
    fn channel<'a>(messages: &[(u32, Cues, &'a [u32])]) -> Vec<Message<'a>> {
        let message = |(minute, (author, cues, speaks_to)): (i64, &(u32, Cues, &'a [u32]))| Message {
            author: *author,
            at: minute * MINUTE,
            cues: *cues,
            speaks_to,
            words: &[],
            replies_to: None,
        };
        (0..).zip(messages).map(message).collect()
    }

    fn replies(turns: &[Turn]) -> Vec<Option<usize>> {
        turns.iter().map(|turn| turn.replies_to).collect()
    }

    #[test]
    fn two_conversations_at_once_are_told_apart_by_names() {
        let messages = channel(&[
            (ADA, ASKS, &[]),
            (BOB, ASKS, &[]),
            (CID, FITS, &[ADA]),
            (DAN, FITS, &[BOB]),
            (ADA, Cues::THANKS, &[CID]),
            (BOB, Cues::RESOLVES, &[DAN]),
        ]);
        let turns = read_channel(&messages);
        assert_eq!(replies(&turns), [None, None, Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!(questions(&messages, &turns, |number| number < 2), [vec![0, 2, 4], vec![1, 3, 5]]);
        assert!(turns.iter().all(Turn::is_sure));
    }

    #[test]
    fn an_answer_needs_no_name_where_one_thing_is_talked_of() {
        let messages = channel(&[(ADA, ASKS, &[]), (BOB, FITS, &[]), (ADA, Cues::THANKS, &[])]);
        let turns = read_channel(&messages);
        assert_eq!(questions(&messages, &turns, |number| number == 0), [[0, 1, 2]]);
    }

    #[test]
    fn what_the_platform_says_is_believed() {
        let mut messages = channel(&[(ADA, ASKS, &[]), (BOB, ASKS, &[]), (CID, FITS, &[BOB])]);
        messages[2].replies_to = Some(0);
        let turns = read_channel(&messages);
        assert_eq!(turns[2], Turn { replies_to: Some(0), conversation: 0, confidence: 1.0 });
        // A message cannot reply to a later one, nor to itself.
        messages[2].replies_to = Some(2);
        assert_eq!(read_channel(&messages)[2].replies_to, Some(1));
    }

    #[test]
    fn what_is_long_past_is_over() {
        let mut messages = channel(&[(ADA, ASKS, &[]), (BOB, FITS, &[ADA])]);
        messages[1].at = WINDOW_MICROS;
        assert_eq!(read_channel(&messages)[1].replies_to, Some(0));
        messages[1].at += 1;
        assert_eq!(read_channel(&messages)[1].replies_to, None);
    }

    #[test]
    fn a_question_after_a_silence_is_a_new_one() {
        let mut messages = channel(&[(CID, ASKS, &[]), (BOB, FITS, &[CID]), (ADA, ASKS, &[]), (BOB, ASKS, &[ADA])]);
        messages[2].at = QUESTION_MICROS + 2 * MINUTE;
        messages[3].at = messages[2].at + QUESTION_MICROS + MINUTE;
        let turns = read_channel(&messages);
        assert_eq!(turns[2].replies_to, None);
        // Bob says whom he asks.
        assert_eq!(turns[3].replies_to, Some(2));
        messages[3].speaks_to = &[];
        assert_ne!(read_channel(&messages)[3].replies_to, Some(2));
    }

    #[test]
    fn a_question_may_follow_its_authors_own_words() {
        let messages = channel(&[(ADA, FITS, &[]), (ADA, ASKS, &[]), (BOB, FITS, &[ADA]), (BOB, ASKS, &[ADA])]);
        let to = |replies_to, confidence| Turn { replies_to, conversation: 0, confidence };
        let mut turns = [to(None, 1.0), to(Some(0), 0.4), to(Some(1), 0.9), to(Some(2), 0.9)];
        // What Bob asks back is a part of it.
        assert_eq!(questions(&messages, &turns, |number| number % 2 == 1), [[1, 2, 3]]);
        turns[2].confidence = 0.4;
        assert_eq!(questions(&messages, &turns, |number| number % 2 == 1), [[1, 3]]);
        assert!(questions(&messages, &turns, |_| false).is_empty());
    }

    #[test]
    fn an_answer_in_a_doubtful_place_is_doubtful() {
        let turns = [
            Turn { replies_to: None, conversation: 0, confidence: 1.0 },
            Turn { replies_to: Some(0), conversation: 0, confidence: 0.5 },
            Turn { replies_to: None, conversation: 2, confidence: 1.0 },
        ];
        // 0.1 + 0.5 * 0.6 = 0.4, of a conversation that has 0.7 of the probability.
        let joined = join(&turns, 0, &[0.1, 0.6, 0.2], JOINS).unwrap();
        assert_eq!((joined.replies_to, joined.conversation), (Some(1), 0));
        assert!((joined.confidence - 0.4).abs() < 1e-6 && !joined.is_sure());
        assert_eq!(join(&turns, 0, &[0.1, 0.6, 0.2], 0.71), None);
        assert_eq!(join(&[], 0, &[], JOINS), None);
    }

    #[test]
    fn probabilities_sum_to_one() {
        let mut scores = [2f64.ln(), 5f64.ln()];
        to_probabilities(&mut scores, 3f64.ln());
        assert!((scores[0] - 0.2).abs() < 1e-12 && (scores[1] - 0.5).abs() < 1e-12);
    }

    type Written = (u32, u8, Vec<u32>, i64, Option<usize>);

    fn written() -> impl Strategy<Value = Vec<Written>> {
        let message =
            (0u32..5, any::<u8>(), prop::collection::vec(0u32..5, 0..3), 0..MINUTE * 900, prop::option::of(0usize..90));
        prop::collection::vec(message, 0..90)
    }

    proptest! {
        /// Links go back, within the window; conversations are those of the messages linked to; and what comes later changes nothing.
        #[test]
        fn turns_are_sound(written in written(), cut in 0usize..90) {
            let mut at = 0;
            let messages: Vec<Message<'_>> = written
                .iter()
                .map(|(author, cues, speaks_to, pause, replies_to)| {
                    at += pause;
                    let cues = Cues::from_bits(*cues);
                    let words = speaks_to.as_slice();
                    Message { author: *author, at, cues, speaks_to, words, replies_to: *replies_to }
                })
                .collect();
            let turns = read_channel(&messages);
            for (number, turn) in turns.iter().enumerate() {
                prop_assert!((0.0..=1.0001).contains(&turn.confidence));
                match turn.replies_to {
                    None => prop_assert_eq!(turn.conversation, number),
                    Some(before) => {
                        prop_assert!(before < number);
                        prop_assert_eq!(turn.conversation, turns[before].conversation);
                        let is_near = number - before <= WINDOW && messages[number].at - messages[before].at <= WINDOW_MICROS;
                        prop_assert!(is_near || messages[number].replies_to == Some(before));
                    }
                }
            }
            let cut = cut.min(messages.len());
            prop_assert_eq!(&read_channel(&messages[..cut]), &turns[..cut]);
        }
    }
}
