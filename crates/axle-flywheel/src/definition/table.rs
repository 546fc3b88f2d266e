//! A TOML table that knows its place, so that every complaint names file, place and a fix.

use axle_model::nearest::nearest;
use toml::{Table, Value};

use super::DefinitionError;
use super::lines::line_of;

/// Reads keys off a table; [`Reader::finish`] complains of those nobody asked for.
pub(super) struct Reader<'a> {
    pub file: &'a str,
    pub place: String,
    table: &'a Table,
    asked: Vec<&'static str>,
}

pub(super) type Read<T> = Result<T, DefinitionError>;

/// What is wrong so far: reading goes on behind a fault, so that all are told at once.
#[derive(Default)]
pub(super) struct Faults(pub Vec<DefinitionError>);

impl Faults {
    /// What was read; `None` after noting why it was not.
    pub(super) fn take<T>(&mut self, read: Read<T>) -> Option<T> {
        read.map_err(|fault| self.0.push(fault)).ok()
    }

    /// What can be read of a list; the rest is noted.
    pub(super) fn each<'a, T>(&mut self, list: Read<Vec<Reader<'a>>>, read: impl Fn(Reader<'a>) -> Read<T>) -> Vec<T> {
        let list = self.take(list).unwrap_or_default();
        list.into_iter().filter_map(|one| self.take(read(one))).collect()
    }

    /// All of them with their lines, in the order of the text.
    pub(super) fn located(mut self, text: &str) -> Vec<DefinitionError> {
        self.0.iter_mut().for_each(|fault| fault.line = line_of(text, &fault.place));
        self.0.sort_by_key(|fault| fault.line);
        self.0
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, place: impl Into<String>, table: &'a Table) -> Self {
        Self { file, place: place.into(), table, asked: Vec::new() }
    }

    /// A complaint about a key.
    pub(super) fn fault(&self, key: &str, fault: impl Into<String>, fix: impl Into<String>) -> DefinitionError {
        let place = match (self.place.as_str(), key) {
            (place, "") => place.to_owned(),
            ("", key) => key.to_owned(),
            (place, key) if place.starts_with("step `") && !place.contains(", ") => format!("{place}, {key}"),
            (place, key) => format!("{place}.{key}"),
        };
        DefinitionError { file: self.file.to_owned(), line: None, place, fault: fault.into(), fix: fix.into() }
    }

    /// The same table, with nothing asked yet.
    pub(super) fn again(&self) -> Self {
        Self::new(self.file, self.place.clone(), self.table)
    }

    /// The same table under another name.
    pub(super) fn named(self, place: String) -> Self {
        Self { place, ..self }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.asked.push(key);
        self.table.get(key)
    }

    pub(super) fn text(&mut self, key: &'static str) -> Read<Option<String>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(self.fault(key, "this is no text", format!("write {key} = \"…\""))),
        }
    }

    pub(super) fn needed(&mut self, key: &'static str) -> Read<String> {
        let missing = self.fault(key, "is missing", format!("add {key} = \"…\""));
        self.text(key)?.ok_or(missing)
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Read<bool> {
        match self.value(key) {
            None => Ok(false),
            Some(Value::Boolean(flag)) => Ok(*flag),
            Some(_) => Err(self.fault(key, "this is neither true nor false", format!("write {key} = true"))),
        }
    }

    /// A whole number of at least `least`.
    pub(super) fn whole(&mut self, key: &'static str, least: u32) -> Read<Option<u32>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Integer(number)) if *number >= i64::from(least) && *number <= 36_500 => {
                Ok(Some(*number as u32))
            }
            Some(found) => Err(self.fault(
                key,
                format!("{found} is no number of this kind"),
                format!("write a whole number from {least} to 36500"),
            )),
        }
    }

    pub(super) fn number(&mut self, key: &'static str) -> Read<Option<f64>> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Integer(number)) => Ok(Some(*number as f64)),
            Some(Value::Float(number)) if number.is_finite() => Ok(Some(*number)),
            Some(found) => Err(self.fault(key, format!("{found} is no number"), format!("write {key} = 1"))),
        }
    }

    /// One text or a list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Read<Vec<String>> {
        let wrong = self.fault(key, "this is no list of texts", format!("write {key} = [\"…\"]"));
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(list)) => {
                list.iter().map(|one| one.as_str().map(str::to_owned).ok_or(wrong.clone())).collect()
            }
            Some(_) => Err(wrong),
        }
    }

    pub(super) fn child(&self, place: String, value: &'a Value) -> Read<Reader<'a>> {
        let Some(table) = value.as_table() else {
            let place = Reader { place, ..Reader::new(self.file, "", self.table) };
            return Err(place.fault("", "this is no table", "write { … }"));
        };
        Ok(Reader::new(self.file, place, table))
    }

    /// The tables of `[[key]]`.
    pub(super) fn list(&mut self, key: &'static str) -> Read<Vec<Reader<'a>>> {
        let wrong = self.fault(key, "this is no list of tables", format!("write [[{key}]] over each"));
        let place = wrong.place.clone();
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list
                .iter()
                .enumerate()
                .map(|(index, value)| self.child(format!("{place}[{}]", index + 1), value))
                .collect(),
            Some(_) => Err(wrong),
        }
    }

    /// Complains of keys that nobody asked for.
    pub(super) fn finish(self) -> Read<()> {
        let Some(unknown) = self.table.keys().find(|key| !self.asked.contains(&key.as_str())) else { return Ok(()) };
        let known = self.asked.join(", ");
        let fix = match nearest(unknown, self.asked.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? Known here: {known}"),
            None => format!("take it out; known here: {known}"),
        };
        Err(self.fault(unknown, "nothing reads this key", fix))
    }
}
