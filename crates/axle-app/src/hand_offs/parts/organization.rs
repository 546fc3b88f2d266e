//! Others of a member's organization. Who reads for sales sees them by number, level and role; by name only those who were
//! handed over too.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use axle_model::time::local_day;
use axle_store::member;
use serde::Deserialize;

use crate::directory::id_text;
use crate::hand_offs::packet::Line;
use crate::hand_offs::sources::Sources;
use crate::hand_offs::{self, later};
use crate::{AppResult, figures, members};

/// Others and colleagues that are named.
const NAMED: usize = 6;
/// Moods of so many days are told.
const MOOD_DAYS: i64 = 180;
/// Of fewer people who are not named, no mood is told: it would be one person's.
const MOOD_PEOPLE: usize = 3;
/// Roles that tie somebody to us.
const CHAMPIONS: [&str; 3] = ["champion", "deal_champion", "key_member"];
const LEVELS: [&str; 5] = ["out of orbit", "Exploring", "Participating", "Contributing", "Leading"];

/// Somebody else of the organization.
struct Other {
    member_id: String,
    name: String,
    level: &'static str,
    rank: u8,
    /// `champion`, of who is one.
    role: Option<String>,
    /// Whether the reader may know who it is.
    is_named: bool,
}

struct Around {
    /// Evidence of the organizations of today.
    organizations: Vec<String>,
    /// The innermost first.
    others: Vec<Other>,
}

async fn around(read: &Sources<'_>) -> AppResult<Around> {
    let numbers = read.workspace.numbers().read().await.clone();
    let db = read.workspace.db();
    let today = local_day(read.now, &read.zone);
    let mut around = Around { organizations: Vec::new(), others: Vec::new() };
    let Some(own) = numbers.index(read.member_number) else { return Ok(around) };
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
    let given: HashSet<String> = match read.names_members() {
        true => HashSet::new(),
        false => {
            let held = hand_offs::held(read.workspace, read.now).await?.into_iter();
            let open = held.filter(|held| held.hand_off.closed.is_none() && held.hand_off.sent_at.is_some());
            open.map(|held| held.hand_off.member_id).collect()
        }
    };
    let mut roles: HashMap<&str, String> = HashMap::new();
    for held in read.roles.iter().filter(|held| CHAMPIONS.contains(&held.role.as_str())) {
        roles.entry(&held.member_id).or_insert_with(|| held.role.replace('_', " "));
    }
    for (number, name, step) in member::named(db, &ids).await? {
        let Some(index) = numbers.index(number) else { continue };
        let member_id = id_text(&numbers.id_at[index as usize]);
        let rank = step.div_ceil(3).min(4);
        around.others.push(Other {
            is_named: read.names_members() || given.contains(&member_id),
            level: LEVELS[usize::from(rank)],
            role: roles.get(member_id.as_str()).cloned(),
            member_id,
            name,
            rank,
        });
    }
    around.others.sort_by(|a, b| (b.rank, &a.name, &a.member_id).cmp(&(a.rank, &b.name, &b.member_id)));
    around.organizations = mine.into_iter().map(|id| format!("organization:{id}")).collect();
    Ok(around)
}

/// How many others there are by level, the champions among them, those who may be named, and who of us knows the member.
pub(super) async fn people(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let around = around(read).await?;
    let mut lines = counted(&around);
    let handed = around.others.iter().filter(|other| other.is_named && !read.names_members());
    lines.extend(handed.map(|other| Line::labelled("Handed over too", &other.name, [other.evidence()])));
    if read.names_members() {
        lines.extend(around.others.iter().take(NAMED).map(|other| other.line("")));
    }
    lines.extend(knows(read).await?);
    Ok(lines)
}

fn counted(around: &Around) -> Vec<Line> {
    let mut levels: BTreeMap<Reverse<u8>, usize> = BTreeMap::new();
    around.others.iter().for_each(|other| *levels.entry(Reverse(other.rank)).or_default() += 1);
    let of = |count: usize, noun: &str| format!("{count} other {noun}{}", if count == 1 { "" } else { "s" });
    let mut lines = Vec::new();
    for (Reverse(rank), count) in levels {
        let told = format!("{}, {}", of(count, "member"), LEVELS[usize::from(rank)]);
        lines.push(Line::labelled("Same organization", told, around.organizations.clone()));
    }
    let champions = around.others.iter().filter(|other| other.role.is_some()).count();
    if champions > 0 {
        lines.push(Line::labelled("Champions there", of(champions, "champion"), around.organizations.clone()));
    }
    lines
}

/// Colleagues whom the member has met.
async fn knows(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let numbers = read.workspace.numbers().read().await.clone();
    let today = local_day(read.now, &read.zone);
    let mut lines = Vec::new();
    for met in &read.profile.connections {
        let row = members::member_of(read.workspace, &met.member_id).await?;
        let is_teammate = numbers.index(row.member_number).is_some_and(|index| numbers.is_teammate(index, today));
        if is_teammate && lines.len() < NAMED {
            lines.push(Line::labelled("Knows them", row.name, [format!("member:{}", met.member_id)]));
        }
    }
    Ok(lines)
}

#[derive(Deserialize)]
struct Texts {
    member_id: String,
    positive: u64,
    negative: u64,
    texts: u64,
}

/// The organization's people here: each who may be named with level, role and mood; the others counted, with the mood of all
/// of them.
pub(super) async fn map(read: &Sources<'_>) -> AppResult<Vec<Line>> {
    let around = around(read).await?;
    let moods = moods(read, &around).await?;
    let mut lines = Vec::new();
    let (named, unnamed): (Vec<&Other>, Vec<&Other>) = around.others.iter().partition(|other| other.is_named);
    for other in named {
        let mood = moods.get(&other.member_id).map(|texts| format!(", {}", mood(texts)));
        lines.push(other.line(&mood.unwrap_or_default()));
    }
    let mut counts: BTreeMap<(Reverse<u8>, Option<&str>), usize> = BTreeMap::new();
    unnamed.iter().for_each(|other| *counts.entry((Reverse(other.rank), other.role.as_deref())).or_default() += 1);
    for ((Reverse(rank), role), count) in counts {
        let noun = if count == 1 { "member" } else { "members" };
        let role = role.map(|role| format!(", {role}")).unwrap_or_default();
        let told = format!("{count} {noun}, {}{role}", LEVELS[usize::from(rank)]);
        lines.push(Line::labelled("Not named", told, around.organizations.clone()));
    }
    let theirs: Vec<&Texts> = unnamed.iter().filter_map(|other| moods.get(&other.member_id)).collect();
    if theirs.len() >= MOOD_PEOPLE {
        let sum = |of: fn(&Texts) -> u64| theirs.iter().map(|texts| of(texts)).sum::<u64>();
        let all = Texts {
            member_id: String::new(),
            positive: sum(|texts| texts.positive),
            negative: sum(|texts| texts.negative),
            texts: sum(|texts| texts.texts),
        };
        lines.push(Line::labelled("Their mood", mood(&all), around.organizations.clone()));
    }
    Ok(lines)
}

/// What others wrote lately where the reader may look, by mood.
async fn moods(read: &Sources<'_>, around: &Around) -> AppResult<HashMap<String, Texts>> {
    if around.others.is_empty() {
        return Ok(HashMap::new());
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let ids: Vec<String> = around.others.iter().map(|other| quoted(&other.member_id)).collect();
    let query = format!(
        "select member_id, count(*) as texts, sum(case when sentiment = 'positive' then 1 else 0 end) as positive,
                sum(case when sentiment = 'negative' then 1 else 0 end) as negative
         from activities where member_id in ({}) and sentiment <> 'unknown' and occurred_at <= timestamp '{:.0}'
           and occurred_at > timestamp '{:.0}' and {} group by member_id",
        ids.join(", "),
        read.now,
        later(read.now, -MOOD_DAYS),
        read.may_look()
    );
    let rows = figures::records::<Texts>(read.workspace, &query, read.now).await?;
    Ok(rows.into_iter().map(|row| (row.member_id.clone(), row)).collect())
}

/// `2 of 5 texts positive, 1 negative`
fn mood(texts: &Texts) -> String {
    let noun = if texts.texts == 1 { "text" } else { "texts" };
    format!("{} of {} {noun} positive, {} negative", texts.positive, texts.texts, texts.negative)
}

impl Other {
    fn evidence(&self) -> String {
        format!("member:{}", self.member_id)
    }

    fn line(&self, mood: &str) -> Line {
        let role = self.role.as_ref().map(|role| format!(", {role}")).unwrap_or_default();
        Line::labelled("There", format!("{}: {}{role}{mood}", self.name, self.level), [self.evidence()])
    }
}
