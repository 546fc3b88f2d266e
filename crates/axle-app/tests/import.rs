//! What the record makes of every source: once, in any order, through damage, and across exports that overlap.

mod overlap;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axle_app::import::{ImportOptions, begin, recognize};
use axle_app::run_lock::{Found, mark_stopped};
use axle_app::{Workspace, refresh, resolve, sources};
use axle_model::Entry;
use axle_store::batch::{Batch, Record};
use axle_store::write::Writer;
use axle_store::{activity, behaviour, import_run, raw, source};

use crate::support::engine::Engine;
use crate::support::{Community, clock};

/// Every fixture of every source: its input and its format.
fn fixtures() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../axle-connectors/fixtures");
    let mut inputs = Vec::new();
    for format in children(&root) {
        for case in children(&format) {
            let input = children(&case)
                .into_iter()
                .find(|path| path.file_name().unwrap().to_string_lossy().starts_with("input"))
                .unwrap();
            inputs.push((format.file_name().unwrap().to_string_lossy().into_owned(), input));
        }
    }
    assert!(inputs.len() > 2);
    inputs
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[tokio::test]
async fn reading_an_export_twice_changes_nothing() {
    for (format, input) in fixtures() {
        let community = Community::new().await;
        let first = community.read(&input).await;
        assert_eq!(first.read, first.stored + first.unchanged + first.rejected, "{}", input.display());
        assert!(first.stored > 0 || !first.described.is_empty(), "{}: nothing was read", input.display());
        let state = community.state().await;
        let second = community.read(&input).await;
        assert_eq!((second.stored, second.activities, second.identities), (0, 0, 0), "{format}: {}", input.display());
        assert_eq!(second.unchanged + second.rejected, first.read, "{}", input.display());
        assert_eq!(community.state().await, state, "{}", input.display());
    }
}

#[tokio::test]
async fn the_order_of_exports_does_not_matter() {
    let fixtures = fixtures();
    let forth = Community::new().await;
    for (name, (_, input)) in fixtures.iter().enumerate() {
        forth.read_into(&format!("source-{name}"), input).await;
    }
    let back = Community::new().await;
    for (name, (_, input)) in fixtures.iter().enumerate().rev() {
        back.read_into(&format!("source-{name}"), input).await;
    }
    let (forth, back) = (forth.state().await, back.state().await);
    let differs: Vec<_> = forth.iter().filter(|line| !back.contains(line)).collect();
    assert!(differs.is_empty() && forth.len() == back.len(), "{differs:#?}");
}

const MESSAGE: &str = r#"{"type":"activity","id":"m1","activity":"chat:message:sent","at":"2024-05-01T12:00:00Z","actor":{"platform":"chat","uid":"U1"},"channel":"C","text":"hello"}"#;
const EDITED: &str = r#"{"type":"activity","id":"m1","activity":"chat:message:sent","at":"2024-05-01T12:00:00Z","updated_at":"2024-05-01T12:05:00Z","actor":{"platform":"chat","uid":"U1"},"channel":"C","text":"hello there"}"#;
const DELETED: &str = r#"{"type":"activity","id":"m1","activity":"chat:message:sent","at":"2024-05-01T12:00:00Z","deleted_at":"2024-05-01T13:00:00Z","actor":{"platform":"chat","uid":"U1"},"channel":"C"}"#;

#[tokio::test]
async fn edits_become_versions_and_deletions_tombstones_in_every_order() {
    let orders: [[&str; 3]; 6] = [
        [MESSAGE, EDITED, DELETED],
        [MESSAGE, DELETED, EDITED],
        [EDITED, MESSAGE, DELETED],
        [EDITED, DELETED, MESSAGE],
        [DELETED, MESSAGE, EDITED],
        [DELETED, EDITED, MESSAGE],
    ];
    for order in orders {
        let at_once = Community::new().await;
        at_once.lines(&order).await;
        let one_by_one = Community::new().await;
        for line in order {
            one_by_one.lines(&[line]).await;
        }
        for community in [at_once, one_by_one] {
            let state = community.state().await;
            let current: Vec<_> = state.iter().filter(|line| line.starts_with("activity ")).collect();
            assert_eq!(current.len(), 1);
            assert!(current[0].contains("1714568400000000"), "the tombstone holds: {order:?}: {current:?}");
            assert!(
                state.iter().any(|line| line.starts_with("version ") && line.contains("hello there")),
                "{order:?}: {state:#?}"
            );
            assert!(state.iter().any(|line| line.starts_with("version ") && line.contains("\"hello\"")), "{order:?}");
        }
    }
}

#[tokio::test]
async fn an_edit_taken_back_and_made_again_is_once() {
    let community = Community::new().await;
    community.lines(&[MESSAGE]).await;
    community.lines(&[EDITED]).await;
    let state = community.state().await;
    let receipt = community.lines(&[MESSAGE, EDITED, MESSAGE]).await;
    assert_eq!((receipt.stored, receipt.unchanged), (0, 3));
    assert_eq!(community.state().await, state);
}

#[tokio::test]
async fn a_file_that_grew_is_understood_from_where_it_grew() {
    let community = Community::new().await;
    let line = |number: usize| MESSAGE.replace(r#""id":"m1""#, &format!(r#""id":"m{number}""#));
    let lines: Vec<String> = (0..10_050).map(line).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let first = community.lines(&lines[..10_020]).await;
    assert_eq!((first.read, first.stored, first.activities, first.identities), (10_020, 10_020, 10_020, 1));
    let grown = community.lines(&lines).await;
    assert_eq!((grown.read, grown.stored, grown.unchanged), (10_050, 30, 10_020));
    assert_eq!((grown.activities, grown.identities, grown.by_type["chat:message:sent"]), (30, 0, 10_050));
    let state = community.state().await;
    let again = community.lines(&lines).await;
    assert_eq!((again.read, again.unchanged, again.activities), (10_050, 10_050, 0));
    assert_eq!((again.from, again.to, again.by_type), (grown.from, grown.to, grown.by_type));
    assert_eq!(community.state().await, state);
}

#[tokio::test]
async fn a_line_that_names_its_source_belongs_to_it() {
    let community = Community::new().await;
    let forum = MESSAGE.replace(r#""id":"m1""#, r#""id":"m1","source":"forum""#);
    let receipt =
        community.lines(&[MESSAGE, &forum, &MESSAGE.replace(r#""id":"m1""#, r#""id":"m2","source":"a b""#)]).await;
    assert_eq!((receipt.read, receipt.stored, receipt.rejected), (3, 2, 1));
    let state = community.state().await;
    let of = |source: &str| state.iter().filter(|line| line.starts_with(&format!("activity [\"{source}\""))).count();
    assert_eq!((of("interchange"), of("forum")), (1, 1));
    assert_eq!(community.lines(&[MESSAGE, &forum]).await.unchanged, 2);
}

#[tokio::test]
async fn a_bad_line_is_rejected_alone_and_kept() {
    let community = Community::new().await;
    let receipt = community
        .lines(&[
            MESSAGE,
            "{\"type\":\"activity\"",
            r#"{"type":"dance"}"#,
            r#"{"type":"activity","id":"old","activity":"a:b:c","at":"1970-01-01T00:00:00Z","actor":{"platform":"x","uid":"1"}}"#,
            r#"{"type":"activity","id":"far","activity":"a:b:c","at":"2107-01-01T00:00:00Z","actor":{"platform":"x","uid":"1"}}"#,
        ])
        .await;
    assert_eq!((receipt.read, receipt.stored, receipt.rejected), (5, 1, 4));
    let rejects = fs::read_to_string(receipt.rejects_file.unwrap()).unwrap();
    assert_eq!(rejects.lines().count(), 4);
    for reason in
        ["lines.jsonl, line 2", "not a JSON object", "unknown type `dance`", "the time was lost", "lies in the future"]
    {
        assert!(rejects.contains(reason), "{reason}: {rejects}");
    }
}

/// What each fixture's `rejects.txt` says is in the receipt's counts, in the record, and in the file for people.
#[tokio::test]
async fn rejects_of_every_source_are_counted_kept_and_written_out() {
    let mut formats = BTreeSet::new();
    for (format, input) in fixtures() {
        let community = Community::new().await;
        let receipt = community.read(&input).await;
        let written = fs::read_to_string(input.parent().unwrap().join("rejects.txt")).unwrap_or_default();
        let mut expected: Vec<&str> = written.lines().collect();
        expected.sort_unstable();
        assert_eq!(receipt.rejected + receipt.described_rejected, expected.len() as u64, "{}", input.display());
        assert_eq!(receipt.read, receipt.stored + receipt.unchanged + receipt.rejected, "{}", input.display());
        let kept = raw::rejects(community.workspace.db(), receipt.import_run_id, 1000).await.unwrap();
        let mut shown: Vec<String> = kept.iter().map(|reject| format!("{}: {}", reject.place, reject.reason)).collect();
        shown.sort();
        assert_eq!(shown, expected, "{}", input.display());
        assert!(kept.iter().all(|reject| !reject.payload.is_empty()), "{}: nothing is kept", input.display());
        let Some(file) = receipt.rejects_file else {
            assert!(expected.is_empty(), "{}: no file", input.display());
            continue;
        };
        formats.insert(format);
        let file = fs::read_to_string(file).unwrap();
        let lines: Vec<serde_json::Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), kept.len());
        for (line, reject) in lines.iter().zip(&kept) {
            assert_eq!(
                (&line["place"], &line["reason"]),
                (&reject.place.as_str().into(), &reject.reason.as_str().into())
            );
            assert_eq!(line["content"], String::from_utf8_lossy(&reject.payload).as_ref());
        }
    }
    // Interchange has a test of its own: its fixture shows every type and no fault.
    assert_eq!(formats.len(), 13, "{formats:?}");
}

#[tokio::test]
async fn what_is_no_export_is_refused_with_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holiday.jpg");
    fs::write(&path, [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]).unwrap();
    let error = recognize(&path, None).err().unwrap().to_string();
    assert!(error.contains("holiday.jpg") && error.contains("interchange") && error.contains("--as FORMAT"), "{error}");
    let error = recognize(&folder.path().join("missing"), None).err().unwrap().to_string();
    assert!(error.contains("no such file"), "{error}");
    let error = recognize(&path, Some("fax")).err().unwrap().to_string();
    assert!(error.contains("`fax` is no format"), "{error}");
}

#[tokio::test]
async fn a_cut_off_archive_gives_what_is_in_front_of_the_cut() {
    let community = Community::new().await;
    let path = community.folder.path().join("cut.jsonl.zst");
    let lines: Vec<String> = (0..2_000)
        .map(|n| MESSAGE.replace("m1", &format!("m{n}")).replace("hello", &format!("{:x}", n * 7_919)))
        .collect();
    let whole = zstd::bulk::compress(lines.join("\n").as_bytes(), 1).unwrap();
    fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    // A frame that is cut off ends in an error after its last whole block; a second frame in front is whole.
    let mut two = zstd::bulk::compress(format!("{}\n", lines[..500].join("\n")).as_bytes(), 1).unwrap();
    two.extend_from_slice(&whole[..whole.len() - 30]);
    fs::write(&path, two).unwrap();
    let receipt = community.read(&path).await;
    assert!(receipt.incomplete.is_some());
    assert!(receipt.stored >= 500 && receipt.rejected >= 1, "{receipt:?}");
}

#[tokio::test]
async fn who_is_who_follows_proof_only() {
    let community = Community::new().await;
    let person = |platform: &str, uid: &str, email: &str, verified: bool| {
        format!(
            r#"{{"type":"person","identity":{{"platform":"{platform}","uid":"{uid}","email":"{email}","email_verified":{verified}}},"name":"Ada"}}"#
        )
    };
    community
        .lines(&[
            &person("chat", "1", "ada@x.io", true),
            &person("forum", "2", "Ada@x.io", true),
            &person("git", "3", "ada@x.io", false),
            &person("shop", "4", "bob@x.io", true),
            r#"{"type":"link","verified":true,"identities":[{"platform":"shop","uid":"4"},{"platform":"git","uid":"3"}]}"#,
        ])
        .await;
    let members = |state: &[String]| {
        let mut ids: Vec<String> = state
            .iter()
            .filter_map(|line| line.strip_prefix("identity "))
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()[12].to_string())
            .collect();
        ids.sort();
        ids.dedup();
        ids.len()
    };
    assert_eq!(members(&community.state().await), 2);
    community.lines(&[r#"{"type":"link","verified":true,"cannot":true,"identities":[{"platform":"shop","uid":"4"},{"platform":"git","uid":"3"}]}"#]).await;
    assert_eq!(members(&community.state().await), 3, "the later statement forbids what the earlier one declared");
    resolve::resolve(&community.workspace, 0).await.unwrap();
    assert_eq!(members(&community.state().await), 3);
}

/// Members of the workspace by name.
async fn names(community: &Community) -> Vec<String> {
    let mut names: Vec<String> =
        axle_store::member::all(community.workspace.db()).await.unwrap().into_iter().map(|row| row.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_new_address_inherits_no_proof() {
    let person = |platform: &str, name: &str, email: &str, verified: bool| {
        format!(
            r#"{{"type":"person","identity":{{"platform":"{platform}","uid":"1","email":"{email}","email_verified":{verified}}},"name":"{name}"}}"#
        )
    };
    let lines = [
        person("chat", "Conrad Winslow", "c@x.io", true),
        person("chat", "Conrad Winslow", "g@x.io", false),
        person("forum", "Grace Zedlitzer", "g@x.io", true),
    ];
    let community = Community::new().await;
    for line in &lines {
        community.lines(&[line]).await;
    }
    assert_eq!(names(&community).await, ["Conrad Winslow", "Grace Zedlitzer"]);
    // Who proves the old address later is still the one who had it.
    community.lines(&[&person("shop", "C. Winslow", "c@x.io", true)]).await;
    assert_eq!(names(&community).await.len(), 2);
}

#[tokio::test]
async fn an_import_runs_as_long_as_somebody_reads_it() {
    let community = Community::new().await;
    let path = community.folder.path().join("lines.jsonl");
    fs::write(&path, MESSAGE).unwrap();
    let begin = async || {
        let recognized = recognize(&path, None).unwrap().remove(0);
        begin(&community.workspace, recognized, &ImportOptions::default(), clock()).await.unwrap()
    };
    let (first, second) = (begin().await, begin().await);
    // A server that opens the same folder.
    let other =
        Workspace::open(community.folder.path(), "main", Vec::new(), |_| Arc::new(Engine::default())).await.unwrap();
    assert_eq!(mark_stopped(&other, clock()).await.unwrap(), Found { running: 2, stopped: 0 });
    let (run, still) = (first.run(), second.run());
    drop(first);
    assert_eq!(sources::run(&other, run, clock()).await.unwrap().state, "failed", "nobody reads it any more");
    assert_eq!(sources::run(&other, still, clock()).await.unwrap().state, "running");
    let states: Vec<String> =
        sources::runs(&other, 9, clock()).await.unwrap().into_iter().map(|run| run.state).collect();
    assert_eq!(states, ["running", "failed"]);
    community.read(&path).await;
    drop(second);
    assert_eq!(mark_stopped(&other, clock()).await.unwrap(), Found { running: 0, stopped: 1 });
    assert_eq!(sources::runs(&other, 1, clock()).await.unwrap()[0].state, "done", "one that ended keeps its state");
}

#[tokio::test]
async fn one_process_alone_writes_the_engines_files() {
    let Community { workspace, folder } = Community::new().await;
    refresh::compact_now(&workspace).await.unwrap();
    let other = Workspace::open(folder.path(), "main", Vec::new(), |_| Arc::new(Engine::default())).await.unwrap();
    refresh::refresh(&other).await.unwrap();
    for refused in [refresh::compact_now(&other).await, refresh::rebuild(&other).await] {
        assert!(refused.unwrap_err().to_string().contains("another Axle process"));
    }
    drop(workspace);
    refresh::rebuild(&other).await.unwrap();
}

/// A run puts some things off to its end: had it been killed before, its blocks must be understood again.
#[tokio::test]
async fn blocks_of_a_run_that_did_not_end_are_not_passed_over() {
    let community = Community::new().await;
    let db = community.workspace.db();
    let mut tx = db.begin().await.unwrap();
    let source_id = source::ensure(&mut tx, "interchange", "interchange", 0).await.unwrap().source_id;
    let run = import_run::begin(&mut tx, Some(source_id), "made up", 0, 0).await.unwrap();
    tx.commit().await.unwrap();
    let named_at = |id: &str, at: &str| {
        let line =
            MESSAGE.replace("m1", id).replace("2024-05-01", at).replace(r#""uid":"U1""#, r#""uid":"U1","name":"Ada""#);
        let record = Record {
            kind: "line".into(),
            place: id.into(),
            body: line.clone().into_bytes(),
            counted: true,
            source: None,
            part: None,
            entries: Ok(vec![Entry::from_line(line.as_bytes()).unwrap().0]),
            derived: Vec::new(),
        };
        Batch::of(vec![record], "interchange")
    };
    let mut writer = Writer::new(db, source_id.into(), run);
    writer.write(named_at("m1", "2024-05-01"), Some([1; 16]), 0, 0).await.unwrap();
    writer.write(named_at("m2", "2024-05-02"), Some([2; 16]), 0, 0).await.unwrap();
    let before = community.state().await;
    assert!(raw::blocks_read(db).await.unwrap().is_empty());
    writer.finish(true, 0).await.unwrap();
    assert_ne!(community.state().await, before, "when she was last called so was put off");
    assert_eq!(raw::blocks_read(db).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_type_has_one_name_however_it_is_spelled() {
    let community = Community::new().await;
    let joined = |spelling: &str, id: &str| MESSAGE.replace("chat:message:sent", spelling).replace("m1", id);
    let lines = [joined("slack:space:joined", "j1"), joined("chat:space:joined", "j2")];
    let receipt = community.lines(&[&lines[0], &lines[1]]).await;
    assert_eq!(receipt.by_type.into_iter().collect::<Vec<_>>(), [("chat:space:joined".to_owned(), 2)]);
    let again = community.lines(&[&lines[0], &lines[1]]).await;
    assert_eq!((again.stored, again.unchanged), (0, 2));
}

#[tokio::test]
async fn only_what_says_nothing_new_of_people_and_places_leaves_the_directory() {
    let community = Community::new().await;
    let line = |id: &str, more: &str| {
        format!(
            r#"{{"type":"activity","source":"forum","id":"{id}","at":"2026-01-02T03:04:05Z","channel":"c1","activity":"forum:post:created","actor":{{"platform":"forum","uid":"1","name":"Ada"}},"thread":"t1"{more}}}"#
        )
    };
    let version = async || axle_store::setting::directory_version(community.workspace.db()).await.unwrap();
    community.lines(&[&line("1", "")]).await;
    let before = version().await;
    community.lines(&[&line("2", r#","text":"Hello""#)]).await;
    assert_eq!(version().await, before, "another post of the same person in the same thread");
    let facts_version = async || axle_store::setting::facts_version(community.workspace.db()).await.unwrap();
    let task = r#"{"type":"task","source":"forum","id":"1","identity":{"platform":"forum","uid":"1","name":"Ada"},"state":"open"}"#;
    let before = (version().await, facts_version().await);
    community.lines(&[task]).await;
    assert_eq!((version().await, facts_version().await), (before.0, before.1 + 1), "a fact about somebody known");
    community.lines(&[task]).await;
    assert_eq!((version().await, facts_version().await), (before.0, before.1 + 1), "the same again");
    for news in [
        line("2", r#","text":"Hello, all""#),
        line("3", "").replace("Ada", "Ada L."),
        line("4", "").replace(r#""uid":"1""#, r#""uid":"2""#),
        line("5", "").replace(r#""c1""#, r#""c2""#).replace(r#""t1""#, r#""t2""#),
        line("6", "").replace(r#""t1""#, r#""t3""#),
        line("7", "").replace(":created", ":replied"),
        r#"{"type":"channel","source":"forum","id":"c1","name":"General"}"#.to_owned(),
        r#"{"type":"organization","source":"forum","id":"o1","name":"Acme"}"#.to_owned(),
        task.replace(r#""uid":"1""#, r#""uid":"3""#).replace(r#""id":"1""#, r#""id":"2""#),
    ] {
        let before = version().await;
        community.lines(&[&news]).await;
        assert!(version().await > before, "{news}");
    }
}

#[tokio::test]
async fn a_small_run_leaves_undone_only_what_would_change_nothing() {
    let community = Community::new().await;
    let db = community.workspace.db();
    let line = |id: u32, uid: u32, minute: u32, name: &str| {
        let (hour, minute) = (minute / 60, minute % 60);
        format!(
            r#"{{"type":"activity","source":"forum","id":"{id}","at":"2026-01-02T{hour:02}:{minute:02}:00Z","channel":"c1","activity":"forum:post:created","actor":{{"platform":"forum","uid":"{uid}","name":"{name}"}},"thread":"t1"}}"#
        )
    };
    let all: Vec<String> = (0..303).map(|id| line(id, id % 3, id * 3, "Ada")).collect();
    community.lines(&all.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let version = async || axle_store::setting::directory_version(db).await.unwrap();
    let before = version().await;
    let edited = line(7, 1, 21, "Ada").replace(r#""thread""#, r#""text":"Hello","thread""#);
    let news = [
        line(303, 1, 950, "Ada"),
        line(304, 0, 955, "Ada"),
        line(5, 2, 15, "Ada"),
        line(304, 0, 955, "Ada L."),
        edited,
    ];
    for (number, news) in news.into_iter().enumerate() {
        community.lines(&[&news]).await;
        let looked_at: Vec<_> = behaviour::all(db)
            .await
            .unwrap()
            .iter()
            .map(|row| (row.identity_id, row.activities, row.last_at))
            .collect();
        let last = activity::last_seq(db).await.unwrap();
        assert_eq!(looked_at, behaviour::busy(db, 100, 0, last).await.unwrap(), "{news}");
        assert_eq!(version().await == before, number < 3, "{news}");
        let (state, version_before) = (community.state().await, version().await);
        resolve::resolve(&community.workspace, 0).await.unwrap();
        assert!(community.state().await == state && version().await == version_before, "{news}");
    }
    let named = community.state().await.into_iter().filter(|line| line.contains("\"Ada L.\",null")).count();
    assert!(named > 0, "a record that says nothing new calls its author otherwise");
}
