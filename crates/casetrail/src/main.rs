//! The operator's program: development in one process, and every question about a case, from a terminal
//! or a script. Questions about cases go through the gRPC API, as any client's would; only what runs or
//! prepares a system (`dev`, `up`, `migrate`, `rebuild`, `verify --data`) touches a database.
//!
//! Must never be here: rules about cases, and reading a service's tables.

mod bench;
mod cli;
mod client;
mod commands;
mod dev;
mod output;
mod problem;
mod up;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::problem::Problem;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.global.color.set();
    let json = cli.global.json;
    let ended = tokio::runtime::Runtime::new()
        .map_err(|error| Problem::Other(error.into()))
        .and_then(|runtime| runtime.block_on(commands::run(cli)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            problem.report(json);
            problem.exit_code()
        }
    }
}
