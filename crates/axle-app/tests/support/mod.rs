//! A workspace that reads what a test gives it.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod engine;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use axle_app::Workspace;
use axle_app::import::{ImportOptions, ImportReceipt, import, recognize};
use axle_store::dump;
use jiff::Timestamp;

use self::engine::Engine;

pub struct Community {
    pub workspace: Workspace,
    pub folder: tempfile::TempDir,
}

/// Far enough ahead that no fixture lies in the future.
pub fn clock() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

impl Community {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace =
            Workspace::open(folder.path(), "main", Vec::new(), |_| Arc::new(Engine::default())).await.unwrap();
        Self { workspace, folder }
    }

    pub async fn read(&self, path: &Path) -> ImportReceipt {
        self.read_as(path, None).await
    }

    pub async fn read_as(&self, path: &Path, format: Option<&str>) -> ImportReceipt {
        let mut inputs = recognize(path, format).unwrap();
        assert_eq!(inputs.len(), 1, "{}", path.display());
        import(&self.workspace, inputs.remove(0), &ImportOptions::default(), clock, &|_, _| {}).await.unwrap()
    }

    pub async fn read_into(&self, source: &str, path: &Path) -> ImportReceipt {
        let options = ImportOptions { source: Some(source.into()), ..ImportOptions::default() };
        import(&self.workspace, recognize(path, None).unwrap().remove(0), &options, clock, &|_, _| {}).await.unwrap()
    }

    pub async fn lines(&self, lines: &[&str]) -> ImportReceipt {
        let path = self.folder.path().join("lines.jsonl");
        fs::write(&path, lines.join("\n")).unwrap();
        self.read_as(&path, Some("interchange")).await
    }

    pub async fn state(&self) -> Vec<String> {
        let state = dump::state(self.workspace.db()).await.unwrap();
        assert!(!state.iter().any(|line| line.starts_with(dump::DANGLING)), "activities of nobody or nowhere");
        state
    }
}
