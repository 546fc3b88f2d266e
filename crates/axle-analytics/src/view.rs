//! The tables of one state of the workspace as of one instant, each made when a query first names it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use axle_model::analytics::AnalyticsError;
use axle_model::interchange::FactKind;
use axle_model::time::LocalDay;
use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::{CatalogProvider, MemTable, MemoryCatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{SortExpr, ident};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::columns::internal;
use crate::fact_functions;
use crate::fact_rows::FactFiles;
use crate::functions;
use crate::known::Known;
use crate::limits::StoppableJoins;
use crate::receipt::{self, Tally};
use crate::tables;
use crate::tables::queries::KeptQueries;

const SLICE_ROWS: usize = 32_768;

/// A queryable state.
pub(crate) struct View {
    pub tables: Arc<Tables>,
    pub context: SessionContext,
}

/// A table, or why it cannot be made.
type Made = Arc<OnceLock<Result<RecordBatch, Arc<DataFusionError>>>>;

/// Tables by name, filled in as they are asked for.
pub(crate) struct Tables {
    pub known: Known,
    made: Mutex<HashMap<String, Made>>,
    queries: KeptQueries,
    tally: OnceLock<BTreeMap<LocalDay, Tally>>,
    /// Where queries run. It does not hold the context, which holds the tables.
    state: OnceLock<Box<dyn Fn() -> Option<SessionState> + Send + Sync>>,
}

impl fmt::Debug for Tables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tables").field("as_of", &self.known.as_of).finish_non_exhaustive()
    }
}

/// How queries run.
pub(crate) fn config() -> SessionConfig {
    // One partition: interactive questions are one pass over memory, and one thread each leaves the others free.
    SessionConfig::new()
        .with_target_partitions(1)
        .with_information_schema(true)
        // It loses the least value where a query asks for the greatest as well: seen in 44,321 RSVPs (`real::rsvps`).
        .set_bool("datafusion.optimizer.enable_aggregate_dynamic_filter_pushdown", false)
        .with_default_catalog_and_schema("axle", "public")
}

impl View {
    pub(crate) fn new(known: Known, runtime: Arc<RuntimeEnv>) -> Result<Self, AnalyticsError> {
        Self::built(known, runtime, |builder, _| builder)
    }

    /// A view whose queries run as `adapt` says.
    pub(crate) fn built(
        known: Known,
        runtime: Arc<RuntimeEnv>,
        adapt: impl FnOnce(SessionStateBuilder, &Arc<Tables>) -> SessionStateBuilder,
    ) -> Result<Self, AnalyticsError> {
        let tables = Arc::new(Tables::new(known));
        let known = &tables.known;
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(config())
            .with_runtime_env(runtime.clone())
            .with_physical_optimizer_rule(Arc::new(StoppableJoins));
        let context = SessionContext::new_with_state(adapt(state, &tables).build());
        for function in [functions::local_day(known.directory.zone.clone()), functions::seconds_between()] {
            context.register_udf(function);
        }
        let (zone, hours) = (&known.directory.zone, &known.directory.directory.business_hours);
        context.register_udf(functions::business_seconds(zone.clone(), hours.clone()));
        context.register_udf(functions::business_days(zone.clone(), hours.clone()));
        for function in functions::told(&known.directory.directory.currencies) {
            context.register_udf(function);
        }
        for function in fact_functions::all(&known.directory) {
            context.register_udf(function);
        }
        for dimension in ["source", "channel", "activity_type", "organization", "member", "level", "layer"] {
            context.register_udf(functions::name_of(dimension, known.directory.names_of(dimension)));
        }
        context.register_udf(tables::next_active::days_until_active(tables.clone()));
        for (name, make) in tables::scores::FUNCTIONS {
            let function = tables::scores::OfPeriods { tables: tables.clone(), name, make: *make };
            context.register_udtf(name, Arc::new(function));
        }
        context.register_udtf("meetings", Arc::new(tables::connections::Meetings { tables: tables.clone() }));
        let catalog = MemoryCatalogProvider::new();
        let schema = Arc::new(Schema {
            tables: tables.clone(),
            inner: SessionContext::new_with_config_rt(SessionConfig::new(), runtime),
        });
        catalog.register_schema("public", schema).map_err(internal)?;
        context.register_catalog("axle", Arc::new(catalog));
        let state = context.state_weak_ref();
        tables.state.get_or_init(|| Box::new(move || Some(state.upgrade()?.read().clone())));
        Ok(Self { tables, context })
    }
}

impl Tables {
    pub(crate) fn new(known: Known) -> Self {
        Self {
            known,
            made: Mutex::default(),
            queries: KeptQueries::default(),
            tally: OnceLock::new(),
            state: OnceLock::new(),
        }
    }

    /// What counts of each day, for receipts.
    pub(crate) fn tally(&self) -> &BTreeMap<LocalDay, Tally> {
        self.tally.get_or_init(|| receipt::tally(&self.known))
    }

    /// A table that is kept in memory once made; `None` when there is none of that name.
    pub(crate) fn batch(&self, name: &str) -> Option<Result<RecordBatch>> {
        if let Some(given) = self.known.facts.get(name) {
            return Some(tables::facts::table(given, name, &self.known.directory));
        }
        let make = tables::maker(name)?;
        Some(self.kept(name, || make(self)))
    }

    /// The kind of the facts that a table is a view of. A table handed over whole comes first; one that follows from
    /// the directory stands in while no facts of the kind were handed over.
    pub(crate) fn facts_of(&self, name: &str) -> Option<FactKind> {
        let is_other = self.known.facts.contains_key(name)
            || (tables::maker(name).is_some() && !self.known.fact_files.contains_key(name));
        FactKind::of_table(name).filter(|_| !is_other)
    }

    /// How many states of facts the table of that name was made from, replaced ones included; `None` for other tables.
    pub(crate) fn stated(&self, name: &str) -> Option<u64> {
        let kind = self.facts_of(name)?;
        Some(self.known.fact_files.get(&kind.table()).map_or(0, FactFiles::states))
    }

    /// Rows of a kind of facts, with these columns, `source` and `identity`.
    pub(crate) fn facts(&self, kind: FactKind, columns: &[&str]) -> Result<Vec<RecordBatch>> {
        let Some(files) = self.known.fact_files.get(&kind.table()) else { return Ok(Vec::new()) };
        files.read(columns).map_err(|error| DataFusionError::External(Box::new(error)))
    }

    /// What `make` makes, made once for a key.
    pub(crate) fn kept(&self, key: &str, make: impl FnOnce() -> Result<RecordBatch>) -> Result<RecordBatch> {
        let cell = {
            let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            made.entry(key.to_owned()).or_default().clone()
        };
        cell.get_or_init(|| make().map_err(Arc::new)).clone().map_err(DataFusionError::Shared)
    }

    /// The rows of the query of that name; `None` when there is none.
    async fn query(&self, name: &str) -> Option<Result<RecordBatch>> {
        let query = tables::queries::named(name)?;
        let context = SessionContext::new_with_state(self.state.get()?()?);
        Some(self.queries.rows(query, &context, self).await)
    }

    /// As [`Tables::batch`], for a table that is known to exist.
    pub(crate) fn must(&self, name: &str) -> Result<RecordBatch> {
        self.batch(name).unwrap_or_else(|| Err(DataFusionError::Internal(format!("no table {name}"))))
    }
}

struct Schema {
    tables: Arc<Tables>,
    /// For tables that are queries over files.
    inner: SessionContext,
}

impl fmt::Debug for Schema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tables.fmt(formatter)
    }
}

impl fmt::Debug for View {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tables.fmt(formatter)
    }
}

#[async_trait]
impl SchemaProvider for Schema {
    fn table_names(&self) -> Vec<String> {
        tables::names(&self.tables)
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if name == "activities" {
            return tables::activities::table(&self.tables, &self.inner).await.map(Some);
        }
        if let Some(kind) = self.tables.facts_of(name) {
            return tables::facts::of_kind(&self.tables, kind, &self.inner).await.map(Some);
        }
        if let Some(rows) = self.tables.query(name).await {
            return Ok(Some(Arc::new(sliced(&rows?)?)));
        }
        let (tables, called) = (self.tables.clone(), name.to_owned());
        let made = tokio::task::spawn_blocking(move || tables.batch(&called)).await;
        let Some(batch) = made.map_err(|error| DataFusionError::External(Box::new(error)))? else { return Ok(None) };
        let order: Vec<SortExpr> = tables::order(name).iter().map(|name| ident(*name).sort(true, false)).collect();
        Ok(Some(Arc::new(sliced(&batch?)?.with_sort_order(vec![order]))))
    }

    fn table_exist(&self, name: &str) -> bool {
        name == "activities"
            || self.tables.known.facts.contains_key(name)
            || self.tables.facts_of(name).is_some()
            || tables::maker(name).is_some()
            || tables::queries::named(name).is_some()
    }
}

/// A table of slices, so that operators work on pieces that fit the processor's cache.
pub(crate) fn sliced(batch: &RecordBatch) -> Result<MemTable> {
    let rows = batch.num_rows();
    let slices = (0..rows).step_by(SLICE_ROWS).map(|start| batch.slice(start, SLICE_ROWS.min(rows - start))).collect();
    MemTable::try_new(batch.schema(), vec![slices])
}
