//! Raising a hand: the public form, the endpoint for bots, and their settings.

use std::net::SocketAddr;
use std::sync::Arc;

use axle_app::AppError;
use axle_app::raised::{self as app, Settings, Told, Written};
use axle_model::Identity;
use axum::extract::{Path, Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form, Json};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::settings::{Pairs, done, value};
use crate::failure::{Answer, Failure, html};
use crate::guard::{FrameSites, form_token, is_token};
use crate::pages::layout::{Section, workspace_link};
use crate::pages::raise_hand::{RaiseHandPage, RaiseHandSettingsPage};
use crate::state::Opened;
use crate::visit::Visit;
use crate::{AppState, format, limiter};

async fn opened(state: &AppState, slug: &str) -> Result<(Arc<Opened>, Settings), Failure> {
    let opened = state.workspace(slug).await?.ok_or(Failure::NotFound)?;
    let settings = app::settings(&opened.workspace).await?;
    Ok((opened, settings))
}

/// The token of the form for a day: nobody is signed in, and a frame of another site keeps no cookie of ours.
fn token_of(settings: &Settings, at: Timestamp) -> String {
    form_token(&format!("raise-hand/{}/{}", settings.token, at.as_second().div_euclid(86_400)))
}

async fn page_of(opened: &Opened, settings: &Settings, now: Timestamp) -> Result<RaiseHandPage, Failure> {
    Ok(RaiseHandPage {
        link: workspace_link(opened.workspace.slug(), "raise-hand").to_string(),
        community: opened.workspace.name().await?,
        heading: settings.title.clone(),
        text: settings.text.clone(),
        consent: settings.consent.clone(),
        csrf: token_of(settings, now),
        name: String::new(),
        email: String::new(),
        need: String::new(),
        has_consented: false,
        is_live: false,
        problem: None,
        is_taken: false,
    })
}

/// A page that the workspace's own sites may show in a frame.
fn framed(settings: &Settings, status: StatusCode, page: &RaiseHandPage) -> Answer {
    let mut response = (status, html(page)?).into_response();
    response.extensions_mut().insert(FrameSites(settings.sites.clone()));
    Ok(response)
}

/// `GET /{workspace}/raise-hand`
pub(crate) async fn form(State(state): State<AppState>, Path(slug): Path<String>) -> Answer {
    let (opened, settings) = opened(&state, &slug).await?;
    if !settings.is_open {
        return Err(Failure::NotFound);
    }
    framed(&settings, StatusCode::OK, &page_of(&opened, &settings, state.now()).await?)
}

#[derive(Deserialize)]
pub(crate) struct Raised {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    need: String,
    #[serde(default)]
    consent: String,
    #[serde(default)]
    live: String,
    /// People do not see this field; what fills it in is a program.
    #[serde(default)]
    website: String,
}

/// `POST /{workspace}/raise-hand`
pub(crate) async fn raise(
    State(state): State<AppState>,
    peer: Option<Extension<SocketAddr>>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Raised>,
) -> Answer {
    let (opened, settings) = opened(&state, &slug).await?;
    if !settings.is_open {
        return Err(Failure::NotFound);
    }
    let now = state.now();
    // A browser that says where it comes from was judged already; another needs the token of today's or yesterday's form.
    let says = headers.contains_key("sec-fetch-site") || headers.contains_key("origin");
    let day = SignedDuration::from_hours(24);
    let is_ours = |at| is_token(&form.csrf, &token_of(&settings, at));
    if !says && !is_ours(now) && !is_ours(now - day) {
        return Err(Failure::Forged);
    }
    let mut page = page_of(&opened, &settings, now).await?;
    let written = Written {
        name: form.name.clone(),
        email: form.email.clone(),
        need: form.need.clone(),
        has_consented: form.consent == "yes",
        is_live: form.live == "yes",
    };
    (page.name, page.email, page.need) = (form.name, form.email, form.need);
    (page.has_consented, page.is_live) = (written.has_consented, written.is_live);
    let address = limiter::client(peer.map(|Extension(peer)| peer), &headers, state.is_https);
    if let Err(wait) = state.forms().take(address, now) {
        let seconds = wait_seconds(wait);
        page.problem =
            Some(format!("Too much came from your network. Try again in {}.", format::duration(seconds as f64)));
        let mut response = framed(&settings, StatusCode::TOO_MANY_REQUESTS, &page)?;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(response);
    }
    if form.website.is_empty() {
        match app::take(&opened.workspace, &written, now).await {
            Ok(()) => {}
            Err(AppError::Invalid(problem)) => {
                page.problem = Some(problem);
                return framed(&settings, StatusCode::UNPROCESSABLE_ENTITY, &page);
            }
            Err(error) => return Err(error.into()),
        }
    }
    // A program is thanked like a person, so that it does not learn why nothing came of it.
    page.is_taken = true;
    framed(&settings, StatusCode::OK, &page)
}

/// Whole seconds, so that nobody comes a moment too early.
fn wait_seconds(wait: SignedDuration) -> u64 {
    u64::try_from((wait.as_millis() + 999) / 1_000).unwrap_or(0)
}

#[derive(Deserialize)]
pub(crate) struct HookQuery {
    #[serde(default)]
    token: String,
}

/// `POST /hooks/{workspace}/raise-hand`: what a bot was told. Slack's form, Discord's interaction, or plain JSON.
pub(crate) async fn hook(
    State(state): State<AppState>,
    peer: Option<Extension<SocketAddr>>,
    Path(slug): Path<String>,
    Query(query): Query<HookQuery>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let refused = |status: StatusCode, text: &str| (status, Json(json!({ "error": text }))).into_response();
    let Ok((opened, settings)) = opened(&state, &slug).await else {
        return refused(StatusCode::NOT_FOUND, "there is no such workspace");
    };
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let address = limiter::client(peer.map(|Extension(peer)| peer), &headers, state.is_https);
    if !settings.knows(bearer.unwrap_or(&query.token)) {
        // Wrong tokens count like failed sign-ins; a bot with the right one may pass on what many people say.
        let status = match state.forms().take(address, state.now()) {
            Ok(()) => StatusCode::UNAUTHORIZED,
            Err(_) => StatusCode::TOO_MANY_REQUESTS,
        };
        return refused(status, "the token is missing or wrong");
    }
    let is_form = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let (shape, told) = match read(is_form, &body) {
        Ok(Message::Ping) => return Json(json!({ "type": 1 })).into_response(),
        Ok(Message::Told(shape, told)) => (shape, told),
        Err(reason) => return refused(StatusCode::BAD_REQUEST, reason),
    };
    match app::take_told(&opened.workspace, &told, state.now()).await {
        Ok(()) => Json(shape.says("Thank you. A person of our team gets back to you.")).into_response(),
        // The platforms show their users only what comes with 200.
        Err(AppError::Invalid(reason)) if shape != Shape::Plain => Json(shape.says(&reason)).into_response(),
        Err(AppError::Invalid(reason)) => refused(StatusCode::UNPROCESSABLE_ENTITY, &reason),
        Err(error) => {
            tracing::error!(%error, "a raised hand could not be stored");
            refused(StatusCode::INTERNAL_SERVER_ERROR, "it could not be stored")
        }
    }
}

/// In whose words a message came, and goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Slack,
    Discord,
    Plain,
}

impl Shape {
    /// An answer that only who asked sees.
    fn says(self, text: &str) -> Value {
        match self {
            Self::Slack => json!({ "response_type": "ephemeral", "text": text }),
            Self::Discord => json!({ "type": 4, "data": { "content": text, "flags": 64 } }),
            Self::Plain => json!({ "stored": true, "text": text }),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Message {
    /// Discord asks whether anybody is there.
    Ping,
    Told(Shape, Box<Told>),
}

fn read(is_form: bool, body: &str) -> Result<Message, &'static str> {
    if is_form {
        let pairs: Vec<(String, String)> = form_pairs(body);
        let get = |name: &str| value(&pairs, name).to_owned();
        let identity = Identity::uid("slack", get("user_id"));
        let username = Some(get("user_name")).filter(|name| !name.is_empty());
        let identity = Identity { username, ..identity };
        return Ok(Message::Told(Shape::Slack, Box::new(Told { identity, need: get("text"), is_live: false })));
    }
    let body: Value = serde_json::from_str(body).map_err(|_| "this is neither a form nor JSON")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if body["type"] == 1 {
        return Ok(Message::Ping);
    }
    if body["type"] == 2 {
        let user = if body["member"]["user"].is_object() { &body["member"]["user"] } else { &body["user"] };
        let identity = Identity::uid("discord", text(&user["id"]).ok_or("the interaction has no user")?)
            .named(text(&user["global_name"]).unwrap_or_default());
        let identity = Identity { username: text(&user["username"]), ..identity };
        let options = body["data"]["options"].as_array().into_iter().flatten();
        let need = options.filter_map(|option| text(&option["value"])).collect::<Vec<_>>().join(" ");
        return Ok(Message::Told(Shape::Discord, Box::new(Told { identity, need, is_live: false })));
    }
    let identity = Identity {
        platform: text(&body["platform"]).ok_or("`platform` is missing")?,
        uid: text(&body["uid"]),
        username: text(&body["username"]),
        email: text(&body["email"]),
        name: text(&body["name"]),
        ..Identity::default()
    };
    let need = text(&body["text"]).ok_or("`text` is missing")?;
    let is_live = body["live"] == true;
    Ok(Message::Told(Shape::Plain, Box::new(Told { identity, need, is_live })))
}

/// The fields of a form's body.
fn form_pairs(body: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (decoded(key), decoded(value))).collect()
}

/// `GET /{workspace}/settings/raise-hand`
pub(crate) async fn settings(visit: Visit) -> Answer {
    visit.must_administer()?;
    let held = app::settings(&visit.opened.workspace).await?;
    html(&settings_page(&visit, &held, None))
}

fn settings_page(visit: &Visit, settings: &Settings, problem: Option<String>) -> RaiseHandSettingsPage {
    RaiseHandSettingsPage {
        layout: visit.layout("Settings", Section::Settings),
        is_open: settings.is_open,
        heading: settings.title.clone(),
        text: settings.text.clone(),
        consent: settings.consent.clone(),
        consent_version: settings.consent_version,
        sites: settings.sites.join("\n"),
        token: settings.token.clone(),
        form: visit.link("raise-hand").to_string(),
        hook: format!("/hooks/{}/raise-hand", visit.slug()),
        problem,
    }
}

/// `POST /{workspace}/settings/raise-hand`
pub(crate) async fn set(visit: Visit, Form(pairs): Pairs) -> Answer {
    visit.check_form(value(&pairs, "csrf"))?;
    visit.must_administer()?;
    let workspace = &visit.opened.workspace;
    let held = app::settings(workspace).await?;
    let sites = value(&pairs, "sites").lines().map(|line| line.trim().trim_end_matches('/').to_owned());
    let wanted = Settings {
        is_open: value(&pairs, "open") == "yes",
        title: value(&pairs, "heading").trim().to_owned(),
        text: value(&pairs, "text").trim().to_owned(),
        consent: value(&pairs, "consent").trim().to_owned(),
        sites: sites.filter(|site| !site.is_empty()).collect(),
        ..held
    };
    let new_token = value(&pairs, "action") == "token";
    match app::set(workspace, wanted.clone(), new_token, &visit.user.email, visit.clock.now).await {
        Ok(()) => done(&visit, "settings/raise-hand", "raise-hand"),
        Err(AppError::Invalid(problem)) => {
            let page = html(&settings_page(&visit, &wanted, Some(problem)))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(is_form: bool, body: &str) -> (Shape, String, Option<String>, String) {
        let Ok(Message::Told(shape, told)) = read(is_form, body) else { panic!("{body}") };
        let key = told.identity.key().unwrap();
        (shape, format!("{}/{}", key.platform, key.key), told.identity.username, told.need)
    }

    #[test]
    fn what_bots_send_is_understood() {
        let slack = "token=x&team_id=T1&user_id=U7&user_name=ada&command=%2Fhelp-me&text=We+need+SSO%21";
        let name = Some("ada".to_owned());
        assert_eq!(told(true, slack), (Shape::Slack, "slack/uid:U7".into(), name.clone(), "We need SSO!".into()));
        let discord = r#"{"type":2,"member":{"user":{"id":"9","username":"ada","global_name":"Ada"}},
            "data":{"name":"need","options":[{"name":"what","type":3,"value":"We need SSO"}]}}"#;
        assert_eq!(told(false, discord), (Shape::Discord, "discord/uid:9".into(), name.clone(), "We need SSO".into()));
        let plain = r#"{"platform":"forum","username":"ada","text":"We need SSO"}"#;
        assert_eq!(told(false, plain), (Shape::Plain, "forum/username:ada".into(), name, "We need SSO".into()));
        assert_eq!(read(false, r#"{"type":1}"#), Ok(Message::Ping));
        assert!(read(false, "nonsense").is_err() && read(false, "{}").is_err());
    }
}
