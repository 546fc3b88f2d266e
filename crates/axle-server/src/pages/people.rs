//! Settings of who counts as a member, and a person's word on whether one is a program.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::Person;
use crate::pages::settings::Tab;
use crate::pages::typed::Typed;

/// `GET /{workspace}/settings/people`. A `POST` with `preview` answers with what would change.
#[derive(Debug, Clone, Template)]
#[template(path = "settings_people.html")]
pub struct PeoplePage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Own domains, a line each, as typed.
    pub own: String,
    /// Domains that tell nothing, a line each, as typed.
    pub personal: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
    /// What saving would change, when asked for.
    pub preview: Option<PeoplePreview>,
}

/// What other domains would change.
#[derive(Debug, Clone, Default)]
pub struct PeoplePreview {
    /// How many members would be teammates, and the first of them.
    pub teammates: (u64, Vec<Person>),
    /// How many teammates would be members, and the first of them.
    pub members: (u64, Vec<Person>),
    /// How many organizations would be gone, and the first of them.
    pub gone: (u64, Vec<String>),
    /// How many organizations would appear, and the first of them.
    pub new: (u64, Vec<String>),
}

impl Tab for PeoplePage {
    fn tab(&self) -> &'static str {
        "People"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

/// Whether a member is a program, why, and the buttons that say otherwise.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/bot_word.html")]
pub struct BotWord {
    /// Where it is sent.
    pub link: Link,
    /// The form's token.
    pub csrf: String,
    /// Whether the member counts as one.
    pub is_bot: bool,
    /// Whether a person said so.
    pub is_said: bool,
    /// Why; empty when nothing speaks for it.
    pub reasons: Vec<String>,
    /// Whether the user may say otherwise.
    pub may_say: bool,
}

impl HtmlSafe for BotWord {}

/// When a member is and was a teammate, and the form that says otherwise.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/teammate_word.html")]
pub struct TeammateWord {
    /// Where it is sent.
    pub link: Link,
    /// The form's token.
    pub csrf: String,
    /// Each time as far as known: `since 3 Mar 2024`.
    pub periods: Vec<String>,
    /// Whether a person said so.
    pub is_said: bool,
    /// Whether the user may say otherwise.
    pub may_say: bool,
    /// What was sent and cannot be, to be mended.
    pub typed: Typed,
}

impl HtmlSafe for TeammateWord {}
