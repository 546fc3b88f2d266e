//! Identities: one account of a person at one platform, and the key that tells two of them apart.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A person as a source names them. At least one of `uid`, `username`, `email`, `phone`, `visitor` is set:
/// [`Identity::key`] is `None` otherwise, and such a record is rejected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the account lives: `slack`, `discourse`, `github`, `git`, `mail`, `product`, …
    pub platform: String,
    /// The platform's own stable id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The handle, which people may change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The address, as written by the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the source has proven that the address belongs to the account.
    #[serde(default, skip_serializing_if = "is_false")]
    pub email_verified: bool,
    /// The name shown to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A telephone number, as written by the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// A browser's first-party visitor id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    /// Whether the source says that this is a program; `None` when it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What makes an identity one and the same: the platform and its strongest identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdentityKey {
    /// The platform, as in [`Identity::platform`].
    pub platform: String,
    /// `uid:42`, `username:conrad`, `email:c@x.io`, `phone:+1555`, or `visitor:v-1`: the first that is set.
    pub key: String,
}

impl Identity {
    /// An account known by the platform's own id.
    pub fn uid(platform: &str, uid: impl Into<String>) -> Self {
        Self { platform: platform.into(), uid: Some(uid.into()), ..Self::default() }
    }

    /// An account known by its handle only.
    pub fn username(platform: &str, username: impl Into<String>) -> Self {
        Self { platform: platform.into(), username: Some(username.into()), ..Self::default() }
    }

    /// The same account with the name shown to others.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into()).filter(|name: &String| !name.trim().is_empty());
        self
    }

    /// The natural key: the first of `uid`, `username`, `email`, `phone`, `visitor`. All compare without regard to how
    /// accents are stored, user names and addresses without regard to case too, telephone numbers as [`dialled`]. `None` when
    /// the identity names nobody.
    pub fn key(&self) -> Option<IdentityKey> {
        let set = |value: &Option<String>| value.as_deref().map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
        let key = if let Some(uid) = set(&self.uid) {
            format!("uid:{}", composed(&uid))
        } else if let Some(username) = set(&self.username) {
            format!("username:{}", caseless(&username))
        } else if let Some(email) = set(&self.email) {
            format!("email:{}", caseless(&email))
        } else if let Some(phone) = set(&self.phone) {
            format!("phone:{}", dialled(&phone))
        } else {
            format!("visitor:{}", composed(&set(&self.visitor)?))
        };
        let platform = self.platform.trim();
        (!platform.is_empty()).then(|| IdentityKey { platform: platform.to_owned(), key })
    }

    /// The best thing to call this account in a list.
    pub fn display_name(&self) -> &str {
        [&self.name, &self.username, &self.email, &self.uid, &self.phone, &self.visitor]
            .into_iter()
            .find_map(|value| value.as_deref().map(str::trim).filter(|v| !v.is_empty()))
            .unwrap_or("unnamed")
    }
}

/// The text with every letter and its accents as one character, however it came (Unicode's NFC).
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// A user name or an address as keys compare it: in lower case, [`composed`]. Some small letters are one character while their
/// capitals are two, such as `ǰ`: so they are composed last.
pub fn caseless(text: &str) -> String {
    composed(&text.to_lowercase()).into_owned()
}

/// A telephone number as keys compare it: its digits, behind a `+` where it says its country, be it by `+` or by `00`. Nothing is
/// added: which country a number without one is of, nobody knows, and an exit code other than `00` is taken for digits. What
/// holds anything but digits and what sets them out stays as it is, such as a number with an extension.
pub fn dialled(number: &str) -> Cow<'_, str> {
    let text = number.trim();
    let text = text.strip_prefix("tel:").unwrap_or(text).trim_start_matches(['(', ' ']);
    let rest = text.strip_prefix('+').unwrap_or(text);
    let is_set_out = |letter: char| {
        let sets_out = matches!(letter, '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}');
        letter.is_ascii_digit() || letter.is_whitespace() || sets_out
    };
    if !rest.chars().all(is_set_out) || !rest.contains(|letter: char| letter.is_ascii_digit()) {
        return composed(number.trim());
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_abroad = text.starts_with('+') || digits(rest).starts_with("00");
    if !is_abroad {
        return Cow::Owned(digits(rest));
    }
    // Without what is dialled at home alone: `+44 (0)20`.
    let digits = digits(&rest.replace("(0)", ""));
    let exit = if text.starts_with('+') { "" } else { "00" };
    Cow::Owned(format!("+{}", digits.strip_prefix(exit).unwrap_or(&digits)))
}

/// A stored [`IdentityKey::key`] as it would be made today.
pub fn current_key(key: &str) -> Cow<'_, str> {
    match key.strip_prefix("phone:") {
        Some(number) => Cow::Owned(format!("phone:{}", dialled(number))),
        None => composed(key),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_strongest_identifier_is_the_key() {
        let mut identity = Identity::username("discourse", "Conrad");
        assert_eq!(identity.key().unwrap().key, "username:conrad");
        identity.uid = Some("42".into());
        assert_eq!(identity.key().unwrap().key, "uid:42");
    }

    #[test]
    fn an_identity_that_names_nobody_has_no_key() {
        assert_eq!(Identity { platform: "slack".into(), name: Some("Ada".into()), ..Identity::default() }.key(), None);
        assert_eq!(Identity::uid("", "1").key(), None);
        assert_eq!(Identity::uid("slack", "  ").key(), None);
    }

    #[test]
    fn a_handle_is_one_however_its_accents_are_stored_and_is_shown_as_it_came() {
        let (one, other) = (Identity::username("chat", "Jos\u{e9}"), Identity::username("chat", "Jose\u{301}"));
        assert_eq!(one.key().unwrap().key, "username:jos\u{e9}");
        assert_eq!(one.key(), other.key());
        assert_eq!(other.display_name(), "Jose\u{301}");
        assert_ne!(one.key(), Identity::username("chat", "Jose").key());
        assert_ne!(one.key(), Identity::username("forum", "Jos\u{e9}").key());
        let capital = Identity::username("chat", "J\u{30c}an").key();
        assert_eq!(capital, Identity::username("chat", "\u{1f0}an").key());
        assert_eq!(capital.unwrap().key, "username:\u{1f0}an");
    }

    #[test]
    fn a_telephone_number_is_one_however_it_is_set_out() {
        for number in ["+1 555 0100", "+1-555-0100", "(+1) 555.0100", "tel:+15550100", "001 555 0100", " +15550100"] {
            assert_eq!(dialled(number), "+15550100", "{number}");
        }
        assert_eq!(dialled("+44 (0)20 7946 0000"), "+442079460000");
        // Without a country its digits are all that is known, and an extension is somebody else's.
        assert_eq!(dialled("(555) 0100"), "5550100");
        for number in ["+1 555 0100 ext. 7", "anonymous", "+", "555 0100 +1"] {
            assert_eq!(dialled(number), number);
        }
        let key = |phone: &str| {
            let phone = Some(phone.to_owned());
            Identity { platform: "calls".into(), phone, ..Identity::default() }.key().unwrap().key
        };
        assert_eq!(key("+1 (555) 0100"), "phone:+15550100");
        assert_eq!(current_key("phone:+1 555 0100"), key("+15550100"));
        assert_eq!(current_key("uid:00 1"), "uid:00 1");
    }

    proptest! {
        /// Both normal forms of whatever names somebody make one key, whichever field it stands in.
        #[test]
        fn both_normal_forms_make_one_key(text in "[a-zA-ZÀ-žΆ-ώẠ-ỹ가-힣İΣ]{1,12}", field in 0usize..5) {
            let identity = |text: String| {
                let mut identity = Identity { platform: "chat".into(), ..Identity::default() };
                let fields = [
                    &mut identity.uid,
                    &mut identity.username,
                    &mut identity.email,
                    &mut identity.phone,
                    &mut identity.visitor,
                ];
                *fields.into_iter().nth(field).unwrap() = Some(text);
                identity
            };
            let keys = [text.nfc().collect(), text.nfd().collect(), text.clone()].map(|text| identity(text).key());
            prop_assert!(keys[0].is_some());
            prop_assert_eq!(&keys[0], &keys[1]);
            prop_assert_eq!(&keys[0], &keys[2]);
        }
    }
}
