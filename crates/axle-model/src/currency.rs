//! Currencies: how many of a currency's minor units make a whole one, and amounts in the currency that a workspace tells them in.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::time::{LocalDay, date_of_day, day_of_date};

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

/// Days after its own on which a rate still holds, unless a newer one comes.
pub const RATE_DAYS: LocalDay = 31;

/// The currency that amounts are told in, and the rates by which they are converted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Currencies {
    /// ISO 4217; `None`: each amount is told in its own.
    pub reporting: Option<String>,
    /// By pair, then by day.
    pub rates: Vec<Rate>,
}

/// What one currency was worth in another on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The day.
    pub date: Date,
    /// ISO 4217.
    pub from: String,
    /// ISO 4217.
    pub to: String,
    /// Whole units of `to` for one of `from`.
    pub rate: f64,
}

/// Rates that no amount can be converted by.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CurrencyError {
    /// No code of ISO 4217.
    #[error("`{0}` is no currency: write its three letters, as EUR")]
    Code(String),
    /// Not above 0, or beyond what currencies are worth.
    #[error("the rate from {0} to {1} on {2} must lie between 0.000000001 and 1000000000")]
    Rate(String, String, Date),
    /// From a currency to itself.
    #[error("a rate from {0} to itself says nothing: take it out")]
    Itself(String),
    /// A line of a table that is none.
    #[error("line {0} of the rates is no rate: write it as 2026-01-31,USD,EUR,0.92")]
    Line(usize),
}

impl Currencies {
    /// The same with codes in capitals and the rates in order, of which the last one said of a pair and day holds.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn tidied(self) -> Result<Self, CurrencyError> {
        let reporting = self.reporting.map(|code| code_of(&code)).transpose()?;
        let mut rates = BTreeMap::new();
        for Rate { date, from, to, rate } in self.rates {
            let (from, to) = (code_of(&from)?, code_of(&to)?);
            if from == to {
                return Err(CurrencyError::Itself(from));
            }
            if !(1e-9..=1e9).contains(&rate) {
                return Err(CurrencyError::Rate(from, to, date));
            }
            rates.insert((from, to, date), rate);
        }
        let rates = rates.into_iter().map(|((from, to, date), rate)| Rate { date, from, to, rate }).collect();
        Ok(Self { reporting, rates })
    }
}

/// Reads a table of rates: lines `date,from,to,rate`, also with semicolons or tabs; a line of headings and empty lines are passed over.
///
/// # Errors
/// The first line that is none.
pub fn rates_of_csv(text: &str) -> Result<Vec<Rate>, CurrencyError> {
    let rate = |line: &str| {
        let cells: Vec<&str> = line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"')).collect();
        let [date, from, to, rate] = cells[..] else { return None };
        let (date, rate) = (date.parse().ok()?, rate.parse().ok()?);
        Some(Rate { date, from: from.to_owned(), to: to.to_owned(), rate })
    };
    let is_heading = |line: &str| !line.contains(|letter: char| letter.is_ascii_digit());
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    lines
        .filter(|(place, line)| !(line.trim().is_empty() || *place == 0 && is_heading(line)))
        .map(|(place, line)| rate(line).ok_or(CurrencyError::Line(place + 1)))
        .collect()
}

fn code_of(text: &str) -> Result<String, CurrencyError> {
    let code = text.trim().to_ascii_uppercase();
    let is_code = code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
    if is_code { Ok(code) } else { Err(CurrencyError::Code(text.to_owned())) }
}

/// Tells amounts in a reporting currency, by the newest rate that is not older than [`RATE_DAYS`] on the day asked about. A rate the other
/// way round is as good; of two of one day the one that leads to the reporting currency counts.
#[derive(Debug, Clone, Default)]
pub struct Converter {
    reporting: Option<String>,
    /// By currency, then by day.
    quotes: HashMap<String, BTreeMap<LocalDay, Quote>>,
}

#[derive(Debug, Clone, Copy)]
struct Quote {
    rate: f64,
    /// Of the reporting currency to the other.
    is_inverse: bool,
}

impl Converter {
    /// Of a workspace's currencies, [tidied](Currencies::tidied).
    pub fn new(currencies: &Currencies) -> Self {
        let mut quotes: HashMap<String, BTreeMap<LocalDay, Quote>> = HashMap::new();
        let Some(reporting) = &currencies.reporting else { return Self::default() };
        for Rate { date, from, to, rate } in &currencies.rates {
            let (other, is_inverse) = if to == reporting { (from, false) } else { (to, true) };
            if is_inverse && from != reporting {
                continue;
            }
            let held = quotes.entry(other.clone()).or_default().entry(day_of_date(*date));
            let quote = held.or_insert(Quote { rate: *rate, is_inverse });
            if !is_inverse {
                *quote = Quote { rate: *rate, is_inverse };
            }
        }
        Self { reporting: Some(reporting.clone()), quotes }
    }

    /// The day and rate by which an amount of that currency and day is converted; `None`: it is told as it is.
    fn quote(&self, currency: &str, day: LocalDay) -> Option<(LocalDay, Quote)> {
        let (of, quote) = self.quotes.get(&currency.to_ascii_uppercase())?.range(..=day).next_back()?;
        (day - of <= RATE_DAYS).then_some((*of, *quote))
    }

    /// The currency in which an amount of that currency and day is told.
    pub fn currency<'a>(&'a self, currency: &'a str, day: LocalDay) -> &'a str {
        let reporting = self.reporting.as_deref().unwrap_or(currency);
        if self.quote(currency, day).is_some() || currency.eq_ignore_ascii_case(reporting) {
            reporting
        } else {
            currency
        }
    }

    /// The amount in that currency, in minor units of each: converted, a whole number, of two equally near the even one.
    pub fn amount(&self, amount: f64, currency: &str, day: LocalDay) -> f64 {
        match (self.quote(currency, day), &self.reporting) {
            (Some((_, quote)), Some(reporting)) => {
                let [from, to] = [currency, reporting.as_str()].map(minor_digits);
                converted(amount, quote, from, to)
            }
            _ => amount,
        }
    }

    /// The rate by which an amount of that currency and day is converted, in words: `1 USD = 0.92 EUR on 2026-01-31`.
    pub fn rate(&self, currency: &str, day: LocalDay) -> Option<String> {
        let ((of, quote), reporting) = (self.quote(currency, day)?, self.reporting.as_deref()?);
        let other = currency.to_ascii_uppercase();
        let (one, in_other) = if quote.is_inverse { (reporting, &*other) } else { (&*other, reporting) };
        Some(format!("1 {one} = {} {in_other} on {}", quote.rate, date_of_day(of)))
    }
}

/// Exact where it can be: by the decimal digits of the rate, not by its binary fraction.
fn converted(amount: f64, quote: Quote, from_digits: u32, to_digits: u32) -> f64 {
    let amount = amount.round_ties_even();
    let exact = || {
        let (digits, scale) = decimal(quote.rate)?;
        let ten = |power: u32| 10_i128.checked_pow(power);
        let whole = amount as i128;
        let (above, below) = if quote.is_inverse {
            (whole.checked_mul(ten(scale + to_digits)?)?, digits.checked_mul(ten(from_digits)?)?)
        } else {
            (whole.checked_mul(digits)?.checked_mul(ten(to_digits)?)?, ten(scale + from_digits)?)
        };
        let (floor, rest) = (above.div_euclid(below), above.rem_euclid(below));
        let up = match (rest * 2).cmp(&below) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => floor % 2 != 0,
            std::cmp::Ordering::Greater => true,
        };
        Some((floor + i128::from(up)) as f64)
    };
    exact().unwrap_or_else(|| {
        let factor = if quote.is_inverse { quote.rate.recip() } else { quote.rate };
        let shift = 10_f64.powi(to_digits as i32 - from_digits as i32);
        (amount * factor * shift).round_ties_even()
    })
}

/// A positive number as whole digits and how many of them stand behind the point.
fn decimal(number: f64) -> Option<(i128, u32)> {
    let text = number.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    Some((format!("{whole}{fraction}").parse().ok()?, fraction.len() as u32))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn rate(day: i8, from: &str, to: &str, rate: f64) -> Rate {
        Rate { date: date(2026, 1, day), from: from.into(), to: to.into(), rate }
    }

    fn in_euros(rates: Vec<Rate>) -> Converter {
        Converter::new(&Currencies { reporting: Some("eur".into()), rates }.tidied().unwrap())
    }

    fn day(day: i8) -> LocalDay {
        day_of_date(date(2026, 1, day))
    }

    #[test]
    fn most_currencies_have_cents() {
        assert_eq!(["JPY", "jpy", "EUR", "KWD", "CLF", "XYZ", ""].map(minor_digits), [0, 0, 2, 3, 4, 2, 2]);
    }

    #[test]
    fn halves_go_to_the_even_unit() {
        // 1000 * 0.9155 = 915.5 and 1000 * 0.9145 = 914.5: the even neighbours are 916 and 914, also below 0.
        let amount = |amount, of| in_euros(vec![rate(1, "USD", "EUR", of)]).amount(amount, "usd", day(2));
        assert_eq!((amount(1000.0, 0.9155), amount(1000.0, 0.9145)), (916.0, 914.0));
        assert_eq!((amount(-1000.0, 0.9155), amount(-1000.0, 0.9145)), (-916.0, -914.0));
        assert_eq!(amount(0.0, 0.9155), 0.0);
    }

    #[test]
    fn minor_units_differ_and_rates_can_be_turned_round() {
        // 1,000 yen are 6.00 euros; 1.500 dinars are 4.50 euros.
        let money =
            in_euros(vec![rate(1, "JPY", "EUR", 0.006), rate(1, "KWD", "EUR", 3.0), rate(1, "EUR", "USD", 1.25)]);
        assert_eq!((money.amount(1000.0, "JPY", day(1)), money.amount(1500.0, "KWD", day(1))), (600.0, 450.0));
        // 10.00 dollars at 1.25 for a euro are 8.00.
        assert_eq!(money.amount(1000.0, "USD", day(1)), 800.0);
        assert_eq!(money.rate("USD", day(1)).unwrap(), "1 EUR = 1.25 USD on 2026-01-01");
        let both = in_euros(vec![rate(1, "USD", "EUR", 0.5), rate(1, "EUR", "USD", 1.25)]);
        assert_eq!(both.rate("USD", day(1)).unwrap(), "1 USD = 0.5 EUR on 2026-01-01");
    }

    #[test]
    fn the_newest_rate_holds_for_31_days_and_never_before() {
        let money = in_euros(vec![rate(2, "USD", "EUR", 0.5), rate(10, "USD", "EUR", 0.9)]);
        let told = |at: LocalDay| (money.amount(100.0, "USD", at), money.currency("USD", at).to_owned());
        assert_eq!(told(day(1)), (100.0, "USD".into()));
        assert_eq!(told(day(9)), (50.0, "EUR".into()));
        assert_eq!(told(day(10) + 31), (90.0, "EUR".into()));
        assert_eq!(told(day(10) + 32), (100.0, "USD".into()));
        assert_eq!((money.currency("GBP", day(10)), money.rate("GBP", day(10))), ("GBP", None));
        assert_eq!((money.currency("eur", day(10)), money.amount(7.5, "eur", day(10))), ("EUR", 7.5));
        assert_eq!(Converter::default().currency("USD", day(10)), "USD");
    }

    #[test]
    fn a_table_is_read_line_by_line() {
        let read = rates_of_csv("date,from,to,rate\n2026-01-05,usd,EUR,0.92\n\n2026-01-06;USD;EUR;0.93\n").unwrap();
        assert_eq!(read, [rate(5, "usd", "EUR", 0.92), rate(6, "USD", "EUR", 0.93)]);
        assert_eq!(rates_of_csv("2026-01-05,USD,EUR"), Err(CurrencyError::Line(1)));
        assert_eq!(rates_of_csv("date,from,to,rate\nyesterday,USD,EUR,1"), Err(CurrencyError::Line(2)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let tidied = |rates: Vec<Rate>| Currencies { reporting: None, rates }.tidied();
        assert_eq!(tidied(vec![rate(1, "dollar", "EUR", 1.0)]), Err(CurrencyError::Code("dollar".into())));
        assert_eq!(tidied(vec![rate(1, "EUR", "eur", 1.0)]), Err(CurrencyError::Itself("EUR".into())));
        for wrong in [0.0, -1.0, f64::NAN, 1e10] {
            assert!(matches!(tidied(vec![rate(1, "USD", "EUR", wrong)]), Err(CurrencyError::Rate(..))), "{wrong}");
        }
        let twice = tidied(vec![rate(1, "usd", "EUR", 0.9), rate(1, "USD", "EUR", 0.8)]).unwrap();
        assert_eq!(twice.rates, [rate(1, "USD", "EUR", 0.8)]);
    }
}
