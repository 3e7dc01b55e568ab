//! Leave to look at a file: a text that only we can have made, for one caller, one file and a few minutes.
//!
//! It is sealed with the player's key, which authenticates it: every replica can check it, it needs no key of its
//! own, and it ends with the player's erasure.

use case::{Actor, ActorKind, CaseId};
use jiff::Timestamp;
use sealing::{AssociatedData, DataKey};
use serde::{Deserialize, Serialize};
use service_kit::Failure;
use uuid::Uuid;

use super::EvidenceStore;

/// What a grant is bound to, beside its file: never opens as anything else.
const FIELD: &str = "grant";

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    kind: ActorKind,
    id: String,
    until: Timestamp,
}

impl EvidenceStore {
    /// Leave for `caller` to look at a file, and until when.
    pub(crate) fn grant(
        &self,
        key: &DataKey,
        case: CaseId,
        evidence_id: Uuid,
        caller: &Actor,
    ) -> Result<(String, Timestamp), Failure> {
        let until = self.clock.now() + self.grant;
        let grant = Grant { kind: caller.kind, id: caller.id.clone(), until };
        let text = serde_json::to_string(&grant).map_err(|error| Failure::Internal(error.to_string()))?;
        Ok((key.seal(self.ids.as_ref(), &aad(key, case, evidence_id), &text), until))
    }

    /// Whether `caller` has leave to look at a file.
    ///
    /// # Errors
    /// The grant is not of ours, not for this file or caller, or over.
    pub(crate) fn check_grant(
        &self,
        key: &DataKey,
        case: CaseId,
        evidence_id: Uuid,
        caller: &Actor,
        grant: &str,
    ) -> Result<(), Failure> {
        let opened = key.open(&aad(key, case, evidence_id), grant).ok();
        let grant: Option<Grant> = opened.and_then(|text| serde_json::from_str(&text).ok());
        let grant = grant.filter(|grant| grant.kind == caller.kind && grant.id == caller.id);
        let Some(grant) = grant else {
            return Err(refused(
                "GRANT_INVALID",
                "the grant is not for this file and caller; ask for a new one",
            ));
        };
        if self.clock.now() < grant.until {
            Ok(())
        } else {
            Err(refused("GRANT_EXPIRED", "the grant held until a moment that is over; ask for a new one"))
        }
    }
}

fn aad(key: &DataKey, case: CaseId, evidence_id: Uuid) -> AssociatedData<'_> {
    AssociatedData { event_id: evidence_id, stream_id: case.0, field: FIELD, key_id: key.id() }
}

fn refused(reason: &'static str, message: &str) -> Failure {
    Failure::Refused {
        reason,
        message: message.to_owned(),
        metadata: Vec::new(),
        field: None,
        permission: true,
    }
}
