use jiff::{SignedDuration, Timestamp};

use super::state::Hold;
use super::*;
use crate::actor::Actor;
use crate::journey::Recorded;
use crate::personal::Personal;
use crate::stage::tests::golden::{self, Stored};
use crate::stage::{Aggregate, Context, Refusal as _, Stage, StoredEvent};
use crate::vocabulary::Team;

fn brand() -> Brand {
    "NB".parse().unwrap()
}

fn player() -> PlayerId {
    "p-1001".parse().unwrap()
}

fn start() -> Timestamp {
    "2026-06-15T10:00:00Z".parse().unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Of team privacy, with a proof that is a minute old at this moment.
fn officer(now: Timestamp) -> Actor {
    Actor::agent("petra", &[Team::Privacy]).with_second_factor_at(now - SignedDuration::from_mins(1))
}

fn nobody_yet() -> DataSubject {
    DataSubject::empty(player_stream_id(&brand(), &player()))
}

fn ask(
    subject: &mut DataSubject,
    actor: &Actor,
    now: Timestamp,
    command: &Command,
) -> Result<Vec<Event>, Refusal> {
    let events = PrivacyDesk::decide(subject, Context { actor, now }, command)?;
    for event in &events {
        let version = subject.version + 1;
        subject.evolve(&Recorded { version, recorded_at: now, event: event.clone().into() });
    }
    Ok(events)
}

fn hold(until: Timestamp) -> Command {
    let hold = Some((until, HoldGround::MoneyLaundering));
    Command::SetLegalHold(SetLegalHold { brand: brand(), player_id: player(), hold, note: None })
}

fn lift() -> Command {
    let note = Some("the claim was settled".to_owned());
    Command::SetLegalHold(SetLegalHold { brand: brand(), player_id: player(), hold: None, note })
}

fn erase() -> Command {
    let ground = ErasureGround::SubjectRequest;
    Command::ErasePlayer(ErasePlayer { brand: brand(), player_id: player(), ground })
}

fn export() -> Command {
    Command::ExportPlayer(ExportPlayer { brand: brand(), player_id: player() })
}

#[test]
fn a_player_without_a_hold_is_erased_once() {
    let (mut subject, now) = (nobody_yet(), start());
    let erased = ask(&mut subject, &officer(now), now, &erase()).unwrap();
    let ground = ErasureGround::SubjectRequest;
    assert_eq!(erased, [PlayerErased { brand: brand(), player_id: player(), ground }.into()]);
    assert_eq!(subject.erased_at, Some(now));
    assert_eq!(ask(&mut subject, &officer(now), now, &erase()), Ok(vec![]), "a repeat");
    assert_eq!((subject.tenant(), subject.data_subject()), (Some("NB"), Some("p-1001")));
    for late in [export(), hold(now + days(1)), lift()] {
        assert_eq!(ask(&mut subject, &officer(now), now, &late), Err(Refusal::PlayerErased), "{late:?}");
    }
}

#[test]
fn while_a_hold_runs_an_erasure_is_refused_and_the_refusal_is_a_fact() {
    let (mut subject, now) = (nobody_yet(), start());
    let until = now + days(30);
    assert_eq!(ask(&mut subject, &officer(now), now, &hold(until)).unwrap().len(), 1);
    assert_eq!(ask(&mut subject, &officer(now), now, &hold(until)), Ok(vec![]), "a repeat");
    let last = until - SignedDuration::from_secs(1);
    for moment in [now, last] {
        let refused = ask(&mut subject, &officer(moment), moment, &erase()).unwrap();
        let expected = ErasureRefused {
            player_id: player(),
            ground: ErasureGround::SubjectRequest,
            hold_ground: HoldGround::MoneyLaundering,
            held_until: until,
        };
        assert_eq!(refused, [expected.into()]);
        assert_eq!(subject.erased_at, None);
    }
    let over = ask(&mut subject.clone(), &officer(until), until, &erase()).unwrap();
    assert!(matches!(over[..], [Event::PlayerErased(_)]), "the hold is over: {over:?}");

    let lifted = ask(&mut subject, &officer(now), now, &lift()).unwrap();
    assert!(matches!(lifted[..], [Event::LegalHoldLifted(_)]), "{lifted:?}");
    assert_eq!(ask(&mut subject, &officer(now), now, &lift()), Ok(vec![]), "nothing runs any more");
    let erased = ask(&mut subject, &officer(now), now, &erase()).unwrap();
    assert!(matches!(erased[..], [Event::PlayerErased(_)]), "{erased:?}");
}

#[test]
fn a_hold_can_be_set_anew_and_ends_in_the_future_within_ten_years() {
    let (mut subject, now) = (nobody_yet(), start());
    for wrong in [now, now - days(1)] {
        assert_eq!(ask(&mut subject, &officer(now), now, &hold(wrong)), Err(Refusal::HoldUntilPast));
    }
    assert_eq!(ask(&mut subject, &officer(now), now, &hold(now + days(3_654))), Err(Refusal::HoldTooLong));
    ask(&mut subject, &officer(now), now, &hold(now + days(1_826))).unwrap();
    ask(&mut subject, &officer(now), now, &hold(now + days(10))).unwrap();
    let ground = HoldGround::MoneyLaundering;
    assert_eq!(subject.hold, Some(Hold { until: now + days(10), ground, note: None }));
}

#[test]
fn only_team_privacy_asks_and_erasing_and_handing_out_need_a_fresh_second_factor() {
    let now = start();
    let others = [
        Actor::agent("mette", &[Team::Payments]).with_second_factor_at(now),
        Actor { teams: vec![Team::Privacy], ..Actor::service("crm") }.with_second_factor_at(now),
        Actor::player("p-1001"),
    ];
    for command in [hold(now + days(1)), lift(), erase(), export()] {
        for other in &others {
            let refused = ask(&mut nobody_yet(), other, now, &command).unwrap_err();
            assert_eq!(refused, Refusal::NotPrivacyOfficer, "{command:?} by {other:?}");
            assert!(refused.is_permission());
        }
    }
    let stale = officer(now).with_second_factor_at(now - SECOND_FACTOR_WINDOW - SignedDuration::from_secs(1));
    for command in [erase(), export()] {
        for unproven in [&stale, &Actor::agent("petra", &[Team::Privacy])] {
            let refused = ask(&mut nobody_yet(), unproven, now, &command);
            assert_eq!(refused, Err(Refusal::SecondFactorRequired), "{command:?}");
        }
    }
    assert!(ask(&mut nobody_yet(), &stale, now, &hold(now + days(1))).is_ok());
    assert_eq!(ask(&mut nobody_yet(), &officer(now), now, &export()).unwrap().len(), 1);
}

#[test]
fn unmasking_needs_a_fresh_second_factor() {
    let now = start();
    let engineer = Actor::agent("eva", &[]);
    let at = |moment| engineer.clone().with_second_factor_at(moment);
    for (actor, expected) in [
        (at(now - SECOND_FACTOR_WINDOW), Ok(())),
        (at(now - SECOND_FACTOR_WINDOW - SignedDuration::from_secs(1)), Err(Refusal::SecondFactorRequired)),
        (engineer.clone(), Err(Refusal::SecondFactorRequired)),
    ] {
        assert_eq!(may_unmask(Context { actor: &actor, now }), expected, "{actor:?}");
    }
}

#[test]
fn a_refusal_tells_until_when_and_why() {
    let refusal = Refusal::LegalHoldRuns { ground: HoldGround::Authority, until: start() };
    assert!(refusal.to_string().contains("authority") && refusal.to_string().contains("2026-06-15"));
    assert_eq!(refusal.metadata()[0], ("until", start().to_string()));
}

#[test]
fn a_player_has_one_stream_per_brand() {
    let other: Brand = "SB".parse().unwrap();
    assert_eq!(player_stream_id(&brand(), &player()), player_stream_id(&brand(), &player()));
    assert_ne!(player_stream_id(&brand(), &player()), player_stream_id(&other, &player()));
}

#[test]
fn a_fact_from_the_future_folds_harmlessly_and_stops_the_stage() {
    let mut subject = nobody_yet();
    let event = PlayerEvent::decode("privacy.player_restored", 1, b"{}").unwrap();
    subject.evolve(&Recorded { version: 1, recorded_at: start(), event });
    assert!(subject.unknown_stage("privacy") && !subject.unknown_stage("intake"));
}

#[test]
fn the_facts_of_privacy_are_stored_as_their_golden_files_say() {
    let (brand, player_id, until) = (brand(), player(), start());
    let note = Some(Personal::new("reference 17"));
    golden::assert_true(&Stored::<Event> {
        stage: "privacy",
        written: Event::STORED,
        older: Event::UPCAST,
        samples: vec![
            LegalHoldSet {
                brand: brand.clone(),
                player_id: player_id.clone(),
                until,
                ground: HoldGround::MoneyLaundering,
                note: note.clone(),
            }
            .into(),
            LegalHoldLifted { until, note }.into(),
            ErasureRefused {
                player_id: player_id.clone(),
                ground: ErasureGround::SubjectRequest,
                hold_ground: HoldGround::LegalClaim,
                held_until: until,
            }
            .into(),
            PlayerErased {
                brand: brand.clone(),
                player_id: player_id.clone(),
                ground: ErasureGround::SubjectRequest,
            }
            .into(),
            PlayerExported { brand, player_id }.into(),
        ],
    });
}
