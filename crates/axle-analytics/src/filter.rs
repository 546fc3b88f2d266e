//! Conditions over a figure's dimensions, read and asked of its rows. Dimensions are compared by name, as a breakdown shows them:
//! where there is none, it is called `(none)`.

use std::ops::ControlFlow;

use axle_model::analytics::AnalyticsError;
use axle_model::kpi::KpiDefinition;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{Expr, ExprSchemable, Operator, Volatility};
use datafusion::prelude::DataFrame;
use datafusion::sql::sqlparser::ast::{self, VisitMut, VisitorMut};

use crate::complaint;
use crate::functions::name_of;
use crate::names::{NO_VALUE, namesake};
use crate::view::View;

/// Functions that say what stands in place of nothing: they see that there is nothing.
const STAND_INS: [&str; 4] = ["coalesce", "ifnull", "nvl", "nvl2"];

/// A condition as it is asked of rows.
#[derive(Debug)]
pub(crate) struct Condition {
    asked: Expr,
    /// The same over the columns of the rows, as `axle sql` understands it.
    sql: String,
}

impl Condition {
    /// The condition that somebody typed, for rows of this schema; `None` where that is none. The error says what is wrong with it.
    pub(crate) fn read(
        view: &View,
        kpi: &KpiDefinition,
        rows: &DFSchema,
        typed: Option<&str>,
    ) -> Result<Option<Self>, AnalyticsError> {
        let Some(typed) = typed.filter(|typed| !typed.trim().is_empty()) else { return Ok(None) };
        let explain = |error: DataFusionError| AnalyticsError::Invalid(complaint::of_condition(kpi, typed, &error));
        Self::of(view, kpi, rows, typed).map(Some).map_err(explain)
    }

    fn of(view: &View, kpi: &KpiDefinition, rows: &DFSchema, typed: &str) -> Result<Self> {
        let fields: Vec<Field> = kpi.dimensions.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
        let names = DFSchema::try_from(Schema::new(fields))?;
        check(kpi, &view.context.parse_sql_expr(typed, &names)?, &names)?;
        let mut parsed = parsed(view, typed)?;
        if let ControlFlow::Break(error) = parsed.visit(&mut Named { view, kpi, rows, stand_ins: 0 }) {
            return Err(*error);
        }
        let sql = parsed.to_string();
        let asked = view.context.parse_sql_expr(&sql, rows)?;
        // What has no type is told before any row is asked.
        view.context.create_physical_expr(asked.clone(), rows)?;
        Ok(Self { asked, sql })
    }

    /// The rows that meet it.
    pub(crate) fn met(&self, rows: DataFrame) -> Result<DataFrame> {
        rows.filter(self.asked.clone())
    }

    /// The statement that gives the rows of `sql` that meet it.
    pub(crate) fn narrowed(&self, sql: &str) -> String {
        format!("select * from (\n{sql}\n)\nwhere {}", self.sql)
    }
}

/// Keeps rows that meet a condition over the definition's dimensions.
pub(crate) fn filtered(
    view: &View,
    kpi: &KpiDefinition,
    rows: DataFrame,
    typed: Option<&str>,
) -> Result<DataFrame, AnalyticsError> {
    match Condition::read(view, kpi, rows.schema(), typed)? {
        Some(condition) => condition.met(rows).map_err(|error| ran(kpi, typed, error)),
        None => Ok(rows),
    }
}

/// Why rows could not be read, of which a condition was asked.
pub(crate) fn ran(kpi: &KpiDefinition, typed: Option<&str>, error: DataFusionError) -> AnalyticsError {
    let typed = typed.filter(|typed| !typed.trim().is_empty());
    match typed.and_then(|typed| complaint::of_rows(typed, &error)) {
        Some(complaint) => AnalyticsError::Invalid(format!("KPI {}: {complaint}", kpi.id)),
        None => crate::runner::of_kpi(kpi, error),
    }
}

fn parsed(view: &View, sql: &str) -> Result<ast::Expr> {
    let state = view.context.state();
    let dialect = state.config().options().sql_parser.dialect;
    state.sql_to_expr(sql, &dialect)
}

/// That a condition over texts of these names can be asked of each row, and has one answer.
fn check(kpi: &KpiDefinition, condition: &Expr, names: &DFSchema) -> Result<()> {
    let refused = |says: String| Err(DataFusionError::Plan(says));
    if let Some(divided) = kpi.divided_into()
        && condition.column_refs().into_iter().any(|column| column.name == divided)
    {
        return refused(format!(
            "no condition can be over `{divided}`, whose values are made of all rows together: break down by `{divided}` instead"
        ));
    }
    condition.apply(|part| {
        match part {
            Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) => {
                refused("a condition may not hold a query".into())?;
            }
            Expr::AggregateFunction(_) | Expr::WindowFunction(_) => {
                refused("a condition is asked of each row: it can neither count nor sum".into())?;
            }
            Expr::ScalarFunction(call) if call.func.signature().volatility != Volatility::Immutable => {
                let name = call.func.name();
                refused(format!("`{name}` gives another value each time it is asked: write the value that is meant"))?;
            }
            Expr::BinaryExpr(pair) if pair.op.is_numerical_operators() => {
                if let Some(text) = [&pair.left, &pair.right].into_iter().find(|one| is_text(one, names) == Some(true))
                {
                    refused(format!("`{}` is a text, and `{}` takes numbers", text.human_display(), pair.op))?;
                }
            }
            Expr::BinaryExpr(pair) if compares(pair.op) => alike(&pair.left, &pair.right, names)?,
            Expr::InList(inside) => inside.list.iter().try_for_each(|item| alike(&inside.expr, item, names))?,
            Expr::Between(between) => {
                alike(&between.expr, &between.low, names)?;
                alike(&between.expr, &between.high, names)?;
            }
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    match condition.get_type(names)? {
        DataType::Boolean | DataType::Null => Ok(()),
        _ => refused("expected something that holds or not, such as a comparison".into()),
    }
}

fn compares(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

/// Whether an expression gives texts; `None` of nothing, which goes with anything, and of what has no type, which is told of the
/// part that is wrong.
fn is_text(expression: &Expr, names: &DFSchema) -> Option<bool> {
    match expression.get_type(names) {
        Ok(DataType::Null) | Err(_) => None,
        Ok(kind) => Some(is_text_type(&kind)),
    }
}

fn is_text_type(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// That texts are compared with texts. The engine would take them for numbers, and fail at the first that is none.
fn alike(left: &Expr, right: &Expr, names: &DFSchema) -> Result<()> {
    let (text, other) = match (is_text(left, names), is_text(right, names)) {
        (Some(true), Some(false)) => (left, right),
        (Some(false), Some(true)) => (right, left),
        _ => return Ok(()),
    };
    let (text, other) = (text.human_display(), other.human_display());
    Err(DataFusionError::Plan(format!("`{text}` is a text and `{other}` is none: a text stands in single quotes")))
}

/// Puts names in place of the dimensions of a condition.
struct Named<'a> {
    view: &'a View,
    kpi: &'a KpiDefinition,
    rows: &'a DFSchema,
    /// Inside of how many expressions that see that there is nothing.
    stand_ins: usize,
}

/// Whether an expression asks whether there is anything.
fn stands_in(part: &ast::Expr) -> bool {
    match part {
        ast::Expr::IsNull(_) | ast::Expr::IsNotNull(_) => true,
        ast::Expr::Function(call) => STAND_INS.contains(&call.name.to_string().to_lowercase().as_str()),
        _ => false,
    }
}

impl VisitorMut for Named<'_> {
    type Break = Box<DataFusionError>;

    fn pre_visit_expr(&mut self, part: &mut ast::Expr) -> ControlFlow<Self::Break> {
        self.stand_ins += usize::from(stands_in(part));
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, part: &mut ast::Expr) -> ControlFlow<Self::Break> {
        self.stand_ins -= usize::from(stands_in(part));
        let named = match part {
            ast::Expr::Identifier(name) => self.named(name),
            _ => Ok(None),
        };
        match named {
            Ok(Some(named)) => *part = named,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(Box::new(error)),
        }
        ControlFlow::Continue(())
    }
}

impl Named<'_> {
    /// What a dimension is called; `None` for other words.
    fn named(&self, typed: &ast::Ident) -> Result<Option<ast::Expr>> {
        let name = if typed.quote_style.is_none() { typed.value.to_lowercase() } else { typed.value.clone() };
        if !self.kpi.dimensions.contains(&name) {
            return Ok(None);
        }
        let told = match self.rows.field_with_unqualified_name(&name)?.data_type() {
            DataType::UInt32 => format!("cast({}({typed}) as varchar)", self.function(namesake(&name))),
            kind if is_text_type(kind) => typed.to_string(),
            _ => format!("cast({typed} as varchar)"),
        };
        let told = if self.stand_ins > 0 { told } else { format!("coalesce({told}, '{NO_VALUE}')") };
        parsed(self.view, &told).map(Some)
    }

    /// The function that gives the names of a dimension's numbers. Most are there in any statement.
    fn function(&self, dimension: &str) -> String {
        let function = format!("name_of_{dimension}");
        if self.view.context.udf(&function).is_err() {
            let names = self.view.tables.known.directory.names_of(dimension);
            self.view.context.register_udf(name_of(dimension, names));
        }
        function
    }
}
