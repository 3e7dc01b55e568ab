//! The domain's words as the contract's enumerations and back: exhaustive, so that a new word is asked for
//! here.

use case::routing::agent::Presence;
use case::routing::{ChoiceReason, ClockKind, ClockStanding, ExtensionReason, QueueReason};
use case::{CaseState, Channel, Skill, Team, Tier, Topic};
use contracts::routing::v1 as pb;
use service_kit::request::Checks;

/// A word of the domain that has its number in the contract.
pub(super) trait Word: Sized + 'static {
    /// Every word there is.
    const ALL: &'static [Self];

    /// The number.
    fn number(&self) -> i32;
}

macro_rules! words {
    ($($domain:ident { $($word:ident),+ $(,)? })+) => {
        $(impl Word for $domain {
            const ALL: &'static [Self] = &[ $(Self::$word,)+ ];

            fn number(&self) -> i32 {
                match self { $(Self::$word => pb::$domain::$word as i32,)+ }
            }
        })+
    };
}

words! {
    CaseState {
        New, Triaged, Queued, Offered, Assigned, InProgress, WaitingPlayer, WaitingThirdParty, Escalated,
        Resolved, Closed, Reopened, SelfServed, Merged, Rejected, Abandoned,
    }
    Channel { Chat, Email, Phone, Form, MemberArea, HelpCentre }
    Topic {
        Limits, Withdrawal, Deposit, Verification, Account, Complaint, Bonus, Technical, Registration,
        Tournament, GameRules, Campaign, AccountClosing, Other, Privacy,
    }
    Team { General, Payments, ResponsibleGambling, Technical, Verification, Vip, Complaints, Privacy }
    Tier { Standard, Vip }
    Skill { Games, Bonuses, Verification, Payments, Security, ResponsibleGambling, Vip }
    Presence { Available, Away, Offline }
    QueueReason { Triaged, NotTaken, Released, Transferred, Reclassified, Reopened }
    ChoiceReason { PersonalContact, PreviousOwner, LeastLoaded }
    ClockKind { FirstResponse, NextUpdate, Resolution, Jurisdiction }
    ClockStanding { Running, Paused, Met, Stopped }
    ExtensionReason { Gateway, PeakTraffic, Holiday, LegalQuestion }
}

/// Reads a required word.
pub(super) fn word<W: Word + Copy>(checks: &mut Checks, field: &str, number: i32) -> Option<W> {
    if number == 0 {
        checks.fail(field, "is required");
        return None;
    }
    let known = W::ALL.iter().copied().find(|word| word.number() == number);
    if known.is_none() {
        checks.fail(field, format!("{number} is none of its values"));
    }
    known
}

/// Reads an optional word: unspecified means none.
pub(super) fn optional_word<W: Word + Copy>(checks: &mut Checks, field: &str, number: i32) -> Option<W> {
    if number == 0 { None } else { word(checks, field, number) }
}

/// Reads a list of words; `None` when one of them is wrong.
pub(super) fn words<W: Word + Copy>(checks: &mut Checks, field: &str, numbers: &[i32]) -> Option<Vec<W>> {
    numbers.iter().map(|number| word(checks, field, *number)).collect()
}

/// The number of a case's state as the read model stores it; 0 for one that this build does not know.
pub(super) fn state_number(stored: &str) -> i32 {
    CaseState::ALL.iter().find(|state| state.as_str() == stored).map_or(0, Word::number)
}
