//! Intake as a process of its own; `deployable` holds what it shares with the others.

use std::process::ExitCode;

fn main() -> ExitCode {
    deployable::main(intake::deployable())
}
