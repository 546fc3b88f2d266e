//! Which members are programs: what their identities say of themselves, what they do, and people's word, which outranks it.

use std::collections::{HashMap, HashSet};

use axle_model::Identity;
use axle_model::bot::{Behaviour, Verdict, judge};
use axle_store::behaviour::{self, BehaviourRow};
use axle_store::identity::IdentityRow;
use axle_store::member_word::MemberWord;
use axle_store::{Db, activity, activity_index, worked_out};

use crate::AppResult;

/// So many of the latest activities are looked at: more say nothing new.
const LOOKED_AT: u32 = 2_000;

/// Looks at when those were active who do much, as far as they did more since they were looked at. While a large import is
/// read elsewhere, that is left to its end.
pub(crate) async fn look(db: &Db) -> AppResult<()> {
    if !activity_index::are_there(db).await? {
        return Ok(());
    }
    let (looked_at, last) = (worked_out::behaviour_seq(db).await?, activity::last_seq(db).await?);
    if looked_at == last {
        return Ok(());
    }
    let known: HashMap<u32, BehaviourRow> =
        behaviour::all(db).await?.into_iter().map(|row| (row.identity_id, row)).collect();
    let least = u32::try_from(Behaviour::LEAST).unwrap_or(u32::MAX);
    let mut seen = Vec::new();
    let mut is_news = false;
    for (identity_id, activities, last_at) in behaviour::busy(db, least, looked_at, last).await? {
        let before = known.get(&identity_id);
        if before.is_some_and(|before| (before.activities, before.last_at) == (activities, last_at)) {
            continue;
        }
        let Behaviour { is_constant, is_round_the_clock } =
            Behaviour::of(&behaviour::instants(db, identity_id, LOOKED_AT).await?);
        is_news |= before.map_or((false, false), |before| (before.is_constant, before.is_round_the_clock))
            != (is_constant, is_round_the_clock);
        seen.push(BehaviourRow { identity_id, activities, last_at, is_constant, is_round_the_clock });
    }
    let mut tx = db.begin().await?;
    for row in seen {
        behaviour::set(&mut tx, row).await?;
    }
    if is_news {
        worked_out::note_unresolved(&mut tx).await?;
    }
    worked_out::note_behaviour_seq(&mut tx, last).await?;
    Ok(tx.commit().await?)
}

/// What was seen of those who do much, by identity.
pub(crate) async fn behaviours(db: &Db) -> AppResult<Behaviours> {
    let rows = behaviour::all(db).await?.into_iter();
    let of = |row: BehaviourRow| Behaviour { is_constant: row.is_constant, is_round_the_clock: row.is_round_the_clock };
    Ok(rows.map(|row| (row.identity_id, of(row))).collect())
}

/// What activities look like in time, by identity.
pub(crate) type Behaviours = HashMap<u32, Behaviour>;

/// What is known of programs among the identities.
#[derive(Debug, Default)]
pub(crate) struct Bots {
    judged: HashSet<u32>,
    /// When it was said, and whether it is one.
    said: HashMap<u32, (i64, bool)>,
}

impl Bots {
    pub(crate) fn new(identities: &[IdentityRow], words: &[MemberWord], behaviours: &Behaviours) -> Self {
        let is_bot = |row: &&IdentityRow| verdict(row, behaviours.get(&row.identity_id)).is_bot;
        let judged = identities.iter().filter(is_bot).map(|row| row.identity_id).collect();
        let mut said: HashMap<u32, (i64, bool)> = HashMap::new();
        for word in words {
            let held = said.entry(word.identity_id).or_insert((word.said_at, word.is_so));
            *held = (*held).max((word.said_at, word.is_so));
        }
        Self { judged, said }
    }

    /// Whether the member of these identities is a program: by the latest word on any of them, else when any of them is
    /// taken for one.
    pub(crate) fn is_bot(&self, identities: impl Iterator<Item = u32> + Clone) -> bool {
        let said = identities.clone().filter_map(|identity| self.said.get(&identity)).max();
        said.map_or_else(|| identities.into_iter().any(|identity| self.judged.contains(&identity)), |(_, is_so)| *is_so)
    }
}

/// What people said of identities: whether they are programs. The latest word on any identity of a member counts for
/// all of them.
pub(crate) fn said(identities: &[IdentityRow], words: &[MemberWord]) -> HashMap<u32, bool> {
    let mut of_identity: HashMap<u32, (i64, bool)> = HashMap::new();
    for word in words {
        let held = of_identity.entry(word.identity_id).or_insert((word.said_at, word.is_so));
        *held = (*held).max((word.said_at, word.is_so));
    }
    let mut of_member: HashMap<u32, (i64, bool)> = HashMap::new();
    for row in identities {
        if let (Some(member), Some(word)) = (row.member_number, of_identity.get(&row.identity_id)) {
            let held = of_member.entry(member).or_insert(*word);
            *held = (*held).max(*word);
        }
    }
    let word_on = |row: &IdentityRow| {
        let of_member = row.member_number.and_then(|member| of_member.get(&member));
        of_member.or_else(|| of_identity.get(&row.identity_id)).map(|(_, is_so)| (row.identity_id, *is_so))
    };
    identities.iter().filter_map(word_on).collect()
}

/// Whether an identity is taken for a program, and why.
fn verdict(row: &IdentityRow, behaviour: Option<&Behaviour>) -> Verdict {
    let identity = Identity {
        platform: row.platform.clone(),
        uid: row.uid.clone(),
        username: row.username.clone(),
        email: row.email.clone(),
        email_verified: row.email_verified,
        name: row.name.clone(),
        bot: row.bot,
        ..Identity::default()
    };
    judge(&identity, behaviour, None)
}

/// Why a member is taken for a program, as sentences: people's word first, else the signs of each identity.
pub(crate) fn reasons(identities: &[IdentityRow], words: &[MemberWord], behaviours: &Behaviours) -> Vec<String> {
    let is_own = |word: &&MemberWord| identities.iter().any(|row| row.identity_id == word.identity_id);
    if let Some(word) = words.iter().filter(is_own).max_by_key(|word| word.said_at) {
        let by = word.said_by.as_deref().unwrap_or("a person");
        return vec![format!("{} said that this is {} program", by, if word.is_so { "a" } else { "no" })];
    }
    let mut reasons = Vec::new();
    for row in identities {
        let found = verdict(row, behaviours.get(&row.identity_id));
        if found.is_bot {
            let called = row.username.as_ref().or(row.name.as_ref()).or(row.email.as_ref()).or(row.uid.as_ref());
            let signs: Vec<&str> = found.signs.iter().map(|sign| sign.reason()).collect();
            reasons.push(format!("{} {}: {}", row.platform, called.map_or("", String::as_str), signs.join(", ")));
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(identity_id: u32, member_number: Option<u32>) -> IdentityRow {
        IdentityRow {
            identity_id,
            platform: "chat".into(),
            natural_key: format!("uid:{identity_id}"),
            uid: None,
            username: None,
            email: None,
            email_verified: false,
            name: None,
            bot: None,
            member_number,
        }
    }

    #[test]
    fn the_latest_word_on_a_member_counts_for_all_of_their_identities() {
        let word = |identity_id, said_at, is_so| MemberWord {
            identity_id,
            kind: "bot".into(),
            is_so,
            from_day: None,
            to_day: None,
            department: None,
            said_by: None,
            said_at,
        };
        // 1 and 2 are one member, 3 another, 4 is nobody's yet.
        let rows = [account(1, Some(7)), account(2, Some(7)), account(3, Some(8)), account(4, None)];
        let found = said(&rows, &[word(1, 10, true), word(2, 20, false), word(4, 5, true)]);
        assert_eq!(found, HashMap::from([(1, false), (2, false), (4, true)]));
    }
}
