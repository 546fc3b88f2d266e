//! `docs/reference/`: pages written from the code, so that they cannot fall behind it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::json::Json;
use crate::workspace::{Workspace, output};

const FOLDER: &str = "docs/reference";
const MARK: &str = "<!-- Written by `cargo xtask docs`; edits are lost. -->\n\n";

/// Writes every page, from this `axle` program or from one that is built now.
pub(crate) fn write(workspace: &Workspace, axle: Option<PathBuf>) -> anyhow::Result<()> {
    let axle = match axle {
        Some(axle) => axle.canonicalize().with_context(|| axle.display().to_string())?,
        None => {
            crate::check::build(workspace)?;
            workspace.axle()?
        }
    };
    for (path, text) in pages(workspace, &axle)? {
        fs::create_dir_all(workspace.path(FOLDER))?;
        fs::write(workspace.path(&path), text).with_context(|| path.clone())?;
        eprintln!("xtask: wrote {path}");
    }
    Ok(())
}

/// A line for each page that differs from what the code says now.
pub(crate) fn stale(workspace: &Workspace, axle: &Path) -> anyhow::Result<Vec<String>> {
    let pages = pages(workspace, axle)?;
    let differs = |path: &str, text: &str| fs::read_to_string(workspace.path(path)).ok().as_deref() != Some(text);
    let stale = pages.iter().filter(|(path, text)| differs(path, text));
    Ok(stale.map(|(path, _)| format!("{path}: differs from the code: run `cargo xtask docs`")).collect())
}

fn pages(workspace: &Workspace, axle: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let axle = Axle { workspace, program: axle };
    let pages = [
        ("interchange", of_model(workspace, "interchange")?),
        ("activities", of_model(workspace, "activities")?),
        ("sources", sources(&axle.json(&["source", "formats"])?)?),
        ("kpis", kpis(&axle.json(&["kpi", "list"])?)?),
        ("commands", commands(&axle)?),
    ];
    Ok(pages.map(|(name, text)| (format!("{FOLDER}/{name}.md"), format!("{MARK}{}\n", text.trim_end()))).into())
}

/// What axle-model's example prints: it links nothing else, so it is built within seconds.
fn of_model(workspace: &Workspace, page: &str) -> anyhow::Result<String> {
    let built = workspace.target()?.join("debug/examples").join(format!("reference{}", std::env::consts::EXE_SUFFIX));
    let newest =
        workspace.files("crates/axle-model", &["rs"])?.into_iter().filter_map(|path| changed(&workspace.path(&path)));
    if changed(&built) > newest.max() {
        return output(workspace.command(built).arg(page));
    }
    output(workspace.cargo().args(["run", "--quiet", "--package", "axle-model", "--example", "reference", "--", page]))
}

fn changed(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

/// The program, asked without a terminal, without settings of whoever runs this, and with a data folder of its own.
struct Axle<'a> {
    workspace: &'a Workspace,
    program: &'a Path,
}

impl Axle<'_> {
    fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = self.workspace.command(self.program);
        for name in ["AXLE_DATA", "AXLE_WORKSPACE", "AXLE_AS_USER", "AXLE_LOG"] {
            command.env_remove(name);
        }
        output(command.env("COLUMNS", "100").args(arguments))
    }

    fn json(&self, arguments: &[&str]) -> anyhow::Result<Json> {
        let data = self.workspace.emptied("reference")?;
        let data = data.to_str().context("the target folder's path is text")?;
        Json::parse(&self.output(&[&["--data", data, "--format", "json"], arguments].concat())?)
    }
}

fn sources(formats: &Json) -> anyhow::Result<String> {
    let mut page = String::from(
        "# Sources\n\nWhat `axle import` reads. The format is found by content; `--as FORMAT` overrules that.\n\n\
         | format | reads | recognized by |\n|---|---|---|\n",
    );
    for format in formats.items() {
        let cell = |name: &str| format.text(name).map(cell).with_context(|| format!("a format has a `{name}`"));
        writeln!(page, "| `{}` | {} | {} |", cell("format")?, cell("title")?, cell("looked_for")?)?;
    }
    Ok(page)
}

fn kpis(list: &Json) -> anyhow::Result<String> {
    let mut groups: Vec<(&str, Vec<&Json>)> = Vec::new();
    for kpi in list.items() {
        let group = kpi.text("group").context("a KPI has a group")?;
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, kpis)) => kpis.push(kpi),
            None => groups.push((group, vec![kpi])),
        }
    }
    groups.sort_by_key(|(name, _)| *name);
    let mut page = format!(
        "# KPIs\n\n{} figures. `axle kpi show ID` gives one, `axle kpi receipt ID` says how it comes about; the definitions \
         with their worked examples are the files of `kpis/`.\n",
        list.items().len()
    );
    for (group, kpis) in groups {
        writeln!(page, "\n## {group}\n\n| id | question | unit | by |\n|---|---|---|---|")?;
        for kpi in &kpis {
            let field = |name: &str| kpi.text(name).map(cell).unwrap_or_default();
            let by = kpi.texts("dimensions").join(", ");
            writeln!(page, "| `{}` | {} | {} | {} |", field("kpi"), field("question"), field("unit"), cell(&by))?;
        }
        for kpi in kpis {
            let caveats = kpi.texts("caveats");
            if !caveats.is_empty() {
                writeln!(page, "\n**`{}`**: {}", kpi.text("kpi").unwrap_or_default(), caveats.join(" "))?;
            }
        }
    }
    Ok(page)
}

fn commands(axle: &Axle<'_>) -> anyhow::Result<String> {
    let mut page = String::from("# Commands\n\nWhat `--help` prints, command by command.\n");
    let mut due: Vec<Vec<String>> = vec![Vec::new()];
    while let Some(command) = due.pop() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = axle.output(&[words.as_slice(), &["--help"]].concat())?;
        let name = std::iter::once("axle").chain(words).collect::<Vec<_>>().join(" ");
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim())?;
        let inside = subcommands(&help).into_iter().map(|inner| [command.as_slice(), &[inner.to_owned()]].concat());
        due.extend(inside.collect::<Vec<_>>().into_iter().rev());
    }
    Ok(page)
}

/// The names under `Commands:`, `help` aside.
fn subcommands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| line.trim_end() != "Commands:").skip(1);
    let block = lines.take_while(|line| line.starts_with("  "));
    let names = block.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").collect()
}

/// Text inside of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subcommands_are_found_in_help() {
        let help = "About\n\nUsage: axle <COMMAND>\n\nCommands:\n  import   Reads exports:\n           Slack, Discord\n  kpi      Figures\n  help     Print\n\nOptions:\n  -h\n";
        assert_eq!(subcommands(help), ["import", "kpi"]);
        assert_eq!(subcommands("Usage: axle import\n\nOptions:\n  -h\n"), [""; 0]);
    }

    #[test]
    fn pages_hold_what_the_program_lists() {
        let formats = Json::parse(r#"[{"format":"a","title":"A|B","looked_for":"<id>.json"}]"#).unwrap();
        assert!(sources(&formats).unwrap().ends_with("| `a` | A\\|B | &lt;id>.json |\n"));
        let list = r#"[{"kpi":"x","group":"G","question":"How many?","unit":"count","dimensions":["source","channel"],"caveats":["Mind."]}]"#;
        let page = kpis(&Json::parse(list).unwrap()).unwrap();
        assert!(page.contains("| `x` | How many? | count | source, channel |"), "{page}");
        assert!(page.ends_with("**`x`**: Mind.\n"), "{page}");
    }
}
