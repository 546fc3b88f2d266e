//! Settings: how closeness is scored, which channels take questions, and who may sign in.

use askama::Template;
use jiff::Timestamp;

use crate::filters;
use crate::pages::layout::Layout;
use crate::pages::parts::{Level, Person};

/// The pages of the settings, in order: path and label.
const TABS: [(&str, &str); 14] = [
    ("settings", "Scoring"),
    ("settings/channels", "Channels"),
    ("settings/people", "People"),
    ("settings/identities", "Identities"),
    ("settings/brands", "Brands"),
    ("settings/flywheels", "Flywheels"),
    ("settings/champions", "Champions"),
    ("settings/tasks", "Tasks"),
    ("settings/raise-hand", "Raised hands"),
    ("settings/leads", "Leads"),
    ("settings/calendar", "Calendar"),
    ("settings/currencies", "Currencies"),
    ("settings/users", "Users"),
    ("settings/reading", "Reading"),
];

impl Layout {
    /// The pages of the settings that the user's role opens: path and label.
    pub(crate) fn settings_tabs(&self) -> Vec<(&'static str, &'static str)> {
        TABS.into_iter().filter(|(path, _)| self.is_open(path)).collect()
    }
}

/// `GET /{workspace}/settings`: weights and decay. A `POST` with `preview` answers with what would change.
#[derive(Debug, Clone, Template)]
#[template(path = "settings_scoring.html")]
pub struct ScoringPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// How much of a month's love is left a month later, 0 to 1, as typed.
    pub decay: String,
    /// Weights by activity type.
    pub weights: Vec<WeightLine>,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
    /// What saving would change, when asked for.
    pub preview: Option<ScoringPreview>,
}

/// The weight of one activity type.
#[derive(Debug, Clone)]
pub struct WeightLine {
    /// The type.
    pub activity_type: String,
    /// What it ships with.
    pub default: u8,
    /// What it is, or what was typed.
    pub value: String,
    /// Activities of that type in the last year.
    pub activities: u64,
}

impl WeightLine {
    fn is_changed(&self) -> bool {
        self.value != self.default.to_string()
    }
}

/// What other weights would do.
#[derive(Debug, Clone)]
pub struct ScoringPreview {
    /// Members per level, from the edge inwards.
    pub levels: Vec<LevelShift>,
    /// The members who would move furthest.
    pub members: Vec<MemberShift>,
    /// How many would move in all.
    pub moved: u64,
}

/// How a level would fill.
#[derive(Debug, Clone)]
pub struct LevelShift {
    /// The level's name.
    pub name: String,
    /// Members now.
    pub now: u64,
    /// Members after saving.
    pub after: u64,
}

impl LevelShift {
    fn difference(&self) -> String {
        let difference = self.after as i64 - self.now as i64;
        match difference {
            0 => "0".to_owned(),
            more if more > 0 => format!("+{}", crate::format::count(more)),
            less => crate::format::count(less),
        }
    }
}

/// A member who would move.
#[derive(Debug, Clone)]
pub struct MemberShift {
    /// Who.
    pub person: Person,
    /// From here.
    pub now: Level,
    /// To there.
    pub after: Level,
}

/// `GET /{workspace}/settings/channels`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_channels.html")]
pub struct ChannelsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Every channel, the busiest first.
    pub channels: Vec<ChannelLine>,
}

/// One channel.
#[derive(Debug, Clone)]
pub struct ChannelLine {
    /// Sent back when it is marked.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its source.
    pub source: String,
    /// Activities in the last 30 days.
    pub activities: u64,
    /// How much of what is opened there reads like a question, 0 to 100.
    pub question_share: Option<f64>,
    /// It takes questions.
    pub takes_questions: bool,
    /// What is said there is not public.
    pub is_private: bool,
}

impl ChannelLine {
    fn question_share(&self) -> String {
        crate::format::Unit::Percent.write(self.question_share)
    }
}

/// `GET /{workspace}/settings/users`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_users.html")]
pub struct UsersPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Who may sign in.
    pub users: Vec<UserLine>,
    /// Roles on offer: value and label.
    pub roles: Vec<(String, String)>,
    /// What was typed as the new user's address.
    pub email: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

/// One user.
#[derive(Debug, Clone)]
pub struct UserLine {
    /// Their name.
    pub name: String,
    /// The address they sign in with.
    pub email: String,
    /// What they may do.
    pub role: String,
    /// When they used Axle last; `None` when they are signed in nowhere.
    pub last_seen_at: Option<Timestamp>,
}

/// Which of the settings a page shows, what is wrong on it, and what was typed would have made of the past.
pub(crate) trait Tab {
    fn tab(&self) -> &'static str;
    fn problem(&self) -> Option<&str> {
        None
    }
    fn preview(&self) -> &[String] {
        &[]
    }
}

impl Tab for ScoringPage {
    fn tab(&self) -> &'static str {
        "Scoring"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

impl Tab for ChannelsPage {
    fn tab(&self) -> &'static str {
        "Channels"
    }
}

impl Tab for UsersPage {
    fn tab(&self) -> &'static str {
        "Users"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
