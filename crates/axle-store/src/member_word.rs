//! What people said of members: that they are programs or teammates, that they have a tag, or that it is not so. What holds
//! follows from all that was said and not undone: of programs and of each tag the last word, of teammates every one, each from
//! when all was taken back last.

use std::collections::HashMap;

use axle_model::tag;
use sqlx::FromRow;

use crate::{Db, StoreResult, Tx, bulk, setting};

/// That somebody is a program.
pub const BOT: &str = "bot";
/// That somebody is a teammate on some days.
pub const TEAMMATE: &str = "teammate";
/// That somebody has a tag.
pub const TAG: &str = "tag";

/// One word on an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberWord {
    /// The identity that it hangs on.
    pub identity_id: u32,
    /// [`BOT`], [`TEAMMATE`] or [`TAG`].
    pub kind: String,
    /// Whether it is so; otherwise it is not.
    pub is_so: bool,
    /// First local day; `None`: since ever.
    pub from_day: Option<i32>,
    /// First local day after; `None`: without end.
    pub to_day: Option<i32>,
    /// Of a teammate: the department, where it was said.
    pub department: Option<String>,
    /// The tag that it is about, as it was typed.
    pub tag: Option<String>,
    /// Who said it.
    pub said_by: Option<String>,
    /// Microseconds since 1970.
    pub said_at: i64,
}

#[derive(Debug, Clone, FromRow)]
struct Row {
    identity_id: u32,
    kind: String,
    /// `None`: what was said before is taken back.
    is_so: Option<bool>,
    from_day: Option<i32>,
    to_day: Option<i32>,
    department: Option<String>,
    tag: Option<String>,
    said_by: Option<String>,
    said_at: i64,
}

const COLUMNS: &str = "identity_id, kind, is_so, from_day, to_day, department, tag, said_by, said_at";

/// Every word of a kind that holds, the earlier first.
pub async fn all(db: &Db, kind: &str) -> StoreResult<Vec<MemberWord>> {
    let query = format!(
        "select {COLUMNS} from member_word where kind = $1 and revoked_at is null order by said_at, member_word_id"
    );
    Ok(holding(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(kind).fetch_all(db.readers()).await?))
}

/// Those of [`all`] that are about a member's identities.
pub async fn of_member(db: &Db, kind: &str, member_number: u32) -> StoreResult<Vec<MemberWord>> {
    let query = format!(
        "select {COLUMNS} from member_word where kind = $1 and revoked_at is null
             and identity_id in (select identity_id from identity where member_number = $2)
         order by said_at, member_word_id"
    );
    let query = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(kind).bind(member_number);
    Ok(holding(query.fetch_all(db.readers()).await?))
}

/// Every word of a kind that held at an instant in microseconds, the earlier first.
pub async fn at(db: &Db, kind: &str, at: i64) -> StoreResult<Vec<MemberWord>> {
    let query = format!(
        "select {COLUMNS} from member_word
         where kind = $1 and said_at <= $2 and (revoked_at is null or revoked_at > $2) order by said_at, member_word_id"
    );
    Ok(holding(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(kind).bind(at).fetch_all(db.readers()).await?))
}

/// What holds of all that was said of one kind, the earlier first.
fn holding(rows: Vec<Row>) -> Vec<MemberWord> {
    let mut words: Vec<Option<MemberWord>> = Vec::with_capacity(rows.len());
    let mut of_subject: HashMap<(u32, Option<String>), Vec<usize>> = HashMap::new();
    for row in rows {
        let held = of_subject.entry((row.identity_id, row.tag.as_deref().map(tag::key))).or_default();
        // Of two words said at one instant the later one counts.
        let is_replaced =
            |word: &MemberWord| row.is_so.is_none() || row.kind != TEAMMATE || word.said_at == row.said_at;
        held.retain(|place| {
            let gone = words[*place].as_ref().is_some_and(is_replaced);
            if gone {
                words[*place] = None;
            }
            !gone
        });
        let Some(is_so) = row.is_so else { continue };
        held.push(words.len());
        words.push(Some(MemberWord {
            identity_id: row.identity_id,
            kind: row.kind,
            is_so,
            from_day: row.from_day,
            to_day: row.to_day,
            department: row.department,
            tag: row.tag,
            said_by: row.said_by,
            said_at: row.said_at,
        }));
    }
    words.into_iter().flatten().collect()
}

/// Keeps words, each on another identity. Their change was kept before, in the same transaction.
pub async fn add(tx: &mut Tx, change: i64, words: &[MemberWord]) -> StoreResult<()> {
    insert(tx, change, words, |word| Some(word.is_so)).await
}

/// Keeps that what was said of identities before holds no longer. Of the words, kind, identity, and who said it when count.
pub async fn take_back(tx: &mut Tx, change: i64, words: &[MemberWord]) -> StoreResult<()> {
    insert(tx, change, words, |_| None).await
}

async fn insert(
    tx: &mut Tx,
    change: i64,
    words: &[MemberWord],
    is_so: impl Fn(&MemberWord) -> Option<bool>,
) -> StoreResult<()> {
    setting::note_change(tx).await?;
    for run in bulk::runs(words.len()) {
        let run = &words[run];
        let mut query = bulk::values(
            "insert into member_word (identity_change_id, identity_id, kind, is_so, from_day, to_day, department, tag, said_by, said_at)",
            run.len(),
            10,
            "",
        );
        for word in run {
            query = query
                .bind(change)
                .bind(word.identity_id)
                .bind(word.kind.as_str())
                .bind(is_so(word).map(i64::from))
                .bind(word.from_day)
                .bind(word.to_day)
                .bind(word.department.as_deref())
                .bind(word.tag.as_deref())
                .bind(word.said_by.as_deref())
                .bind(word.said_at);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// Takes the words of a change back.
pub async fn revoke(tx: &mut Tx, change: i64, now: i64) -> StoreResult<()> {
    sqlx::query("update member_word set revoked_at = $1 where identity_change_id = $2 and revoked_at is null")
        .bind(now)
        .bind(change)
        .execute(tx.connection())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(identity_id: u32, kind: &str, is_so: Option<bool>, said_at: i64) -> Row {
        Row {
            identity_id,
            kind: kind.into(),
            is_so,
            from_day: None,
            to_day: None,
            department: None,
            tag: None,
            said_by: None,
            said_at,
        }
    }

    fn held(rows: Vec<Row>) -> Vec<(u32, bool, i64)> {
        holding(rows).into_iter().map(|word| (word.identity_id, word.is_so, word.said_at)).collect()
    }

    #[test]
    fn the_last_word_on_a_program_holds_and_every_word_on_a_teammate() {
        let said =
            |kind| vec![row(1, kind, Some(true), 10), row(2, kind, Some(true), 10), row(1, kind, Some(false), 20)];
        assert_eq!(held(said(BOT)), [(2, true, 10), (1, false, 20)]);
        assert_eq!(held(said(TEAMMATE)), [(1, true, 10), (2, true, 10), (1, false, 20)]);
    }

    #[test]
    fn the_last_word_on_each_tag_holds() {
        let said = |tag: &str, is_so, said_at| Row { tag: Some(tag.into()), ..row(1, TAG, Some(is_so), said_at) };
        let rows = vec![said("VIP", true, 10), said("speaker", true, 11), said("vip", false, 12)];
        assert_eq!(held(rows), [(1, true, 11), (1, false, 12)]);
    }

    #[test]
    fn what_was_taken_back_holds_no_longer_and_what_is_said_after_it_does() {
        for kind in [BOT, TEAMMATE] {
            let mut said = vec![row(1, kind, Some(true), 10), row(2, kind, Some(true), 11), row(1, kind, None, 20)];
            assert_eq!(held(said.clone()), [(2, true, 11)]);
            said.push(row(1, kind, Some(false), 20));
            assert_eq!(held(said), [(2, true, 11), (1, false, 20)]);
        }
        assert_eq!(held(vec![row(1, TEAMMATE, Some(true), 10), row(1, TEAMMATE, Some(false), 10)]), [(1, false, 10)]);
    }
}
