//! Seals personal data before it is recorded, and makes it unreadable for good on erasure.
//!
//! Names, contacts, message text, notes and file names are sealed on their way into the log. Each
//! player of each brand has one [`DataKey`], made on first use and kept, wrapped by the
//! [`MasterKey`] or a key management service ([`Wrapper`]), in a key store of its own. Erasing a player destroys that one key and leaves a
//! tombstone: everything sealed under it, in every copy and backup of the log, is unreadable from
//! then on, while history, counts and hashes stay valid.
//!
//! A command asks the [`Sealer`] for the key once; sealing and opening are then synchronous and cheap.
//! What is sealed is bound to its place by [`AssociatedData`]: moved to another event, stream or
//! field it does not open.
//!
//! Never here: what the fields mean, and the log. Card numbers never get this far: they are masked
//! before.

mod cache;
mod data_key;
mod error;
mod kms;
mod master_key;
mod memory;
pub mod postgres;
mod sealer;
mod sqlite;
mod store;
mod stream;
mod vault;
mod wrapping;

pub use data_key::{AssociatedData, DataKey, IndexKey};
pub use error::Error;
pub use kms::{AwsKms, KmsOptions};
pub use master_key::MasterKey;
pub use memory::MemoryKeyStore;
pub use postgres::PostgresKeyStore;
pub use sealer::{Forgets, Rotated, Sealer};
pub use sqlite::SqliteKeyStore;
pub use store::{KeyRecord, KeyStore, WrappedKey};
pub use stream::OpeningStream;
pub use vault::{VaultOptions, VaultTransit};
pub use wrapping::{Wrapper, Wrappers};
