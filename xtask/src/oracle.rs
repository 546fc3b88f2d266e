//! `oracle`: every figure a second time, by the program in `oracle/`, over a made-up company and a record in which everything happens.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::Setup;
use crate::workspace::{Workspace, run, which};

/// Members of the company: few, so that it takes minutes.
const MEMBERS: &str = "200";

/// The last day of the company: figures do not depend on the day on which they are compared.
const UNTIL: &str = "2026-11-01";

/// Business hours of the record in which everything happens: other than those of the company, which are as shipped.
const HOURS: &str = r#"{"days": ["sunday", "monday", "tuesday", "wednesday", "thursday"], "from": "08:30", "to": "24:00",
                        "holidays": ["2024-05-01", "2025-05-01"]}"#;

/// Compares all figures; an error when one differs, or has no second implementation and no reason for that.
pub(crate) fn compare(workspace: &Workspace) -> anyhow::Result<()> {
    let python = python(workspace)?;
    let axle = workspace.axle()?;
    let data = workspace.target()?.join("xtask").join("oracle");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    run(workspace
        .command(&axle)
        .args(["demo", "--no-serve", "--members", MEMBERS, "--seed", "1", "--until", UNTIL, "--data"])
        .arg(&data))?;
    same_figures(workspace, &python, &axle, &data, "demo")?;
    let invented = data.with_extension("jsonl");
    let lines = workspace.command(&python).arg("oracle/invent.py").stdout(File::create(&invented)?).status()?;
    anyhow::ensure!(lines.success(), "oracle/invent.py failed");
    run(workspace
        .command(&axle)
        .args(["import", "--workspace", "invented", "--source", "invented", "--data"])
        .arg(&data)
        .arg(&invented))?;
    run(workspace
        .command(&axle)
        .args(["settings", "business-hours", HOURS, "--workspace", "invented", "--data"])
        .arg(&data))?;
    same_figures(workspace, &python, &axle, &data, "invented")
}

/// Compares the figures of a workspace.
fn same_figures(workspace: &Workspace, python: &Path, axle: &Path, data: &Path, name: &str) -> anyhow::Result<()> {
    // Or the server would read texts and look for questions asked before while figures are compared. Without the
    // large models it does not.
    for arguments in [&["text", "read", "--tier", "large"][..], &["questions", "duplicates"]] {
        workspace.command(axle).args(["--workspace", name]).args(arguments).arg("--data").arg(data).status()?;
    }
    let mut compare = workspace.command(python);
    compare.arg("oracle/compare.py").arg("--axle").arg(axle).arg("--data").arg(data).args([
        "--workspace",
        name,
        "--fast",
    ]);
    run(&mut compare).with_context(|| format!("the figures of `{name}` differ"))
}

/// A Python with what the second implementation needs, installed by pip into the target folder, anew when that changes.
fn python(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.target()?.join("xtask").join("oracle-python");
    let (python, installed) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let wanted = workspace.read("oracle/requirements.txt")?;
    if std::fs::read_to_string(&installed).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let system =
        which("python3").ok_or_else(|| Setup("the second implementation needs Python 3.11 or newer".into()))?;
    run(workspace.command(system).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = workspace.command(&python);
    run(pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(workspace.path("oracle/requirements.txt")))?;
    std::fs::write(&installed, wanted)?;
    Ok(python)
}
