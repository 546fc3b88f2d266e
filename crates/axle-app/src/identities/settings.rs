//! How identities are joined without a person: the settings, and whom others would join and part.

use std::collections::HashMap;
use std::hash::Hash;

use axle_identity::{Precision, precision};
use axle_model::groups::{Groups, Join};
use axle_store::identity::{self, Edge, IdentityRow};
use axle_store::{Db, identity_change, setting};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::suggest::{Account, asked, joins, judged, of_likeness, precision_from};
use crate::resolve::{self, Cause, Evidence, components};
use crate::{AppError, AppResult, Workspace, changes};

/// The setting's name.
const SETTING: &str = "identities";

/// How identities are joined without a person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Members who are one person with at least this probability are joined; `None`: only proof joins.
    pub threshold: Option<f64>,
    /// A member of more identities is made by a person alone.
    pub largest_member: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: None, largest_member: axle_identity::Settings::default().largest_member }
    }
}

impl Settings {
    /// What is written as JSON; what it leaves out is as shipped.
    ///
    /// # Errors
    /// What cannot be, with what can.
    pub fn parse(json: &str) -> AppResult<Self> {
        let settings: Self = serde_json::from_str(json)
            .map_err(|error| AppError::Invalid(format!("these are no settings of identities: {error}")))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> AppResult<()> {
        if self.threshold.is_some_and(|threshold| !(0.5..=1.0).contains(&threshold)) {
            return Err(AppError::Invalid("a threshold is a probability from 0.5 to 1, such as 0.999".into()));
        }
        if !(2..=1_000).contains(&self.largest_member) {
            return Err(AppError::Invalid("the largest member has from 2 to 1,000 identities".into()));
        }
        Ok(())
    }
}

/// The workspace's settings.
pub async fn settings(workspace: &Workspace) -> AppResult<Settings> {
    settings_of(workspace.db()).await
}

pub(crate) async fn settings_of(db: &Db) -> AppResult<Settings> {
    let Some((value, _)) = setting::get(db, SETTING).await? else { return Ok(Settings::default()) };
    serde_json::from_str(&value)
        .map_err(|error| AppError::Internal(format!("the stored settings of identities are damaged: {error}")))
}

/// The settings, and what reviewers found of suggestions so far.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    /// As they are set.
    #[serde(flatten)]
    pub settings: Settings,
    /// Of the suggestions that reviewers decided, how many were accepted and still stand; `None` while nothing was decided.
    #[serde(serialize_with = "of_reviewers")]
    pub precision: Option<Precision>,
}

/// The settings, and what reviewers found of suggestions so far.
pub async fn standing(workspace: &Workspace) -> AppResult<Standing> {
    let judged = judged(&identity_change::decisions(workspace.db()).await?);
    let precision = (!judged.is_empty()).then(|| precision(&judged, 0.0));
    Ok(Standing { settings: settings(workspace).await?, precision })
}

fn of_reviewers<S: Serializer>(precision: &Option<Precision>, serializer: S) -> Result<S::Ok, S::Error> {
    let told = |found: &Precision| {
        let Precision { decided, accepted, share, interval: (least, most) } = found;
        json!({"decided": decided, "accepted": accepted, "share": share, "least": least, "most": most})
    };
    precision.as_ref().map(told).serialize(serializer)
}

/// Changes them; members are made anew at once.
pub async fn set_settings(
    workspace: &Workspace,
    settings: &Settings,
    by: Option<&str>,
    now: Timestamp,
) -> AppResult<()> {
    settings.check()?;
    let value = serde_json::to_string(settings).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, by, now.as_microsecond()).await?;
    tx.commit().await?;
    changes::follow_accounts(workspace, Cause::Settings, now).await
}

/// What other settings would change.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preview {
    /// Pairs of members of now that would be joined, by likeness and by proof.
    pub joins: usize,
    /// Some of them, the least probable first.
    pub joined: Vec<Pair>,
    /// Pairs of members that would be parted out of one of now.
    pub parts: usize,
    /// Some of them, the most probable first.
    pub parted: Vec<Pair>,
    /// Of the suggestions that reviewers decided and that are as probable as the threshold asks, how many were accepted and
    /// still stand; `None` without a threshold.
    #[serde(serialize_with = "of_reviewers")]
    pub precision: Option<Precision>,
}

/// Two accounts that settings would join or part.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// The one.
    pub one: Account,
    /// The other.
    pub other: Account,
    /// How likely they are one person's, 0 to 1.
    pub probability: f64,
    /// Why.
    pub reasons: Vec<String>,
}

/// The edges, the surest first, without those between what surer ones connect already: of one pair proof may speak twice. `part`:
/// what an identity is part of without them.
fn fewest<Part: Copy + Eq + Hash>(
    mut edges: Vec<(Edge, Vec<String>)>,
    part: impl Fn(u32) -> Part,
) -> Vec<(Edge, Vec<String>)> {
    let mut number: HashMap<Part, u32> = HashMap::new();
    for identity in edges.iter().flat_map(|(edge, _)| [edge.a, edge.b]) {
        let next = number.len() as u32;
        number.entry(part(identity)).or_insert(next);
    }
    let mut groups = Groups::new(number.len() as u32);
    edges.sort_by(|x, y| y.0.confidence.total_cmp(&x.0.confidence));
    edges.retain(|(edge, _)| groups.join(number[&part(edge.a)], number[&part(edge.b)]) == Join::Joined);
    edges
}

/// Whom settings would join and part, without changing anything.
pub async fn preview(workspace: &Workspace, settings: &Settings) -> AppResult<Preview> {
    /// Joins that are shown: enough to judge by, few enough to look at.
    const SAMPLE: usize = 20;
    settings.check()?;
    let db = workspace.db();
    let held = identity::derived_edges(db).await?;
    let mut evidence = Evidence::read(db).await?;
    evidence.largest_member = settings.largest_member;
    let (_, members) = components(&evidence, &[]);
    let precision = match settings.threshold {
        Some(threshold) => {
            let declared = resolve::declared(&evidence.identities, &evidence.links);
            let asked = asked(&evidence, declared.unproven);
            let decisions = of_likeness(identity_change::decisions(db).await?, &asked);
            Some(precision_from(&judged(&decisions), threshold))
        }
        None => None,
    };
    let joins = match settings.threshold {
        Some(threshold) => joins(db, &evidence, &members, settings, threshold).await?,
        None => Vec::new(),
    };
    let likeness: Vec<Edge> = joins.iter().map(|(edge, _)| edge.clone()).collect();
    let (edges, members) = components(&evidence, &likeness);
    let then: HashMap<u32, usize> =
        members.iter().enumerate().flat_map(|(at, member)| member.identities.iter().map(move |id| (*id, at))).collect();
    let by_id: HashMap<u32, &IdentityRow> = evidence.identities.iter().map(|row| (row.identity_id, row)).collect();
    let now = |identity: u32| by_id[&identity].member_number;
    let proof = edges.into_iter().filter(|edge| edge.kind != identity::LIKENESS).map(|edge| {
        let reason = edge.reason.clone();
        (edge, vec![reason])
    });
    let mut joined = fewest(joins.into_iter().chain(proof).collect(), now);
    joined.reverse();
    let held = held.into_iter().map(|edge| {
        let reason = edge.reason.clone();
        (edge, vec![reason])
    });
    let parted = fewest(held.collect(), |identity| then.get(&identity));
    let shown = |(edge, reasons): &(Edge, Vec<String>)| {
        let (one, other) = (Account::of(by_id[&edge.a]), Account::of(by_id[&edge.b]));
        Pair { one, other, probability: edge.confidence, reasons: reasons.clone() }
    };
    Ok(Preview {
        joins: joined.len(),
        joined: joined.iter().take(SAMPLE).map(shown).collect(),
        parts: parted.len(),
        parted: parted.iter().take(SAMPLE).map(shown).collect(),
        precision,
    })
}
