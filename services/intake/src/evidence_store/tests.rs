use std::path::PathBuf;

use ambient::{ManualClock, SeededIds};
use case::{Actor, Team};
use sealing::{MasterKey, MemoryKeyStore};

use super::*;

/// A store in a folder, and a player's case.
pub(super) struct Kept {
    folder: tempfile::TempDir,
    pub(super) clock: ManualClock,
    sealer: Arc<Sealer>,
    pub(super) store: EvidenceStore,
}

pub(super) const CASE: CaseId = CaseId(Uuid::from_u128(9));
pub(super) const FILE: Uuid = Uuid::from_u128(1);

impl Kept {
    fn open() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut EvidenceConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(1));
        let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let master = MasterKey::from_bytes([7; 32]);
        let sealer =
            Sealer::new(Arc::new(MemoryKeyStore::new()), master, Arc::clone(&shared), Arc::clone(&ids));
        let sealer = Arc::new(sealer);
        let mut config = EvidenceConfig {
            store: "evidence".to_owned(),
            clamav: String::new(),
            clamav_timeout_seconds: 30,
            pixels: 1_000,
            keep_originals: Vec::new(),
            player_files: 200,
            player_bytes: 1_000_000,
            grant_minutes: 5,
            upload_retention_hours: 24,
        };
        change(&mut config);
        let store = EvidenceStore::open(&config, folder.path(), Arc::clone(&sealer), ids, shared).unwrap();
        Self { folder, clock, sealer, store }
    }

    pub(super) async fn key_of(&self, player: &str) -> DataKey {
        let (brand, player_id) = ("NB".parse().unwrap(), player.parse().unwrap());
        self.store.key(Owner { brand: &brand, player_id: &player_id }).await.unwrap()
    }

    pub(super) async fn put(&self, id: Uuid, sha256: &str, content: &[u8]) {
        let key = self.key_of("p-1").await;
        self.store.put(&key, CASE, id, Part::Content, sha256, content.to_vec()).await.unwrap();
    }

    pub(super) async fn read(&self, key: &DataKey, sha256: &str) -> Result<Vec<u8>, sealing::Error> {
        let mut sealed = self.store.get(key, CASE, FILE, Part::Content, sha256).await.unwrap();
        let mut content = Vec::new();
        while let Some(piece) = sealed.pieces.try_next().await.unwrap() {
            content.extend(sealed.opening.push(&piece)?);
        }
        content.extend(sealed.opening.finish()?);
        Ok(content)
    }

    fn files(&self) -> Vec<PathBuf> {
        fn below(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { below(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        below(&self.folder.path().join("evidence"), &mut found);
        found
    }
}

#[tokio::test]
async fn a_file_is_stored_sealed_and_gone_with_the_players_key() {
    let kept = Kept::open();
    let content: Vec<u8> = b"SECRET".repeat(50_000);
    kept.put(FILE, "ab", &content).await;
    let files = kept.files();
    let stored = std::fs::read(&files[0]).unwrap();
    assert!(!stored.windows(6).any(|window| window == b"SECRET"), "it is readable");
    let key = kept.key_of("p-1").await;
    assert!(files[0].ends_with(format!("{}/{FILE}/ab", key.id())), "{files:?}");
    assert_eq!(kept.read(&key, "ab").await.unwrap(), content);

    kept.sealer.destroy("NB", "p-1").await.unwrap();
    assert!(kept.sealer.open_key(key.id()).await.unwrap().is_none());
    let (brand, player_id) = ("NB".parse().unwrap(), "p-1".parse().unwrap());
    let owner = Owner { brand: &brand, player_id: &player_id };
    assert_eq!(kept.store.key(owner).await.unwrap_err().reason(), "PLAYER_ERASED");
}

#[tokio::test]
async fn a_file_that_was_changed_or_cut_off_is_not_served() {
    let kept = Kept::open();
    kept.put(FILE, "ab", &vec![1; 200_000]).await;
    let (key, file) = (kept.key_of("p-1").await, kept.files().remove(0));
    let whole = std::fs::read(&file).unwrap();
    for changed in
        [&whole[..whole.len() - 1], &whole[..20 + 65_552], &[&whole[..100], b"!", &whole[101..]].concat()]
    {
        std::fs::write(&file, changed).unwrap();
        assert!(matches!(kept.read(&key, "ab").await, Err(sealing::Error::Unreadable)));
    }
}

#[tokio::test]
async fn a_repeat_stores_no_second_file_and_other_content_does_not_take_its_place() {
    let kept = Kept::open();
    kept.put(FILE, "ab", b"one").await;
    let first = kept.files().remove(0);
    let before = std::fs::read(&first).unwrap();
    kept.put(FILE, "ab", b"one").await;
    assert_eq!(kept.files(), std::slice::from_ref(&first));
    kept.put(FILE, "cd", b"two").await;
    assert_eq!(std::fs::read(&first).unwrap(), before);
}

#[tokio::test]
async fn a_player_has_no_more_files_than_they_may_and_others_still_have_theirs() {
    let full = |kept: Kept| async move {
        let key = kept.key_of("p-1").await;
        kept.put(FILE, "ab", &[0; 700]).await;
        kept.store.check_quota(&key).await.unwrap();
        kept.put(Uuid::from_u128(2), "ab", &[0; 700]).await;
        assert_eq!(kept.store.check_quota(&key).await.unwrap_err().reason(), "EVIDENCE_QUOTA_REACHED");
        kept.store.check_quota(&kept.key_of("p-2").await).await.unwrap();
    };
    full(Kept::with(|config| config.player_files = 2)).await;
    full(Kept::with(|config| config.player_bytes = 1_000)).await;

    // Uploads that are never finished count too.
    let kept = Kept::with(|config| config.player_bytes = 1_000);
    let key = kept.key_of("p-1").await;
    let mut upload = Upload::resume(&kept.store, &key, CASE, FILE, 0).await.unwrap();
    upload.push(&[0; 1_000]).await.unwrap();
    upload.keep().await.unwrap();
    assert_eq!(kept.store.check_quota(&key).await.unwrap_err().reason(), "EVIDENCE_QUOTA_REACHED");
}

#[tokio::test]
async fn a_grant_is_for_one_caller_one_file_and_a_few_minutes() {
    let kept = Kept::open();
    let key = kept.key_of("p-1").await;
    let mette = Actor::agent("mette", &[Team::Verification]);
    let (grant, until) = kept.store.grant(&key, CASE, FILE, &mette).unwrap();
    assert_eq!(until.to_string(), "2026-03-02T09:05:00Z");
    let asked = |key: &DataKey, case, file, caller: &Actor, grant: &str| {
        kept.store.check_grant(key, case, file, caller, grant).map_err(|failure| failure.reason())
    };
    assert_eq!(asked(&key, CASE, FILE, &mette, &grant), Ok(()));

    let invalid = Err("GRANT_INVALID");
    let (bo, player) = (Actor::agent("bo", &[Team::Verification]), Actor::player("mette"));
    assert_eq!(asked(&key, CASE, FILE, &bo, &grant), invalid, "another caller");
    assert_eq!(asked(&key, CASE, FILE, &player, &grant), invalid, "another kind of caller");
    assert_eq!(asked(&key, CASE, Uuid::from_u128(2), &mette, &grant), invalid, "another file");
    assert_eq!(asked(&key, CaseId(FILE), FILE, &mette, &grant), invalid, "another case");
    assert_eq!(asked(&kept.key_of("p-2").await, CASE, FILE, &mette, &grant), invalid, "another player");
    for place in 0..grant.len() {
        let mut altered = grant.clone().into_bytes();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(asked(&key, CASE, FILE, &mette, &altered), invalid, "altered at {place}");
    }
    assert_eq!(asked(&key, CASE, FILE, &mette, ""), invalid);

    kept.clock.advance_to(until - SignedDuration::from_secs(1));
    assert_eq!(asked(&key, CASE, FILE, &mette, &grant), Ok(()));
    kept.clock.advance_to(until);
    assert_eq!(asked(&key, CASE, FILE, &mette, &grant), Err("GRANT_EXPIRED"));
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off_and_nowhere_else() {
    let kept = Kept::open();
    let (key, id) = (kept.key_of("p-1").await, FILE);
    let content: Vec<u8> = b"SECRET".repeat(100_000);
    let mut upload = Upload::resume(&kept.store, &key, CASE, id, 0).await.unwrap();
    for chunk in content[..300_000].chunks(50_000) {
        upload.push(chunk).await.unwrap();
    }
    drop(upload);
    // The last piece was not full yet, and so was not written down: as after a crash.
    assert_eq!(kept.store.next_offset(&key, id).await.unwrap(), 300_000);
    for file in kept.files() {
        assert!(!std::fs::read(file).unwrap().windows(6).any(|window| window == b"SECRET"), "it is readable");
    }
    for wrong in [1, 299_999, 300_001] {
        let failure = Upload::resume(&kept.store, &key, CASE, id, wrong).await.err().unwrap();
        assert_eq!(failure.reason(), "UPLOAD_OFFSET_WRONG");
    }
    let mut upload = Upload::resume(&kept.store, &key, CASE, id, 300_000).await.unwrap();
    upload.push(&content[300_000..]).await.unwrap();
    assert_eq!(upload.content(), content);
    upload.remove().await.unwrap();
    assert_eq!(kept.files(), Vec::<PathBuf>::new());

    // Two calls for the same upload at the same time: what one of them has written counts, once.
    let mut one = Upload::resume(&kept.store, &key, CASE, id, 0).await.unwrap();
    let mut other = Upload::resume(&kept.store, &key, CASE, id, 0).await.unwrap();
    for (upload, length) in [(&mut one, 300_000), (&mut other, 270_000)] {
        upload.push(&content[..length]).await.unwrap();
    }
    let next = kept.store.next_offset(&key, id).await.unwrap();
    let resumed = Upload::resume(&kept.store, &key, CASE, id, next).await.unwrap();
    assert_eq!(resumed.content(), &content[..usize::try_from(next).unwrap()]);
}

#[tokio::test]
async fn an_upload_that_was_left_alone_is_removed_and_one_that_goes_on_is_not() {
    let kept = Kept::open();
    let key = kept.key_of("p-1").await;
    let keep = async |id: Uuid, offset: u64| {
        let mut upload = Upload::resume(&kept.store, &key, CASE, id, offset).await.unwrap();
        upload.push(b"some bytes").await.unwrap();
        upload.keep().await.unwrap();
    };
    let (left_alone, goes_on) = (Uuid::from_u128(1), Uuid::from_u128(2));
    keep(left_alone, 0).await;
    keep(goes_on, 0).await;
    kept.put(Uuid::from_u128(3), "ab", b"evidence").await;
    kept.clock.advance(std::time::Duration::from_hours(23));
    keep(goes_on, 10).await;
    assert_eq!(kept.store.remove_old().await.unwrap(), 0);
    kept.clock.advance(std::time::Duration::from_hours(1));
    assert_eq!(kept.store.remove_old().await.unwrap(), 1);
    assert_eq!(kept.store.next_offset(&key, left_alone).await.unwrap(), 0);
    assert_eq!(kept.store.next_offset(&key, goes_on).await.unwrap(), 20);
    assert_eq!(kept.files().len(), 3, "evidence stays");
}
