//! The flywheels as pages: all of them, one, and one run.

use std::collections::HashMap;

use axle_app::flywheels::physics::{self, Overview, OwnerFriction, StepFigures, WheelFigures};
use axle_app::flywheels::{self as app, StepCount};
use axle_app::signposts;
use axum::extract::{Path, Query};
use jiff::Timestamp;

use super::flywheel_run::{Names, line};
use super::member::sentence_case;
use crate::chart::wheel::{Arc, Wheel, company, owner_color, single};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::link::Link;
use crate::pages::flywheels::{
    Advice, DepartmentRow, FlywheelPage, FlywheelsPage, Kept, StepRow, WheelFigure, WheelRow,
};
use crate::pages::layout::Section;
use crate::pages::parts::Pager;
use crate::visit::Visit;

/// Runs of a page.
const ROWS: usize = 50;
/// What the address of a flywheel may hold.
const KEYS: [&str; 2] = ["state", "step"];
/// In which order members go through the flywheels; a workspace's own come after them.
const ORDER: [&str; 6] = [
    "onboarding_customers",
    "knowledge_sharing",
    "community_qualified_leads",
    "deal_champions",
    "key_account_champions",
    "champion_health",
];

/// `GET /{workspace}/flywheels`
pub(crate) async fn all(visit: Visit) -> Answer {
    let overview = visit.opened.flywheels(visit.clock.now).await?;
    let mut wheels: Vec<&WheelFigures> = overview.wheels.iter().collect();
    let place = |id: &str| ORDER.iter().position(|known| *known == id).unwrap_or(ORDER.len());
    wheels.sort_by_key(|one| place(&one.wheel.flywheel));
    let mut owners: Vec<(String, u8)> = wheels.iter().flat_map(|one| one.wheel.steps.iter().map(owner)).collect();
    owners.sort_by_key(|(_, color)| *color);
    owners.dedup();
    let drawn: Vec<Wheel> = wheels.iter().map(|one| drawn(&visit, &overview, one)).collect();
    html(&FlywheelsPage {
        layout: visit.layout("Flywheels", Section::Flywheels),
        summary: summary(&wheels),
        picture: company(&drawn),
        owners,
        next: overview.push_next.as_ref().map(|advice| next(&visit, advice)),
        before: overview.before.as_ref().map(|kept| before(&visit, kept)),
        wheels: wheels.iter().map(|one| row(&visit, one)).collect(),
        departments: overview.owners.iter().map(department).collect(),
    })
}

fn department(one: &OwnerFriction) -> DepartmentRow {
    DepartmentRow {
        owner: (one.owner.clone(), owner_color(&one.owner)),
        due: one.friction.entered,
        not_in_time: one.friction.entered - one.friction.in_time,
        friction: share(one.friction.share()),
        days: format::number(one.friction.late_days),
    }
}

fn owner(step: &StepCount) -> (String, u8) {
    (step.owner.clone(), owner_color(&step.owner))
}

fn inside(one: &WheelFigures) -> (u64, u64) {
    let sum = |of: fn(&StepCount) -> usize| one.wheel.steps.iter().map(of).sum::<usize>() as u64;
    (sum(|step| step.inside), sum(|step| step.late))
}

fn summary(wheels: &[&WheelFigures]) -> String {
    let (inside, late) = wheels.iter().map(|one| inside(one)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    let turns: u64 = wheels.iter().map(|one| one.turns).sum();
    format!(
        "{} go round, {} wait too long. {} came through in the last {} days.",
        format::plural(inside, "unit"),
        format::count(late as i64),
        format::count(turns as i64),
        physics::WINDOW_DAYS
    )
}

/// The page of a flywheel, with its runs at a step.
fn link(visit: &Visit, flywheel: &str, step: &str) -> Link {
    visit.link("flywheels").below(flywheel).with("step", step)
}

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format::percent(100.0 * value))
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), format::number)
}

fn time(seconds: Option<u64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), |seconds| format::duration(seconds as f64))
}

fn drawn(visit: &Visit, overview: &Overview, one: &WheelFigures) -> Wheel {
    let next = overview.push_next.as_ref().filter(|advice| advice.lost.flywheel == one.wheel.flywheel);
    let arc = |(step, figures): (&StepCount, &StepFigures)| Arc {
        words: words(step, figures),
        link: link(visit, &one.wheel.flywheel, &step.step),
        color: owner_color(&step.owner),
        inside: step.inside as u64,
        late: step.late as u64,
        friction: figures.friction.share(),
        is_next: next.is_some_and(|advice| advice.step == step.step),
    };
    Wheel {
        title: one.wheel.title.clone(),
        link: visit.link("flywheels").below(&one.wheel.flywheel),
        inside: inside(one).0,
        notes: [
            turns_a_week(one),
            one.friction.map_or_else(|| "no friction yet".into(), |of| format!("friction {}", share(Some(of)))),
        ],
        turns_per_week: one.turns_per_week,
        arcs: one.wheel.steps.iter().zip(&one.figures).map(arc).collect(),
    }
}

fn turns_a_week(one: &WheelFigures) -> String {
    match one.turns {
        0 => "no turn in 90 days".to_owned(),
        _ if format::number(one.turns_per_week) == "1" => "1 turn a week".to_owned(),
        _ => format!("{} turns a week", format::number(one.turns_per_week)),
    }
}

fn words(step: &StepCount, figures: &StepFigures) -> String {
    let friction = match figures.friction.share() {
        None => String::new(),
        share @ Some(_) => format!(", friction {}", self::share(share)),
    };
    format!("{} ({}): {} inside, {} late{friction}", step.title, step.owner, step.inside, step.late)
}

fn next(visit: &Visit, advice: &physics::Advice) -> Advice {
    let friction = &advice.friction;
    let part = |name, units: u64| (name, units, share(friction.part(units)));
    let parts = [
        part("Went on in time", friction.in_time),
        part("Late", friction.late),
        part("Still there", friction.stalled),
        part("Sent back", friction.returned),
        part("Lost", friction.lost),
    ];
    Advice {
        step: advice.step_title.clone(),
        link: link(visit, &advice.lost.flywheel, &advice.step),
        flywheel: advice.title.clone(),
        owner: (advice.owner.clone(), owner_color(&advice.owner)),
        sentence: cost(advice),
        parts: parts.into_iter().filter(|(_, units, _)| *units > 0).collect(),
    }
}

fn cost(advice: &physics::Advice) -> String {
    let through = share(Some(advice.lost.downstream));
    let onward = match advice.lost.downstream_of {
        None => "It is the last step".to_owned(),
        Some(0) => format!("From the next step on {through} get through, as far as anybody came"),
        Some(units) => format!(
            "From the next step on {through} get through, told by {} or more at each step",
            format::plural(units, "unit")
        ),
    };
    format!(
        "Of {} due in the last {} days, {} did not go on in time. {onward}, so this costs {} completions{}: more than any other step.",
        format::plural(advice.friction.entered, "unit"),
        physics::WINDOW_DAYS,
        format::count(advice.lost.units as i64),
        format::number(advice.lost.value / advice.value),
        worth(advice)
    )
}

/// What a completion counts, where it is not one.
fn worth(advice: &physics::Advice) -> String {
    if advice.value == 1.0 {
        return String::new();
    }
    format!(", each counted as {}", format::number(advice.value))
}

fn before(visit: &Visit, kept: &physics::Kept) -> Kept {
    let then = format!(
        "{} of {} due",
        share(Some(kept.advice.lost.share)),
        format::plural(kept.advice.friction.entered, "unit")
    );
    let sentence = match kept.share_since.zip(kept.change) {
        None => format!("Its friction was {then}. No unit was due there since, so nobody can say yet."),
        Some((now, change)) => {
            let due = kept.friction_since.map_or(0, |since| since.entered);
            let now = format!("{} of {} due since", share(Some(now)), format::plural(due, "unit"));
            let points = format::number((100.0 * change).abs());
            match change {
                _ if change < -0.005 => {
                    format!("It helped: friction was {then} then, and is {now}: {points} points less.")
                }
                _ if change > 0.005 => {
                    format!("Not yet: friction was {then} then, and is {now}: {points} points more.")
                }
                _ => format!("Nothing changed: friction was {then} then, and is {now}."),
            }
        }
    };
    Kept {
        at: kept.at,
        step: kept.advice.step_title.clone(),
        link: link(visit, &kept.advice.lost.flywheel, &kept.advice.step),
        flywheel: kept.advice.title.clone(),
        sentence,
    }
}

fn row(visit: &Visit, one: &WheelFigures) -> WheelRow {
    let (inside, late) = inside(one);
    WheelRow {
        link: visit.link("flywheels").below(&one.wheel.flywheel),
        title: one.wheel.title.clone(),
        question: one.wheel.question.clone(),
        inside,
        late,
        turns: format::number(one.turns_per_week),
        friction: share(one.friction),
        momentum: number(one.momentum),
        turn_time: time(one.turn_seconds),
        loop_back: number(one.loop_back.value()),
    }
}

/// `GET /{workspace}/flywheels/{flywheel}`
pub(crate) async fn one(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Answer {
    let overview = visit.opened.flywheels(visit.clock.now).await?;
    let one = overview.wheels.iter().find(|one| one.wheel.flywheel == id).ok_or(Failure::NotFound)?;
    let get = |key: &str| query.get(key).map_or("", |value| value.trim());
    let asked = |key: &str| Some(get(key)).filter(|value| !value.is_empty());
    let here = KEYS.iter().fold(visit.link("flywheels").below(&id), |link, key| link.with(key, get(key)));
    let runs = app::current(&visit.opened.workspace, visit.clock.now).await?;
    let rows = runs.list(&id, asked("state"), asked("step"));
    let after = rows.iter().position(|run| run.run_id == get("cursor")).map_or(0, |at| at + 1);
    let shown = &rows[after..rows.len().min(after + ROWS)];
    let lines = if visit.user.may_see_members() {
        let roster = visit.opened.roster(visit.clock.now).await?;
        let names = Names::load(&visit).await?;
        Some(shown.iter().map(|run| line(&visit, one, &roster, &names, run)).collect())
    } else {
        None
    };
    let last = shown.last().filter(|_| after + ROWS < rows.len());
    let step = asked("step").and_then(|step| one.wheel.steps.iter().find(|known| known.step == step));
    let states = states(&runs.list(&id, None, asked("step")));
    html(&FlywheelPage {
        layout: visit.layout(one.wheel.title.clone(), Section::Flywheels),
        question: one.wheel.question.clone(),
        settings: visit.user.may_administer().then(|| visit.link("settings/flywheels").below(&id)),
        picture: single(&drawn(&visit, &overview, one)),
        figures: figures(&visit, one),
        steps: steps(&visit, &overview, one),
        states,
        step: step.map(|step| step.title.clone()),
        runs: lines,
        pager: Pager {
            shown: shown.len() as u64,
            total: rows.len() as u64,
            noun: "run",
            first: (after > 0).then(|| here.clone()),
            next: last.map(|run| here.at(run.run_id.clone())),
        },
        never_clicked: never_clicked(&visit, &id).await?,
        here,
    })
}

/// Of the flywheel that begins with signposts.
async fn never_clicked(visit: &Visit, flywheel: &str) -> Result<Vec<(String, u64, Timestamp)>, Failure> {
    if flywheel != "onboarding_customers" {
        return Ok(Vec::new());
    }
    let found = signposts::never_clicked(&visit.opened.workspace, visit.clock.now).await?;
    Ok(found.into_iter().map(|one| (one.signpost, one.people, one.last_shown_at)).collect())
}

fn states(runs: &[axle_app::flywheels::RunRow]) -> Vec<(String, String, u64)> {
    let known = ["active", "returned", "snoozed", "completed", "completed_no_loop", "lost", "released"];
    let count = |state: &str| runs.iter().filter(|run| run.state == state).count() as u64;
    let of = |state: &str| (state.to_owned(), state_name(state), count(state));
    let all = (String::new(), "All".to_owned(), runs.len() as u64);
    std::iter::once(all).chain(known.map(of).into_iter().filter(|(.., count)| *count > 0)).collect()
}

/// `Completed, without bringing others`
pub(super) fn state_name(state: &str) -> String {
    match state {
        "completed_no_loop" => "Completed, loop open".to_owned(),
        "returned" => "Sent back".to_owned(),
        other => sentence_case(other),
    }
}

fn figures(visit: &Visit, one: &WheelFigures) -> Vec<WheelFigure> {
    let kpi = |id: &str| visit.link("kpis").below(id);
    let figure = |name, value, note: String, id| WheelFigure { name, value, note, link: kpi(id) };
    let change = match one.momentum.zip(one.momentum_before) {
        None => "over the last 28 days".to_owned(),
        Some((now, before)) if now == before => "as in the 28 days before".to_owned(),
        Some((now, before)) if now > before => format!("up from {} in the 28 days before", format::number(before)),
        Some((_, before)) => format!("down from {} in the 28 days before", format::number(before)),
    };
    let ratio = |ratio: physics::Ratio| (ratio.numerator, ratio.denominator);
    let propelled = one.self_propelled.filter(|of| of.denominator > 0);
    let (alone, advances) = propelled.map_or((0, 0), ratio);
    let (brought, through) = ratio(one.loop_back);
    vec![
        figure(
            "Turns a week",
            format::number(one.turns_per_week),
            format!("{} in the last 90 days", format::plural(one.turns, "turn")),
            "flywheel_speed",
        ),
        figure(
            "Friction of the whole way",
            share(one.friction),
            "of what was due in the last 90 days".into(),
            "flywheel_friction_whole",
        ),
        figure(
            "Weight",
            format::count(one.weight.retained as i64),
            format!("still with us of {} who reached delight", format::count(one.weight.reached as i64)),
            "flywheel_weight",
        ),
        figure("Momentum", number(one.momentum), change, "flywheel_momentum"),
        figure(
            "Self-propelled",
            share(propelled.and_then(physics::Ratio::value)),
            if advances > 0 {
                format!("{alone} of {advances} advances without a push of ours")
            } else {
                "no push or no advance is known".into()
            },
            "flywheel_self_propelled_share",
        ),
        figure(
            "Loop-back",
            number(one.loop_back.value()),
            if through > 0 {
                format!("{brought} new units by {through} completed ones")
            } else {
                "nobody came through 180 days ago or before".into()
            },
            "flywheel_loop_back",
        ),
        figure(
            "Growth",
            number(one.growth),
            "units after 90 days for each that begins, if loop-back and turn time stay so".into(),
            "flywheel_loop_back",
        ),
        figure("Turn time", time(one.turn_seconds), "until half are through".into(), "flywheel_turn_time"),
    ]
}

fn steps(visit: &Visit, overview: &Overview, one: &WheelFigures) -> Vec<StepRow> {
    let most = one.wheel.steps.iter().map(|step| step.entered).max().unwrap_or(0).max(1);
    let next = overview.push_next.as_ref().filter(|advice| advice.lost.flywheel == one.wheel.flywheel);
    let row = |(place, (step, figures)): (usize, (&StepCount, &StepFigures))| StepRow {
        number: place + 1,
        title: step.title.clone(),
        link: link(visit, &one.wheel.flywheel, &step.step),
        owner: owner(step),
        entered: step.entered as u64,
        width: (100 * step.entered / most) as u8,
        inside: step.inside as u64,
        late: step.late as u64,
        passed: figures.passed,
        lost: figures.lost,
        returned: figures.returned,
        time: time(figures.median_seconds),
        friction: share(figures.friction.share()),
        split: split(figures),
        is_next: next.is_some_and(|advice| advice.step == step.step),
    };
    one.wheel.steps.iter().zip(&one.figures).enumerate().map(row).collect()
}

/// `6 late, 5 still there, 3 lost of 40 due`
fn split(figures: &StepFigures) -> String {
    let friction = &figures.friction;
    let parts = [
        (friction.late, "late"),
        (friction.stalled, "still there"),
        (friction.returned, "sent back"),
        (friction.lost, "lost"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(units, _)| *units > 0).map(|(units, name)| format!("{units} {name}")).collect();
    match friction.entered {
        0 => String::new(),
        1 if parts.is_empty() => "the one due went on in time".to_owned(),
        due if parts.is_empty() => format!("all {due} due went on in time"),
        due => format!("{} of {due} due", parts.join(", ")),
    }
}
