//! Every route, every command, every figure and what pages lead to, as every role. Routes come from the router's own table, from
//! the API's document and from the reference of commands, so that a new one is walked or fails here.

mod commands;
mod community;
mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use crate::Axle;
use crate::hand_offs::import;
use crate::web::{Reply, Web, add_user};
use community::{HANDED, OPENED, PRIVATE, WORDS};
use places::{Values, body, form, links, may_call, may_send, methods, pages, shape};

/// What the docs say of this walk.
const DOCS: &str = include_str!("../../../../docs/guide/roles.md");

const ROLES: [&str; 9] =
    ["admin", "builder", "success", "support", "product", "marketing", "sales", "executive", "internal_viewer"];
/// Those who see nobody by name.
const BLIND: [&str; 2] = ["sales", "executive"];

/// What may be asked of a page beside its address.
const ASKED: [&str; 17] = [
    "",
    "?format=csv",
    "?format=json",
    "?format=xlsx",
    "?q=zarqu",
    "?q=vogon",
    "?q=magra",
    "?find=zarqu",
    "?grain=total",
    "?kind=bug",
    "?sort=oldest",
    "?who=all",
    "?due=stale",
    "?show=risk",
    "?state=answered",
    "?role=champion",
    "?since=2026-01-01T00:00:00Z",
];
/// Figures that every role looks at; the others are for those who see nobody.
const SAMPLE: [&str; 3] = ["activities", "top_answerers", "trust_incidents"];
/// Pages of a kind that are opened when others lead to them.
const OF_A_KIND: usize = 6;

/// What is found on the way, by who walks.
struct Walk<'a> {
    web: &'a Web,
    ids: &'a [String],
    found: BTreeSet<String>,
    requests: usize,
}

impl<'a> Walk<'a> {
    fn new(web: &'a Web, ids: &'a [String]) -> Self {
        Self { web, ids, found: BTreeSet::new(), requests: 0 }
    }

    /// Notes what a role reads that it must not.
    fn judge(&mut self, role: &str, path: &str, reply: &Reply) {
        self.requests += 1;
        if reply.status >= 500 {
            self.found.insert(format!("{role} at {path}: {}", reply.status));
        }
        if BLIND.contains(&role) {
            let text = format!("{} {:?}", text_of(reply), reply.headers);
            self.read(role, path, &text);
        }
    }

    fn read(&mut self, role: &str, path: &str, text: &str) {
        let (text, asked) = (text.to_lowercase(), path.to_lowercase());
        let is_of_sales = role == "sales" && path.contains("hand-offs");
        // Opening leaves a trace; a list names whom it is about, and no more.
        let is_opened = is_of_sales && (path.contains("hand-offs/") || path.starts_with("hand-offs show"));
        for (word, may) in [(PRIVATE, false), (OPENED, is_opened)] {
            if text.contains(word) && !may {
                self.found.insert(format!("{role} reads {word} at {path}"));
            }
        }
        for (place, word) in WORDS.into_iter().enumerate() {
            let is_handed = word == HANDED && is_of_sales;
            // The address that was asked for may be told back.
            if let Some(at) = text.find(word).filter(|_| !is_handed && !asked.contains(word)) {
                let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
                self.found.insert(format!("{role} reads {word} at {path}: …{around}"));
            }
            if text.contains(&self.ids[place]) && !path.contains(&self.ids[place]) && !(is_handed && is_opened) {
                self.found.insert(format!("{role} reads the id of {word} at {path}"));
            }
        }
    }

    /// A change by who may not make it is refused, and by who sees nobody it tells of nobody.
    fn refused(&mut self, role: &str, path: &str, includes: bool, reply: &Reply) {
        self.judge(role, path, reply);
        if !includes && reply.status != 403 {
            self.found.insert(format!("{role} sends to {path}: {}, not 403", reply.status));
        }
    }
}

/// What an answer says; a workbook is unpacked.
fn text_of(reply: &Reply) -> String {
    if !reply.bytes.starts_with(b"PK") {
        return reply.body.clone();
    }
    let mut book = zip::ZipArchive::new(Cursor::new(&reply.bytes)).expect("a workbook is whole");
    let mut text = String::new();
    for part in 0..book.len() {
        book.by_index(part).unwrap().read_to_string(&mut text).expect("a workbook is text");
    }
    text
}

/// Someone of a role, signed in.
struct Visitor {
    role: &'static str,
    cookie: String,
    csrf: String,
    token: String,
}

impl Visitor {
    fn is_blind(&self) -> bool {
        BLIND.contains(&self.role)
    }
}

fn strings<'a>(list: &'a Value, name: &'a str) -> impl Iterator<Item = String> + 'a {
    list.as_array().expect("a list").iter().filter_map(move |one| one[name].as_str().map(str::to_owned))
}

/// What stands for parameters, from what there is.
fn values(axle: &Axle, members: &[String]) -> Values {
    let one = |text: &str| vec![text.to_owned()];
    let runs = axle.json(&["flywheel", "runs", "community_qualified_leads"]);
    let tasks = axle.json(&["tasks", "list"]);
    let activities = axle.json(&["sql", "select activity_id from activities limit 1"]);
    let feedback = axle.json(&["feedback", "list"]);
    let questions = axle.json(&["sql", "select activity_id from questions where asker_kind = 'member'"]);
    let file = |name: &str, text: &str| {
        let path = axle.data().join(name);
        std::fs::write(&path, text).unwrap();
        vec![path.to_str().unwrap().to_owned()]
    };
    let figures: Vec<String> = SAMPLE.map(str::to_owned).to_vec();
    let departments = ["marketing", "sales", "success", "support", "product", "executives"];
    Values {
        all: BTreeMap::from([
            ("workspace", one("main")),
            ("member", members.to_vec()),
            ("hand_off", strings(&axle.json(&["hand-offs", "list"]), "hand_off_id").collect()),
            ("kpi", figures),
            ("organization", one("corp.example")),
            ("department", departments.map(str::to_owned).to_vec()),
            // An import, and runs of flywheels.
            ("run", one("1").into_iter().chain(strings(&runs, "run_id")).collect()),
            ("consent", one("magratheo-none")),
            ("change", one("1")),
            ("number", one("1")),
            ("note", one("none")),
            ("tag", one("none")),
            ("from", one("2030-01-01")),
            ("flywheel", one("community_qualified_leads")),
            ("task", strings(&tasks, "task_id").take(2).collect()),
            ("feedback", strings(&feedback, "feedback_id").take(2).collect()),
            ("question", strings(&questions, "activity_id").collect()),
            ("role", one("support_rota")),
            ("channel", one("1")),
            ("source", one("interchange")),
            ("activity", strings(&activities, "activity_id").collect()),
            ("file", file("more.jsonl", "")),
            ("kpi_file", file("own.toml", include_str!("../../../../kpis/activities.toml"))),
            (
                "flywheel_file",
                file(
                    "community_qualified_leads.toml",
                    include_str!("../../../../flywheels/community_qualified_leads.toml"),
                ),
            ),
            ("nowhere", one("/nonexistent/axle.jsonl")),
        ]),
    }
}

#[test]
fn nobody_reads_of_members_what_their_role_may_not() {
    let axle = Axle::new();
    import(&axle, &community::lines(Timestamp::now()));
    ROLES.iter().for_each(|role| add_user(&axle, role));
    let ids = WORDS.map(|word| {
        let found = axle.json(&["sql", &format!("select member_id from members where name like '{word}%'")]);
        found[0]["member_id"].as_str().unwrap_or_else(|| panic!("{word} is nobody: {found}")).to_owned()
    });
    let values = values(&axle, &ids);
    let token = |role: &&str| {
        axle.json(&["user", "token", &format!("{role}@axle.example")])["token"].as_str().unwrap().to_owned()
    };
    let tokens: Vec<String> = ROLES.iter().map(token).collect();
    let figures = axle.json(&["kpi", "list"]);
    let said = commands::walk(&axle, &values);
    let web = Web::of(&axle);
    let mut heard = Walk::new(&web, &ids);
    for one in &said {
        heard.read(one.role, &one.command, &one.text);
    }
    let document: Value = serde_json::from_str(&web.api("GET", "/api/v1/openapi.json", "", "").body).unwrap();
    let api = document["paths"].as_object().unwrap();
    let mut visitors: Vec<Visitor> = ROLES
        .iter()
        .zip(tokens)
        .map(|(role, token)| {
            let cookie = web.sign_in(role);
            let csrf = web.get("/main/kpis", &cookie).csrf();
            Visitor { role, cookie, csrf, token }
        })
        .collect();
    // Who has the longest way goes first.
    visitors.sort_by_key(|visitor| !visitor.is_blind());
    // What sales may see, it sees, until it gives the hand-off back on its way.
    let sales = visitors.iter().find(|visitor| visitor.role == "sales").expect("sales signs in");
    let reads = |id: &String| web.get(&format!("/main/hand-offs/{id}"), &sales.cookie).body.contains(HANDED);
    assert!(values.fill("{hand_off}").iter().any(reads), "sales cannot read the dossier that was sent");
    assert!(said.iter().any(|one| one.role == "sales" && one.text.contains(HANDED)), "nor on the command line");
    let walked = side_by_side(&visitors, |visitor| {
        let mut walk = Walk::new(&web, &ids);
        let led = walk_pages(&mut walk, &values, visitor);
        walk_api(&mut walk, &values, visitor, api);
        if visitor.is_blind() {
            follow(&mut walk, visitor, led);
            walk_figures(&mut walk, visitor, &figures);
        }
        walk
    });
    let all: Vec<&Walk> = walked.iter().chain([&heard]).collect();
    let found: Vec<&str> = all.iter().flat_map(|walk| &walk.found).map(String::as_str).collect();
    assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found.join("\n"));
    let counted = format!(
        "{} addresses of pages, {} of the API, {} commands and {} figures as {} roles",
        pages().len(),
        api.len(),
        commands::count(),
        figures.as_array().unwrap().len(),
        ROLES.len()
    );
    let requests: usize = all.iter().map(|walk| walk.requests).sum();
    eprintln!("walked {counted}: {requests} requests, {} commands run", said.len());
    assert!(DOCS.contains(&counted), "docs/guide/roles.md is behind: it should say “{counted}”");
}

/// Does the same with each, on two threads; the next one begins when one is done.
fn side_by_side<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let one_after_the_other = || {
        let mine = std::iter::from_fn(|| all.get(next.fetch_add(1, Ordering::Relaxed)));
        mine.map(&work).collect::<Vec<R>>()
    };
    std::thread::scope(|scope| {
        let running = [(); 2].map(|()| scope.spawn(one_after_the_other));
        running.into_iter().flat_map(|half| half.join().expect("a check failed, as told above")).collect()
    })
}

/// Every page and form; gives what pages lead to.
fn walk_pages(walk: &mut Walk, values: &Values, visitor: &Visitor) -> BTreeSet<String> {
    let asked = if visitor.is_blind() { &ASKED[..] } else { &ASKED[..1] };
    let mut led = BTreeSet::new();
    for page in pages() {
        let who = page.posts.then(|| may_send(&page.path));
        for path in values.fill(&page.path) {
            for query in asked.iter().filter(|_| page.gets) {
                let path = format!("{path}{query}");
                let reply = walk.web.get(&path, &visitor.cookie);
                walk.judge(visitor.role, &path, &reply);
                led.extend(links(&reply.body));
                // Who asks is refused before what is asked is looked at; the rows' files are asked for below.
                if [403, 404].contains(&reply.status) {
                    break;
                }
            }
            let Some(who) = who else { continue };
            let includes = who.includes(visitor.role);
            if (!includes || visitor.is_blind()) && page.path != "/sign-in" {
                let reply = match page.path.ends_with("/import") {
                    true => walk.web.upload(&path, &visitor.cookie),
                    false => walk.web.post(&path, &visitor.cookie, &form(&visitor.csrf, values)),
                };
                walk.refused(visitor.role, &path, includes, &reply);
            }
        }
    }
    led
}

fn walk_api(walk: &mut Walk, values: &Values, visitor: &Visitor, api: &serde_json::Map<String, Value>) {
    for (path, described) in api {
        for method in methods(described) {
            let who = (method != "get").then(|| may_call(&method, path));
            let includes = who.is_none_or(|who| who.includes(visitor.role));
            if who.is_some() && includes && !visitor.is_blind() {
                continue;
            }
            let asked = if visitor.is_blind() && who.is_none() { &ASKED[..] } else { &ASKED[..1] };
            for path in values.fill(path) {
                for query in asked {
                    let path = format!("{path}{query}");
                    let reply = walk.web.api(&method.to_uppercase(), &path, &visitor.token, &body(&path, values));
                    walk.refused(visitor.role, &path, includes, &reply);
                }
            }
        }
    }
}

/// Whatever pages lead to: charts, parts, further pages of lists; a few of each kind.
fn follow(walk: &mut Walk, visitor: &Visitor, led: BTreeSet<String>) {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut seen, mut due) = (led.clone(), Vec::from_iter(led));
    while let Some(address) = due.pop() {
        let kind = kinds.entry(shape(&address)).or_default();
        *kind += 1;
        if *kind > OF_A_KIND {
            continue;
        }
        let reply = walk.web.get(&address, &visitor.cookie);
        walk.judge(visitor.role, &address, &reply);
        due.extend(links(&reply.body).into_iter().filter(|link| seen.insert(link.clone())));
    }
}

/// Every figure: its page, its rows as page and file, and by every dimension.
fn walk_figures(walk: &mut Walk, visitor: &Visitor, figures: &Value) {
    for figure in figures.as_array().unwrap() {
        let id = figure["kpi"].as_str().unwrap();
        for format in ["", "?format=csv", "?format=json", "?format=xlsx"] {
            let rows = format!("/main/kpis/{id}/rows{format}");
            let reply = walk.web.get(&rows, &visitor.cookie);
            walk.refused(visitor.role, &rows, false, &reply);
        }
        // What it says is the same for both, and takes the longest.
        if visitor.role != "sales" {
            continue;
        }
        let page = format!("/main/kpis/{id}?grain=total&format=xlsx");
        let reply = walk.web.get(&page, &visitor.cookie);
        walk.judge(visitor.role, &page, &reply);
        let dimensions = figure["dimensions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for by in dimensions {
            let path = format!("/api/v1/main/kpis/{id}?grain=total&by={by}");
            let reply = walk.web.api("GET", &path, &visitor.token, "");
            walk.judge(visitor.role, &path, &reply);
        }
    }
}
