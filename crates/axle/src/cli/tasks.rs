//! `axle tasks`: what the flywheels ask people to do, and what became of it.

use axle_app::rota::{self, Order, Turn};
use axle_app::tasks::{self, Agreed, Answer};
use axle_app::{AppError, flywheels};
use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print, print_fields};
use crate::wiring::now;

/// What there is to do for people
#[derive(Debug, Subcommand)]
pub(crate) enum Tasks {
    /// Everything that is wanted now, soonest due first
    List {
        /// Only what this role is asked to do
        #[arg(long, value_name = "ROLE")]
        role: Option<String>,
        /// Only what this person is asked to do
        #[arg(long, value_name = "PERSON")]
        assignee: Option<String>,
    },
    /// Answers a task: the run moves at once
    Done {
        /// As `axle tasks list` shows it
        id: String,
        /// One of the task's outcomes
        #[arg(long, value_name = "OUTCOME", default_value = tasks::DONE)]
        outcome: String,
        /// Where the outcome asks for one
        #[arg(long, value_name = "REASON")]
        reason: Option<String>,
        /// Until which day it rests
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        /// What to remember
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Where they agreed to be handed to sales, for an outcome that needs a consent which nobody has recorded: Slack, a call
        #[arg(long, value_name = "PLACE")]
        agreed_in: Option<String>,
        /// That consent covers what they said in private channels too: mail, tickets, calls
        #[arg(long, requires = "agreed_in")]
        private: bool,
        /// Who decided; `command line` unless given, and the user of `--as-user`
        #[arg(long, value_name = "PERSON")]
        by: Option<String>,
    },
    /// Gives a task to somebody
    Assign {
        /// As `axle tasks list` shows it
        id: String,
        /// The e-mail address of a user
        #[arg(long, value_name = "PERSON")]
        to: String,
    },
    /// Shows who is on for which role, or sets it
    Rota {
        /// The role
        role: Option<String>,
        /// E-mail addresses of users with commas between; none takes the role off the rota
        #[arg(long, value_name = "PEOPLE", value_delimiter = ',', requires = "role")]
        people: Option<Vec<String>>,
        /// How they take turns
        #[arg(long, value_enum, default_value = "weekly")]
        order: TurnOrder,
    },
}

/// How the people of a role take turns.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TurnOrder {
    /// Each for an ISO week
    Weekly,
    /// Always the first
    First,
}

impl Tasks {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let workspace = arguments.open().await?;
        match self {
            Self::List { role, assignee } => {
                let wanted = match arguments.as_of(&workspace).await? {
                    Some(as_of) => tasks::as_of(&workspace, &arguments.users().await?, as_of).await?,
                    None => tasks::list(&workspace, &arguments.users().await?, now()).await?,
                };
                let mut found = tasks::seen_by(&workspace, &wanted, &arguments.user, now()).await?;
                found.retain(|task| role.as_ref().is_none_or(|role| task.wanted.task.role == *role));
                found.retain(|task| assignee.is_none() || task.assignee == *assignee);
                listed(arguments, &found)
            }
            Self::Done { id, outcome, reason, until, note, agreed_in, private, by } => {
                let found = tasks::list(&workspace, &arguments.users().await?, now()).await?;
                let by = arguments.named(by.as_deref())?;
                if let Some(task) = found.get(id) {
                    task.must_decide(&workspace, outcome, &arguments.user, now()).await?;
                }
                let (reason, note) = (reason.clone(), note.clone());
                let (covers_private, user) = (*private, &arguments.user);
                let agreed = agreed_in.clone().map(|channel| Agreed { channel, covers_private, by: user.clone() });
                let answer = Answer { outcome: outcome.clone(), reason, until: *until, note, agreed };
                tasks::answer(&workspace, &found, id, &answer, by, now()).await?;
                let run = found.get(id).filter(|_| arguments.user.may_see_members()).map(|task| &task.wanted.run_id);
                let run = match run {
                    Some(run) => Some(flywheels::current(&workspace, now()).await?.run(run)?.run),
                    None => None,
                };
                print_fields(arguments.format, &json!({"task_id": id, "outcome": outcome, "run": run}))
            }
            Self::Assign { id, to } => {
                let found = tasks::list(&workspace, &arguments.users().await?, now()).await?;
                must_answer(arguments, &found, id)?;
                tasks::assign(&workspace, &found, id, to, now()).await?;
                print_fields(arguments.format, &json!({"task_id": id, "assignee": to}))
            }
            Self::Rota { role, people, order } => {
                if let (Some(role), Some(people)) = (role, people) {
                    let order = match order {
                        TurnOrder::Weekly => Order::Weekly,
                        TurnOrder::First => Order::First,
                    };
                    rota::set(&workspace, role, Turn { people: people.clone(), order }, arguments.by(), now()).await?;
                }
                let rota = rota::of(&workspace).await?;
                let mut listing = Listing::new(&["role", "people", "order"]);
                for (role, turn) in &rota.0 {
                    listing.row([json!(role), json!(turn.people), json!(turn.order)]);
                }
                print(arguments.format, &listing, &rota)
            }
        }
    }
}

/// Refuses who may not answer a task; one that nobody wants is told of later.
fn must_answer(arguments: &Arguments, tasks: &tasks::Tasks, id: &str) -> Result<(), AppError> {
    tasks.get(id).map_or(Ok(()), |task| task.must_answer(&arguments.user))
}

fn listed(arguments: &Arguments, found: &[tasks::Task]) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["id", "due", "what", "member", "organization", "role", "assignee", "outcomes"]);
    for task in found {
        let outcomes: Vec<&str> = task.outcomes.iter().map(|outcome| outcome.outcome.as_str()).collect();
        listing.row([
            json!(task.task_id),
            json!(task.wanted.task.due_at),
            json!(task.wanted.task.title),
            json!(task.name),
            json!(task.organization),
            json!(task.wanted.task.role),
            json!(task.assignee),
            json!(outcomes.join(", ")),
        ]);
    }
    print(arguments.format, &listing, &found)
}
