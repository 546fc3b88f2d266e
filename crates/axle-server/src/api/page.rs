//! Pages of lists: `?cursor=&limit=`, with a link to the next.

use axle_app::changes::{self, Change};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::error::{ApiError, ApiResult};
use super::extract::Json;

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
        let limit = self.most()?;
        let after = match &self.cursor {
            None => 0,
            Some(cursor) => all.iter().position(|item| key(item) == cursor).ok_or_else(gone)? + 1,
        };
        let has_more = all.len() > after + limit;
        let items: Vec<T> = all.into_iter().skip(after).take(limit).collect();
        let next = items.last().filter(|_| has_more).map(|item| key(item).to_owned());
        Ok(Page { items, next, most: None })
    }

    /// A page of a history that is read page by page: the number of the change before which it begins, and how many at most.
    pub(crate) fn before(&self) -> ApiResult<(Option<i64>, u32)> {
        let number = self.cursor.as_ref().map(|cursor| cursor.parse::<i64>().map_err(|_| gone())).transpose()?;
        Ok((number, u32::try_from(self.most()?).unwrap_or(u32::MAX)))
    }

    /// A page of what has a fixed order and no ids: how many come before it, and how many at most.
    pub(crate) fn after(&self) -> ApiResult<(usize, usize)> {
        let before = self.cursor.as_ref().map_or(Ok(0), |cursor| cursor.parse::<usize>()).map_err(|_| gone())?;
        Ok((before, self.most()?))
    }

    fn most(&self) -> ApiResult<usize> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(ApiError::invalid(format!("`limit` is {limit}: use 1 to {MOST}")));
        }
        Ok(limit)
    }
}

fn gone() -> ApiError {
    ApiError::invalid("`cursor` leads nowhere any more: begin with the first page")
}

/// A page of a list.
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// The cursor of the next.
    next: Option<String>,
    /// How many the whole list holds at most, where it does not hold all.
    most: Option<usize>,
}

impl From<changes::Page> for Page<Change> {
    fn from(page: changes::Page) -> Self {
        Self { items: page.changes, next: page.next.map(|number| number.to_string()), most: None }
    }
}

impl<T> Page<T> {
    /// These, and where the next page begins, if there is one.
    pub(crate) fn of(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next, most: None }
    }

    /// The same page of a list that holds so many at most: the answer says so in its header `axle-most`.
    pub(crate) fn of_most(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    /// The same page of what is made of each.
    pub(crate) fn map<U>(self, made: impl Fn(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(made).collect(), next: self.next, most: self.most }
    }
}

impl<T: Serialize> Page<T> {
    /// The answer, with a link to the next page at the same address.
    pub(crate) fn answer(self, address: &Uri) -> Response {
        let mut response = Json(self.items).into_response();
        if let Some(most) = self.most {
            response.headers_mut().insert(HeaderName::from_static("axle-most"), HeaderValue::from(most));
        }
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
