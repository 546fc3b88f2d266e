//! Tags: words that sources and people put on members, to find them by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::identity::{caseless, composed};

/// The longest tag that a person gives, in characters.
pub const LONGEST: usize = 50;

/// A tag that a member has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// As people wrote it last, else as the first of its sources does.
    pub tag: String,
    /// The sources that state it, by name.
    pub sources: Vec<String>,
    /// Whether a person said so.
    pub is_said: bool,
}

/// What tags are compared by: those that differ in case or blanks alone, or in how accents are written, are one.
pub fn key(tag: &str) -> String {
    caseless(&one_line(tag))
}

/// The one of these tags that is meant, however it is spelt.
pub fn find<'a>(tags: &'a [Tag], text: &str) -> Option<&'a Tag> {
    let wanted = key(text);
    tags.iter().find(|known| key(&known.tag) == wanted)
}

fn one_line(tag: &str) -> String {
    let words = tag.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|letter| !letter.is_control()).collect()
}

/// A tag as a person typed it, without what surrounds it.
///
/// # Errors
/// What to change.
pub fn parse(text: &str) -> Result<String, String> {
    if text.trim().chars().any(char::is_control) {
        return Err("write the tag on one line, without control characters".into());
    }
    let tag = composed(&one_line(text)).into_owned();
    match tag.chars().count() {
        0 => Err("write a tag: a word or a few, such as `speaker`".into()),
        length if length > LONGEST => {
            Err(format!("the tag has {length} characters: {LONGEST} are the most, choose a shorter one"))
        }
        _ => Ok(tag),
    }
}

/// The tags of one member, in order: those that sources state, as (source, tag), and what people said since, as (tag, whether
/// they have it), the earlier first. Of each tag people's last word stands above what sources state.
pub fn held<'a>(
    stated: impl IntoIterator<Item = (&'a str, &'a str)>,
    said: impl IntoIterator<Item = (&'a str, bool)>,
) -> Vec<Tag> {
    let mut stated: Vec<(&str, String)> = stated.into_iter().map(|(source, tag)| (source, one_line(tag))).collect();
    // Of two spellings the one shown must not follow from which was imported first.
    stated.sort_unstable();
    let mut tags: BTreeMap<String, Tag> = BTreeMap::new();
    for (source, tag) in stated.into_iter().filter(|(_, tag)| !tag.is_empty()) {
        let known = tags.entry(key(&tag)).or_insert_with(|| Tag { tag, sources: Vec::new(), is_said: false });
        if known.sources.last().is_none_or(|last| last != source) {
            known.sources.push(source.to_owned());
        }
    }
    let last: BTreeMap<String, (&str, bool)> = said.into_iter().map(|(tag, has)| (key(tag), (tag, has))).collect();
    for (key, (tag, has)) in last {
        if has {
            let sources = tags.remove(&key).map_or_else(Vec::new, |known| known.sources);
            tags.insert(key, Tag { tag: tag.to_owned(), sources, is_said: true });
        } else {
            tags.remove(&key);
        }
    }
    tags.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(stated: &[(&str, &str)], said: &[(&str, bool)]) -> Vec<(String, String, bool)> {
        let tags = held(stated.iter().copied(), said.iter().copied()).into_iter();
        tags.map(|tag| (tag.tag, tag.sources.join(", "), tag.is_said)).collect()
    }

    #[test]
    fn what_is_typed_is_trimmed_or_refused() {
        assert_eq!(parse("  Early  adopter \n"), Ok("Early adopter".to_owned()));
        assert_eq!(parse("cafe\u{301}"), Ok("caf\u{e9}".to_owned()), "as one character, however it came");
        assert_eq!(parse(&"ä".repeat(LONGEST)), Ok("ä".repeat(LONGEST)));
        for (text, problem) in
            [(" \t", "write a tag"), ("a\u{7}b", "without control"), (&*"ä".repeat(LONGEST + 1), "has 51 characters")]
        {
            assert!(parse(text).unwrap_err().contains(problem), "{text:?}");
        }
    }

    #[test]
    fn peoples_last_word_stands_above_sources() {
        let stated = [("forum", "vip"), ("crm", " VIP\n"), ("crm", "speaker"), ("crm", " ")];
        let of = |tag: &str, sources: &str, is_said| (tag.to_owned(), sources.to_owned(), is_said);
        let speaker = || of("speaker", "crm", false);
        assert_eq!(told(&stated, &[]), [speaker(), of("VIP", "crm, forum", false)], "one tag, spelt as the first");
        assert_eq!(told(&stated, &[("Vip", true)]), [speaker(), of("Vip", "crm, forum", true)]);
        assert_eq!(told(&stated, &[("Vip", true), ("vip", false)]), [speaker()]);
        assert_eq!(told(&stated, &[("VIP", false), ("vip", true)]), [speaker(), of("vip", "crm, forum", true)]);
        assert_eq!(told(&[], &[("host", true), ("guest", false)]), [of("host", "", true)]);
    }

    #[test]
    fn the_order_of_imports_decides_nothing() {
        let mut stated = vec![("crm", "VIP"), ("crm", "vip"), ("forum", "Vip")];
        let expected = told(&stated, &[]);
        stated.reverse();
        assert_eq!(told(&stated, &[]), expected);
        assert_eq!(expected, [("VIP".to_owned(), "crm, forum".to_owned(), false)]);
    }
}
