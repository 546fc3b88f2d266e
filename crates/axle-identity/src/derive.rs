//! Handles that are made of a name: `cwinslow` and `conrad.winslow` of Conrad Winslow.

/// How a handle is made of a name's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Given name and surname, either way round, or all words.
    Whole,
    /// The surname with the given name's first letter, before or behind.
    Surname,
    /// The given name with the surname's first letter.
    Given,
    /// The given name alone, or the surname alone.
    GivenAlone,
    SurnameAlone,
    /// The first letters of all words, three at least.
    Initials,
}

impl Pattern {
    /// The share of people who make their handle so. Reasoned: about a third of mail addresses and handles at work
    /// are made of the name, given name and surname together most often.
    pub(crate) fn share(self) -> f64 {
        match self {
            Self::Whole => 0.25,
            Self::Surname => 0.2,
            Self::GivenAlone => 0.2,
            Self::SurnameAlone | Self::Given => 0.1,
            Self::Initials => 0.08,
        }
    }
}

/// How the handle is made of the words of a name, given name first; `None` when it is not.
pub(crate) fn pattern(handle: &str, words: &[&str]) -> Option<Pattern> {
    let (first, last) = (*words.first()?, *words.last()?);
    if words.len() == 1 {
        return (handle == first).then_some(Pattern::GivenAlone);
    }
    if is_joined(handle, first, last) || is_joined(handle, last, first) || is_all(handle, words) {
        return Some(Pattern::Whole);
    }
    if handle == first {
        return Some(Pattern::GivenAlone);
    }
    if handle == last {
        return Some(Pattern::SurnameAlone);
    }
    if with_letter(handle, last, first) || is_login(handle, first, last) {
        return Some(Pattern::Surname);
    }
    if with_letter(handle, first, last) {
        return Some(Pattern::Given);
    }
    if is_initials_and_surname(handle, words) {
        return Some(Pattern::Surname);
    }
    let initials = words.iter().map(|word| word.as_bytes()[0]);
    (handle.len() >= 3 && handle.bytes().eq(initials)).then_some(Pattern::Initials)
}

fn is_joined(handle: &str, a: &str, b: &str) -> bool {
    handle.len() == a.len() + b.len() && handle.starts_with(a) && handle.ends_with(b)
}

fn is_all(handle: &str, words: &[&str]) -> bool {
    words.iter().try_fold(handle, |rest, word| rest.strip_prefix(word)).is_some_and(str::is_empty)
}

/// Whether the handle is a whole word with the first letter of the other before or behind it.
fn with_letter(handle: &str, whole: &str, other: &str) -> bool {
    if handle.len() != whole.len() + 1 || whole.len() < 2 {
        return false;
    }
    let letter = &other[..1];
    handle.strip_prefix(letter) == Some(whole) || handle.strip_suffix(letter) == Some(whole)
}

/// `cwinslow`, cut to the eight letters that logins once had.
fn is_login(handle: &str, first: &str, last: &str) -> bool {
    handle.len() == 8 && last.len() > 7 && handle[..1] == first[..1] && handle[1..] == last[..7]
}

/// `bdwalton` of Benjamin D. Walton.
fn is_initials_and_surname(handle: &str, words: &[&str]) -> bool {
    let (last, before) = words.split_last().expect("two words or more");
    before.len() >= 2
        && handle.strip_suffix(last).is_some_and(|initials| initials.bytes().eq(before.iter().map(|w| w.as_bytes()[0])))
}

/// The handles that are likely made of a name, to look them up.
pub(crate) fn likely_handles(words: &[&str], mut found: impl FnMut(&str)) {
    let [first, .., last] = *words else { return };
    let mut text = String::with_capacity(first.len() + last.len());
    for parts in [[first, last], [last, first], [&first[..1], last], [last, &first[..1]], [first, &last[..1]]] {
        text.clear();
        text.extend(parts);
        found(&text);
    }
    found(first);
    found(last);
    if last.len() > 7 {
        text.clear();
        text.extend([&first[..1], &last[..7]]);
        found(&text);
    }
    if words.len() >= 3 {
        text.clear();
        words[..words.len() - 1].iter().for_each(|word| text.push_str(&word[..1]));
        text.push_str(last);
        found(&text);
        found(&words.iter().map(|word| &word[..1]).collect::<String>());
        found(&words.concat());
        // One word with the first letters of the others, behind it, before it or each in its place.
        for (place, &whole) in words.iter().enumerate() {
            let first = |words: &[&str]| words.iter().map(|word| &word[..1]).collect::<String>();
            let (before, behind) = (first(&words[..place]), first(&words[place + 1..]));
            let (before, behind) = (before.as_str(), behind.as_str());
            for parts in [[whole, before, behind], [before, behind, whole], [before, whole, behind]] {
                text.clear();
                text.extend(parts);
                found(&text);
            }
        }
        // All but the last.
        found(&words[..words.len() - 1].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::readings;

    #[test]
    fn handles_made_of_a_name() {
        let name = ["conrad", "winslow"];
        for (handle, expected) in [
            ("conradwinslow", Some(Pattern::Whole)),
            ("winslowconrad", Some(Pattern::Whole)),
            ("cwinslow", Some(Pattern::Surname)),
            ("winslowc", Some(Pattern::Surname)),
            ("conradw", Some(Pattern::Given)),
            ("conrad", Some(Pattern::GivenAlone)),
            ("winslow", Some(Pattern::SurnameAlone)),
            ("cw", None),
            ("dwinslow", None),
            ("gitster", None),
        ] {
            assert_eq!(pattern(handle, &name), expected, "{handle}");
        }
        assert_eq!(pattern("zquarter", &["zebulon", "quartermain"]), Some(Pattern::Surname));
        assert_eq!(pattern("abw", &["ada", "bea", "winslow"]), Some(Pattern::Initials));
        assert_eq!(pattern("abwinslow", &["ada", "bea", "winslow"]), Some(Pattern::Surname));
    }

    #[test]
    fn likely_handles_are_made_of_the_name() {
        let mut count = 0;
        let words = ["ada", "bea", "quartermain"];
        likely_handles(&words, |handle| {
            count += 1;
            let mut is_read = false;
            readings(handle, &words, |_, unread| is_read |= unread.is_empty());
            assert!(is_read || pattern(handle, &words).is_some(), "{handle}");
        });
        assert_eq!(count, 21);
    }
}
