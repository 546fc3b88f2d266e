//! Accounts, as customer success looks at them: who buys or may buy, who of them is among us, and what is at risk.

mod mark;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::champions::{self, Attention, Champion};
use crate::organizations::Line;
use crate::{AppResult, Workspace, by_hand, figures, flywheels};

pub use mark::{MOTIONS, Mark, mark};

/// Days in which a key member must have done something to count as active (S69).
const ACTIVE_DAYS: i64 = 90;
/// A renewal this near is worth a word.
const RENEWAL_DAYS: i64 = 60;
/// Steps of onboarding at which newcomers get stuck.
const STUCK: [&str; 2] = ["joined", "value_received"];

/// What a key account is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Since when.
    pub from: Option<Date>,
    /// How many key members there should be.
    pub target: Option<u64>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// A person said so here; else a source lists it, and it is changed there.
    pub is_said: bool,
}

/// Something that may go wrong, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "risk", content = "count")]
pub enum Risk {
    /// Champions there whose rhythm broke.
    SilentChampions(u64),
    /// A key account without a key member.
    NoKeyMember,
    /// Key members are named, and none has done anything for 90 days.
    NoActiveKeyMember,
    /// All depends on a single active key member.
    SingleThread,
    /// Newcomers who wait for value or use nothing more, longer than they should.
    StuckNewcomers(u64),
    /// Tickets that are open.
    OpenTickets(u64),
}

/// An organization that buys, bought or may buy.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Public id.
    pub organization_id: String,
    /// Name.
    pub name: String,
    /// `customer`, `prospect`, …
    pub lifecycle: Option<String>,
    /// What they pay for.
    pub plan: Option<String>,
    /// Set for key accounts.
    pub key: Option<Key>,
    /// Members who are there today.
    pub members: u64,
    /// Of them, those who did something in the last 30 days.
    pub active_members: u64,
    /// Public ids of key members.
    pub key_members: Vec<String>,
    /// Of them, those who did something in the last 90 days.
    pub active_key_members: u64,
    /// Public ids of champions.
    pub champions: Vec<String>,
    /// The next renewal.
    pub renews_on: Option<Date>,
    /// Whether that is soon.
    pub is_renewal_near: bool,
    /// Deals that are open.
    pub open_deals: u64,
    /// What may go wrong.
    pub risks: Vec<Risk>,
}

#[derive(Deserialize)]
struct Stated {
    organization_id: String,
    lifecycle: Option<String>,
    plan: Option<String>,
}

#[derive(Deserialize)]
struct StatedKey {
    organization_id: String,
    source: String,
    key_account: String,
}

#[derive(Deserialize)]
struct There {
    organization_id: String,
    member_id: String,
    last_activity_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Counted {
    organization_id: String,
    open: u64,
}

#[derive(Deserialize)]
struct Subscribed {
    organization_id: String,
    renewals: Option<String>,
    started_at: Timestamp,
}

/// Which accounts are listed: a word, and what it means.
pub type Choice = (&'static str, fn(&Account) -> bool);

/// The words by which accounts are chosen.
pub const CHOICES: [Choice; 5] = [
    ("", |_| true),
    ("key", |account| account.key.is_some()),
    ("risk", |account| !account.risks.is_empty()),
    ("renewal", |account| account.is_renewal_near),
    ("deals", |account| account.open_deals > 0),
];

/// Key accounts first, then by how much may go wrong. `lines` are the organizations of the list.
///
/// # Errors
/// When the record cannot be read.
pub async fn list(workspace: &Workspace, lines: &[Line], now: Timestamp) -> AppResult<Vec<Account>> {
    let runs = flywheels::current(workspace, now).await?;
    let champions = champions::list(workspace, now).await?;
    let today = now.to_zoned(workspace.time_zone().await?).date();
    let stated: HashMap<String, Stated> = figures::records::<Stated>(
        workspace,
        "select organization_id, min(lifecycle) as lifecycle, min(plan) as plan from accounts group by organization_id",
        now,
    )
    .await?
    .into_iter()
    .map(|stated| (stated.organization_id.clone(), stated))
    .collect();
    let keys = keys(workspace, now).await?;
    let mut there: HashMap<String, Vec<There>> = HashMap::new();
    let people = format!(
        "select distinct a.organization_id, a.member_id, m.last_activity_at
         from affiliations a join members m on m.member_id = a.member_id
         where coalesce(a.\"from\" <= '{now}', true) and coalesce(a.\"to\" > '{now}', true)
           and not m.is_bot and not m.is_teammate"
    );
    for one in figures::records::<There>(workspace, &people, now).await? {
        there.entry(one.organization_id.clone()).or_default().push(one);
    }
    let deals = format!(
        "select organization_id, count(*) as open from deals
         where created_at <= '{now}' and (closed_at is null or closed_at > '{now}') group by organization_id"
    );
    let tickets = format!(
        "select organization_id, count(*) as open from tickets
         where opened_at <= '{now}' and (solved_at is null or solved_at > '{now}') and organization_id is not null
         group by organization_id"
    );
    let (deals, tickets) = (counts(workspace, &deals, now).await?, counts(workspace, &tickets, now).await?);
    let renewals = renewals(workspace, now).await?;
    let stuck: HashSet<String> = runs
        .latest("onboarding_customers")
        .into_iter()
        .filter(|(run, _)| run.ended_at.is_none() && STUCK.contains(&run.step.as_str()))
        .filter(|(run, _)| run.due_at.is_some_and(|due| due < now))
        .map(|(run, _)| run.member_id)
        .collect();
    let by_member: BTreeMap<&str, &Champion> =
        champions.iter().map(|champion| (champion.member_id.as_str(), champion)).collect();
    let account = |line: &Line| {
        let stated = stated.get(&line.organization_id);
        let lifecycle = line.lifecycle.clone().or_else(|| stated.and_then(|stated| stated.lifecycle.clone()));
        let key = keys.get(&line.organization_id).cloned();
        let buys = lifecycle.as_deref().is_some_and(|state| state != "none" && state != "partner");
        if key.is_none() && !buys {
            return None;
        }
        let people = there.get(&line.organization_id).map_or(&[][..], Vec::as_slice);
        let with = |roles: &[&str]| -> Vec<&There> {
            let holds = |one: &&There| {
                let champion = by_member.get(one.member_id.as_str());
                champion.is_some_and(|champion| champion.roles.iter().any(|held| roles.contains(&held.role.as_str())))
            };
            people.iter().filter(holds).collect()
        };
        let (key_members, advocates) = (with(&["key_member"]), with(&["champion", "deal_champion"]));
        let ids = |people: &[&There]| people.iter().map(|one| one.member_id.clone()).collect::<Vec<_>>();
        let since = now - (ACTIVE_DAYS * 24).hours();
        let is_active = |one: &&&There| one.last_activity_at.is_some_and(|at| at >= since);
        let active_key_members = key_members.iter().filter(is_active).count() as u64;
        let silent = advocates.iter().filter(|one| by_member[one.member_id.as_str()].attention() == Attention::Silent);
        let stuck = people.iter().filter(|one| stuck.contains(&one.member_id)).count() as u64;
        let renews_on = renewals.get(&line.organization_id).copied();
        let mut account = Account {
            organization_id: line.organization_id.clone(),
            name: line.name.clone(),
            lifecycle,
            plan: stated.and_then(|stated| stated.plan.clone()),
            members: line.members,
            active_members: line.active_members,
            active_key_members,
            champions: ids(&advocates),
            renews_on,
            is_renewal_near: renews_on.is_some_and(|on| on <= today.saturating_add(RENEWAL_DAYS.days())),
            open_deals: deals.get(&line.organization_id).copied().unwrap_or(0),
            risks: Vec::new(),
            key_members: ids(&key_members),
            key,
        };
        let tickets = tickets.get(&line.organization_id).copied().unwrap_or(0);
        account.risks = account.found(silent.count() as u64, stuck, tickets);
        Some(account)
    };
    let mut accounts: Vec<Account> = lines.iter().filter_map(account).collect();
    accounts.sort_by(|a, b| {
        let rank =
            |account: &Account| (account.key.is_none(), account.risks.is_empty(), account.risks.first().copied());
        let by_name = || (&a.name, &a.organization_id).cmp(&(&b.name, &b.organization_id));
        rank(a).cmp(&rank(b)).then_with(|| b.members.cmp(&a.members)).then_with(by_name)
    });
    Ok(accounts)
}

impl Account {
    /// Its risks, the worst first.
    fn found(&self, silent: u64, stuck: u64, tickets: u64) -> Vec<Risk> {
        let mut risks = Vec::new();
        if silent > 0 {
            risks.push(Risk::SilentChampions(silent));
        }
        if self.key.is_some() {
            match (self.key_members.len(), self.active_key_members) {
                (0, _) => risks.push(Risk::NoKeyMember),
                (_, 0) => risks.push(Risk::NoActiveKeyMember),
                (_, 1) => risks.push(Risk::SingleThread),
                _ => {}
            }
        }
        if stuck > 0 {
            risks.push(Risk::StuckNewcomers(stuck));
        }
        if tickets > 0 {
            risks.push(Risk::OpenTickets(tickets));
        }
        risks
    }
}

async fn counts(workspace: &Workspace, query: &str, now: Timestamp) -> AppResult<HashMap<String, u64>> {
    let counted = figures::records::<Counted>(workspace, query, now).await?;
    Ok(counted.into_iter().map(|counted| (counted.organization_id, counted.open)).collect())
}

/// A key account that holds on that date.
fn key(text: &str, today: Date) -> Option<Key> {
    #[derive(Deserialize)]
    struct Body {
        from: Option<Date>,
        to: Option<Date>,
        target: Option<u64>,
        owner: Option<String>,
        reason: Option<String>,
    }
    let body: Body = serde_json::from_str(text).ok()?;
    let holds = body.from.is_none_or(|from| from <= today) && body.to.is_none_or(|to| to > today);
    holds.then_some(Key {
        from: body.from,
        target: body.target,
        owner: body.owner,
        reason: body.reason,
        is_said: false,
    })
}

/// Organizations that are key accounts on the day of `now`: what a source lists comes before what people said.
pub async fn keys(workspace: &Workspace, now: Timestamp) -> AppResult<HashMap<String, Key>> {
    let today = now.to_zoned(workspace.time_zone().await?).date();
    let query = "select organization_id, source, key_account from accounts where key_account is not null
                 order by case when source = 'axle' then 0 else 1 end, source, organization_id";
    let rows = figures::records::<StatedKey>(workspace, query, now).await?;
    let held = |row: StatedKey| {
        let key = key(&row.key_account, today)?;
        Some((row.organization_id, Key { is_said: row.source == by_hand::SOURCE, ..key }))
    };
    Ok(rows.into_iter().filter_map(held).collect())
}

/// The next renewal of each organization's running subscriptions: the one that is due and open, else a year after the last.
pub(crate) async fn renewals(workspace: &Workspace, now: Timestamp) -> AppResult<HashMap<String, Date>> {
    #[derive(Deserialize)]
    struct Renewal {
        due_at: Option<Date>,
    }
    let query = "select organization_id, renewals, started_at from subscriptions
                 where organization_id is not null and ended_at is null";
    let zone = workspace.time_zone().await?;
    let today = now.to_zoned(zone.clone()).date();
    let mut next: HashMap<String, Date> = HashMap::new();
    for row in figures::records::<Subscribed>(workspace, query, now).await? {
        let stated: Vec<Renewal> = row.renewals.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let started = row.started_at.to_zoned(zone.clone()).date();
        let due = stated.into_iter().filter_map(|renewal| renewal.due_at).filter(|due| *due >= today).min();
        let yearly = || (1..100).map(|year| started.saturating_add(year.years())).find(|due| *due >= today);
        if let Some(due) = due.or_else(yearly) {
            let known = next.entry(row.organization_id).or_insert(due);
            *known = due.min(*known);
        }
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_key_account_holds_between_its_dates() {
        let today = date(2026, 3, 1);
        let text = r#"{"from":"2026-01-02","to":"2026-03-01","target":3,"owner":"Cleo"}"#;
        assert_eq!(key(text, today), None);
        let found = key(text, date(2026, 2, 28)).unwrap();
        assert_eq!((found.from, found.target, found.owner.as_deref()), (Some(date(2026, 1, 2)), Some(3), Some("Cleo")));
        assert_eq!(key(r#"{"from":"2026-03-02"}"#, today), None);
        assert_eq!(key("nothing", today), None);
    }
}
