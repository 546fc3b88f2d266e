//! E-mail addresses and links, taken apart: whose they are, and what they prove.

use axle_organization::{is_free_mail, is_mailing_list, is_shared, label, owned, readable};

use crate::{fold, lists};

/// An e-mail address, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The address as one mailbox writes itself: lower case, no `+tag`, Gmail without dots. `None` when nobody's alone.
    pub(crate) mailbox: Option<String>,
    /// What stands before the at sign, when a person chose it as a handle.
    pub(crate) handle: Option<String>,
    /// The domain that its owner registered; `None` for free mail, names of machines, and addresses of functions: colleagues share them.
    pub(crate) domain: Option<String>,
    /// For the addresses by which code hosts hide the real one: the account that is behind it.
    pub(crate) proof: Option<Proof>,
}

/// The account at a code host that an address belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    pub(crate) platform: &'static str,
    pub(crate) uid: Option<String>,
    pub(crate) username: String,
}

/// Takes an address apart; `None` when it has no at sign with something before it.
pub(crate) fn address(text: &str) -> Option<Address> {
    let mut text = text.trim().trim_matches(['<', '>', '"', '\'']).to_lowercase();
    if text.contains(' ') {
        text = text.replace(" at ", "@").replace(" dot ", ".");
    }
    let (local, domain) = text.rsplit_once('@')?;
    let domain = readable(domain.trim_matches('.'));
    let domain: &str = &domain;
    if local.is_empty() {
        return None;
    }
    if let Some(platform) = hiding_host(domain) {
        return Some(hidden(platform, local));
    }
    let untagged = untagged(local);
    let registered = owned(domain);
    let is_shared = is_shared(domain);
    let is_personal = !lists::is_role(untagged) && !is_mailing_list(domain);
    let own_domain = registered.filter(|domain| is_personal && !is_free_mail(domain) && !is_shared);
    // Relays make up what stands before the at sign.
    let is_chosen = is_personal && !is_relay(domain);
    let handle = (is_chosen && !lists::is_generic_local(untagged) && !is_made_by_machine(untagged))
        .then(|| fold::handle(untagged))
        .flatten();
    Some(Address {
        mailbox: (is_personal && registered.is_some()).then(|| mailbox(untagged, domain)),
        handle,
        domain: own_domain.map(str::to_owned),
        proof: None,
    })
}

fn untagged(local: &str) -> &str {
    local.split_once('+').map_or(local, |(before, _)| if before.is_empty() { local } else { before })
}

/// Whether an address may be one person's alone. It is not where a function has it (`info@acme.io`), where nothing but the domain
/// says whose it is (`hello@acme.io`), or where it is a list's (`dev@lists.acme.io`): whoever has it proves nothing by it.
pub fn is_personal_address(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    text.rsplit_once('@').is_some_and(|(local, host)| {
        let local = untagged(local);
        !local.is_empty() && !lists::is_generic_local(local) && !is_mailing_list(&readable(host.trim_matches('.')))
    })
}

/// Whether the host passes on mail to people who want to hide their address.
fn is_relay(host: &str) -> bool {
    matches!(host, "relay.firefox.com" | "mozmail.com" | "privaterelay.appleid.com") || host.ends_with(".mozmail.com")
}

fn mailbox(local: &str, domain: &str) -> String {
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
}

/// Whether the platform gives out addresses that hold an account's uid.
pub(crate) fn hides_addresses(platform: &str) -> bool {
    matches!(platform, "github" | "gitlab")
}

fn hiding_host(domain: &str) -> Option<&'static str> {
    match domain {
        "users.noreply.github.com" => Some("github"),
        "users.noreply.gitlab.com" => Some("gitlab"),
        _ => None,
    }
}

/// `12345+ada` and `ada` at GitHub, `12345-ada` at GitLab.
fn hidden(platform: &'static str, local: &str) -> Address {
    let mark = if platform == "github" { '+' } else { '-' };
    let numbered = local.split_once(mark).filter(|(uid, _)| !uid.is_empty() && uid.bytes().all(|b| b.is_ascii_digit()));
    let (uid, username) = numbered.map_or((None, local), |(uid, username)| (Some(uid.to_owned()), username));
    Address {
        mailbox: Some(format!("{username}@{platform}")),
        handle: fold::handle(username),
        domain: None,
        proof: Some(Proof { platform, uid, username: username.to_owned() }),
    }
}

/// Long strings of hexadecimal digits are given, not chosen. A number behind letters is chosen.
fn is_made_by_machine(local: &str) -> bool {
    let letters = local.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_mixed = letters.is_empty() || letters.contains(|letter: char| letter.is_ascii_digit());
    local.len() >= 16 && is_mixed && local.bytes().filter(|byte| byte.is_ascii_digit()).count() * 4 >= local.len()
}

/// A link, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// The domain that was registered.
    pub(crate) registrable: String,
    /// The whole host without `www.`.
    pub(crate) host: String,
    /// The path without slashes at its ends, in lower case.
    pub(crate) path: String,
}

/// The host that a text links to, if it is a link or a bare domain.
pub(crate) fn host_of(text: &str) -> Option<Host> {
    let text = text.trim();
    if text.contains(char::is_whitespace) {
        return None;
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split([':', '?', '#']).next()?.to_lowercase();
    let host = readable(host.strip_prefix("www.").unwrap_or(&host));
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_matches('/').to_lowercase();
    let registrable = owned(&host).filter(|_| !host.contains('@'))?.to_owned();
    Some(Host { registrable, host: host.into_owned(), path })
}

/// The platform and account that a link leads to: `github.com/ada` is GitHub's `ada`.
pub(crate) fn account_of(link: &Host) -> Option<(&str, &str)> {
    if !lists::is_platform_host(&link.registrable) {
        return None;
    }
    let mut steps = link.path.split('/');
    let first = steps.next().filter(|step| !step.is_empty())?;
    let name = match first {
        "in" | "u" | "user" | "users" | "profile" => steps.next()?,
        other => other.trim_start_matches(['@', '~']),
    };
    let platform = match label(&link.registrable) {
        "x" => "twitter",
        other => other,
    };
    (!name.is_empty()).then_some((platform, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_however_written() {
        let mailbox = |text| address(text).and_then(|found| found.mailbox);
        assert_eq!(mailbox("Ada.L+lists@GoogleMail.com"), mailbox("adal@gmail.com"));
        assert_eq!(mailbox("Ada+x@Example.org").as_deref(), Some("ada@example.org"));
        assert_eq!(mailbox("noreply@example.org"), None);
        assert_eq!(mailbox("ada@laptop.local"), None);
        assert_eq!(address("ada"), None);
    }

    #[test]
    fn addresses_that_are_nobodys_alone() {
        let functions = ["Info@acme.io", "support+eu@acme.io", "no-reply-7@acme.io"];
        let said_by_the_domain = ["contact@acme.io", "Hello@acme.io", "me@ada.example"];
        let lists = ["dev@lists.acme.io", "ada@team.groups.io"];
        let shared = [functions, said_by_the_domain].concat();
        assert!(shared.into_iter().chain(lists).chain(["ada", "@acme.io"]).all(|text| !is_personal_address(text)));
        let personal = ["ada@acme.io", "ada.info@acme.io", "ada+lists@acme.io", "ada@listserve.example"];
        assert!(personal.into_iter().all(is_personal_address));
    }

    #[test]
    fn a_hidden_address_proves_the_account() {
        let proof = address("12345+ada@users.noreply.github.com").and_then(|found| found.proof);
        assert_eq!(proof, Some(Proof { platform: "github", uid: Some("12345".into()), username: "ada".into() }));
        let proof = address("ada@users.noreply.github.com").and_then(|found| found.proof).map(|proof| proof.uid);
        assert_eq!(proof, Some(None));
    }

    #[test]
    fn domains_and_handles() {
        let found = address("ada.l@mail.acme.co.uk").unwrap();
        assert_eq!((found.domain.as_deref(), found.handle.as_deref()), (Some("acme.co.uk"), Some("adal")));
        assert_eq!(address("ada@gmail.com").unwrap().domain, None);
        assert_eq!(address("me@ada.dev").unwrap().handle, None);
        assert_eq!(address("me@ada.dev").unwrap().domain.as_deref(), Some("ada.dev"));
        // That two write by a function's address makes them colleagues at most.
        for function in ["noreply@acme.io", "info@acme.io"] {
            assert_eq!(address(function).unwrap().domain, None, "{function}");
        }
        assert_eq!(address("jira@ada.dev").unwrap().handle, None, "for one service");
        assert_eq!(address("4f2a9c0d17e35b68@acme.io").unwrap().handle, None);
        assert_eq!(address("conradwinslow1984@gmail.com").unwrap().handle.as_deref(), Some("conradwinslow1984"));
        // A tenant's name is its company's; hosts of lists and relays are nobody's.
        assert_eq!(address("ada@acme.onmicrosoft.com").unwrap().domain.as_deref(), Some("acme.onmicrosoft.com"));
        for address in ["dev@team.groups.io", "dev@lists.acme.io"].map(|text| address(text).unwrap()) {
            assert_eq!((address.domain, address.handle, address.mailbox), (None, None, None));
        }
        let relay = address("x7kq2@relay.firefox.com").unwrap();
        assert_eq!((relay.domain, relay.handle), (None, None));
        assert_eq!(relay.mailbox.as_deref(), Some("x7kq2@relay.firefox.com"));
        assert_eq!(address("ada@xn--mller-kva.de"), address("ada@Müller.de"));
        assert_eq!(address("ada@laptop.local").unwrap().handle.as_deref(), Some("ada"));
    }

    #[test]
    fn links() {
        let link = host_of("https://www.GitHub.com/Ada/?tab=x").unwrap();
        assert_eq!(account_of(&link), Some(("github", "ada")));
        assert_eq!(account_of(&host_of("https://x.com/@ada").unwrap()), Some(("twitter", "ada")));
        assert_eq!(account_of(&host_of("https://ada.dev/about").unwrap()), None);
        assert_eq!(host_of("no link"), None);
        assert_eq!(host_of("ada.dev").unwrap().registrable, "ada.dev");
        assert_eq!(host_of("https://www.xn--mller-kva.de/"), host_of("müller.de"));
    }
}
