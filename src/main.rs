//! The executable.

use std::process::ExitCode;

use clap::Parser;
use guanxi::cli::Cli;
use guanxi_output::Output;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    Cli::parse().run(&mut Output::default())
}
