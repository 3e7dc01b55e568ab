//! How payments-escalation's facts add up. Holds no rule: what must not happen is refused before.

use jiff::Timestamp;
use uuid::Uuid;

use super::event::{Event, GatewayContacted, GatewayPurpose, GatewayReplied, ProposalKind};
use super::state::{Escalation, GatewayCall, KnownStanding, Progress, Proposal, ProposalStanding, State};

impl State {
    /// The player wrote or sent something: what was asked of them may be there.
    pub(crate) fn player_answered(&mut self) {
        if self.progress == Some(Progress::InformationRequired) {
            self.progress = Some(self.review());
        }
    }

    /// Under review, or with the gateway while it has been asked.
    fn review(&self) -> Progress {
        if self.calls.iter().any(GatewayCall::is_pending_inquiry) {
            Progress::GatewayPending
        } else {
            Progress::UnderReview
        }
    }

    /// Takes a fact in.
    pub(crate) fn evolve(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::PaymentEscalated(escalated) => {
                self.escalation = Some(Escalation {
                    kind: escalated.kind,
                    amount: escalated.amount,
                    method: escalated.method,
                    escalated_at: at,
                });
                self.progress = Some(Progress::UnderReview);
            }
            Event::TransactionLinked(linked) => {
                if !self.transactions.contains(&linked.transaction_id) {
                    self.transactions.push(linked.transaction_id.clone());
                }
            }
            Event::PaymentInformationRequested(requested) => {
                self.questions.push(requested.question_id);
                self.progress = Some(Progress::InformationRequired);
            }
            Event::GatewayContacted(contacted) => self.evolve_contacted(contacted),
            Event::GatewayReplied(replied) => self.evolve_replied(replied),
            Event::GatewayTimedOut(timed_out) => {
                if let Some(call) = self.calls.iter_mut().find(|call| call.key == timed_out.key) {
                    call.timed_out = true;
                }
            }
            Event::SensitiveDataMasked(_) => {}
            Event::PaymentRefused(_) => self.progress = Some(Progress::Refused),
            Event::PaymentReturned(_) => self.progress = Some(Progress::Returned),
            Event::DuplicateRefundBlocked(blocked) => self.blocked.push(blocked.proposal_id),
            Event::ResolutionProposed(_)
            | Event::ApprovalRequested(_)
            | Event::ApprovalGranted(_)
            | Event::ApprovalDenied(_)
            | Event::PaymentExecuted(_)
            | Event::PaymentFailed(_) => self.evolve_proposal(event),
        }
    }

    fn evolve_proposal(&mut self, event: &Event) {
        match event {
            Event::ResolutionProposed(proposed) => {
                self.proposals.push(Proposal {
                    proposal_id: proposed.proposal_id,
                    kind: proposed.kind,
                    amount: proposed.amount,
                    transaction_id: proposed.transaction_id.clone(),
                    proposed_by: proposed.proposed_by.clone(),
                    required: 1,
                    approved_by: Vec::new(),
                    standing: ProposalStanding::Open,
                });
                self.progress = Some(Progress::AwaitingApproval);
            }
            Event::ApprovalRequested(requested) => {
                self.with_proposal(requested.proposal_id, |proposal| proposal.required = requested.required);
            }
            Event::ApprovalGranted(granted) => {
                let mut complete = false;
                self.with_proposal(granted.proposal_id, |proposal| {
                    proposal.approved_by.push(granted.approved_by.clone());
                    if proposal.approved_by.len() >= usize::from(proposal.required) {
                        proposal.standing = ProposalStanding::Approved;
                        complete = true;
                    }
                });
                if complete {
                    self.progress = Some(Progress::Approved);
                }
            }
            Event::ApprovalDenied(denied) => {
                self.end_proposal(denied.proposal_id, ProposalStanding::Denied, Progress::UnderReview);
            }
            Event::PaymentExecuted(executed) => {
                self.end_proposal(executed.proposal_id, ProposalStanding::Executed, Progress::Executed);
            }
            Event::PaymentFailed(failed) => {
                self.end_proposal(failed.proposal_id, ProposalStanding::Failed, Progress::UnderReview);
            }
            _ => {}
        }
    }

    fn evolve_contacted(&mut self, contacted: &GatewayContacted) {
        let transaction_id = &contacted.transaction_id;
        let refunded_before = self
            .proposals
            .iter()
            .filter(|proposal| proposal.transaction_id == *transaction_id)
            .filter(|proposal| proposal.kind == ProposalKind::Refund)
            .filter(|proposal| proposal.standing == ProposalStanding::Executed)
            .map(|proposal| proposal.proposal_id)
            .collect();
        self.calls.push(GatewayCall {
            key: contacted.key,
            purpose: contacted.purpose,
            transaction_id: transaction_id.clone(),
            proposal_id: contacted.proposal_id,
            answer_due_at: contacted.answer_due_at,
            answered: false,
            timed_out: false,
            refunded_before,
            available: self.available(transaction_id, contacted.proposal_id),
        });
        self.progress = match contacted.purpose {
            GatewayPurpose::Execution => Some(Progress::Executing),
            // A question beside a proposal under way, or after the end, does not throw it back.
            GatewayPurpose::Inquiry if self.progress == Some(Progress::UnderReview) => {
                Some(Progress::GatewayPending)
            }
            GatewayPurpose::Inquiry => self.progress,
        };
    }

    fn evolve_replied(&mut self, replied: &GatewayReplied) {
        let Some(index) = self.calls.iter().position(|call| call.key == replied.key) else { return };
        let call = &mut self.calls[index];
        call.answered = true;
        if let Some(standing) = &replied.standing {
            let known = KnownStanding {
                transaction_id: call.transaction_id.clone(),
                standing: standing.clone(),
                call: index,
                counted: call.refunded_before.clone(),
            };
            match self.standings.iter_mut().find(|one| one.transaction_id == known.transaction_id) {
                Some(before) if before.call > index => {}
                Some(before) => *before = known,
                None => self.standings.push(known),
            }
        }
        if self.progress == Some(Progress::GatewayPending) {
            self.progress = Some(self.review());
        }
    }

    fn with_proposal(&mut self, proposal_id: Uuid, change: impl FnOnce(&mut Proposal)) {
        if let Some(proposal) = self.proposals.iter_mut().find(|one| one.proposal_id == proposal_id) {
            change(proposal);
        }
    }

    fn end_proposal(&mut self, proposal_id: Uuid, standing: ProposalStanding, progress: Progress) {
        self.with_proposal(proposal_id, |proposal| proposal.standing = standing);
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.proposal_id == Some(proposal_id)) {
            call.answered = true;
        }
        // A late word on an older proposal does not move the escalation from where the newer one is.
        if self.proposals.last().is_some_and(|last| last.proposal_id == proposal_id) {
            self.progress = Some(progress);
        }
    }
}
