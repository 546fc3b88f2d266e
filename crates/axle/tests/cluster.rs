//! Queries on a cluster, as real processes: a scheduler, executors, and an S3 server (`moto_server`, of the Python
//! package `moto[server]`; the environment variable `MOTO_SERVER` says where it is). `cargo xtask cluster` runs it.

#[path = "cluster/processes.rs"]
mod processes;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axle_analytics::cluster::Cluster;
use axle_analytics::{DataFusionAnalytics, QueryLimits};
use axle_app::figures::{self, Question};
use axle_app::{AppError, Workspace};
use axle_model::analytics::{Analytics, AnalyticsError, Table};
use axle_model::time::Grain;
use jiff::Timestamp;
use serde_json::Value;

use processes::{Certificates, Machines, Process, axle, demo, store};

/// The demo's story ends the day before.
const NOW: &str = "2026-06-01T00:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn limits() -> QueryLimits {
    QueryLimits { at_once: 4, ..QueryLimits::default() }
}

/// The demo's workspace, answered here or by a cluster.
async fn workspace(cluster: Option<Cluster>) -> Workspace {
    within(cluster, limits()).await
}

async fn within(cluster: Option<Cluster>, limits: QueryLimits) -> Workspace {
    let kpis = axle_analytics::catalogue(None).unwrap();
    let engine = |folder| {
        let engine = DataFusionAnalytics::new(folder, limits.clone());
        match cluster {
            Some(cluster) => Arc::new(engine.on(cluster)) as Arc<dyn Analytics>,
            None => Arc::new(engine),
        }
    };
    Workspace::open(demo(), "demo", kpis, engine).await.unwrap()
}

fn of(machines: &Machines, parts: usize) -> Cluster {
    Cluster::new(&machines.scheduler_url, store(), None, parts).unwrap()
}

/// Floating point sums depend on the order of their parts: equal up to the last digits.
fn assert_equal(there: &Value, here: &Value, place: &str, wrong: &mut Vec<String>) {
    match (there, here) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            if (a - b).abs() > 1e-9 * a.abs().max(b.abs()) {
                wrong.push(format!("{place}: {a} there, {b} here"));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(at, (a, b))| assert_equal(a, b, &format!("{place}.{at}"), wrong));
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            for (key, a) in a {
                assert_equal(a, b.get(key).unwrap_or(&Value::Null), &format!("{place}.{key}"), wrong);
            }
        }
        (a, b) if a == b => {}
        (a, b) => wrong.push(format!("{place}: {a} there, {b} here")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_is_the_same() {
    let machines = Machines::start(2);
    // Whether figures are equal is asked, not how fast a build without optimization is.
    let patient = || QueryLimits { time: Duration::from_secs(600), ..limits() };
    let there = within(Some(of(&machines, 3)), patient()).await;
    let here = within(None, patient()).await;
    let mut wrong = Vec::new();
    let (mut time_here, mut time_there, mut values) = (Duration::ZERO, Duration::ZERO, 0);
    let mut slowest = (Duration::ZERO, String::new());
    let ids: Vec<String> = here.kpis().iter().map(|kpi| kpi.id.clone()).collect();
    let only = std::env::var("AXLE_ONLY").unwrap_or_default();
    for id in ids.iter().filter(|id| only.is_empty() || only.split(',').any(|one| one == id.as_str())) {
        let question = Question {
            from: Some("2025-06-01".parse().unwrap()),
            to: Some("2026-06-01".parse().unwrap()),
            grain: Some(Grain::from_name("month").unwrap()),
            ..Question::default()
        };
        let began = Instant::now();
        let expected = figures::evaluate(&here, id, &question, now()).await;
        let took_here = began.elapsed();
        let found = figures::evaluate(&there, id, &question, now()).await;
        let took_there = began.elapsed() - took_here;
        (time_here, time_there) = (time_here + took_here, time_there + took_there);
        slowest = slowest.max((took_there, id.clone()));
        let before = wrong.len();
        match (found, expected) {
            (Ok(found), Ok(expected)) => {
                values += expected.points.iter().filter(|point| point.value.is_some()).count();
                let [found, expected] = [found, expected].map(|answer| serde_json::to_value(answer).unwrap());
                assert_equal(&found, &expected, id, &mut wrong);
            }
            (found, expected) => wrong.push(format!("{id}: {:?} there, {:?} here", found.err(), expected.err())),
        }
        wrong[before..].iter().for_each(|told| eprintln!("differs: {told}"));
        let differs = if wrong.len() > before { "differs" } else { "equal" };
        eprintln!("{id}: {differs}, {took_here:?} here, {took_there:?} on the cluster");
    }
    eprintln!("{} figures with {values} values: {time_here:?} here, {time_there:?} on the cluster", ids.len());
    eprintln!("the slowest on the cluster: {} in {:?}", slowest.1, slowest.0);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), ids.len(), wrong.join("\n"));
    assert!(!only.is_empty() || values > 1000, "{values} values say little");
}

#[test]
fn the_command_line_asks_a_cluster() {
    let machines = Machines::start(1);
    let ask = |arguments: &[&str]| {
        let mut all = vec!["--workspace", "demo", "--format", "json", "--as-of", NOW];
        all.extend(arguments);
        let output = axle(&all).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let show = ["kpi", "show", "members_active", "--from", "2025-06-01", "--to", "2026-06-01", "--by", "source"];
    let (here, scheduler) = (ask(&show), machines.scheduler_url.as_str());
    assert!(here["points"].as_array().unwrap().len() > 12, "{here}");
    let there = ask(&[&show[..], &["--engine", "cluster", "--cluster-scheduler", scheduler]].concat());
    assert_eq!(there, here);

    for refused in [&["serve"][..], &["demo", "--no-serve"], &["bench", "generate", "x"], &["members", "list"]] {
        let output = axle(&[refused, &["--engine", "cluster"]].concat()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{refused:?}: {told}");
        assert!(told.contains("--engine cluster is for `axle kpi` and `axle sql`"), "{refused:?}: {told}");
    }
}

/// Some seconds of work in several tasks.
const LONG: &str = "select a.channel, count(*) as pairs, sum(a.weight + b.weight) as weight \
                    from activities a join activities b on a.channel = b.channel and a.weight <= b.weight \
                    and date_trunc('month', a.occurred_at) = date_trunc('month', b.occurred_at) \
                    group by a.channel order by a.channel";

async fn ask(workspace: &Workspace) -> Result<Table, AppError> {
    figures::sql(workspace, LONG, 1_000, now()).await
}

fn assert_typed(error: &AppError) {
    assert!(
        matches!(error, AppError::Analytics(AnalyticsError::Unavailable(_))),
        "it should say that the cluster is unavailable: {error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_executor_changes_no_answer() {
    let mut machines = Machines::start(2);
    let here = workspace(None).await;
    let began = Instant::now();
    let expected = ask(&here).await.unwrap();
    eprintln!("the long query: {:?} here", began.elapsed());
    assert!(!expected.rows.is_empty());
    let there = workspace(Some(of(&machines, 4))).await;
    let began = Instant::now();
    assert_eq!(ask(&there).await.unwrap().rows, expected.rows);
    let whole = began.elapsed();
    for part in 1..=3 {
        let began = Instant::now();
        let (asked, ()) = tokio::join!(ask(&there), async {
            tokio::time::sleep(whole * part / 4).await;
            machines.executors.remove(0).kill();
        });
        let took = began.elapsed();
        let told = match asked {
            Ok(found) => {
                assert_eq!(found.rows, expected.rows, "killed at {part}/4");
                "the same answer".to_owned()
            }
            Err(error) => {
                assert_typed(&error);
                error.to_string()
            }
        };
        eprintln!("{whole:?} undisturbed, {took:?} with an executor killed at {part}/4: {told}");
        assert!(took < Duration::from_secs(60), "{took:?}");
        machines.add_executor();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_gone_is_missed_within_a_minute() {
    let mut machines = Machines::start(1);
    let there = workspace(Some(of(&machines, 2))).await;
    let expected = ask(&there).await.unwrap();
    machines.executors.clear();
    let began = Instant::now();
    assert_typed(&ask(&there).await.unwrap_err());
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    machines.add_executor();
    assert_eq!(ask(&there).await.unwrap().rows, expected.rows, "an executor came");

    machines.scheduler.kill();
    let began = Instant::now();
    assert_typed(&ask(&there).await.unwrap_err());
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    machines.restart_scheduler();
    assert_eq!(ask(&there).await.unwrap().rows, expected.rows, "the scheduler came back");
}

#[test]
fn other_builds_and_open_ports_are_refused() {
    let machines = Machines::start(0);
    let url = format!("{}/ballista.protobuf.SchedulerGrpc/PollWork", machines.scheduler_url);
    let call = ["-sS", "-D", "-", "--http2-prior-knowledge", "-X", "POST", "-H", "content-type: application/grpc"];
    let mut curl = std::process::Command::new("curl");
    let answer = curl.args(call).args(["-H", "te: trailers", "-A", "axle/another", &url]).output().unwrap();
    let answer = String::from_utf8_lossy(&answer.stdout).to_lowercase();
    assert!(answer.contains("grpc-status: 9") && answer.contains("another%20build"), "{answer}");

    for role in ["scheduler", "executor"] {
        let output = axle(&[role, "--listen", "0.0.0.0:0", "--cluster-store", store()]).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("give certificates"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_open_the_ports() {
    let (ours, theirs) = (Certificates::make("ours"), Certificates::make("theirs"));
    let machines = Machines::start_with(1, "0.0.0.0", Some(&ours));
    let asked = async |url: &str, tls: Option<&Certificates>| {
        let files = tls.map(Certificates::files);
        let cluster = Cluster::new(url, store(), files.as_ref(), 2).unwrap();
        let query = "select source, count(*) as activities from activities group by source order by source";
        figures::sql(&workspace(Some(cluster)).await, query, 100, now()).await
    };
    let (https, http) = (&machines.scheduler_url, machines.scheduler_url.replace("https", "http"));
    let found = asked(https, Some(&ours)).await.unwrap();
    assert!(!found.rows.is_empty());
    assert_typed(&asked(https, Some(&theirs)).await.unwrap_err());
    assert_typed(&asked(&http, None).await.unwrap_err());
    // A process of our own with the wrong certificate gets no work.
    let stranger = Process::executor(https, "127.0.0.1", Some(&theirs));
    assert!(stranger.is_err(), "an executor of another authority was let in");
}
