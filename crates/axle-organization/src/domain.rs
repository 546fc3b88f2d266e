//! Mail domains: what was registered, by the public-suffix list, and whether it tells where somebody works.

use std::collections::{HashMap, HashSet};

use axle_model::bot;

use crate::sighting::Sighting;
use crate::{host, lists, words};

/// What the domain of an address says about whoever has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainKind {
    /// It was registered by an organization, or by a person for themselves.
    Registered,
    /// Anybody can have an address there.
    FreeMail,
    /// Its addresses are thrown away after use.
    Disposable,
    /// It hides whom it belongs to, stands for a list, or is a name below a host's that many share.
    Shared,
    /// It lies under no public suffix: the name of a machine.
    Unknown,
}

/// A workspace's own word on domains: it outranks the lists.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Domains that are nobody's work, such as a local provider's. In lower case.
    pub personal: HashSet<String>,
    /// Domains that are somebody's work whatever the lists say. In lower case.
    pub organizations: HashSet<String>,
}

/// The host of an address as [`crate::readable`] has it, without what surrounds it. `None` when there is nothing before or
/// after the at sign.
pub fn host_of(address: &str) -> Option<String> {
    let (local, name) = address.trim().trim_end_matches(['>', '"', '\'']).rsplit_once('@')?;
    let name = name.trim_end_matches('.').to_lowercase();
    let is_host = !name.is_empty() && name.bytes().all(|byte| !byte.is_ascii_whitespace() && byte != b'/');
    let is_address = is_host && !local.trim().is_empty();
    is_address.then(|| if host::is_plain(&name) { name } else { host::rewritten(&name) })
}

/// What was registered of a host in lower case: `acme.co.uk` of `mail.acme.co.uk`. `None` under no known public suffix.
/// Names that a host gives away, such as `ada.github.io`, count with their owner's; what a company rents, such as
/// `acme.onmicrosoft.com`, as registered by the company.
pub fn registrable(host: &str) -> Option<&str> {
    let host = host.trim_end_matches('.');
    if let Some(tenant) = host::tenant(host) {
        return Some(tenant);
    }
    let domain = psl::domain(host.as_bytes()).filter(|domain| domain.suffix().is_known());
    if let Some(domain) = domain {
        return std::str::from_utf8(domain.as_bytes()).ok();
    }
    // A host that is itself a private suffix, as `github.io`, was registered below the suffix above it.
    let suffix = psl::suffix(host.as_bytes())?;
    let is_private = suffix.is_known() && suffix.typ() == Some(psl::Type::Private);
    (is_private && host.matches('.').count() == 1).then_some(host)
}

/// As [`registrable`], also under suffixes that no list knows: such a host has an owner who may not be on the list yet. `None`
/// for names that a machine gave itself, as `laptop.local`.
pub fn owned(host: &str) -> Option<&str> {
    let ending = host.rsplit('.').next().unwrap_or(host);
    if matches!(ending, "local" | "localdomain" | "localhost" | "lan" | "home" | "internal" | "private" | "(none)") {
        return None;
    }
    if let Some(tenant) = host::tenant(host) {
        return Some(tenant);
    }
    psl::domain(host.as_bytes()).and_then(|domain| std::str::from_utf8(domain.as_bytes()).ok())
}

/// Whether anybody can have an address at a registered domain.
pub fn is_free_mail(registrable: &str) -> bool {
    lists::is_free_mail(registrable, label(registrable))
}

/// Whether addresses at a host tell nothing of where somebody works, whoever registered the domain above it: it hides
/// people's addresses, passes on what many write, or gives an address to anybody. The host is in lower case.
pub fn is_shared(host: &str) -> bool {
    lists::is_hidden(host) || lists::is_free_host(host) || is_mailing_list(host) || host::rents_to_tenants(host)
}

/// Whether what is sent to a host goes to many people. The host is in lower case.
pub fn is_mailing_list(host: &str) -> bool {
    lists::is_list_host(host) || registrable(host).is_some_and(|domain| is_for_lists(host, domain))
}

/// Where an organization keeps its lists: `lists.example.org`.
fn is_for_lists(host: &str, domain: &str) -> bool {
    let below = host.strip_suffix(domain).unwrap_or_default();
    below.split('.').any(|part| matches!(part, "list" | "lists" | "listserv" | "listes" | "listas" | "mailman"))
}

/// What stands before the public suffix of a registered domain: `acme` of `acme.co.uk`.
pub fn label(registrable: &str) -> &str {
    registrable.split('.').next().unwrap_or(registrable)
}

/// The registered domain of a host and what kind it is. The host is in lower case.
pub fn domain_kind<'a>(host: &'a str, rules: &Rules) -> (&'a str, DomainKind) {
    let registered = registrable(host);
    let named = |list: &HashSet<String>| list.contains(host) || registered.is_some_and(|domain| list.contains(domain));
    let domain = registered.unwrap_or(host);
    let kind = if named(&rules.organizations) {
        DomainKind::Registered
    } else if named(&rules.personal) {
        DomainKind::FreeMail
    } else if registered.is_none() {
        DomainKind::Unknown
    } else if lists::is_hidden(host)
        || is_mailing_list(host)
        || host::rents_to_tenants(host)
        || is_below_a_host(domain)
        || is_alumni(host, domain)
    {
        DomainKind::Shared
    } else if lists::is_free_mail(domain, label(domain)) || lists::is_free_host(host) {
        DomainKind::FreeMail
    } else if lists::is_disposable(domain) || lists::is_disposable(host) {
        DomainKind::Disposable
    } else {
        DomainKind::Registered
    };
    (domain, kind)
}

fn is_below_a_host(domain: &str) -> bool {
    let Some(suffix) = psl::suffix(domain.as_bytes()) else { return false };
    let text = std::str::from_utf8(suffix.as_bytes()).unwrap_or_default();
    suffix.typ() == Some(psl::Type::Private) && text != domain && !lists::is_resold(text)
}

/// Whom a school let go: `alumni.example.edu`.
fn is_alumni(host: &str, domain: &str) -> bool {
    let below = host.strip_suffix(domain).unwrap_or_default();
    below.split('.').any(|part| matches!(part, "alum" | "alumni" | "alumnos" | "alumno"))
}

/// Whether nobody reads what is sent to an address, so that whoever has it may work anywhere.
pub fn is_silent(address: &str) -> bool {
    let address = address.rsplit_once('<').map_or(address, |(_, address)| address).trim();
    address.rsplit_once('@').is_some_and(|(local, _)| bot::is_silent(&local.to_lowercase()))
}

/// The domain of the organization at which somebody has this address; `None` when it tells none.
pub fn organization_domain(address: &str, rules: &Rules) -> Option<String> {
    let host = host_of(address).filter(|_| !is_silent(address))?;
    let (domain, kind) = domain_kind(&host, rules);
    (kind == DomainKind::Registered).then(|| domain.to_owned())
}

/// An address that somebody was seen with.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The address.
    pub email: &'a str,
    /// The name that they had.
    pub name: Option<&'a str>,
    /// Number of the member, so that nobody counts twice.
    pub member: u32,
    /// When first seen, in microseconds since 1970.
    pub at: i64,
}

/// The domains that are somebody's work, sorted, with how many people are there. A domain at which there is one person
/// whose name it bears is that person's own, and no organization.
pub fn domains_of<'a>(seen: impl IntoIterator<Item = Seen<'a>>, rules: &Rules) -> Vec<Sighting> {
    let mut known: HashMap<String, Option<usize>> = HashMap::new();
    let mut found: Vec<(String, i64, bool)> = Vec::new();
    let mut people: Vec<(usize, u32)> = Vec::new();
    for one in seen {
        let Some(host) = host_of(one.email).filter(|_| !is_silent(one.email)) else { continue };
        let at = match known.get(&host) {
            Some(at) => *at,
            None => {
                let (domain, kind) = domain_kind(&host, rules);
                let at = (kind == DomainKind::Registered).then(|| place_of(domain, &mut known, &mut found));
                known.insert(host, at);
                at
            }
        };
        let Some(at) = at else { continue };
        found[at].1 = found[at].1.min(one.at);
        found[at].2 &= bears_the_name_of(&found[at].0, one);
        people.push((at, one.member));
    }
    people.sort_unstable();
    people.dedup();
    let mut counts = vec![0u32; found.len()];
    people.iter().for_each(|(at, _)| counts[*at] += 1);
    let is_kept =
        |(domain, is_own, count): (&str, bool, u32)| !is_own || count > 1 || rules.organizations.contains(domain);
    let mut sightings: Vec<Sighting> = found
        .iter()
        .zip(counts)
        .filter(|((domain, _, is_own), count)| is_kept((domain, *is_own, *count)))
        .map(|((domain, since, _), count)| Sighting::domain(domain, count, *since))
        .collect();
    sightings.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    sightings
}

/// Where a domain stands in `found`. Domains are remembered beside hosts with a mark that no host has.
fn place_of(domain: &str, known: &mut HashMap<String, Option<usize>>, found: &mut Vec<(String, i64, bool)>) -> usize {
    let at = *known.entry(format!("@{domain}")).or_insert(Some(found.len()));
    let at = at.unwrap_or(found.len());
    if at == found.len() {
        found.push((domain.to_owned(), i64::MAX, true));
    }
    at
}

/// Whether a domain is called after the person: `winslow.example` or `conradw.example` of Conrad Winslow, and
/// `ada.example` of `ada@ada.example`.
fn bears_the_name_of(domain: &str, seen: Seen<'_>) -> bool {
    let label = words::compact(label(domain));
    let local = seen.email.split(['@', '+']).next().map(words::compact).unwrap_or_default();
    if label.len() >= 3 && label == local {
        return true;
    }
    let names = words::words(seen.name.unwrap_or_default());
    let has = |least: usize| names.iter().any(|word| word.len() >= least && label.contains(word.as_str()));
    let initials_or_whole =
        |word: &String| word.len() >= 3 && label.starts_with(word.as_str()) && label.len() <= word.len() + 2;
    has(5) || names.iter().any(initials_or_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(address: &str) -> Option<String> {
        organization_domain(address, &Rules::default())
    }

    #[test]
    fn what_was_registered_tells_the_organization() {
        for (address, expected) in [
            ("Ada@Mail.ACME.co.uk", Some("acme.co.uk")),
            ("Ada <ada@acme.io>", Some("acme.io")),
            ("ada@eng.acme.com.br.", Some("acme.com.br")),
            ("ada@cs.example.edu", Some("example.edu")),
            ("ada@acme.uk.com", Some("acme.uk.com")),
            ("ada@github.io", Some("github.io")),
            ("ada@gmail.com", None),
            ("ada@yahoo.co.jp", None),
            ("ada@mailinator.com", None),
            ("ada@users.noreply.github.com", None),
            ("ada@ada.github.io", None),
            ("ada@alumni.example.edu", None),
            ("ada@acme.onmicrosoft.com", Some("acme.onmicrosoft.com")),
            ("ada@acme.mail.onmicrosoft.com", Some("acme.onmicrosoft.com")),
            ("ada@onmicrosoft.com", None),
            ("x1@relay.firefox.com", None),
            ("ada@firefox.com", Some("firefox.com")),
            ("ada@i.softbank.jp", None),
            ("dev@groups.io", None),
            ("dev@acme.groups.io", None),
            ("dev@lists.acme.io", None),
            ("dev@vger.kernel.org", None),
            ("ada@lists-acme.io", Some("lists-acme.io")),
            ("ada@xn--mller-kva.de", Some("müller.de")),
            ("ada@mail.müller.de", Some("müller.de")),
            ("ada@laptop.local", None),
            ("ada@laptop", None),
            ("ada@co.uk", None),
            ("noreply@acme.io", None),
            ("Acme <No-Reply@acme.io>", None),
            ("mailer-daemon@acme.io", None),
            ("info@acme.io", Some("acme.io")),
            ("@acme.io", None),
            ("ada", None),
        ] {
            assert_eq!(domain(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn a_workspace_outranks_the_lists() {
        let rules = Rules {
            personal: HashSet::from(["village-net.example".into(), "isp.com".into()]),
            organizations: HashSet::from(["gmail.com".into()]),
        };
        assert_eq!(organization_domain("ada@mail.isp.com", &rules), None);
        assert_eq!(organization_domain("ada@gmail.com", &rules).as_deref(), Some("gmail.com"));
    }

    #[test]
    fn a_persons_own_domain_is_no_organization() {
        let seen = |email, name, member| Seen { email, name: Some(name), member, at: i64::from(member) };
        let people = [
            seen("me@winslow.dev", "Conrad Winslow", 1),
            seen("ada@ada.dev", "", 2),
            seen("bo@li.io", "Bo Li", 3),
            seen("ada@acme.io", "Ada Byron", 4),
            seen("a.byron@mail.acme.io", "Ada Byron", 4),
            seen("cy@byron.com", "Cy Byron", 6),
            seen("ada@byron.com", "Ada Byron", 4),
            seen("noreply@beta.io", "Dee Ray", 7),
        ];
        let found = domains_of(people, &Rules::default());
        let found: Vec<(&str, u32, i64)> = found.iter().map(|one| (one.key.as_str(), one.people, one.since)).collect();
        assert_eq!(found, [("domain:acme.io", 1, 4), ("domain:byron.com", 2, 4), ("domain:li.io", 1, 3)]);
    }
}
