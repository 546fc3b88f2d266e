//! What to connect so that a figure can be measured: for each table of facts that definitions need.

use axle_model::kpi::KpiDefinition;
use axle_model::kpi::toml_value::Value;
use jiff::Timestamp;

use crate::{AppResult, Workspace, figures};

/// Something that fills a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// The table, as definitions name it.
    pub table: &'static str,
    /// What it is, for people.
    pub name: &'static str,
    /// What to do.
    pub how: &'static str,
}

const fn need(table: &'static str, name: &'static str, how: &'static str) -> Need {
    Need { table, name, how }
}

impl Need {
    /// The type of the lines that would do; of several the first.
    pub fn line_type(&self) -> Option<&'static str> {
        let (_, named) = self.how.split_once("lines of the type")?;
        named.split_once('“')?.1.split_once('”').map(|(name, _)| name)
    }
}

/// What to do for flywheels.
const RUN_BY_THEMSELVES: &str =
    "Flywheels run by themselves once the record has what begins one: the page Flywheels shows their first steps.";

/// By how often they are needed.
const NEEDS: [Need; 34] = [
    need("deals", "deals", "Import the CRM's deals as a table, or lines of the type “deal”."),
    need("tickets", "tickets", "Import the help desk's tickets as a table, or lines of the type “ticket”."),
    need("calls", "calls", "Import calls and their transcripts as a table, or lines of the type “call”."),
    need("product_events", "product usage", "Import product events as a table, or lines of the type “product_event”."),
    need(
        "product_users",
        "product users",
        "Import the product's users as a table, or lines of the type “product_user”.",
    ),
    need("visits", "website visits", "Import the web analytics' visits as a table, or lines of the type “visit”."),
    need(
        "subscriptions",
        "subscriptions",
        "Import the billing system's subscriptions, or lines of the type “subscription”.",
    ),
    need(
        "survey_responses",
        "survey answers",
        "Import the survey's answers as a table, or lines of the type “survey_response”.",
    ),
    need("mentions", "mentions", "Name your brands under Settings, Brands, and import places in which they are named."),
    need("brands", "brands", "Name your brands and competitors under Settings, Brands."),
    need("content", "reach of posts", "Import posts with their impressions, or lines of the type “content”."),
    need("reactions", "reactions", "Import likes and shares, or lines of the type “reaction”."),
    need("referrals", "referrals", "Import invitations and who came by them, or lines of the type “invite”."),
    need("signposts", "signposts", "Import where the product leads to the community, or lines of the type “signpost”."),
    need("feedback", "product feedback", "Import feedback with its state, or lines of the type “feedback”."),
    need(
        "roles",
        "roles",
        "Say on the page of a member that they are a champion or an advocate, or import lines of the type “role”.",
    ),
    need("affiliations", "employers", "Import the CRM's contacts, or lines of the type “affiliation”."),
    need("teammates", "teammates", "Name your domains under Settings, People, or import lines of the type “teammate”."),
    need("costs", "costs", "State what the community costs: lines of the type “cost”."),
    need(
        "assumptions",
        "assumptions",
        "State the gross margin and what a ticket costs: lines of the type “assumption”.",
    ),
    need("programs", "programmes", "Import programmes and their members, or lines of the type “program”."),
    need("consents", "consents", "Import what members have allowed: lines of the type “consent”."),
    need("shipped_items", "releases", "Import what was shipped, or lines of the type “shipped_item”."),
    need("hand_offs", "hand-offs", "Hand members off to colleagues, or import lines of the type “hand_off”."),
    need(
        "duplicates",
        "compared questions",
        "A running server compares new questions with answered ones; `axle questions duplicates` does so at once.",
    ),
    need("accounts", "accounts", "Import the CRM's organizations, or lines of the type “organization”."),
    need("pushes", "pushes", "State what you publish and whom you invite: lines of the type “push”."),
    need(
        "signals",
        "raised hands",
        "Open the form under Settings, Raised hands, or import lines of the type “signal”.",
    ),
    need("tasks", "tasks", "Answer what Today asks for, or import lines of the type “task”."),
    need("enrollments", "enrolments", "Import who takes part in programmes: lines of the type “enrollment”."),
    need("events", "events", "Import events and who attended, or lines of the types “event” and “attendance”."),
    need("flywheel_runs", "runs of flywheels", RUN_BY_THEMSELVES),
    need("flywheel_visits", "steps of flywheels", RUN_BY_THEMSELVES),
    need("flywheel_evidence", "evidence in flywheels", RUN_BY_THEMSELVES),
];

/// What fills a table; `None` for one that nobody described.
pub fn of_table(table: &str) -> Option<&'static Need> {
    NEEDS.iter().find(|need| need.table == table)
}

/// What fills those tables of a definition's option `needs` that have no row; of one that needs nothing whole, those of
/// its option `wants`.
pub async fn missing(workspace: &Workspace, kpi: &KpiDefinition, now: Timestamp) -> AppResult<Vec<&'static Need>> {
    match kpi.options.get("needs").or(kpi.options.get("wants")) {
        Some(Value::Text(tables)) => empty(workspace, tables, now).await,
        _ => Ok(Vec::new()),
    }
}

/// What fills those of the tables that have no row: `deals,product_users/accounts` asks for deals, and for one of the
/// two others.
pub async fn empty(workspace: &Workspace, tables: &str, now: Timestamp) -> AppResult<Vec<&'static Need>> {
    let mut missing = Vec::new();
    for either in tables.split(',') {
        let mut has_rows = false;
        for table in either.split('/').map(str::trim).filter(|table| of_table(table).is_some()) {
            has_rows |= !is_empty(workspace, table, now).await?;
        }
        let first = either.split('/').find_map(|table| of_table(table.trim()));
        missing.extend(first.filter(|_| !has_rows));
    }
    Ok(missing)
}

/// Whether a table has no row; one that cannot be read has none. Who is a teammate is known by domains and by people's
/// word, too.
async fn is_empty(workspace: &Workspace, table: &str, now: Timestamp) -> AppResult<bool> {
    let table = if table == "teammates" { "teammate_spans" } else { table };
    let query = format!("select 1 from {table} limit 1");
    figures::ready(workspace, &query, now).await?;
    Ok(workspace.analytics().sql(&query, 1, now).await.map_or(true, |found| found.rows.is_empty()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axle_model::interchange::FactKind;

    use super::*;

    #[test]
    fn a_type_of_lines_that_is_named_is_one() {
        for need in &NEEDS {
            let is_named = need.how.contains("lines of the type");
            let known = need.line_type().filter(|name| FactKind::from_name(name).is_some());
            assert_eq!(known.is_some(), is_named, "{}", need.how);
        }
        let of = |table| of_table(table).and_then(Need::line_type);
        assert_eq!((of("roles"), of("events"), of("brands")), (Some("role"), Some("event"), None));
    }

    #[test]
    fn what_definitions_need_is_described() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kpis");
        for file in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let kpi: KpiDefinition = toml::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
            for option in ["needs", "wants"] {
                let Some(Value::Text(tables)) = kpi.options.get(option) else { continue };
                for table in tables.split([',', '/']) {
                    assert!(of_table(table.trim()).is_some(), "{:?}: nothing fills {table}", file.file_name());
                }
            }
        }
    }
}
