//! When what happened in a stretch of time changed after it was over (convention C11): something of it was read late, again
//! otherwise, or was deleted; accounts of whoever did it were found to be one person, or several.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;

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

/// When anything of a kind that `counts` and that happened in each of these stretches `[from, end)` changed after its `end`, each
/// import and each correction once, in order. Microseconds; `from` and `end` are local midnights.
pub async fn of_stretches(
    db: &Db,
    stretches: &[(i64, i64)],
    counts: impl Fn(&str) -> bool,
) -> StoreResult<Vec<BTreeSet<i64>>> {
    let mut changed: Vec<BTreeSet<i64>> = Vec::with_capacity(stretches.len());
    for (from, end) in stretches {
        let found: Vec<(String, i64)> =
            sqlx::query_as("select distinct kind, at from revision where quarter >= $1 and quarter < $2 and at >= $3")
                .bind(from.div_euclid(QUARTER))
                .bind(end.div_euclid(QUARTER))
                .bind(end)
                .fetch_all(db.readers())
                .await?;
        changed.push(found.into_iter().filter(|(kind, _)| counts(kind)).map(|(_, at)| at).collect());
    }
    if let Some(since) = stretches.iter().map(|(_, end)| *end).min()
        && counts(ACTIVITY)
    {
        with_people(db, stretches, since, &mut changed).await?;
    }
    Ok(changed)
}

/// Adds when accounts with an activity in a stretch were joined or parted after its end. What an import joins belongs to it: it is
/// asked only where the import changed nothing else.
async fn with_people(db: &Db, stretches: &[(i64, i64)], since: i64, changed: &mut [BTreeSet<i64>]) -> StoreResult<()> {
    for ((at, is_own), instants) in moves(db, since).await? {
        let is_open = |place: &usize| stretches[*place].1 <= at && !changed[*place].contains(&at);
        let open: Vec<usize> = (0..stretches.len()).filter(is_open).collect();
        let asked: Vec<(i64, i64)> = open.iter().map(|place| stretches[*place]).collect();
        for found in took_part(db, &instants, is_own, &asked).await? {
            changed[open[found]].insert(at);
        }
    }
    Ok(())
}

/// The instants from `since` on at which edges began or ceased to hold, by when their import began, else by themselves, and by whether
/// they are people's own.
async fn moves(db: &Db, since: i64) -> StoreResult<BTreeMap<(i64, bool), Vec<i64>>> {
    let query = format!(
        "with moved as (
             select held_from as at, kind in ('{HUMAN}', '{CANNOT_LINK}') as is_own from identity_edge where held_from >= $1
             union
             select revoked_at, kind in ('{HUMAN}', '{CANNOT_LINK}') from identity_edge where revoked_at >= $1
         )
         select at, is_own, case when is_own then at else coalesce(
             (select max(started_at) from import_run where started_at <= at and (ended_at is null or ended_at >= at)), at) end
         from moved"
    );
    let rows: Vec<(i64, bool, i64)> = sqlx::query_as(AssertSqlSafe(query)).bind(since).fetch_all(db.readers()).await?;
    let mut moves: BTreeMap<(i64, bool), Vec<i64>> = BTreeMap::new();
    for (at, is_own, told) in rows {
        moves.entry((told, is_own)).or_default().push(at);
    }
    Ok(moves)
}

/// In which of these stretches an account did something whose edges began or ceased to hold at one of the instants. An account that did
/// nothing from the first to the last of them is looked up once, and a stretch before anybody did something is passed over.
async fn took_part(db: &Db, instants: &[i64], is_own: bool, stretches: &[(i64, i64)]) -> StoreResult<Vec<usize>> {
    let (Some(first), Some(last)) =
        (stretches.iter().map(|(from, _)| *from).min(), stretches.iter().map(|(_, end)| *end).max())
    else {
        return Ok(Vec::new());
    };
    let query = format!(
        "with moved as (
             select a, b from json_each($1) wanted cross join identity_edge edge on edge.held_from = wanted.value
             where (edge.kind in ('{HUMAN}', '{CANNOT_LINK}')) = $2
             union all
             select a, b from json_each($1) wanted cross join identity_edge edge on edge.revoked_at = wanted.value
             where (edge.kind in ('{HUMAN}', '{CANNOT_LINK}')) = $2
         ),
         account as materialized (
             select account_id, (select min(occurred_at) from activity
                                 where identity_id = account_id and occurred_at >= $3 and occurred_at < $4) as first_at
             from (select a as account_id from moved union select b from moved)
         )
         select stretch.key from json_each($5) stretch
         where stretch.value ->> 1 > (select min(first_at) from account) and exists (
             select 1 from account cross join activity on activity.identity_id = account.account_id
             where account.first_at is not null
               and activity.occurred_at >= stretch.value ->> 0 and activity.occurred_at < stretch.value ->> 1
         )"
    );
    let json = |text: Result<String, serde_json::Error>| text.unwrap_or_default();
    let found: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(query))
        .bind(json(serde_json::to_string(instants)))
        .bind(is_own)
        .bind(first)
        .bind(last)
        .bind(json(serde_json::to_string(stretches)))
        .fetch_all(db.readers())
        .await?;
    Ok(found.into_iter().filter_map(|place| usize::try_from(place).ok()).collect())
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
            let all = of_stretches(&db, &[(from * DAY, end * DAY)], |known| known == kind).await.unwrap();
            all[0].iter().map(|at| at / DAY).collect::<Vec<_>>()
        };
        assert_eq!(changed(0, 1, ACTIVITY).await, [3, 5]);
        assert_eq!(changed(1, 2, "deal").await, [4]);
        assert_eq!(changed(0, 1, "deal").await, [0; 0]);
        // The period of the first four days is not over when it is changed for the first time.
        assert_eq!(changed(0, 4, ACTIVITY).await, [5]);
        assert_eq!(changed(4, 5, ACTIVITY).await, [0; 0]);
    }
}
