//! Whom a message calls by name: `ada: try this`, `thanks ada`, `@ada`. Only names of those who spoke lately are known.

use std::collections::HashMap;

/// Names are known for so many messages after their owner's last.
const RECENT: usize = 300;
/// Shorter names are only found with a mark.
const LEAST_CHARACTERS: usize = 3;

/// Of long texts, so many words from their beginning.
const MOST_TOKENS: usize = 200;
/// What may end a name.
const ENDS: &[char] = &[':', ',', ';', '>', '.', '!', '?', ')'];
/// What says that a name is one.
const CALLS: &[char] = &[':', ',', ';', '>'];

/// Words after which a name may follow.
const BEFORE_NAMES: &[&str] =
    &["thanks", "thx", "thank", "yes", "no", "ok", "hi", "hello", "hey", "sorry", "well", "so", "and", "but"];
/// Words that are rather not meant as a name, unless a mark says so.
const WORDS: &[&str] = &[
    "any", "anyone", "but", "can", "for", "guest", "hello", "help", "hope", "how", "just", "may", "that", "the",
    "this", "try", "test", "user", "what", "when", "where", "who", "why", "will", "you",
];

/// Longer tokens are no names.
const MOST_BYTES: usize = 64;

/// The part of a text in which names may be called, for [`Names::called`]: its first, second and last word and those that begin
/// with `@`. Short, and all that has to be kept of a text.
pub fn callable(text: &str) -> String {
    let mut callable = String::new();
    let mut tokens = text.split_whitespace().take(MOST_TOKENS).enumerate().peekable();
    while let Some((place, token)) = tokens.next() {
        let is_last = tokens.peek().is_none();
        if place < 2 || is_last || token.starts_with('@') {
            callable.push_str(if token.len() > MOST_BYTES { "-" } else { token });
            callable.push(' ');
        }
    }
    callable
}

/// The names under which people spoke in a channel, in the order of its messages.
#[derive(Debug, Default)]
pub struct Names {
    /// By name in lower case: the author and the number of their last message.
    authors: HashMap<String, (u32, usize)>,
    /// By the first of several words of a name: as above, of the two who spoke last under it.
    first_names: HashMap<String, [Option<(u32, usize)>; 2]>,
    messages: usize,
}

impl Names {
    /// A message by an author of this name.
    pub fn spoke(&mut self, name: &str, author: u32) {
        let spoke = (author, self.messages);
        let name = name.trim().to_lowercase();
        if let Some((first, _)) = name.split_once(char::is_whitespace) {
            let last = self.first_names.entry(first.to_owned()).or_default();
            let before = last[0].filter(|(who, _)| *who != author).or(last[1]);
            *last = [Some(spoke), before];
        }
        self.authors.insert(name, spoke);
        self.messages += 1;
    }

    /// Those whom a text calls by name, each once and never its author.
    pub fn called(&self, text: &str, author: u32) -> Vec<u32> {
        let mut called = Vec::new();
        let mut first = "";
        let mut tokens = text.split_whitespace().take(MOST_TOKENS).enumerate().peekable();
        while let Some((place, token)) = tokens.next() {
            let follows = place == 1 && BEFORE_NAMES.contains(&first.trim_end_matches(ENDS).to_lowercase().as_str());
            let is_last = tokens.peek().is_none();
            first = token;
            let found = match token.strip_prefix('@') {
                Some(name) => self.author(name.trim_end_matches(ENDS)),
                None if place == 0 || follows => self.called_first(token),
                None if is_last => self.bare(token.trim_end_matches(ENDS)),
                None => None,
            };
            if let Some(found) = found.filter(|found| *found != author && !called.contains(found)) {
                called.push(found);
            }
        }
        called
    }

    fn called_first(&self, token: &str) -> Option<u32> {
        let name = token.trim_end_matches(ENDS);
        if token[name.len()..].contains(CALLS) { self.author(name) } else { self.bare(name) }
    }

    /// Whoever has the name, when it stands there without a mark: not where it could as well be a word.
    fn bare(&self, name: &str) -> Option<u32> {
        let mut characters = name.chars();
        let is_titled = characters.next().is_some_and(char::is_uppercase) && characters.all(char::is_lowercase);
        let is_name = name.chars().nth(LEAST_CHARACTERS - 1).is_some() && !is_titled && !WORDS.contains(&name);
        self.author(name).filter(|_| is_name)
    }

    fn author(&self, name: &str) -> Option<u32> {
        let name = name.to_lowercase();
        let is_recent = |(author, message): &(u32, usize)| (self.messages - message <= RECENT).then_some(*author);
        if let Some(author) = self.authors.get(&name).and_then(is_recent) {
            return Some(author);
        }
        // A first name that two bear tells neither.
        match self.first_names.get(&name)?.map(|spoke| spoke.as_ref().and_then(is_recent)) {
            [Some(author), None] => Some(author),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADA: u32 = 1;
    const BOB: u32 = 2;
    const MARK: u32 = 3;
    const AUTHOR: u32 = 9;
    const NOBODY: [u32; 0] = [];

    fn called(text: &str) -> Vec<u32> {
        let mut names = Names::default();
        names.spoke("Ada_L", ADA);
        names.spoke("bob", BOB);
        names.spoke("Mark", MARK);
        names.spoke("me", AUTHOR);
        names.called(text, AUTHOR)
    }

    #[test]
    fn names_are_called_at_the_beginning_and_the_end() {
        assert_eq!(called("ada_l: try `axle serve`"), [ADA]);
        assert_eq!(called("bob, which version?"), [BOB]);
        assert_eq!(called("bob which version?"), [BOB]);
        assert_eq!(called("thanks bob"), [BOB]);
        assert_eq!(called("Thanks, bob! It works"), [BOB]);
        assert_eq!(called("that did it, thank you Ada_L!"), [ADA]);
        assert_eq!(called("@bob and @Ada_L: look"), [BOB, ADA]);
        assert_eq!(called("bob: as I told bob"), [BOB]);
    }

    #[test]
    fn a_first_name_is_enough_where_one_person_bears_it() {
        let mut names = Names::default();
        names.spoke("Ada Lovelace", ADA);
        names.spoke("Bob Kahn", BOB);
        names.spoke("Ada Lovelace", ADA);
        assert_eq!(names.called("Ada: try this", AUTHOR), [ADA]);
        assert_eq!(names.called("thanks @bob", AUTHOR), [BOB]);
        // Without a mark it could be any word.
        assert_eq!(names.called("Bob is right", AUTHOR), NOBODY);
        names.spoke("Bob Metcalfe", MARK);
        assert_eq!(names.called("bob: try this", AUTHOR), NOBODY);
        for _ in 0..RECENT {
            names.spoke("Bob Kahn", BOB);
        }
        assert_eq!(names.called("bob: try this", AUTHOR), [BOB]);
    }

    #[test]
    fn what_could_be_a_word_is_none() {
        assert_eq!(called("I asked bob about it"), NOBODY);
        assert_eq!(called("Mark it as done"), NOBODY);
        assert_eq!(called("Mark: is it done?"), [MARK]);
        assert_eq!(called("me: quoted"), NOBODY);
        assert_eq!(called("nobody: hm"), NOBODY);
        assert_eq!(called(" \u{202e}@ : "), NOBODY);
    }

    #[test]
    fn what_is_callable_is_enough() {
        assert_eq!(callable("  a b c\n@d e f"), "a b @d f ");
        assert_eq!(callable("ada: hi"), "ada: hi ");
        assert_eq!(callable(&"x".repeat(65)), "- ");
        assert_eq!(callable(""), "");
    }

    proptest! {
        #[test]
        fn the_callable_part_calls_the_same(text in "((bob|ada_l|thanks|no|the|@bob|@ada_l)[:,.!]? ?){0,9}") {
            prop_assert_eq!(called(&callable(&text)), called(&text));
        }
    }

    #[test]
    fn names_are_forgotten() {
        let mut names = Names::default();
        names.spoke("ada", ADA);
        (0..RECENT - 1).for_each(|_| names.spoke("bob", BOB));
        assert_eq!(names.called("ada: there?", AUTHOR), [ADA]);
        names.spoke("bob", BOB);
        assert_eq!(names.called("ada: there?", AUTHOR), NOBODY);
        names.spoke("ada", ADA);
        assert_eq!(names.called("ada: there?", AUTHOR), [ADA]);
    }
}
