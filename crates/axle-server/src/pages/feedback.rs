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
    /// This page's address: holds `kind channel state member`.
    pub here: Link,
    /// Kinds, with how much there is of each.
    pub kinds: Vec<Kind>,
    /// What became of it, with how much of each.
    pub states: Vec<Kind>,
    /// Name of the member whose feedback alone is shown.
    pub of_member: Option<String>,
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

/// A kind of feedback, or a state of it.
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
    /// Who said it, if that is known.
    pub person: Option<Person>,
    /// Name of the channel, or of the source of what is recorded alone.
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
    /// What was decided about it; `None`: nothing yet.
    pub became: Option<Became>,
    /// For whoever may decide, unless there is nothing to decide.
    pub decide: Option<Decide>,
}

/// What became of feedback.
#[derive(Debug, Clone)]
pub struct Became {
    /// `Planned`
    pub word: &'static str,
    /// Who decided it.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// When its author was told; `None`: not yet.
    pub told_at: Option<Timestamp>,
}

/// The form to decide about feedback.
#[derive(Debug, Clone)]
pub struct Decide {
    /// Where it goes.
    pub form: Link,
    /// Whether nothing was decided yet.
    pub is_open: bool,
    /// Whether its author is to be told.
    pub is_to_tell: bool,
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
        ["kind", "channel", "state", "member"].iter().any(|key| !self.here.is(key, ""))
    }
}
