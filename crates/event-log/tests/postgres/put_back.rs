//! A log that was put back to an earlier day under a process that has seen more of it.

use event_log::{Append, EventLog, verify_log};

use crate::{Migrated, command, connect, id, open, run};

#[tokio::test]
async fn whoever_has_seen_more_than_there_is_appends_where_the_log_ends_now() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    let stream = id();
    log.append(command(stream, 0, 1)).await.unwrap();
    // Together and alone: two ways to append.
    let (pair, single) = (command(id(), 0, 2), command(stream, 1, 1));
    log.append(pair.clone()).await.unwrap();
    log.append(single.clone()).await.unwrap();
    let mut admin = connect(&made.database.url).await;
    for step in [
        "ALTER TABLE log.event_0 DISABLE TRIGGER event_no_change",
        "DELETE FROM log.event WHERE position > 1",
        "ALTER TABLE log.event_0 ENABLE ALWAYS TRIGGER event_no_change",
    ] {
        run(&mut admin, step).await.unwrap();
    }

    let again = log.append(single.clone()).await.unwrap();
    assert_eq!((again.last_position, again.last_version, again.duplicate), (2, 2, false));
    let again = log.append(pair).await.unwrap();
    assert_eq!((again.last_position, again.last_version, again.duplicate), (4, 2, false));
    let ahead = log.append(Append { expected_version: 9, ..command(stream, 0, 1) }).await;
    assert_eq!(ahead, Err(event_log::Error::Conflict { current_version: 2 }));
    assert!(verify_log(&*log).await.unwrap().is_intact());
}
