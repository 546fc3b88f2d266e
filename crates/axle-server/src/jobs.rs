//! What the server does by itself: alerts go out within a minute, and each person has a letter a day.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axle_app::alerts::{self, Delivered, Http, Outgoing};
use axle_app::digest::{self, Mail};
use axle_app::{AppResult, users};
use jiff::civil::Date;

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
    let outgoing: Arc<dyn Outgoing> = Arc::new(Http::default());
    let mut written: HashMap<String, Date> = HashMap::new();
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        rounds.tick().await;
        for slug in state.slugs() {
            if let Err(error) = round(&state, &slug, &outside, &outgoing, &mut written).await {
                tracing::error!(slug, %error, "a round of the server's own work failed");
            }
        }
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
        once_a_day(written, slug, local.date(), letters(state, &opened, outside)).await?;
    }
    Ok(())
}

/// Sends the day's letters unless that is done: it is once none is left that another try may bring. Whoever has theirs gets no
/// second one.
async fn once_a_day(
    written: &mut HashMap<String, Date>,
    slug: &str,
    today: Date,
    letters: impl Future<Output = AppResult<Delivered>>,
) -> AppResult<()> {
    if written.get(slug) != Some(&today) && !letters.await?.is_worth_another_try() {
        written.insert(slug.to_owned(), today);
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
                Ok(delivered)
            };
            once_a_day(&mut written, "main", today, letters).await.unwrap();
            assert_eq!(sent, expected, "{today}: {delivered:?}");
        }
    }
}
