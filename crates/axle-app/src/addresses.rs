//! The days on which accounts used their addresses: who worked where, and who was a teammate, follows from them.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::time::{LocalDay, local_day};
use axle_store::identity::{self, EmailRow, IdentityRow};
use axle_store::{Db, activity};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::AppResult;

/// First and last local day.
pub(crate) type Span = (LocalDay, LocalDay);

/// When which account was active under which address.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// Activity of the identities that have an address and any activity, by their number, and of all accounts of members with an
    /// address of `stated`.
    pub(crate) active: HashMap<u32, Span>,
    /// What identities had that had several addresses.
    pub(crate) several: Arc<Several>,
    /// Identities whose present address no activity carried.
    pub(crate) stated: Arc<Stated>,
}

/// The day on which a present address that no activity carried was first heard from a profile, `None` where that is not known, by
/// the identity's number.
pub(crate) type Stated = HashMap<u32, Option<LocalDay>>;

/// The addresses of identities that had more than one, by the identity's number.
pub(crate) type Several = HashMap<u32, Vec<Address>>;

/// One address of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    email: String,
    is_verified: bool,
    /// None was known to be in use earlier.
    is_earliest: bool,
    /// From when to when it is known to have been in use; `None` where a record merely mentions it.
    known: Option<Span>,
}

/// An address and when the identity was active under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Used<'a> {
    pub(crate) email: &'a str,
    /// Whether the platform verified it.
    pub(crate) is_verified: bool,
    /// Whether it is the identity's address now.
    pub(crate) is_current: bool,
    /// `None` of an identity without any activity.
    pub(crate) days: Option<Span>,
}

impl Addresses {
    /// Reads them from the record.
    pub(crate) async fn read(db: &Db, zone: &TimeZone) -> AppResult<Self> {
        let spans = activity::spans_of_addressed(db).await?.into_iter();
        let active =
            spans.filter_map(|span| Some((span.identity_id, (day(span.first_at, zone)?, day(span.last_at, zone)?))));
        let rows = identity::several_emails(db).await?;
        let of_one = |rows: &[EmailRow]| (rows[0].identity_id, addresses_of(rows, zone));
        let several = rows.chunk_by(|a, b| a.identity_id == b.identity_id).map(of_one).collect();
        let stated = identity::stated_emails(db).await?.into_iter();
        let stated = stated.map(|(identity, heard)| (identity, heard.and_then(|at| day(at, zone)))).collect();
        Ok(Self { active: active.collect(), several: Arc::new(several), stated: Arc::new(stated) })
    }

    /// The addresses under which an identity was active. Of several the earliest covers what came before the others, the
    /// present one what comes after.
    pub(crate) fn of<'a>(&'a self, row: &'a IdentityRow) -> Vec<Used<'a>> {
        let Some(current) = row.email.as_deref() else { return Vec::new() };
        let active = self.active.get(&row.identity_id).copied();
        match (active, self.several.get(&row.identity_id)) {
            (Some(active), Some(several)) => several
                .iter()
                .filter_map(|address| {
                    let is_current = address.email.eq_ignore_ascii_case(current.trim());
                    let days = Some(address.days(is_current, active)?);
                    Some(Used { email: &address.email, is_verified: address.is_verified, is_current, days })
                })
                .collect(),
            (days, _) => vec![Used { email: current, is_verified: row.email_verified, is_current: true, days }],
        }
    }
}

impl Address {
    /// Whether it is known to have been in use after a day.
    pub(crate) fn is_known_after(&self, day: LocalDay) -> bool {
        self.known.is_some_and(|(_, to)| to > day)
    }

    fn days(&self, is_current: bool, (first, last): Span) -> Option<Span> {
        let from = match self.known {
            Some((from, _)) if !self.is_earliest => from,
            None if !is_current => return None,
            _ => first,
        };
        let to = if is_current { last.max(from) } else { self.known?.1.min(last) };
        (from <= to).then_some((from, to))
    }
}

/// The addresses of one identity. What activities carried was in use from the first to the last of them; what profiles
/// without a time said, from when it was first heard until the next was.
fn addresses_of(rows: &[EmailRow], zone: &TimeZone) -> Vec<Address> {
    let begin = |row: &EmailRow| row.first_at.or(row.heard_at);
    let earliest = rows.iter().filter_map(begin).min();
    let address = |row: &EmailRow| {
        let next = |heard: i64| rows.iter().filter_map(|other| other.heard_at).filter(|at| *at > heard).min();
        let known = match (row.first_at, row.last_at, row.heard_at) {
            (Some(first), Some(last), _) => Some((day(first, zone), day(last, zone))),
            (_, _, Some(heard)) => Some((day(heard, zone), day(next(heard).map_or(heard, |next| next - 1), zone))),
            _ => None,
        };
        Address {
            email: row.email.clone(),
            is_verified: row.verified,
            is_earliest: begin(row).is_some() && begin(row) == earliest,
            known: known.and_then(|(from, to)| Some((from?, to?))),
        }
    };
    rows.iter().map(address).collect()
}

fn day(at: i64, zone: &TimeZone) -> Option<LocalDay> {
    Timestamp::from_microsecond(at).map(|at| local_day(at, zone)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn row(email: &str) -> IdentityRow {
        IdentityRow {
            identity_id: 1,
            platform: "chat".into(),
            natural_key: "uid:1".into(),
            uid: None,
            username: None,
            email: Some(email.into()),
            email_verified: false,
            name: None,
            phone: None,
            visitor: None,
            bot: None,
            member_number: None,
        }
    }

    fn email(email: &str, during: Option<(i64, i64)>, heard: Option<i64>) -> EmailRow {
        let (first_at, last_at) = during.map(|(first, last)| (first * DAY, last * DAY)).unzip();
        EmailRow {
            identity_id: 1,
            email: email.into(),
            verified: false,
            first_at,
            last_at,
            heard_at: heard.map(|day| day * DAY),
        }
    }

    /// Address, first and last day, of an identity that was active on days 10 to 50.
    fn used(now: &str, rows: &[EmailRow]) -> Vec<(String, Option<Span>)> {
        let several = HashMap::from([(1, addresses_of(rows, &TimeZone::UTC))]);
        let active = HashMap::from([(1, (10, 50))]);
        let addresses = Addresses { active, several: Arc::new(several), ..Addresses::default() };
        addresses.of(&row(now)).iter().map(|used| (used.email.to_owned(), used.days)).collect()
    }

    #[test]
    fn one_address_covers_everything() {
        let addresses = Addresses { active: HashMap::from([(1, (10, 50))]), ..Addresses::default() };
        let found = row("Ada@Acme.io");
        let expected = Used { email: "Ada@Acme.io", is_verified: false, is_current: true, days: Some((10, 50)) };
        assert_eq!(addresses.of(&found), [expected]);
        assert_eq!(Addresses::default().of(&found)[0].days, None, "without activity no day is known");
    }

    #[test]
    fn a_new_address_leaves_the_past_to_the_old_one() {
        // Activities of days 12 to 20 carried the old one, those of 30 to 45 the new one; 10 and 50 carried none.
        let old = email("ada@acme.io", Some((12, 20)), None);
        let new = email("ada@newco.io", Some((30, 45)), None);
        let expected = [("ada@acme.io".to_owned(), Some((10, 20))), ("ada@newco.io".to_owned(), Some((30, 50)))];
        assert_eq!(used("ada@newco.io", &[old, new]), expected);
    }

    #[test]
    fn a_profile_holds_from_when_it_was_heard_until_the_next() {
        // Heard on day 5 and on day 40; a third, heard after all activity, begins then.
        let (first, second) = (email("a@acme.io", None, Some(5)), email("b@newco.io", None, Some(40)));
        let expected = [("a@acme.io".to_owned(), Some((10, 39))), ("b@newco.io".to_owned(), Some((40, 50)))];
        assert_eq!(used("b@newco.io", &[first.clone(), second.clone()]), expected);
        let third = email("c@third.io", None, Some(90));
        let found = used("c@third.io", &[first, second, third]);
        assert_eq!(found[1], ("b@newco.io".to_owned(), Some((40, 50))));
        assert_eq!(found[2], ("c@third.io".to_owned(), Some((90, 90))));
    }

    #[test]
    fn what_is_merely_mentioned_counts_only_while_it_is_the_address() {
        let (mentioned, said) = (email("a@crm.io", None, None), email("b@acme.io", None, Some(30)));
        assert_eq!(used("b@acme.io", &[mentioned.clone(), said.clone()]), [("b@acme.io".to_owned(), Some((10, 50)))]);
        let found = used("a@crm.io", &[mentioned, said]);
        assert_eq!(found[0], ("a@crm.io".to_owned(), Some((10, 50))));
    }
}
