//! Where wrapped keys are kept: the seam behind which another database may stand.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Error;

/// A data key as it is stored: encrypted by a master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The name of the master key that wrapped it.
    pub wrapped_by: String,
    /// Nonce, encrypted key and tag.
    pub bytes: Vec<u8>,
}

/// What the store knows about one player's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// A UUID of version 7. A player who was erased before they had a key has the id of the tombstone here.
    pub key_id: String,
    /// The brand that the player belongs to.
    pub brand: String,
    /// The player's account id.
    pub player: String,
    /// The key; `None` once it was destroyed.
    pub wrapped: Option<WrappedKey>,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When the key was destroyed: the tombstone.
    pub destroyed_at: Option<Timestamp>,
}

/// Keeps at most one record per (brand, player), for ever: a record never leaves, and a tombstone is
/// never undone.
#[async_trait]
pub trait KeyStore: Send + Sync + 'static {
    /// The record of a player, if there is one.
    async fn find(&self, brand: &str, player: &str) -> Result<Option<KeyRecord>, Error>;

    /// The record with this key id, if there is one.
    async fn find_by_id(&self, key_id: &str) -> Result<Option<KeyRecord>, Error>;

    /// Keeps `record` unless the player has one already, and returns the one that counts: of several
    /// callers at once, all get the same.
    async fn insert_if_absent(&self, record: KeyRecord) -> Result<KeyRecord, Error>;

    /// Removes the key from the record of the player of `tombstone`, or keeps `tombstone` itself when
    /// there was none. Repeating it changes nothing: the first moment stays.
    async fn destroy(&self, tombstone: KeyRecord) -> Result<(), Error>;

    /// Living keys behind this key id, in the order of their ids, at most `limit`.
    async fn living(&self, after: &str, limit: u32) -> Result<Vec<KeyRecord>, Error>;

    /// Puts a key that another master key wrapped in the place of `from`; false if the record holds something else
    /// by now.
    async fn rewrap(&self, key_id: &str, from: &WrappedKey, to: &WrappedKey) -> Result<bool, Error>;

    /// Every erasure up to this position of a log's shard has its tombstone here; 0 where nothing is known. It
    /// stands beside the keys so that an older copy of them brings back the older position as well.
    async fn erased_up_to(&self, shard: u16) -> Result<u64, Error>;

    /// Notes such a position.
    async fn set_erased_up_to(&self, shard: u16, position: u64) -> Result<(), Error>;
}

/// A moment as stores keep it.
pub(crate) fn moment(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros)
        .map_err(|_| Error::Corrupt(format!("{micros} microseconds is no moment in time")))
}

/// A position as databases keep it.
pub(crate) fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

/// A position as a database kept it.
pub(crate) fn unsigned(position: i64) -> Result<u64, Error> {
    u64::try_from(position).map_err(|_| Error::Corrupt(format!("{position} is no position of a log")))
}
