//! Definitions of flywheels: checked, previewed on the past, saved, put back.

use std::path::Path;

use anyhow::bail;
use axle_app::AppError;
use axle_app::flywheels::own::{self, Check, Draft, Happens, Preview, Saving, StepState};
use serde_json::{Value, json};

use crate::cli::Arguments;
use crate::output::{Format, Listing, print};
use crate::wiring::{now, workspaces};

/// Adds what differs; what is the same is left out.
fn tell(listing: &mut Listing, what: &str, of: &str, now: Value, then: Value) {
    if now != then {
        listing.row([json!(what), json!(of), now, then]);
    }
}

/// The id, which is the file's name, and the text.
fn read(file: &Path) -> anyhow::Result<(String, String)> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| AppError::Invalid(format!("{} cannot be read: {error}", file.display())))?;
    let id = file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Ok((id.unwrap_or_default(), text))
}

/// Checks a file among the flywheels of the workspace; where there is none, among those that come with Axle.
pub(super) async fn check(arguments: &Arguments, file: &Path) -> anyhow::Result<()> {
    let (id, text) = read(file)?;
    let check = if workspaces(&arguments.data).contains(&arguments.workspace) {
        own::check(&arguments.open().await?, &id, &text).await?
    } else {
        own::check_alone(&id, &text)
    };
    let mut listing = Listing::new(&["scenario", "outcome"]);
    for played in &check.scenarios {
        let told: Vec<String> = played.differences.iter().map(|one| format!("`{}`: {}", one.line, one.fault)).collect();
        listing.row([json!(played.name), json!(if told.is_empty() { "ok".to_owned() } else { told.join("; ") })]);
    }
    print(arguments.format, &listing, &check)?;
    judge(&check, file)
}

/// Ends with what is wrong, if anything is.
fn judge(check: &Check, file: &Path) -> anyhow::Result<()> {
    check.notes.iter().for_each(|note| eprintln!("axle: note: {note}"));
    if !check.problems.is_empty() {
        let problems: Vec<String> = check.problems.iter().map(|one| format!("{}: {one}", file.display())).collect();
        bail!(AppError::Invalid(problems.join("\naxle: ")));
    }
    if check.wrong() > 0 {
        bail!("{} of {} scenarios come out otherwise", check.wrong(), check.scenarios.len());
    }
    Ok(())
}

/// What a file would have made of the past.
pub(super) async fn preview(arguments: &Arguments, file: &Path) -> anyhow::Result<()> {
    let (id, text) = read(file)?;
    let workspace = arguments.open().await?;
    let as_of = arguments.as_of(&workspace).await?.unwrap_or_else(now);
    let (check, preview) = own::preview(&workspace, &id, &text, as_of).await?;
    let Some(preview) = preview else { return judge(&check, file) };
    let differences = differences(&preview);
    if differences.rows.is_empty() {
        eprintln!("axle: nothing would be otherwise");
    }
    print(arguments.format, &differences, &json!({ "check": check, "preview": preview }))?;
    check.notes.iter().for_each(|note| eprintln!("axle: note: {note}"));
    if check.wrong() > 0 {
        let (wrong, all) = (check.wrong(), check.scenarios.len());
        eprintln!("axle: {wrong} of {all} scenarios come out otherwise: `axle flywheel check` shows them");
    }
    Ok(())
}

fn differences(preview: &Preview) -> Listing {
    let mut listing = Listing::new(&["what", "of", "now", "then"]);
    for state in &preview.states {
        tell(&mut listing, "runs", &state.name, json!(state.before), json!(state.after));
    }
    type Figure = fn(&StepState) -> Value;
    let figures: [(&str, Figure); 4] = [
        ("entered", |state| json!(state.entered)),
        ("inside", |state| json!(state.inside)),
        ("late", |state| json!(state.late)),
        ("friction", |state| json!(state.friction)),
    ];
    for step in &preview.steps {
        for (name, figure) in figures {
            let (now, then) = (step.before.as_ref().map(figure), step.after.as_ref().map(figure));
            tell(&mut listing, name, &step.title, json!(now), json!(then));
        }
    }
    for (what, happened) in [("run", &preview.runs), ("task", &preview.tasks)] {
        happened.iter().for_each(|one| add(&mut listing, what, one));
    }
    for (title, count) in &preview.elsewhere {
        listing.row([json!("runs that differ"), json!(title), Value::Null, json!(count)]);
    }
    listing
}

fn add(listing: &mut Listing, what: &str, happens: &Happens) {
    let kind = json!(happens.kind).as_str().unwrap_or_default().replace('_', " ");
    listing.row([
        json!(format!("{what} {kind}")),
        json!(format!("{} in all", happens.count)),
        Value::Null,
        Value::Null,
    ]);
    for one in &happens.examples {
        let said = |step: &Option<String>, due: &Option<jiff::Timestamp>| {
            let due = due.map(|due| format!("due {due}"));
            step.clone().into_iter().chain(due).collect::<Vec<_>>().join(", ")
        };
        let of = one.task.as_ref().map_or_else(|| one.name.clone(), |task| format!("{}: {task}", one.name));
        let (now, then) = (said(&one.before, &one.due_before), said(&one.after, &one.due_after));
        listing.row([json!(format!("{what} {kind}")), json!(of), json!(now), json!(then)]);
    }
}

/// Saves a file.
pub(super) async fn save(arguments: &Arguments, file: &Path, takes_over: bool) -> anyhow::Result<()> {
    let (id, text) = read(file)?;
    let workspace = arguments.open().await?;
    let draft = Draft { text: &text, made_from: None, takes_over, by: arguments.by() };
    let (version, is_new) = match own::save(&workspace, &id, draft, now()).await? {
        Saving::Saved(version) => (version, true),
        Saving::Same(version) => (version, false),
        Saving::Refused(check) => {
            let can = check.can_be_taken_over();
            return match judge(&check, file) {
                Err(error) if can => Err(error.context(
                    "nothing was saved: `axle flywheel check` shows what comes out, and --take-over expects that from now on",
                )),
                other => other,
            };
        }
    };
    if !is_new {
        eprintln!("axle: nothing changed, nothing saved: `{id}` turns by this definition already");
    }
    let mut listing = Listing::new(&["flywheel", "version", "saved"]);
    listing.row([json!(id), json!(version), json!(is_new)]);
    print(arguments.format, &listing, &json!({ "flywheel": id, "version": version, "saved": is_new }))
}

/// Puts a flywheel back.
pub(super) async fn reset(arguments: &Arguments, id: &str) -> anyhow::Result<()> {
    let version = own::reset(&arguments.open().await?, id, arguments.by(), now()).await?;
    let mut listing = Listing::new(&["flywheel", "version"]);
    listing.row([json!(id), version.map_or_else(|| json!("removed"), |version| json!(version))]);
    print(arguments.format, &listing, &json!({ "flywheel": id, "version": version }))
}

/// Every version that was saved.
pub(super) async fn history(arguments: &Arguments, id: &str) -> anyhow::Result<()> {
    let versions = own::history(&arguments.open().await?, id).await?;
    if versions.is_empty() {
        eprintln!("axle: `{id}` is as it comes with Axle: `axle flywheel save FILE` makes a version of its own");
    }
    let mut listing = Listing::new(&["version", "saved", "by", "what"]);
    for one in &versions {
        let what = match (one.is_reset, &one.text) {
            (false, _) => "saved",
            (true, Some(_)) => "put back to what comes with Axle",
            (true, None) => "removed",
        };
        listing.row([json!(one.version), json!(one.saved_at), json!(one.saved_by), json!(what)]);
    }
    print(arguments.format, &listing, &versions)
}

/// The definition as text.
pub(super) async fn show(arguments: &Arguments, id: &str) -> anyhow::Result<()> {
    let text = own::text(&arguments.open().await?, id).await?;
    if arguments.format == Format::Json {
        return print(arguments.format, &Listing::new(&[]), &json!({ "flywheel": id, "text": text }));
    }
    std::io::Write::write_all(&mut std::io::stdout().lock(), text.as_bytes())?;
    Ok(())
}
