//! The ways in which git writes a date.

use jiff::Timestamp;

/// Reads git's default, ISO, strict ISO, RFC 2822, raw and Unix forms.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| raw(text))
        .or_else(|| Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).ok())
        .or_else(|| Timestamp::strptime("%a %b %d %H:%M:%S %Y %z", text).ok())
        .or_else(|| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

/// Seconds since 1970, with or without an offset behind them.
fn raw(text: &str) -> Option<Timestamp> {
    let (seconds, offset) = text.split_once(' ').unwrap_or((text, "+0000"));
    let is_offset =
        offset.len() == 5 && offset.starts_with(['+', '-']) && offset[1..].bytes().all(|b| b.is_ascii_digit());
    is_offset.then(|| Timestamp::from_second(seconds.parse().ok()?).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_instant_reads_the_same() {
        let instant: Timestamp = "2024-05-07T10:00:00Z".parse().unwrap();
        for text in [
            "2024-05-07T12:00:00+02:00",
            "2024-05-07 12:00:00 +0200",
            "Tue May 7 12:00:00 2024 +0200",
            "Tue, 7 May 2024 12:00:00 +0200",
            "1715076000 +0200",
            "1715076000",
        ] {
            assert_eq!(parse(text), Some(instant), "{text}");
        }
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse(""), None);
        assert_eq!(parse("7 é+020"), None);
    }
}
