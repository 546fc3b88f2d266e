//! What pages show again and again, kept while nothing changed: made once per state of the record and local day.

use std::sync::Arc;

use axle_store::score::Basis;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::{AppResult, Workspace, score};

/// One value with the state it was made from. Whoever comes while it is made waits for it.
#[derive(Debug)]
pub struct Cached<T>(Mutex<Option<Held<T>>>);

#[derive(Debug)]
struct Held<T> {
    of: Basis,
    until: Option<Timestamp>,
    value: Arc<T>,
}

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
        self.get_until(workspace, now, is_changing, async { Ok((make.await?, None)) }).await
    }

    /// As [`Self::get`], of a value that may become another one in the course of a day, though nothing is read: it comes with when
    /// that is; `None`: it does not.
    pub async fn get_until(
        &self,
        workspace: &Workspace,
        now: Timestamp,
        is_changing: bool,
        make: impl Future<Output = AppResult<(T, Option<Timestamp>)>>,
    ) -> AppResult<Arc<T>> {
        let mut held = self.0.lock().await;
        if let (true, Some(held)) = (is_changing, held.as_ref()) {
            return Ok(Arc::clone(&held.value));
        }
        // Read before the value is made: what is stored meanwhile makes it outdated.
        let basis = score::basis(workspace, now).await?;
        if let Some(held) = held.as_ref()
            && held.of == basis
            && held.until.is_none_or(|until| now < until)
        {
            return Ok(Arc::clone(&held.value));
        }
        let (value, until) = make.await?;
        let value = Arc::new(value);
        *held = Some(Held { of: basis, until, value: Arc::clone(&value) });
        Ok(value)
    }
}
