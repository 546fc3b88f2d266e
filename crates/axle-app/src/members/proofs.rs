//! Why a member's accounts are one person: each edge that joins two of them, with who said so, when, and how sure it is.

use std::collections::HashMap;

use axle_store::identity::{self, Edge, IdentityRow};
use axle_store::identity_change::HUMAN;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

/// Why two accounts are one person.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// Number of the one account.
    pub a: u32,
    /// Number of the other.
    pub b: u32,
    /// `verified_email`, `account`, `link`, `mailmap`, `automatic` or `human`.
    pub kind: String,
    /// For people: `same verified address`.
    pub reason: String,
    /// How sure it is, 0 to 1; 1 for proof and for people's word.
    pub confidence: f64,
    /// Who said so; `None` where nobody did.
    pub by: Option<String>,
    /// Since when it holds here.
    pub at: Option<Timestamp>,
}

impl Proof {
    pub(super) fn of(edge: &Edge) -> Self {
        Self {
            a: edge.a,
            b: edge.b,
            kind: edge.kind.clone(),
            reason: edge.reason.clone(),
            confidence: edge.confidence,
            by: edge.created_by.clone(),
            at: Some(edge.created_at).filter(|at| *at > 0).and_then(|at| Timestamp::from_microsecond(at).ok()),
        }
    }

    /// The same for people: who said so and when, or how likely it is, where it is no proof.
    fn told(&self, zone: &TimeZone) -> String {
        match self.kind.as_str() {
            HUMAN => {
                let on = self.at.map(|at| at.to_zoned(zone.clone()).strftime(" on %-d %b %Y").to_string());
                let by = self.by.as_deref().unwrap_or("a person");
                let said = format!("said by {by}{}", on.unwrap_or_default());
                if self.reason == SAID { said } else { format!("{}, {said}", self.reason) }
            }
            identity::LIKENESS => format!("{}, {:.1} % likely", self.reason, self.confidence * 100.0),
            _ => self.reason.clone(),
        }
    }
}

/// The reason of a merge by hand.
pub(crate) const SAID: &str = "said by a person";

/// Why accounts are one person, as pages, API and commands say it.
pub(super) struct WhyOne {
    /// Each proof as a sentence about both accounts.
    pub(super) edges: Vec<String>,
    /// By the account's number, the proofs that join it, each with the other account.
    pub(super) of_account: HashMap<u32, Vec<String>>,
}

/// Tells the edges that hold between a member's accounts.
pub(super) fn why_one(proofs: &[Proof], identities: &[IdentityRow], zone: &TimeZone) -> WhyOne {
    let called: HashMap<u32, String> = identities
        .iter()
        .map(|row| {
            let name = row.username.as_ref().or(row.email.as_ref()).or(row.name.as_ref()).or(row.uid.as_ref());
            (row.identity_id, format!("{} {}", row.platform, name.map_or("", String::as_str)))
        })
        .collect();
    let mut why = WhyOne { edges: Vec::new(), of_account: HashMap::new() };
    for proof in proofs {
        let (Some(a), Some(b)) = (called.get(&proof.a), called.get(&proof.b)) else { continue };
        let told = proof.told(zone);
        why.edges.push(format!("{a} and {b}: {told}"));
        for (account, other) in [(proof.a, b), (proof.b, a)] {
            why.of_account.entry(account).or_default().push(format!("{told} (with {other})"));
        }
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_is_told_the_edges_that_join_it_and_no_others() {
        let row = |identity_id, platform: &str, username: &str| IdentityRow {
            identity_id,
            platform: platform.into(),
            natural_key: format!("username:{username}"),
            uid: None,
            username: Some(username.into()),
            email: None,
            email_verified: false,
            name: None,
            phone: None,
            visitor: None,
            bot: None,
            member_number: Some(1),
        };
        let edge = |a, b, reason: &str| Proof::of(&crate::resolve::edge(a, b, "link", reason));
        let zone = TimeZone::UTC;
        // `chat ada` is how `chat adam` begins.
        let rows = [row(1, "chat", "adam"), row(2, "chat", "ada"), row(3, "forum", "lovelace")];
        let why = why_one(&[edge(1, 3, "same badge"), edge(2, 3, "same verified address")], &rows, &zone);
        assert_eq!(
            why.edges,
            ["chat adam and forum lovelace: same badge", "chat ada and forum lovelace: same verified address"]
        );
        assert_eq!(why.of_account[&1], ["same badge (with forum lovelace)"]);
        assert_eq!(why.of_account[&2], ["same verified address (with forum lovelace)"]);
        assert_eq!(why.of_account[&3], ["same badge (with chat adam)", "same verified address (with chat ada)"]);
        assert!(why_one(&[], &rows[..1], &zone).of_account.is_empty());
    }

    #[test]
    fn a_persons_word_is_told_with_who_and_when_and_likeness_with_how_likely() {
        let at = "2026-02-03T23:30:00Z".parse::<Timestamp>().unwrap().as_microsecond();
        let edge = |kind: &str, reason: &str| Edge {
            created_by: Some("Ines".into()),
            created_at: at,
            confidence: 0.9972,
            ..crate::resolve::edge(1, 2, kind, reason)
        };
        let told =
            |kind: &str, reason: &str| Proof::of(&edge(kind, reason)).told(&TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(told(HUMAN, SAID), "said by Ines on 4 Feb 2026");
        assert_eq!(told(HUMAN, "same rare handle"), "same rare handle, said by Ines on 4 Feb 2026");
        assert_eq!(told(identity::LIKENESS, "same rare handle"), "same rare handle, 99.7 % likely");
        assert_eq!(told("link", "same badge"), "same badge");
    }
}
