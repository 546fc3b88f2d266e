//! The record as text that does not depend on the order in which it came to be: two records are equal when their dumps
//! are. For tests, and for comparing a restored record with its origin.

use sqlx::Row;

use crate::{Db, StoreResult};

/// Every statement of the record by natural keys, a line each, sorted. When it was read, and by which run, stays out.
pub async fn state(db: &Db) -> StoreResult<Vec<String>> {
    let mut lines = Vec::new();
    for (name, sql) in PARTS {
        for row in sqlx::query(*sql).fetch_all(db.readers()).await? {
            let text: Option<String> = row.try_get(0)?;
            lines.push(format!("{name} {}", text.unwrap_or_default()));
        }
    }
    lines.sort();
    Ok(lines)
}

/// How lines begin of activities that name something which is not there: there must be none, and no constraint says so.
pub const DANGLING: &str = "dangling";

/// `json_array` and `hex` are SQLite's names: PostgreSQL has json_build_array and encode.
const PARTS: &[(&str, &str)] = &[
    (
        "activity",
        "select json_array(source.name, activity.external_id, activity_type.key, identity.platform, identity.natural_key, channel.external_id,
            thread.external_id, hex(parent_id), occurred_at, version_at, deleted_at, activity.weight, activity.title, activity.text, activity.url,
            activity.language, activity.properties, is_derived,
            (select group_concat(k, ' ') from (select other.platform || '/' || other.natural_key as k
                from json_each(activity.counterparts) join identity other on other.identity_id = json_each.value order by k)))
         from activity join source using (source_id) join activity_type using (activity_type_id)
         join identity using (identity_id) join channel using (channel_id) left join thread using (thread_id)",
    ),
    (
        DANGLING,
        "select json_array(external_id, seq) from activity
         where not exists (select 1 from source where source.source_id = activity.source_id)
            or not exists (select 1 from activity_type where activity_type.activity_type_id = activity.activity_type_id)
            or not exists (select 1 from identity where identity.identity_id = activity.identity_id)
            or not exists (select 1 from channel where channel.channel_id = activity.channel_id)
            or (thread_id is not null and not exists (select 1 from thread where thread.thread_id = activity.thread_id))",
    ),
    (
        "version",
        "select json_array(hex(activity_id), version_at, content_hash, occurred_at, deleted_at, title, text, properties) from activity_version",
    ),
    (
        "missing",
        "select json_array(source.name, external_id, activity_type.key, missing_at)
         from missing_activity join activity using (activity_id) join source using (source_id) join activity_type using (activity_type_id)",
    ),
    (
        "identity",
        "select json_array(platform, natural_key, uid, username, email, identity.name, phone, visitor, bot, name_at, username_at,
            email_at, hex(member.member_id), member.name, member.is_bot)
         from identity left join member using (member_number)",
    ),
    (
        "email",
        "select json_array(platform, natural_key, identity_email.email, verified, first_at, last_at, heard_at is null)
         from identity_email join identity using (identity_id)",
    ),
    (
        "edge",
        "select json_array(min(a.platform || '/' || a.natural_key, b.platform || '/' || b.natural_key),
            max(a.platform || '/' || a.natural_key, b.platform || '/' || b.natural_key), kind, reason, revoked_at is null)
         from identity_edge join identity a on a.identity_id = identity_edge.a join identity b on b.identity_id = identity_edge.b
         where held_from = (select max(held_from) from identity_edge last
             where last.a = identity_edge.a and last.b = identity_edge.b and last.kind = identity_edge.kind)",
    ),
    ("channel", "select json_array(source.name, external_id, channel.name, kind, ownership, is_qa, is_private) from channel join source using (source_id)"),
    (
        "thread",
        "select json_array(source.name, thread.external_id, channel.external_id, title, is_closed, closed_at)
         from thread join source on source.source_id = thread.source_id left join channel using (channel_id)",
    ),
    (
        "fact",
        "select json_array(source.name, kind, fact.natural_key, identity.natural_key, organization, state, at, until, body)
         from fact join source using (source_id) left join identity using (identity_id)",
    ),
    ("reject", "select json_array(hex(reject_id), kind, place, reason) from reject"),
];
