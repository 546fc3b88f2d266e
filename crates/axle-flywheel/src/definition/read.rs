//! From TOML to a definition, with checks that name file, step and key.

use axle_model::nearest::nearest;
use toml::Table;

use super::read_condition::{Context, condition};
use super::table::{Faults, Read, Reader};
use super::{Definition, DefinitionError, Function, Leave, Segment, Sooner, Step, Target, TaskTemplate};
use crate::calendar::Service;
use crate::condition::Condition;
use crate::scenario::Scenario;
use crate::vocabulary::{OWNERS, ROLES};

/// More is a slip of the finger, even in cents.
const MOST_VALUE: f64 = 1e12;

pub(super) fn definition(id: &str, text: &str) -> Result<Definition, Vec<DefinitionError>> {
    let file = format!("flywheels/{id}.toml");
    let table: Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
        let (place, fault) = (format!("line {line}"), error.message().to_owned());
        vec![DefinitionError { file: file.clone(), line: Some(line), place, fault, fix: "mend the TOML there".into() }]
    })?;
    let mut faults = Faults::default();
    let read = whole(id, Reader::new(&file, "", &table), &mut faults);
    match read.filter(|_| faults.0.is_empty()) {
        Some(definition) => Ok(definition),
        None => Err(faults.located(text)),
    }
}

fn whole(id: &str, mut top: Reader, faults: &mut Faults) -> Option<Definition> {
    let steps = faults.take(top.list("step"))?;
    if steps.is_empty() {
        let fix = "add [[step]] with id and title";
        return faults.take(Err(top.fault("step", "a flywheel without steps does not turn", fix)));
    }
    // Without their names nothing that refers to steps can be judged.
    let ids = faults.take(steps.iter().map(step_id).collect::<Read<Vec<_>>>())?;
    if let Some((number, twice)) = ids.iter().enumerate().find(|(number, id)| ids[..*number].contains(id)) {
        let place = format!("step[{}].id", number + 1);
        let fault = format!("`{twice}` is there twice");
        let fix = "give each step an id of its own".to_owned();
        return faults.take(Err(DefinitionError { place, ..top.fault("", fault, fix) }));
    }
    let reasons = faults.take(top.texts("reasons")).unwrap_or_default();
    let context = Context { steps: &ids, reasons: &reasons };
    let steps: Vec<Option<Step>> =
        steps.into_iter().zip(&ids).map(|(step, id)| read_step(step, id, &context, faults)).collect();
    let leaves = faults.each(top.list("leave"), |leave| read_leave(leave, &context, true));
    let scenarios = faults.each(top.list("scenario"), |scenario| read_scenario(scenario));
    let (title, question) = (faults.take(top.needed("title")), faults.take(top.needed("question")));
    let (version, unit) = (faults.take(top.whole("version", 1)), faults.take(top.needed("unit")));
    let value = faults.take(value(&mut top));
    let definition = Definition {
        id: id.to_owned(),
        title: title.unwrap_or_default(),
        question: question.unwrap_or_default(),
        version: version.flatten().unwrap_or(1),
        unit: unit.unwrap_or_default(),
        value: value.unwrap_or(1.0),
        steps: steps.into_iter().collect::<Option<_>>().unwrap_or_default(),
        reasons: reasons.clone(),
        leaves,
        scenarios,
    };
    if definition.steps.len() == ids.len() {
        faults.take(check(&definition, &top));
    }
    faults.take(top.finish());
    Some(definition)
}

fn value(top: &mut Reader) -> Read<f64> {
    let value = top.number("value")?.unwrap_or(1.0);
    if value > 0.0 && value <= MOST_VALUE {
        return Ok(value);
    }
    let fix = "write how many completions of a flywheel without a value one of these is worth, such as value = 5";
    Err(top.fault("value", format!("{value} is nothing that a completion is worth"), fix))
}

fn step_id(step: &Reader) -> Read<String> {
    let mut step = step.again();
    let id = step.needed("id")?;
    if id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Ok(id);
    }
    Err(step.fault("id", format!("`{id}` is no id"), "write small letters, digits and _"))
}

fn read_step(step: Reader, id: &str, context: &Context, faults: &mut Faults) -> Option<Step> {
    let mut step = step.named(format!("step `{id}`"));
    step.value("id");
    let (title, segment) = (faults.take(step.needed("title")), faults.take(segment(&mut step)));
    let function = faults.take(function(&mut step));
    let (owner, per) = (faults.take(one_of(&mut step, "owner", "department", OWNERS)), faults.take(step.text("per")));
    let enter = faults.take(condition(&mut step, "enter", context));
    let exit = faults.take(condition(&mut step, "exit", context));
    let (skip_to, confirmed) = (faults.take(step.flag("skip_to")), faults.take(step.flag("confirmed")));
    let again_after_days = faults.take(step.whole("again_after_days", 0));
    let within = faults.take(service(&mut step, "within"));
    let waits_for = faults.take(condition(&mut step, "waits_for", context));
    let tasks = faults.each(step.list("task"), |task| read_task(task, context));
    let leaves = faults.each(step.list("leave"), |leave| read_leave(leave, context, false));
    let whole = || {
        Some(Step {
            id: id.to_owned(),
            title: title?,
            segment: segment?,
            function: function?.unwrap_or(Function::of(segment?)),
            owner: owner?,
            per: per?,
            enter: enter?,
            exit: exit?,
            skip_to: skip_to?,
            confirmed: confirmed?,
            again_after_days: again_after_days?.unwrap_or(0),
            within: within?,
            waits_for: waits_for?,
            tasks,
            leaves,
        })
    };
    let read = whole();
    if let Some(read) = &read {
        faults.take(check_step(read, &step, context));
    }
    faults.take(step.finish());
    read
}

fn check_step(read: &Step, step: &Reader, context: &Context) -> Read<()> {
    let is_first = context.steps.first() == Some(&read.id);
    let begins = is_first || read.skip_to;
    match &read.enter {
        None if begins => {
            let fix = "say with enter = { … } what fact brings a member here";
            return Err(step.fault("enter", "a run can begin here, and nothing says when", fix));
        }
        Some(enter) if begins && enter.needs_no_fact() => {
            let fix = "add a fact that must be there: a step is entered by evidence";
            return Err(step.fault("enter", "this can hold without any fact", fix));
        }
        _ => {}
    }
    if let Some(per) = read.per.as_deref().filter(|per| !["organization", "question", "deal"].contains(per)) {
        let fix = "write organization, question or deal, or leave it out for one run a member";
        return Err(step.fault("per", format!("facts are not told apart by `{per}`"), fix));
    }
    let is_person_asked = |condition: &Option<Condition>| condition.as_ref().is_some_and(|one| !one.needs_no_person());
    if read.confirmed && !is_person_asked(&read.enter) && !is_person_asked(&read.exit) {
        let fix = "add { decided = \"…\" } to enter or exit, in every branch of `any`";
        return Err(step.fault("confirmed", "a person must decide, but the conditions hold without one", fix));
    }
    if read.waits_for.is_some() && read.within.is_none() {
        let fix = "add within = \"2 business days\", or leave waits_for out";
        return Err(step.fault("waits_for", "nothing says how long the step may take from then on", fix));
    }
    for (index, task) in read.tasks.iter().enumerate() {
        if read.tasks[..index].iter().any(|other| other.id == task.id) {
            return Err(step.fault("task", format!("`{}` is there twice", task.id), "give each task an id of its own"));
        }
        if read.within.is_none() && task.within.is_none() {
            let fix = "add within = \"2 business days\" to the task or the step";
            return Err(step.fault("task", format!("nothing says when `{}` is due", task.id), fix));
        }
    }
    Ok(())
}

fn segment(step: &mut Reader) -> Read<Segment> {
    match step.needed("segment")?.as_str() {
        "attract" => Ok(Segment::Attract),
        "engage" => Ok(Segment::Engage),
        "delight" => Ok(Segment::Delight),
        other => Err(step.fault("segment", format!("`{other}` is no segment"), "write attract, engage or delight")),
    }
}

fn function(step: &mut Reader) -> Read<Option<Function>> {
    match step.text("function")?.as_deref() {
        None => Ok(None),
        Some("marketing") => Ok(Some(Function::Marketing)),
        Some("sales") => Ok(Some(Function::Sales)),
        Some("service") => Ok(Some(Function::Service)),
        Some(other) => {
            let fix = "write marketing, sales or service, or leave it out for that of the segment";
            Err(step.fault("function", format!("`{other}` is no function"), fix))
        }
    }
}

/// A text that must be one of those known.
fn one_of(reader: &mut Reader, key: &'static str, what: &str, known: &[&str]) -> Read<String> {
    let word = reader.needed(key)?;
    if known.contains(&word.as_str()) {
        return Ok(word);
    }
    let all = known.join(", ");
    let fix = match nearest(&word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Known: {all}"),
        None => format!("write one of {all}"),
    };
    Err(reader.fault(key, format!("`{word}` is no {what}"), fix))
}

fn service(reader: &mut Reader, key: &'static str) -> Read<Option<Service>> {
    let Some(text) = reader.text(key)? else { return Ok(None) };
    let fix = "write \"2 business days\", \"5 business minutes\", \"same business day\", \"24 hours\" or \"14 days\"";
    Service::parse(&text).map(Some).ok_or_else(|| reader.fault(key, format!("`{text}` is no length of time"), fix))
}

fn read_task(mut task: Reader, context: &Context) -> Read<TaskTemplate> {
    let read = TaskTemplate {
        id: task.needed("id")?,
        title: task.needed("title")?,
        role: one_of(&mut task, "role", "role that people fill", ROLES)?,
        within: service(&mut task, "within")?,
        after: service(&mut task, "after")?,
        every: service(&mut task, "every")?,
        when: condition(&mut task, "when", context)?,
        unless: condition(&mut task, "unless", context)?,
        sooner: read_sooner(&mut task, context)?,
        after_snooze: task.flag("after_snooze")?,
    };
    task.finish()?;
    Ok(read)
}

fn read_sooner(task: &mut Reader, context: &Context) -> Read<Option<Sooner>> {
    let Some(value) = task.value("sooner") else { return Ok(None) };
    let mut sooner = task.child(format!("{}.sooner", task.place), value)?;
    let missing = |key, fix: &str| sooner.fault(key, "is missing", fix);
    let (no_when, no_within) = (
        missing("when", "say with when = { … } what presses"),
        missing("within", "say with within = \"…\" how long it may take then"),
    );
    let when = condition(&mut sooner, "when", context)?.ok_or(no_when)?;
    let within = service(&mut sooner, "within")?.ok_or(no_within)?;
    sooner.finish()?;
    Ok(Some(Sooner { when, within }))
}

fn read_leave(mut leave: Reader, context: &Context, is_shared: bool) -> Read<Leave> {
    let missing = leave.fault("when", "is missing", "say with when = { … } what leads here");
    let when = condition(&mut leave, "when", context)?.ok_or(missing)?;
    let to = target(&mut leave, context)?;
    let reason = leave.text("reason")?;
    if let Some(reason) = &reason
        && !context.reasons.contains(reason)
    {
        return Err(leave.fault(
            "reason",
            format!("`{reason}` is no reason of this flywheel"),
            "add it to reasons = […]",
        ));
    }
    let mut steps = Vec::new();
    let mut task = None;
    if is_shared {
        for id in leave.texts("steps")? {
            steps.push(context.step(&id, &leave, "steps")?);
        }
        if let Some(value) = leave.value("task") {
            let reader = leave.child(format!("{}.task", leave.place), value)?;
            let read = read_task(reader, context)?;
            if read.within.is_none() {
                return Err(leave.fault("task", "nothing says when it is due", "add within = \"same business day\""));
            }
            task = Some(read);
        }
    }
    let (is_planned, when_over) = (leave.flag("planned")?, leave.flag("when_over")?);
    if when_over && task.is_none() {
        return Err(leave.fault("when_over", "nobody is asked to do anything", "add a task, or leave when_over out"));
    }
    let wakes_on = wakes_on(&mut leave, context, matches!(to, Target::Snoozed { .. }))?;
    leave.finish()?;
    Ok(Leave { when, to, reason, is_planned, wakes_on, steps, task, when_over })
}

/// What ends a snooze before its day.
fn wakes_on(leave: &mut Reader, context: &Context, is_snooze: bool) -> Read<Option<Condition>> {
    let Some(wakes_on) = condition(leave, "wakes_on", context)? else { return Ok(None) };
    if !is_snooze {
        let fix = "take it out, or write to = \"snoozed\"";
        return Err(leave.fault("wakes_on", "only a snooze can be woken from", fix));
    }
    if wakes_on.needs_no_fact() {
        let fix = "add a fact that must come: days are what the snooze itself counts";
        return Err(leave.fault("wakes_on", "this can hold without any fact", fix));
    }
    Ok(Some(wakes_on))
}

fn target(leave: &mut Reader, context: &Context) -> Read<Target> {
    let text = leave.needed("to")?;
    let days = leave.whole("days", 1)?;
    let then = leave.text("then")?;
    let known = "write lost, released, completed, completed_no_loop, snoozed or the id of a step";
    if text == "snoozed" {
        let then = then.map(|id| context.step(&id, leave, "then")).transpose()?;
        return Ok(Target::Snoozed { days: days.unwrap_or(45), then });
    }
    if days.is_some() || then.is_some() {
        return Err(leave.fault("days", "only a snooze has days and a step after it", "write to = \"snoozed\""));
    }
    match text.as_str() {
        "lost" => Ok(Target::Lost),
        "released" => Ok(Target::Released),
        "completed" => Ok(Target::Completed),
        "completed_no_loop" => Ok(Target::CompletedNoLoop),
        step => {
            context.steps.iter().position(|id| id == step).map(|number| Target::Returned(number as u16)).ok_or_else(
                || {
                    let near = nearest(step, context.steps.iter().map(String::as_str));
                    let fix =
                        near.map_or_else(|| known.to_owned(), |near| format!("did you mean `{near}`? Else {known}"));
                    leave.fault("to", format!("`{step}` leads nowhere"), fix)
                },
            )
        }
    }
}

fn read_scenario(mut scenario: Reader) -> Read<Scenario> {
    let read = Scenario {
        name: scenario.needed("name")?,
        zone: scenario.text("zone")?.unwrap_or_else(|| "UTC".into()),
        holidays: scenario.texts("holidays")?,
        data: scenario.texts("data")?,
        expect: scenario.texts("expect")?,
    };
    if read.data.is_empty() || read.expect.is_empty() {
        let fix = "add data = [\"…\"] and expect = [\"…\"], worked out by hand";
        return Err(scenario.fault("", "a scenario without data or expectations shows nothing", fix));
    }
    scenario.finish()?;
    Ok(read)
}

/// What can be seen of the whole only.
fn check(definition: &Definition, top: &Reader) -> Read<()> {
    for leave in definition.leaves.iter().chain(definition.steps.iter().flat_map(|step| &step.leaves)) {
        let destination = match leave.to {
            Target::Returned(step) | Target::Snoozed { then: Some(step), .. } => Some(step),
            _ => None,
        };
        let home = definition.steps.iter().find(|step| step.leaves.iter().any(|other| std::ptr::eq(other, leave)));
        if let (Some(destination), Some(home)) = (destination, home)
            && definition.steps[destination as usize].per != home.per
        {
            let fault = format!("step `{}` leads to `{}`", home.id, definition.steps[destination as usize].id);
            let fix = "runs stay among steps with the same `per`";
            return Err(top.fault("leave", fault, fix));
        }
    }
    for (before, step) in definition.steps.iter().zip(definition.steps.iter().skip(1)) {
        let is_new_leg = before.per != step.per;
        if is_new_leg && step.enter.as_ref().is_none_or(Condition::needs_no_fact) {
            let fault = format!("runs by `{}` begin at `{}`", step.per.as_deref().unwrap_or("member"), step.id);
            return Err(top.fault("step", fault, "say with enter = { … } what fact begins them"));
        }
        if !is_new_leg && step.enter.is_none() && before.exit.is_none() {
            let fault = format!("nothing leads from `{}` to `{}`", before.id, step.id);
            return Err(top.fault("step", fault, "give the first an exit or the second an enter"));
        }
    }
    Ok(())
}
