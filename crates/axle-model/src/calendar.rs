//! Weeks, months and quarters as plain numbers, for rules that look at millions of days.
//! Integer arithmetic only; the tests hold it against the calendar of [`crate::time`].

use crate::time::LocalDay;

/// Months since January 1970: January 1970 is 0, December 1969 is -1.
pub type MonthNumber = i32;

const DAYS_BEFORE_MONTH: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_400_YEARS: i64 = 146_097;

/// ISO weeks (Monday to Sunday) since the week of 1970-01-01, which is 0.
pub fn week_of_day(day: LocalDay) -> i32 {
    // 1970-01-01 was a Thursday.
    (i64::from(day) + 3).div_euclid(7) as i32
}

/// The Monday that opens a week.
pub fn first_day_of_week(week: i32) -> LocalDay {
    week * 7 - 3
}

/// The days of the years -9999 to 9999: those that [`crate::time`] can name.
const DAYS_WITH_A_DATE: (LocalDay, LocalDay) = (-4_371_587, 2_932_896);

/// The calendar month of a local day. Days outside the years -9999 to 9999 are clamped to that range.
pub fn month_of_day(day: LocalDay) -> MonthNumber {
    let day = day.clamp(DAYS_WITH_A_DATE.0, DAYS_WITH_A_DATE.1);
    // The mean month puts the guess at most one month off.
    let mut month = (i64::from(day) * 4_800).div_euclid(DAYS_IN_400_YEARS) as i32;
    while first_day_of_month(month) > day {
        month -= 1;
    }
    while first_day_of_month(month + 1) <= day {
        month += 1;
    }
    month
}

/// The first local day of a month.
pub fn first_day_of_month(month: MonthNumber) -> LocalDay {
    let year = 1970 + i64::from(month.div_euclid(12));
    let month_of_year = month.rem_euclid(12) as usize;
    let leap_day = i64::from(month_of_year > 1 && is_leap(year));
    let days = (year - 1970) * 365 + leap_days_before(year) - leap_days_before(1970);
    (days + DAYS_BEFORE_MONTH[month_of_year] + leap_day) as LocalDay
}

/// Quarters since the first of 1970.
pub fn quarter_of_month(month: MonthNumber) -> i32 {
    month.div_euclid(3)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn leap_days_before(year: i64) -> i64 {
    let past = year - 1;
    past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Grain, date_of_day, day_of_date};

    #[test]
    fn days_without_a_date_are_clamped() {
        assert_eq!(DAYS_WITH_A_DATE, (day_of_date(jiff::civil::Date::MIN), day_of_date(jiff::civil::Date::MAX)));
        assert_eq!(month_of_day(LocalDay::MIN), (-9_999 - 1970) * 12);
        assert_eq!(month_of_day(LocalDay::MAX), (9_999 - 1970) * 12 + 11);
    }

    #[test]
    fn agrees_with_the_calendar_on_every_day_of_two_centuries() {
        for day in day_of_date(jiff::civil::date(1900, 1, 1))..day_of_date(jiff::civil::date(2101, 1, 1)) {
            let date = date_of_day(day);
            let month = (i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1;
            assert_eq!(month_of_day(day), month, "{date}");
            assert_eq!(first_day_of_month(month), day_of_date(Grain::Month.floor(date)), "{date}");
            assert_eq!(first_day_of_week(week_of_day(day)), day_of_date(Grain::Week.floor(date)), "{date}");
            let quarter_start = first_day_of_month(quarter_of_month(month) * 3);
            assert_eq!(quarter_start, day_of_date(Grain::Quarter.floor(date)), "{date}");
        }
    }
}
