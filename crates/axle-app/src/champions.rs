//! Champions: who holds a role, how their last weeks compare with their own rhythm, and what is being done about it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use axle_flywheel::RunRow;
use axle_flywheel::drop::{Alert, Judgement};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AppResult, Workspace, figures, flywheels};

/// Roles of people who speak for us, or help beyond what is asked of members.
pub const ROLES: [&str; 7] =
    ["champion", "deal_champion", "advocate", "key_member", "moderator", "beta_tester", "influencer"];

/// The flywheel whose steps say how a champion is.
const HEALTH: &str = "champion_health";

/// A role that somebody holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Public id of the member.
    #[serde(skip_serializing)]
    pub(crate) member_id: String,
    /// One of [`ROLES`], or another word.
    pub role: String,
    /// Since when.
    pub from: Timestamp,
    /// For which organization.
    pub organization_id: Option<String>,
    /// Who gave it.
    pub by: Option<String>,
}

/// Where a champion stands in the flywheel of champions' health.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// The run.
    pub run: RunRow,
    /// Title of the step.
    pub step: String,
}

/// Somebody with at least one role.
#[derive(Debug, Clone, Serialize)]
pub struct Champion {
    /// Public id.
    pub member_id: String,
    /// Their roles, the oldest first.
    pub roles: Vec<Role>,
    /// How the last complete weeks compare with the months before; `None` for roles that are not watched.
    pub rhythm: Option<Judgement>,
    /// Where they stand; `None` before their first sixty days.
    pub health: Option<Health>,
    /// The alert that nobody has settled yet.
    pub alert: Option<Alert>,
    /// What they reported, wished or worried about.
    pub feedback: u64,
    /// Of that, what they have not been told the outcome of.
    pub feedback_waiting: u64,
}

/// What kind of attention somebody needs, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// Their rhythm broke and nobody has asked why.
    Silent,
    /// Somebody has asked, or works on what they said.
    InHand,
    /// They asked to be left alone for a while.
    Away,
    /// Nothing is wrong.
    Well,
}

impl Champion {
    /// What they need.
    pub fn attention(&self) -> Attention {
        match self.health.as_ref().map(|health| (health.run.state.as_str(), health.run.step.as_str())) {
            Some(("snoozed", _)) => Attention::Away,
            Some(("active" | "returned", "watch")) => Attention::Silent,
            Some(("active" | "returned", "contacted" | "concern" | "resolved" | "recovers")) => Attention::InHand,
            _ => Attention::Well,
        }
    }
}

#[derive(Deserialize)]
struct Told {
    member_id: String,
    said: u64,
    waiting: u64,
}

/// Everybody who holds a role now: who needs something first, and of these the newest alert.
///
/// # Errors
/// When the record cannot be read.
pub async fn list(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Champion>> {
    let runs = flywheels::current(workspace, now).await?;
    let mut roles: BTreeMap<String, Vec<Role>> = BTreeMap::new();
    for role in roles_at(workspace, now).await? {
        roles.entry(role.member_id.clone()).or_default().push(role);
    }
    let feedback = "select member_id, count(*) as said, count(*) filter (where communicated_at is null) as waiting
                    from feedback where member_id is not null and kind <> 'praise' group by member_id";
    let told = figures::records::<Told>(workspace, feedback, now).await?;
    let told: HashMap<String, Told> = told.into_iter().map(|told| (told.member_id.clone(), told)).collect();
    let health: HashMap<String, Health> = runs
        .latest(HEALTH)
        .into_iter()
        .map(|(run, step)| (run.member_id.clone(), Health { run, step: step.to_owned() }))
        .collect();
    let champion = |(member_id, roles): (String, Vec<Role>)| {
        let health = health.get(&member_id).cloned();
        let is_open =
            health.as_ref().is_some_and(|health| health.run.ended_at.is_none() && health.run.step != "healthy");
        let alert = runs.alerts().iter().rfind(|alert| is_open && alert.member_id == member_id).cloned();
        let told = told.get(&member_id);
        Champion {
            rhythm: runs.rhythm(&member_id).copied(),
            health,
            alert,
            feedback: told.map_or(0, |told| told.said),
            feedback_waiting: told.map_or(0, |told| told.waiting),
            member_id,
            roles,
        }
    };
    let mut champions: Vec<Champion> = roles.into_iter().map(champion).collect();
    let alerted = |champion: &Champion| Reverse(champion.alert.as_ref().map(|alert| alert.as_of));
    champions.sort_by_key(|champion| (champion.attention(), alerted(champion), champion.member_id.clone()));
    Ok(champions)
}

/// The roles that are held at an instant, the oldest first; of those at an organization only while they are there.
pub(crate) async fn roles_at(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<Role>> {
    let query = format!(
        "select r.member_id, role, min(\"from\") as \"from\", min(r.organization_id) as organization_id, min(by) as by
         from held_roles r join members m on m.member_id = r.member_id
         where \"from\" <= '{now}' and coalesce(\"to\" > '{now}', true) and not m.is_bot and not m.is_teammate
         group by r.member_id, role order by \"from\", r.member_id, role"
    );
    figures::records(workspace, &query, now).await
}
