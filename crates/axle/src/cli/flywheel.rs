//! `axle flywheel`: the loops that turn, their runs and what they rest on.

mod definitions;

use std::collections::BTreeMap;
use std::path::PathBuf;

use axle_app::flywheels::physics::{self, Overview};
use axle_app::flywheels::{self, Runs, Wheel};
use axle_app::hand_offs;
use axle_app::signposts;
use axle_app::users::User;
use clap::Subcommand;
use serde_json::json;

use super::Arguments;
use super::hand_offs::told;
use crate::output::{Listing, print};
use crate::wiring::now;

/// The flywheels: who stands where, and why
#[derive(Debug, Subcommand)]
pub(crate) enum Flywheel {
    /// Every flywheel, with how many units it has
    List,
    /// One flywheel, step by step
    Show {
        /// As in the list
        id: String,
        /// Its definition instead, as it was saved last or comes with Axle
        #[arg(long)]
        toml: bool,
    },
    /// The runs of one flywheel
    Runs {
        /// As in the list
        id: String,
        /// Only those in this state: active, returned, snoozed, completed, completed_no_loop, lost, released
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
    },
    /// One run, with the rows of the record that it rests on
    Run {
        /// Id of the run
        run_id: String,
    },
    /// What colleagues tell each other about the member of a run: of onboarding and of key accounts
    Packet {
        /// Id of the run
        run_id: String,
    },
    /// The wheels in numbers: speed, friction, weight, momentum, and where to push next
    Figures,
    /// Turn all of them over the whole record, and say how many runs there are
    Evaluate,
    /// Everything that is wrong with a definition, and whether its scenarios come out as expected
    Check {
        /// Its name, without `.toml`, is the id of the flywheel
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Signposts to the community that nobody ever clicked
    Signposts,
    /// What a definition would have made of the last twelve months, beside the present one; nothing is saved
    Preview {
        /// Its name, without `.toml`, is the id of the flywheel
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Checks a definition and has this workspace turn with it, as a new version
    Save {
        /// Its name, without `.toml`, is the id of the flywheel
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What its scenarios expect becomes what comes out now
        #[arg(long)]
        take_over: bool,
    },
    /// Puts a flywheel back to what comes with Axle, or removes one of the workspace's own; its versions are kept
    Reset {
        /// As in the list
        id: String,
    },
    /// The versions of a flywheel that were saved here
    History {
        /// As in the list
        id: String,
    },
}

impl Flywheel {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        match self {
            Self::Check { file } => return definitions::check(arguments, file).await,
            Self::Preview { file } => return definitions::preview(arguments, file).await,
            Self::Save { file, take_over } => return definitions::save(arguments, file, *take_over).await,
            Self::Reset { id } => return definitions::reset(arguments, id).await,
            Self::History { id } => return definitions::history(arguments, id).await,
            Self::Show { id, toml: true } => return definitions::show(arguments, id).await,
            _ => {}
        }
        let workspace = arguments.open().await?;
        let as_of = arguments.as_of(&workspace).await?.unwrap_or_else(now);
        if let Self::Packet { run_id } = self {
            let found = hand_offs::of_run(&workspace, run_id, &User::command_line(), as_of).await?;
            let mut listing = Listing::new(&["part", "what", "when", "rests on"]);
            found.packets.iter().for_each(|side| told(&mut listing, &side.sections));
            return print(arguments.format, &listing, &found);
        }
        if matches!(self, Self::Signposts) {
            let found = signposts::never_clicked(&workspace, as_of).await?;
            let mut listing = Listing::new(&["signpost", "people", "first shown", "last shown"]);
            for one in &found {
                listing.row([
                    json!(one.signpost),
                    json!(one.people),
                    json!(one.first_shown_at),
                    json!(one.last_shown_at),
                ]);
            }
            return print(arguments.format, &listing, &found);
        }
        if matches!(self, Self::Figures) {
            let runs = flywheels::current(&workspace, as_of).await?;
            let around = physics::around(&workspace, as_of).await?;
            return figures(arguments, &physics::overview(&runs, &around, as_of));
        }
        let runs = flywheels::evaluate(&workspace, as_of).await?;
        match self {
            Self::List => list(arguments, &runs.wheels()),
            Self::Show { id, .. } => show(arguments, &runs.wheel(id)?),
            Self::Runs { id, state } => rows(arguments, &runs, id, state.as_deref()),
            Self::Run { run_id } => {
                let detail = runs.run(run_id)?;
                let mut listing = Listing::new(&["step", "evidence", "id", "observed", "confirmed by"]);
                for row in &detail.evidence {
                    let shown = [json!(row.step), json!(row.kind), json!(row.evidence_id), json!(row.observed_at)];
                    listing.row(shown.into_iter().chain([json!(row.confirmed_by)]));
                }
                print(arguments.format, &listing, &detail)
            }
            _ => {
                let mut listing = Listing::new(&["flywheel", "runs"]);
                let counts: BTreeMap<String, usize> =
                    runs.wheels().into_iter().map(|wheel| (wheel.flywheel, wheel.states.values().sum())).collect();
                counts.iter().for_each(|(flywheel, runs)| listing.row([json!(flywheel), json!(runs)]));
                print(arguments.format, &listing, &json!({ "runs": counts }))
            }
        }
    }
}

fn list(arguments: &Arguments, wheels: &[Wheel]) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["flywheel", "question", "inside", "late", "completed", "lost"]);
    for wheel in wheels {
        let state = |name: &str| wheel.states.get(name).copied().unwrap_or(0);
        let sum = |of: fn(&flywheels::StepCount) -> usize| wheel.steps.iter().map(of).sum::<usize>();
        listing.row([
            json!(wheel.flywheel),
            json!(wheel.question),
            json!(sum(|step| step.inside)),
            json!(sum(|step| step.late)),
            json!(state("completed") + state("completed_no_loop")),
            json!(state("lost")),
        ]);
    }
    print(arguments.format, &listing, &wheels)
}

fn show(arguments: &Arguments, wheel: &Wheel) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["step", "title", "owner", "entered", "inside", "late"]);
    for step in &wheel.steps {
        listing.row([
            json!(step.step),
            json!(step.title),
            json!(step.owner),
            json!(step.entered),
            json!(step.inside),
            json!(step.late),
        ]);
    }
    print(arguments.format, &listing, wheel)
}

fn rows(arguments: &Arguments, runs: &Runs, id: &str, state: Option<&str>) -> anyhow::Result<()> {
    runs.wheel(id)?;
    let rows: Vec<_> = runs.rows(Some(id)).filter(|row| state.is_none_or(|state| row.state == state)).collect();
    let mut listing = Listing::new(&["run", "subject", "state", "step", "entered", "due", "reason"]);
    for row in &rows {
        listing.row([
            json!(row.run_id),
            json!(row.subject_id),
            json!(row.state),
            json!(row.step),
            json!(row.entered_at),
            json!(row.due_at),
            json!(row.reason),
        ]);
    }
    print(arguments.format, &listing, &rows)
}

fn figures(arguments: &Arguments, overview: &Overview) -> anyhow::Result<()> {
    let columns = [
        "flywheel",
        "turns a week",
        "turn time (s)",
        "friction",
        "weight",
        "momentum",
        "self-propelled",
        "loop-back",
        "growth (90 d)",
    ];
    let mut listing = Listing::new(&columns);
    for one in &overview.wheels {
        listing.row([
            json!(one.wheel.flywheel),
            json!(one.turns_per_week),
            json!(one.turn_seconds),
            json!(one.friction),
            json!(one.weight.retained),
            json!(one.momentum),
            json!(one.self_propelled.and_then(physics::Ratio::value)),
            json!(one.loop_back.value()),
            json!(one.growth),
        ]);
    }
    if let Some(next) = &overview.push_next {
        eprintln!(
            "axle: push next: {} ({}) of {}: {} of {} units due in {} days did not go on in time, which costs {:.1} completions, each worth {}",
            next.step_title,
            next.owner,
            next.title,
            next.lost.units,
            next.friction.entered,
            physics::WINDOW_DAYS,
            next.lost.value / next.value,
            next.value
        );
    }
    if let Some(before) = &overview.before {
        let (advice, percent) = (&before.advice, |share: f64| format!("{:.0} %", 100.0 * share));
        let since = before.friction_since.and_then(|since| Some((since.share()?, since.entered)));
        let now = since.map_or("nothing was due since".to_owned(), |(share, due)| {
            format!("{} of {due} due since", percent(share))
        });
        eprintln!(
            "axle: advice of {} days ago: {} ({}) of {}: friction was {} of {} due then; {now}",
            physics::ADVICE_DAYS,
            advice.step_title,
            advice.owner,
            advice.title,
            percent(advice.lost.share),
            advice.friction.entered
        );
    }
    print(arguments.format, &listing, overview)
}
