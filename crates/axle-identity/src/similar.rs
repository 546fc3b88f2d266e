//! Typing errors: how near two short words of letters are.

/// Jaro-Winkler similarity, 0 to 1 (Winkler 1990: a common beginning of up to four letters counts 0.1 each).
/// Letters beyond the 64th are ignored.
pub(crate) fn jaro_winkler(a: &str, b: &str) -> f64 {
    let (a, b) = (&a.as_bytes()[..a.len().min(64)], &b.as_bytes()[..b.len().min(64)]);
    let jaro = jaro(a, b);
    let prefix = a.iter().zip(b).take(4).take_while(|(a, b)| a == b).count();
    jaro + prefix as f64 * 0.1 * (1.0 - jaro)
}

fn jaro(a: &[u8], b: &[u8]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let (mut of_a, mut of_b) = (0_u64, 0_u64);
    for (at, letter) in a.iter().enumerate() {
        let window = at.saturating_sub(reach)..(at + reach + 1).min(b.len());
        if let Some(found) = window.into_iter().find(|other| of_b >> other & 1 == 0 && b[*other] == *letter) {
            of_a |= 1 << at;
            of_b |= 1 << found;
        }
    }
    let common = f64::from(of_a.count_ones());
    if common == 0.0 {
        return 0.0;
    }
    let swapped = places(of_a).zip(places(of_b)).filter(|(at, other)| a[*at] != b[*other]).count();
    (common / a.len() as f64 + common / b.len() as f64 + (common - swapped as f64 / 2.0) / common) / 3.0
}

fn places(bits: u64) -> impl Iterator<Item = usize> {
    (0..64).filter(move |at| bits >> at & 1 == 1)
}

/// Whether one slip of the keyboard leads from one word to the other: a letter more, less, other, or two swapped.
pub(crate) fn one_slip(a: &str, b: &str) -> bool {
    let (a, b) = if a.len() <= b.len() { (a.as_bytes(), b.as_bytes()) } else { (b.as_bytes(), a.as_bytes()) };
    let same_start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same_start..], &b[same_start..]);
    match b.len() - a.len() {
        0 if a.is_empty() => true,
        0 => a[1..] == b[1..] || (a.len() > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]),
        1 => a == &b[1..],
        _ => false,
    }
}

/// Whether two words are likely one, mistyped. Short words must agree letter by letter.
pub(crate) fn is_typo(a: &str, b: &str) -> bool {
    a.len().min(b.len()) >= 5 && (one_slip(a, b) || (a.len().min(b.len()) >= 7 && jaro_winkler(a, b) >= 0.95))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_similarities() {
        // Worked in Winkler's paper: MARTHA/MARHTA 0.961, DWAYNE/DUANE 0.840, DIXON/DICKSONX 0.813.
        for (a, b, expected) in [("martha", "marhta", 0.961), ("dwayne", "duane", 0.840), ("dixon", "dicksonx", 0.813)]
        {
            assert!((jaro_winkler(a, b) - expected).abs() < 0.001, "{a} {b}");
        }
        assert_eq!(jaro_winkler("", "a"), 0.0);
    }

    #[test]
    fn slips() {
        assert!(one_slip("winslow", "winslwo") && one_slip("winslow", "winlow") && one_slip("ada", "adaa"));
        assert!(!one_slip("winslow", "winolws") && !one_slip("ada", "adabb") && one_slip("ab", "ba"));
        assert!(is_typo("torvalds", "trovalds") && !is_typo("jose", "josh"));
    }
}
