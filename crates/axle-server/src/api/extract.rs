//! What handlers take of a request. What cannot be read is refused as a problem, which says where it is and how it is written.

use std::error::Error;

use axum::body::{Body, Bytes};
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ApiError, ApiResult};

/// Values as an address writes them, one of each kind: dates, instants, numbers, switches. Texts are read however they are.
const IN_ADDRESSES: [&str; 4] = ["2026-03-01", "2026-03-01T00:00:00Z", "50", "true"];

/// The same as a body writes them, texts and lists of texts before: a text may be any of the others.
const IN_BODIES: [&str; 6] = [r#""text""#, r#"["text"]"#, r#""2026-03-01""#, r#""2026-03-01T00:00:00Z""#, "50", "true"];

/// Letters that are shown of what cannot be read.
const MOST_LETTERS: usize = 80;

/// What stands behind the `?` of an address.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let read = extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|extract::Query(asked)| Self(asked)).map_err(|rejection| of_query::<T>(&parts.uri, &rejection))
    }
}

/// What an address names.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let read = extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|extract::Path(named)| Self(named)).map_err(|rejection| of_path(&rejection))
    }
}

/// A body, of a request and of an answer.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        let (parts, body) = request.into_parts();
        let whole = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let whole = whole.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
            _ => ApiError::invalid("the body broke off: send it again"),
        })?;
        let again = Request::from_parts(parts, Body::from(whole.clone()));
        let read = axum::Json::<T>::from_request(again, state).await;
        read.map(|axum::Json(said)| Self(said)).map_err(|rejection| of_body::<T>(&whole, &rejection))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

fn of_query<T: DeserializeOwned>(address: &Uri, rejection: &QueryRejection) -> ApiError {
    let (name, why) = place(rejection);
    let (Some(name), Ok(extract::Query(sent))) = (name, extract::Query::<Vec<(String, String)>>::try_from_uri(address))
    else {
        return ApiError::invalid(why);
    };
    let is_read = |example: &str| {
        let written = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pair = |(key, value): &(String, String)| {
            format!("{}={}", written(key), written(if *key == name { example } else { value.as_str() }))
        };
        let pairs: Vec<String> = sent.iter().map(pair).collect();
        let Ok(address) = format!("/?{}", pairs.join("&")).parse::<Uri>() else { return false };
        match extract::Query::<T>::try_from_uri(&address) {
            Ok(_) => true,
            Err(other) => place(&other).0.as_deref() != Some(name.as_str()),
        }
    };
    let value = sent.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str());
    unread(
        &name,
        &format!("“{}”", shown(value)),
        IN_ADDRESSES.into_iter().filter(|example| is_read(example)).collect(),
        &why,
    )
}

fn of_body<T: DeserializeOwned>(body: &[u8], rejection: &JsonRejection) -> ApiError {
    let (name, why) = place(rejection);
    match rejection {
        JsonRejection::MissingJsonContentType(_) => return ApiError::unsupported(),
        JsonRejection::JsonDataError(_) => {}
        _ => return ApiError::invalid(format!("the body is no JSON: {why}")),
    }
    let (Some(name), Ok(sent)) = (name, serde_json::from_slice::<Value>(body)) else {
        return ApiError::invalid(why);
    };
    let pointer = format!("/{}", name.replace('[', "/").replace(']', "").replace('.', "/"));
    let Some(value) = sent.pointer(&pointer).map(Value::to_string) else {
        return ApiError::invalid(format!("`{name}`: {why}"));
    };
    let is_read = |example: &str| {
        let mut said = sent.clone();
        match (said.pointer_mut(&pointer), serde_json::from_str::<Value>(example)) {
            (Some(value), Ok(example)) => *value = example,
            _ => return false,
        }
        match axum::Json::<T>::from_bytes(said.to_string().as_bytes()) {
            Ok(_) => true,
            Err(other) => place(&other).0.as_deref() != Some(name.as_str()),
        }
    };
    let mut ways: Vec<&str> = IN_BODIES.into_iter().filter(|example| is_read(example)).collect();
    if ways.first() == IN_BODIES.first() {
        ways.truncate(1);
    }
    unread(&name, &shown(&value), ways, &why)
}

fn of_path(rejection: &PathRejection) -> ApiError {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return ApiError::not_found("there is no such address");
    };
    match error.kind() {
        ErrorKind::ParseErrorAtKey { value, .. }
        | ErrorKind::ParseErrorAtIndex { value, .. }
        | ErrorKind::ParseError { value, .. }
        | ErrorKind::DeserializeError { value, .. } => {
            let ways = "a number is written as 50, a date as 2026-03-01";
            ApiError::invalid(format!("“{value}” in the address cannot be read: {ways}"))
        }
        other => ApiError::not_found(format!("there is no such address: {other}")),
    }
}

/// A text, of a long one its beginning.
fn shown(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value that cannot be read: how it may be written, else why not in the words of what reads it.
fn unread(name: &str, value: &str, ways: Vec<&str>, why: &str) -> ApiError {
    match ways.as_slice() {
        [] => ApiError::invalid(format!("`{name}` is {value}: {why}")),
        ways => ApiError::invalid(format!("`{name}` is {value}: write it as {}", ways.join(" or "))),
    }
}

/// Where something cannot be read, as `from` or `items[0].name`, if that is known, and why.
fn place(rejection: &(dyn Error + 'static)) -> (Option<String>, String) {
    let mut deepest = rejection;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    let told = deepest.to_string();
    match told.split_once(": ") {
        Some((place, why)) if !place.contains(' ') => (Some(place.to_owned()), why.to_owned()),
        _ => (None, told),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use axum::http::header;
    use jiff::Timestamp;
    use jiff::civil::Date;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "what is read is not looked at")]
    struct Asked {
        from: Option<Date>,
        at: Option<Timestamp>,
        limit: Option<usize>,
        is_new: Option<bool>,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        notes: HashMap<String, String>,
        sort: Option<Sort>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Sort {
        Name,
        Love,
    }

    fn told(error: ApiError) -> String {
        error.detail().to_owned()
    }

    async fn of_query(query: &str) -> String {
        let (mut parts, ()) = Request::get(format!("/x?{query}")).body(()).unwrap().into_parts();
        told(Query::<Asked>::from_request_parts(&mut parts, &()).await.err().unwrap())
    }

    async fn of_body(body: &str) -> String {
        let request = Request::post("/x").header(header::CONTENT_TYPE, "application/json");
        told(Json::<Asked>::from_request(request.body(Body::from(body.to_owned())).unwrap(), &()).await.err().unwrap())
    }

    #[tokio::test]
    async fn what_an_address_asks_is_told_as_it_is_written() {
        assert_eq!(of_query("from=yesterday").await, "`from` is “yesterday”: write it as 2026-03-01");
        assert_eq!(of_query("limit=1&at=2026%2F03").await, "`at` is “2026/03”: write it as 2026-03-01T00:00:00Z");
        // Each for itself, though others cannot be read either.
        assert_eq!(of_query("limit=-1&from=x").await, "`limit` is “-1”: write it as 50");
        assert_eq!(of_query("is_new=yes").await, "`is_new` is “yes”: write it as true");
        assert_eq!(of_query("from=").await, "`from` is “”: write it as 2026-03-01");
        let sort = of_query("sort=age").await;
        assert!(sort.starts_with("`sort` is “age”: ") && sort.contains("`name` or `love`"), "{sort}");
    }

    #[tokio::test]
    async fn so_is_what_a_body_says() {
        assert_eq!(of_body(r#"{"from": "1 March"}"#).await, "`from` is \"1 March\": write it as \"2026-03-01\"");
        assert_eq!(of_body(r#"{"limit": "many", "is_new": 3}"#).await, "`limit` is \"many\": write it as 50");
        assert_eq!(of_body(r#"{"names": "Ada"}"#).await, "`names` is \"Ada\": write it as [\"text\"]");
        assert_eq!(of_body(r#"{"names": ["Ada", 5]}"#).await, "`names[1]` is 5: write it as \"text\"");
        // A body may be megabytes.
        let long = of_body(&format!(r#"{{"limit": "{}"}}"#, "é".repeat(100_000))).await;
        assert_eq!(long, format!("`limit` is \"{}…: write it as 50", "é".repeat(79)));
        let dotted = of_body(r#"{"notes": {"a.b": 5}}"#).await;
        assert!(dotted.starts_with("`notes.a.b`: invalid type: integer `5`"), "{dotted}");
        assert!(of_body("{").await.starts_with("the body is no JSON: "));
        let plain = Request::post("/x").body(Body::from("{}")).unwrap();
        let plain = told(Json::<Asked>::from_request(plain, &()).await.err().unwrap());
        assert_eq!(plain, "send the body as JSON, with `Content-Type: application/json`");
    }
}
