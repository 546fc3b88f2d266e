//! Everybody as the matcher knows them, kept between questions: after a small import only those who are new are compared.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axle_identity::{Calibration, Identity, Pair, Resolver};
use axle_model::identity::dialled;
use axle_model::interchange::FactKind;
use axle_store::identity::{Edge, IdentityRow};
use axle_store::identity_change::CANNOT_LINK;
use axle_store::{Db, fact};

use super::settings::Settings;
use crate::AppResult;
use crate::directory::strings;

/// With more identities the matcher is not kept: it would hold hundreds of megabytes for seconds that are seldom saved.
const KEPT_AT_MOST: usize = 500_000;
/// So many may be new before everybody is compared anew: the weights that were estimated are of those known before.
const NEW_AT_MOST: usize = 1_000;

/// What profiles say of an account that tells who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Profile {
    company: Option<String>,
    links: Vec<String>,
    avatar: Option<u64>,
}

/// Profiles by identity, of those that say something.
pub(crate) type Profiles = HashMap<u32, Profile>;

/// Reads them. Of an identity that several sources describe, each says what the ones before did not.
pub(crate) async fn profiles(db: &Db) -> AppResult<Profiles> {
    let mut profiles = Profiles::new();
    for field in ["company", "links", "avatar"] {
        for row in fact::with_field(db, FactKind::PERSON, field).await? {
            let Some(identity) = row.identity_id else { continue };
            let profile = profiles.entry(identity).or_default();
            match field {
                "company" => profile.company = profile.company.take().or(row.fact.text(field).map(str::to_owned)),
                "links" => profile.links.extend(strings(&row.fact, field)),
                _ => profile.avatar = profile.avatar.or(row.fact.text(field).map(hash)),
            }
        }
    }
    Ok(profiles)
}

/// What the matcher compares whole: a picture's word, a telephone number.
fn hash(word: &str) -> u64 {
    u64::from_le_bytes(blake3::hash(word.as_bytes()).as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
}

/// What suggestions are made from.
pub(crate) struct Input {
    /// By number.
    pub(crate) rows: Arc<Vec<IdentityRow>>,
    pub(crate) profiles: Profiles,
    pub(crate) settings: Settings,
    pub(crate) calibration: Calibration,
    /// People's own edges.
    pub(crate) decided: Vec<Edge>,
    /// Pairs of identities that sources declare to be two people.
    pub(crate) apart: Vec<(u32, u32)>,
    /// Whether they are programs, of those of whom that is known.
    pub(crate) bots: HashMap<u32, bool>,
}

/// Everybody, compared. Positions are those of the rows.
#[derive(Debug)]
pub(crate) struct Matcher {
    rows: Arc<Vec<IdentityRow>>,
    profiles: Profiles,
    bots: HashMap<u32, bool>,
    calibration: Calibration,
    largest_member: usize,
    forbidden: HashSet<(u32, u32)>,
    pub(crate) resolver: Resolver,
    /// All that are likely enough, the likeliest first.
    pub(crate) pairs: Vec<Pair>,
}

impl Matcher {
    /// Compares everybody.
    pub(crate) fn new(input: Input) -> Self {
        let forbidden = forbidden(&input);
        let links: Vec<Vec<&str>> = input.rows.iter().map(|row| links_of(&input.profiles, row)).collect();
        let identities: Vec<Identity<'_>> = input
            .rows
            .iter()
            .zip(&links)
            .enumerate()
            .map(|(at, (row, links))| identity(row, links, &input, at))
            .collect();
        let settings = axle_identity::Settings {
            calibration: input.calibration.clone(),
            largest_member: input.settings.largest_member,
            ..axle_identity::Settings::default()
        };
        let mut resolver = Resolver::new(&identities, settings);
        forbidden.iter().for_each(|(a, b)| resolver.forbid(*a, *b));
        let pairs = resolver.estimate_and_pairs();
        drop(identities);
        drop(links);
        Self {
            rows: input.rows,
            profiles: input.profiles,
            bots: input.bots,
            calibration: input.calibration,
            largest_member: input.settings.largest_member,
            forbidden,
            resolver,
            pairs,
        }
    }

    /// The same with what changed since: only those who are new are compared where nothing else changed. Whoever is known
    /// and says something else of themselves makes it necessary to compare everybody.
    pub(crate) fn updated(self, input: Input) -> Self {
        let known = self.rows.len();
        let says_the_same = |(old, new): (&IdentityRow, &IdentityRow)| {
            (old.identity_id, old.email_verified, old.bot) == (new.identity_id, new.email_verified, new.bot)
                && (&old.uid, &old.username) == (&new.uid, &new.username)
                && (&old.email, &old.name) == (&new.email, &new.name)
                && (&old.phone, &old.visitor) == (&new.phone, &new.visitor)
                && self.profiles.get(&old.identity_id) == input.profiles.get(&new.identity_id)
                && self.bots.get(&old.identity_id) == input.bots.get(&new.identity_id)
        };
        let is_small = known <= input.rows.len()
            && input.rows.len() - known <= NEW_AT_MOST
            && self.rows.iter().zip(input.rows.iter()).all(says_the_same);
        if !is_small || known == 0 {
            return Self::new(input);
        }
        self.grown(input)
    }

    fn grown(mut self, input: Input) -> Self {
        let known = self.rows.len();
        let forbidden = forbidden(&input);
        let member = |row: &IdentityRow| row.member_number;
        let is_as_before = self.rows.iter().zip(input.rows.iter()).all(|(old, new)| member(old) == member(new))
            && (&self.forbidden, &self.calibration, self.largest_member)
                == (&forbidden, &input.calibration, input.settings.largest_member);
        self.resolver.settings_mut().calibration = input.calibration.clone();
        self.resolver.settings_mut().largest_member = input.settings.largest_member;
        for (at, row) in (0u32..).zip(input.rows.iter()).take(known) {
            self.resolver.set_member(at, member_of(row, at as usize));
        }
        for (at, row) in input.rows.iter().enumerate().skip(known) {
            let links = links_of(&input.profiles, row);
            self.resolver.add(&identity(row, &links, &input, at));
        }
        self.resolver.forget_decisions();
        forbidden.iter().for_each(|(a, b)| self.resolver.forbid(*a, *b));
        let pairs = if is_as_before {
            let new = (known..input.rows.len()).map(|at| u32::try_from(at).unwrap_or(u32::MAX));
            let mut pairs = std::mem::take(&mut self.pairs);
            pairs.extend(new.flat_map(|at| self.resolver.pairs_of(at)));
            self.resolver.likeliest(pairs)
        } else {
            self.resolver.pairs()
        };
        Self {
            rows: input.rows,
            profiles: input.profiles,
            bots: input.bots,
            calibration: input.calibration,
            largest_member: input.settings.largest_member,
            forbidden,
            pairs,
            ..self
        }
    }

    /// Whether it is small enough to be kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.rows.len() <= KEPT_AT_MOST
    }
}

fn forbidden(input: &Input) -> HashSet<(u32, u32)> {
    let position: HashMap<u32, u32> = (0u32..).zip(input.rows.iter()).map(|(at, row)| (row.identity_id, at)).collect();
    let cannot = input.decided.iter().filter(|edge| edge.kind == CANNOT_LINK).map(|edge| (edge.a, edge.b));
    let pairs = cannot.chain(input.apart.iter().copied());
    pairs.filter_map(|(a, b)| Some((*position.get(&a)?, *position.get(&b)?))).collect()
}

fn links_of<'a>(profiles: &'a Profiles, row: &IdentityRow) -> Vec<&'a str> {
    profiles.get(&row.identity_id).map(|profile| profile.links.iter().map(String::as_str).collect()).unwrap_or_default()
}

/// The member of an identity; one of its own while it is not resolved.
fn member_of(row: &IdentityRow, at: usize) -> u32 {
    row.member_number.unwrap_or(u32::MAX - u32::try_from(at).unwrap_or(u32::MAX))
}

fn identity<'a>(row: &'a IdentityRow, links: &'a [&'a str], input: &'a Input, at: usize) -> Identity<'a> {
    let profile = input.profiles.get(&row.identity_id);
    // The picture of an account at GitHub is named by the account's number, wherever it is shown.
    let own = row.uid.as_deref().filter(|_| row.platform == "github").map(|uid| hash(&format!("github/{uid}")));
    let is_bot = input.bots.get(&row.identity_id).copied();
    Identity {
        platform: &row.platform,
        uid: row.uid.as_deref(),
        username: row.username.as_deref(),
        email: row.email.as_deref(),
        email_verified: row.email_verified,
        name: row.name.as_deref(),
        organization: profile.and_then(|profile| profile.company.as_deref()),
        links,
        avatar: profile.and_then(|profile| profile.avatar).or(own),
        phone: row.phone.as_deref().and_then(|phone| number(&row.platform, phone)),
        visitor: row.visitor.as_deref().map(str::trim).filter(|visitor| !visitor.is_empty()).map(hash),
        bot: is_bot == Some(true),
        person: is_bot == Some(false),
        member: member_of(row, at),
    }
}

/// A telephone number: the same wherever it says its country, else the same at one platform alone. `None` of what is too short to
/// tell anybody, as a withheld number is.
fn number(platform: &str, phone: &str) -> Option<u64> {
    const FEWEST_DIGITS: usize = 5;
    let dialled = dialled(phone);
    let digits = dialled.bytes().filter(u8::is_ascii_digit).count();
    let place = if dialled.starts_with('+') { "" } else { platform };
    (digits >= FEWEST_DIGITS).then(|| hash(&format!("{place} {dialled}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_elsewhere_where_it_says_its_country() {
        assert_eq!(number("calls", "+1 555 0100"), number("crm", "0015550100"));
        assert_eq!(number("calls", "555 0100"), number("calls", "5550100"));
        assert_ne!(number("calls", "555 0100"), number("crm", "555 0100"));
        assert!(["anonymous", "", "+1 555"].into_iter().all(|phone| number("calls", phone).is_none()));
    }
}
