//! Who is who: by proof (a verified address, a declared link, a mailmap), by people's word, and by likeness where the
//! administrator lets it. Every reason is an edge that can be taken back; members are what the edges connect.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use axle_model::groups::{Groups, Join};
use axle_model::identity::{caseless, composed, current_key, dialled};
use axle_model::interchange::FactKind;
use axle_model::mailmap::{Mailmap, MailmapEntry};
use axle_model::{Fact, Identity};
use axle_store::identity::{Edge, EmailRow, IdentityRow};
use axle_store::identity_change::CANNOT_LINK;
use axle_store::member::Resolved;
use axle_store::{Db, fact, identity, member, member_word, worked_out};
use serde_json::Value;

use self::guard::Guard;
use crate::bots::{self, Bots};
use crate::{AppResult, Workspace, identities};

mod account;
mod founders;
mod guard;
mod moves;
mod verified;

pub(crate) use founders::ids_with;
use founders::{Founder, founders, member_id};
use moves::Moves;
pub(crate) use moves::{Cause, Moved};

/// Rules of another version may make other members.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// Makes members of identities anew, unless nothing that they are made of changed since that was done: identities, links, words
/// and settings raise the directory's version. `now` in microseconds.
pub(crate) async fn resolve_if_due(workspace: &Workspace, cause: Cause<'_>, now: i64) -> AppResult<Moved> {
    match worked_out::is_resolved(workspace.db(), PROGRAM).await? {
        true => Ok(Moved::default()),
        false => resolve_after(workspace, cause, now).await,
    }
}

/// Makes members of identities anew from the record. `now` in microseconds.
pub async fn resolve(workspace: &Workspace, now: i64) -> AppResult<()> {
    resolve_after(workspace, Cause::Said, now).await.map(|_| ())
}

/// The same after something that is named in the history, if members move who were known before.
pub(crate) async fn resolve_after(workspace: &Workspace, cause: Cause<'_>, now: i64) -> AppResult<Moved> {
    let db = workspace.db();
    // Begun before reading: what somebody decides meanwhile is resolved after this, and not overwritten by it.
    let mut tx = db.begin().await?;
    let evidence = Evidence::read(db).await?;
    let (mut edges, mut members) = components(&evidence, &[]);
    let automatic = identities::automatic(db, &evidence, &members).await?;
    if !automatic.is_empty() {
        (edges, members) = components(&evidence, &automatic);
    }
    let current: HashMap<u32, Option<u32>> =
        evidence.identities.iter().map(|row| (row.identity_id, row.member_number)).collect();
    identity::replace_edges(&mut tx, &edges, now).await?;
    member::store(&mut tx, &members, &current).await?;
    let moved = match cause {
        Cause::Word => Moved::default(),
        Cause::Change(_, record) => {
            Moves::of(&members, &current, &record.identities()).note(&mut tx, cause, now).await?
        }
        _ => Moves::of(&members, &current, &HashSet::new()).note(&mut tx, cause, now).await?,
    };
    worked_out::note_resolved(&mut tx, PROGRAM).await?;
    tx.commit().await?;
    Ok(moved)
}

/// What the record and people say of who is who.
pub(crate) struct Evidence {
    pub(crate) identities: Vec<IdentityRow>,
    /// The addresses of identities that had several.
    emails: Vec<EmailRow>,
    pub(crate) links: Vec<Fact>,
    mailmap: Vec<Fact>,
    /// What people decided, in the order in which they did.
    pub(crate) decided: Vec<Edge>,
    pub(crate) bots: Bots,
    /// A member of more identities is made by a person alone.
    pub(crate) largest_member: usize,
}

impl Evidence {
    pub(crate) async fn read(db: &Db) -> AppResult<Self> {
        let facts = |rows: Vec<fact::FactRow>| rows.into_iter().map(|row| row.fact).collect();
        let identities = identity::all(db).await?;
        let words = member_word::all(db, member_word::BOT).await?;
        let bots = Bots::new(&identities, &words, &bots::behaviours(db).await?);
        Ok(Self {
            emails: identity::several_emails(db).await?,
            links: facts(fact::of_kind(db, FactKind::LINK).await?),
            mailmap: facts(fact::of_kind(db, FactKind::MAILMAP).await?),
            decided: identity::decided_edges(db).await?,
            identities,
            bots,
            largest_member: identities::settings_of(db).await?.largest_member,
        })
    }

    fn map(&self) -> Mailmap {
        Mailmap::new(self.mailmap.iter().filter_map(MailmapEntry::from_fact))
    }
}

/// The edges that hold, and the members that they make: those that follow from the record, those that people decided, and
/// those of likeness, above the threshold. Pure: the order of the rows changes nothing but the numbers.
pub(crate) fn components(evidence: &Evidence, likeness: &[Edge]) -> (Vec<Edge>, Vec<Resolved>) {
    let Evidence { identities, bots, .. } = evidence;
    let map = evidence.map();
    let Proven { mut edges, human, mut groups, .. } = proven(evidence, &map);
    edges.extend(likeness.iter().filter(|edge| groups.join(edge.a, edge.b)).cloned());
    let parting = evidence.decided.iter().filter(|edge| edge.kind == CANNOT_LINK);
    let founders = founders(identities, &edges, human.iter().chain(parting));
    let members = groups.members(identities, &map, &founders, bots);
    edges.extend(human);
    (edges, members)
}

/// What follows from the record and would be joined by rules, but waits for a person, with why.
pub(crate) fn waiting(evidence: &Evidence) -> Vec<Edge> {
    proven(evidence, &evidence.map()).waiting
}

/// What holds without likeness.
struct Proven {
    /// What rules join.
    edges: Vec<Edge>,
    /// What people joined.
    human: Vec<Edge>,
    /// What rules would join, were it not for a person to say.
    waiting: Vec<Edge>,
    groups: Accounts,
}

fn proven(evidence: &Evidence, map: &Mailmap) -> Proven {
    let Evidence { identities, emails, links, decided, bots, .. } = evidence;
    let Declared { proofs: declared, mut forbidden, .. } = declared(identities, links);
    let mut proofs = verified::proofs(identities, emails, bots);
    proofs.extend(account::of_two_writings(identities));
    proofs.extend(account::named_otherwise(identities, emails, bots));
    proofs.extend(same_mailmap_person(identities, map));
    proofs.extend(declared);
    let mut edges: Vec<Edge> = proofs.iter().flat_map(Proof::edges).collect();
    edges.sort_by(|a, b| (a.a, a.b, &a.kind).cmp(&(b.a, b.b, &b.kind)));
    edges.dedup_by(|a, b| (a.a, a.b, &a.kind) == (b.a, b.b, &b.kind));
    let guard = Guard::new(identities, emails, evidence.largest_member);
    let torn = guard.torn(&edges, &forbidden);
    let (cannot, human): (Vec<&Edge>, Vec<&Edge>) = decided.iter().partition(|edge| edge.kind == CANNOT_LINK);
    forbidden.extend(cannot.iter().map(|edge| (edge.a, edge.b)));
    // Where something forbids a join, people's word outweighs declared links, these what a rule proves, and that likeness.
    let begun = || {
        let mut groups = Accounts::new(identities, &forbidden);
        let human: Vec<Edge> = human.iter().copied().filter(|edge| groups.join(edge.a, edge.b)).cloned().collect();
        (groups, human)
    };
    let (mut groups, human) = begun();
    edges.sort_by_key(|edge| edge.kind != "link");
    edges.retain(|edge| groups.join(edge.a, edge.b));
    let mut refused = guard.refused(&edges);
    refused.extend(torn);
    if refused.is_empty() {
        return Proven { edges, human, waiting: Vec::new(), groups };
    }
    // What no rule may make, or sources part, is made anew, as far as the rules may; the rest stays.
    let (mut groups, human) = begun();
    edges.retain(|edge| !refused.contains(&edge.a) && groups.join(edge.a, edge.b));
    let [made, waiting] = guard.edges(&proofs, &refused, &mut groups);
    edges.extend(made);
    Proven { edges, human, waiting, groups }
}

pub(crate) fn edge(a: u32, b: u32, kind: &str, reason: &str) -> Edge {
    Edge {
        a: a.min(b),
        b: a.max(b),
        kind: kind.into(),
        reason: reason.into(),
        confidence: 1.0,
        keeps: None,
        created_by: None,
        created_at: 0,
    }
}

/// Joins every identity of a group to its first.
fn star(group: &[u32], kind: &str, reason: &str) -> Vec<Edge> {
    group.iter().skip(1).filter(|other| **other != group[0]).map(|other| edge(group[0], *other, kind, reason)).collect()
}

/// Identities that one piece of evidence shows to be one person.
#[derive(Debug)]
struct Proof {
    /// Of the edges that it makes.
    kind: &'static str,
    reason: String,
    identities: Vec<u32>,
}

impl Proof {
    fn new(kind: &'static str, reason: impl Into<String>, identities: Vec<u32>) -> Self {
        Self { kind, reason: reason.into(), identities }
    }

    fn edges(&self) -> Vec<Edge> {
        star(&self.identities, self.kind, &self.reason)
    }
}

/// Where an identity stands among all of them, which are in the order of their numbers.
fn position_of(identities: &[IdentityRow], identity: u32) -> Option<usize> {
    identities.binary_search_by_key(&identity, |row| row.identity_id).ok()
}

fn name_of(identities: &[IdentityRow], identity: u32) -> Option<&str> {
    position_of(identities, identity).and_then(|at| identities[at].name.as_deref()).map(str::trim)
}

fn same_mailmap_person(identities: &[IdentityRow], map: &Mailmap) -> Vec<Proof> {
    if map.is_empty() {
        return Vec::new();
    }
    let mut by_person: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
    // Who has no address is nobody whom a mailmap could name.
    for row in identities.iter().filter(|row| row.platform == "git" && row.email.is_some()) {
        by_person.entry(proper(row, map)).or_default().push(row.identity_id);
    }
    by_person.into_values().map(|group| Proof::new("mailmap", "one person by the mailmap", group)).collect()
}

fn proper(row: &IdentityRow, map: &Mailmap) -> (String, String) {
    let (name, email) = map.map(row.name.as_deref().unwrap_or_default(), row.email.as_deref().unwrap_or_default());
    (name.to_owned(), email.to_owned())
}

pub(crate) type Pairs = Vec<(u32, u32)>;

/// What `link` lines say of identities, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    /// Whom they prove to be one person.
    proofs: Vec<Proof>,
    /// Pairs that they declare to be two people.
    pub(crate) forbidden: Pairs,
    /// Pairs that they declare to be one person without having checked it, with the reason.
    pub(crate) unproven: Vec<(u32, u32, String)>,
}

/// Pairs of identities that sources declare to be two people.
pub(crate) async fn forbidden(db: &Db) -> AppResult<Pairs> {
    let links: Vec<Fact> = fact::of_kind(db, FactKind::LINK).await?.into_iter().map(|row| row.fact).collect();
    match links.is_empty() {
        true => Ok(Pairs::new()),
        false => Ok(declared(&identity::all(db).await?, &links).forbidden),
    }
}

/// Reads `link` lines. Of more than two identities that are declared to be different people, no two are one.
pub(crate) fn declared(identities: &[IdentityRow], links: &[Fact]) -> Declared {
    let mut declared = Declared::default();
    if links.is_empty() {
        return declared;
    }
    let index = Index::new(identities);
    for link in links {
        let is_true = |field: &str| link.body.get(field) == Some(&Value::Bool(true));
        let sides: Vec<Vec<u32>> = link.identities("identities").iter().map(|identity| index.named(identity)).collect();
        let reason = link.text("reason");
        if is_true("cannot") {
            for (at, one) in sides.iter().enumerate() {
                let others = sides[at + 1..].iter().flatten();
                let pairs = others.flat_map(|b| one.iter().map(move |a| (*a, *b)));
                declared.forbidden.extend(pairs.filter(|(a, b)| a != b));
            }
        } else if is_true("verified") {
            declared.proofs.push(Proof::new("link", reason.unwrap_or("declared to be one person"), sides.concat()));
        } else {
            let reason = reason.unwrap_or("a source says so");
            let pairs = star(&sides.concat(), "link", reason).into_iter();
            declared.unproven.extend(pairs.map(|edge| (edge.a, edge.b, edge.reason)));
        }
    }
    declared
}

/// Identities by what a link may call them.
struct Index<'a> {
    by_key: HashMap<(&'a str, Cow<'a, str>), u32>,
    /// By handles, addresses, telephone numbers and visitor ids, as keys are made of them.
    by_name: HashMap<(&'a str, String), Vec<u32>>,
}

impl<'a> Index<'a> {
    fn new(identities: &'a [IdentityRow]) -> Self {
        let mut index = Self { by_key: HashMap::new(), by_name: HashMap::new() };
        for row in identities {
            index.by_key.insert((&row.platform, current_key(&row.natural_key)), row.identity_id);
            let names = [
                row.username.as_deref().map(|username| format!("username:{}", caseless(username.trim()))),
                row.email.as_deref().map(|email| format!("email:{}", caseless(email.trim()))),
                row.phone.as_deref().map(|phone| format!("phone:{}", dialled(phone))),
                row.visitor.as_deref().map(|visitor| format!("visitor:{}", composed(visitor.trim()))),
            ];
            for name in names.into_iter().flatten() {
                index.by_name.entry((&row.platform, name)).or_default().push(row.identity_id);
            }
        }
        index
    }

    /// The accounts that a link means: the one of that key, and where it gives only a handle, an address, a telephone number or a
    /// visitor id, every account of that platform which has it.
    fn named(&self, identity: &Identity) -> Vec<u32> {
        let Some(key) = identity.key() else { return Vec::new() };
        let platform = key.platform.as_str();
        let by_key = self.by_key.get(&(platform, Cow::Borrowed(key.key.as_str())));
        let by_name = self.by_name.get(&(platform, key.key.clone()));
        let mut named: Vec<u32> = by_key.into_iter().chain(by_name.into_iter().flatten()).copied().collect();
        named.sort_unstable();
        named.dedup();
        named
    }
}

/// Groups of identities by their numbers in the record.
struct Accounts {
    position: HashMap<u32, u32>,
    groups: Groups,
}

impl Accounts {
    fn new(identities: &[IdentityRow], forbidden: &[(u32, u32)]) -> Self {
        let position: HashMap<u32, u32> = (0u32..).zip(identities).map(|(at, row)| (row.identity_id, at)).collect();
        let mut groups = Groups::new(u32::try_from(identities.len()).expect("identities are numbered by u32"));
        for (a, b) in forbidden {
            if let (Some(a), Some(b)) = (position.get(a), position.get(b)) {
                groups.forbid(*a, *b);
            }
        }
        Self { position, groups }
    }

    fn root(&mut self, at: usize) -> usize {
        self.groups.root(at as u32) as usize
    }

    fn are_one(&mut self, a: u32, b: u32) -> bool {
        let (Some(a), Some(b)) = (self.position.get(&a), self.position.get(&b)) else { return false };
        self.groups.root(*a) == self.groups.root(*b)
    }

    /// Whether the two are one now.
    fn join(&mut self, a: u32, b: u32) -> bool {
        let (Some(a), Some(b)) = (self.position.get(&a), self.position.get(&b)) else { return false };
        self.groups.join(*a, *b) != Join::Forbidden
    }

    fn members(self, identities: &[IdentityRow], map: &Mailmap, founders: &[Founder], bots: &Bots) -> Vec<Resolved> {
        let member = |group: Vec<u32>| {
            let id = member_id(identities, founders[group[0] as usize]);
            let rows: Vec<&IdentityRow> = group.into_iter().map(|at| &identities[at as usize]).collect();
            member_of(id, &rows, map, bots)
        };
        self.groups.into_groups().into_iter().map(member).collect()
    }
}

/// The member that these identities are.
fn member_of(member_id: [u8; 16], group: &[&IdentityRow], map: &Mailmap, bots: &Bots) -> Resolved {
    let mut group: Vec<&IdentityRow> = group.to_vec();
    group.sort_by(|a, b| (&a.platform, &a.natural_key).cmp(&(&b.platform, &b.natural_key)));
    let first = group[0];
    let mailmapped = group.iter().filter(|row| row.platform == "git" && !map.is_empty()).map(|row| proper(row, map).0);
    let named = group.iter().filter_map(|row| row.name.clone());
    let called = group.iter().filter_map(|row| row.username.clone().or_else(|| row.email.clone()));
    let name = mailmapped.chain(named).chain(called).find(|name| !name.trim().is_empty());
    Resolved {
        member_id,
        name: name.unwrap_or_else(|| first.natural_key.split_once(':').map_or("unnamed", |(_, rest)| rest).to_owned()),
        is_bot: bots.is_bot(group.iter().map(|row| row.identity_id)),
        identities: group.iter().map(|row| row.identity_id).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(super) fn account(identity_id: u32) -> IdentityRow {
        IdentityRow {
            identity_id,
            platform: "chat".into(),
            natural_key: format!("uid:{identity_id}"),
            uid: Some(identity_id.to_string()),
            username: None,
            email: None,
            email_verified: false,
            name: None,
            phone: None,
            visitor: None,
            bot: None,
            member_number: None,
        }
    }

    fn link(verified: bool, cannot: bool, reason: Option<&str>) -> Fact {
        let identities: Vec<Value> = (1..=3).map(|uid| json!({"platform": "chat", "uid": uid.to_string()})).collect();
        let mut body = json!({"identities": identities, "verified": verified, "cannot": cannot});
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        let body = body.as_object().expect("an object").clone();
        Fact { kind: FactKind::LINK, key: "1".into(), body }
    }

    #[test]
    fn declared_to_be_different_people_no_two_are_one() {
        let rows: Vec<IdentityRow> = (1..=3).map(account).collect();
        let said = declared(&rows, &[link(true, true, None)]);
        assert_eq!((said.forbidden, said.proofs.len(), said.unproven.len()), (vec![(1, 2), (1, 3), (2, 3)], 0, 0));
    }

    #[test]
    fn a_link_means_a_handle_however_its_accents_are_stored() {
        let username = Some("Jose\u{301}".to_owned());
        let rows = [IdentityRow { username, ..account(1) }, account(2)];
        let named = |platform: &str, field: &str, value: &str| json!({"platform": platform, field: value});
        let identities = [named("chat", "username", "jos\u{e9}"), named("chat", "uid", "2")];
        let body = json!({"identities": identities, "verified": true}).as_object().expect("an object").clone();
        let said = declared(&rows, &[Fact { kind: FactKind::LINK, key: "1".into(), body }]);
        assert_eq!(said.proofs.iter().map(|proof| &proof.identities[..]).collect::<Vec<_>>(), [[1, 2]]);
    }

    #[test]
    fn a_link_means_whoever_has_the_number_or_the_browser() {
        let (phone, visitor) = (Some("+1 555 0100".to_owned()), Some("v-1".to_owned()));
        let rows = [IdentityRow { phone, visitor, ..account(1) }, account(2)];
        let index = Index::new(&rows);
        let called = |phone: Option<&str>, visitor: Option<&str>| {
            let [phone, visitor] = [phone, visitor].map(|value| value.map(str::to_owned));
            index.named(&Identity { platform: "chat".into(), phone, visitor, ..Identity::default() })
        };
        assert_eq!(called(Some("001-555-0100"), None), [1]);
        assert_eq!(called(None, Some("v-1")), [1]);
        assert!(called(None, Some("v-2")).is_empty());
    }

    #[test]
    fn a_link_names_accounts_by_keys_from_before() {
        let old = IdentityRow { natural_key: "username:jose\u{301}".into(), ..account(1) };
        assert_eq!(Index::new(&[old]).named(&Identity::username("chat", "Jos\u{e9}")), [1]);
    }

    #[test]
    fn what_was_not_checked_joins_nobody_and_is_told_with_its_reason() {
        let rows: Vec<IdentityRow> = (1..=3).map(account).collect();
        let said = declared(&rows, &[link(false, false, Some("same phone"))]);
        let reason = "same phone".to_owned();
        assert_eq!(said.unproven, [(1, 2, reason.clone()), (1, 3, reason)]);
        assert!(said.proofs.is_empty() && said.forbidden.is_empty());
        assert_eq!(declared(&rows, &[link(true, false, None)]).proofs[0].edges().len(), 2);
    }
}
