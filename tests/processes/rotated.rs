//! The password of a database role is changed while its service works, as docs/operations/day-two.md says: the role
//! first, then one replica after the other. No command that was answered is missing, and none is recorded twice.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use distributed::role_of;
use scratch::shared::Database;
use sqlx::{Connection, PgConnection};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use crate::fleet::{Fleet, Replica};
use crate::people::{ask, rasmus};
use crate::requests;
use crate::up::{eventually, insist};

const STAGE: &str = "intake";
/// One person asks more often here than any would.
const SETTINGS: &str = "[grpc]\nleave_seconds = 1\n[grpc.limits]\nperson_calls_per_second = 100000\n\
                        person_burst = 100000\nperson_calls_in_hand = 1000";
/// Answers that are waited for after each step.
const SOME: usize = 12;

/// Where callers find the service now, and what it answered them: by request, the case's number.
struct Asked {
    at: Mutex<IntakeServiceClient<Channel>>,
    answered: Mutex<Vec<(String, String)>>,
}

impl Asked {
    fn client(&self) -> IntakeServiceClient<Channel> {
        self.at.lock().unwrap().clone()
    }

    fn turn_to(&self, client: IntakeServiceClient<Channel>) {
        *self.at.lock().unwrap() = client;
    }

    /// Opens a case, with the same request until there is an answer.
    async fn open(&self, request_id: &str) -> String {
        let request = || ask(&rasmus(), requests::open_case(request_id.to_owned()));
        let opened = insist("OpenCase", async || self.client().open_case(request()).await).await;
        opened.case.unwrap().number
    }

    async fn keep_opening(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let request_id = SystemIds.new_id(SystemClock.now()).to_string();
            let number = self.open(&request_id).await;
            self.answered.lock().unwrap().push((request_id, number));
        }
    }

    async fn some_more_are_answered(&self, when: &str) {
        let before = self.answered.lock().unwrap().len();
        eventually(when, async || (self.answered.lock().unwrap().len() >= before + SOME).then_some(())).await;
    }
}

async fn client_of(replica: &Replica) -> IntakeServiceClient<Channel> {
    let channel = Channel::from_shared(format!("http://{}", replica.grpc)).unwrap();
    IntakeServiceClient::new(channel.connect().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_under_load_and_no_command_is_lost() {
    let with = |password: &str| BTreeMap::from([(role_of(STAGE), password.to_owned())]);
    let database = Database::create_with_passwords().await.unwrap();
    let fleet = Fleet::lay_over(database, &with("the-old-one"), SETTINGS).await;
    let old = fleet.start_with_password(STAGE, "the-old-one").await;
    let asked = Asked { at: Mutex::new(client_of(&old).await), answered: Mutex::default() };
    let stop = CancellationToken::new();
    let rotating = async {
        asked.some_more_are_answered("the old replica serves").await;
        distributed::migrate(&fleet.database.url, 1, &with("the-new-one")).await.unwrap();
        asked.some_more_are_answered("it goes on over the connections that it has").await;
        let new = fleet.start_with_password(STAGE, "the-new-one").await;
        asked.turn_to(client_of(&new).await);
        let told = Instant::now();
        old.terminate();
        assert!(old.ended(told).await.0.success());
        asked.some_more_are_answered("the new replica serves").await;
        assert!(cut_off(&fleet).await > 0, "it had connections");
        asked.some_more_are_answered("it connects again with the new password").await;
        stop.cancel();
        new
    };
    let callers = async {
        tokio::join!(asked.keep_opening(&stop), asked.keep_opening(&stop), asked.keep_opening(&stop))
    };
    let (new, _) = tokio::join!(rotating, callers);

    let answered = std::mem::take(&mut *asked.answered.lock().unwrap());
    for (request_id, number) in &answered {
        assert_eq!(asked.open(request_id).await, *number, "the same command has the same answer");
    }
    assert_eq!(opened(&fleet).await, i64::try_from(answered.len()).unwrap(), "each is recorded once");
    let told = Instant::now();
    new.terminate();
    assert!(new.ended(told).await.0.success());
    fleet.remove().await;
}

/// Ends every connection of the role, and says how many there were.
async fn cut_off(fleet: &Fleet) -> i64 {
    let mut admin = PgConnection::connect(&fleet.database.url).await.unwrap();
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1";
    sqlx::query_scalar(ended).bind(role_of(STAGE)).fetch_one(&mut admin).await.unwrap()
}

async fn opened(fleet: &Fleet) -> i64 {
    let mut admin = PgConnection::connect(&fleet.database.url).await.unwrap();
    let count = "SELECT count(*) FROM log.event WHERE event_type = 'intake.case_opened'";
    sqlx::query_scalar(count).fetch_one(&mut admin).await.unwrap()
}
