//! Duplicates: members who may be one person, side by side, to be judged by a person.

use askama::Template;

use crate::filters;
use crate::link::Link;
use crate::pages::decided::Changes;
use crate::pages::layout::Layout;
use crate::pages::parts::Person;
use crate::pages::settings::Tab;

/// `GET /{workspace}/duplicates`
#[derive(Debug, Clone, Template)]
#[template(path = "duplicates.html")]
pub struct DuplicatesPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// The most probable first; those put off last.
    pub pairs: Vec<PairCard>,
    /// The member whom they are about; `None`: everybody.
    pub only: Option<Person>,
    /// Their id, sent back with decisions; empty: everybody.
    pub member_id: String,
    /// How many wait.
    pub waiting: u64,
    /// How many were decided.
    pub decided: u64,
    /// Of those decided, how many were accepted and still stand, percent, and between which shares the truth lies.
    pub precision: Option<(f64, f64, f64)>,
    /// What people changed.
    pub history: Changes,
}

impl DuplicatesPage {
    /// Of all that was ever suggested, how much is decided, percent.
    fn progress(&self) -> u64 {
        100 * self.decided / (self.decided + self.waiting).max(1)
    }
}

/// Two members who may be one person.
#[derive(Debug, Clone)]
pub struct PairCard {
    /// Sent back with the decision.
    pub suggestion_id: String,
    /// 0 to 100.
    pub probability: f64,
    /// What speaks for it.
    pub reasons: Vec<String>,
    /// What speaks against it.
    pub against: Vec<String>,
    /// The two.
    pub sides: [SideCard; 2],
    /// Somebody put it off.
    pub is_skipped: bool,
}

impl PairCard {
    fn percent(&self) -> String {
        percent(self.probability)
    }
}

/// `93 %`; what is nearly certain is not said to be certain.
pub(crate) fn percent(probability: f64) -> String {
    if probability >= 99.5 { "above 99 %".into() } else { format!("{probability:.0} %") }
}

/// One of the two.
#[derive(Debug, Clone)]
pub struct SideCard {
    /// Who.
    pub person: Person,
    /// Their identities: platform, handle, and what else is known.
    pub accounts: Vec<AccountLine>,
}

/// An identity.
#[derive(Debug, Clone)]
pub struct AccountLine {
    /// Where.
    pub platform: String,
    /// Handle or address.
    pub handle: String,
    /// Name and address there, as far as they are not said already.
    pub more: Vec<String>,
}

/// `GET /{workspace}/members/{member}/duplicates`: who may be the same person, fetched by the member's page.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/duplicates_of.html")]
pub struct DuplicatesOf {
    /// Where the suggestions are judged.
    pub judge: Link,
    /// The most probable first; empty: nothing is shown.
    pub lines: Vec<DuplicateLine>,
}

/// Another member who may be the same person.
#[derive(Debug, Clone)]
pub struct DuplicateLine {
    /// The other.
    pub person: Person,
    /// `93 %`.
    pub percent: String,
    /// Why, and what speaks against it.
    pub reasons: String,
}

/// `GET /{workspace}/settings/identities`: from which probability members are joined without a person.
#[derive(Debug, Clone, Template)]
#[template(path = "settings_identities.html")]
pub struct IdentitiesPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// Percent, as typed; empty: only proof joins.
    pub threshold: String,
    /// Identities that a member may have without a person, as typed.
    pub largest: String,
    /// What is wrong with what was typed.
    pub problem: Option<String>,
    /// Whom saving would join and part, when asked for.
    pub preview: Option<[Preview; 2]>,
    /// How right reviewers found what is as probable, when asked for and a threshold is given.
    pub precision: Option<String>,
    /// Where suggestions are judged.
    pub duplicates: Link,
}

/// Joins that would be made, or taken back.
#[derive(Debug, Clone)]
pub struct Preview {
    /// `5 would be joined`.
    pub title: String,
    /// Which of them are shown: `the 20 least probable`; empty when there are none.
    pub shown: String,
    /// The two, how probable it is (`93 %`), and why.
    pub sample: Vec<(AccountLine, AccountLine, String, Vec<String>)>,
}

impl Tab for IdentitiesPage {
    fn tab(&self) -> &'static str {
        "Identities"
    }
    fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}
