//! Tests of `chart`: what the eye relies on.

use jiff::civil::date;

use super::*;

fn chart(mark: Mark, unit: Unit, values: &[Option<f64>]) -> Chart {
    let points = values.iter().enumerate().map(|(index, value)| Point {
        start: date(2026, index as i8 + 1, 1),
        value: *value,
        low_n: index == 0,
        partial: index + 1 == values.len(),
        of: None,
        interval: None,
    });
    let series = vec![Series { name: "Members</script>".into(), points: points.collect() }];
    Chart { id: "c".into(), title: "t".into(), unit, grain: Grain::Month, mark, series, more: 0 }
}

#[test]
fn a_running_period_is_dashed_and_a_gap_stays_a_gap() {
    let option = chart(Mark::Line, Unit::Count, &[Some(3.0), None, Some(5.0), Some(2.0)]).option();
    let series = option["series"].as_array().unwrap();
    assert_eq!(series.len(), 2);
    assert_eq!((&series[0]["lineStyle"]["type"], &series[1]["lineStyle"]["type"]), (&json!("solid"), &json!("dashed")));
    assert_eq!(series[0]["data"][1]["value"], Value::Null);
    assert_eq!(series[0]["data"][3], Value::Null);
    assert_eq!(series[1]["data"][2]["value"], 5.0);
    assert_eq!(series[1]["data"][3]["text"], "2 so far");
    assert_eq!(series[0]["data"][0]["itemStyle"]["color"], SURFACE, "few cases are hollow");
}

#[test]
fn bars_start_at_zero_and_the_running_one_is_hollow() {
    let option = chart(Mark::Bar, Unit::Count, &[Some(30.0), Some(50.0)]).option();
    assert_eq!(option["yAxis"]["min"], 0);
    assert_eq!(option["series"][0]["data"][1]["itemStyle"]["borderType"], "dashed");
    assert!(option["yAxis"].is_object(), "there is one value axis");
}

#[test]
fn durations_are_counted_in_steps_of_time() {
    let option = chart(Mark::Line, Unit::Seconds, &[Some(40_000.0), Some(9_000.0)]).option();
    assert_eq!(option["yAxis"]["interval"], 10_800.0);
    assert_eq!(option["yAxis"]["max"], 43_200.0);
    assert_eq!(time_step(86_400.0 * 400.0), 86_400.0 * 730.0);
}

#[test]
fn the_table_says_what_the_marks_say_newest_first() {
    let rows = chart(Mark::Line, Unit::Count, &[Some(1_000.0), None]).table();
    assert_eq!(
        rows[0],
        TableRow {
            period: "Feb 2026".into(), cells: vec!["–".into()], remark: "so far".into(), ..TableRow::default()
        }
    );
    assert_eq!(
        rows[1],
        TableRow {
            period: "Jan 2026".into(),
            cells: vec!["1,000".into()],
            remark: "few cases".into(),
            ..TableRow::default()
        }
    );
}

#[test]
fn embedded_data_cannot_leave_its_element() {
    let data = chart(Mark::Line, Unit::Count, &[Some(1.0)]).data();
    assert!(!data.contains('<') && !data.contains('>'), "{data}");
    let read: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(read["option"]["series"][0]["name"], "Members</script>");
}

#[test]
fn an_axis_counts_whole_units_of_its_currency() {
    let minor = |unit| {
        let read: Value = serde_json::from_str(&chart(Mark::Line, unit, &[Some(1_054.0)]).data()).unwrap();
        read["minor"].clone()
    };
    assert_eq!([minor(Unit::Money("EUR".into())), minor(Unit::Money("JPY".into())), minor(Unit::Count)], [100, 1, 1]);
}

#[test]
fn a_sparkline_lifts_the_pen_over_a_gap_and_needs_no_style() {
    let svg = sparkline(&[Some(0.0), Some(10.0), None, Some(5.0), Some(5.0)], false);
    assert_eq!(svg.matches('M').count(), 2, "{svg}");
    assert!(svg.contains("M3.0 29.0L31.5 3.0M"), "{svg}");
    assert!(!svg.contains("style="));
    assert!(sparkline(&[Some(1.0), Some(2.0)], true).contains("spark-partial"));
    for values in [&[][..], &[None], &[Some(0.0)], &[Some(4.0), Some(4.0)]] {
        assert!(!sparkline(values, true).contains("NaN"));
    }
}

#[test]
fn the_summary_tells_ends_extremes_and_what_is_running() {
    let told = |values: &[Option<f64>]| chart(Mark::Line, Unit::Count, values).summary();
    assert_eq!(
        told(&[Some(3.0), Some(9.0), None, Some(5.0), Some(2.0)]),
        "From 3 in Jan 2026 to 5 in Apr 2026, most 9 in Feb 2026; 2 so far in May 2026."
    );
    assert_eq!(told(&[Some(3.0), Some(4.0)]), "3 in Jan 2026; 4 so far in Feb 2026.");
    assert_eq!(told(&[None, None]), "No complete period has a value; – so far in Feb 2026.");
    let mut several = chart(Mark::Bar, Unit::Count, &[Some(3.0), Some(4.0)]);
    several.series.push(Series { name: "chat".into(), ..several.series[0].clone() });
    assert_eq!(several.summary(), "In Jan 2026: Members</script> 3, chat 3.");
}

#[test]
fn a_sparkline_does_not_blow_up_noise() {
    let svg = sparkline(&[Some(1_000.0), Some(1_001.0)], false);
    assert!(svg.contains("M3.0 16.1L117.0 15.9"), "{svg}");
}

#[test]
fn only_the_marks_that_occur_are_explained() {
    let mut shown = chart(Mark::Line, Unit::Count, &[Some(3.0), Some(4.0)]);
    assert_eq!(shown.marks(), "Dashed: the period is not over. Hollow: rests on few cases.");
    shown.series[0].points.iter_mut().for_each(|point| (point.low_n, point.partial) = (false, false));
    assert_eq!(shown.marks(), "");
}

#[test]
fn shares_say_what_they_are_out_of() {
    let mut shown = chart(Mark::Line, Unit::Percent, &[Some(62.6), None]);
    assert!(!shown.has_parts());
    (shown.series[0].points[0].of, shown.series[0].points[0].interval) = (Some((62.0, 99.0)), Some((52.8, 71.5)));
    assert!(shown.has_parts());
    let rows = shown.table();
    assert_eq!((rows[1].of.as_str(), rows[1].interval.as_str()), ("62 of 99", "52.8 to 71.5\u{a0}%"));
    assert_eq!((rows[0].of.as_str(), rows[0].interval.as_str()), ("", ""));
    assert_eq!(shown.option()["series"][0]["data"][0]["text"], "62.6\u{a0}% (62 of 99), few cases");
}

#[test]
fn a_small_chart_has_bars_from_zero_and_hollow_ones_that_rest_on_few() {
    let svg = small(&chart(Mark::Bar, Unit::Count, &[Some(30.0), None, Some(60.0)]));
    assert_eq!(svg.matches("<rect").count(), 2, "{svg}");
    assert!(svg.contains("height=\"40\"") && svg.contains("height=\"80\""), "{svg}");
    assert_eq!(svg.matches("mini-hollow").count(), 2, "few cases and a running period: {svg}");
    let line = small(&chart(Mark::Line, Unit::Percent, &[Some(5.0), Some(-5.0), None, Some(0.0)]));
    assert!(!line.contains("NaN") && line.contains("mini-zero"), "{line}");
    assert!(!small(&chart(Mark::Line, Unit::Count, &[])).contains("NaN"));
    assert_eq!(
        bar(1.0, 4.0),
        "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"25.0\" height=\"8\"/></svg>"
    );
}
