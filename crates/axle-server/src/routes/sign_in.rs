//! Signing in and out. The answer does not tell an unknown user from a wrong password.

use std::net::SocketAddr;

use axle_app::AppError;
use axle_app::users;
use axum::extract::{Query, State};
use axum::http::header::{HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use jiff::SignedDuration;
use rand::RngCore;
use serde::Deserialize;

use crate::failure::{Answer, Failure, hex, html};
use crate::guard::{form_token, is_token};
use crate::pages::sign_in::SignInPage;
use crate::visit::cookie_name;
use crate::{AppState, format, limiter};

/// The cookie that binds the form to the browser that asked for it.
fn form_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-axle-form" } else { "axle-form" }
}

fn cookie(name: &'static str, value: String, is_https: bool) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Lax).secure(is_https).build()
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// Only a path on this server: `//host` and `/\host` lead elsewhere.
fn inside(next: &str) -> &str {
    let leads_inside = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(|c| c.is_control() || c.is_whitespace() || !c.is_ascii());
    if leads_inside { next } else { "/" }
}

/// `GET /sign-in`
pub(crate) async fn form(State(state): State<AppState>, Query(query): Query<Next>, jar: CookieJar) -> Answer {
    shown(&state, jar, StatusCode::OK, String::new(), None, inside(&query.next)).await
}

async fn shown(
    state: &AppState,
    jar: CookieJar,
    status: StatusCode,
    name: String,
    problem: Option<String>,
    next: &str,
) -> Answer {
    let held = jar.get(form_cookie(state.is_https)).map(|cookie| cookie.value().to_owned());
    let secret = held.filter(|secret| secret.len() == 32).unwrap_or_else(|| {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        hex(&bytes)
    });
    let first_run = users::list(state.server()).await?.is_empty();
    let page = SignInPage { name, problem, first_run, next: next.to_owned(), csrf: form_token(&secret) };
    let jar = jar.add(cookie(form_cookie(state.is_https), secret, state.is_https));
    Ok((status, jar, html(&page)?).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    csrf: String,
}

/// `POST /sign-in`
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    peer: Option<Extension<SocketAddr>>,
    jar: CookieJar,
    headers: HeaderMap,
    Form(form): Form<Credentials>,
) -> Answer {
    // A browser that says where it comes from was judged already; another needs the token of the form.
    let says = headers.contains_key("sec-fetch-site") || headers.contains_key("origin");
    let secret = jar.get(form_cookie(state.is_https)).map(|cookie| cookie.value().to_owned());
    if !says && !secret.is_some_and(|secret| is_token(&form.csrf, &form_token(&secret))) {
        return Err(Failure::Forged);
    }
    // Another session of this browser ends: a new sign-in has a new one.
    if let Some(old) = jar.get(cookie_name(state.is_https)) {
        users::sign_out(state.server(), old.value()).await?;
    }
    let next = inside(&form.next);
    let address = limiter::client(peer.map(|Extension(peer)| peer), &headers, state.is_https);
    if let Err(wait) = state.sign_ins().take(address, state.now()) {
        let reason = "Too many tries to sign in came from your network.";
        return too_many(&state, jar, form.name, reason, wait, next).await;
    }
    match users::sign_in(state.server(), &form.name, &form.password, state.now()).await {
        Ok(token) => {
            state.sign_ins().give_back(address);
            let jar = jar.add(cookie(cookie_name(state.is_https), token, state.is_https));
            Ok((jar, Redirect::to(next)).into_response())
        }
        Err(AppError::TooMany(wait)) => {
            too_many(&state, jar, form.name, "Too many tries with this e-mail address.", wait, next).await
        }
        Err(AppError::Forbidden(reason)) => {
            let mut reason = reason;
            if let Some(first) = reason.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            shown(&state, jar, StatusCode::UNAUTHORIZED, form.name, Some(reason + "."), next).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The form again, with how long to wait for people and for programs.
async fn too_many(
    state: &AppState,
    jar: CookieJar,
    name: String,
    reason: &str,
    wait: SignedDuration,
    next: &str,
) -> Answer {
    // Whole seconds, so that nobody comes a moment too early.
    let seconds = (wait.as_millis() + 999) / 1_000;
    let problem = format!("{reason} Try again in {}.", format::duration(seconds as f64));
    let mut response = shown(state, jar, StatusCode::TOO_MANY_REQUESTS, name, Some(problem), next).await?;
    let header = HeaderValue::from_str(&seconds.to_string()).map_err(|error| Failure::Failed(error.to_string()))?;
    response.headers_mut().insert(RETRY_AFTER, header);
    Ok(response)
}

#[derive(Deserialize)]
pub(crate) struct SignOut {
    #[serde(default)]
    csrf: String,
}

/// `POST /sign-out`
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    jar: CookieJar,
    Form(form): Form<SignOut>,
) -> Result<Response, Failure> {
    let name = cookie_name(state.is_https);
    let Some(token) = jar.get(name).map(|cookie| cookie.value().to_owned()) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    if !is_token(&form.csrf, &form_token(&token)) {
        return Err(Failure::Forged);
    }
    users::sign_out(state.server(), &token).await?;
    let jar = jar.remove(cookie(name, String::new(), state.is_https));
    let clear = [(HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"")];
    Ok((clear, jar, Redirect::to("/sign-in")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_on_stays_on_this_server() {
        assert_eq!(inside("/main/members?q=a%20b"), "/main/members?q=a%20b");
        for next in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "main"] {
            assert_eq!(inside(next), "/", "{next:?}");
        }
    }
}
