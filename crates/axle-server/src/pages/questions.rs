//! Questions: what waits for an answer, how well the community answers, and who helps.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::link::{Link, WebUrl};
use crate::pages::layout::Layout;
use crate::pages::parts::{Exports, Figure, Pager, Person};
use crate::pages::reading::Wrong;
use crate::pages::today::HandRaised;

/// `GET /{workspace}/questions`
#[derive(Debug, Clone, Template)]
#[template(path = "questions.html")]
pub struct QuestionsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `channel age sort`.
    pub here: Link,
    /// Channels that take questions.
    pub channels: Vec<String>,
    /// How old open questions are: those of the chosen channel by age.
    pub ages: Vec<AgeGroup>,
    /// Shares and times of the period; none while no channel takes questions.
    pub figures: Vec<Figure>,
    /// After how many hours a question counts as overdue.
    pub promise_hours: u64,
    /// Open questions, newest first unless `sort` says `oldest`.
    pub open: Vec<OpenQuestion>,
    /// The foot of the list.
    pub pager: Pager,
    /// The list as a file.
    pub exports: Exports,
    /// Answers that nobody of the team has thanked for, the newest first; none for who may not see members.
    pub thanks: Vec<ThanksLine>,
    /// Who helped most people in the period.
    pub answerers: Vec<Answerer>,
    /// The KPI that ranks them over the same days.
    pub all_answerers: Link,
    /// The period of answerers: `last 30 days`; empty for roles that see no people by name.
    pub period: String,
    /// Why there are no questions; `None` when there are some, or were.
    pub missing: Option<MissingQuestions>,
}

/// Why a workspace has no questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingQuestions {
    /// No source that could hold any.
    NoSource,
    /// There are channels, but none is marked as one for questions: their names, the busiest first.
    NoChannelMarked(Vec<String>),
}

/// A question that nobody answered.
#[derive(Debug, Clone)]
pub struct OpenQuestion {
    /// Its title, or its first words.
    pub title: String,
    /// The beginning of its text.
    pub excerpt: Option<String>,
    /// Where to answer it.
    pub url: Option<WebUrl>,
    /// Who asked.
    pub asker: Person,
    /// Where.
    pub channel: String,
    /// When.
    pub asked_at: Timestamp,
    /// Replies, none of which answers it.
    pub replies: u64,
    /// Questions like it that were answered: for those who may see them, at most three.
    pub similar: Vec<SimilarQuestion>,
    /// Members who answered such questions: for those who may see them, at most three.
    pub helpers: Vec<HelperLine>,
    /// The button that says it is no question; `None` where nothing but its channel says so, and for who may not.
    pub wrong: Option<Wrong>,
    /// The button that says that a hand was raised.
    pub raised: Option<HandRaised>,
    /// Where it goes to support; `None` for who may not see members.
    pub escalation: Option<Link>,
    /// When it went to support.
    pub escalated_at: Option<Timestamp>,
    /// It has waited longer than was promised, and not so long that nobody waits any more.
    pub overdue: bool,
}

/// An answer to thank for.
#[derive(Debug, Clone)]
pub struct ThanksLine {
    /// Where the click is sent; `None` for who may not.
    pub say: Option<Link>,
    /// Who answered.
    pub person: Person,
    /// Who had asked.
    pub asker: Person,
    /// What was asked.
    pub title: String,
    /// Where both stand.
    pub url: Option<WebUrl>,
    /// When it was answered.
    pub at: Timestamp,
}

/// Somebody who could answer a question.
#[derive(Debug, Clone)]
pub struct HelperLine {
    /// Who.
    pub person: Person,
    /// Their id, for the form.
    pub member_id: String,
    /// How many questions like it they answered.
    pub answered: u64,
    /// When they were asked this one.
    pub asked_at: Option<Timestamp>,
    /// Where it is noted that they were asked; `None` for who may not, and when they were.
    pub ask: Option<Link>,
}

/// An answered question that is like an open one.
#[derive(Debug, Clone)]
pub struct SimilarQuestion {
    /// Its title, or its first words.
    pub title: String,
    /// Where its answers are.
    pub url: Option<WebUrl>,
}

/// Open questions of an age.
#[derive(Debug, Clone)]
pub struct AgeGroup {
    /// In the address; empty for all.
    pub key: &'static str,
    /// `Last 7 days`
    pub label: &'static str,
    /// How many there are.
    pub questions: u64,
}

impl QuestionsPage {
    fn is_oldest_first(&self) -> bool {
        self.here.is("sort", "oldest")
    }

    fn is_filtered(&self) -> bool {
        !(self.here.is("channel", "") && self.here.is("age", ""))
    }

    /// Whether any source tells which answers were accepted.
    fn tells_accepted(&self) -> bool {
        self.answerers.iter().any(|row| row.accepted.is_some())
    }
}

/// Someone who answers.
#[derive(Debug, Clone)]
pub struct Answerer {
    /// Who.
    pub person: Person,
    /// Distinct people helped.
    pub helped: u64,
    /// Answers given.
    pub answers: u64,
    /// Answers that were accepted; `None` where sources do not tell.
    pub accepted: Option<u64>,
}
