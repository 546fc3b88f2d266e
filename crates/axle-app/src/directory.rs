//! The directory that the query engine is given: who and where, from the small tables of the record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axle_model::Fact;
use axle_model::analytics::{
    ActivityTypeRow, ChannelRow, Department, Directory, FactRows, IdentityRow, MemberRow, OrganizationRow, Places,
    SourceRow, ThreadRow,
};
use axle_model::days::Days;
use axle_model::fact_table::FactColumn;
use axle_model::interchange::FactKind;
use axle_model::settings::ScoreSettings;
use axle_model::teammate::{self, Authority, Claim};
use axle_model::time::{LocalDay, local_day};
use axle_organization::Rules;
use axle_store::fact::FactRow;
use axle_store::member_word::{self, MemberWord};
use axle_store::{Db, activity, affiliation_word, channel, fact, identity, member, organization_edge, source, thread};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::AppResult;
use crate::addresses::{Addresses, Several, Span, Stated};
use crate::organizations::{Evidence, Found};
use crate::people::Settings;
use crate::tags;

/// Member numbers of the record by their index in the engine's directory, and who is who.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// Record's number at each index, rising.
    pub number_at: Vec<u32>,
    /// Public id at each index.
    pub id_at: Vec<[u8; 16]>,
    /// Whether it is a program, at each index.
    pub is_bot_at: Vec<bool>,
    /// Index of the member whom an identity belongs to, by the identity's number.
    pub by_identity: Vec<Option<u32>>,
    /// Local days `[from, to)` as a teammate, by index, of those who are or were one.
    pub teammates: HashMap<u32, Vec<(LocalDay, LocalDay)>>,
    /// Organizations, and who was where.
    pub found: Found,
    /// First and last local day of activity of identities that have an address, or whose member has one that only a profile says,
    /// by their number; `None` of those without any.
    active: HashMap<u32, Option<Span>>,
    /// Addresses of those that had several.
    several: Arc<Several>,
    /// Those whose present address only a profile says.
    stated: Arc<Stated>,
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

    /// Whether the member at an index is a teammate on a local day.
    pub fn is_teammate(&self, index: u32, day: LocalDay) -> bool {
        self.teammates.get(&index).is_some_and(|days| days.iter().any(|(from, to)| (*from..*to).contains(&day)))
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
}

/// Reads who is who from the record.
pub(crate) async fn people(db: &Db, zone: &TimeZone) -> AppResult<People> {
    let settings = crate::people::stored(db).await?;
    people_under(db, zone, &settings).await
}

/// As [`people`], under other settings.
pub(crate) async fn people_under(db: &Db, zone: &TimeZone, settings: &Settings) -> AppResult<People> {
    let (identities, members) = tokio::try_join!(identity::all(db), member::all(db))?;
    let mut membership = Membership::default();
    let mut numbers = Vec::new();
    for row in members {
        numbers.push(row.member_number);
        membership.add(row.member_id.as_slice().try_into().unwrap_or([0; 16]), row.name, row.is_bot);
    }
    membership.numbers.number_at = numbers;
    let numbers = &membership.numbers;
    let index_of = |row: &identity::IdentityRow| row.member_number.and_then(|number| numbers.index(number));
    membership.numbers.by_identity = by_number(&identities, index_of);
    let words = member_word::all(db, member_word::TEAMMATE).await?;
    let listed = fact::of_kind(db, FactKind::TEAMMATE).await?;
    with_places(db, zone, settings, identities, membership, (&listed, &words)).await
}

/// Members, and whose identities are whose: see [`Numbers::by_identity`].
#[derive(Default)]
pub(crate) struct Membership {
    pub(crate) numbers: Numbers,
    pub(crate) members: Vec<MemberRow>,
}

impl Membership {
    /// Adds a member; gives their index.
    pub(crate) fn add(&mut self, member_id: [u8; 16], name: String, is_bot: bool) -> u32 {
        self.numbers.id_at.push(member_id);
        self.numbers.is_bot_at.push(is_bot);
        let (teammate, departments, affiliations, tags) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.members.push(MemberRow { member_id, name, is_bot, teammate, departments, affiliations, tags });
        u32::try_from(self.members.len() - 1).expect("members are numbered by u32")
    }
}

/// The index of each identity's member, by the identity's number.
pub(crate) fn by_number(
    identities: &[identity::IdentityRow],
    index_of: impl Fn(&identity::IdentityRow) -> Option<u32>,
) -> Vec<Option<u32>> {
    let greatest = identities.last().map_or(0, |row| row.identity_id as usize);
    let mut by_identity = vec![None; greatest + 1];
    for row in identities {
        by_identity[row.identity_id as usize] = index_of(row);
    }
    by_identity
}

/// Who of these members was a teammate when, and where, under the settings, by who is `listed` as one and by people's `words`;
/// and their tags of now.
pub(crate) async fn with_places(
    db: &Db,
    zone: &TimeZone,
    settings: &Settings,
    identities: Vec<identity::IdentityRow>,
    membership: Membership,
    (listed, words): (&[FactRow], &[MemberWord]),
) -> AppResult<People> {
    let Membership { mut numbers, mut members } = membership;
    let stated = async {
        Ok(tokio::try_join!(
            fact::of_kind(db, FactKind::ORGANIZATION),
            fact::of_kind(db, FactKind::AFFILIATION),
            fact::with_field(db, FactKind::PERSON, "company"),
        )?)
    };
    let (addresses, (organizations, affiliations, companies)) = tokio::try_join!(Addresses::read(db, zone), stated)?;
    let mut claims = Claims { numbers: &numbers, by_member: HashMap::new(), departments: HashMap::new() };
    claims.of_lists(listed, zone);
    claims.of_domains(&identities, &addresses, settings);
    claims.of_people(words);
    let departments = std::mem::take(&mut claims.departments);
    numbers.teammates = claims.into_days();
    numbers.found = Found::of(Evidence {
        organizations: &organizations,
        affiliations: &affiliations,
        companies: &companies,
        words: &affiliation_word::all(db).await?,
        decided: &organization_edge::all(db).await?,
        identities: &identities,
        numbers: &numbers,
        addresses: &addresses,
        interval: &|row| interval(row, zone),
        rules: settings.rules(),
    });
    for (member, days) in &numbers.teammates {
        members[*member as usize].teammate.clone_from(days);
    }
    for (member, known) in departments {
        members[member as usize].departments = known;
    }
    for member in numbers.found.affiliations.keys() {
        members[*member as usize].affiliations = numbers.found.places(*member);
    }
    for (member, known) in tags::of_all(db, &numbers).await? {
        members[member as usize].tags = known;
    }
    let member = |identity: &u32| numbers.index_of(*identity);
    let stating: HashSet<u32> = addresses.stated.keys().filter_map(member).collect();
    let counts = |row: &identity::IdentityRow| {
        row.email.is_some() || member(&row.identity_id).is_some_and(|at| stating.contains(&at))
    };
    let addressed = identities.iter().filter(|row| counts(row)).map(|row| row.identity_id);
    numbers.active = addressed.map(|identity| (identity, addresses.active.get(&identity).copied())).collect();
    (numbers.several, numbers.stated) = (addresses.several, addresses.stated);
    Ok(People { numbers, members, identities })
}

/// More members than these are looked at together with everybody.
const FEW: usize = 100;

/// Local days of the first and last activity of identities with an address that were active later than known, when they did
/// something between two instants in microseconds. `None` when more may follow from it than where members are.
pub(crate) fn later_uses(
    numbers: &Numbers,
    did: &HashMap<u32, (i64, i64)>,
    zone: &TimeZone,
) -> Option<HashMap<u32, Span>> {
    let day = |at: i64| Timestamp::from_microsecond(at).map(|at| local_day(at, zone)).ok();
    let mut later = HashMap::new();
    for (identity, (first_at, last_at)) in did {
        let Some(active) = numbers.active.get(identity) else { continue };
        let (first, last) = (*active)?;
        if day(*first_at)? < first {
            return None;
        }
        let to = day(*last_at)?;
        if to > last {
            if numbers
                .several
                .get(identity)
                .is_some_and(|several| several.iter().any(|address| address.is_known_after(last)))
            {
                return None;
            }
            later.insert(*identity, (first, to));
        }
    }
    Some(later)
}

/// Who is where since addresses were in use on later days, and the members, by their index, whose places differ. `None` when
/// there are too many.
pub(crate) async fn moved(
    db: &Db,
    zone: &TimeZone,
    numbers: &Numbers,
    later: HashMap<u32, Span>,
) -> AppResult<Option<(Numbers, Vec<(u32, Places)>)>> {
    let members: Option<HashSet<u32>> = later.keys().map(|identity| numbers.index_of(*identity)).collect();
    let Some(members) = members.filter(|members| members.len() <= FEW) else { return Ok(None) };
    let mut numbers = numbers.clone();
    numbers.active.extend(later.into_iter().map(|(identity, days)| (identity, Some(days))));
    let (mut identities, mut affiliations, mut companies) = (Vec::new(), Vec::new(), Vec::new());
    for number in members.iter().map(|index| numbers.number_at[*index as usize]) {
        identities.extend(identity::of_member(db, number).await?);
        affiliations.extend(fact::about(db, FactKind::AFFILIATION, number).await?);
        companies.extend(fact::about(db, FactKind::PERSON, number).await?);
    }
    let mut words = affiliation_word::all(db).await?;
    words.retain(|word| numbers.index_of(word.identity_id).is_some_and(|member| members.contains(&member)));
    let active = identities.iter().filter_map(|row| Some((row.identity_id, (*numbers.active.get(&row.identity_id)?)?)));
    let (several, stated) = (Arc::clone(&numbers.several), Arc::clone(&numbers.stated));
    let addresses = Addresses { active: active.collect(), several, stated };
    let mut found = numbers.found.affiliations_of(&Evidence {
        organizations: &[],
        affiliations: &affiliations,
        companies: &companies,
        words: &words,
        decided: &[],
        identities: &identities,
        numbers: &numbers,
        addresses: &addresses,
        interval: &|row| interval(row, zone),
        rules: Rules::default(),
    });
    let mut moves = Vec::new();
    for member in members {
        let before = numbers.found.places(member);
        let known = &mut numbers.found.affiliations;
        known.remove(&member);
        known.extend(found.remove(&member).map(|timeline| (member, timeline)));
        let places = numbers.found.places(member);
        if places != before {
            moves.push((member, places));
        }
    }
    Ok(Some((numbers, moves)))
}

/// What is said of who was a teammate when, by the member's index.
struct Claims<'a> {
    numbers: &'a Numbers,
    by_member: HashMap<u32, Vec<Claim>>,
    /// Where they work with us, as people say and domains tell.
    departments: HashMap<u32, Vec<Department>>,
}

impl Claims<'_> {
    fn add(&mut self, identity: Option<u32>, authority: Authority, days: Option<Days>, is_teammate: bool) {
        let member = identity.and_then(|identity| self.numbers.index_of(identity));
        if let (Some(member), Some(days)) = (member, days) {
            self.by_member.entry(member).or_default().push(Claim { authority, days, is_teammate });
        }
    }

    fn add_department(&mut self, identity: u32, days: Option<Days>, name: Option<&str>, is_said: bool) {
        if let (Some(member), Some(days), Some(name)) = (self.numbers.index_of(identity), days, name) {
            let (from, to, name) = (days.from(), days.to(), name.to_owned());
            self.departments.entry(member).or_default().push(Department { from, to, name, is_said });
        }
    }

    fn of_lists(&mut self, rows: &[FactRow], zone: &TimeZone) {
        for row in rows {
            let (from, to) = interval(row, zone);
            self.add(row.identity_id, Authority::List, Days::new(from, to), true);
        }
    }

    fn of_domains(&mut self, identities: &[identity::IdentityRow], addresses: &Addresses, settings: &Settings) {
        if settings.own_domains.is_empty() {
            return;
        }
        for row in identities {
            for used in addresses.of(row) {
                let first = used.days.map(|(first, _)| first);
                // An address that no activity carried makes a teammate from when it was heard, whichever account they write with.
                let heard = addresses.stated.get(&row.identity_id).copied().flatten();
                let from = settings.teammate_from(used.email, first);
                let Some(from) = from.or_else(|| settings.teammate_from(used.email, heard)) else { continue };
                let to =
                    used.days.filter(|_| !used.is_current).map_or(LocalDay::MAX, |(_, last)| last.saturating_add(1));
                self.add(Some(row.identity_id), Authority::Domain, Days::new(from, to), true);
                let department = settings.department_of(used.email);
                self.add_department(row.identity_id, Days::new(from, to), department, false);
            }
        }
        // Of two the address that came later counts, whichever account was read first.
        for known in self.departments.values_mut() {
            known.sort_by(|x, y| (x.from, x.to, &x.name).cmp(&(y.from, y.to, &y.name)));
        }
    }

    fn of_people(&mut self, words: &[MemberWord]) {
        for word in words {
            let days = Days::new(word.from_day.unwrap_or(LocalDay::MIN), word.to_day.unwrap_or(LocalDay::MAX));
            let authority = Authority::Person { decided_at: word.said_at };
            self.add(Some(word.identity_id), authority, days, word.is_so);
            self.add_department(word.identity_id, days, word.department.as_deref(), true);
        }
    }

    fn into_days(self) -> HashMap<u32, Vec<(LocalDay, LocalDay)>> {
        let days = |claims: Vec<Claim>| -> Vec<(LocalDay, LocalDay)> {
            teammate::days_of(&claims).into_iter().map(|days| (days.from(), days.to())).collect()
        };
        let by_member = self.by_member.into_iter().map(|(member, claims)| (member, days(claims)));
        by_member.filter(|(_, days)| !days.is_empty()).collect()
    }
}

/// Builds the directory from the record.
pub async fn build(db: &Db, zone: &TimeZone, settings: &ScoreSettings) -> AppResult<(Directory, Numbers)> {
    let (People { numbers, members, identities }, threads) = tokio::try_join!(people(db, zone), threads(db))?;
    let organizations = numbers.found.organizations.iter().map(|known| OrganizationRow {
        organization_id: known.organization_id.clone(),
        name: known.name.clone(),
        lifecycle: known.lifecycle.clone(),
        accounts: known.accounts.clone(),
    });
    let directory = Directory {
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        business_hours: crate::settings::business_hours_of(db).await?,
        currencies: crate::settings::currencies_of(db).await?,
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
        organizations: organizations.collect(),
        organization_ids: numbers.found.other_ids(),
        threads,
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

/// A list of texts in a fact.
pub(crate) fn strings(fact: &Fact, field: &str) -> Vec<String> {
    let list = fact.body.get(field).and_then(serde_json::Value::as_array);
    list.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

async fn sources(db: &Db) -> AppResult<Vec<SourceRow>> {
    let rows = source::all(db).await?;
    Ok(rows.into_iter().map(|row| SourceRow { source_id: row.source_id, name: row.name, format: row.format }).collect())
}

async fn channels(db: &Db) -> AppResult<Vec<ChannelRow>> {
    Ok(channel::all(db).await?.into_iter().map(channel_of).collect())
}

/// A channel with what is usual for its source where nobody says.
pub(crate) fn channel_of(row: channel::ChannelRow) -> ChannelRow {
    let kind = row.kind.unwrap_or_else(|| kind_of_format(&row.format).to_owned());
    let called = || match row.external_id.as_str() {
        "" => "(none)".to_owned(),
        id if is_number(id) => format!("{} {id}", if kind == "forum" { "category" } else { "channel" }),
        id => id.to_owned(),
    };
    ChannelRow {
        channel_id: row.channel_id,
        source_id: row.source_id,
        name: row.name.unwrap_or_else(called),
        is_qa: row.is_qa.unwrap_or(kind == "qa"),
        is_ours: row.ownership.is_none_or(|ownership| ownership != "external"),
        kind,
    }
}

/// The channels of a source that have a number and no name.
pub(crate) async fn numbered_channels(db: &Db, source_id: u32) -> AppResult<Vec<String>> {
    let all = channel::all(db).await?.into_iter();
    let numbered = all.filter(|row| row.source_id == source_id && row.name.is_none() && is_number(&row.external_id));
    Ok(numbered.map(|row| channel_of(row).name).collect())
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// What channels of a source are when it does not say.
pub(crate) fn kind_of_format(format: &str) -> &'static str {
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

/// States of facts of a kind after a sequence number, at most `limit`, as the query engine takes them: with dates that
/// begin in `zone`.
pub async fn facts(db: &Db, kind: FactKind, seq: i64, limit: u32, zone: &TimeZone) -> AppResult<FactRows> {
    let states = fact::since(db, kind, seq, limit).await?;
    let column = |column: FactColumn| states.iter().map(|state| column.value(&state.row.fact.body, zone)).collect();
    Ok(FactRows {
        kind,
        seq: states.iter().map(|state| state.seq).collect(),
        fact_id: states.iter().map(|state| state.row.fact_id).collect(),
        source: states.iter().map(|state| state.row.source.clone()).collect(),
        identity: states.iter().map(|state| state.row.identity_id).collect(),
        ingested_at: states.iter().map(|state| state.ingested_at).collect(),
        columns: kind.columns().map(column).collect(),
    })
}

/// A public id as text.
pub fn id_text(id: &[u8; 16]) -> String {
    Uuid::from_bytes(*id).to_string()
}
