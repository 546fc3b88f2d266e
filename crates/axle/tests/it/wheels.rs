//! The wheels in numbers: what the pages compute over runs and what the catalogue's definitions compute over their tables
//! is the same, on the demo's company; and the advice of an instant is the one that is remembered of it.

use serde_json::{Map, Value};

use crate::Axle;

struct Demo(Axle);

impl Demo {
    fn new() -> Self {
        let axle = Axle::new();
        axle.run(&["demo", "--members", "120", "--no-serve"]);
        Self(axle)
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        self.0.json(&[arguments, &["--workspace", "demo"]].concat())
    }

    /// The points of a figure in one window, by a dimension.
    fn points(&self, kpi: &str, by: &str, days: (&str, &str)) -> Map<String, Value> {
        let as_of = format!("{}T00:00:00Z", days.1);
        let window = ["--from", days.0, "--to", days.1, "--grain", "total", "--as-of", &as_of];
        let answer = self.ask(&[&["kpi", "show", kpi, "--by", by], &window[..]].concat());
        let points = answer["points"].as_array().unwrap().iter();
        points.map(|point| (point["dimensions"][by].as_str().unwrap().to_owned(), point.clone())).collect()
    }

    /// Their values.
    fn figure(&self, kpi: &str, by: &str, days: (&str, &str)) -> Map<String, Value> {
        self.points(kpi, by, days).into_iter().map(|(name, point)| (name, point["value"].clone())).collect()
    }

    /// The last midnight of the demo's story, and those of so many days before.
    fn day(&self, back: i64) -> String {
        let query = "select max(occurred_at) as at from activities";
        let last: jiff::Timestamp = self.ask(&["sql", query])[0]["at"].as_str().unwrap().parse().unwrap();
        (last.to_zoned(jiff::tz::TimeZone::UTC).date() - jiff::Span::new().days(back)).to_string()
    }
}

fn near(a: &Value, b: f64) -> bool {
    a.as_f64().is_some_and(|a| (a - b).abs() <= 1e-9 * b.abs().max(1.0))
}

#[test]
fn pages_and_catalogue_agree_on_the_physics() {
    let demo = Demo::new();
    assert_eq!(demo.ask(&["settings", "show"])["time_zone"].as_str().unwrap_or("UTC"), "UTC");
    let (today, ago_28, ago_90) = (demo.day(0), demo.day(28), demo.day(90));
    let overview = demo.ask(&["flywheel", "figures", "--as-of", &format!("{today}T00:00:00Z")]);
    let by_step = demo.figure("flywheel_friction", "step", (&ago_90, &today));
    let whole = demo.figure("flywheel_friction_whole", "flywheel", (&ago_90, &today));
    let speed = demo.figure("flywheel_speed", "flywheel", (&ago_90, &today));
    let momentum = demo.figure("flywheel_momentum", "flywheel", (&ago_28, &today));
    let weight = demo.figure("flywheel_weight", "flywheel", (&ago_28, &today));
    let alone = demo.figure("flywheel_self_propelled_share", "flywheel", (&ago_90, &today));
    // Completions of a year, 180 days ago and before.
    let brought = demo.figure("flywheel_loop_back", "flywheel", (&demo.day(545), &today));
    let mut steps = 0;
    for wheel in overview["wheels"].as_array().unwrap() {
        let id = wheel["flywheel"].as_str().unwrap();
        for (step, figures) in wheel["steps"].as_array().unwrap().iter().zip(wheel["figures"].as_array().unwrap()) {
            let friction = &figures["friction"];
            let of = |name: &str| friction[name].as_f64().unwrap();
            let name = format!("{id}/{}", step["step"].as_str().unwrap());
            let told = by_step.get(&name);
            assert_eq!(told.is_some(), of("entered") > 0.0, "{name}");
            if let Some(told) = told {
                let expected = 100.0 * (1.0 - of("in_time") / of("entered"));
                assert!(near(told, expected), "{name}: {told} against {expected}");
                steps += 1;
            }
        }
        for (figure, of, scale) in [
            (&whole, &wheel["friction"], 100.0),
            (&speed, &wheel["turns_per_week"], 1.0),
            (&momentum, &wheel["momentum"], 1.0),
            (&weight, &wheel["weight"]["retained"], 1.0),
        ] {
            let told = figure.get(id).cloned().unwrap_or(Value::from(0.0));
            assert!(near(&told, scale * of.as_f64().unwrap_or(0.0)), "{id}: {told} against {of}");
        }
        let of_loop = |name: &str| wheel["loop_back"][name].as_f64().unwrap();
        if of_loop("denominator") > 0.0 {
            let expected = of_loop("numerator") / of_loop("denominator");
            assert!(near(&brought[id], expected), "{id}: {} against {expected}", brought[id]);
            assert_eq!(wheel["growth"].is_null(), wheel["turn_seconds"].is_null(), "{id}");
        }
        if let (Some(told), Some(advances)) = (alone.get(id), wheel["self_propelled"]["denominator"].as_f64()) {
            let expected = 100.0 * wheel["self_propelled"]["numerator"].as_f64().unwrap() / advances;
            assert!(near(told, expected), "{id}: {told} against {expected}");
        }
    }
    assert!(steps >= 5, "{steps} steps of the demo were due");
}

/// The product of all steps is out of the units at the step with the fewest, and of few it says so.
#[test]
fn the_friction_of_a_whole_wheel_is_out_of_the_fewest_units_of_a_step() {
    let demo = Demo::new();
    let days = (demo.day(90), demo.day(0));
    let days = (days.0.as_str(), days.1.as_str());
    let by_step = demo.points("flywheel_friction", "step", days);
    let whole = demo.points("flywheel_friction_whole", "flywheel", days);
    assert!(!whole.is_empty());
    for (wheel, point) in whole {
        let own = by_step.iter().filter(|(step, _)| step.split('/').next() == Some(wheel.as_str()));
        let fewest = own.filter_map(|(_, step)| step["denominator"].as_f64()).reduce(f64::min).unwrap();
        assert_eq!(point["denominator"].as_f64(), Some(fewest), "{wheel}");
        assert_eq!(point["low_n"], Value::from(fewest < 30.0), "{wheel}");
        assert!(near(&point["value"], 100.0 * point["numerator"].as_f64().unwrap() / fewest), "{wheel}: {point}");
    }
}

/// What the page says of the advice of 30 days ago is what it said 30 days ago.
#[test]
fn the_advice_of_last_month_is_the_one_that_was_given() {
    let demo = Demo::new();
    let at = |back| format!("{}T00:00:00Z", demo.day(back));
    let then = demo.ask(&["flywheel", "figures", "--as-of", &at(30)]);
    let now = demo.ask(&["flywheel", "figures", "--as-of", &at(0)]);
    let (given, kept) = (&then["push_next"], &now["before"]["advice"]);
    for field in ["step", "owner", "lost", "friction"] {
        assert_eq!(given[field], kept[field], "{field}");
    }
    assert!(given["step"].is_string(), "{then}");
    // What happened there since: parts of the units that were due add up to the share.
    let since = &now["before"]["friction_since"];
    let of = |name: &str| since[name].as_u64().unwrap() as f64;
    match now["before"]["share_since"].as_f64() {
        None => assert_eq!(of("entered"), 0.0, "{since}"),
        Some(share) => {
            let hampered = of("late") + of("stalled") + of("lost") + of("returned");
            assert!((share - hampered / of("entered")).abs() < 1e-9, "{since}");
            let change = share - kept["lost"]["share"].as_f64().unwrap();
            assert!((now["before"]["change"].as_f64().unwrap() - change).abs() < 1e-9, "{now}");
        }
    }
    let told = demo.0.try_run(&["flywheel", "figures", "--as-of", &at(0), "--workspace", "demo"]);
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("advice of 30 days ago: "), "{told}");
}
