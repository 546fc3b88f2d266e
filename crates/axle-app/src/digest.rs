//! The day's letter to each person: their own tasks, those late first; on Mondays what is told once a week. One a day, and none when nothing waits. Alerts beyond the
//! budget are in no letter.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

pub use axle_connectors::outgoing::mail::{Letter, Mailer};
use axle_store::sent;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::alerts::Delivered;
use crate::signposts::{self, Signpost};
use crate::tasks::{Task, Tasks, Urgency};
use crate::users::User;
use crate::{AppError, AppResult, Workspace, rota};

/// How letters go out.
#[derive(Clone)]
pub struct Mail {
    /// Who they are from.
    pub from: String,
    /// The mail server; `None`: they are files.
    pub server: Option<String>,
}

impl std::fmt::Debug for Mail {
    /// The server's address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("from", &self.from).field("has_server", &self.server.is_some()).finish()
    }
}

impl Mail {
    /// To a folder when one is named, else to the mail server, else to the workspace's folder `mail`.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when the server's address is none.
    pub fn mailer(&self, workspace: &Workspace, folder: Option<&Path>) -> AppResult<Mailer> {
        match (folder, &self.server) {
            (Some(folder), _) => Ok(Mailer::folder(&self.from, folder.to_owned())),
            (None, Some(url)) => Mailer::server(&self.from, url).map_err(|error| AppError::Invalid(error.to_string())),
            (None, None) => Ok(Mailer::folder(&self.from, workspace.folder().join("mail"))),
        }
    }
}

/// At most so many tasks of a group are named.
const NAMED: usize = 15;
/// The groups, with their headings.
const GROUPS: [(Urgency, &str); 3] =
    [(Urgency::Late, "Late"), (Urgency::Today, "Due today"), (Urgency::Week, "Due within a week")];

/// What is told once a week: on Mondays.
///
/// # Errors
/// When the record cannot be read.
pub async fn weekly(workspace: &Workspace, now: Timestamp) -> AppResult<Weekly> {
    let day = now.to_zoned(workspace.time_zone().await?).date();
    if day.weekday() != Weekday::Monday {
        return Ok(Weekly::default());
    }
    let mut never_clicked = signposts::never_clicked(workspace, now).await?;
    let week = now - SignedDuration::from_hours(24 * 7);
    never_clicked.retain(|one| one.last_shown_at >= week);
    Ok(Weekly { never_clicked })
}

/// What is told once a week; empty on other days.
#[derive(Debug, Clone, Default)]
pub struct Weekly {
    /// To product: signposts to the community that were shown in the last seven days, and that nobody ever clicked.
    pub never_clicked: Vec<Signpost>,
}

impl Weekly {
    /// What concerns a user.
    fn lines(&self, user: &User) -> Vec<String> {
        if !rota::Rota::is_for("product_manager", user) {
            return Vec::new();
        }
        let line = |one: &Signpost| {
            let people = if one.people == 1 { "1 person".to_owned() } else { format!("{} people", one.people) };
            format!("- {}: shown to {people}, last on {}", one.signpost, one.last_shown_at.strftime("%-d %b"))
        };
        self.never_clicked.iter().take(NAMED).map(line).collect()
    }
}

/// A task, with for whom and at which organization it is, as far as the user may know.
fn line(task: &Task, user: &User, zone: &TimeZone) -> String {
    let name = if user.may_see_members() { format!(": {}", task.name) } else { String::new() };
    let at = task.organization_for(user).map_or_else(String::new, |name| format!(" at {name}"));
    let due = task.wanted.task.due_at.to_zoned(zone.clone()).strftime("%-d %b, %H:%M");
    format!("- {}{name}{at} (due {due})", task.wanted.task.title)
}

/// The letter for a user; `None` when nothing waits for them. `address` is where browsers reach this server.
pub fn letter(
    user: &User,
    tasks: &Tasks,
    weekly: &Weekly,
    slug: &str,
    address: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Letter> {
    let own: Vec<&Task> = tasks.list.iter().filter(|task| task.is_of(user) && task.told_at.is_some()).collect();
    let of = |urgency| own.iter().filter(move |task| task.urgency(now, zone) == urgency);
    let pressing: usize = GROUPS.iter().map(|(urgency, _)| of(*urgency).count()).sum();
    let unclicked = weekly.lines(user);
    if pressing == 0 && unclicked.is_empty() {
        return None;
    }
    let mut text = format!("Hello {},\n", user.name);
    for (urgency, heading) in GROUPS {
        let count = of(urgency).count();
        if count == 0 {
            continue;
        }
        let _ = writeln!(text, "\n{heading} ({count})");
        let mut named: Vec<&Task> = of(urgency).copied().collect();
        if urgency == Urgency::Late {
            // Those that can still be helped come first.
            named.reverse();
        }
        for task in named.into_iter().take(NAMED) {
            let _ = writeln!(text, "{}", line(task, user, zone));
        }
        if count > NAMED {
            let _ = writeln!(text, "- and {} more", count - NAMED);
        }
    }
    if !unclicked.is_empty() {
        let _ = writeln!(text, "\nSignposts to the community that nobody has clicked\n{}", unclicked.join("\n"));
    }
    let _ = write!(text, "\n{address}/{slug}/today\n");
    let day = now.to_zoned(zone.clone()).date();
    let late = of(Urgency::Late).count();
    let noun = if pressing == 1 { "task" } else { "tasks" };
    let subject = match late {
        0 if pressing == 0 => format!("This week in {slug}"),
        0 => format!("{pressing} {noun} for you in {slug}"),
        late => format!("{pressing} {noun} for you in {slug}, {late} late"),
    };
    let who: String = user.email.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Some(Letter { id: format!("digest-{slug}-{day}-{who}"), to: user.email.clone(), subject, text })
}

/// Sends today's letters to those who do not have theirs yet.
///
/// # Errors
/// When the record cannot be read or written; what does not arrive is noted, logged and counted.
pub async fn send(
    workspace: &Workspace,
    users: &[User],
    tasks: &Tasks,
    mailer: &Arc<Mailer>,
    address: &str,
    now: Timestamp,
) -> AppResult<Delivered> {
    let zone = workspace.time_zone().await?;
    let weekly = weekly(workspace, now).await?;
    let what = format!("digest:{}", now.to_zoned(zone.clone()).date());
    let mut delivered = Delivered::default();
    for user in users {
        let Some(letter) = letter(user, tasks, &weekly, workspace.slug(), address, now, &zone) else { continue };
        if sent::has_arrived(workspace.db(), &what, &user.email).await? {
            continue;
        }
        let mailer = Arc::clone(mailer);
        let ended = tokio::task::spawn_blocking(move || mailer.send(&letter, now)).await;
        let ended = ended.map_err(|error| AppError::Internal(error.to_string()))?;
        delivered.count(&ended);
        let failure = ended.err().map(|error| error.to_string());
        if let Some(reason) = &failure {
            tracing::warn!(workspace = workspace.slug(), reason, "a digest did not arrive");
        }
        let mut tx = workspace.db().begin().await?;
        sent::note(&mut tx, &what, &user.email, now.as_microsecond(), failure.as_deref()).await?;
        tx.commit().await?;
    }
    Ok(delivered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_is_told_of_signposts_that_nobody_clicks() {
        let at: Timestamp = "2026-03-06T10:00:00Z".parse().unwrap();
        let one = |signpost: &str, people| Signpost {
            signpost: signpost.into(),
            people,
            first_shown_at: at,
            last_shown_at: at,
        };
        let weekly = Weekly { never_clicked: vec![one("footer", 212), one("banner", 1)] };
        let user = |role: &str| User { email: "p@axle.example".into(), name: "P".into(), role: role.into() };
        let lines = ["- footer: shown to 212 people, last on 6 Mar", "- banner: shown to 1 person, last on 6 Mar"];
        assert_eq!(weekly.lines(&user("product")), lines);
        assert_eq!(weekly.lines(&user("builder")), [] as [&str; 0]);
    }

    #[test]
    fn a_task_says_for_whom_and_where_as_far_as_one_may_know() {
        let mut task = crate::tasks::tests::task("2026-03-06T17:00:00Z", "community_builder", None);
        task.organization = Some("Harbor Bank".into());
        let told = |task: &Task, role: &str| {
            let user = User { email: "p@axle.example".into(), name: "P".into(), role: role.into() };
            line(task, &user, &TimeZone::UTC)
        };
        assert_eq!(told(&task, "builder"), "- Qualify: Sunita at Harbor Bank (due 6 Mar, 17:00)");
        assert_eq!(told(&task, "sales"), "- Qualify (due 6 Mar, 17:00)");
        task.has_deal = true;
        assert_eq!(told(&task, "sales"), "- Qualify at Harbor Bank (due 6 Mar, 17:00)");
    }
}
