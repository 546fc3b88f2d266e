//! Figures as they were published, by themselves or with a report.

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
    /// Number of the report that it was published with.
    pub published_report_id: Option<i64>,
}

const COLUMNS: &str = "published_id, kpi, definition, request, answer, published_by, published_at, published_report_id";

/// One published report.
#[derive(Debug, Clone, FromRow)]
pub struct ReportRow {
    /// Number, rising.
    pub published_report_id: i64,
    /// Length of its periods.
    pub grain: String,
    /// First date after the last of them.
    pub until_date: String,
    /// The instant asked as of, in microseconds.
    pub as_of: i64,
    /// Who published it.
    pub published_by: Option<String>,
    /// When, in microseconds.
    pub published_at: i64,
}

const REPORT_COLUMNS: &str = "published_report_id, grain, until_date, as_of, published_by, published_at";

/// Keeps a published figure, whatever number it bears; gives its number.
pub async fn add(tx: &mut Tx, row: &PublishedRow) -> StoreResult<i64> {
    Ok(sqlx::query_scalar(
        "insert into published (kpi, definition, request, answer, published_by, published_at, published_report_id)
         values ($1, $2, $3, $4, $5, $6, $7) returning published_id",
    )
    .bind(&row.kpi)
    .bind(&row.definition)
    .bind(&row.request)
    .bind(&row.answer)
    .bind(row.published_by.as_deref())
    .bind(row.published_at)
    .bind(row.published_report_id)
    .fetch_one(tx.connection())
    .await?)
}

/// Keeps a published report, whatever number it bears; gives its number.
pub async fn add_report(tx: &mut Tx, row: &ReportRow) -> StoreResult<i64> {
    Ok(sqlx::query_scalar(
        "insert into published_report (grain, until_date, as_of, published_by, published_at)
         values ($1, $2, $3, $4, $5) returning published_report_id",
    )
    .bind(&row.grain)
    .bind(&row.until_date)
    .bind(row.as_of)
    .bind(row.published_by.as_deref())
    .bind(row.published_at)
    .fetch_one(tx.connection())
    .await?)
}

/// The newest reports, at most `limit`.
pub async fn reports(db: &Db, limit: u32) -> StoreResult<Vec<ReportRow>> {
    let query = format!("select {REPORT_COLUMNS} from published_report order by published_report_id desc limit $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(limit).fetch_all(db.readers()).await?)
}

/// The report of that number.
pub async fn report(db: &Db, number: i64) -> StoreResult<Option<ReportRow>> {
    let query = format!("select {REPORT_COLUMNS} from published_report where published_report_id = $1");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(number).fetch_optional(db.readers()).await?)
}

/// The figures that a report showed.
pub async fn of_report(db: &Db, number: i64) -> StoreResult<Vec<PublishedRow>> {
    let query = format!("select {COLUMNS} from published where published_report_id = $1 order by published_id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(number).fetch_all(db.readers()).await?)
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
