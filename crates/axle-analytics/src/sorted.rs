//! Long sorted lists that grow by a few items.

use rayon::prelude::*;

/// Puts sorted items into a sorted list: what has the key of an item of the list is joined to it. For a few items in a
/// long list a search for each and one move of what stands behind; otherwise one merge.
pub(crate) fn put_in<T: Copy, K: Ord>(list: &mut Vec<T>, items: Vec<T>, key: fn(&T) -> K, join: fn(&mut T, &T)) {
    if items.len() > list.len() / 16 {
        *list = merged(list, &items, key, join);
        return;
    }
    let mut new = items;
    let mut from = 0;
    new.retain(|item| {
        from += list[from..].partition_point(|held| key(held) < key(item));
        let held = list.get_mut(from).filter(|held| key(held) == key(item));
        let is_new = held.is_none();
        if let Some(held) = held {
            join(held, item);
        }
        is_new
    });
    let Some(any) = new.first().copied() else { return };
    let mut end = list.len();
    list.resize(end + new.len(), any);
    for (before, item) in new.iter().enumerate().rev() {
        let at = list[..end].partition_point(|held| key(held) < key(item));
        list.copy_within(at..end, at + before + 1);
        list[at + before] = *item;
        end = at;
    }
}

/// Sorted lists as one, joining items of one key: two and two, so that each item is moved as often as the list of lists can
/// be halved.
pub(crate) fn all_of<T: Copy + Send, K: Ord>(mut lists: Vec<Vec<T>>, key: fn(&T) -> K, join: fn(&mut T, &T)) -> Vec<T> {
    let both = |mut pair: Vec<Vec<T>>| {
        let last = pair.pop().unwrap_or_default();
        match pair.pop() {
            Some(first) => merged(&first, &last, key, join),
            None => last,
        }
    };
    while lists.len() > 1 {
        lists = lists.into_par_iter().chunks(2).map(both).collect();
    }
    lists.pop().unwrap_or_default()
}

fn merged<T: Copy, K: Ord>(left: &[T], right: &[T], key: fn(&T) -> K, join: fn(&mut T, &T)) -> Vec<T> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut from = 0;
    for item in right {
        let until =
            left[from..].iter().position(|held| key(held) >= key(item)).map_or(left.len(), |count| from + count);
        merged.extend_from_slice(&left[from..until]);
        from = until;
        match left.get(from).filter(|held| key(held) == key(item)) {
            Some(held) => {
                let mut held = *held;
                join(&mut held, item);
                merged.push(held);
                from += 1;
            }
            None => merged.push(*item),
        }
    }
    merged.extend_from_slice(&left[from..]);
    merged
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However many lists there are, they are what a map by key would hold.
        #[test]
        fn lists_are_a_map_by_key(
            lists in prop::collection::vec(prop::collection::btree_map(0..60_u32, 1..9_u32, 0..20), 0..8),
        ) {
            let mut expected: BTreeMap<u32, u32> = BTreeMap::new();
            for (key, value) in lists.iter().flatten() {
                *expected.entry(*key).or_default() += value;
            }
            let lists = lists.into_iter().map(|list| list.into_iter().collect()).collect();
            let all = all_of(lists, |item: &(u32, u32)| item.0, |held, item| held.1 += item.1);
            prop_assert_eq!(all, expected.into_iter().collect::<Vec<_>>());
        }

        /// However many items come, the list is what a map by key would hold.
        #[test]
        fn a_list_is_a_map_by_key(
            list in prop::collection::btree_map(0..400_u32, 0..9_u32, 0..200),
            items in prop::collection::btree_map(0..400_u32, 0..9_u32, 0..40),
        ) {
            let mut expected: BTreeMap<u32, u32> = list.clone();
            for (key, value) in &items {
                *expected.entry(*key).or_default() += value;
            }
            let mut list: Vec<(u32, u32)> = list.into_iter().collect();
            put_in(&mut list, items.into_iter().collect(), |item| item.0, |held, item| held.1 += item.1);
            prop_assert_eq!(list, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
