//! How many texts MiniLM reads in a second of one core's time, and how much memory it holds: `cargo run --release -p
//! axle-text --example minilm_speed -- models`. The best of several stretches, since other programs may run beside it.
#![allow(clippy::print_stdout, missing_docs)]

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use axle_text::Bytes;
use axle_text::minilm::{Kernel, MiniLm, MoodCopy};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("the folder of the models"));
    let read = |name: &str| Bytes::Shared(fs::read(folder.join(name)).expect("the model is there").into());
    let vocabulary = fs::read_to_string(folder.join("minilm-vocab.txt")).expect("the vocabulary is there");
    for kernel in Kernel::all().into_iter().rev() {
        let model = MiniLm::with_kernel(read("minilm-l6-q8.safetensors"), &vocabulary, kernel).expect("it is whole");
        let mood = MoodCopy::with_kernel(read("sentiment-minilm-q8.safetensors"), &model, kernel).expect("it is whole");
        for pieces in [10, 32, 64, 128] {
            let text = "time ".repeat(pieces - 2);
            let (vectors, moods) = (a_second(|| model.embed(&text)), a_second(|| mood.mood(&text)));
            println!("{kernel:?} {pieces} pieces: {vectors:.0} vectors, {moods:.0} moods a second");
        }
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(most) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("{most}");
    }
}

fn a_second<T>(run: impl Fn() -> T) -> f64 {
    let stretch = || {
        let (from, wall) = (on_processor(), Instant::now());
        let mut count = 0;
        while wall.elapsed().as_millis() < 100 {
            std::hint::black_box(run());
            count += 1;
        }
        f64::from(count) / from.and_then(|from| Some(on_processor()? - from)).unwrap_or(wall.elapsed().as_secs_f64())
    };
    (0..10).map(|_| stretch()).fold(0.0, f64::max)
}

/// Seconds that this program has run on a processor, where the system says so.
fn on_processor() -> Option<f64> {
    let told = fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(told.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}
