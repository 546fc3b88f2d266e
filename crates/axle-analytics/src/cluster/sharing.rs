//! Which plans executors share, and how one of them runs any other.
//!
//! Ballista gives each task of a step the whole step's plan with its inputs cut down to the task's part. That is right
//! for steps of which each part can be done for itself, and not for all: a branch of a union that gathers its rows is
//! then done by every task. So what is shared is what is known to be right, and any other plan goes to one task as a
//! whole, which plans and runs it as one machine does.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ballista_core::extension::SessionConfigExt;
use datafusion::arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::execution::context::QueryPlanner;
use datafusion::execution::{SessionStateBuilder, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::joins::{HashJoinExec, PartitionMode};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
    SendableRecordBatchStream, execute_stream,
};
use datafusion::physical_planner::{DefaultPhysicalPlanner, PhysicalPlanner};
use datafusion::prelude::SessionConfig;
use futures::{StreamExt, TryStreamExt};

use crate::limits::StoppableJoins;

/// The operators of plans that are shared. Each works on one part of its input at a time, or has its whole input
/// brought together in a step before.
const SHARED: [&str; 14] = [
    "AggregateExec",
    "BoundedWindowAggExec",
    "CoalescePartitionsExec",
    "CooperativeExec",
    "DataSourceExec",
    "FilterExec",
    "GlobalLimitExec",
    "LocalLimitExec",
    "ProjectionExec",
    "RepartitionExec",
    "SortExec",
    "SortExec(TopK)",
    "SortPreservingMergeExec",
    "WindowAggExec",
];

/// Steps of the longest plan that is shared: each costs a round of asking for work, and files between it and the next.
const MOST_STEPS: usize = 20;

/// How the scheduler plans: by Ballista's planner that cuts a plan into steps at once (its adaptive one plans anew after
/// each step, and does not end with dozens of them), and with joins that share both sides out by their keys.
pub(super) fn config(config: SessionConfig) -> SessionConfig {
    config
        .with_ballista_adaptive_query_planner(false)
        .with_ballista_broadcast_join_threshold_bytes(0)
        .set_usize("datafusion.optimizer.hash_join_single_partition_threshold", 0)
        .set_usize("datafusion.optimizer.hash_join_single_partition_threshold_rows", 0)
        // The other kind of join, which sorts, fails where an outer join has a condition beyond its keys.
        .set_bool("datafusion.optimizer.prefer_hash_join", true)
}

/// Plans queries on the scheduler.
#[derive(Debug)]
pub(super) struct Sharing;

#[async_trait]
impl QueryPlanner for Sharing {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        let shared = DefaultPhysicalPlanner::default().create_physical_plan(plan, session).await?;
        match unshared(&shared)? {
            Some(why) if !matches!(plan, LogicalPlan::Explain(_)) => {
                tracing::info!("one task runs a plan as a whole: it has {why}");
                Ok(Arc::new(Whole::new(plan.clone())))
            }
            _ => Ok(shared),
        }
    }
}

/// Why a plan is not shared; `None` when it is.
fn unshared(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<String>> {
    if plan.output_ordering().is_some() && !is_sorted(plan) {
        return Ok(Some("rows in the order of a join".into()));
    }
    let (mut steps, mut why) = (1, None);
    plan.apply(|node| {
        let name = node.name();
        let is_shared = match node.downcast_ref::<HashJoinExec>() {
            // Both sides are shared out by their keys: never is one side copied to all tasks.
            Some(join) => *join.partition_mode() == PartitionMode::Partitioned,
            None => SHARED.contains(&name),
        };
        let orders = node.required_input_ordering();
        if !is_shared {
            why = Some(name.to_owned());
        } else if orders.iter().zip(node.children()).any(|(order, child)| order.is_some() && !is_sorted(child)) {
            why = Some(format!("{name} of rows in the order of a join"));
        }
        steps += usize::from(matches!(name, "RepartitionExec" | "CoalescePartitionsExec" | "SortPreservingMergeExec"));
        Ok(if why.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(why.or_else(|| (steps > MOST_STEPS).then(|| format!("{steps} steps"))))
}

/// Whether rows are sorted in the step that needs their order. Any other order is lost: between steps, and where the
/// sides of a join are swapped once their sizes are known.
fn is_sorted(plan: &Arc<dyn ExecutionPlan>) -> bool {
    match plan.name() {
        "SortExec" | "SortExec(TopK)" | "SortPreservingMergeExec" => true,
        "AggregateExec"
        | "BoundedWindowAggExec"
        | "CooperativeExec"
        | "FilterExec"
        | "GlobalLimitExec"
        | "LocalLimitExec"
        | "ProjectionExec"
        | "WindowAggExec" => plan.children().into_iter().all(is_sorted),
        _ => false,
    }
}

/// A plan that one task runs as a whole. Nothing below it is to be seen, so nothing of it is shared out.
#[derive(Debug)]
pub(super) struct Whole {
    pub plan: LogicalPlan,
    properties: Arc<PlanProperties>,
}

impl Whole {
    pub(super) fn new(plan: LogicalPlan) -> Self {
        let schema = Arc::new(plan.schema().as_arrow().clone());
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self { plan, properties: Arc::new(properties) }
    }
}

impl DisplayAs for Whole {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Whole: {}", self.plan.display())
    }
}

impl ExecutionPlan for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
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

    /// In the memory and on the disk of the task.
    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        // As a view that is asked on one machine: one partition, and joins that keep one side in memory.
        let config = context.session_config().clone().with_target_partitions(1);
        let config = config.set_bool("datafusion.optimizer.prefer_hash_join", true);
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_runtime_env(context.runtime_env())
            .with_physical_optimizer_rule(Arc::new(StoppableJoins))
            .build();
        let plan = self.plan.clone();
        let (own, schema) = (self.schema(), self.schema());
        let rows = futures::stream::once(async move {
            let plan = DefaultPhysicalPlanner::default().create_physical_plan(&plan, &state).await?;
            execute_stream(plan, state.task_ctx())
        });
        // Where planning was done twice, fields may be told otherwise: the columns are the same.
        let rows = rows.try_flatten().map(move |batch| {
            let batch = batch?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            Ok(RecordBatch::try_new_with_options(own.clone(), batch.columns().to_vec(), &options)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{ArrayRef, Int64Array};
    use datafusion::catalog::MemTable;
    use datafusion::prelude::SessionContext;

    use super::*;

    fn session(parts: usize) -> SessionContext {
        let config = SessionConfig::new_with_ballista().with_target_partitions(parts);
        let state = SessionStateBuilder::new_with_default_features()
            .with_config(super::config(config))
            .with_optimizer_rules(ballista_core::optimizer::ballista_default_optimizer_rules())
            .with_query_planner(Arc::new(Sharing))
            .build();
        let context = SessionContext::new_with_state(state);
        let numbers = |first: i64| Arc::new(Int64Array::from_iter((first..first + 100).map(Some))) as ArrayRef;
        let part = |first| RecordBatch::try_from_iter([("a", numbers(first)), ("b", numbers(-first))]).unwrap();
        let parts = vec![vec![part(0)], vec![part(100)]];
        let table = MemTable::try_new(parts[0][0].schema(), parts).unwrap();
        context.register_table("t", Arc::new(table)).unwrap();
        context
    }

    /// Why a query goes to one task; `None` when it is shared.
    async fn why(context: &SessionContext, query: &str) -> Option<String> {
        let (state, plan) = context.sql(query).await.unwrap().into_parts();
        let plan = state.optimize(&plan).unwrap();
        let shared = DefaultPhysicalPlanner::default().create_physical_plan(&plan, &state).await.unwrap();
        let planned = state.query_planner().create_physical_plan(&plan, &state).await.unwrap();
        let why = unshared(&shared).unwrap();
        assert_eq!(planned.is::<Whole>(), why.is_some(), "{query}");
        why
    }

    #[tokio::test]
    async fn what_can_be_done_in_parts_is_shared() {
        let context = session(3);
        for query in [
            "select a, count(*), sum(distinct b) from t where b > 3 group by a order by a limit 5",
            "select x.a, y.b from t x join t y on x.a = y.a and x.b < y.b",
            "select x.a, y.b from t x left join t y on x.a = y.b and x.b < y.b",
            "select x.a from t x full join t y on x.a = y.b where x.a in (select b from t)",
            "select a, row_number() over (partition by a % 7 order by b) from t",
            "select max(b) from t",
        ] {
            assert_eq!(why(&context, query).await, None, "{query}");
        }
    }

    #[tokio::test]
    async fn what_is_not_known_to_be_right_in_parts_goes_to_one_task() {
        let context = session(3);
        for (query, because) in [
            ("select a from t union all select max(b) from t", "UnionExec"),
            ("select x.a from t x cross join (select max(b) as b from t) y", "CrossJoinExec"),
            ("select x.a from t x join t y on x.a < y.b", "NestedLoopJoinExec"),
            ("select x.a from t x where x.a > (select avg(b) from t)", "NestedLoopJoinExec"),
        ] {
            assert_eq!(why(&context, query).await.as_deref(), Some(because), "{query}");
        }
        let sorted = "(select a, row_number() over (partition by a order by b) as n from t)";
        let query = format!("select y.a, sum(n) over (partition by y.a) from t x join {sorted} y on x.a = y.a");
        let because = why(&context, &query).await.unwrap();
        assert!(because.ends_with("in the order of a join"), "{because}");
        let joins: String = (0..12).map(|at| format!(" join t t{at} on t{at}.a = x.b + {at}")).collect();
        let long = why(&context, &format!("select count(*) from t x{joins}")).await.unwrap();
        assert!(long.ends_with(" steps"), "{long}");
        let query = "select x.a, y.b from t x join t y on x.a = y.a";
        assert_eq!(why(&session(1), query).await.as_deref(), Some("HashJoinExec"), "one side would be copied");
    }

    #[tokio::test]
    async fn a_plan_as_a_whole_answers_as_one_machine_does() {
        let context = session(3);
        let query = "select count(*) from t x join t y on x.a < y.b union all select sum(a) from t order by 1";
        assert!(why(&context, query).await.is_some());
        let rows = context.sql(query).await.unwrap().collect().await.unwrap();
        let told = datafusion::arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
        assert!(told.contains("19900"), "{told}");
    }
}
