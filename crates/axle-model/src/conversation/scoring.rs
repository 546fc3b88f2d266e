//! How likely a message goes on from each of those before it, as sums of weights: whom both speak to, what their words do,
//! how far apart they stand.

use std::array;
use std::ops::Range;
use std::sync::LazyLock;

use super::{Message, Turn, WINDOW, weights};
use crate::thread::Cues;

/// More words in common say no more.
const MOST_SHARED_WORDS: usize = 3;

/// What each distance counts: natural logarithms times the weight.
static OF_DISTANCE: LazyLock<[f64; WINDOW + 1]> =
    LazyLock::new(|| array::from_fn(|distance| (distance.max(1) as f64).ln() * weights::DISTANCE));

/// A message and what is known of the window before it.
pub(super) struct Around<'a> {
    messages: &'a [Message<'a>],
    number: usize,
    message: &'a Message<'a>,
    /// The author's last message in the window.
    own_last: Option<usize>,
    /// The conversation of that.
    own_conversation: Option<usize>,
    /// The last message in the window that speaks to the author.
    last_to_author: Option<usize>,
}

impl<'a> Around<'a> {
    pub(super) fn of(messages: &'a [Message<'a>], turns: &[Turn], window: Range<usize>, number: usize) -> Self {
        let message = &messages[number];
        let last = |fits: &dyn Fn(&Message<'_>) -> bool| window.clone().rev().find(|before| fits(&messages[*before]));
        let own_last = last(&|before| before.author == message.author);
        let last_to_author = last(&|before| before.speaks_to.contains(&message.author));
        let own_conversation = own_last.map(|own| turns[own].conversation);
        Self { messages, number, message, own_last, own_conversation, last_to_author }
    }

    /// The score of going on from a message of the window, with which it shares so many words.
    pub(super) fn score(&self, before: usize, conversation: usize, shared_words: usize) -> f64 {
        let (message, earlier) = (self.message, &self.messages[before]);
        let words = shared_words.min(MOST_SHARED_WORDS) as f64;
        let by_author =
            if earlier.author == message.author { self.score_of_own(before) } else { self.score_of_other(before) };
        OF_DISTANCE[self.number - before]
            + words * weights::SHARED_WORD
            + when(self.own_conversation == Some(conversation), weights::OWN_CONVERSATION)
            + by_author
    }

    fn score_of_own(&self, before: usize) -> f64 {
        let (to, earlier_to) = (self.message.speaks_to, self.messages[before].speaks_to);
        let is_to_same = to.iter().any(|who| earlier_to.contains(who));
        when(self.own_last == Some(before), weights::OWN_LAST)
            + when(is_to_same, weights::TO_SAME)
            + when(!to.is_empty() && !is_to_same, weights::TO_OTHER)
    }

    fn score_of_other(&self, before: usize) -> f64 {
        let (message, earlier) = (self.message, &self.messages[before]);
        let is_to_it = message.speaks_to.contains(&earlier.author);
        let is_to_me = earlier.speaks_to.contains(&message.author);
        let settles = message.cues.has(Cues::THANKS) || message.cues.has(Cues::RESOLVES);
        when(is_to_it, weights::TO_IT)
            + when(!is_to_it && !message.speaks_to.is_empty(), weights::TO_OTHER)
            + when(is_to_me, weights::IT_TO_AUTHOR)
            + when(!is_to_me && !earlier.speaks_to.is_empty(), weights::IT_TO_OTHER)
            + when(self.last_to_author == Some(before), weights::LAST_TO_AUTHOR)
            + when(earlier.cues.has(Cues::ASKS) && message.cues.has(Cues::FITS), weights::ANSWERS)
            + when(settles && earlier.cues.has(Cues::FITS), weights::SETTLES)
            + when(message.cues.has(Cues::ASKS), weights::ASKS_OTHER)
    }

    /// The score of opening a conversation.
    pub(super) fn score_of_opening(&self) -> f64 {
        let asks = self.message.cues.has(Cues::ASKS);
        weights::OPENS
            + when(asks, weights::OPENS_ASKING)
            + when(asks && self.own_last.is_none(), weights::OPENS_ASKING_ANEW)
            + when(self.message.cues.has(Cues::SEEKS), weights::OPENS_SEEKING)
            + when(!self.message.speaks_to.is_empty(), weights::OPENS_TO_SOMEBODY)
    }
}

fn when(holds: bool, weight: f64) -> f64 {
    if holds { weight } else { 0.0 }
}
