//! Groups: what live edges connect, be it identities that are one member or sightings that are one organization. Some
//! pairs must never meet in one group.

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

#[cfg(test)]
#[path = "groups/tests.rs"]
mod tests;
