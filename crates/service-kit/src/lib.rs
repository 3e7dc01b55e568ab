//! What every service is built from: the decision loop, the server, configuration, telemetry, read
//! models, timers, shutdown.
//!
//! It stands between the transport and the pure core: a gRPC method or a reaction calls
//! [`Executor::execute`], which folds, decides, seals and appends. It knows streams, commands and
//! events by their traits only.
//!
//! Must never be here: business words and rules. Those live in the `case` crate.

pub mod auth;
pub mod config;
pub mod execute;
pub mod failure;
pub mod limits;
pub mod masked;
pub mod meta;
pub mod metrics;
pub mod projection;
pub mod reaction;
pub mod readiness;
pub mod reload;
pub mod request;
pub mod schema;
pub mod server;
pub mod shutdown;
pub mod spans;
pub mod store;
pub mod telemetry;
pub mod timers;
pub mod tls;
pub mod tombstones;

mod parts;
mod personal;
mod started;

pub use auth::{Authenticator, Caller, MetadataAuthenticator, Scope};
pub use execute::{CommandRequest, Executor, Outcome};
pub use failure::Failure;
pub use masked::Sight;
pub use meta::EventMeta;
pub use parts::{Parts, Stores};
pub use readiness::Readiness;
pub use shutdown::Shutdown;
pub use started::{NotesReads, RegisterHistory, Shown, StartError, Started};
