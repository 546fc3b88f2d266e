//! Figures as they were published.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// One published figure.
#[derive(Debug, Clone, FromRow)]
pub struct PublishedRow {
    /// Number, rising.
    pub published_id: i64,
    /// Id of the KPI.
    pub kpi: String,
    /// JSON of the definition.
    pub definition: String,
    /// JSON of what was asked.
    pub request: String,
    /// JSON of what was answered.
    pub answer: String,
    /// Who published it.
    pub published_by: Option<String>,
    /// When, in microseconds.
    pub published_at: i64,
}

const COLUMNS: &str = "published_id, kpi, definition, request, answer, published_by, published_at";

/// Keeps a published figure, whatever number it bears; gives its number.
pub async fn add(tx: &mut Tx, row: &PublishedRow) -> StoreResult<i64> {
    Ok(sqlx::query_scalar(
        "insert into published (kpi, definition, request, answer, published_by, published_at)
         values ($1, $2, $3, $4, $5, $6) returning published_id",
    )
    .bind(&row.kpi)
    .bind(&row.definition)
    .bind(&row.request)
    .bind(&row.answer)
    .bind(row.published_by.as_deref())
    .bind(row.published_at)
    .fetch_one(tx.connection())
    .await?)
}

/// All, the newest first.
pub async fn all(db: &Db) -> StoreResult<Vec<PublishedRow>> {
    let query = format!("select {COLUMNS} from published order by published_id desc");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(db.readers()).await?)
}

/// Those of a KPI, the newest first, at most `limit`.
pub async fn of_kpi(db: &Db, kpi: &str, limit: u32) -> StoreResult<Vec<PublishedRow>> {
    let query = format!("select {COLUMNS} from published where kpi = $1 order by published_id desc limit $2");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(kpi).bind(limit).fetch_all(db.readers()).await?)
}

/// The one of that number.
pub async fn by_id(db: &Db, published_id: i64) -> StoreResult<Option<PublishedRow>> {
    let query = format!("select {COLUMNS} from published where published_id = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(published_id).fetch_optional(db.readers()).await?)
}
