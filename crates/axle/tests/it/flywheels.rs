//! Runs and wheels on the command line, on the demo's company and on a few lines of a key account.

use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::tasks::ago;

struct Demo {
    axle: Axle,
}

impl Demo {
    fn new() -> Self {
        let axle = Axle::new();
        axle.run(&["demo", "--members", "60", "--no-serve"]);
        Self { axle }
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--workspace", "demo"]);
        self.axle.json(&arguments)
    }

    fn member(&self, name: &str) -> String {
        let found = self.ask(&["sql", &format!("select member_id from members where name like '{name} %'")]);
        found[0]["member_id"].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned()
    }
}

#[test]
fn a_run_names_who_decided_and_is_a_row() {
    let demo = Demo::new();
    let (sunita, leads) = (demo.member("Sunita"), "community_qualified_leads");
    let runs = demo.ask(&["flywheel", "runs", leads]);
    let run = runs.as_array().unwrap().iter().find(|run| run["member_id"] == sunita.as_str()).unwrap();
    let detail = demo.ask(&["flywheel", "run", run["run_id"].as_str().unwrap()]);
    let qualified = detail["evidence"].as_array().unwrap().iter().find(|row| row["step"] == "introduction").unwrap();
    assert_eq!(qualified["confirmed_by"], "Buzz Calloway");
    // The same runs are a table, and figures read it.
    let query = "select count(*) as runs from flywheel_runs where flywheel = 'community_qualified_leads'";
    assert_eq!(demo.ask(&["sql", query])[0]["runs"], runs.as_array().unwrap().len());
    let graduation = demo.ask(&["kpi", "show", "graduation_rate", "--grain", "total", "--from", "2020-01-01"]);
    assert!(graduation["points"][0]["value"].as_f64().is_some_and(|rate| rate > 0.0), "{graduation}");
    assert!(!demo.ask(&["tasks", "list"]).as_array().unwrap().is_empty());
}

#[test]
fn what_is_not_there_is_told() {
    let axle = Axle::new();
    let output = axle.try_run(&["flywheel", "runs", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("axle flywheel list"));
    // A workspace without a record has wheels that stand still.
    let wheels = axle.json(&["flywheel", "list"]);
    assert_eq!(wheels.as_array().unwrap().len(), 6);
    assert!(wheels.as_array().unwrap().iter().all(|wheel| wheel["states"].as_object().unwrap().is_empty()));
}

/// Kim was named 30 days ago, and came to a tutorial that the community held, with Dana, then to one with Cleo of customer success.
#[test]
fn a_tutorial_is_of_value_when_customer_success_has_a_part_in_it() {
    let axle = Axle::new();
    let day = |days: i64| ago(24 * days);
    let who = |uid: &str| json!({"platform": "forum", "uid": uid, "name": format!("{uid} Person")});
    let attended = |event: &str, uid: &str, role: &str, days: i64| json!({"type": "attendance", "event": event, "identity": who(uid), "state": "attended", "role": role, "at": day(days)});
    let teammate = |uid: &str, department: &str| json!({"type": "teammate", "identity": who(uid), "from": "2024-01-01", "department": department});
    let tutorial = |id: &str, days: i64| json!({"type": "event", "id": id, "name": "Lineage", "kind": "tutorial", "starts_at": day(days)});
    let step = || axle.json(&["flywheel", "runs", "key_account_champions"])[0]["step"].clone();
    import(
        &axle,
        &[
            json!({"type": "organization", "id": "kestrel", "name": "Kestrel Health", "key_account": {"from": "2024-01-01"}}),
            json!({"type": "affiliation", "identity": who("kim"), "organization": "kestrel", "from": "2024-01-01"}),
            json!({"type": "task", "id": "n1", "kind": "name_members", "assignee": "Cleo", "state": "done", "outcome": "named",
                   "identity": who("kim"), "flywheel": "key_account_champions", "step": "identified", "organization": "kestrel",
                   "done_at": day(30)}),
            teammate("buzz", "community"),
            teammate("cleo", "success"),
            tutorial("e1", 20),
            attended("e1", "buzz", "host", 20),
            attended("e1", "cleo", "guest", 20),
            teammate("dana", "product"),
            attended("e1", "dana", "staff", 20),
            attended("e1", "kim", "guest", 20),
        ],
    );
    assert_eq!(step(), "named");
    // A person's word stands above the list.
    let dana = axle.json(&["sql", "select member_id from members where name = 'dana Person'"])[0]["member_id"].clone();
    let dana = dana.as_str().unwrap();
    axle.json(&["members", "teammate", dana, "--from", "2024-01-01", "--department", "success"]);
    assert_ne!(step(), "named", "Dana is of customer success");
    axle.json(&["members", "teammate", dana, "auto"]);
    assert_eq!(step(), "named");
    import(&axle, &[tutorial("e2", 10), attended("e2", "cleo", "speaker", 10), attended("e2", "kim", "guest", 10)]);
    assert_ne!(step(), "named");
}

/// Sunita's consent is to be asked within one business day: in half as many hours it is due at another time.
#[test]
fn other_numbers_are_tried_on_the_past_before_they_are_set() {
    let axle = Axle::new();
    import(&axle, &crate::hand_offs::lines(jiff::Timestamp::now()));
    let tried = |hours: &str| axle.json(&["settings", "business-hours", hours, "--preview"]);
    let preview = tried(r#"{"from": "12:00", "to": "16:00"}"#);
    let leads = preview["wheels"].as_array().unwrap().iter().find(|one| one["title"] == "Community-qualified leads");
    assert!(leads.is_some_and(|leads| leads["tasks"][0]["count"] == 1), "{preview}");
    assert_eq!(axle.json(&["settings", "business-hours"])["from"], "09:00", "nothing is set");
    assert_eq!(tried("{}")["wheels"], json!([]));
    let leads = axle.json(&["settings", "leads", r#"{"hand_off_days": {"offered": 7}}"#, "--preview"]);
    assert_eq!((&leads["wheels"], &leads["alerts"]), (&json!([]), &json!([0, 0])));
    let wrong = axle.try_run(&["settings", "drop-rule", r#"{"p_days": 2}"#, "--preview"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("`p_days` is 2: use a number from"));
}
