//! Which language a text is in. The script decides first; where languages share a script, a linear model over hashed
//! character n-grams (`models/language-v1.bin`, made by `training/language/train.py`) does. Unknown is an answer: numbers,
//! code, emoji and texts that are too short or undecided have none.

mod model;
mod script;

pub(crate) use script::composed;
use script::{Kind, Script};

/// A language and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detected {
    /// ISO 639-1, in lower case. Norwegian of both kinds is `no`.
    pub code: &'static str,
    /// 0 to 1: the model's probability among the languages of the script, or 1 where the script has one language.
    pub confidence: f32,
}

/// No more letters than these are read; what a text is in shows well before.
const LETTERS: usize = 240;
/// Fewer letters of an alphabet say nothing. A Han, kana or Hangul character counts as three letters.
const FEWEST_LETTERS: usize = 3;
/// Below this the model is undecided.
const LEAST_CONFIDENCE: f32 = 0.3;

/// The language of a text, or `None` when it cannot be said. Linear in the text; reads a bounded part of its letters.
pub fn detect(text: &str) -> Option<Detected> {
    let letters = Letters::read(text);
    let script = letters.script()?;
    if let Kind::One(code) = script.kind() {
        return Some(Detected { code, confidence: 1.0 });
    }
    if script == Script::Han && letters.has_kana() {
        return Some(Detected { code: "ja", confidence: 1.0 });
    }
    let best = model::classify(script, letters.words(script), letters.is_ascii)?;
    (best.confidence >= LEAST_CONFIDENCE).then_some(best)
}

/// The letters that speak for a language: in lower case, a space before, between and after words.
struct Letters {
    chars: Vec<char>,
    weights: [usize; Script::COUNT],
    kana: usize,
    /// None of the letters needs more than ASCII.
    is_ascii: bool,
}

impl Letters {
    fn read(text: &str) -> Self {
        let mut letters = Self { chars: vec![' '], weights: [0; Script::COUNT], kana: 0, is_ascii: true };
        let mut rest = LETTERS;
        for chunk in text.split_whitespace().filter(|chunk| !is_code(chunk)) {
            rest = letters.take(chunk, rest);
            if rest == 0 {
                break;
            }
        }
        letters
    }

    /// Adds a chunk's words and gives how many letters may still come.
    fn take(&mut self, chunk: &str, mut rest: usize) -> usize {
        self.end_word();
        if chunk.is_ascii() {
            for byte in chunk.bytes() {
                if !byte.is_ascii_alphabetic() {
                    self.end_word();
                } else if rest > 0 {
                    self.weights[Script::Latin as usize] += 1;
                    self.chars.push(byte.to_ascii_lowercase() as char);
                    rest -= 1;
                }
            }
            return rest;
        }
        for c in script::composed(chunk) {
            if rest == 0 {
                break;
            }
            if !script::is_letter(c) {
                self.end_word();
                continue;
            }
            self.is_ascii &= c.is_ascii();
            if let Some(script) = Script::of(c) {
                self.weights[script as usize] += script.weight();
                self.kana += usize::from(script::is_kana(c));
            }
            self.chars.extend(c.to_lowercase());
            rest -= 1;
        }
        rest
    }

    fn end_word(&mut self) {
        if self.chars.last() != Some(&' ') {
            self.chars.push(' ');
        }
    }

    /// The script that most of the letters are in. Latin words stand in texts of every script, so the others weigh more.
    fn script(&self) -> Option<Script> {
        let (script, weight) = Script::ALL.iter().map(|&s| (s, self.weights[s as usize])).max_by_key(|&(_, w)| w)?;
        (weight >= FEWEST_LETTERS).then_some(script)
    }

    /// A name or an emoticon can hold a kana; a Japanese sentence holds many.
    fn has_kana(&self) -> bool {
        self.kana * 3 * 12 >= self.weights[Script::Han as usize]
    }

    /// The runs that the model reads: words of the script with a space on both sides, or runs of Han without.
    fn words(&self, script: Script) -> impl Iterator<Item = &[char]> {
        let is_han = script == Script::Han;
        let mut start = 0;
        std::iter::from_fn(move || {
            while start < self.chars.len() {
                let rest = &self.chars[start..];
                let length = 1 + rest[1..].iter().position(|&c| c == ' ').unwrap_or(rest.len() - 1);
                start += length;
                let word = &self.chars[start - length..(start + 1).min(self.chars.len())];
                if word.len() > 1 && word[1..].iter().any(|&c| Script::of(c) == Some(script)) {
                    return Some(if is_han { &word[1..] } else { word });
                }
            }
            None
        })
    }
}

/// Whether a chunk between white space is a path, an address, an identifier or a handle rather than words.
fn is_code(chunk: &str) -> bool {
    if !chunk.is_ascii() {
        return chunk.contains("://");
    }
    let bytes = chunk.trim_matches(|c: char| ".,;:!?\"'()[]*".contains(c)).as_bytes();
    let is_inner = |at: usize| at > 0 && at + 1 < bytes.len();
    bytes.first().is_some_and(|b| b"@#`<$%/\\-".contains(b))
        || bytes.windows(2).any(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
        || bytes.iter().enumerate().any(|(at, &b)| match b {
            b'_' | b'@' | b'=' | b'{' | b'}' | b'<' | b'>' | b'\\' | b'(' | b'$' | b'#' | b'0'..=b'9' => true,
            b'.' | b':' => is_inner(at) && bytes[at + 1] != b'.' && bytes[at - 1] != b'.',
            _ => false,
        })
}

/// The English name of a language by its ISO 639-1 code, of those that communities write most.
pub fn name(code: &str) -> Option<&'static str> {
    const NAMES: [(&str, &str); 40] = [
        ("ar", "Arabic"),
        ("bg", "Bulgarian"),
        ("bn", "Bengali"),
        ("ca", "Catalan"),
        ("cs", "Czech"),
        ("da", "Danish"),
        ("de", "German"),
        ("el", "Greek"),
        ("en", "English"),
        ("es", "Spanish"),
        ("et", "Estonian"),
        ("fa", "Persian"),
        ("fi", "Finnish"),
        ("fr", "French"),
        ("he", "Hebrew"),
        ("hi", "Hindi"),
        ("hr", "Croatian"),
        ("hu", "Hungarian"),
        ("id", "Indonesian"),
        ("it", "Italian"),
        ("ja", "Japanese"),
        ("ko", "Korean"),
        ("lt", "Lithuanian"),
        ("lv", "Latvian"),
        ("nl", "Dutch"),
        ("no", "Norwegian"),
        ("pl", "Polish"),
        ("pt", "Portuguese"),
        ("ro", "Romanian"),
        ("ru", "Russian"),
        ("sk", "Slovak"),
        ("sl", "Slovenian"),
        ("sr", "Serbian"),
        ("sv", "Swedish"),
        ("ta", "Tamil"),
        ("th", "Thai"),
        ("tr", "Turkish"),
        ("uk", "Ukrainian"),
        ("vi", "Vietnamese"),
        ("zh", "Chinese"),
    ];
    NAMES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests;
