//! Who a member is: how to reach them, what they do, and the organization of today with its size, plan and deals.

use std::collections::HashSet;

use axle_model::interchange::FactKind;
use axle_store::fact;

use crate::hand_offs::packet::Line;
use crate::hand_offs::sources::{Sources, activity_of, property, text};
use crate::members::TimelineItem;
use crate::{AppResult, organizations};

/// What sources call the number of people at an organization.
const SIZES: [&str; 5] = ["size", "employees", "employee_count", "number_of_employees", "numberofemployees"];

pub(super) async fn who(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = vec![Line::labelled("Name", &read.name, [read.member()])];
    let people = read.facts(FactKind::PERSON).await?;
    let evidence = |key: &str| [format!("person:{key}")];
    let tagged: Vec<(String, &str)> =
        people.iter().flat_map(|row| read.tags(row).into_iter().map(move |tag| (tag, row.fact.key.as_str()))).collect();
    for (tag, key) in &tagged {
        lines.extend(preferred(tag).map(|way| Line::labelled("Prefers", way, evidence(key))));
    }
    // Of what colleagues tag a member with, this alone is told: it is what the member asked for.
    let said = read.detail.member.tags.iter().filter(|tag| tag.is_said);
    for way in
        said.filter(|tag| tagged.iter().all(|(known, _)| *known != tag.tag)).filter_map(|tag| preferred(&tag.tag))
    {
        lines.push(Line::labelled("Prefers", way, [read.member()]));
    }
    let is_written = |item: &&TimelineItem| item.text.is_some() || item.title.is_some();
    if let Some(item) = read.items.iter().find(is_written).or(read.items.first()) {
        let place =
            if item.channel.is_empty() { item.source.clone() } else { format!("{}, {}", item.source, item.channel) };
        lines.push(Line::labelled("Writes in", place, [activity_of(item)]).at(Some(item.at)));
    }
    let said = |field: &str| people.iter().find_map(|row| Some((text(row, field)?, row.fact.key.as_str())));
    if let Some((zone, key)) = said("location_time_zone").or_else(|| said("location")) {
        lines.push(Line::labelled("Time zone", zone, evidence(key)));
    }
    let is_pronouns = |tag: &str| ["she/", "he/", "they/"].iter().any(|begin| tag.to_lowercase().starts_with(begin));
    if let Some((tag, key)) = tagged.iter().find(|(tag, _)| is_pronouns(tag)) {
        lines.push(Line::labelled("Pronouns", tag.as_str(), evidence(key)));
    }
    let mut jobs = read.profile.organizations.iter().filter(|job| job.is_current);
    let account = read.detail.identities.first().map(|account| format!("identity:{}", account.identity_id));
    if let Some(title) = jobs.find_map(|job| job.detail.clone()).or_else(|| said("title").map(|(title, _)| title)) {
        lines.push(Line::labelled("Role", title, account.or_else(|| Some(read.member()))));
    }
    for held in read.roles.iter().filter(|held| held.member_id == read.member_id) {
        lines.push(Line::labelled("With us", held.role.replace('_', " "), [read.member()]));
    }
    lines.extend(organization(read).await?);
    Ok(lines)
}

/// How a tag says that somebody likes to be reached: `mail` of `prefers-mail`.
fn preferred(tag: &str) -> Option<String> {
    let words = tag.replace(['-', '_', ':'], " ").to_lowercase();
    words.strip_prefix("prefers ").filter(|way| !way.starts_with("not")).map(str::to_owned)
}

/// The organization of today: its size, plan and deals.
async fn organization(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    let numbers = read.workspace.numbers().read().await.clone();
    let db = read.workspace.db();
    let mut seen = HashSet::new();
    for job in read.profile.organizations.iter().filter(|job| job.is_current) {
        let Some(at) = job.organization_id.as_deref().and_then(|id| numbers.found.called(id).ok().flatten()) else {
            continue;
        };
        if !seen.insert(at) {
            continue;
        }
        let known = &numbers.found.organizations[at as usize];
        let of = || [format!("organization:{}", known.organization_id)];
        lines.push(Line::labelled("Organization", &known.name, of()));
        let lifecycle = known.lifecycle.as_deref().filter(|state| *state != "none");
        lines.extend(lifecycle.map(|state| Line::labelled("It is", state, of())));
        for (source, id) in known.stated() {
            for row in fact::with_key(db, FactKind::ORGANIZATION, id).await?.iter().filter(|row| row.source == source) {
                let size = SIZES.iter().find_map(|field| property(row, field));
                lines.extend(size.map(|size| Line::labelled("Size", size, of())));
                lines.extend(text(row, "plan").map(|plan| Line::labelled("Its plan", plan, of())));
                lines.extend(text(row, "owner").map(|owner| Line::labelled("Its account executive", owner, of())));
            }
        }
        let ids: HashSet<&str> = known.accounts.iter().map(|(_, id)| id.as_str()).collect();
        let before = lines.len();
        for row in fact::of_kind(db, FactKind::DEAL).await? {
            if row.fact.text("organization").is_some_and(|id| ids.contains(id))
                && row.fact.instant("created_at").is_some_and(|at| at <= read.now)
            {
                let name = text(&row, "name").unwrap_or_else(|| "Deal".into());
                let stage = text(&row, "stage").unwrap_or_default().replace('_', " ");
                let line = Line::labelled("Deal", format!("{name}: {stage}"), [format!("deal:{}", row.fact.key)]);
                lines.push(line.at(row.fact.instant("created_at")));
            }
        }
        if lines.len() == before {
            lines.push(Line::labelled("Deal", "none is on record", of()));
        }
        // Whom a deal lost is told by their role: their name is not for sales.
        let standing = organizations::standing(read.workspace, &known.organization_id, read.now).await?;
        for deal in standing.deals.iter().filter(|deal| deal.stated.closed_at.is_none()) {
            let Some(last) = deal.lost.first() else { continue };
            let name = deal.stated.name.as_deref().unwrap_or("Deal");
            let lost = match deal.lost.len() {
                1 => "one of its champions".to_owned(),
                number => format!("{number} of its champions"),
            };
            let line =
                Line::labelled("Champion lost", format!("{name}: {lost}"), [format!("deal:{}", deal.stated.deal_id)]);
            lines.push(line.at(Some(last.at)));
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::preferred;

    #[test]
    fn a_tag_says_how_somebody_likes_to_be_reached() {
        let told = ["prefers mail", "Prefers-Slack", "prefers not to be called", "vip"].map(preferred);
        assert_eq!(told, [Some("mail".to_owned()), Some("slack".to_owned()), None, None]);
    }
}
