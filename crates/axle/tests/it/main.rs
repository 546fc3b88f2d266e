//! What a user can do, end to end, with the real binary. One test binary: each further one would link the query engine
//! again.

mod accounts;
mod api;
mod as_user;
mod backup;
mod champions;
mod charts;
mod community;
mod conditions;
mod currencies;
mod doctor;
mod export;
mod exports;
mod first_steps;
mod flywheels;
mod full_disk;
mod hand_offs;
mod identities;
mod import;
mod kill;
mod organizations;
mod own_flywheels;
mod packets;
mod questions;
mod real;
mod reconcile;
mod revisions;
mod role_walk;
mod roles;
mod scores;
mod stories;
mod tags;
mod tasks;
mod turning;
mod web;
mod wheels;
mod why;

use std::path::Path;
use std::process::{Command, Output};

use axle_store::{Db, dump};
use serde_json::Value;

/// What `ask` finds in a workspace's record.
pub(crate) fn read<T>(axle: &Axle, ask: impl AsyncFnOnce(Db) -> T) -> T {
    let folder = axle.data().join("data/workspaces/main");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { ask(Db::open(&folder).await.unwrap()).await })
}

/// Everything that the record states.
pub(crate) fn state(axle: &Axle) -> Vec<String> {
    let state = read(axle, async |db| dump::state(&db).await.unwrap());
    assert!(!state.iter().any(|line| line.starts_with(dump::DANGLING)), "activities of nobody or nowhere");
    state
}

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
        command.env_remove("AXLE_AS_USER");
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
