//! The fields of one post, user or category.

use axle_model::Identity;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::PLATFORM;
use crate::RecordError;

/// A JSON object whose fields are asked for by name, so that a reason can name the field.
pub(super) struct Object(pub(super) Map<String, Value>);

impl Object {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, RecordError> {
        let wrong = || RecordError::new(format!("`{name}` is not a whole number"));
        self.get(name).map(|value| value.as_i64().ok_or_else(wrong)).transpose()
    }

    pub(super) fn required(&self, name: &str) -> Result<i64, RecordError> {
        self.integer(name)?.ok_or_else(|| RecordError::new(format!("`{name}` is missing")))
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, RecordError> {
        let wrong = || RecordError::new(format!("`{name}` is not an instant"));
        self.get(name).map(|value| value.as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)).transpose()
    }

    pub(super) fn items(&self, name: &str) -> impl Iterator<Item = Object> {
        let items = self.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item.as_object().cloned().map(Object))
    }

    /// The account in this object, whose id stands in `id_field`.
    pub(super) fn identity(&self, id_field: &str) -> Result<Identity, RecordError> {
        let uid = self.integer(id_field)?;
        let username = self.text("username");
        if uid.is_none() && username.is_none() {
            return Err(RecordError::new("`username` is missing"));
        }
        let name = self.text("name").or_else(|| self.text("display_username")).unwrap_or_default();
        let mut identity = Identity {
            platform: PLATFORM.into(),
            uid: uid.map(|uid| uid.to_string()),
            username: username.map(str::to_owned),
            ..Identity::default()
        }
        .named(name);
        let is_bot = uid.is_some_and(|uid| uid < 0) || matches!(username, Some("system" | "discobot"));
        identity.bot = is_bot.then_some(true);
        Ok(identity)
    }
}
