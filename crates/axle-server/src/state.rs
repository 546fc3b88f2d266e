//! What requests share: users, open workspaces with what their pages keep, and the clock.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use axle_app::accounts::{self, Account};
use axle_app::background::{self, Imports};
use axle_app::boards::{self, Board, BoardView};
use axle_app::cached::Cached;
use axle_app::champions::{self, Champion};
use axle_app::flywheels::physics::{self, Overview};
use axle_app::glance::{Glance, Glances, Look, Tile, Window};
use axle_app::questions::Questions;
use axle_app::roster::{self, Changes, Roster};
use axle_app::said::{self, Said};
use axle_app::sources::{self, Newest};
use axle_app::tasks::{self, Tasks};
use axle_app::today::{self, Today};
use axle_app::users::User;
use axle_app::{
    AppError, AppResult, ServerDb, Workspace, flywheels, home, organizations, own_kpis, questions, score, users,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OnceCell};

use crate::limiter::Limiter;
use crate::routes::sources::Coverage;

/// A workspace that is being opened; it stays on the thread that began it.
pub type Open = Pin<Box<dyn Future<Output = AppResult<Workspace>>>>;

/// Opens the workspace of that slug with its query engine.
pub type Opener = Arc<dyn Fn(String) -> Open + Send + Sync>;

/// What requests share. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
    /// Browsers reach the server over HTTPS, perhaps through a proxy.
    pub(crate) is_https: bool,
}

struct Inner {
    server: ServerDb,
    data: PathBuf,
    open: Opener,
    clock: fn() -> Timestamp,
    sign_ins: Limiter,
    forms: Limiter,
    workspaces: Mutex<HashMap<String, Arc<OnceCell<Arc<Opened>>>>>,
}

/// An open workspace and what its pages keep while nothing changes.
pub(crate) struct Opened {
    pub(crate) workspace: Workspace,
    server: ServerDb,
    /// Whom tasks were last given to.
    users: Mutex<Vec<User>>,
    pub(crate) imports: Imports,
    roster: Cached<Roster>,
    changes: Cached<Changes>,
    glances: Glances,
    questions: Cached<Questions>,
    said: Cached<Said>,
    coverage: Cached<Vec<Coverage>>,
    newest: Cached<Option<Newest>>,
    organizations: Cached<Vec<organizations::Line>>,
    champions: Cached<Vec<Champion>>,
    accounts: Cached<Vec<Account>>,
    tasks: Cached<Tasks>,
    today: Cached<Today>,
    flywheels: Cached<Overview>,
}

impl AppState {
    /// `data` is the folder that holds `workspaces/<slug>`; only slugs that exist there are opened, each once.
    pub fn new(server: ServerDb, data: &Path, open: Opener, clock: fn() -> Timestamp) -> Self {
        let inner = Inner {
            server,
            data: data.to_owned(),
            open,
            clock,
            sign_ins: Limiter::default(),
            forms: Limiter::default(),
            workspaces: Mutex::default(),
        };
        Self { inner: Arc::new(inner), is_https: false }
    }

    /// Says whether browsers reach the server over HTTPS: then cookies are for HTTPS alone.
    #[must_use]
    pub fn with_https(mut self, is_https: bool) -> Self {
        self.is_https = is_https;
        self
    }

    pub(crate) fn server(&self) -> &ServerDb {
        &self.inner.server
    }

    /// Failed sign-ins by network address.
    pub(crate) fn sign_ins(&self) -> &Limiter {
        &self.inner.sign_ins
    }

    /// What came through forms that anybody can send, by network address.
    pub(crate) fn forms(&self) -> &Limiter {
        &self.inner.forms
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    pub(crate) fn clock(&self) -> fn() -> Timestamp {
        self.inner.clock
    }

    /// Has every open workspace read its catalogue of KPIs anew: they share the folder of own definitions.
    pub(crate) async fn reload_kpis(&self) -> AppResult<()> {
        let open: Vec<_> = self.inner.workspaces.lock().await.values().cloned().collect();
        for opened in open.iter().filter_map(|cell| cell.get()) {
            own_kpis::reload(&opened.workspace)?;
        }
        Ok(())
    }

    /// The slugs on disk, by name; `main` comes first, since it is where a server begins.
    pub(crate) fn slugs(&self) -> Vec<String> {
        let Ok(folders) = std::fs::read_dir(self.inner.data.join("workspaces")) else { return Vec::new() };
        let mut slugs: Vec<String> = folders
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|slug| self.exists(slug))
            .collect();
        slugs.sort_by(|a, b| (a != "main", a).cmp(&(b != "main", b)));
        slugs
    }

    fn exists(&self, slug: &str) -> bool {
        let is_slug = slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        is_slug && !slug.is_empty() && self.inner.data.join("workspaces").join(slug).join("axle.db").is_file()
    }

    /// The workspace of that slug, opened when first asked for; `None` when there is none on disk.
    pub(crate) async fn workspace(&self, slug: &str) -> AppResult<Option<Arc<Opened>>> {
        if !self.exists(slug) {
            return Ok(None);
        }
        let cell = Arc::clone(self.inner.workspaces.lock().await.entry(slug.to_owned()).or_default());
        let opened = cell.get_or_try_init(|| self.open(slug)).await?;
        Ok(Some(Arc::clone(opened)))
    }

    async fn open(&self, slug: &str) -> AppResult<Arc<Opened>> {
        let (open, own) = (Arc::clone(&self.inner.open), slug.to_owned());
        let runtime = tokio::runtime::Handle::current();
        let opening = tokio::task::spawn_blocking(move || runtime.block_on(open(own)));
        let workspace = opening.await.map_err(|error| AppError::Internal(error.to_string()))??;
        let abandoned = background::clear_up(&workspace, self.now()).await?;
        if abandoned > 0 {
            tracing::warn!(slug, abandoned, "imports were stopped before their end");
        }
        let imports = Imports::default();
        imports.words().start(&workspace, self.clock()).await;
        Ok(Arc::new(Opened {
            workspace,
            server: self.inner.server.clone(),
            users: Mutex::default(),
            imports,
            roster: Cached::default(),
            changes: Cached::default(),
            glances: Glances::default(),
            questions: Cached::default(),
            said: Cached::default(),
            coverage: Cached::default(),
            newest: Cached::default(),
            organizations: Cached::default(),
            champions: Cached::default(),
            accounts: Cached::default(),
            tasks: Cached::default(),
            today: Cached::default(),
            flywheels: Cached::default(),
        }))
    }
}

impl Opened {
    /// Makes what follows from the day and what home shows, unless it is there: then nobody waits for it.
    pub(crate) async fn bring_to(&self, now: Timestamp) -> AppResult<()> {
        // Each is large, and they would lie in one.
        Box::pin(score::rescore(&self.workspace, now)).await?;
        Box::pin(flywheels::current(&self.workspace, now)).await?;
        self.changes(now).await?;
        self.tasks(now).await?;
        self.today(now).await?;
        self.questions(now).await?;
        self.home(now).await?;
        self.newest(now).await?;
        Ok(())
    }

    pub(crate) async fn roster(&self, now: Timestamp) -> AppResult<Arc<Roster>> {
        self.roster.get(&self.workspace, now, self.imports.is_busy(), roster::load(&self.workspace, now)).await
    }

    /// Who changed lately.
    pub(crate) async fn changes(&self, now: Timestamp) -> AppResult<Arc<Changes>> {
        let roster = self.roster(now).await?;
        let make = roster::changes(&self.workspace, roster, now);
        self.changes.get(&self.workspace, now, self.imports.is_busy(), make).await
    }

    pub(crate) async fn questions(&self, now: Timestamp) -> AppResult<Arc<Questions>> {
        self.questions
            .get(&self.workspace, now, self.imports.is_busy(), questions::overview(&self.workspace, now))
            .await
    }

    /// What members said, and which of it is alike.
    pub(crate) async fn said(&self, now: Timestamp) -> AppResult<Arc<Said>> {
        self.said.get(&self.workspace, now, self.imports.is_busy(), said::load(&self.workspace, now)).await
    }

    /// The key figures of home.
    pub(crate) async fn home(&self, now: Timestamp) -> AppResult<Vec<Tile>> {
        home::tiles(&self.workspace, &self.glances, &home::HOME, now, self.imports.is_busy()).await
    }

    /// The key figures of questions.
    pub(crate) async fn answers(&self, now: Timestamp) -> AppResult<Vec<Tile>> {
        home::tiles(&self.workspace, &self.glances, &home::QUESTIONS, now, self.imports.is_busy()).await
    }

    /// KPIs at a glance.
    pub(crate) async fn glances(&self, looks: &[Look], window: Window, now: Timestamp) -> AppResult<Vec<Glance>> {
        self.glances.get(&self.workspace, looks, window, now, self.imports.is_busy()).await
    }

    /// The same by how each is looked at.
    pub(crate) async fn by_look(
        &self,
        looks: Vec<Look>,
        window: Window,
        now: Timestamp,
    ) -> AppResult<HashMap<Look, Glance>> {
        self.glances.by_look(&self.workspace, looks, window, now, self.imports.is_busy()).await
    }

    /// A board's figures.
    pub(crate) async fn board(&self, board: &'static Board, window: Window, now: Timestamp) -> AppResult<BoardView> {
        let found = self.by_look(boards::looks(board), window, now).await?;
        boards::view(&self.workspace, board, &found, now).await
    }

    /// Who holds a role, and how they are.
    pub(crate) async fn champions(&self, now: Timestamp) -> AppResult<Arc<Vec<Champion>>> {
        let make = self.until_runs_differ(now, champions::list(&self.workspace, now));
        self.champions.get_until(&self.workspace, now, self.imports.is_busy(), make).await
    }

    /// Who buys or may buy, and what is at risk.
    pub(crate) async fn accounts(&self, now: Timestamp) -> AppResult<Arc<Vec<Account>>> {
        let lines = self.organizations(now).await?;
        let make = self.until_runs_differ(now, accounts::list(&self.workspace, &lines, now));
        self.accounts.get_until(&self.workspace, now, self.imports.is_busy(), make).await
    }

    /// Organizations with what their members do.
    pub(crate) async fn organizations(&self, now: Timestamp) -> AppResult<Arc<Vec<organizations::Line>>> {
        let make = organizations::list(&self.workspace, now, None);
        self.organizations.get(&self.workspace, now, self.imports.is_busy(), make).await
    }

    /// What the flywheels ask of people.
    pub(crate) async fn tasks(&self, now: Timestamp) -> AppResult<Arc<Tasks>> {
        let users = users::list(&self.server).await?;
        {
            let mut known = self.users.lock().await;
            if *known != users {
                known.clone_from(&users);
                self.tasks.forget().await;
            }
        }
        let make = async {
            let tasks = tasks::list(&self.workspace, &users, now).await?;
            let until = tasks.until();
            Ok((tasks, until))
        };
        self.tasks.get_until(&self.workspace, now, self.imports.is_busy(), make).await
    }

    /// Whom to look after beside the tasks.
    pub(crate) async fn today(&self, now: Timestamp) -> AppResult<Arc<Today>> {
        self.today.get(&self.workspace, now, self.imports.is_busy(), today::load(&self.workspace, now)).await
    }

    /// The flywheels in numbers.
    pub(crate) async fn flywheels(&self, now: Timestamp) -> AppResult<Arc<Overview>> {
        let make = async {
            let runs = flywheels::current(&self.workspace, now).await?;
            let around = physics::around(&self.workspace, now).await?;
            Ok(physics::overview(&runs, &around, now))
        };
        let make = self.until_runs_differ(now, make);
        self.flywheels.get_until(&self.workspace, now, self.imports.is_busy(), make).await
    }

    /// What is made of runs, with when they are others though nothing is read.
    async fn until_runs_differ<T>(
        &self,
        now: Timestamp,
        make: impl Future<Output = AppResult<T>>,
    ) -> AppResult<(T, Option<Timestamp>)> {
        let made = make.await?;
        Ok((made, kept_until(flywheels::current(&self.workspace, now).await?.until(now), now)))
    }

    /// The newest activity of all sources.
    pub(crate) async fn newest(&self, now: Timestamp) -> AppResult<Arc<Option<Newest>>> {
        let make = sources::newest(&self.workspace, now);
        self.newest.get(&self.workspace, now, self.imports.is_busy(), make).await
    }

    pub(crate) async fn coverage(&self, now: Timestamp) -> AppResult<Arc<Vec<Coverage>>> {
        let make = crate::routes::sources::coverage(&self.workspace, now);
        self.coverage.get(&self.workspace, now, self.imports.is_busy(), make).await
    }
}

/// Until when what was made of runs at `now` is kept, where they are others from `until` on: where many units wait, one is late at any
/// moment, and nobody makes all of it anew for each.
fn kept_until(until: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    until.map(|until| until.max(now + SignedDuration::from_mins(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_runs_is_kept_for_a_minute_at_least() {
        let at = |time: &str| format!("2026-03-06T{time}Z").parse::<Timestamp>().unwrap();
        let kept = |until: &str| kept_until(Some(at(until)), at("10:00:00"));
        assert_eq!([kept("10:00:01"), kept("10:05:00")], [Some(at("10:01:00")), Some(at("10:05:00"))]);
        assert_eq!(kept_until(None, at("10:00:00")), None);
    }
}
