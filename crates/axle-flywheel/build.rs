//! Lists the files of `flywheels/` so that they are embedded: a new definition needs no registration.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../flywheels");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(&folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        let id = path.file_stem().and_then(|stem| stem.to_str()).expect("names of definitions are ASCII");
        println!("cargo::rerun-if-changed={}", path.display());
        writeln!(list, "({id:?}, include_str!({:?})),", path.display().to_string()).expect("writing to a string");
    }
    list.push(']');
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("flywheels.rs");
    fs::write(out, list).expect("the build folder is writable");
}
