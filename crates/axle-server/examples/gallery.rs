//! Writes every page with its sample data, and the assets beside, to be looked at in a browser:
//! `cargo run -p axle-server --example gallery -- OUT_DIR`, then `node browser/look.mjs OUT_DIR SHOTS_DIR`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::{Path, PathBuf};
use std::{fs, io};

fn main() -> io::Result<()> {
    let out = std::env::args_os().nth(1).map(PathBuf::from);
    let out = out.ok_or_else(|| io::Error::other("usage: gallery OUT_DIR"))?;
    let mut list = String::new();
    for sample in samples::all(false) {
        let name = if sample.path == "index" { "index.html".to_owned() } else { format!("{}/index.html", sample.path) };
        write(&out, &name, sample.html.as_bytes())?;
        list.push_str(&format!("{}\n", if sample.path == "index" { "" } else { &sample.path }));
    }
    for fragment in samples::fragments() {
        write(&out, &format!("{}/index.html", fragment.path), fragment.html.as_bytes())?;
    }
    for asset in axle_server::assets::all() {
        write(&out, asset.url.trim_start_matches('/'), asset.bytes)?;
    }
    write(&out, "pages.txt", list.as_bytes())?;
    write(&out, "content-security-policy.txt", axle_server::headers::CONTENT_SECURITY_POLICY.as_bytes())
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = out.join(name);
    fs::create_dir_all(path.parent().unwrap_or(out))?;
    fs::write(path, bytes)
}
