//! The trait `Analytics` on DataFusion: changes go to the state at once, readers get a view of it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axle_model::analytics::{
    ActivityColumns, Analytics, AnalyticsError, Changes, Connected, Directory, FactRows, FactTable, FigureRows,
    GoldenOutcome, Knowledge, MemberDay, News, Places, Segment, Seq, Table, Touched, TypedTable,
};
use axle_model::interchange::FactKind;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiRequest, RowCounts};
use axle_model::settings::ScoreSettings;
use axle_model::time::local_day;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::columns::internal;
use crate::fact_rows::FactFiles;
use crate::known::Known;
use crate::limits::{Admission, QueryLimits};
use crate::plans::Plans;
use crate::state::State;
use crate::view::{Tables, View};
use crate::{behind, columns, counts, definitions, fact_rows, golden, runner, scoring, segment, sql, tables};

/// Views kept for the next question: the newest, and a few earlier instants.
const VIEWS_KEPT: usize = 4;

/// Views and the version of the state that they show, the one asked for last at the end.
type Views = Vec<(u64, Arc<View>)>;

/// The query engine of one workspace, on Apache DataFusion. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct DataFusionAnalytics {
    folder: PathBuf,
    state: Arc<Mutex<State>>,
    watermark: Arc<AtomicI64>,
    views: Arc<Mutex<Views>>,
    admission: Arc<Admission>,
    /// Of the statements that are asked after changes.
    plans: Arc<tokio::sync::Mutex<Option<Plans>>>,
    #[cfg(feature = "cluster")]
    cluster: Option<Arc<crate::cluster::Cluster>>,
}

/// Views of earlier states would make the rollup be copied before it grows.
fn drop_earlier(views: &Mutex<Views>, state: &State) {
    views.lock().unwrap_or_else(PoisonError::into_inner).retain(|(version, _)| *version == state.version);
}

fn refused(error: definitions::CatalogueError) -> AnalyticsError {
    AnalyticsError::Invalid(error.to_string())
}

impl DataFusionAnalytics {
    /// An engine that keeps its files in `segment_dir`, made when first needed. It knows nothing until it is opened.
    /// What a query cannot hold in memory lies in the folder `spill` inside while it runs.
    pub fn new(segment_dir: PathBuf, limits: QueryLimits) -> Self {
        let state = Arc::new(Mutex::new(State::new(&segment_dir)));
        let admission = Arc::new(Admission::new(limits, &segment_dir.join("spill")));
        Self {
            folder: segment_dir,
            state,
            watermark: Arc::default(),
            views: Arc::default(),
            admission,
            plans: Arc::default(),
            #[cfg(feature = "cluster")]
            cluster: None,
        }
    }

    /// The same engine, whose queries run on a cluster: figures, their rows, and SQL.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub fn on(self, cluster: crate::cluster::Cluster) -> Self {
        Self { cluster: Some(Arc::new(cluster)), ..self }
    }

    /// Makes views of what is known.
    fn seer(&self) -> impl FnOnce(Known) -> Result<View, AnalyticsError> + Send + use<> {
        let runtime = self.admission.runtime.clone();
        #[cfg(feature = "cluster")]
        let cluster = self.cluster.clone();
        move |known| {
            #[cfg(feature = "cluster")]
            if let Some(cluster) = cluster {
                return cluster.view(known, runtime);
            }
            View::new(known, runtime)
        }
    }

    /// Runs a query within limits; on a cluster, once more when it fails.
    async fn run<T, F>(&self, query: impl Fn() -> F + Send) -> Result<T, AnalyticsError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, AnalyticsError>> + Send + 'static,
    {
        #[cfg(feature = "cluster")]
        if let Some(cluster) = &self.cluster {
            return cluster.run(&self.admission, query).await;
        }
        self.admission.run(query()).await
    }

    /// Runs work that reads files or sorts on a thread that may block.
    async fn with_state<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, AnalyticsError> + Send + 'static,
    ) -> Result<T, AnalyticsError> {
        let (state, watermark) = (self.state.clone(), self.watermark.clone());
        let done = tokio::task::spawn_blocking(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let result = work(&mut state);
            watermark.store(state.watermark, Ordering::Release);
            result
        });
        done.await.map_err(internal)?
    }

    async fn evaluate_in(
        &self,
        view: Arc<View>,
        kpi: &KpiDefinition,
        request: &KpiRequest,
    ) -> Result<KpiAnswer, AnalyticsError> {
        self.run(|| {
            let (view, kpi, request) = (view.clone(), kpi.clone(), request.clone());
            async move { runner::evaluate(&view, &kpi, &request).await }
        })
        .await
    }

    /// The tables as of an instant, shared with whoever asks for the same.
    pub(crate) async fn view(&self, as_of: Timestamp) -> Result<Arc<View>, AnalyticsError> {
        self.view_of(as_of.as_microsecond(), as_of).await
    }

    /// The tables of all that is known, whenever it happened, on the local day of an instant.
    async fn view_of_all(&self, now: Timestamp) -> Result<Arc<View>, AnalyticsError> {
        self.view_of(i64::MAX, now).await
    }

    /// The tables of activities until `asked`, in microseconds, on the local day of an instant. What is asked on one day shares
    /// a view, as long as no activity lies between.
    async fn view_of(&self, asked: i64, on: Timestamp) -> Result<Arc<View>, AnalyticsError> {
        let (views, see) = (self.views.clone(), self.seer());
        self.with_state(move |state| {
            let today = local_day(on, &state.directory.zone);
            let last_at = state.rows.last_at().max(state.deleted.last_at());
            let as_of = if asked >= last_at { i64::MAX } else { asked };
            let mut views = views.lock().unwrap_or_else(PoisonError::into_inner);
            views.retain(|(version, _)| *version == state.version);
            if let Some(kept) = views.iter().position(|(_, view)| view.tables.known.is_of(as_of, today)) {
                let kept = views.remove(kept);
                views.push(kept);
            } else {
                views.push((state.version, Arc::new(see(state.known(as_of, today)?)?)));
                if views.len() > VIEWS_KEPT {
                    views.remove(0);
                }
            }
            let (_, view) = views.last().expect("one was just pushed");
            Ok(view.clone())
        })
        .await
    }
}

#[async_trait]
impl Analytics for DataFusionAnalytics {
    /// Files know what was superseded before the last of them was written. What was superseded since must be handed
    /// over again, through [`Analytics::append`]; handing over the same twice does nothing.
    async fn open(&self, segments: Vec<Segment>) -> Result<(), AnalyticsError> {
        self.with_state(|state| state.open(segments)).await
    }

    fn watermark(&self) -> Seq {
        self.watermark.load(Ordering::Acquire)
    }

    async fn read_ahead(&self, zone: TimeZone) -> Result<(), AnalyticsError> {
        self.with_state(move |state| state.read_rollup(&zone)).await
    }

    async fn set_directory(&self, directory: Directory) -> Result<(), AnalyticsError> {
        self.with_state(|state| state.set_directory(directory)).await
    }

    async fn move_members(&self, moves: Vec<(u32, Places)>) -> Result<(), AnalyticsError> {
        self.with_state(move |state| {
            state.move_members(moves);
            Ok(())
        })
        .await
    }

    async fn set_facts(&self, table: FactTable) -> Result<(), AnalyticsError> {
        if tables::is_reserved(&table.name) {
            return Err(AnalyticsError::Invalid(format!("{} is a table of the engine itself", table.name)));
        }
        let batch = tables::facts::to_batch(&table)?;
        self.with_state(move |state| {
            // What says the same as before makes nothing outdated.
            if state.facts.get(&table.name) != Some(&batch) {
                Arc::make_mut(&mut state.facts).insert(table.name, batch);
                state.version += 1;
            }
            Ok(())
        })
        .await
    }

    async fn set_part(&self, name: &str, part: u32, rows: TypedTable) -> Result<(), AnalyticsError> {
        if tables::is_reserved(name) {
            return Err(AnalyticsError::Invalid(format!("{name} is a table of the engine itself")));
        }
        let (name, batch) = (name.to_owned(), tables::facts::typed_batch(rows)?);
        self.with_state(move |state| {
            state.set_part(&name, part, batch);
            Ok(())
        })
        .await
    }

    async fn facts_watermark(&self, kind: FactKind) -> Result<Seq, AnalyticsError> {
        self.with_state(move |state| Ok(state.fact_files.get(&kind.table()).map_or(0, FactFiles::watermark))).await
    }

    async fn append_facts(&self, rows: FactRows, compact_at: usize) -> Result<Option<Segment>, AnalyticsError> {
        let kind = rows.kind;
        self.with_state(move |state| state.append_facts(kind, fact_rows::to_batch(rows)?, compact_at)).await
    }

    async fn append(&self, rows: ActivityColumns, superseded: &[Seq]) -> Result<(), AnalyticsError> {
        let (batch, superseded) = (columns::to_batch(rows)?, superseded.to_vec());
        self.with_state(move |state| state.append(batch, &superseded)).await
    }

    async fn compact(&self, at_least: u64) -> Result<Option<Segment>, AnalyticsError> {
        self.with_state(move |state| state.compact(at_least)).await
    }

    async fn verify(&self, segments: &[Segment]) -> Result<Vec<String>, AnalyticsError> {
        let (folder, segments) = (self.folder.clone(), segments.to_vec());
        let check = move || segments.iter().filter_map(|one| segment::check(&folder, one)).collect();
        tokio::task::spawn_blocking(check).await.map_err(internal)
    }

    async fn clear(&self) -> Result<(), AnalyticsError> {
        self.with_state(State::clear).await
    }

    fn definitions(&self, own: &[(String, String)]) -> Result<Vec<KpiDefinition>, AnalyticsError> {
        definitions::with_own(own).map_err(refused)
    }

    fn definition(&self, id: &str, text: &str) -> Result<KpiDefinition, AnalyticsError> {
        definitions::parse(id, &format!("{id}.toml"), text).map_err(refused)
    }

    async fn golden(&self, kpi: &KpiDefinition) -> Vec<GoldenOutcome> {
        golden::check(std::slice::from_ref(kpi)).await
    }

    async fn evaluate(&self, kpi: &KpiDefinition, request: &KpiRequest) -> Result<KpiAnswer, AnalyticsError> {
        let view = self.view(request.as_of).await?;
        self.evaluate_in(view, kpi, request).await
    }

    async fn evaluate_knowing(
        &self,
        kpi: &KpiDefinition,
        request: &KpiRequest,
        knowledge: &Knowledge,
    ) -> Result<KpiAnswer, AnalyticsError> {
        let (knowledge, as_of) = (knowledge.clone(), request.as_of);
        let known = self.with_state(move |state| {
            let today = local_day(as_of, &state.directory.zone);
            state.known_with(as_of.as_microsecond(), today, &knowledge)
        });
        let known = known.await?;
        let view = self.seer()(known)?;
        self.evaluate_in(Arc::new(view), kpi, request).await
    }

    async fn rows(
        &self,
        kpi: &KpiDefinition,
        request: &KpiRequest,
        skip: usize,
        limit: usize,
    ) -> Result<FigureRows, AnalyticsError> {
        let view = self.view(request.as_of).await?;
        self.run(|| {
            let (view, kpi, request) = (view.clone(), kpi.clone(), request.clone());
            async move { behind::rows(&view, &kpi, &request, skip, limit).await }
        })
        .await
    }

    async fn count_rows(&self, kpi: &KpiDefinition, request: &KpiRequest) -> Result<RowCounts, AnalyticsError> {
        let view = self.view(request.as_of).await?;
        self.run(|| {
            let (view, kpi, request) = (view.clone(), kpi.clone(), request.clone());
            async move { counts::counts(&view, &kpi, &request).await }
        })
        .await
    }

    async fn member_days(
        &self,
        members: Option<&[u32]>,
        as_of: Timestamp,
        teammates: bool,
        settings: Option<&ScoreSettings>,
    ) -> Result<Vec<MemberDay>, AnalyticsError> {
        let view = self.view(as_of).await?;
        let (members, settings) = (members.map(<[u32]>::to_vec), settings.cloned());
        let days = move || scoring::member_days(&view.tables.known, members.as_deref(), teammates, settings.as_ref());
        tokio::task::spawn_blocking(days).await.map_err(internal)
    }

    async fn touched(&self) -> Result<Touched, AnalyticsError> {
        let views = self.views.clone();
        self.with_state(move |state| {
            drop_earlier(&views, state);
            state.touched()
        })
        .await
    }

    async fn news(&self) -> Result<News, AnalyticsError> {
        let views = self.views.clone();
        self.with_state(move |state| {
            drop_earlier(&views, state);
            state.news()
        })
        .await
    }

    async fn reach(&self, as_of: Timestamp) -> Result<HashMap<u32, f64>, AnalyticsError> {
        let view = self.view(as_of).await?;
        let reach = move || tables::connections::reach(&view.tables.known, as_of);
        tokio::task::spawn_blocking(reach).await.map_err(internal)?.map_err(internal)
    }

    async fn connections(&self, member: u32, as_of: Timestamp) -> Result<Vec<Connected>, AnalyticsError> {
        let view = self.view(as_of).await?;
        let met = move || tables::connections::of_member(&view.tables.known, member, as_of);
        tokio::task::spawn_blocking(met).await.map_err(internal)?.map_err(internal)
    }

    async fn sql(&self, query: &str, limit: usize, now: Timestamp) -> Result<Table, AnalyticsError> {
        let view = self.view_of_all(now).await?;
        self.run(|| {
            let (view, query) = (view.clone(), query.to_owned());
            async move { sql::run(&view, &query, limit).await }
        })
        .await
    }

    async fn sql_each(
        &self,
        query: &str,
        now: Timestamp,
        each: &mut (dyn FnMut(TypedTable) + Send),
    ) -> Result<(), AnalyticsError> {
        let (view, query) = (self.view_of_all(now).await?, query.to_owned());
        let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
        let run = self.admission.run_long(async move { sql::each(&view, &query, sender).await });
        let take = async {
            while let Some(table) = receiver.recv().await {
                each(table);
            }
        };
        tokio::join!(run, take).0
    }

    async fn sql_among(&self, about: &Changes, queries: &[&str]) -> Result<Vec<TypedTable>, AnalyticsError> {
        let about = about.clone();
        let known = self.with_state(move |state| state.known_among(&about)).await?;
        let tables = Arc::new(Tables::new(known));
        let queries: Vec<String> = queries.iter().map(|query| (*query).to_owned()).collect();
        let (plans, runtime) = (self.plans.clone(), self.admission.runtime.clone());
        let run = async move {
            let mut plans = plans.lock().await;
            let zone = &tables.known.directory.zone;
            let plans = match plans.take().filter(|plans| plans.is_of(zone)) {
                Some(kept) => plans.insert(kept),
                None => plans.insert(Plans::new(zone, runtime)?),
            };
            plans.run(&tables, &queries).await
        };
        self.admission.run(run).await
    }
}
