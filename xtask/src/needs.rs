//! What the tests need besides Rust: git, Node.js, Chromium, npm packages, and the tools of the toolchain. What can be
//! installed from packages is; otherwise the command that does it is named.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context;

use crate::Setup;
use crate::json::Json;
use crate::workspace::{Workspace, output, run, which};

/// The folder of the tests that open pages in a browser.
const BROWSER: &str = "crates/axle-server/browser";

/// A program, the names that it goes by, and the Debian package that has it.
struct Program {
    names: &'static [&'static str],
    package: &'static str,
    why: &'static str,
}

const GIT: Program = Program { names: &["git"], package: "git", why: "reads repositories" };
const NODE: Program = Program { names: &["node"], package: "nodejs", why: "runs the browser tests" };
const NPM: Program = Program { names: &["npm"], package: "npm", why: "installs the browser tests' packages" };
const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    package: "chromium",
    why: "opens the pages",
};

const PYTHON: Program =
    Program { names: &["python3"], package: "python3-venv", why: "computes every figure a second time" };
const COMPILER: Program =
    Program { names: &["c++", "g++", "clang++"], package: "g++", why: "builds what breeds hostile texts" };

const OPENSSL: Program =
    Program { names: &["openssl"], package: "openssl", why: "makes the cluster tests' certificates" };
const CURL: Program = Program { names: &["curl"], package: "curl", why: "calls a scheduler as another build would" };

/// The S3 server of the cluster tests.
const MOTO: &str = "moto[server]==5.2.*";

/// What the browser tests run with.
pub(crate) struct Browser {
    pub(crate) folder: PathBuf,
    pub(crate) chromium: PathBuf,
}

/// Makes sure that all tests can run. `None` for the browser when there are no browser tests.
pub(crate) fn for_tests(workspace: &Workspace) -> anyhow::Result<Option<Browser>> {
    let has_browser_tests = has_browser_tests(workspace)?;
    let mut programs = vec![GIT];
    if has_browser_tests {
        programs.extend([NODE, NPM]);
        if chromium().is_none() {
            programs.push(CHROMIUM);
        }
    }
    install(workspace, &programs)?;
    if !has_browser_tests {
        eprintln!("xtask: {BROWSER} has no tests: only the Rust tests run");
        return Ok(None);
    }
    npm_packages(workspace)?;
    let chromium = chromium().context("Chromium was installed, and is not found")?;
    Ok(Some(Browser { folder: workspace.path(BROWSER), chromium }))
}

/// Makes sure that the toolchain has its formatter and linter, and that there are a C++ compiler and Python.
pub(crate) fn for_checks(workspace: &Workspace) -> anyhow::Result<()> {
    install(workspace, &[COMPILER, PYTHON])?;
    for (component, argument) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let mut cargo = workspace.cargo();
        cargo.args([argument, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
        if cargo.status().is_ok_and(|status| status.success()) {
            continue;
        }
        if which("rustup").is_none() {
            return Err(Setup(format!("the toolchain has no {component}: install it beside cargo")).into());
        }
        run(workspace.command("rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

/// Whether `cargo nextest` can be used.
pub(crate) fn has_nextest() -> bool {
    which("cargo-nextest").is_some()
}

fn has_browser_tests(workspace: &Workspace) -> anyhow::Result<bool> {
    let path = workspace.path(BROWSER).join("package.json");
    let Ok(text) = fs::read_to_string(&path) else { return Ok(false) };
    let package = Json::parse(&text).with_context(|| path.display().to_string())?;
    Ok(package.get("scripts").and_then(|scripts| scripts.text("test")).is_some())
}

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| path.is_file());
    named.or_else(|| CHROMIUM.names.iter().find_map(|name| which(name)))
}

/// Makes sure that the tests of a cluster can run; gives the S3 server, installed by pip into the target folder.
pub(crate) fn for_cluster(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    install(workspace, &[PYTHON, OPENSSL, CURL])?;
    let folder = workspace.target()?.join("xtask").join("moto");
    let server = folder.join("bin/moto_server");
    if !server.is_file() {
        run(workspace.command("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(workspace.command(folder.join("bin/python")).args(["-m", "pip", "install", "--quiet", MOTO]))?;
    }
    Ok(server)
}

fn install(workspace: &Workspace, programs: &[Program]) -> anyhow::Result<()> {
    let missing: Vec<&Program> =
        programs.iter().filter(|program| program.names.iter().all(|name| which(name).is_none())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    if which("apt-get").is_none() || !is_root(workspace) {
        let lines = missing.iter().map(|program| format!("  {} ({})", program.package, program.why));
        return Err(Setup(format!(
            "the tests need what is not here:\n{}\non Debian and its kin: sudo apt-get update && sudo apt-get install -y {}",
            lines.collect::<Vec<_>>().join("\n"),
            packages.join(" ")
        ))
        .into());
    }
    eprintln!("xtask: installing {}", packages.join(", "));
    let apt = |arguments: &[&str]| {
        let mut command = workspace.command("apt-get");
        run(command.env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(arguments).stdout(Stdio::null()))
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], packages.as_slice()].concat())
}

fn is_root(workspace: &Workspace) -> bool {
    output(workspace.command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// `npm ci`, unless what is installed is newer than the lock file.
fn npm_packages(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = workspace.path(BROWSER);
    let changed = |path: &str| fs::metadata(folder.join(path)).and_then(|file| file.modified()).ok();
    let (lock, installed) = (changed("package-lock.json"), changed("node_modules/.package-lock.json"));
    if lock.is_some() && installed >= lock {
        return Ok(());
    }
    let mut npm = workspace.command("npm");
    run(npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder))
}
