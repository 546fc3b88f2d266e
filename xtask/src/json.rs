//! Just enough JSON to read what `cargo` and `axle` print, so that building this crate needs no library.

use anyhow::{Context, bail};

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// `null`, `true`, `false`, and numbers, as they are written.
    Plain(String),
    Text(String),
    List(Vec<Json>),
    /// In the order of the document.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one document.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut reader = Reader { rest: text };
        let value = reader.value().with_context(|| format!("JSON, {} bytes before its end", reader.rest.len()))?;
        if !reader.rest.trim_start().is_empty() {
            bail!("there is more after the JSON document");
        }
        Ok(value)
    }

    /// A field of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A field that is a string.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A field that is a list of strings; empty when it is anything else.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        let items = self.get(name).map(Self::items).unwrap_or_default();
        items.iter().filter_map(|item| if let Self::Text(text) = item { Some(text.as_str()) } else { None }).collect()
    }

    /// The items of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn value(&mut self) -> anyhow::Result<Json> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next().context("the document ends early")? {
            '"' => self.string().map(Json::Text),
            '[' => self.list(),
            '{' => self.object(),
            _ => {
                let end = self.rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                if !matches!(word, "null" | "true" | "false") && word.parse::<f64>().is_err() {
                    bail!("`{word}` is no value");
                }
                self.rest = rest;
                Ok(Json::Plain(word.to_owned()))
            }
        }
    }

    /// Whether the next character is this one; it is passed over then.
    fn take(&mut self, character: char) -> bool {
        let rest = self.rest.trim_start();
        let taken = rest.strip_prefix(character);
        self.rest = taken.unwrap_or(rest);
        taken.is_some()
    }

    fn list(&mut self) -> anyhow::Result<Json> {
        let mut items = Vec::new();
        self.take('[');
        while !self.take(']') {
            items.push(self.value()?);
            if !self.take(',') && !self.rest.starts_with(']') {
                bail!("a list goes on without a comma");
            }
        }
        Ok(Json::List(items))
    }

    fn object(&mut self) -> anyhow::Result<Json> {
        let mut fields = Vec::new();
        self.take('{');
        while !self.take('}') {
            let name = self.string()?;
            if !self.take(':') {
                bail!("the field {name} has no value");
            }
            fields.push((name, self.value()?));
            if !self.take(',') && !self.rest.starts_with('}') {
                bail!("an object goes on without a comma");
            }
        }
        Ok(Json::Object(fields))
    }

    fn string(&mut self) -> anyhow::Result<String> {
        if !self.take('"') {
            bail!("a string was expected");
        }
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match characters.next().context("a string ends early")?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'b' => text.push('\u{8}'),
                    'f' => text.push('\u{c}'),
                    'u' => {
                        let digits: String = characters.by_ref().take(4).map(|(_, digit)| digit).collect();
                        let code = u32::from_str_radix(&digits, 16).context("four digits after \\u")?;
                        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
        bail!("a string has no end")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read() {
        let json =
            Json::parse(r#" [{"id":"a\n\"b\" \u00e9","n":-1.5e3,"list":["x","y"],"none":null,"empty":{}}] "#).unwrap();
        let first = &json.items()[0];
        assert_eq!(first.text("id"), Some("a\n\"b\" é"));
        assert_eq!(first.texts("list"), ["x", "y"]);
        assert_eq!(first.get("n"), Some(&Json::Plain("-1.5e3".into())));
        assert_eq!(first.get("empty"), Some(&Json::Object(Vec::new())));
        assert_eq!(first.text("none"), None);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "[1", "{\"a\" 1}", "[1 2]", "\"open", "nul", "[] []"] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }
}
