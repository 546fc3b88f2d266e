//! How the words of the list stand in a text: more than the sums that VADER makes of them, for a head to learn from.

use super::Vader;

/// How many numbers there are.
pub(crate) const TONES: usize = 10;

/// Tokens after a negation whose valence it turns, and what it is turned by, as VADER weighs a negated word.
const REACH: u8 = 4;
const TURNED: f32 = -0.74;

impl Vader {
    /// Of the tokens of a text: sums and numbers of positive and of negative words, the greatest, least and last valence,
    /// whether there is `but`, whether there is no such word, and the negations. Valences are in fours, sums and negations
    /// divided by the root of the number of tokens.
    pub(crate) fn tones(&self, tokens: &[&str]) -> [f32; TONES] {
        let (mut turning, mut negations, mut counts) = (0, 0_u16, [0_u8; 2]);
        let (mut sums, mut greatest, mut least, mut last) = ([0.0_f32; 2], 0.0_f32, 0.0_f32, 0.0);
        for token in tokens {
            let entry = self.lexicon.entry(token);
            let mut valence = entry.valence.unwrap_or(0.0) as f32;
            if entry.negates || matches!(*token, "no" | "hardly" | "barely") || token.ends_with("n't") {
                negations += 1;
                turning = REACH;
            } else if token.starts_with(['.', '!', '?', ';', ':', ',', '(']) {
                turning = 0;
            } else if turning > 0 {
                turning -= 1;
                valence *= TURNED;
            }
            if valence != 0.0 {
                let side = usize::from(valence < 0.0);
                sums[side] += valence.abs();
                counts[side] = counts[side].saturating_add(1);
                (greatest, least, last) = (greatest.max(valence), least.min(valence), valence);
            }
        }
        let root = (tokens.len().max(1) as f32).sqrt();
        let [positive, negative] = sums.map(|sum| sum / 4.0 / root);
        let [positives, negatives] = counts.map(|count| f32::from(count.min(5)) / 5.0);
        let flag = |holds: bool| f32::from(u8::from(holds));
        let (has_but, has_none) = (flag(tokens.contains(&"but")), flag(counts == [0, 0]));
        let negations = f32::from(negations) / root;
        let [greatest, least, last] = [greatest, least, last].map(|valence| valence / 4.0);
        [positive, negative, positives, negatives, greatest, least, last, has_but, has_none, negations]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, with 1.9 for good and -2.5 for bad: `good` is turned to -1.406, and the comma ends the reach of `not`.
    #[test]
    fn words_are_turned_and_counted() {
        let vader = Vader::new();
        let found = vader.tones(&["not", "good", ",", "but", "bad", "x", "x", "x", "x"]);
        let expected = [0.0, 3.906 / 12.0, 0.0, 0.4, 0.0, -0.625, -0.625, 1.0, 0.0, 1.0 / 3.0];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        assert_eq!(vader.tones(&[]), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
