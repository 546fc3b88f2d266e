//! Words of names, folded so that spellings of one name meet: without case, accents, punctuation and alphabet.

use any_ascii::any_ascii_char;

/// The words of a text in small Latin letters and digits. Apostrophes, and dots between single letters, join: `O'Hara`
/// and `S.A.` are one word each.
pub(crate) fn words(text: &str) -> Vec<String> {
    words_and_ends(text).into_iter().map(|(word, _)| word).collect()
}

/// The words as in [`words`], each with the place in the text at which it ends.
pub(crate) fn words_and_ends(text: &str) -> Vec<(String, usize)> {
    let mut words: Vec<(String, usize)> = vec![(String::new(), 0)];
    let letters: Vec<char> = text.chars().collect();
    for (at, (place, letter)) in text.char_indices().enumerate() {
        if letter.is_alphanumeric() || is_mark(letter) {
            let (word, end) = words.last_mut().expect("there is a first word");
            *end = place + letter.len_utf8();
            if letter.is_ascii() {
                word.push(letter.to_ascii_lowercase());
            } else {
                let folded = any_ascii_char(letter).chars().filter(char::is_ascii_alphanumeric);
                word.extend(folded.map(|letter| letter.to_ascii_lowercase()));
            }
        } else if !joins(&letters, at) {
            words.push((String::new(), 0));
        }
    }
    words.retain(|(word, _)| !word.is_empty());
    words
}

/// Whether what is no letter stands inside of a word.
fn joins(letters: &[char], at: usize) -> bool {
    let letter = letters[at];
    matches!(letter, '\'' | '’' | '`' | '´') || (letter == '.' && is_between_single_letters(letters, at))
}

/// Accents that stand apart from their letters.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

fn is_between_single_letters(letters: &[char], at: usize) -> bool {
    let letter = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|letter| letter.is_alphabetic());
    let single = |inner: Option<usize>, outer: Option<usize>| letter(inner) && !letter(outer);
    let is_start = at.checked_sub(1).is_some_and(|before| single(Some(before), before.checked_sub(1)));
    is_start && (single(Some(at + 1), Some(at + 2)) || !letter(Some(at + 1)))
}

/// All letters and digits of a text, folded, as one word.
pub(crate) fn compact(text: &str) -> String {
    words(text).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_meet() {
        assert_eq!(words("  Société-Générale, S.A. "), ["societe", "generale", "sa"]);
        assert_eq!(words("Sp. z o.o."), ["sp", "z", "oo"]);
        assert_eq!(words("AT&T"), ["at", "t"]);
        assert_eq!(words("O’Hara's acme.io"), ["oharas", "acme", "io"]);
        assert_eq!(words("A. B. Co"), ["a", "b", "co"]);
        assert_eq!(compact("Ｒｅｄ Hat"), "redhat");
        assert_eq!(compact("Re\u{301}d"), "red");
        assert_eq!(compact("…"), "");
    }
}
