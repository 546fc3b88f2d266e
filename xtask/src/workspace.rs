//! The folder that holds the project, and running programs in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::json::Json;

/// The project on this disk.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// The one that this program was built from.
    pub(crate) fn find() -> anyhow::Result<Self> {
        // As cargo says when it runs this: what was compiled in may be another checkout that shares the target folder.
        let said = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let own = said.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = own.parent().context("xtask lies in the root folder")?;
        Ok(Self { root: root.to_owned() })
    }

    /// A path under the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The text of a file under the root.
    pub(crate) fn read(&self, relative: &str) -> anyhow::Result<String> {
        fs::read_to_string(self.path(relative)).with_context(|| relative.to_owned())
    }

    /// Files under `folder` with one of these endings, as paths under the root with `/`, sorted. Folders that tools
    /// make are passed over.
    pub(crate) fn files(&self, folder: &str, endings: &[&str]) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut folders = vec![self.path(folder)];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry?.path();
                let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
                if path.is_dir() {
                    if !["target", "node_modules", ".git"].contains(&name) {
                        folders.push(path);
                    }
                } else if path.extension().and_then(OsStr::to_str).is_some_and(|ending| endings.contains(&ending)) {
                    let relative = path.strip_prefix(&self.root).context("a file under the root")?;
                    found.push(relative.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// A program to be run in the root.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// `cargo`, the one that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> anyhow::Result<PathBuf> {
        let mut cargo = self.cargo();
        let metadata = output(cargo.args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata = Json::parse(&metadata)?;
        Ok(metadata.text("target_directory").context("cargo metadata names a target folder")?.into())
    }

    /// Where a step puts what only it reads, under a name of its own; empty, for what an earlier run left there may be of
    /// a program that knew more.
    pub(crate) fn emptied(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.target()?.join("xtask").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    }

    /// The `axle` program of the debug build, whether or not it is there.
    pub(crate) fn axle(&self) -> anyhow::Result<PathBuf> {
        Ok(self.target()?.join("debug").join(format!("axle{}", std::env::consts::EXE_SUFFIX)))
    }
}

/// Runs a program that shares our terminal; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("`{shown}` cannot be started"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// What a program prints; an error unless it succeeds. It sees no terminal.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<String> {
    let shown = shown(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("`{shown}` cannot be started"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` prints text"))
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy().into_owned());
    words.collect::<Vec<_>>().join(" ")
}

/// Where a program lies, if it can be run by this name.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
