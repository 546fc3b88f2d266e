//! Which command needs what, for whom it is run: `--as-user`. The one place where that is said; a command that is not named here
//! does not compile.

use axle_app::permissions::Permission;
use axle_app::users::{self, User};
use axle_store::ServerDb;

use super::absences::Absences;
use super::accounts::Accounts;
use super::alerts::Alerts;
use super::bench::Bench;
use super::champions::Champions;
use super::channels::Channels;
use super::consents::Consents;
use super::feedback::Feedback;
use super::flywheel::Flywheel;
use super::hand_offs::HandOffs;
use super::identities::Identities;
use super::kpi::Kpi;
use super::members::Members;
use super::organizations::Organizations;
use super::questions::Questions;
use super::report::Report;
use super::segments::Segments;
use super::settings::Settings;
use super::source::Source;
use super::tasks::Tasks;
use super::text::Text;
use super::user::User as UserCommand;
use super::{Arguments, Command};

/// What somebody needs to run a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing: it tells figures, or nothing of this community.
    Nothing,
    /// A permission.
    To(Permission),
    /// What is asked for decides: the use case shows and does what this user may.
    ByCase,
}

use Need::{ByCase, Nothing, To};
use Permission::{
    Administer, AnswerTasks, Correct, DecideIdentities, HandOff, ManageSources, MarkAccounts, Publish, SeeMembers,
};

fn need(command: &Command) -> Need {
    match command {
        Command::Members(command) => members(command),
        Command::Identities(command) => identities(command),
        Command::Organizations(command) => organizations(command),
        Command::Kpi(command) => kpi(command),
        Command::Report(command) => match command {
            Report::Publish { .. } => To(Publish),
            Report::Published => Nothing,
        },
        Command::Flywheel(command) => flywheel(command),
        Command::Tasks(command) => tasks(command),
        Command::HandOffs(command) => match command {
            HandOffs::List { .. } | HandOffs::Show { .. } => ByCase,
            HandOffs::Send { .. } | HandOffs::Accept { .. } | HandOffs::Return { .. } => ByCase,
        },
        Command::Consents(command) => match command {
            Consents::List { .. } => To(SeeMembers),
            Consents::Give { .. } | Consents::Revoke { .. } => To(HandOff),
        },
        Command::Absences(command) => match command {
            Absences::List { .. } => To(SeeMembers),
            Absences::Add { .. } | Absences::CallOff { .. } => To(AnswerTasks),
        },
        Command::Champions(Champions::List) | Command::Accounts(Accounts::List { .. }) => To(SeeMembers),
        Command::Accounts(Accounts::Prospect { .. } | Accounts::Key { .. } | Accounts::NotKey { .. }) => {
            To(MarkAccounts)
        }
        Command::Feedback(Feedback::List { .. }) => To(SeeMembers),
        Command::Feedback(Feedback::Decide { .. } | Feedback::Told { .. }) => To(AnswerTasks),
        Command::Questions(command) => match command {
            Questions::List | Questions::Thanks | Questions::Packet { .. } => To(SeeMembers),
            Questions::Duplicates => To(ManageSources),
            Questions::Thank { .. } | Questions::Ask { .. } | Questions::Escalate { .. } => To(AnswerTasks),
        },
        Command::Sql(_) => To(SeeMembers),
        Command::Text(command) => text(command),
        Command::Source(command) => match command {
            Source::List | Source::Formats => Nothing,
            Source::Reconcile { .. } => To(SeeMembers),
        },
        Command::Channels(command) => match command {
            Channels::List | Channels::Qa { .. } => To(ManageSources),
            Channels::Private { .. } | Channels::Public { .. } => To(ManageSources),
        },
        Command::Import(_) => To(ManageSources),
        Command::Alerts(command) => match command {
            Alerts::List | Alerts::Add { .. } | Alerts::Remove { .. } | Alerts::Send { .. } => To(Administer),
        },
        Command::Settings(command) => match command {
            Settings::Show | Settings::TimeZone { .. } | Settings::Preview { .. } => To(Administer),
            Settings::BusinessHours { .. } | Settings::Currencies { .. } => To(Administer),
            Settings::RaiseHand { .. } | Settings::Score { .. } => To(Administer),
            Settings::DropRule { .. } | Settings::Leads { .. } | Settings::Identities { .. } => To(Administer),
            Settings::People { .. } => To(Administer),
        },
        Command::Segments(command) => match command {
            Segments::Verify | Segments::Rebuild | Segments::Compact => To(Administer),
        },
        Command::User(command) => match command {
            UserCommand::Add { .. } | UserCommand::List => To(Administer),
            UserCommand::Token { .. } | UserCommand::Tokens | UserCommand::Revoke { .. } => To(Administer),
        },
        Command::Bench(command) => match command {
            Bench::Generate { .. } | Bench::Run { .. } | Bench::Kpis { .. } | Bench::Turn { .. } => To(Administer),
        },
        Command::Demo(_) | Command::Serve(_) | Command::Digest(_) => To(Administer),
        Command::Backup(_) | Command::Restore(_) | Command::Export(_) | Command::Doctor(_) => To(Administer),
        #[cfg(feature = "cluster")]
        Command::Scheduler(_) | Command::Executor(_) => To(Administer),
    }
}

fn members(command: &Members) -> Need {
    match command {
        Members::List { .. } | Members::Show { .. } | Members::Affiliations { .. } => To(SeeMembers),
        Members::Introductions { .. } | Members::Words { .. } => To(SeeMembers),
        Members::Notes { .. } | Members::Roles { .. } => To(SeeMembers),
        Members::Note { .. } | Members::TakeNoteBack { .. } | Members::Introduce { .. } => To(Correct),
        Members::Tag { .. } | Members::Untag { .. } => To(Correct),
        Members::TagAll { .. } | Members::UntagAll { .. } => To(Correct),
        Members::GiveRole { .. } | Members::EndRole { .. } | Members::UndoRole { .. } => To(AnswerTasks),
        Members::Bot { .. } | Members::Teammate { .. } => To(ManageSources),
        Members::Affiliation { .. } => To(DecideIdentities),
    }
}

fn identities(command: &Identities) -> Need {
    match command {
        Identities::Suggestions { .. } | Identities::History { .. } => To(DecideIdentities),
        Identities::Merge { .. } | Identities::Split { .. } | Identities::Undo { .. } => To(DecideIdentities),
        Identities::Accept { .. } | Identities::Reject { .. } => To(DecideIdentities),
    }
}

fn organizations(command: &Organizations) -> Need {
    match command {
        Organizations::List { .. } | Organizations::Show { .. } => To(SeeMembers),
        Organizations::Suggestions { .. } | Organizations::History { .. } => To(DecideIdentities),
        Organizations::Merge { .. } | Organizations::Split { .. } | Organizations::Undo { .. } => To(DecideIdentities),
        Organizations::Parent { .. } => To(DecideIdentities),
        Organizations::Accept { .. } | Organizations::Reject { .. } => To(DecideIdentities),
    }
}

/// A figure that names people is refused where it is found in the catalogue.
fn kpi(command: &Kpi) -> Need {
    match command {
        Kpi::List | Kpi::Check { .. } => Nothing,
        Kpi::Show(_) | Kpi::Receipt(_) | Kpi::Why(_) | Kpi::Published => ByCase,
        Kpi::Publish(_) => To(Publish),
        Kpi::Rows(_) => To(SeeMembers),
    }
}

fn flywheel(command: &Flywheel) -> Need {
    match command {
        Flywheel::List | Flywheel::Show { .. } | Flywheel::Figures | Flywheel::Evaluate | Flywheel::Signposts => {
            Nothing
        }
        Flywheel::Runs { .. } | Flywheel::Run { .. } | Flywheel::Packet { .. } => To(SeeMembers),
        Flywheel::Check { .. } => Nothing,
        Flywheel::Preview { .. } | Flywheel::Save { .. } => To(Administer),
        Flywheel::Reset { .. } | Flywheel::History { .. } => To(Administer),
    }
}

fn tasks(command: &Tasks) -> Need {
    match command {
        Tasks::List { .. } | Tasks::Done { .. } | Tasks::Assign { .. } => ByCase,
        Tasks::Rota { .. } => To(Administer),
    }
}

fn text(command: &Text) -> Need {
    match command {
        Text::Label { .. } => Nothing,
        Text::Read { .. } | Text::Refit => To(Administer),
        Text::Correct { .. } | Text::Withdraw { .. } => To(Correct),
        Text::Corrections => To(SeeMembers),
    }
}

/// The user whom a command is run as, who may run it: whoever has the data folder is an administrator unless they say otherwise.
pub(super) async fn user(arguments: &Arguments) -> anyhow::Result<User> {
    let Some(email) = &arguments.as_user else { return Ok(User::command_line()) };
    let user = users::of_address(&ServerDb::open(&arguments.data).await?, email).await?;
    if let To(permission) = need(&arguments.command) {
        user.must(permission)?;
    }
    Ok(user)
}
