//! Where activities were: what tells whether their words may be read.

use sqlx::Row;

use crate::{Db, StoreResult, bulk};

/// Where an activity was, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// What it is on: see [`axle_model::activity::object_named`].
    pub object: [u8; 12],
    /// Its channel.
    pub channel_id: u32,
    /// Type key.
    pub activity_type: String,
}

/// Activities that are left out by where they were, as [`crate::activity::timeline`] and [`crate::activity::said`] are asked; the
/// default leaves out none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Channels of which nothing is wanted.
    pub channels: Vec<u32>,
    /// Kinds of types (`mail` of `mail:message:sent`) of which nothing is wanted.
    pub kinds: Vec<String>,
    /// Channels of which these kinds are wanted all the same.
    pub kept: Vec<u32>,
}

impl LeftOut {
    /// Its three lists, as JSON texts.
    pub(crate) fn lists(&self) -> [String; 3] {
        let numbers = |list: &[u32]| serde_json::Value::from(list).to_string();
        [numbers(&self.channels), serde_json::Value::from(self.kinds.as_slice()).to_string(), numbers(&self.kept)]
    }
}

/// Where the activities on these objects were, deleted ones among them, in no order; nothing of an object that is not on record.
pub async fn of(db: &Db, objects: &[[u8; 12]]) -> StoreResult<Vec<Whereabouts>> {
    let mut found = Vec::new();
    for run in bulk::runs(objects.len()) {
        let run = &objects[run];
        let mut query = bulk::values(
            "with named (first_id, last_id) as (",
            run.len(),
            2,
            ") select named.first_id, activity.channel_id, activity_type.key
             from named cross join activity
             join activity_type on activity_type.activity_type_id = activity.activity_type_id
             where activity.activity_id >= named.first_id and activity.activity_id <= named.last_id",
        );
        for object in run {
            let id = |rest: [u8; 4]| [&object[..], &rest[..]].concat();
            query = query.bind(id([0; 4])).bind(id([u8::MAX; 4]));
        }
        for row in query.fetch_all(db.readers()).await? {
            let mut object = [0; 12];
            object.copy_from_slice(&row.try_get::<Vec<u8>, _>(0)?[..12]);
            found.push(Whereabouts { object, channel_id: row.try_get(1)?, activity_type: row.try_get(2)? });
        }
    }
    Ok(found)
}
