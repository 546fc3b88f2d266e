//! What a server does while people do something else: imports, begun at once and read one after the other, and the reading of
//! words by other models than those that read them first.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::import::{self, Begun, ImportOptions};
use crate::questions::duplicates;
use crate::{AppError, AppResult, Workspace, reading, run_lock, score};

/// The imports of one workspace that wait or are read.
#[derive(Debug, Clone, Default)]
pub struct Imports {
    turn: Arc<Mutex<()>>,
    pending: Arc<AtomicUsize>,
    words: Words,
}

/// The reading of one workspace's words anew, and by the large models.
#[derive(Debug, Clone, Default)]
pub struct Words {
    state: Arc<Mutex<WordsState>>,
    now: Arc<RwLock<Option<WordsProgress>>>,
}

#[derive(Debug, Default)]
struct WordsState {
    is_running: bool,
    is_asked_again: bool,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordsProgress {
    /// Whether the large models read.
    pub is_large: bool,
    /// Texts read.
    pub done: u64,
    /// Texts in all.
    pub total: u64,
}

impl Words {
    /// How far it is; `None` when nothing is read.
    pub fn progress(&self) -> Option<WordsProgress> {
        *self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what waits, unless that is being done: then it looks again when it is through. What was read when the server
    /// stops stays.
    pub async fn start(&self, workspace: &Workspace, clock: fn() -> Timestamp) {
        let mut state = self.state.lock().await;
        state.is_asked_again = true;
        if !std::mem::replace(&mut state.is_running, true) {
            tokio::spawn(self.clone().run(workspace.clone(), clock));
        }
    }

    async fn run(self, workspace: Workspace, clock: fn() -> Timestamp) {
        loop {
            let mut state = self.state.lock().await;
            if !std::mem::take(&mut state.is_asked_again) {
                state.is_running = false;
                return;
            }
            drop(state);
            if let Err(error) = self.read(&workspace, clock).await {
                tracing::error!(%error, "texts could not be read: they are when the server starts again");
            }
            self.tell(None);
        }
    }

    fn tell(&self, progress: Option<WordsProgress>) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    async fn read(&self, workspace: &Workspace, clock: fn() -> Timestamp) -> AppResult<()> {
        if reading::refit_if_due(workspace, clock()).await? {
            tracing::info!("heads were refitted from corrections");
        }
        let tell = |is_large| move |done, total| self.tell(Some(WordsProgress { is_large, done, total }));
        let texts = reading::read_anew(workspace, &tell(false)).await?;
        if texts > 0 {
            tracing::info!(texts, "texts were read anew");
        }
        let folders = reading::model_folders(workspace.data_folder());
        let large = tokio::task::spawn_blocking(move || reading::large(&folders)).await;
        if let Some(large) = large.map_err(|error| AppError::Internal(error.to_string()))?? {
            let texts = reading::second_opinions(workspace, large, &tell(true)).await?;
            if texts > 0 {
                tracing::info!(texts, "texts were read by the large models");
            }
        }
        let found = duplicates::find(workspace, clock()).await?;
        if found.compared > 0 {
            tracing::info!(found.compared, found.answered_before, "questions were held against earlier ones");
        }
        Ok(())
    }
}

/// Marks the runs that were stopped before their end, and deletes what was uploaded for them. To be called when a server
/// opens a workspace. Gives how many there were.
pub async fn clear_up(workspace: &Workspace, now: Timestamp) -> AppResult<u64> {
    let found = run_lock::mark_stopped(workspace, now).await?;
    // What still runs, in another process, may read an upload.
    if found.running == 0
        && let Err(error) = std::fs::remove_dir_all(uploads(workspace))
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "earlier uploads could not be deleted");
    }
    Ok(found.stopped)
}

fn uploads(workspace: &Workspace) -> PathBuf {
    workspace.folder().join("uploads")
}

/// A new place for an upload: a folder of its own with a generated name. The file keeps what is harmless of its own
/// name, since some exports say only there which list or event they are.
pub fn place_for_upload(workspace: &Workspace, name: &str) -> AppResult<PathBuf> {
    let folder = uploads(workspace).join(Uuid::now_v7().to_string());
    std::fs::create_dir_all(&folder)
        .map_err(|error| AppError::Internal(format!("the folder for uploads cannot be made: {error}")))?;
    Ok(folder.join(harmless(name)))
}

/// Letters, digits and a few marks; nothing that leads elsewhere or hides the file.
fn harmless(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '@' | '+') { c } else { '_' };
    let mut name: String = last.trim_start_matches('.').chars().map(kept).collect();
    let cut = name.char_indices().map(|(at, _)| at).find(|at| name.len() - at <= 120).unwrap_or(name.len());
    let name = name.split_off(cut);
    if name.trim_matches(['.', ' ']).is_empty() { "export".into() } else { name }
}

/// Deletes an upload with its folder.
pub fn discard_upload(path: &Path) {
    if let Some(folder) = path.parent()
        && let Err(error) = std::fs::remove_dir_all(folder)
    {
        tracing::warn!(%error, "an upload could not be deleted");
    }
}

impl Imports {
    /// The reading of words, which goes on when an import is through.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Whether one waits or is read.
    pub fn is_busy(&self) -> bool {
        self.pending.load(Ordering::Acquire) > 0
    }

    /// Recognizes an upload and begins its run; it is read when those before it are done, then everybody is scored
    /// anew and the upload is deleted. Gives the run's number. An upload that is no export is deleted at once.
    pub async fn start(
        &self,
        workspace: &Workspace,
        path: PathBuf,
        options: ImportOptions,
        clock: fn() -> Timestamp,
    ) -> AppResult<i64> {
        match self.begin(workspace, path.clone(), &options, clock()).await {
            Ok(begun) => {
                let run = begun.run();
                self.pending.fetch_add(1, Ordering::AcqRel);
                let (own, workspace) = (self.clone(), workspace.clone());
                tokio::spawn(async move { own.finish(workspace, begun, path, options, clock).await });
                Ok(run)
            }
            Err(error) => {
                discard_upload(&path);
                Err(error)
            }
        }
    }

    async fn begin(
        &self,
        workspace: &Workspace,
        path: PathBuf,
        options: &ImportOptions,
        now: Timestamp,
    ) -> AppResult<Begun> {
        let format = options.format.clone();
        let found = tokio::task::spawn_blocking(move || import::recognize(&path, format.as_deref()))
            .await
            .map_err(|error| AppError::Internal(error.to_string()))?;
        let unknown = || AppError::Invalid("this is no export that Axle knows: choose its format by hand".into());
        // The place where it lies means nothing to whoever sent it.
        let mut found = match found {
            Err(AppError::Invalid(_)) => return Err(unknown()),
            other => other?,
        };
        if found.is_empty() {
            return Err(unknown());
        }
        import::begin(workspace, found.remove(0), options, now).await
    }

    async fn finish(
        self,
        workspace: Workspace,
        begun: Begun,
        path: PathBuf,
        options: ImportOptions,
        clock: fn() -> Timestamp,
    ) {
        let run = begun.run();
        let turn = self.turn.lock().await;
        let own = workspace.clone();
        // On a thread of its own, so that a panic ends the run and not the queue.
        let runtime = tokio::runtime::Handle::current();
        let reading = tokio::task::spawn_blocking(move || {
            runtime.block_on(import::import_begun(&own, begun, &options, clock, &|_, _| {}))
        });
        match reading.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(run, %error, "an import failed"),
            Err(error) => {
                tracing::error!(run, %error, "an import panicked");
                let stopped =
                    AppError::Internal("the import stopped on a fault of Axle's: see the server's log".into());
                import::failed(&workspace, run, stopped, clock).await;
            }
        }
        discard_upload(&path);
        // Who looks now sees what was read; the scores are ready before most do.
        self.pending.fetch_sub(1, Ordering::AcqRel);
        if let Err(error) = score::rescore(&workspace, clock()).await {
            tracing::error!(run, %error, "members were not scored after an import");
        }
        drop(turn);
        self.words.start(&workspace, clock).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere() {
        assert_eq!(harmless("../../etc/passwd"), "passwd");
        assert_eq!(harmless("C:\\temp\\list.mbox"), "list.mbox");
        assert_eq!(harmless("..."), "export");
        assert_eq!(harmless(".bashrc"), "bashrc");
        assert_eq!(harmless("a\u{0}b\n\"<c>.zip"), "a_b___c_.zip");
        assert!(harmless(&"é".repeat(300)).len() <= 120);
        assert!(harmless(&format!("{}.tar.gz", "x".repeat(300))).ends_with(".tar.gz"));
    }
}
