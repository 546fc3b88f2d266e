//! Which id a member has: that of the side that did more, where people joined or parted members, else that of the least key.

use std::collections::{HashMap, HashSet};

use axle_store::identity::{Edge, IdentityRow};
use axle_store::identity_change::CANNOT_LINK;
use axle_store::{Db, activity, identity};

use super::{Accounts, Evidence, components, edge};
use crate::AppResult;
use crate::changes::Record;

/// What a member's id is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Founder {
    /// Where the identity stands whose key it is.
    at: usize,
    /// Where one stands on whose side the id stayed when a person parted the two: then this member's own keys would name that
    /// side, and its id is made of both.
    parted_from: Option<usize>,
}

/// For each identity what its member's id is made of. Without people's word it is the least key of those connected; where a person
/// merged, that of the side which keeps its id; where a person parted a member, its id goes with the side that keeps it. `said`:
/// people's edges.
pub(super) fn founders<'a>(
    identities: &[IdentityRow],
    edges: &[Edge],
    said: impl Iterator<Item = &'a Edge>,
) -> Vec<Founder> {
    let mut groups = Accounts::new(identities, &[]);
    for edge in edges {
        groups.join(edge.a, edge.b);
    }
    let key = |at: usize| (&identities[at].platform, &identities[at].natural_key);
    let mut least: Vec<usize> = (0..identities.len()).collect();
    for at in 0..identities.len() {
        let root = groups.root(at);
        if key(at) < key(least[root]) {
            least[root] = at;
        }
    }
    let mut founder: Vec<Founder> = least.iter().map(|at| Founder { at: *at, parted_from: None }).collect();
    let mut said: Vec<&Edge> = said.collect();
    // A split holds each of its sides together first, so that its id is that of the whole side.
    said.sort_by_key(|edge| (edge.created_at, edge.kind == CANNOT_LINK));
    let mut given: HashSet<Founder> = HashSet::new();
    for edge in said {
        let (Some(a), Some(b)) = (groups.position.get(&edge.a), groups.position.get(&edge.b)) else { continue };
        let (a, b) = (*a as usize, *b as usize);
        let [left, right] = [a, b].map(|at| groups.root(at));
        let keeps_a = edge.keeps.is_none_or(|keeps| keeps == edge.a);
        if edge.kind == CANNOT_LINK {
            let (side, kept, other) = if keeps_a { (a, left, right) } else { (b, right, left) };
            let apart = Founder { at: least[other], parted_from: Some(side) };
            if edge.keeps.is_some() && kept != other && given.insert(apart) {
                founder[kept] = founder[other];
                founder[other] = apart;
            }
            continue;
        }
        let kept = if keeps_a { founder[left] } else { founder[right] };
        let first = if key(least[right]) < key(least[left]) { least[right] } else { least[left] };
        groups.join(edge.a, edge.b);
        let root = groups.root(a);
        (founder[root], least[root]) = (kept, first);
    }
    (0..identities.len()).map(|at| founder[groups.root(at)]).collect()
}

/// A member's id follows from keys of identities, so that it does not depend on the order of imports.
pub(super) fn member_id(identities: &[IdentityRow], founder: Founder) -> [u8; 16] {
    let key = |at: usize| format!("{}/{}", identities[at].platform, identities[at].natural_key);
    let parted_from = founder.parted_from.map(key).unwrap_or_default();
    activity::activity_id("member", &key(founder.at), &parted_from)
}

/// The ids that the members of these identities would have with a change by people, by identity. Nothing is written.
pub(crate) async fn ids_with(db: &Db, change: &Record) -> AppResult<HashMap<u32, [u8; 16]>> {
    let mut evidence = Evidence::read(db).await?;
    let is_revoked =
        |edge: &Edge| change.revoked.iter().any(|(a, b, kind)| (edge.a, edge.b, &edge.kind) == (*a, *b, kind));
    evidence.decided.retain(|edge| !is_revoked(edge));
    let made = change.added.iter().map(|(a, b, kind)| Edge { created_at: i64::MAX, ..edge(*a, *b, kind, "") });
    evidence.decided.extend(made);
    let mut likeness = identity::derived_edges(db).await?;
    likeness.retain(|edge| edge.kind == identity::LIKENESS);
    let (_, members) = components(&evidence, &likeness);
    let ids = members.into_iter().flat_map(|member| {
        let id = member.member_id;
        member.identities.into_iter().map(move |identity| (identity, id))
    });
    Ok(ids.collect())
}
