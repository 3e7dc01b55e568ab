//! Where the files that players send are kept: examined before (crate `evidence`), sealed with the player's key,
//! and written before the fact that they arrived is recorded.
//!
//! A file lies at `<key id>/<evidence id>/<SHA-256 of what is kept>`. The key is the player's: all files of a
//! player lie together, and are unreadable once the key is destroyed. The id comes from the request, so a repeat
//! finds its own file; the digest keeps another content under the same id from taking its place. A file that is kept
//! as it came too lies beside it, as `original-<SHA-256 of what came>`. Beside them lies
//! `quarantine`: pieces of uploads that are not whole yet.
//!
//! - `location`, `s3`: the folder or bucket.
//! - `quarantine`: uploads that broke off, and their removal.
//! - `grant`: leave to look at a file.

mod grant;
mod location;
mod quarantine;
mod s3;
#[cfg(test)]
mod s3_tests;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use ambient::{Clock, Ids};
use bytes::Bytes;
use case::intake::Refusal;
use case::{Brand, Case, CaseId, PlayerId};
use futures_util::stream::{BoxStream, try_unfold};
use futures_util::{StreamExt, TryStreamExt};
use jiff::SignedDuration;
use object_store::path::Path as Place;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sealing::{AssociatedData, DataKey, OpeningStream, Sealer};
use service_kit::Failure;
use uuid::Uuid;

pub(crate) use quarantine::{Upload, remove_abandoned};

use crate::config::EvidenceConfig;

/// What of a piece of evidence a file is: one does not open in the place of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// As it was made fit to be looked at.
    Content,
    /// As it came.
    Original,
}

impl Part {
    /// The name under which it is bound to its evidence.
    fn field(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Original => "original",
        }
    }

    /// Where it lies beside the others of its evidence.
    fn name(self, sha256: &str) -> String {
        match self {
            Self::Content => sha256.to_owned(),
            Self::Original => format!("original-{sha256}"),
        }
    }
}

/// Whose files they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) brand: &'a Brand,
    pub(crate) player_id: &'a PlayerId,
}

impl<'a> Owner<'a> {
    /// Of the files on this case.
    pub(crate) fn of(case: &'a Case) -> Result<Self, Failure> {
        match (case.brand(), &case.intake.player) {
            (Some(brand), Some(player)) => Ok(Self { brand, player_id: &player.player_id }),
            _ => Err(Failure::Internal(format!("case {} was never opened by intake", case.id))),
        }
    }
}

/// Keeps the files.
pub(crate) struct EvidenceStore {
    files: Arc<dyn ObjectStore>,
    sealer: Arc<Sealer>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    /// A player: at most this many files.
    player_files: u64,
    /// A player: no more files once those there are, are this large together, in bytes.
    player_bytes: u64,
    /// How long leave to look at a file holds.
    grant: SignedDuration,
    /// How long the pieces of an upload wait for the next one.
    retention: SignedDuration,
}

/// A file on its way out: opened piece by piece.
pub(crate) struct Sealed {
    pieces: BoxStream<'static, object_store::Result<Bytes>>,
    opening: OpeningStream,
}

impl Sealed {
    /// Opens the file as it comes. What does not open ends the stream with an error: a file is whole only when its
    /// stream ended well.
    pub(crate) fn opened(self) -> BoxStream<'static, Result<Vec<u8>, Failure>> {
        let broken =
            |error: &dyn std::fmt::Display| Failure::Internal(format!("evidence cannot be read: {error}"));
        let opened = try_unfold(Some(self), move |state| async move {
            let Some(mut sealed) = state else { return Ok(None) };
            while let Some(piece) = sealed.pieces.try_next().await.map_err(|error| broken(&error))? {
                let chunk = sealed.opening.push(&piece).map_err(|error| broken(&error))?;
                if !chunk.is_empty() {
                    return Ok(Some((chunk, Some(sealed))));
                }
            }
            let chunk = sealed.opening.finish().map_err(|error| broken(&error))?;
            Ok(Some((chunk, None)))
        });
        opened.boxed()
    }
}

impl EvidenceStore {
    /// Makes the folder, if need be.
    ///
    /// # Errors
    /// Says why the place cannot be used.
    pub(crate) fn open(
        config: &EvidenceConfig,
        data: &Path,
        sealer: Arc<Sealer>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        Ok(Self {
            files: location::open(&config.store, data)?,
            sealer,
            ids,
            clock,
            player_files: config.player_files,
            player_bytes: config.player_bytes,
            grant: config.grant(),
            retention: config.retention(),
        })
    }

    /// The key of a case's player.
    ///
    /// # Errors
    /// The player was erased; the key store is not available.
    pub(crate) async fn key(&self, owner: Owner<'_>) -> Result<DataKey, Failure> {
        Ok(self.sealer.seal_key(owner.brand.as_str(), owner.player_id.as_str()).await?)
    }

    /// Refuses once the player has as many files as they may, on all their cases together. What lies in
    /// quarantine takes its place too: uploads that are never finished must not fill the disk.
    pub(crate) async fn check_quota(&self, key: &DataKey) -> Result<(), Failure> {
        let files = self.listed(&Place::from(key.id())).await?;
        let pieces = self.listed(&quarantine::of_player(key)).await?;
        let size_bytes: u64 = files.iter().chain(&pieces).map(|file| file.size).sum();
        if files.len() as u64 >= self.player_files || size_bytes >= self.player_bytes {
            let refusal = Refusal::EvidenceQuotaReached { of: "player", limit_files: self.player_files };
            return Err(Failure::refused(&refusal));
        }
        Ok(())
    }

    async fn listed(&self, folder: &Place) -> Result<Vec<ObjectMeta>, Failure> {
        let listing = self.files.list(Some(folder));
        listing.try_collect().await.map_err(|error| unavailable("cannot be listed", &error))
    }

    /// Stores a file, sealed; one that is there already stays as it is.
    ///
    /// # Errors
    /// The place is not available.
    pub(crate) async fn put(
        &self,
        key: &DataKey,
        case: CaseId,
        evidence_id: Uuid,
        part: Part,
        sha256: &str,
        content: Vec<u8>,
    ) -> Result<(), Failure> {
        let sealed = self.sealed(key, case, evidence_id, part.field().to_owned(), content).await?;
        self.write(&place(key.id(), evidence_id, &part.name(sha256)), sealed).await?;
        Ok(())
    }

    /// A stored file, as it lies there, and what opens it.
    ///
    /// # Errors
    /// The place is not available, or the file is not there.
    pub(crate) async fn get(
        &self,
        key: &DataKey,
        case: CaseId,
        evidence_id: Uuid,
        part: Part,
        sha256: &str,
    ) -> Result<Sealed, Failure> {
        let found = self.files.get(&place(key.id(), evidence_id, &part.name(sha256))).await;
        let found = found.map_err(|error| match error {
            // The fact says that it is there: somebody has removed it, or the wrong place is configured.
            object_store::Error::NotFound { .. } => {
                Failure::Internal(format!("evidence is missing: {error}"))
            }
            other => unavailable("cannot be read", &other),
        })?;
        let field = part.field();
        let aad = AssociatedData { event_id: evidence_id, stream_id: case.0, field, key_id: key.id() };
        Ok(Sealed { pieces: found.into_stream().boxed(), opening: key.open_stream(&aad) })
    }

    async fn sealed(
        &self,
        key: &DataKey,
        case: CaseId,
        id: Uuid,
        field: String,
        content: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let (ids, key) = (Arc::clone(&self.ids), key.clone());
        // Megabytes: not on a thread that others wait for.
        let sealing = tokio::task::spawn_blocking(move || {
            let aad = AssociatedData { event_id: id, stream_id: case.0, field: &field, key_id: key.id() };
            key.seal_stream(ids.as_ref(), &aad, &content)
        });
        sealing.await.map_err(|error| Failure::Internal(format!("sealing a file ended: {error}")))
    }

    /// Writes what is not there yet. Whether it was not.
    async fn write(&self, place: &Place, sealed: Vec<u8>) -> Result<bool, Failure> {
        let once = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.files.put_opts(place, PutPayload::from(sealed), once).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(unavailable("cannot be stored", &error)),
        }
    }
}

fn unavailable(what: &str, error: &object_store::Error) -> Failure {
    Failure::Unavailable(format!("a file {what}: {error}"))
}

fn place(key_id: &str, evidence_id: Uuid, name: &str) -> Place {
    Place::from(format!("{key_id}/{evidence_id}/{name}"))
}
