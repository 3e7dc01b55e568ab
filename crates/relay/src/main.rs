//! The relay as a process of its own: publishes the log to NATS, in order. Several may run; one works.

use std::process::ExitCode;

fn main() -> ExitCode {
    deployable::relay::main()
}
