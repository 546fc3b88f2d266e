//! `axle accounts`: organizations that buy or may buy, and what people say of them.

use axle_app::accounts::{self, CHOICES, Mark};
use axle_app::{AppError, organizations};
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print, print_fields};
use crate::wiring::now;

/// Accounts: prospects, customers and key accounts, with what is at risk
#[derive(Debug, Subcommand)]
pub(crate) enum Accounts {
    /// Who buys, bought or may buy, key accounts first, then by how much may go wrong
    List {
        /// key, risk (at risk), renewal (within 60 days) or deals (with open deals)
        #[arg(long, default_value = "", hide_default_value = true, value_name = "WHICH")]
        show: String,
    },
    /// Marks an organization as a prospect
    Prospect {
        /// Id, domain or name
        organization: String,
        /// How it is sold to: high_touch or self_serve
        #[arg(long, default_value = "high_touch")]
        motion: String,
        /// Who says so; whoever runs the command unless given
        #[arg(long, value_name = "PERSON")]
        by: Option<String>,
    },
    /// Makes an organization a key account; what is said again takes the place of what was said
    Key {
        /// Id, domain or name
        organization: String,
        /// Who looks after it
        #[arg(long, value_name = "PERSON")]
        owner: String,
        /// How many key members there should be; two unless given
        #[arg(long, value_name = "NUMBER")]
        target: Option<u64>,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Says that an organization is no key account any more
    NotKey {
        /// Id, domain or name
        organization: String,
    },
}

impl Accounts {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let (now, name) = (now(), arguments.named(None)?);
        let (organization, said, by) = match self {
            Self::List { show } => {
                let unknown =
                    || AppError::Invalid(format!("`{show}` chooses nothing: use key, risk, renewal or deals"));
                let (_, is_shown) = CHOICES.iter().find(|(word, _)| word == show).ok_or_else(unknown)?;
                let lines = organizations::list(&workspace, now, None).await?;
                let mut list = accounts::list(&workspace, &lines, now).await?;
                list.retain(is_shown);
                let mut listing = Listing::new(&[
                    "organization",
                    "name",
                    "lifecycle",
                    "key account of",
                    "key members",
                    "members",
                    "renews",
                    "risks",
                ]);
                for one in &list {
                    listing.row([
                        json!(one.organization_id),
                        json!(one.name),
                        json!(one.lifecycle),
                        json!(one.key.as_ref().map(|key| key.owner.clone().unwrap_or_else(|| "nobody".into()))),
                        json!(one.key_members.len()),
                        json!(one.members),
                        json!(one.renews_on),
                        json!(one.risks.len()),
                    ]);
                }
                return print(arguments.format, &listing, &list);
            }
            Self::Prospect { organization, motion, by } => {
                let by = arguments.named(by.as_deref())?;
                (organization, Mark::Prospect { motion: motion.clone() }, by)
            }
            Self::Key { organization, owner, target, reason } => {
                let (owner, reason) = (owner.clone(), reason.clone());
                (organization, Mark::Key { owner, target: *target, reason }, name)
            }
            Self::NotKey { organization } => (organization, Mark::NotKey, name),
        };
        accounts::mark(&workspace, organization, &said, by, now).await?;
        print_fields(arguments.format, &json!({"organization": organization, "said_at": now}))
    }
}
