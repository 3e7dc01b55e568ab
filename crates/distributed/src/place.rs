//! Where a set keeps everything: a database, a NATS and what subjects begin with there, a master key.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where a set of processes keeps everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The database, by its URL as whoever migrates it.
    pub database: String,
    /// NATS, by its URL.
    pub nats: String,
    /// The password of every user of NATS, which are called as the database's roles; none where it asks for none.
    #[serde(default)]
    pub nats_password: Option<String>,
    /// What its subjects begin with.
    pub prefix: String,
    /// 64 hexadecimal digits.
    pub master_key: String,
}

impl Place {
    /// The database's URL as this role.
    pub fn database_as(&self, role: &str) -> String {
        let (scheme, rest) = self.database.split_once("://").unwrap_or(("postgres", &self.database));
        let server = rest.split_once('@').map_or(rest, |(_, server)| server);
        format!("{scheme}://{role}@{server}")
    }

    /// NATS' URL as the user of this role.
    fn nats_as(&self, role: &str) -> String {
        let Some(password) = &self.nats_password else { return self.nats.clone() };
        let (scheme, server) = self.nats.split_once("://").unwrap_or(("nats", &self.nats));
        format!("{scheme}://{role}:{password}@{server}")
    }

    /// The settings (TOML) of a process of this role, on free ports but for HTTP.
    pub fn settings(&self, role: &str, data: &Path, http_port: u16) -> String {
        let (url, nats, prefix) = (self.database_as(role), self.nats_as(role), &self.prefix);
        let (key, data) = (&self.master_key, data.display());
        format!(
            "[grpc]\naddress = '127.0.0.1:0'\nhttp_address = '127.0.0.1:{http_port}'\nreflection = true\n\
             [postgres]\nurl = '{url}'\n[nats]\nurl = '{nats}'\nprefix = '{prefix}'\n\
             [keys]\nmaster_key = '{key}'\n[data]\nfolder = '{data}'\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_takes_the_place_of_whoever_migrates() {
        let place = |database: &str| Place {
            database: database.to_owned(),
            nats: String::new(),
            nats_password: None,
            prefix: String::new(),
            master_key: String::new(),
        };
        for given in [
            "postgres://postgres@127.0.0.1:5432/x",
            "postgres://127.0.0.1:5432/x",
            "postgres://a:b@127.0.0.1:5432/x",
        ] {
            assert_eq!(
                place(given).database_as("casetrail_relay"),
                "postgres://casetrail_relay@127.0.0.1:5432/x"
            );
        }
    }
}
