//! The catalogue of KPIs, by team, each with where it stands.

use askama::Template;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::Figure;

/// `GET /{workspace}/kpis`
#[derive(Debug, Clone, Template)]
#[template(path = "kpis.html")]
pub struct KpisPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The period of the values: `Feb 2026`.
    pub period: String,
    /// What was searched for; the groups hold only what matches.
    pub query: String,
    /// Every team, with the one on view marked.
    pub teams: Vec<Team>,
    /// The groups on view.
    pub groups: Vec<KpiGroup>,
    /// Where an administrator writes a KPI of their own.
    pub new: Option<Link>,
}

/// A way to one team's KPIs.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its heading.
    pub name: String,
    /// The page with its KPIs.
    pub link: Link,
    /// How many they are.
    pub count: usize,
    /// It is on view.
    pub is_current: bool,
}

/// KPIs of one team.
#[derive(Debug, Clone)]
pub struct KpiGroup {
    /// Unique on the page; letters, digits and `-`.
    pub id: String,
    /// Its heading.
    pub name: String,
    /// Its KPIs.
    pub kpis: Vec<KpiLine>,
}

/// One KPI.
#[derive(Debug, Clone)]
pub struct KpiLine {
    /// Where it stands.
    pub figure: Figure,
    /// The question it answers.
    pub question: String,
    /// What to connect, when its source is missing; then there is no value to expect.
    pub needs: Option<String>,
}
