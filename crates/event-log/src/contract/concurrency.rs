//! Many callers at once, and callers who leave.

use std::sync::Arc;

use ambient::Ids;
use tokio::task::JoinSet;

use super::{Factory, accepted, command, everything, fixture, id, soon};
use crate::{Append, Appended, Error, EventLog, verify_log};

/// Runs all appends at the same time; answers in the order of `appends`.
async fn at_once(log: &Arc<dyn EventLog>, appends: Vec<Append>) -> Vec<Result<Appended, Error>> {
    let mut tasks = JoinSet::new();
    for (index, append) in appends.into_iter().enumerate() {
        let log = Arc::clone(log);
        tasks.spawn(async move { (index, log.append(append).await) });
    }
    let mut answers = soon("the appends' answers", tasks.join_all()).await;
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// The others conflict and learn the winner's version.
///
/// # Panics
/// When the log breaks the promise.
pub async fn of_concurrent_appends_to_one_stream_exactly_one_wins(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 11).await;
    let stream = id(&ids);
    for round in 0..10 {
        let appends = (0..20).map(|_| command(&ids, stream, round, 1)).collect();
        let answers = at_once(&log, appends).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let conflict = Err(Error::Conflict { current_version: round + 1 });
        assert_eq!(answers.iter().filter(|answer| **answer == conflict).count(), 19);
    }
    assert_eq!(log.head().await, Ok(10));
}

/// Conflicts, strangers, reused ids and repeats between good appends: each gets its own answer.
///
/// # Panics
/// When the log breaks the promise.
pub async fn a_conflict_fails_only_its_caller(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 12).await;
    let streams: Vec<_> = (0..100).map(|_| id(&ids)).collect();
    let first: Vec<_> = streams.iter().map(|stream| command(&ids, *stream, 0, 2)).collect();
    for append in &first {
        accepted(&log, append.clone()).await;
    }
    let before = log.head().await.unwrap_or(0);
    let second = first.iter().enumerate().map(|(index, append)| {
        let good = command(&ids, append.stream, 2, 3);
        match index % 5 {
            1 => Append { expected_version: 1, ..good },
            2 => Append { tenant: "other".to_owned(), ..good },
            3 => Append { fingerprint: [9; 32], ..append.clone() },
            4 => append.clone(),
            _ => good,
        }
    });
    let answers = at_once(&log, second.collect()).await;
    for (index, answer) in answers.into_iter().enumerate() {
        match (index % 5, answer) {
            (0, Ok(Appended { first_version: 3, last_version: 5, duplicate: false, .. }))
            | (1, Err(Error::Conflict { current_version: 2 }))
            | (2, Err(Error::WrongTenant))
            | (3, Err(Error::CommandReused))
            | (4, Ok(Appended { first_version: 1, last_version: 2, duplicate: true, .. })) => {}
            (_, other) => panic!("request {index} was answered {other:?}"),
        }
    }
    assert_eq!(log.head().await, Ok(before + 20 * 3));
}

/// Positions and versions are contiguous, and every answer tells the truth.
///
/// # Panics
/// When the log breaks the promise.
pub async fn positions_have_no_gap_under_concurrency(factory: &impl Factory) {
    const CALLERS: usize = 32;
    const ROUNDS: u64 = 20;
    let (log, _, ids) = fixture(factory, 13).await;
    let streams: Vec<_> = (0..CALLERS).map(|_| id(&ids)).collect();
    let mut tasks = JoinSet::new();
    for (index, stream) in streams.iter().copied().enumerate() {
        let log = Arc::clone(&log);
        let events = 1 + index % 3;
        let commands: Vec<_> =
            (0..ROUNDS).map(|round| command(&ids, stream, round * events as u64, events)).collect();
        tasks.spawn(async move {
            for append in commands {
                let (stream, stale) = (append.stream, Append { expected_version: 999, ..append.clone() });
                let appended = accepted(&log, append).await;
                assert!(log.append(stale).await.is_ok_and(|again| again.duplicate));
                let last = log.read_stream(stream, appended.last_version - 1, 1).await.unwrap_or_default();
                assert_eq!(last.first().map(|event| event.position), Some(appended.last_position));
            }
        });
    }
    soon("the appends' answers", tasks.join_all()).await;
    let events = everything(&log).await;
    let expected: u64 = (0..CALLERS).map(|index| ROUNDS * (1 + index as u64 % 3)).sum();
    assert!(events.iter().map(|event| event.position).eq(1..=expected));
    for stream in streams {
        let versions = events.iter().filter(|event| event.stream == stream).map(|event| event.version);
        assert!(versions.enumerate().all(|(index, version)| version == index as u64 + 1));
    }
}

/// A client that repeats itself impatiently is served once.
///
/// # Panics
/// When the log breaks the promise.
pub async fn concurrent_repeats_of_one_command_are_recorded_once(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 14).await;
    let append = command(&ids, id(&ids), 0, 2);
    let answers = at_once(&log, vec![append; 30]).await;
    let places: Vec<_> =
        answers.iter().flatten().map(|appended| (appended.first_version, appended.last_position)).collect();
    assert_eq!(places, vec![(1, 2); 30]);
    assert_eq!(answers.iter().flatten().filter(|appended| !appended.duplicate).count(), 1);
    assert_eq!(log.head().await, Ok(2));
}

/// An abandoned append is there whole or not at all, whenever its caller left, and a repeat settles it.
///
/// # Panics
/// When the log breaks the promise.
pub async fn of_a_thousand_callers_who_leave_at_any_moment_none_leaves_anything_half_done(
    factory: &impl Factory,
) {
    let (log, _, ids) = fixture(factory, 15).await;
    let appends: Vec<_> = (0..1_000).map(|_| command(&ids, id(&ids), 0, 3)).collect();
    let mut callers = JoinSet::new();
    for append in appends.clone() {
        let (log, mut random) = (Arc::clone(&log), [0; 2]);
        ids.fill(&mut random);
        // Gone after so many turns, from none at all (nothing was queued) to long after the answer.
        let (leaves, turns) = (!random[0].is_multiple_of(4), (1_u32 << (random[1] % 16)) - 1);
        callers.spawn(async move {
            if !leaves {
                return log.append(append).await.ok();
            }
            let leaving = async {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                answer = log.append(append) => answer.ok(),
                () = leaving => None,
            }
        });
    }
    let answers = soon("the appends' answers", callers.join_all()).await;
    let acknowledged: Vec<_> = answers.into_iter().flatten().map(|appended| appended.last_position).collect();
    let mut recorded = 0;
    for append in &appends {
        match log.append(append.clone()).await {
            Ok(Appended { first_version: 1, last_version: 3, duplicate, .. }) => {
                recorded += usize::from(duplicate);
            }
            other => panic!("a repeat was answered {other:?}"),
        }
    }
    if !factory.answers_at_once() {
        assert!(recorded > acknowledged.len(), "nobody left whose append was recorded");
    }
    assert!(recorded < appends.len(), "nobody left before anything was recorded");
    let events = everything(&log).await;
    assert!(events.iter().map(|event| event.position).eq(1..=3_000));
    for position in acknowledged {
        let last = events.iter().find(|event| event.position == position);
        assert_eq!(last.map(|event| event.version), Some(3));
    }
    // And the log goes on as if nothing had happened.
    accepted(&log, command(&ids, appends[0].stream, 3, 1)).await;
    assert!(verify_log(&*log).await.is_ok_and(|found| found.is_intact()));
}
