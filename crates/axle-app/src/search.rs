//! Search: members and KPIs by a few letters.

use std::sync::Arc;

use axle_model::kpi::KpiDefinition;

use crate::Workspace;
use crate::roster::{Person, Roster};

/// Members who are named by the text, the surest first and of those the most loved; and how many there are in all.
pub fn members<'a>(roster: &'a Roster, text: &str, limit: usize) -> (Vec<&'a Person>, usize) {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return (Vec::new(), 0);
    }
    let mut found: Vec<(u8, &Person)> =
        roster.people.iter().filter_map(|person| Some((Roster::rank(person, &text)?, person))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    let total = found.len();
    (found.into_iter().take(limit).map(|(_, person)| person).collect(), total)
}

/// KPIs with every word of the text in their id, title, group or question, by title.
pub fn kpis(workspace: &Workspace, text: &str) -> Vec<Arc<KpiDefinition>> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<_> = workspace.kpis().iter().filter(|kpi| has_all(kpi, &words)).cloned().collect();
    found.sort_by(|a, b| a.title.cmp(&b.title));
    found
}

fn has_all(kpi: &KpiDefinition, words: &[String]) -> bool {
    let all = format!("{} {} {} {}", kpi.id, kpi.title, kpi.group, kpi.question).to_lowercase();
    words.iter().all(|word| all.contains(word))
}
