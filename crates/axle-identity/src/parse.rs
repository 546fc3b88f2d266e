//! An identity's texts, understood: the part of the work that needs nothing but the identity itself and so runs on
//! all cores.

use crate::view::Identity;
use crate::words::{hash_of, mix};
use crate::{address, fold, lists};

/// Where a handle was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    Username,
    /// The username that a code host's hidden address gives away.
    Hidden,
    /// What stands before the at sign.
    Mail,
    /// A name of one word, or a word in brackets behind it.
    Name,
    /// The label of a domain of one's own.
    Domain,
}

/// What tells that an identity is, or points to, something that others may be or point to as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The account that the identity is.
    Own(u64),
    /// The account that stands behind a code host's hidden address.
    Hidden(u64),
    /// An account that the profile links to.
    Link(u64),
    /// A page that the profile links to.
    Page(u64),
    /// The telephone that they call from.
    Phone(u64),
    /// The browser that they come with.
    Visitor(u64),
}

impl Claim {
    /// What is pointed to.
    pub(crate) fn thing(self) -> u64 {
        match self {
            Self::Own(thing)
            | Self::Hidden(thing)
            | Self::Link(thing)
            | Self::Page(thing)
            | Self::Phone(thing)
            | Self::Visitor(thing) => thing,
        }
    }
}

/// An identity's texts as words. Empty where nothing can be told from them.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// The name's words, given name first.
    pub(crate) words: Vec<String>,
    /// The same name as others write it; empty when there is one way.
    pub(crate) otherwise: Vec<String>,
    /// Whether the words are not given as a name but spelt out by a handle.
    pub(crate) spelt_out: bool,
    pub(crate) handles: Vec<(String, Origin)>,
    pub(crate) organizations: Vec<String>,
    pub(crate) claims: Vec<Claim>,
    /// The mailbox as a hash; 0 for none.
    pub(crate) mailbox: u64,
    /// Uid and username as hashes; 0 for none.
    pub(crate) uid: u64,
    pub(crate) username: u64,
    /// Whether a relay wrote in the person's name.
    pub(crate) relayed: bool,
    /// Whether the identity is a program or a placeholder, as its texts tell.
    pub(crate) program: bool,
}

/// Reads an identity.
pub(crate) fn parse(identity: &Identity<'_>) -> Parsed {
    let mut parsed = Parsed::default();
    read_account(&mut parsed, identity);
    if let Some(name) = identity.name {
        read_name(&mut parsed, name);
    }
    if let Some(email) = identity.email {
        read_email(&mut parsed, email);
    }
    if let Some(organization) = identity.organization.and_then(fold::organization) {
        push_new(&mut parsed.organizations, organization);
    }
    parsed.claims.extend(identity.phone.map(|phone| Claim::Phone(mix(phone, 0x7e1))));
    parsed.claims.extend(identity.visitor.map(|visitor| Claim::Visitor(mix(visitor, 0xb40))));
    identity.links.iter().for_each(|link| read_link(&mut parsed, link));
    if parsed.words.is_empty() {
        read_spelt_out(&mut parsed, identity);
    }
    parsed.handles.sort_by_key(|(_, origin)| *origin);
    let mut seen: Vec<String> = Vec::new();
    parsed.handles.retain(|(handle, _)| {
        !seen.contains(handle) && {
            seen.push(handle.clone());
            true
        }
    });
    parsed
}

fn push_new(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// An account by its lower-case username, or by its uid with `#` before it.
fn account(platform: &str, name: &str) -> u64 {
    mix(hash_of(platform), hash_of(&fold::composed(name).to_lowercase()))
}

fn account_by_uid(platform: &str, uid: &str) -> u64 {
    mix(hash_of(platform), hash_of(&format!("#{uid}")))
}

fn read_account(parsed: &mut Parsed, identity: &Identity<'_>) {
    // An address in the place of an id is no account of its own: one person has many.
    if let Some(uid) = identity.uid.filter(|uid| !uid.is_empty() && !uid.contains('@')) {
        parsed.uid = account_by_uid(identity.platform, uid);
        if address::hides_addresses(identity.platform) {
            parsed.claims.push(Claim::Own(parsed.uid));
        }
    }
    let Some(username) = identity.username.filter(|username| !username.is_empty()) else { return };
    parsed.program |= username.ends_with("[bot]") || lists::is_program(&username.to_lowercase());
    if username.contains('@') {
        return;
    }
    parsed.username = account(identity.platform, username);
    parsed.claims.push(Claim::Own(parsed.username));
    if lists::is_placeholder(&username.to_lowercase()) {
        return;
    }
    let otherwise = fold::transliterated(username);
    let handles = [Some(username), otherwise.as_deref()].into_iter().flatten().filter_map(fold::handle);
    parsed.handles.extend(handles.map(|handle| (handle, Origin::Username)));
}

fn read_name(parsed: &mut Parsed, name: &str) {
    parsed.relayed = fold::is_relayed(name);
    parsed.handles.extend(fold::handle_in_brackets(name).map(|handle| (handle, Origin::Name)));
    parsed.words = fold::name_words(name);
    parsed.otherwise = fold::name_words_otherwise(name);
    for words in [&parsed.words, &parsed.otherwise] {
        let handle = if let [only] = &words[..] { fold::handle(only) } else { None };
        parsed.handles.extend(handle.map(|handle| (handle, Origin::Name)));
    }
    if parsed.words.is_empty() || parsed.otherwise == parsed.words {
        parsed.otherwise.clear();
    }
    if parsed.words.len() == 1 {
        let written_together = fold::humps(name.trim());
        if written_together.len() > 1 {
            parsed.words = written_together;
        }
    }
    parsed.program |= name.trim_end().ends_with("[bot]")
        || lists::is_program(&parsed.words.join(" "))
        || parsed.words.last().is_some_and(|word| word == "bot");
    // An address in the place of a name.
    if parsed.words.is_empty()
        && let Some(handle) = address::address(name).and_then(|address| address.handle)
    {
        parsed.handles.push((handle, Origin::Mail));
    }
}

/// Without a name: the one that username or address spell out.
fn read_spelt_out(parsed: &mut Parsed, identity: &Identity<'_>) {
    let local = identity.email.and_then(|email| email.split_once('@')).map(|(local, _)| local);
    let local = local.filter(|_| parsed.handles.iter().any(|(_, origin)| *origin == Origin::Mail));
    let local = local.map(|local| local.split('+').next().unwrap_or(local));
    let mut spelt_out = identity.username.into_iter().chain(local).map(fold::spelt_out);
    let is_name = |words: &Vec<String>| !words.is_empty() && !words.iter().any(|word| lists::is_generic_local(word));
    let words = spelt_out.find(is_name);
    parsed.spelt_out = words.is_some();
    parsed.words = words.unwrap_or_default();
}

fn read_email(parsed: &mut Parsed, email: &str) {
    let Some(address) = address::address(email) else { return };
    parsed.program |= email.contains("[bot]@");
    parsed.mailbox = address.mailbox.as_deref().map_or(0, hash_of);
    let origin = if address.proof.is_some() { Origin::Hidden } else { Origin::Mail };
    if let Some(handle) = address.handle {
        parsed.handles.push((handle, origin));
    }
    if let Some(domain) = address.domain {
        for label in fold::foldings(axle_organization::label(&domain)) {
            if label.len() >= 3 {
                parsed.handles.push((label.clone(), Origin::Domain));
            }
            push_new(&mut parsed.organizations, label);
        }
    }
    if let Some(proof) = address.proof {
        parsed.claims.push(Claim::Hidden(account(proof.platform, &proof.username)));
        if let Some(uid) = proof.uid {
            parsed.claims.push(Claim::Hidden(account_by_uid(proof.platform, &uid)));
        }
    }
}

fn read_link(parsed: &mut Parsed, link: &str) {
    let Some(host) = address::host_of(link) else { return };
    if let Some((platform, name)) = address::account_of(&host) {
        parsed.claims.push(Claim::Link(account(platform, name)));
    } else if !lists::is_platform_host(&host.registrable) {
        parsed.claims.push(Claim::Page(mix(hash_of(&host.host), hash_of(&host.path))));
        let is_free = axle_organization::is_free_mail(&host.registrable);
        for label in fold::foldings(axle_organization::label(&host.registrable)) {
            if label.len() >= 3 && !is_free {
                parsed.handles.push((label.clone(), Origin::Domain));
                push_new(&mut parsed.organizations, label);
            }
        }
    }
}
