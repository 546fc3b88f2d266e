//! Sessions: signed-in browsers. Only a hash of the token is stored.

use sqlx::FromRow;

use crate::{ServerDb, StoreResult, Tx};

/// A session with its user.
#[derive(Debug, Clone, FromRow)]
pub struct SessionRow {
    /// Whose.
    pub user_id: Vec<u8>,
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: String,
    /// Microseconds since 1970.
    pub last_seen_at: i64,
    /// Microseconds since 1970.
    pub expires_at: i64,
}

/// Begins a session.
pub async fn begin(tx: &mut Tx, token_hash: &[u8], user_id: &[u8], now: i64, expires_at: i64) -> StoreResult<()> {
    sqlx::query(
        "insert into session (token_hash, user_id, created_at, last_seen_at, expires_at) values ($1, $2, $3, $3, $4)",
    )
    .bind(token_hash)
    .bind(user_id)
    .bind(now)
    .bind(expires_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The session of a token, if its user may still sign in. Expiry is the caller's to judge.
pub async fn get(db: &ServerDb, token_hash: &[u8]) -> StoreResult<Option<SessionRow>> {
    Ok(sqlx::query_as(
        "select session.user_id, app_user.email, app_user.name, app_user.role, session.last_seen_at, session.expires_at
         from session join app_user on app_user.user_id = session.user_id
         where session.token_hash = $1 and app_user.disabled_at is null",
    )
    .bind(token_hash)
    .fetch_optional(db.readers())
    .await?)
}

/// Notes that a session was used.
pub async fn touch(tx: &mut Tx, token_hash: &[u8], now: i64) -> StoreResult<()> {
    sqlx::query("update session set last_seen_at = $1 where token_hash = $2")
        .bind(now)
        .bind(token_hash)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Ends a session.
pub async fn end(tx: &mut Tx, token_hash: &[u8]) -> StoreResult<()> {
    sqlx::query("delete from session where token_hash = $1").bind(token_hash).execute(tx.connection()).await?;
    Ok(())
}

/// Ends every session of a user: after a new password, or a new role.
pub async fn end_all(tx: &mut Tx, user_id: &[u8]) -> StoreResult<()> {
    sqlx::query("delete from session where user_id = $1").bind(user_id).execute(tx.connection()).await?;
    Ok(())
}

/// When each user who has a session was seen last, by address.
pub async fn last_seen(db: &ServerDb) -> StoreResult<Vec<(String, i64)>> {
    Ok(sqlx::query_as(
        "select app_user.email, max(session.last_seen_at)
         from session join app_user on app_user.user_id = session.user_id group by app_user.email",
    )
    .fetch_all(db.readers())
    .await?)
}
