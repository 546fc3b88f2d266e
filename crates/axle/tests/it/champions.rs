//! Champions' health end to end: who falls silent is pushed within the budget, what came of a check-in is said at once, and what
//! belongs to a concern resolves it.

use std::io::Write;
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;

fn ago(days: i64) -> String {
    (Timestamp::now() - SignedDuration::from_hours(24 * days)).to_string()
}

fn who(name: &str) -> Value {
    json!({"platform": "forum", "uid": name, "name": name})
}

/// A champion who does something every third day of 400, until so many days ago. At the same minute each time they would be a bot.
fn champion(name: &str, last: i64, role: &str) -> Vec<Value> {
    let act = |day: i64| {
        let at = Timestamp::now() - SignedDuration::from_mins(24 * 60 * day + day * day * 7 % 301);
        json!({"type": "activity", "id": format!("{name}-{day}"), "activity": "chat:message:sent", "at": at, "channel": "C1",
               "text": "Here again", "actor": who(name)})
    };
    let role = json!({"type": "role", "identity": who(name), "role": role, "from": ago(390), "by": "buzz"});
    (0..400).step_by(3).filter(|day| *day >= last).map(act).chain([role]).collect()
}

/// Twelve who go on, and six who have been silent for 42 days, one of them a deal champion.
fn community() -> Axle {
    let axle = Axle::new();
    let mut lines: Vec<Value> =
        (0..12).flat_map(|number| champion(&format!("active{number}"), 0, "champion")).collect();
    for number in 0..6 {
        let role = if number == 5 { "deal_champion" } else { "champion" };
        lines.extend(champion(&format!("silent{number}"), 42, role));
    }
    import(&axle, &lines);
    axle
}

fn tasks(axle: &Axle, title: &str) -> Vec<Value> {
    let all = axle.json(&["tasks", "list"]);
    all.as_array().unwrap().iter().filter(|task| task["title"].as_str().unwrap().starts_with(title)).cloned().collect()
}

fn task(axle: &Axle, title: &str, name: &str) -> Value {
    let found = tasks(axle, title);
    found.iter().find(|task| task["name"] == name).unwrap_or_else(|| panic!("{title} of {name}: {found:?}")).clone()
}

fn id(task: &Value) -> &str {
    task["task_id"].as_str().unwrap()
}

#[test]
fn alerts_beyond_the_budget_of_a_week_are_listed_and_wait_for_the_next() {
    let axle = community();
    let mut add = axle.command(&["user", "add", "buzz@example.org", "--role", "builder"]);
    let mut adding = add.stdin(Stdio::piped()).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(b"round and round").unwrap();
    assert!(adding.wait().unwrap().success());
    let pushed = || {
        let all = tasks(&axle, "Check in");
        assert_eq!(all.len(), 6, "{all:?}");
        all.iter().filter(|task| !task["told_at"].is_null()).map(|task| task["name"].to_string()).collect::<Vec<_>>()
    };
    // However likely it is that it lasts: that changes from day to day, and is no matter of the budget.
    let shipped = axle.json(&["settings", "drop-rule"]);
    assert_eq!((&shipped["push_least"], &shipped["budget_per_week"]), (&json!(0.5), &json!(5)));
    axle.json(&["settings", "drop-rule", r#"{"push_least": 0}"#]);
    // They fell silent together, six weeks ago, and were noticed some three weeks later.
    assert_eq!(pushed().len(), 6, "five in the first week, and one in the next");
    for task in tasks(&axle, "Check in") {
        let at = |name: &str| task[name].as_str().unwrap().parse::<Timestamp>().unwrap();
        let days = at("due_at").duration_since(at("told_at")).as_hours() / 24;
        assert!((4..=6).contains(&days), "five business days from when they are told of it: {task}");
    }
    assert_eq!(axle.try_run(&["settings", "drop-rule", r#"{"budget_per_week": -1}"#]).status.code(), Some(2));
    let rule = axle.json(&["settings", "drop-rule", r#"{"push_least": 0, "budget_per_week": 1}"#]);
    let numbers = ["budget_per_week", "lasts_least", "push_least"].map(|name| rule[name].as_f64().unwrap());
    assert_eq!(numbers, [1.0, 0.0, 0.0]);
    let names = pushed();
    assert!((2..6).contains(&names.len()), "one a week: {names:?}");
    assert!(names.contains(&"\"silent5\"".to_owned()), "the weightier role comes first: {names:?}");
    assert_eq!(axle.json(&["digest"]), json!({"arrived": 1, "failed": 0}));
    let mut letters = std::fs::read_dir(axle.data().join("data/workspaces/main/mail")).unwrap();
    let letter = std::fs::read_to_string(letters.next().unwrap().unwrap().path()).unwrap();
    assert_eq!(letter.matches("Check in").count(), names.len(), "{letter}");
    axle.json(&["settings", "drop-rule", r#"{"push_least": 0.95, "budget_per_week": 0}"#]);
    assert_eq!(pushed().len(), 0, "the past is asked anew");
}

#[test]
fn an_absence_that_was_known_is_no_alert_and_one_told_of_late_undoes_none() {
    let axle = community();
    let away = |name: &str, told: Value| json!({"type": "absence", "identity": who(name), "from": ago(42), "to": ago(-30), "reason": "leave", "told_at": told});
    import(&axle, &[away("silent1", Value::Null), away("silent2", json!(ago(1)))]);
    let names: Vec<String> = tasks(&axle, "Check in").iter().map(|task| task["name"].to_string()).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(!names.contains(&"\"silent1\"".to_owned()) && names.contains(&"\"silent2\"".to_owned()), "{names:?}");

    let member = task(&axle, "Check in", "silent3")["member_id"].as_str().unwrap().to_owned();
    let add = |from: &str, back: &str| {
        axle.try_run(&["absences", "add", &member, "--from", from, "--back", back, "--reason", "vacation"])
    };
    assert_eq!(add("2026-07-06", "2026-07-06").status.code(), Some(2), "no day away");
    assert!(add("2026-07-06", "2026-07-27").status.success());
    let held = axle.json(&["absences", "list", &member]);
    assert_eq!((&held[0]["from"], &held[0]["back_on"]), (&json!("2026-07-06"), &json!("2026-07-27")));
    assert_eq!(axle.json(&["absences", "list"]).as_array().unwrap().len(), 3);
    assert_eq!(axle.json(&["absences", "call-off", &member, "2026-07-06"]), json!([]));
    assert_eq!(
        axle.try_run(&["absences", "call-off", &member, "2026-07-06"]).status.code(),
        Some(2),
        "there is none now"
    );
}

#[test]
fn what_came_of_it_is_said_at_once_and_its_own_kind_resolves_a_concern() {
    let axle = community();
    let done = |task: &Value, more: &[&str]| axle.json(&[&["tasks", "done", id(task)], more].concat());
    let step = |name: &str| {
        let runs = axle.json(&["flywheel", "runs", "champion_health"]);
        let member = json!(name);
        let run = runs.as_array().unwrap().iter().find(|run| run["member_id"] == member).unwrap().clone();
        (run["state"].as_str().unwrap().to_owned(), run["step"].as_str().unwrap().to_owned())
    };
    let (busy, other) = (task(&axle, "Check in", "silent0"), task(&axle, "Check in", "silent1"));
    done(&busy, &[]);
    let moved = done(&task(&axle, "Say what came of it", "silent0"), &["--outcome", "busy"]);
    assert_eq!(moved["run"]["state"], "snoozed");

    let at = |line: Value| import(&axle, &[line]);
    let member = other["member_id"].as_str().unwrap();
    at(
        json!({"type": "feedback", "id": "old", "at": ago(90), "author": who("silent1"), "kind": "request", "state": "open"}),
    );
    done(&other, &[]);
    let word = task(&axle, "Say what came of it", "silent1");
    done(&word, &["--outcome", "concern", "--reason", "politics"]);
    at(
        json!({"type": "feedback", "id": "old", "at": ago(90), "author": who("silent1"), "kind": "request", "state": "planned",
              "decided_at": Timestamp::now().to_string()}),
    );
    assert_eq!(step(member).1, "concern", "feedback is another matter");
    at(json!({"type": "ticket", "id": "t1", "opened_at": ago(60), "requester": who("silent1"), "subject": "Blocked",
              "solved_at": Timestamp::now().to_string()}));
    assert_eq!(step(member).1, "resolved");
    at(
        json!({"type": "feedback", "id": "old", "at": ago(90), "author": who("silent1"), "kind": "request", "state": "planned",
              "decided_at": Timestamp::now().to_string(), "communicated_at": Timestamp::now().to_string()}),
    );
    assert_eq!(step(member).1, "resolved", "they were told of something else");
    done(&task(&axle, "Tell them", "silent1"), &[]);
    assert_eq!(step(member).1, "recovers");
}

#[test]
fn feedback_that_waits_resolves_a_concern_about_feedback() {
    let axle = community();
    let done = |task: &Value, more: &[&str]| axle.json(&[&["tasks", "done", id(task)], more].concat());
    let feedback = |id: &str, decided: Value, told: Value| {
        json!({"type": "feedback", "id": id, "at": ago(90), "author": who("silent2"), "kind": "concern", "state": "planned",
               "decided_at": decided, "communicated_at": told})
    };
    import(&axle, &[feedback("settled", json!(ago(80)), Value::Null), feedback("open", Value::Null, Value::Null)]);
    let check_in = task(&axle, "Check in", "silent2");
    done(&check_in, &[]);
    let said = task(&axle, "Say what came of it", "silent2");
    let run = done(&said, &["--outcome", "concern", "--reason", "feedback"]);
    let step = || {
        let detail = axle.json(&["flywheel", "run", run["run"]["run_id"].as_str().unwrap()]);
        detail["run"]["step"].as_str().unwrap().to_owned()
    };
    assert_eq!(step(), "concern", "what was decided before resolves nothing");
    let now = || json!(Timestamp::now().to_string());
    let decided = now();
    import(&axle, &[feedback("open", decided.clone(), Value::Null)]);
    assert_eq!(step(), "resolved");
    import(&axle, &[feedback("settled", json!(ago(80)), now())]);
    assert_eq!(step(), "resolved", "that is other feedback");
    import(&axle, &[feedback("open", decided, now())]);
    assert_eq!(step(), "recovers");
}

#[test]
fn feedback_is_decided_and_told_here_and_an_import_that_says_the_same_again_takes_nothing_back() {
    let axle = community();
    let done = |task: &Value, more: &[&str]| axle.json(&[&["tasks", "done", id(task)], more].concat());
    let wish = json!({"type": "feedback", "id": "wish", "at": ago(90), "author": who("silent2"), "kind": "request",
                      "text": "An audit log, please.", "topic": "audit log"});
    import(&axle, std::slice::from_ref(&wish));
    done(&task(&axle, "Check in", "silent2"), &[]);
    let said = task(&axle, "Say what came of it", "silent2");
    let run = done(&said, &["--outcome", "concern", "--reason", "feedback"]);
    let step = || {
        let detail = axle.json(&["flywheel", "run", run["run"]["run_id"].as_str().unwrap()]);
        detail["run"]["step"].as_str().unwrap().to_owned()
    };
    let fails = |arguments: &[&str]| {
        let output = axle.try_run(arguments);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let list = axle.json(&["feedback", "list", "--state", "open"]);
    let [one] = list.as_array().unwrap().as_slice() else { panic!("one thing was said: {list}") };
    assert_eq!((&one["words"], &one["kinds"]), (&json!("An audit log, please."), &json!(["request"])));
    let feedback = one["feedback_id"].as_str().unwrap();
    for (arguments, told) in [
        (["decide", feedback, "declined"].as_slice(), "say why it is declined"),
        (&["decide", feedback, "maybe"], "use planned, declined or shipped"),
        (&["decide", "none", "planned"], "there is no feedback `none`"),
        (&["told", feedback], "nothing was decided yet"),
    ] {
        let error = fails(&[&["feedback"], arguments].concat());
        assert!(error.contains(told), "{error}");
    }
    let decided = axle.json(&[
        "feedback",
        "decide",
        feedback,
        "planned",
        "--reason",
        "with the next release",
        "--by",
        "Margaret",
    ]);
    assert_eq!((&decided["state"], &decided["decided_by"]), (&json!("planned"), &json!("Margaret")));
    assert_eq!(step(), "resolved");
    import(&axle, std::slice::from_ref(&wish));
    assert_eq!(axle.json(&["feedback", "list"])[0]["reason"], "with the next release", "the export says nothing new");
    let told = axle.json(&["feedback", "told", feedback]);
    assert!(told["told_at"].is_string());
    assert_eq!(step(), "recovers");
    assert!(fails(&["feedback", "told", feedback]).contains("was told on"));
    let actioned = axle.json(&["sql", "select decided_at <= communicated_at as is_told, state from feedback"]);
    assert_eq!(actioned, json!([{"is_told": true, "state": "planned"}]));
    let news = json!({"type": "feedback", "id": "wish", "at": ago(90), "author": who("silent2"), "kind": "request",
                      "text": "An audit log, please.", "state": "shipped", "decided_at": ago(1)});
    import(&axle, &[news]);
    assert_eq!(axle.json(&["feedback", "list"])[0]["state"], "shipped", "the export has news");
}

#[test]
fn product_stands_up_for_a_concern_that_nobody_wrote_down() {
    let axle = community();
    let done = |task: &Value, more: &[&str]| axle.json(&[&["tasks", "done", id(task)], more].concat());
    done(&task(&axle, "Check in", "silent3"), &[]);
    let said = task(&axle, "Say what came of it", "silent3");
    done(&said, &["--outcome", "concern", "--reason", "feedback"]);
    let moved = done(&task(&axle, "Stand up for the feedback", "silent3"), &[]);
    assert_eq!(moved["run"]["step"], "resolved");
}

/// Zoe does more than Kim, and her bank buys with many people: a candidate as soon as she is there.
fn at_a_bank() -> Vec<Value> {
    let act = |name: &str, day: i64| {
        let at = Timestamp::now() - SignedDuration::from_mins(24 * 60 * day + day * day * 7 % 301);
        json!({"type": "activity", "id": format!("{name}-{day}"), "activity": "chat:message:sent", "at": at, "channel": "C1",
               "text": "Here again", "actor": who(name)})
    };
    let mut lines: Vec<Value> = (0..120).step_by(3).map(|day| act("zoe", day)).collect();
    lines.extend([110, 75, 40].map(|day| act("kim", day)));
    lines.extend([
        json!({"type": "organization", "id": "bank", "name": "Bank", "lifecycle": "prospect", "lifecycle_at": ago(95), "motion": "high_touch"}),
        json!({"type": "product_event", "id": "p1", "user": who("zoe"), "at": ago(100), "name": "opened"}),
        json!({"type": "deal", "id": "d1", "organization": "bank", "created_at": ago(90), "stage": "open", "motion": "high_touch"}),
    ]);
    lines
}

/// With the task to ask her.
#[test]
fn nobody_is_appointed_by_an_answer_without_their_consent() {
    let axle = Axle::new();
    let mut lines = at_a_bank();
    lines.push(json!({"type": "affiliation", "identity": who("zoe"), "organization": "bank", "from": "2024-01-01"}));
    import(&axle, &lines);
    let ask = || task(&axle, "Ask to be a champion", "zoe");
    let answer = || axle.try_run(&["tasks", "done", id(&ask()), "--outcome", "appointed"]);
    let refused = answer();
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("record their consent first") && told.contains("axle consents give"), "{told}");
    let roles = || axle.json(&["sql", "select role, consent is not null as has_consent from roles"]);
    assert_eq!(roles(), json!([]), "and the task is there still");

    let member = ask()["member_id"].as_str().unwrap().to_owned();
    axle.json(&["consents", "give", &member, "--kind", "contact", "--channel", "a call"]);
    assert!(answer().status.success());
    assert_eq!(roles(), json!([{"role": "deal_champion", "has_consent": true}]));
    let runs = axle.json(&["flywheel", "runs", "deal_champions"]);
    assert_eq!(runs[0]["step"], "introduced", "{runs}");
}

/// Zoe was the bank's champion, left, and works there again; nobody has ended the role of then.
#[test]
fn who_comes_back_is_appointed_again_by_an_answer() {
    let axle = Axle::new();
    let mut lines = at_a_bank();
    lines.extend([
        json!({"type": "affiliation", "identity": who("zoe"), "organization": "bank", "from": "2024-01-01", "to": ago(220)}),
        json!({"type": "affiliation", "identity": who("zoe"), "organization": "bank", "from": ago(210)}),
        json!({"type": "role", "identity": who("zoe"), "role": "deal_champion", "organization": "bank", "from": ago(300), "by": "buzz"}),
    ]);
    import(&axle, &lines);
    let ask = task(&axle, "Ask to be a champion", "zoe");
    axle.json(&["consents", "give", ask["member_id"].as_str().unwrap(), "--kind", "contact", "--channel", "a call"]);
    axle.json(&["tasks", "done", id(&ask), "--outcome", "appointed"]);
    let held =
        r#"select has_left, "to" is null as is_open from held_roles where role = 'deal_champion' order by "from" "#;
    let expected = json!([{"has_left": true, "is_open": false}, {"has_left": false, "is_open": true}]);
    assert_eq!(axle.json(&["sql", held]), expected);
    let runs = axle.json(&["flywheel", "runs", "deal_champions"]);
    let step = runs.as_array().unwrap().iter().map(|run| &run["step"]).next_back();
    assert_eq!(step, Some(&json!("introduced")), "{runs}");
}

/// Her role names the bank's deal alone, and she works for a mill as well, which has a deal of its own.
#[test]
fn a_role_in_a_deal_is_one_at_the_organization_of_the_deal_alone() {
    let axle = Axle::new();
    let mut lines = at_a_bank();
    lines.extend([
        json!({"type": "organization", "id": "mill", "name": "Mill", "lifecycle": "prospect", "lifecycle_at": ago(95), "motion": "high_touch"}),
        json!({"type": "deal", "id": "d2", "organization": "mill", "created_at": ago(90), "stage": "open", "motion": "high_touch"}),
        json!({"type": "affiliation", "identity": who("zoe"), "organization": "bank", "from": "2024-01-01"}),
        json!({"type": "affiliation", "identity": who("zoe"), "organization": "mill", "from": "2024-01-01"}),
        json!({"type": "consent", "id": "c1", "identity": who("zoe"), "kind": "contact", "at": ago(60)}),
        json!({"type": "role", "identity": who("zoe"), "role": "deal_champion", "deal": "d1", "from": ago(50), "by": "buzz"}),
    ]);
    import(&axle, &lines);
    let runs = axle.json(&["flywheel", "runs", "deal_champions"]);
    let introduced = runs.as_array().unwrap().iter().filter(|run| run["step"] == "introduced");
    assert_eq!(introduced.count(), 1, "{runs}");
}
