//! The table of methods and roles. A method that is not in it may be called by nobody: a server with such a
//! method does not start, and a test names it.
//!
//! Engineers are shown every answer masked (`service-kit`, `masked`); nothing that changes something, and no file, has
//! them in its line.
//!
//! The lines say who may ask at all. Whether it is their case, their offer, their own proposal is decided in
//! `crates/case`; for which brand they ask, at every case that is read.

use crate::role::Role;

use Role::{
    Agent, Auditor, Bot, Complaints, Engineer, Operator, PaymentsAgent, PaymentsApprover, Player,
    PrivacyOfficer, ResponsibleGambling, Senior, Service, TeamLead, Verification,
};

/// The methods of one service, and who may call each.
type Methods = &'static [(&'static [&'static str], &'static [&'static [Role]])];

/// Whoever works on cases.
const DESK: &[Role] = &[
    Agent,
    Senior,
    TeamLead,
    PaymentsAgent,
    PaymentsApprover,
    ResponsibleGambling,
    Verification,
    Complaints,
];
/// Whoever reads and never changes a case.
const OVERSIGHT: &[Role] = &[PrivacyOfficer, Auditor];
/// Whoever answers for personal data.
const OFFICERS: &[Role] = &[PrivacyOfficer];
/// Whoever runs a team.
const LEADS: &[Role] = &[TeamLead];
/// Whoever keeps the system running.
const RUNNING: &[Role] = &[Operator];
/// Whoever finds faults, and reads masked.
const ENGINEERS: &[Role] = &[Engineer];
/// Whoever finds faults.
const FAULTS: &[Role] = &[Engineer, Operator];
/// Other systems.
const SYSTEMS: &[Role] = &[Service];
/// Automatic agents.
const BOTS: &[Role] = &[Bot];
/// Players, for themselves.
const PLAYERS: &[Role] = &[Player];
/// Whoever decides who a player is.
const CHECKS: &[Role] = &[Verification, Senior, TeamLead, ResponsibleGambling];
/// Whoever tells whether a file was tampered with.
const JUDGES: &[Role] = &[Verification, Auditor];
/// Whoever works on payments.
const PAYMENTS: &[Role] = &[PaymentsAgent, PaymentsApprover];
/// Whoever approves what others proposed.
const APPROVERS: &[Role] = &[PaymentsApprover];
/// Whoever changes what was promised.
const SENIORS: &[Role] = &[Senior, TeamLead, ResponsibleGambling, Complaints];

const INTAKE: Methods = &[
    (
        &[
            "OpenCase",
            "ReceiveMessage",
            "SwitchChannel",
            "UploadEvidence",
            "AcceptAnswer",
            "RequestHuman",
            "RequestCallback",
            "DeclareComplaint",
            "ReopenCase",
            "AbandonCase",
            "GiveFeedback",
        ],
        &[PLAYERS, DESK, BOTS, SYSTEMS],
    ),
    // Whose upload is asked by the rules.
    (&["GetUpload"], &[PLAYERS, DESK, OVERSIGHT, BOTS, SYSTEMS]),
    (&["SendReply", "AddNote", "LinkCase", "TagCase"], &[DESK, BOTS, SYSTEMS]),
    (&["ClassifyCase", "RequestEvidence", "CloseCase"], &[DESK, SYSTEMS]),
    (&["CompleteCallback", "ResolveCase", "RejectCase", "MergeCase"], &[DESK]),
    // Whose case and which team is asked by the rules; oversight counts files and does not look into them.
    (&["GrantEvidence", "DownloadEvidence"], &[DESK]),
    // A second factor is asked for by the rules.
    (&["DownloadOriginal"], &[JUDGES]),
    (&["AcceptEvidence", "RejectEvidence", "RecordVerificationQuestions"], &[DESK]),
    (&["ApproveVerification", "RefuseVerification"], &[CHECKS]),
    (&["ListArticles"], &[PLAYERS, DESK, OVERSIGHT, FAULTS, BOTS, SYSTEMS]),
    (&["GetCase", "ListCases"], &[DESK, OVERSIGHT, ENGINEERS, BOTS, SYSTEMS]),
];

const ROUTING: Methods = &[
    (&["RegisterAgent"], &[LEADS, SYSTEMS]),
    (&["SetPresence"], &[DESK, SYSTEMS]),
    (&["AcceptOffer", "DeclineOffer", "ClaimNext"], &[DESK]),
    (&["ReleaseCase", "TransferCase"], &[DESK, SYSTEMS]),
    (&["ExtendHorizon"], &[SENIORS, SYSTEMS]),
    (&["GetAgent", "ListAgents", "ListOffers", "ListQueue", "GetSla"], &[DESK, OVERSIGHT, FAULTS, SYSTEMS]),
];

const PAYMENTS_ESCALATION: Methods = &[
    (&["EscalatePayment", "LinkTransaction", "RequestInformation"], &[DESK, SYSTEMS]),
    (&["InquireGateway"], &[PAYMENTS, SYSTEMS]),
    (&["ProposeResolution", "RefusePayment", "ReturnCase"], &[PAYMENTS]),
    (&["ApproveResolution", "DenyResolution"], &[APPROVERS]),
    (&["GetEscalation", "ListEscalations"], &[DESK, OVERSIGHT, ENGINEERS, SYSTEMS]),
];

const NOTIFICATIONS: Methods = &[
    (&["QueueOffer"], &[DESK, SYSTEMS]),
    (&["SetPreferences"], &[PLAYERS, DESK, SYSTEMS]),
    (&["GetPreferences"], &[PLAYERS, DESK, OVERSIGHT, ENGINEERS, SYSTEMS]),
    (&["ListDeliveries"], &[DESK, OVERSIGHT, FAULTS, SYSTEMS]),
    (&["RedriveNotification"], &[LEADS, RUNNING, SYSTEMS]),
];

const HISTORY: Methods = &[
    (&["GetCase", "ListHistory", "WatchCase"], &[DESK, OVERSIGHT, ENGINEERS, SYSTEMS]),
    (&["VerifyCase", "ListTraces"], &[DESK, OVERSIGHT, FAULTS, SYSTEMS]),
    (&["ListReads"], &[OVERSIGHT]),
];

const OPERATIONS: Methods = &[
    (&["ListConsumers"], &[OVERSIGHT, FAULTS, SYSTEMS]),
    (&["ListDeadLetters", "GetDeadLetter"], &[OVERSIGHT, FAULTS]),
    (&["RedriveDeadLetter"], &[RUNNING]),
];

const PRIVACY: Methods =
    &[(&["ErasePlayer", "SetLegalHold", "ExportPlayer"], &[OFFICERS]), (&["ListErasures"], &[OVERSIGHT])];

/// Every service of ours.
const SERVICES: &[(&str, Methods)] = &[
    ("casetrail.intake.v1.IntakeService", INTAKE),
    ("casetrail.routing.v1.RoutingService", ROUTING),
    ("casetrail.payments_escalation.v1.PaymentsEscalationService", PAYMENTS_ESCALATION),
    ("casetrail.notifications.v1.NotificationsService", NOTIFICATIONS),
    ("casetrail.history.v1.HistoryService", HISTORY),
    ("casetrail.operations.v1.OperationsService", OPERATIONS),
    ("casetrail.privacy.v1.PrivacyService", PRIVACY),
];

/// Services that tell nothing about anybody, so that probes and stock clients need no token: gRPC health always,
/// reflection where it is switched on, which production mode refuses.
const OPEN: &[&str] = &[
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admits {
    /// Everybody, without saying who they are.
    Everybody,
    /// Callers with one of these roles.
    Roles(&'static [&'static [Role]]),
    /// It is not in the table.
    Nobody,
}

impl Admits {
    /// Whether somebody with this role may.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Everybody => true,
            Self::Roles(groups) => groups.iter().any(|group| group.contains(&role)),
            Self::Nobody => false,
        }
    }
}

/// Who may call the method at this path: `/casetrail.intake.v1.IntakeService/OpenCase`.
pub fn admitted(path: &str) -> Admits {
    let Some((service, method)) = path.trim_start_matches('/').split_once('/') else { return Admits::Nobody };
    if OPEN.contains(&service) {
        return Admits::Everybody;
    }
    SERVICES
        .iter()
        .filter(|(name, _)| *name == service)
        .flat_map(|(_, methods)| *methods)
        .find(|(names, _)| names.contains(&method))
        .map_or(Admits::Nobody, |(_, groups)| Admits::Roles(groups))
}

/// Every method in the table, by its path.
pub fn paths() -> impl Iterator<Item = String> {
    SERVICES.iter().flat_map(|(service, methods)| {
        let names = methods.iter().flat_map(|(names, _)| *names);
        names.map(move |method| format!("/{service}/{method}"))
    })
}
