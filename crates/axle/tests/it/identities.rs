//! Figures follow a merge at once, and come back exactly after the split.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::figures::{self, Question};
use axle_app::members::{self, Sort};
use axle_app::{Workspace, identities};
use axle_model::analytics::Analytics;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;

/// Every KPI of the last twelve months, as its JSON says, and everybody's scores.
async fn everything(workspace: &Workspace, now: Timestamp) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for kpi in workspace.kpis().iter() {
        let answer = figures::evaluate(workspace, &kpi.id, &Question::default(), now).await;
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", kpi.id));
        all.insert(kpi.id.clone(), serde_json::to_value(&answer.points).unwrap());
    }
    let scores = members::list(workspace, Sort::Name, now, None).await.unwrap();
    all.insert("scores".into(), serde_json::to_value(&scores).unwrap());
    all
}

#[test]
fn every_figure_follows_a_merge_and_comes_back_after_the_split() {
    let axle = Axle::new();
    axle.run(&["demo", "--members", "120", "--no-serve"]);
    let now: Timestamp = axle.json(&["sql", "select max(occurred_at) as at from activities", "--workspace", "demo"])[0]
        ["at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let engine = |folder: PathBuf| -> Arc<dyn Analytics> {
            Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default()))
        };
        let kpis = axle_analytics::catalogue(None).unwrap();
        let workspace = Workspace::open(&axle.data().join("data"), "demo", kpis, engine).await.unwrap();
        axle_app::score::rescore(&workspace, now).await.unwrap();
        let before = everything(&workspace, now).await;
        // Two members who did much and were here this month, so that their days, threads and cohorts overlap.
        let people = members::list(&workspace, Sort::Love, now, None).await.unwrap();
        let month = now.to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month();
        let is_here = |on: Option<jiff::civil::Date>| on.is_some_and(|on| on >= month);
        let mut people =
            people.iter().filter(|person| !person.is_teammate && !person.is_bot && is_here(person.last_activity_on));
        let (one, other) = (people.next().unwrap(), people.next().unwrap());
        let apart = members::show(&workspace, &other.member_id, now, None).await.unwrap().identities;
        let apart: Vec<String> = apart.iter().map(|account| account.identity_id.to_string()).collect();
        let by = Some("Ines");
        let change = identities::merge(&workspace, &one.member_id, &other.member_id, by, now).await.unwrap();
        let merged = everything(&workspace, now).await;
        let of = |all: &BTreeMap<String, Value>| all["scores"].as_array().unwrap().len();
        assert_eq!(of(&merged) + 1, of(&before));
        let changed: Vec<&String> = before.keys().filter(|id| merged[*id] != before[*id]).collect();
        for id in ["members_active", "activities_per_active_day", "scores"] {
            assert!(changed.iter().any(|changed| *changed == id), "{id} does not follow: {changed:?}");
        }
        // Both were active lately: one fewer is.
        let last =
            |all: &BTreeMap<String, Value>| all["members_active"].as_array().unwrap().last().unwrap()["value"].as_f64();
        assert_eq!(last(&merged).unwrap() + 1.0, last(&before).unwrap());
        let id = if merged["scores"].to_string().contains(&one.member_id) { &one.member_id } else { &other.member_id };
        identities::split(&workspace, id, &apart, by, now).await.unwrap();
        equal(&everything(&workspace, now).await, &before, "after the split");
        let again = identities::merge(&workspace, &one.member_id, &other.member_id, by, now).await.unwrap();
        equal(&everything(&workspace, now).await, &merged, "merged again");
        identities::undo(&workspace, again.change_id, by, now).await.unwrap();
        equal(&everything(&workspace, now).await, &before, "undone");
        assert!(change.change_id < again.change_id);
    });
}

fn equal(found: &BTreeMap<String, Value>, expected: &BTreeMap<String, Value>, when: &str) {
    for (id, expected) in expected {
        assert_eq!(&found[id], expected, "{id} {when}");
    }
}

/// Whoever has an address at a domain of ours is a teammate, once an administrator says so; nobody is by a free-mail address.
#[test]
fn domains_of_ours_are_previewed_and_set_by_a_command() {
    let axle = Axle::new();
    let actor =
        json!({"platform": "forum", "uid": "1", "name": "Ada Byron", "email": "ada@acme.io", "email_verified": true});
    let said = json!({"type": "activity", "id": "a1", "activity": "chat:message:sent", "at": "2026-03-10T09:00:00Z", "channel": "C1", "actor": actor});
    import(&axle, &[said]);
    let wanted = r#"{"own_domains": [{"domain": "acme.io"}]}"#;
    let seen = axle.json(&["settings", "people", wanted, "--preview"]);
    assert_eq!(seen["become_teammates"][0]["name"], "Ada Byron");
    let none = json!({"own_domains": [], "personal_domains": []});
    assert_eq!(axle.json(&["settings", "people"]), none, "a preview changes nothing");
    let own = json!({"domain": "acme.io", "from": null, "department": null});
    assert_eq!(axle.json(&["settings", "people", wanted])["own_domains"], json!([own]));
    assert_eq!(axle.json(&["members", "list", "--all"])[0]["is_teammate"], true);
    let free = r#"{"own_domains": [{"domain": "gmail.com"}]}"#;
    assert!(!axle.try_run(&["settings", "people", free]).status.success());
}

/// Two accounts with one rare name and handle: joined from a probability on, once an administrator says so.
#[test]
fn who_is_joined_by_likeness_is_previewed_and_set_by_a_command() {
    let axle = Axle::new();
    let said = |id: &str, platform: &str| {
        let actor = json!({"platform": platform, "username": "cwinslowski", "name": "Conrad Winslowski"});
        json!({"type": "activity", "id": id, "activity": "chat:message:sent", "at": "2026-03-10T09:00:00Z", "channel": "C1", "actor": actor})
    };
    import(&axle, &[said("a1", "forum"), said("a2", "chat")]);
    let shown = axle.json(&["settings", "identities"]);
    assert_eq!(shown, json!({"threshold": null, "largest_member": 12, "precision": null}));
    let members = || axle.json(&["members", "list"]).as_array().unwrap().len();
    let wanted = r#"{"threshold": 0.9}"#;
    let seen = axle.json(&["settings", "identities", wanted, "--preview"]);
    assert_eq!((&seen["joins"], members()), (&json!(1), 2));
    axle.json(&["settings", "identities", wanted]);
    assert_eq!(members(), 1);
    let found = axle.json(&["identities", "history"]);
    assert_eq!(
        (&found[0]["kind"], &found[0]["summary"]),
        (&json!("found"), &json!("Settings of identities: 1 pair joined"))
    );
    let accounts = |side: usize| &found[0]["about"][0]["sides"][side]["accounts"][0]["handle"];
    assert_eq!((accounts(0), accounts(1)), (&json!("cwinslowski"), &json!("cwinslowski")));
    axle.json(&["identities", "undo", &found[0]["change_id"].to_string()]);
    assert_eq!(members(), 2);
    // Whoever undoes it says that they are two: no threshold says otherwise.
    for threshold in ["{}", wanted] {
        axle.json(&["settings", "identities", threshold]);
        assert_eq!(members(), 2);
    }
    assert!(!axle.try_run(&["settings", "identities", r#"{"threshold": 2}"#]).status.success());
}
