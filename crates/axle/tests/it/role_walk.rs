//! Every route as every role, against a community in which one member allowed nothing, one was handed to sales, and one took that
//! back. Each has a word in everything that is theirs: name, address, handle, texts, links, what colleagues wrote. Routes come from
//! the router's own table and from the API's document, so that a new one is walked or fails here.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::web::{Reply, Web, add_user};

/// Who allowed nothing, who was handed over, who took it back.
const NOBODY: &str = "zarquonia";
const HANDED: &str = "vogonesse";
const REVOKED: &str = "magratheos";
const WORDS: [&str; 3] = [NOBODY, HANDED, REVOKED];

/// The router's table. Routes outside of `/{workspace}` that tell nothing about anybody are named below.
const ROUTER: &str = include_str!("../../../axle-server/src/routes/mod.rs");
const PUBLIC: [&str; 4] = ["/sign-out", "/assets/{hash}/{name}", "/livez", "/readyz"];

const ROLES: [&str; 9] =
    ["admin", "builder", "success", "support", "product", "marketing", "sales", "executive", "internal_viewer"];

/// What is known of one member: everything holds their word.
fn lines_of(word: &str, other: &str, place: usize, now: Timestamp) -> Vec<Value> {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let identity = json!({"platform": "forum", "uid": word, "username": format!("{word}_handle"), "name": format!("{word} person"),
                          "email": format!("{word}@corp.example")});
    let id = |kind: &str| format!("{word}-{kind}");
    let act = |kind: &str, activity: &str, channel: &str, thread: &str, text: &str, hours: i64| {
        json!({"type": "activity", "id": id(kind), "activity": activity, "at": ago(hours), "channel": channel, "thread": thread,
               "title": format!("{word} {text}"), "text": format!("{word}: {text} {word}"), "actor": identity,
               "url": format!("https://forum.example/{word}/{kind}")})
    };
    vec![
        act("question", "forum:topic:opened", "help", &format!("t-{word}"), "How do I export my data? It fails.", 200),
        act("open", "forum:topic:opened", "help", &format!("o-{word}"), "How can I change the colour of a chart?", 60),
        act(
            "answer",
            "forum:post:replied",
            "help",
            &format!("t-{other}"),
            "You can export it under settings, that works.",
            150,
        ),
        act("hand", "chat:message:sent", "C1", "", "Can we get a quote for the enterprise plan with SSO?", 100),
        act("praise", "chat:message:sent", "C1", "", "I love this, it is really great, thank you!", 99),
        act("bug", "chat:message:sent", "C1", "", "The import crashes with an error every time, it is broken.", 98),
        act(
            "concern",
            "chat:message:sent",
            "C1",
            "",
            "I am worried that the price will rise, this is frustrating.",
            97,
        ),
        act("story", "story:testimonial:given", "C1", "", "How we use it", 96),
        act("champion", "champion:internal_advocacy:done", "crm", "", "Ran a demo", 95),
        json!({"type": "person", "identity": identity, "name": format!("{word} person"), "bio": word, "tags": [word], "title": word}),
        json!({"type": "affiliation", "identity": identity, "organization": "corp", "from": ago(4000), "title": word}),
        json!({"type": "product_user", "user": identity, "signup_at": ago(3000), "plan": "free", "organization": "corp"}),
        json!({"type": "product_event", "id": id("e"), "user": identity, "at": ago(50), "name": "opened", "feature": "export"}),
        json!({"type": "ticket", "id": id("t"), "opened_at": ago(70), "requester": identity, "subject": word, "text": word, "topics": ["export"]}),
        json!({"type": "call", "id": id("c"), "called_at": ago(40), "caller": identity, "direction": "outbound", "kind": "sales", "agent": "Al",
               "status": "answered", "turns": [{"speaker": "caller", "text": word}]}),
        json!({"type": "feedback", "id": id("f"), "at": ago(65), "author": identity, "kind": "bug", "topic": "export", "text": word}),
        json!({"type": "survey_response", "id": id("s"), "kind": "nps", "at": ago(66), "respondent": identity, "score": 9, "comment": word}),
        json!({"type": "mention", "id": id("m"), "at": ago(67), "channel": "news", "author": identity, "text": word, "url": format!("https://n.example/{word}")}),
        json!({"type": "content", "id": id("p"), "published_at": ago(68), "title": word, "author": identity, "impressions": 9}),
        json!({"type": "reaction", "id": id("r"), "kind": "comment", "at": ago(67), "actor": identity, "text": word, "content": id("p")}),
        json!({"type": "invite", "id": id("i"), "inviter": identity, "recipient": format!("{word}@else.example"), "sent_at": ago(69)}),
        json!({"type": "attendance", "event": "e1", "identity": identity, "state": "attended", "at": ago(90)}),
        json!({"type": "note", "id": id("n"), "identity": identity, "text": word, "author": "Buzz", "visibility": "team", "at": ago(64)}),
        json!({"type": "role", "identity": identity, "role": "champion", "from": ago(2000), "organization": "corp", "reason": word}),
        json!({"type": "signal", "id": id("g"), "at": ago(63), "member": identity, "kind": "explicit", "quote": word}),
        json!({"type": "task", "id": id("k"), "kind": "qualify", "assignee": "Buzz", "state": "done", "outcome": "qualified", "reason": word,
               "identity": identity, "flywheel": "community_qualified_leads", "step": "signals_need", "done_at": ago(62)}),
        json!({"type": "deal", "id": format!("deal-{place}"), "organization": "corp", "name": "Corp", "created_at": ago(61), "stage": "open",
               "contacts": [{"identity": identity, "role": "champion"}]}),
    ]
}

fn lines(now: Timestamp) -> Vec<Value> {
    let ago = |hours: i64| (now - SignedDuration::from_hours(hours)).to_string();
    let who = |word: &str| json!({"platform": "forum", "uid": word});
    let consent = |word: &str, revoked: Value| {
        json!({"type": "consent", "id": format!("{word}-y"), "identity": who(word), "kind": "hand_off", "at": ago(61),
               "revoked_at": revoked, "text_version": "1", "channel": "chat", "covers": "private"})
    };
    let hand_off = |word: &str| {
        json!({"type": "hand_off", "id": format!("{word}-h"), "identity": who(word), "organization": "corp", "qualified_at": ago(62),
               "flywheel": "community_qualified_leads", "sent_at": ago(60), "from": "Buzz", "to": "sales", "complete": true,
               "opened_at": ago(59), "first_sentence": word, "note": word, "reason": word})
    };
    let mut lines = vec![
        json!({"type": "channel", "id": "C1", "name": "general", "kind": "chat"}),
        json!({"type": "channel", "id": "help", "name": "help", "kind": "forum", "is_qa": true}),
        json!({"type": "channel", "id": "crm", "name": "crm", "kind": "crm"}),
        json!({"type": "organization", "id": "corp", "name": "Corp", "domains": ["corp.example"], "lifecycle": "prospect"}),
        json!({"type": "event", "id": "e1", "name": "Meetup", "starts_at": ago(90)}),
        consent(HANDED, Value::Null),
        consent(REVOKED, json!(ago(30))),
        hand_off(HANDED),
        hand_off(REVOKED),
    ];
    for (place, word) in WORDS.into_iter().enumerate() {
        lines.extend(lines_of(word, WORDS[(place + 1) % 3], place, now));
    }
    // A field without a value is left out.
    for line in &mut lines {
        line.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    lines
}

/// The paths of pages, each with its methods.
fn pages() -> Vec<(String, bool, bool)> {
    let routes = ROUTER.split(".route(").skip(1).map(|part| {
        let path = part.split('"').nth(1).expect("a route begins with its path").to_owned();
        let methods = part.split(".route(").next().unwrap().split('\n').next().unwrap();
        (path, methods.contains("get("), methods.contains("post("))
    });
    routes.filter(|(path, ..)| !PUBLIC.contains(&path.as_str())).collect()
}

/// What stands for the parameters of a path: every way to fill it.
struct Values {
    members: Vec<String>,
    hand_offs: Vec<String>,
    kpis: Vec<String>,
    organization: String,
    /// Activities that ask.
    questions: Vec<String>,
    /// An import, and runs of flywheels.
    runs: Vec<String>,
}

impl Values {
    fn of(&self, parameter: &str) -> Vec<String> {
        let one = |text: &str| vec![text.to_owned()];
        match parameter {
            "workspace" => one("main"),
            "member" | "member_id" => self.members.clone(),
            "hand_off" | "hand_off_id" => self.hand_offs.clone(),
            "organization" | "organization_id" => one(&self.organization),
            "kpi" => self.kpis.clone(),
            "department" => {
                ["marketing", "sales", "success", "support", "product", "executives"].map(str::to_owned).to_vec()
            }
            "question" => self.questions.clone(),
            "run" | "run_id" => self.runs.clone(),
            "consent_id" => one("magratheo-none"),
            "change_id" | "number" => one("1"),
            "flywheel" => one("community_qualified_leads"),
            "step" => one("signals_need"),
            "task" | "task_id" => one("none"),
            "source" => one("main"),
            other => panic!("a route has the parameter {{{other}}}: say here what stands for it, so that it is walked"),
        }
    }

    fn fill(&self, path: &str) -> Vec<String> {
        let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
        let (parameter, after) = rest.split_once('}').unwrap();
        let all = self.of(parameter).into_iter().flat_map(|value| self.fill(&format!("{before}{value}{after}")));
        all.collect()
    }
}

struct Walk {
    web: Web,
    ids: Vec<String>,
    found: BTreeSet<String>,
    requests: usize,
}

impl Walk {
    /// Notes what a role reads that it must not.
    fn judge(&mut self, role: &str, path: &str, reply: &Reply) {
        self.requests += 1;
        if reply.status >= 500 {
            self.found.insert(format!("{role} at {path}: {}", reply.status));
        }
        if role != "sales" && role != "executive" {
            return;
        }
        let text = format!("{} {:?}", reply.body, reply.headers).to_lowercase();
        let is_dossier = path.contains("/hand-offs");
        for (place, word) in WORDS.into_iter().enumerate() {
            if word == HANDED && is_dossier && role == "sales" {
                continue;
            }
            // The address that was asked for may be told back.
            let asked = path.to_lowercase();
            if text.contains(word) && !asked.contains(word) {
                let at = text.find(word).unwrap();
                let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
                self.found.insert(format!("{role} reads {word} at {path}: …{around}"));
            }
            if text.contains(&self.ids[place]) && !path.contains(&self.ids[place]) {
                self.found.insert(format!("{role} reads the id of {word} at {path}"));
            }
        }
    }
}

#[test]
fn nobody_reads_of_members_what_their_role_may_not() {
    let axle = Axle::new();
    import(&axle, &lines(Timestamp::now()));
    ROLES.iter().for_each(|role| add_user(&axle, role));
    let ids = WORDS.map(|word| {
        let found = axle.json(&["sql", &format!("select member_id from members where name like '{word}%'")]);
        found[0]["member_id"].as_str().unwrap_or_else(|| panic!("{word} is nobody: {found}")).to_owned()
    });
    let hand_offs = axle.json(&["hand-offs", "list"]);
    let runs = axle.json(&["flywheel", "runs", "community_qualified_leads"]);
    let runs = runs.as_array().unwrap().iter().map(|run| run["run_id"].as_str().unwrap().to_owned());
    let questions = axle.json(&["sql", "select activity_id from questions where asker_kind = 'member'"]);
    let values = Values {
        members: ids.to_vec(),
        hand_offs: hand_offs
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["hand_off_id"].as_str().unwrap().to_owned())
            .collect(),
        kpis: ["top_answerers", "trust_incidents", "questions_open", "qualified_leads"].map(str::to_owned).to_vec(),
        organization: "corp.example".into(),
        questions: questions
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["activity_id"].as_str().unwrap().to_owned())
            .collect(),
        runs: std::iter::once("1".to_owned()).chain(runs).collect(),
    };
    let tokens: Vec<String> = ROLES
        .iter()
        .map(|role| {
            axle.json(&["user", "token", &format!("{role}@axle.example")])["token"].as_str().unwrap().to_owned()
        })
        .collect();
    let kpis = axle.json(&["kpi", "list"]);
    let mut walk = Walk { web: Web::of(&axle), ids: ids.to_vec(), found: BTreeSet::new(), requests: 0 };
    let pages = pages();
    let document: Value = serde_json::from_str(&walk.web.api("GET", "/api/v1/openapi.json", "", "").body).unwrap();
    let api = document["paths"].as_object().unwrap();
    assert!(pages.len() > 40 && api.len() > 20, "routes are missing: {} and {}", pages.len(), api.len());
    for (role, token) in ROLES.iter().zip(&tokens) {
        let cookie = walk.web.sign_in(role);
        let sees_none = ["sales", "executive"].contains(role);
        let csrf = walk.web.get("/main/kpis", &cookie).csrf();
        let mut asked = vec![""];
        if sees_none {
            asked.extend([
                "?format=csv",
                "?format=json",
                "?q=zarqu",
                "?q=vogon",
                "?q=magra",
                "?grain=total",
                "?kind=bug",
                "?sort=oldest",
            ]);
        }
        for (path, gets, posts) in &pages {
            for path in values.fill(path) {
                for query in asked.iter().filter(|_| *gets) {
                    let reply = walk.web.get(&format!("{path}{query}"), &cookie);
                    walk.judge(role, &format!("{path}{query}"), &reply);
                }
                if *posts && sees_none && !path.starts_with("/sign") {
                    let reply = walk.web.post(&path, &cookie, &format!("csrf={csrf}&action=preview"));
                    walk.judge(role, &path, &reply);
                }
            }
        }
        for (path, methods) in api {
            for path in values.fill(path) {
                for method in methods.as_object().unwrap().keys().filter(|method| *method == "get" || sees_none) {
                    let query = if path.ends_with("/why") { "?since=2026-01-01T00:00:00Z" } else { "" };
                    let reply = walk.web.api(&method.to_uppercase(), &format!("{path}{query}"), token, "{}");
                    walk.judge(role, &path, &reply);
                }
            }
        }
    }
    // Every figure by every dimension, as sales asks for it.
    let token = &tokens[ROLES.iter().position(|role| *role == "sales").unwrap()];
    for kpi in kpis.as_array().unwrap() {
        let id = kpi["id"].as_str().or(kpi["kpi"].as_str()).unwrap();
        let dimensions = kpi["dimensions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for by in dimensions {
            let path = format!("/api/v1/main/kpis/{id}?grain=total&by={by}");
            let reply = walk.web.api("GET", &path, token, "");
            walk.judge("sales", &path, &reply);
        }
    }
    // A walk that became shorter has lost addresses.
    let walked = (pages.len(), api.len(), walk.requests);
    assert!(walked.0 >= 47 && walked.1 >= 29 && walked.2 >= 2_000, "{walked:?}");
    let found: Vec<&String> = walk.found.iter().collect();
    assert!(
        found.is_empty(),
        "{} leaks:\n{}",
        found.len(),
        found.iter().map(|line| line.as_str()).collect::<Vec<_>>().join("\n")
    );
    // What sales may see, it sees.
    let cookie = walk.web.sign_in("sales");
    let seen: Vec<bool> = values
        .hand_offs
        .iter()
        .map(|id| walk.web.get(&format!("/main/hand-offs/{id}"), &cookie).body.contains(HANDED))
        .collect();
    assert!(seen.contains(&true), "sales cannot read the dossier that was sent");
}
