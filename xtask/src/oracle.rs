//! `oracle`: every figure a second time, by the program in `oracle/`, over a made-up company, a record in which everything happens, and
//! the exports of real communities where they are there.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

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

/// Rates of that record: some months have none, some are the other way round, and two are of one day.
const RATES: &str = "date,from,to,rate\n2024-02-01,USD,EUR,0.9241\n2024-03-01,USD,EUR,0.9245\n2024-05-10,EUR,USD,1.0772\n\
                     2024-06-15,EUR,USD,1.0702\n2024-06-15,USD,EUR,0.9345\n2024-09-01,USD,EUR,0.9\n2024-10-01,USD,EUR,0.9035\n\
                     2024-11-01,USD,EUR,0.9215\n2025-01-15,EUR,USD,1.03\n2025-04-01,USD,EUR,0.925\n2025-06-01,USD,EUR,0.8805\n\
                     2025-06-20,USD,EUR,0.8695\n2025-09-01,EUR,USD,1.17\n2025-12-20,USD,EUR,0.85\n";

/// The one of them that is compared at every grain and under conditions; the others are by month, as a whole and by dimension.
const THOROUGH: &str = "questions";

/// Exports of real communities, in the folder that the tests of real data read, by the workspace that each is read into.
const REAL: [(&str, &str); 6] = [
    ("discord", "chat/discord-pyscript.zip"),
    ("slack", "chat/slack-clojurians-export.zip"),
    ("questions", "qa/stackexchange-cardano.zip"),
    ("mail", "mail/r-package-devel.tar.zst"),
    ("git", "git/atuin-hollow.bundle"),
    ("deals", "crm"),
];

/// Compares all figures; an error when one differs, or has no second implementation and no reason for that.
pub(crate) fn compare(workspace: &Workspace) -> anyhow::Result<()> {
    let python = python(workspace)?;
    let axle = workspace.axle()?;
    let data = workspace.emptied("oracle")?;
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
    let rates = data.with_extension("csv");
    std::fs::write(&rates, RATES)?;
    run(workspace
        .command(&axle)
        .args(["settings", "currencies", "--reporting", "EUR", "--workspace", "invented", "--data"])
        .arg(&data)
        .arg("--rates")
        .arg(&rates))?;
    same_figures(workspace, &python, &axle, &data, "invented")?;
    of_real_communities(workspace, &python, &axle, &workspace.emptied("oracle-real")?)
}

/// Compares the figures of a workspace.
fn same_figures(workspace: &Workspace, python: &Path, axle: &Path, data: &Path, name: &str) -> anyhow::Result<()> {
    // Or the server would read texts and look for questions asked before while figures are compared. Without the
    // large models it does not.
    for arguments in [&["text", "read", "--tier", "large"][..], &["questions", "duplicates"]] {
        workspace.command(axle).args(["--workspace", name]).args(arguments).arg("--data").arg(data).status()?;
    }
    compared(workspace.command(python), workspace, axle, data, name, &["--where"])
}

/// Compares the figures of real communities, each in a data folder of its own. Without their exports it says so.
fn of_real_communities(workspace: &Workspace, python: &Path, axle: &Path, data: &Path) -> anyhow::Result<()> {
    let folder = std::env::var_os("AXLE_SHARED_DATA").map_or_else(|| workspace.path("../shared/data"), PathBuf::from);
    let folder = std::path::absolute(folder)?;
    if !folder.join("expected.json").exists() {
        eprintln!("xtask: real communities are skipped: {} is missing", folder.join("expected.json").display());
        return Ok(());
    }
    for (name, export) in REAL {
        let started = Instant::now();
        let data = data.join(name);
        std::fs::create_dir_all(&data)?;
        // Not in the root, where the large models are: with them the server would read on while figures are compared.
        let here = |program: &Path| {
            let mut command = workspace.command(program);
            command.current_dir(&data);
            command
        };
        run(here(axle)
            .args(["import", "--workspace", name, "--source", name, "--data"])
            .arg(&data)
            .arg(folder.join(export)))?;
        run(here(axle).args(["--workspace", name, "questions", "duplicates", "--data"]).arg(&data))?;
        let more: &[&str] = if name == THOROUGH { &["--where"] } else { &["--grain", "month"] };
        compared(here(python), workspace, axle, &data, name, more)?;
        eprintln!("xtask: {name} after {:.0} s", started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Has a Python compare the figures of a workspace.
fn compared(
    mut python: Command,
    workspace: &Workspace,
    axle: &Path,
    data: &Path,
    name: &str,
    more: &[&str],
) -> anyhow::Result<()> {
    python.arg(workspace.path("oracle/compare.py")).arg("--axle").arg(axle).arg("--data").arg(data);
    python.args(["--workspace", name, "--fast"]).args(more);
    run(&mut python).with_context(|| format!("the figures of `{name}` differ"))
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
