//! What people do with the server, and what it must refuse, over HTTP.

mod support;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use support::{HOSTILE, PASSWORD, Server, clock};

/// Three people; one has a hostile name, one a hostile link.
fn export() -> String {
    let line = |id: u32, uid: &str, name: &str, kind: &str, at: &str, url: &str| {
        serde_json::json!({
            "type": "activity", "id": format!("a{id}"), "activity": kind, "at": at, "channel": "C1",
            "thread": format!("t{id}"), "title": format!("<b>Title</b> {id}"), "url": url,
            "actor": { "platform": "forum", "uid": uid, "username": format!("{uid}-handle"), "name": name },
        })
        .to_string()
    };
    [
        line(1, "u1", "Ada Example", "forum:topic:opened", "2026-03-10T09:00:00Z", "https://forum.example/t/1"),
        line(2, "u2", HOSTILE, "forum:topic:opened", "2026-03-14T09:00:00Z", "javascript:alert(1)"),
        line(3, "u3", "Bob Example", "forum:post:replied", "2025-11-01T09:00:00Z", "https://forum.example/t/3"),
        "{\"type\":\"activity\"}".to_owned(),
    ]
    .join("\n")
}

const NAMES: [&str; 3] = ["Ada Example", "Bob Example", "alert(1)"];

#[tokio::test]
async fn signing_in_goes_on_where_it_was_asked_for() {
    let server = Server::new().await;
    let first = server.get("/sign-in", "").await;
    assert!(first.text().contains("There is no user yet"), "the first visitor learns how to add a user");
    let asked = server.get("/main/members?q=ada", "").await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert_eq!(asked.location(), "/sign-in?next=%2Fmain%2Fmembers%3Fq%3Dada");
    let cookie = server.sign_in("admin").await;
    let page = server.get("/main/members", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(server.get("/", &cookie).await.location(), "/main");
    let form = format!("csrf={}", page.csrf());
    assert_eq!(server.post("/sign-out", &cookie, "csrf=wrong").await.status, StatusCode::FORBIDDEN);
    assert_eq!(server.post("/sign-out", &cookie, &form).await.location(), "/sign-in");
    assert_eq!(server.get("/main/members", &cookie).await.status, StatusCode::SEE_OTHER, "the session has ended");
}

#[tokio::test]
async fn unknown_users_and_wrong_passwords_get_the_same_answer_and_then_a_pause() {
    let server = Server::new().await;
    server.add_user("builder").await;
    let wrong = server.try_sign_in("builder%40example.com", "wrong-password").await;
    let unknown = server.try_sign_in("nobody%40example.com", "wrong-password").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    let without = |text: &str, name: &str| {
        let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        text.replace(csrf, "").replace(name, "")
    };
    assert_eq!(without(wrong.text(), "builder@example.com"), without(unknown.text(), "nobody@example.com"));
    for _ in 0..4 {
        server.try_sign_in("builder%40example.com", "wrong-password").await;
    }
    let locked = server.try_sign_in("builder%40example.com", &PASSWORD.replace(' ', "+")).await;
    assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(locked.headers.get(header::RETRY_AFTER).unwrap(), "1");
    assert!(locked.text().contains("Too many tries with this e-mail address. Try again in 1\u{a0}s."));
    assert!(locked.cookies().iter().all(|cookie| !cookie.starts_with("axle=")));
}

#[tokio::test]
async fn a_network_that_guesses_waits_whatever_accounts_it_tries() {
    let server = Server::new().await;
    server.add_user("builder").await;
    for number in 0..20 {
        let reply = server.try_sign_in(&format!("guess-{number}%40example.com"), "wrong-password").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "try {number}");
    }
    let refused = server.try_sign_in("builder%40example.com", &PASSWORD.replace(' ', "+")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers.get(header::RETRY_AFTER).unwrap(), "30");
    assert!(refused.text().contains("Too many tries to sign in came from your network. Try again in 30\u{a0}s."));
    assert!(refused.text().contains("value=\"builder@example.com\""), "what was typed is kept");
    assert!(refused.cookies().iter().all(|cookie| !cookie.starts_with("axle=")));
}

#[tokio::test]
async fn cookies_and_headers_protect_every_answer() {
    let server = Server::new().await;
    server.add_user("admin").await;
    let reply = server.try_sign_in("admin%40example.com", "correct+horse+battery").await;
    let cookies: Vec<&str> =
        reply.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("axle=")).unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(part), "{session}");
    }
    let cookie = session.split(';').next().unwrap();
    for path in ["/", "/sign-in", "/main", "/main/members", "/nothing/here", "/livez", "/readyz"] {
        let reply = server.get(path, cookie).await;
        let header = |name: &str| reply.headers.get(name).map_or("", |value| value.to_str().unwrap());
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
    }
    assert_eq!(server.get("/livez", "").await.status, StatusCode::OK);
    assert_eq!(server.get("/readyz", "").await.status, StatusCode::OK);
    let asset = server.get(axle_server::assets::url("axle.css"), "").await;
    assert!(asset.headers["cache-control"].to_str().unwrap().contains("immutable"));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    for path in [
        "/other",
        "/other/members",
        "/..%2Fmain/members",
        "/main/nothing",
        "/main/members/nobody",
        "/main/kpis/nothing",
        "/main/kpis/nothing/rows",
        "/main/kpis/activities/edit",
        "/main/boards/cooking",
        "/main/boards/report",
        "/main/imports/99",
        "/main/imports/99/rejects",
        "/main/members/018f0000-0000-7000-8000-000000000000",
    ] {
        assert_eq!(server.get(path, &cookie).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn changes_from_elsewhere_are_refused() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    let csrf = server.get("/main/settings/calendar", &cookie).await.csrf();
    let ours = format!("csrf={csrf}&time_zone=Europe%2FBerlin");
    let send = |headers: Vec<(&'static str, &'static str)>, form: String| {
        let mut request = Request::post("/main/settings/calendar")
            .header(header::COOKIE, &cookie)
            .header(header::HOST, "axle.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        server.send(request.body(Body::from(form)).unwrap())
    };
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
    ] {
        assert_eq!(send(headers.clone(), ours.clone()).await.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let forged = "csrf=0000&time_zone=Europe%2FBerlin".to_owned();
    assert_eq!(send(vec![("sec-fetch-site", "same-origin")], forged).await.status, StatusCode::FORBIDDEN);
    let accepted = send(vec![("origin", "https://axle.example")], ours).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.text());
    let page = server.get("/main/settings/calendar?done=calendar", &cookie).await;
    assert!(page.text().contains("Europe/Berlin") && page.text().contains("The time zone is saved"));
    let sign_in = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("name=admin%40example.com&password=correct+horse+battery"))
        .unwrap();
    assert_eq!(server.send(sign_in).await.status, StatusCode::FORBIDDEN, "no browser, no token");
}

#[tokio::test]
async fn an_upload_becomes_an_import_with_a_receipt_and_members() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    let page = server.import(&cookie, &export()).await;
    let shown = server.get(&page, &cookie).await;
    assert!(shown.text().contains("export.jsonl") && shown.text().contains("interchange"), "{}", shown.text());
    assert!(shown.text().contains("Rejected records"));
    let rejects = server.get(&format!("{page}/rejects"), &cookie).await;
    assert_eq!(rejects.text().lines().count(), 1);
    let members = server.get("/main/members", &cookie).await;
    assert!(members.text().contains("Ada Example") && members.text().contains("Bob Example"));
    let left: Vec<_> = walk(&server.folder.path().join("workspaces/main/uploads"));
    assert!(left.is_empty(), "the upload is deleted: {left:?}");
    let sources = server.get("/main/sources", &cookie).await;
    assert!(sources.text().contains("interchange"));
    let home = server.get("/main", &cookie).await;
    assert!(home.text().contains("Title of activities") && home.text().contains("Ada Example"), "{}", home.text());
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn an_upload_that_is_no_export_says_what_to_change() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    let csrf = server.get("/main/sources", &cookie).await.csrf();
    let reply = server.upload(&cookie, &csrf, "notes.txt", "hello").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.text().contains("choose its format by hand"), "{}", reply.text());
    assert!(!reply.text().contains(&server.folder.path().display().to_string()), "where it lay is nobody's business");
    assert_eq!(server.upload(&cookie, "wrong", "notes.txt", "hello").await.status, StatusCode::FORBIDDEN);
    assert!(walk(&server.folder.path().join("workspaces/main/uploads")).is_empty());
}

#[tokio::test]
async fn what_members_wrote_stays_text_on_pages_and_in_sheets() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    server.import(&cookie, &export()).await;
    let list = server.get("/main/members?q=script", &cookie).await;
    let link = list.text().split("href=\"").find(|part| part.starts_with("/main/members/")).unwrap();
    let member = link.split('"').next().unwrap();
    for path in ["/main", "/main/members", member, "/main/questions", "/main/search?q=%3Cscript%3Ealert(1)"] {
        let page = server.get(path, &cookie).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.text().contains("<script>alert"), "{path}");
        assert!(!page.text().contains("javascript:"), "{path}");
        assert!(!page.text().contains("<b>Title"), "{path}");
    }
    let csv = server.get("/main/members?format=csv", &cookie).await;
    assert!(csv.text().contains(&format!("'{HOSTILE}")), "{}", csv.text());
    assert!(csv.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let json = server.get("/main/members?format=json", &cookie).await;
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&json.body).unwrap();
    assert!(rows.len() == 3 && rows.iter().any(|row| row["name"] == HOSTILE), "JSON is untouched");
    let xlsx = server.get("/main/members?format=xlsx", &cookie).await;
    assert_eq!(&xlsx.body[..2], b"PK");
    assert_eq!(server.get("/main/members?format=exe", &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_list_filters_sorts_and_keeps_filters() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    server.import(&cookie, &export()).await;
    let found = async |query: &str| {
        let json = server.get(&format!("/main/members?format=json&{query}"), &cookie).await;
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&json.body).unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("q=U3-HANDLE").await, ["Bob Example"], "handles are found in any case");
    assert_eq!(found("since=2026-03-12").await, [HOSTILE]);
    assert_eq!(found("sort=newest").await, [HOSTILE, "Ada Example", "Bob Example"]);
    assert_eq!(found("source=slack").await.len(), 0);
    assert_eq!(found("kind=bot").await.len(), 0);
    let wrong = server.get("/main/members?since=soon", &cookie).await;
    assert!(wrong.status == StatusCode::OK && wrong.text().contains("is no date"));
    let page = server.get("/main/members?q=ada", &cookie).await;
    let form = format!("csrf={}&name=The+Adas&filter=%2Fmain%2Fmembers%3Fq%3Dada", page.csrf());
    let saved = server.post("/main/segments", &cookie, &form).await;
    assert_eq!(saved.location(), "/main/members?q=ada&done=segment");
    assert!(server.get("/main/members", &cookie).await.text().contains("The Adas"));
}

/// Every address with the roles that it is for: everybody, those who see people, who manage sources, who administer.
const WALK: [(&str, &str); 42] = [
    ("/main", "all"),
    ("/main/members", "members"),
    ("/main/members?format=csv", "members"),
    ("/main/members?format=xlsx", "members"),
    ("/main/members?format=json", "members"),
    ("MEMBER", "members"),
    ("/main/questions", "all"),
    ("/main/questions?format=csv", "all"),
    ("/main/questions?format=json", "all"),
    ("/main/kpis", "all"),
    ("/main/kpis/activities", "all"),
    ("/main/kpis/activities?format=csv", "all"),
    ("/main/kpis/activities/rows", "members"),
    ("/main/kpis/activities/rows?format=xlsx", "members"),
    ("/main/kpis/new", "admin"),
    ("/main/boards/marketing", "all"),
    ("/main/boards/support?grain=quarter", "all"),
    ("/main/audience", "all"),
    ("/main/report", "all"),
    ("/main/kpis/top_answerers", "members"),
    ("/main/flywheels", "all"),
    ("/main/flywheels/community_qualified_leads", "all"),
    ("/main/organizations", "members"),
    ("/main/organizations?format=csv", "members"),
    ("/main/duplicates/organizations", "sources"),
    ("/main/hand-offs", "hand-offs"),
    ("/main/hand-offs?format=csv", "hand-offs"),
    ("/main/sources", "all"),
    ("/main/sources/fields", "all"),
    ("/main/sources/interchange/counts", "all"),
    ("IMPORT", "all"),
    ("IMPORT/rejects", "sources"),
    ("/main/settings/channels", "sources"),
    ("/main/settings/calendar", "admin"),
    ("/main/settings/currencies", "admin"),
    ("/main/settings/leads", "admin"),
    ("/main/settings/flywheels", "admin"),
    ("/main/settings/flywheels/new", "admin"),
    ("/main/settings/flywheels/knowledge_sharing", "admin"),
    ("/main/settings/users", "admin"),
    ("/main/settings/people", "admin"),
    ("/main/search?q=example", "all"),
];

fn may(role: &str, what: &str) -> bool {
    match what {
        "members" => !["sales", "executive"].contains(&role),
        "sources" => ["admin", "builder"].contains(&role),
        "hand-offs" => role != "executive",
        "admin" => role == "admin",
        _ => true,
    }
}

#[tokio::test]
async fn each_role_sees_what_it_may_and_nothing_else() {
    let server = Server::new().await;
    let admin = server.sign_in("admin").await;
    let import = server.import(&admin, &export()).await;
    let list = server.get("/main/members?q=ada", &admin).await;
    let member = list.text().split("href=\"").find(|part| part.starts_with("/main/members/")).unwrap();
    let member = member.split('"').next().unwrap();
    let bot = format!("{member}/bot");
    let affiliations = format!("{member}/affiliations");
    for role in axle_app::users::ROLES {
        let cookie = if role == "admin" { admin.clone() } else { server.sign_in(role).await };
        for (path, what) in WALK {
            let path = path.replace("MEMBER", member).replace("IMPORT", &import);
            let reply = server.get(&path, &cookie).await;
            let expected = if may(role, what) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(reply.status, expected, "{role} at {path}");
            if !may(role, "members") {
                let text = String::from_utf8_lossy(&reply.body);
                assert!(NAMES.iter().all(|name| !text.contains(name)), "{role} reads a name at {path}");
                assert!(!text.contains("-handle"), "{role} reads a handle at {path}");
            }
        }
        let csrf = server.get("/main/sources", &cookie).await.csrf();
        let posts = [
            ("/main/settings", "action=preview&decay=0.9".to_owned(), "admin"),
            ("/main/settings/channels", String::new(), "sources"),
            ("/main/settings/calendar", "time_zone=UTC".into(), "admin"),
            ("/main/settings/business-hours", "day=none".into(), "admin"),
            ("/main/settings/currencies", "reporting=&rates=".into(), "admin"),
            ("/main/settings/leads", "words=x".into(), "admin"),
            ("/main/settings/flywheels/knowledge_sharing", "do=preview&text=a".into(), "admin"),
            ("/main/settings/flywheels/knowledge_sharing/reset", "id=no".into(), "admin"),
            ("/main/settings/flywheels/new", "do=save&id=a&text=a".into(), "admin"),
            ("/main/settings/users", format!("email=new-{role}%40example.com&role=builder"), "admin"),
            ("/main/settings/people", "action=preview&own=example.org".to_owned(), "admin"),
            (bot.as_str(), "word=auto".to_owned(), "sources"),
            (affiliations.as_str(), "word=there&organization=acme.io".to_owned(), "sources"),
            ("/main/organizations/acme.io/merge", "with=none.io".to_owned(), "sources"),
            ("/main/duplicates/organizations", "action=accept".to_owned(), "sources"),
            ("/main/segments", "name=a&filter=%2Fmain%2Fmembers%3Fq%3Da".into(), "members"),
        ];
        for (path, form, what) in posts {
            let reply = server.post(path, &cookie, &format!("csrf={csrf}&{form}")).await;
            assert_eq!(reply.status != StatusCode::FORBIDDEN, may(role, what), "{role} sends {path}: {}", reply.status);
        }
        let upload = server.upload(&cookie, &csrf, "notes.txt", "hello").await;
        assert_eq!(upload.status != StatusCode::FORBIDDEN, may(role, "sources"), "{role} uploads");
    }
}

/// A refusal and a missing page keep the way on, and no role is led to what it may not open.
#[tokio::test]
async fn who_is_refused_keeps_the_navigation_of_what_is_open() {
    let server = Server::new().await;
    server.sign_in("admin").await;
    for role in axle_app::users::ROLES {
        let cookie = server.sign_in(role).await;
        let home = server.get("/main", &cookie).await.text().to_owned();
        let navigation = home.split("aria-label=\"Main\"").nth(1).and_then(|rest| rest.split("</nav>").next()).unwrap();
        for link in navigation.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(server.get(link, &cookie).await.status, StatusCode::OK, "{role} is led to {link}");
        }
    }
    let sales = server.sign_in("sales").await;
    let refused = server.get("/main/members", &sales).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let text = refused.text();
    assert!(text.contains("/main/report") && !text.contains("\"/main/members\""), "{text}");
    assert!(text.contains("Your role, sales,"), "{text}");
    let missing = server.get("/main/nothing-here", &sales).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text().contains("/main/report"));
    let unknown = server.get("/main/questions?age=zzz", &sales).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.text().contains("zzz") && unknown.text().contains("/main/report"));
    assert!(!server.get("/main/nothing-here", "").await.text().contains("/main/report"), "who is not signed in");
}

#[tokio::test]
async fn nobody_gets_anything_without_signing_in() {
    let server = Server::new().await;
    server.add_user("admin").await;
    for (path, _) in WALK {
        let path = path.replace("MEMBER", "/main/members/1").replace("IMPORT", "/main/imports/1");
        for cookie in ["", "axle=0000", "__Host-axle=0000"] {
            let reply = server.get(&path, cookie).await;
            assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path}");
            assert!(reply.location().starts_with("/sign-in"), "{path}");
        }
    }
    assert_eq!(server.get("/other", "").await.status, StatusCode::SEE_OTHER, "which workspaces exist is not told");
}

#[tokio::test]
async fn a_timeline_is_paged_and_filtered_by_its_address() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    // All at one instant: only their ids tell their order.
    let line = |id: u32| {
        let kind = if id < 5 { "forum:topic:opened" } else { "forum:post:replied" };
        serde_json::json!({
            "type": "activity", "id": format!("a{id}"), "activity": kind, "at": "2026-03-10T09:00:00Z", "channel": "C1",
            "title": format!("Post number {id}."), "actor": { "platform": "forum", "uid": "u1", "name": "Ada Example" },
        })
        .to_string()
    };
    server.import(&cookie, &(0..120).map(line).collect::<Vec<_>>().join("\n")).await;
    let list = server.get("/main/members?q=ada", &cookie).await;
    let member = list.text().split("href=\"").find(|part| part.starts_with("/main/members/")).unwrap();
    let member = member.split('"').next().unwrap();
    let (mut seen, mut pages, mut next) = (std::collections::BTreeSet::new(), 0, member.to_owned());
    loop {
        let page = server.get(&next, &cookie).await;
        let text = page.text();
        pages += 1;
        seen.extend(text.split("Post number ").skip(1).map(|part| part.split('.').next().unwrap().to_owned()));
        assert!(text.contains("of 120\u{a0}activities"), "page {pages}");
        let Some(older) = text.split("href=\"").find(|part| part.contains("rel=\"next\"")) else { break };
        next = older.split('#').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!((pages, seen.len()), (3, 120), "each once, on three pages");
    let opened = server.get(&format!("{member}?kind=forum%3Atopic%3Aopened"), &cookie).await;
    assert_eq!(opened.text().matches("Post number ").count(), 5);
    assert!(opened.text().contains("Post replied <span class=\"chip-count\">115"), "the other kinds stay on offer");
    let odd = server.get(&format!("{member}?kind=nothing&cursor=1.x"), &cookie).await;
    assert!(odd.status == StatusCode::OK && odd.text().contains("No activity of this kind."));
}

#[tokio::test]
async fn weights_are_previewed_then_saved() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    server.import(&cookie, &export()).await;
    let page = server.get("/main/settings", &cookie).await;
    let form = |action: &str, weight: &str| {
        format!("csrf={}&action={action}&decay=0.8&weight%3Aforum%3Atopic%3Aopened={weight}", page.csrf())
    };
    let wrong = server.post("/main/settings", &cookie, &form("preview", "13")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("from 0 to 12") && wrong.text().contains("value=\"13\""), "what was typed is kept");
    let preview = server.post("/main/settings", &cookie, &form("preview", "9")).await;
    assert!(preview.text().contains("What saving would change"));
    assert!(server.get("/main/settings", &cookie).await.text().contains("value=\"0.9\""), "a preview changes nothing");
    assert_eq!(
        server.post("/main/settings", &cookie, &form("save", "9")).await.location(),
        "/main/settings?done=weights"
    );
    assert!(server.get("/main/settings", &cookie).await.text().contains("value=\"0.8\""));
}

#[tokio::test]
async fn a_new_user_gets_a_password_that_is_shown_once() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    let csrf = server.get("/main/settings/users", &cookie).await.csrf();
    let form = format!("csrf={csrf}&email=new%40example.com&role=builder");
    let page = server.post("/main/settings/users", &cookie, &form).await;
    let password = page.text().split("with the password ").nth(1).unwrap().split('.').next().unwrap();
    assert_eq!(server.try_sign_in("new%40example.com", password).await.status, StatusCode::SEE_OTHER);
    assert!(!server.get("/main/settings/users", &cookie).await.text().contains(password));
    let again = server.post("/main/settings/users", &cookie, &form).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "an existing user keeps their password");
}

#[tokio::test]
async fn a_kpi_shows_its_course_and_takes_odd_questions() {
    let server = Server::new().await;
    let cookie = server.sign_in("executive").await;
    let admin = server.sign_in("admin").await;
    server.import(&admin, &export()).await;
    let page = server.get("/main/kpis/activities?from=2026-01-01&to=2026-04-01&grain=month", &cookie).await;
    assert!(page.text().contains("2 so far in Mar 2026"), "{}", page.text());
    let csv = server.get("/main/kpis/activities?from=2025-11-01&to=2025-12-01&format=csv", &cookie).await;
    assert!(csv.text().contains("2025-11-01,2025-12-01,1"), "{}", csv.text());
    for query in ["from=soon", "grain=fortnight", "by=nothing", "from=2026-01-01&to=2025-01-01", "as_of=x"] {
        let page = server.get(&format!("/main/kpis/activities?{query}"), &cookie).await;
        assert!(page.status == StatusCode::OK && page.text().contains("filter-problem"), "{query}");
        let file = server.get(&format!("/main/kpis/activities?format=json&{query}"), &cookie).await;
        assert_eq!(file.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert!(clock().to_string().starts_with("2026-03-15"));
}

#[tokio::test]
async fn the_server_tells_its_address_and_answers_there() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let folder = tempfile::tempdir().unwrap();
    let server = axle_app::ServerDb::open(folder.path()).await.unwrap();
    let opener: axle_server::Opener =
        std::sync::Arc::new(|slug| Box::pin(async move { Err(axle_app::AppError::NotFound(slug)) }));
    let state = axle_server::AppState::new(server, folder.path(), opener, clock);
    let (sender, listening) = tokio::sync::oneshot::channel();
    let mail = axle_app::digest::Mail { from: "axle@example.com".into(), server: None };
    let options = axle_server::ServeOptions {
        outside: axle_server::Outside { address: "http://axle.example".into(), mail },
        listen: "127.0.0.1:0".parse().unwrap(),
        is_https: true,
        on_listening: Box::new(move |address| sender.send(address).unwrap()),
    };
    let serving = tokio::spawn(axle_server::serve(options, state));
    let mut stream = tokio::net::TcpStream::connect(listening.await.unwrap()).await.unwrap();
    stream.write_all(b"GET /sign-in HTTP/1.1\r\nHost: axle.example\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(reply.contains("__Host-axle-form=") && reply.contains("Secure"), "cookies are for HTTPS alone");
    serving.abort();
}

#[tokio::test]
async fn brands_are_listed_line_by_line_and_stay_so() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    let csrf = server.get("/main/settings/brands", &cookie).await.csrf();
    let form = format!("csrf={csrf}&own=Fjordly%3A+fjord+ly&competitors=Zorbl%0D%0AQuuxboard");
    let saved = server.post("/main/settings/brands", &cookie, &form).await;
    assert_eq!(saved.location(), "/main/settings/brands?done=brands");
    let page = server.get("/main/settings/brands", &cookie).await;
    assert!(page.text().contains("Fjordly: fjord ly&#10;") && page.text().contains("Quuxboard&#10;Zorbl&#10;"));
    let twice = format!("csrf={csrf}&own=Zorbl&competitors=Zorbl");
    let refused = server.post("/main/settings/brands", &cookie, &twice).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("Zorbl is listed twice"));
    let other = server.sign_in("builder").await;
    assert_eq!(server.get("/main/settings/brands", &other).await.status, StatusCode::FORBIDDEN);
}

/// The public id of the one activity that there is.
async fn only_activity(server: &Server) -> String {
    let token = server.token("builder").await;
    let ask = async |path: String| -> serde_json::Value {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        serde_json::from_str(server.send(request.body(Body::empty()).unwrap()).await.text()).unwrap()
    };
    let members = ask("/api/v1/main/members".into()).await;
    let member = ask(format!("/api/v1/main/members/{}", members[0]["member_id"].as_str().unwrap())).await;
    member["timeline"][0]["activity_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_read_wrongly_is_put_right_on_the_page_and_taken_back() {
    let server = Server::new().await;
    let first = server.sign_in("admin").await;
    let asked = serde_json::json!({
        "type": "activity", "id": "q1", "activity": "chat:message:sent", "at": "2026-03-10T09:00:00Z", "channel": "C1",
        "actor": { "platform": "chat", "uid": "u1", "name": "Ada Example" }, "text": "How do I rotate the signing key without downtime?",
    });
    server.import(&first, &asked.to_string()).await;
    let id = only_activity(&server).await;
    let cookie = server.sign_in("builder").await;
    let settings = server.get("/main/settings/reading", &cookie).await;
    assert!(settings.text().contains("Nothing corrected yet"));
    let csrf = server.get("/main/sources", &cookie).await.csrf();
    let form = format!("csrf={csrf}&activity={id}&label=question&value=false&back=questions");
    let done = server.post("/main/corrections", &cookie, &form).await;
    assert_eq!(done.location(), "/main/questions?done=corrected");
    assert!(server.get("/main/settings/reading", &cookie).await.text().contains("Not a question"));
    // An address of elsewhere does not lead there.
    let away = form.replace("back=questions", "back=%2F%2Fevil.example").replace("question&", "praise&");
    assert_eq!(server.post("/main/corrections", &cookie, &away).await.location(), "/main?done=corrected");
    let back = format!("csrf={csrf}&activity={id}&label=question");
    assert_eq!(
        server.post("/main/corrections/withdraw", &cookie, &back).await.location(),
        "/main/settings/reading?done=withdrawn"
    );
    let viewer = server.sign_in("internal_viewer").await;
    assert_eq!(server.post("/main/corrections", &viewer, &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn duplicates_are_for_builders_and_administrators() {
    let server = Server::new().await;
    for (role, status) in
        [("builder", StatusCode::OK), ("support", StatusCode::FORBIDDEN), ("sales", StatusCode::FORBIDDEN)]
    {
        let cookie = server.sign_in(role).await;
        assert_eq!(server.get("/main/duplicates", &cookie).await.status, status, "{role}");
    }
    let admin = server.sign_in("admin").await;
    let csrf = server.get("/main/settings/identities", &admin).await.csrf();
    let form = |threshold: &str, action: &str| format!("csrf={csrf}&threshold={threshold}&largest=12&action={action}");
    let preview = server.post("/main/settings/identities", &admin, &form("99.9", "preview")).await;
    assert!(preview.text().contains("Nobody would be joined"));
    let refused = server.post("/main/settings/identities", &admin, &form("20", "save")).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text().contains("from 0.5 to 1"));
    let saved = server.post("/main/settings/identities", &admin, &form("99.9", "save")).await;
    assert_eq!(saved.location(), "/main/settings/identities?done=identities");
    assert!(server.get("/main/settings/identities", &admin).await.text().contains("value=\"99.9\""));
}

#[tokio::test]
async fn a_member_page_shows_possible_duplicates_and_joins_two() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    let line = |id: u32, platform: &str, username: &str, name: &str| {
        serde_json::json!({
            "type": "activity", "id": format!("a{id}"), "activity": "forum:topic:opened", "at": "2026-03-10T09:00:00Z",
            "channel": "C1", "title": "Title", "actor": { "platform": platform, "username": username, "name": name },
        })
        .to_string()
    };
    let lines = [
        line(1, "forum", "cwinslowski", "Conrad Winslowski"),
        line(2, "chat", "cwinslowski", "Conrad Winslowski"),
        line(3, "forum", "peggy_o", "Peggy Ostrander"),
        line(4, "chat", "margaret", "Margaret Q"),
    ];
    server.import(&cookie, &lines.join("\n")).await;
    let member = async |name: &str| {
        let list = server.get(&format!("/main/members?q={name}"), &cookie).await;
        let link = list.text().split("href=\"").find(|part| part.starts_with("/main/members/")).unwrap();
        link.split('"').next().unwrap().to_owned()
    };
    let conrad = member("conrad").await;
    let page = server.get(&conrad, &cookie).await;
    assert!(page.text().contains(&format!("hx-get=\"{conrad}/duplicates\"")));
    let asked = server.get(&format!("{conrad}/duplicates"), &cookie).await;
    assert!(asked.text().contains("Conrad Winslowski") && !asked.text().contains("Peggy"), "{}", asked.text());
    let judge = format!("/main/duplicates?member={}", conrad.rsplit('/').next().unwrap());
    assert!(asked.text().contains(&judge), "{}", asked.text());
    assert!(server.get(&judge, &cookie).await.text().contains("About"));
    let peggy = member("peggy").await;
    assert_eq!(server.get(&format!("{peggy}/duplicates"), &cookie).await.text().trim(), "");
    let viewer = server.sign_in("internal_viewer").await;
    assert_eq!(server.get(&format!("{peggy}/duplicates"), &viewer).await.status, StatusCode::FORBIDDEN);

    let csrf = server.get("/main/sources", &cookie).await.csrf();
    let join =
        async |with: &str| server.post(&format!("{peggy}/merge"), &cookie, &format!("csrf={csrf}&with={with}")).await;
    for (with, problem) in [("Nobody+Else", "no member is called"), ("conrad+winslowski", "several members are called")]
    {
        let refused = join(with).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{with}");
        let typed = format!("value=\"{}\"", with.replace('+', " "));
        assert!(refused.text().contains(problem) && refused.text().contains(&typed), "{with}");
    }
    // By a handle, as by an address of a page.
    assert_eq!(join("MARGARET").await.location(), format!("{peggy}?done=merged"));
    let history = server.get("/main/duplicates", &cookie).await;
    assert!(
        history.text().contains("Peggy Ostrander (forum peggy_o) and Margaret Q (chat margaret) are one person"),
        "{}",
        history.text()
    );
    let both = member("conrad").await;
    let address = format!("https%3A%2F%2Faxle.example{}", both.replace('/', "%2F"));
    assert_eq!(join(&address).await.location(), format!("{peggy}?done=merged"));
}

#[tokio::test]
async fn organizations_are_found_listed_and_shown_and_domains_are_previewed() {
    let server = Server::new().await;
    let cookie = server.sign_in("admin").await;
    let line = |id: u32, name: &str, email: &str| {
        serde_json::json!({
            "type": "activity", "id": format!("a{id}"), "activity": "forum:topic:opened", "at": "2026-03-10T09:00:00Z",
            "channel": "C1", "title": "Title", "actor": { "platform": "forum", "uid": email, "email": email, "name": name },
        })
        .to_string()
    };
    let lines = [
        line(1, "Ada Example", "ada@acme.io"),
        line(2, "Bob Example", "bob@zeta.dev"),
        line(3, "Cyd Example", "cyd@gmail.com"),
        serde_json::json!({"type": "organization", "id": "a/1 ä", "name": HOSTILE, "domains": ["acme.io"]}).to_string(),
    ];
    server.import(&cookie, &lines.join("\n")).await;
    let list = server.get("/main/organizations", &cookie).await;
    assert!(
        list.text().contains("zeta.dev") && !list.text().contains("gmail.com") && !list.text().contains("<script>a")
    );
    assert!(!server.get("/main/organizations?q=ACME", &cookie).await.text().contains("zeta.dev"));
    assert!(server.get("/main/organizations?sort=size", &cookie).await.text().contains("cannot be sorted"));
    let link = list.text().split("href=\"").find(|part| part.starts_with("/main/organizations/a")).unwrap();
    let page = server.get(link.split('"').next().unwrap(), &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("Ada Example") && !page.text().contains("Bob Example"));
    assert!(server.get("/main/organizations/acme.io", &cookie).await.text().contains("Ada Example"));
    assert_eq!(server.get("/main/organizations/none.io", &cookie).await.status, StatusCode::NOT_FOUND);
    let csv = server.get("/main/organizations?format=csv", &cookie).await;
    assert_eq!(csv.text().lines().count(), 3, "a head and two organizations");
    let settings = server.get("/main/settings/people", &cookie).await;
    let form =
        |action: &str, own: &str| format!("csrf={}&action={action}&own={own}&personal=zeta.dev", settings.csrf());
    let wrong = server.post("/main/settings/people", &cookie, &form("preview", "acme")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("is no domain"));
    let free = server.post("/main/settings/people", &cookie, &form("save", "acme.io%0Agmail.com")).await;
    assert_eq!(free.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(free.text().contains("`gmail.com` makes nobody a teammate"), "{}", free.text());
    let preview = server.post("/main/settings/people", &cookie, &form("preview", "acme.io")).await;
    assert!(preview.text().contains("What saving would change") && preview.text().contains("Ada Example"));
    let saved = server.post("/main/settings/people", &cookie, &form("save", "acme.io")).await;
    assert_eq!(saved.location(), "/main/settings/people?done=people");
    assert!(!server.get("/main/organizations", &cookie).await.text().contains("zeta.dev"));
    let members = server.get("/main/members?kind=teammate", &cookie).await;
    assert!(members.text().contains("Ada Example") && !members.text().contains("Bob Example"));
}

/// The value of a field that a form of a page sends back.
fn field(page: &str, name: &str) -> String {
    let start = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    start.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_says_where_a_member_works_and_which_organizations_are_one() {
    let server = Server::new().await;
    let cookie = server.sign_in("builder").await;
    let line = |id: u32, name: &str, email: &str| {
        serde_json::json!({
            "type": "activity", "id": format!("a{id}"), "activity": "forum:topic:opened", "at": "2026-03-10T09:00:00Z",
            "channel": "C1", "title": "Title", "actor": { "platform": "forum", "uid": email, "email": email, "name": name },
        })
        .to_string()
    };
    let lines = [line(1, "Ada Example", "ada@acme.io"), line(2, "Bob Example", "bob@acme.de")];
    server.import(&cookie, &lines.join("\n")).await;
    let list = server.get("/main/members?q=ada", &cookie).await;
    let member = list.text().split("href=\"").find(|part| part.starts_with("/main/members/")).unwrap();
    let member = member.split('"').next().unwrap().to_owned();
    let csrf = server.get("/main/sources", &cookie).await.csrf();
    let say = format!("{member}/affiliations");
    let form = |form: &str| format!("csrf={csrf}&{form}");
    let never = server.post(&say, &cookie, &form("organization=acme.io&word=never")).await;
    assert_eq!(never.location(), format!("{member}?done=affiliation"));
    let there = "organization=Borealis&word=there&title=Pilot&from=2025-01-01&last=2025-12-31";
    server.post(&say, &cookie, &form(there)).await;
    let page = server.get(&member, &cookie).await;
    for words in ["Not at acme.io", "At Borealis 1\u{a0}Jan 2025 to 31\u{a0}Dec 2025", "Pilot", "said by a person"] {
        let plain = words.replace('\u{a0}', " ");
        assert!(page.text().contains(words) || page.text().contains(&plain), "{words}");
    }
    assert!(!server.get("/main/organizations/acme.io", &cookie).await.text().contains("Ada Example"));
    let no_day = server.post(&say, &cookie, &form("organization=acme.io&word=ended")).await;
    assert_eq!(no_day.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_day.text().contains("Say the last day there."));
    // What was typed stays in the form.
    let no_date = form("organization=Borealis+Two&word=there&title=Stoker&from=2026-13-01&last=");
    let no_date = server.post(&say, &cookie, &no_date).await;
    assert_eq!(no_date.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["2026-13-01” is no date", "value=\"Borealis Two\"", "value=\"Stoker\"", "value=\"2026-13-01\""] {
        assert!(no_date.text().contains(words), "{words}");
    }
    // So it does in the other forms of the page.
    for (path, typed, problem) in [
        ("teammate", "word=days&from=2026-13-01&last=", "2026-13-01” is no date"),
        ("teammate", "word=days&from=2026-03-02&last=2026-03-01", "no day lies between"),
        ("consents", "kind=contact&channel=A+call&day=2026-13-01", "2026-13-01” is no date"),
        ("absences", "from=2026-13-01&back=2026-03-09&reason=Holidays", "2026-13-01” is no day"),
        ("notes", "text=&quote=Tell+me+the+price", "the note says nothing"),
        ("tags", "tag=Speaker+at+the+autumn+meetup+and+at+all+the+others+before", "50 are the most"),
    ] {
        let refused = server.post(&format!("{member}/{path}"), &cookie, &form(typed)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(refused.text().contains(problem) && refused.text().contains("Identities"), "{path}");
        let kept = typed.split('&').filter_map(|pair| pair.split_once('=')).filter(|(_, value)| !value.is_empty());
        for (_, value) in kept {
            let value = value.replace('+', " ");
            assert!(refused.text().contains(&format!("value=\"{value}\"")), "{path} forgets {value}");
        }
    }
    let elsewhere = server.post("/main/organizations/acme.io/merge", &cookie, &form("with=Nowhere+Ltd")).await;
    assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        elsewhere.text().contains("there is no organization") && elsewhere.text().contains("value=\"Nowhere Ltd\"")
    );
    let target =
        server.post("/main/accounts", &cookie, &form("mark=key&organization=acme.io&owner=Cleo&target=many")).await;
    assert_eq!(target.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(target.text().contains("is no number of key members") && target.text().contains("value=\"Cleo\""));
    // The form under the latest word: undone, the page is as it was before.
    let text = page.text();
    let undo_form = &text[text.find("/duplicates/undo").unwrap()..];
    let undo = format!("change={}&back={}", field(undo_form, "change"), field(undo_form, "back"));
    let undone = server.post("/main/duplicates/undo", &cookie, &form(&undo)).await;
    assert_eq!(undone.location(), format!("{member}?done=undone"));
    assert!(!server.get(&member, &cookie).await.text().contains("Borealis"));
    // What is said on a page is no import.
    let note = server.post(&format!("{member}/notes"), &cookie, &form("text=Prefers+mail&quote=")).await;
    assert_eq!(note.status, StatusCode::SEE_OTHER, "{}", note.text());
    for page in ["/main", "/main/sources"] {
        let shown = server.get(page, &cookie).await;
        assert!(shown.text().contains("export.jsonl") || shown.text().contains("interchange"), "{page}");
        assert!(!shown.text().contains("said in Axle") && !shown.text().contains("0 new of 0"), "{page}");
    }

    let pairs = server.get("/main/duplicates/organizations", &cookie).await;
    assert!(pairs.text().contains("domains that begin alike: acme.de and acme.io"));
    let skip = format!("skip={}", field(pairs.text(), "accept"));
    let later = server.post("/main/duplicates/organizations", &cookie, &form(&skip)).await;
    assert_eq!(later.location(), "/main/duplicates/organizations?done=later");
    let pairs = server.get("/main/duplicates/organizations", &cookie).await;
    assert!(pairs.text().contains("put off") && pairs.text().contains("0 decided"));
    let accept = format!("accept={}", field(pairs.text(), "accept"));
    let accepted = server.post("/main/duplicates/organizations", &cookie, &form(&accept)).await;
    assert_eq!(accepted.location(), "/main/duplicates/organizations?done=one-organization");
    let one = server.get("/main/organizations/acme.de", &cookie).await;
    assert!(one.text().contains("<bdi>said by a person</bdi>") && one.text().contains("Bob Example"));
    assert_eq!(
        server.get("/main/organizations/acme.io", &cookie).await.status,
        StatusCode::OK,
        "the old link leads on"
    );
    let split = server.post("/main/organizations/acme.de/split", &cookie, &form("sighting=domain%3Aacme.io")).await;
    assert_eq!(split.location(), "/main/organizations/acme.de?done=organization-split");
    let merge = server.post("/main/organizations/acme.io/merge", &cookie, &form("with=acme.de")).await;
    assert_eq!(merge.location(), "/main/organizations/acme.io?done=one-organization");
    let history = server.get("/main/duplicates/organizations", &cookie).await;
    for words in [
        "acme.de and acme.io are one organization",
        "1 part of acme.de split off",
        "No organization seems",
        "1 decided",
    ] {
        assert!(history.text().contains(words), "{words}");
    }
    assert_eq!(field(history.text(), "back"), "organizations");
}
