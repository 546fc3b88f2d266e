//! The record as interchange says it: activities by the names that their sources gave, and what is known of identities, with when
//! it was said.

use std::collections::{HashMap, HashSet};

use rusqlite::Row;

use crate::identity::EmailRow;
use crate::{Db, StoreResult, scan};

/// An activity by the names that its source gave. Activities that follow from facts are none of these.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Its position in the record.
    pub seq: i64,
    /// Name of the source.
    pub source: String,
    /// Format of the source.
    pub format: String,
    /// The source's id of it.
    pub external_id: String,
    /// Key of the type.
    pub activity_type: String,
    /// Who did it.
    pub identity_id: u32,
    /// The source's id of the channel; empty for a source without channels.
    pub channel: String,
    /// The source's id of the thread.
    pub thread: Option<String>,
    /// The object that it answers: see [`objects`].
    pub parent: Option<[u8; 12]>,
    /// Microseconds since 1970.
    pub occurred_at: i64,
    /// Since when it is as it is.
    pub version_at: Option<i64>,
    /// When it was deleted.
    pub deleted_at: Option<i64>,
    /// Its own weight.
    pub weight: Option<u8>,
    /// Title.
    pub title: Option<String>,
    /// Words.
    pub text: Option<String>,
    /// Where to read it.
    pub url: Option<String>,
    /// As the source says.
    pub language: Option<String>,
    /// Identities that it addresses.
    pub counterparts: Vec<u32>,
    /// A JSON object.
    pub properties: Option<String>,
}

/// Activities after a position, in their order, at most `limit`.
pub async fn activities(db: &Db, after: i64, limit: u32) -> StoreResult<Vec<Exported>> {
    let query = "select activity.seq, source.name, source.format, activity.external_id, activity_type.key, activity.identity_id,
                channel.external_id, thread.external_id, activity.parent_id, activity.occurred_at, activity.version_at,
                activity.deleted_at, activity.weight, activity.title, activity.text, activity.url, activity.language,
                activity.counterparts, activity.properties
         from activity join source on source.source_id = activity.source_id
         join activity_type on activity_type.activity_type_id = activity.activity_type_id
         join channel on channel.channel_id = activity.channel_id
         left join thread on thread.thread_id = activity.thread_id
         where activity.seq > ?1 and activity.is_derived = 0 order by activity.seq limit ?2";
    scan::rows(db, query, (after, limit), exported).await
}

fn exported(row: &Row<'_>) -> rusqlite::Result<Exported> {
    let counterparts: Option<String> = row.get(17)?;
    Ok(Exported {
        seq: row.get(0)?,
        source: row.get(1)?,
        format: row.get(2)?,
        external_id: row.get(3)?,
        activity_type: row.get(4)?,
        identity_id: row.get(5)?,
        channel: row.get(6)?,
        thread: row.get(7)?,
        parent: row.get::<_, Option<Vec<u8>>>(8)?.and_then(|id| id.first_chunk().copied()),
        occurred_at: row.get(9)?,
        version_at: row.get(10)?,
        deleted_at: row.get(11)?,
        weight: row.get(12)?,
        title: row.get(13)?,
        text: row.get(14)?,
        url: row.get(15)?,
        language: row.get(16)?,
        counterparts: counterparts.and_then(|list| serde_json::from_str(&list).ok()).unwrap_or_default(),
        properties: row.get(18)?,
    })
}

/// The source's ids of the objects that activities answer, as far as the record has them.
pub async fn objects(db: &Db) -> StoreResult<HashMap<[u8; 12], String>> {
    let answered = "select distinct parent_id from activity where parent_id is not null and is_derived = 0";
    let object = |id: Vec<u8>| id.first_chunk::<12>().copied();
    let wanted = scan::rows(db, answered, (), move |row| Ok(object(row.get(0)?))).await?;
    let wanted: HashSet<[u8; 12]> = wanted.into_iter().flatten().collect();
    let all = "select activity_id, external_id from activity";
    scan::fold(db, all, (), HashMap::new(), move |found, row| {
        if let Some(object) = object(row.get(0)?).filter(|object| wanted.contains(object)) {
            found.insert(object, row.get(1)?);
        }
        Ok(())
    })
    .await
}

/// When the present name and the present handle of identities were said last, in microseconds, by their number; and every address
/// that they have or had.
pub async fn said_of_identities(db: &Db) -> StoreResult<(HashMap<u32, Called>, HashMap<u32, Vec<EmailRow>>)> {
    let query = "select identity_id, name_at, username_at from identity";
    let called = |row: &Row<'_>| Ok((row.get::<_, u32>(0)?, Called { name_at: row.get(1)?, username_at: row.get(2)? }));
    let called = scan::rows(db, query, (), called).await?.into_iter().collect();
    let query = "select identity_id, email, verified, first_at, last_at, heard_at from identity_email";
    let email = |row: &Row<'_>| {
        Ok(EmailRow {
            identity_id: row.get(0)?,
            email: row.get(1)?,
            verified: row.get(2)?,
            first_at: row.get(3)?,
            last_at: row.get(4)?,
            heard_at: row.get(5)?,
        })
    };
    let mut emails: HashMap<u32, Vec<EmailRow>> = HashMap::new();
    for row in scan::rows(db, query, (), email).await? {
        emails.entry(row.identity_id).or_default().push(row);
    }
    Ok((called, emails))
}

/// When somebody was last called as they are now, microseconds since 1970; of what no activity says, instants far from now.
#[derive(Debug, Clone, Copy, Default)]
pub struct Called {
    /// By name.
    pub name_at: Option<i64>,
    /// By handle.
    pub username_at: Option<i64>,
}

/// What interchange cannot say, for people, each with a query that counts it.
const LEFT_OUT: [(&str, &str); 9] = [
    ("settings", "select count(*) from setting"),
    ("corrections of what texts say", "select count(*) from correction"),
    (
        "words on which organizations are one or belong to another",
        "select count(*) from organization_edge where revoked_at is null",
    ),
    (
        "words on who is or was at an organization",
        "select count(distinct identity_change_id) from affiliation_word where revoked_at is null",
    ),
    (
        "words that somebody is no teammate",
        "select count(distinct identity_change_id) from member_word where kind = 'teammate' and is_so = 0 and revoked_at is null",
    ),
    ("changes of the history, which can be undone here alone", "select count(*) from identity_change"),
    ("former states of activities", "select count(*) from activity_version"),
    ("versions of flywheels that are this workspace's own", "select count(*) from flywheel_definition"),
    (
        "published figures and reports",
        "select (select count(*) from published) + (select count(*) from published_report)",
    ),
];

/// What interchange cannot say of the record, and how much of it there is; what there is none of is left out.
pub async fn left_out(db: &Db) -> StoreResult<Vec<(&'static str, i64)>> {
    let mut all = Vec::new();
    for (what, query) in LEFT_OUT {
        let count: i64 = sqlx::query_scalar(query).fetch_one(db.readers()).await?;
        if count > 0 {
            all.push((what, count));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every query can be run, and an empty record has nothing.
    #[tokio::test]
    async fn an_empty_record_has_nothing_to_say() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).await.unwrap();
        assert!(activities(&db, 0, 10).await.unwrap().is_empty());
        assert!(objects(&db).await.unwrap().is_empty());
        let (called, emails) = said_of_identities(&db).await.unwrap();
        assert!(called.is_empty() && emails.is_empty());
        assert!(left_out(&db).await.unwrap().iter().all(|(what, _)| *what == "settings"));
    }
}
