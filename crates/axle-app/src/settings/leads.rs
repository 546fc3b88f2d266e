//! How leads are counted and kept: the points of signals that are inferred, and how long hand-offs hold. The setting `leads`.

use axle_store::setting;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::flywheels::Numbers;
use crate::flywheels::own::{self, NumbersPreview};
use crate::{AppError, AppResult, Workspace};

/// Name of the setting.
const SETTING: &str = "leads";
/// The most points that one sign can have.
const MOST_POINTS: u32 = 100;
/// The longest that a hand-off can hold, in days.
const MOST_DAYS: u32 = 3_650;

/// Points of each sign that somebody may want more. The flywheel of the leads asks for ten within 90 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignalPoints {
    /// A day with words that say so.
    pub words: u32,
    /// A day on which they hit a limit of the product.
    pub limit_reached: u32,
    /// A day on which they looked at prices.
    pub pricing_page: u32,
    /// A day on which they read what large organizations need.
    pub enterprise_docs: u32,
    /// Another system has inferred it.
    pub elsewhere: u32,
}

impl Default for SignalPoints {
    fn default() -> Self {
        Self { words: 4, limit_reached: 4, pricing_page: 2, enterprise_docs: 2, elsewhere: 10 }
    }
}

impl SignalPoints {
    /// Each with its name.
    pub const fn named(self) -> [(&'static str, u32); 5] {
        [
            ("words", self.words),
            ("limit_reached", self.limit_reached),
            ("pricing_page", self.pricing_page),
            ("enterprise_docs", self.enterprise_docs),
            ("elsewhere", self.elsewhere),
        ]
    }
}

/// How long hand-offs hold, in days, unless a last day is chosen. Those that say themselves until when are left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandOffDays {
    /// After they were sent.
    pub offered: u32,
    /// After sales accepted.
    pub accepted: u32,
}

impl Default for HandOffDays {
    fn default() -> Self {
        Self { offered: 30, accepted: 90 }
    }
}

/// Both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Leads {
    /// See [`SignalPoints`].
    pub points: SignalPoints,
    /// See [`HandOffDays`].
    pub hand_off_days: HandOffDays,
}

impl Leads {
    fn check(&self) -> AppResult<()> {
        for (name, points) in self.points.named() {
            if points > MOST_POINTS {
                let what = format!("{name} has {points} points: write 0 to {MOST_POINTS}; 0 switches the sign off");
                return Err(AppError::Invalid(what));
            }
        }
        for (name, days) in [("offered", self.hand_off_days.offered), ("accepted", self.hand_off_days.accepted)] {
            if !(1..=MOST_DAYS).contains(&days) {
                let what = format!("a hand-off that is {name} cannot hold {days} days: write 1 to {MOST_DAYS}");
                return Err(AppError::Invalid(what));
            }
        }
        Ok(())
    }
}

/// Those of a workspace.
///
/// # Errors
/// When they cannot be read.
pub async fn leads(workspace: &Workspace) -> AppResult<Leads> {
    let Some((value, _)) = setting::get(workspace.db(), SETTING).await? else { return Ok(Leads::default()) };
    serde_json::from_str(&value)
        .map_err(|error| AppError::Internal(format!("the stored settings of leads cannot be read: {error}")))
}

/// Sets them. Points hold for the whole past, as the definitions of flywheels do.
///
/// # Errors
/// [`AppError::Invalid`] with what to write instead.
pub async fn set_leads(workspace: &Workspace, leads: &Leads, by: &str, now: Timestamp) -> AppResult<()> {
    leads.check()?;
    let value = serde_json::to_string(leads).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    Ok(tx.commit().await?)
}

/// What they would have made of the last twelve months, without setting them.
///
/// # Errors
/// As [`set_leads`].
pub async fn preview_leads(workspace: &Workspace, leads: &Leads, now: Timestamp) -> AppResult<NumbersPreview> {
    leads.check()?;
    own::preview_numbers(workspace, Numbers { leads: Some(*leads), ..Numbers::default() }, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays_and_what_cannot_be_is_refused() {
        let read = |text: &str| serde_json::from_str::<Leads>(text).unwrap();
        let leads = read(r#"{"points": {"words": 6}, "hand_off_days": {"offered": 14}}"#);
        assert_eq!(leads.points, SignalPoints { words: 6, ..SignalPoints::default() });
        assert_eq!(leads.hand_off_days, HandOffDays { offered: 14, accepted: 90 });
        assert!(leads.check().is_ok());
        let told = |text: &str| read(text).check().unwrap_err().to_string();
        assert!(told(r#"{"points": {"elsewhere": 101}}"#).contains("elsewhere has 101 points: write 0 to 100"));
        assert!(told(r#"{"hand_off_days": {"accepted": 0}}"#).contains("cannot hold 0 days: write 1 to 3650"));
        assert!(serde_json::from_str::<Leads>(r#"{"point": {}}"#).is_err());
    }
}
