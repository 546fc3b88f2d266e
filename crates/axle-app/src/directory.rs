//! The directory that the query engine is given: who and where, from the small tables of the record.

use std::collections::HashMap;

use axle_model::analytics::{
    ActivityTypeRow, ChannelRow, Directory, FactRows, IdentityRow, MemberRow, OrganizationRow, SourceRow, ThreadRow,
};
use axle_model::fact_table::FactColumn;
use axle_model::interchange::FactKind;
use axle_model::settings::ScoreSettings;
use axle_model::time::{LocalDay, local_day};
use axle_store::fact::FactRow;
use axle_store::{Db, activity, channel, fact, identity, member, source, thread};
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::AppResult;

/// Member numbers of the record by their index in the engine's directory, and who is who.
#[derive(Debug, Default)]
pub struct Numbers {
    /// Record's number at each index, rising.
    pub number_at: Vec<u32>,
    /// Public id at each index.
    pub id_at: Vec<[u8; 16]>,
    /// Whether it is a program, at each index.
    pub is_bot_at: Vec<bool>,
    /// Index of the member whom an identity belongs to, by the identity's number.
    pub by_identity: Vec<Option<u32>>,
}

impl Numbers {
    /// The index of the member whom an identity belongs to; `None` while it is not resolved.
    pub fn index_of(&self, identity: u32) -> Option<u32> {
        self.by_identity.get(identity as usize).copied().flatten()
    }

    /// The record's number of the member whom an identity belongs to.
    pub fn member_of(&self, identity: u32) -> Option<u32> {
        self.number_at.get(self.index_of(identity)? as usize).copied()
    }

    /// The index of a member's number.
    pub fn index(&self, number: u32) -> Option<u32> {
        self.number_at.binary_search(&number).ok().and_then(|index| u32::try_from(index).ok())
    }
}

/// Who is who, and who works where.
pub(crate) struct People {
    pub(crate) numbers: Numbers,
    /// By index.
    pub(crate) members: Vec<MemberRow>,
    /// By number.
    pub(crate) identities: Vec<identity::IdentityRow>,
    pub(crate) organizations: Vec<OrganizationRow>,
}

/// Reads who is who from the record.
pub(crate) async fn people(db: &Db, zone: &TimeZone) -> AppResult<People> {
    let found = member::all(db).await?;
    let mut numbers = Numbers::default();
    let mut members = Vec::with_capacity(found.len());
    for row in found {
        let member_id = row.member_id.as_slice().try_into().unwrap_or([0; 16]);
        numbers.number_at.push(row.member_number);
        numbers.id_at.push(member_id);
        numbers.is_bot_at.push(row.is_bot);
        let (name, is_bot) = (row.name, row.is_bot);
        members.push(MemberRow { member_id, name, is_bot, teammate: Vec::new(), affiliations: Vec::new() });
    }
    let identities = identity::all(db).await?;
    let greatest = identities.last().map_or(0, |row| row.identity_id as usize);
    numbers.by_identity = vec![None; greatest + 1];
    for row in &identities {
        numbers.by_identity[row.identity_id as usize] = row.member_number.and_then(|number| numbers.index(number));
    }
    let organizations = organizations(db).await?;
    let of_subject = |row: &FactRow| row.identity_id.and_then(|id| numbers.index_of(id)).map(|index| index as usize);
    for row in fact::of_kind(db, FactKind::TEAMMATE).await? {
        if let Some(index) = of_subject(&row) {
            members[index].teammate.push(interval(&row, zone));
        }
    }
    for row in fact::of_kind(db, FactKind::AFFILIATION).await? {
        let organization = row.fact.text("organization").and_then(|id| organizations.find(&row.source, id));
        if let (Some(index), Some(organization)) = (of_subject(&row), organization) {
            let (from, to) = interval(&row, zone);
            members[index].affiliations.push((organization, from, to));
        }
    }
    Ok(People { numbers, members, identities, organizations: organizations.rows })
}

/// Builds the directory from the record.
pub async fn build(db: &Db, zone: &TimeZone, settings: &ScoreSettings) -> AppResult<(Directory, Numbers)> {
    let People { numbers, members, identities, organizations } = people(db, zone).await?;
    let directory = Directory {
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        score: settings.clone(),
        sources: sources(db).await?,
        channels: channels(db).await?,
        activity_types: activity::activity_types(db)
            .await?
            .into_iter()
            .map(|(id, key)| ActivityTypeRow { activity_type_id: id, weight: settings.weight_of(&key), key })
            .collect(),
        identities: identities
            .into_iter()
            // Whoever is not resolved yet, because an import was cut off, waits for the next resolution.
            .filter_map(|row| {
                Some(IdentityRow {
                    member: numbers.index_of(row.identity_id)?,
                    identity_id: row.identity_id,
                    platform: row.platform,
                    uid: row.uid,
                    username: row.username,
                    email: row.email,
                    name: row.name,
                })
            })
            .collect(),
        members,
        organizations,
        threads: threads(db).await?,
    };
    Ok((directory, numbers))
}

/// `[from, to)` of a dated fact in local days; open ends are the extremes.
pub(crate) fn interval(row: &FactRow, zone: &TimeZone) -> (LocalDay, LocalDay) {
    let day = |field: &str| day_of(row.fact.text(field)?, zone);
    (day("from").unwrap_or(i32::MIN), day("to").unwrap_or(i32::MAX))
}

/// A date is that local day wherever the workspace lies; an instant is the local day that it falls on.
fn day_of(text: &str, zone: &TimeZone) -> Option<LocalDay> {
    if let (10, Ok(date)) = (text.len(), text.parse()) {
        return Some(axle_model::time::day_of_date(date));
    }
    Some(local_day(text.parse().ok()?, zone))
}

struct Organizations {
    rows: Vec<OrganizationRow>,
    by_source: HashMap<(String, String), u32>,
    by_id: HashMap<String, u32>,
}

impl Organizations {
    /// The organization of that id at that source, else at any.
    fn find(&self, source: &str, id: &str) -> Option<u32> {
        self.by_source.get(&(source.to_owned(), id.to_owned())).or_else(|| self.by_id.get(id)).copied()
    }
}

async fn organizations(db: &Db) -> AppResult<Organizations> {
    let mut organizations = Organizations { rows: Vec::new(), by_source: HashMap::new(), by_id: HashMap::new() };
    for (index, row) in (0u32..).zip(fact::of_kind(db, FactKind::ORGANIZATION).await?) {
        organizations.by_source.insert((row.source.clone(), row.fact.key.clone()), index);
        organizations.by_id.entry(row.fact.key.clone()).or_insert(index);
        organizations.rows.push(OrganizationRow {
            organization_id: row.fact.key.clone(),
            name: row.fact.text("name").unwrap_or(&row.fact.key).to_owned(),
            lifecycle: row.fact.text("lifecycle").map(str::to_owned),
        });
    }
    Ok(organizations)
}

async fn sources(db: &Db) -> AppResult<Vec<SourceRow>> {
    let rows = source::all(db).await?;
    Ok(rows.into_iter().map(|row| SourceRow { source_id: row.source_id, name: row.name, format: row.format }).collect())
}

async fn channels(db: &Db) -> AppResult<Vec<ChannelRow>> {
    let rows = channel::all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let kind = row.kind.unwrap_or_else(|| kind_of_format(&row.format).to_owned());
            let called = if row.external_id.is_empty() { "(none)".to_owned() } else { row.external_id };
            ChannelRow {
                channel_id: row.channel_id,
                source_id: row.source_id,
                name: row.name.unwrap_or(called),
                is_qa: row.is_qa.unwrap_or(kind == "qa"),
                is_ours: row.ownership.is_none_or(|ownership| ownership != "external"),
                kind,
            }
        })
        .collect())
}

/// What channels of a source are when it does not say.
fn kind_of_format(format: &str) -> &'static str {
    match format {
        "zulip" | "slack" | "slack-events" | "discord" | "discord-csv" => "chat",
        "discourse" => "forum",
        "stack-exchange" => "qa",
        "mail" => "mail",
        "git" | "github" => "code",
        "icalendar" | "attendance" => "event",
        _ => "other",
    }
}

async fn threads(db: &Db) -> AppResult<Vec<ThreadRow>> {
    let rows = thread::all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| ThreadRow {
            thread_id: row.thread_id,
            channel_id: row.channel_id,
            external_id: row.external_id,
            title: row.title,
            closed_at: row.is_closed.then_some(row.closed_at),
        })
        .collect())
}

/// Facts of a kind after a sequence number, at most `limit`, as the query engine takes them.
pub async fn facts(db: &Db, kind: FactKind, seq: i64, limit: u32) -> AppResult<FactRows> {
    let rows = fact::since(db, kind, seq, limit).await?;
    let column = |column: FactColumn| rows.iter().map(|(_, row)| column.value(&row.fact.body)).collect();
    Ok(FactRows {
        kind,
        seq: rows.iter().map(|(seq, _)| *seq).collect(),
        fact_id: rows.iter().map(|(_, row)| row.fact_id).collect(),
        source: rows.iter().map(|(_, row)| row.source.clone()).collect(),
        identity: rows.iter().map(|(_, row)| row.identity_id).collect(),
        columns: kind.columns().map(column).collect(),
    })
}

/// A public id as text.
pub fn id_text(id: &[u8; 16]) -> String {
    Uuid::from_bytes(*id).to_string()
}
