//! Flywheels of one's own: a changed number moves units of the past, a new flywheel turns, and what is wrong is told with its line.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::Axle;

const LEADS: &str = "community_qualified_leads";
/// Friday. Sunita raised her hand on Monday, 5 January 2026, at 10: she should be qualified by Wednesday at 10.
const FRIDAY: &str = "2026-01-09T10:00:00Z";
/// A flywheel of two steps: 14 days to come back, on two days within 30.
const WELCOME: &str = include_str!("../../../axle-app/src/flywheels/own/example.toml");

fn community() -> Axle {
    let axle = Axle::new();
    let act = |who: &str, name: &str, number: u32, at: &str| {
        json!({"type": "activity", "id": format!("{who}-{number}"), "activity": "forum:topic:opened", "at": at, "channel": "help",
               "actor": {"platform": "forum", "uid": who, "name": name}})
    };
    let lines = [
        act("u1", "Sunita Rao", 1, "2026-01-02T10:00:00Z"),
        act("u2", "Ada Byron", 1, "2026-01-05T10:00:00Z"),
        act("u2", "Ada Byron", 2, "2026-01-08T10:00:00Z"),
        act("u3", "Bob Stone", 1, "2026-01-05T10:00:00Z"),
        json!({"type": "signal", "id": "s1", "at": "2026-01-05T10:00:00Z", "kind": "explicit", "quote": "We need SSO",
               "member": {"platform": "forum", "uid": "u1", "name": "Sunita Rao"}}),
    ];
    let path = axle.data().join("community.jsonl");
    std::fs::write(&path, lines.map(|line| line.to_string()).join("\n")).unwrap();
    axle.run(&["import", path.to_str().unwrap()]);
    axle
}

/// A definition as a file of its id's name.
fn file(axle: &Axle, id: &str, text: &str) -> PathBuf {
    let path = axle.data().join(format!("{id}.toml"));
    std::fs::write(&path, text).unwrap();
    path
}

/// The leads' definition, with five business days instead of two to qualify a signal.
fn slower(axle: &Axle) -> PathBuf {
    let text = axle.run(&["flywheel", "show", LEADS, "--toml"]);
    assert!(text.contains("within = \"2 business days\""));
    file(axle, LEADS, &text.replacen("within = \"2 business days\"", "within = \"5 business days\"", 1))
}

fn run_of_sunita(axle: &Axle) -> Value {
    axle.json(&["flywheel", "runs", LEADS, "--as-of", FRIDAY])[0].clone()
}

fn told(axle: &Axle, arguments: &[&str], code: i32) -> String {
    let output = axle.try_run(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

#[test]
fn business_hours_of_the_workspace_move_what_is_due_and_receipts_name_them() {
    let axle = community();
    let week = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let shipped = json!({"days": week, "from": "09:00", "to": "17:00", "holidays": []});
    assert_eq!(axle.json(&["settings", "business-hours"]), shipped);
    assert_eq!(run_of_sunita(&axle)["due_at"], "2026-01-07T10:00:00Z");
    for (hours, why) in [
        (r#"{"from": "17:00", "to": "09:00"}"#, "so it cannot end at 09:00"),
        (r#"{"days": ["funday"]}"#, "`funday` is no day of the week"),
        (r#"{"days": []}"#, "name at least one day"),
        (r#"{"holidays": ["25.12.2026"]}"#, "`25.12.2026` is no date"),
        (r#"{"open": "09:00"}"#, "unknown field `open`"),
    ] {
        assert!(told(&axle, &["settings", "business-hours", hours], 2).contains(why), "{hours}");
    }
    assert_eq!(axle.json(&["settings", "show"])["business_hours"], shipped, "what is refused changes nothing");

    // Two days of four hours from Monday 10:00: four on Monday, none on Tuesday, four on Wednesday.
    let hours = r#"{"from": "10:00", "to": "14:00", "holidays": ["2026-01-06"]}"#;
    let set = axle.json(&["settings", "business-hours", hours]);
    assert_eq!((&set["from"], &set["holidays"]), (&json!("10:00"), &json!(["2026-01-06"])));
    assert_eq!(run_of_sunita(&axle)["due_at"], "2026-01-07T14:00:00Z");
    let receipt = |kpi: &str| axle.json(&["kpi", "receipt", kpi])["business_hours"].clone();
    assert_eq!(receipt("responded_within_1h"), "Monday to Friday, 10:00 to 14:00, but for 1 holiday");
    assert_eq!(receipt("flywheel_conversion"), receipt("cold_hand_offs"));
    assert_eq!(receipt("members_active"), Value::Null);
    // There it is 11:00: three hours on Monday, four on Wednesday, one on Thursday, which begins at 9:00 UTC.
    axle.json(&["settings", "time-zone", "Europe/Berlin"]);
    assert_eq!(run_of_sunita(&axle)["due_at"], "2026-01-08T10:00:00Z");
    axle.json(&["settings", "time-zone", "UTC"]);
    axle.json(&["settings", "business-hours", "{}"]);
    assert_eq!(run_of_sunita(&axle)["due_at"], "2026-01-07T10:00:00Z");
}

#[test]
fn a_longer_service_time_moves_a_late_unit_back_in_time() {
    let axle = community();
    let file = slower(&axle);
    let file = file.to_str().unwrap();
    assert_eq!(run_of_sunita(&axle)["due_at"], "2026-01-07T10:00:00Z");

    let told_before = axle.json(&["flywheel", "preview", file, "--as-of", FRIDAY]);
    let preview = &told_before["preview"];
    let step = preview["steps"].as_array().unwrap().iter().find(|step| step["step"] == "signals_need").unwrap();
    assert_eq!((&step["before"]["late"], &step["after"]["late"]), (&json!(1), &json!(0)), "{step}");
    assert_eq!((&step["before"]["inside"], &step["after"]["inside"]), (&json!(1), &json!(1)));
    // Of what was due, her run was not through in time; then nothing was due.
    assert_eq!((&step["before"]["friction"], &step["after"]["friction"]), (&json!(1.0), &Value::Null));
    let runs = preview["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1, "{preview}");
    assert_eq!((&runs[0]["kind"], &runs[0]["count"]), (&json!("in_time"), &json!(1)));
    let example = &runs[0]["examples"][0];
    assert_eq!(example["name"], "Sunita Rao");
    // Five business days after Monday 10:00 is the Monday after.
    assert_eq!(
        (&example["due_before"], &example["due_after"]),
        (&json!("2026-01-07T10:00:00Z"), &json!("2026-01-12T10:00:00Z"))
    );
    assert_eq!(preview["tasks"][0]["kind"], "in_time");
    assert_eq!(preview["tasks"][0]["examples"][0]["task"], "Qualify this signal");
    assert_eq!(run_of_sunita(&axle)["due_at"], "2026-01-07T10:00:00Z", "a preview changes nothing");

    // Its scenarios expect two days: they are changed by hand, or take over what comes out.
    assert!(told(&axle, &["flywheel", "save", file], 1).contains("--take-over"));
    assert_eq!(axle.json(&["flywheel", "history", LEADS]), json!([]));
    let saved = axle.json(&["flywheel", "save", file, "--take-over"]);
    assert_eq!(saved, json!({"flywheel": LEADS, "version": 6, "saved": true}));
    let run = run_of_sunita(&axle);
    assert_eq!((&run["due_at"], &run["version"]), (&json!("2026-01-12T10:00:00Z"), &json!(6)));
    let text = axle.run(&["flywheel", "show", LEADS, "--toml"]);
    assert!(text.contains("version = 6\n") && text.contains("sunita signals_need due=2026-02-24T15:00"), "{text}");
    assert!(text.contains("# 180 days after 10 January is 9 July"), "comments stay");
    assert_eq!(axle.json(&["flywheel", "show", LEADS])["version"], 6);

    let again = self::file(&axle, LEADS, &text);
    assert_eq!(axle.json(&["flywheel", "save", again.to_str().unwrap()])["saved"], false);
    assert_eq!(axle.json(&["flywheel", "reset", LEADS])["version"], 7);
    let run = run_of_sunita(&axle);
    assert_eq!((&run["due_at"], &run["version"]), (&json!("2026-01-07T10:00:00Z"), &json!(7)));
    let history = axle.json(&["flywheel", "history", LEADS]);
    let history: Vec<(&Value, &Value)> =
        history.as_array().unwrap().iter().map(|one| (&one["version"], &one["is_reset"])).collect();
    assert_eq!(history, [(&json!(7), &json!(true)), (&json!(6), &json!(false))]);
    assert!(told(&axle, &["flywheel", "reset", LEADS], 2).contains("nothing to put back"));
}

#[test]
fn a_flywheel_of_ones_own_turns_and_goes() {
    let axle = community();
    let welcome = file(&axle, "welcome", WELCOME);
    let welcome = welcome.to_str().unwrap();
    let preview = axle.json(&["flywheel", "preview", welcome, "--as-of", "2026-01-08T18:00:00Z"]);
    // Three came; Ada was there on a second day.
    let runs = &preview["preview"]["runs"];
    assert_eq!((&runs[0]["kind"], &runs[0]["count"]), (&json!("begins"), &json!(3)), "{preview}");
    assert_eq!(axle.json(&["flywheel", "save", welcome])["version"], 1);
    let stands = |as_of: &str| -> Vec<(String, String)> {
        let runs = axle.json(&["flywheel", "runs", "welcome", "--as-of", as_of]);
        let text = |run: &Value, name: &str| run[name].as_str().unwrap().to_owned();
        let mut stands: Vec<_> =
            runs.as_array().unwrap().iter().map(|run| (text(run, "step"), text(run, "state"))).collect();
        stands.sort();
        stands
    };
    let pair = |step: &str, state: &str| (step.to_owned(), state.to_owned());
    let here = pair("comes", "active");
    assert_eq!(stands("2026-01-07T18:00:00Z"), [here.clone(), here.clone(), here.clone()]);
    assert_eq!(stands("2026-01-08T18:00:00Z"), [here.clone(), here, pair("stays", "completed")]);
    let gone = pair("comes", "lost");
    assert_eq!(stands("2026-03-01T00:00:00Z"), [gone.clone(), gone, pair("stays", "completed")]);
    // Its task waits for the builders: by Wednesday for who came on Monday.
    let tasks = axle.json(&["tasks", "list", "--as-of", "2026-01-06T10:00:00Z"]);
    let greet: Vec<&Value> = tasks.as_array().unwrap().iter().filter(|task| task["title"] == "Greet them").collect();
    assert!(
        greet.iter().any(|task| task["name"] == "Bob Stone" && task["due_at"] == "2026-01-07T10:00:00Z"),
        "{tasks}"
    );
    assert_eq!(axle.json(&["flywheel", "list"]).as_array().unwrap().len(), 7);
    let figures = axle.json(&["flywheel", "figures", "--as-of", "2026-01-12T18:00:00Z"]);
    assert_eq!(figures["wheels"][6]["turns"], 1, "Ada came through");
    let query = "select count(*) as runs from flywheel_runs where flywheel = 'welcome'";
    assert_eq!(axle.json(&["sql", query])[0]["runs"], 3);

    assert_eq!(axle.json(&["flywheel", "reset", "welcome"])["version"], Value::Null);
    assert_eq!(axle.json(&["flywheel", "list"]).as_array().unwrap().len(), 6);
    assert!(told(&axle, &["flywheel", "show", "welcome"], 2).contains("axle flywheel list"));
    assert_eq!(axle.json(&["flywheel", "history", "welcome"]).as_array().unwrap().len(), 2);
    assert_eq!(axle.json(&["flywheel", "save", welcome])["version"], 3, "versions go on");
}

#[test]
fn a_bad_file_is_refused_with_its_lines() {
    let axle = Axle::new();
    let good = file(&axle, "welcome", WELCOME);
    assert_eq!(axle.json(&["flywheel", "check", good.to_str().unwrap()])["problems"], json!([]));
    let bad = file(&axle, "welcome", &WELCOME.replace("14 days", "14 dayz").replace("\"joined\"", "\"joind\""));
    let bad = bad.to_str().unwrap();
    let said = told(&axle, &["flywheel", "check", bad], 2);
    assert!(said.contains("line 12, step `comes`, within: `14 dayz` is no length of time. write"), "{said}");
    assert!(
        said.contains("line 13, step `comes`, enter.fact: there are no facts of the kind `joind`. did you mean"),
        "{said}"
    );
    assert!(!axle.data().join("data").exists(), "a check makes no workspace");
    told(&axle, &["flywheel", "save", bad], 2);
    assert_eq!(axle.json(&["flywheel", "list"]).as_array().unwrap().len(), 6);

    let wrong = file(&axle, "welcome", &WELCOME.replace("comes due=2026-01-19", "comes due=2026-01-20"));
    let output = axle.try_run(&["flywheel", "check", wrong.to_str().unwrap(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let check: Value = serde_json::from_slice(&output.stdout).unwrap();
    let difference = &check["scenarios"][0]["differences"][0];
    assert_eq!(difference["comes_out"], "2026-01-05 ada comes due=2026-01-19T10:00", "{check}");
    assert!(told(&axle, &["flywheel", "check", "nowhere.toml"], 2).contains("cannot be read"));
    let named = file(&axle, "Wel come", WELCOME);
    assert!(told(&axle, &["flywheel", "check", named.to_str().unwrap()], 2).contains("is no id"));
}
