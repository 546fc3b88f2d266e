//! Building lines, and the one gate through which all of them leave: it holds back what nobody could have done.

use std::io;

use serde_json::{Map, Value};

use crate::clock;
use crate::people::{Person, Platform};
use crate::world::World;

/// One line under construction.
#[derive(Debug)]
pub struct Line(Map<String, Value>);

impl Line {
    /// A line of that type from that source.
    pub fn of(kind: &str, source: &str) -> Self {
        let mut fields = Map::with_capacity(12);
        fields.insert("type".into(), kind.into());
        fields.insert("source".into(), source.into());
        Self(fields)
    }

    /// Sets a field.
    #[must_use]
    pub fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a field when there is a value.
    #[must_use]
    pub fn maybe<T: Into<Value>>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    /// Sets a field to an instant.
    #[must_use]
    pub fn at(self, name: &str, at: i64) -> Self {
        self.put(name, clock::instant(at))
    }

    /// Sets a field to an instant when there is one.
    #[must_use]
    pub fn maybe_at(self, name: &str, at: Option<i64>) -> Self {
        self.maybe(name, at.map(clock::instant))
    }

    /// Sets a field to the date of an instant.
    #[must_use]
    pub fn on(self, name: &str, at: i64) -> Self {
        self.put(name, clock::date(at))
    }

    /// Sets a field to the date of an instant when there is one.
    #[must_use]
    pub fn maybe_on(self, name: &str, at: Option<i64>) -> Self {
        self.maybe(name, at.map(clock::date))
    }
}

/// Takes finished lines.
pub type Sink<'a> = dyn FnMut(Value) -> io::Result<()> + 'a;

/// The gate.
pub struct Out<'a> {
    /// Whose lines they are.
    pub world: &'a World,
    sink: &'a mut Sink<'a>,
}

impl<'a> Out<'a> {
    /// A gate before `sink`.
    pub fn new(world: &'a World, sink: &'a mut Sink<'a>) -> Self {
        Self { world, sink }
    }

    /// Writes what is so from the start.
    pub fn state(&mut self, line: Line) -> io::Result<()> {
        (self.sink)(Value::Object(line.0))
    }

    /// Writes what became so at that instant, unless the simulation ends before. Says whether it was written.
    pub fn fact(&mut self, at: i64, line: Line) -> io::Result<bool> {
        if at >= self.world.calendar.end {
            return Ok(false);
        }
        self.state(line).map(|()| true)
    }

    /// Writes what `person` did with their account, unless they had none then, were erased, or the simulation ends
    /// before. Says whether it was written: what answers it must ask.
    pub fn act(
        &mut self,
        person: &Person,
        platform: Platform,
        activity: &str,
        id: &str,
        at: i64,
        fill: impl FnOnce(Line) -> Line,
    ) -> io::Result<bool> {
        let Some(account) = person.account_at(platform, at) else { return Ok(false) };
        let line = Line::of("activity", platform.source())
            .put("id", id)
            .put("activity", activity)
            .at("at", at)
            .put("actor", account.clone());
        self.fact(at, fill(line))
    }
}
