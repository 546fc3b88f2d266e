//! What people do with figures, over HTTP: compare, break down, look at the rows, read boards, write KPIs of their own.

mod support;

use std::sync::Arc;

use axum::http::StatusCode;
use support::Server;
use support::engine::Engine;

fn export() -> String {
    let line = |id: u32, uid: &str, at: &str| {
        serde_json::json!({
            "type": "activity", "id": format!("a{id}"), "activity": "forum:topic:opened", "at": at, "channel": "C1",
            "thread": format!("t{id}"), "title": format!("Title {id}"),
            "actor": { "platform": "forum", "uid": uid, "username": format!("{uid}-handle"), "name": format!("Member {uid}") },
        })
        .to_string()
    };
    [
        line(1, "u1", "2025-02-10T09:00:00Z"),
        line(2, "u2", "2026-01-14T09:00:00Z"),
        line(3, "u2", "2026-02-01T09:00:00Z"),
        line(4, "u3", "2026-02-02T09:00:00Z"),
        line(5, "u3", "2026-02-03T09:00:00Z"),
    ]
    .join("\n")
}

#[tokio::test]
async fn a_figure_stands_beside_the_period_and_the_year_before() {
    let (server, cookie) = Server::filled(&export()).await;
    let page = server.get("/main/kpis/activities", &cookie).await;
    let text = page.text();
    for told in ["<dt>Feb 2026</dt>", "<dt>Jan 2026</dt>", "<dt>Feb 2025</dt>"] {
        assert!(text.contains(told), "{told}");
    }
    // Three in February, one in January and one in the February before; the last lies outside of the window.
    assert_eq!(text.matches("up 3-fold").count() + text.matches("up 200\u{a0}%").count(), 2, "{text}");
    assert!(text.contains("How rows become the value</h3>"), "what it means stands before how it is computed");
    let start = text.find("id=\"permalink\"").unwrap();
    assert!(text[start..start + 400].contains("as_of=2026-03-15T12%3A00%3A00Z"), "the link states the instant");
    assert!(text.contains("from=2025-03-01"), "and the window");
    let year = server.get("/main/kpis/activities?grain=year&from=2025-01-01&to=2026-01-01", &cookie).await;
    assert!(year.text().contains("<dt>2024</dt>") && !year.text().contains("<dt>2023</dt>"));
}

#[tokio::test]
async fn what_was_typed_stays_when_it_cannot_be() {
    let (server, cookie) = Server::filled(&export()).await;
    let page = server.get("/main/kpis/members_new?as_of=yesterday&where=source+%3D", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("value=\"yesterday\"") && page.text().contains("is no instant"));
    // A date is the start of its day.
    let day = server.get("/main/kpis/activities?as_of=2026-02-02&format=json", &cookie).await;
    let answer: serde_json::Value = serde_json::from_slice(&day.body).unwrap();
    assert_eq!(answer["as_of"], "2026-02-02T00:00:00Z");
}

#[tokio::test]
async fn rows_come_in_pages_and_as_files() {
    let (server, cookie) = Server::filled(&export()).await;
    let page = server.get("/main/kpis/activities/rows?grain=month", &cookie).await;
    assert!(page.text().contains("Member u2") && page.text().contains("3\u{a0}rows"), "{}", page.text());
    let later = server.get("/main/kpis/activities/rows?cursor=2", &cookie).await;
    assert!(!later.text().contains("Member u1") && later.text().contains("First page"));
    let nowhere = server.get("/main/kpis/activities/rows?cursor=zzz", &cookie).await;
    assert_eq!(nowhere.status, StatusCode::BAD_REQUEST);
    assert!(nowhere.text().contains("begin with the first page"), "{}", nowhere.text());
    let csv = server.get("/main/kpis/activities/rows?format=csv", &cookie).await;
    assert!(csv.text().starts_with("name\r\nMember u1"), "{}", csv.text());
    let json = server.get("/main/kpis/activities/rows?format=json", &cookie).await;
    assert_eq!(serde_json::from_slice::<Vec<serde_json::Value>>(&json.body).unwrap().len(), 3);
}

/// Of a dimension with too many values nothing is told, and of the rest everything.
#[tokio::test]
async fn a_change_is_explained_though_its_parts_are_too_many() {
    let engine = Arc::<Engine>::default();
    let server = Server::of(Arc::clone(&engine), support::clock).await;
    let cookie = server.sign_in("admin").await;
    server.import(&cookie, &export()).await;
    let csrf = server.get("/main/kpis/new", &cookie).await.csrf();
    let text = GOOD.replace("rows =", "dimensions = ['crowd']\nrows =");
    let saved = server.post("/main/kpis/new", &cookie, &form(&csrf, "nights", &text, "save")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    engine.fail(true);
    let page = server.get("/main/kpis/nights?previous=1", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    let (why, caveat) = ("What happened in the later period</th>", "not told by crowd: ");
    assert!(page.text().contains(why) && page.text().contains(caveat), "{}", page.text());
}

#[tokio::test]
async fn boards_show_what_is_measured_and_say_what_to_connect_for_the_rest() {
    let (server, cookie) = Server::filled(&export()).await;
    let board = server.get("/main/boards/marketing", &cookie).await;
    assert!(board.text().contains("Title of members_new"), "in the catalogue");
    assert!(board.text().contains("Share of voice") && board.text().contains("not measured yet"), "not in it");
    assert!(board.text().contains("website visits"), "what to connect");
    let report = server.get("/main/report?grain=quarter&to=2026-02-20", &cookie).await;
    assert!(report.text().contains("Q4 2025") && report.text().contains("to=2026-01-01"), "{}", report.text());
    assert_eq!(server.get("/main/report?grain=total", &cookie).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(server.get("/main/audience?to=soon", &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_report_is_published_and_found_again() {
    let (server, cookie) = Server::filled(&export()).await;
    let report = server.get("/main/report?grain=month", &cookie).await;
    assert!(report.text().contains("as_of=2"), "the link states the instant: {}", report.text());
    let form = format!("csrf={}&grain=month&to=&as_of=", report.csrf());
    let sent = server.post("/main/report", &cookie, &form).await;
    assert_eq!(sent.location(), "/main/report?published=1&done=published");
    let kept = server.get("/main/report?published=1", &cookie).await;
    assert!(kept.text().contains("Published as number 1") && !kept.text().contains("Publish this report"));
    assert!(server.get("/main/report", &cookie).await.text().contains("published=1"), "it is found again");
    let missing = server.get("/main/report?published=2", &cookie).await;
    assert!(missing.status == StatusCode::NOT_FOUND && missing.text().contains("There is no published report 2."));
    let figure = server.get("/main/kpis/activities?published=99", &cookie).await;
    assert!(figure.status == StatusCode::OK && figure.text().contains("There is no published figure 99."));
    // As of an instant, the last period that was over then.
    let earlier = server.get("/main/report?as_of=2025-06-15T00:00:00Z", &cookie).await;
    assert!(earlier.text().contains("May 2025"), "{}", earlier.text());
    assert!(server.get("/main/report?as_of=2025-06-15", &cookie).await.text().contains("May 2025"), "a date");
    assert_eq!(server.get("/main/report?as_of=soon", &cookie).await.status, StatusCode::BAD_REQUEST);
}

const GOOD: &str = "group = 'Our own'\ntitle = 'Nights'\nquestion = 'How many?'\nunit = 'count'\nvalue = 'count'\n\
    rows = 'select 1'\n[[golden]]\nname = 'CASE'\ndata = []\nexpect = { '2026-01' = 1 }\n";

fn form(csrf: &str, id: &str, text: &str, act: &str) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|byte| if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") })
            .collect::<String>()
    };
    format!("csrf={csrf}&id={}&text={}&do={act}", encode(id), encode(text))
}

#[tokio::test]
async fn an_administrator_writes_tries_saves_and_removes_a_kpi() {
    let (server, cookie) = Server::filled(&export()).await;
    let csrf = server.get("/main/kpis/new", &cookie).await.csrf();
    let send = |id: &'static str, text: String, act: &'static str| {
        let (server, cookie, csrf) = (&server, &cookie, &csrf);
        async move { server.post("/main/kpis/new", cookie, &form(csrf, id, &text, act)).await }
    };
    let broken = send("nights", GOOD.replace("'count'\nrows", "5\nrows"), "save").await;
    assert!(
        broken.text().contains("It cannot be saved yet") && broken.text().contains("nights.toml"),
        "{}",
        broken.text()
    );
    assert!(broken.text().contains("How many?"), "what was typed stays");
    let wrong = send("nights", GOOD.replace("CASE", "wrong"), "save").await;
    assert!(wrong.text().contains("expected 2, got 1"));
    for id in ["../nights", "Nights", ""] {
        assert!(send(id, GOOD.into(), "save").await.text().contains("is no id"), "{id}");
    }
    assert!(send("activities", GOOD.into(), "save").await.text().contains("There is a KPI `activities` already"));
    let tried = send("nights", GOOD.into(), "try").await;
    assert!(tried.text().contains("It works"));
    let [before, after] = ["<dt>Feb 2026</dt>", "<dt>Mar 2026</dt>"].map(|month| tried.text().find(month));
    assert!(before.is_some() && before < after, "the oldest value comes first");
    assert!(!server.folder.path().join("kpis").exists(), "trying saves nothing");
    let saved = send("nights", GOOD.replace('\n', "\r\n"), "save").await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/main/kpis/nights?done=kpi"));
    let file = server.folder.path().join("kpis/nights.toml");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), GOOD);
    assert!(server.get("/main/kpis/nights", &cookie).await.text().contains("/main/kpis/nights/edit"));
    // Other rows need another version, other words do not.
    let change = async |text: String| {
        server.post("/main/kpis/nights/edit", &cookie, &form(&csrf, "nights", &text, "save")).await
    };
    let rows = GOOD.replace("select 1", "select 2");
    assert!(change(rows.clone()).await.text().contains("version = 2"), "the version to write is named");
    assert_eq!(change(GOOD.replace("How many?", "How many at night?")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(change(format!("version = 2\n{rows}")).await.status, StatusCode::SEE_OTHER);
    let edit = server.get("/main/kpis/nights/edit", &cookie).await;
    assert!(edit.text().contains("Nights"));
    let remove = |id: &str| format!("csrf={csrf}&id={id}");
    let refused = server.post("/main/kpis/nights/edit/remove", &cookie, &remove("days")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let removed = server.post("/main/kpis/nights/edit/remove", &cookie, &remove("nights")).await;
    assert_eq!(removed.location(), "/main/kpis?done=kpi-removed");
    assert!(!file.exists() && server.folder.path().join("kpis/nights.toml.removed").exists());
    assert_eq!(server.get("/main/kpis/nights", &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn others_write_no_kpis() {
    let (server, admin) = Server::filled(&export()).await;
    let cookie = server.sign_in("builder").await;
    let csrf = server.get("/main/kpis", &cookie).await.csrf();
    let sent = server.post("/main/kpis/new", &cookie, &form(&csrf, "nights", GOOD, "save")).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN);
    assert!(!server.get("/main/kpis", &cookie).await.text().contains("/kpis/new"));
    let forged = server.post("/main/kpis/new", &admin, &form("wrong", "nights", GOOD, "save")).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}
