//! Payments-escalation, the third stop of a case that is about money: its gRPC API, the gateway's
//! adapter and callbacks, its answers to facts, and the list of escalations.
//!
//! The rules are in `case::payments_escalation`; here they meet gRPC, HTTP and the clock. Read in the
//! order of the journey: `api` (what agents ask), `reactions` (what follows by itself), `calls` and
//! `gateway` (what is asked of the gateway), `callbacks` (what it says later), `timers` (when it is late).
//!
//! Must never be here: a rule about who may do what to a payment, or another service.
//!
//! To add a method: its proto, a file in `api`, a line in `api/mod.rs`. To add a reaction: a file in
//! `reactions`, a line in [`start`].

mod api;
mod callbacks;
mod calls;
mod config;
mod gateway;
mod metrics;
mod reactions;
mod read_model;
mod timers;

use std::sync::Arc;

use case::Stage;
use case::payments_escalation::PaymentsEscalation;
use contracts::payments_escalation::v1::payments_escalation_service_server::{
    PaymentsEscalationServiceServer, SERVICE_NAME,
};
use history::CaseDirectory;
use service_kit::projection::{Derivation, ReadModel, project_cases};
use service_kit::reaction::subscribe;
use service_kit::{Executor, Parts, StartError, Started};
use sqlx::migrate::Migrator;

pub use callbacks::PATH as CALLBACK_PATH;
pub use config::{Config, DEFAULTS, GatewayConfig};
pub use gateway::{
    Gateway, GatewayError, GatewayKey, HttpGateway, Inquiry, InquiryAnswer, Payment, PaymentAnswer,
};
pub use reactions::NAMES as REACTIONS;

/// The stage's one name.
const STAGE: &str = PaymentsEscalation::NAME;

/// The tables of its database; the directory's come beside them.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// Its read models: what can be thrown away and rebuilt.
pub fn read_models() -> Vec<ReadModel> {
    vec![history::read_model(STAGE), read_model::ESCALATIONS, ReadModel::of_timers(timers::TIMERS)]
}

/// What derives their rows.
pub fn derivations() -> Vec<Derivation> {
    vec![
        history::derivation(STAGE),
        Derivation::cases(read_model::Escalations),
        Derivation::timers(timers::TIMERS, timers::due),
    ]
}

/// The service as a process of its own.
pub fn deployable() -> deployable::Service<Config> {
    deployable::Service {
        stage: STAGE,
        about: "The payment gateway and approvals by two people: cases that are about money",
        defaults: DEFAULTS,
        sense: Config::check,
        start: |parts, config| Box::pin(start(parts, config)),
    }
}

/// Starts the service with the gateway that its configuration names.
///
/// # Errors
/// A wrong setting, a database that cannot be used, a consumer that cannot be started.
pub async fn start(parts: &Parts, config: Config) -> Result<Started, StartError> {
    let gateway = HttpGateway::new(&config.gateway)?;
    start_with(parts, &config, Arc::new(gateway)).await
}

/// Starts the service with a gateway of the caller's.
///
/// # Errors
/// As for [`start`].
pub async fn start_with(
    parts: &Parts,
    config: &Config,
    gateway: Arc<dyn Gateway>,
) -> Result<Started, StartError> {
    let signer = config.gateway.callback_signer()?;
    let large_payout_limits = config.large_payout_limits()?;
    let store = parts.store(STAGE, &MIGRATIONS).await?;
    metrics::begin();
    let executor = Executor::witnessed(parts, STAGE, metrics::witness);
    let directory = CaseDirectory::start(parts, &store, STAGE).await?;
    let calls = calls::Calls::new(gateway, executor.clone());
    let inquiry_due = config.gateway.inquiry_answer_due();
    let subscriptions = vec![
        directory.subscription().clone(),
        project_cases(parts, &store, &executor, read_model::Escalations).await?,
        service_kit::timers::start(parts, &store, &executor, timers::Timers { executor: executor.clone() })
            .await?,
        subscribe(
            parts,
            reactions::OnTransactionLinked {
                executor: executor.clone(),
                clock: Arc::clone(&parts.clock),
                answer_due: inquiry_due,
            },
        )
        .await?,
        subscribe(parts, reactions::OnGatewayContacted { calls: calls.clone() }).await?,
        subscribe(parts, reactions::OnGatewayTimedOut { calls }).await?,
        subscribe(
            parts,
            reactions::OnApprovalGranted {
                executor: executor.clone(),
                clock: Arc::clone(&parts.clock),
                answer_due: config.gateway.execution_answer_due(),
            },
        )
        .await?,
    ];
    let http = callbacks::routes(callbacks::Callbacks {
        executor: executor.clone(),
        signer,
        clock: Arc::clone(&parts.clock),
    });
    let register_history = history::registration(parts, &executor, &directory);
    let reads = history::notes(&executor, &directory);
    let api = api::Api {
        executor,
        directory,
        store,
        clock: Arc::clone(&parts.clock),
        large_payout_limits,
        inquiry_answer_due: inquiry_due,
    };
    let server = PaymentsEscalationServiceServer::new(api)
        .max_decoding_message_size(parts.messages.request)
        .max_encoding_message_size(parts.messages.answer);
    Ok(Started {
        name: SERVICE_NAME,
        register: Box::new(move |routes| {
            routes.add_service(server);
        }),
        register_history,
        reads,
        http,
        subscriptions,
    })
}
