//! The audit for what a process shows beside its service's API: the events that were put aside.

use std::sync::Arc;

use async_trait::async_trait;
use case::Case;
use service_kit::{Executor, Failure, NotesReads, Scope, Shown};
use tonic::Request;

use super::{ReadAudit, Reader, Whose};
use crate::directory::CaseDirectory;

struct Notes {
    executor: Executor<Case>,
    audit: ReadAudit,
}

/// Writes reads down in the audit of the service that has these.
pub fn notes(executor: &Executor<Case>, directory: &CaseDirectory) -> Arc<dyn NotesReads> {
    Arc::new(Notes { executor: executor.clone(), audit: directory.audit().clone() })
}

#[async_trait]
impl NotesReads for Notes {
    async fn note(&self, call: &Request<()>, shown: Shown<'_>) -> Result<(), Failure> {
        let reader = Reader::of(call)?;
        // Whoever looks after events is shown those of any case; whose it is must be known to write it down.
        let case = match Scope::everything().surround(self.executor.load(shown.stream)).await {
            Ok(case) => Some(case),
            Err(away @ Failure::Away(_)) => return Err(away),
            // What cannot be read is what is put aside: that it is shown is written down all the same.
            Err(_) => None,
        };
        if let Some(case) = case.filter(|case| case.exists()) {
            return self.audit.note(&reader, &case, shown.method, shown.fields);
        }
        let (brand, stream) = (shown.tenant.to_owned(), shown.stream);
        let whose = Whose { brand, stream, player_id: String::new() };
        self.audit.note_of(&reader, whose, shown.method, shown.fields)
    }
}
