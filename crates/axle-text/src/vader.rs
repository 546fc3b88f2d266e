//! VADER: a sentiment score from a word list and a few rules about the words around it.
//!
//! Rules and word list by C. J. Hutto and E. E. Gilbert (ICWSM 2014), MIT licence; the figures agree with version 3.3.2
//! of their Python package, including its habits in rare cases, because models were trained on what that package says.

mod but;
mod lexicon;
mod rules;
pub(crate) mod tones;
mod words;

use lexicon::Lexicon;

/// What VADER says of one text.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scores {
    /// Share of negative words, 0 to 1, three decimals. The three shares add up to 1 but for rounding, or are all 0.
    pub neg: f64,
    /// Share of neutral words, 0 to 1, three decimals.
    pub neu: f64,
    /// Share of positive words, 0 to 1, three decimals.
    pub pos: f64,
    /// The sum of all words brought to -1 to 1, four decimals; 0 for a text without words that say anything.
    pub compound: f64,
}

/// The word list, ready for look-ups. Made once, since that takes a millisecond.
#[derive(Debug)]
pub struct Vader {
    lexicon: Lexicon,
}

impl Default for Vader {
    fn default() -> Self {
        Self::new()
    }
}

impl Vader {
    /// Reads the word list that is part of the program.
    pub fn new() -> Self {
        Self { lexicon: Lexicon::new() }
    }

    /// The scores of a text of any length, in time that grows with the length.
    pub fn scores(&self, text: &str) -> Scores {
        let named = self.lexicon.name_emojis(text);
        let words = words::split(&named, &self.lexicon);
        let mut valences = rules::valences(&words);
        if let Some(at) = words.iter().position(|word| word.role == words::Role::But) {
            but::shift(&mut valences, at);
        }
        combine(&valences, emphasis(&named))
    }
}

/// What exclamation and question marks add to a text that leans to one side.
fn emphasis(text: &str) -> f64 {
    let (mut exclamations, mut questions) = (0u64, 0u64);
    for byte in text.bytes() {
        exclamations += u64::from(byte == b'!');
        questions += u64::from(byte == b'?');
    }
    let for_exclamations = exclamations.min(4) as f64 * 0.292;
    let for_questions = match questions {
        0 | 1 => 0.0,
        2 | 3 => questions as f64 * 0.18,
        _ => 0.96,
    };
    for_exclamations + for_questions
}

fn combine(valences: &[f64], emphasis: f64) -> Scores {
    if valences.is_empty() {
        return Scores::default();
    }
    let (mut sum, mut pos, mut neg, mut neu) = (0.0, 0.0, 0.0, 0.0);
    for &valence in valences {
        sum += valence;
        // A neutral word counts as 1, so that the others get 1 on top of what they say.
        if valence > 0.0 {
            pos += valence + 1.0;
        } else if valence < 0.0 {
            neg += valence - 1.0;
        } else {
            neu += 1.0;
        }
    }
    if sum > 0.0 {
        sum += emphasis;
    } else if sum < 0.0 {
        sum -= emphasis;
    }
    let compound = (sum / (sum * sum + 15.0).sqrt()).clamp(-1.0, 1.0);
    if pos > neg.abs() {
        pos += emphasis;
    } else if pos < neg.abs() {
        neg -= emphasis;
    }
    let total = pos + neg.abs() + neu;
    Scores {
        neg: round((neg / total).abs(), 3),
        neu: round(neu / total, 3),
        pos: round((pos / total).abs(), 3),
        compound: round(compound, 4),
    }
}

/// Rounds to a number of decimals by the exact decimal value of the binary number, as Python's `round` does.
fn round(value: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    let scaled = value * scale;
    // Away from a tie the multiplication cannot have moved the value over it.
    if (scaled.fract().abs() - 0.5).abs() > 1e-6 {
        return scaled.round() / scale;
    }
    format!("{value:.*}", usize::from(decimals)).parse().expect("a formatted number is a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_text_scores_nothing() {
        let vader = Vader::new();
        for text in ["", " ", "\n\t"] {
            assert_eq!(vader.scores(text), Scores::default());
        }
    }

    #[test]
    fn texts_have_the_scores_of_the_reference() {
        let vader = Vader::new();
        for expected in crate::test_vectors::vectors() {
            let Scores { neg, neu, pos, compound } = vader.scores(&expected.text);
            let found = [("neg", neg), ("neu", neu), ("pos", pos), ("compound", compound)];
            for (name, found) in found {
                assert_eq!(found, expected.vader[name], "{name} {}", expected.text);
            }
        }
    }

    /// 0.0625 lies exactly between two values of three decimals: Python's `round(0.0625, 3)` is 0.062.
    #[test]
    fn ties_round_as_in_python() {
        assert_eq!(round(0.0625, 3), 0.062);
        assert_eq!(round(0.1875, 3), 0.188);
        // 2.675 is stored a little lower than it reads.
        assert_eq!(round(2.675, 2), 2.67);
    }

    /// Ten million characters in several shapes: linear time, no panic.
    #[test]
    fn long_texts_take_linear_time() {
        let vader = Vader::new();
        let but_list = "good bad but never so great ".repeat(40_000);
        for text in ["a".repeat(2_000_000), "! ".repeat(500_000), "😀".repeat(100_000), but_list] {
            let scores = vader.scores(&text);
            assert!((-1.0..=1.0).contains(&scores.compound));
        }
    }
}
