//! What people said of members: that they are programs or teammates, or that they are not.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx, setting};

/// That somebody is a program.
pub const BOT: &str = "bot";
/// That somebody is a teammate on some days.
pub const TEAMMATE: &str = "teammate";

/// One word on an identity.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MemberWord {
    /// The identity that it hangs on.
    pub identity_id: u32,
    /// [`BOT`] or [`TEAMMATE`].
    pub kind: String,
    /// Whether they are; otherwise they are not.
    pub is_so: bool,
    /// First local day; `None`: since ever.
    pub from_day: Option<i32>,
    /// First local day after; `None`: without end.
    pub to_day: Option<i32>,
    /// Who said it.
    pub said_by: Option<String>,
    /// Microseconds since 1970.
    pub said_at: i64,
}

const COLUMNS: &str = "identity_id, kind, is_so, from_day, to_day, said_by, said_at";

/// Every word of a kind, the earlier first.
pub async fn all(db: &Db, kind: &str) -> StoreResult<Vec<MemberWord>> {
    let query = format!("select {COLUMNS} from member_word where kind = $1 order by said_at, identity_id");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(kind).fetch_all(db.readers()).await?)
}

/// Takes back what was said of these identities.
pub async fn clear(tx: &mut Tx, kind: &str, identities: &[u32]) -> StoreResult<()> {
    setting::note_change(tx).await?;
    for identity in identities {
        sqlx::query("delete from member_word where identity_id = $1 and kind = $2")
            .bind(identity)
            .bind(kind)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

/// Keeps a word. One said at the same instant of the same identity is replaced.
pub async fn add(tx: &mut Tx, word: &MemberWord) -> StoreResult<()> {
    setting::note_change(tx).await?;
    sqlx::query(
        "insert into member_word (identity_id, kind, is_so, from_day, to_day, said_by, said_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (identity_id, kind, said_at) do update set is_so = excluded.is_so, from_day = excluded.from_day,
            to_day = excluded.to_day, said_by = excluded.said_by",
    )
    .bind(word.identity_id)
    .bind(word.kind.as_str())
    .bind(i64::from(word.is_so))
    .bind(word.from_day)
    .bind(word.to_day)
    .bind(word.said_by.as_deref())
    .bind(word.said_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}
