//! `cargo xtask`: what the project does to itself and needs logic for. The commands of daily work stand in `justfile`.

mod bench;
mod check;
mod fuzz;
mod invariants;
mod json;
mod manifest;
mod needs;
mod new_source;
mod oracle;
mod prose;
mod reference;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use workspace::Workspace;

const USAGE: &str = "\
cargo xtask test                  every test: Rust, and the pages in a browser; installs or names what they need
cargo xtask check                 what CI runs: format, invariants, clippy, docs, KPI cases, figures a second time, hostile texts, tests
cargo xtask cluster               queries on several machines: clippy and tests of the feature `cluster`
cargo xtask fuzz SECONDS          hostile texts, bred by the code that they reach
cargo xtask oracle                every figure a second time, by another program
cargo xtask invariants            the wall between the crates, and the other rules of ARCHITECTURE.md
cargo xtask bench [MEMBERS ACTIVITIES]  how fast a release build answers, and its peers beside it
cargo xtask docs [--binary AXLE]  writes docs/reference/ from the code
cargo xtask new source NAME       a source to begin with: its file, its fixtures, its line in the register";

/// What is missing or wrong outside of the project: exit code 2, as against 1 for a check that failed.
#[derive(Debug)]
pub(crate) struct Setup(pub(crate) String);

impl std::fmt::Display for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Setup {}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(if error.is::<Setup>() { 2 } else { 1 })
        }
    }
}

fn run(arguments: &[&str]) -> anyhow::Result<()> {
    let workspace = Workspace::find()?;
    match arguments {
        ["test"] => check::test(&workspace),
        ["check"] => check::check(&workspace),
        ["cluster"] => check::cluster(&workspace),
        ["invariants"] => check::invariants(&workspace),
        ["fuzz", seconds] => {
            let seconds = seconds.parse().map_err(|_| Setup(format!("`{seconds}` is no number of seconds")))?;
            fuzz::texts(&workspace, seconds)
        }
        ["oracle"] => oracle::compare(&workspace),
        ["bench"] => bench::run(&workspace, "50000", "1000000"),
        ["bench", members, activities] => bench::run(&workspace, members, activities),
        ["docs"] => reference::write(&workspace, None),
        ["docs", "--binary", binary] => reference::write(&workspace, Some(PathBuf::from(binary))),
        ["new", "source", name] => new_source::create(&workspace, name),
        [] | ["help" | "--help" | "-h"] => {
            eprintln!("{USAGE}");
            Ok(())
        }
        other => Err(Setup(format!("`{}` is no command.\n{USAGE}", other.join(" "))).into()),
    }
}
