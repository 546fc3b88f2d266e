//! Users of this server: accounts, passwords, sessions, roles.

use std::collections::HashMap;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use axle_store::user::{self, UserRow};
use axle_store::{ServerDb, session};
use jiff::{SignedDuration, Timestamp};
use rand::RngCore;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{AppError, AppResult};

/// The roles, from the one that may all to the one that sees least.
pub const ROLES: [&str; 9] =
    ["admin", "builder", "success", "support", "product", "marketing", "sales", "executive", "internal_viewer"];

/// A user to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Address to sign in with.
    pub email: String,
    /// Name.
    pub name: String,
    /// Password, at least 8 characters.
    pub password: String,
    /// One of [`ROLES`].
    pub role: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: String,
}

impl User {
    /// Whether they may see people by name: everybody but sales and executives, who see figures (and, later, what was
    /// handed to them).
    pub fn may_see_members(&self) -> bool {
        !matches!(self.role.as_str(), "sales" | "executive")
    }

    /// Whether they may keep figures as published: everybody but viewers.
    pub fn may_publish(&self) -> bool {
        self.role != "internal_viewer"
    }

    /// Whether they may import and mark channels.
    pub fn may_manage_sources(&self) -> bool {
        matches!(self.role.as_str(), "admin" | "builder")
    }

    /// Whether they may say who is one person.
    pub fn may_decide_identities(&self) -> bool {
        matches!(self.role.as_str(), "admin" | "builder")
    }

    /// Whether they may say what texts really say.
    pub fn may_correct(&self) -> bool {
        matches!(self.role.as_str(), "admin" | "builder" | "success" | "support" | "product")
    }

    /// Whether they may answer tasks of others: everybody who sees people by name, but viewers.
    pub fn may_answer_tasks(&self) -> bool {
        self.may_see_members() && self.role != "internal_viewer"
    }

    /// Whether they may say which organizations are prospects, and which are key accounts.
    pub fn may_mark_accounts(&self) -> bool {
        matches!(self.role.as_str(), "admin" | "builder" | "sales" | "success")
    }

    /// Whether they may prepare hand-offs and send them.
    pub fn may_hand_off(&self) -> bool {
        matches!(self.role.as_str(), "admin" | "builder")
    }

    /// Whether members are handed to them: they see who was, for as long as it holds, and nobody else.
    pub fn may_receive_hand_offs(&self) -> bool {
        matches!(self.role.as_str(), "admin" | "sales")
    }

    /// Whoever runs commands on the server's own machine: they may all.
    pub fn command_line() -> Self {
        Self { email: String::new(), name: "command line".into(), role: "admin".into() }
    }

    /// Whether they may change settings and users.
    pub fn may_administer(&self) -> bool {
        self.role == "admin"
    }
}

/// Adds a user, or gives the one with that address a new name, password and role; then their sessions end.
pub async fn add(server: &ServerDb, new: NewUser, now: Timestamp) -> AppResult<()> {
    let email = new.email.trim().to_lowercase();
    if !(email.len() <= 254
        && email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty()))
    {
        return Err(AppError::Invalid(format!("`{email}` is no e-mail address")));
    }
    if !ROLES.contains(&new.role.as_str()) {
        return Err(AppError::Invalid(format!("`{}` is no role: use one of {}", new.role, ROLES.join(", "))));
    }
    if !(8..=128).contains(&new.password.chars().count()) {
        return Err(AppError::Invalid("a password has 8 to 128 characters".into()));
    }
    let password_hash = hash(new.password).await?;
    let user_id = match user::by_email(server, &email).await? {
        Some(known) => known.user_id,
        None => random_id(),
    };
    let row =
        UserRow { user_id: user_id.clone(), email, name: new.name, password_hash, role: new.role, disabled_at: None };
    let mut tx = server.begin().await?;
    user::store(&mut tx, &row, now.as_microsecond()).await?;
    session::end_all(&mut tx, &user_id).await?;
    Ok(tx.commit().await?)
}

fn random_id() -> Vec<u8> {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).as_uuid().as_bytes().to_vec()
}

/// Every user, by address.
pub async fn list(server: &ServerDb) -> AppResult<Vec<User>> {
    let rows = user::all(server).await?;
    Ok(rows.into_iter().map(|row| User { email: row.email, name: row.name, role: row.role }).collect())
}

/// The user of an address, who is to be acted as.
///
/// # Errors
/// [`AppError::NotFound`] when there is none, or they may not sign in any more.
pub async fn of_address(server: &ServerDb, email: &str) -> AppResult<User> {
    let email = email.trim().to_lowercase();
    let known = user::by_email(server, &email).await?.filter(|row| row.disabled_at.is_none());
    let missing = || AppError::NotFound(format!("there is no user `{email}`: `axle user list` shows all"));
    known.map(|row| User { email: row.email, name: row.name, role: row.role }).ok_or_else(missing)
}

/// When each user who is signed in somewhere was seen last, by address.
pub async fn last_seen(server: &ServerDb) -> AppResult<HashMap<String, Timestamp>> {
    let rows = session::last_seen(server).await?;
    Ok(rows.into_iter().filter_map(|(email, at)| Some((email, Timestamp::from_microsecond(at).ok()?))).collect())
}

/// Free tries before a pause, for one address and one user.
const FREE_TRIES: i64 = 5;

/// How long a session lives at most, and without use.
const SESSION_DAYS: i64 = 30;
const IDLE_HOURS: i64 = 12;

/// Signs a user in: gives the session's token, to be kept by the browser. Unknown users and wrong passwords get the
/// same answer after the same work.
pub async fn sign_in(server: &ServerDb, email: &str, password: &str, now: Timestamp) -> AppResult<String> {
    let refused = || AppError::Forbidden("the address or the password is not right".into());
    let email = email.trim().to_lowercase();
    if let Some((failures, last)) = user::failures(server, &email).await?
        && failures >= FREE_TRIES
    {
        let pause = SignedDuration::from_secs(1 << (failures - FREE_TRIES).min(10));
        let last = Timestamp::from_microsecond(last).unwrap_or_default();
        let wait = pause.min(SignedDuration::from_mins(15)) - now.duration_since(last);
        if wait.is_positive() {
            return Err(AppError::TooMany(wait));
        }
    }
    let known = user::by_email(server, &email).await?.filter(|user| user.disabled_at.is_none());
    // Any hash will do for somebody who does not exist: what counts is that it takes as long.
    let stored = match &known {
        Some(user) => user.password_hash.clone(),
        None => hash("nobody has this password".into()).await?,
    };
    let is_right = verify(password.to_owned(), stored).await?;
    let mut tx = server.begin().await?;
    let Some(user) = known.filter(|_| is_right) else {
        user::failed_sign_in(&mut tx, &email, now.as_microsecond()).await?;
        tx.commit().await?;
        return Err(refused());
    };
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let expires = now + SignedDuration::from_hours(24 * SESSION_DAYS);
    session::begin(&mut tx, &token_hash(&token), &user.user_id, now.as_microsecond(), expires.as_microsecond()).await?;
    user::forgive(&mut tx, &email).await?;
    tx.commit().await?;
    Ok(token)
}

/// The user of a session, if it still holds; notes its use every few minutes.
pub async fn signed_in(server: &ServerDb, token: &str, now: Timestamp) -> AppResult<Option<User>> {
    let hash = token_hash(token);
    let Some(row) = session::get(server, &hash).await? else { return Ok(None) };
    let now = now.as_microsecond();
    if now > row.expires_at || now - row.last_seen_at > IDLE_HOURS * 3_600_000_000 {
        return Ok(None);
    }
    if now - row.last_seen_at > 300_000_000 {
        let mut tx = server.begin().await?;
        session::touch(&mut tx, &hash, now).await?;
        tx.commit().await?;
    }
    Ok(Some(User { email: row.email, name: row.name, role: row.role }))
}

/// Ends a session.
pub async fn sign_out(server: &ServerDb, token: &str) -> AppResult<()> {
    let mut tx = server.begin().await?;
    session::end(&mut tx, &token_hash(token)).await?;
    Ok(tx.commit().await?)
}

fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn argon() -> Argon2<'static> {
    // OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// At most this many hashes at once: each takes 19 MiB.
static HASHING: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(2);

async fn hash(password: String) -> AppResult<String> {
    blocking(move || {
        argon().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| error.to_string())
    })
    .await
}

async fn verify(password: String, stored: String) -> AppResult<bool> {
    blocking(move || {
        let stored = PasswordHash::new(&stored).map_err(|error| error.to_string())?;
        Ok(argon().verify_password(password.as_bytes(), &stored).is_ok())
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> AppResult<T> {
    let _turn = HASHING.acquire().await.map_err(|error| AppError::Internal(error.to_string()))?;
    let result = tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Internal(error.to_string()))?;
    result.map_err(AppError::Internal)
}
