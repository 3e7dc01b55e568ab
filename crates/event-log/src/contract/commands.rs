//! Versions, command ids, tenants, and what is refused.

use std::time::Duration;

use super::{Factory, accepted, command, everything, fixture, id};
use crate::{
    Append, Appended, Error, MAX_EVENT_TYPE_BYTES, MAX_EVENTS_PER_APPEND, MAX_META_BYTES, MAX_PAYLOAD_BYTES,
    MAX_TENANT_BYTES,
};

/// What goes in comes out, with its place in the stream and in the log.
///
/// # Panics
/// When the log breaks the promise; so do all of these.
pub async fn an_append_at_the_expected_version_is_read_back_as_it_was_given(factory: &impl Factory) {
    let (log, clock, ids) = fixture(factory, 1).await;
    assert_eq!(log.head().await, Ok(0));
    assert_eq!(log.last_recorded_at().await, Ok(None));
    let (stream, other) = (id(&ids), id(&ids));
    accepted(&log, command(&ids, other, 0, 1)).await;
    clock.advance(Duration::from_micros(1_500_001));

    let first = command(&ids, stream, 0, 2);
    let second = command(&ids, stream, 2, 1);
    let appended = accepted(&log, first.clone()).await;
    assert_eq!((appended.first_version, appended.last_version, appended.last_position), (1, 2, 3));
    assert_eq!(appended.recorded_at, ambient::Clock::now(&clock));
    let appended = accepted(&log, second.clone()).await;
    assert_eq!((appended.first_version, appended.last_version, appended.last_position), (3, 3, 4));
    assert_eq!(log.head().await, Ok(4));
    assert_eq!(log.last_recorded_at().await, Ok(Some(appended.recorded_at)));

    let found = log.read_stream(stream, 0, 100).await.unwrap_or_default();
    let given: Vec<_> = [&first, &second]
        .into_iter()
        .flat_map(|append| (0u16..).zip(&append.events).map(move |(seq, event)| (append, seq, event)))
        .collect();
    assert_eq!(found.len(), given.len());
    for (index, (event, (append, seq, new))) in (0u64..).zip(found.iter().zip(given)) {
        assert_eq!((event.stream, event.version, event.position), (stream, index + 1, index + 2));
        assert_eq!((&event.tenant, event.command_id), (&append.tenant, append.command_id));
        assert_eq!((event.command_seq, event.event_id), (seq, new.event_id));
        assert_eq!((&event.event_type, event.schema_version), (&new.event_type, new.schema_version));
        assert_eq!((&event.meta, &event.payload), (&new.meta, &new.payload));
        assert_eq!(event.recorded_at, appended.recorded_at);
    }
}

/// Too low, too high, and on a stream that is not there yet.
///
/// # Panics
/// When the log breaks the promise.
pub async fn a_version_that_is_not_the_streams_conflicts_and_tells_the_streams(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 2).await;
    let stream = id(&ids);
    let too_early = log.append(command(&ids, stream, 1, 1)).await;
    assert_eq!(too_early, Err(Error::Conflict { current_version: 0 }));
    accepted(&log, command(&ids, stream, 0, 3)).await;
    for wrong in [0, 1, 2, 4, u64::MAX] {
        let answer = log.append(command(&ids, stream, wrong, 1)).await;
        assert_eq!(answer, Err(Error::Conflict { current_version: 3 }), "at version {wrong}");
    }
    assert_eq!(log.head().await, Ok(3));
    accepted(&log, command(&ids, stream, 3, 1)).await;
}

/// Also when the stream has moved on, and whatever version the repeat names.
///
/// # Panics
/// When the log breaks the promise.
pub async fn a_repeated_command_gets_its_first_result_at_any_later_time(factory: &impl Factory) {
    let (log, clock, ids) = fixture(factory, 3).await;
    let stream = id(&ids);
    accepted(&log, command(&ids, stream, 0, 1)).await;
    let several = command(&ids, stream, 1, 3);
    let first = accepted(&log, several.clone()).await;
    let expected = Appended { duplicate: true, ..first };
    assert_eq!(log.append(several.clone()).await, Ok(expected));

    clock.advance(Duration::from_hours(30 * 24));
    accepted(&log, command(&ids, stream, 4, 2)).await;
    accepted(&log, command(&ids, id(&ids), 0, 1)).await;
    assert_eq!(log.append(several.clone()).await, Ok(expected));
    let decided_again = Append { expected_version: 6, events: command(&ids, stream, 6, 1).events, ..several };
    assert_eq!(log.append(decided_again.clone()).await, Ok(expected));
    assert_eq!(log.head().await, Ok(7));

    let record = log.find_command(stream, decided_again.command_id).await.ok().flatten();
    let Some(record) = record else { panic!("the command is not found") };
    assert_eq!((record.first_version, record.last_version, record.last_position), (2, 4, 4));
    assert_eq!((record.fingerprint, record.recorded_at), (decided_again.fingerprint, first.recorded_at));
    assert_eq!(log.find_command(stream, id(&ids)).await, Ok(None));
}

/// The id is burnt: the other body is refused at any version.
///
/// # Panics
/// When the log breaks the promise.
pub async fn a_command_id_used_again_with_another_body_is_refused(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 4).await;
    let stream = id(&ids);
    let first = command(&ids, stream, 0, 1);
    accepted(&log, first.clone()).await;
    for expected_version in [0, 1] {
        let other_body = Append { fingerprint: [8; 32], expected_version, ..first.clone() };
        assert_eq!(log.append(other_body).await, Err(Error::CommandReused));
    }
    assert_eq!(log.head().await, Ok(1));
}

/// The same id in two streams names two commands.
///
/// # Panics
/// When the log breaks the promise.
pub async fn a_command_id_means_something_only_within_its_stream(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 5).await;
    let first = command(&ids, id(&ids), 0, 1);
    let elsewhere =
        Append { stream: id(&ids), events: command(&ids, first.stream, 0, 2).events, ..first.clone() };
    accepted(&log, first).await;
    let appended = accepted(&log, elsewhere).await;
    assert_eq!((appended.first_version, appended.last_version, appended.last_position), (1, 2, 3));
}

/// Whatever the stranger tries, the answer is the same one.
///
/// # Panics
/// When the log breaks the promise.
pub async fn another_tenant_is_refused_and_told_nothing(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 6).await;
    let stream = id(&ids);
    let theirs = command(&ids, stream, 0, 2);
    accepted(&log, theirs.clone()).await;
    let stranger = |append: Append| Append { tenant: "other".to_owned(), ..append };
    for attempt in [
        stranger(theirs.clone()),
        stranger(Append { fingerprint: [8; 32], ..theirs }),
        stranger(command(&ids, stream, 2, 1)),
        stranger(command(&ids, stream, 0, 1)),
        stranger(command(&ids, stream, 9, 1)),
    ] {
        assert_eq!(log.append(attempt).await, Err(Error::WrongTenant));
    }
    assert_eq!(log.head().await, Ok(2));
    assert!(!Error::WrongTenant.to_string().contains(char::is_numeric));
}

/// Nothing of it reaches the database.
///
/// # Panics
/// When the log breaks the promise.
pub async fn what_can_never_be_recorded_is_refused_as_invalid(factory: &impl Factory) {
    let (log, _, ids) = fixture(factory, 7).await;
    let good = command(&ids, id(&ids), 0, 2);
    let spoilt: [fn(&mut Append); 11] = [
        |append| append.events.clear(),
        |append| append.events = vec![append.events[0].clone(); MAX_EVENTS_PER_APPEND + 1],
        |append| append.tenant.clear(),
        |append| append.tenant = "t".repeat(MAX_TENANT_BYTES + 1),
        |append| append.tenant.push_str("\0t"),
        |append| append.events[1].event_type.clear(),
        |append| append.events[1].event_type = "e".repeat(MAX_EVENT_TYPE_BYTES + 1),
        |append| append.events[1].event_type.push_str(" and_more"),
        |append| append.events[1].schema_version = 0,
        |append| append.events[1].meta = vec![0; MAX_META_BYTES + 1],
        |append| append.events[1].payload = vec![0; MAX_PAYLOAD_BYTES + 1],
    ];
    for (number, spoil) in spoilt.into_iter().enumerate() {
        let mut append = good.clone();
        spoil(&mut append);
        let answer = log.append(append).await;
        assert!(matches!(answer, Err(Error::Invalid(_))), "number {number} was answered {answer:?}");
    }
    let mut heavy = good.clone();
    heavy.events = vec![good.events[0].clone(); 9];
    for event in &mut heavy.events {
        event.payload = vec![0; MAX_PAYLOAD_BYTES];
    }
    assert!(matches!(log.append(heavy).await, Err(Error::Invalid(_))));
    assert_eq!(everything(&log).await, []);
    accepted(&log, good).await;
}
