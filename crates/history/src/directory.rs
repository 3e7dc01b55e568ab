//! From the number people use to the case: the read model behind every `case` field.

use std::sync::LazyLock;

use async_trait::async_trait;
use case::{Aggregate, Case, CaseEvent, CaseNumber, intake};
use event_bus::Subscription;
use event_log::Committed;
use service_kit::projection::{Derivation, FactRows, Lines, ReadModel, project_facts};
use service_kit::store::Store;
use service_kit::{Failure, Parts, Scope, StartError};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, Row};
use uuid::Uuid;

use crate::reads::ReadAudit;

/// The tables of the directory and of the audit of reads, as migrations with a book of their own: they stand in the database of the service
/// beside its own ones. In a file [`CaseDirectory::start`] runs them; in Postgres `casetrail migrate` does.
pub static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!();
    migrations.dangerous_set_table_name("directory_migrations");
    migrations
});

/// The directory of a service, as a read model that can be rebuilt.
pub fn read_model(service: &str) -> ReadModel {
    // A durable name lives as long as the process; there is one directory a service.
    ReadModel::of_tables(format!("{service}.directory").leak(), &["case_number"])
}

/// What derives its rows.
pub fn derivation(service: &str) -> Derivation {
    Derivation::facts(NumberRows(read_model(service)))
}

/// Finds a case by its id or number. Cheap to clone.
#[derive(Clone)]
pub struct CaseDirectory {
    parts: Parts,
    store: Store,
    subscription: Subscription,
    audit: ReadAudit,
}

impl CaseDirectory {
    /// Makes sure of the table in the service's `store` and follows the log until shutdown, as the consumer
    /// `<service>.directory`.
    pub async fn start(parts: &Parts, store: &Store, service: &str) -> Result<Self, StartError> {
        store.require(&MIGRATIONS).await?;
        let subscription = project_facts(parts, store, NumberRows(read_model(service))).await?;
        let audit = ReadAudit::start(parts, store, service).await?;
        Ok(Self { parts: parts.clone(), store: store.clone(), subscription, audit })
    }

    /// Who reads what of the cases that are found with it.
    pub fn audit(&self) -> &ReadAudit {
        &self.audit
    }

    /// How far it has followed the log.
    pub fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// The id of the case that `text` names: a case id (UUID), taken as it is, or a case number. A number
    /// that was committed before the call is always found: the answer waits until the directory has
    /// caught up with the log.
    ///
    /// # Errors
    /// `InvalidArgument` about `field` when the text is neither, or the number's check character does not
    /// fit; `NotFound` with `CASE_NOT_FOUND` for a number that was never issued; `Unavailable` when the
    /// directory cannot be read or is shutting down.
    pub async fn resolve(&self, field: &str, text: &str) -> Result<Uuid, Failure> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::invalid(
                field,
                "is required: a case id or number, such as NB-2026-000412-K",
            ));
        }
        if let Ok(id) = Uuid::parse_str(text) {
            return Ok(id);
        }
        let number: CaseNumber = text.parse().map_err(|error| Failure::invalid(field, error))?;
        if !Scope::current().includes_brand(number.brand().as_str()) {
            return Err(not_found(&number.to_string()));
        }
        if let Some(id) = self.find(&number).await? {
            return Ok(id);
        }
        for head in self.parts.heads().await? {
            if self.subscription.wait_until(head).await.is_err() {
                return Err(Failure::Unavailable("the case directory has stopped".to_owned()));
            }
        }
        self.find(&number).await?.ok_or_else(|| not_found(&number.to_string()))
    }

    async fn find(&self, number: &CaseNumber) -> Result<Option<Uuid>, Failure> {
        let row = sqlx::query("SELECT case_id FROM case_number WHERE number = $1")
            .bind(number.to_string())
            .fetch_optional(self.store.pool())
            .await?;
        row.map(|row| {
            Uuid::parse_str(row.get::<&str, _>(0))
                .map_err(|error| Failure::Internal(format!("a case's id in the directory: {error}")))
        })
        .transpose()
    }
}

/// There is no case of this id or number.
pub(crate) fn not_found(id: &str) -> Failure {
    Failure::NotFound { reason: Case::NOT_FOUND, what: Case::WHAT, id: id.to_owned() }
}

struct NumberRows(ReadModel);

#[async_trait]
impl FactRows for NumberRows {
    fn model(&self) -> ReadModel {
        self.0
    }

    fn facts(&self) -> &'static [&'static str] {
        &["intake.case_number_issued"]
    }

    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        event: &CaseEvent,
    ) -> Result<(), Failure> {
        write(rows, [(committed, event)]).await
    }

    async fn put_all(
        &self,
        rows: &mut AnyConnection,
        facts: &[(Committed, CaseEvent)],
    ) -> Result<(), Failure> {
        write(rows, facts.iter().map(|(committed, event)| (committed, event))).await
    }
}

async fn write(
    rows: &mut AnyConnection,
    facts: impl IntoIterator<Item = (&Committed, &CaseEvent)> + Send,
) -> Result<(), Failure> {
    // The first case to get a number keeps it.
    let mut lines = Lines::of("case_number", "number, case_id", "ON CONFLICT (number) DO NOTHING");
    for (committed, event) in facts {
        if let CaseEvent::Intake(intake::Event::CaseNumberIssued(issued)) = event {
            lines.push([issued.number.to_string().into(), committed.stream.to_string().into()]);
        }
    }
    lines.write(rows).await
}
