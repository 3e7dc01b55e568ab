//! Measures a check of a million events (or as many as are named) in a SQLite log:
//! `cargo run --release -p seals --example million -- 1000000`

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use ambient::{Clock, Ids, SeededIds, SystemClock};
use event_log::{Append, EventLog, NewEvent, SqliteLog};
use seals::{
    History, Keyring, Limits, MemorySealStore, Parts, SealStore, Sealer, SigningKey, SqliteSealStore,
    Witness, check, export, verify_bundle,
};

/// Events of one stream; so many streams grow at the same time that their events are far apart.
const EVENTS_A_STREAM: usize = 20;
const STREAMS_AT_ONCE: usize = 500;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let events: usize = std::env::args().nth(1).map_or(Ok(1_000_000), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let log: Arc<dyn EventLog> =
        Arc::new(SqliteLog::open(&folder.path().join("log.db"), clock.clone()).await?);
    let store: Arc<dyn SealStore> =
        Arc::new(SqliteSealStore::open(&folder.path().join("seals.db"), 0).await?);
    let witnesses: Vec<Arc<dyn SealStore>> = vec![
        Arc::new(Witness::open(&folder.path().join("witness.jsonl")).await?),
        Arc::new(MemorySealStore::new()),
    ];

    let started = Instant::now();
    let first_stream = fill(&log, events).await?;
    println!("filled: {events} events in {:.1} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let key = SigningKey::from_seed(&[1; 32]);
    let keyring: Keyring = [key.public()].into_iter().collect();
    let parts = Parts {
        log: log.clone(),
        shard: 0,
        store: store.clone(),
        witnesses: witnesses.clone(),
        key,
        trusted: Keyring::new(),
        clock,
    };
    Sealer::new(parts, Limits::default()).seal_due().await?;
    println!("sealed in {:.1} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let history = History { log: &*log, shard: 0, store: &*store, witnesses: &witnesses, keyring: &keyring };
    let report = check(history, None, &mut |_| ()).await?;
    println!("checked in {:.1} s: {report:?}", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let bundle = export(history, first_stream).await?;
    let exported = started.elapsed();
    verify_bundle(&bundle)?;
    println!(
        "bundle: {} KiB, exported in {exported:.1?}, with it verified {:.1?}",
        bundle.len() / 1024,
        started.elapsed()
    );
    Ok(())
}

async fn fill(log: &Arc<dyn EventLog>, events: usize) -> Result<uuid::Uuid, Box<dyn Error>> {
    let ids = SeededIds::new(1);
    let new_id = || ids.new_id(SystemClock.now());
    let (mut first, mut written) = (None, 0);
    while written < events {
        let streams: Vec<_> = (0..STREAMS_AT_ONCE).map(|_| new_id()).collect();
        first = first.or(streams.first().copied());
        for version in (0..EVENTS_A_STREAM).step_by(2) {
            let mut waiting = tokio::task::JoinSet::new();
            for stream in &streams {
                let event = |_| NewEvent {
                    event_id: new_id(),
                    event_type: "stage.something_happened".to_owned(),
                    schema_version: 1,
                    meta: vec![b'm'; 180],
                    payload: vec![b'p'; 400],
                };
                let append = Append {
                    stream: *stream,
                    tenant: "brand".to_owned(),
                    expected_version: version as u64,
                    command_id: new_id(),
                    fingerprint: [7; 32],
                    events: (0..2).map(event).collect(),
                };
                let log = log.clone();
                waiting.spawn(async move { log.append(append).await });
            }
            while let Some(done) = waiting.join_next().await {
                done??;
                written += 2;
            }
        }
    }
    first.ok_or_else(|| "no events".into())
}
