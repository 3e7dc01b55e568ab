//! A witness: a file of seals where the database's administrator cannot write, one JSON object a line.
//!
//! Lines are only ever added, each flushed to disk before it counts, so the file may be kept append-only
//! (`chattr +a`) or on another machine. A line that a crash cut off stays; the whole line follows it, and
//! readers skip a line that the next one begins with.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use event_log::Hash;

use crate::store::SealStore;
use crate::{Error, Seal};

/// Seals in an append-only file of JSON lines. Keeps no leaf hashes.
#[derive(Debug, Clone)]
pub struct Witness {
    place: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    path: PathBuf,
    place: String,
    /// `None` when it is only read.
    file: Option<File>,
    /// The file's length as of the last look, in bytes.
    length: u64,
    /// Whether the file ends within a line.
    is_torn: bool,
    last: Option<Seal>,
    /// Where the last answer ended: the seal at this offset covers this position. Pages follow each other.
    cursor: (u64, u64),
}

impl Witness {
    /// Opens the file to add to it, or makes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be written; [`Error::Corrupt`] names the first wrong line.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        Self::open_file(path, true).await
    }

    /// Opens a file that is there, to read it.
    ///
    /// # Errors
    /// As [`Witness::open`].
    pub async fn open_read_only(path: &Path) -> Result<Self, Error> {
        Self::open_file(path, false).await
    }

    async fn open_file(path: &Path, writes: bool) -> Result<Self, Error> {
        let (path, place) = (path.to_owned(), path.display().to_string());
        let mut state = State {
            path,
            place: place.clone(),
            file: None,
            length: 0,
            is_torn: false,
            last: None,
            cursor: (0, 0),
        };
        let state = blocking(&place, move || {
            if writes {
                state.create()?;
            }
            state.look()?;
            Ok(state)
        })
        .await?;
        Ok(Self { place, state: Arc::new(Mutex::new(state)) })
    }

    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut State) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let state = self.state.clone();
        blocking(&self.place, move || act(&mut state.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

/// Files are waited for on threads that may wait.
async fn blocking<T: Send + 'static>(
    place: &str,
    act: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(act).await.unwrap_or_else(|error| {
        Err(Error::Unavailable { place: place.to_owned(), reason: error.to_string() })
    })
}

impl State {
    fn create(&mut self) -> Result<(), Error> {
        let is_new = !self.path.exists();
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        self.file = Some(options.open(&self.path).map_err(|error| self.failure(&error))?);
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if is_new && cfg!(unix) {
            let folder = File::open(folder.unwrap_or(Path::new(".")));
            folder.and_then(|folder| folder.sync_all()).map_err(|error| self.failure(&error))?;
        }
        Ok(())
    }

    /// Reads the whole file again if it has changed since the last look.
    fn look(&mut self) -> Result<(), Error> {
        let length = std::fs::metadata(&self.path).map_err(|error| self.failure(&error))?.len();
        if length == self.length {
            return Ok(());
        }
        let mut lines = self.lines(0)?;
        let mut last: Option<Seal> = None;
        while let Some((seal, _)) = lines.next_seal()? {
            let (to, hash) = last.as_ref().map_or((0, [0; 32]), |last| (last.to, last.hash()));
            if seal.from != to + 1 || seal.previous != hash {
                return Err(lines.corrupt(&format!("the seal from position {} does not follow", seal.from)));
            }
            last = Some(seal);
        }
        (self.last, self.is_torn, self.length) = (last, !lines.ends_whole, lines.offset);
        self.cursor = (0, 0);
        Ok(())
    }

    fn lines(&self, offset: u64) -> Result<Lines, Error> {
        let mut file = File::open(&self.path).map_err(|error| self.failure(&error))?;
        file.seek(SeekFrom::Start(offset)).map_err(|error| self.failure(&error))?;
        Ok(Lines {
            reader: BufReader::new(file),
            place: self.place.clone(),
            offset,
            number: 0,
            ahead: None,
            ends_whole: true,
        })
    }

    fn append(&mut self, seal: &Seal) -> Result<(), Error> {
        self.look()?;
        if self.last.as_ref() == Some(seal) {
            return Ok(());
        }
        let (to, hash) = self.last.as_ref().map_or((0, [0; 32]), |last| (last.to, last.hash()));
        if seal.from != to + 1 || seal.previous != hash {
            return Err(Error::Conflict { place: self.place.clone(), from: seal.from });
        }
        let mut line = if self.is_torn { "\n".to_owned() } else { String::new() };
        line += &serde_json::to_string(seal)
            .map_err(|error| Error::Corrupt { place: self.place.clone(), reason: error.to_string() })?;
        line.push('\n');
        let Some(file) = &mut self.file else {
            let reason = "it was opened for reading only".to_owned();
            return Err(Error::Unavailable { place: self.place.clone(), reason });
        };
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // What is there now is found out before the next try.
            self.length = u64::MAX;
            return Err(self.failure(&error));
        }
        (self.length, self.is_torn) = (self.length + line.len() as u64, false);
        self.last = Some(seal.clone());
        Ok(())
    }

    fn range(&mut self, from: u64, to: u64, limit: usize) -> Result<Vec<Seal>, Error> {
        let (position, offset) = self.cursor;
        let mut lines = self.lines(if from >= position { offset } else { 0 })?;
        let mut found = Vec::new();
        while found.len() < limit
            && let Some((seal, end)) = lines.next_seal()?
            && seal.from <= to
        {
            if seal.to >= from {
                self.cursor = (seal.to + 1, end);
                found.push(seal);
            }
        }
        Ok(found)
    }

    fn failure(&self, error: &std::io::Error) -> Error {
        Error::Unavailable { place: self.place.clone(), reason: error.to_string() }
    }
}

/// Walks the lines of a file.
struct Lines {
    reader: BufReader<File>,
    place: String,
    /// Where the next line to be read starts.
    offset: u64,
    number: u64,
    /// A line that was read to judge the one before.
    ahead: Option<Vec<u8>>,
    /// Whether the last byte that was read ends a line.
    ends_whole: bool,
}

impl Lines {
    /// The next seal, and where the line after it starts.
    fn next_seal(&mut self) -> Result<Option<(Seal, u64)>, Error> {
        let mut line = match self.ahead.take() {
            Some(line) => line,
            None => self.next_line()?,
        };
        loop {
            let (end, number) = (self.offset, self.number);
            let next = self.next_line()?;
            let Some(whole) = line.strip_suffix(b"\n") else { return Ok(None) };
            if !next.is_empty() && next.starts_with(whole) {
                line = next;
                continue;
            }
            match serde_json::from_slice(whole) {
                Ok(seal) => {
                    self.ahead = Some(next);
                    return Ok(Some((seal, end)));
                }
                // Cut off by a crash, and not written again yet.
                Err(_) if next.is_empty() => return Ok(None),
                Err(error) => {
                    self.number = number;
                    return Err(self.corrupt(&error.to_string()));
                }
            }
        }
    }

    /// The bytes of the next line with its end; none at the end of the file.
    fn next_line(&mut self) -> Result<Vec<u8>, Error> {
        let mut line = Vec::new();
        let read = self
            .reader
            .read_until(b'\n', &mut line)
            .map_err(|error| Error::Unavailable { place: self.place.clone(), reason: error.to_string() })?;
        if read > 0 {
            self.ends_whole = line.ends_with(b"\n");
            self.number += 1;
        }
        self.offset += read as u64;
        Ok(line)
    }

    fn corrupt(&self, reason: &str) -> Error {
        Error::Corrupt { place: self.place.clone(), reason: format!("line {}: {reason}", self.number) }
    }
}

#[async_trait]
impl SealStore for Witness {
    fn place(&self) -> &str {
        &self.place
    }

    async fn append(&self, seal: &Seal, _leaves: &[Hash]) -> Result<(), Error> {
        let seal = seal.clone();
        self.with(move |state| state.append(&seal)).await
    }

    async fn last(&self) -> Result<Option<Seal>, Error> {
        self.with(|state| state.look().map(|()| state.last.clone())).await
    }

    async fn range(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Seal>, Error> {
        self.with(move |state| state.range(from, to, limit)).await
    }

    async fn leaves(&self, _seal: &Seal) -> Result<Option<Vec<Hash>>, Error> {
        Ok(None)
    }
}
