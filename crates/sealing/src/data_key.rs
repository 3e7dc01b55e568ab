//! One player's key, and the sealing itself: XChaCha20-Poly1305 with a random nonce for every value.

use std::fmt;
use std::sync::Arc;

use ambient::Ids;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

use crate::Error;

/// Length of a key, in bytes.
pub(crate) const KEY_BYTES: usize = 32;
/// Length of a nonce, in bytes. 192 bits may be drawn at random without ever repeating.
const NONCE_BYTES: usize = 24;

/// Where a sealed value belongs. It is authenticated, not stored: it must be the same again at opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssociatedData<'a> {
    /// The event that carries the value.
    pub event_id: Uuid,
    /// The stream that the event is in.
    pub stream_id: Uuid,
    /// The field of the event, such as `text` or `contact.email`.
    pub field: &'a str,
    /// The key that sealed it: [`DataKey::id`].
    pub key_id: &'a str,
}

impl AssociatedData<'_> {
    fn encode(&self) -> Vec<u8> {
        self.encode_as(b"sealed-value.v1")
    }

    /// As bytes, for a seal of this kind: one of another kind does not open in its place.
    pub(crate) fn encode_as(&self, kind: &[u8]) -> Vec<u8> {
        let (event, stream) = (self.event_id.as_bytes(), self.stream_id.as_bytes());
        length_prefixed(&[kind, event, stream, self.field.as_bytes(), self.key_id.as_bytes()])
    }
}

/// Every part behind its length, so that no two different lists of parts give the same bytes.
pub(crate) fn length_prefixed(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        encoded.extend_from_slice(&(part.len() as u64).to_be_bytes());
        encoded.extend_from_slice(part);
    }
    encoded
}

/// The key of one player of one brand. Clones share the key; it is wiped from memory with the last one.
#[derive(Clone)]
pub struct DataKey {
    id: Arc<str>,
    key: Arc<Zeroizing<[u8; KEY_BYTES]>>,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl DataKey {
    /// The key itself, for what seals more than one value with it.
    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.key
    }

    pub(crate) fn new(id: &str, key: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self { id: id.into(), key: Arc::new(key) }
    }

    /// The key's id, a UUID of version 7: stored beside every value that it seals.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Seals `plaintext` for the place `aad`. The result is base64 of nonce, ciphertext and tag, and
    /// differs at every call.
    pub fn seal(&self, ids: &dyn Ids, aad: &AssociatedData<'_>, plaintext: &str) -> String {
        STANDARD.encode(encrypt(&self.key, ids, &aad.encode(), plaintext.as_bytes()))
    }

    /// Opens what [`DataKey::seal`] gave for the same `aad`.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the data was changed or belongs elsewhere.
    pub fn open(&self, aad: &AssociatedData<'_>, sealed: &str) -> Result<String, Error> {
        let bytes = STANDARD.decode(sealed).map_err(|_| Error::Unreadable)?;
        let plaintext = decrypt(&self.key, &aad.encode(), &bytes)?;
        String::from_utf8(plaintext).map_err(|error| {
            error.into_bytes().zeroize();
            Error::Unreadable
        })
    }
}

/// The key of a brand's look-ups: tells equal values by equal digests, which nobody without it can make.
#[derive(Debug, Clone)]
pub struct IndexKey(pub(crate) DataKey);

impl IndexKey {
    /// The digest that `value` is found by among values of this kind: HMAC-SHA256, cut to 128 bits, in hexadecimal.
    #[expect(clippy::missing_panics_doc, reason = "it cannot")]
    pub fn digest(&self, kind: &str, value: &str) -> String {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.bytes()).expect("a key of 32 bytes");
        mac.update(&length_prefixed(&[b"look-up.v1", kind.as_bytes(), value.as_bytes()]));
        hex::encode(&mac.finalize().into_bytes()[..16])
    }
}

/// A fresh random nonce, then the ciphertext and its tag.
pub(crate) fn encrypt(key: &[u8; KEY_BYTES], ids: &dyn Ids, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = vec![0u8; NONCE_BYTES];
    ids.fill(&mut sealed);
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(&sealed);
    #[expect(clippy::expect_used, reason = "the cipher only refuses more than 256 GiB at once")]
    let ciphertext = XChaCha20Poly1305::new(key.into())
        .encrypt(&nonce, Payload { msg: plaintext, aad })
        .expect("a value in memory is within the cipher's limit");
    sealed.extend_from_slice(&ciphertext);
    sealed
}

/// The reverse of [`encrypt`].
pub(crate) fn decrypt(key: &[u8; KEY_BYTES], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let (nonce_bytes, ciphertext) = sealed.split_at_checked(NONCE_BYTES).ok_or(Error::Unreadable)?;
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(nonce_bytes);
    XChaCha20Poly1305::new(key.into())
        .decrypt(&nonce, Payload { msg: ciphertext, aad })
        .map_err(|_| Error::Unreadable)
}

#[cfg(test)]
mod tests {
    use ambient::SystemIds;

    use super::*;

    fn key(id: &str, byte: u8) -> DataKey {
        DataKey::new(id, Zeroizing::new([byte; KEY_BYTES]))
    }

    fn place(field: &'static str) -> AssociatedData<'static> {
        AssociatedData { event_id: Uuid::from_u128(1), stream_id: Uuid::from_u128(2), field, key_id: "k" }
    }

    #[test]
    fn what_is_sealed_opens_again() {
        let key = key("k", 7);
        for text in ["", "Zoë Åkesson", "12 500,00 kr — hvor er de? 🙂"] {
            let sealed = key.seal(&SystemIds, &place("text"), text);
            assert_eq!(key.open(&place("text"), &sealed).unwrap(), text);
        }
    }

    #[test]
    fn equal_values_look_different() {
        let key = key("k", 7);
        let one = key.seal(&SystemIds, &place("text"), "same");
        let two = key.seal(&SystemIds, &place("text"), "same");
        assert_ne!(one, two);
    }

    #[test]
    fn another_event_stream_field_or_key_does_not_open_it() {
        let key_one = key("k", 7);
        let here = place("text");
        let sealed = key_one.seal(&SystemIds, &here, "secret");
        let elsewhere = [
            AssociatedData { event_id: Uuid::from_u128(9), ..here },
            AssociatedData { stream_id: Uuid::from_u128(9), ..here },
            AssociatedData { event_id: here.stream_id, stream_id: here.event_id, ..here },
            AssociatedData { field: "name", ..here },
            AssociatedData { key_id: "other", ..here },
        ];
        for aad in elsewhere {
            assert!(matches!(key_one.open(&aad, &sealed), Err(Error::Unreadable)), "{aad:?}");
        }
        assert!(matches!(key("k", 8).open(&here, &sealed), Err(Error::Unreadable)));
    }

    #[test]
    fn a_part_cannot_borrow_bytes_from_its_neighbour() {
        assert_ne!(length_prefixed(&[b"ab", b"c"]), length_prefixed(&[b"a", b"bc"]));
        assert_ne!(length_prefixed(&[b"ab", b""]), length_prefixed(&[b"ab"]));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let key = key("k", 7);
        let sealed = STANDARD.decode(key.seal(&SystemIds, &place("text"), "secret")).unwrap();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            let opened = key.open(&place("text"), &STANDARD.encode(&changed));
            assert!(matches!(opened, Err(Error::Unreadable)), "byte {position} was flipped");
            let opened = key.open(&place("text"), &STANDARD.encode(&sealed[..position]));
            assert!(matches!(opened, Err(Error::Unreadable)), "cut at byte {position}");
        }
        assert!(matches!(key.open(&place("text"), "not base64!"), Err(Error::Unreadable)));
    }

    #[test]
    fn a_look_up_finds_equal_values_of_a_kind_under_one_key_only() {
        let index = IndexKey(key("k", 7));
        let digest = index.digest("email", "zoe@example.org");
        assert_eq!((digest.len(), &digest), (32, &index.digest("email", "zoe@example.org")));
        for other in [
            index.digest("email", "zoe@example.com"),
            index.digest("phone", "zoe@example.org"),
            IndexKey(key("k", 8)).digest("email", "zoe@example.org"),
        ] {
            assert_ne!(digest, other);
        }
    }

    #[test]
    fn a_key_does_not_show_itself() {
        let shown = format!("{:?}", key("the-id", 0xAB));
        assert_eq!(shown, r#"DataKey { id: "the-id", .. }"#);
    }
}
