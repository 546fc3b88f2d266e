//! Who and what surrounds a member who is handed over: their organization with its plan and deals, others of it, and who
//! of us knows them. Other members have no name here unless they were handed over too.

use std::collections::{BTreeMap, HashSet};

use axle_model::interchange::FactKind;
use axle_model::time::local_day;
use axle_store::{fact, member};

use super::dossier::{Line, Sources, text};
use crate::directory::id_text;
use crate::{AppResult, members};

/// Others and colleagues that are named.
const NAMED: usize = 6;

/// The organization of today: its size, plan and deals.
pub(super) async fn accounts(read: &Sources<'_>) -> AppResult<Vec<Line>> {
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
        for (source, id) in &known.accounts {
            for row in fact::with_key(db, FactKind::ORGANIZATION, id).await?.iter().filter(|row| row.source == *source)
            {
                lines.extend(text(row, "plan").map(|plan| Line::labelled("Its plan", plan, of())));
                lines.extend(text(row, "owner").map(|owner| Line::labelled("Its account executive", owner, of())));
            }
        }
        let ids: HashSet<&str> = known.accounts.iter().map(|(_, id)| id.as_str()).collect();
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
    }
    Ok(lines)
}

/// Others of the organization by level, those of them who were handed over by name, and who of us knows the member.
pub(super) async fn lines(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let numbers = read.workspace.numbers().read().await.clone();
    let db = read.workspace.db();
    let today = local_day(read.now, &read.zone);
    let Some(own) = numbers.index(read.held.member_number) else { return Ok(Vec::new()) };
    let mine: Vec<String> = numbers.found.at(own, today).iter().map(|known| known.organization_id.clone()).collect();
    let is_with_us =
        |index: u32| numbers.found.at(index, today).iter().any(|known| mine.contains(&known.organization_id));
    let others = numbers.found.affiliations.keys().copied().filter(|index| {
        *index != own
            && !numbers.is_teammate(*index, today)
            && !numbers.is_bot_at[*index as usize]
            && is_with_us(*index)
    });
    let ids: Vec<u32> = others.map(|index| numbers.number_at[index as usize]).collect();
    let named = member::named(db, &ids).await?;
    let given: HashSet<String> = super::held(read.workspace, read.now)
        .await?
        .into_iter()
        .filter(|held| held.hand_off.closed.is_none() && held.hand_off.sent_at.is_some())
        .map(|held| held.hand_off.member_id)
        .collect();
    let mut levels: BTreeMap<std::cmp::Reverse<u8>, usize> = BTreeMap::new();
    named.iter().for_each(|(_, _, step)| *levels.entry(std::cmp::Reverse(step.div_ceil(3))).or_default() += 1);
    let mut lines = Vec::new();
    let organization = || mine.iter().map(|id| format!("organization:{id}"));
    for (std::cmp::Reverse(level), count) in levels {
        let name = ["out of orbit", "Exploring", "Participating", "Contributing", "Leading"][usize::from(level.min(4))];
        let noun = if count == 1 { "other member" } else { "other members" };
        lines.push(Line::labelled("Same organization", format!("{count} {noun}, {name}"), organization()));
    }
    for (number, name, _) in &named {
        let id = numbers.index(*number).map(|index| id_text(&numbers.id_at[index as usize])).unwrap_or_default();
        if given.contains(&id) {
            lines.push(Line::labelled("Handed over too", name, [format!("member:{id}")]));
        }
    }
    for met in read.profile.connections.iter() {
        let row = members::member_of(read.workspace, &met.member_id).await?;
        let is_teammate = numbers.index(row.member_number).is_some_and(|index| numbers.is_teammate(index, today));
        if is_teammate && lines.len() < NAMED + 5 {
            lines.push(Line::labelled("Knows them", row.name, [format!("member:{}", met.member_id)]));
        }
    }
    Ok(lines)
}
