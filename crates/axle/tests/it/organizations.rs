//! Activities count for the organization where somebody was at the time, in the query engine and on the list.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::import::{self, ImportOptions};
use axle_app::organizations::{self, Filter, Order};
use axle_app::{Workspace, figures};
use axle_model::analytics::Analytics;
use jiff::Timestamp;
use serde_json::{Value, json};

fn clock() -> Timestamp {
    "2026-03-15T12:00:00Z".parse().unwrap()
}

fn commit(id: u32, day: &str, email: &str, name: &str) -> String {
    format!(
        r#"{{"type":"activity","source":"s","id":"{id}","activity":"chat:message:sent","at":"{day}T12:00:00Z","channel":"general","actor":{{"platform":"git","email":"{email}","name":"{name}"}},"text":"hello"}}"#
    )
}

/// A source says that the lab belongs to Acme.
#[test]
fn what_belongs_to_what_is_said_and_undone() {
    let axle = crate::Axle::new();
    let who = |uid: &str| json!({"platform": "forum", "uid": uid, "name": uid});
    let mut lines: Vec<Value> = Vec::new();
    for (id, name, parent) in
        [("acme", "Acme", Value::Null), ("lab", "Byron Lab", json!("acme")), ("zeta", "Zeta", Value::Null)]
    {
        lines.push(json!({"type": "organization", "id": id, "name": name, "parent": parent}));
        lines.push(json!({"type": "affiliation", "identity": who(id), "organization": id, "from": "2024-01-01"}));
        lines.push(json!({"type": "activity", "id": format!("a-{id}"), "activity": "chat:message:sent",
            "at": "2026-01-05T10:00:00Z", "channel": "C1", "actor": who(id), "text": "hello"}));
    }
    crate::hand_offs::import(&axle, &lines);
    let parent = |id: &str| axle.json(&["organizations", "show", id])["parent"][1].clone();
    assert_eq!((parent("lab"), parent("zeta")), (json!("Acme"), Value::Null), "as its source has it");
    let moved = axle.json(&["organizations", "parent", "lab", "Zeta"]);
    assert_eq!((&moved["kind"], parent("lab")), (&json!("parent"), json!("Zeta")));
    assert!(!axle.try_run(&["organizations", "parent", "zeta", "lab"]).status.success(), "the lab is part of it");
    let none = axle.json(&["organizations", "parent", "lab"]);
    assert_eq!(parent("lab"), Value::Null);
    assert!(!axle.try_run(&["organizations", "parent", "lab"]).status.success(), "it is so already");
    axle.json(&["organizations", "undo", &none["change_id"].to_string()]);
    assert_eq!(parent("lab"), json!("Zeta"));
    // A word against the source's: Acme belongs to the lab.
    axle.json(&["organizations", "undo", &moved["change_id"].to_string()]);
    assert_eq!(parent("lab"), json!("Acme"));
    axle.json(&["organizations", "parent", "lab"]);
    axle.json(&["organizations", "parent", "acme", "lab"]);
    assert_eq!((parent("acme"), parent("lab")), (json!("Byron Lab"), Value::Null));
    crate::web::add_user(&axle, "admin");
    let web = crate::web::Web::of(&axle);
    let admin = web.sign_in("admin");
    let csrf = web.get("/main/organizations/zeta", &admin).csrf();
    let say =
        |parent: &str| web.post("/main/organizations/zeta/parent", &admin, &format!("csrf={csrf}&parent={parent}"));
    assert_eq!((say("Byron+Lab").status, say("nowhere").status), (303, 422));
    assert!(web.get("/main/organizations/zeta", &admin).body.contains("Byron Lab"));
}

#[tokio::test]
async fn the_organization_at_the_time_counts() {
    let folder = tempfile::tempdir().unwrap();
    let engine =
        |folder: PathBuf| -> Arc<dyn Analytics> { Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) };
    let workspace = Workspace::open(folder.path(), "main", Vec::new(), engine).await.unwrap();
    let lines = [
        commit(1, "2025-01-10", "ada@acme.io", "Ada Byron"),
        commit(2, "2025-01-12", "ada@acme.io", "Ada Byron"),
        commit(3, "2026-03-10", "ada@zeta.dev", "Ada Byron"),
        commit(4, "2026-03-11", "bob@zeta.dev", "Bob Moss"),
        commit(5, "2026-03-12", "bob@zeta.dev", "Bob Moss"),
        commit(6, "2026-03-12", "dee@gmail.com", "Dee Ray"),
        // Written by a phone that knows neither employer: the days tell which it was.
        commit(7, "2025-01-11", "ada.byron@gmail.com", "Ada Byron"),
        commit(8, "2026-03-13", "ada.byron@gmail.com", "Ada Byron"),
        r#"{"type":"link","identities":[{"platform":"git","email":"ada@acme.io"},{"platform":"git","email":"ada@zeta.dev"},{"platform":"git","email":"ada.byron@gmail.com"}],"verified":true}"#.into(),
    ];
    let path = folder.path().join("lines.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let input = import::recognize(&path, Some("interchange")).unwrap().remove(0);
    import::import(&workspace, input, &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
    let query = "select coalesce(organization_id, 'none') as id, count(*) as n from activities group by 1 order by 1";
    let table = figures::sql(&workspace, query, 10, clock()).await.unwrap();
    let told: Vec<(String, u64)> =
        table.rows.iter().map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap())).collect();
    assert_eq!(told, [("acme.io".into(), 3), ("none".into(), 1), ("zeta.dev".into(), 4)]);
    let list = organizations::list(&workspace, clock(), None).await.unwrap();
    let line = |id: &str| list.iter().find(|line| line.organization_id == id).unwrap();
    assert_eq!((line("zeta.dev").members, line("zeta.dev").active_members, line("zeta.dev").activities), (2, 2, 4));
    assert_eq!((line("acme.io").members, line("acme.io").active_members, line("acme.io").activities), (0, 0, 0));
    assert_eq!(organizations::select(&list, &Filter::default(), Order::Name)[0].name, "acme.io");
    let zeta = organizations::show(&workspace, &list, "zeta.dev", clock()).await.unwrap();
    let latest: Vec<(&str, String)> =
        zeta.timeline.iter().map(|done| (done.name.as_str(), done.at.strftime("%d").to_string())).collect();
    assert_eq!(
        latest,
        [("Ada Byron", "13".into()), ("Bob Moss", "12".into()), ("Bob Moss", "11".into()), ("Ada Byron", "10".into())]
    );
}

/// Figures by organization and deals follow what people say, and come back when it is undone.
#[tokio::test]
async fn figures_follow_a_persons_word_and_deals_join_what_people_joined() {
    let folder = tempfile::tempdir().unwrap();
    let engine =
        |folder: PathBuf| -> Arc<dyn Analytics> { Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) };
    let workspace = Workspace::open(folder.path(), "main", Vec::new(), engine).await.unwrap();
    let lines = [
        commit(1, "2026-03-01", "ada@acme.io", "Ada Byron"),
        commit(2, "2026-03-12", "ada@acme.io", "Ada Byron"),
        commit(3, "2026-03-12", "bob@borealis.dev", "Bob Moss"),
        r#"{"type":"organization","source":"crm","id":"a1","name":"Acme","domains":["acme.io"]}"#.into(),
        r#"{"type":"organization","source":"crm","id":"a2","name":"Acme Berlin"}"#.into(),
        r#"{"type":"deal","source":"crm","id":"d1","organization":"a1","created_at":"2026-02-01"}"#.into(),
        r#"{"type":"deal","source":"crm","id":"d2","organization":"a2","created_at":"2026-02-02"}"#.into(),
    ];
    let path = folder.path().join("lines.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let input = import::recognize(&path, Some("interchange")).unwrap().remove(0);
    import::import(&workspace, input, &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
    let active = || async {
        let query =
            "select coalesce(organization_id, 'none') as id, count(*) as n from activities group by 1 order by 1";
        let deals = "select deal_id, organizations.organization_id, organizations.name from deals
            join organizations on organizations.organization_id = deals.organization_id order by deal_id";
        let rows = |table: axle_model::analytics::Table| serde_json::to_value(table.rows).unwrap();
        let sql = |query: &'static str| figures::sql(&workspace, query, 10, clock());
        (rows(sql(query).await.unwrap()), rows(sql(deals).await.unwrap()))
    };
    let before = active().await;
    assert_eq!(before.0, serde_json::json!([["a1", 2], ["borealis.dev", 1]]));
    assert_eq!(before.1, serde_json::json!([["d1", "a1", "Acme"], ["d2", "a2", "Acme Berlin"]]));
    axle_app::score::rescore(&workspace, clock()).await.unwrap();
    let list = axle_app::members::list(&workspace, axle_app::members::Sort::Name, clock(), None).await.unwrap();
    let ended = organizations::Word { from: Some(jiff::civil::date(2026, 3, 5)), ..Default::default() };
    let ended =
        organizations::say_affiliation(&workspace, &list[0].member_id, "a1", ended, None, clock()).await.unwrap();
    assert_eq!(active().await.0, serde_json::json!([["a1", 1], ["borealis.dev", 1], ["none", 1]]));
    let merged = organizations::merge(&workspace, "a2", "a1", None, clock()).await.unwrap();
    assert_eq!(active().await.1, serde_json::json!([["d1", "a1", "Acme"], ["d2", "a1", "Acme"]]));
    for change in [ended.change_id, merged.change_id] {
        axle_app::changes::undo(&workspace, change, None, clock()).await.unwrap();
    }
    assert_eq!(active().await, before);
}

/// What ends or begins in the future: an address that was in use three weeks ago, a stay, a colleague's time, a hire of next year.
#[tokio::test]
async fn what_ends_later_holds_today() {
    let folder = tempfile::tempdir().unwrap();
    let engine =
        |folder: PathBuf| -> Arc<dyn Analytics> { Arc::new(DataFusionAnalytics::new(folder, QueryLimits::default())) };
    let workspace = Workspace::open(folder.path(), "main", Vec::new(), engine).await.unwrap();
    let who = |uid: &str| json!({"platform": "forum", "uid": uid, "name": uid});
    let asks = |uid: &str| {
        json!({"type": "activity", "id": format!("a-{uid}"), "activity": "chat:message:sent", "at": "2026-03-10T10:00:00Z",
            "channel": "C1", "actor": who(uid), "text": "Can we get a quote for the enterprise plan with SSO?"})
    };
    let lines = [
        commit(1, "2026-02-20", "ada@acme.io", "ada"),
        json!({"type": "organization", "id": "zeta", "name": "Zeta"}).to_string(),
        json!({"type": "affiliation", "identity": who("bob"), "organization": "zeta", "from": "2026-01-01", "to": "2026-09-01"})
            .to_string(),
        json!({"type": "teammate", "identity": who("tim"), "from": "2026-01-01", "to": "2027-01-01"}).to_string(),
        json!({"type": "teammate", "identity": who("tia"), "from": "2027-03-01"}).to_string(),
        asks("bob").to_string(),
        asks("tim").to_string(),
        asks("tia").to_string(),
    ];
    let path = folder.path().join("lines.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let input = import::recognize(&path, Some("interchange")).unwrap().remove(0);
    import::import(&workspace, input, &ImportOptions::default(), clock, &|_, _| {}).await.unwrap();
    let query = "select name, organization_id, is_teammate from members order by name";
    let members = figures::sql(&workspace, query, 10, clock()).await.unwrap().rows;
    assert_eq!(
        json!(members),
        json!([["ada", "acme.io", false], ["bob", "zeta", false], ["tia", null, false], ["tim", null, true]])
    );
    let colleagues = axle_app::members::matching(&workspace, "is_teammate", clock()).await.unwrap();
    assert_eq!(colleagues.len(), 1);
    let today = axle_app::today::load(&workspace, clock()).await.unwrap();
    let mut hands: Vec<&str> = today.maybe.iter().map(|one| one.name.as_str()).collect();
    hands.sort_unstable();
    assert_eq!(hands, ["bob", "tia"], "a colleague raises no hand, and who will be one does");
    // Ada's address is believed for 180 days after 20 February, to 19 August.
    let later = figures::sql(&workspace, query, 10, "2027-03-01T00:00:00Z".parse().unwrap()).await.unwrap().rows;
    assert_eq!(
        json!(later),
        json!([["ada", null, false], ["bob", null, false], ["tia", null, true], ["tim", null, false]])
    );
}
