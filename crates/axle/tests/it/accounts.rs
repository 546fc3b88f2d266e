//! Accounts end to end: what people say of them here holds beside what a CRM lists, and moves the flywheels.

use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::tasks::{ago, said};
use crate::web::{Web, add_user};

fn fails(axle: &Axle, arguments: &[&str]) -> String {
    let output = axle.try_run(arguments);
    assert!(!output.status.success(), "{arguments:?} should fail");
    String::from_utf8(output.stderr).unwrap()
}

fn task(axle: &Axle, title: &str, name: &str) -> Option<Value> {
    let tasks = axle.json(&["tasks", "list"]);
    let is_meant = |task: &&Value| task["title"].as_str().unwrap().starts_with(title) && task["name"] == name;
    tasks.as_array().unwrap().iter().find(is_meant).cloned()
}

#[test]
fn a_key_account_by_hand_is_one_in_figures_and_flywheels_and_stays_when_the_crm_says_something_else() {
    let axle = Axle::new();
    let user = |uid: &str, name: &str| json!({"platform": "product", "uid": uid, "name": name});
    let users = [user("u1", "Kathryn Oduya"), user("u2", "Jerry Mbeki")];
    let listed = |plan: &str| json!({"type": "organization", "id": "kestrel", "name": "Kestrel Health", "lifecycle": "customer", "plan": plan});
    let mut lines = vec![listed("free")];
    for (user, at) in users.iter().zip(0..) {
        lines.push(json!({"type": "affiliation", "identity": user, "organization": "kestrel", "from": "2024-01-01"}));
        for day in 1..=6 {
            lines.push(json!({"type": "product_event", "id": format!("p{at}-{day}"), "user": user, "at": ago(24 * day), "name": "opened"}));
        }
    }
    import(&axle, &lines);
    assert!(task(&axle, "Name as a key member", "Kathryn Oduya").is_none());
    assert!(fails(&axle, &["accounts", "not-key", "kestrel"]).contains("Kestrel Health is no key account"));
    assert!(
        fails(&axle, &["accounts", "key", "nowhere", "--owner", "Cleo"]).contains("there is no organization `nowhere`")
    );
    assert!(fails(&axle, &["accounts", "key", "kestrel", "--owner", " "]).contains("say who looks after the account"));
    assert!(fails(&axle, &["accounts", "key", "kestrel", "--owner", "Cleo", "--target", "0"]).contains("from 1 to 50"));
    assert!(fails(&axle, &["accounts", "prospect", "kestrel"]).contains("more than a prospect"));

    // Any name leads to it. One key member is enough here.
    axle.json(&[
        "accounts",
        "key",
        "Kestrel Health",
        "--owner",
        "Cleo",
        "--target",
        "1",
        "--reason",
        "their data team writes",
    ]);
    let keys = || axle.json(&["accounts", "list", "--show", "key"]);
    assert_eq!(keys()[0]["key"]["owner"], "Cleo");
    import(&axle, &[listed("team")]);
    assert_eq!(
        (&keys()[0]["key"]["target"], &keys()[0]["plan"]),
        (&json!(1), &json!("team")),
        "the CRM has other news"
    );
    let organizations = axle.json(&["organizations", "list"]);
    assert_eq!(organizations.as_array().unwrap().len(), 1, "what was said makes no second one: {organizations}");
    assert!(task(&axle, "Name as a key member", "Jerry Mbeki").is_some());
    let named = task(&axle, "Name as a key member", "Kathryn Oduya").unwrap();
    axle.json(&["tasks", "done", named["task_id"].as_str().unwrap(), "--outcome", "named"]);
    assert!(task(&axle, "Name as a key member", "Jerry Mbeki").is_none(), "one was wanted, and is named");

    axle.json(&["accounts", "not-key", "kestrel"]);
    assert_eq!(keys(), json!([]));
    assert_eq!(
        axle.json(&["sql", "select organization_id from accounts where key_account is not null"]),
        json!([]),
        "on the day on which it was made"
    );
    import(
        &axle,
        &[json!({"type": "organization", "id": "kestrel", "name": "Kestrel Health", "lifecycle": "customer",
                           "key_account": {"from": "2024-01-01", "owner": "Dana"}})],
    );
    assert_eq!(keys()[0]["key"]["owner"], "Dana");
    assert!(fails(&axle, &["accounts", "not-key", "kestrel"]).contains("lists it as a key account: change it there"));
}

#[test]
fn a_prospect_by_hand_has_a_motion_and_is_found_by_its_domain() {
    let axle = Axle::new();
    let mut hello = said("a1", "u1", "Peggy Lind", "Good morning everybody.");
    hello["actor"]["email"] = json!("peggy@lindbank.io");
    hello["actor"]["email_verified"] = json!(true);
    import(&axle, &[hello]);
    let before = axle.json(&["organizations", "list"]);
    assert_eq!(before[0]["organization_id"], "lindbank.io", "{before}");
    assert!(
        fails(&axle, &["accounts", "prospect", "lindbank.io", "--motion", "cold"])
            .contains("use high_touch or self_serve")
    );
    axle.json(&["accounts", "prospect", "lindbank.io", "--by", "Alfred"]);
    let since = axle.json(&["sql", "select lifecycle_at from accounts"]);
    axle.json(&["accounts", "prospect", "lindbank.io", "--by", "Alfred"]);
    assert_eq!(axle.json(&["sql", "select lifecycle_at from accounts"]), since, "it is one since it was said first");
    let after = axle.json(&["organizations", "list"]);
    assert_eq!(after.as_array().unwrap().len(), 1);
    assert_eq!(
        (&after[0]["organization_id"], &after[0]["lifecycle"], &after[0]["members"]),
        (&json!("lindbank.io"), &json!("prospect"), &json!(1))
    );
    let stated = axle.json(&["sql", "select organization_id, lifecycle, motion, owner from accounts"]);
    assert_eq!(
        stated,
        json!([{"organization_id": "lindbank.io", "lifecycle": "prospect", "motion": "high_touch", "owner": "Alfred"}])
    );
}

#[test]
fn whom_an_address_alone_knows_is_a_champion_of_the_account_until_somebody_says_that_they_left() {
    let axle = Axle::new();
    let mut hello = said("a1", "u1", "Zoe Lind", "Good morning everybody.");
    hello["actor"]["email"] = json!("zoe@bankers.io");
    let zoe = json!({"platform": "forum", "uid": "u1"});
    import(
        &axle,
        &[
            hello,
            json!({"type": "consent", "id": "c1", "identity": zoe, "kind": "contact", "at": ago(40)}),
            json!({"type": "role", "identity": zoe, "role": "deal_champion", "from": ago(30), "organization": "bankers.io", "by": "Buzz"}),
        ],
    );
    axle.json(&["accounts", "prospect", "bankers.io", "--by", "Alfred"]);
    // In use on one day, and believed for 180 days after it: two ways to know one stay, which silence does not end.
    let known =
        || axle.json(&["sql", "select organization_id, origin, confidence, rank from affiliations order by rank"]);
    let inferred = |confidence: f64, rank: u32| json!({"organization_id": "bankers.io", "origin": "inferred", "confidence": confidence, "rank": rank});
    assert_eq!(known(), json!([inferred(0.8, 1), inferred(0.5, 2)]));
    let stays = "select organization_id, \"from\" is not null as begins, \"to\" from stays";
    let stay = json!({"organization_id": "bankers.io", "begins": true, "to": null});
    assert_eq!(axle.json(&["sql", stays]), json!([stay]));
    assert_eq!(axle.json(&["sql", "select * from stated_affiliations"]), json!([]));

    let champions = || axle.json(&["accounts", "list"])[0]["champions"].as_array().unwrap().len();
    let run = || axle.json(&["flywheel", "runs", "deal_champions"])[0].clone();
    assert_eq!((champions(), &run()["step"]), (1, &json!("introduced")));
    let id = axle.json(&["sql", "select member_id from members"])[0]["member_id"].as_str().unwrap().to_owned();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let left = axle.json(&["members", "affiliation", &id, "bankers.io", "--not", "--from", &today]);
    assert_eq!(champions(), 0);
    assert_eq!((&run()["state"], &run()["reason"]), (&json!("released"), &json!("left_organization")));
    axle.json(&["identities", "undo", &left["change_id"].to_string()]);
    assert_eq!((champions(), &run()["state"]), (1, &json!("active")));
    axle.json(&["members", "affiliation", &id, "bankers.io", "--title", "CTO"]);
    let title = axle.json(&["sql", "select origin, title from affiliations order by rank limit 1"]);
    assert_eq!(title, json!([{"origin": "person", "title": "CTO"}]));
}

#[test]
fn a_task_goes_to_whom_the_record_names() {
    let axle = Axle::new();
    let zoe = json!({"platform": "forum", "uid": "u1", "name": "Zoe Lind"});
    let deal = |owner: &str| json!({"type": "deal", "id": "d1", "organization": "bank", "created_at": ago(24 * 20), "stage": "open", "owner": owner});
    import(
        &axle,
        &[
            said("a1", "u1", "Zoe Lind", "Good morning everybody."),
            json!({"type": "organization", "id": "bank", "name": "Bank"}),
            json!({"type": "affiliation", "identity": zoe, "organization": "bank", "from": "2024-01-01"}),
            json!({"type": "consent", "id": "c1", "identity": zoe, "kind": "contact", "at": ago(40)}),
            json!({"type": "role", "identity": zoe, "role": "deal_champion", "from": ago(30), "organization": "bank", "by": "Buzz"}),
            deal("the Sales"),
        ],
    );
    let introduce = task(&axle, "Introduce", "Zoe Lind").unwrap();
    axle.json(&["tasks", "done", introduce["task_id"].as_str().unwrap(), "--outcome", "meeting held"]);
    let assignee = || task(&axle, "Log what", "Zoe Lind").unwrap()["assignee"].clone();
    assert_eq!(assignee(), Value::Null, "nobody can sign in as that");
    add_user(&axle, "sales");
    assert_eq!(assignee(), "sales@axle.example");
    import(&axle, &[deal("crm-17")]);
    assert_eq!(assignee(), Value::Null);
}

#[test]
fn an_organization_shows_its_deals_with_their_champions_and_whom_they_lost() {
    let axle = Axle::new();
    let who = |uid: &str, name: &str| json!({"platform": "forum", "uid": uid, "name": name});
    let (zoe, kim) = (who("u1", "Zoe Lind"), who("u2", "Kim Arden"));
    let there =
        |who: &Value| json!({"type": "affiliation", "identity": who, "organization": "bank", "from": "2024-01-01"});
    let role = |who: &Value, role: &str| json!({"type": "role", "identity": who, "role": role, "from": ago(30), "organization": "bank", "by": "Buzz"});
    import(
        &axle,
        &[
            said("a1", "u1", "Zoe Lind", "Good morning everybody."),
            said("a2", "u2", "Kim Arden", "Good evening everybody."),
            json!({"type": "organization", "id": "bank", "name": "Lind Bank", "lifecycle": "prospect"}),
            there(&zoe),
            there(&kim),
            role(&zoe, "deal_champion"),
            role(&kim, "key_member"),
            json!({"type": "consent", "id": "c1", "identity": zoe, "kind": "contact", "at": ago(40)}),
            json!({"type": "consent", "id": "c2", "identity": kim, "kind": "hand_off", "at": ago(40), "text_version": "1", "channel": "chat"}),
            json!({"type": "hand_off", "id": "h1", "identity": kim, "organization": "bank", "qualified_at": ago(40), "sent_at": ago(39),
                   "flywheel": "community_qualified_leads", "from": "Buzz", "to": "sales", "complete": true}),
            json!({"type": "deal", "id": "d1", "organization": "bank", "name": "Core licences", "created_at": ago(24 * 20), "stage": "open"}),
        ],
    );
    let shown = || axle.json(&["organizations", "show", "bank"]);
    let before = shown();
    assert_eq!(before["deals"][0]["champions"][0]["name"], "Zoe Lind", "{before}");
    assert_eq!(before["deals"][0]["lost"], json!([]));
    assert_eq!(before["key_members"][0]["name"], "Kim Arden");
    let steps = before["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["flywheel"] == "deal_champions" && step["runs"] == 1), "{before}");
    add_user(&axle, "builder");
    let web = Web::of(&axle);
    let page = || web.get("/main/organizations/bank", &web.sign_in("builder")).body;
    assert!(page().contains("Core licences") && page().contains("Hangs on one champion"));

    let outcome = |title: &str, outcome: &str| {
        let task = task(&axle, title, "Zoe Lind").unwrap();
        axle.json(&["tasks", "done", task["task_id"].as_str().unwrap(), "--outcome", outcome]);
    };
    outcome("Introduce", "meeting held");
    outcome("Log what", "asked_to_stop");
    let after = shown();
    assert_eq!(after["deals"][0]["champions"], json!([]), "{after}");
    assert_eq!(after["deals"][0]["lost"][0]["name"], "Zoe Lind");
    assert!(page().contains("Champion lost"));
    let list = axle.json(&["hand-offs", "list"]);
    let dossier = axle.json(&["hand-offs", "show", list[0]["hand_off_id"].as_str().unwrap()]).to_string();
    assert!(dossier.contains("Core licences: one of its champions") && !dossier.contains("Zoe"), "{dossier}");
}

/// Nobody has ended her role, and no run of hers would say so: there is no consent.
#[test]
fn a_champion_who_left_the_organization_is_lost_to_its_deal_at_once() {
    let axle = Axle::new();
    let zoe = json!({"platform": "forum", "uid": "u1", "name": "Zoe Lind"});
    let there = |to: Value| json!({"type": "affiliation", "identity": zoe, "organization": "bank", "from": "2024-01-01", "to": to});
    import(
        &axle,
        &[
            said("a1", "u1", "Zoe Lind", "Good morning everybody."),
            json!({"type": "organization", "id": "bank", "name": "Lind Bank"}),
            there(Value::Null),
            json!({"type": "role", "identity": zoe, "role": "deal_champion", "from": ago(30), "organization": "bank", "by": "Buzz"}),
            json!({"type": "deal", "id": "d1", "organization": "bank", "name": "Core licences", "created_at": ago(24 * 20), "stage": "open"}),
        ],
    );
    let deal = || axle.json(&["organizations", "show", "bank"])["deals"][0].clone();
    let champions = || axle.json(&["champions", "list"]).as_array().unwrap().len();
    assert_eq!((&deal()["champions"][0]["name"], &deal()["lost"]), (&json!("Zoe Lind"), &json!([])));
    assert_eq!(champions(), 1);
    import(&axle, &[there(json!(ago(2)))]);
    assert_eq!(deal()["champions"], json!([]));
    let lost = deal()["lost"][0].clone();
    assert_eq!((&lost["name"], &lost["reason"]), (&json!("Zoe Lind"), &json!("left_organization")), "{lost}");
    assert_eq!(champions(), 0);
    let roles = "select r.\"to\" is null as is_stated_on, h.has_left from roles r join held_roles h on h.identity_id = r.identity_id";
    assert_eq!(axle.json(&["sql", roles]), json!([{"is_stated_on": true, "has_left": true}]));
}

#[test]
fn sales_marks_a_prospect_and_product_decides_about_feedback_on_pages() {
    let axle = Axle::new();
    import(
        &axle,
        &[
            said("a1", "u1", "Peggy Lind", "Good morning everybody."),
            json!({"type": "organization", "id": "bank", "name": "Lind Bank"}),
            json!({"type": "feedback", "id": "f1", "at": ago(50), "author": {"platform": "forum", "uid": "u1"}, "kind": "request",
                   "text": "It would be great to have an audit log."}),
        ],
    );
    for role in ["sales", "product", "builder"] {
        add_user(&axle, role);
    }
    let web = Web::of(&axle);
    let sales = web.sign_in("sales");
    let page = web.get("/main/hand-offs", &sales);
    assert!(page.body.contains("Mark an organization as a prospect"));
    let mark = |motion: &str, organization: &str| {
        let form = format!("csrf={}&mark=prospect&organization={organization}&motion={motion}", page.csrf());
        web.post("/main/accounts", &sales, &form)
    };
    assert_eq!((mark("cold", "bank").status, mark("high_touch", "nowhere").status), (400, 400));
    assert!(mark("high_touch", "nowhere").body.contains("there is no organization"), "it says what to change");
    let marked = mark("high_touch", "Lind+Bank");
    assert_eq!((marked.status, marked.headers["location"].as_str()), (303, "/main/hand-offs?done=account-marked"));
    let shown = web.get("/main/organizations/bank", &web.sign_in("builder")).body;
    assert!(shown.contains("Prospect") && shown.contains("Make it a key account"));

    let product = web.sign_in("product");
    let page = web.get("/main/feedback", &product);
    assert!(page.body.contains("an audit log"), "{}", page.body);
    let list = axle.json(&["feedback", "list"]);
    let address = format!("/main/feedback/{}", list[0]["feedback_id"].as_str().unwrap());
    let say = |said: &str| web.post(&address, &product, &format!("csrf={}&{said}", page.csrf())).status;
    assert_eq!(say("state=declined&reason="), 400);
    assert_eq!(say("state=planned&reason=In+spring"), 303);
    let planned = web.get("/main/feedback?state=to_tell", &product).body;
    assert!(
        planned.contains("The product")
            && planned.contains("In spring")
            && planned.contains("Note that they were told")
    );
    assert_eq!((say("state=told"), say("state=told")), (303, 400));
    assert!(!web.get("/main/feedback?state=to_tell", &product).body.contains("an audit log"));
    assert_eq!(
        web.post(&address, &sales, &format!("csrf={}&state=planned", web.get("/main/hand-offs", &sales).csrf())).status,
        403
    );
}

/// Key members and champions of an account, of whom nobody has done anything yet.
#[test]
fn whoever_holds_a_role_is_named_and_an_account_names_them_once() {
    let axle = Axle::new();
    let mut lines =
        vec![json!({"type": "organization", "id": "kestrel", "name": "Kestrel Health", "lifecycle": "customer",
               "key_account": {"from": "2024-01-01", "owner": "Cleo"}})];
    let names = ["Anna Lindqvist", "Bert Oduya"];
    for name in names {
        let who = json!({"platform": "crm", "uid": name, "name": name});
        lines.push(json!({"type": "affiliation", "identity": who, "organization": "kestrel", "from": "2024-01-01"}));
        for role in ["key_member", "champion"] {
            lines.push(json!({"type": "role", "identity": who, "role": role, "from": ago(900), "organization": "kestrel", "by": "Cleo"}));
        }
    }
    import(&axle, &lines);
    add_user(&axle, "builder");
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let accounts = web.get("/main/accounts", &builder).body;
    let champions = web.get("/main/champions?role=key_member", &builder).body;
    for name in names {
        assert_eq!(accounts.matches(name).count(), 1, "{accounts}");
        assert!(champions.contains(name), "{champions}");
    }
}

/// Sales is told at which organization, and decides nothing on a champion who was not handed to it.
#[test]
fn sales_logs_what_a_champion_did_and_does_not_decide_on_them() {
    let axle = Axle::new();
    let zoe = json!({"platform": "forum", "uid": "u1", "name": "Zoe Lind"});
    let lines = [
        said("a1", "u1", "Zoe Lind", "Good morning everybody."),
        json!({"type": "organization", "id": "bank", "name": "Harbor Bank"}),
        json!({"type": "affiliation", "identity": zoe, "organization": "bank", "from": "2024-01-01"}),
        json!({"type": "consent", "id": "c1", "identity": zoe, "kind": "contact", "at": ago(40)}),
        json!({"type": "role", "identity": zoe, "role": "deal_champion", "from": ago(30), "organization": "bank", "by": "Buzz"}),
        json!({"type": "deal", "id": "d1", "organization": "bank", "name": "Licences", "created_at": ago(480)}),
    ];
    import(&axle, &lines);
    add_user(&axle, "sales");
    let introduce = task(&axle, "Introduce", "Zoe Lind").unwrap();
    axle.json(&["tasks", "done", introduce["task_id"].as_str().unwrap(), "--outcome", "meeting held"]);
    let all = task(&axle, "Log what", "Zoe Lind").unwrap();
    let has = |task: &Value, outcome: &str| {
        task["outcomes"].as_array().unwrap().iter().any(|known| known["outcome"] == outcome)
    };
    assert!(has(&all, "spoke for us") && has(&all, "asked_to_stop"), "{all}");
    let as_sales = ["--as-user", "sales@axle.example"];
    let own = axle.json(&[&["tasks", "list"][..], &as_sales].concat());
    let own = own.as_array().unwrap().iter().find(|one| one["task_id"] == all["task_id"]).unwrap();
    assert_eq!((&own["organization"], &own["name"]), (&json!("Harbor Bank"), &json!("")));
    assert!(has(own, "spoke for us") && !has(own, "asked_to_stop"), "{own}");
    let id = own["task_id"].as_str().unwrap();
    let web = Web::of(&axle);
    let sales = web.sign_in("sales");
    let page = web.get("/main/today", &sales);
    assert!(page.body.contains("Log what the champion did</bdi> at <bdi>Harbor Bank"), "{}", page.body);
    assert!(page.body.contains("value=\"spoke for us\"") && !page.body.contains("value=\"asked_to_stop\""));
    let form = |outcome: &str| format!("csrf={}&task={id}&outcome={outcome}", page.csrf());
    assert_eq!(web.post("/main/today", &sales, &form("asked_to_stop")).status, 403);
    drop(web);
    let refused = fails(&axle, &[&["tasks", "done", id, "--outcome", "asked_to_stop"][..], &as_sales].concat());
    assert!(refused.contains("give the task to a builder"), "{refused}");
    axle.json(&[&["tasks", "done", id, "--outcome", "spoke for us"][..], &as_sales].concat());
    let acts = axle.json(&["sql", "select activity_type from activities where activity_type like 'champion:%'"]);
    assert_eq!(acts.as_array().unwrap().len(), 1);
}
