//! A small payment gateway for development and tests: it answers at once, late, twice, out of order or
//! never, as the transaction id that it is asked about says.
//!
//! It stands where the real gateway would, at the outside of payments-escalation: a separate HTTP
//! server that knows nothing of ours. What it really executed is in its ledger (`GET /v1/ledger`),
//! which is where tests count effects.
//!
//! | marker in the transaction id | what happens |
//! |---|---|
//! | none, `NOW` | every answer comes at once |
//! | `LATE` | an inquiry is answered `202 pending`; the reply comes later, by callback |
//! | `TWICE` | a payment is answered `202 pending`, and confirmed by two callbacks |
//! | `OOO` | several outstanding inquiries are answered in reverse order; of a payment, `executed` comes before `accepted` |
//! | `NEVER` | `202 pending`, and nothing ever after; nothing is executed |
//! | `UNKNOWN` | 404: no such transaction |
//! | `REFUSED` | a payment is declined |
//! | `PENDING`, `FAILED` | an inquiry finds the transaction still under way, or failed |
//! | `DISPUTED` | an inquiry finds half of the amount disputed |
//!
//! Markers stand between hyphens, in any case, and combine: `TX-88231-LATE-TWICE`.
//!
//! Deliberately so: its state is in memory only (with a restart everything is forgotten), it has no
//! authentication, and it listens and calls back on the loopback interface alone. Never here: rules of
//! the domain.

pub mod api;
mod books;
mod callbacks;
mod config;
mod markers;
mod routes;
mod server;

pub use config::Config;
pub use server::{Running, SandboxGateway, StartError};
