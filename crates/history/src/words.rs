//! The domain's words as the contract's enumerations: exhaustive, so that a new word is asked for here.

use case::payments_escalation::Progress;
use case::routing::{ClockKind, ClockStanding};
use case::{ActorKind, CaseState, Channel, EvidenceKind, RejectionReason, Team, Tier, Topic};
use contracts::history::v1 as pb;

/// A word of the domain that has its number in the contract.
pub(crate) trait Word {
    /// The number.
    fn number(self) -> i32;
}

macro_rules! words {
    ($($domain:ident => $contract:ident { $($word:ident),+ $(,)? })+) => {
        $(impl Word for $domain {
            fn number(self) -> i32 {
                match self { $(Self::$word => pb::$contract::$word as i32,)+ }
            }
        })+
    };
}

words! {
    CaseState => CaseState {
        New, Triaged, Queued, Offered, Assigned, InProgress, WaitingPlayer, WaitingThirdParty, Escalated,
        Resolved, Closed, Reopened, SelfServed, Merged, Rejected, Abandoned,
    }
    Channel => Channel { Chat, Email, Phone, Form, MemberArea, HelpCentre }
    Topic => Topic {
        Limits, Withdrawal, Deposit, Verification, Account, Complaint, Bonus, Technical, Registration,
        Tournament, GameRules, Campaign, AccountClosing, Other, Privacy,
    }
    Team => Team {
        General, Payments, ResponsibleGambling, Technical, Verification, Vip, Complaints, Privacy,
    }
    Tier => Tier { Standard, Vip }
    EvidenceKind => EvidenceKind { Identity, Address, PaymentMethod, PaymentProof, Screenshot }
    RejectionReason => RejectionReason {
        MissingInformation, Blurred, AddressMismatch, NameMismatch, WrongFormat, DocumentNotAccepted, Outdated,
    }
    ClockKind => ClockKind { FirstResponse, NextUpdate, Resolution, Jurisdiction }
    ClockStanding => ClockStanding { Running, Paused, Met, Stopped }
    Progress => EscalationProgress {
        InformationRequired, UnderReview, GatewayPending, AwaitingApproval, Approved, Executing, Executed,
        Refused, Returned,
    }
    ActorKind => ActorKind { Player, Agent, Bot, Service }
}
