//! What holds for every request: headers on each answer, and where a change may come from.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::failure::{Failure, hex};
use crate::headers::{SECURITY_HEADERS, framed_policy};

/// Sites that may show an answer in a frame: an extension of the answer. They are checked when they are set.
#[derive(Debug, Clone)]
pub(crate) struct FrameSites(pub(crate) Vec<String>);

/// Sets the security headers, and keeps caches from answers that do not allow them.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let sites = response.extensions_mut().remove::<FrameSites>().filter(|sites| !sites.0.is_empty());
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(value) = sites.and_then(|sites| HeaderValue::from_str(&framed_policy(&sites.0)).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses changes that another site asks for. A browser says where a request comes from; what says nothing is no
/// browser and needs the form's token, which handlers check in any case.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || comes_from_us(request.headers()) != Some(false) {
        return next.run(request).await;
    }
    if request.uri().path().starts_with("/api/") { crate::api::forged() } else { Failure::Forged.into_response() }
}

/// Whether a browser says that the request comes from our own pages; `None` when it says nothing.
fn comes_from_us(headers: &HeaderMap) -> Option<bool> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return Some(site == "same-origin");
    }
    let origin = headers.get(header::ORIGIN)?;
    let host = text(header::HOST)?;
    let origin = origin.to_str().unwrap_or("null");
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    Some(authority == Some(host))
}

/// The token of the forms of a session, or of the browser that is about to sign in. It cannot be turned back.
pub(crate) fn form_token(secret: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"axle form\0");
    hasher.update(secret.as_bytes());
    hex(&hasher.finalize()[..16])
}

/// Compares without telling by its time how much is equal.
pub(crate) fn is_token(given: &str, expected: &str) -> bool {
    given.len() == expected.len() && given.bytes().zip(expected.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_says_where_a_change_comes_from() {
        type Case = (&'static [(&'static str, &'static str)], Option<bool>);
        let cases: [Case; 8] = [
            (&[], None),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], Some(true)),
            (&[("sec-fetch-site", "same-site")], Some(false)),
            (&[("sec-fetch-site", "cross-site")], Some(false)),
            (&[("host", "axle.example"), ("origin", "https://axle.example")], Some(true)),
            (&[("host", "axle.example"), ("origin", "https://axle.example.evil.example")], Some(false)),
            (&[("host", "axle.example:8080"), ("origin", "http://axle.example")], Some(false)),
            (&[("host", "axle.example"), ("origin", "null")], Some(false)),
        ];
        for (given, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(comes_from_us(&headers), expected, "{given:?}");
        }
    }

    #[test]
    fn tokens_differ_by_session() {
        assert_ne!(form_token("a"), form_token("b"));
        assert!(is_token(&form_token("a"), &form_token("a")));
        assert!(!is_token("", &form_token("a")) && !is_token(&form_token("b"), &form_token("a")));
    }
}
