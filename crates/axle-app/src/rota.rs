//! Who is on for which role: the setting `rota`, a list of users for each role, taken in turns by the week or always the first.

use std::collections::BTreeMap;

use axle_store::setting;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::users::User;
use crate::{AppError, AppResult, Workspace};

/// Name of the setting.
const SETTING: &str = "rota";

/// The roles that flywheels give tasks to, with the roles of users who do them while nobody is named.
pub const ROLES: [(&str, &str); 7] = [
    ("community_builder", "builder"),
    ("support_rota", "support"),
    ("account_executive", "sales"),
    ("customer_success", "success"),
    ("customer_experience", "success"),
    ("product_manager", "product"),
    ("moderator", "builder"),
];

/// How the people of a role take turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Each for an ISO week, Monday to Sunday, in the order of the list.
    #[default]
    Weekly,
    /// Always the first; the others stand in when they are assigned.
    First,
}

/// The people of one role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// E-mail addresses of users, in their order.
    pub people: Vec<String>,
    /// How they take turns.
    #[serde(default)]
    pub order: Order,
}

/// Who is on, by role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rota(pub BTreeMap<String, Turn>);

impl Rota {
    /// Who was on for a role on a local day; `None` when nobody is named.
    pub fn on(&self, role: &str, day: Date) -> Option<&str> {
        let turn = self.0.get(role)?;
        let place = match turn.order {
            Order::First => 0,
            Order::Weekly => weeks(day).rem_euclid(turn.people.len().max(1) as i64) as usize,
        };
        turn.people.get(place).map(String::as_str)
    }

    /// Whether a task of a role that nobody in particular has is for users of this kind.
    pub fn is_for(role: &str, user: &User) -> bool {
        ROLES.iter().any(|(known, of)| *known == role && *of == user.role)
    }
}

/// ISO weeks since the one that began on Monday, 5 January 1970: the turn goes on over the end of a year.
fn weeks(day: Date) -> i64 {
    const MONDAY: Date = date(1970, 1, 5);
    let days = MONDAY.until(day).map_or(0, |span| i64::from(span.get_days()));
    days.div_euclid(7)
}

/// The rota of a workspace; empty until somebody sets one.
///
/// # Errors
/// When the setting cannot be read.
pub async fn of(workspace: &Workspace) -> AppResult<Rota> {
    let Some((value, _)) = setting::get(workspace.db(), SETTING).await? else { return Ok(Rota::default()) };
    serde_json::from_str(&value).map_err(|error| AppError::Internal(format!("the stored rota cannot be read: {error}")))
}

/// Refuses people of a turn who are no users: nobody would be told.
///
/// # Errors
/// [`AppError::Invalid`] with the first of them.
pub fn must_be_users(turn: &Turn, users: &[User]) -> AppResult<()> {
    let is_user = |email: &&String| users.iter().any(|user| user.email == email.trim().to_lowercase());
    match turn.people.iter().filter(|email| !email.trim().is_empty()).find(|email| !is_user(email)) {
        None => Ok(()),
        Some(email) => Err(AppError::Invalid(format!("{email} is no user: Settings, Users adds one."))),
    }
}

/// Says who is on for a role; nobody when the list is empty.
///
/// # Errors
/// [`AppError::Invalid`] for a role that no flywheel gives tasks to.
pub async fn set(workspace: &Workspace, role: &str, turn: Turn, by: &str, now: Timestamp) -> AppResult<()> {
    if !ROLES.iter().any(|(known, _)| *known == role) {
        let known: Vec<&str> = ROLES.iter().map(|(known, _)| *known).collect();
        return Err(AppError::Invalid(format!("no flywheel has tasks for `{role}`: use one of {}", known.join(", "))));
    }
    let mut rota = of(workspace).await?;
    let people = turn.people.into_iter().map(|email| email.trim().to_lowercase()).filter(|email| !email.is_empty());
    let turn = Turn { people: people.collect(), order: turn.order };
    if turn.people.is_empty() {
        rota.0.remove(role);
    } else {
        rota.0.insert(role.to_owned(), turn);
    }
    let value = serde_json::to_string(&rota).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_definitions_can_name_somebody_fills() {
        let known: Vec<&str> = ROLES.iter().map(|(role, _)| *role).collect();
        assert_eq!(known, axle_flywheel::vocabulary::ROLES);
    }

    #[test]
    fn people_take_turns_by_the_week_also_over_the_new_year() {
        let turn = |order| Turn { people: vec!["a".into(), "b".into(), "c".into()], order };
        let rota = |order| Rota(BTreeMap::from([("support_rota".to_owned(), turn(order))]));
        let on = |day| rota(Order::Weekly).on("support_rota", day).unwrap().to_owned();
        // 28 December 2026 is a Monday; the week reaches to 3 January 2027.
        let days = [date(2026, 12, 27), date(2026, 12, 28), date(2027, 1, 3), date(2027, 1, 4), date(2027, 1, 11)];
        let [before, first, same, next, third] = days.map(on);
        assert_eq!(first, same);
        let mut all = vec![before.clone(), first, next];
        all.sort();
        assert_eq!(all, ["a", "b", "c"]);
        assert_eq!(third, before, "three weeks later it begins anew");
        assert_eq!(rota(Order::First).on("support_rota", date(2027, 1, 4)), Some("a"));
        assert_eq!(rota(Order::First).on("moderator", date(2027, 1, 4)), None);
    }
}
