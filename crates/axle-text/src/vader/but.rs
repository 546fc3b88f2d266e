//! `but`: what stands before it counts half, what stands behind it counts one and a half times.

use std::collections::{BTreeSet, HashMap};

/// Changes the valences around the word at `but`.
///
/// The Python package looks for the first place with the same valence instead of the place it has reached, so that a
/// valence that occurs twice may be changed twice in one place and not at all in the other. That is repeated here with
/// an index of the places of each valence, because its own search takes quadratic time.
pub(super) fn shift(valences: &mut [f64], but: usize) {
    let mut places: HashMap<u64, BTreeSet<usize>> = HashMap::new();
    for reached in 0..valences.len() {
        let valence = valences[reached];
        // Zero stays zero.
        if valence == 0.0 {
            continue;
        }
        let same = places.entry(valence.to_bits()).or_default();
        same.insert(reached);
        let first = *same.first().expect("a place was just added");
        let factor = match first.cmp(&but) {
            std::cmp::Ordering::Less => 0.5,
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => 1.5,
        };
        same.remove(&first);
        valences[first] = valence * factor;
        places.entry(valences[first].to_bits()).or_default().insert(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_before_and_raises_behind() {
        let mut valences = [2.0, 0.0, 0.0, -1.0];
        shift(&mut valences, 1);
        assert_eq!(valences, [1.0, 0.0, 0.0, -1.5]);
    }

    /// At the place of the 1 the first 1 is the halved 2 before it: that is halved again.
    #[test]
    fn equal_valences_meet_the_first_place() {
        let mut valences = [2.0, 0.0, 1.0];
        shift(&mut valences, 1);
        assert_eq!(valences, [0.5, 0.0, 1.0]);
    }
}
