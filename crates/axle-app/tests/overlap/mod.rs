//! An older and a newer export of one channel: what the newer one lacks was deleted, whichever is read first.

use std::fs;
use std::path::{Path, PathBuf};

use axle_app::import::ImportReceipt;
use serde_json::{Value, json};

use crate::support::Community;

/// What is missing, by the source's own ids.
async fn missing(community: &Community) -> Vec<String> {
    let state = community.state().await;
    let lines = state.iter().filter_map(|line| line.strip_prefix("missing "));
    lines.map(|line| serde_json::from_str::<Value>(line).unwrap()[1].as_str().unwrap().to_owned()).collect()
}

/// Reads the exports in every order, and some of them again; all must end with these missing. Gives the receipts of the
/// order given.
async fn read_in_every_order(exports: &[&Path], expected: &[&str]) -> Vec<ImportReceipt> {
    let forth = Community::new().await;
    let mut receipts = Vec::new();
    for export in exports {
        receipts.push(forth.read(export).await);
    }
    assert_eq!(missing(&forth).await, expected);
    let state = forth.state().await;
    for order in orders(exports.len()) {
        let mixed = Community::new().await;
        for index in order.iter().chain(&order[..1]) {
            mixed.read(exports[*index]).await;
        }
        let other = mixed.state().await;
        let differs: Vec<_> = other.iter().filter(|line| !state.contains(line)).collect();
        assert!(differs.is_empty() && other.len() == state.len(), "{order:?}: {differs:#?}");
        let again = mixed.read(exports[order[0]]).await;
        assert_eq!((again.stored, again.activities, again.deleted, again.restored), (0, 0, 0, 0), "{order:?}");
    }
    receipts
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with = |at: usize| {
        shorter.iter().map(move |order| {
            let mut order = order.clone();
            order.insert(at, count - 1);
            order
        })
    };
    (0..count).flat_map(with).collect()
}

fn slack(folder: &Path, name: &str, days: &[(&str, Value)]) -> PathBuf {
    let folder = folder.join(name);
    fs::create_dir_all(folder.join("general")).unwrap();
    fs::write(folder.join("channels.json"), json!([{"id": "C1", "name": "general"}]).to_string()).unwrap();
    for (day, messages) in days {
        fs::write(folder.join("general").join(format!("{day}.json")), messages.to_string()).unwrap();
    }
    folder
}

fn said(ts: &str, text: &str) -> Value {
    json!({"type": "message", "user": "U1", "text": text, "ts": ts})
}

fn with(mut message: Value, fields: Value) -> Value {
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    message
}

#[tokio::test]
async fn what_a_newer_slack_export_lacks_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let liked = |users: &[&str]| json!({"reactions": [{"name": "tada", "users": users, "count": users.len()}]});
    let older = slack(
        folder.path(),
        "older",
        &[(
            "2024-03-01",
            json!([
                said("1709280000.000100", "Before the newer export begins"),
                said("1709283600.000100", "A question"),
                with(said("1709283660.000100", "Liked by two"), liked(&["U2", "U3"])),
                with(said("1709283720.000100", "Regretted"), liked(&["U2"])),
                said("1709283780.000100", "The last word"),
            ]),
        )],
    );
    let newer = slack(
        folder.path(),
        "newer",
        &[
            (
                "2024-03-01",
                json!([
                    // By now somebody has answered.
                    with(said("1709283600.000100", "A question"), json!({"thread_ts": "1709283600.000100"})),
                    with(said("1709283660.000100", "Liked by two"), liked(&["U3"])),
                    with(
                        said("1709283780.000100", "The last words"),
                        json!({"edited": {"user": "U1", "ts": "1709290000.000000"}})
                    ),
                ]),
            ),
            (
                "2024-03-02",
                json!([with(said("1709370000.000100", "An answer"), json!({"thread_ts": "1709283600.000100"}))]),
            ),
        ],
    );
    let expected = ["C1:1709283660.000100:tada:U2", "C1:1709283720.000100", "C1:1709283720.000100:tada:U2"];
    let receipts = read_in_every_order(&[&older, &newer], &expected).await;
    assert_eq!((receipts[0].deleted, receipts[1].deleted), (0, 3));
    assert!(receipts[1].warnings.is_empty());

    // A third one has what was thought to be gone, and lacks the answer.
    let newest = slack(
        folder.path(),
        "newest",
        &[(
            "2024-03-01",
            json!([
                said("1709280000.000100", "Before the newer export begins"),
                with(said("1709283720.000100", "Regretted"), liked(&["U2"])),
                said("1709450000.000100", "Somebody else's message"),
            ]),
        )],
    );
    let expected = [
        "C1:1709283600.000100",
        "C1:1709283660.000100",
        "C1:1709283660.000100:tada:U2",
        "C1:1709283660.000100:tada:U3",
        "C1:1709283780.000100",
        "C1:1709370000.000100",
    ];
    let receipts = read_in_every_order(&[&older, &newer, &newest], &expected).await;
    assert_eq!((receipts[2].deleted, receipts[2].restored), (5, 2));
}

fn discord(folder: &Path, name: &str, exported_at: &str, messages: &[Value]) -> PathBuf {
    let path = folder.join(format!("{name}.json"));
    let export = json!({
        "guild": {"id": "1", "name": "Mill"},
        "channel": {"id": "500", "type": "GuildTextChat", "name": "general"},
        "exportedAt": exported_at,
        "messages": messages,
    });
    fs::write(&path, export.to_string()).unwrap();
    path
}

fn posted(id: u64, reactions: Value) -> Value {
    json!({"id": id.to_string(), "type": "Default", "timestamp": format!("2024-03-01T09:{:02}:00+00:00", id % 100),
        "content": format!("message {id}"), "author": {"id": "71", "name": "ada"}, "reactions": reactions})
}

fn thumbs(users: Value) -> Value {
    json!([{"emoji": {"id": "", "name": "👍"}, "count": 1, "users": users}])
}

#[tokio::test]
async fn what_a_newer_discord_export_lacks_was_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let none = || json!([]);
    let bob = || thumbs(json!([{"id": "72", "name": "bob"}]));
    let older = discord(
        folder.path(),
        "older",
        "2024-03-02T00:00:00+00:00",
        &[posted(1001, none()), posted(1002, none()), posted(1003, bob()), posted(1004, none())],
    );
    // Nothing was written since: only the export says that it is newer.
    let newer = discord(
        folder.path(),
        "newer",
        "2024-03-03T01:00:00+01:00",
        &[posted(1001, none()), posted(1003, none()), posted(1004, none())],
    );
    let thread = folder.path().join("thread.json");
    let export = json!({
        "guild": {"id": "1", "name": "Mill"},
        "channel": {"id": "600", "type": "GuildPublicThread", "categoryId": "500", "category": "general", "name": "Cards"},
        "exportedAt": "2024-03-02T00:00:00+00:00",
        "messages": [posted(2002, none())],
    });
    fs::write(&thread, export.to_string()).unwrap();
    let receipts = read_in_every_order(&[&older, &thread, &newer], &["1002", "1003:👍:72"]).await;
    assert_eq!(receipts[2].deleted, 2);
}

#[tokio::test]
async fn what_an_export_cannot_tell_is_not_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let export = |name: &str, day: u8, messages: &[Value]| {
        discord(folder.path(), name, &format!("2024-04-{day:02}T00:00:00Z"), messages)
    };
    let bob = || thumbs(json!([{"id": "72", "name": "bob"}]));
    let older = export("older", 1, &[posted(1001, bob()), posted(1002, json!([])), posted(1003, json!([]))]);

    // An exporter that names nobody; and one message that cannot be read, which may be the one that is lacking.
    let nameless = export("nameless", 2, &[posted(1001, thumbs(json!([]))), posted(1003, json!([]))]);
    let damaged = export("damaged", 3, &[posted(1001, bob()), json!({"id": 1002}), posted(1003, json!([]))]);
    let community = Community::new().await;
    community.read(&older).await;
    assert_eq!(community.read(&damaged).await.deleted, 0);
    assert_eq!(missing(&community).await, Vec::<String>::new(), "it may be the message that could not be read");
    assert_eq!(community.read(&nameless).await.deleted, 1);
    assert_eq!(missing(&community).await, ["1002"], "the reaction is not told of, the message is lacking");
}

#[tokio::test]
async fn a_filtered_export_deletes_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let messages: Vec<Value> = (1001..1050).map(|id| posted(id, json!([]))).collect();
    let older = discord(folder.path(), "older", "2024-04-01T00:00:00Z", &messages);
    let one_author: Vec<Value> = messages.iter().step_by(4).cloned().collect();
    let newer = discord(folder.path(), "newer", "2024-04-02T00:00:00Z", &one_author);
    let receipts = read_in_every_order(&[&older, &newer], &[]).await;
    assert_eq!(receipts[1].deleted, 0);
    let [warning] = &receipts[1].warnings[..] else { panic!("{:?}", receipts[1].warnings) };
    assert!(warning.contains("2024-04-02") && warning.contains("lacks 36 of 49"), "{warning}");
}
