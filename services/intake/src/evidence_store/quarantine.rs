//! Uploads that are not whole yet. What has come lies in pieces at
//! `quarantine/<key id>/<upload id>/<offset>-<length>-<time>`, each sealed with the player's key, until the upload
//! goes on, is whole, or was left alone for too long.
//!
//! Whatever lies here is no evidence: nobody has looked at it, and nobody can ask for it.

use std::collections::HashMap;
use std::sync::Arc;

use case::CaseId;
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use object_store::path::Path as Place;
use object_store::{ObjectMeta, ObjectStoreExt};
use sealing::{AssociatedData, DataKey};
use service_kit::{Failure, Shutdown};
use uuid::Uuid;

use super::{EvidenceStore, unavailable};

/// The folder beside the evidence.
const FOLDER: &str = "quarantine";
/// How much comes before it is written down, in bytes: so much is sent again after a crash.
const PIECE_BYTES: usize = 256 * 1024;
/// How often uploads that were left alone are looked for.
const LOOKED_FOR: SignedDuration = SignedDuration::from_mins(15);

/// A piece of an upload, by its name.
#[derive(Debug, Clone)]
struct Piece {
    place: Place,
    offset: usize,
    length: usize,
    written_at: Timestamp,
}

impl Piece {
    fn read(meta: &ObjectMeta) -> Option<Self> {
        let mut numbers = meta.location.filename()?.split('-');
        let (offset, length) = (numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?);
        let written_at = Timestamp::from_second(numbers.next()?.parse().ok()?).ok()?;
        Some(Self { place: meta.location.clone(), offset, length, written_at })
    }
}

/// An upload that can be resumed.
pub(crate) struct Upload<'a> {
    store: &'a EvidenceStore,
    key: &'a DataKey,
    case: CaseId,
    id: Uuid,
    /// What has come so far.
    content: Vec<u8>,
    /// How much of it is written down.
    kept: usize,
}

impl<'a> Upload<'a> {
    /// Goes on with an upload at `offset`, or begins anew at 0.
    ///
    /// # Errors
    /// As much has not come, or more has; the place is not available.
    pub(crate) async fn resume(
        store: &'a EvidenceStore,
        key: &'a DataKey,
        case: CaseId,
        id: Uuid,
        offset: u64,
    ) -> Result<Self, Failure> {
        let pieces = store.pieces(key, id).await?;
        let mut upload = Self { store, key, case, id, content: Vec::new(), kept: 0 };
        if offset == 0 {
            store.remove(pieces.into_iter().map(|piece| piece.place)).await?;
            return Ok(upload);
        }
        let next = next_offset(&pieces);
        if offset != next {
            return Err(Failure::Refused {
                reason: "UPLOAD_OFFSET_WRONG",
                message: format!("{next} bytes have come; go on from there, or begin anew at 0"),
                metadata: vec![("next_offset", next.to_string())],
                field: Some("header.offset"),
                permission: false,
            });
        }
        for piece in in_order(&pieces) {
            let content = store.read(key, case, id, piece).await?;
            upload.content.extend(content);
        }
        upload.kept = upload.content.len();
        Ok(upload)
    }

    /// How much has come.
    pub(crate) fn length(&self) -> u64 {
        self.content.len() as u64
    }

    /// Takes the next bytes, and writes them down once they are many.
    pub(crate) async fn push(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        self.content.extend_from_slice(chunk);
        if self.content.len() - self.kept >= PIECE_BYTES { self.keep().await } else { Ok(()) }
    }

    /// Writes down what has come and is not written down yet.
    pub(crate) async fn keep(&mut self) -> Result<(), Failure> {
        let (offset, new) = (self.kept, self.content[self.kept..].to_vec());
        if new.is_empty() {
            return Ok(());
        }
        let (length, now) = (new.len(), self.store.clock.now().as_second());
        let place = of_upload(self.key, self.id).join(format!("{offset:010}-{length:010}-{now}"));
        let sealed = self.store.sealed(self.key, self.case, self.id, field(offset), new).await?;
        self.store.write(&place, sealed).await?;
        self.kept += length;
        Ok(())
    }

    /// The whole file.
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }

    /// Forgets it: it is evidence by now, or never will be.
    pub(crate) async fn remove(self) -> Result<(), Failure> {
        let pieces = self.store.pieces(self.key, self.id).await?;
        self.store.remove(pieces.into_iter().map(|piece| piece.place)).await
    }
}

/// Where the pieces of all uploads of a player lie.
pub(super) fn of_player(key: &DataKey) -> Place {
    Place::from(format!("{FOLDER}/{}", key.id()))
}

fn of_upload(key: &DataKey, id: Uuid) -> Place {
    Place::from(format!("{FOLDER}/{}/{id}", key.id()))
}

/// Binds a piece to its offset: it does not open in another's place.
fn field(offset: usize) -> String {
    format!("upload.{offset}")
}

/// The pieces that follow upon each other from the beginning without a gap. Where two calls have written at the
/// same time, the first piece at an offset counts.
fn in_order(pieces: &[Piece]) -> Vec<&Piece> {
    let mut next = 0;
    let mut in_order = Vec::new();
    for piece in pieces {
        if piece.offset == next {
            next += piece.length;
            in_order.push(piece);
        }
    }
    in_order
}

fn next_offset(pieces: &[Piece]) -> u64 {
    in_order(pieces).iter().map(|piece| piece.length as u64).sum()
}

impl EvidenceStore {
    /// How many bytes of an upload have come and are kept.
    pub(crate) async fn next_offset(&self, key: &DataKey, id: Uuid) -> Result<u64, Failure> {
        Ok(next_offset(&self.pieces(key, id).await?))
    }

    /// The pieces of an upload, by their offsets.
    async fn pieces(&self, key: &DataKey, id: Uuid) -> Result<Vec<Piece>, Failure> {
        let listing = self.listed(&of_upload(key, id)).await?;
        let mut pieces: Vec<Piece> = listing.iter().filter_map(Piece::read).collect();
        pieces.sort_by(|one, other| (one.offset, &one.place).cmp(&(other.offset, &other.place)));
        Ok(pieces)
    }

    async fn read(&self, key: &DataKey, case: CaseId, id: Uuid, piece: &Piece) -> Result<Vec<u8>, Failure> {
        let found = self.files.get(&piece.place).await;
        let sealed = match found {
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        let sealed = sealed.map_err(|error| unavailable("cannot be read", &error))?;
        let field = field(piece.offset);
        let aad = AssociatedData { event_id: id, stream_id: case.0, field: &field, key_id: key.id() };
        Ok(key.open_whole(&aad, &sealed)?)
    }

    async fn remove(&self, places: impl IntoIterator<Item = Place>) -> Result<(), Failure> {
        for place in places {
            match self.files.delete(&place).await {
                // Another replica, or the call that is being repeated, was faster.
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(unavailable("cannot be removed", &error)),
            }
        }
        Ok(())
    }

    /// Removes uploads of which nothing came for too long.
    pub(crate) async fn remove_old(&self) -> Result<usize, Failure> {
        let oldest = self.clock.now() - self.retention;
        let mut uploads: HashMap<String, (Timestamp, Vec<Place>)> = HashMap::new();
        let mut listing = self.files.list(Some(&Place::from(FOLDER)));
        while let Some(meta) = listing.next().await {
            let meta = meta.map_err(|error| unavailable("cannot be listed", &error))?;
            let Some(piece) = Piece::read(&meta) else { continue };
            let upload = meta.location.as_ref().rsplit_once('/').map_or("", |(folder, _)| folder);
            let known = uploads.entry(upload.to_owned()).or_insert((piece.written_at, Vec::new()));
            known.0 = known.0.max(piece.written_at);
            known.1.push(piece.place);
        }
        let left_alone: Vec<Vec<Place>> =
            uploads.into_values().filter(|(last, _)| *last <= oldest).map(|(_, places)| places).collect();
        let removed = left_alone.len();
        self.remove(left_alone.into_iter().flatten()).await?;
        Ok(removed)
    }
}

/// Removes uploads that were left alone, until shutdown. Every replica does; what is gone is gone.
pub(crate) async fn remove_abandoned(store: Arc<EvidenceStore>, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = shutdown.soft().cancelled() => return,
            () = store.clock.sleep_until(store.clock.now() + LOOKED_FOR) => {}
        }
        match store.remove_old().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "uploads that were left alone were removed"),
            Err(error) => tracing::warn!(%error, "uploads that were left alone could not be removed"),
        }
    }
}
