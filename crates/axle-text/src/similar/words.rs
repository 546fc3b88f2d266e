//! The words of a text as the index counts them: lower case, plurals folded, without the commonest English words.

/// Words of a title that are read.
pub const MOST_TITLE_WORDS: usize = 64;

/// Words of a body that are read: what follows hardly changes what it is about, and a dump of a log must cost little.
pub const MOST_BODY_WORDS: usize = 512;

/// Longer words are keys, hashes and lines of data. In bytes.
const LONGEST_WORD: usize = 48;

/// Words that nearly every English text has, in order.
const COMMON: [&str; 75] = [
    "a", "about", "after", "all", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "did",
    "do", "does", "for", "from", "get", "got", "had", "has", "have", "he", "how", "i", "if", "in", "into", "is", "it",
    "its", "just", "me", "my", "no", "not", "of", "on", "or", "our", "out", "she", "so", "some", "than", "that", "the",
    "their", "them", "then", "there", "they", "this", "to", "up", "was", "we", "were", "what", "when", "where",
    "which", "who", "why", "will", "with", "would", "you", "your", "s", "t",
];

/// Hands on the words of a text, at most `most`, in order. Ideographs and kana are words of their own.
pub(super) fn each_word(text: &str, most: usize, mut take: impl FnMut(&str)) {
    let mut word = String::new();
    let mut read = 0;
    for c in text.chars() {
        let alone = matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}');
        if !alone && (c.is_alphanumeric() || c == '_') {
            if word.len() <= LONGEST_WORD {
                word.extend(c.to_lowercase());
            }
            continue;
        }
        read += usize::from(end(&mut word, &mut take));
        if alone && read < most {
            word.push(c);
            read += usize::from(end(&mut word, &mut take));
        }
        if read >= most {
            return;
        }
    }
    end(&mut word, &mut take);
}

/// Hands on the word and empties it. Says whether there was one, common or not.
fn end(word: &mut String, take: &mut impl FnMut(&str)) -> bool {
    if word.is_empty() {
        return false;
    }
    if word.len() <= LONGEST_WORD && !is_common(word) {
        fold_plural(word);
        take(word);
    }
    word.clear();
    true
}

fn is_common(word: &str) -> bool {
    word.len() <= 5 && COMMON.contains(&word)
}

/// `drives` and `drive` are one word; `bus`, `class` and `this` stay. Longer suffixes are kept: cutting them (Porter's
/// rules) found no more duplicates.
fn fold_plural(word: &mut String) {
    if word.len() <= 3 || !word.is_ascii() {
        return;
    }
    if word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, 100, |word| words.push(word.to_owned()));
        words
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(words("How do I MOUNT the drives?"), ["mount", "drive"]);
        assert_eq!(words("batteries class bus gas c++ x11"), ["battery", "class", "bus", "gas", "c", "x11"]);
        assert_eq!(words("Ärger über_all, 日本 dog"), ["ärger", "über_all", "日", "本", "dog"]);
        assert!(words("... the ?!").is_empty());
        assert!(words("").is_empty());
    }

    #[test]
    fn only_the_first_words_are_read() {
        let mut count = 0;
        each_word(&"word ".repeat(1_000), 10, |_| count += 1);
        assert_eq!(count, 10);
        count = 0;
        each_word(&"日".repeat(1_000), 10, |_| count += 1);
        assert_eq!(count, 10);
    }

    #[test]
    fn endless_words_are_left_out() {
        assert_eq!(words(&format!("before {} afterward", "x".repeat(1_000_000))), ["before", "afterward"]);
        assert_eq!(words(&"İ".repeat(100)), Vec::<String>::new());
    }
}
