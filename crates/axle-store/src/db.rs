//! Opening databases: one writer connection, several readers, and the pragmas that make a commit durable.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::known_ids::KnownIds;
use crate::scan::Scans;
use crate::{StoreError, StoreResult};

/// The record of one workspace.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    path: Arc<PathBuf>,
    scans: Scans,
}

/// Users and sessions of the server.
#[derive(Clone)]
pub struct ServerDb {
    engine: Engine,
}

#[derive(Clone)]
struct Engine {
    writer: SqlitePool,
    readers: SqlitePool,
    turn: Arc<Mutex<Turn>>,
}

/// What whoever writes holds.
#[derive(Default)]
struct Turn {
    /// While the index of ids is missing: see [`crate::activity_index`].
    known_ids: Option<KnownIds>,
}

/// A write transaction. It holds the only writer: keep it short, and [`Tx::commit`] it, or nothing of it stays.
pub struct Tx {
    inner: Transaction<'static, Sqlite>,
    turn: OwnedMutexGuard<Turn>,
}

/// The writer's connection outside of a transaction, while nobody else writes.
pub(crate) struct IdleWriter {
    connection: PoolConnection<Sqlite>,
    turn: OwnedMutexGuard<Turn>,
}

impl Tx {
    /// Makes everything in it durable: when this returns, it survives a power cut.
    pub async fn commit(self) -> StoreResult<()> {
        Ok(self.inner.commit().await?)
    }

    pub(crate) fn connection(&mut self) -> &mut sqlx::SqliteConnection {
        &mut self.inner
    }

    /// What the last transaction knew of ids, if it kept it.
    pub(crate) fn take_known_ids(&mut self) -> Option<KnownIds> {
        self.turn.known_ids.take()
    }

    /// As [`Tx::commit`], and keeps what is known of ids for the next one. What a transaction learned that is not
    /// committed is forgotten with it.
    pub(crate) async fn commit_with(mut self, known_ids: Option<KnownIds>) -> StoreResult<()> {
        self.inner.commit().await?;
        self.turn.known_ids = known_ids;
        Ok(())
    }
}

impl IdleWriter {
    /// Gives back the memory of what was known of ids.
    pub(crate) fn forget_known_ids(&mut self) {
        self.turn.known_ids = None;
    }
}

impl Deref for IdleWriter {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for IdleWriter {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Db {
    /// Opens the database of a workspace folder, creating and migrating it as needed.
    pub async fn open(folder: &Path) -> StoreResult<Self> {
        create_folder(folder)?;
        let path = folder.join("axle.db");
        let engine = Engine::open(&path).await?;
        let mut connection = engine.writer.acquire().await?;
        sqlx::migrate!("migrations/workspace").run(&mut *connection).await?;
        drop(connection);
        Ok(Self { engine, path: Arc::new(path), scans: Scans::default() })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a write transaction; waits for the one before.
    pub async fn begin(&self) -> StoreResult<Tx> {
        self.engine.begin().await
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.engine.readers
    }

    pub(crate) fn scans(&self) -> &Scans {
        &self.scans
    }

    /// Writes what is in the write-ahead log into the database file.
    pub async fn checkpoint(&self) -> StoreResult<()> {
        // SQLite alone has a write-ahead log that is ours to fold back.
        let mut writer = self.idle_writer().await?;
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut *writer).await?;
        Ok(())
    }

    /// Waits for whoever writes.
    pub(crate) async fn idle_writer(&self) -> StoreResult<IdleWriter> {
        let turn = Arc::clone(&self.engine.turn).lock_owned().await;
        Ok(IdleWriter { connection: self.engine.writer.acquire().await?, turn })
    }
}

impl ServerDb {
    /// Opens `server.db` in the data folder, creating and migrating it as needed.
    pub async fn open(folder: &Path) -> StoreResult<Self> {
        create_folder(folder)?;
        let engine = Engine::open(&folder.join("server.db")).await?;
        let mut connection = engine.writer.acquire().await?;
        sqlx::migrate!("migrations/server").run(&mut *connection).await?;
        drop(connection);
        Ok(Self { engine })
    }

    /// Begins a write transaction; waits for the one before.
    pub async fn begin(&self) -> StoreResult<Tx> {
        self.engine.begin().await
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.engine.readers
    }
}

/// In KiB, as SQLite wants it.
pub(crate) const READER_CACHE: &str = "-65536";

/// New activities go anywhere in the indexes of ids and people. Pages that are still here when the next batch comes need not
/// be written and read between the two.
pub(crate) const WRITER_CACHE: &str = "-196608";

/// Another process may be building an index: see [`crate::activity_index`].
const LONGEST_WRITE: Duration = Duration::from_secs(120);

impl Engine {
    async fn open(path: &Path) -> StoreResult<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(LONGEST_WRITE)
            .statement_cache_capacity(200)
            .pragma("cache_size", READER_CACHE)
            .pragma("temp_store", "memory")
            .pragma("trusted_schema", "off")
            .pragma("cell_size_check", "on")
            .pragma("wal_autocheckpoint", "32000");
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(Duration::from_secs(30))
        };
        let writer = pool(1).connect_with(options.clone().pragma("cache_size", WRITER_CACHE)).await?;
        let readers = pool(4).connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Self { writer, readers, turn: Arc::default() })
    }

    async fn begin(&self) -> StoreResult<Tx> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        // A deferred transaction that reads and then writes fails at once under load.
        let inner = self.writer.begin_with("begin immediate").await?;
        Ok(Tx { inner, turn })
    }
}

fn create_folder(folder: &Path) -> StoreResult<()> {
    std::fs::create_dir_all(folder).map_err(|cause| StoreError::Io { place: folder.display().to_string(), cause })
}
