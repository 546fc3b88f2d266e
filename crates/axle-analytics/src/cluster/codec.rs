//! Plans on the wire: Ballista's codecs, with our functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::TableReference;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::file_format::FileFormatFactory;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::logical_expr::{AggregateUDF, Extension, LogicalPlan, ScalarUDF};
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};
use datafusion_proto::bytes::{
    logical_plan_from_bytes_with_extension_codec, logical_plan_to_bytes_with_extension_codec,
};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use super::functions::Functions;
use super::sharing::Whole;

/// Of logical plans, which go to the scheduler.
#[derive(Debug)]
pub(super) struct Logical {
    inner: BallistaLogicalExtensionCodec,
    functions: Arc<Functions>,
}

impl Logical {
    pub(super) fn of(functions: Arc<Functions>) -> Arc<dyn LogicalExtensionCodec> {
        Arc::new(Self { inner: BallistaLogicalExtensionCodec::default(), functions })
    }
}

impl LogicalExtensionCodec for Logical {
    fn try_decode(&self, buffer: &[u8], inputs: &[LogicalPlan], context: &TaskContext) -> Result<Extension> {
        self.inner.try_decode(buffer, inputs, context)
    }

    fn try_encode(&self, node: &Extension, buffer: &mut Vec<u8>) -> Result<()> {
        self.inner.try_encode(node, buffer)
    }

    fn try_decode_table_provider(
        &self,
        buffer: &[u8],
        table: &TableReference,
        schema: SchemaRef,
        context: &TaskContext,
    ) -> Result<Arc<dyn TableProvider>> {
        self.inner.try_decode_table_provider(buffer, table, schema, context)
    }

    fn try_encode_table_provider(
        &self,
        table: &TableReference,
        node: Arc<dyn TableProvider>,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        self.inner.try_encode_table_provider(table, node, buffer)
    }

    fn try_decode_file_format(&self, buffer: &[u8], context: &TaskContext) -> Result<Arc<dyn FileFormatFactory>> {
        self.inner.try_decode_file_format(buffer, context)
    }

    fn try_encode_file_format(&self, buffer: &mut Vec<u8>, node: Arc<dyn FileFormatFactory>) -> Result<()> {
        self.inner.try_encode_file_format(buffer, node)
    }

    fn try_decode_udf(&self, name: &str, buffer: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.functions.decode(name, buffer)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.functions.encode(node, buffer)
    }

    fn try_decode_udaf(&self, name: &str, buffer: &[u8]) -> Result<Arc<AggregateUDF>> {
        super::functions::decode_aggregate(name, buffer)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, buffer: &mut Vec<u8>) -> Result<()> {
        super::functions::encode_aggregate(node, buffer)
    }
}

/// Of physical plans, which go to executors.
#[derive(Debug)]
pub(super) struct Physical {
    inner: BallistaPhysicalExtensionCodec,
    /// For plans that go as a whole.
    logical: Arc<dyn LogicalExtensionCodec>,
    functions: Arc<Functions>,
}

/// What a step's bytes begin with: whether they are one of Ballista's own, or a plan as a whole.
const STEP: u8 = 0;
const WHOLE: u8 = 1;

impl Physical {
    pub(super) fn of(functions: Arc<Functions>) -> Arc<dyn PhysicalExtensionCodec> {
        let logical = Logical::of(functions.clone());
        Arc::new(Self { inner: BallistaPhysicalExtensionCodec::default(), logical, functions })
    }
}

impl PhysicalExtensionCodec for Physical {
    fn try_decode(
        &self,
        buffer: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let (kind, buffer) = buffer.split_first().ok_or_else(|| wrong("it is empty"))?;
        if *kind == WHOLE {
            let plan = logical_plan_from_bytes_with_extension_codec(buffer, context, self.logical.as_ref())?;
            return Ok(Arc::new(Whole::new(plan)));
        }
        let (node, functions) = opened(buffer)?;
        if functions.is_empty() {
            return self.inner.try_decode(node, inputs, context, converter);
        }
        let mut known = context.scalar_functions().clone();
        for (name, recipe) in functions {
            known.insert(name.clone(), self.functions.decode(&name, &recipe)?);
        }
        let context = TaskContext::new(
            context.task_id(),
            context.session_id(),
            context.session_config().clone(),
            known,
            context.higher_order_functions().clone(),
            context.aggregate_functions().clone(),
            context.window_functions().clone(),
            context.runtime_env(),
        );
        self.inner.try_decode(node, inputs, &context, converter)
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buffer: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if let Some(whole) = node.downcast_ref::<Whole>() {
            buffer.push(WHOLE);
            buffer.extend(logical_plan_to_bytes_with_extension_codec(&whole.plan, self.logical.as_ref())?);
            return Ok(());
        }
        buffer.push(STEP);
        let functions = functions_in(&node, &self.functions)?;
        let sent = serde_json::to_vec(&functions).map_err(wrong)?;
        buffer.extend_from_slice(&u32::try_from(sent.len()).map_err(wrong)?.to_le_bytes());
        buffer.extend_from_slice(&sent);
        self.inner.try_encode(node, buffer, converter)
    }

    fn try_decode_udf(&self, name: &str, buffer: &[u8]) -> Result<Arc<ScalarUDF>> {
        self.functions.decode(name, buffer)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, buffer: &mut Vec<u8>) -> Result<()> {
        self.functions.encode(node, buffer)
    }

    fn try_decode_udaf(&self, name: &str, buffer: &[u8]) -> Result<Arc<AggregateUDF>> {
        super::functions::decode_aggregate(name, buffer)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, buffer: &mut Vec<u8>) -> Result<()> {
        super::functions::encode_aggregate(node, buffer)
    }
}

/// Functions by name, and what they need.
type Recipes = BTreeMap<String, Vec<u8>>;

fn wrong(error: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Internal(format!("a step of a plan cannot be sent: {error}"))
}

/// Our functions in the expressions of one of Ballista's own steps, by which it shares rows out. Ballista sends their
/// names only, and looks them up where it arrives.
fn functions_in(node: &Arc<dyn ExecutionPlan>, known: &Functions) -> Result<Recipes> {
    let mut recipes = Recipes::new();
    let mut visit = |expression: &Arc<dyn PhysicalExpr>| {
        expression.apply(|part| {
            let Some(call) = part.downcast_ref::<ScalarFunctionExpr>() else { return Ok(TreeNodeRecursion::Continue) };
            let mut recipe = Vec::new();
            known.encode(call.fun(), &mut recipe)?;
            if !recipe.is_empty() && recipes.get(call.name()).is_some_and(|other| *other != recipe) {
                return Err(wrong(format!("it calls two functions of the name {}", call.name())));
            }
            if !recipe.is_empty() {
                recipes.insert(call.name().to_owned(), recipe);
            }
            Ok(TreeNodeRecursion::Continue)
        })
    };
    node.apply_expressions(&mut visit)?;
    if let Partitioning::Hash(keys, _) = node.output_partitioning() {
        for key in keys {
            visit(key)?;
        }
    }
    Ok(recipes)
}

/// Takes apart what [`Physical::try_encode`] writes: the length of the functions, these, and the step.
fn opened(buffer: &[u8]) -> Result<(&[u8], Recipes)> {
    let (length, rest) = buffer.split_first_chunk::<4>().ok_or_else(|| wrong("it is too short"))?;
    let (functions, node) =
        rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(|| wrong("it is too short"))?;
    Ok((node, serde_json::from_slice(functions).map_err(wrong)?))
}
