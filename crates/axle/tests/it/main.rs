//! What a user can do, end to end, with the real binary. One test binary: each further one would link the query engine
//! again.

mod exports;
mod import;
mod kill;
mod real;
mod scores;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The binary on a data folder of its own, with nothing of this machine's environment.
pub(crate) struct Axle {
    folder: tempfile::TempDir,
}

impl Axle {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_axle"));
        command.args(arguments).env("AXLE_DATA", self.folder.path().join("data")).env_remove("AXLE_WORKSPACE");
        command
    }

    pub(crate) fn try_run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.try_run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "json"]);
        serde_json::from_str(&self.run(&arguments)).unwrap()
    }
}
