//! One golden file per stored event version: what was once written must be readable for ever.

use super::super::*;
use super::world::*;
use crate::intake::{MaskedKind, SensitiveDataMasked};
use crate::personal::Personal;
use crate::stage::tests::golden::{self, Stored};

fn samples() -> Vec<Event> {
    vec![
        PaymentEscalated {
            kind: EscalationKind::WithdrawalLate,
            amount: dkk(1_250_000),
            method: PaymentMethod::BankTransfer,
            summary: Personal::new("Withdrawal has not arrived"),
        }
        .into(),
        TransactionLinked { transaction_id: transaction("TX-1") }.into(),
        PaymentInformationRequested { question_id: id(7), question: Personal::new("Which bank?") }.into(),
        GatewayContacted {
            key: id(300),
            purpose: GatewayPurpose::Execution,
            transaction_id: transaction("TX-1"),
            proposal_id: Some(id(200)),
            answer_due_at: minutes(60),
        }
        .into(),
        GatewayReplied { key: id(100), standing: Some(standing(1_250_000, 100, 200)) }.into(),
        GatewayTimedOut { key: id(100), purpose: GatewayPurpose::Inquiry }.into(),
        ResolutionProposed {
            proposal_id: id(200),
            kind: ProposalKind::Payout,
            amount: dkk(1_250_000),
            transaction_id: transaction("TX-1"),
            proposed_by: "anna".parse().unwrap(),
        }
        .into(),
        ApprovalRequested { proposal_id: id(200), required: 2, large_payout_limit: dkk(1_000_000) }.into(),
        ApprovalGranted { proposal_id: id(200), approved_by: "bo".parse().unwrap(), amount: dkk(1_250_000) }
            .into(),
        ApprovalDenied {
            proposal_id: id(200),
            denied_by: "bo".parse().unwrap(),
            reason: Personal::new("wrong account"),
        }
        .into(),
        PaymentExecuted {
            proposal_id: id(200),
            amount: dkk(1_250_000),
            gateway_reference: "pay_300".to_owned(),
        }
        .into(),
        PaymentFailed { proposal_id: id(200), code: "account_closed".to_owned() }.into(),
        PaymentRefused { reason: Personal::new("Cancelled by you") }.into(),
        DuplicateRefundBlocked {
            proposal_id: id(201),
            transaction_id: transaction("TX-1"),
            asked: dkk(1_250_000),
            available: dkk(0),
            asked_by: "anna".parse().unwrap(),
        }
        .into(),
        PaymentReturned {}.into(),
        SensitiveDataMasked { subject_id: id(7), kinds: vec![MaskedKind::CardNumber] }.into(),
    ]
}

#[test]
fn every_stored_event_reads_as_its_golden_file_says() {
    golden::assert_true(&Stored {
        stage: "payments_escalation",
        written: Event::STORED,
        older: Event::UPCAST,
        samples: samples(),
    });
}
