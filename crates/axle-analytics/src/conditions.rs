//! What a statement asks of each table that it reads: the conditions over one table alone, found in the plan of the statement
//! as it was written, before it is made fast.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Distinct, Expr, Join, JoinType, LogicalPlan, Projection, Subquery, SubqueryAlias};

/// A place of a statement at which a table is read.
#[derive(Debug)]
pub(crate) struct Place {
    pub table: String,
    /// What every row must meet to be of use there, in the order in which it is asked; columns without the table's name.
    pub conditions: Vec<Expr>,
}

/// All places at which a plan reads tables. `is_table` says which names are tables and not parts of the statement.
pub(crate) fn places(plan: &LogicalPlan, is_table: &dyn Fn(&str) -> bool) -> Vec<Place> {
    let mut walk = Walk { is_table, places: Vec::new() };
    walk.visit(plan, Vec::new());
    walk.places
}

struct Walk<'a> {
    is_table: &'a dyn Fn(&str) -> bool,
    places: Vec<Place>,
}

impl Walk<'_> {
    /// Goes down a plan of whose rows `asked` is asked.
    fn visit(&mut self, plan: &LogicalPlan, asked: Vec<Expr>) {
        if let Some(table) = self.table_of(plan) {
            let conditions = asked.into_iter().filter_map(|condition| unqualified(condition, plan.schema())).collect();
            self.places.push(Place { table, conditions });
            return;
        }
        for subquery in subqueries(plan) {
            self.visit(&subquery.subquery, Vec::new());
        }
        match plan {
            LogicalPlan::Filter(filter) => {
                let own = split_conjunction(&filter.predicate).into_iter().cloned();
                self.visit(&filter.input, own.chain(asked).collect());
            }
            LogicalPlan::SubqueryAlias(alias) => {
                let asked = asked.into_iter().filter_map(|condition| under(condition, alias)).collect();
                self.visit(&alias.input, asked);
            }
            LogicalPlan::Projection(projection) => {
                let asked = asked.into_iter().filter_map(|condition| through(condition, projection)).collect();
                self.visit(&projection.input, asked);
            }
            LogicalPlan::Join(join) => self.join(join, &asked),
            LogicalPlan::Sort(sort) => self.visit(&sort.input, asked),
            LogicalPlan::Distinct(Distinct::All(input)) => self.visit(input, asked),
            other => other.inputs().into_iter().for_each(|input| self.visit(input, Vec::new())),
        }
    }

    /// What is asked of joined rows holds for the side that they keep; what is asked while joining, for the side that must
    /// find somebody.
    fn join(&mut self, join: &Join, asked: &[Expr]) {
        use JoinType::{Inner, Left, LeftAnti, LeftSemi, Right, RightAnti, RightSemi};
        let joining: Vec<Expr> =
            join.filter.iter().flat_map(|filter| split_conjunction(filter).into_iter().cloned()).collect();
        let kind = join.join_type;
        let of_side = |side: &LogicalPlan, keeps: &[JoinType], seeks: &[JoinType]| -> Vec<Expr> {
            let met = asked.iter().filter(|_| keeps.contains(&kind));
            let sought = joining.iter().filter(|_| seeks.contains(&kind));
            sought.chain(met).filter(|condition| is_over(condition, side.schema())).cloned().collect()
        };
        let left = of_side(&join.left, &[Inner, Left, LeftSemi, LeftAnti], &[Inner, Right, LeftSemi]);
        let right = of_side(&join.right, &[Inner, Right, RightSemi, RightAnti], &[Inner, Left, LeftSemi, LeftAnti]);
        self.visit(&join.left, left);
        self.visit(&join.right, right);
    }

    /// The table that a plan reads as it is, maybe under another name.
    fn table_of(&self, plan: &LogicalPlan) -> Option<String> {
        let known = |name: &str| (self.is_table)(name).then(|| name.to_owned());
        match plan {
            LogicalPlan::TableScan(scan) => known(scan.table_name.table()),
            // A table that is a view stands here with its own plan below.
            LogicalPlan::SubqueryAlias(alias) => self
                .table_of(&alias.input)
                .or_else(|| known(alias.alias.table()).filter(|_| !self.reads_any(&alias.input))),
            _ => None,
        }
    }

    fn reads_any(&self, plan: &LogicalPlan) -> bool {
        let is_known = match plan {
            LogicalPlan::TableScan(scan) => (self.is_table)(scan.table_name.table()),
            LogicalPlan::SubqueryAlias(alias) => (self.is_table)(alias.alias.table()),
            _ => false,
        };
        is_known || plan.inputs().into_iter().any(|input| self.reads_any(input))
    }
}

/// Statements inside the expressions of a step.
fn subqueries(plan: &LogicalPlan) -> Vec<Subquery> {
    let mut found = Vec::new();
    for expression in plan.expressions() {
        let walked = expression.apply(|part| {
            found.extend(subquery_of(part).cloned());
            Ok(TreeNodeRecursion::Continue)
        });
        debug_assert!(walked.is_ok(), "looking at expressions does not fail");
    }
    found
}

fn subquery_of(expression: &Expr) -> Option<&Subquery> {
    match expression {
        Expr::Exists(exists) => Some(&exists.subquery),
        Expr::InSubquery(inside) => Some(&inside.subquery),
        Expr::ScalarSubquery(subquery) => Some(subquery),
        _ => None,
    }
}

/// Whether a condition is over columns of this schema alone, and over some.
fn is_over(condition: &Expr, schema: &DFSchema) -> bool {
    let columns = condition.column_refs();
    !columns.is_empty() && columns.into_iter().all(|column| schema.maybe_index_of_column(column).is_some())
}

/// A condition that can be asked of a table alone: it names no other, also not in a statement inside.
fn unqualified(condition: Expr, schema: &DFSchema) -> Option<Expr> {
    let names_others = |part: &Expr| {
        let is_outer = subquery_of(part).is_some_and(|subquery| !subquery.outer_ref_columns.is_empty());
        Ok(is_outer || matches!(part, Expr::OuterReferenceColumn(..) | Expr::SetComparison(_)))
    };
    if !is_over(&condition, schema) || condition.exists(names_others).unwrap_or(true) {
        return None;
    }
    replaced(condition, |column| Some(Expr::Column(Column::from_name(column.name.clone()))))
}

/// A condition over what an alias gives, as one over what stands under it.
fn under(condition: Expr, alias: &SubqueryAlias) -> Option<Expr> {
    replaced(condition, |column| {
        let at = alias.schema.maybe_index_of_column(column)?;
        Some(Expr::Column(Column::from(alias.input.schema().qualified_field(at))))
    })
}

/// A condition over what a projection gives, as one over what it is made of.
fn through(condition: Expr, projection: &Projection) -> Option<Expr> {
    replaced(condition, |column| {
        let at = projection.schema.maybe_index_of_column(column)?;
        Some(projection.expr.get(at)?.clone().unalias())
    })
}

/// An expression with other expressions in place of its columns; `None` when one has none.
fn replaced(expression: Expr, of: impl Fn(&Column) -> Option<Expr>) -> Option<Expr> {
    let mut is_whole = true;
    let replaced = expression.transform_up(|part| {
        let Expr::Column(column) = &part else { return Ok(Transformed::no(part)) };
        match of(column) {
            Some(other) => Ok(Transformed::yes(other)),
            None => {
                is_whole = false;
                Ok(Transformed::no(part))
            }
        }
    });
    replaced.ok().map(|replaced| replaced.data).filter(|_| is_whole)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::RecordBatch;
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use datafusion::prelude::SessionContext;

    use super::*;

    /// What is asked at each place, as `table: condition; condition`.
    async fn asked(sql: &str) -> Vec<String> {
        let context = SessionContext::new();
        for (name, columns) in [("deals", ["deal_id", "won", "closed"]), ("roles", ["deal", "role", "since"])] {
            let fields: Vec<Field> = columns.iter().map(|column| Field::new(*column, DataType::Int64, true)).collect();
            context.register_batch(name, RecordBatch::new_empty(Arc::new(Schema::new(fields)))).unwrap();
        }
        let plan = context.state().create_logical_plan(sql).await.unwrap();
        let told = |place: &Place| {
            let conditions: Vec<String> = place.conditions.iter().map(|one| one.human_display().to_string()).collect();
            format!("{}: {}", place.table, conditions.join("; "))
        };
        places(&plan, &|name| ["deals", "roles"].contains(&name)).iter().map(told).collect()
    }

    #[tokio::test]
    async fn a_join_asks_of_the_side_that_it_keeps_and_of_the_side_that_must_match() {
        let sql = "select d.deal_id from deals d left join roles r on r.deal = d.deal_id and r.role = 1
            where d.won = 1 and r.since is null";
        // Whether a role began is asked after joining: a deal without any passes as well.
        assert_eq!(asked(sql).await, ["deals: won = 1", "roles: role = 1"]);
    }

    #[tokio::test]
    async fn conditions_are_followed_through_names_and_what_columns_are_made_of() {
        let sql = "select * from (select won + 1 as w, closed from deals) x where x.w = 2 and x.closed > 3";
        assert_eq!(asked(sql).await, ["deals: won + 1 = 2; closed > 3"]);
        // A part of a statement that is called like a table is none.
        let sql = "with roles as (select * from deals where won = 1) select * from roles where closed = 3";
        assert_eq!(asked(sql).await, ["deals: won = 1; closed = 3"]);
        // What is asked of groups is not asked of rows.
        let sql = "select won, count(*) as number from deals where closed = 3 group by won having count(*) > 1";
        assert_eq!(asked(sql).await, ["deals: closed = 3"]);
    }

    #[tokio::test]
    async fn what_needs_another_table_is_not_asked_of_one() {
        let sql = "select deal_id from deals where won = 1
            and exists (select 1 from roles where roles.deal = deals.deal_id and roles.role = 2)";
        assert_eq!(asked(sql).await, ["roles: role = 2", "deals: won = 1"]);
    }
}
