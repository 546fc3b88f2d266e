//! From the place of a complaint to its line.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line, from 1, of a place as complaints name it: ``step `one`, enter.all[2].fact``, `leave[1].to`. Of what is missing,
/// the line of what it is missing in. `None` when the text is no TOML, or has nothing of that name.
pub fn line_of(text: &str, place: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let (mut at, rest) = match place.strip_prefix("step `") {
        None => (Node { start: None, value: Value::Table(table.get_ref()) }, place),
        Some(named) => {
            let (id, rest) = named.split_once('`')?;
            let steps = table.get_ref().get("step")?.get_ref().as_array()?;
            let is_named = |step: &&Spanned<DeValue>| {
                step.get_ref().get("id").and_then(|id| id.get_ref().as_str()).is_some_and(|known| known == id)
            };
            (Node::of(steps.iter().find(is_named)?), rest.trim_start_matches(", "))
        }
    };
    for part in rest.split('.').filter(|part| !part.is_empty()) {
        let (key, indexes) = part.split_once('[').map_or((part, None), |(key, rest)| (key, Some(rest)));
        let Some(found) = at.key(key) else { break };
        at = found;
        for index in indexes.into_iter().flat_map(|rest| rest.split('[')) {
            let number = index.trim_end_matches(']').parse::<usize>().ok();
            let Some(found) = number.and_then(|number| at.place(number.checked_sub(1)?)) else { break };
            at = found;
        }
    }
    at.start.map(|start| text[..start.min(text.len())].lines().count().max(1) + usize::from(begins_line(text, start)))
}

/// Whether nothing of the line stands before the place: `lines` does not count it then.
fn begins_line(text: &str, start: usize) -> bool {
    start > 0 && text[..start.min(text.len())].ends_with('\n')
}

enum Value<'a> {
    Table(&'a DeTable<'a>),
    Other(&'a DeValue<'a>),
}

struct Node<'a> {
    start: Option<usize>,
    value: Value<'a>,
}

impl<'a> Node<'a> {
    fn of(value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { start: Some(value.span().start), value: Value::Other(value.get_ref()) }
    }

    /// What is under a key, placed where the key is.
    fn key(&self, key: &str) -> Option<Self> {
        let table = match &self.value {
            Value::Table(table) => table,
            Value::Other(value) => value.as_table()?,
        };
        let (name, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(Self { start: Some(name.span().start), value: Value::Other(value.get_ref()) })
    }

    fn place(&self, number: usize) -> Option<Self> {
        match &self.value {
            Value::Other(value) => value.as_array()?.get(number).map(Node::of),
            Value::Table(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "title = \"T\"\n\n[[step]]\nid = \"one\"\nenter = { all = [\n  { fact = \"joined\" },\n  { fact = \"used\", days = 3 },\n] }\n\n\
                        [[step]]\nid = \"two\"\n\n[[leave]]\nto = \"lost\"\n";

    #[test]
    fn a_place_has_a_line() {
        for (place, line) in [
            ("title", 1),
            ("step `one`", 3),
            ("step `one`, title", 3),
            ("step `one`, enter", 5),
            ("step `one`, enter.all[2].days", 7),
            ("step `one`, enter.all[1]", 6),
            ("step `two`, enter", 10),
            ("step[2].id", 11),
            ("leave[1].to", 14),
        ] {
            assert_eq!(line_of(TEXT, place), Some(line), "{place}");
        }
        assert_eq!(line_of(TEXT, "unit"), None);
        assert_eq!(line_of("[[step", "step"), None);
    }
}
