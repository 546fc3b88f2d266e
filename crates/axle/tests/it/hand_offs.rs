//! From a signal to sales: what the pages, the API and the commands say is a fact of the flywheel at once.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Axle;
use crate::web::{Web, add_user};

const SUNITA: &str = "sunita";

/// A member of Corp who raised her hand, and a builder's word that it is a lead.
pub(crate) fn lines(now: Timestamp) -> Vec<Value> {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "slack", "uid": SUNITA});
    vec![
        json!({"type": "channel", "id": "C1", "name": "general", "kind": "chat"}),
        json!({"type": "channel", "id": "mail", "name": "inbox", "kind": "mail"}),
        json!({"type": "activity", "id": "a1", "activity": "chat:message:sent", "at": ago(90), "channel": "C1",
               "text": "We love how fast it is, thank you all!", "url": "https://chat.example/a1",
               "actor": {"platform": "slack", "uid": SUNITA, "name": "Sunita Rao", "email": "sunita@corp.example"}}),
        json!({"type": "activity", "id": "a2", "activity": "mail:message:sent", "at": ago(80), "channel": "mail",
               "text": "Between us: our budget is secretpudding, can you quote an enterprise plan?", "actor": identity}),
        json!({"type": "organization", "id": "corp", "name": "Corp", "domains": ["corp.example"], "plan": "free"}),
        json!({"type": "affiliation", "identity": identity, "organization": "corp", "from": ago(2000), "title": "Lead engineer"}),
        json!({"type": "note", "id": "n1", "identity": identity, "text": "Hates cold calls, mail is fine.", "author": "Buzz",
               "visibility": "team", "at": ago(70)}),
        json!({"type": "signal", "id": "s1", "at": ago(60), "member": identity, "kind": "explicit",
               "quote": "we outgrow the free plan", "recorded_by": "Buzz"}),
        json!({"type": "task", "id": "t1", "kind": "qualify", "assignee": "Buzz", "state": "done", "outcome": "qualified",
               "identity": identity, "flywheel": "community_qualified_leads", "step": "signals_need", "done_at": ago(30)}),
    ]
}

pub(crate) fn import(axle: &Axle, lines: &[Value]) {
    let path = axle.data().join("lines.jsonl");
    std::fs::write(&path, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
    let receipt = axle.json(&["import", path.to_str().unwrap()]);
    assert_eq!(receipt["rejected"], 0, "{receipt}");
}

/// State and step of Sunita's run.
fn stands(axle: &Axle) -> (String, String) {
    let runs = axle.json(&["flywheel", "runs", "community_qualified_leads"]);
    let run = &runs.as_array().unwrap()[0];
    (run["state"].as_str().unwrap().to_owned(), run["step"].as_str().unwrap().to_owned())
}

fn at(state: &str, step: &str) -> (String, String) {
    (state.to_owned(), step.to_owned())
}

#[test]
fn a_lead_is_handed_over_with_consent_and_sales_decides() {
    let axle = Axle::new();
    import(&axle, &lines(Timestamp::now()));
    assert_eq!(stands(&axle), at("active", "introduction"));
    let prepared = axle.json(&["hand-offs", "list"]);
    let [one] = &prepared.as_array().unwrap()[..] else { panic!("{prepared}") };
    assert_eq!(
        (&one["state"], &one["name"], &one["closed"]),
        (&json!("prepared"), &json!("Sunita Rao"), &json!("no_consent"))
    );
    let id = one["hand_off_id"].as_str().unwrap().to_owned();
    assert_eq!(axle.json(&["hand-offs", "list"]).as_array().unwrap().len(), 1, "prepared once");
    for role in ["builder", "sales"] {
        add_user(&axle, role);
    }
    let web = Web::of(&axle);
    let (builder, sales) = (web.sign_in("builder"), web.sign_in("sales"));
    let page = format!("/main/hand-offs/{id}");
    let csrf = web.get(&page, &builder).csrf();
    let form = format!("csrf={csrf}&action=send&to=The+sales&note=Knows+what+she+wants&told=yes");
    // Nobody is sent without consent.
    let refused = web.post(&page, &builder, &form);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("the member has not allowed a hand-off to sales")
            && refused.body.contains("Knows what she wants")
    );
    assert_eq!(web.get(&page, &sales).status, 404, "what is not sent is not there");
    // She says yes.
    let member = one["member_id"].as_str().unwrap();
    let consent = format!("csrf={csrf}&kind=hand_off&channel=Slack");
    assert_eq!(web.post(&format!("/main/members/{member}/consents"), &builder, &consent).status, 303);
    assert_eq!(web.post(&page, &builder, &form).status, 303);
    // Sales finds it, opens it, and reads what she allowed to be told.
    assert_eq!(web.get("/", &sales).headers["location"], "/main/hand-offs");
    assert!(web.get("/main/hand-offs", &sales).body.contains("Sunita Rao"));
    let dossier = web.get(&page, &sales);
    for told in [
        "we outgrow the free plan",
        "Hates cold calls",
        "Lead engineer",
        "Knows what she wants",
        "how fast it is",
        "Corp",
    ] {
        assert!(dossier.body.contains(told), "{told} is missing");
    }
    assert!(!dossier.body.contains("secretpudding"), "mail is not covered by the consent");
    assert!(dossier.body.contains("The sales (sales) opened it for the first time"));
    let csrf_of_sales = dossier.csrf();
    assert_eq!(web.post(&page, &sales, &format!("csrf={csrf_of_sales}&action=send")).status, 403);
    assert_eq!(web.post(&page, &sales, &format!("csrf={csrf_of_sales}&action=accept")).status, 303);
    drop(web);
    let shown = axle.json(&["hand-offs", "show", &id]);
    assert_eq!(shown["missing"], json!([]), "{shown}");
    assert_eq!(shown["hand_off"]["is_complete"], true);
    let lines = shown["sections"].as_array().unwrap().iter().flat_map(|section| section["lines"].as_array().unwrap());
    for line in lines {
        assert!(!line["evidence"].as_array().unwrap().is_empty(), "nothing is said without evidence: {line}");
    }
    let audit: Vec<&str> =
        shown["audit"].as_array().unwrap().iter().map(|entry| entry["what"].as_str().unwrap()).collect();
    assert!(["sent", "opened", "accepted", "viewed"].iter().all(|what| audit.contains(what)), "{audit:?}");
    assert_eq!(stands(&axle), at("active", "sales_helps"));
    // Sales gives her back: the builder must decide anew, and sales sees her no more.
    axle.run(&["hand-offs", "return", &id, "--reason", "no_budget"]);
    assert_eq!(stands(&axle), at("returned", "signals_need"));
    let tasks = axle.json(&["tasks", "list"]);
    let qualify = tasks.as_array().unwrap().iter().find(|task| task["title"] == "Qualify this signal").unwrap();
    let why = qualify["why"].as_str().unwrap();
    assert!(why.starts_with("given back by The sales on ") && why.contains(": no budget; showed interest"), "{why}");
    let web = Web::of(&axle);
    let sales = web.sign_in("sales");
    for path in ["/main/hand-offs", &page] {
        let reply = web.get(path, &sales);
        assert!(reply.status == 200 && !reply.body.contains("Sunita") && reply.body.contains("no budget"), "{path}");
    }
}

/// Amy has no account here, and Alfred may not know whom she was sent.
#[test]
fn what_was_sent_to_somebody_is_nobody_elses() {
    let axle = Axle::new();
    for role in ["builder", "sales"] {
        add_user(&axle, role);
    }
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "slack", "uid": SUNITA});
    let sent = |to: &str| {
        json!({"type": "hand_off", "id": "h1", "identity": identity, "organization": "corp", "consent": "c1",
               "qualified_at": ago(30), "sent_at": ago(10), "told_at": ago(5), "from": "Buzz", "to": to, "complete": true})
    };
    let mut all = lines(now);
    all.push(json!({"type": "consent", "id": "c1", "identity": identity, "kind": "hand_off", "at": ago(20)}));
    all.push(sent("Amy Ashton"));
    import(&axle, &all);
    let open = || {
        let tasks = axle.json(&["tasks", "list"]);
        let found =
            tasks.as_array().unwrap().iter().find(|task| task["title"].as_str().unwrap().starts_with("Open the"));
        found.unwrap_or_else(|| panic!("nobody is to open it: {tasks}")).clone()
    };
    assert_eq!(open()["assignee"], "Amy Ashton");
    let own = || axle.json(&["tasks", "list", "--as-user", "sales@axle.example"]);
    assert_eq!(own(), json!([]));
    let run = open()["run_id"].as_str().unwrap().to_owned();
    let web = Web::of(&axle);
    let page = |who: &str| web.get("/main/today?who=all", &web.sign_in(who)).body;
    assert!(!page("sales").contains("Open the dossier") && page("builder").contains("Amy Ashton"));
    let run = web.get(&format!("/main/flywheels/community_qualified_leads/runs/{run}"), &web.sign_in("builder")).body;
    assert!(run.contains(">Hand-off to sales</a>"), "{run}");
    drop(web);
    import(&axle, &[sent("The sales")]);
    assert_eq!((&open()["assignee"], &own()[0]["name"]), (&json!("sales@axle.example"), &json!("Sunita Rao")));
}

/// She was with sales before, and raised her hand again: nothing is prepared for this time until somebody looks.
#[test]
fn a_task_leads_to_the_dossier_of_its_own_run() {
    let axle = Axle::new();
    add_user(&axle, "builder");
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "slack", "uid": SUNITA});
    let mut all = lines(now);
    all.extend([
        json!({"type": "consent", "id": "c1", "identity": identity, "kind": "hand_off", "at": ago(20)}),
        json!({"type": "hand_off", "id": "h0", "identity": identity, "organization": "corp", "consent": "c1", "qualified_at": ago(1920),
               "sent_at": ago(1910), "accepted_at": ago(1900), "from": "Buzz", "to": "sales", "complete": true}),
        json!({"type": "task", "id": "t2", "kind": "ask_consent", "assignee": "Buzz", "state": "done", "outcome": "introduced",
               "identity": identity, "flywheel": "community_qualified_leads", "step": "introduction", "done_at": ago(10)}),
    ]);
    import(&axle, &all);
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let dossier = || {
        let page = web.get("/main/today?who=all", &builder).body;
        let (before, _) = page.split_once("\">Dossier</a>").unwrap_or_else(|| panic!("no dossier: {page}"));
        before.rsplit_once("href=\"").unwrap().1.to_owned()
    };
    assert_eq!(dossier(), "/main/hand-offs", "not to the one of then");
    web.get("/main/hand-offs", &builder);
    assert!(dossier().starts_with("/main/hand-offs/"), "the list has prepared it");
}

/// Also of one on which something is missing, and that was sent before the member knew of it.
#[test]
fn sales_is_told_of_what_was_handed_to_it() {
    let axle = Axle::new();
    add_user(&axle, "sales");
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "slack", "uid": SUNITA});
    let mut all = lines(now);
    all.push(json!({"type": "consent", "id": "c1", "identity": identity, "kind": "hand_off", "at": ago(20)}));
    all.push(json!({"type": "hand_off", "id": "h1", "identity": identity, "organization": "corp", "consent": "c1",
                    "qualified_at": ago(30), "sent_at": ago(10), "told_at": ago(5), "from": "Buzz", "to": "The sales",
                    "complete": false}));
    import(&axle, &all);
    assert_eq!(stands(&axle), at("active", "dossier"));
    let tasks = axle.json(&["tasks", "list"]);
    let open = "Open the dossier, and accept or return it";
    let task = tasks.as_array().unwrap().iter().find(|task| task["title"] == open).unwrap_or_else(|| panic!("{tasks}"));
    assert_eq!(task["assignee"], "sales@axle.example");
    // What happens to the dossier answers what is asked about it.
    let of_dossiers = tasks
        .as_array()
        .unwrap()
        .iter()
        .filter(|task| task["task"].as_str().unwrap().starts_with("community_qualified_leads/dossier/"));
    for task in of_dossiers {
        let answers: Vec<&Value> =
            task["outcomes"].as_array().unwrap().iter().map(|outcome| &outcome["outcome"]).collect();
        assert!(!answers.is_empty() && !answers.contains(&&json!("done")), "{task}");
    }
    assert_eq!(axle.json(&["digest"]), json!({"arrived": 1, "failed": 0}));
    let mut letters = std::fs::read_dir(axle.data().join("data/workspaces/main/mail")).unwrap();
    let letter = std::fs::read_to_string(letters.next().unwrap().unwrap().path()).unwrap();
    assert!(letter.contains("To: sales@axle.example") && letter.contains(open), "{letter}");
    // For whom, and no more: why stands in the dossier.
    let own = axle.json(&["tasks", "list", "--as-user", "sales@axle.example"]);
    let task = own.as_array().unwrap().iter().find(|task| task["title"] == open).unwrap_or_else(|| panic!("{own}"));
    assert_eq!((&task["name"], &task["why"], &task["member_id"]), (&json!("Sunita Rao"), &json!(""), &json!("")));
    // That they named her leaves a trace, on the command line and on the page.
    let web = Web::of(&axle);
    assert!(web.get("/main/today", &web.sign_in("sales")).body.contains("Sunita Rao"));
    drop(web);
    let listed = crate::read(&axle, async |db| axle_store::audit::about(&db, "tasks", "all", 9).await.unwrap());
    let id = axle.json(&["hand-offs", "list"])[0]["hand_off_id"].as_str().unwrap().to_owned();
    let told: Vec<_> = listed.iter().map(|row| (row.what.as_str(), row.detail.as_deref())).collect();
    assert_eq!(told, [("listed", Some(id.as_str())); 2]);
}

/// Of 510 mails since she said the one thing that sales may read, none takes its place.
#[test]
fn much_private_mail_hides_nothing_that_is_public() {
    let axle = Axle::new();
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "slack", "uid": SUNITA});
    let mut all = lines(now);
    all.extend((0..510).map(|number| {
        json!({"type": "activity", "id": format!("m{number}"), "activity": "mail:message:sent", "at": ago(50), "channel": "mail",
               "text": format!("We love how warblefish it is, thank you all! {number}"), "actor": identity})
    }));
    all.push(json!({"type": "consent", "id": "c1", "identity": identity, "kind": "hand_off", "at": ago(20), "covers": "public"}));
    import(&axle, &all);
    let id = axle.json(&["hand-offs", "list"])[0]["hand_off_id"].as_str().unwrap().to_owned();
    let told = axle.json(&["hand-offs", "show", &id]).to_string();
    assert!(told.contains("how fast it is"), "what they said: {told}");
    assert!(told.contains("1 × message sent"), "the history: {told}");
    assert!(!told.contains("warblefish"), "{told}");
}

/// A channel is private as its source says, or as people do. What was said there stands in no part, whoever else has a channel of
/// its name, and no signal quotes it.
#[test]
fn what_was_said_in_private_is_not_handed_over() {
    let axle = Axle::new();
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "slack", "uid": SUNITA});
    let mut all = lines(now);
    all.extend([
        json!({"type": "channel", "id": "G1", "name": "friends", "kind": "chat", "is_qa": true, "is_private": true}),
        json!({"type": "channel", "source": "other", "id": "F1", "name": "friends", "kind": "chat"}),
        json!({"type": "activity", "id": "a3", "activity": "forum:topic:opened", "at": ago(50), "channel": "G1", "thread": "t",
               "text": "How much is the quibblewit plan? We are worried about its price.", "actor": identity}),
        // Of other sources, as by hand.
        json!({"type": "signal", "source": "by-hand", "id": "s4", "at": ago(70), "member": identity, "kind": "explicit",
               "activity": "a1", "quote": "as fast as a gale"}),
        json!({"type": "signal", "source": "by-hand", "id": "s2", "at": ago(40), "member": identity, "kind": "explicit", "activity": "a3",
               "quote": "the quibblewit plan", "recorded_by": "Buzz"}),
        json!({"type": "feedback", "id": "f1", "at": ago(45), "author": identity, "kind": "concern", "activity": "a3",
               "text": "the quibblewit is dear"}),
        json!({"type": "call", "id": "k1", "called_at": ago(44), "caller": identity, "kind": "sales", "direction": "inbound",
               "status": "answered", "turns": [{"speaker": "prospect", "text": "I am worried about the warblefish, it is awful."}]}),
        // What the calendar calls private.
        json!({"type": "channel", "id": "private", "name": "Private events", "kind": "event", "is_private": true}),
        json!({"type": "event", "id": "e1", "name": "Snozzcumber dinner", "starts_at": ago(60), "channel": "private"}),
        json!({"type": "attendance", "event": "e1", "identity": identity, "state": "attended"}),
        json!({"type": "event", "id": "e2", "name": "Autumn fair", "starts_at": ago(61)}),
        json!({"type": "attendance", "event": "e2", "identity": identity, "state": "attended"}),
        json!({"type": "consent", "id": "c1", "identity": identity, "kind": "hand_off", "at": ago(20), "covers": "public"}),
    ]);
    import(&axle, &all);
    let mail = axle.json(&["sql", "select activity_id from activities where text like '%secretpudding%'"]);
    let marked = json!({"type": "signal", "id": "s3", "at": ago(35), "member": identity, "kind": "explicit",
                        "activity": mail[0]["activity_id"], "quote": "our budget is secretpudding", "recorded_by": "Buzz"});
    import(&axle, &[marked]);
    let id = axle.json(&["hand-offs", "list"])[0]["hand_off_id"].as_str().unwrap().to_owned();
    let shown = || axle.json(&["hand-offs", "show", &id]);
    let told = shown();
    for private in ["secretpudding", "quibblewit", "warblefish", "Snozzcumber"] {
        assert!(!told.to_string().contains(private), "{private} was said in private: {told}");
    }
    assert!(told.to_string().contains("Autumn fair"), "the event for all: {told}");
    assert!(told["suggested_sentence"].as_str().unwrap().contains("about what you need"), "{told}");
    let why = told["sections"].as_array().unwrap().iter().find(|section| section["id"] == "why_now").unwrap();
    let raised = why["lines"].as_array().unwrap().iter().filter(|line| line["text"] == "Said so (heard by Buzz)");
    assert_eq!(raised.count(), 2, "that she raised her hand is told: {why}");
    assert!(["how fast it is", "as fast as a gale"].iter().all(|public| told.to_string().contains(public)), "{told}");
    // People say otherwise, whatever a source goes on saying.
    let channel = |name: &str| {
        let all = axle.json(&["channels", "list"]);
        let found = all.as_array().unwrap().iter().find(|one| one["name"] == name && one["source"] != "other").cloned();
        found.unwrap_or_else(|| panic!("{name} is no channel: {all}"))
    };
    let number = |name: &str| channel(name)["channel_id"].to_string();
    axle.json(&["channels", "public", &number("inbox")]);
    let told = shown();
    assert!(told["suggested_sentence"].as_str().unwrap().contains("secretpudding"), "{told}");
    assert!(!told.to_string().contains("quibblewit"));
    let sent = axle.json(&["hand-offs", "send", &id, "--to", "sales", "--note", "knows what she wants"]);
    assert!(sent["hand_off"]["first_sentence"].as_str().unwrap().contains("secretpudding"), "{sent}");
    axle.json(&["channels", "private", &number("general")]);
    import(
        &axle,
        &[
            json!({"type": "channel", "id": "C1", "name": "general", "kind": "chat", "is_private": false}),
            json!({"type": "channel", "id": "G1", "name": "G1", "is_private": true}),
        ],
    );
    assert_eq!(channel("general")["is_private"], true, "a person said so");
    assert_eq!(channel("friends")["is_private"], true, "an id is no name");
    assert!(!shown().to_string().contains("how fast it is"));
    // The page and the API say the same; a channel that is not on the page stays as it is.
    ["builder", "sales"].iter().for_each(|role| add_user(&axle, role));
    let made = axle.json(&["user", "token", "builder@axle.example"]);
    let (general, inbox) = (number("general"), number("inbox"));
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let csrf = web.get("/main/settings/channels", &builder).csrf();
    let form = format!("csrf={csrf}&shown={general}");
    assert_eq!(web.post("/main/settings/channels", &builder, &form).status, 303);
    let path = format!("/api/v1/main/channels/{inbox}");
    let reply = web.api("PUT", &path, made["token"].as_str().unwrap(), r#"{"is_private": true}"#);
    assert_eq!(reply.status, 200, "{}", reply.body);
    drop(web);
    assert_eq!(["general", "inbox", "friends"].map(|name| channel(name)["is_private"] == true), [false, true, true]);
    let told = shown().to_string();
    assert!(!told.contains("secretpudding"), "what was sent before quotes it no longer: {told}");
}

/// A list names whom it is about; the rest is read by opening, and both leave a trace.
#[test]
fn a_list_tells_sales_whom_it_is_about_and_no_more() {
    let axle = Axle::new();
    import(&axle, &lines(Timestamp::now()));
    add_user(&axle, "sales");
    let prepared = axle.json(&["hand-offs", "list"]);
    let (id, member) = (prepared[0]["hand_off_id"].as_str().unwrap(), prepared[0]["member_id"].as_str().unwrap());
    let given = axle.json(&["consents", "give", member, "--kind", "hand_off", "--channel", "Slack"]);
    axle.json(&["hand-offs", "send", id, "--to", "sales", "--note", "likes marmalade", "--told"]);
    let before = Timestamp::now().to_string();
    let list = |more: &[&str]| {
        axle.json(&[&["hand-offs", "list", "--as-user", "sales@axle.example"][..], more].concat())[0].clone()
    };
    let one = list(&[]);
    assert_eq!((&one["name"], &one["state"], &one["hand_off_id"]), (&json!("Sunita Rao"), &json!("sent"), &json!(id)));
    for field in ["first_sentence", "note", "consent", "organization", "run", "opened_at"] {
        assert_eq!(one[field], Value::Null, "{field}: {one}");
    }
    assert_eq!((&one["member_id"], &one["id"], &one["flags"]), (&json!(""), &json!(""), &json!([])));
    let said =
        |axle: &Axle| crate::read(axle, async |db| axle_store::audit::about(&db, "hand_offs", "all", 9).await.unwrap());
    let listed = said(&axle);
    assert_eq!(listed.len(), 1, "one view of the list");
    assert_eq!((listed[0].who.as_str(), listed[0].what.as_str()), ("The sales", "listed"));
    assert_eq!(listed[0].detail.as_deref(), Some(id));
    // What is taken back closes the past, too.
    axle.json(&["consents", "revoke", member, given[0]["consent_id"].as_str().unwrap()]);
    assert_eq!(list(&["--as-of", &before])["name"], "");
    assert_eq!(said(&axle).len(), 1, "nobody was named");
}

#[test]
fn a_consent_that_is_taken_back_closes_the_dossier_at_once() {
    let axle = Axle::new();
    import(&axle, &lines(Timestamp::now()));
    add_user(&axle, "sales");
    add_user(&axle, "builder");
    let token = |role: &str| {
        let made = axle.json(&["user", "token", &format!("{role}@axle.example")]);
        made["token"].as_str().unwrap().to_owned()
    };
    let (builder, sales) = (token("builder"), token("sales"));
    let web = Web::of(&axle);
    let json = |reply: crate::web::Reply| -> Value {
        assert_eq!(reply.status, 200, "{}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    };
    let list = json(web.api("GET", "/api/v1/main/hand-offs", &builder, ""));
    let (id, member) = (list[0]["hand_off_id"].as_str().unwrap(), list[0]["member_id"].as_str().unwrap());
    let one = format!("/api/v1/main/hand-offs/{id}");
    let sent = json!({"to": "sales", "note": "soon", "is_told": true}).to_string();
    let refused = web.api("POST", &format!("{one}/send"), &builder, &sent);
    assert_eq!(refused.status, 409, "{}", refused.body);
    let consents = format!("/api/v1/main/members/{member}/consents");
    let allowed = json!({"kind": "hand_off", "channel": "a call", "covers_private": true}).to_string();
    assert_eq!(web.api("POST", &consents, &sales, &allowed).status, 403);
    let consent = json(web.api("POST", &consents, &builder, &allowed));
    json(web.api("POST", &format!("{one}/send"), &builder, &sent));
    let opened = json(web.api("GET", &one, &sales, ""));
    assert!(opened.to_string().contains("secretpudding"), "this consent covers mail");
    assert_eq!(opened["hand_off"]["state"], "opened");
    let revoke = format!("{consents}/{}/revoke", consent["consent_id"].as_str().unwrap());
    json(web.api("POST", &revoke, &builder, ""));
    for path in ["/api/v1/main/hand-offs", &one] {
        let after = json(web.api("GET", path, &sales, "")).to_string();
        assert!(after.contains("revoked") && !after.contains("Sunita") && !after.contains(member), "{after}");
    }
    assert_eq!(web.api("POST", &format!("{one}/accept"), &sales, "").status, 409);
    drop(web);
    // Her run is not with sales any more, whose tasks are gone, and the builder hears of it.
    assert_eq!(stands(&axle), at("lost", "dossier"));
    assert_eq!(titles(&axle), ["Consent taken back: see that sales writes to them no more"]);
}

/// What people are asked to do about leads.
fn titles(axle: &Axle) -> Vec<String> {
    let tasks = axle.json(&["tasks", "list"]);
    let of_leads = |task: &&Value| task["task"].as_str().unwrap().starts_with("community_qualified_leads/");
    tasks.as_array().unwrap().iter().filter(of_leads).map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

/// Sent to sales a day before now, less an hour, with what else is said of it.
pub(crate) fn sent(now: Timestamp, more: &Value) -> Vec<Value> {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "slack", "uid": SUNITA});
    let mut hand_off = json!({"type": "hand_off", "id": "h1", "identity": identity, "organization": "corp", "consent": "c1",
                              "qualified_at": ago(30), "sent_at": ago(29), "told_at": ago(29), "from": "Buzz", "to": "The sales",
                              "complete": true});
    more.as_object().unwrap().iter().for_each(|(name, value)| hand_off[name] = value.clone());
    let consent = json!({"type": "consent", "id": "c1", "identity": identity, "kind": "hand_off", "at": ago(29)});
    lines(now).into_iter().chain([consent, hand_off]).collect()
}

#[test]
fn an_offer_that_ended_goes_back_to_the_builder() {
    let axle = Axle::new();
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    import(&axle, &sent(now, &json!({})));
    let open = "Open the dossier, and accept or return it";
    assert_eq!((stands(&axle), titles(&axle)), (at("active", "dossier"), vec![open.to_owned()]));
    // Without a last day of its own it ends after as many days as are set: a day after 29 hours ago is 5 hours ago.
    axle.run(&["settings", "leads", r#"{"hand_off_days": {"offered": 1}}"#]);
    assert_eq!(
        (stands(&axle), titles(&axle)),
        (at("returned", "signals_need"), vec!["Qualify this signal".to_owned()])
    );
    let before = axle.json(&["flywheel", "runs", "community_qualified_leads", "--as-of", &ago(6)]);
    assert_eq!((&before[0]["state"], &before[0]["step"]), (&json!("active"), &json!("dossier")), "it had not ended");
    // A last day of its own holds; one that is over ended it, and one that was given back before that did not end.
    let stands_with = |more: Value| {
        let axle = Axle::new();
        import(&axle, &sent(now, &more));
        stands(&axle)
    };
    assert_eq!(stands_with(json!({"expires_at": ago(-24)})), at("active", "dossier"));
    assert_eq!(stands_with(json!({"expires_at": ago(2)})), at("returned", "signals_need"));
    assert_eq!(
        stands_with(json!({"expires_at": ago(2), "opened_at": ago(28), "accepted_at": ago(27)})),
        at("returned", "signals_need")
    );
    assert_eq!(stands_with(json!({"opened_at": ago(28), "accepted_at": ago(27)})), at("active", "sales_helps"));
    // The end of a former one is not that of the one that was sent since.
    let axle = Axle::new();
    let mut all = sent(now, &json!({"expires_at": ago(2)}));
    let mut again = all.last().unwrap().clone();
    for (name, value) in [("id", json!("h2")), ("sent_at", json!(ago(20))), ("expires_at", json!(ago(-24)))] {
        again[name] = value;
    }
    all.push(again);
    import(&axle, &all);
    assert_eq!(stands(&axle), at("active", "dossier"));
}

#[test]
fn what_the_community_writes_is_no_first_contact_of_sales() {
    let axle = Axle::new();
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let mut all = sent(now, &json!({"opened_at": ago(28), "accepted_at": ago(27)}));
    let identity = json!({"platform": "slack", "uid": SUNITA});
    let push = |id: &str, department: Option<&str>| json!({"type": "push", "id": id, "at": ago(20), "kind": "outreach", "department": department, "subjects": [identity]});
    let call = |id: &str, kind: &str| {
        json!({"type": "call", "id": id, "called_at": ago(20), "direction": "outbound", "status": "answered", "kind": kind,
               "caller": identity})
    };
    all.extend([push("p1", None), push("p2", Some("community")), call("k1", "support"), call("k2", "other")]);
    import(&axle, &all);
    assert_eq!(titles(&axle), ["First contact"]);
    all.push(call("k3", "sales"));
    import(&axle, &all);
    assert_eq!((stands(&axle), titles(&axle)), (at("active", "sales_helps"), Vec::new()));
}

#[test]
fn consents_are_given_listed_and_taken_back_on_the_command_line() {
    let axle = Axle::new();
    let now = Timestamp::now();
    import(&axle, &lines(now));
    let prepared = axle.json(&["hand-offs", "list"]);
    let (id, member) = (prepared[0]["hand_off_id"].as_str().unwrap(), prepared[0]["member_id"].as_str().unwrap());
    assert_eq!(axle.json(&["consents", "list"]), json!([]));
    let said = |output: std::process::Output| String::from_utf8(output.stderr).unwrap();
    let wrong = axle.try_run(&["consents", "give", member, "--kind", "handoff", "--channel", "Slack"]);
    assert!(!wrong.status.success());
    assert!(said(wrong).contains("use one of hand_off, contact, recognition, tracking"));
    let nobody = axle.try_run(&["consents", "give", "nobody", "--kind", "contact", "--channel", "Slack"]);
    assert!(!nobody.status.success() && said(nobody).contains("nobody"));
    let yesterday = (now - SignedDuration::from_hours(24)).to_string();
    axle.json(&["consents", "give", member, "--kind", "contact", "--channel", "Slack", "--at", &yesterday]);
    let given = axle.json(&["consents", "give", member, "--kind", "hand_off", "--channel", "a call", "--private"]);
    assert_eq!((&given[0]["kind"], &given[1]["kind"]), (&json!("hand_off"), &json!("contact")), "the newest first");
    assert_eq!((&given[0]["covers_private"], &given[0]["channel"]), (&json!(true), &json!("a call")));
    assert_eq!(axle.json(&["consents", "list"]), given);
    let sent = ["hand-offs", "send", id, "--to", "sales", "--note", "soon", "--told"];
    assert_eq!(axle.json(&sent)["hand_off"]["closed"], Value::Null);
    let consent = given[0]["consent_id"].as_str().unwrap();
    let revoked = axle.json(&["consents", "revoke", member, consent]);
    assert!(revoked[0]["revoked_at"].is_string() && revoked[1]["revoked_at"].is_null(), "{revoked}");
    assert!(axle.json(&["hand-offs", "list"])[0]["closed"]["revoked"].is_string());
    let before = axle.json(&["consents", "list", member, "--kind", "hand_off", "--as-of", &yesterday]);
    assert_eq!(before, json!([]), "it was not given by then");
}

/// Two days at a limit of the product are 8 points, which are no ten; with 5 points each they are, for the whole past.
#[test]
fn what_signals_count_and_how_long_hand_offs_hold_can_be_set() {
    let axle = Axle::new();
    let now = Timestamp::now();
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let user = json!({"platform": "product", "uid": "u1", "name": "Lena Limit"});
    let limit = |id: &str, hours| json!({"type": "product_event", "id": id, "user": user, "at": ago(hours), "name": "limit_reached"});
    let mut all = lines(now);
    all.extend([limit("l1", 120), limit("l2", 60)]);
    import(&axle, &all);
    let leads = || {
        let runs = axle.json(&["flywheel", "runs", "community_qualified_leads"]);
        let names = axle.json(&["sql", "select member_id from members where name = 'Lena Limit'"]);
        let own = runs.as_array().unwrap().iter().find(|run| run["member_id"] == names[0]["member_id"]).cloned();
        own.map(|run| run["step"].as_str().unwrap().to_owned())
    };
    assert_eq!(leads(), None);
    let set =
        axle.json(&["settings", "leads", r#"{"points": {"limit_reached": 5}, "hand_off_days": {"offered": 14}}"#]);
    assert_eq!(
        set["leads"]["points"],
        json!({"words": 4, "limit_reached": 5, "pricing_page": 2, "enterprise_docs": 2, "elsewhere": 10})
    );
    assert_eq!(leads().as_deref(), Some("signals_need"));
    let wrong = axle.try_run(&["settings", "leads", r#"{"hand_off_days": {"offered": 0}}"#]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("write 1 to 3650"));
    // Sunita's dossier is sent: it holds for 14 days.
    let prepared = axle.json(&["hand-offs", "list"]);
    let (id, member) = (prepared[0]["hand_off_id"].as_str().unwrap(), prepared[0]["member_id"].as_str().unwrap());
    axle.json(&["consents", "give", member, "--kind", "hand_off", "--channel", "a call"]);
    let sent = axle.json(&["hand-offs", "send", id, "--to", "sales", "--note", "soon", "--told"]);
    let at = |name: &str| sent["hand_off"][name].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(at("expires_at").duration_since(at("sent_at")), SignedDuration::from_hours(14 * 24));
}
