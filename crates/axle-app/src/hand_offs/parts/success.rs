//! What customer success and the community tell each other: why somebody matters, what they got, what was tried, renewal
//! and risks.

use axle_model::catalogue;
use axle_model::interchange::FactKind;
use axle_store::fact;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::{doings, said};
use crate::accounts::{self, Risk};
use crate::hand_offs::later;
use crate::hand_offs::packet::Line;
use crate::hand_offs::sources::{LINES, Sources, activity_of, cut, text, words};
use crate::{AppResult, figures, organizations};

/// Days in which use of the product is counted.
const USE_DAYS: i64 = 30;

/// Why they were named, what the account is to us, and how much they use the product.
pub(super) async fn why(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::ROLE).await?.iter().filter(|row| row.fact.text("role") == Some("key_member")) {
        let by = text(row, "by").map(|by| format!(" by {by}")).unwrap_or_default();
        let reason = text(row, "reason").map(|reason| format!(": {}", cut(&reason))).unwrap_or_default();
        let told = format!("key member{by}{reason}");
        lines.push(Line::labelled("Named", told, [format!("role:{}", row.fact.key)]).at(row.fact.instant("from")));
    }
    for row in account_facts(read).await? {
        let Some(key) = row.fact.body.get("key_account") else { continue };
        let field = |name: &str| key.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        let evidence = || [format!("organization:{}", row.fact.key)];
        lines.extend(field("reason").map(|reason| Line::labelled("Key account", cut(&reason), evidence())));
        lines.extend(field("owner").map(|owner| Line::labelled("Looked after by", owner, evidence())));
    }
    let since = later(read.now, -USE_DAYS);
    let mut used: Vec<(Date, String)> = Vec::new();
    for row in read.facts(FactKind::PRODUCT_EVENT).await? {
        if let Some(at) = row.fact.instant("at").filter(|at| *at > since && *at <= read.now) {
            used.push((at.to_zoned(read.zone.clone()).date(), format!("product_event:{}", row.fact.key)));
        }
    }
    used.sort();
    used.dedup_by_key(|(day, _)| *day);
    if !used.is_empty() {
        let told = format!("on {} of the last {USE_DAYS} days", used.len());
        lines.push(Line::labelled("Uses the product", told, used.into_iter().map(|(_, id)| id).take(3)));
    }
    Ok(lines)
}

/// What sources state of the organizations of today.
async fn account_facts(read: &Sources<'_>) -> AppResult<Vec<fact::FactRow>> {
    let numbers = read.workspace.numbers().read().await.clone();
    let mut rows = Vec::new();
    for id in organization_ids(read) {
        let Some(at) = numbers.found.find(&id) else { continue };
        for (source, account) in numbers.found.organizations[at as usize].stated() {
            let stated = fact::with_key(read.workspace.db(), FactKind::ORGANIZATION, account).await?;
            rows.extend(stated.into_iter().filter(|row| row.source == source));
        }
    }
    Ok(rows)
}

/// Public ids of the organizations of today.
fn organization_ids(read: &Sources<'_>) -> Vec<String> {
    let jobs = read.profile.organizations.iter().filter(|job| job.is_current);
    let mut ids: Vec<String> = jobs.filter_map(|job| job.organization_id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Answers that they got, events that they came to, and what they liked, commented on or saved.
pub(super) async fn value(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let answers = said::questions(read, false).await?.into_iter();
    let mut lines: Vec<Line> = answers.map(|line| Line { label: Some("Got an answer".into()), ..line }).collect();
    let events = doings::events(read).await?.into_iter();
    lines.extend(events.map(|line| Line { label: Some("Came to".into()), ..line }));
    let ideas = read.items.iter().filter(|item| catalogue::is_idea(&item.activity_type));
    lines.extend(ideas.map(|item| {
        let title = item.title.as_ref().map(|title| format!(": {}", cut(title))).unwrap_or_default();
        let told = format!("{}{title}", words(&item.activity_type));
        Line { url: item.url.clone(), ..Line::labelled("Took up", told, [activity_of(item)]).at(Some(item.at)) }
    }));
    Ok(read.newest(lines))
}

#[derive(Deserialize)]
struct Push {
    push_id: String,
    at: Timestamp,
    kind: Option<String>,
}

/// What colleagues did for them: tasks that are done, signposts, and what was sent to them.
pub(super) async fn tried(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    for row in read.facts(FactKind::TASK).await? {
        let (Some(kind), Some(at)) = (text(&row, "kind"), row.fact.instant("done_at")) else { continue };
        let by = text(&row, "assignee").map(|by| format!(" by {by}")).unwrap_or_default();
        let outcome = text(&row, "outcome").unwrap_or_else(|| "done".into()).replace('_', " ");
        let told = format!("{}: {outcome}{by}", kind.replace('_', " "));
        lines.push(Line::labelled("Task", told, [format!("task:{}", row.fact.key)]).at(Some(at)));
    }
    for row in read.facts(FactKind::SIGNPOST).await? {
        let told =
            format!("{}, {}", text(&row, "signpost").unwrap_or_default(), row.fact.text("kind").unwrap_or("shown"));
        lines.push(Line::labelled("Signpost", told, [format!("signpost:{}", row.fact.key)]).at(row.fact.instant("at")));
    }
    let numbers = read.workspace.numbers().read().await.clone();
    if let Some(index) = numbers.index(read.member_number) {
        let query = format!(
            "select push_id, at, kind from (select push_id, at, kind, unnest(json_items(subjects)) as subject from pushes) sent
             where member_named(subject) = {index} order by at desc, push_id limit {LINES}"
        );
        for push in figures::records::<Push>(read.workspace, &query, read.now).await? {
            let told = push.kind.unwrap_or_default().replace('_', " ");
            lines.push(Line::labelled("Sent", told, [format!("push:{}", push.push_id)]).at(Some(push.at)));
        }
    }
    Ok(read.newest(lines))
}

/// When the account renews next.
pub(super) async fn renewal(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let renewals = accounts::renewals(read.workspace, read.now).await?;
    let line = |id: String| {
        let on = renewals.get(&id)?;
        Some(Line::labelled("Renews on", on.to_string(), [format!("organization:{id}")]))
    };
    Ok(organization_ids(read).into_iter().filter_map(line).collect())
}

/// What may go wrong at the account, and what is open with the member.
pub(super) async fn risks(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let mut lines = Vec::new();
    let own = organization_ids(read);
    let mut known = organizations::list(read.workspace, read.now, None).await?;
    known.retain(|line| own.contains(&line.organization_id));
    for account in accounts::list(read.workspace, &known, read.now).await? {
        let evidence = || [format!("organization:{}", account.organization_id)];
        lines.extend(account.risks.iter().map(|risk| Line::labelled("Account", told(*risk), evidence())));
    }
    lines.extend(doings::tickets(read).await?.into_iter().filter(|(is_open, _)| *is_open).map(|(_, line)| line));
    lines.extend(said::concerns(read).await?);
    Ok(lines)
}

fn told(risk: Risk) -> String {
    match risk {
        Risk::SilentChampions(count) => format!("{count} went silent of the champions there"),
        Risk::NoKeyMember => "no key member is named".into(),
        Risk::NoActiveKeyMember => "no key member did anything for 90 days".into(),
        Risk::SingleThread => "all depends on one active key member".into(),
        Risk::StuckNewcomers(count) => format!("newcomers who are stuck: {count}"),
        Risk::OpenTickets(count) => format!("open tickets: {count}"),
    }
}
