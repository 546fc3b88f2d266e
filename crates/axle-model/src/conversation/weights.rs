//! Written by `training/conversations/fit.py`: do not change by hand. "It" is an earlier message.

/// Times the natural logarithm of how many messages it lies back.
pub(super) const DISTANCE: f64 = -1.55;
/// Times the words that both have, three at most.
pub(super) const SHARED_WORD: f64 = 1.24;
/// It is of the conversation in which the author spoke last.
pub(super) const OWN_CONVERSATION: f64 = 1.97;
/// It is the author's own last message.
pub(super) const OWN_LAST: f64 = 1.17;
/// It is the author's own, and both speak to the same person.
pub(super) const TO_SAME: f64 = 0.68;
/// The message speaks to others than its author; of the author's own: than it speaks to.
pub(super) const TO_OTHER: f64 = -2.07;
/// The message speaks to its author.
pub(super) const TO_IT: f64 = 3.51;
/// It speaks to the author of the message.
pub(super) const IT_TO_AUTHOR: f64 = 1.09;
/// It speaks to others only.
pub(super) const IT_TO_OTHER: f64 = -1.38;
/// It is the last that speaks to the author of the message.
pub(super) const LAST_TO_AUTHOR: f64 = 0.87;
/// It asks, and the message could answer.
pub(super) const ANSWERS: f64 = 0.55;
/// It could answer, and the message thanks or says that it works.
pub(super) const SETTLES: f64 = 0.48;
/// It is another's, and the message asks.
pub(super) const ASKS_OTHER: f64 = -0.42;
/// The message opens a conversation.
pub(super) const OPENS: f64 = 0.36;
/// It does, and asks.
pub(super) const OPENS_ASKING: f64 = 0.40;
/// It does and asks, and its author said nothing in the window.
pub(super) const OPENS_ASKING_ANEW: f64 = 1.59;
/// It does, and tells of a trouble.
pub(super) const OPENS_SEEKING: f64 = 0.38;
/// It does, and speaks to somebody.
pub(super) const OPENS_TO_SOMEBODY: f64 = -2.12;
