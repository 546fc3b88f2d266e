//! Members: the connected components of identities.

use std::collections::HashMap;

use sqlx::{FromRow, Row};

use crate::{Db, StoreResult, Tx, activity_index, bulk, scan};

/// A member as resolution found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Public id.
    pub member_id: [u8; 16],
    /// What to call them.
    pub name: String,
    /// Whether it is a program.
    pub is_bot: bool,
    /// Their identities.
    pub identities: Vec<u32>,
}

/// Writes who is who. Members and identities that did not change are not written.
pub async fn store(tx: &mut Tx, members: &[Resolved], current: &HashMap<u32, Option<u32>>) -> StoreResult<()> {
    let mut numbers: HashMap<Vec<u8>, u32> = HashMap::new();
    let mut held: HashMap<u32, (String, bool)> = HashMap::new();
    for row in
        sqlx::query("select member_number, member_id, name, is_bot from member").fetch_all(tx.connection()).await?
    {
        let number: u32 = row.try_get(0)?;
        numbers.insert(row.try_get(1)?, number);
        held.insert(number, (row.try_get(2)?, row.try_get(3)?));
    }
    let changed: Vec<&Resolved> = members
        .iter()
        .filter(|member| {
            let known = numbers.get(&member.member_id[..]).and_then(|number| held.get(number));
            known.is_none_or(|(name, is_bot)| *name != member.name || *is_bot != member.is_bot)
        })
        .collect();
    give_numbers_back(tx, &changed, &mut numbers, &mut held).await?;
    for run in bulk::runs(changed.len()) {
        let run = &changed[run];
        let mut query = bulk::values(
            "insert into member (member_id, name, is_bot)",
            run.len(),
            3,
            "on conflict (member_id) do update set name = excluded.name, is_bot = excluded.is_bot returning member_id, member_number",
        );
        for member in run {
            query = query.bind(&member.member_id[..]).bind(member.name.as_str()).bind(i64::from(member.is_bot));
        }
        for row in query.fetch_all(tx.connection()).await? {
            numbers.insert(row.try_get(0)?, row.try_get(1)?);
        }
    }
    let mut moved: Vec<(u32, u32)> = Vec::new();
    for member in members {
        let number = numbers[&member.member_id[..]];
        moved.extend(
            member
                .identities
                .iter()
                .filter(|id| current.get(id).copied().flatten() != Some(number))
                .map(|id| (*id, number)),
        );
    }
    if !moved.is_empty() || !changed.is_empty() {
        crate::setting::note_change(tx).await?;
    }
    assign(tx, &moved).await?;
    sqlx::query("delete from member_score where member_number not in (select member_number from identity where member_number is not null)")
        .execute(tx.connection())
        .await?;
    keep_old_ids(tx, current).await?;
    sqlx::query("delete from member where member_number not in (select member_number from identity where member_number is not null)")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Gives members who were merged away and come back the numbers that they had, as far as these are free.
async fn give_numbers_back(
    tx: &mut Tx,
    members: &[&Resolved],
    numbers: &mut HashMap<Vec<u8>, u32>,
    held: &mut HashMap<u32, (String, bool)>,
) -> StoreResult<()> {
    let former: HashMap<Vec<u8>, u32> = sqlx::query_as("select member_id, member_number from member_alias")
        .fetch_all(tx.connection())
        .await?
        .into_iter()
        .collect();
    for member in members {
        let Some(number) = former.get(&member.member_id[..]).copied().filter(|number| !held.contains_key(number))
        else {
            continue;
        };
        if numbers.contains_key(&member.member_id[..]) {
            continue;
        }
        sqlx::query("insert into member (member_number, member_id, name, is_bot) values ($1, $2, $3, $4)")
            .bind(number)
            .bind(&member.member_id[..])
            .bind(member.name.as_str())
            .bind(i64::from(member.is_bot))
            .execute(tx.connection())
            .await?;
        numbers.insert(member.member_id.to_vec(), number);
        held.insert(number, (member.name.clone(), member.is_bot));
    }
    Ok(())
}

/// Lets the ids of members that are about to go lead to whoever has one of their identities now.
async fn keep_old_ids(tx: &mut Tx, current: &HashMap<u32, Option<u32>>) -> StoreResult<()> {
    let gone: Vec<(u32, Vec<u8>)> = sqlx::query_as(
        "select member_number, member_id from member
         where member_number not in (select member_number from identity where member_number is not null)",
    )
    .fetch_all(tx.connection())
    .await?;
    if gone.is_empty() {
        return Ok(());
    }
    let mut least: HashMap<u32, u32> = HashMap::new();
    for (identity, number) in current.iter().filter_map(|(identity, number)| Some((*identity, (*number)?))) {
        least.entry(number).and_modify(|known| *known = identity.min(*known)).or_insert(identity);
    }
    let aliases: Vec<(Vec<u8>, u32, u32)> =
        gone.into_iter().filter_map(|(number, id)| Some((id, number, *least.get(&number)?))).collect();
    for run in bulk::runs(aliases.len()) {
        let run = &aliases[run];
        let mut query = bulk::values(
            "insert into member_alias (member_id, member_number, identity_id)",
            run.len(),
            3,
            "on conflict (member_id) do update set member_number = excluded.member_number, identity_id = excluded.identity_id",
        );
        for (id, number, identity) in run {
            query = query.bind(id.as_slice()).bind(number).bind(identity);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

async fn assign(tx: &mut Tx, moved: &[(u32, u32)]) -> StoreResult<()> {
    for run in bulk::runs(moved.len()) {
        let run = &moved[run];
        let mut query = bulk::values(
            "with assigned (identity_id, member_number) as (",
            run.len(),
            2,
            ") update identity set member_number = (select assigned.member_number from assigned where assigned.identity_id = identity.identity_id)
             where identity_id in (select identity_id from assigned)",
        );
        for (identity, member) in run {
            query = query.bind(identity).bind(member);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// A member's row.
#[derive(Debug, Clone, FromRow)]
pub struct MemberRow {
    /// Small number.
    pub member_number: u32,
    /// Public id.
    pub member_id: Vec<u8>,
    /// Name.
    pub name: String,
    /// Whether it is a program.
    pub is_bot: bool,
}

/// Every member, by number.
pub async fn all(db: &Db) -> StoreResult<Vec<MemberRow>> {
    let query = "select member_number, member_id, name, is_bot from member order by member_number";
    let take = |row: &rusqlite::Row<'_>| {
        Ok(MemberRow { member_number: row.get(0)?, member_id: row.get(1)?, name: row.get(2)?, is_bot: row.get(3)? })
    };
    scan::rows(db, query, (), take).await
}

/// The members of these numbers, by number.
pub async fn by_numbers(db: &Db, numbers: &[u32]) -> StoreResult<Vec<MemberRow>> {
    let query = "select member_number, member_id, name, is_bot from member
         where member_number in (select value from json_each($1)) order by member_number";
    let list = serde_json::to_string(numbers).unwrap_or_default();
    Ok(sqlx::query_as(query).bind(list).fetch_all(db.readers()).await?)
}

/// The members who have these public ids now, in no order; former ids find nobody.
pub async fn by_ids(db: &Db, ids: &[[u8; 16]]) -> StoreResult<Vec<MemberRow>> {
    let mut found = Vec::with_capacity(ids.len());
    for run in bulk::runs(ids.len()) {
        let run = &ids[run];
        let head = "select member_number, member_id, name, is_bot from member where member_id";
        let mut query = bulk::any_of(head, run.len(), "");
        for id in run {
            query = query.bind(&id[..]);
        }
        for row in query.fetch_all(db.readers()).await? {
            found.push(MemberRow::from_row(&row)?);
        }
    }
    Ok(found)
}

/// The member of that public id; where it is a former one, whoever has the identities now.
pub async fn by_id(db: &Db, member_id: &[u8; 16]) -> StoreResult<Option<MemberRow>> {
    let now = sqlx::query_as("select member_number, member_id, name, is_bot from member where member_id = $1")
        .bind(&member_id[..])
        .fetch_optional(db.readers())
        .await?;
    if now.is_some() {
        return Ok(now);
    }
    Ok(sqlx::query_as(
        "select member.member_number, member.member_id, member.name, member.is_bot
         from member_alias join identity on identity.identity_id = member_alias.identity_id
         join member on member.member_number = identity.member_number where member_alias.member_id = $1",
    )
    .bind(&member_id[..])
    .fetch_optional(db.readers())
    .await?)
}

/// Former ids of members, each with the id of whoever has the identities now.
pub async fn former_ids(db: &Db) -> StoreResult<Vec<([u8; 16], [u8; 16])>> {
    let query = "select member_alias.member_id, member.member_id
         from member_alias join identity on identity.identity_id = member_alias.identity_id
         join member on member.member_number = identity.member_number
         where member_alias.member_id not in (select member_id from member)";
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(query).fetch_all(db.readers()).await?;
    let id = |id: Vec<u8>| id.try_into().unwrap_or([0; 16]);
    Ok(rows.into_iter().map(|(former, now)| (id(former), id(now))).collect())
}

/// Members with that name, or with an account of that name, handle or address, whatever its case; at most six of them, since
/// several say that it means nobody in particular.
pub async fn called(db: &Db, text: &str) -> StoreResult<Vec<MemberRow>> {
    // The database folds the case of ASCII alone: of other letters that have one, any will do until they are compared below.
    let has_case = |letter: char| !letter.is_ascii() && (letter.is_lowercase() || letter.is_uppercase());
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '%' | '_' | '\\' => pattern.extend(['\\', letter]),
            _ if has_case(letter) => pattern.push('_'),
            _ => pattern.push(letter),
        }
    }
    let query = "select member.member_number, member.member_id, member.name, member.is_bot, called.text
         from (select member_number, name as text from member
               union all select member_number, username from identity
               union all select member_number, email from identity
               union all select member_number, name from identity) called
         join member on member.member_number = called.member_number
         where lower(called.text) like lower($1) escape '\\'
         order by member.member_number";
    let wanted = text.to_lowercase();
    let mut found: Vec<MemberRow> = Vec::new();
    for row in sqlx::query(query).bind(pattern).fetch_all(db.readers()).await? {
        let member = MemberRow::from_row(&row)?;
        let is_known = found.last().is_some_and(|last| last.member_number == member.member_number);
        if !is_known && row.try_get::<&str, _>("text")?.to_lowercase() == wanted {
            found.push(member);
        }
    }
    found.truncate(6);
    Ok(found)
}

/// Number, name and step (0 out of orbit) of these members.
pub async fn named(db: &Db, numbers: &[u32]) -> StoreResult<Vec<(u32, String, u8)>> {
    let mut found = Vec::with_capacity(numbers.len());
    for run in bulk::runs(numbers.len()) {
        let run = &numbers[run];
        let mut query = bulk::any_of(
            "select member.member_number, member.name, coalesce(member_score.step, 0) from member
             left join member_score on member_score.member_number = member.member_number
             where member.member_number",
            run.len(),
            "",
        );
        for number in run {
            query = query.bind(number);
        }
        for row in query.fetch_all(db.readers()).await? {
            found.push((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        }
    }
    Ok(found)
}

/// How many members have done something.
pub async fn count(db: &Db) -> StoreResult<u64> {
    let query = if activity_index::are_there(db).await? {
        "select count(*) from member where exists (
             select 1 from identity join activity on activity.identity_id = identity.identity_id
             where identity.member_number = member.member_number)"
    } else {
        "select count(distinct member_number) from identity where identity_id in (select identity_id from activity)"
    };
    let count: i64 = sqlx::query_scalar(query).fetch_one(db.readers()).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_is_meant_is_found_whatever_the_case() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        for (number, name) in
            [(1_u32, "Зоя Линд"), (2, "Øyvind_Å"), (3, "ØyvindxÅ"), (4, "Ada"), (5, "ada"), (6, "АДА")]
        {
            let query = "insert into member (member_number, member_id, name) values ($1, $2, $3)";
            let query = sqlx::query(query).bind(number).bind(vec![number as u8; 16]).bind(name);
            query.execute(tx.connection()).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (text, expected) in [
            ("зоя линд", vec![1]),
            ("ЗОЯ ЛИНД", vec![1]),
            ("зоя линк", vec![]),
            ("øyvind_å", vec![2]),
            ("ADA", vec![4, 5]),
            ("Ада", vec![6]),
        ] {
            let found: Vec<u32> = called(&db, text).await.unwrap().iter().map(|row| row.member_number).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
