//! Golden files: one for each version of each event that was ever stored. They are added and never edited.
//!
//! Beside the file of an older version lies what it is brought up to, `<name>.v<old>.upcast.json`, in the shape
//! that is written now.

use std::collections::BTreeSet;
use std::path::Path;

use crate::stage::StoredEvent;

/// What a stage can read, and a sample of everything that it writes.
pub(crate) struct Stored<'a, E> {
    /// The stage's name.
    pub(crate) stage: &'a str,
    /// `Event::STORED`.
    pub(crate) written: &'a [(&'static str, u16)],
    /// `Event::UPCAST`.
    pub(crate) older: &'a [(&'static str, u16)],
    /// One of each.
    pub(crate) samples: Vec<E>,
}

/// Asserts that the golden files of this crate are what these events are stored as. `UPDATE_GOLDEN=1` writes
/// those that are missing.
pub(crate) fn assert_true<E: StoredEvent + PartialEq>(stored: &Stored<'_, E>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let faults = faults(&folder, stored, std::env::var_os("UPDATE_GOLDEN").is_some());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Everything that is wrong in this folder.
pub(crate) fn faults<E: StoredEvent + PartialEq>(
    folder: &Path,
    stored: &Stored<'_, E>,
    writes_missing: bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    let golden = Golden { folder, writes_missing };
    for (name, version) in stored.written {
        let is_one = |sample: &&E| sample.stored_name() == *name && sample.schema_version() == *version;
        let Some(sample) = stored.samples.iter().find(is_one) else {
            faults.push(format!("{name} v{version} has no sample"));
            continue;
        };
        faults.extend(golden.written(sample).err());
    }
    for (name, version) in stored.older {
        faults.extend(golden.older::<E>(name, *version).err());
    }
    let known = stored.written.iter().chain(stored.older);
    let known: BTreeSet<String> = known.map(|(name, version)| format!("{name}.v{version}.json")).collect();
    for file in golden.files_of(stored.stage) {
        if !known.contains(&file.replace(".upcast.", ".")) {
            faults.push(format!("{file}: this was stored, and nothing reads it any more"));
        }
    }
    faults
}

struct Golden<'a> {
    folder: &'a Path,
    writes_missing: bool,
}

impl Golden<'_> {
    /// The file of what is written now: it is written so and not otherwise, and reads as what was written.
    fn written<E: StoredEvent + PartialEq>(&self, sample: &E) -> Result<(), String> {
        let file = format!("{}.v{}.json", sample.stored_name(), sample.schema_version());
        let bytes = sample.encode().map_err(|error| error.to_string())?;
        let golden = self.same(&file, &bytes)?;
        let read = E::decode(sample.stored_name(), sample.schema_version(), &golden);
        let read = read.map_err(|error| format!("{file}: {error}"))?;
        if read == *sample { Ok(()) } else { Err(format!("{file} reads as {read:?}")) }
    }

    /// The file of an older version: it still reads, and comes up to the same as ever.
    fn older<E: StoredEvent>(&self, name: &str, version: u16) -> Result<(), String> {
        let file = format!("{name}.v{version}.json");
        let golden = std::fs::read(self.folder.join(&file)).map_err(|error| format!("{file}: {error}"))?;
        let event = E::decode(name, version, &golden).map_err(|error| format!("{file}: {error}"))?;
        let bytes = event.encode().map_err(|error| error.to_string())?;
        self.same(&format!("{name}.v{version}.upcast.json"), &bytes).map(drop)
    }

    /// What the file holds, which must be these bytes.
    fn same(&self, file: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let path = self.folder.join(file);
        if self.writes_missing && !path.exists() {
            std::fs::write(&path, bytes).map_err(|error| format!("{file}: {error}"))?;
        }
        let golden = std::fs::read(&path)
            .map_err(|error| format!("{file}: {error}; UPDATE_GOLDEN=1 writes a missing file"))?;
        let golden = golden.strip_suffix(b"\n").unwrap_or(&golden).to_vec();
        if golden == bytes {
            return Ok(golden);
        }
        let (had, has) = (String::from_utf8_lossy(&golden), String::from_utf8_lossy(bytes));
        Err(format!("{file}: a stored shape is never changed: make it the next version\n  {had}\n  {has}"))
    }

    fn files_of(&self, stage: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let prefix = format!("{stage}.");
        names.filter(|name| name.starts_with(&prefix)).collect()
    }
}
