//! The server of the real binary, and a small browser for it: one request a connection.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use crate::Axle;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running server.
pub(crate) struct Web {
    child: Child,
    address: String,
    /// What it said before it served.
    pub(crate) said: String,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    /// The token of the page's forms.
    pub(crate) fn csrf(&self) -> String {
        let after = self.body.split("name=\"csrf\" value=\"").nth(1).expect("the page has a form");
        after.split('"').next().unwrap().to_owned()
    }
}

/// Adds a user of a role, `<role>@axle.example`.
pub(crate) fn add_user(axle: &Axle, role: &str) {
    let email = format!("{role}@axle.example");
    let name = format!("The {role}");
    let mut command = axle.command(&["user", "add", &email, "--name", &name, "--role", role]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

impl Web {
    /// Serves the folder of an [`Axle`] until it is dropped.
    pub(crate) fn of(axle: &Axle) -> Self {
        let mut command = axle.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut says = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("http://") {
            assert!(says.read_line(&mut said).unwrap() > 0, "the server ended");
        }
        let address = said.trim().rsplit("http://").next().unwrap().to_owned();
        // What it says later must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut says, &mut std::io::sink()));
        Self { child, address, said }
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        read_reply(&bytes)
    }

    pub(crate) fn get(&self, path: &str, cookie: &str) -> Reply {
        self.ask("GET", path, &[("cookie", cookie)], "")
    }

    /// Sends a form as a browser does from our own page.
    pub(crate) fn post(&self, path: &str, cookie: &str, form: &str) -> Reply {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.ask("POST", path, &[("cookie", cookie), ("sec-fetch-site", "same-origin"), kind], form)
    }

    /// Sends an empty form with a file, as a browser does.
    pub(crate) fn upload(&self, path: &str, cookie: &str) -> Reply {
        let kind = ("content-type", "multipart/form-data; boundary=axle");
        self.ask("POST", path, &[("cookie", cookie), ("sec-fetch-site", "same-origin"), kind], "--axle--\r\n")
    }

    pub(crate) fn api(&self, method: &str, path: &str, token: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        self.ask(method, path, &[("authorization", &bearer), ("content-type", "application/json")], body)
    }

    /// Signs the user of a role in: their cookie.
    pub(crate) fn sign_in(&self, role: &str) -> String {
        self.sign_in_as(&format!("{role}@axle.example"), PASSWORD)
    }

    /// Signs somebody in: their cookie.
    pub(crate) fn sign_in_as(&self, email: &str, password: &str) -> String {
        let (email, password) = (email.replace('@', "%40"), password.replace(' ', "+"));
        let form = format!("name={email}&password={password}&next=%2Fmain");
        let reply = self.post("/sign-in", "", &form);
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply.headers["set-cookie"].split(';').next().unwrap().to_owned()
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_reply(bytes: &[u8]) -> Reply {
    let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a reply has a head");
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let named = lines.filter_map(|line| line.split_once(": "));
    let headers: HashMap<String, String> = named.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let rest = &bytes[at + 4..];
    let is_chunked = headers.get("transfer-encoding").is_some_and(|value| value == "chunked");
    let body = if is_chunked { whole(rest) } else { rest.to_vec() };
    Reply { status, headers, body: String::from_utf8_lossy(&body).into_owned(), bytes: body }
}

/// The pieces of a body put together.
fn whole(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&rest[..end]), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
    body
}
