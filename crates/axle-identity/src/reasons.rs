//! Why two identities may be one person, in words that a reviewer can check.

use crate::compare::{Comparison, Pointer, SameMailbox};
use crate::handles::HandleLevel;
use crate::names::NameLevel;
use crate::parse::Origin;
use crate::register::{Record, Register};
use crate::weights::Weights;

/// What a reason is about; stable, for code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReasonKind {
    /// How the names agree or differ.
    Name,
    /// How the handles agree or differ.
    Handle,
    /// One mailbox.
    Mailbox,
    /// The organizations or mail domains.
    Organization,
    /// A link or hidden address that leads to the other account.
    Pointer,
    /// One picture.
    Avatar,
    /// One telephone number.
    Phone,
    /// One browser.
    Visitor,
    /// Two accounts at one platform.
    TwoAccounts,
    /// Both spoke in one conversation.
    TwoVoices,
    /// A source declares it without having checked it.
    Declared,
}

/// One reason for or against.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What it is about.
    pub kind: ReasonKind,
    /// In words.
    pub text: String,
    /// What it adds to the logarithm (natural) of the odds; below 0 it speaks against.
    pub weight: f64,
}

impl Reason {
    pub(crate) fn two_voices(weight: f64) -> Self {
        Self { kind: ReasonKind::TwoVoices, text: "they took part in one conversation".into(), weight }
    }

    pub(crate) fn declared(weight: f64) -> Self {
        Self { kind: ReasonKind::Declared, text: "a source declares it, not checked".into(), weight }
    }
}

/// What a comparison says, in no order.
pub(crate) fn reasons(register: &Register, a: &Record, found: &Comparison, weights: &Weights) -> Vec<Reason> {
    let people = f64::from(register.people.max(50));
    let mut reasons = Vec::new();
    let mut push = |kind, text: Option<String>, weight| {
        reasons.extend(text.map(|text| Reason { kind, text, weight }));
    };
    push(ReasonKind::Name, of_name(register, a, found), weights.of_name(found, people));
    push(ReasonKind::Handle, of_handle(register, found), weights.of_handle(found, people));
    let mailbox = found.mailbox.map(|mailbox| match mailbox {
        SameMailbox::Verified => "same verified e-mail address".into(),
        SameMailbox::Unchecked => "same e-mail address".into(),
    });
    push(ReasonKind::Mailbox, mailbox, weights.of_mailbox(found, people));
    push(ReasonKind::Organization, of_organization(register, found), weights.of_organization(found, people));
    push(ReasonKind::Pointer, of_pointer(found), weights.of_pointer(found, people));
    push(ReasonKind::Avatar, found.avatar.map(|_| "same avatar".into()), weights.of_thing(found.avatar, people));
    let shared = |what: &str, holders: Option<u32>| Some(format!("same {what} ({} here have it)", holders?));
    push(ReasonKind::Phone, shared("telephone number", found.phone), weights.of_device(found.phone, people));
    push(ReasonKind::Visitor, shared("browser", found.visitor), weights.of_device(found.visitor, people));
    let two_accounts = found.two_accounts.then(|| "two accounts at one platform".into());
    push(ReasonKind::TwoAccounts, two_accounts, weights.two_accounts.ln());
    reasons
}

fn of_name(register: &Register, a: &Record, found: &Comparison) -> Option<String> {
    let name = || a.name_words().iter().map(|word| register.words.text(*word)).collect::<Vec<_>>().join(" ");
    let rarity = match found.name.share {
        share if share * f64::from(register.people) < 0.05 => "rare",
        share if share * f64::from(register.people) < 1.0 => "uncommon",
        _ => "common",
    };
    match found.name.level {
        NameLevel::Same => Some(format!("same {rarity} name: {}", name())),
        NameLevel::Variant => {
            Some(format!("same {rarity} name but for a nickname, an initial or a middle name: {}", name()))
        }
        NameLevel::Typo => Some(format!("same {rarity} name but for its spelling: {}", name())),
        NameLevel::Partial => Some(format!("one name is a part of the other ({rarity}): {}", name())),
        NameLevel::SharedWord => Some("names with one word in common".into()),
        NameLevel::Different => Some("different names".into()),
        NameLevel::Loose | NameLevel::Missing => None,
    }
}

fn of_handle(register: &Register, found: &Comparison) -> Option<String> {
    let handle = &found.handle;
    let [one, other] = handle.words.map(|word| register.words.text(word));
    let rare = if handle.share * f64::from(register.people) < 0.05 { "rare " } else { "" };
    match handle.level {
        HandleLevel::Same if handle.origins == [Origin::Mail; 2] => {
            Some(format!("same {rare}e-mail local part: {one}"))
        }
        HandleLevel::Same => Some(format!(
            "same {rare}handle, as {} and as {}: {one}",
            place(handle.origins[0]),
            place(handle.origins[1])
        )),
        HandleLevel::SameOfName(_) => Some(format!("same handle, made of the name: {one}")),
        HandleLevel::OfName => Some(format!("{} is made of the other's name: {one}", place(handle.origins[0]))),
        HandleLevel::HoldsName => Some(format!("{} holds a word of the other's name: {one}", place(handle.origins[0]))),
        HandleLevel::Near => Some(format!("similar handles: {one}, {other}")),
        HandleLevel::Different => Some("different handles".into()),
        HandleLevel::Missing => None,
    }
}

fn place(origin: Origin) -> &'static str {
    match origin {
        Origin::Username => "username",
        Origin::Hidden => "hidden address of a code host",
        Origin::Mail => "e-mail local part",
        Origin::Name => "name",
        Origin::Domain => "own domain",
    }
}

fn of_organization(register: &Register, found: &Comparison) -> Option<String> {
    let (same, people) = found.organization?;
    let Some(word) = same else { return Some("different organizations".into()) };
    Some(format!("same organization or mail domain: {} ({people} here)", register.words.text(word)))
}

fn of_pointer(found: &Comparison) -> Option<String> {
    Some(match found.pointer? {
        Pointer::Hidden => "the hidden address of a code host names the other account".into(),
        Pointer::Link => "profile links to the other account".into(),
        Pointer::Shared(people) => format!("profiles link to one page ({people} here do)"),
    })
}
