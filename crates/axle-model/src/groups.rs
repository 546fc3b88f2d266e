//! Groups: what live edges connect, be it identities that are one member or sightings that are one organization. Some
//! pairs must never meet in one group, and a group keeps its id while it grows, shrinks, and is put together again.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// What became of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Two groups became one.
    Joined,
    /// Both were in one group before.
    Known,
    /// Somebody in the one and somebody in the other must not meet: nothing changed.
    Forbidden,
}

/// Numbers from 0 on, joined into groups. Take edges in an order that follows from what they say, the surest first:
/// where a pair is forbidden, the order decides.
#[derive(Debug, Clone)]
pub struct Groups {
    parent: Vec<u32>,
    size: Vec<u32>,
    /// Groups that must stay apart from a group, by their roots.
    apart: HashMap<u32, HashSet<u32>>,
    /// What a group holds one of at most, by its root.
    single: HashMap<u32, HashSet<u32>>,
}

impl Groups {
    /// Everybody alone.
    pub fn new(count: u32) -> Self {
        Self {
            parent: (0..count).collect(),
            size: vec![1; count as usize],
            apart: HashMap::new(),
            single: HashMap::new(),
        }
    }

    /// The number that stands for the group of `at`: any of them, until the next join.
    pub fn root(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let next = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = next;
            at = next;
        }
        at
    }

    /// Keeps the groups of the two apart from now on. False when they are one already: nothing changes then.
    pub fn forbid(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return false;
        }
        self.apart.entry(a).or_default().insert(b);
        self.apart.entry(b).or_default().insert(a);
        true
    }

    /// Says that a group may hold but one of `kind`, and that this is one: two accounts of one CRM are two customers.
    /// Binds joins that follow, so take a person's before.
    pub fn only_one(&mut self, at: u32, kind: u32) {
        let root = self.root(at);
        self.single.entry(root).or_default().insert(kind);
    }

    /// Joins the groups of the two, unless that is forbidden.
    pub fn join(&mut self, a: u32, b: u32) -> Join {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return Join::Known;
        }
        if self.apart.get(&a).is_some_and(|apart| apart.contains(&b)) || self.share_a_single(a, b) {
            return Join::Forbidden;
        }
        self.unite(a, b);
        Join::Joined
    }

    fn share_a_single(&self, a: u32, b: u32) -> bool {
        let (Some(a), Some(b)) = (self.single.get(&a), self.single.get(&b)) else { return false };
        !a.is_disjoint(b)
    }

    fn unite(&mut self, a: u32, b: u32) {
        let apart = |groups: &Self, at: u32| groups.apart.get(&at).map_or(0, HashSet::len);
        // What has more to carry along stays where it is, so that nothing is moved often.
        let load = |groups: &Self, at: u32| groups.size[at as usize] as usize + apart(groups, at);
        let (kept, gone) = if load(self, a) >= load(self, b) { (a, b) } else { (b, a) };
        self.parent[gone as usize] = kept;
        self.size[kept as usize] += self.size[gone as usize];
        for other in self.apart.remove(&gone).into_iter().flatten() {
            let back = self.apart.entry(other).or_default();
            back.remove(&gone);
            back.insert(kept);
            self.apart.entry(kept).or_default().insert(other);
        }
        if let Some(single) = self.single.remove(&gone) {
            self.single.entry(kept).or_default().extend(single);
        }
    }

    /// The groups, each in rising order, by their least number.
    pub fn into_groups(mut self) -> Vec<Vec<u32>> {
        let mut place: HashMap<u32, usize> = HashMap::new();
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for at in 0..u32::try_from(self.parent.len()).unwrap_or(u32::MAX) {
            let root = self.root(at);
            let index = *place.entry(root).or_insert(groups.len());
            if index == groups.len() {
                groups.push(Vec::new());
            }
            groups[index].push(at);
        }
        groups
    }
}

/// A public id.
pub type Id = [u8; 16];

/// An id that was given once. All are kept, also those that are aliases now, so that old links and a split find them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenId {
    /// The id.
    pub id: Id,
    /// Whom it was made for. The group that holds them is where the id leads.
    pub founder: u32,
    /// When it was given, in microseconds since 1970.
    pub since: i64,
    /// How many were in its group when it was last in use.
    pub size: u32,
    /// When its group became part of another's, in microseconds since 1970; `None` while it is in use.
    pub retired_at: Option<i64>,
}

/// The id of a group now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: Id,
    /// Whether it is a new one. Its founder is the least number of the group then.
    pub is_new: bool,
    /// Other ids that lead to it, in rising order.
    pub aliases: Vec<Id>,
}

/// Gives each group its id. Of groups that became one, the larger keeps its id, then the older; the others' become
/// aliases. Of a group that fell apart, each part takes the id that was made for somebody in it and was in use last;
/// a part without any gets a new one. So a merge that is undone leaves both with the ids that they had.
///
/// `groups` as of [`Groups::into_groups`]. `fresh(number, attempt)` makes an id for somebody; it is asked with attempts
/// from 0 on until it gives one that nobody has or had.
pub fn name_groups(groups: &[Vec<u32>], given: &[GivenId], fresh: impl Fn(u32, u32) -> Id) -> Vec<Named> {
    let mut founded: HashMap<u32, Vec<&GivenId>> = HashMap::new();
    given.iter().for_each(|known| founded.entry(known.founder).or_default().push(known));
    let mut used: HashSet<Id> = given.iter().map(|known| known.id).collect();
    let name = |group: &Vec<u32>| {
        let mut known: Vec<&GivenId> = group.iter().filter_map(|at| founded.get(at)).flatten().copied().collect();
        known.sort_unstable_by_key(|known| {
            (known.retired_at.is_some(), Reverse(known.retired_at), Reverse(known.size), known.since, known.id)
        });
        let least = group.first().copied().unwrap_or_default();
        let kept = known.first().map(|known| known.id);
        let id = kept.unwrap_or_else(|| {
            (0u32..).map(|attempt| fresh(least, attempt)).find(|id| !used.contains(id)).unwrap_or_default()
        });
        used.insert(id);
        let mut aliases: Vec<Id> = known.iter().skip(1).map(|known| known.id).collect();
        aliases.sort_unstable();
        Named { id, is_new: kept.is_none(), aliases }
    };
    groups.iter().map(name).collect()
}

/// The ids to keep after [`name_groups`]: `given` and the new ones, as they are at `now`, microseconds since 1970.
pub fn keep_ids(groups: &[Vec<u32>], named: &[Named], given: &[GivenId], now: i64) -> Vec<GivenId> {
    let size = |group: &Vec<u32>| u32::try_from(group.len()).unwrap_or(u32::MAX);
    let in_use: HashMap<Id, u32> = named.iter().zip(groups).map(|(named, group)| (named.id, size(group))).collect();
    let mut kept: Vec<GivenId> = given.to_vec();
    for known in &mut kept {
        match in_use.get(&known.id) {
            Some(size) => (known.size, known.retired_at) = (*size, None),
            None => known.retired_at = known.retired_at.or(Some(now)),
        }
    }
    let new = named.iter().zip(groups).filter(|(named, _)| named.is_new);
    kept.extend(new.filter_map(|(named, group)| {
        let founder = *group.first()?;
        Some(GivenId { id: named.id, founder, since: now, size: size(group), retired_at: None })
    }));
    kept
}

#[cfg(test)]
#[path = "groups/tests.rs"]
mod tests;
