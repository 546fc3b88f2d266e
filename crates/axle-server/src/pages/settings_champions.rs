//! Settings of champions' health: the numbers of the drop rule.

use askama::Template;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::settings::Tab;

/// `GET /{workspace}/settings/champions`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_champions.html")]
pub struct ChampionSettingsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The numbers, the weights of roles last.
    pub numbers: Vec<NumberLine>,
    /// Where the flywheel is changed: how long who is busy is left alone stands there.
    pub flywheel: Link,
    /// For how many days, unless they name a day.
    pub busy_days: u32,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
    /// What was typed would have made of the past, when that was asked.
    pub preview: Vec<String>,
}

impl Tab for ChampionSettingsPage {
    fn tab(&self) -> &'static str {
        "Champions"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
    fn preview(&self) -> &[String] {
        &self.preview
    }
}

/// One number.
#[derive(Debug, Clone)]
pub struct NumberLine {
    /// Its name in the form.
    pub name: String,
    /// For people.
    pub label: String,
    /// What it does, and as what it ships.
    pub hint: String,
    /// As typed.
    pub value: String,
}
