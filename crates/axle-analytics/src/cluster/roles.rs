//! The machines of a cluster: one scheduler, which cuts plans into tasks, and executors, which ask it for work.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use axle_model::analytics::AnalyticsError;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::{BallistaConfigGrpcEndpoint, SessionConfigExt};
use ballista_core::flight_proxy_service::BallistaFlightProxyService;
use ballista_core::optimizer::ballista_default_optimizer_rules;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::serde::BallistaCodec;
use ballista_core::serde::protobuf::executor_resource::Resource;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_core::serde::protobuf::{
    ExecutorOperatingSystemSpecification, ExecutorRegistration, ExecutorResource, ExecutorSpecification,
};
use ballista_core::utils::{GrpcClientConfig, create_grpc_client_endpoint};
use ballista_core::{BALLISTA_PROTOCOL_VERSION, ConfigProducer};
use ballista_executor::execution_engine::DefaultExecutionEngine;
use ballista_executor::execution_loop;
use ballista_executor::flight_service::BallistaFlightService;
use ballista_executor::health::ExecutorHealth;
use ballista_executor::metrics::LoggingMetricsCollector;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::metrics::default_metrics_collector;
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tonic::service::InterceptorLayer;
use tonic::transport::Channel;
use tonic::transport::server::TcpIncoming;

use super::codec::{Logical, Physical};
use super::functions::Functions;
use super::sharing::{self, Sharing};
use super::store::Store;
use super::tls::{self, TlsFiles};
use super::{Endpoint, MESSAGE_BYTES};
use crate::columns::internal;

/// Seconds after which an executor that says nothing is lost, and its tasks go to others. Executors speak at least every
/// five; a query must be done, or say so, within a minute.
const LOST_AFTER: u64 = 12;

/// Seconds for which rows between the steps of a finished query are kept.
const KEEP_FINISHED: u64 = 60;

/// How long an executor waits for its scheduler to come up.
const DIAL: Duration = Duration::from_secs(60);

/// The machine that plans and hands out work. It keeps what it knows in memory: started anew, it has forgotten the
/// queries that ran, and executors come back by themselves.
#[derive(Debug, Clone)]
pub struct Scheduler {
    /// Where to listen.
    pub listen: SocketAddr,
    /// `s3://bucket/folder`.
    pub store: String,
    /// Needed for any address but this machine's own.
    pub tls: Option<TlsFiles>,
}

/// A machine that works.
#[derive(Debug, Clone)]
pub struct Executor {
    /// Where to listen: other executors and the scheduler fetch rows here.
    pub listen: SocketAddr,
    /// The name by which they reach it; `None`: the address of `listen`.
    pub host: Option<String>,
    /// URL of the scheduler.
    pub scheduler: String,
    /// `s3://bucket/folder`.
    pub store: String,
    /// Needed for any address but this machine's own.
    pub tls: Option<TlsFiles>,
    /// Tasks at once.
    pub cores: usize,
    /// Bytes that all tasks share; what does not fit goes to the disk.
    pub memory: usize,
    /// Folder for rows between the steps of a query. What an earlier run left in its folder `rows` is deleted.
    pub work: PathBuf,
}

type Codec = BallistaCodec<LogicalPlanNode, PhysicalPlanNode>;

fn codec(store: &Store) -> Codec {
    let functions = Functions::answered(store.clone());
    BallistaCodec::new(Logical::of(functions.clone()), Physical::of(functions))
}

impl Scheduler {
    /// Serves until the process is told to end. `started` is told the address, once others can call.
    pub async fn run(&self, started: impl FnOnce(SocketAddr)) -> Result<(), AnalyticsError> {
        let server = tls::server(self.listen, self.tls.as_ref())?;
        let store = Store::open(&self.store)?;
        let Endpoint { adapt, use_tls } = tls::endpoint(self.tls.as_ref())?;
        let sessions = store.clone();
        let config = SchedulerConfig {
            bind_host: self.listen.ip().to_string(),
            bind_port: self.listen.port(),
            scheduling_policy: TaskSchedulingPolicy::PullStaged,
            executor_timeout_seconds: LOST_AFTER,
            expire_dead_executor_interval_seconds: 2,
            no_executors_grace_period_seconds: LOST_AFTER,
            finished_job_data_clean_up_interval_seconds: KEEP_FINISHED,
            finished_job_state_clean_up_interval_seconds: KEEP_FINISHED,
            grpc_client_max_message_size: MESSAGE_BYTES as u32,
            enable_embedded_flight_proxy: true,
            use_tls,
            override_create_grpc_client_endpoint: Some(adapt.clone()),
            override_session_builder: Some(Arc::new(move |config| session(config, &sessions))),
            ..SchedulerConfig::default()
        };
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(internal)?;
        let metrics = default_metrics_collector().map_err(internal)?;
        let name = format!("{}", self.listen);
        let mut scheduler = SchedulerServer::new(name, cluster, codec(&store), Arc::new(config), metrics);
        scheduler.init().await.map_err(internal)?;
        let proxy = BallistaFlightProxyService::new(
            MESSAGE_BYTES,
            MESSAGE_BYTES,
            use_tls,
            Some(Arc::new(BallistaConfigGrpcEndpoint::new(adapt))),
        );
        let router = server
            .layer(InterceptorLayer::new(tls::same_build))
            .add_service(
                SchedulerGrpcServer::new(scheduler)
                    .max_decoding_message_size(MESSAGE_BYTES)
                    .max_encoding_message_size(MESSAGE_BYTES),
            )
            .add_service(
                FlightServiceServer::new(proxy)
                    .max_decoding_message_size(MESSAGE_BYTES)
                    .max_encoding_message_size(MESSAGE_BYTES),
            );
        let (incoming, address) = bind(self.listen)?;
        started(address);
        tokio::select! {
            ended = router.serve_with_incoming(incoming) => ended.map_err(internal),
            told = told_to_end() => told,
        }
    }
}

/// A session of one query on the scheduler.
fn session(config: SessionConfig, store: &Store) -> datafusion::error::Result<SessionState> {
    Ok(SessionStateBuilder::new_with_default_features()
        .with_config(sharing::config(config))
        .with_runtime_env(store.runtime(None)?)
        .with_optimizer_rules(ballista_default_optimizer_rules())
        .with_query_planner(Arc::new(Sharing))
        .build())
}

impl Executor {
    /// Works until the process is told to end. `started` is told the address, once others can call.
    pub async fn run(&self, started: impl FnOnce(SocketAddr)) -> Result<(), AnalyticsError> {
        let server = tls::server(self.listen, self.tls.as_ref())?;
        let scheduler = tls::checked_url(&self.scheduler, self.tls.is_some())?;
        let store = Store::open(&self.store)?;
        let endpoint = tls::endpoint(self.tls.as_ref())?;
        let rows = self.rows_folder()?;
        let (incoming, address) = bind(self.listen)?;
        let flight = FlightServiceServer::new(BallistaFlightService::new(rows.to_string_lossy().into_owned()))
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES);
        let serve =
            server.layer(InterceptorLayer::new(tls::same_build)).add_service(flight).serve_with_incoming(incoming);
        let executor = Arc::new(self.executor(&store, &endpoint, address, &rows));
        let work = async {
            let channel = dial(&scheduler, &endpoint).await?;
            let client = SchedulerGrpcClient::new(channel)
                .max_encoding_message_size(MESSAGE_BYTES)
                .max_decoding_message_size(MESSAGE_BYTES);
            started(address);
            let loops = execution_loop::poll_loop(client, executor, codec(&store), None, None, ExecutorHealth::new());
            loops.await.map_err(internal)
        };
        tokio::select! {
            ended = serve => ended.map_err(internal),
            ended = work => ended,
            told = told_to_end() => told,
        }
    }

    /// The folder for rows between steps, empty.
    fn rows_folder(&self) -> Result<PathBuf, AnalyticsError> {
        let rows = self.work.join("rows");
        let failed = |error: std::io::Error| AnalyticsError::Invalid(format!("{}: {error}", rows.display()));
        if rows.exists() {
            std::fs::remove_dir_all(&rows).map_err(failed)?;
        }
        std::fs::create_dir_all(&rows).map_err(failed)?;
        rows.canonicalize().map_err(failed)
    }

    fn executor(
        &self,
        store: &Store,
        endpoint: &Endpoint,
        address: SocketAddr,
        rows: &Path,
    ) -> ballista_executor::executor::Executor {
        let cores = self.cores.max(1);
        let metadata = ExecutorRegistration {
            id: uuid_of(address),
            host: Some(self.host.clone().unwrap_or_else(|| address.ip().to_string())),
            port: u32::from(address.port()),
            grpc_port: 0,
            specification: Some(ExecutorSpecification {
                resources: vec![ExecutorResource { resource: Some(Resource::Vcores(cores as u32)) }],
            }),
            os_info: Some(ExecutorOperatingSystemSpecification::default()),
            ballista_protocol_version: BALLISTA_PROTOCOL_VERSION,
        };
        let (adapt, use_tls) = (endpoint.adapt.clone(), endpoint.use_tls);
        let config: ConfigProducer = Arc::new(move || {
            SessionConfig::new_with_ballista()
                .with_ballista_use_tls(use_tls)
                .with_ballista_override_create_grpc_client_endpoint(adapt.clone())
        });
        let (store, spill, memory) = (store.clone(), rows.to_owned(), self.memory);
        ballista_executor::executor::Executor::new(
            metadata,
            &rows.to_string_lossy(),
            Arc::new(move |_| {
                // Each task has its share, so that tasks do not wait for each other's.
                RuntimeEnvBuilder::from_runtime_env(store.runtime(Some(&spill))?.as_ref())
                    .with_memory_pool(Arc::new(FairSpillPool::new(memory / cores)))
                    .build_arc()
            }),
            config,
            Arc::new(BallistaFunctionRegistry::from(&SessionStateBuilder::new_with_default_features().build())),
            Arc::new(LoggingMetricsCollector::default()),
            cores,
            Arc::new(DefaultExecutionEngine::new()),
        )
    }
}

/// An executor started anew is another one: the rows of the one before are gone.
fn uuid_of(address: SocketAddr) -> String {
    format!("{address}-{}", ballista_core::ids::new_instance_id())
}

async fn dial(scheduler: &str, endpoint: &Endpoint) -> Result<Channel, AnalyticsError> {
    let until = tokio::time::Instant::now() + DIAL;
    loop {
        let config = GrpcClientConfig { max_message_size: MESSAGE_BYTES, ..GrpcClientConfig::default() };
        let plain = create_grpc_client_endpoint(scheduler.to_owned(), Some(&config));
        let plain = plain.map_err(|error| AnalyticsError::Invalid(format!("{scheduler}: {error}")))?;
        let own = (endpoint.adapt)(plain).map_err(|error| AnalyticsError::Invalid(format!("{scheduler}: {error}")))?;
        match own.connect().await {
            Ok(channel) => return Ok(channel),
            Err(error) if tokio::time::Instant::now() > until => {
                let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
                return Err(AnalyticsError::Unavailable(format!("the scheduler at {scheduler}: {cause}")));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

fn bind(listen: SocketAddr) -> Result<(TcpIncoming, SocketAddr), AnalyticsError> {
    let failed = |error: std::io::Error| AnalyticsError::Invalid(format!("cannot listen on {listen}: {error}"));
    let incoming = TcpIncoming::bind(listen).map_err(failed)?.with_nodelay(Some(true));
    let address = incoming.local_addr().map_err(failed)?;
    Ok((incoming, address))
}

/// Until the process is told to end.
async fn told_to_end() -> Result<(), AnalyticsError> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).map_err(internal)?;
        tokio::select! {
            told = tokio::signal::ctrl_c() => told.map_err(internal),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(internal)
}
