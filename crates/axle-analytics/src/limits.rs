//! What queries may take: how many run at once, how much memory they share, and how long one may run. Whoever meets a
//! limit is told which one, and what to do.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axle_model::analytics::AnalyticsError;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManager, DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SpillFile, TempFileFactory};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::columns::internal;

/// Limits of the queries of one workspace.
#[derive(Debug, Clone)]
pub struct QueryLimits {
    /// Bytes that all running queries share. What sorts and groups in more goes to the disk; what cannot is refused.
    pub memory: usize,
    /// Bytes on the disk for what does not fit into memory.
    pub spill: u64,
    /// How long one query may run.
    pub time: Duration,
    /// How many run at once; more wait for their turn.
    pub at_once: usize,
    /// How long one waits for its turn before it is refused.
    pub wait: Duration,
}

impl Default for QueryLimits {
    /// 1 GiB, 10 GiB on the disk, a minute, one for each core, ten seconds.
    fn default() -> Self {
        Self {
            memory: 1 << 30,
            spill: 10 << 30,
            time: Duration::from_secs(60),
            at_once: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            wait: Duration::from_secs(10),
        }
    }
}

/// Lets queries run within limits.
#[derive(Debug)]
pub(crate) struct Admission {
    pub limits: QueryLimits,
    turns: Arc<Semaphore>,
    /// What queries run in.
    pub runtime: Arc<RuntimeEnv>,
}

impl Admission {
    /// `spill_folder` is made when a query first needs it.
    pub(crate) fn new(limits: QueryLimits, spill_folder: &Path) -> Self {
        let spill = SpillFolder { path: spill_folder.to_owned(), bytes: limits.spill, disk: Mutex::default() };
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Custom(Arc::new(spill)));
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .expect("nothing is opened or made before a query spills");
        Self { turns: Arc::new(Semaphore::new(limits.at_once)), limits, runtime }
    }

    /// Runs a query in its turn and on a task of its own, which ends with the caller: at the next batch when the
    /// caller goes away or time is up. Its turn is over once it has really ended.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        query: impl Future<Output = Result<T, AnalyticsError>> + Send + 'static,
    ) -> Result<T, AnalyticsError> {
        self.run_for(self.limits.time, query).await
    }

    /// As [`Admission::run`], of a query that Axle itself asks: it may take as long as it takes.
    pub(crate) async fn run_long<T: Send + 'static>(
        &self,
        query: impl Future<Output = Result<T, AnalyticsError>> + Send + 'static,
    ) -> Result<T, AnalyticsError> {
        self.run_for(Duration::MAX, query).await
    }

    async fn run_for<T: Send + 'static>(
        &self,
        time: Duration,
        query: impl Future<Output = Result<T, AnalyticsError>> + Send + 'static,
    ) -> Result<T, AnalyticsError> {
        let QueryLimits { wait, at_once, .. } = self.limits;
        let turn = timeout(wait, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| {
            AnalyticsError::Limit(format!("{at_once} queries are running, as many as may at once: try again shortly"))
        })?;
        let mut task = JoinSet::new();
        task.spawn(async move {
            let _turn = turn;
            query.await
        });
        match timeout(time, task.join_next()).await {
            Ok(Some(done)) => done.map_err(internal)?,
            Ok(None) => Err(AnalyticsError::Internal("a query ended without an answer".into())),
            Err(_) => Err(AnalyticsError::Limit(format!(
                "the query was stopped after {} seconds: ask for less, or allow more with --query-seconds",
                time.as_secs_f64()
            ))),
        }
    }
}

/// A folder for what does not fit into memory, made when something does not.
struct SpillFolder {
    path: PathBuf,
    bytes: u64,
    disk: Mutex<Option<Arc<DiskManager>>>,
}

impl TempFileFactory for SpillFolder {
    fn create_temp_file(&self, description: &str) -> Result<Arc<dyn SpillFile>> {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match &*disk {
            Some(made) => made.clone(),
            None => {
                std::fs::create_dir_all(&self.path)?;
                let mode = DiskManagerMode::Directories(vec![self.path.clone()]);
                let made = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(self.bytes);
                disk.insert(Arc::new(made.build()?)).clone()
            }
        };
        made.create_tmp_file(description)
    }
}

/// What is said when a query needs more memory than it may have.
pub(crate) fn out_of_memory() -> AnalyticsError {
    let message = "the query needs more memory than queries may take: ask for less, or allow more with --query-memory";
    AnalyticsError::Limit(message.into())
}

/// Lets plans be stopped inside joins too, which make many batches out of one.
#[derive(Debug)]
pub(crate) struct StoppableJoins;

impl PhysicalOptimizerRule for StoppableJoins {
    fn name(&self) -> &'static str {
        "stoppable_joins"
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let wrapped = plan.transform_up(|plan| {
            let is_join = plan.name().ends_with("JoinExec");
            Ok(if is_join { Transformed::yes(Arc::new(CooperativeExec::new(plan))) } else { Transformed::no(plan) })
        });
        Ok(wrapped?.data)
    }

    fn schema_check(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use axle_model::analytics::Analytics;
    use jiff::Timestamp;

    use super::*;
    use crate::DataFusionAnalytics;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    const ENDLESS: &str =
        "select sum(a.value * b.value) from generate_series(1, 100000) a cross join generate_series(1, 1000000) b";

    fn engine(folder: &Path, limits: QueryLimits) -> DataFusionAnalytics {
        DataFusionAnalytics::new(folder.to_owned(), limits)
    }

    async fn refusal(engine: &DataFusionAnalytics, query: &str) -> String {
        match engine.sql(query, 10, NOW).await {
            Err(AnalyticsError::Limit(message)) => message,
            other => panic!("expected a limit, got {other:?}"),
        }
    }

    /// The lone turn is free again shortly: what held it has ended.
    async fn assert_free(engine: &DataFusionAnalytics) {
        assert_eq!(engine.sql("select 1", 10, NOW).await.unwrap().rows.len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_query_is_stopped_when_time_is_up() {
        let folder = tempfile::tempdir().unwrap();
        let limits = QueryLimits { time: Duration::from_secs(2), at_once: 1, ..QueryLimits::default() };
        let engine = engine(folder.path(), limits);
        let message = refusal(&engine, ENDLESS).await;
        assert!(message.contains("stopped after 2 seconds"), "{message}");
        assert_free(&engine).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_query_ends_when_its_caller_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), QueryLimits { at_once: 1, ..QueryLimits::default() });
        let left = timeout(Duration::from_millis(200), engine.sql(ENDLESS, 10, NOW)).await;
        assert!(left.is_err(), "it was to run for long");
        assert_free(&engine).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_finds_no_turn_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let limits = QueryLimits { at_once: 1, wait: Duration::from_millis(100), ..QueryLimits::default() };
        let engine = engine(folder.path(), limits);
        let busy = {
            let engine = engine.clone();
            tokio::spawn(async move { engine.sql(ENDLESS, 10, NOW).await.map(drop) })
        };
        while engine.sql("select 1", 10, NOW).await.is_ok() {}
        let message = refusal(&engine, "select 1").await;
        assert!(message.starts_with("1 queries are running"), "{message}");
        busy.abort();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_query_gets_no_more_memory_than_queries_may_take() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), QueryLimits { memory: 1 << 20, ..QueryLimits::default() });
        let message = refusal(&engine, "select array_agg(value) from generate_series(1, 3000000)").await;
        assert!(message.contains("more memory"), "{message}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_does_not_fit_into_memory_is_sorted_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), QueryLimits { memory: 24 << 20, ..QueryLimits::default() });
        let query = "select value, repeat('x', 100) as word from generate_series(1, 400000) order by -value, word";
        let found = engine.sql(query, 3, NOW).await.unwrap();
        assert_eq!(
            found.rows.iter().map(|row| row[0].as_i64().unwrap()).collect::<Vec<_>>(),
            [400_000, 399_999, 399_998]
        );
        assert!(folder.path().join("spill").is_dir(), "nothing went to the disk");
    }
}
