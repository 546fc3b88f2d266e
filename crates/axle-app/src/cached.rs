//! What pages show again and again, kept while nothing changed: made once per state of the record and local day.

use std::sync::Arc;

use axle_model::time::{LocalDay, local_day};
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{AppResult, Workspace, refresh};

/// What a figure depends on. Equal states give equal figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    directory_version: i64,
    watermark: i64,
    day: LocalDay,
}

/// The state now, after what is new was handed to the query engine.
pub async fn state(workspace: &Workspace, now: Timestamp) -> AppResult<State> {
    refresh::refresh(workspace).await?;
    Ok(State {
        directory_version: axle_store::setting::directory_version(workspace.db()).await?,
        watermark: workspace.analytics().watermark(),
        day: local_day(now, &workspace.time_zone().await?),
    })
}

/// One value with the state it was made from. Whoever comes while it is made waits for it.
#[derive(Debug)]
pub struct Cached<T>(Mutex<Option<(State, Arc<T>)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Cached<T> {
    /// The value for the state now. While `is_changing`, an earlier one is good enough: an import would have it made
    /// anew with every batch.
    pub async fn get(
        &self,
        workspace: &Workspace,
        now: Timestamp,
        is_changing: bool,
        make: impl Future<Output = AppResult<T>>,
    ) -> AppResult<Arc<T>> {
        let mut held = self.0.lock().await;
        if let (true, Some((_, value))) = (is_changing, held.as_ref()) {
            return Ok(Arc::clone(value));
        }
        let state = state(workspace, now).await?;
        if let Some((of, value)) = held.as_ref()
            && *of == state
        {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(make.await?);
        *held = Some((state, Arc::clone(&value)));
        Ok(value)
    }
}
