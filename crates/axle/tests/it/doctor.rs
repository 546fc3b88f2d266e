//! `axle doctor` end to end: a sound workspace, records that were not understood, and a damaged file.

use std::fs;

use serde_json::Value;

use crate::Axle;
use crate::hand_offs::import;
use crate::tasks::said;

fn of_part<'a>(found: &'a Value, part: &str) -> &'a Value {
    let all = found.as_array().unwrap();
    all.iter().find(|finding| finding["part"] == part).unwrap_or_else(|| panic!("{part} is not in {found}"))
}

#[test]
fn what_is_wrong_is_found_with_what_to_do() {
    let axle = Axle::new();
    // A source that is named by a line has no import of its own.
    let mut elsewhere = said("a2", "u2", "Kim Arden", "Good evening.");
    elsewhere["source"] = "elsewhere".into();
    import(&axle, &[said("a1", "u1", "Zoe Lind", "Good morning."), elsewhere]);
    let sources = axle.json(&["source", "list"]);
    assert!(sources.as_array().unwrap().iter().any(|source| source["runs"] == 0), "{sources}");
    axle.run(&["segments", "compact"]);
    let sound = axle.json(&["doctor"]);
    for part in ["version", "database", "column files", "imports", "rejects", "sources"] {
        assert_eq!(of_part(&sound, part)["health"], "good", "{sound}");
    }

    let lines = axle.data().join("damaged.jsonl");
    let activity = said("a3", "u1", "Zoe Lind", "Good night.");
    fs::write(&lines, format!("{activity}\n{{\"type\": \"activity\", \"id\": \"a4\"}}\n")).unwrap();
    let receipt = axle.json(&["import", lines.to_str().unwrap(), "--as", "interchange"]);
    assert_eq!(receipt["rejected"], 1, "{receipt}");
    let rejected = axle.json(&["doctor"]);
    let rejects = of_part(&rejected, "rejects");
    assert_eq!(rejects["health"], "warning", "what is only to be looked at is no failure: {rejected}");
    assert!(rejects["found"].as_str().unwrap().ends_with("1 could not be understood"), "{rejected}");

    let segments = fs::read_dir(axle.data().join("data/workspaces/main/segments")).unwrap();
    let files = segments.map(|entry| entry.unwrap().path());
    let damaged = files.filter(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    assert!(damaged.map(|path| fs::write(path, "damaged").unwrap()).count() > 0);
    let output = axle.try_run(&["doctor", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let faulty: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = of_part(&faulty, "column files");
    assert_eq!((&files["health"], of_part(&faulty, "database")["health"].as_str()), (&"fault".into(), Some("good")));
    assert!(files["advice"].as_str().unwrap().contains("axle segments rebuild"), "{faulty}");
    axle.run(&["segments", "rebuild"]);
    assert_eq!(of_part(&axle.json(&["doctor"]), "column files")["health"], "good");
}
