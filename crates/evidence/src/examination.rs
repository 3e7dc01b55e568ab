//! A file's way through: found out, scanned, made harmless.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{Clamd, MediaType, Refused, ScannerAway, Verdict, heic, pdf, picture, zip};

/// How much a file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A picture: at most this many pixels.
    pub pixels: u64,
    /// A picture: at most this many bytes while it is decoded.
    pub memory_bytes: u64,
    /// A PDF: at most this many bytes of objects unpacked.
    pub unpacked_bytes: u64,
}

impl Default for Limits {
    /// What the cameras of today's phones need (50 megapixels), and no more.
    fn default() -> Self {
        Self { pixels: 50_000_000, memory_bytes: 256 * 1024 * 1024, unpacked_bytes: 64 * 1024 * 1024 }
    }
}

/// How many files are made harmless at once: each may take the whole memory of [`Limits`].
const AT_ONCE: usize = 2;

/// What every file has to go through.
#[derive(Clone)]
pub struct Examination {
    limits: Limits,
    scanner: Option<Clamd>,
    turns: Arc<Semaphore>,
}

impl fmt::Debug for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Examination").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// A file that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it is.
    pub media_type: MediaType,
    /// What may be kept of it.
    pub content: Vec<u8>,
    /// Whether the picture was written anew; otherwise the file is kept as it came, less what was wiped.
    pub reencoded: bool,
    /// What scanned it, such as `ClamAV 1.4.3/27500`; `None` where no scanner is configured.
    pub scanned_by: Option<String>,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExamined {
    /// The file is no evidence.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It could not be scanned, so nobody knows. Try again later.
    #[error(transparent)]
    ScannerAway(#[from] ScannerAway),
    /// The examination itself broke down.
    #[error("the examination of a file ended: {0}")]
    Broken(String),
}

impl Examination {
    /// With these limits, and this scanner if there is one.
    pub fn new(limits: Limits, scanner: Option<Clamd>) -> Self {
        Self { limits, scanner, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Takes a file through all of it.
    ///
    /// # Errors
    /// The file is refused; or the scanner does not answer, and then nothing may be kept.
    pub async fn examine(&self, content: Vec<u8>) -> Result<Examined, NotExamined> {
        let media_type = MediaType::of(&content)?;
        let scanned_by = match &self.scanner {
            Some(scanner) => Some(scan(scanner, &content).await?),
            None => None,
        };
        let broken = |error: &dyn fmt::Display| NotExamined::Broken(error.to_string());
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|error| broken(&error))?;
        let limits = self.limits;
        // Seconds of work: not on a thread that others wait for. The turn ends with the work, not with the caller.
        let cleaning = tokio::task::spawn_blocking(move || {
            let cleaned = clean(content, media_type, &limits);
            drop(turn);
            cleaned
        });
        let (content, reencoded) = match cleaning.await {
            Ok(cleaned) => cleaned?,
            // A decoder gave up in its own way on what it was fed: the file's fault, and it would do so each time.
            Err(error) if error.is_panic() => {
                return Err(Refused::Damaged { problem: "its decoder gave up".to_owned() }.into());
            }
            Err(error) => return Err(broken(&error)),
        };
        Ok(Examined { media_type, content, reencoded, scanned_by })
    }
}

async fn scan(scanner: &Clamd, content: &[u8]) -> Result<String, NotExamined> {
    match scanner.scan(content).await? {
        Verdict::Clean => Ok(scanner.version().await?),
        Verdict::Infected(signature) => Err(Refused::Malware { signature }.into()),
    }
}

/// What may be kept of a file, and whether it was written anew.
fn clean(content: Vec<u8>, media_type: MediaType, limits: &Limits) -> Result<(Vec<u8>, bool), Refused> {
    match media_type {
        MediaType::Jpeg | MediaType::Png => Ok((picture::rewrite(&content, media_type, limits)?, true)),
        MediaType::Heic => {
            zip::refuse_at_the_end(&content)?;
            Ok((heic::wipe(content, limits)?, false))
        }
        MediaType::Pdf => {
            zip::refuse_at_the_end(&content)?;
            pdf::check(&content, limits)?;
            Ok((content, false))
        }
    }
}
