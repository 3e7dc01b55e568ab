//! Intake's decisions: the only place that says yes or no to intake's commands.
//!
//! One file a group of commands, in the order of a case's journey. Shared by all: a repeat of a command
//! on the state it led to records nothing; every free text goes through `Texts`; who may act is asked
//! in `rights`.

mod conversation;
mod ending;
mod evidence;
mod grouping;
mod opening;
mod rights;
mod self_service;
mod verification;

pub use evidence::{check_file, may_see, may_see_original, may_upload};

use super::command::Command;
use super::event::Event;
use super::refusal::Refusal;
use crate::journey::{Case, CaseState};
use crate::stage::Context;

/// What a decision comes to.
type Decision = Result<Vec<Event>, Refusal>;

/// The present case and who asks: what every decision looks at.
#[derive(Clone, Copy)]
struct Situation<'a> {
    case: &'a Case,
    context: Context<'a>,
}

pub(super) fn decide(case: &Case, context: Context<'_>, command: &Command) -> Decision {
    let at = Situation { case, context };
    if case.intake.brand.is_none() && !matches!(command, Command::OpenCase(_)) {
        return Err(Refusal::CaseNotFound);
    }
    match command {
        Command::OpenCase(open) => opening::open(at, open),
        Command::ReceiveMessage(receive) => conversation::receive_message(at, receive),
        Command::AcceptAnswer => self_service::accept_answer(at),
        Command::RequestHuman => self_service::request_human(at),
        Command::SendReply(send) => conversation::send_reply(at, send),
        Command::AddNote(add) => conversation::add_note(at, add),
        Command::ClassifyCase(classify) => conversation::classify_case(at, classify),
        Command::SwitchChannel(switch) => conversation::switch_channel(at, switch),
        Command::RequestEvidence(request) => evidence::request(at, request),
        Command::UploadEvidence(upload) => evidence::upload(at, upload),
        Command::RecordRefusedUpload(refused) => evidence::record_refused(at, refused),
        Command::AcceptEvidence(accept) => evidence::accept(at, accept),
        Command::RejectEvidence(reject) => evidence::reject(at, reject),
        Command::RecordVerificationQuestions(record) => verification::record_questions(at, record),
        Command::ApproveVerification => verification::approve(at),
        Command::RefuseVerification(refuse) => verification::refuse(at, refuse),
        Command::RequestCallback(request) => conversation::request_callback(at, request),
        Command::CompleteCallback(complete) => conversation::complete_callback(at, complete),
        Command::DeclareComplaint(declare) => grouping::declare_complaint(at, declare),
        Command::LinkCase(link) => grouping::link(at, link),
        Command::MergeCase(merge) => grouping::merge(at, merge),
        Command::TagCase(tag) => grouping::tag(at, tag),
        Command::FlagPattern(flag) => grouping::flag_pattern(at, flag),
        Command::ResolveCase(resolve) => ending::resolve(at, resolve),
        Command::CloseCase => ending::close(at),
        Command::ReopenCase(reopen) => ending::reopen(at, reopen),
        Command::RejectCase(reject) => ending::reject(at, reject),
        Command::AbandonCase => ending::abandon(at),
        Command::GiveFeedback(give) => ending::give_feedback(at, give),
    }
}

impl Situation<'_> {
    /// Refuses once the work is over.
    fn require_open(self) -> Result<(), Refusal> {
        let state = self.case.state;
        if state.is_over() { Err(Refusal::CaseOver { state }) } else { Ok(()) }
    }

    fn is(self, state: CaseState) -> bool {
        self.case.state == state
    }
}
