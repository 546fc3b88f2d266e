//! Statements that are asked after every change, of tables that hold little: planned once and then run over other rows, since
//! planning a small question takes far longer than answering it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, mem};

use async_trait::async_trait;
use axle_model::analytics::{AnalyticsError, TypedTable};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, SchemaProvider, Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::execution_plan::reset_plan_states;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use jiff::tz::TimeZone;

use crate::columns::internal;
use crate::sql::{self, invalid};
use crate::view::{self, Tables};
use crate::{fact_functions, functions, tables};

/// Plans by their statement. Functions that look at the directory are not there, since another may hold when a plan runs again.
pub(crate) struct Plans {
    zone: TimeZone,
    context: SessionContext,
    slots: Arc<Slots>,
    plans: HashMap<String, Plan>,
}

impl fmt::Debug for Plans {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Plans").field("slots", &self.slots).finish_non_exhaustive()
    }
}

struct Plan {
    plan: Arc<dyn ExecutionPlan>,
    /// Names of the tables that it reads.
    reads: BTreeSet<String>,
}

impl Plans {
    pub(crate) fn new(zone: &TimeZone, runtime: Arc<RuntimeEnv>) -> Result<Self, AnalyticsError> {
        // What one side of a join tells the other is remembered with the plan.
        let config = view::config().set_bool("datafusion.optimizer.enable_dynamic_filter_pushdown", false);
        let state = SessionStateBuilder::new_with_default_features().with_config(config).with_runtime_env(runtime);
        let context = SessionContext::new_with_state(state.build());
        context.register_udf(functions::local_day(zone.clone()));
        for function in fact_functions::of_fields() {
            context.register_udf(function);
        }
        let (catalog, slots) = (MemoryCatalogProvider::new(), Arc::new(Slots::default()));
        catalog.register_schema("public", slots.clone()).map_err(internal)?;
        context.register_catalog("axle", Arc::new(catalog));
        Ok(Self { zone: zone.clone(), context, slots, plans: HashMap::new() })
    }

    /// Whether days begin there when they do.
    pub(crate) fn is_of(&self, zone: &TimeZone) -> bool {
        self.zone == *zone
    }

    /// Runs statements over these tables, whose activities are all in memory.
    pub(crate) async fn run(
        &mut self,
        tables: &Arc<Tables>,
        queries: &[String],
    ) -> Result<Vec<TypedTable>, AnalyticsError> {
        let mut reads = BTreeSet::new();
        for query in queries {
            if !self.plans.contains_key(query) {
                let plan = self.plan(tables, query).await.map_err(invalid)?;
                self.plans.insert(query.clone(), plan);
            }
            reads.extend(self.plans[query].reads.iter().cloned());
        }
        for slot in reads.iter().filter_map(|name| self.slots.of(name)) {
            slot.fill(tables).map_err(invalid)?;
        }
        let mut found = Vec::with_capacity(queries.len());
        for query in queries {
            let plan = reset_plan_states(self.plans[query].plan.clone()).map_err(invalid)?;
            let rows = execute_stream(plan, self.context.task_ctx()).map_err(invalid)?;
            found.push(sql::collect_typed(rows).await?);
        }
        Ok(found)
    }

    async fn plan(&self, tables: &Arc<Tables>, query: &str) -> Result<Plan> {
        self.slots.lock().tables = Some(tables.clone());
        let plan = async { self.context.sql(query).await?.create_physical_plan().await }.await;
        let mut planning = self.slots.lock();
        planning.tables = None;
        let reads = mem::take(&mut planning.named);
        Ok(Plan { plan: plan?, reads })
    }
}

/// The tables of plans.
#[derive(Debug, Default)]
struct Slots(Mutex<Planning>);

#[derive(Debug, Default)]
struct Planning {
    slots: BTreeMap<String, Arc<Slot>>,
    /// While a statement is planned: what tells how tables look, and which it names.
    tables: Option<Arc<Tables>>,
    named: BTreeSet<String>,
}

impl Slots {
    fn lock(&self) -> MutexGuard<'_, Planning> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, name: &str) -> Option<Arc<Slot>> {
        self.lock().slots.get(name).cloned()
    }
}

#[async_trait]
impl SchemaProvider for Slots {
    fn table_names(&self) -> Vec<String> {
        self.lock().slots.keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let mut planning = self.lock();
        planning.named.insert(name.to_owned());
        if let Some(known) = planning.slots.get(name) {
            return Ok(Some(Arc::new(SlotTable(known.clone()))));
        }
        let Some(tables) = &planning.tables else { return Ok(None) };
        let Some(rows) = in_memory(tables, name, &|_| false) else { return Ok(None) };
        // Whether there is a null among the rows of today says nothing of those of tomorrow.
        let known = rows?.schema();
        let fields = known.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<Field>>()));
        let rows = Mutex::new(RecordBatch::new_empty(schema.clone()));
        let slot = Arc::new(Slot { name: name.to_owned(), schema, wanted: Mutex::default(), rows });
        planning.slots.insert(name.to_owned(), slot.clone());
        Ok(Some(Arc::new(SlotTable(slot))))
    }

    fn table_exist(&self, _: &str) -> bool {
        true
    }
}

/// The rows of a table, `None` when there is none of that name. Columns that are not wanted may be null.
fn in_memory(tables: &Tables, name: &str, wanted: &dyn Fn(&str) -> bool) -> Option<Result<RecordBatch>> {
    if name == "activities" {
        return Some(tables::activities::in_memory(tables, wanted));
    }
    match tables.facts_of(name) {
        Some(kind) => Some(tables::facts::in_memory(tables, kind, wanted)),
        None => tables.batch(name),
    }
}

/// A table whose rows are put in before a plan runs.
#[derive(Debug)]
struct Slot {
    name: String,
    schema: SchemaRef,
    /// Columns that plans look at.
    wanted: Mutex<BTreeSet<String>>,
    rows: Mutex<RecordBatch>,
}

impl Slot {
    fn fill(&self, tables: &Tables) -> Result<()> {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows = in_memory(tables, &self.name, &|column| wanted.contains(column))
            .unwrap_or_else(|| Err(DataFusionError::Internal(format!("no table {}", self.name))))?;
        // Whatever made it, it must be what the plans were made for.
        let rows = RecordBatch::try_new(self.schema.clone(), rows.columns().to_vec())?;
        *self.rows.lock().unwrap_or_else(PoisonError::into_inner) = rows;
        Ok(())
    }
}

impl PartitionStream for Slot {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::iter([Ok(rows)])))
    }
}

#[derive(Debug)]
struct SlotTable(Arc<Slot>);

#[async_trait]
impl TableProvider for SlotTable {
    fn schema(&self) -> SchemaRef {
        self.0.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = (0..self.0.schema.fields().len()).collect();
        let columns = projection.unwrap_or(&all).iter().map(|column| self.0.schema.field(*column).name().clone());
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner).extend(columns);
        let rows: Vec<Arc<dyn PartitionStream>> = vec![self.0.clone()];
        Ok(Arc::new(StreamingTableExec::try_new(self.0.schema.clone(), rows, projection, None, false, limit)?))
    }
}
