//! What the server does by itself: alerts go out within a minute, each person has a letter a day, and workspaces are brought to each
//! new day before anybody asks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axle_app::alerts::{self, Delivered, Http, Outgoing};
use axle_app::digest::{self, Mail};
use axle_app::{AppResult, users};
use jiff::civil::Date;
use tokio::time::{Interval, MissedTickBehavior};

use crate::AppState;
use crate::state::Opened;

/// How often it looks.
const ROUND: Duration = Duration::from_secs(60);
/// From which local hour on letters are written.
const MORNING: i8 = 7;

/// How the server is reached, and reaches others.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Where browsers reach it, without a slash at its end: messages link there.
    pub address: String,
    /// How letters go out.
    pub mail: Mail,
}

/// Goes on until the process ends. What fails is logged, and tried again at the next round.
pub(crate) async fn run(state: AppState, outside: Outside) {
    tokio::join!(send(&state, &outside), bring_to_new_days(&state));
}

async fn send(state: &AppState, outside: &Outside) {
    let outgoing: Arc<dyn Outgoing> = Arc::new(Http::default());
    let mut written: HashMap<String, Date> = HashMap::new();
    let mut rounds = rounds();
    loop {
        rounds.tick().await;
        for slug in state.slugs() {
            if let Err(error) = round(state, &slug, outside, &outgoing, &mut written).await {
                tracing::error!(slug, %error, "a round of the server's own work failed");
            }
        }
    }
}

fn rounds() -> Interval {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rounds
}

async fn bring_to_new_days(state: &AppState) {
    let (mut days, mut rounds) = (NewDays::default(), rounds());
    // Whoever comes right after the start brings up what they look at, and is not held up by the rest.
    rounds.tick().await;
    loop {
        rounds.tick().await;
        days.round(state).await;
    }
}

/// The local day to which each workspace was brought.
#[derive(Debug, Default)]
pub struct NewDays(HashMap<String, Date>);

impl NewDays {
    /// Brings every workspace to its local day: scores, runs of the flywheels and what the first pages show are made once, unless
    /// somebody has asked before. What fails is logged, and tried again at the next round; while imports are read it waits.
    pub async fn round(&mut self, state: &AppState) {
        for slug in state.slugs() {
            if let Err(error) = self.bring(state, &slug).await {
                tracing::error!(slug, %error, "a workspace was not brought to the new day");
            }
        }
    }

    async fn bring(&mut self, state: &AppState, slug: &str) -> AppResult<()> {
        let now = state.now();
        let Some(opened) = state.workspace(slug).await? else { return Ok(()) };
        if opened.imports.is_busy() {
            return Ok(());
        }
        let today = now.to_zoned(opened.workspace.time_zone().await?).date();
        once_a_day(&mut self.0, slug, today, async { Box::pin(opened.bring_to(now)).await.map(|()| true) }).await
    }
}

async fn round(
    state: &AppState,
    slug: &str,
    outside: &Outside,
    outgoing: &Arc<dyn Outgoing>,
    written: &mut HashMap<String, Date>,
) -> AppResult<()> {
    let now = state.now();
    let Some(opened) = state.workspace(slug).await? else { return Ok(()) };
    let workspace = &opened.workspace;
    if opened.imports.is_busy() {
        return Ok(());
    }
    if !alerts::hooks(workspace).await?.is_empty() {
        let tasks = opened.tasks(now).await?;
        alerts::send(workspace, &tasks, outgoing, &outside.address, now).await?;
    }
    let local = now.to_zoned(workspace.time_zone().await?);
    if local.hour() >= MORNING {
        // They are sent once none is left that another try may bring; whoever has theirs gets no second one.
        once_a_day(written, slug, local.date(), async {
            Ok(!letters(state, &opened, outside).await?.is_worth_another_try())
        })
        .await?;
    }
    Ok(())
}

/// Does a workspace's work of the day unless it is done: it gives whether it is.
async fn once_a_day(
    done: &mut HashMap<String, Date>,
    slug: &str,
    today: Date,
    work: impl Future<Output = AppResult<bool>>,
) -> AppResult<()> {
    if done.get(slug) != Some(&today) && work.await? {
        done.insert(slug.to_owned(), today);
    }
    Ok(())
}

async fn letters(state: &AppState, opened: &Opened, outside: &Outside) -> AppResult<Delivered> {
    let now = state.now();
    let users = users::list(state.server()).await?;
    if users.is_empty() {
        return Ok(Delivered::default());
    }
    let mailer = Arc::new(outside.mail.mailer(&opened.workspace, None)?);
    let tasks = opened.tasks(now).await?;
    digest::send(&opened.workspace, &users, &tasks, &mailer, &outside.address, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn letters_are_sent_until_none_is_left_that_may_arrive() {
        let (sunday, monday) = ("2026-03-15".parse().unwrap(), "2026-03-16".parse().unwrap());
        let ended = |arrived, failed, refused| Delivered { arrived, failed, refused };
        // The mail server is down; then it takes two letters, and does not know the third address.
        let rounds = [
            (sunday, ended(0, 3, 0), 1),
            (sunday, ended(2, 1, 1), 2),
            (sunday, ended(0, 0, 0), 2),
            (monday, ended(3, 0, 0), 3),
            (monday, ended(0, 0, 0), 3),
        ];
        let (mut written, mut sent) = (HashMap::new(), 0);
        for (today, delivered, expected) in rounds {
            let letters = async {
                sent += 1;
                Ok(!delivered.is_worth_another_try())
            };
            once_a_day(&mut written, "main", today, letters).await.unwrap();
            assert_eq!(sent, expected, "{today}: {delivered:?}");
        }
    }
}
