use super::*;
use crate::CaseState;
use crate::money::Money;
use iso_currency::Currency;

pub(super) fn escalated() -> payments::PaymentEscalated {
    payments::PaymentEscalated {
        kind: payments::EscalationKind::WithdrawalLate,
        amount: Money::new(1_250_000, Currency::DKK),
        method: payments::PaymentMethod::BankTransfer,
        summary: Personal::new("not arrived"),
    }
}

pub(super) fn proposed() -> payments::ResolutionProposed {
    payments::ResolutionProposed {
        proposal_id: id(70),
        kind: payments::ProposalKind::Payout,
        amount: Money::new(1_250_000, Currency::DKK),
        transaction_id: "TX-1".parse().unwrap(),
        proposed_by: "mette".parse().unwrap(),
    }
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn reopen() -> ReopenCase {
    ReopenCase { reason: "Bonus jest, ale brakuje darmowych spinów.".into() }
}

fn rate(score: u8, comment: &str) -> GiveFeedback {
    GiveFeedback { score, comment: Some(comment.to_owned()) }
}

#[test]
fn the_owner_resolves_and_somebody_closes() {
    let story = Story::taken(Topic::Bonus);
    assert_eq!(story.no(&bo(), solved()), "NOT_CASE_OWNER");
    assert_eq!(story.no(&player(), solved()), "ACTOR_NOT_ALLOWED");
    assert_eq!(Story::queued(Topic::Bonus).no(&mette(), solved()), "NOT_CASE_OWNER");
    assert_eq!(story.no(&mette(), ResolveCase { summary: " ".into(), ..solved() }), "TEXT_EMPTY");
    assert_eq!(story.no(&mette(), Command::CloseCase), "CASE_NOT_RESOLVED");

    let resolved = story.when(&mette(), solved());
    assert_eq!(resolved.case.state, CaseState::Resolved);
    assert_eq!(resolved.ask(&mette(), solved()), Ok(Vec::new()));
    let declined = ResolveCase { resolution: Resolution::Declined, ..solved() };
    assert_eq!(resolved.no(&mette(), declined), "CASE_OVER");
    assert_eq!(resolved.no(&player(), Command::CloseCase), "ACTOR_NOT_ALLOWED");

    let closed = resolved.when(&service(), Command::CloseCase);
    assert_eq!(closed.case.state, CaseState::Closed);
    assert_eq!(closed.ask(&bo(), Command::CloseCase), Ok(Vec::new()));
}

#[test]
fn a_wish_for_exclusion_is_resolved_only_by_those_who_handle_it() {
    let story = Story::taken(Topic::Bonus).when(&player(), says(20, "udeluk mig"));
    assert_eq!(story.no(&mette(), solved()), "SAFETY_STAYS");
    let handles_it = Actor::agent("mette", &[Team::ResponsibleGambling]);
    assert_eq!(story.facts(&handles_it, solved()), ["case_resolved"]);
}

#[test]
fn a_summary_with_card_data_is_masked() {
    let summary = ResolveCase { summary: "sendt til 4111 1111 1111 1111".into(), ..solved() };
    let facts = Story::taken(Topic::Bonus).facts(&mette(), summary);
    assert_eq!(facts, ["sensitive_data_masked", "case_resolved"]);
}

#[test]
fn a_case_is_not_resolved_over_a_payment_under_way() {
    let story = Story::taken(Topic::Withdrawal).payments(escalated()).payments(proposed());
    let refusal = story.ask(&mette(), solved()).unwrap_err();
    assert_eq!(refusal.reason(), "PAYMENT_UNDER_WAY");
    assert_eq!(refusal.metadata(), [("progress", "awaiting_approval".to_owned())]);
    let reject = RejectCase { reason: "spam".into() };
    assert_eq!(story.no(&mette(), reject), "PAYMENT_UNDER_WAY");
    let executed = payments::PaymentExecuted {
        proposal_id: id(70),
        amount: Money::new(1_250_000, Currency::DKK),
        gateway_reference: "pay_1".into(),
    };
    assert_eq!(story.payments(executed).facts(&mette(), solved()), ["case_resolved"]);
}

#[test]
fn a_case_comes_back_within_the_window() {
    let resolved = Story::resolved();
    assert_eq!(Story::taken(Topic::Bonus).no(&player(), reopen()), "CASE_NOT_OVER");
    assert_eq!(resolved.clone().after(days(14)).facts(&player(), reopen()), ["case_reopened"]);
    let late = resolved.clone().after(days(14) + SignedDuration::from_secs(1));
    let refusal = late.ask(&player(), reopen()).unwrap_err();
    assert_eq!(refusal.reason(), "REOPEN_WINDOW_PASSED");
    assert!(refusal.to_string().contains("previous_case"), "{refusal}");
    assert_eq!(resolved.no(&another_player(), reopen()), "ACTOR_NOT_ALLOWED");

    let closed = resolved.after(days(10)).when(&mette(), Command::CloseCase).after(days(14));
    let reopened = closed.when(&player(), reopen());
    assert_eq!(reopened.case.state, CaseState::Reopened);
    assert_eq!(reopened.ask(&player(), reopen()), Ok(Vec::new()));
    assert!(reopened.case.intake.unanswered_since.is_some());
}

#[test]
fn a_regulated_complaint_comes_back_for_six_months() {
    let complaint = Story::taken(Topic::Bonus)
        .when(&player(), DeclareComplaint { jurisdiction: "DK".into() })
        .when(&mette(), solved());
    assert!(complaint.clone().after(days(183)).ask(&player(), reopen()).is_ok());
    assert_eq!(complaint.after(days(184)).no(&player(), reopen()), "REOPEN_WINDOW_PASSED");
}

#[test]
fn a_message_reopens_within_the_window_and_a_wish_for_exclusion_always() {
    let resolved = Story::resolved();
    assert_eq!(
        resolved.clone().after(days(2)).facts(&player(), says(20, "det virker stadig ikke")),
        ["case_reopened", "message_received"]
    );
    let late = resolved.after(days(400));
    assert_eq!(late.no(&player(), says(20, "hej igen")), "REOPEN_WINDOW_PASSED");
    assert_eq!(
        late.facts(&player(), says(20, "udeluk mig")),
        ["case_reopened", "message_received", "case_classified", "self_exclusion_requested"]
    );
    let rejected = Story::queued(Topic::Bonus).when(&bo(), RejectCase { reason: "spam".into() });
    assert_eq!(rejected.no(&player(), says(20, "hej")), "REOPEN_NOT_POSSIBLE");
    assert_eq!(rejected.facts(&player(), says(20, "udeluk mig")).first().unwrap(), "case_reopened");
}

#[test]
fn what_reopens_a_case_is_quoted_in_part_and_masked() {
    let text = format!("4111 1111 1111 1111 {}", "x".repeat(500));
    let events = Story::resolved().ask(&player(), says(20, &text)).unwrap();
    let Event::CaseReopened(reopened) = &events[0] else { panic!("{events:?}") };
    let reason = reopened.reason.text().unwrap();
    assert!(reason.starts_with("411111******1111 xxx") && reason.chars().count() == 200, "{reason}");
}

#[test]
fn spam_is_rejected_by_agents() {
    let reject = || RejectCase { reason: "spam".into() };
    let story = Story::queued(Topic::Other);
    assert_eq!(story.no(&player(), reject()), "ACTOR_NOT_ALLOWED");
    let rejected = story.clone().when(&bo(), reject());
    assert_eq!(rejected.case.state, CaseState::Rejected);
    assert_eq!(rejected.ask(&bo(), reject()), Ok(Vec::new()));
    assert_eq!(rejected.no(&player(), reopen()), "REOPEN_NOT_POSSIBLE");
    assert_eq!(Story::resolved().no(&bo(), reject()), "CASE_OVER");
    assert_eq!(story.when(&player(), says(20, "udeluk mig")).no(&bo(), reject()), "SAFETY_STAYS");
}

#[test]
fn only_an_unanswered_chat_is_abandoned() {
    let story = Story::queued(Topic::Bonus);
    let abandoned = story.clone().when(&service(), Command::AbandonCase);
    assert_eq!(abandoned.case.state, CaseState::Abandoned);
    assert_eq!(abandoned.ask(&service(), Command::AbandonCase), Ok(Vec::new()));
    assert_eq!(
        abandoned.facts(&player(), reopen()),
        ["case_reopened"],
        "e-mail goes on with what chat began"
    );
    let answered = Story::taken(Topic::Bonus).when(&mette(), reply(30, "hej"));
    assert_eq!(answered.no(&service(), Command::AbandonCase), "NOT_ABANDONABLE");
    let by_form = Story::opened_by(OpenCase { channel: Channel::Form, ..opening("min udbetaling") });
    assert_eq!(by_form.no(&service(), Command::AbandonCase), "NOT_ABANDONABLE");
    let callback = RequestCallback { phone: "+45 20304050".into(), not_before: None };
    let called_back = story.clone().when(&player(), callback);
    assert_eq!(called_back.no(&service(), Command::AbandonCase), "NOT_ABANDONABLE");
    let excluded = story.when(&player(), says(20, "udeluk mig"));
    assert_eq!(excluded.no(&service(), Command::AbandonCase), "SAFETY_STAYS");
    assert_eq!(Story::resolved().no(&service(), Command::AbandonCase), "CASE_OVER");
}

#[test]
fn a_case_is_rated_once_after_its_end() {
    assert_eq!(Story::taken(Topic::Bonus).no(&player(), rate(5, "tak")), "CASE_NOT_RESOLVED");
    let story = Story::resolved();
    assert_eq!(story.no(&player(), rate(0, "")), "SCORE_OUT_OF_RANGE");
    assert_eq!(story.no(&player(), rate(6, "")), "SCORE_OUT_OF_RANGE");
    assert_eq!(story.no(&another_player(), rate(1, "")), "ACTOR_NOT_ALLOWED");
    let rated = story.when(&player(), rate(5, " tak "));
    assert_eq!(rated.case.intake.feedback_score, Some(5));
    assert_eq!(rated.ask(&player(), rate(5, "tak")), Ok(Vec::new()));
    assert_eq!(rated.no(&player(), rate(5, "mange tak")), "FEEDBACK_ALREADY_GIVEN");
    assert_eq!(rated.no(&player(), rate(1, "tak")), "FEEDBACK_ALREADY_GIVEN");
}

#[test]
fn a_wish_for_exclusion_is_heard_in_a_reason_and_in_a_comment() {
    let wish = || ReopenCase { reason: "udeluk mig".into() };
    let heard = ["case_reopened", "case_classified", "self_exclusion_requested"];
    let late = Story::resolved().after(days(400));
    assert_eq!(late.facts(&player(), wish()), heard);
    assert_eq!(Story::taken(Topic::Bonus).no(&player(), wish()), "CASE_NOT_OVER");
    let reopened = late.clone().when(&player(), wish());
    assert!(reopened.case.intake.self_exclusion_requested);
    assert_eq!(reopened.ask(&player(), wish()), Ok(Vec::new()));
    let again = Story::resolved().when(&player(), reopen());
    assert_eq!(again.facts(&player(), wish()), heard[1..]);

    let rate = || rate(1, "udeluk mig");
    assert_eq!(late.facts(&player(), rate()), [&["feedback_given"], &heard[..]].concat());
    let rated = late.when(&player(), rate());
    assert_eq!(rated.case.state, CaseState::Reopened);
    assert_eq!(rated.ask(&player(), rate()), Ok(Vec::new()));
}
