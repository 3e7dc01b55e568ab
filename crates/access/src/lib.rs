//! Who may call what: bearer tokens and the table of methods and roles.
//!
//! - `token`: a JWT is believed only when everything about it is right.
//! - `jwks`, `keys`: the public keys that tokens are checked with, from a file or a fixed URL.
//! - `role`, `table`: which roles may call which method; a method that is not in the table may be called by
//!   nobody.
//! - `mint`: tokens for development, signed with a key that only this machine has.
//!
//! Must never be here: rules about the state of a case (`crates/case` has them), and the transport.
//!
//! To add a method: write its line in `table.rs`; a test names every method of `proto/` that has none.

mod identity;
mod jwks;
mod keys;
pub mod mint;
mod role;
mod strict_json;
pub mod table;
mod token;

pub use identity::{Brands, Identity};
pub use jwks::{Algorithm, Jwks, JwksError};
pub use keys::{Keys, KeysError, Place};
pub use role::Role;
pub use token::{MAX_TOKEN_BYTES, Refused, Rules, Verifier};
