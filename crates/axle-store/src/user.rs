//! Users: who may sign in.

use sqlx::FromRow;

use crate::{ServerDb, StoreResult, Tx};

/// A user.
#[derive(Debug, Clone, FromRow)]
pub struct UserRow {
    /// Id.
    pub user_id: Vec<u8>,
    /// Address, lower case: what they sign in with.
    pub email: String,
    /// Name.
    pub name: String,
    /// Argon2id, PHC format.
    pub password_hash: String,
    /// `admin`, `builder`, …
    pub role: String,
    /// Microseconds since 1970; `None` while they may sign in.
    pub disabled_at: Option<i64>,
}

/// Adds a user, or gives an existing one a new name, password and role.
pub async fn store(tx: &mut Tx, user: &UserRow, now: i64) -> StoreResult<()> {
    sqlx::query(
        "insert into app_user (user_id, email, name, password_hash, role, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (email) do update set name = excluded.name, password_hash = excluded.password_hash, role = excluded.role, disabled_at = null",
    )
    .bind(user.user_id.as_slice())
    .bind(user.email.as_str())
    .bind(user.name.as_str())
    .bind(user.password_hash.as_str())
    .bind(user.role.as_str())
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The user with that address.
pub async fn by_email(db: &ServerDb, email: &str) -> StoreResult<Option<UserRow>> {
    Ok(sqlx::query_as("select user_id, email, name, password_hash, role, disabled_at from app_user where email = $1")
        .bind(email)
        .fetch_optional(db.readers())
        .await?)
}

/// Every user, by address.
pub async fn all(db: &ServerDb) -> StoreResult<Vec<UserRow>> {
    Ok(sqlx::query_as("select user_id, email, name, password_hash, role, disabled_at from app_user order by email")
        .fetch_all(db.readers())
        .await?)
}

/// Counts a failed sign-in of a subject (an address, or a network address); gives failures so far and the last one's
/// instant before this.
pub async fn failed_sign_in(tx: &mut Tx, subject: &str, now: i64) -> StoreResult<()> {
    sqlx::query(
        "insert into sign_in_attempt (subject, failures, last_at) values ($1, 1, $2)
         on conflict (subject) do update set failures = sign_in_attempt.failures + 1, last_at = excluded.last_at",
    )
    .bind(subject)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Failures of a subject and the instant of the last one.
pub async fn failures(db: &ServerDb, subject: &str) -> StoreResult<Option<(i64, i64)>> {
    Ok(sqlx::query_as("select failures, last_at from sign_in_attempt where subject = $1")
        .bind(subject)
        .fetch_optional(db.readers())
        .await?)
}

/// Forgets the failures of a subject.
pub async fn forgive(tx: &mut Tx, subject: &str) -> StoreResult<()> {
    sqlx::query("delete from sign_in_attempt where subject = $1").bind(subject).execute(tx.connection()).await?;
    Ok(())
}
