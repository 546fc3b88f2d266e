//! Where a member is cut in two: the least proof that must be taken back so that given identities part.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A proof that two identities are one person. `weight`: how sure, above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutEdge {
    /// One identity.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// What it costs to take the proof back, above 0: 1 for each, or how sure it is.
    pub weight: f64,
}

/// The positions in `edges` of those to revoke, in ascending order, so that no identity of `side_a` hangs together
/// with one of `side_b`: those of the smallest sum of weights (maximum flow, minimum cut; Edmonds and Karp 1972).
/// Of several such cuts the one nearest to `side_a`. Empty when nothing connects them; `None` when one identity stands on both sides.
pub fn smallest_cut(edges: &[CutEdge], side_a: &[u32], side_b: &[u32]) -> Option<Vec<usize>> {
    let side_b: BTreeSet<u32> = side_b.iter().copied().collect();
    if side_a.iter().any(|identity| side_b.contains(identity)) {
        return None;
    }
    let mut flow = Flow::new(edges);
    loop {
        let came_by = flow.reachable(side_a);
        let Some(end) = side_b.iter().find(|identity| came_by.contains_key(identity)) else {
            return Some(flow.crossing(&came_by));
        };
        flow.push(&came_by, *end);
    }
}

/// What can still flow along each edge, in both directions.
struct Flow<'a> {
    edges: &'a [CutEdge],
    left: Vec<[f64; 2]>,
    at: BTreeMap<u32, Vec<(usize, usize)>>,
}

/// What is too little to be anything but a rounding error.
const NOTHING: f64 = 1e-12;

impl<'a> Flow<'a> {
    fn new(edges: &'a [CutEdge]) -> Self {
        let mut at: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
        for (place, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.a != edge.b) {
            at.entry(edge.a).or_default().push((place, 0));
            at.entry(edge.b).or_default().push((place, 1));
        }
        Self { edges, left: edges.iter().map(|edge| [edge.weight.max(NOTHING * 2.0); 2]).collect(), at }
    }

    fn target(&self, (place, direction): (usize, usize)) -> u32 {
        if direction == 0 { self.edges[place].b } else { self.edges[place].a }
    }

    fn origin(&self, (place, direction): (usize, usize)) -> u32 {
        self.target((place, 1 - direction))
    }

    /// Every identity that flow can reach, with the edge that it comes by.
    fn reachable(&self, from: &[u32]) -> BTreeMap<u32, Option<(usize, usize)>> {
        let mut came_by: BTreeMap<u32, Option<(usize, usize)>> = from.iter().map(|start| (*start, None)).collect();
        let mut queue: VecDeque<u32> = from.iter().copied().collect();
        while let Some(identity) = queue.pop_front() {
            for edge in self.at.get(&identity).into_iter().flatten() {
                let target = self.target(*edge);
                if self.left[edge.0][edge.1] > NOTHING && !came_by.contains_key(&target) {
                    came_by.insert(target, Some(*edge));
                    queue.push_back(target);
                }
            }
        }
        came_by
    }

    fn push(&mut self, came_by: &BTreeMap<u32, Option<(usize, usize)>>, end: u32) {
        let mut path = Vec::new();
        let mut identity = end;
        while let Some(Some(edge)) = came_by.get(&identity) {
            path.push(*edge);
            identity = self.origin(*edge);
        }
        let least = path.iter().map(|edge| self.left[edge.0][edge.1]).fold(f64::INFINITY, f64::min);
        for (place, direction) in path {
            self.left[place][direction] -= least;
            self.left[place][1 - direction] += least;
        }
    }

    fn crossing(&self, near: &BTreeMap<u32, Option<(usize, usize)>>) -> Vec<usize> {
        let crosses = |edge: &CutEdge| near.contains_key(&edge.a) != near.contains_key(&edge.b);
        (0..self.edges.len()).filter(|place| crosses(&self.edges[*place])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn edges(list: &[(u32, u32, f64)]) -> Vec<CutEdge> {
        list.iter().map(|(a, b, weight)| CutEdge { a: *a, b: *b, weight: *weight }).collect()
    }

    #[test]
    fn the_weakest_link_of_a_chain() {
        assert_eq!(smallest_cut(&edges(&[(1, 2, 3.0), (2, 3, 1.0), (3, 4, 2.0)]), &[1], &[4]), Some(vec![1]));
    }

    #[test]
    fn two_weak_ways_cost_less_than_one_strong_way() {
        // 1-2 (5), and from 2 two ways to 5: by 3 (1, 4) and by 4 (4, 2).
        let list = edges(&[(1, 2, 5.0), (2, 3, 1.0), (3, 5, 4.0), (2, 4, 4.0), (4, 5, 2.0)]);
        assert_eq!(smallest_cut(&list, &[1], &[5]), Some(vec![1, 4]));
    }

    #[test]
    fn nothing_to_cut_and_nothing_that_can_be() {
        assert_eq!(smallest_cut(&edges(&[(1, 2, 1.0)]), &[1], &[3]), Some(vec![]));
        assert_eq!(smallest_cut(&edges(&[(1, 2, 1.0)]), &[1, 2], &[2]), None);
    }

    fn hang_together(edges: &[CutEdge], without: &[usize], a: u32, b: u32) -> bool {
        let mut reached = vec![a];
        loop {
            let before = reached.len();
            for (place, edge) in edges.iter().enumerate().filter(|(place, _)| !without.contains(place)) {
                let _ = place;
                for (from, to) in [(edge.a, edge.b), (edge.b, edge.a)] {
                    if reached.contains(&from) && !reached.contains(&to) {
                        reached.push(to);
                    }
                }
            }
            if reached.len() == before {
                return reached.contains(&b);
            }
        }
    }

    proptest! {
        /// Of all sets of edges that part the two sides, none weighs less than the one found.
        #[test]
        fn no_cheaper_cut_exists(list in prop::collection::vec((0_u32..5, 0_u32..5, 1_u32..5), 0..9)) {
            let edges: Vec<CutEdge> = list.iter().map(|(a, b, w)| CutEdge { a: *a, b: *b, weight: f64::from(*w) }).collect();
            let cut = smallest_cut(&edges, &[0], &[4]).unwrap();
            prop_assert!(!hang_together(&edges, &cut, 0, 4));
            let weight = |places: &[usize]| places.iter().map(|place| edges[*place].weight).sum::<f64>();
            for bits in 0_u32..1 << edges.len() {
                let set: Vec<usize> = (0..edges.len()).filter(|place| bits >> place & 1 == 1).collect();
                if !hang_together(&edges, &set, 0, 4) {
                    prop_assert!(weight(&cut) <= weight(&set) + 1e-9);
                }
            }
        }
    }
}
