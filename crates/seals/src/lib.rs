//! History that proves itself: signed seals over the log, and checks that need nobody's word.
//!
//! A stream's hash chain shows edits, but whoever owns the database can write a whole chain anew, or cut
//! the log's tail off. So every run of positions gets a [`Seal`]: the [`merkle`] root of its events, signed
//! with a key that is not in the database, chained to the seal before, and kept where the database's
//! administrator cannot write as well.
//!
//! - `seal`, `merkle`, `keys`: what is signed, and by whom.
//! - [`SealStore`]: where seals are kept; a [`Witness`] is one that the database's administrator cannot reach.
//! - [`Sealer`]: follows the log and seals it.
//! - [`check`]: finds the first event or seal that is not as it was.
//! - [`export`], [`verify_bundle`]: one stream as a file that proves itself, see `docs/bundle-format.md`.
//!
//! Must never be here: what events mean, and appending to the log.
//! To add a place for seals: implement [`SealStore`], then run it in `tests/stores.rs`.

mod bundle;
mod check;
mod error;
mod keys;
mod memory;
pub mod merkle;
pub mod postgres;
mod seal;
mod sealer;
mod sqlite;
mod store;
mod witness;

pub use bundle::{BundleFault, BundleReport, ExportError, export, verify_bundle};
pub use check::{CheckError, History, Progress, Report, SealFault, Wrong, WrongEvent, WrongSeal, check};
pub use error::Error;
pub use keys::{KeyId, Keyring, PublicKey, SigningKey};
pub use memory::MemorySealStore;
pub use postgres::PostgresSealStore;
pub use seal::{Draft, SIGNED_BYTES, Seal, Unproven};
pub use sealer::{Limits, Parts, Sealer, SealerError};
pub use sqlite::SqliteSealStore;
pub use store::SealStore;
pub use witness::Witness;
