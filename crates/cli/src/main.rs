//! The program `reverie`: worlds and people on the command line.

mod args;
mod avatar;
mod bench;
mod dataset;
mod error;
mod eval;
mod explore;
mod frames;
mod imagine;
mod lips;
mod models;
mod output;
mod output_folder;
mod perform;
mod prompts;
mod speak;
mod stats;
mod worlds;

use args::{Bench, Cli, Command, Eval};
use clap::{Parser as _, error::ErrorKind};
use error::CliError;
use std::{process::ExitCode, time::Instant};

fn main() -> ExitCode {
    let started = Instant::now();
    let outcome = match Cli::try_parse() {
        Ok(cli) => run(cli.command, started),
        Err(e) => match e.kind() {
            // Asked for, so not an error: to stdout, exit code 0.
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                return if e.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            }
            _ => Err(CliError::BadInput(usage_problem(&e))),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            e.exit_code()
        }
    }
}

fn run(command: Command, started: Instant) -> Result<(), CliError> {
    match command {
        Command::Explore(args) => explore::run(&args),
        Command::Imagine(args) => imagine::run(&args),
        Command::Bench { what: Bench::World(args) } => bench::run(&args, started),
        Command::Bench { what: Bench::Avatar(args) } => bench::avatar::run(&args),
        Command::Bench { what: Bench::Voice(args) } => bench::voice::run(&args),
        Command::Avatar { what, film } => avatar::run(what.as_ref(), &film),
        Command::Speak(args) => speak::run(&args),
        Command::Lips(args) => lips::run(&args),
        Command::Dataset(args) => dataset::run(&args),
        Command::Eval { what: Eval::World(args) } => eval::run(&args),
        Command::Models { action, json } => models::run(&action, json),
    }
}

/// The problem alone, without the usage text that clap appends.
fn usage_problem(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a subcommand is missing (see `reverie --help`)".to_owned();
    }
    let text = error.to_string();
    let problem = text.split("\n\n").next().unwrap_or_default();
    problem.strip_prefix("error: ").unwrap_or(problem).to_owned()
}
