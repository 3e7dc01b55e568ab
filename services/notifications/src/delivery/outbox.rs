//! In development messages land in a folder: e-mail as `.eml`, which mail programs open, and webhooks
//! as `.json`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use super::email::compose;
use super::webhook::payload;
use super::{ConfigError, DeliveryError, Outgoing, Receipt, Transport};

/// Where messages land.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboxConfig {
    /// The folder; made when missing.
    pub folder: PathBuf,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Mail,
    Webhook,
}

/// Writes each message to `<notification id>.eml` or `.json`. A repeat writes the same file again.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
    format: Format,
}

impl Outbox {
    /// In place of a mail server.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn for_mail(config: &OutboxConfig) -> Result<Self, ConfigError> {
        Self::new(config, Format::Mail)
    }

    /// In place of calling webhooks.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn for_webhooks(config: &OutboxConfig) -> Result<Self, ConfigError> {
        Self::new(config, Format::Webhook)
    }

    fn new(config: &OutboxConfig, format: Format) -> Result<Self, ConfigError> {
        let folder = config.folder.clone();
        fs::create_dir_all(&folder).map_err(|error| ConfigError {
            setting: "outbox.folder",
            problem: format!("{} cannot be made: {error}", folder.display()),
        })?;
        Ok(Self { folder, format })
    }
}

#[async_trait]
impl Transport for Outbox {
    async fn deliver(&self, message: &Outgoing) -> Result<Receipt, DeliveryError> {
        let id = message.notification_id;
        let (name, bytes) = match self.format {
            Format::Mail => (format!("{id}.eml"), compose(message)?.formatted()),
            Format::Webhook => {
                let content = json!({ "to": message.to, "webhook-id": id, "body": payload(message) });
                (format!("{id}.json"), format!("{content:#}\n").into_bytes())
            }
        };
        let (folder, file) = (self.folder.clone(), name.clone());
        let written = tokio::task::spawn_blocking(move || write(&folder, &file, &bytes)).await;
        match written.map_err(io::Error::other).flatten() {
            Ok(()) => Ok(Receipt { reference: name }),
            Err(error) => Err(DeliveryError::temporary("outbox", error)),
        }
    }
}

/// Whoever reads the folder sees whole files only.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut draft = tempfile::Builder::new().prefix(".draft-").tempfile_in(folder)?;
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(folder.join(name))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::transport::sample;
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_mail_lands_once_however_often_it_is_delivered() {
        let folder = tempfile::tempdir().unwrap();
        let config = OutboxConfig { folder: folder.path().join("outbox") };
        let outbox = Outbox::for_mail(&config).unwrap();
        let message = sample();
        let receipt = outbox.deliver(&message).await.unwrap();
        let first = fs::read(config.folder.join(&receipt.reference)).unwrap();
        assert_eq!(first, compose(&message).unwrap().formatted());
        outbox.deliver(&message).await.unwrap();
        assert_eq!(files(&config.folder), ["01990000-0000-7000-8000-000000000001.eml"]);
        assert_eq!(fs::read(config.folder.join(&receipt.reference)).unwrap(), first);
    }

    #[tokio::test]
    async fn a_webhook_lands_as_json() {
        let folder = tempfile::tempdir().unwrap();
        let config = OutboxConfig { folder: folder.path().to_owned() };
        let outbox = Outbox::for_webhooks(&config).unwrap();
        let receipt = outbox.deliver(&sample()).await.unwrap();
        assert_eq!(files(folder.path()), ["01990000-0000-7000-8000-000000000001.json"]);
        let content = fs::read(folder.path().join(receipt.reference)).unwrap();
        let content: serde_json::Value = serde_json::from_slice(&content).unwrap();
        assert_eq!(content["body"]["data"]["text"], sample().text);
    }

    #[tokio::test]
    async fn a_folder_that_vanished_is_temporary() {
        let folder = tempfile::tempdir().unwrap();
        let config = OutboxConfig { folder: folder.path().join("outbox") };
        let outbox = Outbox::for_mail(&config).unwrap();
        fs::remove_dir_all(&config.folder).unwrap();
        let refused = outbox.deliver(&sample()).await;
        assert!(matches!(refused, Err(DeliveryError::Temporary(..))), "{refused:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let config = OutboxConfig { folder: file.path().join("outbox") };
        let refused = Outbox::for_mail(&config).unwrap_err().to_string();
        assert!(
            refused.starts_with("outbox.folder: ") && refused.contains("outbox cannot be made"),
            "{refused}"
        );
    }
}
