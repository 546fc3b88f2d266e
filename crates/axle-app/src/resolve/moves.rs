//! Whom members made anew join and part of those who were members before, and what that is told as in the history.

use std::collections::{BTreeMap, HashMap, HashSet};

use axle_store::Tx;
use axle_store::identity_change::{About, FOUND, IDENTITY};
use axle_store::member::Resolved;
use jiff::Timestamp;

use crate::AppResult;
use crate::changes::{self, Record, Sides};

/// Whose changes they are: nobody's.
const BY: &str = "Axle";

/// After what members are made anew.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cause<'a> {
    /// An import of the source of that name.
    Import(&'a str),
    /// Something that was said about somebody on a page or by a command.
    Said,
    /// Other settings of how identities are joined.
    Settings,
    /// That change was made or undone. It tells itself of whom it is about; others may move since probabilities follow decisions.
    Change(i64, &'a Record),
    /// A word on a program: whatever follows is told by it.
    Word,
}

/// What became of members who were known before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Moves {
    joined: Vec<Sides>,
    parted: Vec<Sides>,
}

/// The same in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// Pairs of members who became one.
    pub(crate) joined: u64,
    /// Pairs of members who were one.
    pub(crate) parted: u64,
    /// The change that undoes it; `None` when nobody moved.
    pub(crate) change_id: Option<i64>,
}

impl Moves {
    /// `current`: the member that each identity had before, if any. `touched`: identities whose members' moves are told already.
    pub(crate) fn of(members: &[Resolved], current: &HashMap<u32, Option<u32>>, touched: &HashSet<u32>) -> Self {
        let before = |identity: &u32| current.get(identity).copied().flatten();
        let told: HashSet<u32> = touched.iter().filter_map(before).collect();
        let mut moves = Self::default();
        // By member of before, where the first of its identities is now; and those that are in several places.
        let mut place_of: HashMap<u32, usize> = HashMap::new();
        let mut spread: BTreeMap<u32, BTreeMap<usize, Vec<u32>>> = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            let mut sides: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for identity in &member.identities {
                let Some(number) = before(identity) else { continue };
                sides.entry(number).or_default().push(*identity);
                if *place_of.entry(number).or_insert(place) != place {
                    spread.entry(number).or_default();
                }
            }
            if sides.len() > 1 && !sides.keys().any(|number| told.contains(number)) {
                moves.joined.push(sides.into_values().collect());
            }
        }
        spread.retain(|number, _| !told.contains(number));
        if !spread.is_empty() {
            for (place, member) in members.iter().enumerate() {
                for identity in &member.identities {
                    if let Some(places) = before(identity).and_then(|number| spread.get_mut(&number)) {
                        places.entry(place).or_default().push(*identity);
                    }
                }
            }
        }
        moves.parted = spread.into_values().map(|places| places.into_values().collect()).collect();
        moves
    }

    /// Writes them down as one change by nobody, which can be undone; nothing when nobody moved.
    pub(crate) async fn note(self, tx: &mut Tx, cause: Cause<'_>, now: i64) -> AppResult<Moved> {
        let pairs = |all: &[Sides]| all.iter().map(|sides| sides.len() as u64 - 1).sum::<u64>();
        let mut moved = Moved { joined: pairs(&self.joined), parted: pairs(&self.parted), change_id: None };
        if moved == Moved::default() {
            return Ok(moved);
        }
        let after = match cause {
            Cause::Import(source) => format!("Import of {source}"),
            Cause::Said | Cause::Word => "What was said in Axle".into(),
            Cause::Settings => "Settings of identities".into(),
            Cause::Change(number, _) => format!("Probabilities after change {number}"),
        };
        let told = [(moved.joined, "joined"), (moved.parted, "parted")].into_iter().filter(|(pairs, _)| *pairs > 0);
        let told = told.map(|(pairs, what)| format!("{pairs} {} {what}", if pairs == 1 { "pair" } else { "pairs" }));
        let summary = format!("{after}: {}", told.collect::<Vec<_>>().join(", "));
        let record = Record { joined: self.joined, parted: self.parted, ..Record::default() };
        let about = About { subject: IDENTITY, kind: FOUND, summary: &summary };
        let now = Timestamp::from_microsecond(now).unwrap_or_default();
        moved.change_id = Some(changes::note(tx, about, &record, Some(BY), now).await?.change_id);
        Ok(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(identities: &[u32]) -> Resolved {
        Resolved { member_id: [0; 16], name: String::new(), is_bot: false, identities: identities.to_vec() }
    }

    /// Identities 1 and 2 were member 10, 3 member 11, 4 member 12; 5 is new.
    fn current() -> HashMap<u32, Option<u32>> {
        HashMap::from([(1, Some(10)), (2, Some(10)), (3, Some(11)), (4, Some(12)), (5, None)])
    }

    fn moves(members: &[Resolved], touched: &[u32]) -> Moves {
        Moves::of(members, &current(), &touched.iter().copied().collect())
    }

    #[test]
    fn whoever_was_known_is_joined_by_whoever_is_new() {
        let found = moves(&[member(&[1, 2, 3, 5]), member(&[4])], &[]);
        assert_eq!(found, Moves { joined: vec![vec![vec![1, 2], vec![3]]], parted: Vec::new() });
        let new = moves(&[member(&[1, 2, 5]), member(&[3]), member(&[4])], &[]);
        assert_eq!(new, Moves::default(), "somebody new is no move of anybody");
    }

    #[test]
    fn whoever_was_one_is_parted() {
        let found = moves(&[member(&[1, 3]), member(&[2]), member(&[4])], &[]);
        let parted = vec![vec![vec![1], vec![2]]];
        assert_eq!(found, Moves { joined: vec![vec![vec![1], vec![3]]], parted });
    }

    #[test]
    fn whom_a_change_is_about_is_told_by_it() {
        let members = [member(&[1, 3]), member(&[2]), member(&[4, 5])];
        assert_eq!(moves(&members, &[2]), Moves::default());
        assert_eq!(moves(&members, &[4]).joined.len(), 1);
    }
}
