//! Settings of leads: what inferred signals count, and how long hand-offs hold.

use askama::Template;

use crate::filters;
use crate::pages::layout::Layout;
use crate::pages::settings::Tab;

/// `GET /{workspace}/settings/leads`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_leads.html")]
pub struct LeadSettingsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Points of each sign.
    pub points: Vec<NumberField>,
    /// Days that hand-offs hold.
    pub days: Vec<NumberField>,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
    /// What was typed would have made of the past, when that was asked.
    pub preview: Vec<String>,
}

/// A number to be typed.
#[derive(Debug, Clone)]
pub struct NumberField {
    /// The field's name in the form.
    pub name: String,
    /// What it is.
    pub label: &'static str,
    /// As typed, or as it is.
    pub value: String,
    /// What it ships with.
    pub default: u32,
}

impl Tab for LeadSettingsPage {
    fn tab(&self) -> &'static str {
        "Leads"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
    fn preview(&self) -> &[String] {
        &self.preview
    }
}
