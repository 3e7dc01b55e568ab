//! What happened to a case, fact by fact, and what it looked like at any moment: `history.v1`, served
//! alike by every service, straight from the log.
//!
//! [`History`] answers the calls; [`CaseDirectory`] finds a case by the number people use and is what
//! every service resolves a request's `case` with. [`dossier`] reads a whole case. [`describe`](describe::describe) tells a fact in one
//! English sentence.
//!
//! Must never be here: anything that records a fact or decides. To add a fact's sentence: the compiler
//! asks for it in `describe/<stage>.rs`.

pub mod describe;

mod as_of;
mod chain;
mod details;
mod directory;
mod dossier;
mod get_case;
mod list_history;
mod list_reads;
mod list_traces;
mod narrator;
mod page;
mod reads;
mod service;
mod verify_case;
mod view;
mod watch_case;
mod words;

pub use directory::{CaseDirectory, MIGRATIONS, derivation, read_model};
pub use dossier::{Dossier, ToldFact, dossier};
pub use reads::{Listed, ReadAudit, ReadLimits, Reader, notes};
pub use service::{History, registration};
