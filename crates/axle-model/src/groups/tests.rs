//! Groups as a story, and what holds of them whatever the history.

use proptest::prelude::*;

use super::*;

fn id(number: u32, attempt: u32) -> Id {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id[4..8].copy_from_slice(&attempt.to_be_bytes());
    id
}

/// Ids as an application keeps them.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Kept {
    given: Vec<GivenId>,
    now: i64,
}

fn connected(count: u32, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let mut groups = Groups::new(count);
    edges.iter().for_each(|(a, b)| {
        groups.join(*a, *b);
    });
    groups.into_groups()
}

impl Kept {
    /// Names the groups that these edges make, and remembers it. Gives the id of everybody.
    fn name(&mut self, count: u32, edges: &[(u32, u32)]) -> Vec<Id> {
        let groups = connected(count, edges);
        let named = name_groups(&groups, &self.given, id);
        self.now += 1;
        self.given = keep_ids(&groups, &named, &self.given, self.now);
        let mut ids = vec![[0; 16]; count as usize];
        for (group, named) in groups.iter().zip(named) {
            group.iter().for_each(|one| ids[*one as usize] = named.id);
        }
        ids
    }
}

#[test]
fn forbidden_pairs_stay_apart_through_others() {
    let mut groups = Groups::new(5);
    assert!(groups.forbid(0, 4));
    assert_eq!(
        [(0, 1), (3, 4), (1, 2), (2, 3), (2, 0)].map(|(a, b)| groups.join(a, b)),
        [Join::Joined, Join::Joined, Join::Joined, Join::Forbidden, Join::Known]
    );
    assert!(!groups.forbid(0, 2));
    assert_eq!(groups.into_groups(), [vec![0, 1, 2], vec![3, 4]]);
}

#[test]
fn a_group_holds_one_of_a_kind_unless_it_was_joined_before() {
    let mut groups = Groups::new(5);
    groups.join(3, 4);
    [0, 2, 3, 4].into_iter().for_each(|at| groups.only_one(at, 7));
    assert_eq!(groups.join(0, 1), Join::Joined);
    assert_eq!(groups.join(1, 2), Join::Forbidden);
    assert_eq!(groups.join(4, 1), Join::Forbidden);
}

#[test]
fn the_larger_keeps_its_id_and_a_split_gives_both_back() {
    let mut kept = Kept::default();
    let apart = kept.name(5, &[(2, 3), (3, 4)]);
    assert_eq!(apart, [id(0, 0), id(1, 0), id(2, 0), id(2, 0), id(2, 0)]);
    let merged = kept.name(5, &[(2, 3), (3, 4), (0, 4)]);
    assert_eq!(merged, [id(2, 0), id(1, 0), id(2, 0), id(2, 0), id(2, 0)]);
    let groups = vec![vec![0, 2, 3, 4], vec![1]];
    assert_eq!(name_groups(&groups, &kept.given, id)[0].aliases, [id(0, 0)]);
    // Three more come to the smaller side before the two are parted again.
    let parted = kept.name(8, &[(2, 3), (3, 4), (0, 5), (5, 6), (6, 7)]);
    assert_eq!(parted[..5], apart);
    assert_eq!(parted[5..], [id(0, 0); 3]);
}

#[test]
fn of_two_of_one_size_the_older_keeps_its_id() {
    let mut kept = Kept::default();
    kept.name(2, &[]);
    kept.given[0].since = 5;
    kept.given[1].since = 3;
    assert_eq!(kept.name(2, &[(0, 1)]), [id(1, 0), id(1, 0)]);
}

#[test]
fn a_lesser_number_that_joins_later_changes_no_id() {
    let mut kept =
        Kept { given: vec![GivenId { id: id(1, 0), founder: 1, since: 0, size: 2, retired_at: None }], now: 1 };
    assert_eq!(kept.name(3, &[(0, 1), (1, 2)]), [id(1, 0); 3]);
    assert_eq!(kept.name(3, &[(0, 2)]), [id(0, 0), id(1, 0), id(0, 0)]);
}

#[test]
fn an_id_is_never_given_twice() {
    let given = GivenId { id: id(0, 0), founder: 1, since: 0, size: 1, retired_at: None };
    let named = name_groups(&[vec![0], vec![1]], &[given], id);
    assert_eq!(named.iter().map(|named| named.id).collect::<Vec<_>>(), [id(0, 1), id(0, 0)]);
}

#[test]
fn many_forbidden_pairs_cost_little() {
    let count = 100_000;
    let mut groups = Groups::new(count);
    (0..count / 2).for_each(|at| {
        groups.forbid(at, count - 1 - at);
    });
    (1..count / 2).for_each(|at| {
        groups.join(at - 1, at);
    });
    (0..count / 4).for_each(|at| {
        groups.join(at, count - 1 - at);
    });
    assert_eq!(groups.into_groups().len(), 1 + count as usize / 2);
}

fn edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0..12u32, 0..12u32), 0..14)
}

proptest! {
    /// The order of edges changes no group where nothing is forbidden; whatever is forbidden never meets.
    #[test]
    fn groups_are_what_edges_connect((some, mixed) in edges().prop_flat_map(|some| (Just(some.clone()), Just(some).prop_shuffle())), forbidden in edges()) {
        let groups = |edges: &[(u32, u32)]| {
            let mut groups = Groups::new(12);
            edges.iter().for_each(|(a, b)| { groups.join(*a, *b); });
            groups.into_groups()
        };
        prop_assert_eq!(groups(&some), groups(&mixed));
        let mut careful = Groups::new(12);
        let forbidden: Vec<_> = forbidden.into_iter().filter(|(a, b)| careful.forbid(*a, *b)).collect();
        some.iter().for_each(|(a, b)| { careful.join(*a, *b); });
        for (a, b) in forbidden {
            prop_assert_ne!(careful.root(a), careful.root(b));
        }
    }

    /// Everybody of a group has one id and nobody else has it; a merge that is undone leaves all ids as they were,
    /// whatever happened before.
    #[test]
    fn merging_and_splitting_gives_ids_back(history in prop::collection::vec(edges(), 1..5), more in (0..12u32, 0..12u32)) {
        let mut kept = Kept::default();
        let before = history.iter().map(|edges| kept.name(12, edges)).next_back().unwrap();
        let mut with = history.last().unwrap().clone();
        with.push(more);
        let merged = kept.name(12, &with);
        for group in connected(12, &with) {
            let first = merged[group[0] as usize];
            let having: Vec<u32> = (0..12).filter(|at| merged[*at as usize] == first).collect();
            prop_assert_eq!(having, group);
        }
        prop_assert_eq!(kept.name(12, history.last().unwrap()), before);
    }

    /// After any history every id that was ever given leads to one group.
    #[test]
    fn every_id_leads_somewhere(history in prop::collection::vec(edges(), 1..6)) {
        let mut kept = Kept::default();
        history.iter().for_each(|edges| drop(kept.name(12, edges)));
        let named = name_groups(&connected(12, history.last().unwrap()), &kept.given, id);
        let mut ids: Vec<Id> = named.iter().flat_map(|named| named.aliases.iter().copied().chain([named.id])).collect();
        ids.sort_unstable();
        let mut given: Vec<Id> = kept.given.iter().map(|given| given.id).collect();
        given.sort_unstable();
        prop_assert_eq!(ids, given);
    }
}
