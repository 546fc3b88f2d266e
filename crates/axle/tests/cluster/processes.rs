//! The processes of a cluster under test: they end with what holds them.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axle_analytics::cluster::TlsFiles;
use tempfile::TempDir;

/// How long a process may take to come up.
const START: Duration = Duration::from_secs(90);

/// Shared by all tests of the binary: the demo's data, the S3 server, and folders.
struct Shared {
    folder: TempDir,
    s3: u16,
    _server: Child,
}

/// Ports are free when they are chosen; another process may take one before it is used.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let s3 = free_port();
    let program = std::env::var("MOTO_SERVER").unwrap_or_else(|_| "moto_server".into());
    // Statics are not dropped: the server ends when this process closes the pipe that it reads, however it ends.
    let script = r#""$0" -H 127.0.0.1 -p "$1" & read -r _; kill $!"#;
    let server = Command::new("sh")
        .args(["-c", script, &program, &s3.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let missing = format!("`pip install \"moto[server]\"`, or say in MOTO_SERVER where {program} is");
    wait_for(&format!("the S3 server ({missing})"), || make_bucket(s3));
    let output = with_store(Command::new(env!("CARGO_BIN_EXE_axle")), s3)
        .arg("--data")
        .arg(folder.path())
        .args(["demo", "--no-serve", "--members", "300", "--until", "2026-05-31"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // SAFETY: no other thread of this process runs yet that reads the environment: all tests begin here.
    #[allow(
        unsafe_code,
        clippy::disallowed_methods,
        reason = "the store of this process is asked as that of its children"
    )]
    for (name, value) in environment(s3) {
        unsafe { std::env::set_var(name, value) };
    }
    Shared { folder, s3, _server: server }
});

fn environment(s3: u16) -> [(&'static str, String); 5] {
    [
        ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{s3}")),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_REGION", "us-east-1".into()),
        ("AXLE_CLUSTER_STORE", store().into()),
    ]
}

fn with_store(mut command: Command, s3: u16) -> Command {
    command.envs(environment(s3));
    command
}

fn make_bucket(s3: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", s3)) else { return false };
    let request = "PUT /axle HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_there() {
        assert!(began.elapsed() < START, "{what} did not come up");
        #[expect(clippy::disallowed_methods, reason = "another process is asked again until it answers")]
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The folder of the demo's data.
pub(crate) fn demo() -> &'static Path {
    SHARED.folder.path()
}

pub(crate) fn store() -> &'static str {
    "s3://axle/tests"
}

/// The program on the demo's data.
pub(crate) fn axle(arguments: &[&str]) -> Command {
    let mut command = with_store(Command::new(env!("CARGO_BIN_EXE_axle")), SHARED.s3);
    command.args(arguments).env("AXLE_DATA", demo()).env("AXLE_LOG", "warn");
    command
}

/// A running scheduler or executor; killed when dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it and waits for the line that says where it listens.
    fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = String::new();
        for line in lines.by_ref() {
            let line = line.unwrap();
            writeln!(told, "{line}").unwrap();
            if line.starts_with("axle: scheduler on") || line.starts_with("axle: executor on") {
                std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
                return Ok(Self(child));
            }
        }
        let _ = child.wait();
        Err(told)
    }

    fn scheduler(host: &str, port: u16, certificates: Option<&Certificates>) -> Self {
        let mut command = axle(&["scheduler", "--listen", &format!("{host}:{port}")]);
        Certificates::add(&mut command, certificates);
        Self::start(command).unwrap()
    }

    /// The error is what it said before it ended.
    pub(crate) fn executor(url: &str, host: &str, certificates: Option<&Certificates>) -> Result<Self, String> {
        let work = tempfile::tempdir_in(demo()).unwrap().keep();
        let mut command = axle(&["executor", "--cores", "2", "--memory", "2048", "--cluster-scheduler", url]);
        command.args(["--listen", &format!("{host}:{}", free_port()), "--host", "127.0.0.1"]).arg("--work").arg(work);
        Certificates::add(&mut command, certificates);
        Self::start(command)
    }

    /// Ends it as the kernel does when memory runs out.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A cluster.
pub(crate) struct Machines {
    pub scheduler_url: String,
    pub scheduler: Process,
    pub executors: Vec<Process>,
    port: u16,
}

impl Machines {
    pub(crate) fn start(executors: usize) -> Self {
        Self::start_with(executors, "127.0.0.1", None)
    }

    pub(crate) fn start_with(executors: usize, host: &str, certificates: Option<&Certificates>) -> Self {
        let port = free_port();
        let scheduler = Process::scheduler(host, port, certificates);
        let scheme = if certificates.is_some() { "https" } else { "http" };
        let scheduler_url = format!("{scheme}://127.0.0.1:{port}");
        let start = |_| Process::executor(&scheduler_url, host, certificates).unwrap();
        let executors = (0..executors).map(start).collect();
        Self { scheduler_url, scheduler, executors, port }
    }

    pub(crate) fn add_executor(&mut self) {
        self.executors.push(Process::executor(&self.scheduler_url, "127.0.0.1", None).unwrap());
    }

    pub(crate) fn restart_scheduler(&mut self) {
        self.scheduler = Process::scheduler("127.0.0.1", self.port, None);
    }
}

/// An authority and one certificate for all machines, made by `openssl`.
pub(crate) struct Certificates(PathBuf);

impl Certificates {
    pub(crate) fn make(name: &str) -> Self {
        let folder = demo().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let openssl = |arguments: &str| {
            let mut command = Command::new("openssl");
            let output = command.args(arguments.split_whitespace()).current_dir(&folder).output().unwrap();
            assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        };
        std::fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        openssl(&format!("req -x509 {key} -days 2 -subj /CN=authority -keyout ca.key -out ca.pem"));
        openssl(&format!("req {key} -subj /CN=machine -keyout machine.key -out machine.csr"));
        openssl(
            "x509 -req -in machine.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out machine.pem",
        );
        Self(folder)
    }

    pub(crate) fn files(&self) -> TlsFiles {
        TlsFiles { ca: self.0.join("ca.pem"), cert: self.0.join("machine.pem"), key: self.0.join("machine.key") }
    }

    fn add(command: &mut Command, certificates: Option<&Self>) {
        if let Some(files) = certificates.map(Self::files) {
            command.arg("--cluster-ca").arg(files.ca).arg("--cluster-cert").arg(files.cert);
            command.arg("--cluster-key").arg(files.key);
        }
    }
}
