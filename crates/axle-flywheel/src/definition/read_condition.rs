//! From TOML to conditions, held against the vocabulary of facts.

use axle_model::nearest::nearest;
use toml::Value;

use super::table::{Read, Reader};
use crate::condition::{
    Check, Compare, Condition, Count, Decided, Elapsed, Entered, Filter, Latest, Measure, Same, Since, Test,
};
use crate::timeline::{hash, kind_number};
use crate::vocabulary::{AttributeNumber, COMMON, KINDS, attribute_number, kind_of};

/// What conditions may refer to.
pub(super) struct Context<'a> {
    pub steps: &'a [String],
    pub reasons: &'a [String],
}

impl Context<'_> {
    pub(super) fn step(&self, id: &str, reader: &Reader, key: &str) -> Read<u16> {
        self.steps.iter().position(|step| step == id).map(|number| number as u16).ok_or_else(|| {
            let near = nearest(id, self.steps.iter().map(String::as_str));
            let known = self.steps.join(", ");
            let fix = near.map_or_else(|| format!("steps are {known}"), |near| format!("did you mean `{near}`?"));
            reader.fault(key, format!("there is no step `{id}`"), fix)
        })
    }
}

/// The condition under a key.
pub(super) fn condition(reader: &mut Reader, key: &'static str, context: &Context) -> Read<Option<Condition>> {
    let Some(value) = reader.value(key) else { return Ok(None) };
    let place = reader.fault(key, "", "").place;
    one(reader.child(place, value)?, context).map(Some)
}

const HEADS: &[&str] = &["all", "any", "not", "fact", "latest", "compare", "decided", "elapsed_days", "entered"];

fn one(mut reader: Reader, context: &Context) -> Read<Condition> {
    if reader.has("same") {
        return same(reader, context).map(Condition::Same);
    }
    let heads: Vec<&str> = HEADS.iter().copied().filter(|head| reader.has(head)).collect();
    let known = HEADS.join(", ");
    let [head] = heads[..] else {
        let fault = if heads.is_empty() { "this asks for nothing" } else { "this asks for several things at once" };
        return Err(reader.fault("", fault, format!("write one of {known}, several inside all = [..] or any = [..]")));
    };
    let read = match head {
        "all" => Condition::All(parts(&mut reader, "all", context)?),
        "any" => Condition::Any(parts(&mut reader, "any", context)?),
        "not" => {
            let inner = condition(&mut reader, "not", context)?.expect("its key is there");
            Condition::Not(Box::new(inner))
        }
        "fact" => Condition::Count(count(&mut reader, context)?),
        "latest" => Condition::Latest(latest(&mut reader, context)?),
        "compare" => Condition::Compare(compare(&mut reader, context)?),
        "decided" => {
            let words = reader.texts("decided")?;
            let outcomes = words.iter().map(|outcome| hash(outcome)).collect();
            let since = since(&mut reader, context)?.unwrap_or(Since::Step);
            Condition::Decided(Decided { outcomes, words, since })
        }
        "elapsed_days" => {
            let days = reader.whole("elapsed_days", 1)?.expect("its key is there");
            Condition::Elapsed(Elapsed { days, since: since(&mut reader, context)?.unwrap_or(Since::Step) })
        }
        _ => Condition::Entered(entered(&mut reader, context)?),
    };
    reader.finish()?;
    Ok(read)
}

fn same(mut reader: Reader, context: &Context) -> Read<Same> {
    let name = reader.needed("same")?;
    let name = attribute(&name, COMMON, &reader, "same")?;
    if !reader.has("all") {
        return Err(reader.fault("all", "is missing", "say with all = [ … ] what must hold of one and the same"));
    }
    let parts = parts(&mut reader, "all", context)?;
    reader.finish()?;
    Ok(Same { name, parts })
}

fn parts(reader: &mut Reader, key: &'static str, context: &Context) -> Read<Vec<Condition>> {
    let parts = reader.list(key)?;
    if parts.is_empty() {
        return Err(reader.fault(key, "is empty", "put conditions into it, or take it out"));
    }
    parts.into_iter().map(|part| one(part, context)).collect()
}

fn count(reader: &mut Reader, context: &Context) -> Read<Count> {
    let (filter, names) = filter(reader, "fact")?;
    let measure = measure(reader, &names)?;
    let at_least = reader.number("at_least")?.unwrap_or(1.0);
    if at_least <= 0.0 {
        let fix = "write at_least = 1 or more; not = { fact = … } says that there is none";
        return Err(reader.fault("at_least", "this always holds", fix));
    }
    let since = since(reader, context)?;
    let (after_days, within_days) = (reader.whole("after_days", 1)?, reader.whole("within_days", 1)?);
    if (after_days.is_some() || within_days.is_some()) && matches!(since, None | Some(Since::Ever)) {
        return Err(reader.fault("since", "days after what?", "add since = \"step\", \"run\" or a step"));
    }
    let days = reader.whole("days", 1)?;
    Ok(Count { filter, measure, at_least, days, since: since.unwrap_or(Since::Ever), after_days, within_days })
}

fn latest(reader: &mut Reader, context: &Context) -> Read<Latest> {
    let (filter, names) = filter(reader, "latest")?;
    let is = tests(reader, "is", &names)?;
    if is.is_empty() {
        return Err(reader.fault("is", "nothing says what it must be", "add is = { state = \"…\" }"));
    }
    let per = reader.texts("per")?;
    let per = per.iter().map(|name| attribute(name, &names, reader, "per")).collect::<Read<Vec<_>>>()?;
    let for_days = reader.whole("for_days", 1)?.unwrap_or(0);
    Ok(Latest { filter, is, per, for_days, since: since(reader, context)?.unwrap_or(Since::Ever) })
}

fn compare(reader: &mut Reader, context: &Context) -> Read<Compare> {
    let (filter, names) = filter(reader, "compare")?;
    let measure = measure(reader, &names)?;
    let missing = reader.fault("days", "is missing", "add days = 30");
    let days = reader.whole("days", 1)?.ok_or(missing)?;
    let (above, at_least) = (reader.number("above")?, reader.number("at_least")?);
    let (ratio, is_enough) = match (above, at_least) {
        (Some(above), None) if above >= 0.0 => (above, false),
        (None, Some(least)) if least > 0.0 => (least, true),
        _ => {
            let fix = "add above = 1.0 for more than before, or at_least = 0.5 for half of it";
            return Err(reader.fault("above", "nothing says how much is enough", fix));
        }
    };
    let since = since(reader, context)?;
    let (recent, gap_days) = (reader.flag("recent")?, reader.whole("gap_days", 0)?.unwrap_or(0));
    if since.is_none() && (recent || gap_days > 0) {
        return Err(reader.fault("since", "is missing", "recent and gap_days go with since = \"…\""));
    }
    let against_days = reader.whole("against_days", 1)?.unwrap_or(days);
    Ok(Compare { filter, measure, days, against_days, gap_days, recent, since, ratio, is_enough })
}

fn entered(reader: &mut Reader, context: &Context) -> Read<Entered> {
    let text = reader.needed("entered")?;
    let Some((flywheel, step)) = text.split_once('/') else {
        return Err(reader.fault("entered", format!("`{text}` names no step"), "write \"flywheel/step\""));
    };
    let since = since(reader, context)?.unwrap_or(Since::Ever);
    let within_days = reader.whole("within_days", 1)?;
    Ok(Entered { flywheel: flywheel.into(), step: step.into(), since, within_days, resolved: None })
}

fn since(reader: &mut Reader, context: &Context) -> Read<Option<Since>> {
    Ok(match reader.text("since")?.as_deref() {
        None => None,
        Some("ever") => Some(Since::Ever),
        Some("run") => Some(Since::Run),
        Some("step") => Some(Since::Step),
        Some(step) => Some(Since::Entered(context.step(step, reader, "since")?)),
    })
}

/// Kinds under `key` with `where`, and the attributes that these kinds have.
fn filter(reader: &mut Reader, key: &'static str) -> Read<(Filter, Vec<&'static str>)> {
    let mut kinds = Vec::new();
    let mut names = COMMON.to_vec();
    for name in reader.texts(key)? {
        let Some((number, kind)) = kind_number(&name).zip(kind_of(&name)) else {
            let near = nearest(&name, KINDS.iter().map(|kind| kind.name));
            let fix = near.map_or_else(|| "the vocabulary lists them".into(), |near| format!("did you mean `{near}`?"));
            return Err(reader.fault(key, format!("there are no facts of the kind `{name}`"), fix));
        };
        kinds.push(number);
        names.extend(kind.attributes);
    }
    if kinds.is_empty() {
        return Err(reader.fault(key, "names no kind of fact", format!("write {key} = \"attended\"")));
    }
    let tests = tests(reader, "where", &names)?;
    Ok((Filter { kinds, tests }, names))
}

fn measure(reader: &mut Reader, names: &[&str]) -> Read<Measure> {
    let (distinct, sum) = (reader.text("distinct")?, reader.text("sum")?);
    match (distinct.as_deref(), sum) {
        (None, None) => Ok(Measure::Facts),
        (Some("day"), None) => Ok(Measure::Days),
        (Some(name), None) => attribute(name, names, reader, "distinct").map(Measure::Distinct),
        (None, Some(name)) => attribute(&name, names, reader, "sum").map(Measure::Sum),
        (Some(_), Some(_)) => Err(reader.fault("sum", "counts two things at once", "keep distinct or sum")),
    }
}

fn attribute(name: &str, names: &[&str], reader: &Reader, key: &str) -> Read<AttributeNumber> {
    if let Some(number) = attribute_number(name).filter(|_| names.contains(&name)) {
        return Ok(number);
    }
    let known = names.join(", ");
    Err(reader.fault(key, format!("these facts have no attribute `{name}`"), format!("they have {known}")))
}

fn tests(reader: &mut Reader, key: &'static str, names: &[&str]) -> Read<Vec<Test>> {
    let Some(value) = reader.value(key) else { return Ok(Vec::new()) };
    let place = reader.fault(key, "", "").place;
    let table = reader.child(place, value)?;
    let Some(pairs) = value.as_table() else { return Ok(Vec::new()) };
    pairs
        .iter()
        .map(|(name, value)| {
            let check = check(value).ok_or_else(|| {
                let fix = "write a word, a list of words, or { at_least = 1, at_most = 2 }";
                table.fault(name, "this is nothing to compare with", fix)
            })?;
            Ok(Test { name: attribute(name, names, &table, name)?, check })
        })
        .collect()
}

fn check(value: &Value) -> Option<Check> {
    let word = |value: &Value| match value {
        Value::String(text) => Some(hash(text)),
        Value::Boolean(flag) => Some(hash(&flag.to_string())),
        Value::Integer(number) => Some(hash(&number.to_string())),
        _ => None,
    };
    match value {
        Value::Array(list) => list.iter().map(word).collect::<Option<_>>().map(Check::OneOf),
        Value::Table(range) => {
            let bound = |key: &str, open: f64| match range.get(key) {
                None => Some(open),
                Some(Value::Integer(number)) => Some(*number as f64),
                Some(Value::Float(number)) => Some(*number),
                Some(_) => None,
            };
            let is_known = range.keys().all(|key| key == "at_least" || key == "at_most") && !range.is_empty();
            is_known.then_some(Check::Range(bound("at_least", f64::NEG_INFINITY)?, bound("at_most", f64::INFINITY)?))
        }
        other => word(other).map(|word| Check::OneOf(vec![word])),
    }
}
