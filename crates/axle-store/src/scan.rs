//! Reading many rows at once. sqlx copies every value and hands it to another thread, which for long tables takes several
//! times longer than SQLite takes to find it: here values are read where they lie, through connections of their own.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Params, Row};

use crate::{Db, StoreError, StoreResult};

/// Connections that nobody reads through now.
#[derive(Clone, Default)]
pub(crate) struct Scans(Arc<Mutex<Vec<Connection>>>);

/// The rows of a query, each as `take` has it.
pub(crate) async fn rows<T: Send + 'static>(
    db: &Db,
    sql: &'static str,
    parameters: impl Params + Send + 'static,
    take: impl Fn(&Row<'_>) -> rusqlite::Result<T> + Send + 'static,
) -> StoreResult<Vec<T>> {
    fold(db, sql, parameters, Vec::new(), move |all, row| {
        all.push(take(row)?);
        Ok(())
    })
    .await
}

/// What `add` makes of the rows of a query, one after the other.
pub(crate) async fn fold<T: Send + 'static>(
    db: &Db,
    sql: &'static str,
    parameters: impl Params + Send + 'static,
    mut all: T,
    add: impl Fn(&mut T, &Row<'_>) -> rusqlite::Result<()> + Send + 'static,
) -> StoreResult<T> {
    let (idle, path) = (db.scans().clone(), db.path().to_owned());
    let read = move || {
        let connection = idle.take().map_or_else(|| open(&path), Ok)?;
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            add(&mut all, row)?;
        }
        drop(rows);
        drop(statement);
        idle.give_back(connection);
        Ok(all)
    };
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| StoreError::Io { place: "reading".into(), cause: std::io::Error::other(error) })?
}

impl Scans {
    fn take(&self) -> Option<Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, connection: Connection) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

fn open(path: &Path) -> StoreResult<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch("pragma temp_store = memory; pragma trusted_schema = off; pragma cell_size_check = on")?;
    Ok(connection)
}
