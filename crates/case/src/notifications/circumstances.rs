//! What the rules need to know and the case alone cannot tell.

use super::quiet_hours::QuietHours;

/// What is known outside the case at the moment of a decision: about the player across all their
/// cases, and the brand's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// The player asked to be excluded, on this case or any other.
    pub player_excluded: bool,
    /// The player's last word about offers, on any other case, was no.
    pub consent_withdrawn: bool,
    /// When marketing is not sent, whatever the player prefers.
    pub marketing_quiet: QuietHours,
    /// The IANA time zone in which a player of unknown time zone is taken to live.
    pub default_time_zone: String,
}

/// Nothing known against the player; marketing rests from 22 to 8, in UTC where no zone is known.
impl Default for Circumstances {
    fn default() -> Self {
        Self {
            player_excluded: false,
            consent_withdrawn: false,
            marketing_quiet: QuietHours::MARKETING,
            default_time_zone: "UTC".to_owned(),
        }
    }
}
