//! What went wrong: as a page for people, as a problem document for programs.

use askama::Template;
use serde::Serialize;

use crate::filters;
use crate::pages::layout::Layout;

/// A page instead of the one asked for.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The HTTP status.
    pub status: u16,
    /// What happened, in a few words.
    pub title: String,
    /// What the reader can do about it.
    pub advice: String,
    /// Finds this failure in the server's log.
    pub request_id: Option<String>,
}

/// The same inside of a workspace: with its navigation, for who is signed in.
#[derive(Debug, Clone, Template)]
#[template(path = "error_inside.html")]
pub struct ErrorInside {
    /// What surrounds the page.
    pub layout: Layout,
    /// What happened.
    pub error: ErrorPage,
}

impl ErrorPage {
    /// 404: nothing here, or nothing that this user may know of.
    pub fn not_found() -> Self {
        Self::new(
            404,
            "This page does not exist",
            "The link may be old, or the member may have been merged or erased. Search, or start at home.",
        )
    }

    /// 403: the user may not see or do this.
    pub fn forbidden() -> Self {
        Self::new(
            403,
            "You may not open this page",
            "Your role does not include it. An administrator of this workspace can change that under Settings, Users.",
        )
    }

    /// Whether the user's role is the reason.
    pub(crate) fn is_of_the_role(&self) -> bool {
        *self == Self::forbidden()
    }

    /// 503: the question would take more than queries may; `reason` says which limit it met.
    pub fn over_limit(reason: &str) -> Self {
        let advice =
            format!("Nothing was changed: {reason}. A shorter period, a coarser grain or no breakdown asks for less.");
        Self::new(503, "This question takes too much just now", &advice)
    }

    /// 500: our fault; `request_id` leads to the log.
    pub fn failed(request_id: impl Into<String>) -> Self {
        let page = Self::new(
            500,
            "Something went wrong on our side",
            "Nothing was changed. Try again; if it happens again, send the number below to whoever runs this server.",
        );
        Self { request_id: Some(request_id.into()), ..page }
    }

    fn new(status: u16, title: &str, advice: &str) -> Self {
        Self { status, title: title.to_owned(), advice: advice.to_owned(), request_id: None }
    }
}

/// The media type of a [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error for programs, after RFC 9457. `code` is stable; clients match on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The same for every problem of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable, in snake case.
    pub code: &'static str,
    /// What is wrong with this request and how to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Finds this failure in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem without detail.
    pub fn new(status: u16, code: &'static str, title: impl Into<String>) -> Self {
        Self { kind: "about:blank", title: title.into(), status, code, detail: None, request_id: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_backticks_is_code() {
        let advice = "condition `a <b>`: say `source = 'x'`".to_owned();
        let page = ErrorPage { advice, ..ErrorPage::not_found() }.render().unwrap();
        let told = "condition <code>a &lt;b&gt;</code>: say <code>source = &#39;x&#39;</code>";
        assert!(page.contains(told) && !page.contains('`'), "{page}");
    }

    #[test]
    fn a_problem_leaves_out_what_it_does_not_know() {
        let mut problem = Problem::new(404, "not_found", "No such member");
        let json = |problem: &Problem| serde_json::to_value(problem).unwrap();
        assert_eq!(
            json(&problem),
            serde_json::json!({ "type": "about:blank", "title": "No such member", "status": 404, "code": "not_found" })
        );
        problem.detail = Some("There is no member with this id.".into());
        assert_eq!(json(&problem)["detail"], "There is no member with this id.");
    }
}
