//! How numbers, durations, instants and names are written on a page: English, with units, the same everywhere.

mod clock;

use axle_model::currency::minor_digits;
use jiff::civil::Date;

pub use clock::Clock;

/// A space that does not break, between a number and its unit.
const NBSP: char = '\u{a0}';

/// What is written where a figure is not defined.
pub const UNDEFINED: &str = "–";

/// What a figure counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Whole things.
    Count,
    /// Parts of a hundred, 0 to 100.
    Percent,
    /// Seconds, written as a duration.
    Seconds,
    /// Minor units of an ISO 4217 currency.
    Money(String),
    /// A number without a unit.
    Number,
    /// A number with what it is in: `a week`.
    In(String),
}

impl Unit {
    /// The unit of a KPI file: `count`, `percent`, `seconds`, `money` with its currency; anything else is a number.
    pub fn parse(name: &str, currency: Option<&str>) -> Self {
        match (name, currency) {
            ("count", _) => Self::Count,
            ("percent", _) => Self::Percent,
            ("seconds", _) => Self::Seconds,
            ("money", Some(currency)) => Self::Money(currency.to_owned()),
            _ => Self::Number,
        }
    }

    /// The name that the charts' script knows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Percent => "percent",
            Self::Seconds => "seconds",
            Self::Money(_) => "money",
            Self::Number | Self::In(_) => "number",
        }
    }

    /// How many of the values make one of what an axis counts: minor units of money, else 1.
    pub fn minor(&self) -> u64 {
        match self {
            Self::Money(currency) => 10u64.pow(minor_digits(currency)),
            _ => 1,
        }
    }

    /// `value` with this unit; [`UNDEFINED`] for `None`, since 0 would be a lie.
    pub fn write(&self, value: Option<f64>) -> String {
        let Some(value) = value else { return UNDEFINED.to_owned() };
        match self {
            Self::Count => count(value.round() as i64),
            Self::Percent => percent(value),
            Self::Seconds => duration(value),
            Self::Money(currency) => money(value.round() as i64, currency),
            Self::Number => number(value),
            Self::In(words) => format!("{}{NBSP}{words}", number(value)),
        }
    }

    /// `52.8 to 71.5 %`: the unit once.
    pub fn range(&self, low: f64, high: f64) -> String {
        match self {
            Self::Percent => format!("{} to {}{NBSP}%", fixed(low, 1), fixed(high, 1)),
            Self::In(words) => format!("{} to {}{NBSP}{words}", number(low), number(high)),
            _ => format!("{} to {}", self.write(Some(low)), self.write(Some(high))),
        }
    }
}

/// `1234567` as `1,234,567`.
pub fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::from(if value < 0 { "−" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// About three significant digits: `0.42`, `4.2`, `42.5`, `1,234`. What is not zero is never written as zero.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size > 0.0 && size < 0.095 => (1.0 - size.log10().floor()).clamp(2.0, 12.0) as usize,
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = fixed(value, decimals);
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// One decimal: `62.5 %`. A share that is not zero is never written as zero, one below 100 never as 100.
pub fn percent(value: f64) -> String {
    let text = if value > 0.0 && value < 0.05 {
        "< 0.1".to_owned()
    } else if (99.95..100.0).contains(&value) {
        "> 99.9".to_owned()
    } else {
        fixed(value, 1)
    };
    format!("{text}{NBSP}%")
}

/// Minor units of a currency, with as many decimals as it has: `1,234.50 EUR`, `1,054 JPY`.
pub fn money(minor: i64, currency: &str) -> String {
    let sign = if minor < 0 { "−" } else { "" };
    let digits = minor_digits(currency);
    let (size, whole) = (minor.unsigned_abs(), 10u64.pow(digits));
    let part = if digits > 0 { format!(".{:0width$}", size % whole, width = digits as usize) } else { String::new() };
    format!("{sign}{}{part}{NBSP}{currency}", count((size / whole) as i64))
}

/// The two largest parts of a duration in seconds: `45 s`, `12 min`, `3 h 12 min`, `2 d 4 h`.
pub fn duration(seconds: f64) -> String {
    let total = seconds.abs().round() as u64;
    let sign = if seconds < -0.5 { "−" } else { "" };
    let (large, small) = match total {
        0..60 => ((total, "s"), (0, "")),
        // Seconds matter up to ten minutes; beyond, minutes are rounded so that 59 min 40 s is an hour.
        60..600 => ((total / 60, "min"), (total % 60, "s")),
        600..86_370 => {
            let minutes = (total + 30) / 60;
            if minutes < 60 { ((minutes, "min"), (0, "")) } else { ((minutes / 60, "h"), (minutes % 60, "min")) }
        }
        _ => {
            let hours = (total + 1_800) / 3_600;
            ((hours / 24, "d"), (hours % 24, "h"))
        }
    };
    let mut text = format!("{sign}{}{NBSP}{}", count(large.0 as i64), large.1);
    if small.0 > 0 {
        text.push_str(&format!("{NBSP}{}{NBSP}{}", small.0, small.1));
    }
    text
}

/// A size in bytes, in decimal units.
pub fn bytes(size: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (size as f64, 0);
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{}{NBSP}{}", number(value), units[unit])
}

fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(whole, fraction)| (whole, fraction));
    let sign = if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { "−" } else { "" };
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Which way a figure went since the period before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// It rose.
    Up,
    /// It fell.
    Down,
    /// It is, as written, the same.
    Same,
}

/// How a figure differs from the period before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which way.
    pub direction: Direction,
    /// By how much: `12 %`, `3.1 points`, `from 0`.
    pub amount: String,
}

impl Change {
    /// Percentages change by points, all else relative to `before`. `None` when either is not defined.
    pub fn between(before: Option<f64>, now: Option<f64>, unit: &Unit) -> Option<Self> {
        let (before, now) = (before?, now?);
        let direction = match now - before {
            difference if difference > 0.0 => Direction::Up,
            difference if difference < 0.0 => Direction::Down,
            _ => Direction::Same,
        };
        let same = Some(Self { direction: Direction::Same, amount: "no change".to_owned() });
        if direction == Direction::Same || unit.write(Some(before)) == unit.write(Some(now)) {
            return same;
        }
        let amount = if *unit == Unit::Percent {
            format!("{}{NBSP}points", fixed((now - before).abs(), 1))
        } else if before == 0.0 {
            format!("from{NBSP}{}", unit.write(Some(0.0)))
        } else {
            relative((now - before).abs() / before.abs())
        };
        Some(Self { direction, amount })
    }

    /// The icon that shows the direction.
    pub fn icon(&self) -> &'static str {
        match self.direction {
            Direction::Up => "arrow-up-right",
            Direction::Down => "arrow-down-right",
            Direction::Same => "minus",
        }
    }

    /// `up 12 %`, `down 3.1 points`, `no change`.
    pub fn sentence(&self) -> String {
        match self.direction {
            Direction::Up => format!("up {}", self.amount),
            Direction::Down => format!("down {}", self.amount),
            Direction::Same => self.amount.clone(),
        }
    }
}

fn relative(share: f64) -> String {
    match share * 100.0 {
        percent if percent < 1.0 => format!("{}{NBSP}%", fixed(percent.max(0.1), 1)),
        percent if percent < 1_000.0 => format!("{percent:.0}{NBSP}%"),
        percent => format!("{}-fold", number((percent / 100.0 + 1.0).round())),
    }
}

/// `1 day`, `2 days`, `3 activities`, `4 replies`.
pub fn plural(number: u64, noun: &str) -> String {
    let noun = match (number, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    };
    format!("{}{NBSP}{noun}", count(number as i64))
}

/// A sentence in which a number and its percent sign stay on one line.
pub fn unbroken(text: &str) -> String {
    text.replace(" %", &format!("{NBSP}%"))
}

/// `3 Mar 2026`.
pub fn date(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// Name of the grain's period that starts at `start`: `3 Mar 2026`, `week of 2 Mar 2026`, `Mar 2026`, `Q1 2026`, `2026`.
pub fn period(start: Date, grain: axle_model::time::Grain) -> String {
    use axle_model::time::Grain;
    match grain {
        Grain::Day => date(start),
        Grain::Week => format!("week of {}", date(start)),
        Grain::Month => start.strftime("%b %Y").to_string(),
        Grain::Quarter => format!("Q{} {}", (start.month() - 1) / 3 + 1, start.year()),
        Grain::Year => start.year().to_string(),
        Grain::Total => format!("from {}", date(start)),
    }
}

/// Text that someone else wrote, on one line: without control characters and without the marks that turn the
/// direction of the text around them.
pub fn clean(text: &str) -> String {
    let kept = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
    kept.filter(|&c| !c.is_control() && !turns_direction(c)).collect()
}

/// The pieces of a text in which what stands in backticks is code, in order, and whether each is. A backtick without a second one
/// stands for itself.
pub fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, (code, behind))) =
        rest.split_once('`').and_then(|(before, behind)| Some((before, behind.split_once('`')?)))
    {
        pieces.extend([(before, false), (code, true)]);
        rest = behind;
    }
    pieces.push((rest, false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// Such a text where nothing can be marked.
pub fn unmarked(text: &str) -> String {
    pieces(text).into_iter().map(|(piece, _)| piece).collect()
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Up to two letters for a person without a picture: `Ada Meyer` is `AM`.
pub fn initials(name: &str) -> String {
    let cleaned = clean(name);
    let mut words = cleaned.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { "?".to_owned() } else { letters }
}

#[cfg(test)]
mod tests;
