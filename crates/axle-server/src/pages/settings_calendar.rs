//! Settings of the calendar: where days begin, and when somebody is at work.

use askama::Template;

use crate::filters;
use crate::pages::layout::Layout;
use crate::pages::settings::Tab;

/// `GET /{workspace}/settings/calendar`
#[derive(Debug, Clone, Template)]
#[template(path = "settings_calendar.html")]
pub struct CalendarPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The IANA name, or what was typed.
    pub time_zone: String,
    /// Names to offer.
    pub time_zones: Vec<String>,
    /// What is wrong with the time zone that was typed.
    pub problem: Option<String>,
    /// Business hours.
    pub hours: HoursForm,
}

/// Business hours as they are, or as they were typed.
#[derive(Debug, Clone)]
pub struct HoursForm {
    /// Days of the week, and whether somebody works then.
    pub days: Vec<(&'static str, bool)>,
    /// When work begins.
    pub from: String,
    /// When it ends.
    pub to: String,
    /// A date a line.
    pub holidays: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
    /// What was typed would have made of the past, when that was asked.
    pub preview: Vec<String>,
}

impl Tab for CalendarPage {
    fn tab(&self) -> &'static str {
        "Calendar"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref().or(self.hours.problem.as_deref())
    }
    fn preview(&self) -> &[String] {
        &self.hours.preview
    }
}
