//! A seal: a signed statement of what stood at a run of positions, chained to the seal before.

use event_log::Hash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::keys::{KeyId, Keyring, SigningKey};

/// What the signed bytes begin with, so that no signature of a seal is one of anything else.
const MARK: &[u8; 16] = b"casetrail.seal.1";
/// Length of what is signed, in bytes.
pub const SIGNED_BYTES: usize = 114;

/// Says that the events at positions `from` to `to` of a shard had this root at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SealJson", into = "SealJson")]
pub struct Seal {
    /// The shard of the log.
    pub shard: u16,
    /// The first position it covers.
    pub from: u64,
    /// The last position it covers.
    pub to: u64,
    /// [`crate::merkle::root`] over the leaves of the events, in order of position.
    pub root: Hash,
    /// [`Seal::hash`] of the seal before; zeroes for the first.
    pub previous: Hash,
    /// When it was made, in microseconds.
    pub sealed_at: Timestamp,
    /// The key that signed it.
    pub key_id: KeyId,
    /// Ed25519 over [`Seal::signed_bytes`].
    pub signature: [u8; 64],
}

/// What a new seal is made of.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    /// The shard of the log.
    pub shard: u16,
    /// The first position.
    pub from: u64,
    /// The last position.
    pub to: u64,
    /// The root over their leaves.
    pub root: Hash,
    /// The hash of the seal before; zeroes for the first.
    pub previous: Hash,
    /// The present moment.
    pub now: Timestamp,
}

/// Why a seal proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Nobody trusted has this key.
    #[error("it is signed by the unknown key {0}")]
    UnknownKey(KeyId),
    /// Not what the key's owner signed.
    #[error("its signature by key {0} is wrong")]
    Signature(KeyId),
}

impl Seal {
    /// Signs a seal.
    pub fn sign(draft: Draft, key: &SigningKey) -> Self {
        let Draft { shard, from, to, root, previous, now } = draft;
        let sealed_at = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        let key_id = key.public().id();
        let mut seal = Self { shard, from, to, root, previous, sealed_at, key_id, signature: [0; 64] };
        seal.signature = key.sign(&seal.signed_bytes());
        seal
    }

    /// The bytes that are signed. Numbers are big-endian; all but the time are unsigned.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 0..16 | the ASCII text `casetrail.seal.1` |
    /// | 16..18 | shard |
    /// | 18..26 | first position |
    /// | 26..34 | last position |
    /// | 34..66 | root |
    /// | 66..98 | hash of the seal before |
    /// | 98..106 | microseconds since 1970, UTC |
    /// | 106..114 | key id |
    pub fn signed_bytes(&self) -> [u8; SIGNED_BYTES] {
        let mut bytes = [0; SIGNED_BYTES];
        bytes[..16].copy_from_slice(MARK);
        bytes[16..18].copy_from_slice(&self.shard.to_be_bytes());
        bytes[18..26].copy_from_slice(&self.from.to_be_bytes());
        bytes[26..34].copy_from_slice(&self.to.to_be_bytes());
        bytes[34..66].copy_from_slice(&self.root);
        bytes[66..98].copy_from_slice(&self.previous);
        bytes[98..106].copy_from_slice(&self.sealed_at.as_microsecond().to_be_bytes());
        bytes[106..].copy_from_slice(&self.key_id.0);
        bytes
    }

    /// What the next seal is chained to: SHA-256 over the signed bytes and the 64 bytes of the signature.
    pub fn hash(&self) -> Hash {
        Sha256::new().chain_update(self.signed_bytes()).chain_update(self.signature).finalize().into()
    }

    /// How many events it covers.
    pub fn size(&self) -> u64 {
        self.to.saturating_sub(self.from).saturating_add(1)
    }

    /// Whether `position` is among those it covers.
    pub fn covers(&self, position: u64) -> bool {
        (self.from..=self.to).contains(&position)
    }

    /// Checks the signature with a trusted key.
    ///
    /// # Errors
    /// [`Unproven`] names the key.
    pub fn verify(&self, keyring: &Keyring) -> Result<(), Unproven> {
        let key = keyring.find(self.key_id).ok_or(Unproven::UnknownKey(self.key_id))?;
        if key.verifies(&self.signed_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(Unproven::Signature(self.key_id))
        }
    }
}

/// A seal as outsiders get it: one flat JSON object. Numbers are JSON numbers, bytes are small hexadecimal
/// digits: `root` and `previous` 64, `key_id` 16, `signature` 128.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealJson {
    shard: u16,
    from: u64,
    to: u64,
    root: String,
    previous: String,
    sealed_at_us: i64,
    key_id: String,
    signature: String,
}

impl From<Seal> for SealJson {
    fn from(seal: Seal) -> Self {
        Self {
            shard: seal.shard,
            from: seal.from,
            to: seal.to,
            root: hex::encode(seal.root),
            previous: hex::encode(seal.previous),
            sealed_at_us: seal.sealed_at.as_microsecond(),
            key_id: seal.key_id.to_string(),
            signature: hex::encode(seal.signature),
        }
    }
}

impl TryFrom<SealJson> for Seal {
    type Error = String;

    fn try_from(json: SealJson) -> Result<Self, String> {
        if json.from == 0 || json.to < json.from {
            return Err(format!("positions {} to {} are no run", json.from, json.to));
        }
        Ok(Self {
            shard: json.shard,
            from: json.from,
            to: json.to,
            root: digits("root", &json.root)?,
            previous: digits("previous", &json.previous)?,
            sealed_at: Timestamp::from_microsecond(json.sealed_at_us)
                .map_err(|_| format!("sealed_at_us {} is no moment in time", json.sealed_at_us))?,
            key_id: KeyId(digits("key_id", &json.key_id)?),
            signature: digits("signature", &json.signature)?,
        })
    }
}

/// So many bytes as small hexadecimal digits: one way to write them, and no other.
pub(crate) fn digits<const N: usize>(what: &str, text: &str) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    let is_small = !text.bytes().any(|digit| digit.is_ascii_uppercase());
    match hex::decode_to_slice(text, &mut bytes) {
        Ok(()) if is_small => Ok(bytes),
        _ => Err(format!("{what} must have {} small hexadecimal digits", 2 * N)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_seed(&[byte; 32])
    }

    fn seal() -> Seal {
        let draft = Draft {
            shard: 0x0102,
            from: 0x0304,
            to: 0x0506,
            root: [0xAA; 32],
            previous: [0xBB; 32],
            now: Timestamp::from_microsecond(0x0708_090A).unwrap(),
        };
        Seal::sign(draft, &key(1))
    }

    #[test]
    fn what_is_signed_is_encoded_byte_by_byte_as_documented() {
        let seal = seal();
        let (run, digests) =
            (format!("0102{:016x}{:016x}", 0x0304, 0x0506), "aa".repeat(32) + &"bb".repeat(32));
        let expected =
            format!("{}{run}{digests}{:016x}{}", hex::encode("casetrail.seal.1"), 0x0708_090A, seal.key_id);
        assert_eq!(hex::encode(seal.signed_bytes()), expected);
    }

    #[test]
    fn a_seal_is_proven_by_its_own_key_and_an_unknown_key_is_named() {
        let seal = seal();
        let ring = |byte| [key(byte).public()].into_iter().collect::<Keyring>();
        assert_eq!(seal.verify(&ring(1)), Ok(()));
        assert_eq!(seal.verify(&ring(2)), Err(Unproven::UnknownKey(key(1).public().id())));
    }

    #[test]
    fn a_change_of_any_field_is_noticed_and_changes_the_hash() {
        let (seal, keyring) = (seal(), [key(1).public(), key(2).public()].into_iter().collect());
        let later = Timestamp::from_microsecond(0x0708_090B).unwrap();
        let mut signature = seal.signature;
        signature[0] ^= 1;
        let changed = [
            Seal { shard: 1, ..seal.clone() },
            Seal { from: 1, ..seal.clone() },
            Seal { to: 9_999, ..seal.clone() },
            Seal { root: [0; 32], ..seal.clone() },
            Seal { previous: [0; 32], ..seal.clone() },
            Seal { sealed_at: later, ..seal.clone() },
            Seal { key_id: key(2).public().id(), ..seal.clone() },
            Seal { signature, ..seal.clone() },
        ];
        for changed in changed {
            assert!(matches!(changed.verify(&keyring), Err(Unproven::Signature(_))), "{changed:?}");
            assert_ne!(changed.hash(), seal.hash());
        }
    }

    #[test]
    fn the_json_form_is_flat_and_reads_back() {
        let seal = seal();
        let json = serde_json::to_value(&seal).unwrap();
        assert_eq!(json["sealed_at_us"], 0x0708_090A);
        assert_eq!(json["root"], "aa".repeat(32));
        assert_eq!(serde_json::from_value::<Seal>(json.clone()).unwrap(), seal);
        for (field, wrong) in
            [("root", "AA".repeat(32)), ("key_id", "12".to_owned()), ("other", String::new())]
        {
            let mut changed = json.clone();
            changed[field] = wrong.into();
            assert!(serde_json::from_value::<Seal>(changed).is_err(), "{field}");
        }
        let mut empty = json;
        empty["to"] = 1.into();
        assert!(serde_json::from_value::<Seal>(empty).is_err());
    }
}
