//! What must hold of every case's notifications, whatever happened: used by tests, the simulation and the
//! checker alike (reliability.md: I4, I11).

use super::delivery::MAX_ATTEMPTS;
use super::state::NotificationStanding;
use crate::journey::Case;

/// One sentence for each broken invariant; empty when all hold.
pub fn violations(case: &Case) -> Vec<String> {
    let state = &case.notifications;
    let mut found = Vec::new();
    for (id, one) in &state.notifications {
        if one.kind.is_marketing()
            && let (Some(excluded), Some(decided)) = (state.excluded_since, one.sent_on_version)
            && decided >= excluded
        {
            found.push(format!(
                "I11: offer {id} was sent on version {decided}, after the exclusion at version {excluded}"
            ));
        }
        if one.times_sent > 1 {
            found.push(format!("I4: notification {id} was recorded as sent {} times", one.times_sent));
        }
        if one.times_sent > 0 && one.queued.is_none() {
            found.push(format!("notification {id} was sent without having been queued"));
        }
        if one.times_sent > 0 && one.standing != NotificationStanding::Sent {
            let standing = one.standing.as_str();
            found.push(format!("notification {id} was sent and now stands as {standing}"));
        }
        if one.attempts > MAX_ATTEMPTS {
            found.push(format!("notification {id} was tried {} times", one.attempts));
        }
    }
    found
}
