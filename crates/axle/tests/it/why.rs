//! Why a figure changed: every cause moves it by what it alone brings, and the causes add up.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::figures::Question;
use axle_app::glance::{Glance, Glances, Look, Window};
use axle_app::import::{ImportOptions, import, recognize};
use axle_app::people::{Word, say_bot, say_teammate};
use axle_app::users::User;
use axle_app::why::{Cause, Change, between, since, since_published};
use axle_app::{Workspace, figures, identities, published, published_reports, refresh};
use axle_model::analytics::Analytics;
use axle_model::time::Grain;
use jiff::Timestamp;
use jiff::civil::date;
use serde_json::Value;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn open(folder: &Path) -> Workspace {
    let engine =
        |folder: PathBuf| -> Arc<dyn Analytics> { Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) };
    Workspace::open(folder, "main", axle_analytics::catalogue(None).unwrap(), engine).await.unwrap()
}

/// Calls by their id and day.
async fn read_calls(workspace: &Workspace, folder: &Path, calls: &[(&str, &str)], clock: fn() -> Timestamp) {
    let line = |(id, at): &(&str, &str)| {
        format!(r#"{{"type":"call","source":"phone","id":"{id}","called_at":"{at}T12:00:00Z","direction":"inbound"}}"#)
    };
    let path = folder.join("calls.jsonl");
    fs::write(&path, calls.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let mut found = recognize(&path, Some("interchange")).unwrap();
    import(workspace, found.remove(0), &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
}

async fn read(workspace: &Workspace, folder: &Path, messages: &[(&str, &str, &str)], clock: fn() -> Timestamp) {
    let line = |(who, id, at): &(&str, &str, &str)| {
        format!(
            r#"{{"type":"activity","source":"s","id":"{id}","activity":"chat:message:sent","at":"{at}T12:00:00Z","channel":"general","actor":{{"platform":"s","username":"{who}"}}}}"#
        )
    };
    let path = folder.join("lines.jsonl");
    fs::write(&path, messages.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let mut found = recognize(&path, Some("interchange")).unwrap();
    import(workspace, found.remove(0), &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
}

async fn member(workspace: &Workspace, username: &str) -> String {
    let query = format!("select member_id from identities where username = '{username}'");
    let table = figures::sql(workspace, &query, 1, at("2026-01-01T00:00:00Z")).await.unwrap();
    table.rows[0][0].as_str().map(str::to_owned).unwrap()
}

fn moves(change: &Change) -> Vec<(Cause, f64)> {
    let moves: Vec<(Cause, f64)> =
        change.moves.iter().map(|one| (one.cause, one.by.unwrap())).filter(|(_, by)| *by != 0.0).collect();
    let sum: f64 = moves.iter().map(|(_, by)| by).sum();
    assert_eq!(change.then.unwrap() + sum, change.now.unwrap(), "the causes add up");
    moves
}

#[tokio::test]
async fn every_cause_moves_a_figure_by_what_it_brings() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let workspace = open(folder).await;
    let first = [
        ("ada", "1", "2026-01-05"),
        ("bob", "2", "2026-01-06"),
        ("bob_x", "3", "2026-01-07"),
        ("rex", "4", "2026-01-08"),
        ("tim", "5", "2026-02-10"),
    ];
    read(&workspace, folder, &first, || at("2026-03-01T00:00:00Z")).await;
    let then = at("2026-03-02T00:00:00Z");
    let question = Question { from: Some(date(2026, 1, 1)), to: Some(date(2026, 4, 1)), ..Question::default() };
    let told = published::publish(&workspace, "members_active", &question, Some("Ines"), then).await.unwrap();
    let values = |points: &[axle_model::kpi::KpiPoint]| points.iter().map(|one| one.value).collect::<Vec<_>>();
    assert_eq!(values(&told.answer.points), [Some(4.0), Some(1.0), Some(0.0)]);

    // Learnt since: one message of January and one of March, that two are one, a program, and a teammate.
    let second = [("cyd", "6", "2026-01-09"), ("dee", "7", "2026-03-10")];
    read(&workspace, folder, &second, || at("2026-04-01T00:00:00Z")).await;
    refresh::compact_now(&workspace).await.unwrap();
    let later = at("2026-04-02T00:00:00Z");
    let (bob, other) = (member(&workspace, "bob").await, member(&workspace, "bob_x").await);
    identities::merge(&workspace, &bob, &other, None, later).await.unwrap();
    say_bot(&workspace, &member(&workspace, "rex").await, Word::Yes(None, None), None, later).await.unwrap();
    let tim = member(&workspace, "tim").await;
    say_teammate(&workspace, &tim, (Word::Yes(Some(date(2026, 2, 1)), None), None), None, later).await.unwrap();

    let now = at("2026-04-10T00:00:00Z");
    let why = since(&workspace, "members_active", &question, then, now).await.unwrap();
    let [january, february, march] = &why.changes[..] else { panic!("{why:?}") };
    assert_eq!((january.then, january.now), (Some(4.0), Some(3.0)));
    assert_eq!(moves(january), [(Cause::LateArrivals, 1.0), (Cause::Merges, -1.0), (Cause::Reclassified, -1.0)]);
    assert_eq!(moves(february), [(Cause::Reclassified, -1.0)]);
    assert_eq!(moves(march), [(Cause::NewActivity, 1.0)]);

    // What was published stays, and an activity that is deleted afterwards is told apart.
    let gone = r#"{"type":"activity","source":"s","id":"1","activity":"chat:message:sent","at":"2026-01-05T12:00:00Z","channel":"general","actor":{"platform":"s","username":"ada"},"deleted_at":"2026-04-11T00:00:00Z"}"#;
    fs::write(folder.join("gone.jsonl"), gone).unwrap();
    let found = recognize(&folder.join("gone.jsonl"), Some("interchange")).unwrap().remove(0);
    import(&workspace, found, &ImportOptions::default(), || at("2026-04-11T00:00:00Z"), &|_, _| {}).await.unwrap();
    let why = since_published(&workspace, told.number, at("2026-04-12T00:00:00Z")).await.unwrap();
    assert_eq!((why.changes[0].then, why.changes[0].now), (Some(4.0), Some(2.0)));
    let expected =
        [(Cause::LateArrivals, 1.0), (Cause::Deletions, -1.0), (Cause::Merges, -1.0), (Cause::Reclassified, -1.0)];
    assert_eq!(moves(&why.changes[0]), expected);
    assert!(why.caveats.iter().any(|caveat| caveat.contains("taken as they are now")), "{:?}", why.caveats);
    let kept = published::show(&workspace, told.number).await.unwrap();
    assert_eq!(values(&kept.answer.points), [Some(4.0), Some(1.0), Some(0.0)]);
    assert_eq!(kept.published_by.as_deref(), Some("Ines"));
}

/// Figures of facts are told by what was known of the facts: read late, corrected, new.
#[tokio::test]
async fn facts_are_told_as_they_were_known() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let workspace = open(folder).await;
    read_calls(&workspace, folder, &[("c1", "2026-01-05"), ("c2", "2026-02-10")], || at("2026-03-01T00:00:00Z")).await;
    let question = Question { from: Some(date(2026, 1, 1)), to: Some(date(2026, 4, 1)), ..Question::default() };
    let then = at("2026-03-02T00:00:00Z");
    let told = published::publish(&workspace, "calls", &question, None, then).await.unwrap();
    assert_eq!(told.answer.receipt.included, Some(2));
    // One of January is read late, one of March is new, and the one of February turns out to be of 3 March.
    let second = [("c2", "2026-03-03"), ("c3", "2026-01-09"), ("c4", "2026-03-10")];
    read_calls(&workspace, folder, &second, || at("2026-04-01T00:00:00Z")).await;

    let now = at("2026-04-10T00:00:00Z");
    let expected = |change: &Change, moved: &[(Cause, f64)]| assert_eq!(moves(change), moved, "{change:?}");
    for why in [
        since(&workspace, "calls", &question, then, now).await.unwrap(),
        since_published(&workspace, told.number, now).await.unwrap(),
    ] {
        let [january, february, march] = &why.changes[..] else { panic!("{why:?}") };
        // January: 1, then 2. February: 1, then 0. March: 0, then 2.
        expected(january, &[(Cause::LateArrivals, 1.0)]);
        expected(february, &[(Cause::LateArrivals, -1.0)]);
        expected(march, &[(Cause::NewActivity, 2.0)]);
    }
    // From February, as it was known when it was over, to March: 1, without the corrected one 0, and 2 of March.
    let why = between(&workspace, "calls", &question, None, now).await.unwrap();
    assert_eq!(why.earlier, Some((date(2026, 2, 1), date(2026, 3, 1))));
    let [change] = &why.changes[..] else { panic!("{why:?}") };
    assert_eq!((change.start, change.then, change.now), (date(2026, 3, 1), Some(1.0), Some(2.0)));
    expected(change, &[(Cause::LateArrivals, -1.0), (Cause::LaterPeriod, 2.0)]);

    // The same once the engine's files are made anew: the record has what the facts said.
    refresh::rebuild(&workspace).await.unwrap();
    let again = between(&workspace, "calls", &question, None, now).await.unwrap();
    assert_eq!(again.changes, why.changes);
}

/// A Slack export of one channel: who said something when, in seconds since 1 March 2024, 08:00.
fn slack(folder: &Path, said: &[(&str, u64)]) -> PathBuf {
    fs::create_dir_all(folder.join("general")).unwrap();
    fs::write(folder.join("channels.json"), r#"[{"id":"C1","name":"general"}]"#).unwrap();
    let message = |(who, at): &(&str, u64)| {
        let ts = format!("{}.000100", 1_709_280_000 + at);
        serde_json::json!({"type": "message", "user": who, "text": "Hello", "ts": ts})
    };
    let messages: Vec<Value> = said.iter().map(message).collect();
    fs::write(folder.join("general/2024-03-01.json"), Value::from(messages).to_string()).unwrap();
    folder.to_owned()
}

/// What a newer export lacks was there as of every instant before: it moves the figure when it goes, and not before.
#[tokio::test]
async fn what_a_newer_export_lacks_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let workspace = open(folder).await;
    let (hour, day) = (3600, 86_400);
    let older = slack(&folder.join("older"), &[("U1", 0), ("U2", hour), ("U1", 2 * hour)]);
    // The newest message says that this export was made on 5 March; U2's is not in it.
    let newer = slack(&folder.join("newer"), &[("U1", 0), ("U1", 2 * hour), ("U1", 4 * day)]);
    let clocks: [fn() -> Timestamp; 2] = [|| at("2024-03-02T00:00:00Z"), || at("2024-03-06T00:00:00Z")];
    for (export, clock) in [older, newer].iter().zip(clocks) {
        let found = recognize(export, None).unwrap().remove(0);
        import(&workspace, found, &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
    }
    let question = Question { from: Some(date(2024, 3, 1)), to: Some(date(2024, 4, 1)), ..Question::default() };
    let (before, now) = (at("2024-03-04T00:00:00Z"), at("2024-03-10T00:00:00Z"));
    for round in ["as it came", "from files", "made anew"] {
        for (as_of, members, activities) in [(before, 2.0, 3.0), (now, 1.0, 3.0), (before, 2.0, 3.0)] {
            let question = Question { as_of: Some(as_of), ..question.clone() };
            for (kpi, expected) in [("members_active", members), ("activities", activities)] {
                let answer = figures::evaluate(&workspace, kpi, &question, now).await.unwrap();
                assert_eq!(answer.points[0].value, Some(expected), "{round}: {kpi} as of {as_of}");
            }
        }
        let why = since(&workspace, "activities", &question, before, now).await.unwrap();
        assert_eq!(moves(&why.changes[0]), [(Cause::NewActivity, 1.0), (Cause::Deletions, -1.0)], "{round}");
        match round {
            "as it came" => refresh::compact_now(&workspace).await.unwrap(),
            _ => refresh::rebuild(&workspace).await.unwrap(),
        }
    }
}

/// An activity that was edited had been known: it is no late arrival.
#[tokio::test]
async fn an_edit_is_no_late_arrival() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let workspace = open(folder).await;
    read(&workspace, folder, &[("ada", "1", "2026-01-05")], || at("2026-02-01T00:00:00Z")).await;
    let edited = r#"{"type":"activity","source":"s","id":"1","activity":"chat:message:sent","at":"2026-01-05T12:00:00Z","updated_at":"2026-02-10T00:00:00Z","text":"edited","channel":"general","actor":{"platform":"s","username":"ada"}}"#;
    fs::write(folder.join("edited.jsonl"), edited).unwrap();
    let found = recognize(&folder.join("edited.jsonl"), Some("interchange")).unwrap().remove(0);
    import(&workspace, found, &ImportOptions::default(), || at("2026-03-01T00:00:00Z"), &|_, _| {}).await.unwrap();
    let question = Question { from: Some(date(2026, 1, 1)), to: Some(date(2026, 2, 1)), ..Question::default() };
    let (then, now) = (at("2026-02-02T00:00:00Z"), at("2026-03-02T00:00:00Z"));
    let why = since(&workspace, "activities", &question, then, now).await.unwrap();
    assert_eq!((why.changes[0].then, why.changes[0].now), (Some(1.0), Some(1.0)));
    assert!(moves(&why.changes[0]).is_empty());
}

/// What happened between the instant that was asked as of and publishing is new: nothing was edited.
#[tokio::test]
async fn a_figure_published_as_of_an_earlier_instant_has_no_edits() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let workspace = open(folder).await;
    read(&workspace, folder, &[("ada", "1", "2026-01-05"), ("bob", "2", "2026-03-10")], || at("2026-04-01T00:00:00Z"))
        .await;
    let question = Question {
        from: Some(date(2026, 1, 1)),
        to: Some(date(2026, 4, 1)),
        as_of: Some(at("2026-03-05T00:00:00Z")),
        ..Question::default()
    };
    let told = published::publish(&workspace, "activities", &question, None, at("2026-04-02T00:00:00Z")).await.unwrap();
    let why = since_published(&workspace, told.number, at("2026-04-10T00:00:00Z")).await.unwrap();
    let [january, february, march] = &why.changes[..] else { panic!("{why:?}") };
    // As of 5 March Ada's one of January had happened, and Bob's of 10 March had not.
    assert!(moves(january).is_empty() && moves(february).is_empty(), "{why:?}");
    assert_eq!((march.then, march.now), (Some(0.0), Some(1.0)));
    assert_eq!(moves(march), [(Cause::NewActivity, 1.0)]);
}

/// A published report says what it said; the same window asked again says what is known now.
#[tokio::test]
async fn a_published_report_stays() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = open(folder.path()).await;
    let user = User { email: "ines@axle.example".into(), name: "Ines".into(), role: "marketing".into() };
    let seen = async |now| {
        let window = Window::now(&workspace, Grain::Month, now).await.unwrap();
        let looks = published_reports::looks();
        (window, Glances::default().by_look(&workspace, looks, window, now, false).await.unwrap())
    };
    let last = |found: &HashMap<Look, Glance>| {
        let answer = found[&Look::at("members_new")].answer.clone().unwrap();
        answer.points.last().unwrap().value
    };
    read(&workspace, folder.path(), &[("ada", "1", "2026-01-05")], || at("2026-02-02T00:00:00Z")).await;
    let now = at("2026-02-03T00:00:00Z");
    let (window, told) = seen(now).await;
    assert_eq!(last(&told), Some(1.0));
    let number = published_reports::publish(&workspace, &user, window, &told, now).await.unwrap();

    // Somebody else of January is read late.
    read(&workspace, folder.path(), &[("bob", "2", "2026-01-06")], || at("2026-02-04T00:00:00Z")).await;
    let later = at("2026-02-05T00:00:00Z");
    assert_eq!(last(&seen(later).await.1), Some(2.0));
    let (kept, figures) = published_reports::show(&workspace, number, later).await.unwrap();
    assert_eq!((kept.published_by.as_deref(), kept.window.to), (Some("Ines"), date(2026, 2, 1)));
    assert_eq!((last(&figures), figures.len()), (Some(1.0), told.len()));
    // Each of its figures is published, and its change is explained.
    let figure = published::of_kpi(&workspace, "members_new", 1).await.unwrap().remove(0);
    let why = since_published(&workspace, figure.number, later).await.unwrap();
    assert_eq!(moves(why.changes.last().unwrap()), [(Cause::LateArrivals, 1.0)]);
}

/// By a command, as on its page.
#[test]
fn a_report_is_published_by_a_command() {
    let axle = crate::Axle::new();
    let line = serde_json::json!({"type": "activity", "id": "a1", "activity": "chat:message:sent", "at": "2026-01-05T10:00:00Z",
        "channel": "C1", "actor": {"platform": "slack", "uid": "u1", "name": "Ada"}});
    crate::hand_offs::import(&axle, &[line]);
    assert_eq!(axle.json(&["report", "publish", "--grain", "quarter", "--to", "2026-05-20"])["number"], 1);
    let all = axle.json(&["report", "published"]);
    assert_eq!((&all[0]["grain"], &all[0]["to"]), (&serde_json::json!("quarter"), &serde_json::json!("2026-04-01")));
    assert!(!axle.try_run(&["report", "publish", "--grain", "day"]).status.success());
}

/// Any earlier period can be asked: March beside the March of the year before, as that was known when it was over.
#[tokio::test]
async fn a_period_is_compared_with_any_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = open(folder.path()).await;
    let first = [("ada", "1", "2025-03-05"), ("bob", "2", "2025-03-06")];
    read(&workspace, folder.path(), &first, || at("2025-03-20T00:00:00Z")).await;
    // One of that March is read a year late.
    let second = [("cyd", "3", "2025-03-09"), ("ada", "4", "2026-02-05"), ("ada", "5", "2026-03-05")];
    read(&workspace, folder.path(), &second, || at("2026-03-06T00:00:00Z")).await;
    let question = Question { from: Some(date(2026, 1, 1)), to: Some(date(2026, 4, 1)), ..Question::default() };
    let now = at("2026-04-10T00:00:00Z");
    let why = between(&workspace, "activities", &question, Some(date(2025, 3, 17)), now).await.unwrap();
    assert_eq!(why.earlier, Some((date(2025, 3, 1), date(2025, 4, 1))));
    let [change] = &why.changes[..] else { panic!("{why:?}") };
    // 2 were known, 3 there were, and 1 there is in this March.
    assert_eq!((change.start, change.then, change.now), (date(2026, 3, 1), Some(2.0), Some(1.0)));
    assert_eq!(change.earlier, Some(3.0));
    assert_eq!(moves(change), [(Cause::LateArrivals, 1.0), (Cause::LaterPeriod, -2.0)]);
    let same = between(&workspace, "activities", &question, Some(date(2026, 3, 10)), now).await.unwrap_err();
    assert!(same.to_string().contains("is not over before 2026-03-01"), "{same}");
}

/// What was imported after both periods were over: nothing was known of the earlier one then, and 2 are known of it now.
#[tokio::test]
async fn periods_before_the_first_import_are_compared_as_they_are_known_now() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = open(folder.path()).await;
    let calls =
        [("c1", "2026-02-05"), ("c2", "2026-02-06"), ("c3", "2026-03-03"), ("c4", "2026-03-04"), ("c5", "2026-03-05")];
    read_calls(&workspace, folder.path(), &calls, || at("2026-05-01T00:00:00Z")).await;
    let said = [("ada", "1", "2026-02-05"), ("bob", "2", "2026-02-06"), ("ada", "3", "2026-03-05")];
    read(&workspace, folder.path(), &said, || at("2026-05-02T00:00:00Z")).await;
    let question = Question { from: Some(date(2026, 1, 1)), to: Some(date(2026, 4, 1)), ..Question::default() };
    // Calls: 2 in February, 3 in March. Messages: 2, then 1.
    for (kpi, march) in [("calls", 3.0), ("activities", 1.0)] {
        let why = between(&workspace, kpi, &question, None, at("2026-05-10T00:00:00Z")).await.unwrap();
        let [change] = &why.changes[..] else { panic!("{why:?}") };
        assert_eq!((change.then, change.earlier, change.now), (None, Some(2.0), Some(march)), "{kpi}");
        let told: Vec<(Cause, f64)> = change.moves.iter().filter_map(|one| Some((one.cause, one.by?))).collect();
        assert_eq!(told, [(Cause::LaterPeriod, march - 2.0), (Cause::Remainder, 0.0)], "{kpi}");
        assert!(why.caveats[0].contains("the change starts with what is known of it now"), "{:?}", why.caveats);
    }
}

/// Calls of March by where they came from: organic 1 to 4, ads 1 to 2, which is 4 more in all.
#[test]
fn the_later_period_is_told_part_by_part() {
    let axle = crate::Axle::new();
    let call = |(id, at, from): &(&str, &str, &str)| {
        serde_json::json!({"type": "call", "source": "phone", "id": id, "called_at": format!("{at}T12:00:00Z"),
            "direction": "inbound", "call_source": from})
    };
    let calls = [
        ("c1", "2026-02-05", "organic"),
        ("c2", "2026-02-06", "ads"),
        ("c3", "2026-03-03", "organic"),
        ("c4", "2026-03-04", "organic"),
        ("c5", "2026-03-05", "organic"),
        ("c6", "2026-03-06", "organic"),
        ("c7", "2026-03-07", "ads"),
        ("c8", "2026-03-08", "ads"),
    ];
    crate::hand_offs::import(&axle, &calls.iter().map(call).collect::<Vec<_>>());
    let asked = ["kpi", "why", "calls", "--from", "2026-01-01", "--to", "2026-04-01", "--previous"];
    let told = axle.json(&asked);
    let split = serde_json::json!({"dimension": "call_source",
        "parts": [{"value": "organic", "by": 3.0}, {"value": "ads", "by": 1.0}]});
    assert_eq!(told["changes"][0]["split"], split);
    let table = axle.run(&asked);
    let because = "what happened in the later period +4 (by call_source: organic +3, ads +1)";
    assert!(table.contains(because), "{table}");
    // Broken down already, it is told as it is.
    assert!(axle.json(&[&asked[..], &["--by", "call_source"]].concat())["changes"][0]["split"].is_null());
}

/// A period that is not over is not held against a whole one.
#[tokio::test]
async fn a_running_period_is_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = open(folder.path()).await;
    read(&workspace, folder.path(), &[("ada", "1", "2026-04-05")], || at("2026-04-06T00:00:00Z")).await;
    let question = Question { from: Some(date(2026, 4, 1)), to: Some(date(2026, 5, 1)), ..Question::default() };
    let now = at("2026-04-10T00:00:00Z");
    let none = between(&workspace, "activities", &question, None, now).await.unwrap_err();
    assert!(none.to_string().contains("no period with one before that is over"), "{none}");
    let whole = Question { grain: Some(axle_model::time::Grain::Total), ..question };
    assert!(between(&workspace, "activities", &whole, None, now).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_compared_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = open(folder.path()).await;
    let now = at("2026-04-10T00:00:00Z");
    let future = since(&workspace, "members_active", &Question::default(), now, now).await.unwrap_err();
    assert!(future.to_string().contains("ask since an earlier instant"), "{future}");
    let question = Question { from: Some(date(2026, 4, 1)), to: Some(date(2026, 4, 11)), ..Question::default() };
    let running =
        Question { grain: Some(axle_model::time::Grain::Total), as_of: Some(at("2026-03-20T00:00:00Z")), ..question };
    let none = between(&workspace, "members_active", &running, None, now).await.unwrap_err();
    assert!(none.to_string().contains("no period with one before that is over"), "{none}");
    let unknown = since_published(&workspace, 7, now).await.unwrap_err();
    assert!(unknown.to_string().contains("no published figure 7"), "{unknown}");
}

/// Nothing that a figure needs is lost where everything was known then: over the demo's company all causes are none.
#[test]
fn nothing_learnt_since_moves_nothing() {
    let axle = crate::Axle::new();
    axle.run(&["demo", "--members", "60", "--no-serve"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let workspace = {
            let engine = |folder: PathBuf| -> Arc<dyn Analytics> {
                Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default()))
            };
            let kpis = axle_analytics::catalogue(None).unwrap();
            Workspace::open(&axle.data().join("data"), "demo", kpis, engine).await.unwrap()
        };
        let (then, now) = (Timestamp::now(), Timestamp::now() + jiff::SignedDuration::from_secs(1));
        // Waiting goes on between the two instants.
        for kpi in workspace.kpis().iter().filter(|kpi| kpi.id != "flywheel_time_friction") {
            let why = since(&workspace, &kpi.id, &Question::default(), then, now).await;
            let why = why.unwrap_or_else(|error| panic!("{}: {error}", kpi.id));
            for change in why.changes {
                let told = serde_json::to_value(&change).unwrap();
                let is_none = |one: &Value| one["by"].is_null() || one["by"].as_f64() == Some(0.0);
                assert!(told["moves"].as_array().unwrap().iter().all(is_none), "{}: {told}", kpi.id);
                assert_eq!(change.then, change.now, "{}", kpi.id);
            }
        }
    });
}
