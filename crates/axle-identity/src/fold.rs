//! Texts to plain words: one alphabet, no case, no accents, so that names written in different ways can meet.

use std::borrow::Cow;

use any_ascii::any_ascii_char;
use unicode_normalization::UnicodeNormalization;

use crate::lists;

/// At most so many words of a name are kept: the first ones and the last.
pub(crate) const NAME_WORDS: usize = 4;

/// Lower-case Latin letters and digits alone: `Ævar_Arnfjörð` becomes `aevararnfjord`.
pub(crate) fn fold(text: &str) -> String {
    let text = composed(text);
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        push_folded(&mut out, letter);
    }
    out
}

/// The text with every letter and its accents as one character, however it came (Unicode's NFC).
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// The text as whoever has no umlauts and rings writes it with two letters: `Jörg` is `Joerg`, `Søren` is `Soeren`.
/// `None` when there are none. Others leave the marks out, which is what [`fold`] does.
pub(crate) fn transliterated(text: &str) -> Option<String> {
    let text = composed(text);
    let two_letters = |letter: char| match letter {
        'ä' => "ae",
        'Ä' => "Ae",
        'ö' | 'ø' => "oe",
        'Ö' | 'Ø' => "Oe",
        'ü' => "ue",
        'Ü' => "Ue",
        'å' => "aa",
        'Å' => "Aa",
        _ => "",
    };
    if !text.chars().any(|letter| !two_letters(letter).is_empty()) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 4);
    for letter in text.chars() {
        match two_letters(letter) {
            "" => out.push(letter),
            two => out.push_str(two),
        }
    }
    Some(out)
}

/// A text folded in each way in which people write it: without umlauts' marks, and with two letters for them.
pub(crate) fn foldings(text: &str) -> impl Iterator<Item = String> {
    [Some(fold(text)), transliterated(text).map(|text| fold(&text))].into_iter().flatten()
}

/// A folded word with one letter where two may stand for an umlaut: `joerg` and `jorg` are both `jorg`. Short words
/// stay as they are (`Xue` is not `Xu`), and so do names in which the two letters are two sounds.
pub(crate) fn without_digraphs(word: &str) -> Cow<'_, str> {
    const DIGRAPHS: [&str; 4] = ["ae", "oe", "ue", "aa"];
    /// So many letters at least remain.
    const LEAST: usize = 4;
    if !DIGRAPHS.iter().any(|two| word.contains(two)) || lists::has_two_sounds(word) {
        return Cow::Borrowed(word);
    }
    let bytes = word.as_bytes();
    let mut out = String::with_capacity(word.len());
    let mut at = 0;
    while at < bytes.len() {
        let is_digraph = word.get(at..at + 2).is_some_and(|two| DIGRAPHS.contains(&two));
        // `que` is no umlaut.
        let is_after_q = at > 0 && bytes[at - 1] == b'q';
        out.push(char::from(bytes[at]));
        at += if is_digraph && !is_after_q { 2 } else { 1 };
    }
    if out.len() >= LEAST { Cow::Owned(out) } else { Cow::Borrowed(word) }
}

fn push_folded(out: &mut String, letter: char) {
    if letter.is_ascii() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        }
    } else {
        out.extend(any_ascii_char(letter).chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
    }
}

/// The words of a name in the order given name to surname, folded. Empty for a name that is none: a placeholder, an
/// address, signs alone.
pub(crate) fn name_words(name: &str) -> Vec<String> {
    let name = composed(name);
    let name = without_additions(&name);
    if name.contains('@') {
        return Vec::new();
    }
    let mut words = match name.split_once(',') {
        Some((surname, given)) if !given.contains(',') && !is_suffix(&fold(given)) => {
            let mut words = split_words(given);
            words.extend(split_words(surname));
            words
        }
        _ => split_words(name),
    };
    words.retain(|word| !is_title(word) && !is_suffix(word));
    if words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        || lists::is_placeholder(&words.join(" "))
    {
        return Vec::new();
    }
    if words.len() > NAME_WORDS {
        let last = words.pop().expect("more than NAME_WORDS words");
        words.truncate(NAME_WORDS - 1);
        words.push(last);
    }
    words
}

/// The words of the same name where it is written otherwise: with two letters for an umlaut, and a Chinese or Korean
/// name in Latin letters, with the given name as one word. Empty when there is one way to write it.
pub(crate) fn name_words_otherwise(name: &str) -> Vec<String> {
    if name.is_ascii() {
        return Vec::new();
    }
    let name = composed(name);
    given_and_family(without_additions(&name))
        .or_else(|| transliterated(&name).map(|text| name_words(&text)))
        .unwrap_or_default()
}

/// The given name and the family name of a name in ideographs or Hangul, which is written family name first and, as a rule,
/// without a space: `weiming` and `zhang` of 张伟明. `None` when it is none.
fn given_and_family(name: &str) -> Option<Vec<String>> {
    let parts: Vec<Vec<char>> = name
        .split([' ', '\u{3000}', '\u{b7}'])
        .filter(|part| !part.is_empty())
        .map(|part| part.chars().collect())
        .collect();
    if !parts.iter().flatten().all(|letter| is_ideograph(*letter)) {
        return None;
    }
    let (family, given) = match &parts[..] {
        [whole] if (2..=4).contains(&whole.len()) => whole.split_at(family_length(whole)),
        // Who writes the given name first has a family name of one letter behind.
        [given, family] if given.len() > 1 && family.len() == 1 && lists::is_family_name(family[0]) => {
            (&family[..], &given[..])
        }
        [family, given] => (&family[..], &given[..]),
        _ => return None,
    };
    let folded = |letters: &[char]| fold(&letters.iter().collect::<String>());
    let family = match family {
        [letter] => lists::family_name_in_latin(*letter).map_or_else(|| folded(family), str::to_owned),
        _ => folded(family),
    };
    let words = vec![folded(given), family];
    words.iter().all(|word| !word.is_empty()).then_some(words)
}

fn family_length(name: &[char]) -> usize {
    let is_double = name.len() >= 3 && lists::is_double_family_name([name[0], name[1]]);
    if is_double { 2 } else { 1 }
}

/// A single word in brackets behind a name: the handle that many write there, as in `Ada Winslow (kite)`.
pub(crate) fn handle_in_brackets(name: &str) -> Option<String> {
    let (_, rest) = name.split_once(['(', '['])?;
    let (inside, _) = rest.split_once([')', ']'])?;
    let is_word = inside.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '@'));
    handle(inside).filter(|handle| is_word && handle.len() >= 4)
}

/// The words of a name that a handle spells out, when it does: `conrad.winslow`, `conrad-winslow`, `ConradWinslow`.
pub(crate) fn spelt_out(handle: &str) -> Vec<String> {
    let words: Vec<String> = if handle.contains(['.', '_', '-']) {
        handle.split(['.', '_', '-']).map(fold).filter(|word| !word.is_empty()).collect()
    } else {
        humps(handle)
    };
    let letters: usize = words.iter().map(String::len).sum();
    let is_name = (2..=3).contains(&words.len())
        && letters >= 6
        && words.iter().any(|word| word.len() >= 3)
        && words.iter().flat_map(|word| word.bytes()).all(|byte| byte.is_ascii_lowercase());
    if is_name { words } else { Vec::new() }
}

/// The parts of `ConradWinslow`; none when it is not written like that.
pub(crate) fn humps(handle: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for letter in handle.chars() {
        if letter.is_ascii_uppercase() {
            words.push(String::new());
        }
        match words.last_mut() {
            Some(word) if letter.is_ascii_alphabetic() => word.push(letter.to_ascii_lowercase()),
            _ => return Vec::new(),
        }
    }
    if words.iter().all(|word| word.len() >= 3) { words } else { Vec::new() }
}

/// The name without what lists and tools put beside it: `Ada (Acme)`, `Ada via Relay`, `Ada <ada@example.org>`.
fn without_additions(name: &str) -> &str {
    let end = [" (", " [", " <", " via ", " | ", " / "].iter().filter_map(|mark| name.find(mark)).min();
    let kept = end.map_or(name, |end| &name[..end]).trim();
    if kept.is_empty() { name.trim() } else { kept }
}

/// Whether a relay wrote in another's name: `Ada via Relay`.
pub(crate) fn is_relayed(name: &str) -> bool {
    name.contains(" via ")
}

fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut flush = |word: &mut String| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    for letter in text.chars() {
        if is_ideograph(letter) {
            // Written without spaces, and each is a syllable: the transliteration marks it with a capital.
            flush(&mut word);
            push_folded(&mut word, letter);
            flush(&mut word);
        } else if letter.is_alphanumeric() || is_mark(letter) {
            push_folded(&mut word, letter);
        } else if !matches!(letter, '\'' | '\u{2019}' | '`' | '\u{2018}') {
            flush(&mut word);
        }
    }
    flush(&mut word);
    words
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{2ffff}')
}

/// Combining accents stay with their letter.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

fn is_title(word: &str) -> bool {
    matches!(word, "mr" | "mrs" | "ms" | "dr" | "prof" | "ing" | "dipl" | "sir")
}

fn is_suffix(word: &str) -> bool {
    matches!(word, "jr" | "sr" | "ii" | "iii" | "iv" | "phd" | "md" | "msc" | "bsc" | "mba" | "esq")
}

/// A handle as it is compared: folded, without separators. `None` when too short to tell anybody apart.
pub(crate) fn handle(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('@');
    // Discord's old numbers: `ada#1234`.
    let text = text.split('#').next().unwrap_or(text);
    let folded = fold(text);
    (folded.len() >= 2 && folded.len() <= 64).then_some(folded)
}

/// The handle without digits at its end, when it has some and four letters remain.
pub(crate) fn without_number(handle: &str) -> Option<&str> {
    let stem = handle.trim_end_matches(|letter: char| letter.is_ascii_digit());
    (stem.len() >= 4 && stem.len() < handle.len()).then_some(stem)
}

/// What a name sounds like, roughly: no vowels but the first letter, no doubled letters, spellings that
/// transliterations swap made one.
pub(crate) fn skeleton(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for (place, byte) in word.bytes().enumerate() {
        let letter = match byte {
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'h' if place > 0 => continue,
            b'c' | b'k' | b'q' => 'k',
            b'w' => 'v',
            b'z' => 's',
            b'j' | b'y' => 'i',
            other => char::from(other),
        };
        if !out.ends_with(letter) {
            out.push(letter);
        }
    }
    out
}

/// An organization's label: `@acme`, `Acme, Inc.` and `acme.io` are all `acme`.
pub(crate) fn organization(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('@');
    if let Some(address) = crate::address::host_of(text) {
        let label = axle_organization::label(&address.registrable);
        return (label.len() >= 2).then(|| fold(label));
    }
    let words: Vec<String> = split_words(text).into_iter().filter(|word| !is_legal_form(word)).take(4).collect();
    let label = words.concat();
    let says_nothing = matches!(
        label.as_str(),
        "none"
            | "na"
            | "self"
            | "selfemployed"
            | "freelance"
            | "freelancer"
            | "independent"
            | "student"
            | "personal"
            | "home"
            | "individual"
            | "private"
            | "unaffiliated"
            | "retired"
            | "me"
            | "unemployed"
            | "company"
    );
    (label.len() >= 2 && label.len() <= 64 && !says_nothing).then_some(label)
}

fn is_legal_form(word: &str) -> bool {
    matches!(
        word,
        "inc"
            | "incorporated"
            | "ltd"
            | "limited"
            | "llc"
            | "corp"
            | "corporation"
            | "co"
            | "company"
            | "gmbh"
            | "ag"
            | "sa"
            | "sas"
            | "sarl"
            | "bv"
            | "nv"
            | "ab"
            | "oy"
            | "as"
            | "plc"
            | "pty"
            | "pvt"
            | "srl"
            | "spa"
            | "kk"
            | "the"
            | "group"
            | "technologies"
            | "technology"
            | "software"
            | "labs"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str) -> String {
        name_words(name).join(" ")
    }

    #[test]
    fn names_meet_whatever_their_writing() {
        assert_eq!(words("Ævar Arnfjörð Bjarmason"), "aevar arnfjord bjarmason");
        assert_eq!(words("Winslow, Conrad"), "conrad winslow");
        assert_eq!(words("Dr. Conrad O'Winslow Jr."), "conrad owinslow");
        assert_eq!(words("Conrad Winslow (Acme)"), "conrad winslow");
        assert_eq!(words("conrad.winslow"), "conrad winslow");
        assert_eq!(words("Иван Петров"), "ivan petrov");
        assert_eq!(words("e\u{301}milie dupont"), "emilie dupont");
        assert_eq!(words("张伟"), "zhang wei");
    }

    #[test]
    fn names_that_are_written_in_two_ways() {
        let otherwise = |name: &str| name_words_otherwise(name).join(" ");
        assert_eq!((words("Jörg Weiß"), otherwise("Jörg Weiß")), ("jorg weiss".into(), "joerg weiss".into()));
        assert_eq!(
            (words("Søren Ångström"), otherwise("Søren Ångström")),
            ("soren angstrom".into(), "soeren aangstroem".into())
        );
        // Accents that stand apart are the same letter.
        assert_eq!(otherwise("Jo\u{308}rg Weiss"), "joerg weiss");
        assert_eq!(otherwise("Joerg Weiss"), "");
        assert_eq!(otherwise("Émilie Dupont"), "");
        // Family name first, given name as one word; a space or the Western order changes nothing.
        for name in ["张伟明", "张 伟明", "伟明 张"] {
            assert_eq!(otherwise(name), "weiming zhang", "{name}");
        }
        assert_eq!(otherwise("欧阳修远"), "xiuyuan ouyang");
        assert_eq!(otherwise("김민수"), "minsu kim");
        assert_eq!(otherwise("민수 김"), "minsu kim");
        // The same syllables, each as its letters.
        assert_eq!(otherwise("\u{1100}\u{1175}\u{11b7}\u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}"), "minsu kim");
    }

    #[test]
    fn two_letters_for_one() {
        for (word, expected) in [
            ("joerg", "jorg"),
            ("mueller", "muller"),
            ("haakon", "hakon"),
            ("jaeger", "jager"),
            ("xue", "xue"),
            ("joe", "joe"),
            ("michael", "michael"),
            ("enrique", "enrique"),
            ("winslow", "winslow"),
        ] {
            assert_eq!(without_digraphs(word), expected);
        }
        assert_eq!(foldings("Jörg_M").collect::<Vec<_>>(), ["jorgm", "joergm"]);
        assert_eq!(fold("jose\u{301}"), fold("jos\u{e9}"));
    }

    #[test]
    fn names_that_are_none() {
        for name in ["", "unknown", "Your Name", "root", "12 34", "a@example.org", "…"] {
            assert_eq!(words(name), "", "{name}");
        }
    }

    #[test]
    fn handles() {
        assert_eq!(handle("@Conrad_X").as_deref(), Some("conradx"));
        assert_eq!(handle("ada#1234").as_deref(), Some("ada"));
        assert_eq!(handle("-"), None);
        assert_eq!(without_number("conrad23"), Some("conrad"));
        assert_eq!(without_number("cx23"), None);
    }

    #[test]
    fn handles_that_spell_a_name_out() {
        let spelt = |handle| spelt_out(handle).join(" ");
        assert_eq!(spelt("conrad.winslow"), "conrad winslow");
        assert_eq!(spelt("ConradWinslow"), "conrad winslow");
        assert_eq!(spelt("conrad.b.winslow"), "conrad b winslow");
        for handle in ["cwinslow", "Winslow", "conrad-77", "a.b", "CWinslow", "conradX"] {
            assert_eq!(spelt(handle), "", "{handle}");
        }
        assert_eq!(handle_in_brackets("Ada Winslow (kite7)").as_deref(), Some("kite7"));
        assert_eq!(handle_in_brackets("Ada Winslow (at Acme)"), None);
    }

    #[test]
    fn organizations_are_one_however_written() {
        for text in ["@acme", "Acme, Inc.", "acme.io", "https://www.acme.io/about", "ACME GmbH"] {
            assert_eq!(organization(text).as_deref(), Some("acme"), "{text}");
        }
        assert_eq!(organization("Self-employed"), None);
    }

    #[test]
    fn skeletons_meet() {
        assert_eq!(skeleton("aneesh"), skeleton("aniis"));
        assert_eq!(skeleton("mueller"), skeleton("muller"));
        assert_ne!(skeleton("winslow"), skeleton("wilson"));
    }
}
