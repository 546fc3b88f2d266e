//! `axle consents`: what members allow, written down and taken back.

use axle_app::audit::Actor;
use axle_app::consents::{self as app, Consent, Given, Holder};
use axle_app::members;
use axle_model::time::Moment;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// What members allow: being handed to sales, contact, recognition, linked visits
#[derive(Debug, Subcommand)]
pub(crate) enum Consents {
    /// Every consent, the newest first, those taken back too; with `--as-of`, as it was then
    List {
        /// Only those of this member, by their id
        member: Option<String>,
        /// Only of this kind: hand_off, contact, recognition, tracking
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
    },
    /// Writes down that a member said yes
    Give {
        /// Id of the member
        member: String,
        /// What they allow: hand_off, contact, recognition, tracking
        #[arg(long, value_name = "KIND")]
        kind: String,
        /// Where they said so: Slack, a call
        #[arg(long, value_name = "PLACE")]
        channel: String,
        /// The day on which they did, or the instant; now unless given
        #[arg(long, value_name = "DATE")]
        at: Option<Moment>,
        /// It covers what they said in private channels too: mail, tickets, calls
        #[arg(long)]
        private: bool,
    },
    /// Writes down that a member took one back: sales sees nothing of them from then on that rested on it
    Revoke {
        /// Id of the member
        member: String,
        /// As in the list
        consent: String,
    },
}

/// A consent with whose it is.
#[derive(Serialize)]
struct Row {
    member_id: String,
    name: String,
    #[serde(flatten)]
    consent: Consent,
}

impl Consents {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let (user, now) = (&arguments.user, now());
        let (member, kind) = match self {
            Self::List { member, kind } => (member.as_ref(), kind.as_ref()),
            Self::Give { member, kind, channel, at, private } => {
                let at = workspace.instant(*at).await?;
                let given = Given { kind: kind.clone(), covers_private: *private, channel: channel.clone(), at };
                app::record(&workspace, member, &given, Actor::of(user), now).await?;
                (Some(member), None)
            }
            Self::Revoke { member, consent } => {
                app::take_back(&workspace, member, consent, Actor::of(user), now).await?;
                (Some(member), None)
            }
        };
        let mut rows: Vec<Row> = match member {
            None => app::of_everybody(&workspace).await?.into_values().flat_map(rows_of).collect(),
            Some(member) => {
                let consents = app::of_member(&workspace, member).await?;
                let known = members::show(&workspace, member, now, None).await?.member;
                rows_of(Holder { member_id: known.member_id, name: known.name, consents }).collect()
            }
        };
        let as_of = arguments.as_of(&workspace).await?.unwrap_or(now);
        rows.retain(|row| kind.is_none_or(|kind| row.consent.kind == *kind) && row.consent.at <= as_of);
        rows.iter_mut().for_each(|row| row.consent.revoked_at = row.consent.revoked_at.filter(|at| *at <= as_of));
        rows.sort_by_key(|row| std::cmp::Reverse(row.consent.at));
        listed(arguments, &rows)
    }
}

fn rows_of(holder: Holder) -> impl Iterator<Item = Row> {
    let Holder { member_id, name, consents } = holder;
    consents.into_iter().map(move |consent| Row { member_id: member_id.clone(), name: name.clone(), consent })
}

fn listed(arguments: &Arguments, rows: &[Row]) -> anyhow::Result<()> {
    let mut listing =
        Listing::new(&["consent", "member", "name", "allows", "covers", "given", "taken back", "where", "text"]);
    for Row { member_id, name, consent } in rows {
        listing.row([
            json!(consent.consent_id),
            json!(member_id),
            json!(name),
            json!(consent.kind),
            json!(if consent.covers_private { "private" } else { "public" }),
            json!(consent.at),
            json!(consent.revoked_at),
            json!(consent.channel),
            json!(consent.text_version),
        ]);
    }
    print(arguments.format, &listing, &rows)
}
