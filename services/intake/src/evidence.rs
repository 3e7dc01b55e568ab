//! Where the files that players send are kept: known by their bytes, sealed with the player's key, and
//! written before the fact that they arrived is recorded.
//!
//! A file lies at `<evidence id>/<SHA-256 of its content>`. The id comes from the request, so a repeat
//! finds its own file; the digest keeps another content under the same id from taking its place. What is
//! stored is a sealed text, as in the facts: destroying the player's key makes it unreadable too.

use std::path::Path;
use std::sync::Arc;

use ambient::Ids;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use case::intake::{Refusal, check_file, limits};
use case::{Brand, CaseId, PlayerId, SealedText};
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, PutMode, PutOptions, PutPayload};
use sealing::{AssociatedData, Sealer};
use service_kit::Failure;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The name under which a file's content is bound to its evidence.
const FIELD: &str = "content";
/// What is said of bytes in which no type was found.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// A file that may be evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EvidenceFile {
    pub(crate) media_type: &'static str,
    pub(crate) sha256: [u8; 32],
    pub(crate) content: Vec<u8>,
}

/// A file on its way in, piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    content: Vec<u8>,
}

impl Incoming {
    /// Takes the next piece.
    ///
    /// # Errors
    /// The file is too large by now; nothing more needs to be read.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let size_bytes = (self.content.len() + piece.len()) as u64;
        if size_bytes > limits::EVIDENCE_BYTES {
            return Err(Refusal::EvidenceTooLarge { size_bytes });
        }
        self.content.extend_from_slice(piece);
        Ok(())
    }

    /// The whole file.
    ///
    /// # Errors
    /// It is empty, or of a type that is not accepted.
    pub(crate) fn finish(self) -> Result<EvidenceFile, Refusal> {
        let media_type = media_type(&self.content);
        check_file(media_type, self.content.len() as u64)?;
        Ok(EvidenceFile { media_type, sha256: Sha256::digest(&self.content).into(), content: self.content })
    }
}

/// The media type found in a file's first bytes; its name is not asked.
fn media_type(content: &[u8]) -> &'static str {
    match infer::get(content).map(|found| found.mime_type()) {
        // Only the HEVC kind of HEIF is recognised, which is HEIC.
        Some("image/heif") => "image/heic",
        Some(found) => found,
        None => UNKNOWN_TYPE,
    }
}

/// Whose file it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) brand: &'a Brand,
    pub(crate) player_id: &'a PlayerId,
    pub(crate) case: CaseId,
}

/// Keeps the files.
pub(crate) struct EvidenceStore {
    files: LocalFileSystem,
    sealer: Arc<Sealer>,
    ids: Arc<dyn Ids>,
}

impl EvidenceStore {
    /// Makes the folder, if need be.
    ///
    /// # Errors
    /// Says why the folder cannot be used.
    pub(crate) fn open(folder: &Path, sealer: Arc<Sealer>, ids: Arc<dyn Ids>) -> Result<Self, String> {
        let problem = |error: &dyn std::fmt::Display| {
            format!("{} cannot be used: {error}; name a folder that can be written", folder.display())
        };
        std::fs::create_dir_all(folder).map_err(|error| problem(&error))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| problem(&error))?;
        // The fact that a file arrived must not outlive the file in a power cut.
        Ok(Self { files: files.with_fsync(true), sealer, ids })
    }

    /// Stores a file, sealed; one that is there already stays as it is.
    ///
    /// # Errors
    /// The player was erased; the folder or the key store is not available.
    pub(crate) async fn put(
        &self,
        evidence_id: Uuid,
        owner: Owner<'_>,
        file: &EvidenceFile,
    ) -> Result<(), Failure> {
        let key = self.sealer.seal_key(owner.brand.as_str(), owner.player_id.as_str()).await?;
        let (ids, case, content) = (Arc::clone(&self.ids), owner.case, file.content.clone());
        // Megabytes: not on a thread that others wait for.
        let sealing = tokio::task::spawn_blocking(move || {
            let place =
                AssociatedData { event_id: evidence_id, stream_id: case.0, field: FIELD, key_id: key.id() };
            let data = key.seal(ids.as_ref(), &place, &STANDARD.encode(content));
            serde_json::to_vec(&SealedText { key: key.id().to_owned(), data })
        });
        let sealed = sealing
            .await
            .map_err(|error| Failure::Internal(format!("sealing a file ended: {error}")))?
            .map_err(|error| Failure::Internal(error.to_string()))?;
        let once = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let path = path(evidence_id, &file.sha256);
        match self.files.put_opts(&path, PutPayload::from(sealed), once).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(Failure::Unavailable(format!("a file cannot be stored: {error}"))),
        }
    }
}

fn path(evidence_id: Uuid, sha256: &[u8; 32]) -> object_store::path::Path {
    object_store::path::Path::from(format!("{evidence_id}/{}", hex::encode(sha256)))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use ambient::{ManualClock, SeededIds};
    use case::Refusal as _;
    use sealing::{MasterKey, MemoryKeyStore};

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";
    const HEIC: &[u8] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic and so on";

    fn taken(content: &[u8]) -> Result<EvidenceFile, Refusal> {
        let mut incoming = Incoming::default();
        for piece in content.chunks(7) {
            incoming.push(piece)?;
        }
        incoming.finish()
    }

    #[test]
    fn a_file_is_known_by_its_bytes() {
        let jpeg = b"\xff\xd8\xff\xe0 and so on".as_slice();
        for (content, media_type) in [
            (PNG, "image/png"),
            (HEIC, "image/heic"),
            (jpeg, "image/jpeg"),
            (b"%PDF-1.7 and so on".as_slice(), "application/pdf"),
        ] {
            let file = taken(content).unwrap();
            assert_eq!((file.media_type, file.content.as_slice()), (media_type, content));
            assert_eq!(file.sha256, <[u8; 32]>::from(Sha256::digest(content)));
        }
    }

    #[test]
    fn other_types_and_nothing_at_all_are_refused_on_the_chunk() {
        for content in
            [&b""[..], b"I am a text", b"GIF89a\x01\0\x01\0\0\0\0;", b"PK\x03\x04 an archive", b"<html>"]
        {
            let refusal = taken(content).unwrap_err();
            assert_eq!(refusal.field(), Some("chunk"), "{refusal}");
        }
        assert_eq!(taken(b"").unwrap_err(), Refusal::EvidenceEmpty);
    }

    #[test]
    fn the_limit_holds_while_the_file_still_comes_in() {
        let largest = usize::try_from(limits::EVIDENCE_BYTES).unwrap();
        let mut incoming = Incoming::default();
        incoming.push(PNG).unwrap();
        incoming.push(&vec![0; largest - PNG.len()]).unwrap();
        let too_large = Refusal::EvidenceTooLarge { size_bytes: limits::EVIDENCE_BYTES + 1 };
        assert_eq!(incoming.push(&[0]), Err(too_large));
        assert_eq!(incoming.finish().unwrap().content.len(), largest);
    }

    struct Kept {
        folder: tempfile::TempDir,
        sealer: Arc<Sealer>,
        store: EvidenceStore,
    }

    impl Kept {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(1));
            let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
            let keys = Arc::new(MemoryKeyStore::new());
            let master = MasterKey::from_bytes([7; 32]);
            let sealer = Arc::new(Sealer::new(keys, master, Arc::new(clock), Arc::clone(&ids)));
            let store =
                EvidenceStore::open(&folder.path().join("evidence"), Arc::clone(&sealer), ids).unwrap();
            Self { folder, sealer, store }
        }

        async fn put(&self, id: u128, content: &[u8]) -> Result<(), Failure> {
            let (brand, player_id) = ("NB".parse().unwrap(), "p-1".parse().unwrap());
            let owner = Owner { brand: &brand, player_id: &player_id, case: CaseId(Uuid::from_u128(9)) };
            self.store.put(Uuid::from_u128(id), owner, &taken(content).unwrap()).await
        }

        fn files(&self) -> Vec<PathBuf> {
            let folders = std::fs::read_dir(self.folder.path().join("evidence")).unwrap();
            folders
                .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
                .map(|file| file.unwrap().path())
                .collect()
        }

        async fn read(&self, id: u128, file: &Path) -> Option<Vec<u8>> {
            let sealed: SealedText = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let key = self.sealer.open_key(&sealed.key).await.unwrap()?;
            let place = AssociatedData {
                event_id: Uuid::from_u128(id),
                stream_id: Uuid::from_u128(9),
                field: FIELD,
                key_id: &sealed.key,
            };
            Some(STANDARD.decode(key.open(&place, &sealed.data).unwrap()).unwrap())
        }
    }

    #[tokio::test]
    async fn a_file_is_stored_sealed_and_gone_with_the_players_key() {
        let kept = Kept::open();
        kept.put(1, PNG).await.unwrap();
        let files = kept.files();
        let stored = std::fs::read(&files[0]).unwrap();
        assert!(!stored.windows(4).any(|window| window == b"\x89PNG"), "it is readable");
        assert_eq!(kept.read(1, &files[0]).await.as_deref(), Some(PNG));
        kept.sealer.destroy("NB", "p-1").await.unwrap();
        assert_eq!(kept.read(1, &files[0]).await, None);
        let failure = kept.put(2, PNG).await.unwrap_err();
        assert_eq!(failure.reason(), "PLAYER_ERASED");
    }

    #[tokio::test]
    async fn a_repeat_stores_no_second_file_and_other_content_does_not_take_its_place() {
        let kept = Kept::open();
        kept.put(1, PNG).await.unwrap();
        let first = kept.files().remove(0);
        let before = std::fs::read(&first).unwrap();
        kept.put(1, PNG).await.unwrap();
        assert_eq!(kept.files(), std::slice::from_ref(&first));
        kept.put(1, HEIC).await.unwrap();
        assert_eq!(std::fs::read(&first).unwrap(), before);
    }
}
