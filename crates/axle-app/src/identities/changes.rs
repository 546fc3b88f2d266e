//! Merging and splitting members: edges that people make and take back, each change with what undoes it.

use std::collections::{BTreeSet, HashMap};

use axle_identity::{CutEdge, smallest_cut};
use axle_store::Tx;
use axle_store::identity::{self, Edge, IdentityRow};
use axle_store::identity_change::{self, About, CANNOT_LINK, Decision, HUMAN, IDENTITY, NewEdge};
use axle_store::member::MemberRow;
use jiff::Timestamp;

use super::suggest::{self, Suggestion};
use crate::changes::{self, Change, Record, undo};
use crate::members::{self, member_of};
use crate::{AppError, AppResult, Workspace};

/// Says that two members are one person. The one who did more, or the older one, keeps the id; the other's leads to it.
/// `b`: an id, the address of a page, or a name, handle or e-mail address that one member alone has.
pub async fn merge(workspace: &Workspace, a: &str, b: &str, by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let (one, other) = (member_of(workspace, a).await?, members::meant(workspace, b).await?);
    let mut record = Record::default();
    let mut tx = workspace.db().begin().await?;
    let summary = format!("{} and {} are one person", one.name, other.name);
    join(workspace, &mut tx, (&one, &other), "said by a person", by, now, &mut record).await?;
    let change = keep(workspace, tx, ("merge", &summary), &record, by, now).await?;
    must_be_one(workspace, &[(a, b)], change, by, now).await
}

/// Undoes a change that could not join its pairs: a source says that they are two people, which stands above.
async fn must_be_one(
    workspace: &Workspace,
    pairs: &[(&str, &str)],
    change: Change,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    for (a, b) in pairs {
        let (one, other) = (member_of(workspace, a).await?, member_of(workspace, b).await?);
        if one.member_number != other.member_number {
            undo(workspace, change.change_id, by, now).await?;
            return Err(AppError::Conflict(format!(
                "{} and {} cannot be one person: a source declares that they are two (a `link` line with `cannot`)",
                one.name, other.name
            )));
        }
    }
    Ok(change)
}

async fn join(
    workspace: &Workspace,
    tx: &mut Tx,
    (one, other): (&MemberRow, &MemberRow),
    reason: &str,
    by: Option<&str>,
    now: Timestamp,
    record: &mut Record,
) -> AppResult<()> {
    if one.member_number == other.member_number {
        return Err(AppError::Conflict(format!("{} is one member already", one.name)));
    }
    let db = workspace.db();
    let at = now.as_microsecond();
    let (left, right) =
        (identity::of_member(db, one.member_number).await?, identity::of_member(db, other.member_number).await?);
    let number = |rows: &[IdentityRow]| rows.first().map(|row| row.identity_id);
    let nobody = || AppError::Conflict("a member without identities cannot be merged".into());
    let (a, b) = (number(&left).ok_or_else(nobody)?, number(&right).ok_or_else(nobody)?);
    // People's own word of before gives way; a source's does not.
    let side = |rows: &[IdentityRow]| rows.iter().map(|row| row.identity_id).collect::<BTreeSet<u32>>();
    let (left, right) = (side(&left), side(&right));
    for edge in identity::decided_edges(db).await?.iter().filter(|edge| edge.kind == CANNOT_LINK) {
        let crosses = |a, b| left.contains(a) && right.contains(b);
        if (crosses(&edge.a, &edge.b) || crosses(&edge.b, &edge.a))
            && identity_change::revoke_edge(tx, edge.a, edge.b, CANNOT_LINK, at).await?
        {
            record.revoked.push((edge.a, edge.b, CANNOT_LINK.into()));
        }
    }
    // Larger is who did more, older who did so first.
    let weights = [
        identity_change::weight(db, one.member_number).await?,
        identity_change::weight(db, other.member_number).await?,
    ];
    let rank = |(activities, first): (i64, Option<i64>)| (-activities, first.unwrap_or(i64::MAX));
    let keeps = if rank(weights[1]) < rank(weights[0]) { b } else { a };
    let edge = NewEdge { a: a.min(b), b: a.max(b), kind: HUMAN, reason: reason.to_owned(), keeps: Some(keeps) };
    if identity_change::add_edge(tx, &edge, by, at).await? {
        record.added.push((edge.a, edge.b, HUMAN.into()));
    }
    Ok(())
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
    changes::follow(workspace, IDENTITY, now).await?;
    Ok(change)
}

/// Says that some identities of a member are another person: takes back what joins the two sides, and forbids it from now
/// on. Identities are named by their number in `axle sql`, or as `platform/key`.
pub async fn split(
    workspace: &Workspace,
    member_id: &str,
    identities: &[String],
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let member = member_of(workspace, member_id).await?;
    let rows = identity::of_member(workspace.db(), member.member_number).await?;
    let mut apart: BTreeSet<u32> = BTreeSet::new();
    for named in identities {
        let is_named = |row: &&IdentityRow| {
            named.parse() == Ok(row.identity_id) || *named == format!("{}/{}", row.platform, row.natural_key)
        };
        let row = rows.iter().find(is_named).ok_or_else(|| {
            AppError::Invalid(format!("`{named}` is no identity of {}: `axle members show` lists them", member.name))
        })?;
        apart.insert(row.identity_id);
    }
    let rest: BTreeSet<u32> =
        rows.iter().map(|row| row.identity_id).filter(|identity| !apart.contains(identity)).collect();
    if apart.is_empty() || rest.is_empty() {
        return Err(AppError::Invalid("a split leaves at least one identity on each side: name some, not all".into()));
    }
    let edges = identity::edges_of_member(workspace.db(), member.member_number).await?;
    let at = now.as_microsecond();
    let mut record = Record::default();
    let mut tx = workspace.db().begin().await?;
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
            record.added.push((a, b, CANNOT_LINK.into()));
        }
    }
    for side in [&apart, &rest] {
        hold_together(&mut tx, side, &edges, by, at, &mut record).await?;
    }
    let moved = apart.len();
    let what = if moved == 1 { "1 identity".to_owned() } else { format!("{moved} identities") };
    let summary = format!("{what} of {} split off", member.name);
    keep(workspace, tx, ("split", &summary), &record, by, now).await
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
        let reason = "left together by a split".to_owned();
        let edge = NewEdge { a, b, kind: HUMAN, reason, keeps: Some(first) };
        if identity_change::add_edge(tx, &edge, by, at).await? {
            record.added.push((a, b, HUMAN.into()));
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

/// The identities that part most easily from one of a member: those on its side of the smallest cut, by how sure the edges
/// are. For a page that proposes what to split.
pub async fn proposed_split(workspace: &Workspace, member_id: &str, identity: u32) -> AppResult<Vec<u32>> {
    let member = member_of(workspace, member_id).await?;
    let rows = identity::of_member(workspace.db(), member.member_number).await?;
    let edges = identity::edges_of_member(workspace.db(), member.member_number).await?;
    let cut_edges: Vec<CutEdge> =
        edges.iter().map(|edge| CutEdge { a: edge.a, b: edge.b, weight: edge.confidence.max(1e-6) }).collect();
    let Some(other) = rows.iter().map(|row| row.identity_id).find(|other| *other != identity) else {
        return Ok(vec![identity]);
    };
    let cut: BTreeSet<usize> =
        smallest_cut(&cut_edges, &[identity], &[other]).unwrap_or_default().into_iter().collect();
    let left: Vec<Edge> =
        edges.into_iter().enumerate().filter(|(at, _)| !cut.contains(at)).map(|(_, edge)| edge).collect();
    let side: BTreeSet<u32> = rows.iter().map(|row| row.identity_id).collect();
    let mut reached = BTreeSet::new();
    spread(&mut reached, identity, &side, &left);
    Ok(reached.into_iter().collect())
}

async fn found(workspace: &Workspace, ids: &[String]) -> AppResult<Vec<Suggestion>> {
    let all = suggest::all(workspace).await?;
    let by_id: HashMap<&str, &Suggestion> =
        all.waiting.iter().map(|suggestion| (suggestion.suggestion_id.as_str(), suggestion)).collect();
    let find = |id: &String| {
        by_id.get(id.as_str()).map(|suggestion| (*suggestion).clone()).ok_or_else(|| {
            AppError::NotFound(format!(
                "there is no suggestion `{id}`: it may have been decided; `axle identities suggestions` lists them"
            ))
        })
    };
    ids.iter().map(find).collect()
}

async fn decide(
    tx: &mut Tx,
    suggestion: &Suggestion,
    decision: &str,
    by: Option<&str>,
    now: Timestamp,
    record: &mut Record,
) -> AppResult<()> {
    let (a, b, probability) = suggestion.pair;
    let decision = Decision { a: a.min(b), b: a.max(b), decision: decision.to_owned(), probability };
    identity_change::decide(tx, &decision, by, now.as_microsecond()).await?;
    record.decided.push((decision.a, decision.b));
    Ok(())
}

fn summary(suggestions: &[Suggestion], verb: &str) -> String {
    match suggestions {
        [one] => format!("{} and {} {verb}", one.sides[0].name, one.sides[1].name),
        many => format!("{} suggestions: {verb}", many.len()),
    }
}

/// Accepts suggestions: the members of each are one person. One change, however many.
pub async fn accept(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let suggestions = found(workspace, ids).await?;
    let mut record = Record::default();
    let mut tx = workspace.db().begin().await?;
    for suggestion in &suggestions {
        let (one, other) = (member_of(workspace, &suggestion.a).await?, member_of(workspace, &suggestion.b).await?);
        let reason = suggestion.reasons.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        join(workspace, &mut tx, (&one, &other), &reason, by, now, &mut record).await?;
        decide(&mut tx, suggestion, "accepted", by, now, &mut record).await?;
    }
    let change = keep(workspace, tx, ("accept", &summary(&suggestions, "are one person")), &record, by, now).await?;
    let pairs: Vec<(&str, &str)> =
        suggestions.iter().map(|suggestion| (suggestion.a.as_str(), suggestion.b.as_str())).collect();
    must_be_one(workspace, &pairs, change, by, now).await
}

/// Rejects suggestions: the members of each are two people, whatever is suggested later.
pub async fn reject(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let suggestions = found(workspace, ids).await?;
    let mut record = Record::default();
    let mut tx = workspace.db().begin().await?;
    for suggestion in &suggestions {
        let (a, b, _) = suggestion.pair;
        let edge = NewEdge {
            a: a.min(b),
            b: a.max(b),
            kind: CANNOT_LINK,
            reason: "a suggestion was rejected".into(),
            keeps: None,
        };
        if identity_change::add_edge(&mut tx, &edge, by, now.as_microsecond()).await? {
            record.added.push((edge.a, edge.b, CANNOT_LINK.into()));
        }
        decide(&mut tx, suggestion, "rejected", by, now, &mut record).await?;
    }
    keep(workspace, tx, ("reject", &summary(&suggestions, "are two people")), &record, by, now).await
}

/// Puts suggestions off: they come last from now on.
pub async fn skip(workspace: &Workspace, ids: &[String], by: Option<&str>, now: Timestamp) -> AppResult<()> {
    let suggestions = found(workspace, ids).await?;
    let mut tx = workspace.db().begin().await?;
    for suggestion in &suggestions {
        decide(&mut tx, suggestion, "skipped", by, now, &mut Record::default()).await?;
    }
    identity_change::note(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Changes that people made, the newest first.
pub async fn history(workspace: &Workspace, limit: u32) -> AppResult<Vec<Change>> {
    changes::history(workspace, IDENTITY, limit).await
}

/// A page of the same: those before a change, `None` for the first page.
pub async fn history_page(workspace: &Workspace, before: Option<i64>, limit: u32) -> AppResult<changes::Page> {
    changes::page(workspace, IDENTITY, before, limit).await
}
