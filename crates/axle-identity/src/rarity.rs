//! How likely a stranger has a handle: by its letters, by the names that it may be made of, by who has it here.

use crate::compare::Comparer;
use crate::derive::Pattern;
use crate::fold::without_number;
use crate::names;

/// How likely a stranger's word begins with the same letter.
const ONE_LETTER: f64 = 0.07;

impl Comparer<'_> {
    /// How likely a stranger has the handle: by its letters, by the names it is made of, by who has it here.
    pub(crate) fn handle_share(&self, word: u32) -> f64 {
        let people = f64::from(self.register.people.max(1));
        // Two people are this pair; a few more may be one person under several names.
        let others = f64::from(self.register.words.uses(word).handles.saturating_sub(2));
        let here = (others * others * 0.1).min(others) / people;
        here.max(self.text_share(self.register.words.text(word)))
    }

    /// How likely a stranger's handle reads so, whoever has it here.
    pub(crate) fn text_share(&self, text: &str) -> f64 {
        let letters = self.letters.chance(text).max(as_initials(text));
        let of_names = match without_number(text) {
            // One of a hundred numbers of two digits.
            Some(stem) => self.made_of_names(stem) * self.share_of_number(text),
            None => self.made_of_names(text),
        };
        letters.max(of_names)
    }

    /// How likely a stranger who makes the same handle puts the same number behind it; 1 when there is none.
    pub(crate) fn share_of_number(&self, text: &str) -> f64 {
        // Some numbers, as years of birth, are commoner than others; half of such handles have none at all.
        without_number(text).map_or(1.0, |stem| 0.5 * 0.15_f64.powi((text.len() - stem.len()) as i32))
    }

    /// How likely a stranger's name has the word; 0 when no name here has it and it is not common elsewhere.
    pub(crate) fn share_as_name(&self, text: &str) -> f64 {
        let words = &self.register.words;
        let word = words.get(text).filter(|word| words.uses(*word).names > 0 || words.mark(*word).is_common);
        word.map_or(0.0, |word| self.register.name_share(word))
    }

    /// Whether names here give the handle.
    pub(crate) fn is_made_of_names(&self, text: &str) -> bool {
        self.made_of_names(without_number(text).unwrap_or(text)) > 0.0
    }

    /// How likely a stranger's name gives the handle, by any pattern.
    fn made_of_names(&self, text: &str) -> f64 {
        /// One letter that fits, and how many people make their handle so.
        const LETTER: f64 = 0.07 * 0.2;
        let share = |part: &str| self.share_as_name(part);
        let cuts = (1..text.len()).map(|cut| {
            let (left, right) = text.split_at(cut);
            match (left.len(), right.len()) {
                (1, 3..) => LETTER * share(right),
                (3.., 1) => LETTER * share(left),
                (2, 2..) | (2.., 2) => {
                    let (short, long) = if left.len() == 2 { (left, right) } else { (right, left) };
                    let letters = 0.07 * LETTER * share(long);
                    letters.max(names::TOGETHER * 0.25 * share(short) * share(long))
                }
                (3.., 3..) => Some(share(left))
                    .filter(|share| *share > 0.0)
                    .map_or(0.0, |left| names::TOGETHER * 0.25 * left * share(right)),
                _ => 0.0,
            }
        });
        cuts.fold(0.3 * share(text), f64::max)
    }

    /// How likely a word of a stranger's name begins with the same letters as this one.
    pub(crate) fn share_of_piece(&self, word: u32, letters: usize) -> f64 {
        let text = self.register.words.text(word);
        let whole = self.register.name_share(word);
        match letters {
            1 => ONE_LETTER,
            _ if letters == text.len() => whole,
            _ => self.letters.chance_of_beginning(&text[..letters]).max(whole),
        }
    }

    /// How likely a stranger's name gives the same handle by the same pattern.
    pub(crate) fn pattern_share(&self, pattern: Pattern, first: u32, last: u32) -> f64 {
        let share = |word| self.register.name_share(word);
        match pattern {
            Pattern::Whole => names::TOGETHER * share(first) * share(last),
            Pattern::Surname => ONE_LETTER * share(last),
            Pattern::Given => ONE_LETTER * share(first),
            Pattern::GivenAlone => share(first),
            Pattern::SurnameAlone => share(last),
            Pattern::Initials => ONE_LETTER.powi(3),
        }
    }
}

/// How likely a stranger's initials are just these letters, for handles of up to four.
fn as_initials(text: &str) -> f64 {
    match text.len() {
        length @ 2..=4 if text.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            [0.1, 0.3, 0.05][length - 2] * 0.07_f64.powi(length as i32)
        }
        _ => 0.0,
    }
}
