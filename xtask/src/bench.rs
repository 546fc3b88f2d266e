//! Measures the release build on a synthetic community, and its peers beside it.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace::Workspace;

/// A release build, a community of that size, every figure timed, and the same questions asked of the peers.
pub(crate) fn run(workspace: &Workspace, members: &str, activities: &str) -> anyhow::Result<()> {
    let root = &workspace.root;
    step(Command::new("cargo").args(["build", "--release", "--package", "axle"]).current_dir(root))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let axle = target.join("release/axle");
    let folder = target.join("bench").join(activities);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder)?;
    let (lines, data, measured) = (folder.join("bench.jsonl"), folder.join("data"), folder.join("run.json"));
    let sizes = ["bench", "generate", "--members", members, "--activities", activities];
    step(Command::new(&axle).args(sizes).arg(&lines))?;
    let run = Command::new(&axle)
        .arg("--data")
        .arg(&data)
        .args(["--workspace", "bench", "--format", "json", "bench", "run"])
        .arg(&lines)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("axle bench run")?;
    if !run.status.success() {
        bail!("axle bench run failed");
    }
    std::fs::write(&measured, &run.stdout)?;
    std::io::stdout().write_all(&run.stdout)?;
    peers(root, &target, &axle, &data, &measured)
}

fn peers(root: &Path, target: &Path, axle: &Path, data: &Path, measured: &Path) -> anyhow::Result<()> {
    let (scripts, environment) = (root.join("bench/peers"), target.join("bench/python"));
    if !environment.exists() {
        step(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    }
    let python = environment.join("bin/python");
    let requirements = scripts.join("requirements.txt");
    step(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
    let mut compare = Command::new(&python);
    compare.arg(scripts.join("run.py")).arg("--axle").arg(axle).arg("--data").arg(data);
    compare.args(["--workspace", "bench", "--bench"]).arg(measured);
    // A server is not ours to start.
    if let Some(server) = std::env::var_os("AXLE_BENCH_POSTGRESQL") {
        compare.arg("--postgresql").arg(server);
    }
    step(&mut compare)
}

fn step(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed");
    }
    Ok(())
}
