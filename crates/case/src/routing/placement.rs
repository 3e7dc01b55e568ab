//! Where a case belongs: the team, the skills it asks for, and how much of an agent it takes.
//!
//! | topic | team | skills |
//! |---|---|---|
//! | limits, or anybody's safety | responsible gambling | responsible gambling (never relaxed) |
//! | withdrawal, deposit | payments | payments |
//! | verification | verification | verification |
//! | technical | technical | games |
//! | complaint | complaints | - |
//! | privacy | privacy | - |
//! | bonus, campaign, tournament | general; VIP: vip | bonuses |
//! | game rules | general; VIP: vip | games |
//! | account, registration, account closing | general; VIP: vip | security |
//! | other | general; VIP: vip | - |
//!
//! A VIP's case asks for the skill of caring for VIPs as well (choice), the first to be relaxed.

use crate::vocabulary::{Channel, Skill, Team, Tier, Topic};

/// The team a case belongs to (R25).
pub const fn team_for(topic: Topic, tier: Tier, safety: bool) -> Team {
    if safety {
        return Team::ResponsibleGambling;
    }
    match topic {
        Topic::Limits => Team::ResponsibleGambling,
        Topic::Withdrawal | Topic::Deposit => Team::Payments,
        Topic::Verification => Team::Verification,
        Topic::Technical => Team::Technical,
        Topic::Complaint => Team::Complaints,
        Topic::Privacy => Team::Privacy,
        Topic::Account
        | Topic::Bonus
        | Topic::Registration
        | Topic::Tournament
        | Topic::GameRules
        | Topic::Campaign
        | Topic::AccountClosing
        | Topic::Other => match tier {
            Tier::Vip => Team::Vip,
            Tier::Standard => Team::General,
        },
    }
}

/// What the agent should be trained in (R45), the most important first: relaxed from the end.
pub fn skills_for(topic: Topic, tier: Tier, safety: bool) -> Vec<Skill> {
    let skill = match topic {
        _ if safety => Some(Skill::ResponsibleGambling),
        Topic::Limits => Some(Skill::ResponsibleGambling),
        Topic::Withdrawal | Topic::Deposit => Some(Skill::Payments),
        Topic::Verification => Some(Skill::Verification),
        Topic::Technical | Topic::GameRules => Some(Skill::Games),
        Topic::Bonus | Topic::Campaign | Topic::Tournament => Some(Skill::Bonuses),
        Topic::Account | Topic::Registration | Topic::AccountClosing => Some(Skill::Security),
        Topic::Complaint | Topic::Privacy | Topic::Other => None,
    };
    let vip = (tier == Tier::Vip && skill != Some(Skill::ResponsibleGambling)).then_some(Skill::Vip);
    skill.into_iter().chain(vip).collect()
}

/// Whether the lack of a skill may be put up with after a wait. Responsible gambling never is.
pub const fn may_relax(skill: Skill) -> bool {
    !matches!(skill, Skill::ResponsibleGambling)
}

/// Capacity units that a case takes of an agent who has `capacity` in all (choice: chat 2, phone all,
/// everything else 1; never more than there is).
pub fn weight(channel: Channel, capacity: u32) -> u32 {
    match channel {
        Channel::Phone => capacity,
        Channel::Chat => capacity.min(2),
        Channel::Email | Channel::Form | Channel::MemberArea | Channel::HelpCentre => capacity.min(1),
    }
}
