//! What a program may not reach for by itself: the time, new ids, randomness.
//!
//! Everything that needs one of them takes a [`Clock`] or [`Ids`], so that a test drives days in
//! milliseconds and gets the same ids on every run. The only calls to the real clock and the real
//! random source in the whole workspace are in this crate; `clippy.toml` refuses them elsewhere.

mod clock;
mod ids;

pub use clock::{Clock, ManualClock, ShiftedClock, SystemClock};
pub use ids::{Ids, SeededIds, SystemIds};
