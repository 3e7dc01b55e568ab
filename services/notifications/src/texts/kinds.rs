//! Every kind of text there is, and what each needs to be told.

/// A kind of notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Its name: the texts are `<name>-subject` and `<name>-body`.
    pub name: &'static str,
    /// The arguments that its texts need, all of them.
    ///
    /// - `number`: the case number; `agent`: the name that the player sees; `team`: a team's name
    /// - `machine_translated`: `true` or `false` (R36)
    /// - `horizon`, `callback_at` (or `soon`), `due`: a moment, formatted by [`format_moment`](super::format_moment)
    /// - `amount`: formatted by [`format_amount`](super::format_amount)
    /// - `text`: what people wrote; `title`: an offer's heading, which becomes its subject
    /// - `article`: one of [`ARTICLES`]
    /// - `evidence`: a kind of evidence, such as `payment_proof`; `missing`: several, between commas
    /// - `reason`: why a document was rejected (`blurred`), or a horizon extended (`gateway`)
    /// - `clock`: the SLA clock, such as `first response`
    pub variables: &'static [&'static str],
    /// Whether it goes to a team, always in English.
    pub for_team: bool,
}

const fn to_person(name: &'static str, variables: &'static [&'static str]) -> Kind {
    Kind { name, variables, for_team: false }
}

const fn to_team(name: &'static str, variables: &'static [&'static str]) -> Kind {
    Kind { name, variables, for_team: true }
}

/// Every kind of notification.
pub const KINDS: &[Kind] = &[
    to_person("case_received", &["number", "horizon"]),
    to_person("answer_suggested", &["number", "article"]),
    to_person("agent_introduction", &["number", "agent"]),
    to_person("evidence_requested", &["number", "missing"]),
    to_person("evidence_received", &["number", "evidence"]),
    to_person("evidence_rejected", &["number", "evidence", "reason"]),
    to_person("evidence_accepted", &["number", "evidence"]),
    to_person("horizon_extended", &["number", "horizon", "reason"]),
    to_person("still_working", &["number", "horizon"]),
    to_person("reply", &["number", "agent", "text", "machine_translated"]),
    to_person("callback_booked", &["number", "callback_at"]),
    to_person("resolved", &["number", "text"]),
    to_person("feedback_request", &["number"]),
    to_person("reopened", &["number"]),
    to_person("closed", &["number"]),
    to_person("verification_approved", &["number"]),
    to_person("verification_refused", &["number"]),
    to_person("payment_executed", &["number", "amount"]),
    to_person("offer", &["number", "title", "text"]),
    to_person("self_exclusion_received", &["number"]),
    to_person("personal_contact_informed", &["number", "agent"]),
    to_team("sla_warning", &["number", "team", "clock", "due"]),
    to_team("sla_breach", &["number", "team", "clock", "due"]),
];

/// Every article of the help centre.
pub const ARTICLES: &[&str] = &["bonus_wagering", "withdrawal_times", "documents", "limits", "technical"];
