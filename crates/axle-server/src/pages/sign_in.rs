//! Signing in with a local account.

use askama::Template;

use crate::filters;

/// `GET /sign-in`, and the answer to a failed `POST`.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage {
    /// What was typed as the name, kept after a failure.
    pub name: String,
    /// Why signing in failed, without saying which of name and password was wrong.
    pub problem: Option<String>,
    /// Nobody can sign in yet: shows how to add the first user.
    pub first_run: bool,
    /// The path to go on to; inside Axle.
    pub next: String,
    /// The token that the form sends back.
    pub csrf: String,
}
