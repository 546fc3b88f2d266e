//! What people said of where a member worked. It stands above what is found.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// One word on an identity.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AffiliationWord {
    /// The change that it belongs to.
    pub identity_change_id: i64,
    /// The identity that it hangs on.
    pub identity_id: u32,
    /// The organization's leading sighting, as `account:crm/a1`.
    pub organization: String,
    /// What the organization was called.
    pub name: String,
    /// Whether they were there; otherwise they were not.
    pub is_there: bool,
    /// First local day; `None`: since ever.
    pub from_day: Option<i32>,
    /// First local day after; `None`: without end.
    pub to_day: Option<i32>,
    /// What they did there.
    pub title: Option<String>,
    /// Who said it.
    pub said_by: Option<String>,
    /// Microseconds since 1970.
    pub said_at: i64,
}

const COLUMNS: &str =
    "identity_change_id, identity_id, organization, name, is_there, from_day, to_day, title, said_by, said_at";

/// Every word that holds, the earlier first.
pub async fn all(db: &Db) -> StoreResult<Vec<AffiliationWord>> {
    let query = format!(
        "select {COLUMNS} from affiliation_word where revoked_at is null order by said_at, affiliation_word_id"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(db.readers()).await?)
}

/// Keeps a word. Its change was kept before, in the same transaction.
pub async fn add(tx: &mut Tx, word: &AffiliationWord) -> StoreResult<()> {
    let query = format!("insert into affiliation_word ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    sqlx::query(sqlx::AssertSqlSafe(query))
        .bind(word.identity_change_id)
        .bind(word.identity_id)
        .bind(word.organization.as_str())
        .bind(word.name.as_str())
        .bind(i64::from(word.is_there))
        .bind(word.from_day)
        .bind(word.to_day)
        .bind(word.title.as_deref())
        .bind(word.said_by.as_deref())
        .bind(word.said_at)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Takes the words of a change back.
pub async fn revoke(tx: &mut Tx, change: i64, now: i64) -> StoreResult<()> {
    sqlx::query("update affiliation_word set revoked_at = $1 where identity_change_id = $2 and revoked_at is null")
        .bind(now)
        .bind(change)
        .execute(tx.connection())
        .await?;
    Ok(())
}
