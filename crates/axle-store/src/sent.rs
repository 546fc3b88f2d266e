//! What was sent to people and other servers, so that nothing is sent twice.

use crate::{Db, StoreResult, Tx};

/// Whether something arrived at a place.
pub async fn has_arrived(db: &Db, what: &str, place: &str) -> StoreResult<bool> {
    let query = "select count(*) from sent where what = $1 and place = $2 and failure is null";
    let arrived: i64 = sqlx::query_scalar(query).bind(what).bind(place).fetch_one(db.readers()).await?;
    Ok(arrived > 0)
}

/// Notes that something was sent, and why it did not arrive if it did not; a later word replaces the earlier.
pub async fn note(tx: &mut Tx, what: &str, place: &str, at: i64, failure: Option<&str>) -> StoreResult<()> {
    sqlx::query(
        "insert into sent (what, place, sent_at, failure) values ($1, $2, $3, $4)
         on conflict (what, place) do update set sent_at = excluded.sent_at, failure = excluded.failure",
    )
    .bind(what)
    .bind(place)
    .bind(at)
    .bind(failure)
    .execute(tx.connection())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_failed_is_sent_again_and_what_arrived_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).await.unwrap();
        let note = async |failure: Option<&str>| {
            let mut tx = db.begin().await.unwrap();
            note(&mut tx, "hand:1", "hook", 5, failure).await.unwrap();
            tx.commit().await.unwrap();
            has_arrived(&db, "hand:1", "hook").await.unwrap()
        };
        assert!(!note(Some("the server answered 503")).await);
        assert!(note(None).await);
        assert!(!has_arrived(&db, "hand:1", "elsewhere").await.unwrap());
    }
}
