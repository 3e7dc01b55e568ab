//! Whole files: sealed in chunks, so that they are opened piece by piece and never lie in memory as a whole.
//!
//! The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-Encryption and its
//! Nonce-Reuse Misuse-Resistance") over XChaCha20-Poly1305: each chunk's nonce has its number in it, and the last
//! one's a mark. A chunk that was changed, moved, left out or doubled does not open, nor does a file that was cut
//! off between two chunks.
//!
//! What is stored: the version (1 byte), the nonce's random part (19 bytes), then chunks of 64 KiB, each with its
//! tag of 16 bytes. The last one may be shorter, and empty.

use std::fmt;

use aead_stream::{DecryptorBE32, EncryptorBE32, Nonce, StreamBE32};
use ambient::Ids;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{KeyInit, Payload};

use crate::{AssociatedData, DataKey, Error};

/// The first byte: what follows is laid out as said above.
const VERSION: u8 = 1;
/// The random part of the nonce, in bytes; the rest is the chunk's number and the mark.
const NONCE_BYTES: usize = 19;
/// The head of a sealed file, in bytes.
const HEAD_BYTES: usize = 1 + NONCE_BYTES;
/// Content a chunk, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;
/// A chunk as it is stored, in bytes.
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + 16;
/// What tells these seals from those of single values.
const KIND: &[u8] = b"sealed-stream.v1";

type StreamNonce = Nonce<XChaCha20Poly1305, StreamBE32<XChaCha20Poly1305>>;

impl DataKey {
    /// Seals a file for the place `aad`. The result differs at every call.
    pub fn seal_stream(&self, ids: &dyn Ids, aad: &AssociatedData<'_>, content: &[u8]) -> Vec<u8> {
        let mut nonce = StreamNonce::default();
        ids.fill(&mut nonce);
        let mut sealed =
            Vec::with_capacity(HEAD_BYTES + content.len() + 16 * (content.len() / CHUNK_BYTES + 1));
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        let mut sealing = EncryptorBE32::from_aead(XChaCha20Poly1305::new(self.bytes().into()), &nonce);
        let aad = aad.encode_as(KIND);
        let mut rest = content;
        while let Some((msg, after)) =
            rest.split_at_checked(CHUNK_BYTES).filter(|(_, after)| !after.is_empty())
        {
            sealed.extend_from_slice(&possible(sealing.encrypt_next(Payload { msg, aad: &aad })));
            rest = after;
        }
        sealed.extend_from_slice(&possible(sealing.encrypt_last(Payload { msg: rest, aad: &aad })));
        sealed
    }

    /// Begins to open what [`DataKey::seal_stream`] gave for the same `aad`.
    pub fn open_stream(&self, aad: &AssociatedData<'_>) -> OpeningStream {
        OpeningStream { key: self.clone(), aad: aad.encode_as(KIND), opening: None, waiting: Vec::new() }
    }

    /// Opens a file as a whole.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the data was changed or belongs elsewhere.
    pub fn open_whole(&self, aad: &AssociatedData<'_>, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let mut opening = self.open_stream(aad);
        let mut content = opening.push(sealed)?;
        content.extend(opening.finish()?);
        Ok(content)
    }
}

/// A chunk that was sealed.
fn possible(sealed: Result<Vec<u8>, chacha20poly1305::aead::Error>) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "only more than 2^32 chunks, or 256 GiB in one, are refused")]
    sealed.expect("a file in memory is smaller")
}

/// A file that is being opened.
pub struct OpeningStream {
    key: DataKey,
    aad: Vec<u8>,
    opening: Option<DecryptorBE32<XChaCha20Poly1305>>,
    /// What came and is not a whole chunk yet, or may be the last one.
    waiting: Vec<u8>,
}

impl fmt::Debug for OpeningStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpeningStream").field("key", &self.key).finish_non_exhaustive()
    }
}

impl OpeningStream {
    /// Takes the next bytes as they were stored; gives the content that they complete. It is genuine, but only
    /// [`OpeningStream::finish`] tells that nothing is missing behind it.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the data was changed or belongs elsewhere.
    pub fn push(&mut self, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        self.waiting.extend_from_slice(sealed);
        if self.opening.is_none() {
            let Some((head, _)) = self.waiting.split_at_checked(HEAD_BYTES) else { return Ok(Vec::new()) };
            let (version, nonce_bytes) = head.split_at(1);
            if version != [VERSION] {
                return Err(Error::Unreadable);
            }
            let mut nonce = StreamNonce::default();
            nonce.copy_from_slice(nonce_bytes);
            let cipher = XChaCha20Poly1305::new(self.key.bytes().into());
            self.opening = Some(DecryptorBE32::from_aead(cipher, &nonce));
            self.waiting.drain(..HEAD_BYTES);
        }
        let Some(opening) = &mut self.opening else { return Ok(Vec::new()) };
        let mut content = Vec::new();
        let mut opened = 0;
        // A whole chunk that nothing follows yet may be the last one.
        while self.waiting.len() - opened > SEALED_CHUNK_BYTES {
            let msg = &self.waiting[opened..opened + SEALED_CHUNK_BYTES];
            let chunk = opening.decrypt_next(Payload { msg, aad: &self.aad });
            content.extend(chunk.map_err(|_| Error::Unreadable)?);
            opened += SEALED_CHUNK_BYTES;
        }
        self.waiting.drain(..opened);
        Ok(content)
    }

    /// The content of the last chunk, once all that was stored has come.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when something is missing, was changed, or belongs elsewhere.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        let opening = self.opening.ok_or(Error::Unreadable)?;
        let last = opening.decrypt_last(Payload { msg: &self.waiting, aad: &self.aad });
        last.map_err(|_| Error::Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use ambient::SystemIds;
    use uuid::Uuid;
    use zeroize::Zeroizing;

    use super::*;

    fn key(byte: u8) -> DataKey {
        DataKey::new("k", Zeroizing::new([byte; 32]))
    }

    fn place(event: u128) -> AssociatedData<'static> {
        let (event_id, stream_id) = (Uuid::from_u128(event), Uuid::from_u128(2));
        AssociatedData { event_id, stream_id, field: "content", key_id: "k" }
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    #[test]
    fn a_file_of_any_length_opens_again_however_it_is_cut() {
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let sealed = key(7).seal_stream(&SystemIds, &place(1), &content(length));
            assert_eq!(key(7).open_whole(&place(1), &sealed).unwrap(), content(length), "{length}");
            for piece in [7_000, SEALED_CHUNK_BYTES, 100_000] {
                let mut opening = key(7).open_stream(&place(1));
                let mut opened = Vec::new();
                for piece in sealed.chunks(piece) {
                    opened.extend(opening.push(piece).unwrap());
                }
                opened.extend(opening.finish().unwrap());
                assert_eq!(opened, content(length), "{length} in pieces of {piece}");
            }
        }
    }

    #[test]
    fn another_place_or_key_and_a_single_value_do_not_open() {
        let sealed = key(7).seal_stream(&SystemIds, &place(1), b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert!(matches!(key(7).open_whole(&place(3), &sealed), Err(Error::Unreadable)));
        assert!(matches!(key(8).open_whole(&place(1), &sealed), Err(Error::Unreadable)));
        assert_ne!(sealed, key(7).seal_stream(&SystemIds, &place(1), b"secret"));
    }

    #[test]
    fn chunks_cannot_be_left_out_doubled_swapped_or_cut_off() {
        let sealed = key(7).seal_stream(&SystemIds, &place(1), &content(2 * CHUNK_BYTES + 5));
        let (head, chunks) = sealed.split_at(HEAD_BYTES);
        let chunks: Vec<&[u8]> = chunks.chunks(SEALED_CHUNK_BYTES).collect();
        assert_eq!(chunks.len(), 3);
        let orders: [&[usize]; 7] = [&[0, 1], &[0], &[], &[0, 2], &[1, 0, 2], &[0, 1, 1, 2], &[0, 1, 2, 2]];
        for order in orders {
            let changed: Vec<u8> = order.iter().flat_map(|at| chunks[*at]).copied().collect();
            let changed = [head, &changed].concat();
            assert!(matches!(key(7).open_whole(&place(1), &changed), Err(Error::Unreadable)), "{order:?}");
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let sealed = key(7).seal_stream(&SystemIds, &place(1), b"secret");
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(matches!(key(7).open_whole(&place(1), &changed), Err(Error::Unreadable)), "{position}");
            assert!(matches!(key(7).open_whole(&place(1), &sealed[..position]), Err(Error::Unreadable)));
        }
    }
}
