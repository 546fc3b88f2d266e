//! The words of a message, as numbers that can be compared.

/// Shorter words are in everything that is said.
const LEAST_CHARACTERS: usize = 4;
/// Of long texts, so many words from their beginning.
const MOST_WORDS: usize = 100;

/// The words of a text with four characters or more, whatever their case, as hashes: rising, each once.
pub fn word_hashes(text: &str) -> Vec<u32> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '\'';
    let words = text.split(|c| !is_inner(c)).filter(|word| word.chars().nth(LEAST_CHARACTERS - 1).is_some());
    let mut hashes: Vec<u32> = words.take(MOST_WORDS).map(hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// FNV-1a of the word in lower case.
fn hash(word: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let mut bytes = [0; 4];
    word.chars()
        .flat_map(char::to_lowercase)
        .fold(0x811c_9dc5, |hash, c| c.encode_utf8(&mut bytes).bytes().fold(hash, step))
}

/// How many words two messages share; both rising.
pub(super) fn shared(a: &[u32], b: &[u32]) -> usize {
    let (mut at, mut count) = (0, 0);
    for word in a {
        at += b[at..].iter().take_while(|other| *other < word).count();
        if b.get(at) == Some(word) {
            count += 1;
            at += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case() {
        assert_eq!(word_hashes("The GRUB menu, the grub menu!"), word_hashes("menu grub"));
        assert!(word_hashes("it is so").is_empty());
        // Known values of the function: those of "foobar" and "a" (32 bits).
        assert_eq!((hash("foobar"), hash("A")), (0xbf9c_f968, 0xe40c_292c));
    }

    #[test]
    fn shared_words_are_counted_once() {
        let count = |a: &str, b: &str| shared(&word_hashes(a), &word_hashes(b));
        assert_eq!(count("mount the windows share", "which share? windows, windows"), 2);
        assert_eq!(count("", "which share"), 0);
        assert_eq!(count("alpha beta gamma delta", "delta gamma beta alpha"), 4);
    }
}
