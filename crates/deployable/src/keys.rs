//! What wraps the players' keys, as the configuration says.

use std::sync::Arc;

use sealing::{AwsKms, KmsOptions, MasterKey, VaultOptions, VaultTransit, Wrapper, Wrappers};

use crate::Error;
use crate::config::{Current, KeysConfig, KmsConfig, VaultConfig};

impl KeysConfig {
    /// The one that wraps, and those that only unwrap.
    ///
    /// # Errors
    /// None is named, or one cannot be used.
    pub fn wrappers(&self) -> Result<Wrappers, Error> {
        let mut all: Vec<(Current, Arc<dyn Wrapper>)> = Vec::new();
        if let Some(vault) = self.vault.transit()? {
            all.push((Current::Vault, Arc::new(vault)));
        }
        if let Some(kms) = self.kms.wrapper()? {
            all.push((Current::Kms, Arc::new(kms)));
        }
        if !self.master_key.is_empty() {
            all.push((Current::MasterKey, Arc::new(MasterKey::from_hex(&self.master_key)?)));
        } else if !self.master_key_file.as_os_str().is_empty() {
            all.push((Current::MasterKey, Arc::new(MasterKey::from_file(&self.master_key_file)?)));
        }
        // Where the first is meant, it is the first already.
        all.sort_by_key(|(which, _)| self.current != Current::First && *which != self.current);
        if self.current != Current::First && all.first().is_some_and(|(which, _)| *which != self.current) {
            return Err(Error::CurrentIsNotNamed);
        }
        let mut all: Vec<_> = all.into_iter().map(|(_, wrapper)| wrapper).collect();
        let named = all.len();
        for file in &self.earlier_master_key_files {
            all.push(Arc::new(MasterKey::from_file(file)?));
        }
        let mut all = all.into_iter();
        let current = all.next().filter(|_| named > 0).ok_or(Error::NoMasterKey)?;
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

impl KmsConfig {
    fn wrapper(&self) -> Result<Option<AwsKms>, Error> {
        if self.key.is_empty() {
            return Ok(None);
        }
        let options = KmsOptions {
            key: self.key.clone(),
            region: self.region.clone(),
            endpoint: (!self.endpoint.is_empty()).then(|| self.endpoint.clone()),
        };
        AwsKms::new(options).map(Some).map_err(|error| match error {
            sealing::Error::MasterKey { reason, .. } => Error::Kms(reason),
            other => other.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Common;

    const KMS: &str = "[keys.kms]\nkey = 'alias/casetrail'\nregion = 'eu-north-1'";
    const VAULT: &str = "[keys.vault]\naddress = 'https://vault.example:8200'\ntoken_file = '/t'";

    fn wrappers(settings: &str) -> Result<String, String> {
        let common = Common::from_overrides(&[settings]).unwrap();
        common.keys.wrappers().map(|wrappers| format!("{wrappers:?}")).map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_that_is_named_wraps_unless_another_one_is_made_current() {
        let digits = "ab".repeat(32);
        let all = |current: &str| format!("[keys]\nmaster_key = '{digits}'\n{current}\n{VAULT}\n{KMS}");
        assert!(wrappers(&all("")).unwrap().contains("vault:transit/casetrail"));
        assert!(wrappers(&all("current = 'kms'")).unwrap().contains("aws-kms:alias/casetrail"));
        let master = MasterKey::from_hex(&digits).unwrap();
        assert!(wrappers(&all("current = 'master_key'")).unwrap().contains(master.fingerprint()));
        assert!(wrappers(KMS).unwrap().contains("aws-kms:alias/casetrail"));
        let missing = wrappers(&format!("[keys]\ncurrent = 'vault'\n{KMS}")).unwrap_err();
        assert!(missing.starts_with("keys.current"), "{missing}");
        let none = wrappers("[keys]\ncurrent = 'first'").unwrap_err();
        assert!(none.starts_with("keys.master_key_file"), "{none}");
    }

    #[test]
    fn a_wrong_setting_of_kms_is_named() {
        for (settings, key) in [
            ("key = 'a b'\nregion = 'eu-north-1'", "keys.kms.key"),
            ("key = 'alias/casetrail'", "keys.kms.region"),
            (
                "key = 'alias/casetrail'\nregion = 'eu-north-1'\nendpoint = 'http://kms.example'",
                "keys.kms.endpoint",
            ),
        ] {
            let wrong = wrappers(&format!("[keys.kms]\n{settings}")).unwrap_err();
            assert!(wrong.starts_with(key), "{wrong}");
        }
    }
}
