//! Feedback: what members report, want, like and worry about, in their own words.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::{Link, WebUrl};
use crate::pages::layout::Layout;
use crate::pages::parts::{Exports, Pager, Person};
use crate::pages::reading::Wrong;

/// `GET /{workspace}/feedback`
#[derive(Debug, Clone, Template)]
#[template(path = "feedback.html")]
pub struct FeedbackPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `kind channel`.
    pub here: Link,
    /// Kinds, with how much there is of each.
    pub kinds: Vec<Kind>,
    /// Channels with most of the chosen kind.
    pub channels: Vec<String>,
    /// Newest first.
    pub lines: Vec<FeedbackLine>,
    /// The foot of the list.
    pub pager: Pager,
    /// The list as a file.
    pub exports: Exports,
    /// Whether any words were read at all.
    pub any: bool,
}

/// A kind of feedback.
#[derive(Debug, Clone)]
pub struct Kind {
    /// In the address; empty for all.
    pub key: &'static str,
    /// `Feature requests`
    pub label: &'static str,
    /// How much there is.
    pub lines: u64,
}

/// One thing that a member said.
#[derive(Debug, Clone)]
pub struct FeedbackLine {
    /// Its title or first words.
    pub words: String,
    /// Where it stands.
    pub url: Option<WebUrl>,
    /// Who said it.
    pub person: Person,
    /// Name of the channel.
    pub channel: String,
    /// When.
    pub at: Timestamp,
    /// `Bug`, `Feature request`
    pub kinds: Vec<&'static str>,
    /// What it is about.
    pub topics: Vec<String>,
    /// What others said that is like it.
    pub others: Vec<Other>,
    /// The buttons that say it is none of it.
    pub wrong: Vec<Wrong>,
}

/// Somebody who said the like.
#[derive(Debug, Clone)]
pub struct Other {
    /// Who.
    pub person: Person,
    /// What they said.
    pub words: String,
    /// Where.
    pub url: Option<WebUrl>,
}

impl FeedbackPage {
    fn is_filtered(&self) -> bool {
        !(self.here.is("kind", "") && self.here.is("channel", ""))
    }
}
