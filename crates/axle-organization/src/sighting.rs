//! Sightings: one way in which an organization shows up, before it is known which of them are one.

use std::borrow::Cow;

use crate::name::Name;
use crate::{domain, host};

/// Where an organization was seen. What a CRM lists leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// An account of a CRM, or an organization that somebody declared.
    Account,
    /// A mail domain.
    Domain,
    /// A name in profiles.
    Name,
}

/// One way in which an organization shows up. Equal keys are one sighting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// What tells it from all others: `account:crm/a1`, `domain:acme.io`, `name:acme`.
    pub key: String,
    /// Where it was seen.
    pub origin: Origin,
    /// Of an account, the source that lists it; empty otherwise.
    pub source: String,
    /// Its name for people, as written.
    pub name: String,
    /// Domains that it is said to have, in lower case.
    pub domains: Vec<String>,
    /// Other names.
    pub aliases: Vec<String>,
    /// Key of the sighting to which it belongs as a part.
    pub parent: Option<String>,
    /// How many people are known to be there.
    pub people: u32,
    /// When it was first seen, in microseconds since 1970.
    pub since: i64,
}

impl Sighting {
    /// An account of a CRM by its id there.
    pub fn account(source: &str, id: &str, name: &str) -> Self {
        Self {
            source: source.into(),
            name: name.trim().into(),
            ..Self::new(Self::account_key(source, id), Origin::Account)
        }
    }

    /// The key of an account.
    pub fn account_key(source: &str, id: &str) -> String {
        format!("account:{source}/{id}")
    }

    /// A mail domain, as [`crate::organization_domain`] gives it.
    pub fn domain(domain: &str, people: u32, since: i64) -> Self {
        let domain: &str = &host::readable(domain);
        let domains = vec![domain.to_owned()];
        Self { name: domain.into(), domains, people, since, ..Self::new(format!("domain:{domain}"), Origin::Domain) }
    }

    /// A name that people give, as [`crate::names_in`] understands it. Whoever writes `acme.io` means the domain.
    pub fn name(name: &Name, people: u32, since: i64) -> Self {
        match &name.domain {
            Some(domain) => Self::domain(domain, people, since),
            None => {
                Self { name: name.text.clone(), people, since, ..Self::new(format!("name:{}", name.key), Origin::Name) }
            }
        }
    }

    /// A key as keys are made now: words of people may keep one from when domains were written otherwise.
    pub(crate) fn current_key(key: &str) -> Cow<'_, str> {
        match key.strip_prefix("domain:") {
            Some(domain) if !host::is_plain(domain) => Cow::Owned(format!("domain:{}", host::rewritten(domain))),
            _ => Cow::Borrowed(key),
        }
    }

    fn new(key: String, origin: Origin) -> Self {
        Self {
            key,
            origin,
            source: String::new(),
            name: String::new(),
            domains: Vec::new(),
            aliases: Vec::new(),
            parent: None,
            people: 0,
            since: i64::MAX,
        }
    }

    /// The same with domains, in any writing: `https://www.Acme.io/` is `acme.io`.
    #[must_use]
    pub fn with_domains<S: AsRef<str>>(mut self, domains: impl IntoIterator<Item = S>) -> Self {
        self.domains.extend(
            domains
                .into_iter()
                .filter_map(|text| crate::parse::host_in(text.as_ref()))
                .filter_map(|host| domain::registrable(&host).map(str::to_owned)),
        );
        self.domains.sort_unstable();
        self.domains.dedup();
        self
    }

    /// The same with other names.
    #[must_use]
    pub fn with_aliases<S: Into<String>>(mut self, aliases: impl IntoIterator<Item = S>) -> Self {
        self.aliases.extend(aliases.into_iter().map(Into::into));
        self
    }

    /// The same as a part of another.
    #[must_use]
    pub fn below(mut self, parent_key: impl Into<String>) -> Self {
        self.parent = Some(parent_key.into());
        self
    }

    /// Its names, understood: what it is called first. A domain has none.
    pub(crate) fn names(&self) -> Vec<Name> {
        let name = (self.origin != Origin::Domain).then_some(&self.name);
        name.into_iter().chain(&self.aliases).filter_map(|name| Name::of(name)).collect()
    }
}
