//! How likely somebody else invents the same handle: the chance of its letters, one after the other, as handles here
//! are made (a Markov chain of letters, as in Perito et al. 2011, "How unique and traceable are usernames?").

/// Letters, digits, and the border of a word.
const SIGNS: usize = 37;
const BORDER: usize = 36;

/// The chances of one sign after another, learnt from handles.
#[derive(Debug)]
pub(crate) struct Letters {
    /// Natural logarithms.
    after: [[f32; SIGNS]; SIGNS],
}

impl Letters {
    /// Learns from words of lower-case letters and digits. With none, every sign is as likely as any other.
    pub(crate) fn learn<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = [[1.0_f32; SIGNS]; SIGNS];
        for word in words {
            each_step(word, |from, to| counts[from][to] += 1.0);
        }
        for row in &mut counts {
            let total: f32 = row.iter().sum();
            row.iter_mut().for_each(|count| *count = (*count / total).ln());
        }
        Self { after: counts }
    }

    /// The chance that a handle begins so.
    pub(crate) fn chance_of_beginning(&self, letters: &str) -> f64 {
        let steps = std::iter::once(BORDER).chain(letters.bytes().map(sign)).zip(letters.bytes().map(sign));
        steps.map(|(from, to)| f64::from(self.after[from][to])).sum::<f64>().exp()
    }

    /// The chance that a handle is just this one, from its letters alone.
    pub(crate) fn chance(&self, word: &str) -> f64 {
        let mut sum = 0.0;
        each_step(word, |from, to| sum += f64::from(self.after[from][to]));
        sum.exp()
    }
}

fn each_step(word: &str, mut step: impl FnMut(usize, usize)) {
    let mut from = BORDER;
    for byte in word.bytes() {
        let to = sign(byte);
        step(from, to);
        from = to;
    }
    step(from, BORDER);
}

fn sign(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => usize::from(byte - b'a'),
        b'0'..=b'9' => usize::from(byte - b'0') + 26,
        _ => BORDER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_nothing_learnt_each_sign_is_one_of_thirty_seven() {
        let letters = Letters::learn(std::iter::empty());
        assert!((letters.chance("ab") - (1.0_f64 / 37.0).powi(3)).abs() < 1e-9);
    }

    #[test]
    fn a_beginning_is_likelier_than_each_handle_that_begins_so() {
        let letters = Letters::learn(["anna", "hanna", "banana"].into_iter());
        assert!(letters.chance_of_beginning("an") > letters.chance_of_beginning("anna"));
        assert!(letters.chance_of_beginning("anna") > letters.chance("anna"));
    }

    #[test]
    fn longer_and_stranger_is_rarer() {
        let letters = Letters::learn(["anna", "hanna", "banana"].into_iter());
        assert!(letters.chance("anna") > letters.chance("hanna") && letters.chance("anna") > letters.chance("axqa"));
    }
}
