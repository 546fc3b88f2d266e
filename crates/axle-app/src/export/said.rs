//! What people said in Axle beside facts, as interchange says it: who is one person, who is a program or a teammate, and tags.

use std::collections::BTreeMap;

use axle_model::interchange::FactKind;
use axle_model::tag;
use axle_model::time::{LocalDay, date_of_day};
use axle_store::fact::FactRow;
use axle_store::identity_change::CANNOT_LINK;
use axle_store::{Db, identity, member_word};
use serde_json::{Map, Value, json};

use super::line;
use super::people::People;
use crate::AppResult;
use crate::directory;

/// The source of these lines: not that of what is said here, whose lines these would replace.
const SOURCE: &str = "said-in-axle";

/// The lines, in no order.
pub(super) async fn lines(db: &Db, known: &directory::People, people: &People<'_>) -> AppResult<Vec<Value>> {
    let mut lines = links(db, people).await?;
    lines.extend(persons(db, known, people).await?);
    lines.extend(teammates(known, people));
    Ok(lines)
}

/// People's edges, and those of likeness: the threshold that made them is a setting.
async fn links(db: &Db, people: &People<'_>) -> AppResult<Vec<Value>> {
    let mut edges = identity::decided_edges(db).await?;
    edges.extend(identity::derived_edges(db).await?.into_iter().filter(|edge| edge.kind == identity::LIKENESS));
    let link = |edge: &identity::Edge| {
        let identities = [people.key(edge.a)?, people.key(edge.b)?];
        let cannot = edge.kind == CANNOT_LINK;
        let fields = [
            ("identities", json!(identities)),
            ("verified", json!(!cannot)),
            ("cannot", json!(cannot)),
            ("reason", json!(edge.reason)),
        ];
        Some(line(
            FactKind::LINK.name(),
            SOURCE,
            fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
        ))
    };
    Ok(edges.iter().filter_map(link).collect())
}

/// Words on programs, and tags that people gave.
async fn persons(db: &Db, known: &directory::People, people: &People<'_>) -> AppResult<Vec<Value>> {
    let mut said: BTreeMap<u32, Map<String, Value>> = BTreeMap::new();
    for word in member_word::all(db, member_word::BOT).await? {
        said.entry(word.identity_id).or_default().insert("bot".into(), json!(word.is_so));
    }
    let first = first_identities(known);
    for (index, member) in (0u32..).zip(&known.members) {
        let tags: Vec<&str> = member.tags.iter().filter(|tag| tag.is_said).map(|tag| tag.tag.as_str()).collect();
        if let Some(identity) = first.get(&index).filter(|_| !tags.is_empty()) {
            said.entry(*identity).or_default().insert("tags".into(), json!(tags));
        }
    }
    let person = |(identity, mut body): (u32, Map<String, Value>)| {
        body.insert("identity".into(), json!(people.key(identity)?));
        Some(line(FactKind::PERSON.name(), SOURCE, body))
    };
    Ok(said.into_iter().filter_map(person).collect())
}

/// Who is a teammate on which days, however that is known: own domains are a setting.
fn teammates(known: &directory::People, people: &People<'_>) -> Vec<Value> {
    let first = first_identities(known);
    let mut lines = Vec::new();
    for (index, days) in &known.numbers.teammates {
        let Some(identity) = first.get(index).and_then(|identity| people.key(*identity)) else { continue };
        let departments = &known.members[*index as usize].departments;
        for (from, to) in days {
            let department = departments.iter().rfind(|known| known.from < *to && known.to > *from);
            let mut body = Map::from_iter([
                ("identity".to_owned(), json!(identity)),
                ("from".to_owned(), json!(date_of_day((*from).max(EARLIEST)).to_string())),
            ]);
            body.extend((*to != LocalDay::MAX).then(|| ("to".to_owned(), json!(date_of_day(*to).to_string()))));
            body.extend(department.map(|known| ("department".to_owned(), json!(known.name))));
            lines.push(line(FactKind::TEAMMATE.name(), SOURCE, body));
        }
    }
    lines
}

/// 1 January 1900, for days without a first one.
const EARLIEST: LocalDay = -25_567;

/// Of each member, by their index, the identity of the least number.
fn first_identities(known: &directory::People) -> BTreeMap<u32, u32> {
    let mut first = BTreeMap::new();
    for row in &known.identities {
        if let Some(index) = known.numbers.index_of(row.identity_id) {
            first.entry(index).or_insert(row.identity_id);
        }
    }
    first
}

/// Takes tags out of what a source states that people took away.
pub(super) fn keep_tags(row: &mut FactRow, known: &directory::People) {
    let Some(member) = row.identity_id.and_then(|identity| known.numbers.index_of(identity)) else { return };
    let held = &known.members[member as usize].tags;
    if let Some(Value::Array(tags)) = row.fact.body.get_mut("tags") {
        tags.retain(|stated| stated.as_str().is_some_and(|stated| tag::find(held, stated).is_some()));
    }
}
