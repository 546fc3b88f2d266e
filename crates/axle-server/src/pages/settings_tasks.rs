//! Settings of tasks: who is on for which role, and which web hooks are told.

use askama::Template;

use crate::filters;
use crate::pages::layout::Layout;
use crate::pages::settings::Tab;

/// `GET /{workspace}/settings/tasks`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_tasks.html")]
pub struct TaskSettingsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Each role that flywheels give tasks to.
    pub roles: Vec<RotaLine>,
    /// Web hooks, a line each, with `json` behind those that get every part by name.
    pub hooks: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
}

impl Tab for TaskSettingsPage {
    fn tab(&self) -> &'static str {
        "Tasks"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

/// Who is on for a role.
#[derive(Debug, Clone)]
pub struct RotaLine {
    /// As flywheels name it.
    pub role: &'static str,
    /// `Community builder`
    pub label: String,
    /// Addresses with commas between, as typed.
    pub people: String,
    /// Always the first, instead of taking turns by the week.
    pub is_first: bool,
    /// Who is on this week.
    pub on: Option<String>,
}
