//! `test` and `check`: the steps, in the order that builds nothing twice.
//!
//! Every step that compiles takes the whole workspace with its tests' dependencies, so that the features of all
//! dependencies are the same throughout: clippy and the documentation share one set of metadata, and the build serves
//! the KPI cases, the browser and the Rust tests. Only hostile texts have a build of their own, of `axle-text`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::bail;

use crate::needs::{self, Browser};
use crate::workspace::{Workspace, run};
use crate::{fuzz, invariants, oracle, prose, reference};

/// How long hostile texts are bred.
const FUZZ_SECONDS: u32 = 60;

/// Every test: the browser's, then Rust's, whose summary comes last.
pub(crate) fn test(workspace: &Workspace) -> anyhow::Result<()> {
    let browser = step("what the tests need", || needs::for_tests(workspace))?;
    step("build", || build(workspace))?;
    tests(workspace, browser.as_ref())
}

/// All that a change must pass.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let browser = step("what the tests need", || {
        needs::for_checks(workspace)?;
        needs::for_tests(workspace)
    })?;
    step("format", || {
        run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
        run(workspace.cargo().args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
    })?;
    step("invariants", || told(text_invariants(workspace)?))?;
    step("clippy", || run(workspace.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])))?;
    step("documentation", || {
        // With the examples, or cargo would leave out the tests' dependencies, and check others anew for that.
        let mut cargo = workspace.cargo();
        cargo.args(["doc", "--workspace", "--no-deps", "--lib", "--bins", "--examples"]);
        run(cargo.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("build", || build(workspace))?;
    step("KPI cases", || {
        run(workspace.command(workspace.axle()?).args(["kpi", "check"]).env("AXLE_DATA", workspace.emptied("cases")?))
    })?;
    step("reference", || told(reference::stale(workspace, &workspace.axle()?)?))?;
    step("figures a second time", || oracle::compare(workspace))?;
    step("hostile texts", || fuzz::texts(workspace, FUZZ_SECONDS))?;
    tests(workspace, browser.as_ref())
}

/// What [`check`] leaves out: the feature `cluster`, which compiles a third more, and needs an S3 server to be tested.
pub(crate) fn cluster(workspace: &Workspace) -> anyhow::Result<()> {
    // The same selection in each step: with another, Cargo may compile DataFusion once more.
    const OF_FEATURE: [&str; 6] = ["-p", "axle-analytics", "-p", "axle", "--features", "axle/cluster"];
    let moto = step("what the tests need", || needs::for_cluster(workspace))?;
    step("clippy", || {
        run(workspace.cargo().arg("clippy").args(OF_FEATURE).args(["--all-targets", "--", "-D", "warnings"]))
    })?;
    step("unit tests", || run(workspace.cargo().arg("test").args(OF_FEATURE).args(["--lib", "cluster"])))?;
    // One after the other: each starts the processes of a cluster.
    step("a cluster of processes", || {
        let mut cargo = workspace.cargo();
        cargo.arg("test").args(OF_FEATURE).args(["--test", "cluster", "--", "--test-threads", "1"]);
        run(cargo.env("MOTO_SERVER", moto))
    })
}

/// Every rule that can be read off the files, then whether the reference is fresh, for which `axle` is built.
pub(crate) fn invariants(workspace: &Workspace) -> anyhow::Result<()> {
    told(text_invariants(workspace)?)?;
    build(workspace)?;
    told(reference::stale(workspace, &workspace.axle()?)?)
}

fn text_invariants(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut faults = invariants::faults(workspace)?;
    faults.extend(prose::faults(workspace)?);
    Ok(faults)
}

fn told(faults: Vec<String>) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} found:\n{}", faults.len(), faults.join("\n"))
}

/// Everything, tests included: what later steps run is there then.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    run(workspace.cargo().args(["build", "--workspace", "--all-targets"]))
}

/// A folder with every page as the pages' samples fill it, for tests that need no server.
fn gallery(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.emptied("gallery")?;
    let program = workspace.target()?.join("debug/examples").join(format!("gallery{}", std::env::consts::EXE_SUFFIX));
    run(workspace.command(program).arg(&folder))?;
    Ok(folder)
}

/// A browser test that fails does not keep the Rust tests from running.
fn tests(workspace: &Workspace, browser: Option<&Browser>) -> anyhow::Result<()> {
    let in_browser = browser.map_or(Ok(()), |browser| step("browser tests", || browser_tests(workspace, browser)));
    if let Err(error) = &in_browser {
        eprintln!("xtask: {error:#}; the Rust tests follow");
    }
    let program = if needs::has_nextest() { ["nextest", "run"].as_slice() } else { &["test"] };
    eprintln!("xtask: Rust tests");
    let rust = run(workspace.cargo().args(program).arg("--workspace"));
    in_browser.and(rust)
}

fn browser_tests(workspace: &Workspace, browser: &Browser) -> anyhow::Result<()> {
    let mut npm = workspace.command("npm");
    npm.args(["test", "--silent"]).current_dir(&browser.folder);
    npm.env("CHROMIUM", &browser.chromium).env("AXLE_BIN", workspace.axle()?);
    run(npm.env("AXLE_GALLERY", gallery(workspace)?))
}

/// Runs one step and tells how long it took.
fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("xtask: {name}");
    let started = Instant::now();
    let outcome = work();
    let word = if outcome.is_ok() { "done" } else { "failed" };
    eprintln!("xtask: {name} {word} after {:.1} s", started.elapsed().as_secs_f64());
    outcome.map_err(|error| error.context(format!("{name} failed")))
}
