//! The API beside pages and commands: tasks, the rota, business hours, raised hands, questions, champions, accounts and drops.

use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::tasks::{ago, qualify, with_a_raised_hand};
use crate::web::{Web, add_user};

/// A token of a new user of a role.
fn token(axle: &Axle, role: &str) -> String {
    add_user(axle, role);
    axle.json(&["user", "token", &format!("{role}@axle.example")])["token"].as_str().unwrap().to_owned()
}

/// A server with tokens for its API.
struct Api {
    web: Web,
}

impl Api {
    fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.web.api(method, &format!("/api/v1/main/{path}"), token, &body);
        let answer =
            serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{path}: {error}: {}", reply.body));
        (reply.status, answer)
    }

    fn get(&self, path: &str, token: &str) -> Value {
        let (status, answer) = self.ask("GET", path, token, &Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

#[test]
fn tasks_are_listed_given_and_answered() {
    let axle = with_a_raised_hand();
    let [builder, support, sales, viewer] =
        ["builder", "support", "sales", "internal_viewer"].map(|role| token(&axle, role));
    let listed = axle.json(&["tasks", "list"]);
    let id = qualify(&axle)["task_id"].as_str().unwrap().to_owned();
    let api = Api { web: Web::of(&axle) };
    assert_eq!(api.get("tasks", &builder), listed, "the API's tasks are those of the command");
    assert_eq!(api.get("tasks?who=mine&role=community_builder", &builder)[0]["task_id"], json!(id));
    assert_eq!(api.get("tasks?role=moderator", &builder), json!([]));
    assert!(!api.get("tasks?who=mine", &support).to_string().contains(&id));
    assert_eq!(api.get("tasks", &sales), json!([]), "sales has none of its own");
    assert_eq!(api.ask("GET", "tasks?who=theirs", &builder, &Value::Null).0, 422);
    let (answer, assign) = (format!("tasks/{id}/answer"), format!("tasks/{id}/assign"));
    for token in [&viewer, &sales] {
        let (status, problem) = api.ask("POST", &answer, token, &json!({"outcome": "qualified"}));
        assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    }
    // Once it is theirs, sales may answer it, and still does not learn for whom it is.
    let (status, given) = api.ask("POST", &assign, &builder, &json!({"to": "sales@axle.example"}));
    assert_eq!((status, given), (200, json!({"task_id": id, "assignee": "sales@axle.example"})));
    let own = api.get("tasks?assignee=sales%40axle.example", &sales);
    assert_eq!(
        (&own[0]["title"], &own[0]["name"], &own[0]["why"]),
        (&json!("Qualify this signal"), &json!(""), &json!(""))
    );
    let (status, problem) = api.ask("POST", &answer, &builder, &json!({"outcome": "dismissed"}));
    assert_eq!((status, &problem["code"]), (422, &json!("invalid")));
    assert!(problem["detail"].as_str().unwrap().contains("needs a reason: one of"), "{problem}");
    let said = json!({"outcome": "qualified", "note": "Asked for SSO twice"});
    let (status, moved) = api.ask("POST", &answer, &builder, &said);
    assert_eq!((status, &moved["outcome"], &moved["run"]["step"]), (200, &json!("qualified"), &json!("introduction")));
    let (status, problem) = api.ask("POST", &answer, &builder, &said);
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "it is answered already");
    drop(api);
    let noted = axle.json(&["sql", "select text, author from notes"]);
    assert_eq!(noted, json!([{"text": "Asked for SSO twice", "author": "The builder"}]));
}

#[test]
fn a_figure_is_answered_without_its_rows_being_counted() {
    let axle = with_a_raised_hand();
    let viewer = token(&axle, "internal_viewer");
    let api = Api { web: Web::of(&axle) };
    let [counted, plain] = ["", "?receipt=false"].map(|asked| api.get(&format!("kpis/members_active{asked}"), &viewer));
    assert!(counted["receipt"]["included"].is_u64(), "{counted}");
    assert!(plain["receipt"]["included"].is_null(), "{plain}");
    assert_eq!(plain["points"], counted["points"]);
}

#[test]
fn the_rota_is_an_administrators() {
    let axle = with_a_raised_hand();
    let [admin, builder] = ["admin", "builder"].map(|role| token(&axle, role));
    let api = Api { web: Web::of(&axle) };
    assert_eq!(api.get("rota", &admin), json!({}));
    let turn = json!({"people": ["Builder@axle.example"], "order": "first"});
    assert_eq!(api.ask("PUT", "rota/community_builder", &builder, &turn).0, 403);
    assert_eq!(api.ask("GET", "rota", &builder, &Value::Null).0, 403);
    let (status, problem) = api.ask("PUT", "rota/community_builder", &admin, &json!({"people": ["ada@else.example"]}));
    assert_eq!((status, &problem["detail"]), (422, &json!("ada@else.example is no user: Settings, Users adds one.")));
    assert_eq!(api.ask("PUT", "rota/dancer", &admin, &turn).0, 422);
    let (status, set) = api.ask("PUT", "rota/community_builder", &admin, &turn);
    assert_eq!(
        (status, &set),
        (200, &json!({"community_builder": {"people": ["builder@axle.example"], "order": "first"}}))
    );
    assert_eq!(api.get("tasks?assignee=builder%40axle.example", &admin).as_array().unwrap().len(), 1);
    drop(api);
    assert_eq!(axle.json(&["tasks", "rota"]), set);
}

#[test]
fn business_hours_are_an_administrators() {
    let axle = with_a_raised_hand();
    let [admin, builder] = ["admin", "builder"].map(|role| token(&axle, role));
    let api = Api { web: Web::of(&axle) };
    assert_eq!(api.get("business-hours", &admin)["to"], "17:00");
    let hours = json!({"days": ["sunday"], "holidays": ["2026-12-27"]});
    assert_eq!(api.ask("PUT", "business-hours", &builder, &hours).0, 403);
    assert_eq!(api.ask("GET", "business-hours", &builder, &Value::Null).0, 403);
    let (status, problem) = api.ask("PUT", "business-hours", &admin, &json!({"days": []}));
    assert_eq!((status, &problem["code"]), (422, &json!("invalid")));
    assert!(problem["detail"].as_str().unwrap().contains("name at least one day"), "{problem}");
    let (status, set) = api.ask("PUT", "business-hours", &admin, &hours);
    assert_eq!(
        (status, &set),
        (200, &json!({"days": ["sunday"], "from": "09:00", "to": "17:00", "holidays": ["2026-12-27"]}))
    );
    drop(api);
    assert_eq!(axle.json(&["settings", "business-hours"]), set);
}

#[test]
fn currencies_are_an_administrators() {
    let axle = with_a_raised_hand();
    let [admin, builder] = ["admin", "builder"].map(|role| token(&axle, role));
    let api = Api { web: Web::of(&axle) };
    let rates = json!([{"date": "2026-01-05", "from": "USD", "to": "EUR", "rate": 0.92}]);
    let wanted = json!({"reporting": "EUR", "rates": rates});
    assert_eq!(api.ask("PUT", "currencies", &builder, &wanted).0, 403);
    assert_eq!(api.ask("GET", "currencies", &builder, &Value::Null).0, 403);
    for (wrong, why) in
        [(json!({"reporting": "euro"}), "`euro` is no currency"), (json!({"base": "EUR"}), "unknown field `base`")]
    {
        let (status, problem) = api.ask("PUT", "currencies", &admin, &wrong);
        assert_eq!((status, &problem["code"]), (422, &json!("invalid")));
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
    assert_eq!(api.ask("PUT", "currencies", &admin, &wanted), (200, wanted.clone()));
    assert_eq!(api.get("currencies", &admin), wanted);
    drop(api);
    assert_eq!(axle.json(&["settings", "show"])["currencies"], wanted);
}

#[test]
fn a_raised_hand_is_written_down_and_waits_for_a_decision() {
    let axle = Axle::new();
    let actor = json!({"platform": "forum", "uid": "u1", "name": "Sunita Rao"});
    let asks = json!({"type": "activity", "id": "a1", "activity": "chat:message:sent", "at": ago(30), "channel": "C1", "actor": actor,
                      "text": "Can we get a quote for the enterprise plan with SSO?"});
    import(&axle, &[asks]);
    let member = axle.json(&["members", "list"])[0]["member_id"].as_str().unwrap().to_owned();
    let [builder, viewer] = ["builder", "internal_viewer"].map(|role| token(&axle, role));
    let api = Api { web: Web::of(&axle) };
    assert_eq!(api.get("raised-hands", &builder), json!([]));
    let maybe = api.get("raised-hands/maybe", &builder);
    assert_eq!((&maybe[0]["name"], maybe.as_array().unwrap().len()), (&json!("Sunita Rao"), 1));
    let said = json!({"member_id": member, "activity_id": maybe[0]["activity_id"], "quote": "a quote"});
    assert_eq!(api.ask("POST", "raised-hands", &viewer, &said).0, 403);
    assert_eq!(api.ask("POST", "raised-hands", &builder, &json!({"member_id": "nobody"})).0, 404);
    for _ in 0..2 {
        assert_eq!(api.ask("POST", "raised-hands", &builder, &said).0, 200, "twice, it is one signal");
    }
    let hands = api.get("raised-hands", &builder);
    assert_eq!((&hands[0]["member_id"], hands.as_array().unwrap().len()), (&json!(member), 1));
    assert_eq!(api.get("raised-hands/maybe", &builder), json!([]), "it is none any more that only reads like one");
    let answer = format!("tasks/{}/answer", hands[0]["task_id"].as_str().unwrap());
    let no = json!({"outcome": "dismissed", "reason": "no_budget"});
    assert_eq!(api.ask("POST", &answer, &builder, &no).1["run"]["state"], "lost");
    assert_eq!(api.get("raised-hands", &builder), json!([]));
}

#[test]
fn questions_have_states_and_no_asker_for_those_who_see_nobody() {
    let axle = Axle::new();
    let asked = |id: &str, thread: &str, kind: &str, uid: &str, text: &str, hours: i64| {
        json!({"type": "activity", "id": id, "activity": kind, "at": ago(hours), "channel": "help", "thread": thread, "title": text,
               "text": text, "actor": {"platform": "forum", "uid": uid, "name": format!("{uid} Rao")}})
    };
    let (opened, replied) = ("forum:topic:opened", "forum:post:replied");
    import(
        &axle,
        &[
            json!({"type": "channel", "id": "help", "name": "help", "kind": "forum", "is_qa": true}),
            asked("q1", "t1", opened, "ada", "How do I export?", 200),
            asked("q2", "t2", opened, "bob", "How do I import?", 40),
            asked("q3", "t3", opened, "ada", "How do I colour a chart?", 2),
            asked("r1", "t1", replied, "cleo", "You can export it under settings.", 150),
        ],
    );
    let [support, executive] = ["support", "executive"].map(|role| token(&axle, role));
    let api = Api { web: Web::of(&axle) };
    let titles = |path: &str| -> Vec<String> {
        let all = api.get(path, &support);
        all.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles("questions"), ["How do I colour a chart?", "How do I import?"]);
    assert_eq!(titles("questions?sort=oldest&limit=1"), ["How do I import?"]);
    assert_eq!(titles("questions?state=late"), ["How do I import?"], "a day was promised");
    assert_eq!(titles("questions?state=answered"), ["How do I export?"]);
    assert_eq!(titles("questions?state=resolved"), [""; 0]);
    assert_eq!(titles("questions?channel=general"), [""; 0]);
    assert_eq!(api.ask("GET", "questions?state=lost", &support, &Value::Null).0, 422);
    for state in ["open", "answered"] {
        let seen = api.get(&format!("questions?state={state}"), &executive);
        assert!(!seen.as_array().unwrap().is_empty() && !seen.to_string().contains("Rao"), "{seen}");
        assert_eq!((&seen[0]["title"], &seen[0]["channel"]), (&Value::Null, &json!("help")));
    }
}

#[test]
fn champions_accounts_and_drops_are_for_those_who_see_members() {
    let axle = Axle::new();
    let ada = json!({"platform": "forum", "uid": "u1", "name": "Ada Rao"});
    // Every third day for a year, then silence for almost four weeks; at the same minute each time she would be a bot.
    let active = (9..140).map(|third: i64| {
        json!({"type": "activity", "id": format!("a{third}"), "activity": "forum:post:replied", "at": ago(24 * 3 * third + third * third * 7 % 11),
               "channel": "help", "actor": ada})
    });
    let mut lines: Vec<Value> = active.collect();
    lines.extend([
        json!({"type": "role", "identity": ada, "role": "champion", "from": ago(24 * 400), "organization": "corp", "by": "buzz"}),
        json!({"type": "organization", "id": "corp", "name": "Corp", "domains": ["corp.example"], "lifecycle": "customer",
               "key_account": {"from": "2020-01-01", "target": 2, "owner": "Cleo"}}),
        json!({"type": "affiliation", "identity": ada, "organization": "corp", "from": ago(24 * 500)}),
    ]);
    import(&axle, &lines);
    let [success, executive] = ["success", "executive"].map(|role| token(&axle, role));
    let api = Api { web: Web::of(&axle) };
    for path in ["champions", "accounts", "drops", "raised-hands/maybe"] {
        assert_eq!(api.ask("GET", path, &executive, &Value::Null).0, 403, "{path}");
    }
    let champions = api.get("champions?role=champion", &success);
    let [one] = &champions.as_array().unwrap()[..] else { panic!("{champions}") };
    assert_eq!((&one["name"], &one["attention"]), (&json!("Ada Rao"), &json!("silent")));
    assert_eq!(api.get("champions?attention=well", &success), json!([]));
    assert_eq!(api.ask("GET", "champions?attention=much", &success, &Value::Null).0, 422);
    let drops = api.get("drops", &success);
    assert_eq!(drops[0]["member_id"], one["member_id"], "{drops}");
    assert_eq!(api.get(&format!("drops?since={}", &ago(0)[..10]), &success), json!([]), "it is no news");
    let accounts = api.get("accounts?show=key", &success);
    assert_eq!((&accounts[0]["name"], &accounts[0]["key"]["owner"]), (&json!("Corp"), &json!("Cleo")));
    assert_eq!(accounts[0]["risks"][0], json!({"risk": "silent_champions", "count": 1}));
    assert_eq!(api.ask("GET", "accounts?show=all", &success, &Value::Null).0, 422);
}
