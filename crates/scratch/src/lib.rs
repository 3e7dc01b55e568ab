//! Throw-away servers: a Postgres, a nats-server, a ClamAV daemon and a stand-in for AWS, in folders of their own, on
//! free ports of this machine, gone when they are dropped. For `casetrail up --scratch`, benchmarks and tests.
//!
//! - `postgres`, `nats`, `clamd`, `aws`: start, stop, kill, start again on the same port and folder; back up and restore.
//! - `programs`: where the servers' programs are.
//! - `shared`: for tests, one server for many: the one that the environment names, or one of one's own.
//!
//! They are set as durably as in production; only their contents are worth nothing.
//!
//! Must never be here: schemas, streams, anything that is ours.

mod aws;
mod clamd;
mod nats;
mod postgres;
mod process;
mod programs;
pub mod shared;

use std::path::PathBuf;

pub use aws::Aws;
pub use clamd::Clamd;
pub use nats::Nats;
pub use postgres::{BaseBackup, Postgres};
pub use programs::{CLAMD_VARIABLE, NATS_SERVER_VARIABLE, POSTGRES_BIN_VARIABLE};

/// Why a throw-away server is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program is not installed.
    #[error("{program} was not found on PATH{elsewhere}: install it ({install}), or set {variable}")]
    NotInstalled {
        /// The program.
        program: &'static str,
        /// Where else was looked.
        elsewhere: &'static str,
        /// How to get it.
        install: &'static str,
        /// The environment variable that names it.
        variable: &'static str,
    },
    /// A folder or process could not be made.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The server ended, or did not answer in time.
    #[error("{server} did not start: {reason} (its output is in {output})", output = output.display())]
    NotStarted {
        /// Which.
        server: &'static str,
        /// Why.
        reason: String,
        /// The file with what it printed.
        output: PathBuf,
    },
    /// One of Postgres' tools failed.
    #[error("{program}: {said}")]
    Tool {
        /// Which.
        program: &'static str,
        /// What it said.
        said: String,
    },
    /// A database could not be made.
    #[error("a database could not be made: {0}")]
    Database(#[from] sqlx::Error),
}
