//! Every process is told to end in the middle of a burst of work, and then all of them: no span is lost. What is
//! in the log has the span that created it, and what was processed the span of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::forest::{Forest, reached, recorded};
use crate::people::{ask, rasmus};
use crate::receiver::Receiver;
use crate::requests;
use crate::up::{Up, eventually, signal};
use crate::withdrawal::{stage, stage_over};

/// Who opens cases at the same time.
const CALLERS: usize = 8;
/// After so many more opened cases the next process is told to end.
const BETWEEN: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn no_span_is_lost_when_processes_end_in_the_middle_of_a_burst() {
    let receiver = Receiver::start().await;
    let endpoint = receiver.endpoint();
    let (up, database, nats) =
        Up::on_shared_servers(1, &[("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", &endpoint)]).await;
    drop(stage(&up).await);
    let opened = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (stage, opened) = (stage_over(up.channel().await), Arc::clone(&opened));
        callers.spawn(async move {
            let mut pause = tokio::time::interval(Duration::from_millis(50));
            loop {
                let request = ask(&rasmus(), requests::open_case(stage.new_id()));
                // One that is not answered is not asked again: what was recorded is in the log either way.
                if stage.intake().open_case(request).await.is_ok() {
                    opened.fetch_add(1, Ordering::SeqCst);
                } else {
                    pause.tick().await;
                }
            }
        });
    }
    let more = async |than: usize| {
        let enough = || opened.load(Ordering::SeqCst) >= than + BETWEEN;
        eventually("more cases are opened", async || enough().then_some(())).await;
    };
    more(0).await;
    for name in ["routing", "notifications", "relay", "payments-escalation", "intake"] {
        let before = opened.load(Ordering::SeqCst);
        signal("TERM", up.process(name).pid);
        more(before).await;
    }
    // The callers go on while everything ends.
    assert!(up.stop());
    callers.shutdown().await;

    let (facts, seen, (consumers, last)) = (recorded(&database).await, receiver.take(), reached(&nats).await);
    assert!(facts.len() > 5 * BETWEEN, "only {} facts", facts.len());
    let forest = Forest::of(&seen, &facts, &[]);
    forest.every_fact_has_its_creation();
    forest.every_fact_was_published(last);
    forest.every_consumer_tells_what_it_is_past(&consumers, &nats.prefix);
    forest.every_reaction_links_to_the_creation();
    forest.nothing_is_an_orphan();
    database.drop().await.unwrap();
}
