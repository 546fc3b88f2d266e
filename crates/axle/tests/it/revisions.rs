//! How often periods changed after they were over: receipts say it.

use serde_json::{Value, json};

use crate::Axle;

fn import(axle: &Axle, name: &str, lines: &[Value]) {
    let path = axle.data().join(format!("{name}.jsonl"));
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&path, text.join("\n")).unwrap();
    axle.run(&["import", path.to_str().unwrap()]);
}

fn message(who: &str, at: &str) -> Value {
    json!({"type": "activity", "id": format!("m-{who}"), "activity": "chat:message:sent", "at": at, "channel": "general",
           "actor": {"platform": "chat", "username": who}})
}

/// How often January, February and March 2025 changed.
fn revisions(axle: &Axle, kpi: &str) -> Vec<u64> {
    let receipt = axle.json(&["kpi", "receipt", kpi, "--from", "2025-01-01", "--to", "2025-04-01"]);
    let periods = receipt["revisions"].as_array().unwrap();
    for period in periods {
        assert_eq!(period["revised_at"].is_null(), period["revision"] == 0, "{period}");
    }
    periods.iter().map(|period| period["revision"].as_u64().unwrap()).collect()
}

#[test]
fn each_import_that_changes_a_period_that_is_over_counts_once() {
    let axle = Axle::new();
    let first = [message("ada", "2025-01-10T12:00:00Z"), message("bob", "2025-02-10T12:00:00Z")];
    import(&axle, "first", &first);
    assert_eq!(revisions(&axle, "members_active"), [1, 1, 0]);
    import(&axle, "again", &first);
    assert_eq!(revisions(&axle, "members_active"), [1, 1, 0], "what is known changes nothing");
    import(&axle, "late", &[message("cyd", "2025-01-31T23:50:00Z")]);
    assert_eq!(revisions(&axle, "members_active"), [2, 1, 0]);
    // Bob's message is said to be of March: February and March are others.
    import(&axle, "moved", &[message("bob", "2025-03-10T12:00:00Z")]);
    assert_eq!(revisions(&axle, "members_active"), [2, 2, 1]);
    // Cyd's message is one of February there.
    axle.json(&["settings", "time-zone", "Europe/Berlin"]);
    assert_eq!(revisions(&axle, "members_active"), [1, 3, 1]);
    axle.json(&["settings", "time-zone", "UTC"]);
    let [ada, bob] = ["ada", "bob"].map(|who| json!({"platform": "chat", "username": who}));
    import(&axle, "link", &[json!({"type": "link", "identities": [ada, bob], "verified": true})]);
    assert_eq!(revisions(&axle, "members_active"), [3, 2, 2], "ada and bob are one person");
    let mut gone = message("cyd", "2025-01-31T23:50:00Z");
    gone["deleted_at"] = json!("2025-06-01T12:00:00Z");
    import(&axle, "gone", &[gone]);
    assert_eq!(revisions(&axle, "members_active"), [4, 2, 2], "what is deleted changes its period");
}

#[test]
fn facts_change_the_figures_that_are_made_of_them() {
    let axle = Axle::new();
    let deal = |closed_at: &str| {
        json!({"type": "deal", "id": "d1", "organization": "acme", "created_at": "2025-01-10T12:00:00Z", "closed_at": closed_at,
               "won": true, "amount": 100_000, "currency": "EUR"})
    };
    import(&axle, "crm", &[deal("2025-02-10T12:00:00Z"), message("ada", "2025-03-10T12:00:00Z")]);
    assert_eq!(revisions(&axle, "deal_win_rate"), [1, 1, 0]);
    assert_eq!(revisions(&axle, "members_active"), [0, 0, 1]);
    import(&axle, "crm-later", &[deal("2025-03-01T12:00:00Z")]);
    assert_eq!(revisions(&axle, "deal_win_rate"), [2, 2, 1]);
    assert_eq!(revisions(&axle, "members_active"), [0, 0, 1]);
    // Renewals are a table made of subscriptions and deals, among others: not of what people did.
    let subscription = json!({"type": "subscription", "id": "s1", "organization": "acme", "started_at": "2025-01-15T12:00:00Z",
                              "mrr": 1_000, "currency": "EUR"});
    import(&axle, "billing", &[subscription]);
    assert_eq!(revisions(&axle, "customer_loyalty"), [3, 2, 1]);
    import(&axle, "chat", &[message("bob", "2025-03-11T12:00:00Z")]);
    assert_eq!(revisions(&axle, "customer_loyalty"), [3, 2, 1]);
    assert_eq!(revisions(&axle, "members_active"), [0, 0, 2]);
}

#[test]
fn what_people_say_and_decide_counts_each_time() {
    let axle = Axle::new();
    import(&axle, "first", &[message("ada", "2025-01-10T12:00:00Z"), message("bob", "2025-02-10T12:00:00Z")]);
    import(&axle, "later", &[message("cyd", "2025-03-10T12:00:00Z")]);
    assert_eq!(revisions(&axle, "members_active"), [1, 1, 1]);
    let merged = axle.json(&["identities", "merge", "ada", "bob"]);
    assert_eq!(revisions(&axle, "members_active"), [2, 2, 1], "cyd has no part in it");
    axle.json(&["identities", "undo", &merged["change_id"].to_string()]);
    assert_eq!(revisions(&axle, "members_active"), [3, 3, 1]);

    // All that is said here is of one run, which is as old as the first of it.
    let members = axle.json(&["members", "list"]);
    let cyd = members.as_array().unwrap().iter().find(|member| member["name"] == "cyd").unwrap();
    let cyd = cyd["member_id"].as_str().unwrap();
    let before = revisions(&axle, "opt_outs_after_contact");
    for kind in ["contact", "recognition"] {
        let at = "2025-01-05T12:00:00Z";
        axle.json(&["consents", "give", cyd, "--kind", kind, "--channel", "Slack", "--at", at]);
    }
    assert_eq!(revisions(&axle, "opt_outs_after_contact"), [before[0] + 2, before[1], before[2]]);
}
