//! Facts in golden cases: read as lines of interchange are, and handed to the engine as the application hands them over,
//! so that no case can pass on a table of another shape. What a fact implies follows from it here as well: a visit or a
//! mention is an activity, a teammate is one, a channel is whose it is.

use std::collections::BTreeMap;

use axle_model::activity::activity_id;
use axle_model::affiliation::Origin;
use axle_model::analytics::{FactRows, Place};
use axle_model::derive;
use axle_model::fact_table::FactColumn;
use axle_model::interchange::{Fact, FactKind, Field, Kind};
use axle_model::time::{LocalDay, day_of_date, local_day};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::golden_data::{Doing, GoldenData, date, instant, pairs, reading};

/// Where facts and activities of a case come from unless it says.
pub(crate) const SOURCE: &str = "chat";

/// Facts of a case by kind, and the numbers of those seen.
#[derive(Debug, Default)]
pub(crate) struct GoldenFacts {
    pub rows: BTreeMap<FactKind, FactRows>,
    numbers: BTreeMap<(FactKind, String, String), i64>,
}

impl GoldenFacts {
    fn push(&mut self, fact: &Fact, source: &str, identity: Option<u32>, zone: &TimeZone) {
        let next = self.numbers.len() as i64 + 1;
        let number = *self.numbers.entry((fact.kind, source.to_owned(), fact.key.clone())).or_insert(next);
        let columns: Vec<FactColumn> = fact.kind.columns().collect();
        let rows = self.rows.entry(fact.kind).or_insert_with(|| FactRows {
            kind: fact.kind,
            seq: Vec::new(),
            fact_id: Vec::new(),
            source: Vec::new(),
            identity: Vec::new(),
            ingested_at: Vec::new(),
            columns: vec![Vec::new(); columns.len()],
        });
        rows.seq.push(rows.seq.len() as i64 + 1);
        rows.fact_id.push(number);
        rows.source.push(source.to_owned());
        rows.identity.push(identity);
        rows.ingested_at.push(0);
        rows.columns.iter_mut().zip(&columns).for_each(|(values, column)| values.push(column.value(&fact.body, zone)));
    }
}

/// Words of a line: what stands between spaces, but for spaces in quotes and brackets. Quotes around a text go.
pub(crate) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut depth, mut is_quoted, mut is_escaped) = (String::new(), 0_usize, false, false);
    for letter in line.chars().chain([' ']) {
        match letter {
            '"' if !is_escaped => {
                is_quoted = !is_quoted;
                if depth > 0 {
                    word.push(letter);
                }
            }
            '[' | '{' if !is_quoted => {
                depth += 1;
                word.push(letter);
            }
            ']' | '}' if !is_quoted => {
                depth = depth.checked_sub(1).ok_or("a bracket closes that none opened")?;
                word.push(letter);
            }
            letter if letter.is_whitespace() && depth == 0 && !is_quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    if word.is_empty() { Ok(words) } else { Err("a quote or a bracket is not closed".into()) }
}

impl GoldenData {
    /// `fact KIND field=value …`.
    pub(crate) fn fact(&mut self, words: &[&str], zone: &TimeZone) -> Result<(), String> {
        let (name, fields) = words.split_first().ok_or("a kind of fact is missing")?;
        let kind = FactKind::from_name(name).ok_or_else(|| format!("{name} is no kind of fact"))?;
        let mut body = Map::new();
        let (mut source, mut mood) = (SOURCE, None);
        for (key, value) in pairs(fields)? {
            if key == "source" {
                source = value;
                continue;
            }
            if key == "mood" {
                mood = Some(value);
                continue;
            }
            let field = kind.line_type().fields.iter().find(|field| field.name == key);
            let field = field.ok_or_else(|| format!("{name} has no field {key}"))?;
            body.insert(key.to_owned(), self.value(field, value, zone)?);
        }
        self.name_it(kind, &mut body);
        let fact = Fact::new(kind, body).map_err(|error| error.0)?;
        let before = self.rows.seq.len();
        self.take(&fact, source, zone)?;
        if mood.is_some() {
            let words = self.rows.reading[before..].last_mut();
            *words.ok_or("no activity follows from it whose words could have a mood")? = reading(None, mood)?;
        }
        Ok(())
    }

    /// A fact without an id or a name gets one.
    fn name_it(&self, kind: FactKind, body: &mut Map<String, Value>) {
        let has = |name: &str| kind.line_type().fields.iter().any(|field| field.name == name && field.required);
        if has("id") && !body.contains_key("id") {
            let count = self.facts.rows.get(&kind).map_or(0, |rows| rows.seq.len());
            body.insert("id".into(), format!("{}-{}", kind.name(), count + 1).into());
        }
        if let Some(id) = body.get("id").cloned().filter(|_| has("name")) {
            body.entry("name").or_insert(id);
        }
    }

    fn value(&mut self, field: &Field, text: &str, zone: &TimeZone) -> Result<Value, String> {
        let at = |text: &str| {
            let at = Timestamp::from_microsecond(instant(text, zone)?).map_err(|error| error.to_string())?;
            Ok::<_, String>(Value::from(at.to_string()))
        };
        let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| format!("{}: {error}", field.name));
        Ok(match field.kind {
            Kind::When if text.len() == 10 => date(text)?.to_string().into(),
            Kind::Instant | Kind::When => at(text)?,
            Kind::Bool | Kind::Integer | Kind::Number => json(text)?,
            Kind::Identity => self.person(text),
            Kind::Identities => text.split('+').map(|name| self.person(name)).collect(),
            Kind::Texts if !text.starts_with('[') => text.split('+').map(Value::from).collect(),
            Kind::Texts => json(text)?,
            Kind::Json => {
                let mut value = json(text)?;
                self.name_people(&mut value);
                value
            }
            Kind::Text | Kind::OneOf(_) => text.into(),
        })
    }

    /// An identity object for a name of the case.
    fn person(&mut self, name: &str) -> Value {
        self.identity(name);
        serde_json::json!({"platform": "test", "username": name})
    }

    /// In lists of people, names stand in place of identity objects.
    fn name_people(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    match value {
                        Value::String(name) if key == "identity" => *value = self.person(&name.clone()),
                        value => self.name_people(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.name_people(item)),
            _ => {}
        }
    }

    fn take(&mut self, fact: &Fact, source: &str, zone: &TimeZone) -> Result<(), String> {
        let subject = fact.subject().and_then(|identity| identity.username);
        let identity = subject.as_deref().map(|name| self.identity(name));
        let member = identity.map(|identity| self.directory.identities[identity].member as usize);
        match (fact.kind, member) {
            (FactKind::LINK | FactKind::MAILMAP, _) => return Err("who is one person is said by `same`".into()),
            (FactKind::TEAMMATE, Some(member)) => {
                let days = days(fact, zone);
                self.directory.members[member].teammate.push(days);
            }
            (FactKind::AFFILIATION, Some(member)) => {
                let number = self.organization_number(fact.text("organization").unwrap_or_default());
                let (from, to) = days(fact, zone);
                self.directory.members[member].affiliations.push(Place {
                    origin: fact.text("origin").and_then(Origin::from_name).unwrap_or(Origin::Crm),
                    title: fact.text("title").map(str::to_owned),
                    ..Place::stated(number, from, to)
                });
            }
            (FactKind::PERSON, Some(member)) => {
                self.directory.members[member].is_bot |= fact.body.get("bot") == Some(&Value::Bool(true));
            }
            (FactKind::ORGANIZATION, _) => {
                let number = self.organization_number(&fact.key) as usize;
                let row = &mut self.directory.organizations[number];
                row.name = fact.text("name").unwrap_or(&fact.key).to_owned();
                row.lifecycle = fact.text("lifecycle").map(str::to_owned);
                row.accounts.push((source.to_owned(), fact.key.clone()));
            }
            (FactKind::CHANNEL, _) => {
                let number = self.channel(&fact.key, Some(source));
                let row = &mut self.directory.channels[number];
                row.is_ours = fact.text("ownership") != Some("external");
                row.kind = fact.text("kind").unwrap_or("chat").to_owned();
                row.is_qa = fact.body.get("is_qa").and_then(Value::as_bool).unwrap_or(row.kind == "qa");
            }
            _ => {}
        }
        if FactKind::tables().any(|kind| kind == fact.kind) {
            self.facts.push(fact, source, identity.map(|identity| identity as u32), zone);
        }
        for activity in derive::activities(fact) {
            let who = activity.actor.username.as_deref().unwrap_or_default();
            let channel = activity.channel.as_deref().unwrap_or("(none)");
            self.push(Doing { who, what: &activity.activity_type, channel, source, at: activity.at.as_microsecond() })?;
            self.rows.activity_id.pop();
            self.rows.activity_id.push(activity_id(source, &activity.id, &activity.activity_type));
            let others = activity.counterparts.iter().filter_map(|other| other.username.as_deref());
            let others = others.map(|other| self.identity(other) as u32).collect();
            self.rows.counterparts.pop();
            self.rows.counterparts.push(others);
        }
        Ok(())
    }
}

/// Local days `[from, to)` of a dated fact.
fn days(fact: &Fact, zone: &TimeZone) -> (LocalDay, LocalDay) {
    let day = |field: &str| {
        let text = fact.text(field)?;
        let whole = text.parse().ok().filter(|_| text.len() == 10).map(day_of_date);
        whole.or_else(|| Some(local_day(text.parse().ok()?, zone)))
    };
    (day("from").unwrap_or(LocalDay::MIN), day("to").unwrap_or(LocalDay::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_in_quotes_and_brackets_part_no_words() {
        let line = r#"fact mention author=ada text="Axle is good" tags=[{"a b": "c ]"}, 1]  paid=true"#;
        let words = words(line).unwrap();
        assert_eq!(words[3..], ["text=Axle is good", r#"tags=[{"a b": "c ]"}, 1]"#, "paid=true"]);
        assert!(super::words("text=\"open").is_err());
        assert!(super::words("a ]").is_err());
    }

    #[test]
    fn facts_have_the_columns_of_their_table_and_say_what_is_wrong() {
        let read = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            crate::golden_data::read(&lines, &TimeZone::get("Europe/Rome").unwrap())
        };
        let data = read(&[
            r#"fact deal organization=acme created_at=2026-01-03 won=true contacts=[{"identity":"ada","role":"buyer"}]"#,
            "fact product_event user=bob at=2026-01-03T12:00 name=login",
        ])
        .unwrap();
        let rows = &data.facts.rows[&FactKind::DEAL];
        let column = |name: &str| {
            let index = FactKind::DEAL.columns().position(|column| column.name == name).unwrap();
            rows.columns[index][0].clone()
        };
        assert_eq!(column("deal_id"), "deal-1");
        assert_eq!(column("created_at"), "2026-01-02T23:00:00Z", "midnight in Rome");
        assert_eq!(column("won"), true);
        assert_eq!(column("contacts"), r#"[{"identity":{"platform":"test","username":"ada"},"role":"buyer"}]"#);
        let events = &data.facts.rows[&FactKind::PRODUCT_EVENT];
        assert_eq!(events.identity, [Some(1)]);
        assert_eq!(events.columns[1], ["2026-01-03T11:00:00Z"]);
        assert_eq!(data.rows.seq.len(), 1, "the event is an activity too");
        for (line, reason) in [
            ("fact dance a=1", "no kind"),
            ("fact deal colour=red", "no field colour"),
            ("fact deal organization=acme", "created_at"),
            ("fact call called_at=2026-01-03 kind=nice", "one of"),
        ] {
            let error = read(&[line]).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
