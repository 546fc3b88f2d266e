//! Which organizations there are and who is at them: from mail domains, CRM accounts and what people write into their
//! profiles. Pure, and apart from `axle-model` for the lists of domains that it carries.
//!
//! ```text
//! let rules = Rules::default();
//! let mut sightings = domains_of(seen, &rules);                      // mail domains that are somebody's work
//! sightings.push(Sighting::account("crm", "a1", "Acme, Inc."));       // what CRMs list
//! sightings.extend(names_in("CTO @ Acme").iter().map(|name| Sighting::name(name, 1, 0)));
//! let found = resolve(&sightings, &decisions, AUTOMATIC);             // groups, their edges, suggestions
//! ```

mod domain;
mod host;
mod lists;
mod merge;
mod name;
mod parse;
mod sighting;
mod vocabulary;
mod words;

pub use domain::{
    DomainKind, Rules, Seen, domain_kind, domains_of, host_of, is_free_mail, is_mailing_list, is_shared, is_silent,
    label, organization_domain, owned, registrable,
};
pub use host::{readable, readable_address};
pub use merge::{AUTOMATIC, Decision, Edge, Evidence, Organization, Resolution, resolve};
pub use name::Name;
pub use parse::{Said, names_in, names_of};
pub use sighting::{Origin, Sighting};
