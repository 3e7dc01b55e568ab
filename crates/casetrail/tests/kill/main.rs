//! `kill -9` in the middle of the work, and a new start over the same folder: what was acknowledged is
//! there exactly once with the answer that was given, what was not is settled by asking again (I1), the
//! other services catch up (I10), and the log verifies (I2, I8).

#![cfg(test)]

mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use contracts::history::v1::WatchCaseRequest;
use contracts::history::v1::history_service_client::HistoryServiceClient;
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use contracts::intake::v1::{
    CaseSummary, Channel, ListCasesRequest, OpenCaseRequest, OpenCaseResponse, Player,
};
use futures_util::future::join_all;
use tokio::sync::watch;
use tonic::Request;
use tonic::transport::Channel as Connection;

use process::{Dev, verify};

/// Callers at the same time.
const CALLERS: usize = 6;
/// How many answers are waited for before the process is killed, each time.
const ANSWERS_BEFORE_THE_KILL: [usize; 3] = [1, 12, 40];
/// How long everything may take to converge (I10).
const CATCH_UP: Duration = Duration::from_mins(1);

/// What a caller knows of a request: its answer, or that there was none.
type Book = BTreeMap<String, (OpenCaseRequest, Option<OpenCaseResponse>)>;

fn by<T>(actor: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("casetrail-actor", actor.parse().unwrap());
    request
}

fn request(round: usize, caller: usize, count: usize) -> OpenCaseRequest {
    OpenCaseRequest {
        request_id: format!("0197a0c0-{round:04}-7{caller:03}-8000-{count:012}"),
        brand: "NB".to_owned(),
        channel: Channel::Form.into(),
        player: Some(Player {
            player_id: format!("p-{round}-{caller}-{count}"),
            username: "spiller".to_owned(),
            email: "spiller@player.example".to_owned(),
            ..Player::default()
        }),
        language_code: "da".to_owned(),
        text: "Hej, min udbetaling er ikke kommet frem.".to_owned(),
        ..OpenCaseRequest::default()
    }
}

/// Opens one case after the other until the process is gone.
async fn open_cases(
    connection: Connection,
    (round, caller): (usize, usize),
    answers: &AtomicUsize,
    told: &watch::Sender<usize>,
) -> Book {
    let mut book = Book::new();
    let mut intake = IntakeServiceClient::new(connection);
    for count in 0.. {
        let request = request(round, caller, count);
        let answer = intake.open_case(by("service:site", request.clone())).await;
        let lost = answer.is_err();
        book.insert(request.request_id.clone(), (request, answer.ok().map(tonic::Response::into_inner)));
        if lost {
            break;
        }
        told.send_replace(answers.fetch_add(1, Ordering::SeqCst) + 1);
    }
    book
}

/// Callers work; after so many answers the process is killed.
async fn work_until_killed(dev: &mut Dev, round: usize, enough: usize) -> Book {
    let (told, mut heard) = watch::channel(0);
    let answers = AtomicUsize::new(0);
    let mut connections = Vec::new();
    for _ in 0..CALLERS {
        connections.push(dev.connect().await);
    }
    let callers = connections
        .into_iter()
        .enumerate()
        .map(|(caller, connection)| open_cases(connection, (round, caller), &answers, &told));
    let kill = async {
        heard.wait_for(|answers| *answers >= enough).await.unwrap();
        dev.kill();
    };
    let (books, ()) = tokio::join!(join_all(callers), kill);
    books.into_iter().flatten().collect()
}

/// Every request again, twice: the answer that was given, or one that stays.
async fn settle(dev: &Dev, book: &Book) -> BTreeSet<String> {
    let mut intake = IntakeServiceClient::new(dev.connect().await);
    let mut numbers = BTreeSet::new();
    for (request, answered) in book.values() {
        let mut ask =
            async || intake.open_case(by("service:site", request.clone())).await.unwrap().into_inner();
        let now = ask().await;
        assert_eq!(ask().await, now, "an answer stays");
        if let Some(answered) = answered {
            assert_eq!(&now, answered, "the answer that was given");
        }
        assert!(numbers.insert(now.case.unwrap().number), "two cases have one number");
    }
    numbers
}

async fn all_cases(dev: &Dev) -> Vec<CaseSummary> {
    let mut intake = IntakeServiceClient::new(dev.connect().await);
    let mut all = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListCasesRequest {
            brand: "NB".to_owned(),
            page_size: 200,
            page_token,
            ..ListCasesRequest::default()
        };
        let page = intake.list_cases(by("service:auditor", request)).await.unwrap().into_inner();
        all.extend(page.cases);
        if page.next_page_token.is_empty() {
            return all;
        }
        page_token = page.next_page_token;
    }
}

/// Waits until every case was routed and its player was written to, and gives the notifications' ids.
async fn everybody_caught_up(dev: &Dev, numbers: &BTreeSet<String>) -> BTreeSet<String> {
    let mut history = HistoryServiceClient::new(dev.connect().await);
    let mut notifications = BTreeSet::new();
    for number in numbers {
        let watch = WatchCaseRequest { case: number.clone(), after_version: 0 };
        let mut entries = history.watch_case(by("service:auditor", watch)).await.unwrap().into_inner();
        let (mut queued, mut sent) = (false, false);
        while !(queued && sent) {
            let entry = entries.message().await.unwrap().unwrap().entry.unwrap();
            queued |= entry.r#type == "routing.case_queued";
            if entry.r#type == "notifications.notification_sent" {
                let details: serde_json::Value = serde_json::from_str(&entry.details_json).unwrap();
                let id = details["notification_id"].as_str().unwrap().to_owned();
                assert!(notifications.insert(id), "{number}: a notification was recorded as sent twice");
                sent = true;
            }
        }
    }
    notifications
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = Book::new();
    for (round, enough) in ANSWERS_BEFORE_THE_KILL.into_iter().enumerate() {
        let mut dev = Dev::start(folder.path());
        book.extend(work_until_killed(&mut dev, round, enough).await);
    }
    let answered = book.values().filter(|(_, answer)| answer.is_some()).count();
    assert!(answered >= ANSWERS_BEFORE_THE_KILL.iter().sum(), "only {answered} were answered");
    assert!(answered < book.len(), "every caller was answered: the kill came too late to say anything");

    let dev = Dev::start(folder.path());
    let started = Instant::now();
    let numbers = settle(&dev, &book).await;
    let sent = tokio::time::timeout(CATCH_UP, everybody_caught_up(&dev, &numbers)).await;
    let sent = sent.unwrap_or_else(|_| panic!("not everybody has caught up after {:?}", started.elapsed()));
    assert!(sent.len() >= numbers.len());
    for id in sent {
        let left = ["eml", "json"].map(|kind| dev.outbox.join(&id).with_extension(kind).is_file());
        assert_ne!(left[0], left[1], "{id} was recorded as sent and should lie in the outbox");
    }

    let listed: BTreeSet<String> =
        all_cases(&dev).await.into_iter().map(|case| case.r#ref.unwrap().number).collect();
    assert_eq!(listed, numbers, "there are as many cases as requests");
    drop(dev);
    let said = verify(folder.path());
    assert!(said.status.success(), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_over_the_same_folder_is_refused_and_ends_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Dev::start(folder.path());
    let said = Dev::refused(folder.path());
    assert!(!said.status.success());
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(error.contains("log.db") && error.contains(&format!("process {}", dev.id())), "{error}");
    all_cases(&dev).await;
}
