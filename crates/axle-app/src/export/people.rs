//! Identities as lines name them: by what makes them one, with what was said of them at that instant, so that names, handles and
//! addresses are as old as they were.

use std::collections::HashMap;

use axle_model::Identity;
use axle_store::identity::{EmailRow, IdentityRow};
use axle_store::{Db, export};

use crate::AppResult;

/// Everybody, by the number of the identity.
pub(super) struct People<'a> {
    rows: HashMap<u32, &'a IdentityRow>,
    called: HashMap<u32, export::Called>,
    emails: HashMap<u32, Vec<EmailRow>>,
}

impl<'a> People<'a> {
    pub(super) async fn read(db: &Db, identities: &'a [IdentityRow]) -> AppResult<Self> {
        let (called, emails) = export::said_of_identities(db).await?;
        Ok(Self { rows: identities.iter().map(|row| (row.identity_id, row)).collect(), called, emails })
    }

    /// What makes an identity one, and nothing else.
    pub(super) fn key(&self, identity: u32) -> Option<Identity> {
        self.rows.get(&identity).map(|row| key_of(row))
    }

    /// An identity as an activity at an instant in microseconds names it: what was said of it last then is said, and the first and
    /// the last time that an address was in use.
    pub(super) fn at(&self, identity: u32, at: i64) -> Option<Identity> {
        let row = *self.rows.get(&identity)?;
        let called = self.called.get(&identity).copied().unwrap_or_default();
        let mut named = key_of(row);
        if called.name_at == Some(at) {
            named.name.clone_from(&row.name);
        }
        if called.username_at == Some(at) {
            named.username.clone_from(&row.username);
        }
        let emails = self.emails.get(&identity).into_iter().flatten();
        let is_seen = |email: &&EmailRow| email.first_at == Some(at) || email.last_at == Some(at);
        // One that is the key is in use whenever they are.
        let email = emails.clone().find(|email| named.email.as_deref().is_some_and(|own| is_one(own, email)));
        if let Some(email) = email.or_else(|| emails.clone().find(is_seen)) {
            let own = row.email.as_deref().filter(|own| is_one(own, email));
            named.email = Some(own.unwrap_or(&email.email).to_owned());
            named.email_verified = email.verified;
        }
        named.phone = row.phone.clone().or(named.phone);
        named.visitor = row.visitor.clone().or(named.visitor);
        named.bot = row.bot;
        Some(named)
    }
}

fn is_one(written: &str, email: &EmailRow) -> bool {
    written.trim().eq_ignore_ascii_case(&email.email)
}

fn key_of(row: &IdentityRow) -> Identity {
    let mut named = Identity { platform: row.platform.clone(), ..Identity::default() };
    let (kind, key) = row.natural_key.split_once(':').unwrap_or(("uid", row.natural_key.as_str()));
    // As it is written, where that is known.
    let written = |value: &Option<String>| Some(value.clone().unwrap_or_else(|| key.to_owned()));
    match kind {
        "username" => named.username = written(&row.username),
        "email" => named.email = Some(key.to_owned()),
        "phone" => named.phone = written(&row.phone),
        "visitor" => named.visitor = written(&row.visitor),
        _ => named.uid = written(&row.uid),
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_said_when_they_were() {
        let row = IdentityRow {
            identity_id: 1,
            platform: "chat".into(),
            natural_key: "uid:7".into(),
            uid: Some("7".into()),
            username: Some("ada".into()),
            email: Some("Ada@x.io".into()),
            email_verified: true,
            name: Some("Ada Byron".into()),
            phone: None,
            visitor: None,
            bot: None,
            member_number: None,
        };
        let email = |email: &str, first_at, last_at| EmailRow {
            identity_id: 1,
            email: email.into(),
            verified: true,
            first_at: Some(first_at),
            last_at: Some(last_at),
            heard_at: None,
        };
        let called = export::Called { name_at: Some(30), username_at: Some(10) };
        let people = People {
            rows: HashMap::from([(1, &row)]),
            called: HashMap::from([(1, called)]),
            emails: HashMap::from([(1, vec![email("old@x.io", 10, 20), email("ada@x.io", 30, 40)])]),
        };
        let told = |at| {
            let named = people.at(1, at).unwrap();
            (named.uid.unwrap(), named.username, named.name, named.email)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(told(10), ("7".into(), text("ada"), None, text("old@x.io")));
        assert_eq!(told(15), ("7".into(), None, None, None));
        assert_eq!(told(30), ("7".into(), None, text("Ada Byron"), text("Ada@x.io")), "as it is written");
        assert_eq!(told(40), ("7".into(), None, None, text("Ada@x.io")));
        assert!(people.at(2, 10).is_none());
    }

    #[test]
    fn an_address_that_is_the_key_is_always_said() {
        let row = IdentityRow {
            identity_id: 1,
            platform: "git".into(),
            natural_key: "email:ada@x.io".into(),
            uid: None,
            username: None,
            email: Some("Ada@x.io".into()),
            email_verified: false,
            name: None,
            phone: None,
            visitor: None,
            bot: None,
            member_number: None,
        };
        let people = People { rows: HashMap::from([(1, &row)]), called: HashMap::new(), emails: HashMap::new() };
        let named = people.at(1, 10).unwrap();
        assert_eq!(named.key().unwrap().key, row.natural_key);
    }
}
