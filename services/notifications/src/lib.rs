//! Notifications: the fourth and last stage of a case's journey. It tells players, teams and agents what
//! the other stages did: in their language, over the channel that fits, at the right moment, once.
//!
//! - `reactions`: another stage's fact becomes a notification that is queued (one file a fact);
//! - `sender`: what is queued goes out, and what became of it is recorded; `timers` brings back what was
//!   put off or failed;
//! - `api`: offers, preferences, what became of each notification, redriving;
//! - `delivery`: the transports; `texts`: the words; `letter` brings facts and words together;
//! - `read_model`: which cases a player has, what became of notifications, what agents are called.
//!
//! Must never be here: whether something may be said, and when. Those rules are in `case::notifications`.
//!
//! To say something new: a kind and its texts, and a file in `reactions` for the fact that causes it.

mod api;
mod carriers;
pub mod config;
pub mod delivery;
mod letter;
mod metrics;
mod reactions;
mod read_model;
mod sender;
mod service;
pub mod texts;
mod timers;

use std::sync::Arc;

use axum::Router;
use contracts::notifications::v1::notifications_service_server::{NotificationsServiceServer, SERVICE_NAME};
use history::CaseDirectory;
use service_kit::{Parts, StartError, Started};
use sqlx::migrate::Migrator;

use crate::carriers::Carriers;
use crate::letter::Letters;
use crate::read_model::ReadModel;
use crate::sender::Sender;
use crate::service::Service;

pub use crate::config::{Config, DEFAULTS};
pub use crate::reactions::NAMES as REACTIONS;

/// The tables of its database; the directory's come beside them.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// Its read models: what can be thrown away and rebuilt.
pub fn read_models() -> Vec<service_kit::projection::ReadModel> {
    use service_kit::projection::ReadModel;
    vec![
        history::read_model("notifications"),
        read_model::CASES,
        read_model::AGENTS,
        ReadModel::of_timers(timers::TIMERS),
    ]
}

/// What derives their rows.
pub fn derivations() -> Vec<service_kit::projection::Derivation> {
    use service_kit::projection::Derivation;
    let mut all = vec![history::derivation("notifications")];
    all.extend(read_model::derivations());
    all.push(Derivation::timers(timers::TIMERS, timers::due));
    all
}

/// The service as a process of its own.
pub fn deployable() -> deployable::Service<Config> {
    deployable::Service {
        stage: "notifications",
        about: "Tells players, teams and agents what happened, before they ask",
        defaults: DEFAULTS,
        sense: Config::check,
        start: |parts, config| Box::pin(start(parts, config)),
    }
}

/// Starts read models, reactions, timers and the sender, and gives back what is to be served.
///
/// # Errors
/// A configuration that makes no sense (the key is named), a database that cannot be used, texts that
/// do not read, or a bus that cannot be subscribed to.
pub async fn start(parts: &Parts, config: Config) -> Result<Started, StartError> {
    config.check()?;
    let carriers = Carriers::new(&config, &parts.data, &parts.clock)?;
    let letters =
        Letters::new(&config.default_time_zone).map_err(|error| StartError::Broken(error.to_string()))?;
    let store = parts.store("notifications", &MIGRATIONS).await?;
    let executor = service_kit::Executor::new(parts, "notifications");
    let read_model = ReadModel::start(parts, &store, &executor).await?;
    let mut subscriptions = read_model.subscriptions();
    let directory = CaseDirectory::start(parts, &store, "notifications").await?;
    subscriptions.push(directory.subscription().clone());
    let register_history = history::registration(parts, &executor, &directory);
    let reads = history::notes(&executor, &directory);
    let service = Arc::new(Service::new(parts, executor.clone(), read_model, directory, &config));
    let sender = Arc::new(Sender::new(Arc::clone(&service), &store, carriers, letters, &config));
    subscriptions.extend(reactions::subscribe(parts, &service, &sender).await?);
    subscriptions.push(timers::start(parts, &store, &executor, sender).await?);
    let server = NotificationsServiceServer::new(api::Api::new(service))
        .max_decoding_message_size(parts.messages.request)
        .max_encoding_message_size(parts.messages.answer);
    Ok(Started {
        name: SERVICE_NAME,
        register: Box::new(move |routes| {
            routes.add_service(server);
        }),
        register_history,
        reads,
        http: Router::new(),
        subscriptions,
    })
}
