//! The stories of the demo's company, as the flywheels see them: each stands where it should on its days.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::Axle;

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

    /// The one instant that a query gives.
    fn at(&self, query: &str) -> Timestamp {
        self.ask(&["sql", query])[0]["at"].as_str().unwrap().parse().unwrap()
    }

    /// State and step of the member's latest run of a flywheel, so many hours after an instant.
    fn stands(&self, flywheel: &str, member: &str, at: Timestamp, hours: i64) -> (String, String) {
        let as_of = (at + SignedDuration::from_hours(hours)).to_string();
        let runs = self.ask(&["flywheel", "runs", flywheel, "--as-of", &as_of]);
        let own = runs.as_array().unwrap().iter().rfind(|run| run["member_id"] == member);
        let text = |name: &str| own.map_or("none", |run| run[name].as_str().unwrap()).to_owned();
        (text("state"), text("step"))
    }
}

fn at(state: &str, step: &str) -> (String, String) {
    (state.to_owned(), step.to_owned())
}

/// Sunita uses the free plan and comes to events; she says that she needs more, Buzz qualifies her on the next day, she consents, and he
/// introduces her to Alfred.
#[test]
fn sunita_raises_her_hand_and_is_introduced() {
    let demo = Demo::new();
    let sunita = demo.member("Sunita");
    let raised = demo.at(&format!("select at from signals where member_id = '{sunita}'"));
    let leads = "community_qualified_leads";
    assert_eq!(demo.stands(leads, &sunita, raised, -1), at("active", "regular"));
    assert_eq!(demo.stands(leads, &sunita, raised, 1), at("active", "signals_need"));
    // Qualified a day later, introduced two days after that with her consent: the dossier is due.
    assert_eq!(demo.stands(leads, &sunita, raised, 25), at("active", "introduction"));
    assert_eq!(demo.stands(leads, &sunita, raised, 4 * 24), at("active", "dossier"));
    let runs = demo.ask(&["flywheel", "runs", leads]);
    let run = runs.as_array().unwrap().iter().find(|run| run["member_id"] == sunita.as_str()).unwrap();
    let detail = demo.ask(&["flywheel", "run", run["run_id"].as_str().unwrap()]);
    let qualified = detail["evidence"].as_array().unwrap().iter().find(|row| row["step"] == "introduction").unwrap();
    assert_eq!(qualified["confirmed_by"], "Buzz Calloway");
    // The same runs are a table.
    let query = "select count(*) as runs from flywheel_runs where flywheel = 'community_qualified_leads'";
    assert_eq!(demo.ask(&["sql", query])[0]["runs"], runs.as_array().unwrap().len());
    // Somebody is asked to send the dossier.
    let tasks = demo.ask(&["tasks", "list"]);
    assert!(tasks.as_array().unwrap().iter().any(|task| task["run_id"] == run["run_id"]), "{tasks}");
}

/// Jerry signs up, is pointed to the community, gets an answer, and uses more.
#[test]
fn jerry_is_signposted_and_receives_value() {
    let demo = Demo::new();
    let jerry = demo.member("Jerry");
    let signed_up = demo.at(&format!("select signup_at as at from product_users where member_id = '{jerry}'"));
    let onboarding = "onboarding_customers";
    assert_eq!(demo.stands(onboarding, &jerry, signed_up, -1), at("none", "none"));
    assert_eq!(demo.stands(onboarding, &jerry, signed_up, 0), at("active", "signs_up"));
    let answered = demo.at(&format!("select min(answered_at) as at from questions where member_id = '{jerry}'"));
    assert_eq!(demo.stands(onboarding, &jerry, answered, -1).1, "joined");
    let (state, step) = demo.stands(onboarding, &jerry, answered, 24 * 30);
    assert_eq!((state.as_str(), step.as_str()), ("active", "graduates"));
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
