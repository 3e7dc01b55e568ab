//! Pages, large appends, and being woken.

use super::{Factory, accepted, command, everything, fixture, id, soon};

/// In the log and in a stream, at any page size.
///
/// # Panics
/// When the log breaks the promise.
pub async fn pages_follow_each_other_without_gap_or_overlap(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 31).await;
    let (stream, other) = (id(&ids), id(&ids));
    for round in 0..6 {
        accepted(&log, command(&ids, stream, round * 2, 2)).await;
        accepted(&log, command(&ids, other, round, 1)).await;
    }
    let all = everything(&log).await;
    assert_eq!(all.len(), 18);
    for size in [1, 2, 5, 17, 18, 19] {
        let (mut events, mut versions) = (Vec::new(), Vec::new());
        while let Ok(page) = log.read_all(events.len() as u64, size).await
            && !page.is_empty()
        {
            assert!(page.len() <= size);
            events.extend(page);
        }
        while let Ok(page) = log.read_stream(stream, versions.len() as u64, size).await
            && !page.is_empty()
        {
            assert!(page.len() <= size);
            versions.extend(page.into_iter().map(|event| event.version));
        }
        assert_eq!(events, all, "pages of {size}");
        assert!(versions.into_iter().eq(1..=12), "pages of {size}");
    }
    assert_eq!(log.read_all(18, 10).await, Ok(Vec::new()));
    assert_eq!(log.read_all(u64::MAX, 10).await, Ok(Vec::new()));
    assert_eq!(log.read_all(0, 0).await, Ok(Vec::new()));
    assert_eq!(log.read_stream(id(&ids), 0, 10).await, Ok(Vec::new()));
}

/// More rows than any one statement takes.
///
/// # Panics
/// When the log breaks the promise.
pub async fn a_large_append_is_recorded_whole(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 32).await;
    let stream = id(&ids);
    let large = command(&ids, stream, 0, crate::MAX_EVENTS_PER_APPEND);
    let appended = accepted(&log, large.clone()).await;
    assert_eq!((appended.first_version, appended.last_version), (1, 1_000));
    let events = everything(&log).await;
    let stored = events.iter().map(|event| (event.event_id, event.command_seq));
    assert!(stored.eq(large.events.iter().map(|event| event.event_id).zip(0u16..)));
    let record = log.find_command(stream, large.command_id).await.ok().flatten();
    assert_eq!(record.map(|record| (record.last_version, record.last_position)), Some((1_000, 1_000)));
}

/// The head that is announced can be read, at once.
///
/// # Panics
/// When the log breaks the promise.
pub async fn whoever_watches_is_woken_after_the_commit(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 33).await;
    let mut watch = log.watch();
    assert_eq!(*watch.borrow_and_update(), 0);
    let watching = async {
        loop {
            assert!(watch.changed().await.is_ok());
            let head = *watch.borrow_and_update();
            let last = log.read_all(head - 1, 1).await.unwrap_or_default();
            assert_eq!(last.first().map(|event| event.position), Some(head));
            if head == 5 {
                break;
            }
        }
    };
    let appending = async {
        for _ in 0..5 {
            accepted(&log, command(&ids, id(&ids), 0, 1)).await;
        }
    };
    soon("the last wake-up", async { tokio::join!(watching, appending) }).await;
    assert_eq!(*log.watch().borrow(), 5, "a new watcher starts at the head");
}
