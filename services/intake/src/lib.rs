//! Intake, the first stop of every case: its gRPC API, the numbers and languages of new cases, the files
//! that players send, the help centre's answers, patterns across cases, and the list of cases.
//!
//! The rules are in `case::intake`; here they meet gRPC, files and the clock. Read in the order of the
//! journey: `api` (what players and agents ask), `numbers` and `language` (what a new case needs),
//! `evidence_store` (where files go), `texts` (what the help centre says), `reactions` (what follows by
//! itself), `read_model` (the list).
//!
//! Must never be here: a rule about who may do what to a case, or another service.
//!
//! To add a method: its proto, a file in `api`, a line in `api/mod.rs`. To add a reaction: a file in
//! `reactions`, a line in [`start`].

mod api;
mod config;
mod contacts;
mod erasures;
mod evidence_store;
mod language;
mod metrics;
mod numbers;
mod reactions;
mod read_model;
mod texts;

use std::sync::Arc;

use axum::Router;
use case::Stage;
use case::intake::Intake;
use case::privacy::PrivacyDesk;
use contracts::intake::v1::intake_service_server::{IntakeServiceServer, SERVICE_NAME};
use contracts::privacy::v1::privacy_service_server::PrivacyServiceServer;
use event_bus::Subscription;
use history::CaseDirectory;
use service_kit::projection::{Derivation, ReadModel, project_cases, project_facts};
use service_kit::reaction::subscribe;
use service_kit::{Executor, Parts, StartError, Started};
use sqlx::migrate::Migrator;

pub use config::{Config, DEFAULTS, EvidenceConfig};
pub use reactions::NAMES as REACTIONS;

use crate::erasures::PrivacyRows;

/// The stage's one name.
const STAGE: &str = Intake::NAME;

/// The tables of its database; the directory's come beside them.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// Its read models: what can be thrown away and rebuilt.
pub fn read_models() -> Vec<ReadModel> {
    vec![history::read_model(STAGE), read_model::CASES, erasures::ERASURES, contacts::CONTACTS]
}

/// What derives their rows; of those that need the keys, a running service does.
pub fn derivations() -> Vec<Derivation> {
    vec![
        history::derivation(STAGE),
        Derivation::cases(read_model::Cases),
        Derivation::facts(erasures::Erasures),
    ]
}

/// The service as a process of its own.
pub fn deployable() -> deployable::Service<Config> {
    deployable::Service {
        stage: STAGE,
        about: "Channels, messages, evidence, self-service, identity documents: the first stop of every case",
        defaults: DEFAULTS,
        sense: Config::check,
        start: |parts, config| Box::pin(start(parts, config)),
    }
}

/// Starts the service. Returns once its list of cases has caught up with the log: before that, a number
/// that the log holds could be given out again.
///
/// # Errors
/// A wrong setting, a database or folder that cannot be used, a consumer that cannot be started.
pub async fn start(parts: &Parts, config: Config) -> Result<Started, StartError> {
    config.check()?;
    let texts = Arc::new(texts::Texts::load().map_err(|error| StartError::Broken(error.to_string()))?);
    let evidence = evidence_store::EvidenceStore::open(
        &config.evidence,
        &parts.data,
        Arc::clone(&parts.sealer),
        Arc::clone(&parts.ids),
        Arc::clone(&parts.clock),
    )
    .map_err(|problem| StartError::Value { key: "intake.evidence.store".to_owned(), problem })?;
    let evidence = Arc::new(evidence);
    let examination = config.evidence.examination()?;
    let removal = evidence_store::remove_abandoned(Arc::clone(&evidence), parts.shutdown.clone());
    parts.shutdown.spawn_background(removal);
    let store = parts.store(STAGE, &MIGRATIONS).await?;
    let executor = Executor::new(parts, STAGE);
    let directory = CaseDirectory::start(parts, &store, STAGE).await?;
    directory.audit().limit(config.read_limits());
    let cases = project_cases(parts, &store, &executor, read_model::Cases).await?;
    caught_up(parts, &cases).await?;
    let contacts = contacts::Contacts { sealer: Arc::clone(&parts.sealer) };
    let rows = PrivacyRows {
        erasures: project_facts(parts, &store, erasures::Erasures).await?,
        contacts: project_facts(parts, &store, contacts).await?,
    };
    metrics::observe_open_cases(parts, &store);
    let on_case_classified = reactions::OnCaseClassified::new(
        executor.clone(),
        store.clone(),
        cases.clone(),
        config.pattern_threshold,
        config.pattern_window(),
    );
    let subscriptions = vec![
        directory.subscription().clone(),
        cases.clone(),
        rows.erasures.clone(),
        rows.contacts.clone(),
        subscribe(parts, on_case_classified).await?,
    ];
    let privacy = api::privacy::PrivacyApi {
        parts: parts.clone(),
        subjects: Executor::new(parts, PrivacyDesk::NAME),
        executor: executor.clone(),
        store: store.clone(),
        evidence: Arc::clone(&evidence),
        audit: directory.audit().clone(),
        rows: Arc::new(rows),
        cases,
    };
    let register_history = history::registration(parts, &executor, &directory);
    let reads = history::notes(&executor, &directory);
    let api = api::Api {
        executor,
        directory,
        numbers: numbers::Numbers::new(store.clone(), Arc::clone(&parts.clock), parts.shutdown.clone()),
        store,
        evidence,
        examination,
        keep_originals: config.evidence.keep_originals,
        texts,
        sealer: Arc::clone(&parts.sealer),
        clock: Arc::clone(&parts.clock),
        shards: parts.log.shards(),
        assumed_language: config.assumed_language,
    };
    let server = IntakeServiceServer::new(api)
        .max_decoding_message_size(parts.messages.request)
        .max_encoding_message_size(parts.messages.answer);
    let privacy = PrivacyServiceServer::new(privacy)
        .max_decoding_message_size(parts.messages.request)
        .max_encoding_message_size(parts.messages.answer);
    Ok(Started {
        name: SERVICE_NAME,
        register: Box::new(move |routes| {
            routes.add_service(server);
            routes.add_service(privacy);
        }),
        register_history,
        reads,
        http: Router::new(),
        subscriptions,
    })
}

/// Waits until the list of cases, and with it the numbers given out, is as far as the log is now.
async fn caught_up(parts: &Parts, cases: &Subscription) -> Result<(), StartError> {
    let broken = |problem: String| StartError::Broken(problem);
    let heads = parts.heads().await.map_err(|error| broken(error.to_string()))?;
    for head in heads {
        cases.wait_until(head).await.map_err(|stopped| broken(stopped.to_string()))?;
    }
    Ok(())
}
