//! From an export to members, steps and figures.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::Axle;
use crate::web::{Web, add_user};

fn community(folder: &Path) -> PathBuf {
    let path = folder.join("community.jsonl");
    let mut lines = vec![
        json!({"type":"channel","id":"help","name":"help","kind":"qa","is_qa":true}),
        json!({"type":"organization","id":"acme","name":"Acme"}),
        json!({"type":"affiliation","identity":{"platform":"chat","uid":"ada"},"organization":"acme","from":"2024-01-01"}),
        json!({"type":"teammate","identity":{"platform":"chat","uid":"tim"},"from":"2024-03-01"}),
        json!({"type":"person","identity":{"platform":"chat","uid":"rex"},"name":"Rex","bot":true}),
        json!({"type":"deal","id":"d1","organization":"acme","created_at":"2024-02-01","amount":100_000,"currency":"EUR","won":true,"closed_at":"2024-03-01"}),
    ];
    let mut say = |id: &str, kind: &str, at: &str, who: &str, thread: &str| {
        lines.push(
            json!({"type":"activity","id":id,"activity":kind,"at":at,"actor":{"platform":"chat","uid":who,"name":who},
            "channel":"help","thread":thread,"text":format!("{who} says {id}")}),
        );
    };
    say("q1", "question:asked", "2024-02-05T10:00:00Z", "ada", "q1");
    say("a1", "question:answered", "2024-02-05T11:00:00Z", "bob", "q1");
    say("q2", "question:asked", "2024-02-06T10:00:00Z", "cid", "q2");
    say("b1", "question:answered", "2024-02-06T10:01:00Z", "rex", "q2");
    say("t1", "question:answered", "2024-02-07T10:00:00Z", "tim", "q2");
    say("t2", "question:answered", "2024-03-07T10:00:00Z", "tim", "q1");
    say("a2", "question:answered", "2024-03-09T10:00:00Z", "ada", "q2");
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    fs::write(&path, text.join("\n")).unwrap();
    path
}

#[test]
fn an_export_becomes_members_steps_and_figures() {
    let axle = Axle::new();
    let path = community(axle.data());
    let path = path.to_str().unwrap();
    let receipt = axle.json(&["import", path, "--source", "acme-help"]);
    assert_eq!(receipt["read"], 13);
    assert_eq!((&receipt["stored"], &receipt["unchanged"], &receipt["rejected"]), (&json!(13), &json!(0), &json!(0)));
    assert_eq!(receipt["source"], "acme-help");
    assert_eq!(receipt["by_type"], json!({"question:asked": 2, "question:answered": 5}));
    assert_eq!(receipt["members_new"], 5);
    let again = axle.json(&["import", path, "--source", "acme-help"]);
    assert_eq!((&again["stored"], &again["unchanged"], &again["activities"]), (&json!(0), &json!(13), &json!(0)));

    // Ada answered (6) and asked (4); a question answered by hand counts once whoever looks.
    let members = axle.json(&["members", "list", "--counted", "--as-of", "2024-03-20T00:00:00Z"]);
    let members: Vec<&Value> = members.as_array().unwrap().iter().filter(|m| m["is_teammate"] == false).collect();
    let steps: Vec<(&str, u64)> =
        members.iter().map(|m| (m["name"].as_str().unwrap(), m["step"].as_u64().unwrap())).collect();
    assert_eq!(steps, [("ada", 6), ("bob", 6), ("cid", 4)], "Tim is a teammate now, Rex a bot");
    let id = members[0]["member_id"].as_str().unwrap();
    let ada = axle.json(&["members", "show", id, "--as-of", "2024-03-20T00:00:00Z"]);
    assert_eq!(ada["why"], "Participating I: an activity of weight 6 on 9 Mar 2024.");
    assert_eq!(ada["organizations"], json!(["Acme"]));
    assert_eq!(ada["timeline"].as_array().unwrap().len(), 2);
}

#[test]
fn figures_follow_the_conventions() {
    let axle = Axle::new();
    let path = community(axle.data());
    axle.run(&["import", path.to_str().unwrap()]);
    let values = |kpi: &str, more: &[&str]| -> Vec<Value> {
        let mut arguments =
            vec!["kpi", "show", kpi, "--from", "2024-02-01", "--to", "2024-04-01", "--as-of", "2024-06-01T00:00:00Z"];
        arguments.extend(more);
        axle.json(&arguments)["points"].as_array().unwrap().iter().map(|point| point["value"].clone()).collect()
    };
    // February: Ada, Bob, Cid, and Tim, who was hired in March. March: Ada alone.
    assert_eq!(values("members_active", &[]), [json!(4.0), json!(1.0)]);
    assert_eq!(values("members_new", &[]), [json!(4.0), json!(0.0)]);
    assert_eq!(values("members_lost", &[]), [json!(0.0), json!(3.0)]);
    // Seven activities: the bot's one never counts, Tim's second is a teammate's.
    assert_eq!(values("activities", &["--grain", "total"]), [json!(5.0)]);
    assert_eq!(values("questions", &["--grain", "total"]), [json!(2.0)]);
    // Both were first answered by a member: Bob, and Tim before he was hired.
    assert_eq!(values("questions_answered_by_community", &["--grain", "total"]), [json!(100.0)]);
    let receipt = axle.json(&["kpi", "receipt", "activities", "--from", "2024-02-01", "--to", "2024-04-01"]);
    assert_eq!(receipt["included"], 5);
    assert_eq!(receipt["excluded"]["bot"], 1);
    assert_eq!(receipt["excluded"]["teammate"], 1);
    // The receipt names the call that lists its rows, condition and instant included: the questions of Ada and Cid.
    let asked = ["--from", "2024-02-01", "--to", "2024-04-01", "--where", "activity_type = 'question:asked'"];
    let receipt = axle.json(&[&["kpi", "receipt", "activities"][..], &asked].concat());
    let command = receipt["rows_command"].as_str().unwrap();
    let asks = r"axle kpi rows activities --from 2024-02-01 --to 2024-04-01 --grain month --where 'activity_type = '\''question:asked'\''' --as-of ";
    assert!(command.starts_with(asks), "{command}");
    let rows = axle.json(&[&["kpi", "rows", "activities"][..], &asked].concat());
    let who: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["member"]).collect();
    assert_eq!((&receipt["included"], who), (&json!(2), vec![&json!("cid"), &json!("ada")]));
    let earlier =
        ["kpi", "rows", "activities", "--from", "2024-02-01", "--as-of", "2024-02-06T00:00:00Z", "--skip", "1"];
    let rows = axle.json(&earlier);
    assert_eq!(rows.as_array().unwrap().len(), 1, "of Ada's question and Bob's answer the second: {rows}");
}

#[test]
fn sql_reads_and_does_not_write() {
    let axle = Axle::new();
    let path = community(axle.data());
    axle.run(&["import", path.to_str().unwrap()]);
    let rows = axle.json(&["sql", "select deal_id, amount, won from deals"]);
    assert_eq!(rows, json!([{"deal_id": "d1", "amount": 100_000, "won": true}]));
    let rows = axle.json(&["sql", "select count(*) as n, count(distinct member_id) as people from activities"]);
    assert_eq!(rows, json!([{"n": 7, "people": 5}]));
    let query = "select is_bot, count(*) as n, count(love) as love, count(presence) as presence, count(reach) as reach
        from members group by is_bot order by is_bot";
    let rows = axle.json(&["sql", query]);
    assert_eq!(rows[0], json!({"is_bot": false, "n": 4, "love": 4, "presence": 4, "reach": 4}), "{rows}");
    assert_eq!(rows[1], json!({"is_bot": true, "n": 1, "love": 0, "presence": 0, "reach": 0}), "bots have no scores");
    for statement in
        ["delete from activities", "create table x (a int)", "copy activities to '/tmp/x'", "select 1; select 2"]
    {
        let output = axle.try_run(&["sql", statement]);
        assert!(!output.status.success(), "{statement}");
    }
}

#[test]
fn derived_files_can_be_thrown_away() {
    let axle = Axle::new();
    let path = community(axle.data());
    axle.run(&["import", path.to_str().unwrap()]);
    axle.run(&["segments", "compact"]);
    axle.run(&["segments", "verify"]);
    let ask = || {
        axle.json(&[
            "kpi",
            "show",
            "members_active",
            "--from",
            "2024-02-01",
            "--to",
            "2024-04-01",
            "--as-of",
            "2024-06-01T00:00:00Z",
        ])
    };
    let before = ask();
    let segments = axle.data().join("data/workspaces/main/segments");
    let file = fs::read_dir(&segments)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| !path.to_string_lossy().contains("days"))
        .unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let output = axle.try_run(&["segments", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("axle segments rebuild"));
    axle.run(&["segments", "rebuild"]);
    axle.run(&["segments", "verify"]);
    assert_eq!(ask()["points"], before["points"]);
}

#[test]
fn wrong_usage_says_what_to_change() {
    let axle = Axle::new();
    for (arguments, told) in [
        (&["kpi", "show", "happiness"][..], "axle kpi list"),
        (&["kpi", "show", "activities", "--grain", "fortnight"], "day, week, month"),
        (&["kpi", "show", "activities", "--by", "mood"], "its dimensions are"),
        (&["kpi", "show", "activities", "--from", "2024-02-01", "--to", "2024-01-01"], "the window is empty"),
        (&["members", "list", "--sort", "height"], "love, level, last_activity or name"),
        (&["members", "show", "nobody"], "axle members list"),
        (&["import", "missing.zip"], "no such file"),
        (&["--workspace", "../up", "kpi", "list"], "is not a workspace name"),
        (&["settings", "time-zone", "Mars/Base"], "IANA name"),
        (&["members", "list", "--as-of", "yesterday"], "a date such as 2026-03-01"),
        (&["kpi", "why", "activities", "--since", "2026-03-01T12:00:00"], "an instant such as 2026-03-01T09:30:00Z"),
    ] {
        let output = axle.try_run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
    }
}

#[test]
fn a_change_of_weights_is_previewed_before_it_counts() {
    let axle = Axle::new();
    let path = community(axle.data());
    axle.run(&["import", path.to_str().unwrap()]);
    let now = ["--as-of", "2024-03-20T00:00:00Z"];
    let step = || axle.json(&["members", "list", now[0], now[1]])[0]["step"].clone();
    assert_eq!(step(), 6);
    axle.json(&["settings", "preview", r#"{"weights":{"question:answered":9}}"#]);
    assert_eq!(step(), 6, "a preview changes nothing");
    axle.run(&["settings", "score", r#"{"weights":{"question:answered":9}}"#]);
    assert_eq!(step(), 9);
}

/// A deal won on the first of May counts in May wherever the workspace's days begin, and again after they begin elsewhere.
#[test]
fn a_date_is_a_day_of_the_workspaces_zone() {
    let axle = Axle::new();
    let path = axle.data().join("deal.jsonl");
    let lines = [
        r#"{"type":"activity","id":"a1","activity":"chat:message:sent","at":"2024-03-01T12:00:00Z","actor":{"platform":"chat","uid":"1"}}"#,
        r#"{"type":"deal","id":"d1","organization":"acme","created_at":"2024-04-01","closed_at":"2024-05-01","won":true,"contacts":[{"identity":{"platform":"chat","uid":"1"}}]}"#,
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    axle.run(&["settings", "time-zone", "America/Los_Angeles"]);
    axle.run(&["import", path.to_str().unwrap()]);
    let months = || {
        let window = ["--from", "2024-04-01", "--to", "2024-06-01", "--as-of", "2024-07-01T00:00:00Z"];
        let answer = axle.json(&[&["kpi", "show", "deals_closed_from_members"][..], &window].concat());
        answer["points"].as_array().unwrap().iter().map(|point| point["value"].as_f64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(months(), [0.0, 1.0]);
    for zone in ["Pacific/Auckland", "America/Los_Angeles"] {
        axle.run(&["settings", "time-zone", zone]);
        assert_eq!(months(), [0.0, 1.0], "{zone}");
    }
    // Asked as of or since a date, it is the start of that day.
    let window = ["--from", "2024-04-01", "--to", "2024-06-01", "--as-of", "2024-05-02"];
    let asked = |more: &[&str]| axle.json(&[&["kpi"][..], more, &window].concat());
    assert_eq!(asked(&["show", "activities"])["as_of"], "2024-05-02T07:00:00Z");
    assert_eq!(asked(&["why", "activities", "--since", "2024-05-01"])["since"], "2024-05-01T07:00:00Z");
}

/// A forum's topics say the numbers of their categories; what these are called lies in another file.
#[test]
fn channels_that_an_export_does_not_name_are_told_by_what_they_are() {
    let axle = Axle::new();
    let topics = concat!(env!("CARGO_MANIFEST_DIR"), "/../axle-connectors/fixtures/discourse/topics/input");
    let receipt = axle.json(&["import", topics]);
    let warned = receipt["warnings"][0].as_str().unwrap_or_default();
    assert!(warned.starts_with("Channels without a name: category 5. Import the list"), "{receipt}");
    assert_eq!(axle.json(&["channels", "list"])[0]["name"], "category 5");
    let named = axle.data().join("channel.jsonl");
    std::fs::write(&named, r#"{"type":"channel","id":"5","name":"Shelves"}"#).unwrap();
    let receipt = axle.json(&["import", named.to_str().unwrap(), "--source", "discourse"]);
    assert_eq!(receipt["warnings"], json!([]));
    assert_eq!(axle.json(&["channels", "list"])[0]["name"], "Shelves");
}

/// A definition that names a table that there is not.
const NIGHTS: &str = r#"
group = "Our own"
title = "Nights"
question = "How many?"
unit = "count"
value = "count"
rows = "select day from nothing_days"
[[golden]]
name = "one"
data = ["ada messaged 2026-01-03"]
expect = { "2026-01" = 1 }
[[golden]]
name = "two"
data = ["ada messaged 2026-01-03"]
expect = { "2026-01" = 1 }
"#;

#[test]
fn a_table_that_there_is_not_is_told_once_with_those_that_there_are() {
    let axle = Axle::new();
    let file = axle.data().join("nights.toml");
    fs::write(&file, NIGHTS).unwrap();
    let output = axle.try_run(&["kpi", "check", file.to_str().unwrap()]);
    let check = String::from_utf8_lossy(&output.stdout).into_owned();
    axle.run(&["import", community(axle.data()).to_str().unwrap()]);
    add_user(&axle, "admin");
    let web = Web::of(&axle);
    let cookie = web.sign_in("admin");
    let csrf = web.get("/main/kpis/new", &cookie).csrf();
    let encoded: String = NIGHTS.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let form = format!("csrf={csrf}&id=nights&do=try&text={encoded}");
    let tried = web.post("/main/kpis/new", &cookie, &form).body;
    for told in [check, tried] {
        assert_eq!(told.matches("there is no table `nothing_days`; there are ").count(), 1, "{told}");
        assert!(told.contains(", activities, ") && !told.contains("Error during"), "{told}");
    }
}
