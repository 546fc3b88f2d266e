//! The numbers of the drop rule: when a champion's silence is an alert, how many are pushed, and which roles come first. The
//! setting `drop_rule`; what it leaves out is as shipped.

use std::collections::BTreeMap;

use axle_flywheel::drop::DropSettings;
use axle_store::setting;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flywheels::Numbers;
use crate::flywheels::own::{self, NumbersPreview};
use crate::{AppError, AppResult, Workspace};

/// Name of the setting.
const SETTING: &str = "drop_rule";

/// The roles that are watched, with the weight of each as shipped: on a deal champion an open deal hangs.
pub const ROLES: [(&str, f64); 2] = [("champion", 1.0), ("deal_champion", 1.5)];
/// The greatest weight of a role.
pub const MOST_WEIGHT: f64 = 10.0;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DropRule {
    /// No alert below this probability that the drop lasts. Shipped with 0: what is unusual is listed at once.
    pub lasts_least: f64,
    /// An alert is pushed to its builder once it is at least this probable that the drop lasts; until then it is listed.
    pub push_least: f64,
    /// Alerts that are pushed to one builder in a week, Monday to Sunday; others wait, listed.
    pub budget_per_week: u32,
    /// Days after an alert without another about the same champion.
    pub cooldown_days: u32,
    /// Days as a champion before the rule applies.
    pub min_tenure_days: u32,
    /// Active days are unusual below this probability.
    pub p_days: f64,
    /// Attendances are unusual below this probability.
    pub p_events: f64,
    /// Both are unusual when active days are below this probability …
    pub p_both_days: f64,
    /// … and attendances below that.
    pub p_both_events: f64,
    /// How much each role matters, by [`ROLES`]: who may be lost for good, times this, comes first.
    pub role_weights: BTreeMap<String, f64>,
}

impl Default for DropRule {
    fn default() -> Self {
        let DropSettings { push_least, budget_per_week, cooldown_days, min_tenure_days, p_days, p_events, .. } =
            DropSettings::default();
        let DropSettings { p_both_days, p_both_events, .. } = DropSettings::default();
        Self {
            lasts_least: 0.0,
            push_least,
            budget_per_week,
            cooldown_days,
            min_tenure_days,
            p_days,
            p_events,
            p_both_days,
            p_both_events,
            role_weights: ROLES.map(|(role, weight)| (role.to_owned(), weight)).into(),
        }
    }
}

/// A number of the rule, for forms and messages.
#[derive(Debug, Clone, Copy)]
pub struct Number {
    /// Its name in the setting.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// What it does.
    pub hint: &'static str,
    /// The least that is allowed.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// Whether only whole numbers are.
    pub is_whole: bool,
}

const fn whole(name: &'static str, label: &'static str, most: f64, hint: &'static str) -> Number {
    Number { name, label, hint, least: 0.0, most, is_whole: true }
}

const fn chance(name: &'static str, label: &'static str, (least, most): (f64, f64), hint: &'static str) -> Number {
    Number { name, label, hint, least, most, is_whole: false }
}

/// Probabilities below which something is unusual.
const UNUSUAL: (f64, f64) = (0.0001, 0.5);

/// Every number but the weights of roles, in reading order.
pub const NUMBERS: [Number; 9] = [
    chance(
        "lasts_least",
        "Least probability that it lasts",
        (0.0, 0.95),
        "below it there is no alert; 0 lists whatever is unusual at once",
    ),
    chance(
        "push_least",
        "Least probability for a push",
        (0.0, 0.95),
        "below it an alert is listed, and told nowhere; 0.5 waits until it is likelier than not, some three weeks",
    ),
    whole(
        "budget_per_week",
        "Alerts pushed to a builder in a week",
        100.0,
        "the surest and weightiest first; others wait, listed",
    ),
    whole("cooldown_days", "Days between alerts about one champion", 365.0, "from one alert to the next"),
    whole("min_tenure_days", "Days in the role before it is watched", 730.0, "newcomers have no rhythm yet"),
    chance("p_days", "Active days are unusual below", UNUSUAL, "chance of so few or fewer, if nothing has changed"),
    chance("p_events", "Attendances are unusual below", UNUSUAL, "the same of events"),
    chance("p_both_days", "Both are unusual: active days below", UNUSUAL, "when neither alone is"),
    chance("p_both_events", "Both are unusual: attendances below", UNUSUAL, "when neither alone is"),
];

impl DropRule {
    /// The rule's numbers; those that no workspace sets are as shipped.
    pub fn settings(&self) -> DropSettings {
        DropSettings {
            lasts_least: self.lasts_least,
            push_least: self.push_least,
            budget_per_week: self.budget_per_week,
            cooldown_days: self.cooldown_days,
            min_tenure_days: self.min_tenure_days,
            p_days: self.p_days,
            p_events: self.p_events,
            p_both_days: self.p_both_days,
            p_both_events: self.p_both_events,
            ..DropSettings::default()
        }
    }

    /// How much a role matters; one that the setting leaves out, as shipped.
    pub fn weight(&self, role: &str) -> f64 {
        let shipped = || ROLES.iter().find(|(known, _)| *known == role).map_or(1.0, |(_, weight)| *weight);
        self.role_weights.get(role).copied().unwrap_or_else(shipped)
    }

    /// Reads it from JSON, and says what is wrong with it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with the number that cannot be, and what it can be.
    pub fn parse(json: &str) -> AppResult<Self> {
        let value: Value = serde_json::from_str(json)
            .map_err(|error| AppError::Invalid(format!("this is no drop rule: {error}; write it as {EXAMPLE}")))?;
        let Some(fields) = value.as_object() else {
            return Err(AppError::Invalid(format!("this is no drop rule: write it as {EXAMPLE}")));
        };
        for number in NUMBERS {
            if let Some(value) = fields.get(number.name) {
                number.check(value)?;
            }
        }
        let rule: Self = serde_json::from_value(value)
            .map_err(|error| AppError::Invalid(format!("this is no drop rule: {error}")))?;
        for (role, weight) in &rule.role_weights {
            if !ROLES.iter().any(|(known, _)| known == role) {
                let known = ROLES.map(|(role, _)| role).join(", ");
                return Err(AppError::Invalid(format!("`{role}` is no role that is watched: weigh {known}")));
            }
            if !(0.0..=MOST_WEIGHT).contains(weight) {
                let text = format!("the weight of `{role}` is {weight}: use a number from 0 to {MOST_WEIGHT}");
                return Err(AppError::Invalid(text));
            }
        }
        Ok(rule)
    }
}

/// What a rule looks like, for messages.
const EXAMPLE: &str = r#"{"lasts_least": 0.5, "role_weights": {"deal_champion": 2}}"#;

impl Number {
    fn check(&self, value: &Value) -> AppResult<()> {
        let is_meant = value.as_f64().is_some_and(|number| {
            (self.least..=self.most).contains(&number) && (!self.is_whole || value.as_u64().is_some())
        });
        let kind = if self.is_whole { "whole number" } else { "number" };
        let Self { name, least, most, .. } = self;
        let text = || format!("`{name}` is {value}: use a {kind} from {least} to {most}");
        if is_meant { Ok(()) } else { Err(AppError::Invalid(text())) }
    }
}

/// The rule of a workspace.
///
/// # Errors
/// When the setting cannot be read.
pub async fn of(workspace: &Workspace) -> AppResult<DropRule> {
    let Some((value, _)) = setting::get(workspace.db(), SETTING).await? else { return Ok(DropRule::default()) };
    DropRule::parse(&value).map_err(|error| AppError::Internal(format!("the stored drop rule cannot be used: {error}")))
}

/// Sets it. Alerts of the past are then what the rule would have said: each day is asked anew.
///
/// # Errors
/// As [`DropRule::parse`].
pub async fn set(workspace: &Workspace, json: &str, by: &str, now: Timestamp) -> AppResult<DropRule> {
    let rule = DropRule::parse(json)?;
    let value = serde_json::to_string(&rule).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    tx.commit().await?;
    Ok(rule)
}

/// What it would have made of the last twelve months, without setting it.
///
/// # Errors
/// As [`DropRule::parse`].
pub async fn preview(workspace: &Workspace, json: &str, now: Timestamp) -> AppResult<NumbersPreview> {
    let numbers = Numbers { drop_rule: Some(DropRule::parse(json)?), ..Numbers::default() };
    own::preview_numbers(workspace, numbers, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_as_shipped_and_every_number_can_be_named() {
        let rule = DropRule::parse(r#"{"lasts_least": 0.5, "role_weights": {"champion": 2}}"#).unwrap();
        assert_eq!((rule.lasts_least, rule.budget_per_week), (0.5, 5));
        assert_eq!((rule.weight("champion"), rule.weight("deal_champion")), (2.0, 1.5));
        assert_eq!(rule.settings().window_days, 30);
        let shipped = serde_json::to_value(DropRule::default()).unwrap();
        for number in NUMBERS {
            number.check(&shipped[number.name]).unwrap();
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        let refused = |json: &str| DropRule::parse(json).unwrap_err().to_string();
        let cases = [
            (r#"{"lasts_least": 1.2}"#, "`lasts_least` is 1.2: use a number from 0 to 0.95"),
            (r#"{"lasts_least": "often"}"#, "`lasts_least` is \"often\": use a number from 0 to 0.95"),
            (r#"{"budget_per_week": 2.5}"#, "`budget_per_week` is 2.5: use a whole number from 0 to 100"),
            (r#"{"cooldown_days": -1}"#, "`cooldown_days` is -1: use a whole number from 0 to 365"),
            (r#"{"p_days": 0}"#, "`p_days` is 0: use a number from 0.0001 to 0.5"),
            (r#"{"role_weights": {"moderator": 1}}"#, "weigh champion, deal_champion"),
            (r#"{"role_weights": {"champion": 11}}"#, "the weight of `champion` is 11: use a number from 0 to 10"),
            (r#"{"lasts": 0.5}"#, "unknown field `lasts`"),
            ("fast", "write it as {"),
            ("[]", "write it as {"),
        ];
        for (json, expected) in cases {
            assert!(refused(json).contains(expected), "{json}: {}", refused(json));
        }
    }
}
