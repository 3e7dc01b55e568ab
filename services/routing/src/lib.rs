//! Routing, the second stop of a case: which agent takes it, in which order, and by when its player is
//! answered.
//!
//! The rules are in `case::routing`; here they meet gRPC, the read models and the clock. Read in the order
//! of the journey: `reactions` (what other stages' facts lead to), `dispatcher` (who is offered what),
//! `api` (what agents ask), `timers` (what falls due), `read_model` (queues and agents).
//!
//! Must never be here: a rule about priority, promises or who may take what, or another service.
//!
//! To add a method: its proto, a file in `api`, a line in `api/mod.rs`. To add a reaction: a file in
//! `reactions`, a line in `reactions/mod.rs`.

mod api;
mod config;
mod desk;
mod dispatcher;
mod metrics;
mod reactions;
mod read_model;
mod timers;

use std::sync::Arc;

use case::Stage;
use case::routing::Routing;
use contracts::routing::v1::routing_service_server::{RoutingServiceServer, SERVICE_NAME};
use history::CaseDirectory;
use service_kit::{Executor, Parts, StartError, Started};
use sqlx::migrate::Migrator;

pub use config::{Config, DEFAULTS};
pub use reactions::NAMES as REACTIONS;

use crate::desk::Desk;
use crate::dispatcher::Dispatcher;
use crate::read_model::ReadModel;

/// The stage's one name.
const STAGE: &str = Routing::NAME;

/// The tables of its database; the directory's come beside them.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// Its read models: what can be thrown away and rebuilt.
pub fn read_models() -> Vec<service_kit::projection::ReadModel> {
    use service_kit::projection::ReadModel;
    vec![
        history::read_model(STAGE),
        read_model::QUEUE,
        read_model::AGENTS,
        ReadModel::of_timers(timers::TIMERS),
    ]
}

/// What derives their rows, under these settings.
///
/// # Errors
/// A setting that cannot hold.
pub fn derivations(config: &Config) -> Result<Vec<service_kit::projection::Derivation>, StartError> {
    use service_kit::projection::Derivation;
    let rules = config.rules()?;
    let mut all = vec![history::derivation(STAGE)];
    all.extend(read_model::derivations());
    all.push(Derivation::timers(timers::TIMERS, move |case| timers::due(case, &rules)));
    Ok(all)
}

/// The service as a process of its own.
pub fn deployable() -> deployable::Service<Config> {
    deployable::Service {
        stage: STAGE,
        about: "Priority, teams, skills, capacity, SLA clocks: who takes a case, and by when it is answered",
        defaults: DEFAULTS,
        sense: |config| config.rules().map(drop),
        start: |parts, config| Box::pin(start(parts, config)),
    }
}

/// Starts the service.
///
/// # Errors
/// A wrong setting, a database that cannot be used, a consumer that cannot be started.
pub async fn start(parts: &Parts, config: Config) -> Result<Started, StartError> {
    let rules = config.rules()?;
    let store = parts.store(STAGE, &MIGRATIONS).await?;
    metrics::begin();
    let executor = Executor::witnessed(parts, STAGE, metrics::witness);
    let directory = CaseDirectory::start(parts, &store, STAGE).await?;
    let silent = config.away_after_missed_offers;
    let model = ReadModel::start(parts, &store, &executor, rules.offer_time_limit, silent).await?;
    metrics::observe_queues(parts, &model);
    let desk = Arc::new(Desk {
        dispatcher: Dispatcher::new(parts, &store, &executor, &model, rules.offer_time_limit),
        agents: Executor::new(parts, STAGE),
        executor: executor.clone(),
        model: model.clone(),
        rules,
        clock: Arc::clone(&parts.clock),
        parts: parts.clone(),
        away_after_missed_offers: silent,
    });
    let mut subscriptions = vec![directory.subscription().clone()];
    subscriptions.extend(model.subscriptions());
    subscriptions
        .push(service_kit::timers::start(parts, &store, &executor, timers::Timers(Arc::clone(&desk))).await?);
    subscriptions.extend(reactions::subscribe_all(parts, &desk).await?);
    let register_history = history::registration(parts, &executor, &directory);
    let reads = history::notes(&executor, &directory);
    let server = RoutingServiceServer::new(api::Api { desk, directory })
        .max_decoding_message_size(parts.messages.request)
        .max_encoding_message_size(parts.messages.answer);
    Ok(Started {
        name: SERVICE_NAME,
        register: Box::new(move |routes| {
            routes.add_service(server);
        }),
        register_history,
        reads,
        http: axum::Router::new(),
        subscriptions,
    })
}
