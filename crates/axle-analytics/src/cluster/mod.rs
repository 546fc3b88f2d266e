//! Queries past one machine, on Apache Ballista: everything that knows it lives here.
//!
//! The engine that asks keeps the record, makes its tables as ever and plans each query. What a plan reads is written to
//! the object store under a name made of its content, once, and read from there by the machines that do the work. What
//! functions need of the workspace goes there as well and is read by whoever first calls one.

mod codec;
mod functions;
mod planner;
mod roles;
mod sharing;
mod store;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use axle_model::analytics::AnalyticsError;
use ballista_core::extension::{EndpointOverrideFn, SessionConfigExt};
use ballista_core::optimizer::ballista_default_optimizer_rules;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::runtime_env::RuntimeEnv;
use tokio::time::{Instant, sleep, timeout};

use crate::known::Known;
use crate::limits::Admission;
use crate::view::View;

pub use roles::{Executor, Scheduler};
pub use tls::TlsFiles;

use planner::Planner;
use store::Store;

/// What all machines of a cluster must share: the sources that this program was built from.
pub const BUILD: &str = env!("AXLE_BUILD");

/// Bytes of the greatest message between machines: a plan, or a block of rows.
const MESSAGE_BYTES: usize = 64 << 20;

/// How long one waits before it asks a second time.
const PAUSE: Duration = Duration::from_secs(1);

/// What is left of a query's time for saying that the cluster did not answer.
const TO_SAY_SO: Duration = Duration::from_secs(2);

/// A cluster to ask.
#[derive(Debug, Clone)]
pub struct Cluster {
    scheduler: String,
    store: Store,
    endpoint: Endpoint,
    partitions: usize,
}

/// How machines are dialled.
#[derive(Clone)]
struct Endpoint {
    adapt: EndpointOverrideFn,
    use_tls: bool,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Endpoint").field("use_tls", &self.use_tls).finish_non_exhaustive()
    }
}

impl Cluster {
    /// The cluster of a scheduler (`http://host:port`, or `https://` with certificates) that reads from an object store
    /// (`s3://bucket/folder`). Queries are cut into that many parts. Nothing is dialled yet.
    pub fn new(
        scheduler: &str,
        store: &str,
        tls: Option<&TlsFiles>,
        partitions: usize,
    ) -> Result<Self, AnalyticsError> {
        let scheduler = tls::checked_url(scheduler, tls.is_some())?;
        Ok(Self { scheduler, store: Store::open(store)?, endpoint: tls::endpoint(tls)?, partitions: partitions.max(1) })
    }

    /// A view whose queries run on the cluster.
    pub(crate) fn view(&self, known: Known, runtime: Arc<RuntimeEnv>) -> Result<View, AnalyticsError> {
        View::built(known, runtime, |mut builder, tables| {
            let config = builder.config().take().unwrap_or_default();
            let config = config
                .upgrade_for_ballista()
                .with_target_partitions(self.partitions)
                .with_ballista_grpc_client_max_message_size(MESSAGE_BYTES)
                .with_ballista_use_tls(self.endpoint.use_tls)
                .with_ballista_override_create_grpc_client_endpoint(self.endpoint.adapt.clone())
                .set_u64("ballista.client.grpc_connect_timeout_seconds", 5);
            SessionStateBuilder::with_config(builder, config)
                .with_optimizer_rules(ballista_default_optimizer_rules())
                .with_query_planner(Arc::new(Planner::new(self.scheduler.clone(), self.store.clone(), tables)))
        })
    }

    /// Runs a query within limits, and once more when the cluster fails. What it says within the time that a query may
    /// take is an answer or a reason.
    pub(crate) async fn run<T, F>(
        &self,
        admission: &Admission,
        query: impl Fn() -> F + Send,
    ) -> Result<T, AnalyticsError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, AnalyticsError>> + Send + 'static,
    {
        let time = admission.limits.time.saturating_sub(TO_SAY_SO).max(Duration::from_secs(1));
        let until = Instant::now() + time;
        let late = || {
            let told = format!("no answer within {} seconds; allow more with --query-seconds", time.as_secs());
            AnalyticsError::Unavailable(told)
        };
        let mut is_second = false;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let answer = timeout(left, admission.run(query())).await.map_err(|_| late())?;
            match answer {
                Err(AnalyticsError::Unavailable(_)) if !is_second && left > PAUSE => {
                    is_second = true;
                    sleep(PAUSE).await;
                }
                answer => return answer,
            }
        }
    }
}
