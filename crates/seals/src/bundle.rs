//! One stream as a file that proves itself: events, inclusion proofs, the seals they lead to, and public
//! keys. `docs/bundle-format.md` describes every byte, for those who check it with tools of their own.

mod export;
mod format;
mod verify;

pub use export::{ExportError, export};
pub use verify::{BundleFault, BundleReport, verify_bundle};
