//! Instants as Unix seconds, and their text. Formatting by hand: it is most of what a generator does.

/// Seconds of an hour.
pub const HOUR: i64 = 3600;
/// Seconds of a day.
pub const DAY: i64 = 24 * HOUR;

/// Year, month and day of a day number counted from 1970-01-01, in the proleptic Gregorian calendar.
pub fn civil(day: i64) -> (i64, u8, u8) {
    // Counts in eras of 400 years that begin on a 1 March, so that the leap day is the last of a year.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month as u8, day_of_month as u8)
}

/// Writes `YYYY-MM-DD` of a day number. Years 0 to 9999.
pub fn push_date(day: i64, text: &mut Vec<u8>) {
    let (year, month, day) = civil(day);
    push_two((year / 100) as u8, text);
    push_two((year % 100) as u8, text);
    text.push(b'-');
    push_two(month, text);
    text.push(b'-');
    push_two(day, text);
}

/// Writes `YYYY-MM-DDThh:mm:ssZ`. Years 0 to 9999.
pub fn push_instant(at: i64, text: &mut Vec<u8>) {
    push_date(at.div_euclid(DAY), text);
    let of_day = at.rem_euclid(DAY);
    text.push(b'T');
    push_two((of_day / HOUR) as u8, text);
    text.push(b':');
    push_two((of_day % HOUR / 60) as u8, text);
    text.push(b':');
    push_two((of_day % 60) as u8, text);
    text.push(b'Z');
}

fn push_two(number: u8, text: &mut Vec<u8>) {
    text.push(b'0' + number / 10);
    text.push(b'0' + number % 10);
}

/// `YYYY-MM-DDThh:mm:ssZ`.
pub fn instant(at: i64) -> String {
    let mut text = Vec::with_capacity(20);
    push_instant(at, &mut text);
    String::from_utf8(text).expect("digits and punctuation are ASCII")
}

/// `YYYY-MM-DD` of the UTC day of an instant.
pub fn date(at: i64) -> String {
    let mut text = Vec::with_capacity(10);
    push_date(at.div_euclid(DAY), &mut text);
    String::from_utf8(text).expect("digits and punctuation are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_calendar_library() {
        for at in (0..4_102_444_800i64).step_by(7_919_993) {
            let known = jiff::Timestamp::from_second(at).unwrap();
            assert_eq!(instant(at), known.to_string());
            assert_eq!(date(at), known.to_string()[..10]);
        }
    }
}
