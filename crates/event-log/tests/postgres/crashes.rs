//! The server crashes, is away, and comes back: what was acknowledged stays, and the log goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use event_log::{Error, EventLog, verify_log};
use scratch::Postgres;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::server::migrated;
use crate::{command, id, open, settled};

const CALLERS: usize = 16;
const APPENDS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_in_the_middle_of_appends_loses_nothing_acknowledged() {
    let mut server = Postgres::start().await.unwrap();
    let log = open(&migrated(&server.url("postgres")).await).await;
    let (progress, mut done) = mpsc::unbounded_channel();
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (log, progress) = (Arc::clone(&log), progress.clone());
        callers.spawn(async move {
            let mut acknowledged = Vec::new();
            for _ in 0..APPENDS {
                let append = command(id(), 0, 2);
                let unknown = log.append(append.clone()).await.is_err();
                let appended = settled(&log, &append).await;
                assert_eq!((appended.first_version, appended.last_version), (1, 2));
                acknowledged.push((append.command_id, appended.last_position));
                progress.send(unknown).unwrap();
            }
            acknowledged
        });
    }
    drop(progress);
    let mut unknown = 0;
    for crash_after in [200, 300] {
        for _ in 0..crash_after {
            unknown += usize::from(done.recv().await.unwrap());
        }
        server.crash().await.unwrap();
        server.start_again().await.unwrap();
    }
    let acknowledged: Vec<_> = callers.join_all().await.into_iter().flatten().collect();
    while let Some(was_unknown) = done.recv().await {
        unknown += usize::from(was_unknown);
    }
    assert!(unknown > 0, "no append met a crash");
    let found = log.read_all(0, 10_000).await.unwrap();
    assert!(found.iter().map(|event| event.position).eq(1..=(CALLERS * APPENDS * 2) as u64));
    for (command_id, position) in acknowledged {
        let event = &found[usize::try_from(position).unwrap() - 1];
        assert_eq!((event.command_id, event.command_seq), (command_id, 1));
    }
    assert!(verify_log(&*log).await.unwrap().is_intact());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_waits_for_a_server_that_is_away_but_not_for_ever() {
    let mut server = Postgres::start().await.unwrap();
    let log = open(&migrated(&server.url("postgres")).await).await;
    log.append(command(id(), 0, 1)).await.unwrap();
    server.stop().await.unwrap();
    // Its connection is found to be dead.
    let lost = log.append(command(id(), 0, 1)).await;
    assert!(matches!(lost, Err(Error::Unavailable(_))), "{lost:?}");

    let (append, waiting) = (command(id(), 0, 1), Arc::clone(&log));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { waiting.append(append).await });
    server.start_again().await.unwrap();
    assert_eq!(tasks.join_next().await.unwrap().unwrap().unwrap().last_position, 2);

    server.crash().await.unwrap();
    assert!(log.append(command(id(), 0, 1)).await.is_err());
    let asked = Instant::now();
    assert!(matches!(log.append(command(id(), 0, 1)).await, Err(Error::Unavailable(_))));
    let waited = asked.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(9)).contains(&waited), "{waited:?}");
    // Nobody waits as long again while it is known to be away.
    let asked = Instant::now();
    for _ in 0..20 {
        assert!(log.append(command(id(), 0, 1)).await.is_err());
    }
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    assert!(matches!(log.head().await, Err(Error::Unavailable(_))));

    server.start_again().await.unwrap();
    settled(&log, &command(id(), 0, 1)).await;
    assert_eq!(log.head().await, Ok(3));
}
