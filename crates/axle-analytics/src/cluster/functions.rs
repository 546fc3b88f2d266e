//! Our functions on other machines. A function goes as its name and what it needs; what it needs of a view is a
//! snapshot in the object store, which a machine reads when it first calls such a function.

use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axle_model::analytics::{Directory, Seq};
use axle_model::time::LocalDay;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use roaring::RoaringTreemap;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::store::{Store, named};
use crate::functions::{Function, Needs, fact_holds, holds, name_of, period_of};
use crate::known::Known;
use crate::operators::{PairAggregate, PairFold, aggregate_of};
use crate::operators::{cohorts, engaged, engaged_again, kaplan_meier, lifecycle, restricted_mean, rolling};
use crate::rollup_file::{Pieces, to_batch};
use crate::state::State;
use crate::tables::{activities, facts};
use crate::view::View;

/// The function that needs the days of members as well.
pub(super) const OF_DAYS: &str = "days_until_active";

/// Views that a machine keeps for the next query.
const VIEWS_KEPT: usize = 4;

/// What a function needs, as it goes over the wire.
#[derive(Debug, Serialize, Deserialize)]
enum Recipe {
    /// The name of a snapshot.
    View(String),
    Periods {
        before: LocalDay,
        first: LocalDay,
        numbers: Vec<i32>,
    },
    Gone(Vec<u8>),
    Latest(Vec<(i64, Seq)>),
}

/// What functions need of a view.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    as_of: i64,
    directory: Directory,
    /// What the days of members follow from, which lie beside: the last state of an activity, and which no longer hold.
    watermark: Seq,
    gone: Vec<u8>,
}

/// Takes our functions apart, and makes them anew.
#[derive(Debug)]
pub(super) enum Functions {
    /// Where a query is asked: its functions are those of this snapshot.
    Asked { snapshot: String },
    /// Where it is answered.
    Answered { store: Store, views: Mutex<Vec<(String, bool, Arc<View>)>> },
}

fn wrong(error: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Internal(format!("a function cannot be sent: {error}"))
}

impl Functions {
    pub(super) fn answered(store: Store) -> Arc<Self> {
        Arc::new(Self::Answered { store, views: Mutex::default() })
    }

    /// Nothing for a function that is not ours.
    pub(super) fn encode(&self, function: &ScalarUDF, buffer: &mut Vec<u8>) -> Result<()> {
        if let Some(sent) = function.inner().downcast_ref::<Sent>() {
            buffer.extend_from_slice(&sent.recipe);
            return Ok(());
        }
        let Some(ours) = function.inner().downcast_ref::<Function>() else { return Ok(()) };
        let recipe = match (&ours.needs, self) {
            (Needs::View, Self::Asked { snapshot }) => Recipe::View(snapshot.clone()),
            (Needs::View, Self::Answered { .. }) => return Err(wrong(format!("{} lacks its view", function.name()))),
            (Needs::Periods { before, first, numbers }, _) => {
                Recipe::Periods { before: *before, first: *first, numbers: numbers.to_vec() }
            }
            (Needs::Gone(gone), _) => {
                let mut bytes = Vec::new();
                gone.serialize_into(&mut bytes).map_err(wrong)?;
                Recipe::Gone(bytes)
            }
            (Needs::Latest(latest), _) => Recipe::Latest(latest.iter().map(|(id, seq)| (*id, *seq)).collect()),
        };
        buffer.extend(serde_json::to_vec(&recipe).map_err(wrong)?);
        Ok(())
    }

    pub(super) fn decode(self: &Arc<Self>, name: &str, buffer: &[u8]) -> Result<Arc<ScalarUDF>> {
        if buffer.is_empty() {
            return Err(wrong(format!("{name} is not known here")));
        }
        let function = match serde_json::from_slice::<Recipe>(buffer).map_err(wrong)? {
            Recipe::View(snapshot) => ScalarUDF::new_from_impl(Sent {
                name: name.to_owned(),
                recipe: buffer.to_vec(),
                snapshot,
                pattern: of_view(&EMPTY, name)?,
                functions: self.clone(),
            }),
            Recipe::Periods { before, first, numbers } => period_of(before, first, numbers.into()),
            Recipe::Gone(bytes) => holds(Arc::new(RoaringTreemap::deserialize_from(bytes.as_slice()).map_err(wrong)?)),
            Recipe::Latest(latest) => fact_holds(Arc::new(latest.into_iter().collect())),
        };
        Ok(Arc::new(function))
    }

    /// The view of a snapshot.
    fn view(&self, snapshot: &str, with_days: bool) -> Result<Arc<View>> {
        let Self::Answered { store, views } = self else { return Err(wrong("it is made where the query is answered")) };
        let mut views = views.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |(kept, days, _): &(String, bool, Arc<View>)| kept == snapshot && *days >= with_days;
        if let Some((_, _, view)) = views.iter().find(|kept| is_it(kept)) {
            return Ok(view.clone());
        }
        let view = Arc::new(read(store, snapshot, with_days)?);
        views.push((snapshot.to_owned(), with_days, view.clone()));
        if views.len() > VIEWS_KEPT {
            views.remove(0);
        }
        Ok(view)
    }
}

/// Reads a snapshot from a thread that may wait.
fn read(store: &Store, snapshot: &str, with_days: bool) -> Result<View> {
    let (url, snapshot) = (store.url.clone(), snapshot.to_owned());
    let external = |error| DataFusionError::External(Box::new(error));
    let reader = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            // A client of its own: connections end with the runtime that made them.
            let store = Store::open(&url).map_err(external)?;
            let read: Snapshot = serde_json::from_slice(&store.get(&snapshot).await?).map_err(wrong)?;
            let days = if with_days { Some(store.get(&days_of(&snapshot)).await?) } else { None };
            Ok::<_, DataFusionError>((read, days))
        })
    });
    let (read, days) = reader.join().map_err(|_| wrong("the snapshot's reader panicked"))??;
    let mut state = State::new(Path::new(""));
    state.set_directory(read.directory).map_err(external)?;
    // No function is about today.
    let mut known = state.known(i64::MAX, 0).map_err(external)?;
    known.as_of = read.as_of;
    if let Some(bytes) = days {
        let pieces = Pieces::of(ParquetRecordBatchReaderBuilder::try_new(bytes::of(bytes))?)?;
        known.days = Arc::new(pieces.collect::<Result<Vec<_>, _>>()?.concat());
    }
    View::new(known, Arc::new(RuntimeEnv::default())).map_err(external)
}

/// Parquet's reader wants bytes that can be shared.
mod bytes {
    use object_store::PutPayload;

    pub(super) fn of(bytes: Vec<u8>) -> impl datafusion::parquet::file::reader::ChunkReader + 'static {
        let payload = PutPayload::from(bytes);
        payload.iter().next().cloned().unwrap_or_default()
    }
}

/// Writes what the functions of a view need, and gives the snapshot's name.
pub(super) async fn publish(known: &Known, store: &Store) -> Result<String> {
    let mut gone = Vec::new();
    known.rows.gone.serialize_into(&mut gone).map_err(wrong)?;
    let (directory, watermark) = (known.directory.whole(), known.watermark);
    let snapshot = Snapshot { as_of: known.as_of, directory, watermark, gone: Sha256::digest(&gone).to_vec() };
    let bytes = serde_json::to_vec(&snapshot).map_err(wrong)?;
    let name = named("views", &bytes, "json");
    store.put(&name, bytes).await?;
    Ok(name)
}

/// Writes the days of members beside a snapshot.
pub(super) async fn publish_days(known: &Known, store: &Store, snapshot: &str) -> Result<()> {
    let external = |error| DataFusionError::External(Box::new(error));
    let rows = to_batch(&known.days).map_err(external)?;
    let bytes = super::planner::to_parquet(&rows.schema(), &[rows])?;
    store.put(&days_of(snapshot), bytes).await
}

fn days_of(snapshot: &str) -> String {
    format!("{}.days.parquet", snapshot.trim_end_matches(".json"))
}

/// A view that knows nobody: for the types of functions.
static EMPTY: LazyLock<View> = LazyLock::new(|| {
    let known = State::new(Path::new("")).known(i64::MAX, 0).expect("nothing is read for an empty state");
    View::new(known, Arc::new(RuntimeEnv::default())).expect("an empty view can be made")
});

/// The function of a view, by name.
fn of_view(view: &View, name: &str) -> Result<Arc<ScalarUDF>> {
    if let Ok(function) = view.context.udf(name) {
        return Ok(function);
    }
    let directory = &view.tables.known.directory;
    if let Some(dimension) = name.strip_prefix("name_of_") {
        return Ok(Arc::new(name_of(dimension, directory.names_of(dimension))));
    }
    let known_as = facts::organization_known_as(&directory.directory);
    if known_as.name() == name {
        return Ok(Arc::new(known_as));
    }
    let mut found = None;
    for column in activities::columns(directory) {
        column.apply(|part| {
            if let Expr::ScalarFunction(call) = part
                && call.func.name() == name
            {
                found = Some(call.func.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    found.ok_or_else(|| wrong(format!("{name} is no function of a view")))
}

/// A function of a view that is elsewhere. It is read when somebody calls the function, which the scheduler does not.
#[derive(Debug)]
struct Sent {
    name: String,
    recipe: Vec<u8>,
    snapshot: String,
    /// The same function of a view that knows nobody.
    pattern: Arc<ScalarUDF>,
    functions: Arc<Functions>,
}

impl PartialEq for Sent {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.recipe) == (&other.name, &other.recipe)
    }
}

impl Eq for Sent {}

impl Hash for Sent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.name, &self.recipe).hash(state);
    }
}

impl ScalarUDFImpl for Sent {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        self.pattern.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.pattern.return_type(arguments)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let view = self.functions.view(&self.snapshot, self.name == OF_DAYS)?;
        of_view(&view, &self.name)?.invoke_with_args(arguments)
    }
}

/// Nothing for an aggregate function that is not ours.
pub(super) fn encode_aggregate(function: &AggregateUDF, buffer: &mut Vec<u8>) -> Result<()> {
    if let Some(ours) = function.inner().downcast_ref::<PairAggregate>() {
        buffer.extend(serde_json::to_vec(&ours.fold.told()).map_err(wrong)?);
    }
    Ok(())
}

pub(super) fn decode_aggregate(name: &str, buffer: &[u8]) -> Result<Arc<AggregateUDF>> {
    fn told<F: PairFold + serde::de::DeserializeOwned + 'static>(buffer: &[u8]) -> Result<Arc<dyn PairFold>> {
        Ok(Arc::new(serde_json::from_slice::<F>(buffer).map_err(wrong)?))
    }
    let fold: Arc<dyn PairFold> = match name {
        "cohorts" => told::<cohorts::Cohorts>(buffer)?,
        "engaged" => told::<engaged::Engaged>(buffer)?,
        "engaged_again" => told::<engaged_again::EngagedAgain>(buffer)?,
        "kaplan_meier" => told::<kaplan_meier::KaplanMeier>(buffer)?,
        "lifecycle" => told::<lifecycle::Lifecycle>(buffer)?,
        "restricted_mean" => told::<restricted_mean::RestrictedMean>(buffer)?,
        "rolling_distinct" => told::<rolling::Rolling>(buffer)?,
        _ => return Err(wrong(format!("{name} is no aggregate function of ours"))),
    };
    Ok(Arc::new(aggregate_of(fold)))
}
