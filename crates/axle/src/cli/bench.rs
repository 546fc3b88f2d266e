//! `axle bench`: how fast this machine answers.

mod turn;

use std::collections::BTreeMap;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use axle_app::figures::{self, Question};
use axle_app::import::{self, ImportOptions};
use axle_app::{members, refresh, score};
use axle_demo::BenchSettings;
use axle_model::time::Grain;
use clap::Subcommand;
use jiff::civil::date;
use serde_json::{Value, json};

use super::Arguments;
use crate::output::{Format, Listing, print};
use crate::wiring::now;

/// How fast this machine answers
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Writes a synthetic community as interchange lines
    Generate {
        /// People
        #[arg(long, default_value_t = 50_000)]
        members: u32,
        /// Activities over five years
        #[arg(long, default_value_t = 1_000_000)]
        activities: u64,
        /// Another seed is another community
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// File to write
        out: PathBuf,
    },
    /// Imports such a file into a workspace of its own and times everything
    Run {
        /// File from `generate`
        file: PathBuf,
        /// Warm repetitions of each figure
        #[arg(long, default_value_t = 7)]
        repeat: usize,
    },
    /// Times figures of a workspace that `run` made, as it is now
    Kpis {
        /// Ids of figures, instead of all
        ids: Vec<String>,
        /// Warm repetitions of each figure
        #[arg(long, default_value_t = 7)]
        repeat: usize,
    },
    /// Times the flywheels of a workspace, from the beginning and after small changes, for which it adds lines to its record
    Turn {
        /// How often each change happens
        #[arg(long, default_value_t = 5)]
        repeat: usize,
    },
}

impl Bench {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        match self {
            Self::Generate { members, activities, seed, out } => {
                let mut file = BufWriter::with_capacity(
                    1 << 20,
                    std::fs::File::create(out).with_context(|| format!("cannot write {}", out.display()))?,
                );
                let settings = BenchSettings { members: *members, activities: *activities, seed: *seed };
                axle_demo::write_benchmark(&settings, &mut |bytes| file.write_all(bytes))?;
                file.flush()?;
                Ok(())
            }
            Self::Run { file, repeat } => run(arguments, file, *repeat).await,
            Self::Kpis { ids, repeat } => {
                let workspace = arguments.open().await?;
                if let Some(id) = ids.iter().find(|id| workspace.kpis().iter().all(|kpi| kpi.id != **id)) {
                    bail!("there is no figure {id}: `axle kpi list` names them");
                }
                let kpis = time_kpis(&workspace, ids, *repeat).await;
                print_times(arguments.format, &BTreeMap::new(), &kpis)
            }
            Self::Turn { repeat } => turn::run(arguments, *repeat).await,
        }
    }
}

async fn run(arguments: &Arguments, file: &std::path::Path, repeat: usize) -> anyhow::Result<()> {
    let workspace = arguments.open().await?;
    if !axle_app::sources::list(&workspace).await?.is_empty() {
        bail!("the workspace {} is not empty: name a new one with --workspace", arguments.workspace);
    }
    let mut measured: BTreeMap<String, Value> = BTreeMap::new();
    for pass in ["import", "import again"] {
        let mut inputs = import::recognize(file, Some("interchange"))?;
        let started = Instant::now();
        let receipt = import::import(&workspace, inputs.remove(0), &ImportOptions::default(), now, &|_, _| {}).await?;
        let seconds = started.elapsed().as_secs_f64();
        measured.insert(
            pass.into(),
            json!({"records": receipt.read, "seconds": seconds, "per_second": receipt.read as f64 / seconds}),
        );
    }
    measured.insert("peak_memory_importing_mib".into(), json!(peak_memory_mib()));
    let started = Instant::now();
    refresh::refresh(&workspace).await?;
    measured.insert("columns_from_record_seconds".into(), json!(started.elapsed().as_secs_f64()));
    let started = Instant::now();
    let scored = score::rescore(&workspace, now()).await?;
    measured.insert("rescore".into(), json!({"members": scored, "seconds": started.elapsed().as_secs_f64()}));
    measured.insert("a_thousand_activities_more".into(), time_more(&workspace, file).await?);
    let started = Instant::now();
    let list = members::list(&workspace, members::Sort::Love, now(), None).await?;
    measured.insert("member_list_seconds".into(), json!(started.elapsed().as_secs_f64()));
    if let Some(first) = list.first() {
        let started = Instant::now();
        members::show(&workspace, &first.member_id, now(), None).await?;
        measured.insert("member_page_seconds".into(), json!(started.elapsed().as_secs_f64()));
    }
    let kpis = time_kpis(&workspace, &[], repeat).await;
    measured.insert("peak_memory_mib".into(), json!(peak_memory_mib()));
    print_times(arguments.format, &measured, &kpis)
}

fn print_times(format: Format, measured: &BTreeMap<String, Value>, kpis: &[Value]) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["what", "first ms", "warm p50 ms", "warm p95 ms"]);
    for (name, value) in measured {
        listing.row([json!(name), json!(value.to_string())]);
    }
    for kpi in kpis {
        listing.row([kpi["kpi"].clone(), kpi["first_ms"].clone(), kpi["p50_ms"].clone(), kpi["p95_ms"].clone()]);
    }
    print(format, &listing, &json!({"measured": measured, "kpis": kpis}))
}

/// Figures by month over the whole history, and actives by day over a year; those of `ids`, or all.
async fn time_kpis(workspace: &axle_app::Workspace, ids: &[String], repeat: usize) -> Vec<Value> {
    let by_day = ["daily_active_members", "weekly_active_members", "monthly_active_members"];
    let catalogue = workspace.kpis();
    let by_month = catalogue.iter().map(|kpi| (kpi.id.as_str(), Grain::Month));
    let asked = by_month.chain(by_day.map(|id| (id, Grain::Day)));
    let mut kpis = Vec::new();
    for (id, grain) in asked.filter(|(id, _)| ids.is_empty() || ids.iter().any(|wanted| wanted == id)) {
        let timed = time_kpi(workspace, id, grain, repeat).await;
        tracing::info!(%timed, "timed");
        kpis.push(timed);
    }
    kpis
}

/// The file's last thousand activities once more, under other ids: what they cost when all the rest is there.
async fn time_more(workspace: &axle_app::Workspace, file: &std::path::Path) -> anyhow::Result<Value> {
    const MORE: usize = 1_000;
    let mut end = std::fs::File::open(file)?;
    end.seek(SeekFrom::Start(end.metadata()?.len().saturating_sub(MORE as u64 * 1_024)))?;
    let mut bytes = Vec::new();
    end.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().skip(1).filter(|line| line.starts_with(r#"{"type":"activity""#)).collect();
    let last = &lines[lines.len().saturating_sub(MORE)..];
    let more: Vec<String> = last.iter().map(|line| line.replacen(r#""id":""#, r#""id":"more-"#, 1)).collect();
    let path = workspace.folder().join("more.jsonl");
    std::fs::write(&path, more.join("\n"))?;
    let started = Instant::now();
    let mut inputs = import::recognize(&path, Some("interchange"))?;
    let receipt = import::import(workspace, inputs.remove(0), &ImportOptions::default(), now, &|_, _| {}).await?;
    let imported = started.elapsed().as_secs_f64();
    let started = Instant::now();
    refresh::refresh(workspace).await?;
    let refreshed = started.elapsed().as_secs_f64();
    let started = Instant::now();
    score::rescore(workspace, now()).await?;
    let rescored = started.elapsed().as_secs_f64();
    Ok(json!({"activities": receipt.activities, "import_seconds": imported, "columns_seconds": refreshed,
        "rescore_seconds": rescored}))
}

/// The whole history by month, or a year by day.
async fn time_kpi(workspace: &axle_app::Workspace, id: &str, grain: Grain, repeat: usize) -> Value {
    let from = if grain == Grain::Day { date(2025, 1, 1) } else { date(2021, 1, 1) };
    let as_of = "2026-01-01T00:00:00Z".parse().ok();
    let question =
        Question { from: Some(from), to: Some(date(2026, 1, 1)), grain: Some(grain), by: None, filter: None, as_of };
    let mut times = Vec::new();
    for _ in 0..=repeat {
        let started = Instant::now();
        if let Err(error) = figures::evaluate(workspace, id, &question, now()).await {
            return json!({"kpi": id, "grain": grain.name(), "error": error.to_string()});
        }
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let first = times.remove(0);
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() as f64 - 1.0) * share).round() as usize];
    json!({"kpi": id, "grain": grain.name(), "first_ms": first, "p50_ms": at(0.5), "p95_ms": at(0.95),
        "peak_memory_mib": peak_memory_mib()})
}

/// The most memory that this process has held, in MiB; 0 where the system does not tell.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
