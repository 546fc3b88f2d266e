//! Pages of lists: `?cursor=&limit=`, with a link to the next.

use axum::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::error::{ApiError, ApiResult};

const USUAL: usize = 50;
const MOST: usize = 500;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Where the page begins, as the page before gave it.
    cursor: Option<String>,
    /// How many at most, 1 to 500; 50 unless given.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

impl Paging {
    /// The page of a list, each known by what `key` says.
    pub(crate) fn page<T>(&self, all: Vec<T>, key: impl Fn(&T) -> &str) -> ApiResult<Page<T>> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(ApiError::invalid(format!("`limit` is {limit}: use 1 to {MOST}")));
        }
        let after = match &self.cursor {
            None => 0,
            Some(cursor) => {
                let gone = || ApiError::invalid("`cursor` leads nowhere any more: begin with the first page");
                all.iter().position(|item| key(item) == cursor).ok_or_else(gone)? + 1
            }
        };
        let has_more = all.len() > after + limit;
        let items: Vec<T> = all.into_iter().skip(after).take(limit).collect();
        let next = items.last().filter(|_| has_more).map(|item| key(item).to_owned());
        Ok(Page { items, next })
    }
}

/// A page of a list.
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// The cursor of the next.
    next: Option<String>,
}

impl<T> Page<T> {
    /// The same page of what is made of each.
    pub(crate) fn map<U>(self, made: impl Fn(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(made).collect(), next: self.next }
    }
}

impl<T: Serialize> Page<T> {
    /// The answer, with a link to the next page at the same address.
    pub(crate) fn answer(self, address: &Uri) -> Response {
        let mut response = Json(self.items).into_response();
        if let Some(cursor) = self.next {
            let others = address.query().unwrap_or_default().split('&');
            let others = others.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
            let cursor = format!("cursor={}", utf8_percent_encode(&cursor, NON_ALPHANUMERIC));
            let query: Vec<&str> = others.chain([cursor.as_str()]).collect();
            let link = format!("<{}?{}>; rel=\"next\"", address.path(), query.join("&"));
            if let Ok(link) = HeaderValue::from_str(&link) {
                response.headers_mut().insert(header::LINK, link);
            }
        }
        response
    }
}
