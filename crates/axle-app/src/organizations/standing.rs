//! Where an organization stands with us: its deals with who speaks for us in them and whom we lost, its key members, and where its
//! people are in the flywheels. It names members: for those who may see them.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::show::Detail;
use crate::flywheels::{RunRow, Runs};
use crate::{AppResult, Workspace, figures, flywheels};

/// The flywheel whose runs say that a champion is released before their role ends.
const CHAMPIONS: &str = "deal_champions";
/// Its reason of whoever left the organization.
const LEFT: &str = "left_organization";

/// All of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Standing {
    /// Those that are open first, then the latest to close.
    pub deals: Vec<Deal>,
    /// Who is there and is a key member, by the time since they are.
    pub key_members: Vec<KeyMember>,
    /// Where those who are there are in runs that are open: by flywheel, the steps with most first.
    pub steps: Vec<StepThere>,
}

/// An organization with where it stands with us, as it is written for programs.
#[derive(Debug, Clone, Serialize)]
pub struct Whole {
    /// Who it is.
    #[serde(flatten)]
    pub detail: Detail,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
}

/// A deal and who speaks for us in it.
#[derive(Debug, Clone, Serialize)]
pub struct Deal {
    /// What its source states.
    #[serde(flatten)]
    pub stated: Stated,
    /// Who is its champion, or was when it closed.
    pub champions: Vec<Person>,
    /// Champions that we lost while it was open.
    pub lost: Vec<Lost>,
}

/// A deal as its source states it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stated {
    /// The source's id.
    pub deal_id: String,
    /// Who states it.
    pub source: String,
    /// What it is called.
    pub name: Option<String>,
    /// Where it is in the sale.
    pub stage: Option<String>,
    /// What it is worth, in minor units.
    pub amount: Option<i64>,
    /// Of the amount.
    pub currency: Option<String>,
    /// The account executive.
    pub owner: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it closed; `None`: it is open.
    pub closed_at: Option<Timestamp>,
    /// Whether it was won; `None` while it is open, or where nobody said.
    pub won: Option<bool>,
}

/// A member, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Public id.
    pub member_id: String,
    /// Name.
    pub name: String,
}

/// A champion whom a deal lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Who.
    #[serde(flatten)]
    pub person: Person,
    /// When.
    pub at: Timestamp,
    /// `left_organization`, `asked_to_stop`, `inactive`; `None` where only the end of their role is known.
    pub reason: Option<String>,
}

/// A key member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyMember {
    /// Who.
    #[serde(flatten)]
    pub person: Person,
    /// Since when.
    pub from: Timestamp,
    /// What they did last.
    pub last_activity_at: Option<Timestamp>,
}

/// A step of a flywheel at which somebody of the organization is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepThere {
    /// Id of the flywheel.
    pub flywheel: String,
    /// Its title.
    pub flywheel_title: String,
    /// Id of the step.
    pub step: String,
    /// Its title.
    pub title: String,
    /// How many are there.
    pub runs: u64,
    /// Of them, those who are there longer than they should be.
    pub late: u64,
}

#[derive(Deserialize)]
struct Role {
    member_id: String,
    name: String,
    role: String,
    deal: Option<String>,
    from: Timestamp,
    to: Option<Timestamp>,
    /// Whether leaving the organization ended it.
    has_left: bool,
    last_activity_at: Option<Timestamp>,
}

impl Role {
    fn person(&self) -> Person {
        Person { member_id: self.member_id.clone(), name: self.name.clone() }
    }
}

#[derive(Deserialize)]
struct There {
    member_id: String,
}

/// When and why members were released as champions of the organization, by their last run there.
type Released = HashMap<String, (Timestamp, Option<String>)>;

/// Where an organization stands, by its public id.
///
/// # Errors
/// When the record cannot be read.
pub async fn standing(workspace: &Workspace, organization_id: &str, now: Timestamp) -> AppResult<Standing> {
    let runs = flywheels::current(workspace, now).await?;
    let id = organization_id.replace('\'', "''");
    let people = format!(
        "select distinct a.member_id from affiliations a join members m on m.member_id = a.member_id
         where a.organization_id = '{id}' and coalesce(a.\"from\" <= '{now}', true)
           and coalesce(a.\"to\" > '{now}', true) and not m.is_bot and not m.is_teammate order by a.member_id"
    );
    let there: Vec<There> = figures::records(workspace, &people, now).await?;
    let roles = roles(workspace, &id, now).await?;
    let is_there: HashSet<&str> = there.iter().map(|one| one.member_id.as_str()).collect();
    let mut seen = HashSet::new();
    let key_members = roles.iter().filter(|role| {
        role.role == "key_member"
            && role.to.is_none_or(|to| to > now)
            && is_there.contains(role.member_id.as_str())
            && seen.insert(role.member_id.as_str())
    });
    let key_member =
        |role: &Role| KeyMember { person: role.person(), from: role.from, last_activity_at: role.last_activity_at };
    Ok(Standing {
        key_members: key_members.map(key_member).collect(),
        deals: deals(workspace, &id, &roles, &released(&runs, &roles, organization_id), now).await?,
        steps: steps(&runs, &there, organization_id, now),
    })
}

/// Roles of key members, and of champions of the organization's deals; the earliest first. `id` is written for a query.
async fn roles(workspace: &Workspace, id: &str, now: Timestamp) -> AppResult<Vec<Role>> {
    let query = format!(
        "select r.member_id, m.name, r.role, r.deal, r.\"from\", r.\"to\", r.has_left, m.last_activity_at
         from held_roles r join members m on m.member_id = r.member_id
         where r.\"from\" <= '{now}' and not m.is_bot and not m.is_teammate
           and (r.role = 'key_member' or r.role = 'deal_champion' and (r.organization_id = '{id}'
                or r.deal in (select deal_id from deals where organization_id = '{id}')))
         order by r.\"from\", r.member_id"
    );
    figures::records(workspace, &query, now).await
}

/// Of those who are or were champions alone: there may be very many others.
fn released(runs: &Runs, roles: &[Role], organization_id: &str) -> Released {
    let is_here = |run: &RunRow| {
        run.flywheel == CHAMPIONS && run.subject_id.split_once('/').is_some_and(|(_, of)| of == organization_id)
    };
    let champions = roles.iter().filter(|role| role.role == "deal_champion").map(|role| role.member_id.as_str());
    let champions: HashSet<&str> = champions.collect();
    // An open run comes first, else the latest to end.
    let last = champions.into_iter().filter_map(|id| runs.of_member(id).into_iter().map(|one| one.run).find(is_here));
    let released = last.filter(|run| run.state == "released");
    released.filter_map(|run| Some((run.member_id, (run.ended_at?, run.reason)))).collect()
}

async fn deals(
    workspace: &Workspace,
    id: &str,
    roles: &[Role],
    released: &Released,
    now: Timestamp,
) -> AppResult<Vec<Deal>> {
    let query = format!(
        "select deal_id, source, name, stage, amount, currency, owner, created_at, closed_at, won
         from deals where organization_id = '{id}' and created_at <= '{now}' order by created_at desc, deal_id"
    );
    let all: Vec<Stated> = figures::records(workspace, &query, now).await?;
    // Where the appointment names no deal, it is of all of them.
    let is_own = |role: &&Role, deal: &Stated| role.deal.as_ref().is_none_or(|named| *named == deal.deal_id);
    let champions: Vec<&Role> = roles.iter().filter(|role| role.role == "deal_champion").collect();
    let deal = |mut stated: Stated| {
        if stated.closed_at.is_some_and(|closed| closed > now) {
            (stated.closed_at, stated.won) = (None, None);
        }
        let own: Vec<&Role> = champions.iter().copied().filter(|role| is_own(role, &stated)).collect();
        let (champions, lost) = sides(&own, &stated, released, now);
        Deal { stated, champions, lost }
    };
    let mut deals: Vec<Deal> = all.into_iter().map(deal).collect();
    deals.sort_by_key(|deal| {
        deal.stated.closed_at.map_or((false, None), |closed| (true, Some(std::cmp::Reverse(closed))))
    });
    Ok(deals)
}

/// Who is champion of a deal, or was at its close, and who is it no longer since a day on which it was open. A champion is lost
/// when they leave the organization or are released, which may be days before somebody ends their role.
fn sides(roles: &[&Role], deal: &Stated, released: &Released, now: Timestamp) -> (Vec<Person>, Vec<Lost>) {
    let (mut champions, mut lost) = (BTreeMap::new(), BTreeMap::new());
    for role in roles.iter().filter(|role| deal.closed_at.is_none_or(|closed| role.from < closed)) {
        let release = released.get(&role.member_id).filter(|(at, _)| *at >= role.from);
        let ended = role.to.filter(|to| *to <= now);
        match release.map(|(at, _)| *at).into_iter().chain(ended).min() {
            Some(at) if at < deal.created_at => {}
            Some(at) if deal.closed_at.is_none_or(|closed| at < closed) => {
                let released = release.filter(|(released_at, _)| *released_at == at);
                let left = || role.has_left.then(|| LEFT.to_owned());
                let reason = released.and_then(|(_, reason)| reason.clone()).or_else(left);
                lost.insert(role.member_id.as_str(), Lost { person: role.person(), at, reason });
            }
            _ => {
                champions.insert(role.member_id.as_str(), role.person());
            }
        }
    }
    lost.retain(|member, _| !champions.contains_key(member));
    let mut lost: Vec<Lost> = lost.into_values().collect();
    lost.sort_by_key(|released| std::cmp::Reverse(released.at));
    (champions.into_values().collect(), lost)
}

fn steps(runs: &Runs, there: &[There], organization_id: &str, now: Timestamp) -> Vec<StepThere> {
    let mut found: BTreeMap<(String, String), StepThere> = BTreeMap::new();
    for position in there.iter().flat_map(|one| runs.open_at(&one.member_id, organization_id)) {
        let run = position.run;
        let step = found.entry((run.flywheel.clone(), run.step.clone())).or_insert_with(|| StepThere {
            flywheel: run.flywheel,
            flywheel_title: position.flywheel,
            step: run.step,
            title: position.step,
            runs: 0,
            late: 0,
        });
        step.runs += 1;
        step.late += u64::from(run.due_at.is_some_and(|due| due < now));
    }
    let mut steps: Vec<StepThere> = found.into_values().collect();
    steps.sort_by(|a, b| a.flywheel.cmp(&b.flywheel).then(b.runs.cmp(&a.runs)).then_with(|| a.step.cmp(&b.step)));
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}T10:00:00Z").parse().unwrap()
    }

    fn role(member_id: &str, from: &str, to: Option<&str>) -> Role {
        Role {
            member_id: member_id.into(),
            name: member_id.to_uppercase(),
            role: "deal_champion".into(),
            deal: None,
            from: at(from),
            to: to.map(at),
            has_left: false,
            last_activity_at: None,
        }
    }

    fn deal(closed: Option<&str>) -> Stated {
        Stated {
            deal_id: "d".into(),
            source: "crm".into(),
            name: None,
            stage: None,
            amount: None,
            currency: None,
            owner: None,
            created_at: at("2026-01-05"),
            closed_at: closed.map(at),
            won: closed.map(|_| true),
        }
    }

    fn told(roles: &[Role], deal: &Stated, released: &Released) -> (Vec<String>, Vec<(String, Timestamp)>) {
        let roles: Vec<&Role> = roles.iter().collect();
        let (champions, lost) = sides(&roles, deal, released, at("2026-02-01"));
        (
            champions.into_iter().map(|person| person.member_id).collect(),
            lost.into_iter().map(|lost| (lost.person.member_id, lost.at)).collect(),
        )
    }

    #[test]
    fn a_champion_is_lost_when_they_are_released_though_nobody_has_ended_their_role() {
        let roles = [role("ada", "2026-01-06", None), role("bob", "2026-01-06", Some("2026-01-25"))];
        let released = Released::from([("ada".into(), (at("2026-01-20"), Some("left_organization".into())))]);
        let (champions, lost) = told(&roles, &deal(None), &released);
        assert!(champions.is_empty());
        assert_eq!(lost, [("bob".to_owned(), at("2026-01-25")), ("ada".to_owned(), at("2026-01-20"))]);
        // Appointed again after that, they are one.
        let again = [role("ada", "2026-01-06", Some("2026-01-21")), role("ada", "2026-01-22", None)];
        assert_eq!(told(&again, &deal(None), &released), (vec!["ada".to_owned()], vec![]));
    }

    /// No run says so: theirs was over before.
    #[test]
    fn a_champion_who_left_the_organization_is_lost_for_that_reason() {
        let gone = Role { has_left: true, ..role("ada", "2026-01-06", Some("2026-01-20")) };
        let (champions, lost) = sides(&[&gone], &deal(None), &Released::new(), at("2026-02-01"));
        assert!(champions.is_empty());
        assert_eq!(lost[0].reason.as_deref(), Some("left_organization"));
        let (champions, lost) = sides(&[&gone], &deal(None), &Released::new(), at("2026-01-19"));
        assert_eq!((champions.len(), lost.len()), (1, 0), "they are there still");
    }

    #[test]
    fn who_stops_after_the_close_was_its_champion_and_who_stopped_before_the_deal_is_not_of_it() {
        let after = [role("ada", "2026-01-06", Some("2026-01-25"))];
        assert_eq!(told(&after, &deal(Some("2026-01-20")), &Released::new()), (vec!["ada".to_owned()], vec![]));
        let before = [role("ada", "2026-01-01", Some("2026-01-04"))];
        assert_eq!(told(&before, &deal(None), &Released::new()), (vec![], vec![]));
        let later = [role("ada", "2026-01-21", None)];
        assert_eq!(told(&later, &deal(Some("2026-01-20")), &Released::new()), (vec![], vec![]));
    }
}
