//! `completions`: what a shell needs to complete this program's commands.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::problem::Problem;

/// Options of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail completions bash > ~/.local/share/bash-completion/completions/casetrail
  casetrail completions zsh > ~/.zfunc/_casetrail
  casetrail completions fish > ~/.config/fish/completions/casetrail.fish";
}

pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Problem> {
    // Written whole: the generator panics where a reader goes away.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "casetrail", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}
