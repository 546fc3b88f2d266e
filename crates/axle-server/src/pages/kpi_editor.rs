//! The editor of KPIs of one's own: a definition as text, tried before it is saved.

use askama::Template;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;

/// `GET /{workspace}/kpis/new` and `/{workspace}/kpis/{kpi}/edit`; a `POST` answers with what trying it gave.
#[derive(Debug, Clone, Template)]
#[template(path = "kpi_editor.html")]
pub struct KpiEditorPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Where the form is sent.
    pub action: Link,
    /// The KPI's name, as typed; fixed once it is saved.
    pub id: String,
    /// It is not saved yet.
    pub is_new: bool,
    /// The definition, as typed.
    pub text: String,
    /// What trying it gave, when it was tried.
    pub trial: Option<TrialView>,
}

/// What trying a definition gave.
#[derive(Debug, Clone)]
pub struct TrialView {
    /// Why it cannot be saved.
    pub problem: Option<String>,
    /// Its golden cases: name, and what differs.
    pub cases: Vec<(String, Vec<String>)>,
    /// Its values over the last months: period and value.
    pub values: Vec<(String, String)>,
}

impl TrialView {
    fn wrong(&self) -> usize {
        self.cases.iter().filter(|(_, differences)| !differences.is_empty()).count()
    }

    fn is_good(&self) -> bool {
        self.problem.is_none() && self.wrong() == 0
    }
}

/// What the text area holds for a new KPI: one that works.
pub const EXAMPLE: &str = r#"group = "Our own"
title = "Members who contributed"
question = "How many members did something of weight 7 or more?"
unit = "count"
value = "distinct"
dimensions = ["source"]
better = "up"
caveats = ["Weights are those of the settings now."]
rows = """
select member as id, day, source
from member_days
where weight >= 7"""

[[golden]]
name = "two contributions of one member count once, a message does not"
data = [
  "ada contributed 2026-01-03",
  "ada contributed 2026-01-20",
  "bob messaged 2026-01-20",
]
expect = { "2026-01" = 1, "2026-02" = 0 }
"#;
