//! Accounts: who buys or may buy, who of them is among us, and what is at risk.

use askama::Template;

use crate::filters;
use crate::link::Link;
use crate::pages::layout::Layout;
use crate::pages::parts::Person;

/// `GET /{workspace}/accounts`
#[derive(Debug, Clone, Template)]
#[template(path = "accounts.html")]
pub struct AccountsPage {
    /// What surrounds the page.
    pub layout: Layout,
    /// This page's address: holds `show`.
    pub here: Link,
    /// Choices: key, label, how many.
    pub choices: Vec<(&'static str, &'static str, u64)>,
    /// Key accounts first, then by risk.
    pub accounts: Vec<AccountLine>,
    /// How many more there are.
    pub more: u64,
    /// Whether there is any account.
    pub any: bool,
}

/// One account.
#[derive(Debug, Clone)]
pub struct AccountLine {
    /// Its page.
    pub link: Link,
    /// Its name.
    pub name: String,
    /// `Customer · enterprise`
    pub what: String,
    /// Set for key accounts: how many key members there should be, if anybody said so, and who looks after it.
    pub key: Option<(Option<u64>, Option<String>)>,
    /// Key members and champions.
    pub people: Vec<Person>,
    /// Members there today, and those active in the last 30 days.
    pub members: (u64, u64),
    /// Key members active in 90 days, and all of them.
    pub key_members: (u64, u64),
    /// The next renewal, and whether that is soon.
    pub renews: Option<(String, bool)>,
    /// What may go wrong, in words.
    pub risks: Vec<String>,
}
