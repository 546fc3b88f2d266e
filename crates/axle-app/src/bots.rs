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
        self.known(identities) == Some(true)
    }

    /// As [`Self::is_bot`]; `None` of those whom nobody judged and nothing tells from people.
    fn known(&self, identities: impl Iterator<Item = u32> + Clone) -> Option<bool> {
        let said = identities.clone().filter_map(|identity| self.said.get(&identity)).max();
        let mut judged = identities.map(|identity| self.judged.contains(&identity));
        said.map(|(_, is_so)| *is_so).or_else(|| judged.any(|is_bot| is_bot).then_some(true))
    }

    /// Whether the members of identities are programs, by identity. Left out are those of whom nobody said so and whom nothing tells
    /// from people.
    pub(crate) fn by_identity(&self, identities: &[IdentityRow]) -> HashMap<u32, bool> {
        let mut of_member: HashMap<u32, Vec<u32>> = HashMap::new();
        for row in identities {
            if let Some(member) = row.member_number {
                of_member.entry(member).or_default().push(row.identity_id);
            }
        }
        let alone = identities.iter().filter(|row| row.member_number.is_none()).map(|row| vec![row.identity_id]);
        let known = |group: Vec<u32>| self.known(group.iter().copied()).map(|is_bot| (group, is_bot));
        of_member
            .into_values()
            .chain(alone)
            .filter_map(known)
            .flat_map(|(group, is_bot)| group.into_iter().map(move |identity| (identity, is_bot)))
            .collect()
    }
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
            phone: None,
            visitor: None,
            bot: None,
            member_number,
        }
    }

    #[test]
    fn what_is_known_of_one_identity_counts_for_all_of_the_member() {
        let word = |identity_id, said_at, is_so| MemberWord {
            identity_id,
            kind: "bot".into(),
            is_so,
            from_day: None,
            to_day: None,
            department: None,
            tag: None,
            said_by: None,
            said_at,
        };
        // 1 and 2 are one member, 3 another, 4 is nobody's yet; 5 and 6 are one, of which the name of one is a program's.
        let named = IdentityRow { username: Some("acme-ci".into()), ..account(5, Some(9)) };
        let rows = [
            account(1, Some(7)),
            account(2, Some(7)),
            account(3, Some(8)),
            account(4, None),
            named,
            account(6, Some(9)),
        ];
        let words = [word(1, 10, true), word(2, 20, false), word(4, 5, true)];
        let known = |words: &[MemberWord]| Bots::new(&rows, words, &Behaviours::new()).by_identity(&rows);
        assert_eq!(known(&words), HashMap::from([(1, false), (2, false), (4, true), (5, true), (6, true)]));
        assert_eq!(known(&[word(6, 1, false)]), HashMap::from([(5, false), (6, false)]));
    }
}
