//! When what happened in a stretch of time changed after it was over (convention C11): something of it was read late, again
//! otherwise, or was deleted; accounts of whoever did it were found to be one person, or several.

use std::collections::BTreeSet;

use crate::identity_change::{CANNOT_LINK, HUMAN};
use crate::{Db, StoreResult, Tx, bulk};

/// Microseconds of a quarter of an hour: days of every time zone begin with one.
const QUARTER: i64 = 900_000_000;

/// The kind of activities; facts have theirs.
pub const ACTIVITY: &str = "activity";

/// Notes that something of a kind changed which happened at these instants; `at` is when the import began that changes it, or when
/// somebody does. All in microseconds. What is not over at `at` is no news.
pub(crate) async fn note(tx: &mut Tx, kind: &str, instants: impl IntoIterator<Item = i64>, at: i64) -> StoreResult<()> {
    let quarters: BTreeSet<i64> = instants.into_iter().map(|instant| instant.div_euclid(QUARTER)).collect();
    let over: Vec<i64> = quarters.into_iter().filter(|quarter| (quarter + 1) * QUARTER <= at).collect();
    for run in bulk::runs(over.len()) {
        let run = &over[run];
        let mut query =
            bulk::values("insert into revision (quarter, kind, at)", run.len(), 3, "on conflict do nothing");
        for quarter in run {
            query = query.bind(*quarter).bind(kind).bind(at);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// When anything of a kind that `counts` and that happened in `[from, end)` changed after `end`, each import and each correction
/// once, in order. Microseconds; `from` and `end` are local midnights.
pub async fn of_stretch(db: &Db, (from, end): (i64, i64), counts: impl Fn(&str) -> bool) -> StoreResult<BTreeSet<i64>> {
    let found: Vec<(String, i64)> =
        sqlx::query_as("select distinct kind, at from revision where quarter >= $1 and quarter < $2 and at >= $3")
            .bind(from.div_euclid(QUARTER))
            .bind(end.div_euclid(QUARTER))
            .bind(end)
            .fetch_all(db.readers())
            .await?;
    let mut instants: BTreeSet<i64> = found.into_iter().filter(|(kind, _)| counts(kind)).map(|(_, at)| at).collect();
    if counts(ACTIVITY) {
        instants.extend(of_people(db, from, end).await?);
    }
    Ok(instants)
}

/// When accounts with an activity in `[from, end)` were joined or parted after `end`. What an import joins belongs to it.
async fn of_people(db: &Db, from: i64, end: i64) -> StoreResult<Vec<i64>> {
    let query = format!(
        "with moved as (
             select a, b, kind, held_from as at from identity_edge where held_from >= $2
             union all
             select a, b, kind, revoked_at from identity_edge where revoked_at >= $2
         ),
         told as (
             select distinct case when kind in ('{HUMAN}', '{CANNOT_LINK}') then at else coalesce(
                 (select max(started_at) from import_run where started_at <= at and (ended_at is null or ended_at >= at)), at) end as at
             from moved
             where exists (select 1 from activity where identity_id = a and occurred_at >= $1 and occurred_at < $2)
                or exists (select 1 from activity where identity_id = b and occurred_at >= $1 and occurred_at < $2)
         )
         select at from told where at >= $2"
    );
    Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(from).bind(end).fetch_all(db.readers()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 96 * QUARTER;

    /// Noted as of the ends of the third and of the fifth day; the last instant is not over at the first.
    #[tokio::test]
    async fn what_is_over_is_noted_once_for_each_instant() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let happened = [0, 1, DAY - 1, DAY, 3 * DAY - 1, 3 * DAY];
        for at in [3 * DAY, 5 * DAY] {
            note(&mut tx, ACTIVITY, happened, at).await.unwrap();
            note(&mut tx, ACTIVITY, happened, at).await.unwrap();
        }
        note(&mut tx, "deal", [DAY], 4 * DAY).await.unwrap();
        tx.commit().await.unwrap();
        let changed = async |from: i64, end: i64, kind: &str| {
            let all = of_stretch(&db, (from * DAY, end * DAY), |known| known == kind).await.unwrap();
            all.into_iter().map(|at| at / DAY).collect::<Vec<_>>()
        };
        assert_eq!(changed(0, 1, ACTIVITY).await, [3, 5]);
        assert_eq!(changed(1, 2, "deal").await, [4]);
        assert_eq!(changed(0, 1, "deal").await, [0; 0]);
        // The period of the first four days is not over when it is changed for the first time.
        assert_eq!(changed(0, 4, ACTIVITY).await, [5]);
        assert_eq!(changed(4, 5, ACTIVITY).await, [0; 0]);
    }
}
