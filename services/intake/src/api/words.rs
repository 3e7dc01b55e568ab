//! The domain's words as the contract's enumerations and back: exhaustive, so that a new word is asked
//! for here.

use case::intake::Resolution;
use case::{CaseState, Channel, EvidenceKind, RejectionReason, Team, Tier, Topic};
use contracts::intake::v1 as pb;
use service_kit::request::Checks;

/// A word of the domain that has its number in the contract.
pub(super) trait Word: Sized + 'static {
    /// Every word there is.
    const ALL: &'static [Self];

    /// The number.
    fn number(&self) -> i32;
}

macro_rules! words {
    ($($name:ident { $($word:ident),+ $(,)? })+) => {
        $(impl Word for $name {
            const ALL: &'static [Self] = &[ $(Self::$word,)+ ];

            fn number(&self) -> i32 {
                match self { $(Self::$word => pb::$name::$word as i32,)+ }
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
    EvidenceKind { Identity, Address, PaymentMethod, PaymentProof, Screenshot }
    RejectionReason {
        MissingInformation, Blurred, AddressMismatch, NameMismatch, WrongFormat, DocumentNotAccepted,
        Outdated,
    }
    Resolution { Solved, Answered, Declined }
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

/// The number of a word as the read model stores it; 0 for none, or one that this build does not know.
pub(super) fn number_of_stored<W: Word + Copy>(stored: &str, spell: impl Fn(W) -> &'static str) -> i32 {
    W::ALL.iter().find(|word| spell(**word) == stored).map_or(0, Word::number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_from_its_number() {
        let mut checks = Checks::new();
        for topic in Topic::ALL {
            assert_eq!(word::<Topic>(&mut checks, "topic", topic.number()), Some(*topic));
            assert_eq!(number_of_stored(topic.as_str(), Topic::as_str), topic.number());
        }
        checks.finish().unwrap();
        assert_eq!(<Topic as Word>::ALL.len(), Topic::ALL.len());
    }

    #[test]
    fn none_and_unknown_are_told_apart() {
        let mut checks = Checks::new();
        assert_eq!(optional_word::<Topic>(&mut checks, "topic", 0), None);
        checks.finish().unwrap();
        let mut checks = Checks::new();
        assert_eq!(optional_word::<Topic>(&mut checks, "topic", 99), None);
        assert!(checks.finish().is_err());
    }
}
