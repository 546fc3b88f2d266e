//! What became of a thread: open, answered or resolved, and by whom. Marks of the platform decide; then what the words of each
//! post do in the conversation, which was found out when they were read.

/// What the words of a post do in a thread, as far as they can say without the posts around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Cues(u8);

impl Cues {
    /// It asks for help or an answer.
    pub const ASKS: Self = Self(1);
    /// It tells of a trouble, as those do who want help.
    pub const SEEKS: Self = Self(1 << 1);
    /// It could answer: it is more than a question back, agreement, thanks, a wish or a word of waiting.
    pub const FITS: Self = Self(1 << 2);
    /// It shows code or an address.
    pub const REFERS: Self = Self(1 << 3);
    /// It thanks for help that was given.
    pub const THANKS: Self = Self(1 << 4);
    /// It says that it works, is solved, is understood.
    pub const RESOLVES: Self = Self(1 << 5);
    /// It says that it does not work.
    pub const DENIES: Self = Self(1 << 6);
    /// A "but" or "however" stands beside its thanks.
    pub const HEDGES: Self = Self(1 << 7);

    /// The set of these bits.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits, as above.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Both sets, if the second holds.
    #[must_use]
    pub const fn with(self, other: Self, holds: bool) -> Self {
        if holds { Self(self.0 | other.0) } else { self }
    }

    /// Whether every cue of `other` is there.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One post of a thread.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// Whoever wrote it.
    pub author: u32,
    /// Marked as the accepted answer.
    pub is_accepted: bool,
    /// What its words do.
    pub cues: Cues,
}

/// How far a thread has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Nobody has answered, or the asker asked again after the last answer.
    Open,
    /// Another than the asker answered.
    Answered,
    /// The asker or the platform says that it is settled.
    Resolved,
}

impl State {
    /// As tables write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Resolved => "resolved",
        }
    }
}

/// What [`read_thread`] found; posts are given by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadState {
    /// How far it has come.
    pub state: State,
    /// Whether the words of its opening ask.
    pub asks: bool,
    /// The answer that stands: never by the asker. Also in a resolved thread, where there is one.
    pub answer: Option<usize>,
    /// The post that says it is settled; `None` when only the platform's mark says so.
    pub resolution: Option<usize>,
    /// All posts that fit as answers.
    pub answers: Vec<usize>,
    /// Posts by others that the asker thanked for.
    pub thanked: Vec<usize>,
}

/// Reads a thread from its posts in the order of time, programs' left out. `is_marked`: its platform says that it is
/// settled. The first post's author is the asker.
pub fn read_thread(posts: &[Post], is_marked: bool) -> ThreadState {
    let mut walk = Walk { asker: posts.first().map(|post| post.author), ..Walk::default() };
    for (index, post) in posts.iter().enumerate() {
        walk.step(index, post);
    }
    walk.finish(posts, is_marked)
}

/// The state while the posts are gone through in order.
#[derive(Default)]
struct Walk {
    asker: Option<u32>,
    asks: bool,
    has_reply: bool,
    /// The last post by another, which a bare "thanks" thanks for when nothing fits as an answer.
    last_reply: Option<usize>,
    /// Answers since the asker last asked, with how well each fits.
    standing: Vec<(usize, f32)>,
    answers: Vec<usize>,
    /// The post before this one is the last of `standing`.
    is_after_answer: bool,
    thanked: Vec<usize>,
    resolution: Option<usize>,
}

impl Walk {
    fn step(&mut self, index: usize, post: &Post) {
        let cues = post.cues;
        if Some(post.author) != self.asker {
            self.has_reply = true;
            self.last_reply = Some(index);
            self.is_after_answer = cues.has(Cues::FITS);
            if self.is_after_answer {
                self.standing.push((index, fit(self.answers.len(), cues)));
                self.answers.push(index);
            }
        } else if self.has_reply {
            self.hear_asker(index, cues);
            self.is_after_answer = false;
        } else {
            // Someone who found the solution alone says so below the own question.
            if self.asks && cues.has(Cues::RESOLVES) && !cues.has(Cues::ASKS) {
                self.resolution = Some(index);
            }
            self.asks |= cues.has(Cues::ASKS) || cues.has(Cues::SEEKS);
        }
    }

    /// The asker speaks after others did.
    fn hear_asker(&mut self, index: usize, cues: Cues) {
        let says = |cue: Cues| f32::from(u8::from(cues.has(cue)));
        let (thanks, resolves) = (cues.has(Cues::THANKS), cues.has(Cues::RESOLVES));
        let (denies, asks) = (cues.has(Cues::DENIES), cues.has(Cues::ASKS));
        let meant = self.standing.last().map(|(post, _)| *post).or(self.last_reply);
        self.thanked.extend(meant.filter(|_| thanks));
        if self.is_after_answer
            && let Some((_, fit)) = self.standing.last_mut()
        {
            *fit += 1.2 * says(Cues::THANKS) + 0.6 * says(Cues::RESOLVES)
                - 0.5 * says(Cues::DENIES)
                - 0.5 * says(Cues::ASKS);
        }
        if asks {
            self.standing.clear();
            self.resolution = None;
        } else if denies {
            self.resolution = None;
        } else if resolves || (thanks && !cues.has(Cues::HEDGES) && !self.standing.is_empty()) {
            self.resolution = Some(index);
        }
    }

    fn finish(self, posts: &[Post], is_marked: bool) -> ThreadState {
        let accepted = posts.iter().position(|post| post.is_accepted);
        let accepted_of_other = accepted.filter(|post| Some(posts[*post].author) != self.asker);
        let is_marked = is_marked || accepted.is_some();
        let best = self.standing.iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(post, _)| *post);
        // A resolved thread has an answer even when the asker asked on in between.
        let answer = accepted_of_other.or(best).or(self.answers.last().copied().filter(|_| is_marked));
        let resolution = accepted.or(self.resolution);
        let state = match () {
            () if is_marked || resolution.is_some() => State::Resolved,
            () if answer.is_some() => State::Answered,
            () => State::Open,
        };
        ThreadState { state, asks: self.asks, answer, resolution, answers: self.answers, thanked: self.thanked }
    }
}

/// How well an answer fits before the asker speaks: the earlier ones do, unless they ask. The numbers come from a regression
/// on a forum's accepted answers; what the asker says right after it is added then.
fn fit(answers_before: usize, cues: Cues) -> f32 {
    let says = |cue: Cues| f32::from(u8::from(cues.has(cue)));
    0.5 * says(Cues::REFERS) - 0.9 * says(Cues::ASKS) - 0.9 * (answers_before as f32).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASK: u32 = 1;

    fn thread(posts: &[(u32, &[Cues])]) -> ThreadState {
        let posts: Vec<Post> = posts
            .iter()
            .map(|(author, cues)| Post {
                author: *author,
                is_accepted: false,
                cues: cues.iter().fold(Cues::default(), |all, cue| all.with(*cue, true)),
            })
            .collect();
        read_thread(&posts, false)
    }

    #[test]
    fn a_question_waits_until_another_answers() {
        assert_eq!(thread(&[(ASK, &[Cues::ASKS])]).state, State::Open);
        assert_eq!(thread(&[(ASK, &[Cues::ASKS]), (ASK, &[Cues::FITS])]).state, State::Open);
        // A question back is no answer.
        assert_eq!(thread(&[(ASK, &[Cues::ASKS]), (2, &[Cues::ASKS])]).state, State::Open);
        let answered = thread(&[(ASK, &[Cues::ASKS]), (2, &[Cues::FITS]), (3, &[Cues::FITS])]);
        assert_eq!((answered.state, answered.answer, answered.answers), (State::Answered, Some(1), vec![1, 2]));
    }

    #[test]
    fn the_asker_settles_it_or_asks_again() {
        let settled = thread(&[(ASK, &[Cues::ASKS]), (2, &[Cues::FITS]), (ASK, &[Cues::THANKS])]);
        assert_eq!((settled.state, settled.resolution, settled.thanked), (State::Resolved, Some(2), vec![1]));
        let hedged = thread(&[(ASK, &[Cues::ASKS]), (2, &[Cues::FITS]), (ASK, &[Cues::THANKS, Cues::HEDGES])]);
        assert_eq!(hedged.state, State::Answered);
        let again = thread(&[(ASK, &[Cues::ASKS]), (2, &[Cues::FITS]), (ASK, &[Cues::RESOLVES]), (ASK, &[Cues::ASKS])]);
        assert_eq!((again.state, again.answer), (State::Open, None));
        let denied = thread(&[(ASK, &[Cues::ASKS]), (2, &[Cues::FITS]), (ASK, &[Cues::DENIES, Cues::THANKS])]);
        assert_eq!(denied.state, State::Answered);
        let alone = thread(&[(ASK, &[Cues::ASKS]), (ASK, &[Cues::RESOLVES])]);
        assert_eq!(alone.state, State::Resolved);
    }

    #[test]
    fn marks_decide() {
        let post = |author, cues, is_accepted| Post { author, is_accepted, cues };
        let posts = [post(ASK, Cues::ASKS, false), post(2, Cues::FITS, false), post(3, Cues::ASKS, true)];
        let state = read_thread(&posts, false);
        assert_eq!((state.state, state.answer, state.resolution), (State::Resolved, Some(2), Some(2)));
        assert_eq!(read_thread(&posts[..1], true).state, State::Resolved);
        assert_eq!(read_thread(&[], false).state, State::Open);
    }

    #[test]
    fn whoever_is_thanked_for_it_has_the_answer() {
        let posts: &[(u32, &[Cues])] =
            &[(ASK, &[Cues::ASKS]), (2, &[Cues::FITS]), (3, &[Cues::FITS]), (ASK, &[Cues::THANKS, Cues::RESOLVES])];
        // 0 - 0.9 ln 2 + 1.2 + 0.6 is more than 0.
        assert_eq!(thread(posts).answer, Some(2));
    }
}
