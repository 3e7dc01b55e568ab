//! The bus over NATS keeps what every event bus promises: with today's server, and with one of 2022.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::sync::{Arc, Mutex};

use ambient::{Clock, SeededIds};
use async_trait::async_trait;
use event_bus::EventBus;
use event_bus::contract::Factory;
use event_bus::nats::{NatsBus, NatsOptions, Relay, connect, migrate};
use event_log::EventLog;
use scratch::shared::{Database, OLD_NATS_SERVER_VARIABLE, SharedNats};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgConnection};
use tokio_util::sync::{CancellationToken, DropGuard};

/// One prefix in one NATS and one database, opened as often as the test wants; the relay goes on.
struct OverNats(Arc<Place>);

struct Place {
    nats: Servers,
    made: Mutex<Option<Made>>,
}

enum Servers {
    Today,
    Old,
}

struct Made {
    database: Database,
    options: NatsOptions,
    _server: Box<dyn Send>,
    _relay: DropGuard,
}

impl OverNats {
    fn with(nats: Servers) -> Self {
        Self(Arc::new(Place { nats, made: Mutex::new(None) }))
    }
}

impl Place {
    /// Servers and a relay, at the first call.
    async fn make(&self, log: &Arc<dyn EventLog>) {
        if self.made.lock().unwrap().is_some() {
            return;
        }
        let (url, prefix, server): (String, String, Box<dyn Send>) = match self.nats {
            Servers::Today => {
                let shared = SharedNats::find().await.unwrap();
                (shared.url.clone(), shared.prefix.clone(), Box::new(shared))
            }
            Servers::Old => {
                let program = std::env::var(OLD_NATS_SERVER_VARIABLE).unwrap_or_else(|_| {
                    panic!("{OLD_NATS_SERVER_VARIABLE} must name a nats-server of version 2.9; `cargo xtask test` finds one")
                });
                let old = scratch::Nats::start_program(program.as_ref()).await.unwrap();
                (old.url(), "old".to_owned(), Box::new(old))
            }
        };
        let database = database().await;
        let options = NatsOptions { url, prefix, ..NatsOptions::default() };
        let client = connect(&options).await.unwrap();
        let stop = CancellationToken::new();
        let relay =
            Relay::new("tests".to_owned(), client, &options, Arc::clone(log), Arc::new(SeededIds::new(2)));
        #[expect(clippy::disallowed_methods, reason = "a relay of the test's own, stopped by its guard")]
        tokio::spawn(relay.run(stop.clone()));
        let made = Made { database, options, _server: server, _relay: stop.drop_guard() };
        *self.made.lock().unwrap() = Some(made);
    }
}

async fn database() -> Database {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    migrate(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    database
}

impl Place {
    async fn open(&self, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>) -> NatsBus {
        self.make(&log).await;
        let (options, url) = {
            let made = self.made.lock().unwrap();
            let made = made.as_ref().unwrap();
            (made.options.clone(), made.database.url.clone())
        };
        let store = PgPoolOptions::new().max_connections(2).connect_lazy(&url).unwrap();
        let client = connect(&options).await.unwrap();
        let ids = Arc::new(SeededIds::new(1));
        NatsBus::open(client, &options, store, log, clock, ids).await.unwrap()
    }
}

#[async_trait]
impl Factory for OverNats {
    async fn open(&self, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>) -> Arc<dyn EventBus> {
        let (place, runtime) = (Arc::clone(&self.0), tokio::runtime::Handle::current());
        // On a thread of its own: the compiler cannot see that the drivers' futures may move between threads.
        let opening = tokio::task::spawn_blocking(move || runtime.block_on(place.open(log, clock)));
        Arc::new(opening.await.unwrap())
    }
}

mod today {
    use super::{OverNats, Servers};

    event_bus::contract_tests!(OverNats::with(Servers::Today));
}

mod of_2022 {
    use super::{OverNats, Servers};

    event_bus::contract_tests!(OverNats::with(Servers::Old));
}
