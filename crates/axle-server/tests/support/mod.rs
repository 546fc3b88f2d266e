//! A server with one workspace, and browsers that visit it.
#![allow(dead_code, reason = "each test binary uses its own part")]

#[path = "../../../axle-app/tests/support/engine.rs"]
pub mod engine;

use std::path::PathBuf;
use std::sync::Arc;

use axle_app::users::{self, NewUser};
use axle_app::{ServerDb, Workspace};
use axle_model::kpi::KpiDefinition;
use axle_server::{AppState, Opener, router};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use engine::Engine;
use http_body_util::BodyExt;
use jiff::Timestamp;
use tower::ServiceExt;

pub const PASSWORD: &str = "correct horse battery";
/// A name that a page must show as text, and a sheet must not run.
pub const HOSTILE: &str = "=Eve<script>alert(1)</script>";

/// The instant of every test.
pub fn clock() -> Timestamp {
    "2026-03-15T12:00:00Z".parse().unwrap()
}

pub struct Server {
    pub router: Router,
    pub state: AppState,
    pub folder: tempfile::TempDir,
    server: ServerDb,
}

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the page's form token.
    pub fn csrf(&self) -> String {
        let text = self.text();
        let at = text.find("name=\"csrf\" value=\"").expect("the page has a form") + 19;
        text[at..].split('"').next().unwrap().to_owned()
    }

    /// Name and value of the cookies that were set.
    pub fn cookies(&self) -> Vec<String> {
        let set = self.headers.get_all(header::SET_COOKIE).iter();
        set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
    }
}

fn kpis() -> Vec<KpiDefinition> {
    let kpi = |id: &str, value: &str| {
        format!(
            "id = {id:?}\ngroup = \"Members\"\ntitle = \"Title of {id}\"\nquestion = \"How many?\"\nunit = \"count\"\n\
             value = {value:?}\nrows = \"select 1\"\n"
        )
    };
    [("activities", "count"), ("members_new", "count"), ("top_answerers", "table")]
        .iter()
        .map(|(id, value)| toml::from_str(&kpi(id, value)).unwrap())
        .collect()
}

impl Server {
    /// A server with the empty workspace `main` and a user of each role, `<role>@example.com`.
    pub async fn new() -> Self {
        Self::of(Arc::default(), clock).await
    }

    /// The same with an engine of `main` and a clock of one's own.
    pub async fn of(engine: Arc<Engine>, clock: fn() -> Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = ServerDb::open(folder.path()).await.unwrap();
        let data = folder.path().to_owned();
        open(data.clone(), "main".into(), Arc::default()).await.unwrap();
        let opener: Opener = Arc::new(move |slug: String| {
            let engine = if slug == "main" { engine.clone() } else { Arc::default() };
            Box::pin(open(data.clone(), slug, engine))
        });
        let state = AppState::new(server.clone(), folder.path(), opener, clock);
        Self { router: router(state.clone()), state, folder, server }
    }

    /// One that has read these lines of interchange, and its administrator's cookie.
    pub async fn filled(lines: &str) -> (Self, String) {
        let server = Self::new().await;
        let cookie = server.sign_in("admin").await;
        server.import(&cookie, lines).await;
        (server, cookie)
    }

    pub async fn add_user(&self, role: &str) {
        let new = NewUser {
            email: format!("{role}@example.com"),
            name: format!("The {role}"),
            password: PASSWORD.into(),
            role: role.into(),
        };
        users::add(&self.server, new, clock()).await.unwrap();
    }

    /// A token of a user with that role.
    pub async fn token(&self, role: &str) -> String {
        self.add_user(role).await;
        axle_app::tokens::create(&self.server, &format!("{role}@example.com"), "test", clock()).await.unwrap()
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Reply {
        self.send(Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()).await
    }

    /// Sends a form as a browser does from our own page.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Reply {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub async fn try_sign_in(&self, email: &str, password: &str) -> Reply {
        self.post("/sign-in", "", &format!("name={email}&password={password}&next=%2Fmain%2Fmembers")).await
    }

    /// Adds a user of that role and signs them in: their cookie.
    pub async fn sign_in(&self, role: &str) -> String {
        self.add_user(role).await;
        let reply = self.try_sign_in(&format!("{role}%40example.com"), "correct+horse+battery").await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
        reply.cookies().into_iter().find(|cookie| cookie.starts_with("axle=")).unwrap()
    }

    /// Uploads an export; gives the answer.
    pub async fn upload(&self, cookie: &str, csrf: &str, name: &str, content: &str) -> Reply {
        let part = |head: &str, body: &str| format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
        let body = part("name=\"csrf\"", csrf)
            + &part("name=\"source\"", "")
            + &part("name=\"format\"", "")
            + &part(&format!("name=\"file\"; filename=\"{name}\""), content)
            + "--b--\r\n";
        let request = Request::post("/main/sources/import")
            .header(header::COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Uploads an export and waits until it is read: the path of the import's page.
    pub async fn import(&self, cookie: &str, content: &str) -> String {
        let csrf = self.get("/main/sources", cookie).await.csrf();
        let reply = self.upload(cookie, &csrf, "../../export.jsonl", content).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
        let page = reply.location().to_owned();
        loop {
            let progress = self.get(&format!("{page}/progress"), cookie).await;
            assert_eq!(progress.status, StatusCode::OK);
            if progress.headers.contains_key("hx-refresh") {
                return page;
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn open(data: PathBuf, slug: String, engine: Arc<Engine>) -> axle_app::AppResult<Workspace> {
    Workspace::open(&data, &slug, kpis(), |_| engine).await
}
