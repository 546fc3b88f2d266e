//! `axle bench turn`: what the flywheels cost, from the beginning and after small changes.

use std::time::Instant;

use anyhow::bail;
use axle_app::import::{self, ImportOptions};
use axle_app::{Workspace, figures, flywheels, refresh};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cli::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// What happens between two looks at the flywheels.
const CHANGES: [&str; 4] = ["an activity", "an activity of last year", "a task done", "somebody new"];

/// Times the workspace's flywheels. Lines are added to its record.
pub(super) async fn run(arguments: &Arguments, repeat: usize) -> anyhow::Result<()> {
    let workspace = arguments.open().await?;
    let people = "select platform, uid from identities join members on members.member_id = identities.member_id
                  where uid is not null and not is_bot and not is_teammate order by identity_id limit 1000";
    let people = figures::sql(&workspace, people, usize::MAX, now()).await?.rows;
    if people.is_empty() {
        bail!("the workspace {} has no members: `axle demo` makes some", arguments.workspace);
    }
    let mut listing = Listing::new(&["after", "record into columns ms", "flywheels ms"]);
    let mut measured = Vec::new();
    let mut note = |what: &str, columns: f64, turned: f64| {
        listing.row([json!(what), json!(columns.round()), json!(turned.round())]);
        measured.push(json!({"after": what, "columns_ms": columns, "flywheels_ms": turned}));
    };
    let started = Instant::now();
    let runs = flywheels::evaluate(&workspace, now()).await?.rows(None).count();
    note("nothing is known: the runs alone", 0.0, ms(started));
    let started = Instant::now();
    flywheels::current(&workspace, now()).await?;
    note("nothing is known: runs and their tables", 0.0, ms(started));
    // A later run adds other lines.
    let mark = now().as_microsecond();
    for change in CHANGES {
        for again in 0..repeat {
            let at = now() - SignedDuration::from_hours(if change.ends_with("year") { 24 * 400 } else { 0 });
            let person = &people[again % people.len()];
            read(&workspace, &line(change, &format!("bench-{mark}-{again}"), at, person)).await?;
            let started = Instant::now();
            refresh::refresh(&workspace).await?;
            let columns = ms(started);
            let started = Instant::now();
            flywheels::current(&workspace, now()).await?;
            note(change, columns, ms(started));
        }
    }
    let started = Instant::now();
    flywheels::current(&workspace, now() + SignedDuration::from_hours(24)).await?;
    note("a day", 0.0, ms(started));
    print(arguments.format, &listing, &json!({"runs": runs, "measured": measured}))
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1000.0
}

fn line(change: &str, id: &str, at: Timestamp, person: &[Value]) -> Value {
    let known = json!({"platform": person[0], "uid": person[1]});
    let activity = |actor: &Value, id: &str| {
        json!({"type": "activity", "id": id, "activity": "forum:post:replied", "at": at, "actor": actor,
            "channel": "bench", "thread": "bench", "text": "That works for us too."})
    };
    match change {
        "a task done" => json!({"type": "task", "id": id, "kind": "welcome", "identity": known, "state": "done",
            "outcome": "done", "flywheel": "deal_champions", "step": "joins", "done_at": at, "assignee": "bench"}),
        "somebody new" => activity(&json!({"platform": "bench", "uid": id, "name": id}), &format!("{id}-new")),
        other => activity(&known, &format!("{id}-{}", other.len())),
    }
}

async fn read(workspace: &Workspace, line: &Value) -> anyhow::Result<()> {
    let path = workspace.folder().join("bench.jsonl");
    std::fs::write(&path, line.to_string())?;
    let input = import::recognize(&path, Some("interchange"))?.remove(0);
    let receipt = import::import(workspace, input, &ImportOptions::default(), now, &|_, _| {}).await?;
    std::fs::remove_file(&path)?;
    if receipt.rejected > 0 {
        bail!("a line was not understood: {line}");
    }
    Ok(())
}
