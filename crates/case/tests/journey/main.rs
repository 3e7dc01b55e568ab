//! All four stages together: docs/journey.md is what their `decide` functions really say, and no sequence
//! of commands breaks the invariants.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod acts;
mod cast;
mod document;
mod places;
mod properties;
mod tale;
