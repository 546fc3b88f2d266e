//! Members who become one person by people's word: whose id is kept, what of before gives way, and what forbids it.

use std::collections::{BTreeMap, HashMap};

use axle_model::groups::Groups;
use axle_store::identity_change::{self, ACCEPTED, CANNOT_LINK, HUMAN, NewEdge};
use axle_store::member::MemberRow;
use axle_store::{Db, Tx, identity};
use jiff::Timestamp;

use super::changes::correct;
use crate::changes::Record;
use crate::{AppError, AppResult, Workspace, resolve};

/// Two members who are one person, and why.
pub(super) struct Pair {
    pub(super) one: MemberRow,
    pub(super) other: MemberRow,
    pub(super) reason: String,
}

/// Makes the members of each pair one person, all at once: of those who become one, whoever did most keeps the id, then the
/// oldest. People's own word of before gives way, between any two of them; a source's does not.
pub(super) async fn join(
    workspace: &Workspace,
    tx: &mut Tx,
    pairs: Vec<Pair>,
    by: Option<&str>,
    now: Timestamp,
    record: &mut Record,
) -> AppResult<()> {
    let mut joining = Joining::of(workspace, &pairs).await?;
    let edges = joining.edges(&pairs);
    let at = now.as_microsecond();
    for (a, b) in resolve::forbidden(workspace.db()).await? {
        if let Some([one, other]) = joining.become_one(a, b) {
            return Err(AppError::Conflict(format!(
                "{one} and {other} cannot be one person: a source declares that they are two (a `link` line with `cannot`)"
            )));
        }
    }
    for edge in identity::decided_edges(workspace.db()).await?.iter().filter(|edge| edge.kind == CANNOT_LINK) {
        if joining.become_one(edge.a, edge.b).is_some()
            && identity_change::revoke_edge(tx, edge.a, edge.b, CANNOT_LINK, at).await?
        {
            record.revoked.push((edge.a, edge.b, CANNOT_LINK.into()));
        }
    }
    correct(workspace, tx, ACCEPTED, |a, b| joining.become_one(a, b).is_some(), record).await?;
    for edge in edges {
        if identity_change::add_edge(tx, &edge, by, at).await? {
            record.made(&edge);
        }
    }
    Ok(())
}

/// One of the members.
struct One {
    name: String,
    /// Their identity of the least number.
    first: u32,
    /// See [`rank`].
    rank: (i64, i64),
}

/// Of two sides the one with the lesser rank keeps the id: whoever did most, then the oldest.
pub(super) async fn rank(db: &Db, identities: &[u32]) -> AppResult<(i64, i64)> {
    let (activities, oldest) = identity_change::weight(db, identities).await?;
    Ok((-activities, oldest.unwrap_or(i64::MAX)))
}

/// The members, and which of them become one.
struct Joining {
    members: Vec<One>,
    /// By their numbers in the record.
    at: HashMap<u32, u32>,
    /// Whose their identities are.
    of_identity: HashMap<u32, u32>,
    /// By member, what stands for those who become one with them.
    group: Vec<u32>,
}

impl Joining {
    async fn of(workspace: &Workspace, pairs: &[Pair]) -> AppResult<Self> {
        let db = workspace.db();
        let mut joining =
            Self { members: Vec::new(), at: HashMap::new(), of_identity: HashMap::new(), group: Vec::new() };
        for row in pairs.iter().flat_map(|pair| [&pair.one, &pair.other]) {
            let place = joining.members.len() as u32;
            if joining.at.contains_key(&row.member_number) {
                continue;
            }
            let identities = identity::of_member(db, row.member_number).await?;
            let first = identities.first().map(|identity| identity.identity_id);
            let nobody = || AppError::Conflict("a member without identities cannot be merged".into());
            let numbers: Vec<u32> = identities.iter().map(|identity| identity.identity_id).collect();
            joining.at.insert(row.member_number, place);
            joining.of_identity.extend(identities.iter().map(|identity| (identity.identity_id, place)));
            joining.members.push(One {
                name: row.name.clone(),
                first: first.ok_or_else(nobody)?,
                rank: rank(db, &numbers).await?,
            });
        }
        Ok(joining)
    }

    /// The edges that make them one, in the order in which the record takes them. Each says whose side keeps its id: that of
    /// whoever did most among those that are joined so far.
    fn edges(&mut self, pairs: &[Pair]) -> Vec<NewEdge> {
        let place = |row: &MemberRow| self.at[&row.member_number];
        let mut wanted: BTreeMap<(u32, u32), ([u32; 2], &str)> = BTreeMap::new();
        for pair in pairs {
            let sides = [place(&pair.one), place(&pair.other)];
            let [a, b] = sides.map(|side| self.members[side as usize].first);
            wanted.entry((a.min(b), a.max(b))).or_insert((sides, pair.reason.as_str()));
        }
        let mut groups = Groups::new(self.members.len() as u32);
        // By what stands for a group, who did most of it.
        let mut best: Vec<u32> = (0..self.members.len() as u32).collect();
        let rank = |member: u32| self.members[member as usize].rank;
        let mut edges = Vec::new();
        for ((a, b), (sides, reason)) in wanted {
            let [one, other] = sides.map(|side| best[groups.root(side) as usize]);
            // Of equals the first that was named.
            let (kept, side) = if rank(other) < rank(one) { (other, sides[1]) } else { (one, sides[0]) };
            groups.join(sides[0], sides[1]);
            best[groups.root(side) as usize] = kept;
            let keeps = Some(self.members[side as usize].first);
            edges.push(NewEdge { a, b, kind: HUMAN, reason: reason.to_owned(), keeps });
        }
        self.group = (0..self.members.len() as u32).map(|member| groups.root(member)).collect();
        edges
    }

    /// The names of the two members whose identities these are, if they become one.
    fn become_one(&self, a: u32, b: u32) -> Option<[&str; 2]> {
        let places = [self.of_identity.get(&a)?, self.of_identity.get(&b)?];
        let [one, other] = places.map(|place| *place as usize);
        let is_so = one != other && self.group[one] == self.group[other];
        is_so.then(|| [self.members[one].name.as_str(), self.members[other].name.as_str()])
    }
}
