//! `axle hand-offs`: members on their way to sales, their dossiers, and what is decided of them.

use axle_app::hand_offs::{self as app, Closed, Edit, HandOff, Section, View};
use clap::Subcommand;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// Members on their way to sales, with their dossiers
#[derive(Debug, Subcommand)]
pub(crate) enum HandOffs {
    /// Every hand-off, the newest first
    List {
        /// Only those in this state: prepared, sent, opened, accepted, returned
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
    },
    /// The dossier of one, each line with what it rests on; the look is written into its audit log
    Show {
        /// As in the list
        id: String,
    },
    /// Sends one to sales; refused without a consent that holds
    Send {
        /// As in the list
        id: String,
        /// To whom: a name or address of a user, or sales
        #[arg(long)]
        to: Option<String>,
        /// What the builder adds
        #[arg(long)]
        note: Option<String>,
        /// What people say of a champion's weight, with commas between: power, sells, interest
        #[arg(long, value_name = "FLAGS", value_delimiter = ',')]
        flags: Option<Vec<String>>,
        /// The member knows who will write to them
        #[arg(long)]
        told: bool,
    },
    /// Accepts one, as sales
    Accept {
        /// As in the list
        id: String,
    },
    /// Gives one back, as sales
    Return {
        /// As in the list
        id: String,
        /// Why: no_need, no_budget, wrong_organization, competitor, no_reply, or words
        #[arg(long)]
        reason: String,
    },
}

impl HandOffs {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let (user, now) = (&arguments.user, now());
        let id = match self {
            Self::List { state } => {
                let as_of = arguments.as_of(&workspace).await?.unwrap_or(now);
                let mut all = app::list_as_of(&workspace, user, as_of, now).await?;
                all.retain(|one| state.as_ref().is_none_or(|state| one.state.name() == state));
                return list(arguments, &all, &workspace.time_zone().await?);
            }
            Self::Show { id } => id,
            Self::Send { id, to, note, flags, told } => {
                let (to, note, flags) = (to.clone(), note.clone(), flags.clone());
                let edit = Edit { to, note, flags, ..Edit::default() };
                app::edit(&workspace, id, &edit, user, now).await?;
                app::send(&workspace, id, *told, user, now).await?;
                id
            }
            Self::Accept { id } => {
                app::accept(&workspace, id, user, now).await?;
                id
            }
            Self::Return { id, reason } => {
                app::give_back(&workspace, id, reason, user, now).await?;
                id
            }
        };
        show(arguments, &app::open(&workspace, id, user, now).await?)
    }
}

fn list(arguments: &Arguments, all: &[HandOff], zone: &TimeZone) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["hand-off", "member", "state", "from", "to", "sent", "why closed"]);
    for one in all {
        listing.row([
            json!(one.hand_off_id),
            json!(one.name),
            json!(one.state),
            json!(one.from),
            json!(one.to),
            json!(one.sent_at),
            json!(one.closed.map(|closed| why_closed(closed, zone))),
        ]);
    }
    print(arguments.format, &listing, &all)
}

fn why_closed(closed: Closed, zone: &TimeZone) -> String {
    let day = |at: jiff::Timestamp| at.to_zoned(zone.clone()).date();
    match closed {
        Closed::NoConsent => "no consent".to_owned(),
        Closed::Revoked(at) => format!("consent taken back on {}", day(at)),
        Closed::Expired(at) => format!("expired on {}", day(at)),
        Closed::Returned => "given back".to_owned(),
    }
}

fn show(arguments: &Arguments, view: &View) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["part", "what", "when", "rests on"]);
    if let View::Dossier(dossier) = view {
        told(&mut listing, &dossier.sections);
        for entry in &dossier.audit {
            listing.row([
                json!("Who saw it"),
                json!(format!("{} {}", entry.who, entry.what)),
                json!(entry.at),
                Value::Null,
            ]);
        }
    }
    match view {
        View::Dossier(dossier) => print(arguments.format, &listing, dossier),
        View::Closed(one) => print(arguments.format, &listing, one),
    }
}

/// The lines of parts, and what is not known in each: rows of part, what, when and what it rests on.
pub(super) fn told(listing: &mut Listing, sections: &[Section]) {
    for section in sections {
        for line in &section.lines {
            let text = line.label.as_ref().map_or_else(|| line.text.clone(), |label| format!("{label}: {}", line.text));
            listing.row([json!(section.title), json!(text), json!(line.at), json!(line.evidence.join(", "))]);
        }
        for what in &section.unknown {
            listing.row([json!(section.title), json!(format!("Not known: {what}")), Value::Null, Value::Null]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_hand_off_is_closed_is_told_in_words() {
        let at = "2026-10-01T22:13:19Z".parse().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(why_closed(Closed::Expired(at), &berlin), "expired on 2026-10-02");
        assert_eq!(why_closed(Closed::Revoked(at), &TimeZone::UTC), "consent taken back on 2026-10-01");
        assert_eq!(why_closed(Closed::NoConsent, &TimeZone::UTC), "no consent");
    }
}
