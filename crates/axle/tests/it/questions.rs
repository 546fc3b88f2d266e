//! Questions end to end: who answered is thanked with one click, and what nobody can answer goes to support and comes back.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Axle;
use crate::hand_offs::import;
use crate::web::{Web, add_user};

/// Conrad asked three times: Kathryn answered one, nobody the other two.
fn asked() -> Axle {
    let axle = Axle::new();
    let ago = |hours: i64| (Timestamp::now() - SignedDuration::from_hours(hours)).to_string();
    let who = |uid: &str| json!({"platform": "forum", "uid": uid, "name": format!("{uid} Person")});
    let said = |id: &str, uid: &str, thread: &str, text: &str, hours: i64| {
        let kind = if id.starts_with("re") { "forum:post:replied" } else { "forum:topic:opened" };
        json!({"type": "activity", "id": id, "activity": kind, "at": ago(hours), "channel": "help", "thread": thread,
               "actor": who(uid), "text": text, "url": format!("https://forum.example/{thread}/{id}")})
    };
    let lines = [
        json!({"type": "channel", "id": "help", "name": "help", "kind": "forum", "is_qa": true}),
        json!({"type": "product_user", "user": who("conrad"), "signup_at": ago(900), "plan": "team"}),
        said("q1", "conrad", "t1", "How do I export the audit log to a bucket?", 60),
        said("re1", "kathryn", "t1", "You can export it under settings, that works.", 50),
        said("q2", "conrad", "t2", "How can I export the audit log into a bucket?", 30),
        said("q3", "conrad", "t3", "Why does the vault reject my keys?", 20),
    ];
    import(&axle, &lines);
    axle
}

fn question(axle: &Axle, words: &str) -> String {
    let query =
        format!("select activity_id from activities where text like '%{words}%' and activity_type like '%opened'");
    axle.json(&["sql", &query])[0]["activity_id"].as_str().unwrap().to_owned()
}

fn run(axle: &Axle, question: &str) -> Value {
    let runs = axle.json(&["flywheel", "runs", "knowledge_sharing"]);
    let is_it =
        |run: &&Value| run["subject_kind"] == "question" && run["subject_id"].as_str().unwrap().contains(question);
    runs.as_array().unwrap().iter().find(is_it).unwrap_or_else(|| panic!("no run of {question}: {runs}")).clone()
}

fn titles(axle: &Axle) -> Vec<String> {
    let tasks = axle.json(&["tasks", "list"]);
    tasks.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_question_that_had_been_answered_before_is_known_as_one() {
    let axle = asked();
    let find = || {
        let found = axle.json(&["questions", "duplicates"]);
        [found["compared"].as_u64().unwrap(), found["answered_before"].as_u64().unwrap()]
    };
    assert_eq!(find(), [3, 0], "conrad's second is like his own first, and nobody repeats themselves");
    let mei = json!({"platform": "forum", "uid": "mei", "name": "Mei Tan"});
    let again = json!({"type": "activity", "id": "q4", "activity": "forum:topic:opened", "at": Timestamp::now() - SignedDuration::from_hours(5),
        "channel": "help", "thread": "t4", "actor": mei, "text": "How do I export the audit log to a bucket?"});
    import(&axle, &[again]);
    assert_eq!([find(), find()], [[1, 1], [0, 0]], "each is compared once");
    let share = axle.json(&["kpi", "show", "duplicate_questions", "--grain", "total"]);
    assert_eq!(share["points"][0]["value"], json!(25.0), "{share}");
}

#[test]
fn who_answered_is_thanked_with_one_click() {
    let axle = asked();
    let q1 = question(&axle, "log to a bucket");
    assert_eq!(run(&axle, &q1)["step"], "answered");
    assert!(titles(&axle).contains(&"Thank who answered".to_owned()));
    let thanks = axle.json(&["questions", "thanks"]);
    let [one] = &thanks.as_array().unwrap()[..] else { panic!("{thanks}") };
    assert_eq!(
        (&one["activity_id"], &one["answerer"], &one["name"]),
        (&json!(q1), &json!("kathryn Person"), &json!("conrad Person"))
    );
    ["builder", "sales"].iter().for_each(|role| add_user(&axle, role));
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let page = web.get("/main/questions", &builder);
    assert!(page.body.contains("To thank") && page.body.contains("kathryn Person"), "{}", page.body);
    let click = format!("csrf={}&action=thank", page.csrf());
    let address = format!("/main/questions/{q1}");
    let sales = web.sign_in("sales");
    let token_of_sales = web.get("/main/questions", &sales);
    assert!(!token_of_sales.body.contains("kathryn"));
    assert_eq!(web.post(&address, &builder, &click).status, 303);
    assert_eq!(web.post(&address, &builder, &click).status, 404, "it is thanked for once");
    assert!(!web.get("/main/questions", &builder).body.contains("To thank"));
    drop(web);
    assert_eq!(axle.json(&["questions", "thanks"]), json!([]));
    assert_eq!((&run(&axle, &q1)["state"], &run(&axle, &q1)["step"]), (&json!("completed"), &json!("recognized")));
    assert!(!titles(&axle).contains(&"Thank who answered".to_owned()));
}

/// Tim and Tom work for us: what one likes of the other's is no thanks for Kathryn.
#[test]
fn a_colleagues_like_of_a_colleagues_reply_thanks_no_member() {
    let axle = asked();
    let q1 = question(&axle, "log to a bucket");
    let ago = |hours: i64| (Timestamp::now() - SignedDuration::from_hours(hours)).to_string();
    let who = |uid: &str| json!({"platform": "forum", "uid": uid, "name": format!("{uid} Person")});
    let liked = |id: &str, reply: &str, hours: i64| {
        json!({"type": "activity", "id": id, "activity": "forum:post:liked", "at": ago(hours), "channel": "help", "thread": "t1",
               "parent": reply, "actor": who("tom")})
    };
    let reply = json!({"type": "activity", "id": "re2", "activity": "forum:post:replied", "at": ago(45), "channel": "help", "thread": "t1",
                       "actor": who("tim"), "text": "Welcome to the forum, both of you!"});
    let colleague = |uid: &str| json!({"type": "teammate", "identity": who(uid), "from": ago(2000)});
    import(&axle, &[colleague("tim"), colleague("tom"), reply, liked("like1", "re2", 40)]);
    assert_eq!(run(&axle, &q1)["step"], "answered");
    assert_eq!(axle.json(&["questions", "thanks"])[0]["answerer"], "kathryn Person");
    assert!(titles(&axle).contains(&"Thank who answered".to_owned()));
    import(&axle, &[liked("like2", "re1", 30)]);
    assert_eq!(run(&axle, &q1)["state"], "completed");
    assert_eq!(axle.json(&["questions", "thanks"]), json!([]));
    assert!(!titles(&axle).contains(&"Thank who answered".to_owned()));
}

#[test]
fn what_nobody_can_answer_goes_to_support_and_is_brought_back() {
    let axle = asked();
    let q2 = question(&axle, "into a bucket");
    let open = axle.json(&["questions", "list"]);
    assert_eq!(open.as_array().unwrap().len(), 2, "{open}");
    ["builder", "sales", "executive"].iter().for_each(|role| add_user(&axle, role));
    let web = Web::of(&axle);
    let builder = web.sign_in("builder");
    let address = format!("/main/questions/{q2}");
    assert!(web.get("/main/questions", &builder).body.contains(&address));
    let page = web.get(&address, &builder);
    for told in
        ["export the audit log into a bucket", "conrad Person", "team", "log to a bucket", "forum.example/t2/q2"]
    {
        assert!(page.body.contains(told), "{told} is missing: {}", page.body);
    }
    let form = format!("csrf={}&action=escalate&tried=Turned+it+off+and+on&environment=Version+4.2", page.csrf());
    assert_eq!(web.post(&address, &builder, &form).status, 303);
    let text = web.get(&format!("{address}?format=text"), &builder).body;
    for told in ["Turned it off and on", "Version 4.2", "Plan: team", "https://forum.example/t2/q2"] {
        assert!(text.contains(told), "{told} is missing: {text}");
    }
    assert!(web.get("/main/questions", &builder).body.contains("given to support"));
    for role in ["sales", "executive"] {
        assert_eq!(web.get(&address, &web.sign_in(role)).status, 403);
    }
    drop(web);
    let lost = run(&axle, &q2);
    assert_eq!((&lost["state"], &lost["reason"]), (&json!("lost"), &json!("escalated")));
    let tasks = axle.json(&["tasks", "list"]);
    let back = tasks.as_array().unwrap().iter().find(|task| task["title"] == "Bring the answer back to the thread");
    let back = back.unwrap_or_else(|| panic!("nothing asks to bring it back: {tasks}"));
    axle.json(&["tasks", "done", back["task_id"].as_str().unwrap()]);
    assert!(!titles(&axle).contains(&"Bring the answer back to the thread".to_owned()));
    assert_eq!(run(&axle, &q2)["reason"], "escalated");
    // An answered question needs no support, and a second word adds to the first.
    let q1 = question(&axle, "log to a bucket");
    let refused = axle.try_run(&["questions", "escalate", &q1]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("has an answer"));
    let again = axle.json(&["questions", "escalate", &q2, "--tried", "Asked twice", "--environment", "Linux"]);
    assert_eq!((&again["tried"], &again["environment"]), (&json!("Asked twice"), &json!("Linux")));
    let text = axle.run(&["questions", "packet", &q2, "--text"]);
    assert!(text.starts_with("Question for support: How can I export"), "{text}");
    let nothing = axle.try_run(&["questions", "packet", "nonsense"]);
    assert!(!nothing.status.success() && String::from_utf8_lossy(&nothing.stderr).contains("axle questions list"));
}

/// Kathryn answered three questions like the one that is open now, Lena one, and Conrad, who asks, one of Lena's.
#[test]
fn who_answered_such_questions_is_named_and_asked_twice_a_week_at_most() {
    let axle = Axle::new();
    let ago = |hours: i64| (Timestamp::now() - SignedDuration::from_hours(hours)).to_string();
    let who = |uid: &str| json!({"platform": "forum", "uid": uid, "name": format!("{uid} Person")});
    let said = |thread: &str, kind: &str, uid: &str, text: &str, hours: i64| {
        json!({"type": "activity", "id": format!("{thread}-{kind}"), "activity": format!("forum:{kind}"), "at": ago(hours), "channel": "help",
               "thread": thread, "actor": who(uid), "text": text})
    };
    let export = [
        "How do I export the audit log to a bucket?",
        "Audit log export: which bucket formats work?",
        "Export of the audit log into our own bucket fails",
    ];
    let answered = [
        ("t1", "ruth", "kathryn"),
        ("t2", "ruth", "kathryn"),
        ("t3", "ruth", "lena"),
        ("t4", "lena", "conrad"),
        ("t5", "lena", "kathryn"),
    ];
    let mut lines = vec![json!({"type": "channel", "id": "help", "name": "help", "kind": "forum", "is_qa": true})];
    for (place, (thread, asker, answerer)) in answered.into_iter().enumerate() {
        let hours = 900 - 10 * place as i64;
        lines.push(said(thread, "topic:opened", asker, export[place % 3], hours));
        lines.push(said(thread, "post:replied", answerer, "You can export it under settings.", hours - 5));
    }
    // Of other things, so that what is alike stands out.
    let others = [
        "The dark theme hides the buttons of the editor",
        "Can I pay by invoice for a whole year?",
        "Webhooks arrive twice after a restart",
        "Which regions can host our data?",
        "The mobile page jumps while it loads",
        "How long are old runs kept?",
        "Is there a limit of seats on the free plan?",
        "Notebooks time out after ten minutes",
    ];
    for (place, text) in others.into_iter().enumerate() {
        let thread = format!("u{place}");
        lines.push(said(&thread, "topic:opened", "ruth", text, 700));
        lines.push(said(&thread, "post:replied", "mona", "Yes, see the handbook.", 690));
    }
    for thread in ["o1", "o2", "o3"] {
        lines.push(said(thread, "topic:opened", "conrad", "How can I export the audit log into a bucket?", 30));
    }
    lines.push(said("o4", "topic:opened", "conrad", "Why does the vault reject my keys?", 20));
    import(&axle, &lines);
    let open = || -> Vec<Value> {
        let open = axle.json(&["questions", "list"]);
        open.as_array().unwrap().iter().filter(|one| one["text"].as_str().unwrap().contains("audit")).cloned().collect()
    };
    let named = |one: &Value| -> Vec<(String, u64)> {
        let helpers = one["could_answer"].as_array().unwrap().iter();
        helpers.map(|one| (one["name"].as_str().unwrap().to_owned(), one["answered"].as_u64().unwrap())).collect()
    };
    let questions = open();
    let (kathryn, lena) = (("kathryn Person".to_owned(), 3), ("lena Person".to_owned(), 1));
    assert_eq!(questions.len(), 3);
    for one in &questions {
        assert_eq!(named(one), [kathryn.clone(), lena.clone()], "and not Conrad, whose question it is");
    }
    let other = axle.json(&["questions", "list"]);
    let other = other.as_array().unwrap().iter().find(|one| one["text"].as_str().unwrap().contains("vault")).unwrap();
    assert_eq!(named(other), [], "nobody answered one like that");

    let [first, second, third] = [0, 1, 2].map(|place| questions[place]["activity_id"].as_str().unwrap());
    let id = questions[0]["could_answer"][0]["member_id"].as_str().unwrap();
    axle.json(&["questions", "ask", first, id, "--by", "buzz"]);
    let refused = |question: &str, member: &str, words: &str| {
        let run = axle.try_run(&["questions", "ask", question, member]);
        let text = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success() && text.contains(words), "{text}");
    };
    refused(first, id, "asked this already");
    refused(second, questions[0]["member_id"].as_str().unwrap(), "their own question");
    refused("nonsense", id, "axle questions list");
    axle.json(&["questions", "ask", second, id]);
    refused(third, id, "2 times in the last 7 days");
    let after = open();
    let of = |id: &str| after.iter().find(|one| one["activity_id"] == id).unwrap();
    assert_eq!(named(of(third)), [lena], "Kathryn was asked twice this week");
    assert_eq!(named(of(first))[0], kathryn, "where she was asked she stays named");
    assert!(of(first)["could_answer"][0]["asked_at"].is_string());

    ["builder", "support", "sales"].iter().for_each(|role| add_user(&axle, role));
    let web = Web::of(&axle);
    let page = web.get("/main/questions", &web.sign_in("builder"));
    assert!(page.body.contains("Could answer") && page.body.contains("Note that I asked"), "{}", page.body);
    assert!(!web.get("/main/questions", &web.sign_in("sales")).body.contains("lena"));
}
