//! Tests of `format`: each rule with the cases at its edges.

use jiff::tz::TimeZone;

use super::*;

/// Spaces that do not break are hard to see in a test; here they are spaces.
fn seen(text: impl AsRef<str>) -> String {
    text.as_ref().replace(NBSP, " ")
}

fn clock() -> Clock {
    Clock {
        now: "2026-03-04T09:00:00Z".parse().unwrap(),
        zone: TimeZone::get("Europe/Berlin").expect("the zone database has Berlin"),
    }
}

#[test]
fn thousands_are_separated() {
    let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-12_345, "−12,345")];
    for (value, text) in cases {
        assert_eq!(count(value), text);
    }
}

#[test]
fn a_number_keeps_about_three_digits() {
    let cases = [
        (0.0, "0"),
        (0.000_418, "0.00042"),
        (0.096, "0.1"),
        (0.416, "0.42"),
        (4.2, "4.2"),
        (10.04, "10"),
        (42.51, "42.5"),
        (1_234.4, "1,234"),
        (-0.001, "−0.001"),
    ];
    for (value, text) in cases {
        assert_eq!(number(value), text);
    }
}

#[test]
fn a_share_is_never_rounded_to_nothing_or_everything() {
    let cases = [(0.0, "0.0 %"), (0.01, "< 0.1 %"), (62.46, "62.5 %"), (99.97, "> 99.9 %"), (100.0, "100.0 %")];
    for (value, text) in cases {
        assert_eq!(seen(percent(value)), text);
    }
}

#[test]
fn a_duration_shows_its_two_largest_parts() {
    let cases = [
        (0.4, "0 s"),
        (59.0, "59 s"),
        (60.0, "1 min"),
        (95.0, "1 min 35 s"),
        (720.0, "12 min"),
        (3_580.0, "1 h"),
        (11_520.0, "3 h 12 min"),
        (86_400.0, "1 d"),
        (187_200.0, "2 d 4 h"),
        (86_390.0, "1 d"),
    ];
    for (seconds, text) in cases {
        assert_eq!(seen(duration(seconds)), text, "{seconds}");
    }
}

#[test]
fn money_and_sizes_carry_their_unit() {
    assert_eq!(seen(money(123_450, "EUR")), "1,234.50 EUR");
    assert_eq!(seen(money(-5, "USD")), "−0.05 USD");
    assert_eq!(seen(money(1_054, "JPY")), "1,054 JPY");
    assert_eq!(seen(money(-1_054, "KWD")), "−1.054 KWD");
    assert_eq!(seen(money(50, "CLF")), "0.0050 CLF");
    assert_eq!(seen(bytes(512)), "512 B");
    assert_eq!(seen(bytes(1_536_000)), "1.54 MB");
    assert_eq!(seen(bytes(999_999)), "1 MB");
}

#[test]
fn what_is_not_defined_is_not_zero() {
    assert_eq!(Unit::Count.write(None), UNDEFINED);
    assert_eq!(Unit::parse("money", None), Unit::Number);
    assert_eq!(seen(Unit::parse("money", Some("CHF")).write(Some(100.0))), "1.00 CHF");
}

#[test]
fn a_share_changes_by_points_and_the_rest_by_percent() {
    let change = |before, now, unit: &Unit| Change::between(before, now, unit).map(|change| seen(change.sentence()));
    assert_eq!(change(Some(200.0), Some(224.0), &Unit::Count).as_deref(), Some("up 12 %"));
    assert_eq!(change(Some(60.0), Some(56.9), &Unit::Percent).as_deref(), Some("down 3.1 points"));
    assert_eq!(change(Some(0.0), Some(4.0), &Unit::Count).as_deref(), Some("up from 0"));
    assert_eq!(change(Some(10.0), Some(250.0), &Unit::Count).as_deref(), Some("up 25-fold"));
    assert_eq!(change(Some(1e6), Some(1e6 + 1.0), &Unit::Count).as_deref(), Some("up 0.1 %"));
    assert_eq!(change(Some(4.201), Some(4.202), &Unit::Number).as_deref(), Some("no change"));
    assert_eq!(change(None, Some(4.0), &Unit::Count), None);
}

#[test]
fn a_time_is_relative_until_it_is_old() {
    let clock = clock();
    let cases = [
        ("2026-03-04T08:59:30Z", "just now"),
        ("2026-03-04T08:55:00Z", "5 min ago"),
        ("2026-03-04T05:30:00Z", "3 h ago"),
        ("2026-03-03T09:00:00Z", "1 day ago"),
        ("2026-02-10T09:00:00Z", "3 weeks ago"),
        ("2025-11-01T23:30:00Z", "2 Nov 2025"),
        ("2026-03-04T11:00:00Z", "in 2 h"),
    ];
    for (at, text) in cases {
        assert_eq!(seen(clock.relative(at.parse().unwrap())), text);
    }
    assert_eq!(clock.exact("2026-03-04T08:12:00Z".parse().unwrap()), "4 Mar 2026, 09:12 CET");
    let ages = [
        ("2026-03-04T08:20:00Z", "40 min"),
        ("2026-03-01T09:00:00Z", "3 days"),
        ("2026-01-04T09:00:00Z", "59 days"),
        ("2025-12-30T09:00:00Z", "2 months"),
        ("2024-03-20T09:00:00Z", "23 months"),
        ("2024-03-01T09:00:00Z", "2 years"),
        ("2019-01-01T09:00:00Z", "7 years"),
    ];
    for (at, text) in ages {
        assert_eq!(seen(clock.age(at.parse().unwrap())), text);
    }
}

#[test]
fn a_period_is_named_by_its_grain() {
    use axle_model::time::Grain;
    let start = jiff::civil::date(2026, 4, 1);
    assert_eq!(period(start, Grain::Day), "1 Apr 2026");
    assert_eq!(period(start, Grain::Month), "Apr 2026");
    assert_eq!(period(start, Grain::Quarter), "Q2 2026");
    assert_eq!(period(start, Grain::Year), "2026");
}

#[test]
fn a_name_cannot_turn_or_break_the_line() {
    assert_eq!(clean("Ada\u{202e}reyeM\u{0}\nB"), "AdareyeM B");
    assert_eq!(clean("שלום"), "שלום");
    assert_eq!(initials("ada van Meyer"), "AM");
    assert_eq!(initials("\u{202e}<script>"), "S");
    assert_eq!(initials("!!"), "?");
}

#[test]
fn a_noun_follows_its_number() {
    let cases = [
        (1, "day", "1 day"),
        (0, "day", "0 days"),
        (2, "activity", "2 activities"),
        (1_284, "member", "1,284 members"),
    ];
    for (number, noun, text) in cases {
        assert_eq!(seen(plural(number, noun)), text);
    }
}

#[test]
fn what_stands_in_backticks_is_code_and_one_alone_is_a_backtick() {
    assert_eq!(
        pieces("see `a <b>` and `c`."),
        [("see ", false), ("a <b>", true), (" and ", false), ("c", true), (".", false)]
    );
    assert_eq!(pieces("`a` 5` high"), [("a", true), (" 5` high", false)]);
    assert_eq!(unmarked("`invest`: of `a` 5`"), "invest: of a 5`");
    assert!(pieces("").is_empty());
}
