//! I9: what must never be written is nowhere. A case with card data, names and texts in every field that takes
//! some goes through real processes at their most talkative; then everything they left behind is searched: the
//! database's dump, files and write-ahead log, NATS' folder, logs, spans, metrics, the evidence store, and what
//! callers were told. In each of them a mark must be found too: a search of nothing finds nothing.

use std::path::Path;

use contracts::history::v1::GetCaseRequest;
use contracts::intake::v1::{
    AddNoteRequest, EvidenceHeader, GiveFeedbackRequest, OpenCaseRequest, Player, ReceiveMessageRequest,
    ReopenCaseRequest, ResolveCaseRequest, SendReplyRequest, TagCaseRequest, UploadEvidenceRequest,
    upload_evidence_request::Part,
};
use contracts::notifications::v1::QueueOfferRequest;
use contracts::payments_escalation::v1::{EscalatePaymentRequest, RequestInformationRequest};
use futures_util::stream;
use stories::Stage;
use tonic::Status;

use crate::people::{ask, mette, rasmus};
use crate::receiver::Receiver;
use crate::requests::{self, TRANSACTION, picture};
use crate::up::Up;
use crate::withdrawal::{Withdrawal, stage, stage_over};

/// The digits of a card; each text below spells them in its own way.
const CARD: &str = "4929123456781236";

/// What is sent: each of these is a text that must not be found again as it is.
const TEXTS: &[&str] = &[
    "Planted opening: min udbetaling er ikke kommet frem, kort 4929 1234 5678 1236, CVV 739",
    "Planted message: 4929-1234-5678-1236 sikkerhedskode 7391",
    "Planted widths: ４９２９ １２３４ ５６７８ １２３６",
    "Planted lines: 4929\n1234\n5678\n1236",
    "Planted beginning: 4929 1234",
    "5678 1236 planted end",
    "Planted reply: 4929.1234.5678.1236",
    "Planted note: 4929\u{200b}1234\u{200b}5678\u{200b}1236 cvc: 739",
    "Planted summary: 4929123456781236",
    "Planted question: 4929_1234_5678_1236",
    "Planted resolution: 4929 1234 5678 1236",
    "Planted reason: 4929/1234/5678/1236",
    "Planted comment: 4929 1234 5678 1236",
    "Planted offer: 4929 1234 5678 1236",
    "planted-4929123456781236-page.png",
    "Planted Username",
    "planted.rasmus@player.example",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_planted_secret_is_found_anywhere() {
    let receiver = Receiver::start().await;
    let endpoint = receiver.endpoint();
    let talkative = [
        ("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", endpoint.as_str()),
        ("CASETRAIL__TELEMETRY__LOG_FILTER", "debug"),
    ];
    let (up, mut postgres, mut nats) = Up::on_own_servers(&talkative).await;
    let stage = stage(&up).await;
    let planting = Planting { stage: &stage, up: &up };
    let number = planting.a_case().await;
    let told = planting.what_is_refused(&number).await;

    let mut left = Left::default();
    left.text("what callers were told", "492912******1236", &told);
    left.text("the database's dump", &number, &readable(&postgres.dump_as_text("postgres").unwrap()));
    for process in &up.ready.processes {
        let metrics = reqwest::get(format!("http://{}/metrics", process.http)).await.unwrap();
        left.text("metrics", "casetrail", &metrics.text().await.unwrap());
    }
    left.folder("logs", "is ready", &up.data().join("logs"));
    left.folder("the evidence store", "", &up.data().join("evidence"));
    // Stopping flushes every process' spans.
    assert!(up.stop());
    left.text("spans", &number, &format!("{:?}", receiver.take()));
    postgres.stop().await.unwrap();
    nats.stop().await.unwrap();
    left.folder("the write-ahead log", &number, &postgres.data().join("pg_wal"));
    left.folder("the database's files", &number, &postgres.data().join("base"));
    left.folder("NATS' folder", &number, &nats.store());
    left.check();
}

/// A dump with its columns of bytes, which it writes as hexadecimal digits, as the text they are.
fn readable(dump: &str) -> String {
    let column = |column: &str| match column.strip_prefix(r"\\x").map(hex::decode) {
        Some(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        _ => column.to_owned(),
    };
    dump.split(['\t', '\n']).map(column).collect::<Vec<_>>().join("\n")
}

/// Sends the texts.
struct Planting<'a> {
    stage: &'a Stage,
    up: &'a Up,
}

impl Planting<'_> {
    /// A case with a text in every field that takes one.
    async fn a_case(&self) -> String {
        let stage = self.stage;
        let open = OpenCaseRequest {
            text: TEXTS[0].to_owned(),
            player: Some(Player {
                username: TEXTS[15].to_owned(),
                email: TEXTS[16].to_owned(),
                marketing_consent: true,
                ..requests::open_case(String::new()).player.unwrap()
            }),
            ..requests::open_case(stage.new_id())
        };
        let opened = stage.intake().open_case(ask(&rasmus(), open)).await.unwrap().into_inner();
        let number = opened.case.unwrap().number;
        let case = Withdrawal::of(stage_over(self.up.channel().await), &number, TRANSACTION);
        case.take().await;
        for text in &TEXTS[1..6] {
            self.message(&number, text).await;
        }
        let reply =
            SendReplyRequest { text: TEXTS[6].to_owned(), ..requests::send_reply(stage.new_id(), &number) };
        stage.intake().send_reply(ask(&mette(), reply)).await.unwrap();
        let note =
            AddNoteRequest { text: TEXTS[7].to_owned(), ..requests::add_note(stage.new_id(), &number) };
        stage.intake().add_note(ask(&mette(), note)).await.unwrap();
        let upload = requests::upload(stage.new_id(), &number, TEXTS[14], &evidence());
        stage.intake().upload_evidence(ask(&rasmus(), stream::iter(upload))).await.unwrap();
        let escalate = EscalatePaymentRequest {
            summary: TEXTS[8].to_owned(),
            ..requests::escalate_payment(stage.new_id(), &number, TRANSACTION)
        };
        stage.payments().escalate_payment(ask(&mette(), escalate)).await.unwrap();
        let question = RequestInformationRequest {
            request_id: stage.new_id(),
            case: number.clone(),
            question: TEXTS[9].to_owned(),
            ..RequestInformationRequest::default()
        };
        stage.payments().request_information(ask(&mette(), question)).await.unwrap();
        let offer = QueueOfferRequest {
            request_id: stage.new_id(),
            case: number.clone(),
            title: TEXTS[13].to_owned(),
            text: TEXTS[13].to_owned(),
            ..QueueOfferRequest::default()
        };
        stage.notifications().queue_offer(ask(&mette(), offer)).await.unwrap();
        self.ending(&number).await;
        case.until("payments_escalation.sensitive_data_masked").await;
        number
    }

    async fn message(&self, number: &str, text: &str) {
        let message = ReceiveMessageRequest {
            request_id: self.stage.new_id(),
            case: number.to_owned(),
            channel: contracts::intake::v1::Channel::Chat.into(),
            text: text.to_owned(),
            ..ReceiveMessageRequest::default()
        };
        self.stage.intake().receive_message(ask(&rasmus(), message)).await.unwrap();
    }

    /// Texts of the end: those that the case's state refuses must not be found either.
    async fn ending(&self, number: &str) {
        let stage = self.stage;
        let resolve = ResolveCaseRequest {
            summary: TEXTS[10].to_owned(),
            ..requests::resolve_case(stage.new_id(), number)
        };
        let _ = stage.intake().resolve_case(ask(&mette(), resolve)).await;
        let reopen = ReopenCaseRequest {
            request_id: stage.new_id(),
            case: number.to_owned(),
            reason: TEXTS[11].to_owned(),
            ..ReopenCaseRequest::default()
        };
        let _ = stage.intake().reopen_case(ask(&rasmus(), reopen)).await;
        let feedback = GiveFeedbackRequest {
            request_id: stage.new_id(),
            case: number.to_owned(),
            score: 5,
            comment: TEXTS[12].to_owned(),
            ..GiveFeedbackRequest::default()
        };
        let _ = stage.intake().give_feedback(ask(&rasmus(), feedback)).await;
        let tag = TagCaseRequest {
            request_id: stage.new_id(),
            case: number.to_owned(),
            tag: CARD.to_owned(),
            ..TagCaseRequest::default()
        };
        stage.intake().tag_case(ask(&mette(), tag)).await.unwrap();
    }

    /// Card data where an id belongs: everything that was answered.
    async fn what_is_refused(&self, number: &str) -> String {
        let stage = self.stage;
        let spelled = "4929 1234 5678 1236";
        let mut open = requests::open_case(stage.new_id());
        if let Some(player) = &mut open.player {
            spelled.clone_into(&mut player.time_zone);
            CARD.clone_into(&mut player.player_id);
        }
        spelled.clone_into(&mut open.brand);
        let header = EvidenceHeader {
            request_id: stage.new_id(),
            case: spelled.to_owned(),
            ..EvidenceHeader::default()
        };
        let header = UploadEvidenceRequest { part: Some(Part::Header(header)) };
        let refused: Vec<Status> = vec![
            stage.intake().open_case(ask(&rasmus(), open)).await.unwrap_err(),
            stage
                .payments()
                .escalate_payment(ask(&mette(), requests::escalate_payment(stage.new_id(), number, CARD)))
                .await
                .unwrap_err(),
            stage
                .intake()
                .add_note(ask(&mette(), requests::add_note(stage.new_id(), spelled)))
                .await
                .unwrap_err(),
            stage.intake().upload_evidence(ask(&rasmus(), stream::iter([header]))).await.unwrap_err(),
            stage
                .history()
                .get_case(ask(
                    &mette(),
                    GetCaseRequest { case: CARD.to_owned(), ..GetCaseRequest::default() },
                ))
                .await
                .unwrap_err(),
        ];
        let all: Vec<String> = refused
            .iter()
            .map(|status| format!("{status:?} {}", String::from_utf8_lossy(status.details())))
            .collect();
        all.join(
            "
",
        )
    }
}

/// A picture with a text in it that is found in every copy.
fn evidence() -> Vec<u8> {
    let mut content = picture(0);
    content.extend_from_slice(b"Planted evidence content");
    content
}

/// What was left behind, searched.
#[derive(Default)]
struct Left {
    faults: Vec<String>,
}

impl Left {
    fn text(&mut self, place: &str, mark: &str, text: &str) {
        self.look(place, text.as_bytes());
        if !text.contains(mark) {
            self.faults.push(format!("{place}: {mark:?} is not there, so nothing was looked at"));
        }
    }

    fn folder(&mut self, place: &str, mark: &str, folder: &Path) {
        let mut marked = false;
        for file in files(folder) {
            let content = std::fs::read(&file).unwrap();
            self.look(&format!("{place}: {}", file.display()), &content);
            marked |= !content.is_empty() && contains(&content, mark.as_bytes());
        }
        if !marked {
            self.faults.push(format!("{place}: {mark:?} is not there, so nothing was looked at"));
        }
    }

    fn look(&mut self, place: &str, content: &[u8]) {
        let others = ["Planted evidence content", "CVV 739", "cvc: 739", "sikkerhedskode 7391"];
        for secret in TEXTS.iter().copied().chain(others) {
            if contains(content, secret.as_bytes()) {
                self.faults.push(format!("{place}: {secret:?}"));
            }
        }
        if has_digits(content, CARD) {
            self.faults.push(format!("{place}: the card's digits"));
        }
    }

    fn check(self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n"));
    }
}

fn contains(content: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || content.windows(wanted.len()).any(|window| window == wanted)
}

/// Whether these digits follow each other, whatever else stands between them: at most three bytes each time.
fn has_digits(content: &[u8], wanted: &str) -> bool {
    let wanted = wanted.as_bytes();
    let mut found = 0;
    let mut between = 0;
    for byte in content {
        if *byte == wanted[found] {
            found += 1;
            between = 0;
        } else if byte.is_ascii_digit() || between == 3 {
            found = usize::from(*byte == wanted[0]);
            between = 0;
        } else if found > 0 {
            between += 1;
        }
        if found == wanted.len() {
            return true;
        }
    }
    false
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

#[test]
fn the_search_finds_what_is_there() {
    for text in [CARD, "49 29-1234\r\n5678.1236", "x4929 1234 5678 1236"] {
        assert!(has_digits(text.as_bytes(), CARD), "{text}");
    }
    for text in ["492912******1236", "4929 1234 5678 123", "4929 0 1234 5678 1236", "4929    1234 5678 1236"]
    {
        assert!(!has_digits(text.as_bytes(), CARD), "{text}");
    }
    let mut left = Left::default();
    left.text("a note", "note", TEXTS[7]);
    left.text("empty", "mark", "");
    let told = left.faults.join("\n");
    for expected in ["a note: \"Planted note", "a note: \"cvc: 739\"", "nothing was looked at"] {
        assert!(told.contains(expected), "{told}");
    }
}
