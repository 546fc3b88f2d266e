//! Domains that say nothing of where somebody works. The long lists are files; what they lack stands here, from
//! general knowledge.

use std::collections::HashSet;
use std::sync::LazyLock;

static FREE_MAIL: LazyLock<HashSet<&str>> = LazyLock::new(|| lines(include_str!("../lists/free-mail.txt")));
static DISPOSABLE: LazyLock<HashSet<&str>> = LazyLock::new(|| lines(include_str!("../lists/disposable.txt")));

fn lines(text: &'static str) -> HashSet<&'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Whether anybody can have an address there. `label`: what stands before the public suffix of `domain`.
pub(crate) fn is_free_mail(domain: &str, label: &str) -> bool {
    FREE_LABELS.contains(&label) || label.starts_with("mail2") || MORE.contains(&domain) || FREE_MAIL.contains(domain)
}

/// Whether anybody can have an address at a host, whoever registered the domain above it.
pub(crate) fn is_free_host(host: &str) -> bool {
    MORE.contains(&host) || FREE_MAIL.contains(host)
}

/// Whether its addresses are thrown away after use.
pub(crate) fn is_disposable(domain: &str) -> bool {
    DISPOSABLE.contains(domain)
}

/// Whether hosts at that name hide people's addresses or pass on what many people write.
pub(crate) fn is_hidden(host: &str) -> bool {
    is_at_or_below(host, HIDDEN) || is_list_host(host)
}

/// Whether a host at that name sends to many people what one of them writes.
pub(crate) fn is_list_host(host: &str) -> bool {
    is_at_or_below(host, LIST_HOSTS)
}

fn is_at_or_below(host: &str, names: &[&str]) -> bool {
    names.iter().any(|name| host.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

/// Sites on which organizations and people have pages.
pub(crate) fn is_platform(domain: &str) -> bool {
    PLATFORMS.contains(&domain)
}

/// Public suffixes below which private people have names of their own, and companies too.
pub(crate) fn is_resold(suffix: &str) -> bool {
    RESOLD.contains(&suffix)
}

/// Brands that give free mail under many suffixes.
const FREE_LABELS: &[&str] = &[
    "aol",
    "fastmail",
    "gmail",
    "gmx",
    "googlemail",
    "hotmail",
    "hushmail",
    "icloud",
    "inbox",
    "mail",
    "msn",
    "outlook",
    "proton",
    "protonmail",
    "rocketmail",
    "tuta",
    "tutanota",
    "yahoo",
    "yandex",
    "ymail",
    "zohomail",
];

const MORE: &[&str] = &[
    "acm.org",
    "addy.io",
    "anonaddy.com",
    "anonaddy.me",
    "autistici.org",
    "cock.li",
    "computer.org",
    "daum.net",
    "disroot.org",
    "docomo.ne.jp",
    "dropmail.me",
    "example.com",
    "example.org",
    "ezweb.ne.jp",
    "fastmail.fm",
    "hey.com",
    "ieee.org",
    "i.softbank.jp",
    "keemail.me",
    "kolabnow.com",
    "live.com",
    "live.co.uk",
    "live.de",
    "live.fr",
    "live.it",
    "live.nl",
    "live.se",
    "mailbox.org",
    "migadu.com",
    "mozmail.com",
    "online.no",
    "passmail.net",
    "passinbox.com",
    "pobox.com",
    "riseup.net",
    "runbox.com",
    "sdf.org",
    "sfr.fr",
    "simplelogin.com",
    "slmail.me",
    "slmails.com",
    "softbank.ne.jp",
    "startmail.com",
    "sympatico.ca",
    "systemli.org",
    "telia.com",
    "tilde.club",
    "tilde.team",
    "tin.it",
    "tutamail.com",
    "vodafone.de",
    "vodafone.it",
    "vodafone.nl",
];

const HIDDEN: &[&str] = &[
    "localhost",
    "noreply.codeberg.org",
    "noreply.github.com",
    "noreply.gitlab.com",
    "privaterelay.appleid.com",
    "relay.firefox.com",
    "reply.github.com",
    "users.sourceforge.net",
    "users.sf.net",
];

const LIST_HOSTS: &[&str] = &[
    "egroups.com",
    "freelists.org",
    "gaggle.email",
    "googlegroups.com",
    "groups.io",
    "jiscmail.ac.uk",
    "librelist.com",
    "onelist.com",
    "simplelists.com",
    "vger.kernel.org",
    "yahoogroups.com",
];

const PLATFORMS: &[&str] = &[
    "angel.co",
    "bitbucket.org",
    "codeberg.org",
    "crunchbase.com",
    "facebook.com",
    "github.com",
    "gitlab.com",
    "instagram.com",
    "linkedin.com",
    "linktr.ee",
    "mastodon.social",
    "medium.com",
    "t.me",
    "twitter.com",
    "x.com",
    "xing.com",
    "youtube.com",
];

const RESOLD: &[&str] = &[
    "br.com", "cn.com", "co.com", "co.nl", "com.de", "com.se", "de.com", "eu.com", "gb.net", "gr.com", "hu.net",
    "in.net", "jp.net", "jpn.com", "mex.com", "ru.com", "sa.com", "se.net", "uk.com", "uk.net", "us.com", "za.com",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_hold_domains() {
        for list in [&FREE_MAIL, &DISPOSABLE] {
            assert!(list.len() > 3_000);
            assert!(list.iter().all(|domain| domain.contains('.') && domain.to_lowercase() == **domain));
        }
        assert!(
            is_free_mail("gmail.com", "gmail") && is_free_mail("yahoo.co.jp", "yahoo") && !is_disposable("gmail.com")
        );
        for (domain, label) in [("yahoo.co.uk", "yahoo"), ("web.de", "web"), ("qq.com", "qq"), ("live.cl", "live")] {
            assert!(is_free_mail(domain, label), "{domain}");
        }
        assert!(!is_free_mail("acme.example", "acme") && !is_free_mail("liveperson.example", "liveperson"));
        assert!(is_disposable("mailinator.com") && is_free_mail("mail2ada.com", "mail2ada"));
        assert!(is_hidden("users.noreply.github.com") && !is_hidden("notgooglegroups.com"));
        assert!(is_hidden("acme.groups.io") && is_list_host("googlegroups.com") && !is_list_host("relay.firefox.com"));
    }
}
