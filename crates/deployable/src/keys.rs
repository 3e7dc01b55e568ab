//! What wraps the players' keys, as the configuration says.

use std::sync::Arc;

use sealing::{MasterKey, VaultOptions, VaultTransit, Wrapper, Wrappers};

use crate::Error;
use crate::config::{KeysConfig, VaultConfig};

impl KeysConfig {
    /// The one that wraps, and those that only unwrap.
    ///
    /// # Errors
    /// None is named, or one cannot be used.
    pub fn wrappers(&self) -> Result<Wrappers, Error> {
        let mut all: Vec<Arc<dyn Wrapper>> = Vec::new();
        if let Some(vault) = self.vault.transit()? {
            all.push(Arc::new(vault));
        }
        if !self.master_key.is_empty() {
            all.push(Arc::new(MasterKey::from_hex(&self.master_key)?));
        } else if !self.master_key_file.as_os_str().is_empty() {
            all.push(Arc::new(MasterKey::from_file(&self.master_key_file)?));
        }
        for file in &self.earlier_master_key_files {
            all.push(Arc::new(MasterKey::from_file(file)?));
        }
        let mut all = all.into_iter();
        let current = all.next().ok_or(Error::NoMasterKey)?;
        Ok(all.fold(Wrappers::new(current), Wrappers::and_earlier))
    }
}

impl VaultConfig {
    fn transit(&self) -> Result<Option<VaultTransit>, Error> {
        if self.address.is_empty() {
            return Ok(None);
        }
        let options = VaultOptions {
            address: self.address.clone(),
            mount: self.mount.clone(),
            key: self.key.clone(),
            token_file: self.token_file.clone(),
            ca_file: (!self.ca_file.as_os_str().is_empty()).then(|| self.ca_file.clone()),
        };
        Ok(Some(VaultTransit::new(options)?))
    }
}
