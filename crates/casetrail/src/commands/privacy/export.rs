//! `privacy export`: the files of an export, which come in pieces, as one archive that opens everywhere.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use contracts::privacy::v1 as pb;
use indicatif::{HumanBytes, ProgressBar};
use serde_json::json;
use tempfile::{NamedTempFile, TempDir};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Whose;
use crate::client::{Client, request_id};
use crate::output::{Output, colour};
use crate::problem::Problem;

pub(super) async fn run(whose: Whose, out: &Path, client: &Client, output: &Output) -> Result<(), Problem> {
    if out.exists() {
        return Err(Problem::Usage(format!("--out {} is there already; name another file", out.display())));
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut received = Received::beside(folder).context("--out")?;
    let request = pb::ExportPlayerRequest {
        request_id: request_id(whose.request_id),
        brand: whose.brand.to_string(),
        player_id: whose.player.to_string(),
    };
    // On standard error, and only on a terminal.
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut pieces = client.privacy().export_player(client.follow(request)).await?.into_inner();
    let receiving = async {
        while let Some(piece) = client.in_time(pieces.message()).await? {
            received.add(&piece)?;
            bar.set_message(received.so_far());
        }
        Ok::<_, Problem>(())
    };
    tokio::select! {
        done = receiving => done?,
        // So that nothing of what has come stays behind.
        () = service_kit::shutdown::signal() => {
            return Err(anyhow::anyhow!("the export was cut off, and nothing of it was kept").into());
        }
    }
    bar.finish_and_clear();
    let (files, bytes) = (received.names.len(), received.bytes);
    received.pack(folder, out)?;
    if output.json {
        return output.document(&json!({
            "file": out.display().to_string(),
            "files": files,
            "bytes": bytes,
        }));
    }
    output.text(&format!(
        "{}  {}: {files} files, {} in all",
        colour::good("written"),
        out.display(),
        HumanBytes(bytes)
    ))
}

/// The files so far, in a folder that only we can read and that goes away with this.
struct Received {
    folder: TempDir,
    names: Vec<String>,
    known: HashSet<String>,
    bytes: u64,
}

impl Received {
    fn beside(folder: &Path) -> anyhow::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".casetrail-export-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let made = builder.tempdir_in(folder);
        let folder = made.with_context(|| format!("{}: cannot be written", folder.display()))?;
        Ok(Self { folder, names: Vec::new(), known: HashSet::new(), bytes: 0 })
    }

    fn so_far(&self) -> String {
        format!("{} files, {}", self.names.len(), HumanBytes(self.bytes))
    }

    fn place(&self, name: &str) -> anyhow::Result<PathBuf> {
        if !is_file_name(name) {
            bail!("the server names a file that is none of an export: {name:?}");
        }
        Ok(self.folder.path().join(name))
    }

    fn add(&mut self, piece: &pb::ExportPlayerResponse) -> anyhow::Result<()> {
        let place = self.place(&piece.file_name)?;
        if self.known.insert(piece.file_name.clone()) {
            self.names.push(piece.file_name.clone());
            if let Some(parent) = place.parent() {
                std::fs::create_dir_all(parent).context("--out")?;
            }
        }
        let mut file = OpenOptions::new().create(true).append(true).open(place).context("--out")?;
        file.write_all(&piece.content).context("--out")?;
        self.bytes += piece.content.len() as u64;
        Ok(())
    }

    /// Everything in one archive, which is there whole or not at all.
    fn pack(self, folder: &Path, out: &Path) -> anyhow::Result<()> {
        let whole = || format!("--out {}", out.display());
        let archive = NamedTempFile::new_in(folder).with_context(whole)?;
        let mut zip = ZipWriter::new(archive);
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for name in &self.names {
            zip.start_file(name.as_str(), options).with_context(whole)?;
            std::io::copy(&mut File::open(self.place(name)?)?, &mut zip).with_context(whole)?;
        }
        let archive = zip.finish().with_context(whole)?;
        archive.as_file().sync_all().with_context(whole)?;
        archive.persist_noclobber(out).with_context(whole)?;
        Ok(())
    }
}

/// Whether it is a relative path of plain names, as the contract says: nothing else is written to a disk.
fn is_file_name(name: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    name.split('/').all(is_plain)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn piece(file_name: &str, content: &[u8]) -> pb::ExportPlayerResponse {
        pb::ExportPlayerResponse {
            file_name: file_name.to_owned(),
            media_type: String::new(),
            content: content.to_vec(),
        }
    }

    #[test]
    fn pieces_that_alternate_become_whole_files_of_an_archive_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("export.zip");
        let mut received = Received::beside(folder.path()).unwrap();
        for (name, content) in [
            ("index.html", "<p>"),
            ("cases/NB-1.json", "{"),
            ("index.html", "</p>"),
            ("cases/NB-1.json", "}"),
        ] {
            received.add(&piece(name, content.as_bytes())).unwrap();
        }
        received.pack(folder.path(), &out).unwrap();
        let mut archive = zip::ZipArchive::new(File::open(&out).unwrap()).unwrap();
        assert_eq!(archive.len(), 2);
        for (name, whole) in [("index.html", "<p></p>"), ("cases/NB-1.json", "{}")] {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, whole);
        }
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o077, 0);
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_what_has_come_so_far() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let received = Received::beside(folder.path()).unwrap();
        assert_eq!(std::fs::metadata(received.folder.path()).unwrap().permissions().mode() & 0o077, 0);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut received = Received::beside(folder.path()).unwrap();
        for name in ["../x", "/etc/x", "a//b", "", ".ssh", "a/../../x", "a\\b", "a b"] {
            assert!(received.add(&piece(name, b"x")).is_err(), "{name}");
        }
        assert!(received.names.is_empty());
    }

    #[test]
    fn a_file_that_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("export.zip");
        std::fs::write(&out, "mine").unwrap();
        let mut received = Received::beside(folder.path()).unwrap();
        received.add(&piece("index.html", b"x")).unwrap();
        assert!(received.pack(folder.path(), &out).is_err());
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
    }
}
