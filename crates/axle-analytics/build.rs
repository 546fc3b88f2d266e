//! Lists the files of `kpis/` so that they are embedded: a new definition needs no registration.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../kpis");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(&folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        let id = path.file_stem().and_then(|stem| stem.to_str()).expect("KPI file names are ASCII");
        println!("cargo::rerun-if-changed={}", path.display());
        writeln!(list, "({id:?}, include_str!({:?})),", path.display().to_string()).expect("writing to a string");
    }
    list.push(']');
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("kpis.rs");
    fs::write(out, list).expect("the build folder is writable");
    if env::var_os("CARGO_FEATURE_CLUSTER").is_some() {
        println!("cargo::rustc-env=AXLE_BUILD={}", build());
    }
}

/// Names the sources of this build: machines of a cluster exchange plans with their own kind only.
fn build() -> String {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let mut files = vec![root.join("Cargo.lock")];
    let mut folders: Vec<PathBuf> = ["axle-analytics", "axle-model"].map(|name| root.join("crates").join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let mut contents: Vec<(String, Vec<u8>)> = Vec::new();
    for path in files {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        contents.push((name, fs::read(&path).unwrap_or_default()));
    }
    contents.sort();
    let mut hasher = DefaultHasher::new();
    contents.hash(&mut hasher);
    format!("{}-{:016x}", env::var("CARGO_PKG_VERSION").expect("cargo sets it"), hasher.finish())
}
