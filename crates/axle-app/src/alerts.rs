//! Alerts: what people should know at once goes to the web hooks of a workspace. They carry no names: a channel of a chat is
//! read by more people than may see members.

use std::sync::Arc;

pub use axle_connectors::outgoing::{Http, Outgoing};
use axle_connectors::outgoing::{OutgoingError, deliver};
use axle_store::{sent, setting};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::flywheels::AgainBy;
use crate::tasks::{Task, Tasks};
use crate::today::{Part, part};
use crate::{AppError, AppResult, Workspace};

/// Name of the setting.
const SETTING: &str = "alerts";
/// What began longer ago is no news.
const NEWS_HOURS: i64 = 24;

/// A place that alerts go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Its address; whoever knows it may write there.
    pub url: String,
    /// In which shape.
    #[serde(default)]
    pub kind: HookKind,
}

/// The shape of an alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookKind {
    /// `{"text": "…"}`: Slack, Mattermost, Zulip, Discord's `/slack`.
    #[default]
    Slack,
    /// Every part of it by name.
    Json,
}

/// Something that people should know at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// `hand_raised`, `lead_again`, `champion_quiet` or `handed_over`.
    pub kind: &'static str,
    /// The task that answers it.
    pub task_id: String,
    /// What happened.
    pub text: String,
    /// Until when somebody should have answered.
    pub due_at: Timestamp,
    /// The page with the task: a path on this server.
    pub page: String,
    /// Since when it is due sooner than usual: told once more.
    pub pressing_since: Option<Timestamp>,
}

/// How sending went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Messages that arrived.
    pub arrived: usize,
    /// Those that did not.
    pub failed: usize,
    /// Of those, how many will not be taken however often they are sent.
    pub refused: usize,
}

impl Delivered {
    /// Counts a message by how sending it ended.
    pub(crate) fn count(&mut self, ended: &Result<(), OutgoingError>) {
        match ended {
            Ok(()) => self.arrived += 1,
            Err(error) => {
                self.failed += 1;
                self.refused += usize::from(matches!(error, OutgoingError::Refused(_)));
            }
        }
    }

    /// Whether something may still arrive when it is sent again.
    pub fn is_worth_another_try(self) -> bool {
        self.failed > self.refused
    }
}

/// Where a workspace's alerts go.
///
/// # Errors
/// When the setting cannot be read.
pub async fn hooks(workspace: &Workspace) -> AppResult<Vec<Hook>> {
    let Some((value, _)) = setting::get(workspace.db(), SETTING).await? else { return Ok(Vec::new()) };
    serde_json::from_str(&value)
        .map_err(|error| AppError::Internal(format!("the stored hooks cannot be read: {error}")))
}

/// Sets where alerts go.
///
/// # Errors
/// [`AppError::Invalid`] when an address is none.
pub async fn set_hooks(workspace: &Workspace, hooks: &[Hook], by: &str, now: Timestamp) -> AppResult<()> {
    let is_url = |url: &str| {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
    };
    if let Some(wrong) = hooks.iter().find(|hook| !is_url(&hook.url)) {
        return Err(AppError::Invalid(format!("`{}` is no address: write https://…", wrong.url)));
    }
    let value = serde_json::to_string(hooks).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut tx = workspace.db().begin().await?;
    setting::set(&mut tx, SETTING, &value, Some(by), now.as_microsecond()).await?;
    Ok(tx.commit().await?)
}

/// What is news among the tasks: raised hands, leads to be decided on again, champions whose rhythm broke, and who was handed over, as far as the budget of alerts reaches.
pub fn of(tasks: &Tasks, slug: &str, now: Timestamp) -> Vec<Alert> {
    let since = now - SignedDuration::from_hours(NEWS_HOURS);
    tasks.list.iter().filter_map(|task| alert(task, slug, since)).collect()
}

/// `None` for a task that is no news, or that people were told of before.
fn alert(task: &Task, slug: &str, since: Timestamp) -> Option<Alert> {
    let pressing_since = task.wanted.task.pressing_since;
    task.told_at.max(pressing_since).filter(|told| *told >= since)?;
    let (kind, what) = match (part(task), task.template()) {
        (Part::Hands, _) if pressing_since.is_some() => {
            ("hand_raised", "A member showed interest in buying, and is waiting for an answer")
        }
        (Part::Hands, "qualify") if task.again.is_some() => ("lead_again", again(task.again.as_ref()?)),
        (Part::Hands, _) => ("hand_raised", "A member showed interest in buying"),
        (_, "check_in") => ("champion_quiet", "A champion does far less than usual"),
        (_, "open_dossier") => ("handed_over", "A member was handed over to sales"),
        _ => return None,
    };
    let title = &task.wanted.task.title;
    Some(Alert {
        kind,
        pressing_since,
        task_id: task.task_id.clone(),
        text: format!("{what}. To do: {title}."),
        due_at: task.wanted.task.due_at,
        page: format!("/{slug}/today"),
    })
}

/// What brought a lead to where it is decided on again.
fn again(by: &AgainBy) -> &'static str {
    match by {
        AgainBy::GivenBack(_) => "Sales gave a lead back",
        AgainBy::Ended => "A lead's hand-off to sales ended",
        AgainBy::SentBack => "A lead was sent back",
        AgainBy::Rested => "A lead's rest is over",
    }
}

impl Alert {
    /// As a hook gets it; `address` is where browsers reach this server, without a slash at its end.
    fn body(&self, kind: HookKind, address: &str) -> Value {
        let link = format!("{address}{}", self.page);
        match kind {
            HookKind::Slack => json!({ "text": format!("{} {link}", self.text) }),
            HookKind::Json => json!({
                "kind": self.kind, "task_id": self.task_id, "text": self.text, "due_at": self.due_at, "link": link,
            }),
        }
    }
}

/// Sends what is news to every hook that does not have it yet.
///
/// # Errors
/// When the record cannot be read or written; what does not arrive is noted, logged and counted.
pub async fn send(
    workspace: &Workspace,
    tasks: &Tasks,
    outgoing: &Arc<dyn Outgoing>,
    address: &str,
    now: Timestamp,
) -> AppResult<Delivered> {
    let mut delivered = Delivered::default();
    for hook in hooks(workspace).await? {
        let place = blake3::hash(hook.url.as_bytes()).to_hex()[..16].to_owned();
        for alert in of(tasks, workspace.slug(), now) {
            let again = if alert.pressing_since.is_some() { ":pressing" } else { "" };
            let named = |task_id: &str| format!("{}:{task_id}{again}", alert.kind);
            let what = named(&alert.task_id);
            let former = tasks.get(&alert.task_id).into_iter().flat_map(|task| tasks.former_ids(task));
            let former: Vec<String> = former.map(|task_id| named(&task_id)).collect();
            let mut has_it = sent::has_arrived(workspace.db(), &what, &place).await?;
            for what in &former {
                has_it = has_it || sent::has_arrived(workspace.db(), what, &place).await?;
            }
            if has_it {
                continue;
            }
            let (outgoing, url) = (Arc::clone(outgoing), hook.url.clone());
            let body = alert.body(hook.kind, address).to_string();
            let runtime = tokio::runtime::Handle::current();
            let post = move || deliver(&*outgoing, &url, &body, &|wait| runtime.block_on(tokio::time::sleep(wait)));
            let ended = tokio::task::spawn_blocking(post).await;
            let ended = ended.map_err(|error| AppError::Internal(error.to_string()))?;
            delivered.count(&ended);
            let failure = ended.err().map(|error| error.to_string());
            if let Some(reason) = &failure {
                tracing::warn!(workspace = workspace.slug(), hook = place, reason, "an alert did not arrive");
            }
            let mut tx = workspace.db().begin().await?;
            sent::note(&mut tx, &what, &place, now.as_microsecond(), failure.as_deref()).await?;
            tx.commit().await?;
        }
    }
    Ok(delivered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_in_is_news_once_it_is_pushed() {
        let since = "2026-03-06T00:00:00Z".parse().unwrap();
        let mut task = crate::tasks::tests::task("2026-03-06T17:00:00Z", "community_builder", None);
        assert_eq!(alert(&task, "main", since), None, "not every task is news");
        task.wanted.task.task = "champion_health/watch/check_in".into();
        let mut kind = |told: Option<&str>| {
            task.told_at = told.map(|told| told.parse().unwrap());
            alert(&task, "main", since).map(|alert| alert.kind)
        };
        assert_eq!(kind(None), None, "listed");
        assert_eq!(kind(Some("2026-03-06T00:00:00Z")), Some("champion_quiet"));
        assert_eq!(kind(Some("2026-03-05T00:00:00Z")), None, "told of before");
    }

    #[test]
    fn sales_hears_of_a_hand_off() {
        let since = "2026-03-06T00:00:00Z".parse().unwrap();
        let mut task = crate::tasks::tests::task("2026-03-06T17:00:00Z", "account_executive", None);
        task.wanted.task.task = "deal_champions/introduced/open_dossier".into();
        let told = alert(&task, "main", since).unwrap();
        assert_eq!((told.kind, told.task_id.as_str()), ("handed_over", "t"));
        task.wanted.task.task = "deal_champions/introduced/introduce".into();
        assert_eq!(alert(&task, "main", since), None);
    }

    #[test]
    fn who_waits_now_is_news_once_more() {
        let since = "2026-03-06T00:00:00Z".parse().unwrap();
        let mut task = crate::tasks::tests::task("2026-03-06T17:00:00Z", "community_builder", None);
        task.wanted.task.task = "community_qualified_leads/signals_need/qualify".into();
        task.wanted.task.run.flywheel = "community_qualified_leads".into();
        task.told_at = Some("2026-03-04T10:00:00Z".parse().unwrap());
        assert_eq!(alert(&task, "main", since), None, "told of before");
        task.wanted.task.pressing_since = Some("2026-03-06T09:00:00Z".parse().unwrap());
        let told = alert(&task, "main", since).unwrap();
        assert!(told.kind == "hand_raised" && told.text.contains("is waiting for an answer"), "{told:?}");
    }

    #[test]
    fn a_lead_that_comes_again_raised_no_hand() {
        let since = "2026-03-06T00:00:00Z".parse().unwrap();
        let mut task = crate::tasks::tests::task("2026-03-06T17:00:00Z", "community_builder", None);
        task.wanted.task.task = "community_qualified_leads/signals_need/qualify".into();
        task.wanted.task.run.flywheel = "community_qualified_leads".into();
        let mut told = |again| {
            task.again = again;
            let alert = alert(&task, "main", since).unwrap();
            (alert.kind, alert.text)
        };
        let (kind, text) = told(Some(AgainBy::GivenBack("h1".into())));
        assert_eq!((kind, text.as_str()), ("lead_again", "Sales gave a lead back. To do: Qualify."));
        assert_eq!(told(Some(AgainBy::Rested)).1, "A lead's rest is over. To do: Qualify.");
        assert_eq!(told(None).0, "hand_raised");
        task.wanted.task.pressing_since = Some("2026-03-06T09:00:00Z".parse().unwrap());
        assert_eq!(alert(&task, "main", since).unwrap().kind, "hand_raised", "they wait for an answer now");
    }

    #[test]
    fn a_hand_that_is_raised_again_is_news_wherever_the_run_is() {
        let since = "2026-03-06T00:00:00Z".parse().unwrap();
        let mut task = crate::tasks::tests::task("2026-03-06T17:00:00Z", "community_builder", None);
        task.wanted.task.run.flywheel = "community_qualified_leads".into();
        for step in ["introduction", "dossier", "sales_helps", "tells_refers"] {
            task.wanted.task.task = format!("community_qualified_leads/{step}/new_signal");
            assert_eq!(alert(&task, "main", since).unwrap().kind, "hand_raised", "{step}");
        }
    }

    #[test]
    fn an_alert_says_what_to_do_and_names_nobody() {
        let alert = Alert {
            kind: "hand_raised",
            task_id: "t1".into(),
            text: "A member showed interest in buying. To do: Qualify this signal.".into(),
            due_at: "2026-03-06T17:00:00Z".parse().unwrap(),
            page: "/main/today".into(),
            pressing_since: None,
        };
        let slack = json!({ "text": "A member showed interest in buying. To do: Qualify this signal. https://axle.example/main/today" });
        assert_eq!(alert.body(HookKind::Slack, "https://axle.example"), slack);
        let body = alert.body(HookKind::Json, "https://axle.example");
        assert_eq!((&body["kind"], &body["due_at"]), (&json!("hand_raised"), &json!("2026-03-06T17:00:00Z")));
    }
}
