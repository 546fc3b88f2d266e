//! Merging and splitting members: edges that people make and take back, each change with what undoes it.

use std::collections::{BTreeSet, HashMap, HashSet};

use axle_identity::{CutEdge, smallest_cut};
use axle_store::Tx;
use axle_store::identity::{self, Edge, IdentityRow};
use axle_store::identity_change::{self, ACCEPTED, About, CANNOT_LINK, Decision, HUMAN, IDENTITY, NewEdge, REJECTED};
use axle_store::member::MemberRow;
use jiff::Timestamp;

use super::joining::{self, Pair};
use super::suggest::{self, Account, Suggestion};
use crate::changes::{self, Change, Record, Sides};
use crate::members::{self, SAID, member_of};
use crate::resolve::{self, Cause};
use crate::{AppError, AppResult, Workspace};

/// Says that two members are one person. The one who did more, or the older one, keeps the id; the other's leads to it.
/// Each is named by an id, the address of a page, or a name, handle or e-mail address that one member alone has.
pub async fn merge(workspace: &Workspace, a: &str, b: &str, by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let mut tx = workspace.db().begin().await?;
    let (one, other) = (members::meant(workspace, a).await?, members::meant(workspace, b).await?);
    if one.member_number == other.member_number {
        return Err(AppError::Conflict(format!("{} is one member already", one.name)));
    }
    let (mut called, mut sides) = (Vec::new(), Vec::new());
    for member in [&one, &other] {
        let rows = identity::of_member(workspace.db(), member.member_number).await?;
        called.push(rows.first().map_or_else(|| member.name.clone(), |row| Account::of(row).of_member(&member.name)));
        sides.push(rows.iter().map(|row| row.identity_id).collect());
    }
    let summary = format!("{} are one person", called.join(" and "));
    let mut record = Record { whom: vec![sides], ..Record::default() };
    let pair = Pair { one, other, reason: SAID.into() };
    joining::join(workspace, &mut tx, vec![pair], by, now, &mut record).await?;
    keep(workspace, tx, ("merge", &summary), &record, by, now).await
}

/// Writes the change down, commits it, and makes members anew.
async fn keep(
    workspace: &Workspace,
    mut tx: Tx,
    (kind, summary): (&'static str, &str),
    record: &Record,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let about = About { subject: IDENTITY, kind, summary };
    let change = changes::note(&mut tx, about, record, by, now).await?;
    tx.commit().await?;
    changes::follow_accounts(workspace, Cause::Change(change.change_id, record), now).await?;
    changes::told(workspace, change, record).await
}

/// Says that some identities of a member are another person: takes back what joins the two sides, and forbids it from now
/// on. Identities are named by number, as `platform/key`, or as `platform/` and a uid, handle or address that one of them alone has there.
pub async fn split(
    workspace: &Workspace,
    member_id: &str,
    identities: &[String],
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    // Begun before reading: whom somebody else joins or parts meanwhile is not overwritten.
    let mut tx = workspace.db().begin().await?;
    let member = member_of(workspace, member_id).await?;
    let rows = identity::of_member(workspace.db(), member.member_number).await?;
    let mut apart: BTreeSet<u32> = BTreeSet::new();
    for text in identities {
        apart.insert(named(text, &rows, &member.name)?.identity_id);
    }
    let rest: BTreeSet<u32> =
        rows.iter().map(|row| row.identity_id).filter(|identity| !apart.contains(identity)).collect();
    if apart.is_empty() || rest.is_empty() {
        return Err(AppError::Invalid("a split leaves at least one identity on each side: name some, not all".into()));
    }
    let edges = identity::edges_of_member(workspace.db(), member.member_number).await?;
    let at = now.as_microsecond();
    let sides: Sides = vec![apart.iter().copied().collect(), rest.iter().copied().collect()];
    let mut record = Record { whom: vec![sides], ..Record::default() };
    let crosses = |edge: &&Edge| apart.contains(&edge.a) != apart.contains(&edge.b);
    let mut forbidden: BTreeSet<(u32, u32)> = BTreeSet::new();
    for edge in edges.iter().filter(crosses) {
        if edge.kind == HUMAN {
            if identity_change::revoke_edge(&mut tx, edge.a, edge.b, HUMAN, at).await? {
                record.revoked.push((edge.a, edge.b, HUMAN.into()));
            }
        } else {
            forbidden.insert((edge.a, edge.b));
        }
    }
    // What follows from the record follows again: only saying that it is not so holds it off.
    let first = |side: &BTreeSet<u32>| *side.first().expect("neither side is empty");
    let (a, b) = (first(&apart), first(&rest));
    forbidden.insert((a.min(b), a.max(b)));
    for (a, b) in forbidden {
        let edge = NewEdge { a, b, kind: CANNOT_LINK, reason: "split by a person".into(), keeps: None };
        if identity_change::add_edge(&mut tx, &edge, by, at).await? {
            record.made(&edge);
        }
    }
    let parts = |a: u32, b: u32| apart.contains(&a) && rest.contains(&b) || apart.contains(&b) && rest.contains(&a);
    correct(workspace, &mut tx, REJECTED, parts, &mut record).await?;
    for side in [&apart, &rest] {
        hold_together(&mut tx, side, &edges, by, at, &mut record).await?;
    }
    // Where a person's merge alone is taken back, both have the ids of before.
    if edges.iter().filter(crosses).any(|edge| edge.kind != HUMAN || edge.reason == LEFT) {
        keep_id(workspace, &mut tx, &member, [&rest, &apart], &mut record).await?;
    }
    let only = apart.first().filter(|_| apart.len() == 1);
    let account = only.and_then(|only| rows.iter().find(|row| row.identity_id == *only)).map(Account::of);
    let what = account.map_or_else(
        || format!("{} identities", apart.len()),
        |account| format!("{} {}", account.platform, account.handle),
    );
    let summary = format!("{what} of {} split off", member.name);
    let change = keep(workspace, tx, ("split", &summary), &record, by, now).await?;
    Ok(Change { advice: only.and_then(|named| advice(*named, &rows, &edges)), ..change })
}

/// The identity of a member that a text means: by its number (`1558` or `#1558`), as `platform/key`, or as `platform/` and a uid, handle
/// or address that one of them alone has there.
fn named<'a>(text: &str, rows: &'a [IdentityRow], member: &str) -> AppResult<&'a IdentityRow> {
    let text = text.trim();
    let number: Option<u32> = text.strip_prefix('#').unwrap_or(text).parse().ok();
    let below = |row: &IdentityRow| text.strip_prefix(row.platform.as_str())?.strip_prefix('/');
    let is_key = |row: &&IdentityRow| number == Some(row.identity_id) || below(row) == Some(row.natural_key.as_str());
    if let Some(row) = rows.iter().find(is_key) {
        return Ok(row);
    }
    let is_called = |row: &&IdentityRow| {
        let mut names = [&row.uid, &row.username, &row.email].into_iter().flatten();
        below(row).is_some_and(|called| names.any(|name| name.to_lowercase() == called.to_lowercase()))
    };
    let found: Vec<&IdentityRow> = rows.iter().filter(is_called).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(AppError::Invalid(format!("`{text}` is no identity of {member}: `axle members show` lists them"))),
        _ => {
            let numbers: Vec<String> = found.iter().map(|row| format!("#{}", row.identity_id)).collect();
            Err(AppError::Invalid(format!(
                "`{text}` names several identities of {member}: give the number of one, of {}",
                numbers.join(", ")
            )))
        }
    }
}

/// Why identities are joined that nobody merged: see [`hold_together`].
const LEFT: &str = "left together by a split";

/// Lets the side that did more, or the older one, keep the id of the member who is parted, where the other would have it by its
/// keys; of equals the first. The edge between the least identities of both says so.
async fn keep_id(
    workspace: &Workspace,
    tx: &mut Tx,
    member: &MemberRow,
    [one, other]: [&BTreeSet<u32>; 2],
    record: &mut Record,
) -> AppResult<()> {
    let numbers = |side: &BTreeSet<u32>| side.iter().copied().collect::<Vec<u32>>();
    let ranks =
        [joining::rank(workspace.db(), &numbers(one)).await?, joining::rank(workspace.db(), &numbers(other)).await?];
    let (kept, parted) = if ranks[1] < ranks[0] { (other, one) } else { (one, other) };
    let first = |side: &BTreeSet<u32>| *side.first().expect("neither side is empty");
    let (kept, parted) = (first(kept), first(parted));
    let ids = resolve::ids_with(workspace.db(), record).await?;
    if ids.get(&parted).is_some_and(|id| id[..] == member.member_id[..]) {
        let edge = (kept.min(parted), kept.max(parted), CANNOT_LINK.to_owned());
        identity_change::set_keeps(tx, edge.0, edge.1, CANNOT_LINK, Some(kept)).await?;
        record.kept.push((edge, kept));
    }
    Ok(())
}

/// A side whose identities hung together only by the other one stays one person: nobody said otherwise.
async fn hold_together(
    tx: &mut Tx,
    side: &BTreeSet<u32>,
    edges: &[Edge],
    by: Option<&str>,
    at: i64,
    record: &mut Record,
) -> AppResult<()> {
    let first = *side.first().expect("neither side is empty");
    let mut reached = BTreeSet::new();
    spread(&mut reached, first, side, edges);
    for start in side {
        if reached.contains(start) {
            continue;
        }
        let (a, b) = (first.min(*start), first.max(*start));
        let edge = NewEdge { a, b, kind: HUMAN, reason: LEFT.into(), keeps: Some(first) };
        if identity_change::add_edge(tx, &edge, by, at).await? {
            record.made(&edge);
        }
        spread(&mut reached, *start, side, edges);
    }
    Ok(())
}

/// Adds everybody of the side who hangs together with one.
fn spread(reached: &mut BTreeSet<u32>, from: u32, side: &BTreeSet<u32>, edges: &[Edge]) {
    let mut next = vec![from];
    while let Some(identity) = next.pop() {
        reached.insert(identity);
        for edge in edges {
            for (one, other) in [(edge.a, edge.b), (edge.b, edge.a)] {
                if one == identity && side.contains(&other) && !reached.contains(&other) {
                    next.push(other);
                }
            }
        }
    }
}

/// The identities that go with one of a member where it parts most easily from any other: those on its side of the cheapest
/// cut, by how sure the edges are. For whoever is about to split.
pub async fn proposed_split(workspace: &Workspace, member_id: &str, identity: u32) -> AppResult<Vec<u32>> {
    let member = member_of(workspace, member_id).await?;
    let rows = identity::of_member(workspace.db(), member.member_number).await?;
    let edges = identity::edges_of_member(workspace.db(), member.member_number).await?;
    let numbers = rows.iter().map(|row| row.identity_id).collect();
    Ok(side_of(identity, &numbers, &edges).into_iter().collect())
}

/// The side of an identity where its member parts most easily; of equal cuts the one that takes the fewest along.
fn side_of(identity: u32, all: &BTreeSet<u32>, edges: &[Edge]) -> BTreeSet<u32> {
    let weighed: Vec<CutEdge> =
        edges.iter().map(|edge| CutEdge { a: edge.a, b: edge.b, weight: edge.confidence.max(1e-6) }).collect();
    let cuts = all.iter().filter(|other| **other != identity).map(|other| {
        let cut = smallest_cut(&weighed, &[identity], &[*other]).unwrap_or_default();
        let cost: f64 = cut.iter().map(|at| weighed[*at].weight).sum();
        let left: Vec<Edge> =
            edges.iter().enumerate().filter(|(at, _)| !cut.contains(at)).map(|(_, edge)| edge.clone()).collect();
        let mut side = BTreeSet::new();
        spread(&mut side, identity, all, &left);
        (cost, side)
    });
    let cheapest = cuts.min_by(|(x, one), (y, other)| x.total_cmp(y).then(one.len().cmp(&other.len())));
    cheapest.map_or_else(|| BTreeSet::from([identity]), |(_, side)| side)
}

/// What whoever split off one identity should know: others go with it rather than with those who are left.
fn advice(named: u32, rows: &[IdentityRow], edges: &[Edge]) -> Option<String> {
    let all = rows.iter().map(|row| row.identity_id).collect();
    let side = side_of(named, &all, edges);
    let along: Vec<String> = rows
        .iter()
        .filter(|row| row.identity_id != named && side.contains(&row.identity_id))
        .map(|row| format!("{}/{}", row.platform, row.natural_key))
        .collect();
    (!along.is_empty()).then(|| {
        format!(
            "less speaks against splitting off {} too: if they are the same person, undo this change and name all of them",
            along.join(", ")
        )
    })
}

/// Lets what reviewers said of suggestions follow a later correction of whom it was about. `is_about`: the pairs of identities
/// that it parts or joins; `word`: what holds of them now.
pub(super) async fn correct(
    workspace: &Workspace,
    tx: &mut Tx,
    word: &'static str,
    is_about: impl Fn(u32, u32) -> bool,
    record: &mut Record,
) -> AppResult<()> {
    let former = if word == ACCEPTED { REJECTED } else { ACCEPTED };
    for said in identity_change::decisions(workspace.db()).await? {
        if said.decision == former && is_about(said.a, said.b) {
            identity_change::correct(tx, said.a, said.b, word).await?;
            record.corrected.push((said.a, said.b, word.into()));
        }
    }
    Ok(())
}

/// Suggestions that were chosen, while nobody else can change the record.
struct Chosen {
    tx: Tx,
    /// Those that wait.
    waiting: Vec<Suggestion>,
    /// Ids of those that wait no longer: somebody decided them meanwhile.
    gone: Vec<String>,
}

impl Chosen {
    async fn of(workspace: &Workspace, ids: &[String]) -> AppResult<Self> {
        // Worked out before the record is held: then it is there already.
        suggest::all(workspace).await?;
        let tx = workspace.db().begin().await?;
        let all = suggest::all(workspace).await?;
        let by_id: HashMap<&str, &Suggestion> =
            all.waiting.iter().map(|suggestion| (suggestion.suggestion_id.as_str(), suggestion)).collect();
        let mut seen = HashSet::new();
        let (mut waiting, mut gone) = (Vec::new(), Vec::new());
        for id in ids.iter().filter(|id| seen.insert(id.as_str())) {
            match by_id.get(id.as_str()) {
                Some(suggestion) => waiting.push((*suggestion).clone()),
                None => gone.push(id.clone()),
            }
        }
        match gone.first().filter(|_| waiting.is_empty()) {
            Some(id) => Err(AppError::NotFound(format!(
                "there is no suggestion `{id}`: it may have been decided; `axle identities suggestions` lists them"
            ))),
            None => Ok(Self { tx, waiting, gone }),
        }
    }

    /// Writes down what was said of those that wait.
    async fn decide(&mut self, word: &str, by: Option<&str>, now: Timestamp, record: &mut Record) -> AppResult<()> {
        for suggestion in &self.waiting {
            let (a, b, probability) = suggestion.pair;
            let decision = Decision { a: a.min(b), b: a.max(b), decision: word.to_owned(), probability };
            identity_change::decide(&mut self.tx, &decision, by, now.as_microsecond()).await?;
            record.decided.push((decision.a, decision.b));
        }
        Ok(())
    }

    async fn keep(
        self,
        workspace: &Workspace,
        about: (&'static str, &str),
        record: &Record,
        by: Option<&str>,
        now: Timestamp,
    ) -> AppResult<Change> {
        let change = keep(workspace, self.tx, about, record, by, now).await?;
        Ok(Change { left_out: self.gone, ..change })
    }
}

/// What is said of those that wait, for people. `gone`: how many waited no longer.
async fn summary(workspace: &Workspace, waiting: &[Suggestion], gone: usize, verb: &str) -> AppResult<String> {
    let told = match waiting {
        [one] => {
            let (a, b, _) = one.pair;
            let rows = identity::by_numbers(workspace.db(), &[a, b]).await?;
            let called = [a, b].into_iter().zip(&one.sides).map(|(number, side)| {
                let row = rows.iter().find(|row| row.identity_id == number);
                row.map_or_else(|| side.name.clone(), |row| Account::of(row).of_member(&side.name))
            });
            format!("{} {verb}", called.collect::<Vec<_>>().join(" and "))
        }
        many => format!("{} suggestions: {verb}", many.len()),
    };
    Ok(match gone {
        0 => told,
        gone => format!("{told}; {gone} more waited no longer"),
    })
}

/// Accepts suggestions: the members of each are one person. One change, however many; those that somebody decided meanwhile are
/// left out.
pub async fn accept(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let mut chosen = Chosen::of(workspace, ids).await?;
    let mut pairs = Vec::new();
    for suggestion in &chosen.waiting {
        let (one, other) = (member_of(workspace, &suggestion.a).await?, member_of(workspace, &suggestion.b).await?);
        let reason = suggestion.reasons.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        pairs.push(Pair { one, other, reason });
    }
    let mut record = Record::default();
    joining::join(workspace, &mut chosen.tx, pairs, by, now, &mut record).await?;
    chosen.decide(ACCEPTED, by, now, &mut record).await?;
    let summary = summary(workspace, &chosen.waiting, chosen.gone.len(), "are one person").await?;
    chosen.keep(workspace, ("accept", &summary), &record, by, now).await
}

/// Rejects suggestions: the members of each are two people, whatever is suggested later. Those that somebody decided meanwhile
/// are left out.
pub async fn reject(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let mut chosen = Chosen::of(workspace, ids).await?;
    let mut record = Record::default();
    for suggestion in &chosen.waiting {
        let (a, b, _) = suggestion.pair;
        let edge = NewEdge {
            a: a.min(b),
            b: a.max(b),
            kind: CANNOT_LINK,
            reason: "a suggestion was rejected".into(),
            keeps: None,
        };
        if identity_change::add_edge(&mut chosen.tx, &edge, by, now.as_microsecond()).await? {
            record.made(&edge);
        }
    }
    chosen.decide(REJECTED, by, now, &mut record).await?;
    let summary = summary(workspace, &chosen.waiting, chosen.gone.len(), "are two people").await?;
    chosen.keep(workspace, ("reject", &summary), &record, by, now).await
}

/// Puts suggestions off: they come last from now on. Gives the ids of those that wait no longer.
pub async fn skip(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<Vec<String>> {
    let mut chosen = Chosen::of(workspace, ids).await?;
    chosen.decide("skipped", by, now, &mut Record::default()).await?;
    identity_change::note(&mut chosen.tx).await?;
    chosen.tx.commit().await?;
    Ok(chosen.gone)
}

/// Changes that people made, the newest first.
pub async fn history(workspace: &Workspace, limit: u32) -> AppResult<Vec<Change>> {
    changes::history(workspace, IDENTITY, limit).await
}

/// A page of the same: those before a change, `None` for the first page.
pub async fn history_page(workspace: &Workspace, before: Option<i64>, limit: u32) -> AppResult<changes::Page> {
    changes::page(workspace, IDENTITY, before, limit).await
}
