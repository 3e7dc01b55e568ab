//! Stored name, payload, sentence. `NUMBER` stands for a case number.

/// Told by Mette, who works for payments and general.
pub(super) const ROWS: &[(&str, &str, &str)] = &[
    (
        "intake.case_opened",
        r#"{"brand":"NB","channel":"chat","player":{"player_id":"p-1001","username":{"clear":"freja"},"email":null,"time_zone":null,"tier":"vip","marketing_consent":true},"language":"da","product":"Starburst","previous_case":"0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00"}"#,
        "Mette (payments, general) opened the case by chat, in Danish, about Starburst, following an earlier case",
    ),
    ("intake.case_number_issued", r#"{"number":"NUMBER"}"#, "The case got the number NUMBER"),
    (
        "intake.message_received",
        r#"{"message_id":"00000000-0000-0000-0000-000000000001","channel":"member_area","text":{"clear":"Hvor er\n mine penge?"}}"#,
        "Mette (payments, general) wrote from the member area: “Hvor er mine penge?”",
    ),
    (
        "intake.sensitive_data_masked",
        r#"{"subject_id":"00000000-0000-0000-0000-000000000001","kinds":["card_number","security_code","card_number"]}"#,
        "2 card numbers and 1 security code masked before anything was stored",
    ),
    (
        "intake.language_detected",
        r#"{"language":"nb","source":{"rules":{"version":1,"matched":[]}}}"#,
        "The language was found to be Norwegian",
    ),
    (
        "intake.case_classified",
        r#"{"topic":"game_rules","source":{"rules":{"version":1,"matched":["regler","spil"]}}}"#,
        "The case was classified as game rules, by the words regler and spil",
    ),
    (
        "intake.case_classified",
        r#"{"topic":"other","source":{"rules":{"version":1,"matched":[]}}}"#,
        "The case was classified as other: no known word was found",
    ),
    (
        "intake.case_classified",
        r#"{"topic":"deposit","source":"stated"}"#,
        "The case was stated to be about deposit",
    ),
    (
        "intake.case_classified",
        r#"{"topic":"withdrawal","source":"agent"}"#,
        "Mette (payments, general) classified the case as withdrawal",
    ),
    (
        "intake.answer_suggested",
        r#"{"article_id":"withdrawal-times","language":"da"}"#,
        "The answer withdrawal-times was offered, in Danish",
    ),
    (
        "intake.answer_accepted",
        r#"{"article_id":"withdrawal-times"}"#,
        "Mette (payments, general) said that the answer withdrawal-times helped",
    ),
    (
        "intake.handed_to_human",
        r#"{"article_id":"withdrawal-times"}"#,
        "The case was handed to a human: the answer withdrawal-times did not help",
    ),
    ("intake.handed_to_human", r#"{"article_id":null}"#, "The case was handed to a human"),
    (
        "routing.priority_computed",
        r#"{"inputs":{"topic":"withdrawal","safety":false,"jurisdiction_at_risk":true,"tier":"vip","large_payout":true,"sla_used_percent":63,"waiting_since":"2026-11-22T10:00:00Z","ageing_steps":2},"priority":{"safety_rank":1,"jurisdiction_rank":0,"topic_rank":0,"value_rank":0,"sla_rank":37,"waiting_since":"2026-11-22T10:00:00Z"}}"#,
        "The priority was computed: a jurisdiction's deadline at risk, withdrawal, VIP, a large payout, 63% of its time used and lifted 2 by waiting",
    ),
    (
        "routing.case_queued",
        r#"{"team":"payments","skills":["payments"],"queued_at":"2026-11-22T10:00:00Z","reason":"reopened","preferred_agent":"mette","preferred_until":null}"#,
        "The case was queued for payments, reopened, for Mette first",
    ),
    (
        "routing.sla_started",
        r#"{"clock":"first_response","generation":1,"started_at":"2026-11-22T10:00:00Z","used_seconds":0,"policy_version":1,"calendar":"always","target_seconds":120,"breach_seconds":300,"target_at":"2026-11-22T10:02:00Z","breach_at":"2026-11-22T10:05:00Z"}"#,
        "The first-response clock started: 2 min meant, 5 min promised",
    ),
    (
        "routing.sla_started",
        r#"{"clock":"jurisdiction","generation":1,"started_at":"2026-11-22T10:00:00Z","used_seconds":0,"policy_version":1,"calendar":"always","target_seconds":5400,"breach_seconds":1209600,"target_at":"2026-11-22T10:02:00Z","breach_at":"2026-11-22T10:05:00Z"}"#,
        "The jurisdiction clock started: 1 h 30 min meant, 14 days promised",
    ),
    (
        "routing.horizon_set",
        r#"{"horizon":"2026-11-23T10:00:00Z"}"#,
        "The player was promised an answer by 2026-11-23 10:00 UTC",
    ),
    (
        "routing.case_offered",
        r#"{"offer_id":"00000000-0000-0000-0000-000000000002","agent_id":"mette","expires_at":"2026-11-22T10:01:00Z","weight":2,"reason":"least_loaded","speaks_language":false,"candidates":[{"agent_id":"mette","load":0,"capacity":6,"last_assigned_at":null},{"agent_id":"a-17","load":2,"capacity":6,"last_assigned_at":null}]}"#,
        "The case was offered to Mette: least loaded of 2, with machine translation",
    ),
    (
        "routing.offer_declined",
        r#"{"offer_id":"00000000-0000-0000-0000-000000000002","agent_id":"mette"}"#,
        "Mette declined the offer",
    ),
    (
        "routing.offer_expired",
        r#"{"offer_id":"00000000-0000-0000-0000-000000000002","agent_id":"a-17"}"#,
        "The offer to agent a-17 expired",
    ),
    (
        "routing.skill_relaxed",
        r#"{"skill":"responsible_gambling"}"#,
        "The wait is long: training in responsible gambling is no longer asked for",
    ),
    (
        "routing.personal_contact_assigned",
        r#"{"agent_id":"solveig"}"#,
        "Solveig is the player's personal contact",
    ),
    (
        "routing.case_assigned",
        r#"{"agent_id":"mette","team":"payments","by":"claim","weight":2,"channel":"chat"}"#,
        "Mette (payments) claimed the case and owns it",
    ),
    (
        "intake.reply_sent",
        r#"{"message_id":"00000000-0000-0000-0000-000000000003","channel":"chat","author":{"agent":"mette"},"text":{"clear":"Hej, jeg er Mette."},"machine_translated":true}"#,
        "Mette (payments) replied (machine translated): “Hej, jeg er Mette.”",
    ),
    (
        "intake.reply_sent",
        r#"{"message_id":"00000000-0000-0000-0000-000000000004","channel":"chat","author":"bot","text":{"clear":"Hej."},"machine_translated":false}"#,
        "An automatic answer was sent: “Hej.”",
    ),
    (
        "intake.note_added",
        r#"{"note_id":"00000000-0000-0000-0000-000000000005","text":{"clear":"calm"}}"#,
        "Mette (payments) noted: “calm”",
    ),
    (
        "intake.evidence_requested",
        r#"{"kinds":["payment_proof","identity","address"]}"#,
        "Mette (payments) asked the player for payment proof, identity document and address proof",
    ),
    (
        "intake.evidence_received",
        r#"{"evidence_id":"00000000-0000-0000-0000-000000000006","kind":"identity","media_type":"image/jpeg","size_bytes":1480000,"sha256":"00","file_name":{"clear":"pas.jpg"}}"#,
        "Mette (payments) sent the identity document “pas.jpg” (image/jpeg, 1.4 MB)",
    ),
    (
        "intake.evidence_screened",
        r#"{"evidence_id":"00000000-0000-0000-0000-000000000006","received_sha256":"00","received_size_bytes":1600000,"reencoded":true,"scanned_by":"ClamAV 1.4.3/27500"}"#,
        "The identity document was scanned by ClamAV 1.4.3/27500 and written anew without metadata",
    ),
    (
        "intake.evidence_screened",
        r#"{"evidence_id":"00000000-0000-0000-0000-000000000006","received_sha256":"00","received_size_bytes":1600000,"reencoded":false,"scanned_by":null}"#,
        "The identity document was searched and kept; no scanner is configured",
    ),
    (
        "intake.evidence_original_kept",
        r#"{"evidence_id":"00000000-0000-0000-0000-000000000006","sha256":"00","size_bytes":1600000}"#,
        "The identity document is also kept as it came, for whoever has to tell whether it was tampered with",
    ),
    (
        "intake.upload_refused",
        r#"{"upload_id":"00000000-0000-0000-0000-0000000000fe","kind":"identity","reason":"EVIDENCE_MALWARE","sha256":"00","size_bytes":68}"#,
        "A file sent as identity document was refused and not kept: EVIDENCE_MALWARE",
    ),
    (
        "intake.evidence_accepted",
        r#"{"evidence_id":"00000000-0000-0000-0000-000000000006"}"#,
        "Mette (payments) accepted the identity document",
    ),
    (
        "intake.evidence_rejected",
        r#"{"evidence_id":"00000000-0000-0000-0000-000000000006","reason":"blurred"}"#,
        "Mette (payments) rejected the identity document: blurred",
    ),
    (
        "intake.evidence_rejected",
        r#"{"evidence_id":"00000000-0000-0000-0000-0000000000ff","reason":"outdated"}"#,
        "Mette (payments) rejected the evidence: outdated",
    ),
    (
        "intake.verification_questions_answered",
        r#"{"asked":3,"correct":2}"#,
        "The player answered 2 of 3 verification questions correctly",
    ),
    (
        "intake.player_verified",
        r#"{"player_id":"p-1001"}"#,
        "Mette (payments) approved the identity check: every part passed",
    ),
    (
        "intake.player_refused",
        r#"{"player_id":"p-1001","reason":{"clear":"not the same person"}}"#,
        "Mette (payments) refused the identity check: “not the same person”",
    ),
    (
        "intake.callback_requested",
        r#"{"phone":{"clear":"+4512345678"},"not_before":"2026-11-22T15:00:00Z"}"#,
        "Mette (payments) asked to be called back, not before 2026-11-22 15:00 UTC",
    ),
    ("intake.callback_completed", r#"{"reached":false}"#, "Mette (payments) called back and reached nobody"),
    (
        "intake.channel_switched",
        r#"{"from":"chat","to":"email"}"#,
        "Mette (payments) moved the case from chat to e-mail",
    ),
    (
        "intake.complaint_declared",
        r#"{"jurisdiction":"DK"}"#,
        "Mette (payments) declared a formal complaint under the rules of DK",
    ),
    (
        "intake.case_linked",
        r#"{"other":"0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00"}"#,
        "Mette (payments) linked the case with 0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00",
    ),
    ("intake.case_tagged", r#"{"tag":"vip-care"}"#, "Mette (payments) tagged the case vip-care"),
    (
        "intake.pattern_flagged",
        r#"{"pattern_id":"00000000-0000-0000-0000-000000000007","topic":"technical","product":"Starburst","cases_seen":15}"#,
        "A pattern: 15 cases report the same fault (technical, Starburst)",
    ),
    (
        "payments_escalation.payment_escalated",
        r#"{"kind":"withdrawal_late","amount":{"minor":1250000,"currency":"DKK"},"method":"bank_transfer","summary":{"clear":"not arrived"}}"#,
        "Mette (payments) escalated to payments: withdrawal late, 12,500.00 DKK by bank transfer: “not arrived”",
    ),
    (
        "payments_escalation.transaction_linked",
        r#"{"transaction_id":"tx-1"}"#,
        "The transaction tx-1 belongs to the case",
    ),
    (
        "payments_escalation.payment_information_requested",
        r#"{"question_id":"00000000-0000-0000-0000-000000000008","question":{"clear":"Which bank?"}}"#,
        "Mette (payments) asked the player: “Which bank?”",
    ),
    (
        "payments_escalation.gateway_contacted",
        r#"{"key":"00000000-0000-0000-0000-000000000009","purpose":"inquiry","transaction_id":"tx-1","proposal_id":null,"answer_due_at":"2026-11-22T10:00:10Z"}"#,
        "The gateway was asked about tx-1",
    ),
    (
        "payments_escalation.gateway_timed_out",
        r#"{"key":"00000000-0000-0000-0000-000000000009","purpose":"inquiry"}"#,
        "The gateway has not answered in time about tx-1",
    ),
    (
        "routing.horizon_extended",
        r#"{"from":"2026-11-23T10:00:00Z","to":"2026-11-26T10:00:00Z","reason":"gateway","cause":"00000000-0000-0000-0000-000000000009"}"#,
        "The promise moved from 2026-11-23 10:00 UTC to 2026-11-26 10:00 UTC: the payment gateway has not answered",
    ),
    (
        "payments_escalation.gateway_replied",
        r#"{"key":"00000000-0000-0000-0000-000000000009","standing":{"status":"held","captured":{"minor":1250000,"currency":"DKK"},"refunded":{"minor":0,"currency":"DKK"},"disputed":{"minor":0,"currency":"DKK"}}}"#,
        "The gateway answered about tx-1: held, 12,500.00 DKK taken, 0.00 DKK given back",
    ),
    (
        "payments_escalation.resolution_proposed",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000a","kind":"payout","amount":{"minor":1250000,"currency":"DKK"},"transaction_id":"tx-1","proposed_by":"mette"}"#,
        "Mette (payments) proposed to pay out 12,500.00 DKK of tx-1",
    ),
    (
        "payments_escalation.approval_requested",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000a","required":2,"large_payout_limit":{"minor":1000000,"currency":"DKK"}}"#,
        "2 approvals needed: the limit for large payouts is 10,000.00 DKK",
    ),
    (
        "payments_escalation.approval_granted",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000a","approved_by":"mette","amount":{"minor":1250000,"currency":"DKK"}}"#,
        "Mette (payments) approved 12,500.00 DKK",
    ),
    (
        "payments_escalation.approval_denied",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000a","denied_by":"mette","reason":{"clear":"wrong account"}}"#,
        "Mette (payments) denied the payment: “wrong account”",
    ),
    (
        "payments_escalation.gateway_contacted",
        r#"{"key":"00000000-0000-0000-0000-00000000000b","purpose":"execution","transaction_id":"tx-1","proposal_id":"00000000-0000-0000-0000-00000000000a","answer_due_at":"2026-11-22T10:00:10Z"}"#,
        "The gateway was told to move the money of tx-1",
    ),
    (
        "payments_escalation.payment_executed",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000a","amount":{"minor":1250000,"currency":"DKK"},"gateway_reference":"gw-77"}"#,
        "12,500.00 DKK was paid, gateway reference gw-77",
    ),
    (
        "payments_escalation.payment_failed",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000a","code":"exceeds_available"}"#,
        "The payment was stopped: the amount is no longer there",
    ),
    (
        "payments_escalation.payment_failed",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000a","code":"account_closed"}"#,
        "The gateway refused the payment: account_closed",
    ),
    (
        "payments_escalation.duplicate_refund_blocked",
        r#"{"proposal_id":"00000000-0000-0000-0000-00000000000c","transaction_id":"tx-1","asked":{"minor":100,"currency":"DKK"},"available":{"minor":0,"currency":"DKK"},"asked_by":"mette"}"#,
        "Mette asked for 1.00 DKK of tx-1, and it was blocked: 0.00 DKK is left",
    ),
    (
        "payments_escalation.payment_refused",
        r#"{"reason":{"clear":"bonus terms"}}"#,
        "Mette (payments) refused the payment: “bonus terms”",
    ),
    (
        "payments_escalation.payment_returned",
        "{}",
        "Mette (payments) returned the case to the team it came from",
    ),
    (
        "payments_escalation.sensitive_data_masked",
        r#"{"subject_id":"00000000-0000-0000-0000-000000000001","kinds":["card_number"]}"#,
        "1 card number masked before anything was stored",
    ),
    (
        "routing.sla_paused",
        r#"{"clock":"resolution","generation":1,"paused_at":"2026-11-22T10:00:00Z","waiting_for":"third_party","used_seconds":10}"#,
        "The resolution clock paused: the payment gateway is waited for",
    ),
    (
        "routing.sla_resumed",
        r#"{"clock":"resolution","generation":1,"resumed_at":"2026-11-22T11:00:00Z","target_at":"2026-11-23T10:00:00Z","breach_at":"2026-11-23T12:00:00Z"}"#,
        "The resolution clock goes on, due 2026-11-23 12:00 UTC",
    ),
    (
        "routing.sla_met",
        r#"{"clock":"first_response","generation":1,"met_at":"2026-11-22T10:00:00Z","within_target":true}"#,
        "The first-response promise was kept",
    ),
    (
        "routing.sla_met",
        r#"{"clock":"next_update","generation":1,"met_at":"2026-11-22T10:00:00Z","within_target":false}"#,
        "The next-update promise was met, after its target",
    ),
    (
        "routing.sla_stopped",
        r#"{"clock":"next_update","generation":1,"stopped_at":"2026-11-22T10:00:00Z"}"#,
        "The next-update clock stopped",
    ),
    (
        "routing.sla_warned",
        r#"{"clock":"resolution","generation":1}"#,
        "The target of the resolution clock passed",
    ),
    ("routing.sla_breached", r#"{"clock":"resolution","generation":1}"#, "The resolution promise was broken"),
    (
        "routing.escalation_raised",
        r#"{"clock":"resolution"}"#,
        "A team lead has to look: the resolution promise was broken",
    ),
    (
        "routing.case_released",
        r#"{"agent_id":"mette","reason":"agent_offline"}"#,
        "Mette went offline and no longer owns the case",
    ),
    (
        "intake.self_exclusion_requested",
        r#"{"message_id":"00000000-0000-0000-0000-000000000001","player_id":"p-1001"}"#,
        "The player asked to be excluded: no marketing from this moment",
    ),
    (
        "routing.case_transferred",
        r#"{"from":"payments","to":"responsible_gambling","reason":"self_exclusion"}"#,
        "The case moved from payments to responsible gambling: the player asked to be excluded",
    ),
    (
        "routing.case_transferred",
        r#"{"from":"responsible_gambling","to":"payments","reason":"requested"}"#,
        "Mette (payments) transferred the case from responsible gambling to payments",
    ),
    (
        "notifications.notification_queued",
        r#"{"notification_id":"00000000-0000-0000-0000-00000000000d","kind":"horizon_extended","audience":"player","channel":"email","recipient":{"clear":"f@example.org"},"language":"da","arguments":{},"text":null,"send_after":"2026-11-23T07:00:00Z"}"#,
        "“horizon extended” is to be sent to the player by e-mail, in Danish, not before 2026-11-23 07:00 UTC",
    ),
    (
        "notifications.notification_deferred",
        r#"{"notification_id":"00000000-0000-0000-0000-00000000000d","until":"2026-11-23T08:00:00Z"}"#,
        "“horizon extended” waits until 2026-11-23 08:00 UTC: quiet hours",
    ),
    (
        "notifications.notification_failed",
        r#"{"notification_id":"00000000-0000-0000-0000-00000000000d","attempt":1,"code":"smtp_451","retry_at":"2026-11-23T08:01:00Z"}"#,
        "Try 1 to send “horizon extended” failed (smtp_451); again 2026-11-23 08:01 UTC",
    ),
    (
        "notifications.notification_dead_lettered",
        r#"{"notification_id":"00000000-0000-0000-0000-00000000000d","attempts":5,"code":"smtp_550"}"#,
        "“horizon extended” was given up after 5 tries (smtp_550)",
    ),
    (
        "notifications.notification_redriven",
        r#"{"notification_id":"00000000-0000-0000-0000-00000000000d"}"#,
        "Mette (payments) had “horizon extended” tried again",
    ),
    (
        "notifications.notification_sent",
        r#"{"notification_id":"00000000-0000-0000-0000-00000000000d","kind":"horizon_extended","attempt":2,"decided_on_version":7}"#,
        "“horizon extended” was sent by e-mail, at try 2",
    ),
    (
        "notifications.notification_suppressed",
        r#"{"notification_id":"00000000-0000-0000-0000-00000000000e","kind":"offer","reason":"player_excluded"}"#,
        "“offer” is not sent: the player asked to be excluded",
    ),
    (
        "notifications.preferences_changed",
        r#"{"channel":"webhook","marketing_consent":false,"quiet_from_hour":22,"quiet_until_hour":7}"#,
        "Mette (payments) changed the preferences: by webhook, no offers, quiet from 22:00 to 7:00",
    ),
    (
        "notifications.sensitive_data_masked",
        r#"{"subject_id":"00000000-0000-0000-0000-000000000001","kinds":["security_code"]}"#,
        "1 security code masked before anything was stored",
    ),
    (
        "intake.case_resolved",
        r#"{"resolution":"solved","summary":{"clear":"paid"}}"#,
        "Mette (payments) resolved the case as solved: “paid”",
    ),
    (
        "intake.feedback_given",
        r#"{"score":5,"comment":{"clear":"tak"}}"#,
        "Mette (payments) rated the handling 5 of 5: “tak”",
    ),
    ("intake.case_closed", "{}", "Mette (payments) closed the case"),
    (
        "intake.case_reopened",
        r#"{"reason":{"clear":"still nothing"}}"#,
        "Mette (payments) reopened the case: “still nothing”",
    ),
    (
        "intake.case_merged",
        r#"{"into":"0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00"}"#,
        "Mette (payments) merged the case into 0199f2a4-7c1e-7d3a-9b5e-2f6d8c4a1b00",
    ),
    (
        "intake.case_rejected",
        r#"{"reason":{"clear":"spam"}}"#,
        "Mette (payments) put the case away as no request: “spam”",
    ),
    ("intake.case_abandoned", "{}", "The chat dropped before anybody could help"),
];
