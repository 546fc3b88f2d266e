//! Channels whose members say what they reply to. There a message that names nothing rather belongs to nothing: what is not
//! plain was named.

use super::{Message, Turn, window};
use crate::thread::Cues;

/// Members of a channel say what they reply to when one message in so many does.
const ONE_IN: usize = 10;

/// Whether members of this channel say what they reply to.
pub fn names_replies(messages: &[Message<'_>]) -> bool {
    let named = messages.iter().filter(|message| message.replies_to.is_some()).count();
    named * ONE_IN >= messages.len()
}

/// As [`super::read_channel`], for channels whose members say what they reply to: a message goes on from what it names; without that, unless it
/// asks, from the last message of whom it speaks to.
pub fn read_replies(messages: &[Message<'_>]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::with_capacity(messages.len());
    for (number, message) in messages.iter().enumerate() {
        let named = message.replies_to.filter(|before| *before < number);
        let called = || {
            let speaks_to = |before: &usize| message.speaks_to.contains(&messages[*before].author);
            let asks = message.cues.has(Cues::ASKS);
            window(messages, number).rev().find(speaks_to).filter(|_| !asks && !message.speaks_to.is_empty())
        };
        let replies_to = named.or_else(called);
        let conversation = replies_to.map_or(number, |before| turns[before].conversation);
        turns.push(Turn { replies_to, conversation, confidence: 1.0 });
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: u32 = 1;
    const BOB: u32 = 2;
    const CID: u32 = 3;

    fn message(author: u32, cues: Cues, speaks_to: &[u32], replies_to: Option<usize>) -> Message<'_> {
        Message { author, at: 0, cues, speaks_to, words: &[], replies_to }
    }

    #[test]
    fn one_message_in_ten_is_enough() {
        let mut messages = vec![message(ADA, Cues::FITS, &[], None); 10];
        assert!(!names_replies(&messages));
        messages[9].replies_to = Some(0);
        assert!(names_replies(&messages));
        messages.push(messages[0]);
        assert!(!names_replies(&messages));
    }

    #[test]
    fn what_names_nothing_and_nobody_belongs_to_nothing() {
        let messages = [
            message(ADA, Cues::ASKS, &[], None),
            message(BOB, Cues::ASKS, &[], None),
            message(CID, Cues::FITS, &[], None),
            message(CID, Cues::FITS, &[], Some(0)),
            message(CID, Cues::FITS, &[BOB], None),
            message(BOB, Cues::THANKS, &[CID], None),
            message(BOB, Cues::ASKS, &[ADA], None),
            message(CID, Cues::FITS, &[9], None),
            // Nothing can be replied to before it is said.
            message(CID, Cues::FITS, &[], Some(8)),
        ];
        let turns = read_replies(&messages);
        let replies: Vec<Option<usize>> = turns.iter().map(|turn| turn.replies_to).collect();
        assert_eq!(replies, [None, None, None, Some(0), Some(1), Some(4), None, None, None]);
        let conversations: Vec<usize> = turns.iter().map(|turn| turn.conversation).collect();
        assert_eq!(conversations, [0, 1, 2, 0, 1, 1, 6, 7, 8]);
        assert!(turns.iter().all(Turn::is_sure));
    }
}
