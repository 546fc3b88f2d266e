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

    /// State and step of the member's latest run of a flywheel that is not about a single question, so many hours after an
    /// instant.
    fn stands(&self, flywheel: &str, member: &str, at: Timestamp, hours: i64) -> (String, String) {
        let as_of = (at + SignedDuration::from_hours(hours)).to_string();
        let runs = self.ask(&["flywheel", "runs", flywheel, "--as-of", &as_of]);
        let own = |run: &&Value| run["member_id"] == member && run["subject_kind"] != "question";
        let own = runs.as_array().unwrap().iter().rfind(own);
        let text = |name: &str| own.map_or("none", |run| run[name].as_str().unwrap()).to_owned();
        (text("state"), text("step"))
    }
}

fn at(state: &str, step: &str) -> (String, String) {
    (state.to_owned(), step.to_owned())
}

/// Where somebody stands at 18:00, so many days before the demo ends.
type Stands = (i64, &'static str, &'static str);

/// Each story's flywheel, its hero, and where they stand on which days.
const STORIES: &[(&str, &str, &[Stands])] = &[
    // Sunita uses the free plan and comes to events; she says that she needs more, Buzz qualifies her on the next day, she
    // consents, he introduces her to Alfred and sends the dossier; Alfred accepts it, the deal is won, she tells her story.
    (
        "community_qualified_leads",
        "Sunita",
        &[
            (227, "active", "uses_product"),
            (214, "active", "regular"),
            (202, "active", "signals_need"),
            (201, "active", "introduction"),
            (199, "active", "dossier"),
            (198, "active", "dossier"),
            (197, "active", "sales_helps"),
            (139, "active", "tells_refers"),
            (119, "completed", "tells_refers"),
        ],
    ),
    // Peggy helps a deal along inside her bank, and her teammates come. A month begins before she is asked, on which day is left
    // out: her bank is a prospect by then, and she is a candidate.
    (
        "deal_champions",
        "Peggy",
        &[
            (639, "active", "tries_product"),
            (542, "active", "candidate"),
            (541, "active", "introduced"),
            (537, "active", "helps"),
            (514, "active", "closes"),
            (439, "active", "teammates"),
            (430, "completed", "teammates"),
        ],
    ),
    // Jerry signs up, is pointed to the community, gets an answer, uses more, and asks for a higher plan.
    (
        "onboarding_customers",
        "Jerry",
        &[
            (199, "active", "signs_up"),
            (198, "active", "joined"),
            (195, "active", "value_received"),
            (194, "active", "graduates"),
            (60, "completed", "graduates"),
        ],
    ),
    // Conrad asks, Kathryn answers, he stays, answers Quentin, and is thanked.
    (
        "knowledge_sharing",
        "Conrad",
        &[
            (143, "active", "remains"),
            (134, "active", "answers"),
            (80, "active", "thanked"),
            (77, "completed", "thanked"),
        ],
    ),
    // Peggy's rounds stop: she is busy. They stop again: she has a concern, which product resolves.
    (
        "champion_health",
        "Peggy",
        &[
            (250, "active", "healthy"),
            (215, "active", "contacted"),
            (213, "snoozed", "contacted"),
            (199, "active", "healthy"),
            (104, "active", "contacted"),
            (102, "active", "concern"),
            (84, "active", "resolved"),
            (47, "active", "recovers"),
            (32, "completed", "recovers"),
        ],
    ),
    // Kathryn is named in a key account, comes, goes deeper, and teaches her colleagues, who begin.
    (
        "key_account_champions",
        "Kathryn",
        &[
            (329, "active", "identified"),
            (324, "active", "named"),
            (304, "active", "invited"),
            (279, "active", "joined"),
            (269, "active", "deepens"),
            (239, "active", "programme"),
            (189, "active", "teaches"),
            (149, "active", "taught"),
            (138, "completed", "taught"),
        ],
    ),
];

#[test]
fn every_story_stands_where_it_should_on_its_days() {
    let demo = Demo::new();
    let sunita = demo.member("Sunita");
    // Sunita raises her hand 202 days before the end, at 16:00.
    let raised = demo.at(&format!("select at from signals where member_id = '{sunita}'"));
    let end = raised - SignedDuration::from_hours(16) + SignedDuration::from_hours(202 * 24);
    for (flywheel, hero, days) in STORIES {
        let member = demo.member(hero);
        for (days, state, step) in *days {
            let hours = 18 - days * 24;
            assert_eq!(
                demo.stands(flywheel, &member, end, hours),
                at(state, step),
                "{hero}, {flywheel}, {days} days before"
            );
        }
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
