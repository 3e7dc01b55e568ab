//! Story 1: a withdrawal of 12,500.00 DKK has not arrived.
//!
//! Chat in Danish; the payments team; missing proof; the gateway answers late, so the promise is moved
//! and the player is told why; two others have to approve; paid once although confirmed twice.

use std::time::Duration;

use anyhow::{Context, ensure};
use contracts::intake::v1::{EvidenceKind, Resolution};
use contracts::payments_escalation::v1::{
    ApproveResolutionRequest, EscalatePaymentRequest, EscalationKind, Money, PaymentMethod, ProposalKind,
    ProposeResolutionRequest,
};
use tonic::Code;

use crate::Told;
use crate::acts::{Opening, number_of, picture, readable, refused, text};
use crate::follow::Follow;
use crate::people::Person;
use crate::stage::Stage;

/// The sandbox gateway reads from the id how to behave: it answers inquiries late and confirms payments
/// twice.
const TRANSACTION: &str = "TX-88231-LATE-TWICE";

fn amount() -> Money {
    Money { minor_units: 1_250_000, currency_code: "DKK".to_owned() }
}

pub(crate) async fn play(stage: &Stage) -> anyhow::Result<Told> {
    let rasmus = stage.player("Rasmus", "p-1001");
    let mette = Person::agent("Mette", "payments");
    let opened = stage
        .open(&rasmus, Opening {
            language: "da",
            text: "Hej, min udbetaling på 12.500,00 kr. er ikke kommet frem. Transaktions-ID: TX-88231-LATE-TWICE",
            ..Opening::default()
        })
        .await?;
    let number = number_of(&opened)?;
    let mut follow = Follow::case(stage, &number).await?;
    received(stage, &mut follow).await?;
    stage.take(&mette, &mut follow, 0).await?;
    stage
        .reply(&mette, &number, "Hej Rasmus, jeg hedder Mette og tager mig af din sag. Jeg kigger på den nu.")
        .await?;
    proof(stage, &mut follow, &rasmus, &mette).await?;
    gateway_answers_late(stage, &mut follow, &mette).await?;
    let proposal_id = approve(stage, &mut follow, &mette).await?;
    paid_once(stage, &mut follow, &proposal_id).await?;
    stage.resolve(&mette, &number, Resolution::Solved, "Din udbetaling på 12.500,00 kr. er sendt.").await?;
    follow.told("resolved").await?;
    stage.rate(&rasmus, &number, 5, "Hurtig hjælp, tak!").await?;
    follow.until("intake.feedback_given", |details| details["score"] == 5).await?;
    Ok(Told { cases: vec![number] })
}

async fn received(stage: &Stage, follow: &mut Follow<'_>) -> anyhow::Result<()> {
    follow.until("intake.case_classified", |details| details["topic"] == "withdrawal").await?;
    follow.until("routing.case_queued", |details| details["team"] == "payments").await?;
    let priority = follow.until("routing.priority_computed", |_| true).await?;
    ensure!(priority["priority"]["topic_rank"] == 0, "a withdrawal has the top rank: {priority}");
    let horizon = follow.until("routing.horizon_set", |_| true).await?;
    stage.step(
        "casetrail",
        format!(
            "opens {}, team payments, top priority; promised by {}",
            follow.number,
            text(&horizon["horizon"])
        ),
    );
    let mail = readable(&follow.told("case_received").await?);
    ensure!(mail.is_empty() || mail.contains(&follow.number), "the mail tells the case number: {mail}");
    stage.step("casetrail", "tells Rasmus the number and the horizon, in Danish");
    Ok(())
}

async fn proof(
    stage: &Stage,
    follow: &mut Follow<'_>,
    rasmus: &Person,
    mette: &Person,
) -> anyhow::Result<()> {
    let number = follow.number.clone();
    stage.request_evidence(mette, &number, &[EvidenceKind::PaymentProof]).await?;
    follow.told("evidence_requested").await?;
    let evidence_id = stage
        .upload(rasmus, &number, EvidenceKind::PaymentProof, "kvittering.png", &picture("proof of payment"))
        .await?;
    follow.told("evidence_received").await?;
    stage.accept_evidence(mette, &number, &evidence_id).await
}

async fn gateway_answers_late(stage: &Stage, follow: &mut Follow<'_>, mette: &Person) -> anyhow::Result<()> {
    let request = EscalatePaymentRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        case: follow.number.clone(),
        kind: EscalationKind::WithdrawalLate.into(),
        transaction_id: TRANSACTION.to_owned(),
        amount: Some(amount()),
        method: PaymentMethod::BankTransfer.into(),
        summary: "Udbetalingen forlod os, men er ikke nået frem; kvittering er vedlagt.".to_owned(),
    };
    stage.payments().escalate_payment(mette.ask(request)?).await.context("EscalatePayment")?;
    stage.step("Mette", "escalates to payments-escalation, with the whole history");
    follow.until("payments_escalation.gateway_contacted", |details| details["purpose"] == "inquiry").await?;
    stage.step("gateway", "is asked, and says nothing yet");
    stage.pass(Duration::from_mins(2)).await;
    follow.until("payments_escalation.gateway_timed_out", |_| true).await?;
    let extended = follow.until("routing.horizon_extended", |details| details["reason"] == "gateway").await?;
    follow.told("horizon_extended").await?;
    stage.step("casetrail", format!("moves the promise to {} and tells Rasmus why", extended["to"]));
    stage.pass(Duration::from_mins(15)).await;
    follow.until("payments_escalation.gateway_replied", |details| !details["standing"].is_null()).await?;
    stage
        .step("gateway", "answers, 17 minutes after it was asked: the money was captured and never paid out");
    Ok(())
}

async fn approve(stage: &Stage, follow: &mut Follow<'_>, mette: &Person) -> anyhow::Result<String> {
    let request = ProposeResolutionRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        case: follow.number.clone(),
        kind: ProposalKind::Payout.into(),
        transaction_id: TRANSACTION.to_owned(),
        amount: Some(amount()),
    };
    let proposed =
        stage.payments().propose_resolution(mette.ask(request)?).await.context("ProposeResolution")?;
    let proposed = proposed.into_inner();
    ensure!(proposed.required_approvals == 2, "over the large-payout limit two must approve: {proposed:?}");
    stage.step("Mette", "proposes to pay 12,500.00 DKK; over the limit, so two others must approve");
    let approval = || ApproveResolutionRequest {
        request_id: stage.new_id(),
        etag: String::new(),
        case: follow.number.clone(),
        proposal_id: proposed.proposal_id.clone(),
        amount: Some(amount()),
    };
    let mut payments = stage.payments();
    let own = payments.approve_resolution(mette.ask_with_second_factor(approval(), stage.clock())?).await;
    let message = refused(own, Code::PermissionDenied, "SELF_APPROVAL")?;
    stage.step("Mette", format!("tries to approve it herself and is refused: {message}"));
    for (name, remaining) in [("Peter", 1), ("Henrik", 0)] {
        let approver = Person::agent(name, "payments");
        let request = approver.ask_with_second_factor(approval(), stage.clock())?;
        let approved = payments.approve_resolution(request).await.context("ApproveResolution")?.into_inner();
        ensure!(approved.remaining_approvals == remaining, "{approved:?}");
        stage.step(name, format!("approves, with a second factor; {remaining} approvals to go"));
    }
    Ok(proposed.proposal_id)
}

async fn paid_once(stage: &Stage, follow: &mut Follow<'_>, proposal_id: &str) -> anyhow::Result<()> {
    let ours = |details: &serde_json::Value| details["proposal_id"] == proposal_id;
    follow.until("payments_escalation.gateway_contacted", ours).await?;
    // Both confirmations come by callback, a moment later.
    stage.pass(Duration::from_secs(10)).await;
    let executed = follow.until("payments_escalation.payment_executed", ours).await?;
    stage.step(
        "gateway",
        format!("confirms the payment, twice; reference {}", text(&executed["gateway_reference"])),
    );
    follow.told("payment_executed").await?;
    ensure!(follow.count("payments_escalation.payment_executed") == 1, "the payment is recorded once");
    let case = follow.now().await?;
    let progress = case.escalation.map(|escalation| escalation.progress().as_str_name());
    ensure!(progress == Some("ESCALATION_PROGRESS_EXECUTED"), "the escalation ends executed: {progress:?}");
    stage.step("casetrail", "records it once and tells Rasmus");
    Ok(())
}
