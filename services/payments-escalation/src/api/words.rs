//! The domain's words as the contract's enumerations and back: exhaustive, so that a new word is asked
//! for here.

use case::CaseState;
use case::payments_escalation::{
    EscalationKind, GatewayPurpose, PaymentMethod, Progress, ProposalKind, ProposalStanding,
};
use contracts::payments_escalation::v1 as pb;
use service_kit::request::Checks;

/// A word of the domain that has its number in the contract.
pub(super) trait Word: Sized + 'static {
    /// Every word there is.
    const ALL: &'static [Self];

    /// The number.
    fn number(&self) -> i32;
}

macro_rules! words {
    ($($domain:ident => $contract:ident { $($word:ident),+ $(,)? })+) => {
        $(impl Word for $domain {
            const ALL: &'static [Self] = &[ $(Self::$word,)+ ];

            fn number(&self) -> i32 {
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
    EscalationKind => EscalationKind { WithdrawalLate, WithdrawalRejected, DepositMissing, WrongTransaction }
    PaymentMethod => PaymentMethod { Card, EWallet, BankTransfer, Other }
    Progress => Progress {
        InformationRequired, UnderReview, GatewayPending, AwaitingApproval, Approved, Executing, Executed,
        Refused, Returned,
    }
    GatewayPurpose => GatewayPurpose { Inquiry, Execution }
    ProposalKind => ProposalKind { Payout, Refund }
    ProposalStanding => ProposalStanding { Open, Approved, Denied, Executed, Failed }
}

/// Reads a required word.
pub(super) fn word<W: Word + Copy>(checks: &mut Checks, field: &str, number: i32) -> Option<W> {
    if number == 0 {
        checks.fail(field, "is required");
        return None;
    }
    optional_word(checks, field, number)
}

/// Reads an optional word: unspecified means none.
pub(super) fn optional_word<W: Word + Copy>(checks: &mut Checks, field: &str, number: i32) -> Option<W> {
    if number == 0 {
        return None;
    }
    let known = W::ALL.iter().copied().find(|word| word.number() == number);
    if known.is_none() {
        checks.fail(field, format!("{number} is none of its values"));
    }
    known
}

/// The number of a word as the read model stores it; 0 for one that this build does not know.
pub(super) fn number_of_stored<W: Word>(stored: &str, spell: impl Fn(&W) -> Option<String>) -> i32 {
    W::ALL.iter().find(|word| spell(word).as_deref() == Some(stored)).map_or(0, Word::number)
}
