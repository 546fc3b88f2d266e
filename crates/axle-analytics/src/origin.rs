//! What the small numbers in a column of a statement are of, whatever the statement calls them: found in the plan of the
//! statement as it was written.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};

/// The dimension whose names the numbers in a column of a plan's rows have: that of the table's column, or of the function,
/// which they are taken from. `None` for counts, and for numbers of what has no name.
pub(crate) fn dimension(plan: &LogicalPlan, column: usize) -> Option<&'static str> {
    match plan {
        LogicalPlan::TableScan(scan) => {
            let field = scan.projected_schema.field(column);
            called(field.name(), field.data_type())
        }
        LogicalPlan::Projection(projection) => of_expression(projection.expr.get(column)?, &projection.input),
        LogicalPlan::Aggregate(aggregate) => {
            let mut columns = aggregate.group_expr.iter().chain(&aggregate.aggr_expr);
            of_expression(columns.nth(column)?, &aggregate.input)
        }
        LogicalPlan::SubqueryAlias(alias) => dimension(&alias.input, column),
        // One part may have nothing there.
        LogicalPlan::Union(union) => union.inputs.iter().find_map(|input| dimension(input, column)),
        other => {
            let column = Column::from(other.schema().qualified_field(column));
            other.inputs().into_iter().find_map(|input| of_column(&column, input))
        }
    }
}

fn of_column(column: &Column, input: &LogicalPlan) -> Option<&'static str> {
    dimension(input, input.schema().maybe_index_of_column(column)?)
}

fn of_expression(expression: &Expr, input: &LogicalPlan) -> Option<&'static str> {
    let of_any = |parts: &[Expr]| parts.iter().find_map(|part| of_expression(part, input));
    match expression {
        Expr::Alias(alias) => of_expression(&alias.expr, input)
            .or_else(|| called(&alias.name, &alias.expr.get_type(input.schema()).ok()?)),
        Expr::Column(column) => of_column(column, input),
        Expr::ScalarFunction(call) => match call.func.name() {
            "member_of" | "member_named" => Some("member"),
            "organization_of" | "organization_on" => Some("organization"),
            "coalesce" => of_any(&call.args),
            _ => None,
        },
        Expr::AggregateFunction(call) if matches!(call.func.name(), "min" | "max") => of_any(&call.params.args),
        _ => None,
    }
}

/// The dimension of which a column of that name holds numbers, if these are small ones. A visitor is a member, else a browser,
/// which has no name.
fn called(name: &str, kind: &DataType) -> Option<&'static str> {
    if *kind != DataType::UInt32 {
        return None;
    }
    Some(match name {
        "member" | "other" | "asker" | "responder" | "author" | "visitor" => "member",
        "organization" => "organization",
        "level" | "level_from" | "level_to" => "level",
        "layer" => "layer",
        "source" => "source",
        "channel" => "channel",
        "thread" => "thread",
        "activity_type" => "activity_type",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use datafusion::execution::runtime_env::RuntimeEnv;

    use super::*;
    use crate::state::State;
    use crate::view::View;

    /// The dimension of each column.
    async fn dimensions(sql: &str) -> Vec<Option<&'static str>> {
        let known = State::new(Path::new("")).known(i64::MAX, 0).unwrap();
        let view = View::new(known, Arc::new(RuntimeEnv::default())).unwrap();
        let frame = view.context.sql(sql).await.unwrap();
        let columns = 0..frame.schema().fields().len();
        columns.map(|column| dimension(frame.logical_plan(), column)).collect()
    }

    #[tokio::test]
    async fn numbers_are_of_what_they_are_taken_from() {
        let sql = "select day, replies.responder as id, asker as item, 1 as answers from replies";
        assert_eq!(dimensions(sql).await, [None, Some("member"), Some("member"), None]);
        let sql = "select member_of(identity_id) as who, organization_of('', organization_id) as organization,
                   max(member_named(null)) as id, count(*) as value from roles group by 1, 2";
        assert_eq!(dimensions(sql).await, [Some("member"), Some("organization"), Some("member"), None]);
        // A rank has no name, and the count of a type's activities is none of it.
        let sql = "select dense_rank() over (order by channel) as id, channel, count as value from member_days";
        assert_eq!(dimensions(sql).await, [None, Some("channel"), None]);
    }

    #[tokio::test]
    async fn numbers_are_followed_through_joins_and_parts_of_a_statement() {
        let sql = "with held as (select distinct member_of(identity_id) as who, role from roles),
                   placed as (select h.*, d.organization as place from held h left join member_days d on d.member = h.who)
                   select b.role, b.place as id, b.who as item, coalesce(b.who, d.member) as either
                   from placed b join member_days d on d.member = b.who where b.role = 'champion'";
        assert_eq!(dimensions(sql).await, [None, Some("organization"), Some("member"), Some("member")]);
        let sql = "select null as id, day from member_days union all select organization, day from member_days";
        assert_eq!(dimensions(sql).await, [Some("organization"), None]);
        // The channel of a push is a text.
        assert_eq!(dimensions("select null as channel union all select channel from pushes").await, [None]);
    }
}
