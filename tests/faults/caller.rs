//! Somebody who calls the API and insists on an answer: the same request id again and again, under deadlines
//! that are sometimes far too short.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use contracts::history::v1::{Entry, ListHistoryRequest};
use contracts::{intake, payments_escalation, routing};
use stories::{Person, Stage};
use tokio::sync::watch;
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::chance::Chance;
use crate::people::{ask, auditor};
use crate::proxy::pause;
use crate::record::{Answer, Command, Record};

/// The deadline of most calls.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long a caller waits before the next try.
const AGAIN: Duration = Duration::from_millis(150);
/// How many of a hundred calls are given a deadline that is too short.
const HURRIED_PERCENT: usize = 10;
/// How many of a hundred answered commands are sent once more.
const REPEATED_PERCENT: usize = 30;

/// The case was not brought to its end in time: what it was waiting for.
#[derive(Debug)]
pub(crate) struct Stuck(pub(crate) String);

/// A caller of its own chance.
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) stage: Arc<Stage>,
    pub(crate) chance: Chance,
    pub(crate) record: Arc<Record>,
    pub(crate) phase: watch::Receiver<Phase>,
}

/// How far a run is, for its callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Begin one case after the other.
    Running,
    /// The faults are over: bring the case at hand to its end.
    Ending,
    /// It should have come to its end by now.
    Late,
}

/// What became of a command.
pub(crate) enum Became<R> {
    Done(R),
    Refused(String),
}

/// An answer that shows the case.
pub(crate) trait Answered: PartialEq + Debug {
    /// The case's id, and its etag.
    fn case(&self) -> Option<(&str, &str)>;
}

macro_rules! answered {
    ($($answer:ty),+ $(,)?) => {$(
        impl Answered for $answer {
            fn case(&self) -> Option<(&str, &str)> {
                self.case.as_ref().map(|case| (case.case_id.as_str(), case.etag.as_str()))
            }
        }
    )+};
}

answered!(
    intake::v1::OpenCaseResponse,
    intake::v1::ReceiveMessageResponse,
    intake::v1::SendReplyResponse,
    intake::v1::AddNoteResponse,
    intake::v1::ResolveCaseResponse,
    intake::v1::ReopenCaseResponse,
    intake::v1::GiveFeedbackResponse,
    routing::v1::AcceptOfferResponse,
    payments_escalation::v1::EscalatePaymentResponse,
    payments_escalation::v1::ProposeResolutionResponse,
    payments_escalation::v1::ApproveResolutionResponse,
);

/// A call by this person under this deadline.
pub(crate) fn by<M>(person: &Person, message: M, deadline: Duration) -> Request<M> {
    let mut request = ask(person, message);
    request.set_timeout(deadline);
    request
}

/// Why a service said no, as its clients read it; empty where no service spoke.
pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

/// Whether it is not known what became of a call.
pub(crate) fn is_unknown(status: &Status) -> bool {
    let settles = match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled => false,
        Code::Aborted => reason(status) != "CONTENDED",
        // Transports end like this as well, and say no reason.
        Code::Internal => !reason(status).is_empty(),
        _ => true,
    };
    !settles
}

impl Caller {
    /// Sends a command until it is answered, and sometimes once more.
    pub(crate) async fn insist<R: Answered>(
        &mut self,
        verb: &'static str,
        id: &str,
        call: impl AsyncFn(Duration) -> Result<Response<R>, Status>,
    ) -> Result<Became<R>, Stuck> {
        let mut command = Command { id: Uuid::parse_str(id).unwrap(), verb, answer: None };
        let answer = loop {
            let hurried = self.chance.percent(HURRIED_PERCENT);
            let deadline = if hurried { self.chance.between_ms(20, 200) } else { DEADLINE };
            match once(deadline, &call).await {
                Ok(answer) => break Ok(answer),
                Err(status) if !is_unknown(&status) => break Err(reason(&status)),
                Err(_) => self.record.count("answers that did not come"),
            }
            if self.is_late() {
                self.record.keep(command);
                return Err(Stuck(format!("{verb} {id} is not answered")));
            }
            pause(AGAIN).await;
        };
        command.answer = Some(match &answer {
            Ok(answer) => done(answer),
            Err(reason) => Answer::Refused(reason.clone()),
        });
        if command.answer == Some(Answer::Refused("INTERNAL".to_owned())) {
            self.record.violation("I1", format!("{verb} {id} was answered with INTERNAL"));
        }
        self.record.keep(command);
        if let Ok(answer) = &answer
            && self.chance.percent(REPEATED_PERCENT)
        {
            self.repeat(verb, id, answer, &call).await;
        }
        Ok(match answer {
            Ok(answer) => Became::Done(answer),
            Err(reason) => Became::Refused(reason),
        })
    }

    /// As [`Self::insist`], where nothing speaks against it.
    pub(crate) async fn must<R: Answered>(
        &mut self,
        verb: &'static str,
        id: &str,
        call: impl AsyncFn(Duration) -> Result<Response<R>, Status>,
    ) -> Result<R, Stuck> {
        match self.insist(verb, id, call).await? {
            Became::Done(answer) => Ok(answer),
            Became::Refused(reason) => {
                self.record.violation("I1", format!("{verb} {id} was refused with {reason}"));
                Err(Stuck(format!("{verb} {id} was refused with {reason}")))
            }
        }
    }

    /// The same id again: the same answer again.
    async fn repeat<R: Answered>(
        &self,
        verb: &'static str,
        id: &str,
        first: &R,
        call: &impl AsyncFn(Duration) -> Result<Response<R>, Status>,
    ) {
        match once(DEADLINE, call).await {
            Ok(again) if again == *first => self.record.count("repeats answered alike"),
            Ok(again) => {
                let what = format!("{verb} {id} was answered with {first:?}, and later with {again:?}");
                self.record.violation("I1", what);
            }
            Err(status) if is_unknown(&status) => self.record.count("answers that did not come"),
            Err(status) => {
                let what = format!("{verb} {id} was done, and its repeat refused with {}", reason(&status));
                self.record.violation("I1", what);
            }
        }
    }

    /// A call that has to be refused for this reason, unless nothing is known of it.
    pub(crate) async fn must_not<R: Answered>(
        &self,
        verb: &'static str,
        id: &str,
        expected: &'static str,
        call: impl AsyncFn(Duration) -> Result<Response<R>, Status>,
    ) {
        match once(DEADLINE, &call).await {
            Err(status) if is_unknown(&status) => self.record.count("answers that did not come"),
            Err(status) if reason(&status) == expected => self.record.count(expected),
            Err(status) => {
                let found = reason(&status);
                self.record.violation("I1", format!("{verb} {id}: {found} instead of {expected}"));
            }
            Ok(answer) => {
                let what = format!("{verb} {id} should be refused with {expected}: {answer:?}");
                self.record.violation("I1", what);
            }
        }
    }

    /// Whether the time after the faults has run out.
    pub(crate) fn is_late(&self) -> bool {
        *self.phase.borrow() == Phase::Late
    }

    /// Waits for a moment before something is looked at again.
    pub(crate) async fn look_again(&self, case: &str, awaited: &str) -> Result<(), Stuck> {
        if self.is_late() {
            return Err(Stuck(format!("{case} waits for {awaited}")));
        }
        pause(AGAIN).await;
        Ok(())
    }

    /// What happened to a case so far; nothing while nobody answers.
    pub(crate) async fn history(&self, case: &str) -> Vec<Entry> {
        let message =
            ListHistoryRequest { case: case.to_owned(), page_size: 200, ..ListHistoryRequest::default() };
        let call = self.stage.history();
        let call =
            async |deadline| call.clone().list_history(by(&auditor(), message.clone(), deadline)).await;
        once(DEADLINE, &call).await.map(|answer| answer.entries).unwrap_or_default()
    }

    /// Waits until a fact of this type was recorded.
    pub(crate) async fn until_recorded(&self, case: &str, event_type: &str) -> Result<(), Stuck> {
        while !self.history(case).await.iter().any(|entry| entry.r#type == event_type) {
            self.look_again(case, event_type).await?;
        }
        Ok(())
    }
}

/// One try. A server that does not keep the deadline is not waited for much longer.
async fn once<R>(
    deadline: Duration,
    call: &impl AsyncFn(Duration) -> Result<Response<R>, Status>,
) -> Result<R, Status> {
    match tokio::time::timeout(deadline + Duration::from_secs(1), call(deadline)).await {
        Ok(answered) => answered.map(Response::into_inner),
        Err(_) => Err(Status::deadline_exceeded("nothing came")),
    }
}

fn done(answer: &impl Answered) -> Answer {
    let (case, etag) = answer.case().unwrap();
    Answer::Done { case: Uuid::parse_str(case).unwrap(), version: etag.trim_matches('"').parse().unwrap() }
}
