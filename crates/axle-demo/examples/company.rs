//! Writes a demo company to the standard output, and to the standard error how long that took and what it holds.
//! `cargo run --release -p axle-demo --example company -- 5000 1 > company.jsonl`

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use axle_demo::{CompanySettings, write_company};
use jiff::civil::date;

fn main() -> io::Result<()> {
    let number = |place: usize| std::env::args().nth(place).and_then(|text| text.parse::<u64>().ok());
    let members = number(1).and_then(|members| u32::try_from(members).ok()).unwrap_or(5000);
    let settings = CompanySettings { members, ..CompanySettings::new(number(2).unwrap_or(1), date(2025, 12, 31)) };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut counts = BTreeMap::<String, u64>::new();
    let started = std::time::Instant::now();
    write_company(&settings, &mut |line| {
        let text = |name: &str| line.get(name).and_then(|value| value.as_str());
        let kind = text("type").filter(|&kind| kind != "activity").or_else(|| text("activity")).unwrap_or("?");
        match counts.get_mut(kind) {
            Some(count) => *count += 1,
            None => drop(counts.insert(kind.to_owned(), 1)),
        }
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")
    })?;
    out.flush()?;
    let mut report = io::stderr().lock();
    for (kind, count) in &counts {
        writeln!(report, "{count:>8} {kind}")?;
    }
    writeln!(report, "{} lines in {:.2?}", counts.values().sum::<u64>(), started.elapsed())
}
