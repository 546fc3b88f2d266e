//! Whose a task is by what the record says: to whom a member was handed over, who owns the deal, who looks after the key account.
//! Only users count: whom a CRM names and nobody can sign in as would do nothing.

use std::collections::HashMap;

use jiff::Timestamp;

use super::pairs;
use crate::flywheels::Wanted;
use crate::rota::Rota;
use crate::users::User;
use crate::{AppResult, Workspace, accounts, hand_offs};

/// The owner of each organization's deal: of the newest that is open, else of the newest.
const DEALS: &str = "select organization_id, owner from deals where owner is not null
                     order by case when closed_at is null then 1 else 0 end, created_at, deal_id";

/// Where each member is.
const PLACES: &str = "select member_id, organization_id from members where organization_id is not null";

/// Who has what, by the record.
pub(super) struct Owners {
    users: Vec<User>,
    handed: HashMap<String, String>,
    deals: HashMap<String, String>,
    keys: HashMap<String, String>,
    places: HashMap<String, String>,
}

impl Owners {
    pub(super) async fn read(workspace: &Workspace, users: &[User], now: Timestamp) -> AppResult<Self> {
        let keys = accounts::keys(workspace, now).await?;
        Ok(Self {
            users: users.to_vec(),
            handed: handed(workspace, now).await?,
            deals: pairs(workspace, DEALS, now).await?,
            keys: keys.into_iter().filter_map(|(id, key)| Some((id, key.owner?))).collect(),
            places: pairs(workspace, PLACES, now).await?,
        })
    }

    /// The address of the user whose task it is; `None`: the record names none. `organization`: that of the run, if it is of
    /// one.
    pub(super) fn of(&self, wanted: &Wanted, organization: Option<&str>) -> Option<String> {
        let place = organization.or_else(|| self.places.get(&wanted.member_id).map(String::as_str));
        let role = wanted.task.role.as_str();
        let of_place = |owners: &HashMap<String, String>| self.user(owners.get(place?)?, role);
        match role {
            "account_executive" => {
                let handed = self.handed.get(&wanted.member_id).and_then(|to| self.user(to, role));
                handed.or_else(|| of_place(&self.deals))
            }
            "customer_success" | "customer_experience" => of_place(&self.keys),
            _ => None,
        }
    }

    /// The one user who is called so and whose tasks those of the role are.
    fn user(&self, name: &str, role: &str) -> Option<String> {
        let name = name.trim();
        let is_called = |user: &&User| {
            !name.is_empty()
                && (user.email.eq_ignore_ascii_case(name) || user.name.to_lowercase() == name.to_lowercase())
        };
        let mut called = self.users.iter().filter(is_called).filter(|user| Rota::is_for(role, user));
        let first = called.next()?;
        called.next().is_none().then(|| first.email.clone())
    }
}

/// To whom each member was handed over last, as long as it holds.
async fn handed(workspace: &Workspace, now: Timestamp) -> AppResult<HashMap<String, String>> {
    let mut handed = HashMap::new();
    for held in hand_offs::held(workspace, now).await? {
        let one = held.hand_off;
        let holds = one.sent_at.is_some() && one.returned_at.is_none() && one.closed.is_none();
        if let Some(to) = one.to.filter(|_| holds) {
            // The newest comes first.
            handed.entry(one.member_id).or_insert(to);
        }
    }
    Ok(handed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::tests::task;

    #[test]
    fn a_task_is_whose_the_record_says_if_they_do_such_tasks() {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let user =
            |email: &str, name: &str, role: &str| User { email: email.into(), name: name.into(), role: role.into() };
        let owners = Owners {
            users: vec![
                user("alfred@axle.example", "Alfred", "sales"),
                user("amy@axle.example", "Amy", "sales"),
                user("cleo@axle.example", "Cleo", "success"),
                user("dana@axle.example", "Dana", "sales"),
                user("d2@axle.example", "dana", "sales"),
            ],
            handed: map(&[("handed", "Alfred "), ("elsewhere", "Nobody")]),
            deals: map(&[
                ("bank", "AMY@axle.example"),
                ("mill", "crm-17"),
                ("inn", "Dana"),
                ("farm", "Cleo"),
                ("shop", ""),
            ]),
            keys: map(&[("bank", "CLEO"), ("mill", "Alfred")]),
            places: map(&[("handed", "bank"), ("elsewhere", "bank")]),
        };
        let of = |role: &str, member: &str, organization: Option<&str>| {
            let mut wanted = task("2026-03-04T00:00:00Z", role, None).wanted;
            wanted.member_id = member.into();
            owners.of(&wanted, organization)
        };
        assert_eq!(of("account_executive", "handed", None).as_deref(), Some("alfred@axle.example"));
        assert_eq!(
            of("account_executive", "elsewhere", None).as_deref(),
            Some("amy@axle.example"),
            "no user is called so"
        );
        for (organization, why) in
            [("mill", "no user"), ("inn", "two are called so"), ("farm", "not of sales"), ("shop", "nobody")]
        {
            assert_eq!(of("account_executive", "mila", Some(organization)), None, "{why}");
        }
        assert_eq!(of("customer_success", "mila", Some("bank")).as_deref(), Some("cleo@axle.example"));
        assert_eq!(of("customer_success", "mila", Some("mill")), None, "an account manager of sales");
        assert_eq!(of("community_builder", "handed", None), None);
    }
}
