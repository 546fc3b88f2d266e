//! What pages show again and again, kept while nothing changed: made once per state of the record and local day.

use std::sync::Arc;

use axle_store::score::Basis;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{AppResult, Workspace, score};

/// One value with the state it was made from. Whoever comes while it is made waits for it.
#[derive(Debug)]
pub struct Cached<T>(Mutex<Option<(Basis, Arc<T>)>>);

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Cached<T> {
    /// Has the value made anew, since something else changed that it is made from.
    pub async fn forget(&self) {
        *self.0.lock().await = None;
    }

    /// The value for the state now. While `is_changing`, an earlier one is good enough: an import would have it made
    /// anew with every batch.
    pub async fn get(
        &self,
        workspace: &Workspace,
        now: Timestamp,
        is_changing: bool,
        make: impl Future<Output = AppResult<T>>,
    ) -> AppResult<Arc<T>> {
        self.get_while(workspace, now, is_changing, |_| true, make).await
    }

    /// As [`Self::get`], of a value that may become another one in the course of a day. `holds`: whether it has not yet.
    pub async fn get_while(
        &self,
        workspace: &Workspace,
        now: Timestamp,
        is_changing: bool,
        holds: impl Fn(&T) -> bool,
        make: impl Future<Output = AppResult<T>>,
    ) -> AppResult<Arc<T>> {
        let mut held = self.0.lock().await;
        if let (true, Some((_, value))) = (is_changing, held.as_ref()) {
            return Ok(Arc::clone(value));
        }
        // Read before the value is made: what is stored meanwhile makes it outdated.
        let basis = score::basis(workspace, now).await?;
        if let Some((of, value)) = held.as_ref()
            && *of == basis
            && holds(value)
        {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(make.await?);
        *held = Some((basis, Arc::clone(&value)));
        Ok(value)
    }
}
