//! Tables that are queries over other tables, kept in memory once made: what several definitions build on stands here
//! once. They know nothing of the instant asked as of, but for activities: a definition compares the instants of facts
//! with `$as_of` itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::Schema;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use tokio::sync::OnceCell;

use super::attributed;
use crate::view::Tables;

/// One of them.
#[derive(Debug)]
pub(crate) struct Query {
    name: &'static str,
    sql: &'static str,
    /// What is done to the rows afterwards.
    then: fn(RecordBatch, &Tables) -> Result<RecordBatch>,
}

impl Query {
    /// The statement that makes its rows.
    pub(crate) fn sql(&self) -> &'static str {
        self.sql
    }
}

fn as_they_are(rows: RecordBatch, _: &Tables) -> Result<RecordBatch> {
    Ok(rows)
}

macro_rules! queries {
    ($($name:ident $(then $then:path)?;)*) => {
        &[$(Query {
            name: stringify!($name),
            sql: include_str!(concat!("queries/", stringify!($name), ".sql")),
            then: queries!(@then $($then)?),
        }),*]
    };
    (@then) => { as_they_are };
    (@then $then:path) => { $then };
}

const QUERIES: &[Query] = queries! {
    call_log;
    inquiries;
    sales_asks;
    customers;
    entitled;
    deflections;
    answered_topics;
    assumed;
    deflection_costs;
    deal_people;
    deal_doings then attributed::doings;
    attributed then attributed::attributed;
    community_gains;
    feedback_links;
    feedback_once;
    flywheel_addressed;
    flywheel_causes;
};

/// Tables by name, each made once.
#[derive(Debug, Default)]
pub(crate) struct KeptQueries(Mutex<HashMap<&'static str, Arc<OnceCell<RecordBatch>>>>);

/// The query of that name.
pub(crate) fn named(name: &str) -> Option<&'static Query> {
    QUERIES.iter().find(|query| query.name == name)
}

/// Names of all.
pub(crate) fn names() -> impl Iterator<Item = String> {
    QUERIES.iter().map(|query| query.name.to_owned())
}

impl KeptQueries {
    /// The rows of a query, made in `context` when first asked for. What failed is tried again.
    pub(crate) async fn rows(&self, query: &Query, context: &SessionContext, tables: &Tables) -> Result<RecordBatch> {
        let cell = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.entry(query.name).or_default().clone()
        };
        let make = async {
            let frame = context.sql(query.sql).await?;
            let schema: Arc<Schema> = Arc::new(frame.schema().as_arrow().clone());
            let rows = frame.collect().await?;
            // Types may have been settled while the query was made ready.
            let schema = rows.first().map_or(schema, RecordBatch::schema);
            (query.then)(concat_batches(&schema, &rows)?, tables)
        };
        cell.get_or_try_init(|| make).await.cloned()
    }
}
