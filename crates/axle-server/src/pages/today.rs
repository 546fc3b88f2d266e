//! Today: what the flywheels ask of people, and whom to help, thank, introduce and check in with.

use askama::Template;
use askama::filters::HtmlSafe;
use axle_app::consents::{KINDS, TEXT_VERSION};
use jiff::Timestamp;

use crate::filters;
use crate::format::Clock;
use crate::link::{Link, WebUrl};
use crate::pages::layout::Layout;
use crate::pages::parts::Person;
use crate::pages::questions::OpenQuestion;

/// `GET /{workspace}/today`
#[derive(Debug, Clone, Template)]
#[template(path = "today.html")]
pub struct TodayPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `who due cursor`.
    pub here: Link,
    /// Whose tasks there are: one's own, everybody's, those of a role.
    pub whose: Vec<Whose>,
    /// Words that read like a raised hand.
    pub maybe: Vec<HandRow>,
    /// Raised hands that wait for a decision, then tasks by urgency; only groups that have any.
    pub groups: Vec<TaskGroup>,
    /// Late for so long that nobody waits any more: how many, and where they are listed.
    pub stale: (u64, Link),
    /// Questions of the last `waiting_days` that wait longer than was promised, the newest first.
    pub questions: Vec<OpenQuestion>,
    /// How many there are.
    pub questions_total: u64,
    /// How many are open that are older.
    pub questions_older: u64,
    /// For so many days somebody waits for an answer.
    pub waiting_days: i64,
    /// People whose answers helped and whom nobody of the team thanked.
    pub thanks: Vec<TaskRow>,
    /// How many there are.
    pub thanks_total: u64,
    /// Champions who do far less than they used to.
    pub champions: Vec<MemberRow>,
    /// Newcomers whom nobody wrote to.
    pub newcomers: Vec<MemberRow>,
    /// Members with the same need who agreed to be contacted.
    pub introductions: Vec<Introduction>,
    /// Whether the user sees people by name.
    pub sees: bool,
}

impl TodayPage {
    fn is_clear(&self) -> bool {
        self.groups.is_empty() && self.here.is("due", "")
    }

    fn has_side(&self) -> bool {
        self.sees
    }
}

/// A way to narrow the tasks.
#[derive(Debug, Clone)]
pub struct Whose {
    /// In the address.
    pub key: String,
    /// `Mine`
    pub label: String,
    /// How many tasks that press.
    pub tasks: u64,
}

/// Raised hands, or tasks that are equally urgent.
#[derive(Debug, Clone)]
pub struct TaskGroup {
    /// `Late`
    pub label: &'static str,
    /// In addresses and as the heading's id.
    pub key: &'static str,
    /// What is counted: `task`.
    pub noun: &'static str,
    /// How many there are.
    pub total: u64,
    /// Some of them.
    pub rows: Vec<TaskRow>,
    /// How many follow on these, and where they are.
    pub more: Option<(u64, Link)>,
}

/// One task with the buttons that answer it.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/task_row.html")]
pub struct TaskRow {
    /// Where answers are sent.
    pub link: Link,
    /// The form's token.
    pub csrf: String,
    /// The page to come back to.
    pub back: String,
    /// Which task.
    pub task_id: String,
    /// The user may answer it.
    pub may_answer: bool,
    /// What to do.
    pub title: String,
    /// For whom; `None` for users who see no people by name.
    pub person: Option<Person>,
    /// At which organization, as far as the user may know.
    pub organization: Option<String>,
    /// Only the form knows them: whom they likely are, if anybody, and where that is decided.
    pub stranger: Option<(Option<Person>, Link)>,
    /// Flywheel and step.
    pub step: String,
    /// The run, for those who see people by name, elsewhere than on its page.
    pub run: Option<Link>,
    /// What colleagues tell each other about the member, where they do.
    pub packet: Option<Link>,
    /// The dossier that answers it, where it is about one.
    pub dossier: Option<Link>,
    /// What it rests on.
    pub why: String,
    /// When it is due.
    pub due_at: Timestamp,
    /// It was due.
    pub is_late: bool,
    /// It answers an alert that was not pushed: nobody was told, and it is due at no time.
    pub is_listed: bool,
    /// Who is to do it.
    pub assignee: String,
    /// Answers of one click: word and label.
    pub quick: Vec<(String, String)>,
    /// The other answers.
    pub more: Vec<(String, String)>,
    /// Reasons for them: word and label.
    pub reasons: Vec<(String, String)>,
    /// One of the answers lets it rest until a day.
    pub may_rest: bool,
    /// The answer that needs a consent which nobody has recorded, for those who may record it.
    pub consent: Option<ConsentAsked>,
    /// The page's clock.
    pub clock: Clock,
}

impl HtmlSafe for TaskRow {}

/// An answer that needs the consent to be handed to sales.
#[derive(Debug, Clone)]
pub struct ConsentAsked {
    /// The answer, and its label.
    pub outcome: (&'static str, String),
    /// The words in which members are asked.
    pub text: &'static str,
    /// Their version.
    pub text_version: &'static str,
}

impl ConsentAsked {
    /// Of an answer with its label.
    pub fn of(outcome: &'static str, label: String) -> Self {
        let text = KINDS.iter().find(|(kind, ..)| *kind == "hand_off").map_or("", |(.., text)| *text);
        Self { outcome: (outcome, label), text, text_version: TEXT_VERSION }
    }
}

/// Words that read like a raised hand.
#[derive(Debug, Clone)]
pub struct HandRow {
    /// Who wrote them.
    pub person: Person,
    /// The words.
    pub text: String,
    /// Where they stand.
    pub url: Option<WebUrl>,
    /// Name of the channel.
    pub channel: String,
    /// When.
    pub at: Timestamp,
    /// The button that says so.
    pub raised: Option<HandRaised>,
}

/// The button that writes down that somebody raised their hand.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/hand_raised.html")]
pub struct HandRaised {
    /// Where it is sent.
    pub link: Link,
    /// The form's token.
    pub csrf: String,
    /// Who.
    pub member_id: String,
    /// In which activity; empty: in none in particular.
    pub activity_id: String,
    /// What they said.
    pub quote: String,
    /// The page to come back to, inside the workspace.
    pub back: String,
}

impl HtmlSafe for HandRaised {}

/// A member to write to.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// Who.
    pub person: Person,
    /// Their id, sent back with the button.
    pub member_id: String,
    /// Why.
    pub why: String,
    /// Since when.
    pub at: Timestamp,
}

/// Two members to be introduced to each other.
#[derive(Debug, Clone)]
pub struct Introduction {
    /// The one.
    pub one: Person,
    /// The other.
    pub other: Person,
    /// What both need, in the words of the one.
    pub need: String,
    /// And of the other.
    pub like: String,
    /// The buttons that say what came of it, for those who may.
    pub answer: Option<IntroductionAnswer>,
}

/// The buttons that say what came of a pair.
#[derive(Debug, Clone)]
pub struct IntroductionAnswer {
    /// Where it is sent.
    pub link: Link,
    /// The form's token.
    pub csrf: String,
    /// Both members.
    pub members: [String; 2],
}
