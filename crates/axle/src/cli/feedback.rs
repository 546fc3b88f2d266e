//! `axle feedback`: what members report, want, like and worry about, what was decided, and whether they were told.

use axle_app::feedback::{self, State};
use axle_app::said;
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print, print_fields};
use crate::wiring::now;

/// Feedback: what was decided about it, and whether its authors were told
#[derive(Debug, Subcommand)]
pub(crate) enum Feedback {
    /// What members report, want, like and worry about, the newest first
    List {
        /// Only what is open, planned, declined or shipped
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
    },
    /// Notes what was decided: planned, declined or shipped; open takes a decision back
    Decide {
        /// Id of the feedback, as in the list
        id: String,
        /// What becomes of it: planned, declined, shipped, open
        decision: String,
        /// Why, in words for its author; needed to decline
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// Who decided; whoever runs the command unless given
        #[arg(long, value_name = "PERSON")]
        by: Option<String>,
    },
    /// Notes that its author was told what was decided
    Told {
        /// Id of the feedback, as in the list
        id: String,
    },
}

impl Feedback {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let now = now();
        let mut list = feedback::list(&workspace, &said::load(&workspace, now).await?, now).await?;
        match self {
            Self::List { state } => {
                let wanted = state.as_deref().map(State::named).transpose()?;
                list.retain(|one| wanted.is_none_or(|state| one.state == state));
                let mut listing = Listing::new(&[
                    "feedback",
                    "said",
                    "by",
                    "kinds",
                    "words",
                    "state",
                    "decided by",
                    "reason",
                    "told",
                ]);
                for one in &list {
                    listing.row([
                        json!(one.feedback_id),
                        json!(one.at),
                        json!(one.name),
                        json!(one.kinds.join(", ")),
                        json!(one.words),
                        json!(one.state),
                        json!(one.decided_by),
                        json!(one.reason),
                        json!(one.told_at),
                    ]);
                }
                return print(arguments.format, &listing, &list);
            }
            Self::Decide { id, decision, reason, by } => {
                let decision = (State::named(decision)?, reason.as_str());
                feedback::decide(&workspace, &list, id, decision, arguments.named(by.as_deref())?, now).await?;
            }
            Self::Told { id } => feedback::tell(&workspace, &list, id, now).await?,
        }
        let (Self::Decide { id, .. } | Self::Told { id }) = self else { return Ok(()) };
        let list = feedback::list(&workspace, &said::load(&workspace, now).await?, now).await?;
        print_fields(arguments.format, &list.iter().find(|one| one.feedback_id == *id))
    }
}
