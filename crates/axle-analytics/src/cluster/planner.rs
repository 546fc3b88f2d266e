//! Where a query leaves this machine: what its plan reads is put into the object store, and the plan goes to the
//! scheduler.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use axle_model::analytics::Segment;
use ballista_core::execution_plans::DistributedQueryExec;
use ballista_core::extension::SessionConfigExt;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties, SendableRecordBatchStream,
};
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion_proto::protobuf::LogicalPlanNode;
use futures::TryStreamExt;
use tokio::sync::OnceCell;

use super::codec::Logical;
use super::functions::{Functions, OF_DAYS, publish, publish_days};
use super::store::{Store, named, unavailable};
use crate::functions::{Function, Needs};
use crate::view::Tables;

/// Rows of a file's parts, each of which another machine can read.
const ROWS_PER_GROUP: usize = 1 << 17;

/// Plans the queries of one view.
pub(super) struct Planner {
    scheduler: String,
    store: Store,
    tables: Arc<Tables>,
    /// Name of the snapshot for functions, once it is in the store; and whether the days of members are.
    snapshot: OnceCell<String>,
    days: OnceCell<()>,
}

impl fmt::Debug for Planner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Planner").field("scheduler", &self.scheduler).finish_non_exhaustive()
    }
}

impl Planner {
    pub(super) fn new(scheduler: String, store: Store, tables: &Arc<Tables>) -> Self {
        Self { scheduler, store, tables: tables.clone(), snapshot: OnceCell::new(), days: OnceCell::new() }
    }

    /// The plan with all that it reads in the object store.
    async fn publish(&self, plan: &LogicalPlan) -> Result<LogicalPlan> {
        let mut scans: Vec<Arc<dyn TableProvider>> = Vec::new();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                scans.push(source_as_provider(&scan.source)?);
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        let mut stored: HashMap<usize, Arc<dyn TableProvider>> = HashMap::new();
        for table in scans {
            if let Entry::Vacant(place) = stored.entry(address(&table)) {
                place.insert(self.stored(&table).await?);
            }
        }
        let there = plan.clone().transform_down_with_subqueries(|node| {
            let LogicalPlan::TableScan(scan) = node else { return Ok(Transformed::no(node)) };
            let key = address(&source_as_provider(&scan.source)?);
            let table = stored.get(&key).ok_or_else(|| DataFusionError::Internal("a table was not stored".into()))?;
            let source = provider_as_source(table.clone());
            Ok(Transformed::yes(LogicalPlan::TableScan(TableScan { source, ..scan })))
        })?;
        Ok(there.data)
    }

    /// A table of the same rows, in the object store.
    async fn stored(&self, table: &Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
        let mut names = Vec::new();
        if let Some(memory) = table.downcast_ref::<MemTable>() {
            let mut batches = Vec::new();
            for partition in &memory.batches {
                batches.extend(partition.read().await.iter().cloned());
            }
            let bytes = to_parquet(&table.schema(), &batches)?;
            let name = named("tables", &bytes, "parquet");
            self.store.put(&name, bytes).await?;
            names.push(name);
        } else if let Some(files) = table.downcast_ref::<ListingTable>() {
            for url in files.table_paths() {
                names.push(self.stored_segment(&PathBuf::from(format!("/{}", url.prefix()))).await?);
            }
        } else {
            return Err(DataFusionError::NotImplemented("the cluster cannot read this table".into()));
        }
        self.table(&names, table.schema())
    }

    /// The name of a segment file in the store, under its hash.
    async fn stored_segment(&self, path: &Path) -> Result<String> {
        let known = &self.tables.known;
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let all = known.rows.segments.iter().chain(known.fact_files.values().flat_map(|files| &files.segments));
        let segment: &Segment = all
            .into_iter()
            .find(|segment| segment.path == file)
            .ok_or_else(|| DataFusionError::Internal(format!("{file} is no segment")))?;
        let name = format!("segments/{}.parquet", segment.sha256);
        if !self.store.has(&name).await? {
            let bytes = tokio::fs::read(known.rows.folder.join(file)).await?;
            self.store.put(&name, bytes).await?;
        }
        Ok(name)
    }

    fn table(&self, names: &[String], schema: SchemaRef) -> Result<Arc<dyn TableProvider>> {
        let urls: Vec<ListingTableUrl> =
            names.iter().map(|name| ListingTableUrl::parse(self.store.url_of(name))).collect::<Result<_>>()?;
        let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
        let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
        Ok(Arc::new(ListingTable::try_new(config)?))
    }

    /// What our functions in the plan need, in the object store.
    async fn functions(&self, plan: &LogicalPlan) -> Result<Arc<Functions>> {
        let mut of_days = false;
        let mut of_view = false;
        plan.apply_with_subqueries(|node| {
            node.apply_expressions(|expression| {
                expression.apply_calls(&mut |name, is_of_view| {
                    of_view |= is_of_view;
                    of_days |= name == OF_DAYS;
                })
            })
        })?;
        if !of_view {
            return Ok(Arc::new(Functions::Asked { snapshot: String::new() }));
        }
        let known = &self.tables.known;
        let snapshot = self.snapshot.get_or_try_init(|| publish(known, &self.store)).await?;
        if of_days {
            self.days.get_or_try_init(|| publish_days(known, &self.store, snapshot)).await?;
        }
        Ok(Arc::new(Functions::Asked { snapshot: snapshot.clone() }))
    }
}

/// What tells tables of one plan apart.
fn address(table: &Arc<dyn TableProvider>) -> usize {
    Arc::as_ptr(table).cast::<()>().addr()
}

/// Visits the scalar functions that an expression calls: by name, and whether they need what a view knows.
trait Calls {
    fn apply_calls(&self, each: &mut impl FnMut(&str, bool)) -> Result<TreeNodeRecursion>;
}

impl Calls for Expr {
    fn apply_calls(&self, each: &mut impl FnMut(&str, bool)) -> Result<TreeNodeRecursion> {
        use datafusion::common::tree_node::TreeNode;
        self.apply(|part| {
            if let Expr::ScalarFunction(call) = part {
                let ours = call.func.inner().downcast_ref::<Function>();
                each(call.func.name(), ours.is_some_and(|ours| matches!(ours.needs, Needs::View)));
            }
            Ok(TreeNodeRecursion::Continue)
        })
    }
}

/// Rows as a Parquet file, the same bytes for the same rows.
pub(super) fn to_parquet(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema.clone(), Some(properties))?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.close()?;
    Ok(bytes)
}

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        if stays_here(plan)? {
            return DefaultPhysicalPlanner::default().create_physical_plan(plan, session).await;
        }
        let functions = self.functions(plan).await?;
        let there = DistributedQueryExec::<LogicalPlanNode>::with_extension(
            self.scheduler.clone(),
            session.config().ballista_config(),
            self.publish(plan).await?,
            Logical::of(functions),
            session.session_id().to_owned(),
        );
        Ok(Arc::new(Elsewhere { there: Arc::new(there) }))
    }
}

/// Whether a plan reads no table, or only those that tell of tables.
fn stays_here(plan: &LogicalPlan) -> Result<bool> {
    let mut is_here = true;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            is_here &= scan.table_name.schema() == Some("information_schema");
        }
        Ok(if is_here { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(is_here)
}

/// A query that runs on the cluster. When it fails, the cluster was not available: what is wrong with a query itself is
/// found where it is planned.
#[derive(Debug)]
struct Elsewhere {
    there: Arc<dyn ExecutionPlan>,
}

impl DisplayAs for Elsewhere {
    fn fmt_as(&self, form: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.there.fmt_as(form, formatter)
    }
}

impl ExecutionPlan for Elsewhere {
    fn name(&self) -> &'static str {
        "Elsewhere"
    }

    fn schema(&self) -> SchemaRef {
        self.there.schema()
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.there.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let rows = self.there.execute(partition, context)?.map_err(told);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}

/// What went wrong, without the layers that it came through.
fn told(error: DataFusionError) -> DataFusionError {
    let text = error.find_root().strip_backtrace();
    unavailable(text.strip_prefix("Execution error: ").unwrap_or(&text))
}
