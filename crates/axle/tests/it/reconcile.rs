//! What a source counts itself, beside what is stored.

use std::fs;

use serde_json::json;

use crate::Axle;

#[test]
fn what_a_source_counts_is_held_against_what_is_stored() {
    let axle = Axle::new();
    let reply = |id: &str, thread: &str| {
        json!({"type":"activity","id":id,"activity":"forum:post:replied","at":"2026-02-03T10:00:00Z",
            "actor":{"platform":"forum","uid":"bob"},"thread":thread,"parent":thread})
    };
    let count = |place: &str, of: &str, kind: &str, at: &str, count: u64| json!({"type":"source_count","activity_type":kind,"count":count,"at":at,place:of});
    let mut gone = reply("4", "t2");
    gone["deleted_at"] = json!("2026-02-04T10:00:00Z");
    let lines = [
        reply("1", "t1"),
        reply("2", "t1"),
        reply("3", "t2"),
        gone,
        count("thread", "t1", "forum:post:replied", "2026-01-31T23:59:59Z", 5),
        count("thread", "t2", "forum:post:replied", "2026-02-01T00:00:00Z", 0),
        count("parent", "t1", "forum:post:replied", "2026-02-02T00:00:00Z", 2),
        count("parent", "t1", "forum:post:liked", "2026-02-02T00:00:00Z", 7),
    ];
    let path = axle.data().join("forum.jsonl");
    fs::write(&path, lines.map(|line| line.to_string()).join("\n")).unwrap();
    axle.run(&["import", path.to_str().unwrap(), "--source", "forum"]);

    let row = |kind: &str, month: &str, counts: [u64; 4]| {
        json!({"source":"forum","activity_type":kind,"month":month,"counted":counts[0],"stored":counts[1],
            "missing":counts[2],"surplus":counts[3]})
    };
    let expected = json!([
        row("forum:post:liked", "2026-02-01", [7, 0, 7, 0]),
        row("forum:post:replied", "2026-01-01", [5, 2, 3, 0]),
        row("forum:post:replied", "2026-02-01", [2, 3, 0, 1]),
    ]);
    assert_eq!(axle.json(&["source", "reconcile", "forum"]), expected);
    let places = axle.json(&["source", "reconcile", "--differing"]);
    let of: Vec<_> = places.as_array().unwrap().iter().map(|place| place["counted"].as_u64().unwrap()).collect();
    assert_eq!(of, [5, 0], "the greatest difference first; likes name nobody");

    let unknown = axle.try_run(&["source", "reconcile", "chat"]);
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("`axle source list` shows all"));
}
