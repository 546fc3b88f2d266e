//! Reads commits with the system's `git`, without trusting the repository.
//!
//! Git is never run inside the repository: it runs in an empty one of our own in a temporary folder and is told where
//! the objects are. So the repository's configuration, hooks, replacements and filters are never looked at.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::input::unreadable;
use crate::read::Places;
use crate::source::{Context, Emit};
use crate::{Member, RawRecord, SourceError};

/// The fields of one commit, each ended by a NUL byte.
pub(super) const FORMAT: &str = "%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%s%x00%(trailers:only,unfold)";
const FIELDS: usize = 8;

const MOST_LINKS: usize = 5;
const LARGEST_HEADER: usize = 1 << 20;

/// Reads every commit reachable from HEAD, and the mailmap that stands there. `folder` holds HEAD and objects/.
pub(super) fn read_folder(folder: &Path, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let place = folder.display().to_string();
    let tip = head_of(folder).ok_or_else(|| {
        SourceError::NotAnExport(format!("{place}: HEAD leads to no commit: is the repository empty?"))
    })?;
    let reader = Reader::new(&place, Some(folder.join("objects")), &tip)?;
    // A shallow clone ends where this list says; without it git takes the missing parents for damage.
    if folder.join("shallow").is_file() {
        fs::copy(folder.join("shallow"), reader.home.path().join("shallow"))
            .map_err(|cause| unreadable(&place, cause))?;
    }
    reader.read("repository", emit)
}

/// Reads a bundle: every commit reachable from its HEAD, or else from its main branch.
pub(super) fn read_bundle(member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let path = member.path.to_owned();
    let lost = |cause| unreadable(&path, cause);
    let refused = |reason: &str| SourceError::NotAnExport(format!("{path}: {reason}"));
    let header = bundle_header(member.bytes).map_err(lost)?;
    let lines: Vec<_> = header.lines().collect();
    if lines.iter().any(|line| line.starts_with('-')) {
        return Err(refused(
            "the bundle builds on commits that it does not hold: make one with `git bundle create FILE HEAD`",
        ));
    }
    let refs: Vec<_> =
        lines.iter().filter_map(|line| line.split_once(' ')).filter(|(id, _)| is_object_id(id)).collect();
    let named = |name: &str| refs.iter().find(|(_, found)| *found == name);
    let tip = ["HEAD", "refs/heads/main", "refs/heads/master"]
        .into_iter()
        .find_map(named)
        .or_else(|| refs.iter().find(|(_, name)| name.starts_with("refs/heads/")))
        .ok_or_else(|| refused("the bundle has no branch"))?
        .0;
    let reader = Reader::new(&path, None, tip)?;
    let copy = reader.home.path().join("copy.bundle");
    let mut file = File::create(&copy).map_err(lost)?;
    io::copy(&mut header.as_bytes().chain(member.bytes), &mut file).map_err(lost)?;
    reader.run(reader.git().arg("bundle").arg("unbundle").arg(&copy))?;
    fs::remove_file(&copy).map_err(lost)?;
    reader.read(&path, emit)
}

/// The lines up to and with the first blank one.
fn bundle_header(bytes: &mut dyn BufRead) -> io::Result<String> {
    let mut header = Vec::new();
    loop {
        let count = bytes.take(LARGEST_HEADER as u64).read_until(b'\n', &mut header)?;
        if count <= 1 {
            break;
        }
        if header.len() > LARGEST_HEADER {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the bundle's header does not end"));
        }
    }
    String::from_utf8(header).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the bundle's header is damaged"))
}

fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The commit that HEAD stands for, read from the files themselves.
fn head_of(folder: &Path) -> Option<String> {
    let mut name = "HEAD".to_owned();
    for _ in 0..MOST_LINKS {
        let text = fs::read_to_string(folder.join(&name)).or_else(|_| packed_ref(folder, &name)).ok()?;
        let text = text.trim();
        if is_object_id(text) {
            return Some(text.to_owned());
        }
        name = text.strip_prefix("ref: ")?.trim().to_owned();
        let is_plain = name.starts_with("refs/") && name.split('/').all(|part| !part.is_empty() && part != "..");
        is_plain.then_some(())?;
    }
    None
}

fn packed_ref(folder: &Path, name: &str) -> io::Result<String> {
    let refs = fs::read_to_string(folder.join("packed-refs"))?;
    let found = refs.lines().filter_map(|line| line.split_once(' ')).find(|(_, found)| found.trim() == name);
    found.map(|(id, _)| id.to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// An empty repository of our own that borrows somebody's objects.
struct Reader {
    place: String,
    home: TempDir,
    objects: Option<PathBuf>,
    tip: String,
}

impl Reader {
    fn new(place: &str, objects: Option<PathBuf>, tip: &str) -> Result<Self, SourceError> {
        let home = tempfile::tempdir().map_err(|cause| unreadable("temporary folder", cause))?;
        // Absolute, since git is run elsewhere.
        let objects = objects.map(|path| path.canonicalize()).transpose().map_err(|cause| unreadable(place, cause))?;
        let reader = Self { place: place.to_owned(), home, objects: None, tip: tip.to_owned() };
        let format = if tip.len() == 64 { "sha256" } else { "sha1" };
        let mut init = reader.git();
        init.args(["init", "--quiet", "--bare", "--template="]).arg(format!("--object-format={format}"));
        reader.run(init.arg(reader.home.path()))?;
        Ok(Self { objects, ..reader })
    }

    /// `git` with nothing of the user's, the system's or the repository's settings.
    fn git(&self) -> Command {
        let mut git = Command::new("git");
        let kept = ["PATH", "SystemRoot", "TMPDIR", "TEMP", "TMP"];
        git.env_clear().envs(kept.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        git.env("HOME", self.home.path()).env("GIT_DIR", self.home.path()).env("LC_ALL", "C");
        for (name, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
        ] {
            git.env(name, value);
        }
        git.envs(self.objects.iter().map(|objects| ("GIT_OBJECT_DIRECTORY", objects)));
        git.args(["-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "-c", "core.hooksPath=/dev/null"]);
        git.current_dir(self.home.path()).stdin(Stdio::null());
        git
    }

    fn failed(&self, cause: &io::Error) -> SourceError {
        SourceError::NotAnExport(if cause.kind() == io::ErrorKind::NotFound {
            format!("{}: reading a git repository needs the program `git`, which is not installed", self.place)
        } else {
            format!("{}: git could not be started: {cause}", self.place)
        })
    }

    /// Runs to the end and gives what was printed.
    fn run(&self, git: &mut Command) -> Result<Vec<u8>, SourceError> {
        let output = git.output().map_err(|cause| self.failed(&cause))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(SourceError::NotAnExport(format!("{}: git could not read it: {}", self.place, complaint(&output.stderr))))
    }

    fn read(&self, file: &str, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        // Most repositories have no mailmap, and then git complains.
        if let Ok(mailmap) = self.run(self.git().args(["cat-file", "blob"]).arg(format!("{}:.mailmap", self.tip))) {
            super::read_mailmap(".mailmap", &mailmap, emit)?;
        }
        self.read_commits(file, emit)
    }

    /// Streams the log. Commits before a damaged one are kept.
    fn read_commits(&self, file: &str, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let lost = |cause| unreadable(&self.place, cause);
        let complaints = self.home.path().join("complaints");
        let mut git = self.git();
        git.args([
            "log",
            "-z",
            "--no-color",
            "--no-decorate",
            "--no-mailmap",
            "--no-show-signature",
            "--encoding=UTF-8",
        ]);
        git.arg(format!("--format=tformat:{FORMAT}")).arg(&self.tip).arg("--");
        git.stdout(Stdio::piped()).stderr(File::create(&complaints).map_err(lost)?);
        let mut running = Running(git.spawn().map_err(|cause| self.failed(&cause))?);
        let mut log = BufReader::with_capacity(
            64 << 10,
            running.0.stdout.take().ok_or_else(|| lost(io::ErrorKind::BrokenPipe.into()))?,
        );
        let (context, places) = (Context::default(), Places::new(file, "commit"));
        let mut count = 0;
        while let Some(body) = next_commit(&mut log).map_err(lost)? {
            count += 1;
            emit(RawRecord::new(super::COMMIT, places.at(count), &context, body))?;
        }
        if running.0.wait().map_err(lost)?.success() {
            return Ok(());
        }
        let complaint = complaint(&fs::read(&complaints).map_err(lost)?);
        if count == 0 {
            return Err(SourceError::NotAnExport(format!("{}: git could not read it: {complaint}", self.place)));
        }
        emit(RawRecord::broken(places.at(count + 1), &context, format!("git stopped here: {complaint}"), Vec::new()))
    }
}

/// Ends the process when the reading stops early.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended already, and then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The next commit's fields, still divided by NUL bytes; `None` at the end.
fn next_commit(log: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut body = Vec::with_capacity(512);
    for _ in 0..FIELDS {
        if log.read_until(0, &mut body)? == 0 {
            return Ok(None);
        }
    }
    body.pop();
    Ok(Some(body))
}

/// The first line of what git complained about, without the places of our temporary files.
fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    line.trim_start_matches("fatal: ").trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, Limits, Source};

    fn git(folder: &Path, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(folder).args(["-c", "user.name=Ada", "-c", "user.email=ada@axle.example"]).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR");
        let output = git.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn subjects(folder: &Path) -> Result<Vec<String>, SourceError> {
        let mut subjects = Vec::new();
        let input = Input::open(folder, Limits::default())?;
        super::super::Git.read(&input, &mut |record| {
            subjects.push(String::from_utf8_lossy(record.body.split(|byte| *byte == 0).nth(6).unwrap()).into_owned());
            Ok(())
        })?;
        Ok(subjects)
    }

    /// A repository with two commits, packed references, and settings that would run a program.
    fn hostile_repository() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        git(path, &["init", "--quiet", "-b", "trunk"]);
        git(path, &["commit", "--quiet", "--allow-empty", "-m", "First"]);
        git(path, &["commit", "--quiet", "--allow-empty", "-m", "Second"]);
        git(path, &["replace", "HEAD", "HEAD~1"]);
        git(path, &["pack-refs", "--all"]);
        for setting in ["core.fsmonitor", "core.pager", "log.showSignature", "core.sshCommand"] {
            git(path, &["config", setting, if setting.starts_with("log") { "true" } else { "touch harm" }]);
        }
        git(path, &["config", "log.mailmap", "true"]);
        folder
    }

    #[test]
    fn a_repository_is_read_without_its_settings() {
        let folder = hostile_repository();
        assert_eq!(subjects(folder.path()).unwrap(), ["Second", "First"]);
        assert_eq!(subjects(&folder.path().join(".git")).unwrap(), ["Second", "First"]);
        let probe = Input::open(folder.path(), Limits::default()).unwrap().probe().unwrap();
        assert!(super::super::Git.detect(&probe) > 90);
        assert!(!folder.path().join("harm").exists() && !folder.path().join(".git/harm").exists());
    }

    #[test]
    fn a_shallow_clone_ends_where_it_was_cut() {
        let (whole, shallow) = (hostile_repository(), tempfile::tempdir().unwrap());
        let url = format!("file://{}", whole.path().display());
        git(shallow.path(), &["clone", "--quiet", "--depth", "1", &url, "copy"]);
        assert_eq!(subjects(&shallow.path().join("copy")).unwrap().len(), 1);
    }

    #[test]
    fn an_empty_repository_and_a_hostile_head_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet"]);
        assert!(subjects(folder.path()).unwrap_err().to_string().contains("empty"));
        fs::write(folder.path().join("secret"), "a".repeat(40)).unwrap();
        fs::write(folder.path().join(".git/HEAD"), "ref: refs/../../secret\n").unwrap();
        assert!(subjects(folder.path()).unwrap_err().to_string().contains("HEAD leads to no commit"));
    }
}
