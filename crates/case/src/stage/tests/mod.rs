//! What is stored stays readable: golden files, and how a shape evolves.

mod evolution;
pub(crate) mod golden;
