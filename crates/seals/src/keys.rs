//! Who seals, and whose seals are trusted: Ed25519 keys.
//!
//! A signing key is a file with one of:
//! - a PEM block `PRIVATE KEY` (PKCS#8), as `openssl genpkey -algorithm ed25519` writes it. Keys that are
//!   made here are written so, and `openssl pkey -in FILE -pubout` gives their public half.
//! - 64 hexadecimal digits: the 32-byte seed of RFC 8032.
//!
//! Trusted public keys are a file of PEM blocks `PUBLIC KEY`, as many as there ever were: after a rotation
//! old seals are still checked with the old key.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::str::FromStr;

use ambient::Ids;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::Error;

/// DER before the 32 seed bytes of a PKCS#8 Ed25519 key (RFC 8410).
const PRIVATE_DER: [u8; 16] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// DER before the 32 bytes of a public Ed25519 key (RFC 8410).
const PUBLIC_DER: [u8; 12] = [0x30, 0x2A, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 0x21, 0];
const PRIVATE_LABEL: &str = "PRIVATE KEY";
const PUBLIC_LABEL: &str = "PUBLIC KEY";

/// Names a key: the first 8 bytes of the SHA-256 of its public half, shown as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for KeyId {
    type Err = String;

    fn from_str(digits: &str) -> Result<Self, String> {
        let mut id = [0; 8];
        hex::decode_to_slice(digits, &mut id).map_err(|_| "a key id has 16 hexadecimal digits".to_owned())?;
        Ok(Self(id))
    }
}

/// The half of a key that checks seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key with these bytes; `None` if they are no point of the curve, or a weak one.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Its 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Its name.
    pub fn id(self) -> KeyId {
        let digest: [u8; 32] = Sha256::digest(self.0.as_bytes()).into();
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        KeyId(id)
    }

    /// A PEM block that `openssl` reads.
    pub fn to_pem(self) -> String {
        pem(PUBLIC_LABEL, &[&PUBLIC_DER[..], self.0.as_bytes()].concat())
    }

    /// Whether the key's owner signed `message`.
    pub(crate) fn verifies(self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

/// The key that seals. Wiped from memory when dropped; shown only by its id.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public().id().to_string()).finish()
    }
}

impl SigningKey {
    /// The key of a 32-byte seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads a key file; on Unix it must be readable by its owner alone.
    ///
    /// # Errors
    /// [`Error::Key`] when it is missing, malformed or readable by others.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(|error| refused(path, format!("cannot be opened: {error}")))?;
        check_permissions(&file).map_err(|reason| refused(path, reason))?;
        let text = io::read_to_string(file).map(Zeroizing::new);
        let text = text.map_err(|error| refused(path, format!("cannot be read: {error}")))?;
        let seed = seed(text.trim()).ok_or_else(|| {
            let expected = "must hold an Ed25519 key as a PEM block PRIVATE KEY (PKCS#8), or 64 hexadecimal \
                            digits; make one with `openssl genpkey -algorithm ed25519`";
            refused(path, expected.to_owned())
        })?;
        Ok(Self::from_seed(&seed))
    }

    /// Reads a key file, or makes one with mode 0600 when there is none. Of several processes that start at
    /// once, one makes it. Outside tests `ids` must be the system's randomness.
    ///
    /// # Errors
    /// [`Error::Key`] as [`SigningKey::from_file`], or when the file cannot be made.
    pub fn from_file_or_create(path: &Path, ids: &dyn Ids) -> Result<Self, Error> {
        if !path.exists() {
            create(path, ids).map_err(|error| refused(path, format!("cannot be made: {error}")))?;
        }
        Self::from_file(path)
    }

    /// The half that may be given away.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// The public keys whose seals are trusted: today's, and those that were rotated out.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    keys: BTreeMap<KeyId, PublicKey>,
}

impl Keyring {
    /// Trusts nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a file of PEM blocks `PUBLIC KEY`. Text between the blocks is free: say there since when each
    /// was used.
    ///
    /// # Errors
    /// [`Error::Key`] when it is missing, holds no key, or a block that is none.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path);
        let text = text.map_err(|error| refused(path, format!("cannot be read: {error}")))?;
        let mut keyring = Self::new();
        for block in blocks(PUBLIC_LABEL, &text) {
            let key = block.as_deref().and_then(|der| der.strip_prefix(&PUBLIC_DER));
            let key = key.and_then(|key| PublicKey::from_bytes(key.try_into().ok()?));
            let key = key.ok_or_else(|| {
                let number = keyring.keys.len() + 1;
                refused(path, format!("block {number} is no Ed25519 key"))
            })?;
            keyring.trust(key);
        }
        if keyring.keys.is_empty() {
            return Err(refused(path, "holds no PEM block PUBLIC KEY".to_owned()));
        }
        Ok(keyring)
    }

    /// Trusts one more.
    pub fn trust(&mut self, key: PublicKey) {
        self.keys.insert(key.id(), key);
    }

    /// The key of this name, if it is trusted.
    pub fn find(&self, id: KeyId) -> Option<PublicKey> {
        self.keys.get(&id).copied()
    }

    /// All of them, by name.
    pub fn keys(&self) -> impl Iterator<Item = PublicKey> {
        self.keys.values().copied()
    }
}

impl FromIterator<PublicKey> for Keyring {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().map(|key| (key.id(), key)).collect() }
    }
}

fn refused(path: &Path, reason: String) -> Error {
    Error::Key { path: path.display().to_string(), reason }
}

/// The seed in a key file's text.
fn seed(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    if hex::decode_to_slice(text, seed.as_mut()).is_ok() {
        return Some(seed);
    }
    let der = Zeroizing::new(blocks(PRIVATE_LABEL, text).next()??);
    seed.copy_from_slice(der.strip_prefix(&PRIVATE_DER).filter(|rest| rest.len() == 32)?);
    Some(seed)
}

fn pem(label: &str, der: &[u8]) -> String {
    // 48 bytes at most, so one line holds them.
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// What the PEM blocks of this label hold, in order; `None` for one that is not base64 or not ended.
fn blocks<'a>(label: &str, text: &'a str) -> impl Iterator<Item = Option<Vec<u8>>> + 'a {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let starts: Vec<usize> = text.match_indices(&begin).map(|(at, found)| at + found.len()).collect();
    starts.into_iter().map(move |start| {
        let body = &text[start..start + text[start..].find(&end)?];
        let digits = Zeroizing::new(body.split_whitespace().collect::<String>());
        STANDARD.decode(digits.as_bytes()).ok()
    })
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

/// Writes the whole key under another name and then links it: nobody ever reads half a key, and the first
/// of several makers wins.
fn create(path: &Path, ids: &dyn Ids) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut suffix = [0; 8];
    ids.fill(&mut suffix);
    let draft = folder.join(format!(".seal-key-{}", hex::encode(suffix)));
    let mut der = Zeroizing::new([0; 48]);
    der[..16].copy_from_slice(&PRIVATE_DER);
    ids.fill(&mut der[16..]);
    let text = Zeroizing::new(pem(PRIVATE_LABEL, der.as_ref()));

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
    // Without this a power cut could take the key that seals were already made with.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use ambient::SystemIds;

    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    fn private(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    #[test]
    fn the_file_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/seal.pem");
        let made = SigningKey::from_file_or_create(&path, &SystemIds).unwrap();
        let read = SigningKey::from_file_or_create(&path, &SystemIds).unwrap();
        assert_eq!(made.public(), read.public());
        assert!(fs::read_to_string(&path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_seed_in_hex_and_the_same_key_in_pem_are_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        private(&path, &format!("{SEED}\n"));
        let from_hex = SigningKey::from_file(&path).unwrap();
        let der = [&PRIVATE_DER[..], &hex::decode(SEED).unwrap()].concat();
        private(&path, &pem(PRIVATE_LABEL, &der));
        let from_pem = SigningKey::from_file(&path).unwrap();
        assert_eq!(hex::encode(from_hex.public().to_bytes()), PUBLIC);
        assert_eq!(from_hex.public(), from_pem.public());
        let digest = hex::encode(Sha256::digest(hex::decode(PUBLIC).unwrap()));
        assert_eq!(from_pem.public().id().to_string(), digest[..16]);
        assert_eq!(digest[..16].parse(), Ok(from_pem.public().id()));
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.key");
        assert!(SigningKey::from_file(&path).unwrap_err().to_string().contains("wrong.key"));
        for text in ["secret", &SEED[..62], &pem(PRIVATE_LABEL, b"secret"), &pem(PUBLIC_LABEL, &[0; 48])] {
            private(&path, text);
            let reason = SigningKey::from_file(&path).unwrap_err().to_string();
            assert!(reason.contains("PKCS#8") && !reason.contains("secret"), "{reason}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.pem");
        SigningKey::from_file_or_create(&path, &SystemIds).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let reason = SigningKey::from_file(&path).unwrap_err().to_string();
        assert!(reason.contains("0640") && reason.contains("chmod 600"), "{reason}");
    }

    #[test]
    fn a_keyring_holds_every_key_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trusted.pem");
        let keys: Vec<PublicKey> =
            [[1; 32], [2; 32]].iter().map(|seed| SigningKey::from_seed(seed).public()).collect();
        let text = format!("until May:\n{}since May:\n{}", keys[0].to_pem(), keys[1].to_pem());
        fs::write(&path, text).unwrap();
        let keyring = Keyring::from_file(&path).unwrap();
        assert!(keys.iter().all(|key| keyring.find(key.id()) == Some(*key)));
        assert_eq!(keyring.keys().count(), 2);
        for wrong in ["", &pem(PUBLIC_LABEL, b"no key"), "-----BEGIN PUBLIC KEY-----\nAAAA"] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(Keyring::from_file(&path), Err(Error::Key { .. })), "{wrong}");
        }
    }

    #[test]
    fn a_signing_key_does_not_show_itself() {
        let key = SigningKey::from_seed(&[0xAB; 32]);
        assert_eq!(format!("{key:?}"), format!("SigningKey(\"{}\")", key.public().id()));
    }
}
