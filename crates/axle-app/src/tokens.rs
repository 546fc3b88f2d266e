//! Tokens by which programs act as a user, with that user's role.

use axle_store::{ServerDb, api_token, user};
use jiff::Timestamp;
use rand::RngCore;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::users::User;
use crate::{AppError, AppResult};

/// How tokens begin, so that they are found where they should not be.
const PREFIX: &str = "axle_";
/// A use is noted once in so many microseconds.
const NOTED_EVERY: i64 = 3_600_000_000;

/// A token, without its secret.
#[derive(Debug, Clone, Serialize)]
pub struct Token {
    /// To revoke it by.
    pub token_id: String,
    /// What it is for.
    pub name: String,
    /// Whose role it has.
    pub email: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was used last, to the hour.
    pub last_used_at: Option<Timestamp>,
}

/// Makes a token for a user: gives its secret, which is stored nowhere.
pub async fn create(server: &ServerDb, email: &str, name: &str, now: Timestamp) -> AppResult<String> {
    let email = email.trim().to_lowercase();
    let not_found = || AppError::NotFound(format!("there is no user {email}: `axle user list` shows them"));
    let user = user::by_email(server, &email).await?.ok_or_else(not_found)?;
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let token = format!("{PREFIX}{secret}");
    let hash = hash_of(&token);
    let mut tx = server.begin().await?;
    api_token::add(&mut tx, &hash, &id_of(&hash), &user.user_id, name, now.as_microsecond()).await?;
    tx.commit().await?;
    Ok(token)
}

fn hash_of(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn id_of(hash: &[u8]) -> String {
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The user that a token acts as; `None` when it does not hold.
pub async fn user_of(server: &ServerDb, token: &str, now: Timestamp) -> AppResult<Option<User>> {
    let Some(row) = api_token::get(server, &hash_of(token)).await? else { return Ok(None) };
    let now = now.as_microsecond();
    if row.last_used_at.is_none_or(|last| now - last > NOTED_EVERY) {
        let mut tx = server.begin().await?;
        api_token::touch(&mut tx, &row.token_id, now).await?;
        tx.commit().await?;
    }
    Ok(Some(User { email: row.email, name: row.user_name, role: row.role }))
}

/// Every token that holds, oldest first.
pub async fn list(server: &ServerDb) -> AppResult<Vec<Token>> {
    let instant = |micros: i64| Timestamp::from_microsecond(micros).ok();
    let token = |row: api_token::TokenRow| Token {
        token_id: row.token_id,
        name: row.name,
        email: row.email,
        created_at: instant(row.created_at),
        last_used_at: row.last_used_at.and_then(instant),
    };
    Ok(api_token::all(server).await?.into_iter().map(token).collect())
}

/// Ends a token.
pub async fn revoke(server: &ServerDb, token_id: &str, now: Timestamp) -> AppResult<()> {
    let mut tx = server.begin().await?;
    if !api_token::revoke(&mut tx, token_id, now.as_microsecond()).await? {
        return Err(AppError::NotFound(format!("there is no token {token_id}: `axle user tokens` shows them")));
    }
    Ok(tx.commit().await?)
}
