//! `axle absences`: when members are away, written down and called off.

use axle_app::absences::{self as app, Away, Held};
use axle_app::members;
use clap::Subcommand;
use jiff::civil::Date;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// When members are known to be away: nobody is alarmed about their silence then
#[derive(Debug, Subcommand)]
pub(crate) enum Absences {
    /// Every absence, the latest first
    List {
        /// Only those of this member, by their id
        member: Option<String>,
    },
    /// Writes down that a member is away
    Add {
        /// Id of the member
        member: String,
        /// The first day away
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// The day on which they are back
        #[arg(long, value_name = "DATE")]
        back: Date,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// Who says so; whoever runs the command unless given
        #[arg(long, value_name = "PERSON")]
        by: Option<String>,
    },
    /// Calls an absence off: they were there
    CallOff {
        /// Id of the member
        member: String,
        /// Its first day
        from: Date,
    },
}

impl Absences {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let (workspace, now) = (arguments.open().await?, now());
        let member = match self {
            Self::List { member } => member.as_ref(),
            Self::Add { member, from, back, reason, by } => {
                let away = Away { from: *from, back_on: *back, reason: reason.clone() };
                app::record(&workspace, member, &away, arguments.named(by.as_deref())?, now).await?;
                Some(member)
            }
            Self::CallOff { member, from } => {
                app::call_off(&workspace, member, *from, now).await?;
                Some(member)
            }
        };
        let rows: Vec<Held> = match member {
            None => app::of_everybody(&workspace).await?,
            Some(member) => {
                let known = members::show(&workspace, member, now, None).await?.member;
                let (member_id, name) = (known.member_id, known.name);
                let held = |absence| Held { member_id: member_id.clone(), name: name.clone(), absence };
                app::of_member(&workspace, member).await?.into_iter().map(held).collect()
            }
        };
        let mut listing = Listing::new(&["member", "name", "from", "back on", "reason", "by", "source"]);
        for Held { member_id, name, absence } in &rows {
            listing.row([
                json!(member_id),
                json!(name),
                json!(absence.from),
                json!(absence.back_on),
                json!(absence.reason),
                json!(absence.by),
                json!(absence.source),
            ]);
        }
        print(arguments.format, &listing, &rows)
    }
}
