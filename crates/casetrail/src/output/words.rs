//! The contract's enumerations as the words people use: `CASE_STATE_WAITING_PLAYER` is `waiting player`.

use contracts::{history, intake, notifications, privacy, routing};

/// An enumeration of the contract.
pub(crate) trait Word: Sized + TryFrom<i32> {
    /// What its names begin with, such as `CASE_STATE_`.
    const PREFIX: &'static str;
    /// Its name in the contract.
    fn name(&self) -> &'static str;
    /// The number of a name; `None` if there is no such name.
    fn numbered(name: &str) -> Option<i32>;
}

macro_rules! words {
    ($($enumeration:path => $prefix:literal),+ $(,)?) => {
        $(impl Word for $enumeration {
            const PREFIX: &'static str = $prefix;

            fn name(&self) -> &'static str {
                self.as_str_name()
            }

            fn numbered(name: &str) -> Option<i32> {
                Self::from_str_name(name).map(|found| found as i32)
            }
        })+
    };
}

words! {
    history::v1::ActorKind => "ACTOR_KIND_",
    history::v1::CaseState => "CASE_STATE_",
    history::v1::Channel => "CHANNEL_",
    history::v1::Team => "TEAM_",
    history::v1::Tier => "TIER_",
    history::v1::Topic => "TOPIC_",
    intake::v1::CaseState => "CASE_STATE_",
    intake::v1::Channel => "CHANNEL_",
    intake::v1::Team => "TEAM_",
    intake::v1::Tier => "TIER_",
    intake::v1::Topic => "TOPIC_",
    notifications::v1::DeliveryChannel => "DELIVERY_CHANNEL_",
    notifications::v1::DeliveryStanding => "DELIVERY_STANDING_",
    notifications::v1::NotificationKind => "NOTIFICATION_KIND_",
    notifications::v1::SuppressionReason => "SUPPRESSION_REASON_",
    privacy::v1::ErasureGround => "ERASURE_GROUND_",
    privacy::v1::HoldGround => "HOLD_GROUND_",
    routing::v1::Channel => "CHANNEL_",
    routing::v1::Presence => "PRESENCE_",
    routing::v1::Team => "TEAM_",
    routing::v1::Tier => "TIER_",
    routing::v1::Topic => "TOPIC_",
}

/// The word for a number; empty for "unspecified" and for what this program does not know.
pub(crate) fn spoken<W: Word>(number: i32) -> String {
    let word = W::try_from(number).ok().and_then(|value| value.name().strip_prefix(W::PREFIX));
    match word {
        None | Some("UNSPECIFIED") => String::new(),
        Some(word) => word.to_lowercase().replace('_', " "),
    }
}

/// The number of a stored word, such as `waiting_player`; unspecified for none.
pub(crate) fn number<W: Word>(word: Option<&str>) -> i32 {
    word.and_then(|word| W::numbered(&format!("{}{}", W::PREFIX, word.to_uppercase()))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use case::{CaseState, Channel, Team, Tier, Topic};

    use super::*;

    #[test]
    fn every_word_of_the_domain_has_its_number_in_the_contract() {
        fn all<W: Word>(words: impl Iterator<Item = &'static str>) {
            for word in words {
                let number = number::<W>(Some(word));
                assert_ne!(number, 0, "{word}");
                assert_eq!(spoken::<W>(number), word.replace('_', " "));
            }
        }
        all::<intake::v1::Channel>(Channel::ALL.iter().map(|word| word.as_str()));
        all::<intake::v1::Topic>(Topic::ALL.iter().map(|word| word.as_str()));
        all::<intake::v1::Tier>(Tier::ALL.iter().map(|word| word.as_str()));
        all::<routing::v1::Team>(Team::ALL.iter().map(|word| word.as_str()));
        all::<history::v1::CaseState>(CaseState::ALL.iter().map(|word| word.as_str()));
    }

    #[test]
    fn nothing_and_the_unknown_have_no_word() {
        assert_eq!(spoken::<routing::v1::Team>(0), "");
        assert_eq!(spoken::<routing::v1::Team>(999), "");
        assert_eq!(number::<routing::v1::Team>(None), 0);
    }
}
