//! Whom a change of the history is about: kept as identities when it is made, told as they are known now.

use std::collections::HashMap;

use axle_store::Db;
use axle_store::identity::{self, IdentityRow};
use axle_store::identity_change::ChangeRow;
use axle_store::member::{self, MemberRow};
use serde::{Deserialize, Serialize};

use super::{Record, Sides};
use crate::AppResult;
use crate::directory::id_text;
use crate::identities::Account;

/// Cases of a change that are told, and accounts of each side.
const MOST: usize = 20;

/// Members whom a change joined or parted, or one of whom it says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Those who were one member each before they were joined, or are after they were parted; one alone of whom something was said.
    pub sides: Vec<Side>,
}

/// One of the members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The accounts that it is about, at most 20.
    pub accounts: Vec<Account>,
    /// Public id of the member who has the first of them now.
    pub member_id: String,
    /// Their name.
    pub name: String,
}

/// The first cases of a change, as identities, and how many it has.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    first: Vec<Sides>,
    all: usize,
}

impl Kept {
    pub(super) fn of(record: &Record) -> Self {
        let mut first = record.cases();
        let all = first.len();
        first.truncate(MOST);
        first.iter_mut().flatten().for_each(|side| side.truncate(MOST));
        Self { first, all }
    }

    /// As it was kept; of changes from before that, as what they made and took back tells.
    pub(super) fn in_row(row: &ChangeRow) -> Self {
        let kept = row.whom.as_ref().and_then(|whom| serde_json::from_str(whom).ok());
        let told = || serde_json::from_str(&row.edges).map(|record: Record| Self::of(&record)).unwrap_or_default();
        kept.unwrap_or_else(told)
    }

    /// How many cases are not among the first.
    pub(super) fn more(&self) -> usize {
        self.all.saturating_sub(self.first.len())
    }
}

/// The accounts that changes are about, and the members who have them now.
pub(super) struct Known {
    accounts: HashMap<u32, IdentityRow>,
    members: HashMap<u32, MemberRow>,
}

impl Known {
    pub(super) async fn of(db: &Db, kept: &[Kept]) -> AppResult<Self> {
        let once = |mut numbers: Vec<u32>| {
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        let numbers = once(kept.iter().flat_map(|kept| kept.first.iter().flatten().flatten().copied()).collect());
        let rows = identity::by_numbers(db, &numbers).await?;
        let members = member::by_numbers(db, &once(rows.iter().filter_map(|row| row.member_number).collect())).await?;
        Ok(Self {
            accounts: rows.into_iter().map(|row| (row.identity_id, row)).collect(),
            members: members.into_iter().map(|row| (row.member_number, row)).collect(),
        })
    }

    pub(super) fn cases(&self, kept: &Kept) -> Vec<Case> {
        let case = |sides: &Sides| Case { sides: sides.iter().filter_map(|side| self.side(side)).collect() };
        kept.first.iter().map(case).collect()
    }

    fn side(&self, identities: &[u32]) -> Option<Side> {
        let rows: Vec<&IdentityRow> = identities.iter().filter_map(|number| self.accounts.get(number)).collect();
        let member = rows.iter().find_map(|row| self.members.get(&row.member_number?))?;
        Some(Side {
            accounts: rows.iter().map(|row| Account::of(row)).collect(),
            member_id: id_text(&member.member_id.as_slice().try_into().unwrap_or([0; 16])),
            name: member.name.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(whom: Option<&str>, edges: &str) -> ChangeRow {
        ChangeRow {
            identity_change_id: 1,
            subject: "identity".into(),
            kind: "accept".into(),
            summary: String::new(),
            edges: edges.into(),
            whom: whom.map(str::to_owned),
            changed_by: None,
            changed_at: 0,
            undone_at: None,
            undone_by: None,
        }
    }

    #[test]
    fn twenty_cases_are_kept_and_the_others_counted() {
        let record = Record { joined: (0..57).map(|at| vec![vec![at], vec![at + 100]]).collect(), ..Record::default() };
        let kept = Kept::of(&record);
        assert_eq!((kept.first.len(), kept.more()), (20, 37));
        let json = serde_json::to_string(&kept).unwrap();
        assert_eq!(Kept::in_row(&row(Some(&json), "")), kept);
    }

    #[test]
    fn changes_from_before_are_told_by_their_edges() {
        let kept = |edges| Kept::in_row(&row(None, edges)).first;
        let accepted = r#"{"added":[[1,7,"human"],[2,8,"human"]],"revoked":[],"decided":[[3,7],[2,8]]}"#;
        assert_eq!(kept(accepted), [vec![vec![3], vec![7]], vec![vec![2], vec![8]]], "the pairs that were decided");
        let merged = r#"{"added":[[1,7,"human"]],"revoked":[[2,9,"cannot_link"]]}"#;
        assert_eq!(kept(merged), [vec![vec![1], vec![7]]]);
        assert!(kept(r#"{"added":[],"revoked":[]}"#).is_empty(), "a word on a member");
    }
}
