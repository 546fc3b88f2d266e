//! Tasks end to end: a raised hand makes one, an answer moves the run, and letters and alerts tell people of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use axle_app::{raised, refresh};
use serde_json::{Value, json};

use crate::Axle;
use crate::community::Community;
use crate::hand_offs::import;

/// A member who does something, and raises a hand an hour ago.
pub(crate) fn with_a_raised_hand() -> Axle {
    let axle = Axle::new();
    let (at, before) = (ago(1), ago(50));
    let sunita = json!({"platform": "forum", "uid": "u1", "name": "Sunita Rao"});
    let lines = [
        json!({"type": "activity", "id": "a1", "activity": "forum:topic:opened", "at": before, "actor": sunita, "channel": "help"}),
        json!({"type": "signal", "id": "s1", "at": at, "member": sunita, "kind": "explicit", "quote": "We need SSO"}),
    ];
    let path = axle.data().join("signals.jsonl");
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    std::fs::write(&path, text.join("\n")).unwrap();
    axle.run(&["import", path.to_str().unwrap()]);
    axle
}

pub(crate) fn ago(hours: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours)).to_string()
}

pub(crate) fn qualify(axle: &Axle) -> Value {
    let tasks = axle.json(&["tasks", "list"]);
    let found = tasks.as_array().unwrap().iter().find(|task| task["title"] == "Qualify this signal");
    found.unwrap_or_else(|| panic!("no task to qualify: {tasks}")).clone()
}

#[test]
fn a_raised_hand_waits_for_a_decision_and_the_decision_moves_it() {
    let axle = with_a_raised_hand();
    let task = qualify(&axle);
    assert_eq!(task["name"], "Sunita Rao");
    assert!(
        task["why"].as_str().unwrap().contains("showed interest in buying")
            && task["why"].as_str().unwrap().contains("“We need SSO”"),
        "{task}"
    );
    assert_eq!(qualify(&axle)["task_id"], task["task_id"], "the id is stable");
    let id = task["task_id"].as_str().unwrap();
    for wrong in [
        vec!["--outcome", "dance"],
        vec!["--outcome", "dismissed"],
        vec!["--outcome", "dismissed", "--reason", "boring"],
    ] {
        let arguments = [vec!["tasks", "done", id], wrong].concat();
        assert_eq!(axle.try_run(&arguments).status.code(), Some(2), "{arguments:?}");
    }
    let given = axle.json(&["tasks", "assign", id, "--to", "buzz@example.org"]);
    assert_eq!(given["assignee"], "buzz@example.org");
    assert_eq!(qualify(&axle)["assignee"], "buzz@example.org");
    let moved =
        axle.json(&["tasks", "done", id, "--outcome", "qualified", "--by", "Buzz", "--note", "Asked for SSO twice"]);
    assert_eq!(moved["run"]["step"], "introduction");
    let detail = axle.json(&["flywheel", "run", task["run_id"].as_str().unwrap()]);
    let rows = detail["evidence"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["step"] == "introduction" && row["confirmed_by"] == "Buzz"), "{detail}");
    let titles: Vec<String> =
        axle.json(&["tasks", "list"]).as_array().unwrap().iter().map(|task| task["title"].to_string()).collect();
    assert_eq!(titles, ["\"Ask for consent and introduce\""]);
}

/// The task of that title.
fn titled(axle: &Axle, title: &str) -> Value {
    let tasks = axle.json(&["tasks", "list"]);
    let found = tasks.as_array().unwrap().iter().find(|task| task["title"] == title);
    found.unwrap_or_else(|| panic!("nobody is asked “{title}”: {tasks}")).clone()
}

#[test]
fn a_raised_hand_is_heard_while_the_run_rests_and_when_it_has_moved_on() {
    let axle = with_a_raised_hand();
    let task = qualify(&axle);
    let (id, member) = (task["task_id"].as_str().unwrap(), task["member_id"].as_str().unwrap());
    let raised = |quote: &str| {
        axle.json(&["members", "note", member, "Asked again.", "--raised-hand", "--quote", quote]);
    };
    assert_eq!(axle.json(&["tasks", "done", id, "--outcome", "snooze"])["run"]["state"], "snoozed");
    assert_eq!(axle.json(&["tasks", "list"]), json!([]));
    raised("Now we do need it");
    let again = qualify(&axle);
    assert!(again["task_id"] != id && again["run_id"] == task["run_id"], "{again}");
    assert!(again["why"].as_str().unwrap().contains("“Now we do need it”"), "{again}");
    let moved = axle.json(&["tasks", "done", again["task_id"].as_str().unwrap(), "--outcome", "qualified"]);
    assert_eq!(moved["run"]["step"], "introduction");
    raised("And audit logs");
    let new = titled(&axle, "Answer this new signal");
    assert_eq!(new["role"], "community_builder");
    crate::web::add_user(&axle, "builder");
    let web = crate::web::Web::of(&axle);
    let page = web.get("/main/today", &web.sign_in("builder")).body;
    let (hands, others) = page.split_once("id=\"hands\"").and_then(|(_, rest)| rest.split_once("</section>")).unwrap();
    assert!(hands.contains("Answer this new signal") && others.contains("Ask for consent and introduce"), "{page}");
    drop(web);
    axle.json(&["tasks", "done", new["task_id"].as_str().unwrap()]);
    titled(&axle, "Ask for consent and introduce");
    assert_eq!(axle.json(&["tasks", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn nobody_is_introduced_to_sales_without_a_consent() {
    let axle = with_a_raised_hand();
    axle.json(&["tasks", "done", qualify(&axle)["task_id"].as_str().unwrap(), "--outcome", "qualified"]);
    let task = titled(&axle, "Ask for consent and introduce");
    let id = task["task_id"].as_str().unwrap();
    assert_eq!(task["needs_consent"], "introduced");
    let introduced = ["tasks", "done", id, "--outcome", "introduced"];
    let refused = axle.try_run(&introduced);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("say where they agreed to be handed to sales"));
    // Whoever in sales has been given the task records no consent.
    for role in ["builder", "sales"] {
        crate::web::add_user(&axle, role);
    }
    axle.json(&["tasks", "assign", id, "--to", "sales@axle.example"]);
    let web = crate::web::Web::of(&axle);
    let form = |csrf: &str, channel: &str| format!("csrf={csrf}&task={id}&outcome=introduced&agreed_in={channel}");
    let sales = web.sign_in("sales");
    let csrf = web.get("/main/today", &sales).csrf();
    assert_eq!(web.post("/main/today", &sales, &form(&csrf, "Slack")).status, 403);
    let builder = web.sign_in("builder");
    let page = web.get("/main/today?who=all", &builder);
    assert!(page.body.contains("Where they agreed to be handed to sales"), "{}", page.body);
    assert!(!page.body.contains(">Introduced</button>"), "one click would leave the consent out");
    let csrf = page.csrf();
    assert_eq!(web.post("/main/today", &builder, &form(&csrf, "")).status, 400);
    assert_eq!(web.post("/main/today", &builder, &form(&csrf, "a+call")).status, 303);
    drop(web);
    let run = axle.json(&["flywheel", "run", task["run_id"].as_str().unwrap()]);
    assert_eq!(run["run"]["step"], "dossier");
    let consents = axle.json(&["sql", "select kind, channel, covers, text_version from consents"]);
    let consent = json!({"kind": "hand_off", "channel": "a call", "covers": "public", "text_version": "1"});
    assert_eq!(consents, json!([consent]));
}

/// What stands between the heading of that id and the end of its card.
fn card<'a>(page: &'a str, id: &str) -> &'a str {
    let heading = format!("id=\"{id}\"");
    page.split_once(&heading).and_then(|(_, rest)| rest.split_once("</section>")).map_or("", |(card, _)| card)
}

#[test]
fn today_counts_every_hand_and_leads_to_those_that_do_not_fit() {
    let axle = Axle::new();
    let hand = |number: i64, hours: i64| {
        let member = json!({"platform": "crm", "uid": format!("u{number}"), "name": format!("Zelda {number:02}")});
        json!({"type": "signal", "id": format!("s{number}"), "at": ago(hours), "member": member, "kind": "explicit",
               "quote": "We need SSO"})
    };
    let mut lines: Vec<Value> = (1..=12).map(|number| hand(number, number)).collect();
    lines.push(hand(13, 24 * 60));
    import(&axle, &lines);
    crate::web::add_user(&axle, "builder");
    let run = qualify(&axle)["run_id"].as_str().unwrap().to_owned();
    let web = crate::web::Web::of(&axle);
    let builder = web.sign_in("builder");
    let rows = |card: &str| card.matches("row-item task").count();
    let page = web.get("/main/today?who=all", &builder).body;
    let hands = card(&page, "hands");
    assert!(hands.contains("12\u{a0}decisions") && hands.contains("2 more") && rows(hands) == 10, "{page}");
    assert!(page.contains("1\u{a0}task</a> late for more than 30 days"), "{page}");
    let page = web.get("/main/today?who=all&due=hands", &builder).body;
    let hands = card(&page, "hands");
    assert!(rows(hands) == 12 && !hands.contains(" more</a>"), "{page}");
    let page = web.get("/main/today?who=all&due=stale", &builder).body;
    let stale = card(&page, "stale");
    assert!(rows(stale) == 1 && stale.contains("Zelda 13") && stale.contains("1\u{a0}task"), "{page}");
    assert!(web.get("/main/today?who=all&due=late", &builder).body.contains("None of these waits"));

    // Nobody of them did anything that counts: they are found all the same.
    let list = web.get("/main/members?q=zelda", &builder).body;
    assert!(list.contains("13\u{a0}members") && list.contains("13 of them did nothing yet that counts"), "{list}");
    assert!(web.get("/main/members?q=zelda&level=out", &builder).body.contains("13\u{a0}members"));
    assert!(web.get("/main/search?q=zelda+13", &builder).body.contains("Zelda 13"));
    let link = format!("/main/flywheels/community_qualified_leads/runs/{run}");
    let pages = ["due=hands", "due=stale"].map(|due| web.get(&format!("/main/today?who=all&{due}"), &builder).body);
    assert!(pages.iter().any(|page| page.contains(&link)), "the step leads to its run");
    let page = web.get(&link, &builder).body;
    assert!(page.contains("<title>Zelda ") && !page.contains(&format!("href=\"{link}\"")), "{page}");
    drop(web);
    assert_eq!(axle.json(&["sql", "select count(*) as members from members"]), json!([{"members": 13}]));
    let listed = |option: &[&str]| axle.json(&[&["members", "list"][..], option].concat()).as_array().unwrap().len();
    assert_eq!([listed(&[]), listed(&["--all"]), listed(&["--counted"])], [13, 13, 0], "as on the page");
}

/// Somebody in chat who did more than the others here.
fn busy_sunny() -> Vec<Value> {
    let message = |number: i64| {
        json!({"type": "activity", "id": format!("c{number}"), "activity": "chat:message:sent", "at": ago(number * 30),
               "actor": {"platform": "chat", "uid": "u2", "name": "Sunny"}, "channel": "general"})
    };
    (1..=5).map(message).collect()
}

/// A merge gives a member another id, and the ids of runs and tasks follow it.
#[test]
fn what_was_given_and_linked_outlives_a_merge() {
    let axle = with_a_raised_hand();
    import(&axle, &busy_sunny());
    let before = qualify(&axle);
    let text = |task: &Value, field: &str| task[field].as_str().unwrap().to_owned();
    axle.json(&["tasks", "assign", &text(&before, "task_id"), "--to", "buzz@example.org"]);
    let change = axle.json(&["identities", "merge", &text(&before, "member_id"), "sunny"]);
    let after = qualify(&axle);
    assert_ne!(after["member_id"], before["member_id"], "who did more keeps the id");
    assert_ne!(after["task_id"], before["task_id"]);
    assert_eq!(after["assignee"], "buzz@example.org");
    let run = axle.json(&["flywheel", "run", &text(&before, "run_id")]);
    assert_eq!((&run["run"]["run_id"], &run["run"]["member_id"]), (&after["run_id"], &after["member_id"]), "{run}");
    axle.json(&["identities", "undo", &change["change_id"].to_string()]);
    assert_eq!((&qualify(&axle)["task_id"], &qualify(&axle)["assignee"]), (&before["task_id"], &after["assignee"]));
    let run = axle.json(&["flywheel", "run", &text(&before, "run_id")]);
    assert_eq!(run["run"]["member_id"], before["member_id"], "{run}");
    // Somebody has the list of before the merge on the screen.
    axle.json(&["identities", "merge", &text(&before, "member_id"), "sunny"]);
    let done = axle.json(&["tasks", "done", &text(&before, "task_id"), "--outcome", "qualified"]);
    assert_eq!(
        (&done["run"]["step"], &done["run"]["member_id"]),
        (&json!("introduction"), &after["member_id"]),
        "{done}"
    );
}

#[test]
fn a_dismissal_has_a_reason_and_a_rest_has_an_end() {
    let axle = with_a_raised_hand();
    let id = qualify(&axle)["task_id"].as_str().unwrap().to_owned();
    let until = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .tomorrow()
        .unwrap()
        .tomorrow()
        .unwrap()
        .to_string();
    let rests = axle.json(&["tasks", "done", &id, "--outcome", "snooze", "--until", &until]);
    assert_eq!(rests["run"]["state"], "snoozed");
    let later = format!("{until}T12:00:00Z");
    let run = rests["run"]["run_id"].as_str().unwrap();
    let runs = axle.json(&["flywheel", "runs", "community_qualified_leads", "--as-of", &later]);
    let run = runs.as_array().unwrap().iter().find(|row| row["run_id"] == run).unwrap();
    assert_eq!((&run["state"], &run["step"]), (&json!("active"), &json!("signals_need")), "it is awake on the day");
    let axle = with_a_raised_hand();
    let id = qualify(&axle)["task_id"].as_str().unwrap().to_owned();
    let lost = axle.json(&["tasks", "done", &id, "--outcome", "dismissed", "--reason", "no_budget"]);
    assert_eq!((&lost["run"]["state"], &lost["run"]["reason"]), (&json!("lost"), &json!("no_budget")));
}

#[test]
fn people_on_the_rota_have_letters_and_hooks_have_alerts_once() {
    let axle = with_a_raised_hand();
    let mut add = axle.command(&["user", "add", "buzz@example.org", "--role", "builder"]);
    let mut adding = add.stdin(Stdio::piped()).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(b"round and round").unwrap();
    assert!(adding.wait().unwrap().success());
    axle.json(&["tasks", "rota", "community_builder", "--people", "buzz@example.org"]);
    assert_eq!(qualify(&axle)["assignee"], "buzz@example.org");
    let mail = axle.data().join("data/workspaces/main/mail");
    std::fs::write(&mail, "a file where the folder should be").unwrap();
    assert_eq!(axle.json(&["digest"]), json!({"arrived": 0, "failed": 1}));
    std::fs::remove_file(&mail).unwrap();
    assert_eq!(axle.json(&["digest"]), json!({"arrived": 1, "failed": 0}), "what failed is sent again");
    assert_eq!(axle.json(&["digest"]), json!({"arrived": 0, "failed": 0}), "one letter a day");
    let mut letters = std::fs::read_dir(&mail).unwrap();
    let letter = std::fs::read_to_string(letters.next().unwrap().unwrap().path()).unwrap();
    assert!(letter.contains("To: buzz@example.org") && letter.contains("Qualify this signal"), "{letter}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut sent, mut bytes) = (String::new(), [0; 4096]);
        while !sent.ends_with('}') {
            let read = stream.read(&mut bytes).unwrap();
            sent.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        sent
    });
    axle.json(&["alerts", "add", &url]);
    assert_eq!(axle.json(&["alerts", "send"]), json!({"arrived": 1, "failed": 0}));
    let sent = served.join().unwrap();
    assert!(sent.contains("Qualify this signal") && !sent.contains("Sunita"), "it names nobody: {sent}");
    assert_eq!(axle.json(&["alerts", "send"]), json!({"arrived": 0, "failed": 0}), "each alert once");
    let before = qualify(&axle);
    import(&axle, &busy_sunny());
    axle.json(&["identities", "merge", before["member_id"].as_str().unwrap(), "sunny"]);
    assert_ne!(qualify(&axle)["task_id"], before["task_id"]);
    assert_eq!(axle.json(&["alerts", "send"]), json!({"arrived": 0, "failed": 0}), "also after a merge");
}

#[test]
fn what_was_imported_late_is_told_of_the_day_on_which_it_happened() {
    let axle = Axle::new();
    let asks = |id: &str, days: i64| {
        json!({"type": "activity", "id": id, "activity": "chat:message:sent", "at": ago(24 * days), "channel": "C1",
               "actor": {"platform": "forum", "uid": "u1", "name": "Sunita Rao"},
               "text": "Can we get a quote for the enterprise plan with SSO?"})
    };
    crate::hand_offs::import(&axle, &[asks("a1", 12), asks("a2", 11), asks("a3", 10)]);
    let day: jiff::Timestamp = ago(240).parse().unwrap();
    let day = day.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b %Y").to_string();
    let why = qualify(&axle)["why"].as_str().unwrap().to_owned();
    assert_eq!(why, format!("showed interest in buying 3 times, last on {day}"));
}

#[test]
fn members_with_like_needs_are_introduced_once_both_agree() {
    let axle = Axle::new();
    let asks = |uid: &str, name: &str, text: &str| {
        let actor = json!({"platform": "forum", "uid": uid, "name": name});
        json!({"type": "activity", "id": uid, "activity": "forum:topic:opened", "at": ago(30), "channel": "help", "actor": actor,
               "title": text, "text": text})
    };
    let agrees = |uid: &str, id: &str, hours: i64, revoked: Option<String>| {
        json!({"type": "consent", "id": id, "identity": {"platform": "forum", "uid": uid}, "kind": "contact", "at": ago(hours),
               "revoked_at": revoked})
    };
    let need = "How do I export the audit log to a bucket?";
    let mut lines = vec![
        asks("u1", "Conrad Ekholm", need),
        asks("u2", "Quentin Abara", need),
        asks("u3", "Dana Whitfield", "How can I export the audit log into a bucket?"),
        agrees("u1", "c1", 20, None),
        agrees("u2", "c2", 20, None),
    ];
    crate::hand_offs::import(&axle, &lines);
    crate::web::add_user(&axle, "builder");
    let introduced = |axle: &Axle| {
        let web = crate::web::Web::of(axle);
        let page = web.get("/main/today", &web.sign_in("builder")).body;
        page.split_once("People to introduce").map(|(_, after)| after.to_owned())
    };
    let shown = introduced(&axle).expect("both agreed");
    assert!(shown.contains("Conrad Ekholm") && shown.contains("Quentin Abara") && !shown.contains("Dana"), "{shown}");
    // The last word counts: who took back a later consent takes back the earlier, too.
    lines.push(agrees("u2", "c3", 10, Some(ago(5))));
    crate::hand_offs::import(&axle, &lines);
    assert_eq!(introduced(&axle), None);
}

/// The real server; it ends with the test.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(axle: &Axle) -> Self {
        let mut command: Command = axle.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (mut told, mut bytes) = (String::new(), [0; 1]);
        while !(told.contains("http://") && told.ends_with('\n')) {
            stderr.read_exact(&mut bytes).unwrap();
            told.push(char::from(bytes[0]));
        }
        let address = told.trim().rsplit("http://").next().unwrap().to_owned();
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        Self { child, address }
    }

    /// Sends a form as a browser does from our own page: the status line.
    fn post(&self, path: &str, form: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {}\r\nsec-fetch-site: same-origin\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.address,
            form.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_form_that_anybody_fills_in_makes_a_candidate() {
    let axle = Axle::new();
    axle.run(&["tasks", "list"]);
    axle.json(&["settings", "raise-hand", "on"]);
    let serving = Serving::start(&axle);
    let form = "name=Sunita+Rao&email=sunita%40example.org&need=We+need+SSO&consent=yes";
    assert!(serving.post("/main/raise-hand", form).contains("200"));
    assert!(serving.post("/main/raise-hand", form).contains("200"), "sent twice, it is one signal");
    drop(serving);
    let runs = axle.json(&["flywheel", "runs", "community_qualified_leads"]);
    let [run] = &runs.as_array().unwrap()[..] else { panic!("{runs}") };
    assert_eq!((&run["state"], &run["step"]), (&json!("active"), &json!("signals_need")));
    assert_eq!(qualify(&axle)["name"], "Sunita Rao");
    let consents = axle.json(&["sql", "select kind, text_version, channel from consents"]);
    assert_eq!(consents, json!([{"kind": "contact", "text_version": "raise-hand/1", "channel": "form"}]));
}

#[test]
fn who_waits_for_an_answer_now_is_due_sooner() {
    let axle = Axle::new();
    axle.run(&["tasks", "list"]);
    axle.json(&["settings", "raise-hand", "on"]);
    let serving = Serving::start(&axle);
    for (name, live) in [("ada", ""), ("sunita", "&live=yes")] {
        let form = format!("name={name}&email={name}%40example.org&need=We+need+SSO&consent=yes{live}");
        assert!(serving.post("/main/raise-hand", &form).contains("200"));
    }
    drop(serving);
    let tasks = axle.json(&["tasks", "list"]);
    let at = |name: &str, field: &str| -> jiff::Timestamp {
        let task = tasks.as_array().unwrap().iter().find(|task| task["name"] == name).unwrap();
        task[field].as_str().unwrap().parse().unwrap()
    };
    // At night and on weekends the five minutes begin with the next business day.
    let hours = at("ada", "due_at").duration_since(at("sunita", "due_at")).as_hours();
    assert!((15..24 * 4).contains(&hours), "two business days, against five minutes: {tasks}");
}

#[test]
fn a_note_is_for_the_team_and_may_be_a_raised_hand() {
    let axle = Axle::new();
    import(&axle, &[said("a1", "u1", "Sunita Rao", "Good morning")]);
    let member = axle.json(&["members", "list"])[0]["member_id"].as_str().unwrap().to_owned();
    assert_eq!(axle.try_run(&["members", "note", &member, "  "]).status.code(), Some(2));
    axle.json(&["members", "note", &member, "Prefers mail."]);
    assert_eq!(axle.json(&["flywheel", "runs", "community_qualified_leads"]), json!([]));
    let note = [
        "members",
        "note",
        &member,
        "Boss is stingy, do not push.",
        "--raised-hand",
        "--quote",
        "We need a higher plan",
    ];
    axle.json(&note);
    let task = qualify(&axle);
    let why = task["why"].as_str().unwrap();
    assert!(why.contains("“We need a higher plan”") && !why.contains("stingy"), "{task}");
    let notes = axle.json(&["sql", "select text, visibility from notes order by at"]);
    let note = |text: &str| json!({"text": text, "visibility": "team"});
    assert_eq!(notes, json!([note("Prefers mail."), note("Boss is stingy, do not push.")]));
}

#[test]
fn members_with_the_same_need_are_introduced_once() {
    let axle = Axle::new();
    let need = "How do I rotate the signing key of the webhook connector without downtime?";
    let allows = |uid: &str| json!({"type": "consent", "id": format!("c-{uid}"), "identity": {"platform": "forum", "uid": uid}, "kind": "contact", "at": ago(60)});
    let names = ["Sunita Rao", "Conrad Weiss", "Mei Tan"];
    let mut lines: Vec<Value> =
        (1..=3).map(|number| said(&format!("a{number}"), &format!("u{number}"), names[number - 1], need)).collect();
    // Two who give the same answer, which asks something back, need nothing.
    let answer =
        "Have you tried to run the backfills in parallel? Set the max active runs of the pool, that works here.";
    lines.extend(["u4", "u5"].map(|uid| {
        json!({"type": "activity", "id": format!("b-{uid}"), "activity": "chat:message:sent", "at": ago(40), "channel": "help",
               "text": answer, "actor": {"platform": "forum", "uid": uid, "name": format!("Helper {uid}")}})
    }));
    lines.extend(["u1", "u2", "u4", "u5"].map(allows));
    import(&axle, &lines);
    let labels = axle.json(&["sql", "select distinct labels from activities where text like 'Have you%'"]);
    assert!(labels[0]["labels"].as_str().unwrap().contains("question,answer"), "{labels}");
    let pairs = axle.json(&["members", "introductions"]);
    let [pair] = &pairs.as_array().unwrap()[..] else { panic!("who did not agree is in no pair: {pairs}") };
    let [one, other] = ["one", "other"].map(|side| pair[side]["member_id"].as_str().unwrap());
    assert_eq!(axle.try_run(&["members", "introduce", one, one]).status.code(), Some(2));
    axle.json(&["members", "introduce", other, one]);
    assert_eq!(axle.json(&["members", "introductions"]), json!([]), "in whatever order they are named");
    assert_eq!(axle.json(&["sql", "select outcome from tasks"]), json!([{"outcome": "introduced"}]));
    // One of them is somebody who did more: their id is another one now.
    import(&axle, &busy_sunny());
    axle.json(&["identities", "merge", one, "Sunny"]);
    let is_gone = format!("select count(*) as n from members where member_id = '{one}'");
    assert_eq!(axle.json(&["sql", &is_gone]), json!([{"n": 0}]));
    assert_eq!(axle.json(&["members", "introductions"]), json!([]), "after a merge");
}

#[test]
fn signposts_that_nobody_ever_clicked_are_named() {
    let axle = Axle::new();
    let shown = |id: &str, signpost: &str, kind: &str, user: &str, days: i64| json!({"type": "signpost", "id": id, "signpost": signpost, "kind": kind, "at": ago(24 * days), "user": {"platform": "product", "uid": user}});
    import(
        &axle,
        &[
            shown("1", "footer", "shown", "u1", 20),
            shown("2", "footer", "shown", "u2", 10),
            shown("3", "footer", "shown", "u2", 9),
            shown("4", "menu", "shown", "u1", 20),
            shown("5", "menu", "clicked", "u1", 1),
            shown("6", "banner", "shown", "u1", 6),
        ],
    );
    let found = axle.json(&["flywheel", "signposts"]);
    let [footer] = &found.as_array().unwrap()[..] else { panic!("one is clicked, one is new: {found}") };
    assert_eq!((&footer["signpost"], &footer["people"]), (&json!("footer"), &json!(2)));
}

#[test]
fn who_is_named_has_the_role_until_they_leave() {
    let axle = Axle::new();
    let user = json!({"platform": "product", "uid": "u1", "name": "Kathryn Oduya"});
    let belongs = |to: Value| json!({"type": "affiliation", "identity": user, "organization": "kestrel", "from": "2024-01-01", "to": to});
    let mut lines = vec![
        json!({"type": "organization", "id": "kestrel", "name": "Kestrel Health", "key_account": {"from": "2024-01-01", "owner": "Cleo"}}),
        belongs(Value::Null),
    ];
    for day in 1..=6 {
        lines.push(json!({"type": "product_event", "id": format!("p{day}"), "user": user, "at": ago(24 * day), "name": "opened"}));
    }
    import(&axle, &lines);
    let done = |title: &str, more: &[&str]| {
        let tasks = axle.json(&["tasks", "list"]);
        let task = tasks.as_array().unwrap().iter().find(|task| task["title"].as_str().unwrap().starts_with(title));
        let task = task.unwrap_or_else(|| panic!("no task {title}: {tasks}"));
        axle.json(&[&["tasks", "done", task["task_id"].as_str().unwrap()], more].concat());
    };
    let roles = || axle.json(&["sql", "select role, organization_id, \"to\" is null as is_held from roles"]);
    done("Name as a key member", &["--outcome", "named"]);
    let held = |is_held: bool| json!([{"role": "key_member", "organization_id": "kestrel", "is_held": is_held}]);
    assert_eq!(roles(), held(true));
    import(&axle, &[belongs(json!(ago(1)))]);
    done("A key member has left", &[]);
    assert_eq!(roles(), held(false));
}

#[test]
fn what_a_champion_did_is_an_activity_and_they_can_ask_to_stop() {
    let axle = Axle::new();
    let zoe = json!({"platform": "forum", "uid": "u1", "name": "Zoe Lind"});
    let role = json!({"type": "role", "identity": zoe, "role": "deal_champion", "from": ago(30), "organization": "bank", "by": "Buzz"});
    import(
        &axle,
        &[
            said("a1", "u1", "Zoe Lind", "Good morning everybody."),
            json!({"type": "affiliation", "identity": zoe, "organization": "bank", "from": "2024-01-01"}),
            json!({"type": "consent", "id": "c1", "identity": zoe, "kind": "contact", "at": ago(40)}),
            role.clone(),
        ],
    );
    let done = |title: &str, outcome: &str| {
        let tasks = axle.json(&["tasks", "list"]);
        let task = tasks.as_array().unwrap().iter().find(|task| task["title"].as_str().unwrap().starts_with(title));
        let task = task.unwrap_or_else(|| panic!("no task {title}: {tasks}"));
        axle.json(&["tasks", "done", task["task_id"].as_str().unwrap(), "--outcome", outcome])["run"].clone()
    };
    done("Introduce", "meeting held");
    assert_eq!(done("Log what", "spoke for us")["step"], "closes", "it is what the step waits for");
    let acts = axle.json(&["sql", "select activity_type from activities where activity_type like 'champion:%'"]);
    assert_eq!(acts, json!([{"activity_type": "champion:internal_advocacy:done"}]));
    let run = done("Log what", "asked_to_stop");
    assert_eq!((&run["state"], &run["reason"]), (&json!("released"), &json!("asked_to_stop")));
    let held = || axle.json(&["sql", "select \"to\" is null as is_held from roles"]);
    assert_eq!(held(), json!([{"is_held": false}]), "also a role that an import stated");
    import(&axle, std::slice::from_ref(&role));
    assert_eq!(held(), json!([{"is_held": false}]), "which says the same as before");
    done("Champion lost", "done");
}

/// Says what came of the task of that title; gives the run.
fn answer(axle: &Axle, title: &str, outcome: &str) -> Value {
    let tasks = axle.json(&["tasks", "list"]);
    let task = tasks.as_array().unwrap().iter().find(|task| task["title"].as_str().unwrap().starts_with(title));
    let task = task.unwrap_or_else(|| panic!("no task {title}: {tasks}"));
    axle.json(&["tasks", "done", task["task_id"].as_str().unwrap(), "--outcome", outcome])["run"].clone()
}

#[test]
fn a_kick_off_that_was_held_brings_the_teammates_on() {
    let axle = Axle::new();
    let zoe = json!({"platform": "forum", "uid": "u1", "name": "Zoe Lind"});
    import(
        &axle,
        &[
            said("a1", "u1", "Zoe Lind", "Good morning everybody."),
            json!({"type": "affiliation", "identity": zoe, "organization": "bank", "from": "2024-01-01"}),
            json!({"type": "consent", "id": "c1", "identity": zoe, "kind": "contact", "at": ago(40)}),
            json!({"type": "role", "identity": zoe, "role": "deal_champion", "from": ago(30), "organization": "bank", "by": "Buzz"}),
        ],
    );
    answer(&axle, "Introduce", "meeting held");
    assert_eq!(answer(&axle, "Log what", "spoke for us")["step"], "closes");
    let titles = || axle.json(&["tasks", "list"]).to_string();
    assert!(!titles().contains("kick-off"), "nothing is won yet");
    import(
        &axle,
        &[
            json!({"type": "deal", "id": "d1", "organization": "bank", "name": "Licences", "created_at": ago(20), "motion": "high_touch",
                 "contacts": [{"identity": zoe}], "closed_at": ago(1), "won": true}),
        ],
    );
    assert_eq!(answer(&axle, "Hold the kick-off", "done")["step"], "teammates");
    assert!(titles().contains("Invite teammates with the champion"));
}

#[test]
fn a_key_member_who_has_taught_as_they_say_moves_on() {
    let axle = Axle::new();
    let (kim, day) = (json!({"platform": "forum", "uid": "k1", "name": "Kim Arden"}), |days: i64| ago(24 * days));
    let touch =
        |id: &str, days: i64| json!({"type": "push", "id": id, "at": day(days), "kind": "cs_touch", "subjects": [kim]});
    let mut lines = vec![
        json!({"type": "organization", "id": "kestrel", "name": "Kestrel Health", "key_account": {"from": "2024-01-01", "owner": "Cleo"}}),
        json!({"type": "affiliation", "identity": kim, "organization": "kestrel", "from": "2024-01-01"}),
        json!({"type": "task", "id": "k1", "kind": "name_members", "assignee": "Cleo", "state": "done", "outcome": "named", "identity": kim,
               "flywheel": "key_account_champions", "step": "identified", "organization": "kestrel", "done_at": day(66)}),
        touch("t1", 60),
        json!({"type": "activity", "id": "j1", "activity": "forum:space:joined", "at": day(58), "actor": kim}),
        touch("t2", 56),
        json!({"type": "event", "id": "e1", "name": "Dashboards", "kind": "tutorial", "starts_at": day(54)}),
        json!({"type": "attendance", "event": "e1", "identity": kim, "state": "attended", "at": day(54)}),
        json!({"type": "program", "id": "beta", "name": "Beta", "starts_at": day(90)}),
        json!({"type": "enrollment", "program": "beta", "identity": kim, "state": "active", "at": day(45)}),
        json!({"type": "feedback", "id": "f1", "at": day(40), "author": kim, "kind": "request", "text": "Please add exports."}),
    ];
    for days in 70..=76 {
        lines.push(
            json!({"type": "product_event", "id": format!("p{days}"), "user": kim, "at": day(days), "name": "opened"}),
        );
    }
    import(&axle, &lines);
    assert_eq!(answer(&axle, "Ask whether they have taught", "taught")["step"], "taught");
    let runs = axle.json(&["flywheel", "runs", "key_account_champions"]);
    assert_eq!(runs[0]["step"], "taught", "{runs}");
}

/// Somebody said something two days ago.
pub(crate) fn said(id: &str, uid: &str, name: &str, text: &str) -> Value {
    json!({"type": "activity", "id": id, "activity": "forum:topic:opened", "at": ago(50), "channel": "help", "thread": id, "title": text,
           "text": text, "actor": {"platform": "forum", "uid": uid, "name": name}})
}

#[tokio::test]
async fn whom_only_the_form_knows_is_told_from_members() {
    let community = Community::new(1).await;
    let known = json!({"platform": "forum", "uid": "u77", "name": "Sunita Rao", "username": "sunita.rao"});
    let said = json!({"type": "activity", "id": "a1", "activity": "forum:topic:opened", "at": "2025-11-02T10:00:00Z",
        "actor": known, "channel": "help", "text": "How do I mount a share?"});
    community.read(&[said]).await;
    let workspace = &community.workspace;
    let open = raised::Settings { is_open: true, ..raised::Settings::default() };
    raised::set(workspace, open, true, "buzz", community.now).await.unwrap();
    let written = raised::Written {
        name: "Sunita Rao".into(),
        email: "sunita.rao@example.org".into(),
        need: "SSO".into(),
        has_consented: true,
        is_live: false,
    };
    raised::take(workspace, &written, community.now).await.unwrap();
    refresh::refresh(workspace).await.unwrap();
    let query = "select member_id from identities where platform in ('form', 'forum') order by platform";
    let rows = workspace.analytics().sql(query, 10, community.now).await.unwrap().rows;
    let [stranger, member] = &rows[..] else { panic!("{rows:?}") };
    let [stranger, member] = [stranger, member].map(|row| row[0].as_str().unwrap());
    let found = raised::stranger(workspace, stranger).await.unwrap().unwrap();
    assert_eq!(found.likely, Some((member.to_owned(), "Sunita Rao".to_owned())));
    assert_eq!(raised::stranger(workspace, member).await.unwrap(), None);
}
