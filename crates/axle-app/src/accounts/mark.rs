//! What people say of accounts here: that sales looks at one as a prospect, and that one is a key account. Lines of the type
//! `organization` of the source `axle`: what the CRM says of the same organization stays, and both hold.

use axle_model::interchange::FactKind;
use axle_store::fact::{self, FactRow};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::key;
use crate::organizations::Organization;
use crate::{AppError, AppResult, Workspace, by_hand, figures, organizations, refresh};

/// The ways to sell, as deals name them.
pub const MOTIONS: [&str; 2] = ["high_touch", "self_serve"];
/// At most so many key members can be wanted.
const MOST_WANTED: u64 = 50;
/// The longest owner or reason, in characters.
const LONGEST: usize = 500;

/// Something to say of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// Sales looks at it as a prospect, to be sold to in that way.
    Prospect {
        /// One of [`MOTIONS`].
        motion: String,
    },
    /// It is a key account from now on; said again, with other words.
    Key {
        /// Who looks after it.
        owner: String,
        /// How many key members there should be; `None`: two.
        target: Option<u64>,
        /// Why.
        reason: String,
    },
    /// It is none any more.
    NotKey,
}

/// Writes down what somebody says of an organization: any of its ids, domains and names leads to it.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such organization; [`AppError::Invalid`] when its source says otherwise, a customer
/// is to be a prospect, or words are missing.
pub async fn mark(workspace: &Workspace, id: &str, mark: &Mark, by: &str, now: Timestamp) -> AppResult<()> {
    refresh::refresh(workspace).await?;
    let organization = {
        let numbers = workspace.numbers().read().await;
        organizations::called(&numbers.found, id)?
    };
    let rows = stated(workspace, &organization).await?;
    let (own, others): (Vec<&FactRow>, Vec<&FactRow>) = rows.iter().partition(|row| row.source == by_hand::SOURCE);
    let today = now.to_zoned(workspace.time_zone().await?).date();
    let held =
        |row: &&&FactRow| row.fact.body.get("key_account").is_some_and(|held| key(&held.to_string(), today).is_some());
    if let (Some(row), Mark::Key { .. } | Mark::NotKey) = (others.iter().find(held), mark) {
        let source = &row.source;
        return Err(AppError::Invalid(format!("{source} lists it as a key account: change it there and import again")));
    }
    let mut line = own.first().map_or_else(|| of(&organization), |row| row.fact.body.clone());
    line.insert("type".into(), json!("organization"));
    match mark {
        Mark::Prospect { motion } => {
            if !MOTIONS.contains(&motion.as_str()) {
                return Err(AppError::Invalid(format!("`{motion}` is no way to sell: use {}", MOTIONS.join(" or "))));
            }
            if let Some(state @ ("customer" | "opportunity")) = organization.lifecycle.as_deref() {
                return Err(AppError::Invalid(format!(
                    "{} is more than a prospect: it is marked `{state}`",
                    organization.name
                )));
            }
            if pays(workspace, &organization, now).await? {
                return Err(AppError::Invalid(format!(
                    "{} is more than a prospect: it buys already",
                    organization.name
                )));
            }
            // Said again, it is one since it was said first.
            if line.insert("lifecycle".into(), json!("prospect")) != Some(json!("prospect")) {
                line.insert("lifecycle_at".into(), json!(now));
            }
            line.insert("motion".into(), json!(motion));
            line.insert("owner".into(), json!(by));
        }
        Mark::Key { owner, target, reason } => {
            let said = Key { owner: owner.trim(), target: *target, reason: reason.trim() };
            let since = own.iter().find(held).and_then(|row| row.fact.body["key_account"].get("from").cloned());
            line.insert("key_account".into(), said.checked(since.unwrap_or_else(|| json!(today)))?);
        }
        Mark::NotKey => {
            let missing = || AppError::Invalid(format!("{} is no key account", organization.name));
            let row = own.iter().find(held).ok_or_else(missing)?;
            line.clone_from(&row.fact.body);
            line.insert("type".into(), json!("organization"));
            // Made and ended on one day, it never was one.
            if line["key_account"]["from"] == json!(today) {
                line.remove("key_account");
            } else {
                line["key_account"]["to"] = json!(today);
            }
        }
    }
    by_hand::write(workspace, vec![Value::Object(line)], now).await
}

/// What is said of a key account, as typed.
struct Key<'a> {
    owner: &'a str,
    target: Option<u64>,
    reason: &'a str,
}

impl Key<'_> {
    fn checked(&self, since: Value) -> AppResult<Value> {
        if self.owner.is_empty() {
            return Err(AppError::Invalid("say who looks after the account: a name or an e-mail address".into()));
        }
        if self.owner.chars().count() > LONGEST {
            return Err(AppError::Invalid(format!("the owner is too long: use at most {LONGEST} characters")));
        }
        if self.target.is_some_and(|target| target == 0 || target > MOST_WANTED) {
            return Err(AppError::Invalid(format!("from 1 to {MOST_WANTED} key members can be wanted")));
        }
        if self.reason.chars().count() > LONGEST {
            return Err(AppError::Invalid(format!("the reason is too long: use at most {LONGEST} characters")));
        }
        let mut key = json!({"from": since, "owner": self.owner});
        if let Some(target) = self.target {
            key["target"] = json!(target);
        }
        if !self.reason.is_empty() {
            key["reason"] = json!(self.reason);
        }
        Ok(key)
    }
}

/// What is stated of an organization.
async fn stated(workspace: &Workspace, organization: &Organization) -> AppResult<Vec<FactRow>> {
    let mut rows = Vec::new();
    for (source, id) in organization.stated() {
        let all = fact::with_key(workspace.db(), FactKind::ORGANIZATION, id).await?;
        rows.extend(all.into_iter().filter(|row| row.source == source));
    }
    Ok(rows)
}

/// Whether it has a deal that is open or won, or a subscription that runs.
async fn pays(workspace: &Workspace, organization: &Organization, now: Timestamp) -> AppResult<bool> {
    let id = organization.organization_id.replace('\'', "''");
    let query = format!(
        "select organization_id from deals where organization_id = '{id}' and (closed_at is null or won)
         union all select organization_id from subscriptions where organization_id = '{id}' and ended_at is null"
    );
    Ok(!figures::sql(workspace, &query, 1, now).await?.rows.is_empty())
}

/// A line that says nothing of an organization but which it is.
fn of(organization: &Organization) -> Map<String, Value> {
    Map::from_iter([
        ("id".to_owned(), json!(organization.organization_id)),
        ("name".to_owned(), json!(organization.name)),
    ])
}
