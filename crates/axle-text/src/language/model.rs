//! The linear model: for each group of languages that share a script, a table of 8-bit weights by hashed n-gram.
//! File: `AXLANG1\0`, then for Latin, Cyrillic, Arabic, Devanagari and Han: number of languages, longest n-gram, buckets
//! (`u32`), scale (`f32`), the languages' ISO 639-1 codes, and a row of `i8` per bucket, all little-endian.

use std::sync::LazyLock;

use super::{Detected, script::Script};

/// No group has more languages.
const MOST_LANGUAGES: usize = 32;

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let mut bytes: &'static [u8] = include_bytes!("../../models/language-v1.bin");
    bytes = bytes.strip_prefix(b"AXLANG1\0").expect("the embedded model has its mark");
    (0..5).map(|_| Group::parse(&mut bytes)).collect()
});

struct Group {
    codes: Vec<&'static str>,
    longest: usize,
    mask: u32,
    scale: f32,
    weights: &'static [u8],
}

impl Group {
    fn parse(bytes: &mut &'static [u8]) -> Self {
        let mut take = |length: usize| {
            let (taken, rest) = bytes.split_at(length);
            *bytes = rest;
            taken
        };
        let mut number = || u32::from_le_bytes(take(4).try_into().expect("four bytes were taken"));
        let (languages, longest, buckets, scale) = (number() as usize, number() as usize, number(), number());
        let codes = take(languages * 2).chunks(2).map(|code| std::str::from_utf8(code).expect("codes are ASCII"));
        Self {
            codes: codes.collect(),
            longest,
            mask: buckets - 1,
            scale: f32::from_bits(scale),
            weights: take(languages * buckets as usize),
        }
    }

    /// Sums the rows of all n-grams of a word, and gives how many there were.
    fn add(&self, word: &[char], sums: &mut [i32; MOST_LANGUAGES]) -> usize {
        let mut count = 0;
        let languages = self.codes.len();
        for start in 0..word.len() {
            let mut hash = 2_166_136_261_u32;
            for (at, &c) in word[start..].iter().take(self.longest).enumerate() {
                hash = (hash ^ u32::from(c)).wrapping_mul(16_777_619);
                if at == 0 && c == ' ' {
                    continue;
                }
                let row = ((hash ^ (hash >> 15)) & self.mask) as usize * languages;
                for (sum, &weight) in sums.iter_mut().zip(&self.weights[row..row + languages]) {
                    *sum += i32::from(weight.cast_signed());
                }
                count += 1;
            }
        }
        count
    }
}

/// What is known of a language before the text is read: added to its score (natural logarithm).
/// A community's chat is mostly English, most of all where a text is plain ASCII, and often short and full of product names
/// and terms; languages with fewer speakers online need more to be believed beside their close relatives.
fn prior(code: &str, is_ascii: bool) -> f32 {
    match code {
        "en" if is_ascii => 1.75,
        "en" => 0.5,
        "es" | "fr" | "de" | "pt" | "it" | "nl" | "pl" | "tr" | "id" | "vi" | "cs" | "sv" => 0.0,
        "ru" | "uk" | "ar" | "hi" | "zh" => 0.0,
        "ja" => -0.5,
        "ro" | "hu" | "fi" | "da" | "no" | "bg" | "fa" => -0.8,
        "af" | "eu" | "ca" | "tl" | "sq" | "sw" | "az" | "is" => -2.2,
        _ => -1.6,
    }
}

/// The likeliest language of the words, or `None` without any n-gram.
pub(super) fn classify<'a>(
    script: Script,
    words: impl Iterator<Item = &'a [char]>,
    is_ascii: bool,
) -> Option<Detected> {
    let group = GROUPS.get(script as usize)?;
    let mut sums = [0; MOST_LANGUAGES];
    let count: usize = words.map(|word| group.add(word, &mut sums)).sum();
    if count == 0 {
        return None;
    }
    let unit = group.scale / (count as f32).sqrt();
    let score = |language: usize| sums[language] as f32 * unit + prior(group.codes[language], is_ascii);
    let best = (0..group.codes.len()).max_by(|&a, &b| score(a).total_cmp(&score(b)))?;
    let total: f32 = (0..group.codes.len()).map(|language| (score(language) - score(best)).exp()).sum();
    Some(Detected { code: group.codes[best], confidence: 1.0 / total })
}
