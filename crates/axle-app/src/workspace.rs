//! A workspace: one community's record, its query engine, and its catalogue of KPIs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use axle_model::analytics::Analytics;
use axle_model::kpi::KpiDefinition;
use axle_model::time::Moment;
use axle_store::Db;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{Mutex, RwLock};

use crate::{AppError, AppResult};

/// Definitions of KPIs, by id.
pub type Catalogue = Arc<Vec<Arc<KpiDefinition>>>;

/// An open workspace. Cheap to clone.
#[derive(Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
}

struct Inner {
    slug: String,
    folder: PathBuf,
    db: Db,
    analytics: Arc<dyn Analytics>,
    kpis: std::sync::RwLock<Catalogue>,
    /// Taken while the engine is brought up to date, so that it is done once at a time.
    refreshing: Mutex<crate::refresh::Progress>,
    /// Which member number stands at each index of the engine's directory.
    numbers: RwLock<Arc<crate::directory::Numbers>>,
    /// Who may be one person, at a version of the directory.
    suggestions: Mutex<crate::identities::Held>,
    /// What words are read with, and what that was made from.
    models: Mutex<Option<(String, Arc<crate::reading::Models>)>>,
    /// What the stored scores were made from, so that the next scoring touches only what changed.
    scored: Mutex<Option<crate::score::Scored>>,
    /// Where everybody stands in the flywheels.
    runs: Mutex<Option<crate::flywheels::Kept>>,
}

impl Workspace {
    /// Opens a workspace folder. `make_analytics` is given the folder for column files.
    pub async fn open(
        data: &Path,
        slug: &str,
        kpis: Vec<KpiDefinition>,
        make_analytics: impl FnOnce(PathBuf) -> Arc<dyn Analytics>,
    ) -> AppResult<Self> {
        check_slug(slug)?;
        let folder = data.join("workspaces").join(slug);
        let db = Db::open(&folder).await?;
        let analytics = make_analytics(folder.join("segments"));
        Ok(Self {
            inner: Arc::new(Inner {
                slug: slug.to_owned(),
                folder,
                db,
                analytics,
                kpis: std::sync::RwLock::new(shared(kpis)),
                refreshing: Mutex::default(),
                numbers: RwLock::default(),
                suggestions: Mutex::default(),
                models: Mutex::default(),
                scored: Mutex::default(),
                runs: Mutex::default(),
            }),
        })
    }

    /// Its name in URLs and on disk.
    pub fn slug(&self) -> &str {
        &self.inner.slug
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// The folder of all data, in which its own folder is.
    pub fn data_folder(&self) -> &Path {
        self.folder().parent().and_then(Path::parent).expect("a workspace's folder is `workspaces/<slug>` in it")
    }

    /// Its record.
    pub fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Its query engine; [`crate::refresh::refresh`] brings it up to date.
    pub fn analytics(&self) -> &dyn Analytics {
        &*self.inner.analytics
    }

    /// Its catalogue of KPIs as it is now.
    pub fn kpis(&self) -> Catalogue {
        Arc::clone(&self.inner.kpis.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another catalogue in the place of the one it has.
    pub(crate) fn set_kpis(&self, kpis: Vec<KpiDefinition>) {
        *self.inner.kpis.write().unwrap_or_else(PoisonError::into_inner) = shared(kpis);
    }

    pub(crate) fn refreshing(&self) -> &Mutex<crate::refresh::Progress> {
        &self.inner.refreshing
    }

    pub(crate) fn numbers(&self) -> &RwLock<Arc<crate::directory::Numbers>> {
        &self.inner.numbers
    }

    pub(crate) fn suggestions(&self) -> &Mutex<crate::identities::Held> {
        &self.inner.suggestions
    }

    pub(crate) fn models(&self) -> &Mutex<Option<(String, Arc<crate::reading::Models>)>> {
        &self.inner.models
    }

    pub(crate) fn runs(&self) -> &Mutex<Option<crate::flywheels::Kept>> {
        &self.inner.runs
    }

    pub(crate) fn scored(&self) -> &Mutex<Option<crate::score::Scored>> {
        &self.inner.scored
    }

    /// What people call it: the setting `name`, else its name in URLs.
    pub async fn name(&self) -> AppResult<String> {
        let set = axle_store::setting::get(self.db(), "name").await?;
        Ok(set.map_or_else(|| self.slug().to_owned(), |(name, _)| name))
    }

    /// The time zone in which its days begin: the setting `time_zone`, else UTC.
    pub async fn time_zone(&self) -> AppResult<TimeZone> {
        let Some((name, _)) = axle_store::setting::get(self.db(), "time_zone").await? else {
            return Ok(TimeZone::UTC);
        };
        TimeZone::get(&name)
            .map_err(|error| AppError::Internal(format!("the stored time zone {name} is not known: {error}")))
    }

    /// The instant that somebody wrote, a date being the start of that day here.
    pub async fn instant(&self, written: Option<Moment>) -> AppResult<Option<Timestamp>> {
        let Some(written) = written else { return Ok(None) };
        Ok(Some(written.at(&self.time_zone().await?)))
    }
}

fn shared(kpis: Vec<KpiDefinition>) -> Catalogue {
    Arc::new(kpis.into_iter().map(Arc::new).collect())
}

pub(crate) fn check_slug(slug: &str) -> AppResult<()> {
    let is_good = (1..=40).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-');
    if is_good {
        return Ok(());
    }
    Err(AppError::Invalid(format!(
        "`{slug}` is not a workspace name: use 1 to 40 of a-z, 0-9 and -, such as `our-community`"
    )))
}
