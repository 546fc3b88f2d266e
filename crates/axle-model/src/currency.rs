//! Currencies: how many of a currency's minor units make a whole one.

/// Decimal digits of minor units by ISO 4217, where they are not two.
const DIGITS: [(u32, &[&str]); 3] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

/// Decimal digits of the minor units of an ISO 4217 currency, in letters of either case; two for one that is not known.
pub fn minor_digits(currency: &str) -> u32 {
    let mut all = DIGITS.iter();
    let found = all.find(|(_, currencies)| currencies.iter().any(|known| known.eq_ignore_ascii_case(currency)));
    found.map_or(2, |(digits, _)| *digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_currencies_have_cents() {
        assert_eq!(["JPY", "jpy", "EUR", "KWD", "CLF", "XYZ", ""].map(minor_digits), [0, 0, 2, 3, 4, 2, 2]);
    }
}
