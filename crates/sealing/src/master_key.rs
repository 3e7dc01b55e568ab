//! A key that wraps all data keys, held in this process. In development it is a file beside the data; in
//! production it comes from the platform's secret store as a file or as bytes.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use ambient::Ids;
use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::Error;
use crate::data_key::{KEY_BYTES, decrypt, encrypt};
use crate::store::WrappedKey;
use crate::wrapping::Wrapper;

/// A 32-byte master key. Wiped from memory when dropped; shown only by its fingerprint.
pub struct MasterKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    fingerprint: String,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl MasterKey {
    /// The master key with these bytes, as a KMS or an environment gives them.
    pub fn from_bytes(mut bytes: [u8; KEY_BYTES]) -> Self {
        let key = Zeroizing::new(bytes);
        bytes.zeroize();
        // Names the key without telling it: 32 random bytes cannot be found from a hash of them.
        let digest = Sha256::new().chain_update(b"master-key-fingerprint").chain_update(*key).finalize();
        Self { fingerprint: hex::encode(&digest[..8]), key }
    }

    /// Reads a master key from 64 hexadecimal digits, as an environment variable holds it.
    ///
    /// # Errors
    /// [`Error::MasterKey`] when it is anything else; the error does not repeat it.
    pub fn from_hex(digits: &str) -> Result<Self, Error> {
        let mut bytes = [0u8; KEY_BYTES];
        // What is wrong with it is not told: the decoder's error quotes a character of it.
        hex::decode_to_slice(digits.trim(), &mut bytes).map_err(|_| Error::MasterKey {
            path: "given as text".to_owned(),
            reason: "must be 64 hexadecimal digits".to_owned(),
        })?;
        let key = Self::from_bytes(bytes);
        bytes.zeroize();
        Ok(key)
    }

    /// Reads a key file: 64 hexadecimal digits, and on Unix readable by its owner alone.
    ///
    /// # Errors
    /// [`Error::MasterKey`] when it is missing, malformed or readable by others.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let refused = |reason: String| Error::MasterKey { path: path.display().to_string(), reason };
        let file = File::open(path).map_err(|error| refused(format!("cannot be opened: {error}")))?;
        check_permissions(&file).map_err(refused)?;
        let text = io::read_to_string(file).map(Zeroizing::new);
        let text = text.map_err(|error| refused(format!("cannot be read: {error}")))?;
        let mut bytes = [0u8; KEY_BYTES];
        hex::decode_to_slice(text.trim(), &mut bytes)
            .map_err(|error| refused(format!("must hold 64 hexadecimal digits: {error}")))?;
        let key = Self::from_bytes(bytes);
        bytes.zeroize();
        Ok(key)
    }

    /// Reads a key file, or makes one with mode 0600 when there is none: for development, where
    /// nothing is to be set up. Of several processes that start at once, one makes it.
    ///
    /// # Errors
    /// [`Error::MasterKey`] as [`MasterKey::from_file`], or when the file cannot be made.
    pub fn from_file_or_create(path: &Path, ids: &dyn Ids) -> Result<Self, Error> {
        if !path.exists() {
            create(path, ids).map_err(|error| Error::MasterKey {
                path: path.display().to_string(),
                reason: format!("cannot be made: {error}"),
            })?;
        }
        Self::from_file(path)
    }

    /// Names the key without telling anything about it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

#[async_trait]
impl Wrapper for MasterKey {
    fn made(&self, wrapped_by: &str) -> bool {
        wrapped_by == self.fingerprint
    }

    fn name(&self) -> &str {
        &self.fingerprint
    }

    async fn wrap(&self, ids: &dyn Ids, place: &[u8], key: &[u8; KEY_BYTES]) -> Result<WrappedKey, Error> {
        Ok(WrappedKey { wrapped_by: self.fingerprint.clone(), bytes: encrypt(&self.key, ids, place, key) })
    }

    async fn unwrap(&self, place: &[u8], wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, Error> {
        decrypt(&self.key, place, &wrapped.bytes).map(Zeroizing::new)
    }
}

#[cfg(unix)]
fn check_permissions(file: &File) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata().map_err(|error| error.to_string())?.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(format!("has mode {mode:04o}, so others may read it; run `chmod 600` on it")),
    }
}

#[cfg(not(unix))]
fn check_permissions(_file: &File) -> Result<(), String> {
    Ok(())
}

/// Writes the whole key under another name and then links it: nobody ever reads half a key, and the
/// first of several makers wins.
fn create(path: &Path, ids: &dyn Ids) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut suffix = [0u8; 8];
    ids.fill(&mut suffix);
    let draft = folder.join(format!(".master-key-{}", hex::encode(suffix)));
    let mut key = Zeroizing::new([0u8; KEY_BYTES]);
    ids.fill(key.as_mut());
    let text = Zeroizing::new(hex::encode(*key) + "\n");

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let linked = options
        .open(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    let removed = fs::remove_file(&draft);
    linked.and(removed)?;
    // Without this a power cut could take the key and leave what it seals.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use ambient::SystemIds;

    use super::*;

    #[test]
    fn the_file_is_made_once_for_its_owner_alone_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let made = MasterKey::from_file_or_create(&path, &SystemIds).unwrap();
        let read = MasterKey::from_file_or_create(&path, &SystemIds).unwrap();
        assert_eq!(made.fingerprint(), read.fingerprint());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn several_processes_that_start_at_once_agree_on_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let fingerprints: Vec<String> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| MasterKey::from_file_or_create(&path, &SystemIds).unwrap()))
                .collect();
            makers.into_iter().map(|maker| maker.join().unwrap().fingerprint().to_owned()).collect()
        });
        assert!(fingerprints.iter().all(|fingerprint| *fingerprint == fingerprints[0]), "{fingerprints:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        MasterKey::from_file_or_create(&path, &SystemIds).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = MasterKey::from_file(&path).unwrap_err().to_string();
        assert!(refused.contains("0640") && refused.contains("chmod 600"), "{refused}");
    }

    #[test]
    fn a_missing_or_malformed_file_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("absent.key");
        assert!(MasterKey::from_file(&missing).unwrap_err().to_string().contains("absent.key"));
        let short = folder.path().join("short.key");
        MasterKey::from_file_or_create(&short, &SystemIds).unwrap();
        fs::write(&short, "abcd").unwrap();
        assert!(MasterKey::from_file(&short).unwrap_err().to_string().contains("64 hexadecimal digits"));
    }

    #[test]
    fn a_key_given_as_text_is_the_key_of_the_file_and_a_wrong_one_is_not_repeated() {
        let digits = "ab".repeat(KEY_BYTES);
        let given = MasterKey::from_hex(&format!("{digits}\n")).unwrap();
        assert_eq!(given.fingerprint(), MasterKey::from_bytes([0xAB; KEY_BYTES]).fingerprint());
        for wrong in ["", "abcd", &"xy".repeat(KEY_BYTES)] {
            let refused = MasterKey::from_hex(wrong).unwrap_err().to_string();
            assert!(refused.contains("64 hexadecimal digits"), "{refused}");
            assert!(wrong.is_empty() || !refused.contains(wrong), "{refused}");
        }
    }

    #[test]
    fn a_master_key_does_not_show_itself() {
        let shown = format!("{:?}", MasterKey::from_bytes([0xAB; 32]));
        assert!(!shown.to_lowercase().contains("abab") && !shown.contains("171"), "{shown}");
    }
}
