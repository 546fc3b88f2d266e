//! `axle questions`: what waits for an answer, whom to thank for one, and what goes to support.

use axle_app::hand_offs::escalation;
use axle_app::{questions, tasks};
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use super::hand_offs::told;
use crate::output::{Listing, print, print_fields, print_text};
use crate::wiring::now;

/// Questions that wait: thanking who answered, and giving them to support
#[derive(Debug, Subcommand)]
pub(crate) enum Questions {
    /// Open questions, the newest first
    List,
    /// Answers of members that the team has not thanked for, the newest first
    Thanks,
    /// Notes that somebody thanked who answered a question
    Thank {
        /// Id of the question, as in the list of thanks
        id: String,
        /// Who thanked; whoever runs the command unless given
        #[arg(long, value_name = "PERSON")]
        by: Option<String>,
    },
    /// Notes that a member was asked to answer an open question, nobody more than twice in a week
    Ask {
        /// Id of the question
        id: String,
        /// Id of the member, as the list names who could answer
        member: String,
        /// Who asked; whoever runs the command unless given
        #[arg(long, value_name = "PERSON")]
        by: Option<String>,
    },
    /// What support is told of a question
    Packet {
        /// Id of the question
        id: String,
        /// Plain text, to be sent
        #[arg(long)]
        text: bool,
    },
    /// Holds new questions against those answered before them, as a running server does by itself
    Duplicates,
    /// Gives an open question to support; a task asks to bring the answer back to the thread
    Escalate {
        /// Id of the question
        id: String,
        /// Steps that were tried, and what came of them
        #[arg(long, value_name = "TEXT", default_value = "")]
        tried: String,
        /// Where it happens: version, system
        #[arg(long, value_name = "TEXT", default_value = "")]
        environment: String,
        /// Who gives it; whoever runs the command unless given
        #[arg(long, value_name = "PERSON")]
        by: Option<String>,
    },
}

impl Questions {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        let now = now();
        match self {
            Self::List => {
                let found = questions::overview(&workspace, now).await?;
                let mut listing = Listing::new(&[
                    "question",
                    "asked",
                    "asker",
                    "channel",
                    "title",
                    "could answer",
                    "given to support",
                ]);
                for one in &found.open {
                    let title = one.title.as_ref().or(one.text.as_ref());
                    let at = one.escalated_at;
                    let who: Vec<&str> = one.could_answer.iter().map(|helper| helper.name.as_str()).collect();
                    listing.row([
                        json!(one.activity_id),
                        json!(one.asked_at),
                        json!(one.name),
                        json!(one.channel),
                        json!(title),
                        json!(who.join(", ")),
                        json!(at),
                    ]);
                }
                print(arguments.format, &listing, &found.open)
            }
            Self::Thanks => {
                let found = questions::overview(&workspace, now).await?;
                let mut listing = Listing::new(&["question", "answered", "by", "asker", "title"]);
                for one in &found.thanks {
                    listing.row([
                        json!(one.activity_id),
                        json!(one.answered_at),
                        json!(one.answerer),
                        json!(one.name),
                        json!(one.title),
                    ]);
                }
                print(arguments.format, &listing, &found.thanks)
            }
            Self::Thank { id, by } => {
                let found = tasks::list(&workspace, &arguments.users().await?, now).await?;
                print_fields(
                    arguments.format,
                    &questions::thank(&workspace, &found, id, arguments.named(by.as_deref())?, now).await?,
                )
            }
            Self::Ask { id, member, by } => {
                let found = questions::overview(&workspace, now).await?;
                questions::ask(&workspace, &found, id, member, arguments.named(by.as_deref())?, now).await?;
                print_fields(arguments.format, &json!({"question": id, "member_id": member, "asked_at": now}))
            }
            Self::Duplicates => print_fields(arguments.format, &questions::duplicates::find(&workspace, now).await?),
            Self::Packet { id, text } => self::packet(arguments, &workspace, id, *text).await,
            Self::Escalate { id, tried, environment, by } => {
                escalation::escalate(&workspace, id, (tried, environment), arguments.named(by.as_deref())?, now)
                    .await?;
                self::packet(arguments, &workspace, id, false).await
            }
        }
    }
}

async fn packet(arguments: &Arguments, workspace: &axle_app::Workspace, id: &str, as_text: bool) -> anyhow::Result<()> {
    let found = questions::overview(workspace, now()).await?;
    let packet = escalation::packet(workspace, &found, id, now()).await?;
    if as_text {
        return print_text(&packet.text(&workspace.time_zone().await?));
    }
    let mut listing = Listing::new(&["part", "what", "when", "rests on"]);
    told(&mut listing, &packet.sections);
    print(arguments.format, &listing, &packet)
}
