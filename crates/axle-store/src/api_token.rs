//! Tokens by which programs act as a user. Only a hash of a token is stored.

use sqlx::FromRow;

use crate::{ServerDb, StoreResult, Tx};

/// A token with its user.
#[derive(Debug, Clone, FromRow)]
pub struct TokenRow {
    /// Public id.
    pub token_id: String,
    /// What it is for.
    pub name: String,
    /// Address of its user.
    pub email: String,
    /// Name of its user.
    pub user_name: String,
    /// Role of its user.
    pub role: String,
    /// Microseconds since 1970.
    pub created_at: i64,
    /// Microseconds since 1970, to the hour.
    pub last_used_at: Option<i64>,
}

/// Keeps a new token.
pub async fn add(
    tx: &mut Tx,
    token_hash: &[u8],
    token_id: &str,
    user_id: &[u8],
    name: &str,
    now: i64,
) -> StoreResult<()> {
    sqlx::query("insert into api_token (token_hash, token_id, user_id, name, created_at) values ($1, $2, $3, $4, $5)")
        .bind(token_hash)
        .bind(token_id)
        .bind(user_id)
        .bind(name)
        .bind(now)
        .execute(tx.connection())
        .await?;
    Ok(())
}

const HOLDS: &str =
    "select api_token.token_id, api_token.name, app_user.email, app_user.name as user_name, app_user.role,
        api_token.created_at, api_token.last_used_at
    from api_token join app_user on app_user.user_id = api_token.user_id
    where api_token.revoked_at is null and app_user.disabled_at is null";

/// The token of that hash, if it holds and its user may sign in.
pub async fn get(db: &ServerDb, token_hash: &[u8]) -> StoreResult<Option<TokenRow>> {
    let query = sqlx::AssertSqlSafe(format!("{HOLDS} and api_token.token_hash = $1"));
    Ok(sqlx::query_as(query).bind(token_hash).fetch_optional(db.readers()).await?)
}

/// Every token that holds, oldest first.
pub async fn all(db: &ServerDb) -> StoreResult<Vec<TokenRow>> {
    let query = sqlx::AssertSqlSafe(format!("{HOLDS} order by api_token.created_at, api_token.token_id"));
    Ok(sqlx::query_as(query).fetch_all(db.readers()).await?)
}

/// Notes that a token was used.
pub async fn touch(tx: &mut Tx, token_id: &str, now: i64) -> StoreResult<()> {
    sqlx::query("update api_token set last_used_at = $1 where token_id = $2")
        .bind(now)
        .bind(token_id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Ends a token; gives whether it held.
pub async fn revoke(tx: &mut Tx, token_id: &str, now: i64) -> StoreResult<bool> {
    let done = sqlx::query("update api_token set revoked_at = $1 where token_id = $2 and revoked_at is null")
        .bind(now)
        .bind(token_id)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() > 0)
}
