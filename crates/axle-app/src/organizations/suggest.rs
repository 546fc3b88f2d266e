//! Organizations that may be one, with the reasons.

use std::collections::{BTreeMap, HashSet};

use axle_organization::{Edge, Evidence, Name, Sighting};
use axle_store::identity_change::CANNOT_LINK;
use axle_store::organization_edge::{self, OrganizationEdge};
use serde::Serialize;
use uuid::Uuid;

use super::Found;
use super::decide::{Shown, told};
use crate::{AppError, AppResult, Workspace, refresh};

/// Two organizations that may be one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    /// Follows from the two; the same as long as both are there.
    pub suggestion_id: String,
    /// Public id of the one.
    pub a: String,
    /// Public id of the other.
    pub b: String,
    /// How likely they are one, 0 to 1: judged by the kind of reason.
    pub probability: f64,
    /// Why, the strongest first; those that begin with `but` speak against.
    pub reasons: Vec<String>,
    /// The two, side by side.
    #[serde(skip)]
    pub sides: [Side; 2],
    /// Somebody put it off.
    pub is_skipped: bool,
}

/// One of two organizations.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Name.
    pub name: String,
    /// Members who are or were there.
    pub members: u64,
    /// How it shows up.
    pub sightings: Vec<Shown>,
}

/// What two accounts of one source are one with at most, however alike.
const LISTED_TWICE: f64 = 0.7;

impl Found {
    /// Pairs of organizations that may be one, with the edges between them, by their places.
    fn pairs(&self, decided: &[OrganizationEdge]) -> BTreeMap<(u32, u32), Vec<&Edge>> {
        let resolution = &self.resolution;
        let pair = |a: &str, b: &str| {
            let (a, b) = (resolution.organization_of(a)?, resolution.organization_of(b)?);
            (a != b).then_some((a.min(b), a.max(b)))
        };
        let apart = decided.iter().filter(|edge| edge.kind == CANNOT_LINK);
        let apart: HashSet<(u32, u32)> = apart.filter_map(|edge| pair(&edge.a, &edge.b)).collect();
        let is_part = |a: u32, b: u32| self.organizations[a as usize].parent == Some(b);
        let mut pairs: BTreeMap<(u32, u32), Vec<&Edge>> = BTreeMap::new();
        for edge in &resolution.suggestions {
            let key = |at: u32| resolution.sightings[at as usize].key.as_str();
            let Some((a, b)) = pair(key(edge.a), key(edge.b)) else { continue };
            if !apart.contains(&(a, b)) && !is_part(a, b) && !is_part(b, a) {
                pairs.entry((a, b)).or_default().push(edge);
            }
        }
        pairs
    }

    fn suggestion(&self, (a, b): (u32, u32), edges: &[&Edge], members: &[u64]) -> Suggestion {
        let mut edges = edges.to_vec();
        edges.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        let mut reasons: Vec<String> = Vec::new();
        for edge in &edges {
            let reason = self.reason(edge);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let mut probability = edges.first().map_or(0.0, |edge| edge.confidence);
        let (one, other) = (&self.organizations[a as usize], &self.organizations[b as usize]);
        let lists_both = |(source, _): &&(String, String)| other.accounts.iter().any(|(known, _)| known == source);
        if let Some((source, _)) = one.accounts.iter().find(lists_both) {
            probability = probability.min(LISTED_TWICE);
            reasons.push(format!("but {source} lists both"));
        }
        let side = |at: u32| Side {
            name: self.organizations[at as usize].name.clone(),
            members: members[at as usize],
            sightings: self.shown(at),
        };
        Suggestion {
            suggestion_id: suggestion_id(&one.organization_id, &other.organization_id),
            a: one.organization_id.clone(),
            b: other.organization_id.clone(),
            probability,
            reasons,
            sides: [side(a), side(b)],
            is_skipped: false,
        }
    }

    fn reason(&self, edge: &Edge) -> String {
        let of = |at: u32| &self.resolution.sightings[at as usize];
        let (one, other) = (of(edge.a), of(edge.b));
        let key = |sighting: &Sighting| Name::of(&sighting.name).map(|name| name.key);
        let is_alias = edge.evidence == Evidence::SameName && key(one) != key(other);
        let reason = if is_alias { "one is also called like the other" } else { edge.evidence.reason() };
        match (told(one).1, told(other).1) {
            (one, other) if one == other => format!("{reason}: {one}"),
            (one, other) => format!("{reason}: {one} and {other}"),
        }
    }
}

/// The same whichever of the two comes first.
fn suggestion_id(a: &str, b: &str) -> String {
    let hash = blake3::hash(format!("organization {} {}", a.min(b), a.max(b)).as_bytes());
    Uuid::from_slice(&hash.as_bytes()[..16]).unwrap_or_default().to_string()
}

/// Organizations that may be one, the most probable first; those put off last.
pub async fn suggestions(workspace: &Workspace) -> AppResult<Vec<Suggestion>> {
    refresh::refresh(workspace).await?;
    let numbers = workspace.numbers().read().await.clone();
    let decided = organization_edge::all(workspace.db()).await?;
    let found = &numbers.found;
    let pairs = found.pairs(&decided);
    let members = found.member_counts();
    let mut all: Vec<Suggestion> = pairs.iter().map(|(pair, edges)| found.suggestion(*pair, edges, &members)).collect();
    let skipped: HashSet<String> = organization_edge::skipped(workspace.db()).await?.into_iter().collect();
    all.iter_mut().for_each(|one| one.is_skipped = skipped.contains(&one.suggestion_id));
    let names = |one: &Suggestion| (one.sides[0].name.to_lowercase(), one.sides[1].name.to_lowercase());
    all.sort_by(|x, y| {
        let certain = y.probability.total_cmp(&x.probability);
        let certain = x.is_skipped.cmp(&y.is_skipped).then(certain);
        certain.then_with(|| names(x).cmp(&names(y))).then_with(|| x.suggestion_id.cmp(&y.suggestion_id))
    });
    Ok(all)
}

/// The suggestions of these ids.
///
/// # Errors
/// [`AppError::NotFound`] where one waits no longer.
pub(super) async fn chosen(workspace: &Workspace, ids: &[String]) -> AppResult<Vec<Suggestion>> {
    let all = suggestions(workspace).await?;
    let find = |id: &String| {
        all.iter().find(|one| one.suggestion_id == *id).cloned().ok_or_else(|| {
            AppError::NotFound(format!(
                "there is no suggestion `{id}`: it may have been decided; `axle organizations suggestions` lists them"
            ))
        })
    };
    ids.iter().map(find).collect()
}
