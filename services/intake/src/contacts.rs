//! What a case is found by: its player's e-mail address and telephone number, as digests under the brand's key for
//! look-ups. Equal values have equal digests, and without that key nobody can tell which; an erased player's are
//! deleted.
//!
//! A read model that needs the keys: a running service writes it anew when it was thrown away.

use std::sync::Arc;

use async_trait::async_trait;
use case::privacy::{Event as PrivacyEvent, PlayerEvent};
use case::{Brand, CaseEvent, Personal, intake};
use event_log::Committed;
use sealing::Sealer;
use service_kit::Failure;
use service_kit::projection::{FactRows, ReadModel};
use sqlx::AnyConnection;

use crate::erasures;

/// The index.
pub(crate) const CONTACTS: ReadModel =
    ReadModel::of_tables("intake.contacts", &["contact", "contact_case", "contact_erased"]);

/// Writes the rows.
pub(crate) struct Contacts {
    pub(crate) sealer: Arc<Sealer>,
}

/// A way to reach a player, spelled in the one way that it is compared in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Contact {
    Email(String),
    Phone(String),
}

impl Contact {
    /// An e-mail address, or a telephone number of at least five digits.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains('@') {
            return Some(Self::Email(text.to_lowercase()));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches("00");
        (digits.len() >= 5).then(|| Self::Phone(digits.to_owned()))
    }

    /// What it is found by at a brand.
    pub(crate) async fn digest(&self, sealer: &Sealer, brand: &str) -> Result<String, Failure> {
        let (kind, value) = match self {
            Self::Email(address) => ("email", address),
            Self::Phone(number) => ("phone", number),
        };
        Ok(sealer.index_key(brand).await?.digest(kind, value))
    }
}

#[async_trait]
impl FactRows for Contacts {
    fn model(&self) -> ReadModel {
        CONTACTS
    }

    fn facts(&self) -> &'static [&'static str] {
        &["intake.case_opened", "intake.callback_requested", "privacy.player_erased"]
    }

    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        event: &CaseEvent,
    ) -> Result<(), Failure> {
        match event {
            CaseEvent::Intake(intake::Event::CaseOpened(opened)) => {
                let (brand, player) = (&opened.brand, &opened.player);
                own(rows, committed, brand, player.player_id.as_str()).await?;
                self.find_by(rows, committed, player.email.as_ref()).await
            }
            CaseEvent::Intake(intake::Event::CallbackRequested(requested)) => {
                self.find_by(rows, committed, Some(&requested.phone)).await
            }
            _ => match erasures::read(committed)? {
                PlayerEvent::Known(PrivacyEvent::PlayerErased(erased)) => {
                    forget(rows, &erased.brand, erased.player_id.as_str()).await
                }
                _ => Ok(()),
            },
        }
    }
}

/// Notes whose case it is.
async fn own(
    rows: &mut AnyConnection,
    committed: &Committed,
    brand: &Brand,
    player_id: &str,
) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO contact_case (case_id, brand, player_id) VALUES ($1, $2, $3) \
         ON CONFLICT (case_id) DO NOTHING",
    )
    .bind(committed.stream.to_string())
    .bind(brand.as_str())
    .bind(player_id)
    .execute(rows)
    .await?;
    Ok(())
}

async fn forget(rows: &mut AnyConnection, brand: &Brand, player_id: &str) -> Result<(), Failure> {
    sqlx::query("INSERT INTO contact_erased (brand, player_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(brand.as_str())
        .bind(player_id)
        .execute(&mut *rows)
        .await?;
    sqlx::query(
        "DELETE FROM contact WHERE case_id IN \
         (SELECT case_id FROM contact_case WHERE brand = $1 AND player_id = $2)",
    )
    .bind(brand.as_str())
    .bind(player_id)
    .execute(rows)
    .await?;
    Ok(())
}

impl Contacts {
    /// Lets the case be found by this contact, unless its player was erased.
    async fn find_by(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        contact: Option<&Personal>,
    ) -> Result<(), Failure> {
        let Some(contact) = contact.and_then(Personal::text).and_then(Contact::read) else { return Ok(()) };
        let digest = contact.digest(&self.sealer, &committed.tenant).await?;
        sqlx::query(
            "INSERT INTO contact (brand, digest, case_id) \
             SELECT brand, $1, case_id FROM contact_case WHERE case_id = $2 AND NOT EXISTS \
             (SELECT 1 FROM contact_erased WHERE contact_erased.brand = contact_case.brand \
              AND contact_erased.player_id = contact_case.player_id) \
             ON CONFLICT (brand, digest, case_id) DO NOTHING",
        )
        .bind(digest)
        .bind(committed.stream.to_string())
        .execute(rows)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_compared_in_one_spelling() {
        let email = |text: &str| Some(Contact::Email(text.to_owned()));
        let phone = |text: &str| Some(Contact::Phone(text.to_owned()));
        for (given, read) in [
            (" Zoe@Example.org ", email("zoe@example.org")),
            ("+45 12 34 56 78", phone("4512345678")),
            ("0045-12345678", phone("4512345678")),
            ("1234", None),
            ("", None),
        ] {
            assert_eq!(Contact::read(given), read, "{given}");
        }
    }
}
