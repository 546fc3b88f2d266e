//! The history of what people decided about who is who: accounts, organizations, affiliations, programs, teammates, tags.
//! Every change is kept with what it made and took back, so that each can be undone.

use std::collections::HashSet;

use axle_store::identity_change::{
    self, ACCEPTED, About, CANNOT_LINK, ChangeRow, FOUND, HUMAN, IDENTITY, NewEdge, PROGRAM, REJECTED, TAG,
};
use axle_store::{Tx, affiliation_word, member_word, organization_edge};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::resolve::{self, Cause};
use crate::{AppError, AppResult, Workspace, score};

mod about;

pub use about::{Case, Side};
use about::{Kept, Known};

/// A change that somebody made.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Number, for undoing it.
    pub change_id: i64,
    /// `merge`, `split`, `accept`, `reject`; of organizations also `parent`; `found`: what Axle joined and parted by itself; of affiliations
    /// `there`, `not_there`; of programs, teammates and tags `yes`, `no`, `auto`.
    pub kind: String,
    /// What was changed, for people.
    pub summary: String,
    /// Whom it is about, the first 20 cases; none of organizations.
    pub about: Vec<Case>,
    /// How many more cases there are.
    pub about_more: usize,
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// When it was undone, if it was.
    pub undone_at: Option<Timestamp>,
    /// Ids of what was chosen with the others and left as it is: suggestions that waited no longer, members of whom it was so already.
    /// Told once, by whoever decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What to look at next: told once, by whoever makes the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// Members, each as identities.
pub(crate) type Sides = Vec<Vec<u32>>;

/// What a change made and took back: edges by both ends and kind. Words on affiliations and on
/// members name their change themselves.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Edges between identities that were made.
    pub(crate) added: Vec<(u32, u32, String)>,
    /// Edges between identities that were taken back.
    pub(crate) revoked: Vec<(u32, u32, String)>,
    /// Of edges that were made, the identity on whose side the id stays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) kept: Vec<((u32, u32, String), u32)>,
    /// Pairs whose suggestion it decided.
    #[serde(default)]
    pub(crate) decided: Vec<(u32, u32)>,
    /// Pairs that others had decided, with the word that it put in the place of theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) corrected: Vec<(u32, u32, String)>,
    /// What Axle joined by itself: for each member those of before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) joined: Vec<Sides>,
    /// What it parted by itself: for each member of before those of now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parted: Vec<Sides>,
    /// Edges between organizations that were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) organizations_added: Vec<(String, String, String)>,
    /// Edges between organizations that were taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) organizations_revoked: Vec<(String, String, String)>,
    /// Whom it is about, where the edges do not tell all: each case as sides. Kept beside the rest, not in it.
    #[serde(skip)]
    pub(crate) whom: Vec<Sides>,
}

impl Record {
    /// Notes that an edge between identities was made.
    pub(crate) fn made(&mut self, edge: &NewEdge) {
        let named = (edge.a, edge.b, edge.kind.to_owned());
        self.kept.extend(edge.keeps.map(|keeps| (named.clone(), keeps)));
        self.added.push(named);
    }

    /// The identities that it is about.
    pub(crate) fn identities(&self) -> HashSet<u32> {
        let edges = self.added.iter().chain(&self.revoked).chain(&self.corrected).flat_map(|(a, b, _)| [*a, *b]);
        let decided = self.decided.iter().flat_map(|(a, b)| [*a, *b]);
        let sides = self.joined.iter().chain(&self.parted).flatten().flatten().copied();
        edges.chain(decided).chain(sides).collect()
    }

    /// Whom it is about: what is said of it, what Axle found, what was decided, or the first edge.
    fn cases(&self) -> Vec<Sides> {
        let pair = |a: u32, b: u32| vec![vec![a], vec![b]];
        let found = self.joined.iter().chain(&self.parted).cloned().collect();
        let decided = self.decided.iter().map(|(a, b)| pair(*a, *b)).collect();
        let edge = self.added.iter().chain(&self.revoked).take(1).map(|(a, b, _)| pair(*a, *b)).collect();
        let told: [Vec<Sides>; 4] = [self.whom.clone(), found, decided, edge];
        told.into_iter().find(|cases| !cases.is_empty()).unwrap_or_default()
    }

    /// The edges by people that undo what Axle joined and parted by itself, for each two members: those whom it joined are two,
    /// whichever of their accounts joined them; those whom it parted are one.
    fn against(&self) -> Vec<Vec<NewEdge>> {
        let edge = |a: u32, b: u32, kind| {
            let reason = "what Axle did by itself was undone".to_owned();
            NewEdge { a: a.min(b), b: a.max(b), kind, reason, keeps: None }
        };
        let mut edges = Vec::new();
        for sides in &self.joined {
            for (place, side) in sides.iter().enumerate() {
                let apart = |a: u32, other: &[u32]| other.iter().map(|b| edge(a, *b, CANNOT_LINK)).collect::<Vec<_>>();
                let others = sides[place + 1..].iter();
                edges.extend(others.map(|other| side.iter().flat_map(|a| apart(*a, other)).collect()));
            }
        }
        for sides in &self.parted {
            let firsts: Vec<u32> = sides.iter().filter_map(|side| side.first().copied()).collect();
            edges.extend(firsts.windows(2).map(|two| vec![edge(two[0], two[1], HUMAN)]));
        }
        edges
    }
}

/// Writes a change down. It holds once the transaction is committed and [`follow`] was called; [`told`] says then whom it is about.
pub(crate) async fn note(
    tx: &mut Tx,
    about: About<'_>,
    record: &Record,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<Change> {
    let internal = |error: serde_json::Error| AppError::Internal(error.to_string());
    let edges = serde_json::to_string(record).map_err(internal)?;
    let whom = serde_json::to_string(&Kept::of(record)).map_err(internal)?;
    let change_id = identity_change::add(tx, about, (&edges, &whom), by, now.as_microsecond()).await?;
    Ok(Change {
        change_id,
        kind: about.kind.to_owned(),
        summary: about.summary.to_owned(),
        about: Vec::new(),
        about_more: 0,
        by: by.map(str::to_owned),
        at: Some(now),
        undone_at: None,
        left_out: Vec::new(),
        advice: None,
    })
}

/// The change with whom it is about, as they are known now.
pub(crate) async fn told(workspace: &Workspace, change: Change, record: &Record) -> AppResult<Change> {
    let kept = [Kept::of(record)];
    let known = Known::of(workspace.db(), &kept).await?;
    Ok(Change { about: known.cases(&kept[0]), about_more: kept[0].more(), ..change })
}

/// Makes anew what follows from a changed subject other than accounts. Members are made anew only when it says who is a program.
pub(crate) async fn follow(workspace: &Workspace, subject: &str, now: Timestamp) -> AppResult<()> {
    if subject == TAG {
        // No score follows from tags: whoever asks next reads them anew.
        return Ok(());
    }
    if subject == PROGRAM {
        resolve::resolve_after(workspace, Cause::Word, now.as_microsecond()).await?;
    }
    score::rescore(workspace, now).await?;
    Ok(())
}

/// Makes members anew, and what follows from them.
pub(crate) async fn follow_accounts(workspace: &Workspace, cause: Cause<'_>, now: Timestamp) -> AppResult<()> {
    resolve::resolve_after(workspace, cause, now.as_microsecond()).await?;
    score::rescore(workspace, now).await?;
    Ok(())
}

/// Other changes of the same subject, the earlier first.
struct Others(Vec<Other>);

struct Other {
    change_id: i64,
    record: Record,
    kind: String,
    is_undone: bool,
}

impl Others {
    async fn of(workspace: &Workspace, change: &ChangeRow) -> AppResult<Self> {
        let rows = identity_change::all(workspace.db(), &change.subject).await?;
        let others = rows.into_iter().rev().filter(|row| row.identity_change_id != change.identity_change_id);
        let read = |row: ChangeRow| {
            let mut record: Record = serde_json::from_str(&row.edges).ok()?;
            let mut is_undone = row.undone_at.is_some();
            if is_undone && row.kind == FOUND {
                // Whoever undid it said the contrary, and nobody has taken that back.
                let said = record.against().into_iter().flatten();
                record.added = said.map(|edge| (edge.a, edge.b, edge.kind.to_owned())).collect();
                is_undone = false;
            }
            Some(Other { change_id: row.identity_change_id, record, kind: row.kind, is_undone })
        };
        Ok(Self(others.filter_map(read).collect()))
    }

    fn standing(&self) -> impl Iterator<Item = &Other> {
        self.0.iter().filter(|other| !other.is_undone)
    }

    /// Whether an edge holds without the change that is undone: as the last of those says that still stand; if none of them
    /// speaks of it, as it was before, unless it was made by one that is undone. `made`: what a change says of the edge.
    fn let_hold(&self, held_before: bool, made: impl Fn(&Record) -> Option<bool>) -> bool {
        let last = self.last_word(&made);
        last.unwrap_or_else(|| held_before && !self.0.iter().any(|other| made(&other.record) == Some(true)))
    }

    /// Whether an edge holds as the last of those says that still stand; `None`: none speaks of it.
    fn last_word(&self, made: impl Fn(&Record) -> Option<bool>) -> Option<bool> {
        self.standing().filter_map(|other| made(&other.record)).last()
    }

    /// On whose side the id stays by an edge, as the last of those says that made it and still stand; `None`: none does.
    fn keeps(&self, edge: &(u32, u32, String)) -> Option<u32> {
        let made = self.standing().filter(|other| other.record.added.contains(edge)).last()?;
        made.record.kept.iter().find(|(kept, _)| kept == edge).map(|(_, keeps)| *keeps)
    }

    /// Whether one that came after a change and still stands says that an edge does not hold.
    fn deny_since(&self, change_id: i64, edge: &(u32, u32, String)) -> bool {
        let since = self.standing().filter(|other| other.change_id > change_id);
        since.filter_map(|other| says(edge, &other.record.added, &other.record.revoked)).last() == Some(false)
    }

    /// What the last of those that still stand says of a suggestion; `None`: nobody decided it.
    fn word_on(&self, pair: (u32, u32)) -> Option<&str> {
        self.standing().filter_map(|other| other.word_on(pair)).last()
    }
}

impl Other {
    fn word_on(&self, pair: (u32, u32)) -> Option<&str> {
        let corrected = self.record.corrected.iter().find(|(a, b, _)| (*a, *b) == pair);
        let decided = || {
            let word = if self.kind == "accept" { ACCEPTED } else { REJECTED };
            self.record.decided.contains(&pair).then_some(word)
        };
        corrected.map(|(_, _, word)| word.as_str()).or_else(decided)
    }
}

/// What a change says of an edge, that is among those that it made or took back: whether it holds.
fn says<E: PartialEq>(edge: &E, made: &[E], taken_back: &[E]) -> Option<bool> {
    if made.contains(edge) { Some(true) } else { taken_back.contains(edge).then_some(false) }
}

/// Undoes a change: what it made goes, what it took back holds again, as far as other changes that stand say nothing else.
pub async fn undo(workspace: &Workspace, change_id: i64, by: Option<&str>, now: Timestamp) -> AppResult<Change> {
    let mut tx = workspace.db().begin().await?;
    let not_found = || {
        AppError::NotFound(format!(
            "there is no change {change_id}: `axle identities history`, `axle organizations history`, \
             `axle members affiliations` and `axle members words` list them"
        ))
    };
    let row = identity_change::by_number(&mut tx, change_id).await?.ok_or_else(not_found)?;
    if row.undone_at.is_some() {
        return Err(AppError::Conflict(format!("change {change_id} is undone already")));
    }
    let record: Record = serde_json::from_str(&row.edges)
        .map_err(|error| AppError::Internal(format!("the stored change {change_id} is damaged: {error}")))?;
    let at = now.as_microsecond();
    let others = Others::of(workspace, &row).await?;
    let accounts = |edge: &(u32, u32, String), held: bool| {
        others.let_hold(held, |record| says(edge, &record.added, &record.revoked))
    };
    let organizations = |edge: &(String, String, String), held: bool| {
        others.let_hold(held, |record| says(edge, &record.organizations_added, &record.organizations_revoked))
    };
    for edge in record.added.iter().filter(|edge| !accounts(edge, false)) {
        identity_change::revoke_edge(&mut tx, edge.0, edge.1, &edge.2, at).await?;
    }
    for edge in record.revoked.iter().filter(|edge| accounts(edge, true)) {
        identity_change::restore_edge(&mut tx, edge.0, edge.1, &edge.2, at).await?;
    }
    for edge in record.added.iter().chain(&record.revoked) {
        // Edges by which people joined say so in any case; changes of before did not keep it.
        let keeps = others.keeps(edge);
        if keeps.is_some() || edge.2 == CANNOT_LINK {
            identity_change::set_keeps(&mut tx, edge.0, edge.1, &edge.2, keeps).await?;
        }
    }
    for edges in record.against() {
        // Somebody who said otherwise since, by whichever accounts of the two, is not overruled.
        let named = |edge: &NewEdge| (edge.a, edge.b, edge.kind.to_owned());
        if edges.iter().any(|edge| others.deny_since(change_id, &named(edge))) {
            continue;
        }
        for edge in &edges {
            identity_change::add_edge(&mut tx, edge, by, at).await?;
        }
    }
    let corrected = record.corrected.iter().map(|(a, b, _)| (*a, *b));
    for (a, b) in record.decided.iter().copied().chain(corrected) {
        match others.word_on((a, b)) {
            Some(word) => identity_change::correct(&mut tx, a, b, word).await?,
            None => identity_change::forget_decision(&mut tx, a, b).await?,
        }
    }
    for edge in record.organizations_added.iter().filter(|edge| !organizations(edge, false)) {
        organization_edge::set_revoked(&mut tx, &edge.0, &edge.1, &edge.2, Some(at)).await?;
    }
    for edge in record.organizations_revoked.iter().filter(|edge| organizations(edge, true)) {
        organization_edge::set_revoked(&mut tx, &edge.0, &edge.1, &edge.2, None).await?;
    }
    affiliation_word::revoke(&mut tx, change_id, at).await?;
    member_word::revoke(&mut tx, change_id, at).await?;
    identity_change::set_undone(&mut tx, change_id, by, at).await?;
    tx.commit().await?;
    match row.subject.as_str() {
        IDENTITY => follow_accounts(workspace, Cause::Change(change_id, &record), now).await?,
        subject => follow(workspace, subject, now).await?,
    }
    let changes = listed(workspace, vec![row]).await?;
    let change = changes.into_iter().next().expect("one row is one change");
    Ok(Change { undone_at: Some(now), ..change })
}

/// Changes of a subject, the newest first.
pub(crate) async fn history(workspace: &Workspace, subject: &str, limit: u32) -> AppResult<Vec<Change>> {
    listed(workspace, identity_change::before(workspace.db(), subject, i64::MAX, limit).await?).await
}

/// A page of the history.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The newest first.
    pub changes: Vec<Change>,
    /// How many there are in all.
    pub total: u64,
    /// The number before which the next page begins; `None` on the last one.
    pub next: Option<i64>,
}

/// Changes of a subject that were made before one (`None`: from the newest on), at most `limit` of them.
pub(crate) async fn page(workspace: &Workspace, subject: &str, before: Option<i64>, limit: u32) -> AppResult<Page> {
    let db = workspace.db();
    // One more tells whether there is another page.
    let mut rows = identity_change::before(db, subject, before.unwrap_or(i64::MAX), limit.saturating_add(1)).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|row| row.identity_change_id);
    let total = u64::try_from(identity_change::count(db, subject).await?).unwrap_or(0);
    Ok(Page { changes: listed(workspace, rows).await?, total, next })
}

/// What people said of a member: whether they are a program, when they were a teammate, and what they are tagged with. The newest
/// first, undone or not.
pub(crate) async fn words_on_member(workspace: &Workspace, member_number: u32) -> AppResult<Vec<Change>> {
    listed(workspace, identity_change::words_on_member(workspace.db(), member_number).await?).await
}

/// Changes with whom they are about, as they are known now.
async fn listed(workspace: &Workspace, rows: Vec<ChangeRow>) -> AppResult<Vec<Change>> {
    let kept: Vec<Kept> = rows.iter().map(Kept::in_row).collect();
    let known = Known::of(workspace.db(), &kept).await?;
    Ok(rows.into_iter().zip(&kept).map(|(row, kept)| change(row, kept, &known)).collect())
}

fn change(row: ChangeRow, kept: &Kept, known: &Known) -> Change {
    let instant = |micros: i64| Timestamp::from_microsecond(micros).ok();
    Change {
        change_id: row.identity_change_id,
        kind: row.kind,
        summary: row.summary,
        about: known.cases(kept),
        about_more: kept.more(),
        by: row.changed_by,
        at: instant(row.changed_at),
        undone_at: row.undone_at.and_then(instant),
        left_out: Vec::new(),
        advice: None,
    }
}
