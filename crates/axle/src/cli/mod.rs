//! The command line: one module per command.

mod absences;
mod accounts;
mod alerts;
mod backup;
mod bench;
mod champions;
mod channels;
#[cfg(feature = "cluster")]
mod cluster;
mod consents;
mod demo;
mod digest;
mod doctor;
mod export;
mod feedback;
mod flywheel;
mod hand_offs;
mod identities;
mod import;
mod kpi;
mod members;
mod organizations;
mod questions;
mod report;
mod roles;
mod segments;
mod serve;
mod settings;
mod source;
mod sql;
mod tasks;
mod text;
mod user;

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "cluster")]
use axle_analytics::DataFusionAnalytics;
use axle_analytics::QueryLimits;
use axle_app::users::{self, User};
use axle_model::time::Moment;
use axle_store::ServerDb;
use clap::{Parser, Subcommand};
use jiff::Timestamp;

use crate::output::Format;
use crate::wiring;

/// Community-led growth on your own machine: who your members are, how close each one is, and which figures can be trusted.
#[derive(Debug, Parser)]
#[command(name = "axle", version, about)]
pub(crate) struct Arguments {
    /// Folder that holds everything; made on first use
    #[arg(long, global = true, env = "AXLE_DATA", default_value = "./axle-data", value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Community inside the data folder, made on first use; `main` unless given, and `demo` for `axle demo`
    #[arg(long = "workspace", global = true, env = "AXLE_WORKSPACE", value_name = "SLUG")]
    named_workspace: Option<String>,
    /// The community that is meant.
    #[arg(skip)]
    pub(crate) workspace: String,
    /// Answer and write as this user, with what their role may: the e-mail address of one; an administrator unless given
    #[arg(long, global = true, env = "AXLE_AS_USER", value_name = "EMAIL")]
    pub(crate) as_user: Option<String>,
    /// Form of the answer
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub(crate) format: Format,
    /// Answer from what had happened when this day began (2026-03-01), or by this instant (2026-03-01T09:30:00Z)
    #[arg(long, global = true, value_name = "DATE")]
    as_of: Option<Moment>,
    /// Memory that all running queries share, in MiB; what does not fit is sorted and grouped on the disk
    #[arg(long, global = true, env = "AXLE_QUERY_MEMORY", default_value_t = 1024, value_name = "MIB", hide_short_help = true,
        value_parser = clap::value_parser!(u32).range(1..))]
    query_memory: u32,
    /// How long one query may run
    #[arg(long, global = true, env = "AXLE_QUERY_SECONDS", default_value_t = 60, value_name = "SECONDS", hide_short_help = true,
        value_parser = clap::value_parser!(u32).range(1..))]
    query_seconds: u32,
    #[cfg(feature = "cluster")]
    #[command(flatten)]
    cluster: cluster::Options,
    #[command(subcommand)]
    command: Command,
    /// Whom the command is run as.
    #[arg(skip = User::command_line())]
    pub(crate) user: User,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look around in a made-up company and its community
    Demo(demo::Demo),
    /// The web application
    Serve(serve::Serve),
    /// Read exports: Slack, Discord, Zulip, Discourse, Stack Exchange, mail, git, GitHub, events, tables, interchange
    Import(import::Import),
    /// Who your members are
    #[command(subcommand)]
    Members(members::Members),
    /// Who may be one person: suggestions, merging, splitting, undoing
    #[command(subcommand)]
    Identities(identities::Identities),
    /// Where your members work
    #[command(subcommand)]
    Organizations(organizations::Organizations),
    /// The catalogue of figures
    #[command(subcommand)]
    Kpi(kpi::Kpi),
    /// The report that is told to others
    #[command(subcommand)]
    Report(report::Report),
    /// The flywheels: who stands where, and why
    #[command(subcommand)]
    Flywheel(flywheel::Flywheel),
    /// What there is to do for people
    #[command(subcommand)]
    Tasks(tasks::Tasks),
    /// Where alerts go: raised hands, and champions gone quiet
    #[command(subcommand)]
    Alerts(alerts::Alerts),
    /// Writes each person's own tasks to them, those late first; each person once a day
    Digest(digest::Digest),
    /// Questions that wait: thanking who answered, and giving them to support
    #[command(subcommand)]
    Questions(questions::Questions),
    /// Champions: their roles, their rhythm against their own before, and what they wait to hear
    #[command(subcommand)]
    Champions(champions::Champions),
    /// Accounts: prospects, customers and key accounts, with what is at risk
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// Feedback: what was decided about it, and whether its authors were told
    #[command(subcommand)]
    Feedback(feedback::Feedback),
    /// Members on their way to sales, with their dossiers
    #[command(subcommand)]
    HandOffs(hand_offs::HandOffs),
    /// What members allow: being handed to sales, contact, recognition, linked visits
    #[command(subcommand)]
    Consents(consents::Consents),
    /// When members are known to be away: nobody is alarmed about their silence then
    #[command(subcommand)]
    Absences(absences::Absences),
    /// Ask anything of the public tables, read-only
    Sql(sql::Sql),
    /// What texts say: language, mood, questions, interest in buying, feedback
    #[command(subcommand)]
    Text(text::Text),
    /// Where activities come from
    #[command(subcommand)]
    Source(source::Source),
    /// Rooms, categories and repositories; which of them are for questions
    #[command(subcommand)]
    Channels(channels::Channels),
    /// Weights, milestones, decay and time zone
    #[command(subcommand)]
    Settings(settings::Settings),
    /// The column files that figures are computed from
    #[command(subcommand)]
    Segments(segments::Segments),
    /// A copy of the workspace as one file, whether or not it is being served
    Backup(backup::Backup),
    /// A workspace made of a backup: one that is not there yet
    Restore(backup::Restore),
    /// Everything that interchange can say, as files: importing them into an empty workspace gives equal figures
    Export(export::Export),
    /// Looks whether the workspace is sound, and says what to do where it is not
    Doctor(doctor::Doctor),
    /// Who may sign in
    #[command(subcommand)]
    User(user::User),
    /// How fast this machine answers
    #[command(subcommand)]
    Bench(bench::Bench),
    /// The machine of a cluster that plans queries and hands out work
    #[cfg(feature = "cluster")]
    Scheduler(cluster::Scheduler),
    /// A machine of a cluster that works
    #[cfg(feature = "cluster")]
    Executor(cluster::Executor),
}

pub(crate) async fn run(mut arguments: Arguments) -> anyhow::Result<()> {
    #[cfg(feature = "cluster")]
    arguments.cluster.check(&arguments.command)?;
    let usual = if matches!(arguments.command, Command::Demo(_)) { demo::WORKSPACE } else { "main" };
    arguments.workspace = arguments.named_workspace.clone().unwrap_or_else(|| usual.to_owned());
    arguments.user = roles::user(&arguments).await?;
    match &arguments.command {
        Command::Demo(command) => command.run(&arguments).await,
        Command::Serve(command) => command.run(&arguments).await,
        Command::Import(command) => command.run(&arguments).await,
        Command::Members(command) => command.run(&arguments).await,
        Command::Identities(command) => command.run(&arguments).await,
        Command::Organizations(command) => command.run(&arguments).await,
        Command::Kpi(command) => command.run(&arguments).await,
        Command::Report(command) => command.run(&arguments).await,
        Command::Flywheel(command) => command.run(&arguments).await,
        Command::Tasks(command) => command.run(&arguments).await,
        Command::Alerts(command) => command.run(&arguments).await,
        Command::Digest(command) => command.run(&arguments).await,
        Command::Questions(command) => command.run(&arguments).await,
        Command::Champions(command) => command.run(&arguments).await,
        Command::Accounts(command) => command.run(&arguments).await,
        Command::Feedback(command) => command.run(&arguments).await,
        Command::HandOffs(command) => command.run(&arguments).await,
        Command::Consents(command) => command.run(&arguments).await,
        Command::Absences(command) => command.run(&arguments).await,
        Command::Sql(command) => command.run(&arguments).await,
        Command::Text(command) => command.run(&arguments).await,
        Command::Source(command) => command.run(&arguments).await,
        Command::Channels(command) => command.run(&arguments).await,
        Command::Settings(command) => command.run(&arguments).await,
        Command::Segments(command) => command.run(&arguments).await,
        Command::Backup(command) => command.run(&arguments).await,
        Command::Restore(command) => command.run(&arguments).await,
        Command::Export(command) => command.run(&arguments).await,
        Command::Doctor(command) => command.run(&arguments).await,
        Command::User(command) => command.run(&arguments).await,
        Command::Bench(command) => command.run(&arguments).await,
        #[cfg(feature = "cluster")]
        Command::Scheduler(command) => command.run(&arguments).await,
        #[cfg(feature = "cluster")]
        Command::Executor(command) => command.run(&arguments).await,
    }
}

impl Arguments {
    /// Who is named as having said or changed something.
    pub(crate) fn by(&self) -> &str {
        &self.user.name
    }

    /// The same, where a command takes `--by`: whoever acts as a user says it under that user's name.
    pub(crate) fn named<'a>(&'a self, by: Option<&'a str>) -> Result<&'a str, axle_app::AppError> {
        if by.is_some() && self.as_user.is_some() {
            let told = "--by and --as-user both say who it was: leave one out";
            return Err(axle_app::AppError::Invalid(told.into()));
        }
        Ok(by.unwrap_or(self.by()))
    }

    /// The instant that is asked as of, in the workspace's time zone; `None` unless given.
    pub(crate) async fn as_of(&self, workspace: &axle_app::Workspace) -> Result<Option<Timestamp>, axle_app::AppError> {
        workspace.instant(self.as_of).await
    }

    /// Opens the workspace that the arguments name. Where others are and this one is not, it is asked for by mistake.
    pub(crate) async fn open(&self) -> anyhow::Result<axle_app::Workspace> {
        if let Some(told) = self.others() {
            return Err(axle_app::AppError::NotFound(told).into());
        }
        self.open_or_make().await
    }

    /// Who can sign in.
    pub(crate) async fn users(&self) -> anyhow::Result<Vec<User>> {
        Ok(users::list(&ServerDb::open(&self.data).await?).await?)
    }

    /// Opens the workspace that the arguments name, and makes it when it is not there.
    pub(crate) async fn open_or_make(&self) -> anyhow::Result<axle_app::Workspace> {
        #[cfg(feature = "cluster")]
        if let Some(cluster) = self.cluster.asked()? {
            let engine = |folder| DataFusionAnalytics::new(folder, self.query_limits()).on(cluster);
            return Ok(wiring::open_with(&self.data, &self.workspace, engine).await?);
        }
        Ok(wiring::open(&self.data, &self.workspace, self.query_limits()).await?)
    }

    /// Names the first step where an answer can only be empty: nothing has been imported.
    pub(crate) async fn hint_import(&self, workspace: &axle_app::Workspace) -> anyhow::Result<()> {
        if axle_app::sources::list(workspace).await?.is_empty() {
            eprintln!("axle: nothing has been imported yet: `axle import PATH` reads an export");
        }
        Ok(())
    }

    /// What to say when the workspace is not there, and others are.
    pub(crate) fn others(&self) -> Option<String> {
        let there = wiring::workspaces(&self.data);
        let is_name =
            self.workspace.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !is_name || there.is_empty() || there.contains(&self.workspace) {
            return None;
        }
        let here: Vec<String> = there.iter().map(|slug| format!("`--workspace {slug}`")).collect();
        let are = if here.len() == 1 { "is" } else { "are" };
        Some(format!(
            "there is no workspace `{}` in {}: {} {are} here; `axle import` makes a new one",
            self.workspace,
            self.data.display(),
            here.join(", ")
        ))
    }

    /// What queries may take.
    pub(crate) fn query_limits(&self) -> QueryLimits {
        QueryLimits {
            memory: (self.query_memory as usize) << 20,
            time: Duration::from_secs(self.query_seconds.into()),
            ..QueryLimits::default()
        }
    }
}
