//! What a member did: history, events, product use, tickets and calls.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axle_model::interchange::FactKind;
use axle_store::fact::{self, FactRow};
use jiff::Timestamp;

use crate::AppResult;
use crate::hand_offs::later;
use crate::hand_offs::packet::Line;
use crate::hand_offs::sources::{LINES, Sources, activity_of, cut, text, words};
use crate::members::TimelineItem;

/// Months that are told.
const MONTHS: usize = 12;
/// Events that are still to come, at most.
const NEXT: usize = 3;

/// Where they stand: since when, the level with its reason, and presence.
pub(super) fn standing(read: &Sources<'_>) -> Vec<Line> {
    let (Some(newest), Some(oldest)) = (read.items.first(), read.items.last()) else { return Vec::new() };
    let first = read.detail.member.first_activity_at.filter(|_| read.covers_private());
    vec![
        Line::labelled("First seen", "", [activity_of(oldest)]).at(first.or(Some(oldest.at))),
        Line::labelled("Last seen", "", [activity_of(newest)]).at(Some(newest.at)),
        Line::labelled("Orbit level", &read.detail.why, [read.member()]),
        Line::labelled("Presence", &read.detail.member.presence, [read.member()]),
    ]
}

/// Where they stand, and what they did by month and kind.
pub(super) fn history(read: &Sources<'_>) -> Vec<Line> {
    let mut lines = standing(read);
    let mut months: BTreeMap<Reverse<(i16, i8)>, Vec<&TimelineItem>> = BTreeMap::new();
    for item in &read.items {
        let day = item.at.to_zoned(read.zone.clone()).date();
        months.entry(Reverse((day.year(), day.month()))).or_default().push(item);
    }
    for (Reverse((year, month)), items) in months.into_iter().take(MONTHS) {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        items.iter().for_each(|item| *kinds.entry(&item.activity_type).or_default() += 1);
        let evidence = items.iter().take(3).map(|item| activity_of(item));
        lines.push(Line::labelled(&format!("{year}-{month:02}"), most(kinds, 4), evidence));
    }
    lines
}

/// `3 × message sent, 1 × topic opened`: the most frequent first.
fn most(counts: BTreeMap<&str, usize>, at_most: usize) -> String {
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(kind, count)| (Reverse(*count), *kind));
    let told = counts.iter().take(at_most).map(|(kind, count)| format!("{count} × {}", words(kind)));
    told.collect::<Vec<_>>().join(", ")
}

pub(super) async fn events(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::ATTENDANCE).await? {
        let (Some(id), Some("attended")) = (text(&row, "event"), row.fact.text("state")) else { continue };
        let Some((name, starts_at)) = event(read, &row, &id).await? else { continue };
        let at = row.fact.instant("at").or(starts_at);
        lines.push(Line::new(name, [format!("attendance:{}", row.fact.key)]).at(at));
    }
    Ok(read.newest(lines))
}

/// Name and beginning of the event of an attendance; `None` when the reader may not read of it.
async fn event(read: &Sources<'_>, row: &FactRow, id: &str) -> AppResult<Option<(String, Option<Timestamp>)>> {
    let events = fact::with_key(read.workspace.db(), FactKind::EVENT, id).await?;
    let event = events.iter().find(|event| event.source == row.source);
    if !std::iter::once(row).chain(event).all(|row| read.may_read(row)) {
        return Ok(None);
    }
    let name = event.and_then(|event| text(event, "name")).unwrap_or_else(|| id.to_owned());
    Ok(Some((name, event.and_then(|event| event.fact.instant("starts_at")))))
}

/// Events that are still to come: those that they registered for, else the next that there are.
pub(super) async fn next(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::ATTENDANCE).await? {
        let (Some(id), Some("registered")) = (text(&row, "event"), row.fact.text("state")) else { continue };
        let Some((name, starts_at)) = event(read, &row, &id).await? else { continue };
        if starts_at.is_some_and(|at| at > read.now) {
            lines.push(Line::labelled("Registered", name, [format!("attendance:{}", row.fact.key)]).at(starts_at));
        }
    }
    if lines.is_empty() {
        let events = fact::of_kind(read.workspace.db(), FactKind::EVENT).await?;
        for row in events.into_iter().filter(|row| read.may_read(row)) {
            let starts_at = row.fact.instant("starts_at").filter(|at| *at > read.now);
            if let (Some(_), Some(name)) = (starts_at, text(&row, "name")) {
                let line = Line::labelled("Could come to", name, [format!("event:{}", row.fact.key)]);
                lines.push(line.at(starts_at));
            }
        }
    }
    lines.sort_by_key(|line| line.at);
    lines.truncate(NEXT);
    Ok(lines)
}

pub(super) async fn product(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::PRODUCT_USER).await? {
        let evidence = || [format!("product_user:{}", row.fact.key)];
        if let Some(plan) = text(&row, "plan") {
            lines.push(Line::labelled("Plan", plan, evidence()));
        }
        if let Some(at) = row.fact.instant("signup_at") {
            lines.push(Line::labelled("Signed up", "", evidence()).at(Some(at)));
        }
    }
    let mut events = read.facts(FactKind::PRODUCT_EVENT).await?;
    events.retain(|row| row.fact.instant("at").is_some_and(|at| at <= read.now));
    events.sort_by_key(|row| Reverse(row.fact.instant("at")));
    let id = |row: &FactRow| format!("product_event:{}", row.fact.key);
    let recent = later(read.now, -30);
    let is_recent = |row: &&FactRow| row.fact.instant("at").is_some_and(|at| at >= recent);
    let features: BTreeMap<String, String> =
        events.iter().filter(is_recent).filter_map(|row| Some((text(row, "feature")?, id(row)))).collect();
    if !features.is_empty() {
        let told: Vec<&str> = features.keys().map(String::as_str).collect();
        let told = format!("{}: {}", features.len(), told.join(", "));
        lines.push(Line::labelled("Features, last 30 days", cut(&told), features.values().take(5).cloned()));
    }
    let mut did: BTreeMap<&str, usize> = BTreeMap::new();
    events.iter().filter_map(|row| row.fact.text("name")).for_each(|name| *did.entry(name).or_default() += 1);
    if !did.is_empty() {
        lines.push(Line::labelled("Did most", most(did, 3), events.iter().take(3).map(id)));
    }
    if let Some(row) = events.iter().rfind(|row| row.fact.text("milestone").is_some()) {
        let what = text(row, "milestone").unwrap_or_default().replace('_', " ");
        lines.push(Line::labelled("Activated", what, [id(row)]).at(row.fact.instant("at")));
    }
    let is_limit = |row: &&FactRow| row.fact.text("name").is_some_and(|name| name.contains("limit"));
    for row in events.iter().filter(is_limit).take(3) {
        let what = text(row, "name").unwrap_or_default().replace('_', " ");
        lines.push(Line::labelled("Limit", what, [id(row)]).at(row.fact.instant("at")));
    }
    Ok(lines)
}

/// Open ones first. Their words are those of private channels.
pub(super) async fn tickets_and_calls(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = tickets(read).await?;
    for row in read.facts(FactKind::CALL).await? {
        let direction = if row.fact.text("direction") == Some("outbound") { "We called" } else { "They called" };
        let told = format!("{direction}: {}", text(&row, "kind").unwrap_or_else(|| "call".into()));
        lines.push((false, Line::new(told, [format!("call:{}", row.fact.key)]).at(row.fact.instant("called_at"))));
    }
    lines.retain(|(_, line)| line.at.is_none_or(|at| at <= read.now));
    lines.sort_by_key(|(is_open, line)| (!is_open, Reverse(line.at)));
    Ok(lines.into_iter().map(|(_, line)| line).take(LINES).collect())
}

/// Tickets, and whether each is open.
pub(super) async fn tickets(read: &Sources<'_>) -> AppResult<Vec<(bool, Line)>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::TICKET).await? {
        let is_open = row.fact.instant("solved_at").is_none_or(|at| at > read.now);
        let state = if is_open { "Open ticket" } else { "Solved ticket" };
        let words = text(&row, "subject").filter(|_| read.covers_private());
        let told = words.map_or_else(|| state.to_owned(), |words| format!("{state}: “{}”", cut(&words)));
        let line = Line::new(told, [format!("ticket:{}", row.fact.key)]).at(row.fact.instant("opened_at"));
        lines.push((is_open, line));
    }
    Ok(lines)
}
