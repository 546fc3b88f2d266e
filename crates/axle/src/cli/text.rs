//! `axle text`: what texts say.

use std::io::{BufRead, IsTerminal, Write};
use std::num::NonZeroUsize;

use anyhow::bail;
use axle_app::reading::{self, LabelledText, Tier};
use clap::{Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::Arguments;
use crate::output::{Listing, print};
use crate::wiring::now;

/// What texts say: language, mood, questions, interest in buying, feedback, products named
#[derive(Debug, Subcommand)]
pub(crate) enum Text {
    /// Labels texts: JSON Lines with `text` (and `title`, `transcript`) in, a JSON line for each out
    Label {
        /// Models to read with: large ones are slower, better, and files beside the program
        #[arg(long, value_enum, default_value = "small")]
        tier: Models,
    },
    /// Reads anew what other models have read, or none
    Read {
        /// Models to read with: the large ones give a second opinion on questions, needs and feedback
        #[arg(long, value_enum, default_value = "small")]
        tier: Models,
    },
    /// Says what a text really says; this stands above what was read, now and later
    Correct {
        /// Id of the activity
        activity: String,
        /// A label, or `sentiment`
        label: String,
        /// true or false; for the sentiment, negative, neutral, positive or unknown
        value: String,
    },
    /// Takes a correction back: what the models say holds again
    Withdraw {
        /// Id of the activity
        activity: String,
        /// A label, or `sentiment`
        label: String,
    },
    /// Learns from corrections: takes what reads held-out texts better, head by head
    Refit,
    /// Every correction with its text, to train models on
    Corrections,
}

/// Which models read.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Models {
    /// Those in the program
    Small,
    /// Those in the folder `models` of the data folder, beside the program or in the current folder
    Large,
}

impl Text {
    pub(crate) async fn run(&self, arguments: &Arguments) -> anyhow::Result<()> {
        match self {
            Self::Label { tier } => label(arguments, *tier),
            Self::Read { tier } => {
                let workspace = arguments.open().await?;
                let style = ProgressStyle::with_template("reading words [{bar:30}] {pos}/{len} {eta}")?;
                let bar = ProgressBar::new(0).with_style(style);
                let on_progress = |done: u64, total: u64| {
                    bar.set_length(total);
                    bar.set_position(done);
                };
                let mut read = reading::read_anew(&workspace, &on_progress).await?;
                if let Models::Large = tier {
                    let large = reading::must_have_large(&reading::model_folders(&arguments.data))?;
                    read += reading::second_opinions(&workspace, large, &on_progress).await?;
                }
                bar.finish_and_clear();
                let mut listing = Listing::new(&["texts read"]);
                listing.row([json!(read)]);
                print(arguments.format, &listing, &json!({ "read": read }))
            }
            Self::Correct { activity, label, value } => {
                let workspace = arguments.open().await?;
                Ok(reading::correct(&workspace, activity, label, value, Some(arguments.by()), now()).await?)
            }
            Self::Withdraw { activity, label } => {
                let workspace = arguments.open().await?;
                Ok(reading::withdraw(&workspace, activity, label).await?)
            }
            Self::Refit => {
                let workspace = arguments.open().await?;
                let learnt = reading::refit_heads(&workspace, now()).await?;
                let mut listing = Listing::new(&["head", "corrections", "F1 before", "F1 after", "taken"]);
                for report in &learnt.reports {
                    let examples = report.examples.iter().sum::<usize>();
                    let figures = [report.before.f1, report.after.f1].map(|f1| json!((f1 * 1_000.0).round() / 1_000.0));
                    let [before, after] = figures;
                    listing.row([json!(report.head), json!(examples), before, after, json!(report.taken)]);
                }
                print(arguments.format, &listing, &learnt.reports)
            }
            Self::Corrections => {
                let workspace = arguments.open().await?;
                let corrections = reading::corrections(&workspace).await?;
                let mut listing = Listing::new(&["activity", "label", "value", "text"]);
                for line in &corrections {
                    listing.row([json!(line.activity_id), json!(line.label), json!(line.value), json!(line.text)]);
                }
                print(arguments.format, &listing, &corrections)
            }
        }
    }
}

/// Lines that are read before the next are asked for.
const LINES_AT_ONCE: usize = 2_048;

fn label(arguments: &Arguments, models: Models) -> anyhow::Result<()> {
    let tier = match models {
        Models::Small => Tier::Small,
        Models::Large => Tier::large(&reading::model_folders(&arguments.data))?,
    };
    const WANTED: &str = r#"JSON Lines on standard input, such as {"text": "How do I set it up?"}"#;
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        eprintln!("axle: type {WANTED}; Ctrl-D ends it");
    }
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut read, mut faults) = (0, 0);
    loop {
        let mut lines = Vec::with_capacity(LINES_AT_ONCE);
        while lines.len() < LINES_AT_ONCE {
            let mut line = Vec::new();
            if input.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            read += 1;
            if !line.iter().all(u8::is_ascii_whitespace) {
                lines.push((read, line));
            }
        }
        if lines.is_empty() {
            break;
        }
        for answer in answers(&tier, &lines) {
            match answer {
                Ok(answer) => serde_json::to_writer(&mut output, &answer)?,
                Err(reason) => {
                    faults += 1;
                    serde_json::to_writer(&mut output, &json!({ "error": reason }))?;
                }
            }
            output.write_all(b"\n")?;
        }
        output.flush()?;
    }
    if read == 0 {
        eprintln!("axle: there was nothing to label: give {WANTED}");
    }
    if faults > 0 {
        bail!("{faults} of {read} lines hold no text: each is answered by a line with `error`, which says why");
    }
    Ok(())
}

/// The answers to some lines, in their order.
fn answers(tier: &Tier, lines: &[(u64, Vec<u8>)]) -> Vec<Result<LabelledText, String>> {
    let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = lines.len().div_ceil(workers).max(16);
    let answer = |(number, line): &(u64, Vec<u8>)| {
        let asked = serde_json::from_slice(line);
        asked.map(|asked| tier.label(&asked)).map_err(|error| format!("line {number}: {error}"))
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            lines.chunks(share).map(|part| scope.spawn(move || part.iter().map(answer).collect::<Vec<_>>())).collect();
        parts.into_iter().flat_map(|part| part.join().expect("reading a text does not panic")).collect()
    })
}
