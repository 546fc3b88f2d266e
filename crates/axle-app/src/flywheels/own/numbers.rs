//! The numbers of a definition that people change most, as fields of a form. Changing them keeps the rest of the text, its
//! comments too.

use axle_flywheel::Service;
use serde::Serialize;
use toml_edit::{DocumentMut, Item, Value};

/// The numbers of a step, or of the ways out that steps share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Title of the step.
    pub title: String,
    /// In the order of the text.
    pub numbers: Vec<Number>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Number {
    /// Where it stands: `step.0.enter.at_least`.
    pub path: String,
    /// What it says.
    pub label: String,
    /// As written; empty when it is not there.
    pub value: String,
}

/// Keys of conditions that hold numbers, and how they are called.
const CONDITIONS: [(&str, &str); 10] = [
    ("at_least", "at least"),
    ("at_most", "at most"),
    ("above", "times as much as before, more than"),
    ("days", "within the last days"),
    ("against_days", "held against days before"),
    ("within_days", "within days"),
    ("after_days", "after days"),
    ("for_days", "for days"),
    ("gap_days", "after a gap of days"),
    ("elapsed_days", "days passed"),
];
/// Keys of tasks that hold lengths of time.
const TIMES: [(&str, &str); 3] = [("within", "due within"), ("after", "wanted after"), ("every", "again every")];

/// The fields of a definition; `None` when it is no TOML.
pub fn groups(text: &str) -> Option<Vec<Group>> {
    let document: DocumentMut = text.parse().ok()?;
    let root = document.as_item();
    let mut groups: Vec<Group> = each(root.get("step")).map(|(number, step)| of_step(number, step)).collect();
    let mut shared = Fields::default();
    each(root.get("leave")).for_each(|(number, leave)| shared.leave(&format!("leave.{number}"), leave));
    if !shared.0.is_empty() {
        groups.push(Group { title: "Ways out of several steps".into(), numbers: shared.0 });
    }
    let label = "A completion is worth, beside one of another flywheel (1 when empty)".to_owned();
    let value = Number { path: "value".into(), label, value: text_of(root.get("value")) };
    groups.push(Group { title: "The whole flywheel".into(), numbers: vec![value] });
    Some(groups)
}

fn of_step(number: usize, step: &Item) -> Group {
    let mut fields = Fields::default();
    let at = format!("step.{number}");
    fields.always(&at, step, "owner", "Owner");
    fields.always(&at, step, "within", "Service time");
    fields.number(&at, step, "again_after_days", "Comes in again after days");
    for (key, words) in [("enter", "Comes in"), ("exit", "Goes on")] {
        fields.condition(&format!("{at}.{key}"), step.get(key), words, "");
    }
    fields.condition(&format!("{at}.waits_for"), step.get("waits_for"), "Its time runs from", "");
    each(step.get("task")).for_each(|(number, task)| fields.task(&format!("{at}.task.{number}"), task));
    each(step.get("leave")).for_each(|(number, leave)| fields.leave(&format!("{at}.leave.{number}"), leave));
    Group { title: text_of(step.get("title")), numbers: fields.0 }
}

/// The entries of a list, however it is written.
fn each(list: Option<&Item>) -> impl Iterator<Item = (usize, &Item)> {
    (0..).map_while(move |number| Some((number, list?.get(number)?)))
}

/// Texts and numbers as they are typed; a list of texts with commas between.
fn text_of(item: Option<&Item>) -> String {
    match item.and_then(Item::as_value) {
        Some(Value::String(text)) => text.value().clone(),
        Some(Value::Integer(number)) => number.value().to_string(),
        Some(Value::Float(number)) => number.value().to_string(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

#[derive(Default)]
struct Fields(Vec<Number>);

impl Fields {
    fn always(&mut self, at: &str, table: &Item, key: &str, label: &str) {
        self.0.push(Number { path: format!("{at}.{key}"), label: label.to_owned(), value: text_of(table.get(key)) });
    }

    fn number(&mut self, at: &str, table: &Item, key: &str, label: &str) {
        if table.get(key).is_some() {
            self.always(at, table, key, label);
        }
    }

    /// The numbers of a condition and of those inside of it.
    fn condition(&mut self, at: &str, condition: Option<&Item>, words: &str, about: &str) {
        let Some(condition) = condition else { return };
        let heads = ["fact", "latest", "compare", "decided", "entered"];
        let named = heads.iter().map(|head| text_of(condition.get(head))).find(|named| !named.is_empty());
        let about = named.unwrap_or_else(|| about.to_owned()).replace('_', " ");
        let label = |key: &str| match about.as_str() {
            "" => format!("{words}: {key}"),
            about => format!("{words}, {about}: {key}"),
        };
        for (key, name) in CONDITIONS {
            self.number(at, condition, key, &label(name));
        }
        for key in ["all", "any"] {
            each(condition.get(key)).for_each(|(number, part)| {
                self.condition(&format!("{at}.{key}.{number}"), Some(part), words, &about);
            });
        }
        self.condition(&format!("{at}.not"), condition.get("not"), &format!("{words} unless"), &about);
        for key in ["where", "is"] {
            let tests = condition.get(key).and_then(Item::as_table_like).into_iter().flat_map(|tests| tests.iter());
            for (name, test) in tests {
                self.condition(&format!("{at}.{key}.{name}"), Some(test), words, &format!("{about} {name}"));
            }
        }
    }

    fn task(&mut self, at: &str, task: &Item) {
        let title = text_of(task.get("title"));
        for (key, name) in TIMES {
            self.number(at, task, key, &format!("{title}: {name}"));
        }
        self.condition(&format!("{at}.when"), task.get("when"), &format!("{title}, when"), "");
        self.condition(&format!("{at}.unless"), task.get("unless"), &format!("{title}, unless"), "");
        if let Some(sooner) = task.get("sooner") {
            self.number(&format!("{at}.sooner"), sooner, "within", &format!("{title}, when it presses: due within"));
            self.condition(&format!("{at}.sooner.when"), sooner.get("when"), &format!("{title}, presses"), "");
        }
    }

    fn leave(&mut self, at: &str, leave: &Item) {
        let to = text_of(leave.get("to")).replace('_', " ");
        self.condition(&format!("{at}.when"), leave.get("when"), &format!("Leaves ({to})"), "");
        self.number(at, leave, "days", &format!("Leaves ({to}): for days"));
        self.condition(&format!("{at}.wakes_on"), leave.get("wakes_on"), &format!("Leaves ({to}), until"), "");
        if let Some(task) = leave.get("task") {
            self.task(&format!("{at}.task"), task);
        }
    }
}

/// The text with other numbers: `(path, value)` each. An empty value takes the key away.
///
/// # Errors
/// What is wrong with a value, and what to do.
pub fn with_numbers(text: &str, changes: &[(String, String)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    for (path, typed) in changes {
        let (at, key) = path.rsplit_once('.').unwrap_or(("", path));
        let mut item = document.as_item_mut();
        for part in at.split('.').filter(|part| !part.is_empty()) {
            let found = match part.parse::<usize>() {
                Ok(number) => item.get_mut(number),
                Err(_) => item.get_mut(part),
            };
            item = found.ok_or_else(|| format!("{path} is no longer there: the text was changed"))?;
        }
        set(item, key, typed.trim()).map_err(|fault| format!("“{typed}” {fault}"))?;
    }
    Ok(document.to_string())
}

fn set(table: &mut Item, key: &str, typed: &str) -> Result<(), String> {
    let table = table.as_table_like_mut().ok_or("has no place in the text: it was changed")?;
    if typed.is_empty() {
        table.remove(key);
        return Ok(());
    }
    let number = CONDITIONS.iter().any(|(known, _)| *known == key) || ["again_after_days", "value"].contains(&key);
    let mut value: Value = match (number, key) {
        (true, _) => match (typed.parse::<i64>(), typed.parse::<f64>()) {
            (Ok(whole), _) => whole.into(),
            (_, Ok(number)) if number.is_finite() => number.into(),
            _ => return Err("is no number: write it in digits, such as 30".into()),
        },
        (false, "owner") => typed.into(),
        (false, _) if Service::parse(typed).is_some() => typed.into(),
        _ => {
            return Err("is no length of time: write 2 business days, same business day, 24 hours or 14 days".into());
        }
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        // Written as 1.0 and shown as 1.
        Some(held) if held.as_float().is_some_and(|held| typed.parse() == Ok(held)) => {}
        Some(held) => {
            *value.decor_mut() = held.decor().clone();
            *held = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
    Ok(())
}

/// The text under another version.
pub(super) fn with_version(text: &str, version: i64) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut value = Value::from(version);
    match document.get_mut("version").and_then(Item::as_value_mut) {
        Some(held) => {
            *value.decor_mut() = held.decor().clone();
            *held = value;
        }
        None => {
            document.insert("version", Item::Value(value));
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::EXAMPLE;
    use super::super::shipped_ones;
    use super::*;

    fn change(changes: &[(&str, &str)]) -> Result<String, String> {
        let changes: Vec<_> = changes.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
        with_numbers(EXAMPLE, &changes)
    }

    #[test]
    fn a_definition_has_fields_by_step() {
        let groups = groups(EXAMPLE).unwrap();
        let fields = |at: usize| -> Vec<(&str, &str, &str)> {
            let numbers = groups[at].numbers.iter();
            numbers.map(|one| (one.path.as_str(), one.label.as_str(), one.value.as_str())).collect()
        };
        assert_eq!(
            fields(0),
            [
                ("step.0.owner", "Owner", "community"),
                ("step.0.within", "Service time", "14 days"),
                ("step.0.task.0.within", "Greet them: due within", "2 business days"),
                ("step.0.leave.0.when.elapsed_days", "Leaves (lost): days passed", "30"),
            ]
        );
        assert_eq!(fields(1)[1], ("step.1.within", "Service time", ""));
        assert_eq!(fields(1)[2], ("step.1.enter.at_least", "Comes in, active: at least", "2"));
        assert_eq!(groups[1].title, "Comes back");
        let label = "A completion is worth, beside one of another flywheel (1 when empty)";
        assert_eq!(fields(groups.len() - 1), [("value", label, "")]);
    }

    #[test]
    fn what_a_fact_must_say_and_what_presses_are_fields() {
        let field = |id: &str, path: &str| {
            let (_, text) = axle_flywheel::definition::SHIPPED.iter().find(|(known, _)| *known == id).unwrap();
            let mut numbers = groups(text).unwrap().into_iter().flat_map(|group| group.numbers);
            numbers.find(|one| one.path == path).map(|one| (one.label, one.value)).unwrap_or_default()
        };
        let said = |label: &str, value: &str| (label.to_owned(), value.to_owned());
        let level = field("deal_champions", "step.2.exit.any.0.is.level.at_most");
        assert_eq!(level, said("Goes on, score level: at most", "2"));
        let live = field("community_qualified_leads", "step.2.task.0.sooner.within");
        assert_eq!(live, said("Qualify this signal, when it presses: due within", "5 business minutes"));
    }

    #[test]
    fn every_field_of_every_shipped_definition_can_be_set_to_what_it_is() {
        for (id, text) in axle_flywheel::definition::SHIPPED {
            let numbers: Vec<Number> = groups(text).unwrap().into_iter().flat_map(|group| group.numbers).collect();
            assert!(numbers.len() > 10, "{id}");
            let same: Vec<_> =
                numbers.into_iter().map(|one| (one.path, one.value)).filter(|one| !one.1.is_empty()).collect();
            assert_eq!(with_numbers(text, &same).as_deref(), Ok(*text), "{id}");
            let version = shipped_ones().iter().find(|one| one.id == *id).unwrap().version;
            assert_eq!(with_version(text, version.into()).as_deref(), Ok(*text), "{id}");
        }
    }

    #[test]
    fn a_changed_number_keeps_everything_else() {
        let changed = change(&[("step.0.within", "21 days"), ("step.1.enter.at_least", "3")]).unwrap();
        assert_eq!(
            changed,
            EXAMPLE.replace("within = \"14 days\"", "within = \"21 days\"").replace("at_least = 2", "at_least = 3")
        );
        assert!(changed.contains("# The day on which they come and another one."));
        let added = change(&[("step.1.within", "2 weeks")]).unwrap();
        assert!(added.contains("within = \"2 weeks\"\n"), "{added}");
        let valued = change(&[("value", "2.5")]).unwrap();
        let read = axle_flywheel::Definition::parse("x", &valued).unwrap();
        assert_eq!(read.value, 2.5, "{valued}");
        let removed = change(&[("step.0.within", "")]).unwrap();
        assert_eq!(removed, EXAMPLE.replace("within = \"14 days\"\n", ""));
        assert!(with_version(&EXAMPLE.replace("version = 1\n", ""), 3).unwrap().contains("\nversion = 3\n"));
    }

    #[test]
    fn a_wrong_number_says_what_to_write() {
        let told = |path: &str, value: &str| change(&[(path, value)]).unwrap_err();
        assert!(told("step.1.enter.at_least", "two").contains("“two” is no number"));
        assert!(told("step.0.within", "2 bd").contains("write 2 business days"));
        assert!(told("step.9.within", "2 days").contains("is no longer there"));
    }
}
