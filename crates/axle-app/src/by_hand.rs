//! What people say on pages and commands: lines of interchange of the source `axle`, stored like those of an export, so that
//! every figure, flywheel and export knows them without asking where they came from.

use axle_connectors::RawRecord;
use axle_connectors::read::Places;
use axle_connectors::source::Context;
use axle_connectors::sources::interchange::Interchange;
use axle_model::IdentityKey;
use axle_store::batch::Batch;
use axle_store::write::Writer;
use axle_store::{identity, import_run, member, source};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::import::{ImportOptions, Reading, read_words, understand};
use crate::reading::Models;
use crate::{AppError, AppResult, Workspace, resolve};

/// The source of what is said here.
pub const SOURCE: &str = "axle";

/// What the one run of its source reads: nothing that could be imported again.
pub(crate) const PATH: &str = "said in Axle";

/// Stores lines of interchange, all of them or none.
///
/// # Errors
/// [`AppError::Invalid`] with the reason when a line is none.
pub async fn write(workspace: &Workspace, lines: Vec<Value>, now: Timestamp) -> AppResult<()> {
    let models = Models::of(workspace).await?;
    let reading = Reading::new(&Interchange, SOURCE, &ImportOptions::default());
    let (places, context) = (Places::new(PATH, "line"), Context::default());
    let mut records = Vec::new();
    for (line, number) in lines.into_iter().zip(1..) {
        let raw = RawRecord::new("line", places.at(number), &context, line.to_string().into_bytes());
        let record = understand(&reading, raw, now);
        if let Err(reason) = &record.entries {
            return Err(AppError::Invalid(reason.clone()));
        }
        records.push(record);
    }
    read_words(&models, &mut records);
    let (db, micros) = (workspace.db(), now.as_microsecond());
    let (source_id, run) = run(workspace, micros).await?;
    let mut writer = Writer::new(db, i64::from(source_id), run);
    let counts = writer.write(Batch::of(records, SOURCE), None, micros, 0).await?;
    writer.finish(false, micros).await?;
    if counts.identities > 0 {
        resolve::resolve(workspace, micros).await?;
    }
    Ok(())
}

/// The source and its run, made when somebody says something for the first time.
async fn run(workspace: &Workspace, now: i64) -> AppResult<(u32, i64)> {
    let db = workspace.db();
    let mut tx = db.begin().await?;
    let row = source::ensure(&mut tx, SOURCE, "interchange", now).await?;
    let known = import_run::newest(db, Some(row.source_id), u32::MAX).await?;
    let run = match known.iter().find(|run| run.path == PATH) {
        Some(run) => run.import_run_id,
        None => {
            let run = import_run::begin(&mut tx, Some(row.source_id), PATH, 0, now).await?;
            import_run::end(&mut tx, run, Ok("{}"), now).await?;
            run
        }
    };
    tx.commit().await?;
    Ok((row.source_id, run))
}

/// An account of a member, as lines name people: the first that the record met.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member.
pub async fn account(workspace: &Workspace, member_id: &str) -> AppResult<Value> {
    let missing = || AppError::NotFound(format!("there is no member `{member_id}`"));
    let id: uuid::Uuid = member_id.parse().map_err(|_| missing())?;
    let db = workspace.db();
    let row = member::by_id(db, id.as_bytes()).await?.ok_or_else(missing)?;
    let first = identity::of_member(db, row.member_number).await?.into_iter().next().ok_or_else(missing)?;
    Ok(named(&IdentityKey { platform: first.platform, key: first.natural_key }))
}

/// The account of a key, with the one field that the key is made of.
fn named(key: &IdentityKey) -> Value {
    let (field, value) = key.key.split_once(':').unwrap_or(("uid", &key.key));
    let mut identity = Map::from_iter([("platform".to_owned(), json!(key.platform))]);
    identity.insert(field.to_owned(), json!(value));
    Value::Object(identity)
}

#[cfg(test)]
mod tests {
    use axle_model::Identity;

    use super::*;

    #[test]
    fn an_account_is_named_by_what_its_key_is_made_of() {
        for key in ["uid:42", "username:conrad", "email:c@x.example", "phone:+1555", "visitor:v-1:2"] {
            let key = IdentityKey { platform: "forum".into(), key: key.into() };
            let identity: Identity = serde_json::from_value(named(&key)).unwrap();
            assert_eq!(identity.key(), Some(key));
        }
    }
}
