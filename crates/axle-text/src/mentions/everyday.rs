//! Whether an everyday word names a product here. Signs for and against are added up; each sign is a rule of English that holds
//! for any name, none is about one product. A wrong mention costs trust, so a doubt means no.

use super::{
    Candidate,
    tokens::{Gap, Token},
    words,
};

/// As many words on each side are looked at.
const REACH: usize = 12;
/// From here on it is a name.
const ENOUGH: i32 = 4;

/// Judges one candidate. Signs count in halves: 4 is enough.
pub(super) fn is_name(text: &str, tokens: &[Token], candidates: &[Candidate], at: usize) -> bool {
    let view = View { text, tokens, candidates, at, found: candidates[at] };
    let first = &tokens[view.found.first];
    if view.found.has_domain {
        return true;
    }
    if view.is_identifier() {
        return false;
    }
    if first.has_sign || view.has_brand_capital() {
        return true;
    }
    if view.is_foreign() {
        return true;
    }
    let (capital, company) = (view.capital(), view.company());
    if view.found.form.is_technical && capital < ENOUGH && company < ENOUGH {
        return false;
    }
    let is_listed = company >= ENOUGH;
    capital + view.before(is_listed) + view.after(capital) + company + view.sentence() >= ENOUGH
}

struct View<'a> {
    text: &'a str,
    tokens: &'a [Token],
    candidates: &'a [Candidate],
    at: usize,
    found: Candidate,
}

impl View<'_> {
    fn word(&self, token: usize) -> String {
        self.tokens.get(token).map_or_else(String::new, |t| self.text[t.start..t.end].to_lowercase())
    }

    fn is_in(&self, token: usize, list: &[&str]) -> bool {
        let word = self.word(token);
        !word.is_empty() && list.contains(&word.as_str())
    }

    /// The word after the name, past a possessive 's, if it is in the same phrase.
    fn next(&self) -> Option<usize> {
        let mut next = self.found.last + 1;
        if self.tokens.get(next).is_some_and(|t| t.gap == Gap::Joint('\'')) && self.word(next) == "s" {
            next += 1;
        }
        self.tokens.get(next).filter(|t| t.gap != Gap::Break && !t.is_first).map(|_| next)
    }

    /// The word before the name in the same phrase.
    fn previous(&self) -> Option<usize> {
        let token = &self.tokens[self.found.first];
        (!token.is_first && token.gap == Gap::Joint(' ')).then(|| self.found.first - 1)
    }

    fn is_calendar(&self) -> bool {
        self.is_in(self.found.first, words::CALENDAR)
    }

    /// `CommonRoom`, `StackOverflow`: a capital inside of a word that is not all capitals.
    fn has_brand_capital(&self) -> bool {
        let token = &self.tokens[self.found.first];
        let word = &self.text[token.start..token.end];
        token.has_inner_capital && word.chars().any(char::is_lowercase)
    }

    /// Part of a path, a file name or a name in code: `linear_map`, `docs#matrix.det`.
    fn is_identifier(&self) -> bool {
        let (start, end) = (self.tokens[self.found.first].start, self.tokens[self.found.last].end);
        let (before, after) = (&self.text.as_bytes()[..start], &self.text.as_bytes()[end..]);
        let is_word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b"_(".contains(b));
        let is_joined_before =
            before.last().is_some_and(|b| b"_.#:=@\\$".contains(b)) && is_word(before.iter().rev().nth(1));
        let is_joined_after = after.first().is_some_and(|b| b"_.#:=\\(".contains(b)) && is_word(after.get(1));
        is_joined_before || is_joined_after || after.starts_with(b"_")
    }

    /// An English everyday word in a text of another script is a name.
    fn is_foreign(&self) -> bool {
        let (start, end) = self.sentence_range();
        let is_other =
            |t: usize| self.text[self.tokens[t].start..].starts_with(|c: char| c > '\u{36F}' && c.is_alphabetic());
        let others = (start..end).filter(|t| !(self.found.first..=self.found.last).contains(t));
        others.clone().filter(|t| is_other(*t)).count() * 2 > others.count()
    }

    /// The words around it in its sentence.
    fn sentence_range(&self) -> (usize, usize) {
        let (first, last) = (self.found.first, self.found.last);
        let mut start = first;
        while start > 0 && first - start < REACH && !self.tokens[start].is_first {
            start -= 1;
        }
        let mut end = last + 1;
        while end < self.tokens.len() && end - last <= REACH && !self.tokens[end].is_first {
            end += 1;
        }
        (start, end)
    }

    /// A capital inside of a sentence that is not a heading.
    fn capital(&self) -> i32 {
        let (start, end) = self.sentence_range();
        let first = &self.tokens[self.found.first];
        let is_shouted = first.end - first.start > 2 && self.is_upper(self.found.first);
        let others_shout = (start..end)
            .any(|t| t != self.found.first && self.tokens[t].end - self.tokens[t].start > 1 && self.is_upper(t));
        if !first.is_capital || self.is_calendar() || is_shouted && !others_shout {
            return 0;
        }
        let others: Vec<&Token> = (start..end)
            .filter(|t| !(self.found.first..=self.found.last).contains(t) && !self.is_other_name(*t))
            .map(|t| &self.tokens[t])
            .filter(|t| !t.is_first && t.end - t.start > 2)
            .collect();
        let capitals = others.iter().filter(|t| t.is_capital).count();
        if capitals * 2 > others.len() && capitals > 1 {
            return 0;
        }
        let second = self.tokens[self.found.first + 1..=self.found.last].iter().any(|t| t.is_capital);
        if !first.is_first || second { 4 } else { 1 }
    }

    fn is_upper(&self, token: usize) -> bool {
        self.text[self.tokens[token].start..self.tokens[token].end].chars().all(char::is_uppercase)
    }

    /// The candidates that begin in a range of tokens, without this one. They are in the order of the text.
    fn others_in(&self, start: usize, end: usize) -> impl Iterator<Item = &Candidate> {
        let first = self.candidates.partition_point(|c| c.first < start);
        let near = self.candidates[first..].iter().take_while(move |c| c.first < end);
        near.filter(|c| c.first != self.found.first)
    }

    fn is_other_name(&self, token: usize) -> bool {
        let start = token.saturating_sub(super::MOST_WORDS);
        self.others_in(start, token + 1).any(|c| c.last >= token)
    }

    fn before(&self, is_listed: bool) -> i32 {
        let Some(previous) = self.previous() else { return 0 };
        if self.is_calendar() {
            return if self.is_in(previous, &["use", "uses", "using", "in", "via", "into", "with", "vs"]) {
                3
            } else {
                0
            };
        }
        let is_off_of = self.word(previous) == "of"
            && previous > 0
            && ["off", "out", "instead"].contains(&self.word(previous - 1).as_str());
        if self.word(previous) == "on" || is_off_of {
            return 4;
        }
        if self.is_in(previous, words::DETERMINERS) {
            return if is_listed || self.next_is_product_noun() { 0 } else { -4 };
        }
        if self.is_in(previous, words::POSSESSIVES) {
            let is_place =
                self.tokens[previous].gap == Gap::Joint(' ') && previous > 0 && self.is_in(previous - 1, words::PLACES);
            return if is_place && self.ends_phrase() { 4 } else { 2 };
        }
        if self.is_in(previous, words::NAME_AFTER) || self.word(previous) == "over" && self.ends_phrase() {
            return 4;
        }
        if self.is_in(previous, words::NAME_MAY_FOLLOW) {
            let is_move = (previous.saturating_sub(5)..previous).any(|t| self.is_in(t, words::MOVES));
            return if is_move && self.is_in(previous, words::WHERE_TO) { 4 } else { 2 };
        }
        0
    }

    fn next_is_product_noun(&self) -> bool {
        self.next().is_some_and(|next| self.is_in(next, words::PRODUCT_NOUNS))
    }

    /// Nothing follows that would make a compound of it.
    fn ends_phrase(&self) -> bool {
        self.next().is_none_or(|next| {
            self.tokens[next].gap != Gap::Joint(' ')
                || self.is_in(next, words::AFTER_NAME)
                || self.word(next).ends_with("ly")
        })
    }

    fn after(&self, capital: i32) -> i32 {
        let Some(next) = self.next() else { return 0 };
        let is_first = self.tokens[self.found.first].is_first;
        let is_joined = matches!(self.tokens[next].gap, Gap::Joint(' ' | '\''));
        if !is_joined {
            return 0;
        }
        let has_possessive = next == self.found.last + 2;
        if self.next_is_product_noun() {
            return 4;
        }
        if has_possessive {
            let is_of_product =
                self.is_in(next + 1, words::PRODUCT_NOUNS) || self.is_in(next + 2, words::PRODUCT_NOUNS);
            return match () {
                () if is_of_product => 3,
                // A thing would have an article: "The segment's length".
                () if is_first && capital > 0 => 3,
                () => 1,
            };
        }
        if self.word(next) == "of" {
            return -6;
        }
        if self.is_in(next, words::PRODUCT_VERBS) {
            return if is_first && !self.is_calendar() { 4 } else { 2 };
        }
        if self.is_in(next, words::PLAIN_VERBS) {
            return if is_first { 2 + capital.min(1) } else { 0 };
        }
        if self.is_in(next, words::AFTER_NAME) || self.word(next).ends_with("ly") {
            return 0;
        }
        let is_capital = self.tokens[next].is_capital && !self.is_other_name(next);
        if is_capital || capital < ENOUGH || self.found.form.is_technical { -3 } else { 0 }
    }

    /// Other products beside it: in a list, or anywhere near.
    fn company(&self) -> i32 {
        let (start, end) = self.sentence_range();
        let neighbours = [self.at.checked_sub(1), Some(self.at + 1)];
        let is_listed =
            neighbours.into_iter().flatten().filter_map(|at| self.candidates.get(at)).any(|c| self.is_beside(c));
        if is_listed {
            return 4;
        }
        let near =
            self.others_in(start, end).any(|c| !c.form.is_everyday || c.has_domain || self.tokens[c.first].has_sign);
        if near { 2 } else { 0 }
    }

    /// `A/B`, `A, B`, `A and B`: another candidate with at most one joining word between, of another term.
    fn is_beside(&self, other: &Candidate) -> bool {
        let (left, right) = if other.first > self.found.last { (&self.found, other) } else { (other, &self.found) };
        let gap = self.text[self.tokens[left.last].end..self.tokens[right.first].start].trim().to_lowercase();
        let is_list = [
            "/", ",", "+", "&", "and", "or", "vs", "vs.", "versus", ", and", ", or", "to", "and/or", "over", "->", "→",
            "|",
        ];
        other.form.term != self.found.form.term && is_list.contains(&gap.as_str())
    }

    /// Talk of software in the sentence, and states of a service.
    fn sentence(&self) -> i32 {
        let (start, end) = self.sentence_range();
        let around =
            || (start..end).filter(|t| !(self.found.first..=self.found.last).contains(t) && !self.is_other_name(*t));
        let software = around().any(|t| self.is_in(t, words::SOFTWARE));
        let is_subject =
            self.tokens[self.found.first].is_first && self.next().is_some_and(|n| self.is_in(n, words::PLAIN_VERBS));
        let state = is_subject && !self.is_calendar() && around().any(|t| self.is_in(t, words::STATES));
        2 * i32::from(software) + 2 * i32::from(state)
    }
}
