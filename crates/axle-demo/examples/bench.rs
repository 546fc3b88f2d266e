//! Makes the benchmark's community without keeping it, and says how fast that was.
//! `cargo run --release -p axle-demo --example bench -- 50000 1000000 1`

use std::io::{self, Write};

use axle_demo::{BenchSettings, write_benchmark};

fn main() -> io::Result<()> {
    let number = |place: usize, otherwise: u64| {
        std::env::args().nth(place).and_then(|text| text.parse::<u64>().ok()).unwrap_or(otherwise)
    };
    let members = u32::try_from(number(1, 50_000)).unwrap_or(u32::MAX);
    let settings = BenchSettings { members, activities: number(2, 1_000_000), seed: number(3, 1) };
    let (mut lines, mut bytes) = (0u64, 0u64);
    let started = std::time::Instant::now();
    write_benchmark(&settings, &mut |block| {
        lines += block.iter().filter(|&&byte| byte == b'\n').count() as u64;
        bytes += block.len() as u64;
        Ok(())
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let rate = lines as f64 / seconds;
    writeln!(io::stdout(), "{lines} lines, {bytes} bytes in {seconds:.2} s: {rate:.0} lines/s")
}
