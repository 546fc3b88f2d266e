//! `axle scheduler` and `axle executor`, and asking them: queries past one machine.

use std::net::SocketAddr;
use std::path::PathBuf;

use axle_analytics::cluster::{self, Cluster, TlsFiles};
use axle_app::AppError;
use clap::{Args, ValueEnum};

use super::{Arguments, Command};

/// Where queries run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// On this machine
    Local,
    /// On the machines of a cluster
    Cluster,
}

/// The cluster, for those who ask it and for those who are it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where `axle kpi` and `axle sql` compute
    #[arg(long, global = true, value_enum, default_value = "local")]
    engine: Engine,
    /// URL of the scheduler
    #[arg(
        long,
        global = true,
        env = "AXLE_CLUSTER_SCHEDULER",
        default_value = "http://127.0.0.1:50050",
        value_name = "URL",
        hide_short_help = true
    )]
    cluster_scheduler: String,
    /// Folder of a bucket that all machines read from: s3://bucket/folder
    #[arg(long, global = true, env = "AXLE_CLUSTER_STORE", value_name = "URL", hide_short_help = true)]
    cluster_store: Option<String>,
    /// Into how many parts a query is cut: about as many as all executors have cores
    #[arg(long, global = true, env = "AXLE_CLUSTER_PARTS", default_value_t = 4, value_name = "NUMBER", hide_short_help = true,
        value_parser = clap::value_parser!(u32).range(1..=1024))]
    cluster_parts: u32,
    /// PEM file of the authority that signed the certificates of all machines
    #[arg(long, global = true, env = "AXLE_CLUSTER_CA", value_name = "FILE", hide_short_help = true)]
    cluster_ca: Option<PathBuf>,
    /// PEM file of this machine's certificate
    #[arg(long, global = true, env = "AXLE_CLUSTER_CERT", value_name = "FILE", hide_short_help = true)]
    cluster_cert: Option<PathBuf>,
    /// PEM file of its key
    #[arg(long, global = true, env = "AXLE_CLUSTER_KEY", value_name = "FILE", hide_short_help = true)]
    cluster_key: Option<PathBuf>,
}

impl Options {
    fn store(&self) -> Result<String, AppError> {
        self.cluster_store
            .clone()
            .ok_or_else(|| AppError::Invalid("say where all machines read: --cluster-store s3://bucket/folder".into()))
    }

    fn tls(&self) -> Result<Option<TlsFiles>, AppError> {
        match (&self.cluster_ca, &self.cluster_cert, &self.cluster_key) {
            (None, None, None) => Ok(None),
            (Some(ca), Some(cert), Some(key)) => {
                Ok(Some(TlsFiles { ca: ca.clone(), cert: cert.clone(), key: key.clone() }))
            }
            _ => Err(AppError::Invalid("--cluster-ca, --cluster-cert and --cluster-key go together".into())),
        }
    }

    /// Refuses the cluster for commands that do not ask queries one by one.
    pub(super) fn check(&self, command: &Command) -> Result<(), AppError> {
        if self.engine == Engine::Local || matches!(command, Command::Kpi(_) | Command::Sql(_)) {
            return Ok(());
        }
        let told = match command {
            Command::Serve(_) => "`axle serve` answers from this machine, page by page",
            Command::Demo(_) => "`axle demo` answers from this machine",
            Command::Bench(_) => "`axle bench` measures this machine",
            _ => "this command works on this machine",
        };
        Err(AppError::Invalid(format!("{told}: --engine cluster is for `axle kpi` and `axle sql`")))
    }

    /// The cluster that is to answer, if one is.
    pub(super) fn asked(&self) -> Result<Option<Cluster>, AppError> {
        if self.engine == Engine::Local {
            return Ok(None);
        }
        let parts = self.cluster_parts as usize;
        Ok(Some(Cluster::new(&self.cluster_scheduler, &self.store()?, self.tls()?.as_ref(), parts)?))
    }
}

/// The machine of a cluster that plans queries and hands out work
#[derive(Debug, Args)]
pub(crate) struct Scheduler {
    /// Address to listen on; any but this machine's own needs certificates
    #[arg(long, env = "AXLE_CLUSTER_LISTEN", default_value = "127.0.0.1:50050", value_name = "ADDRESS")]
    listen: SocketAddr,
}

impl Scheduler {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let options = &arguments.cluster;
        let scheduler = cluster::Scheduler { listen: self.listen, store: options.store()?, tls: options.tls()? };
        let started = |address| eprintln!("axle: scheduler on {address}, build {}", cluster::BUILD);
        Ok(scheduler.run(started).await.map_err(AppError::from)?)
    }
}

/// A machine of a cluster that works
#[derive(Debug, Args)]
pub(crate) struct Executor {
    /// Address to listen on; any but this machine's own needs certificates
    #[arg(long, env = "AXLE_CLUSTER_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Name by which the other machines reach this one; else the address
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Tasks at once; else one for each core
    #[arg(long, value_name = "NUMBER")]
    cores: Option<u16>,
    /// Memory that all tasks share, in MiB; what does not fit is sorted and grouped on the disk
    #[arg(long, default_value_t = 4096, value_name = "MIB")]
    memory: u32,
    /// Folder for rows between the steps of a query; else `axle-executor-PORT` here
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
}

impl Executor {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        let options = &arguments.cluster;
        let cores = self.cores.map(usize::from).or_else(|| Some(std::thread::available_parallelism().ok()?.get()));
        let executor = cluster::Executor {
            listen: self.listen,
            host: self.host.clone(),
            scheduler: options.cluster_scheduler.clone(),
            store: options.store()?,
            tls: options.tls()?,
            cores: cores.unwrap_or(1),
            memory: (self.memory as usize) << 20,
            work: self.work.clone().unwrap_or_else(|| format!("axle-executor-{}", self.listen.port()).into()),
        };
        let started = |address| eprintln!("axle: executor on {address}, build {}", cluster::BUILD);
        Ok(executor.run(started).await.map_err(AppError::from)?)
    }
}
