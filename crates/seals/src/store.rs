//! What keeps seals: one trait, several places.

use async_trait::async_trait;
use event_log::Hash;
use jiff::Timestamp;

use crate::keys::KeyId;
use crate::{Error, Seal, merkle};

/// Keeps the seals of one shard, in order, for ever.
#[async_trait]
pub trait SealStore: Send + Sync + 'static {
    /// What it is called in findings and errors.
    fn place(&self) -> &str;

    /// Keeps the next seal, and the leaf hashes of its run where there is room for them. When this returns
    /// the seal stays, also after a power cut. Repeating the last one changes nothing.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it does not start right after the last one.
    async fn append(&self, seal: &Seal, leaves: &[Hash]) -> Result<(), Error>;

    /// The last seal, if there is one.
    async fn last(&self) -> Result<Option<Seal>, Error>;

    /// The seals that cover any of the positions `from..=to`, in order, at most `limit`.
    async fn range(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Seal>, Error>;

    /// The leaf hashes that were kept with a seal. They tell which position is wrong when the root is; as
    /// they must give the signed root, they need no signature.
    async fn leaves(&self, seal: &Seal) -> Result<Option<Vec<Hash>>, Error>;
}

/// The seal that covers `position`, if there is one.
pub(crate) async fn covering(store: &dyn SealStore, position: u64) -> Result<Option<Seal>, Error> {
    Ok(store.range(position, position, 1).await?.into_iter().next())
}

/// The leaf hashes of a seal, if they are there and give its root.
pub(crate) async fn proven_leaves(store: &dyn SealStore, seal: &Seal) -> Result<Option<Vec<Hash>>, Error> {
    let leaves = store.leaves(seal).await?;
    Ok(leaves.filter(|leaves| leaves.len() as u64 == seal.size() && merkle::root(leaves) == seal.root))
}

/// A seal as a database keeps it: signed numbers and bytes.
pub(crate) struct Row {
    pub(crate) shard: i16,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) root: Vec<u8>,
    pub(crate) previous: Vec<u8>,
    pub(crate) sealed_at: i64,
    pub(crate) key_id: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Row {
    pub(crate) fn of(seal: &Seal) -> Self {
        Self {
            shard: i16::try_from(seal.shard).unwrap_or(i16::MAX),
            from: signed(seal.from),
            to: signed(seal.to),
            root: seal.root.to_vec(),
            previous: seal.previous.to_vec(),
            sealed_at: seal.sealed_at.as_microsecond(),
            key_id: seal.key_id.0.to_vec(),
            signature: seal.signature.to_vec(),
        }
    }

    pub(crate) fn seal(self, place: &str) -> Result<Seal, Error> {
        let corrupt = |what: &str| Error::Corrupt {
            place: place.to_owned(),
            reason: format!("{what} of the seal from position {} does not read", self.from),
        };
        let number = |number: i64, what| u64::try_from(number).map_err(|_| corrupt(what));
        Ok(Seal {
            shard: u16::try_from(self.shard).map_err(|_| corrupt("the shard"))?,
            from: number(self.from, "the first position")?,
            to: number(self.to, "the last position")?,
            root: self.root[..].try_into().map_err(|_| corrupt("the root"))?,
            previous: self.previous[..].try_into().map_err(|_| corrupt("the hash of the seal before"))?,
            sealed_at: Timestamp::from_microsecond(self.sealed_at).map_err(|_| corrupt("the time"))?,
            key_id: KeyId(self.key_id[..].try_into().map_err(|_| corrupt("the key id"))?),
            signature: self.signature[..].try_into().map_err(|_| corrupt("the signature"))?,
        })
    }
}

/// A number as databases store it. What is larger than they can store is larger than anything stored.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Leaf hashes from a database; `None` if the bytes are no whole number of them.
pub(crate) fn split_leaves(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (leaves, rest) = bytes.as_chunks::<32>();
    (rest.is_empty()).then(|| leaves.to_vec())
}
