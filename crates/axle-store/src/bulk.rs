//! Multi-row statements: many rows for one statement's cost. The only place where SQL text is put together.

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite};

/// Rows a statement takes; sizes are few, so that prepared statements are reused.
const SIZES: [usize; 4] = [500, 50, 5, 1];

/// Cuts `count` rows into runs of the sizes that statements exist for.
pub fn runs(count: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let left = count - done;
        let size = SIZES.into_iter().find(|size| *size <= left)?;
        done += size;
        Some(done - size..done)
    })
}

/// `head values (?, …), (?, …) tail`, for `rows` rows of `columns` columns. `head` and `tail` are constants of this
/// crate: no value ever stands in the text.
pub fn values<'q>(
    head: &'static str,
    rows: usize,
    columns: usize,
    tail: &'static str,
) -> Query<'q, Sqlite, SqliteArguments> {
    let mut sql = String::with_capacity(head.len() + tail.len() + rows * columns * 6);
    sql.push_str(head);
    sql.push_str(" values ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        push_parameters(&mut sql, columns);
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sqlx::query(AssertSqlSafe(sql))
}

/// `head in (?, …) tail` for `count` values.
pub fn any_of<'q>(head: &'static str, count: usize, tail: &'static str) -> Query<'q, Sqlite, SqliteArguments> {
    let mut sql = String::with_capacity(head.len() + tail.len() + count * 6);
    sql.push_str(head);
    sql.push_str(" in (");
    push_parameters(&mut sql, count);
    sql.push_str(") ");
    sql.push_str(tail);
    sqlx::query(AssertSqlSafe(sql))
}

/// Parameters without numbers: SQLite keeps `$1` as a name and looks each one up in a list, so that thousands of them
/// cost the square of their count. PostgreSQL wants the numbers, and does not mind.
fn push_parameters(sql: &mut String, count: usize) {
    for number in 0..count {
        sql.push_str(if number == 0 { "?" } else { ",?" });
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_row_is_in_one_run() {
        for count in [0, 1, 4, 5, 499, 500, 1_234] {
            let all: Vec<usize> = super::runs(count).flatten().collect();
            assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
