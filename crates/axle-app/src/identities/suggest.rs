//! Who may be one person: pairs of members with how likely it is, and why.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axle_identity::{Calibration, Decision as Judged, Precision, Resolver, precision, recalibrate};
use axle_store::identity::{self, Edge, IdentityRow};
use axle_store::identity_change::{self, ACCEPTED, Decision};
use axle_store::member::{self, Resolved};
use axle_store::{Db, setting};
use serde::Serialize;
use uuid::Uuid;

use super::matcher::{self, Input, Matcher};
use super::settings::{Settings, settings, settings_of};
use crate::directory::id_text;
use crate::members::member_of;
use crate::resolve::{self, Declared, Evidence};
use crate::{AppError, AppResult, Workspace};

/// Two members who may be one person.
#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    /// Follows from the two; the same as long as both are there.
    pub suggestion_id: String,
    /// Public id of the one.
    pub a: String,
    /// Public id of the other.
    pub b: String,
    /// How likely they are one person, 0 to 1, as reviewers here confirm.
    pub probability: f64,
    /// Why, the strongest first; those that begin with `but` speak against.
    pub reasons: Vec<String>,
    /// The two, side by side.
    #[serde(skip)]
    pub sides: [Side; 2],
    /// The two identities that say so most clearly, and the probability before calibration.
    #[serde(skip)]
    pub(super) pair: (u32, u32, f64),
    /// Somebody put it off.
    pub is_skipped: bool,
    /// It is asked however likely it is: see [`Told`].
    #[serde(skip)]
    is_told: bool,
}

/// One of two members.
#[derive(Debug, Clone)]
pub struct Side {
    /// Name.
    pub name: String,
    /// Their identities.
    pub accounts: Vec<Account>,
}

/// An identity as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Where it is.
    pub platform: String,
    /// Handle, address or number.
    pub handle: String,
    /// Name there.
    pub name: Option<String>,
    /// Address, if it is not the handle.
    pub email: Option<String>,
}

impl Account {
    pub(crate) fn of(row: &IdentityRow) -> Self {
        let handle = row.username.clone().or_else(|| row.email.clone()).or_else(|| row.uid.clone());
        let handle = handle.unwrap_or_else(|| row.natural_key.clone());
        let email = row.email.clone().filter(|email| *email != handle);
        Self { platform: row.platform.clone(), name: row.name.clone(), email, handle }
    }

    /// Its member in one line: `Conrad Winslow (discord conradx)`, or `discord conradx` of whoever has no other name.
    pub(crate) fn of_member(&self, name: &str) -> String {
        let Self { platform, handle, .. } = self;
        if handle == name { format!("{platform} {handle}") } else { format!("{name} ({platform} {handle})") }
    }
}

/// What there is to review.
#[derive(Debug, Clone, Default)]
pub struct Suggestions {
    /// Those that wait, the most probable first; those put off last.
    pub waiting: Vec<Suggestion>,
    /// How many were decided.
    pub decided: u64,
    /// How many of those that were decided were accepted and still stand: a split counts against them, a merge for them.
    /// `None` while nothing was decided.
    pub precision: Option<Precision>,
}

/// Pairs that are kept for review; so many of those that a source declares are kept besides.
const MOST_WAITING: usize = 5_000;

/// Everybody who may be one person, at most `limit` pairs.
pub async fn suggestions(workspace: &Workspace, limit: usize) -> AppResult<Suggestions> {
    let all = all(workspace).await?;
    let mut found = (*all).clone();
    found.waiting.truncate(limit);
    Ok(found)
}

/// Who may be the same person as one member.
#[derive(Debug, Clone)]
pub struct SuggestionsOf {
    /// The member's id now.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// In the order of all.
    pub waiting: Vec<Suggestion>,
}

/// Everybody who may be the same person as this member; a former id leads to whoever has the identities now.
pub async fn suggestions_of(workspace: &Workspace, member_id: &str) -> AppResult<SuggestionsOf> {
    let member = member_of(workspace, member_id).await?;
    let member_id = id_text(&member.member_id.as_slice().try_into().unwrap_or([0; 16]));
    let all = all(workspace).await?;
    let is_theirs = |suggestion: &&Suggestion| suggestion.a == member_id || suggestion.b == member_id;
    let waiting = all.waiting.iter().filter(is_theirs).cloned().collect();
    Ok(SuggestionsOf { member_id, name: member.name, waiting })
}

/// What is kept between questions.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// Suggestions with the state of who is who that they were made from.
    found: Option<(i64, Arc<Suggestions>)>,
    matcher: Option<Matcher>,
}

/// All of them, kept while nobody and nothing changes who is who.
pub(crate) async fn all(workspace: &Workspace) -> AppResult<Arc<Suggestions>> {
    let version = setting::directory_version(workspace.db()).await?;
    let mut held = workspace.suggestions().lock().await;
    if let Some((of, found)) = &held.found
        && *of == version
    {
        return Ok(Arc::clone(found));
    }
    let before = held.matcher.take();
    let (found, matcher) = find(workspace, before).await?;
    let found = Arc::new(found);
    *held = Held { found: Some((version, Arc::clone(&found))), matcher: Some(matcher).filter(Matcher::is_kept) };
    Ok(found)
}

/// Two identities that are asked about however likely they are one person, and why: a source declares it without having checked
/// it, or a rule would join them and may not.
pub(super) type Asked = (u32, u32, String);

/// Whom to ask about whatever the matcher finds.
pub(super) fn asked(evidence: &Evidence, unproven: Vec<Asked>) -> Vec<Asked> {
    let unchecked = |(a, b, reason): Asked| (a, b, format!("a source declares it, not checked: {reason}"));
    let mut asked: Vec<Asked> = unproven.into_iter().map(unchecked).collect();
    asked.extend(resolve::waiting(evidence).into_iter().map(|edge| (edge.a, edge.b, edge.reason)));
    asked
}

/// Decisions without those on pairs that are asked about anyway: these tell nothing of likeness.
pub(super) fn of_likeness(mut decisions: Vec<Decision>, asked: &[Asked]) -> Vec<Decision> {
    let is_asked: HashSet<(u32, u32)> = asked.iter().map(|(a, b, _)| ordered(*a, *b)).collect();
    decisions.retain(|decision| !is_asked.contains(&(decision.a, decision.b)));
    decisions
}

/// What suggestions are made from, and whom to ask about whatever the matcher finds. `rows` are the identities, each with its
/// member.
async fn input(
    db: &Db,
    evidence: &Evidence,
    rows: Arc<Vec<IdentityRow>>,
    settings: Settings,
) -> AppResult<(Input, Vec<Asked>)> {
    let Declared { forbidden, unproven, .. } = resolve::declared(&rows, &evidence.links);
    let asked = asked(evidence, unproven);
    let decisions = of_likeness(identity_change::decisions(db).await?, &asked);
    let input = Input {
        apart: forbidden,
        bots: evidence.bots.by_identity(&rows),
        rows,
        profiles: matcher::profiles(db).await?,
        settings,
        calibration: calibration(&decisions),
        decided: evidence.decided.clone(),
    };
    Ok((input, asked))
}

async fn find(workspace: &Workspace, before: Option<Matcher>) -> AppResult<(Suggestions, Matcher)> {
    let db = workspace.db();
    let evidence = Evidence::read(db).await?;
    let rows = Arc::new(evidence.identities.clone());
    let decisions = identity_change::decisions(db).await?;
    let (input, asked) = input(db, &evidence, Arc::clone(&rows), settings(workspace).await?).await?;
    drop(evidence);
    let make = move || match before {
        Some(before) => before.updated(input),
        None => Matcher::new(input),
    };
    let mut matcher = tokio::task::spawn_blocking(make).await.map_err(|error| AppError::Internal(error.to_string()))?;
    let (pairs, told) = with_asked(&mut matcher, &rows, asked);
    hear(db, &mut matcher.resolver, &rows, &pairs).await?;
    let members: HashMap<u32, _> = member::all(db).await?.into_iter().map(|row| (row.member_number, row)).collect();
    let skipped: HashSet<(u32, u32)> = decisions
        .iter()
        .filter(|decision| decision.decision == "skipped")
        .map(|decision| (decision.a, decision.b))
        .collect();
    let make = move || {
        let mut accounts: HashMap<u32, Vec<Account>> = HashMap::new();
        for row in rows.iter() {
            accounts.entry(row.member_number.unwrap_or_default()).or_default().push(Account::of(row));
        }
        let resolver = &matcher.resolver;
        let least = resolver.settings().least_probability;
        let suggestion = |pair: &axle_identity::Pair| {
            let (one, other) = (&rows[pair.a as usize], &rows[pair.b as usize]);
            let (a, b) = (members.get(&one.member_number?)?, members.get(&other.member_number?)?);
            let side = |row: &member::MemberRow| Side {
                name: row.name.clone(),
                accounts: accounts.get(&row.member_number).cloned().unwrap_or_default(),
            };
            let mut reasons: Vec<String> = resolver.explain(pair.a, pair.b).iter().filter_map(compared).collect();
            let told = told.get(&ordered(a.member_number, b.member_number));
            if let Some(told) = told {
                reasons.insert(0, told.clone());
            }
            let ids = [a, b].map(|row| id_text(&row.member_id.as_slice().try_into().unwrap_or([0; 16])));
            Some(Suggestion {
                suggestion_id: suggestion_id(&ids),
                probability: resolver.probability(pair.a, pair.b),
                reasons,
                is_told: told.is_some(),
                sides: [side(a), side(b)],
                pair: (one.identity_id, other.identity_id, resolver.uncalibrated(pair.a, pair.b)),
                is_skipped: skipped.contains(&ordered(one.identity_id, other.identity_id)),
                a: ids[0].clone(),
                b: ids[1].clone(),
            })
        };
        let mut waiting: Vec<Suggestion> =
            pairs.iter().filter_map(suggestion).filter(|found| found.is_told || found.probability >= least).collect();
        waiting.sort_by(|x, y| {
            let surer = x.is_skipped.cmp(&y.is_skipped).then(y.probability.total_cmp(&x.probability));
            surer.then_with(|| x.suggestion_id.cmp(&y.suggestion_id))
        });
        (waiting, matcher)
    };
    let (waiting, matcher) =
        tokio::task::spawn_blocking(make).await.map_err(|error| AppError::Internal(error.to_string()))?;
    let judged = judged(&decisions);
    let found = Suggestions {
        waiting,
        decided: judged.len() as u64,
        precision: (!judged.is_empty()).then(|| precision(&judged, 0.0)),
    };
    Ok((found, matcher))
}

/// Tells the matcher in which threads the members of these pairs wrote, and who of them wrote to whom: few people talk with
/// themselves.
async fn hear(db: &Db, resolver: &mut Resolver, rows: &[IdentityRow], pairs: &[axle_identity::Pair]) -> AppResult<()> {
    let members: HashSet<u32> = pairs.iter().flat_map(|pair| [pair.a, pair.b]).map(|at| resolver.member(at)).collect();
    let at_of: HashMap<u32, u32> = (0u32..)
        .zip(rows)
        .filter(|(at, _)| members.contains(&resolver.member(*at)))
        .map(|(at, row)| (row.identity_id, at))
        .collect();
    let identities: Vec<u32> = at_of.keys().copied().collect();
    for (identity, thread) in identity_change::threads_of(db, &identities).await? {
        resolver.heard_in(at_of[&identity], thread);
    }
    for (from, to) in identity_change::addressed(db, &identities).await? {
        resolver.addressed(at_of[&from], at_of[&to]);
    }
    Ok(())
}

/// Members by their numbers, with the reason for which they are [`Asked`] about.
type Told = HashMap<(u32, u32), String>;

/// The pairs that are worth a question, the likeliest first: what the matcher found, and whatever is asked however little else
/// speaks for it.
fn with_asked(matcher: &mut Matcher, rows: &[IdentityRow], asked: Vec<Asked>) -> (Vec<axle_identity::Pair>, Told) {
    // Rows are in the order of their numbers.
    let position = |identity: u32| {
        let at = rows.binary_search_by_key(&identity, |row| row.identity_id).ok()?;
        u32::try_from(at).ok()
    };
    let members = |a: u32, b: u32| {
        let member = |at: u32| rows[at as usize].member_number.unwrap_or_default();
        ordered(member(a), member(b))
    };
    let found = asked.into_iter().filter_map(|(a, b, reason)| Some((position(a)?, position(b)?, reason)));
    let declared: Vec<Asked> = found.collect();
    declared.iter().for_each(|(a, b, _)| matcher.resolver.declare(*a, *b));
    let asked = matcher.resolver.declared_pairs();
    let is_asked: HashSet<(u32, u32)> = asked.iter().map(|pair| (pair.a, pair.b)).collect();
    let mut told = Told::new();
    for (a, b, reason) in declared.into_iter().filter(|(a, b, _)| is_asked.contains(&ordered(*a, *b))) {
        told.entry(members(a, b)).or_insert(reason);
    }
    let pairs = matcher.pairs.iter().copied().chain(asked).collect();
    let mut pairs = matcher.resolver.likeliest(pairs);
    let (mut found, mut declared) = (0, 0);
    pairs.retain(|pair| {
        let is_told = told.contains_key(&members(pair.a, pair.b));
        let counted = if is_told { &mut declared } else { &mut found };
        *counted += 1;
        *counted <= MOST_WAITING
    });
    (pairs, told)
}

/// A reason that follows from comparing; what is asked besides is told with its own.
fn compared(found: &axle_identity::Reason) -> Option<String> {
    (found.kind != axle_identity::ReasonKind::Declared).then(|| reason(found))
}

fn ordered(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

fn reason(reason: &axle_identity::Reason) -> String {
    if reason.weight < 0.0 { format!("but {}", reason.text) } else { reason.text.clone() }
}

/// The same whichever of the two comes first.
fn suggestion_id(ids: &[String; 2]) -> String {
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.sort_unstable();
    let hash = blake3::hash(ids.join(" ").as_bytes());
    Uuid::from_slice(&hash.as_bytes()[..16]).unwrap_or_default().to_string()
}

pub(super) fn judged(decisions: &[Decision]) -> Vec<Judged> {
    let decided = decisions.iter().filter(|decision| decision.decision != "skipped");
    decided
        .map(|decision| Judged { probability: decision.probability, accepted: decision.decision == ACCEPTED })
        .collect()
}

/// The precision of what is at least so probable as reviewers here confirm: probabilities after calibration.
pub(super) fn precision_from(judged: &[Judged], threshold: f64) -> Precision {
    let calibration = recalibrate(judged);
    let calibrated: Vec<Judged> =
        judged.iter().map(|one| Judged { probability: calibration.apply(one.probability), ..*one }).collect();
    precision(&calibrated, threshold)
}

fn calibration(decisions: &[Decision]) -> Calibration {
    recalibrate(&judged(decisions))
}

/// The edges that likeness makes above the administrator's threshold, on top of these members; none without a threshold.
pub(crate) async fn automatic(db: &Db, evidence: &Evidence, members: &[Resolved]) -> AppResult<Vec<Edge>> {
    let settings = settings_of(db).await?;
    let Some(threshold) = settings.threshold else { return Ok(Vec::new()) };
    Ok(joins(db, evidence, members, &settings, threshold).await?.into_iter().map(|(edge, _)| edge).collect())
}

/// Joins above a threshold as edges, with their reasons.
pub(super) async fn joins(
    db: &Db,
    evidence: &Evidence,
    members: &[Resolved],
    settings: &Settings,
    threshold: f64,
) -> AppResult<Vec<(Edge, Vec<String>)>> {
    let member_of: HashMap<u32, u32> =
        (0u32..).zip(members).flat_map(|(at, member)| member.identities.iter().map(move |id| (*id, at))).collect();
    let rows: Vec<IdentityRow> = evidence
        .identities
        .iter()
        .map(|row| IdentityRow { member_number: member_of.get(&row.identity_id).copied(), ..row.clone() })
        .collect();
    let rows = Arc::new(rows);
    let (input, _) = input(db, evidence, Arc::clone(&rows), *settings).await?;
    let make = move || Matcher::new(input);
    let matcher = tokio::task::spawn_blocking(make).await.map_err(|error| AppError::Internal(error.to_string()))?;
    let Matcher { mut resolver, mut pairs, .. } = matcher;
    pairs.truncate(pairs.partition_point(|pair| pair.probability >= threshold));
    hear(db, &mut resolver, &rows, &pairs).await?;
    let make = move || {
        let joins = resolver.automatic(&resolver.judged_anew(pairs), threshold);
        let edge = |pair: &axle_identity::Pair| {
            let (a, b) = ordered(rows[pair.a as usize].identity_id, rows[pair.b as usize].identity_id);
            let reasons: Vec<String> = resolver.explain(pair.a, pair.b).iter().map(reason).collect();
            let reason = reasons.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
            let edge = resolve::edge(a, b, identity::LIKENESS, &reason);
            (Edge { confidence: pair.probability, ..edge }, reasons)
        };
        joins.joined.iter().map(edge).collect()
    };
    tokio::task::spawn_blocking(make).await.map_err(|error| AppError::Internal(error.to_string()))
}
