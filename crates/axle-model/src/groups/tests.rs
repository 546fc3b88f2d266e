//! Groups as a story, and what holds of them whatever the history.

use proptest::prelude::*;

use super::*;

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
}
