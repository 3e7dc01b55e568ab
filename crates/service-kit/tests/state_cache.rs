//! Folded cases are kept in memory up to a bound, the last used ones; a metric tells how many look-ups found
//! theirs. In a process of its own: metrics are the process's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

use std::sync::Arc;

use ambient::{Clock, Ids, ManualClock, SeededIds};
use case::{Aggregate, Case};
use event_bus::EmbeddedBus;
use event_log::{Append, EventLog, MemoryLog, NewEvent};
use sealing::{MasterKey, MemoryKeyStore, Sealer};
use service_kit::limits::MessageSizes;
use service_kit::telemetry::{Telemetry, TelemetryConfig};
use service_kit::{Executor, MetadataAuthenticator, Parts, Shutdown, Stores};
use uuid::Uuid;

/// How many are kept.
const KEPT: u64 = 4_096;
/// How many cases there are more.
const MORE: u64 = 500;

async fn parts() -> Parts {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap()));
    let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(1));
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::clone(&clock)));
    for stream in 1..=KEPT + MORE {
        let append = Append {
            stream: Uuid::from_u128(u128::from(stream)),
            tenant: "NB".to_owned(),
            expected_version: 0,
            command_id: ids.new_id(clock.now()),
            fingerprint: [0; 32],
            events: vec![NewEvent {
                event_id: ids.new_id(clock.now()),
                event_type: "watched.thing_happened".to_owned(),
                schema_version: 1,
                meta: b"{}".to_vec(),
                payload: b"{}".to_vec(),
            }],
        };
        log.append(append).await.unwrap();
    }
    let bus = EmbeddedBus::in_memory(Arc::clone(&log), Arc::clone(&clock), Arc::clone(&ids)).await.unwrap();
    let keys = Arc::new(MemoryKeyStore::new());
    let sealer = Sealer::new(keys, MasterKey::from_bytes([7; 32]), Arc::clone(&clock), Arc::clone(&ids));
    Parts {
        log,
        database: "memory",
        bus: Arc::new(bus),
        clock,
        ids,
        sealer: Arc::new(sealer),
        authenticator: Arc::new(MetadataAuthenticator),
        messages: MessageSizes::default(),
        stores: Stores::Folder(std::env::temp_dir()),
        data: std::env::temp_dir(),
        shutdown: Shutdown::new(),
    }
}

/// Look-ups that found theirs, and those that did not.
fn lookups(telemetry: &Telemetry) -> (u64, u64) {
    let text = telemetry.scrape().unwrap();
    let count = |hit: &str| {
        let mut lines = text.lines().filter(|line| line.starts_with("casetrail_state_cache_lookups_total{"));
        let line = lines.find(|line| line.contains(&format!("casetrail_hit=\"{hit}\"")));
        line.map_or(0, |line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
    };
    (count("true"), count("false"))
}

async fn load(executor: &Executor<Case>, streams: impl IntoIterator<Item = u64>) {
    for stream in streams {
        let case = executor.load(Uuid::from_u128(u128::from(stream))).await.unwrap();
        assert_eq!(case.version(), 1);
    }
}

#[tokio::test]
async fn so_many_folded_cases_are_kept_and_a_metric_tells_how_many_were_found() {
    let telemetry = service_kit::telemetry::start(&TelemetryConfig::default(), "intake").unwrap();
    let parts = parts().await;
    let executor = Executor::<Case>::new(&parts, "intake");
    load(&executor, 1..=KEPT + MORE).await;
    assert_eq!(lookups(&telemetry), (0, KEPT + MORE));
    // The last ones are all there, from the last to the first.
    load(&executor, (MORE + 1..=MORE + KEPT).rev()).await;
    assert_eq!(lookups(&telemetry), (KEPT, KEPT + MORE));
    // Those before them are not; each takes the place of the one used longest ago.
    load(&executor, 1..=MORE).await;
    assert_eq!(lookups(&telemetry), (KEPT, KEPT + 2 * MORE));
    load(&executor, MORE + 1..=KEPT).await;
    assert_eq!(lookups(&telemetry), (KEPT + KEPT - MORE, KEPT + 2 * MORE));
    load(&executor, KEPT + 1..=KEPT + MORE).await;
    assert_eq!(lookups(&telemetry), (KEPT + KEPT - MORE, KEPT + 3 * MORE));
    telemetry.stop().await;
}
