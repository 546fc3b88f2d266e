//! Links the binary smaller: functions of equal code are kept once, and relocations packed.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Rust's own linker on this target knows both.
    if std::env::var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu")
        && std::env::var("PROFILE").is_ok_and(|profile| profile == "release")
    {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
