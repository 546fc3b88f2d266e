//! `fuzz`: hostile texts, bred by the code that they reach. Builds `fuzz/` with counters of coverage, which the stable
//! compiler can, and runs it for some seconds.

use anyhow::Context;

use crate::workspace::{Workspace, output, run};

/// What `cargo fuzz` passes too, without a sanitizer: counters of each edge, and what is compared with what.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Seconds of one text, at most; 50 times what the slowest takes.
const MOST_SECONDS: u32 = 20;

/// Tries texts for so many seconds, from `fuzz/seeds` on; an error with the text's file when one does harm.
pub(crate) fn texts(workspace: &Workspace, seconds: u32) -> anyhow::Result<()> {
    let target = workspace.target()?.join("fuzz");
    let host = host(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", &host]);
    run(cargo.arg("--target-dir").arg(&target).env("RUSTFLAGS", COVERAGE))?;
    let [found, harmful] = ["found", "harmful"].map(|name| target.join(name));
    if found.exists() {
        std::fs::remove_dir_all(&found)?;
    }
    std::fs::create_dir_all(&found)?;
    std::fs::create_dir_all(&harmful)?;
    let mut fuzzer = workspace.command(target.join(&host).join("release/text"));
    fuzzer.args([&format!("-max_total_time={seconds}"), &format!("-timeout={MOST_SECONDS}")]);
    fuzzer.args(["-max_len=1024", "-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=1"]);
    fuzzer.arg(format!("-artifact_prefix={}/", harmful.display())).arg(&found).arg(workspace.path("fuzz/seeds"));
    run(&mut fuzzer).with_context(|| format!("a harmful text lies in {}", harmful.display()))
}

/// The triple of this machine: with it, build scripts are built without the counters.
fn host(workspace: &Workspace) -> anyhow::Result<String> {
    let told = output(workspace.cargo().arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("cargo names its host")?.to_owned())
}
