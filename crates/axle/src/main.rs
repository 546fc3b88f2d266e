//! The `axle` binary: reads the command line, wires the crates together, presents the answers.

mod cli;
mod output;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// Records are allocated by the thread that reads and freed by the one that stores, which the system's allocator is slow
/// at: with this one an import is a third faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = match cli::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    wiring::log(&arguments);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Planning a query recurses deeply.
        .thread_stack_size(8 << 20)
        .build()
        .expect("threads can be started");
    match runtime.block_on(cli::run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has read enough.
        Err(error) if wiring::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("axle: {error:#}");
            ExitCode::from(wiring::exit_code(&error))
        }
    }
}
