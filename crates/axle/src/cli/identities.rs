//! `axle identities`: who may be one person, and what people decided about it.

use axle_app::changes::{Case, Side};
use axle_app::identities::{self, Change};
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// Who may be one person: suggestions, merging, splitting, undoing
#[derive(Debug, Subcommand)]
pub(crate) enum Identities {
    /// Members who may be one person, the most probable first, with reasons
    Suggestions {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Says that two members are one person
    Merge {
        /// A member: an id, or a name, handle or e-mail address that one member alone has
        a: String,
        /// Another, likewise
        b: String,
    },
    /// Says that some identities of a member are another person
    Split {
        /// Id of the member
        member: String,
        /// The identities, as `axle members show` lists them: #number, platform/key, or platform/ and a uid, handle or address
        #[arg(required = true)]
        identities: Vec<String>,
    },
    /// Accepts suggestions: the two are one person
    Accept {
        /// Ids of suggestions
        #[arg(required = true)]
        suggestions: Vec<String>,
    },
    /// Rejects suggestions: the two are two people, whatever is suggested later
    Reject {
        /// Ids of suggestions
        #[arg(required = true)]
        suggestions: Vec<String>,
    },
    /// Undoes a change of the history
    Undo {
        /// Its number
        change: i64,
    },
    /// What people changed, and what Axle joined and parted by itself, the newest first
    History {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

impl Identities {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let by = Some(arguments.by());
        let change = match self {
            Self::Suggestions { limit } => {
                arguments.hint_import(&workspace).await?;
                let found = identities::suggestions(&workspace, *limit).await?;
                let mut listing = Listing::new(&["suggestion", "probability", "one", "other", "reasons"]);
                for suggestion in &found.waiting {
                    listing.row([
                        json!(suggestion.suggestion_id),
                        json!((suggestion.probability * 1_000.0).round() / 1_000.0),
                        json!(suggestion.sides[0].name),
                        json!(suggestion.sides[1].name),
                        json!(suggestion.reasons.join("; ")),
                    ]);
                }
                return print(arguments.format, &listing, &found.waiting);
            }
            Self::History { limit } => {
                let history = identities::history(&workspace, *limit).await?;
                return print(arguments.format, &listing(&history), &history);
            }
            Self::Merge { a, b } => identities::merge(&workspace, a, b, by, now()).await?,
            Self::Split { member, identities } => identities::split(&workspace, member, identities, by, now()).await?,
            Self::Accept { suggestions } => identities::accept(&workspace, suggestions, by, now()).await?,
            Self::Reject { suggestions } => identities::reject(&workspace, suggestions, by, now()).await?,
            Self::Undo { change } => identities::undo(&workspace, *change, by, now()).await?,
        };
        if let Some(advice) = &change.advice {
            eprintln!("{advice}");
        }
        print(arguments.format, &listing(std::slice::from_ref(&change)), &change)
    }
}

pub(super) fn listing(changes: &[Change]) -> Listing {
    let mut listing = Listing::new(&["change", "kind", "what", "about", "by", "at", "undone"]);
    for change in changes {
        listing.row([
            json!(change.change_id),
            json!(change.kind),
            json!(change.summary),
            json!(about(change)),
            json!(change.by),
            json!(change.at),
            json!(change.undone_at),
        ]);
    }
    listing
}

/// Cases that a row tells; JSON tells more.
const CASES: usize = 3;

/// `discord conradx (0195…) and discourse conrad (0195…); and 7 more`: the accounts, each with the id of the member who has them now.
fn about(change: &Change) -> String {
    let side = |side: &Side| {
        let accounts = side.accounts.iter().map(|account| format!("{} {}", account.platform, account.handle));
        format!("{} ({})", accounts.collect::<Vec<_>>().join(", "), side.member_id)
    };
    let case = |case: &Case| case.sides.iter().map(side).collect::<Vec<_>>().join(" and ");
    let mut told: Vec<String> = change.about.iter().take(CASES).map(case).collect();
    let more = change.about.len() - told.len() + change.about_more;
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}
