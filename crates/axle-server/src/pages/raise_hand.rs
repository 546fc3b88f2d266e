//! Raising a hand: the form that anybody can open, what thanks them, and its settings.

use askama::Template;

use crate::filters;
use crate::pages::layout::Layout;
use crate::pages::settings::Tab;

/// `GET /{workspace}/raise-hand`: no one needs to sign in.
#[derive(Debug, Clone, Template)]
#[template(path = "raise_hand.html")]
pub struct RaiseHandPage {
    /// Where it is sent.
    pub link: String,
    /// What the community is called.
    pub community: String,
    /// The heading.
    pub heading: String,
    /// What stands below it.
    pub text: String,
    /// What people agree to.
    pub consent: String,
    /// The form's token.
    pub csrf: String,
    /// What was typed.
    pub name: String,
    /// What was typed.
    pub email: String,
    /// What was typed.
    pub need: String,
    /// Whether the box was ticked.
    pub has_consented: bool,
    /// Whether they wait for an answer now.
    pub is_live: bool,
    /// What to change.
    pub problem: Option<String>,
    /// It was taken: the page thanks.
    pub is_taken: bool,
}

/// `GET /{workspace}/settings/raise-hand`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_raise_hand.html")]
pub struct RaiseHandSettingsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The form can be opened.
    pub is_open: bool,
    /// The heading, as typed.
    pub heading: String,
    /// What stands below it, as typed.
    pub text: String,
    /// What people agree to, as typed.
    pub consent: String,
    /// Which wording of it this is.
    pub consent_version: u32,
    /// Sites that may show it in a frame, a line each.
    pub sites: String,
    /// What a bot proves itself with; empty until the form was saved once.
    pub token: String,
    /// The form's path.
    pub form: String,
    /// The path for bots.
    pub hook: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

impl Tab for RaiseHandSettingsPage {
    fn tab(&self) -> &'static str {
        "Raised hands"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
