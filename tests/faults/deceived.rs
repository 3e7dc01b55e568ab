//! The checker is not blind: a set in which nothing failed is spoilt behind its back, once for each place
//! that the checker looks into, and it finds each of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use crate::caller::{Caller, Phase};
use crate::checker;
use crate::patience::within;
use crate::record::{Answer, Command, Record};
use crate::rig::Rig;
use crate::run;

const PATIENCE: Duration = Duration::from_mins(1);

/// Takes the guards off the log for a moment and changes an event, so that it means the same and is another
/// one.
const FORGE: &str = "DO $$ DECLARE guard RECORD; guards TEXT[]; BEGIN
    SELECT array_agg(format('ALTER TABLE %s %%s TRIGGER %I', tgrelid::regclass, tgname)) INTO guards
        FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'log.event%';
    FOR guard IN SELECT unnest(guards) AS change LOOP EXECUTE format(guard.change, 'DISABLE'); END LOOP;
    UPDATE log.event SET meta = meta || ' '::bytea WHERE position = 20;
    FOR guard IN SELECT unnest(guards) AS change LOOP EXECUTE format(guard.change, 'ENABLE ALWAYS'); END LOOP;
END $$";
/// A row of a read model that no fact explains.
const MISLEAD: &str = "UPDATE intake.cases SET owner_agent_id = 'nobody'
    WHERE case_id = (SELECT min(case_id) FROM intake.cases)";
/// An event that was put aside.
const PUT_ASIDE: &str = "INSERT INTO routing.dead_letter
    SELECT 'routing.on_case_opened', position, stream_id, event_id, event_type, 5, 'forged', recorded_at
    FROM log.event WHERE position = 1";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_checker_finds_what_is_wrong() {
    let (rig, record) = (Rig::start(1).await, Arc::new(Record::default()));
    let (phase, callers) = run::callers(&rig, 1, &record).await;
    let enough = async {
        let paid = within(PATIENCE, async || {
            let verbs = record.commands();
            let resolved = verbs.iter().filter(|command| command.verb == "ResolveCase").count();
            (resolved > 5).then_some(())
        });
        paid.await.expect("cases come to their end");
        phase.send_replace(Phase::Ending);
    };
    tokio::join!(enough, join_all(callers.into_iter().map(Caller::live)));
    let found = checker::check(&rig, &record).await;
    assert_eq!(found.violations, [], "nothing is wrong yet");
    assert!(found.payments > 0, "money moved");

    spoil(&rig, &record).await;
    let found = checker::check(&rig, &record).await;
    let invariants: BTreeSet<&str> = found.violations.iter().map(|one| one.invariant).collect();
    assert_eq!(invariants, BTreeSet::from(["I1", "I10", "I3", "I4", "I7", "I8"]), "{:?}", found.violations);
    assert!(rig.up.stop());
}

async fn spoil(rig: &Rig, record: &Record) {
    let mut admin = PgConnection::connect(&rig.database).await.unwrap();
    for statement in [FORGE, MISLEAD, PUT_ASIDE] {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    admin.close().await.unwrap();
    let id = SystemIds.new_id(SystemClock.now());
    record.keep(Command { id, verb: "OpenCase", answer: Some(Answer::Done { case: id, version: 1 }) });
    pay_again(&rig.up.ready.gateway).await;
    std::fs::write(rig.up.outbox().join(format!("{}.eml", Uuid::nil())), "Nobody knows of this.").unwrap();
}

/// The same payment under another key: what a service does that forgets what it has done.
async fn pay_again(gateway: &str) {
    let ledger = reqwest::get(format!("{gateway}/v1/ledger")).await.unwrap();
    let ledger: serde_json::Value = ledger.json().await.unwrap();
    let entry = &ledger["entries"][0];
    let payment = json!({
        "idempotency_key": "another-key",
        "transaction_id": entry["transaction_id"],
        "kind": entry["kind"],
        "amount_minor": entry["amount_minor"],
        "currency": entry["currency"],
        "callback_url": "http://127.0.0.1:1/",
    });
    let paid = reqwest::Client::new().post(format!("{gateway}/v1/payments")).json(&payment).send().await;
    assert!(paid.unwrap().status().is_success());
}
