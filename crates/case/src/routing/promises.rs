//! Which clock runs when (domain.md, SLA clocks): one comparison of what the case's facts ask for with
//! what the clocks do. Safe to repeat after any fact: when nothing differs, nothing is recorded.
//!
//! - **First response** runs from the first call for a human until an agent answers or calls.
//! - **Next update** is owed only while the player's last word is unanswered; asking the player something
//!   stops it.
//! - **Resolution** pauses while the player or a third party is waited for, and for nothing else. A
//!   player's message ends the pause at the moment it came.
//! - **Jurisdiction** runs from the complaint's declaration, or for a month from the receipt of a request about the
//!   player's data (GDPR Art. 12(3)), and never pauses.
//! - Nothing runs once the case is over. A reopened complaint goes on against its old deadline.

use jiff::Timestamp;

use super::draft::Draft;
use super::event::{ClockKind, HorizonSet, WaitingFor};
use super::state::{Clock, ClockStanding};
use crate::calendar::Calendar;
use crate::journey::{Case, CaseState};
use crate::payments_escalation::Progress;
use crate::sla::{Class, Promises};
use crate::vocabulary::{Channel, Tier, Topic};

/// How a case ended, for its clocks.
#[derive(Clone, Copy)]
enum Ending {
    /// What was asked for was dealt with.
    Done(Timestamp),
    /// There was nothing to deal with any more.
    Dropped(Timestamp),
}

/// Whether the player was asked for something and has said nothing since. A case that goes back to a
/// queue meanwhile still waits for its player.
pub(super) fn waits_for_player(case: &Case) -> bool {
    let intake = &case.intake;
    let asked = !intake.evidence_requested.is_empty()
        && intake.unanswered_since.is_none()
        && intake.evidence_requested_at >= intake.last_player_message_at;
    case.state == CaseState::WaitingPlayer
        || (asked && matches!(case.state, CaseState::Queued | CaseState::Offered | CaseState::Assigned))
}

/// Whether the payment gateway has the next word.
pub(super) fn waits_for_third_party(case: &Case) -> bool {
    let progress = case.payments_escalation.progress;
    !case.state.is_over()
        && (case.state == CaseState::WaitingThirdParty
            || matches!(progress, Some(Progress::GatewayPending | Progress::Executing)))
}

impl Draft<'_> {
    /// What the case is promised as it stands.
    pub(super) fn promises(&self) -> Promises {
        let intake = &self.case.intake;
        self.rules.sla.promises(
            intake.channel.unwrap_or(Channel::Email),
            intake.topic.unwrap_or(Topic::Other),
            intake.player.as_ref().map_or(Tier::Standard, |player| player.tier),
            intake.self_exclusion_requested,
        )
    }

    /// The calendar that new clocks of the case run on: the team's, and for safety every moment.
    fn calendar(&self, class: Class) -> Calendar {
        match class {
            Class::ResponsibleGambling => Calendar::always(),
            _ => self.rules.team_calendar(self.team()).clone(),
        }
    }

    /// Starts what a case is promised when it first needs a human, or needs one again.
    pub(super) fn promise(&mut self) {
        let promises = self.promises();
        let calendar = self.calendar(promises.class);
        if !self.case.routing.clocks.contains_key(&ClockKind::FirstResponse) {
            self.start(ClockKind::FirstResponse, promises.first_response, &calendar, self.at, 0);
        }
        if self.open_clock(ClockKind::Resolution).is_none() {
            self.start(ClockKind::Resolution, promises.resolution, &calendar, self.at, 0);
        }
        self.set_horizon();
    }

    /// The player is told the moment by which the matter is meant to end. The only way to tell them a
    /// later one afterwards is an extension, with its reason.
    pub(super) fn set_horizon(&mut self) {
        let Some(horizon) = self.open_clock(ClockKind::Resolution).map(|clock| clock.breach_at) else {
            return;
        };
        if self.case.routing.horizon != Some(horizon) {
            self.record(HorizonSet { horizon });
        }
    }

    /// The case has moved to another team, or is of another class. A case that turned out to be about
    /// safety gets new clocks from now on; else time used stays used, and the rest is counted on the new
    /// team's calendar. A promise already broken stays broken.
    pub(super) fn promise_anew(&mut self, safety_from_now: bool) {
        let promises = self.promises();
        let calendar = self.calendar(promises.class);
        let before = self.open_clock(ClockKind::Resolution).map(|clock| clock.breach_at);
        if safety_from_now {
            self.stop(ClockKind::NextUpdate, self.at);
            self.start(ClockKind::FirstResponse, promises.first_response, &calendar, self.at, 0);
            self.start(ClockKind::Resolution, promises.resolution, &calendar, self.at, 0);
        } else {
            for (kind, span) in [
                (ClockKind::FirstResponse, Some(promises.first_response)),
                (ClockKind::NextUpdate, promises.next_update),
                (ClockKind::Resolution, Some(promises.resolution)),
            ] {
                let Some(clock) = self.open_clock(kind).filter(|clock| !clock.breached) else { continue };
                let Some(span) = span else {
                    self.stop(kind, self.at);
                    continue;
                };
                let same = (clock.target_seconds, clock.breach_seconds)
                    == (span.target_seconds, span.breach_seconds)
                    && clock.calendar == calendar.name();
                if !same {
                    let moment = self.not_before(clock.running_since, self.at);
                    let used_seconds = self.used_by(&clock, moment);
                    self.start(kind, span, &calendar, moment, used_seconds);
                }
            }
        }
        // An extension stands unless the clock was started again, to end sooner.
        let sooner = self
            .open_clock(ClockKind::Resolution)
            .map(|clock| clock.breach_at)
            .filter(|breach_at| safety_from_now || before.is_some_and(|before| *breach_at < before));
        if sooner.is_some() && sooner < self.case.routing.horizon {
            self.set_horizon();
        }
    }

    /// Makes the clocks do what the facts ask for. `spoken` says that an agent has just reached the
    /// player on the phone, which answers them as a reply does.
    pub(super) fn keep(&mut self, spoken: bool) {
        if self.case.routing.team.is_some() {
            self.keep_first_response(spoken);
            self.keep_next_update(spoken);
            self.keep_resolution();
            self.keep_jurisdiction();
        }
    }

    fn ending(&self) -> Option<Ending> {
        let intake = &self.case.intake;
        match self.case.state {
            CaseState::Closed if intake.resolution.is_none() => {
                Some(Ending::Done(intake.closed_at.unwrap_or(self.at)))
            }
            CaseState::Resolved | CaseState::Closed | CaseState::SelfServed => {
                Some(Ending::Done(intake.resolved_at.unwrap_or(self.at)))
            }
            state if state.is_over() => Some(Ending::Dropped(self.at)),
            _ => None,
        }
    }

    fn end(&mut self, kind: ClockKind, ending: Ending) {
        match ending {
            Ending::Done(moment) => self.meet(kind, moment),
            Ending::Dropped(moment) => self.stop(kind, moment),
        }
    }

    fn keep_first_response(&mut self, spoken: bool) {
        let Some(clock) = self.open_clock(ClockKind::FirstResponse) else { return };
        let intake = &self.case.intake;
        let answered = [intake.first_reply_at, intake.last_reply_at]
            .into_iter()
            .flatten()
            .find(|answered_at| *answered_at >= clock.started_at)
            .filter(|answered_at| intake.unanswered_since.is_none_or(|since| since > *answered_at));
        if let Some(moment) = answered.or_else(|| spoken.then_some(self.at)) {
            self.meet(ClockKind::FirstResponse, moment);
        } else if let Some(ending) = self.ending() {
            self.end(ClockKind::FirstResponse, ending);
        }
    }

    fn keep_next_update(&mut self, spoken: bool) {
        let kind = ClockKind::NextUpdate;
        if let Some(clock) = self.open_clock(kind) {
            let intake = &self.case.intake;
            let replied = intake.last_reply_at.filter(|at| {
                *at >= clock.started_at && intake.unanswered_since.is_none_or(|since| since > *at)
            });
            let asked = intake.evidence_requested_at.filter(|at| *at >= clock.started_at);
            if let Some(moment) = replied.or_else(|| spoken.then_some(self.at)) {
                self.meet(kind, moment);
            } else if let Some(ending) = self.ending() {
                self.end(kind, ending);
            } else if waits_for_player(&self.case) || intake.unanswered_since.is_none() {
                self.stop(kind, asked.unwrap_or(self.at));
            }
        }
        let promises = self.promises();
        if let (Some(since), Some(span), false, None) =
            (self.update_owed_since(), promises.next_update, spoken, self.open_clock(kind))
        {
            let calendar = self.calendar(promises.class);
            self.start(kind, span, &calendar, since.min(self.now), 0);
        }
    }

    /// Since when the player waits for an answer that no other clock measures.
    fn update_owed_since(&self) -> Option<Timestamp> {
        if self.ending().is_some()
            || waits_for_player(&self.case)
            || self.open_clock(ClockKind::FirstResponse).is_some()
        {
            return None;
        }
        let intake = &self.case.intake;
        let answered_at = [ClockKind::FirstResponse, ClockKind::NextUpdate]
            .into_iter()
            .filter_map(|kind| self.case.routing.clocks.get(&kind)?.ended_at)
            .max();
        let last_word_at = intake.last_player_message_at.max(intake.reopened_at);
        // A call answers the player without a written reply: then only a later word counts.
        [intake.unanswered_since, last_word_at.filter(|_| intake.unanswered_since.is_some())]
            .into_iter()
            .flatten()
            .find(|since| answered_at.is_none_or(|answered_at| *since >= answered_at))
    }

    fn keep_resolution(&mut self) {
        let kind = ClockKind::Resolution;
        let Some(clock) = self.open_clock(kind) else { return };
        if let Some(ending) = self.ending() {
            self.end(kind, ending);
            return;
        }
        let waiting_for = if waits_for_player(&self.case) {
            Some(WaitingFor::Player)
        } else {
            waits_for_third_party(&self.case).then_some(WaitingFor::ThirdParty)
        };
        let intake = &self.case.intake;
        let for_player = waiting_for == Some(WaitingFor::Player);
        let said_at = intake.last_player_message_at.filter(|_| for_player);
        // What was asked before the player's last word was answered by it: what is waited for now is something else,
        // and not before that word either.
        let asked_at = intake.evidence_requested_at.filter(|at| for_player && Some(*at) >= said_at);
        let waits_since = asked_at.unwrap_or(self.at).max(said_at.unwrap_or(Timestamp::MIN));
        let spoke_at = intake
            .last_player_message_at
            .filter(|at| clock.waiting_for == Some(WaitingFor::Player) && Some(*at) > clock.paused_at);
        match (clock.standing, waiting_for, spoke_at) {
            (ClockStanding::Running, Some(waiting_for), _) => self.pause(kind, waiting_for, waits_since),
            // The player's word ended the pause when it came, even if somebody is waited for again by now.
            (ClockStanding::Paused, again, Some(moment)) => {
                self.resume(kind, moment);
                if let Some(waiting_for) = again {
                    self.pause(kind, waiting_for, waits_since);
                }
            }
            (ClockStanding::Paused, None, None) => self.resume(kind, self.at),
            (ClockStanding::Paused, Some(_), None)
            | (ClockStanding::Running, None, _)
            | (ClockStanding::Met | ClockStanding::Stopped, ..) => {}
        }
    }

    fn keep_jurisdiction(&mut self) {
        let kind = ClockKind::Jurisdiction;
        if let Some(ending) = self.ending() {
            return self.end(kind, ending);
        }
        let is_privacy = self.case.intake.topic == Some(Topic::Privacy);
        let started_at = self.case.routing.clocks.get(&kind).map(|clock| clock.started_at);
        let open = self.open_clock(kind);
        if let Some(country) = self.case.intake.complaint_jurisdiction.clone() {
            let (span, from) = (self.rules.sla.jurisdiction(&country), started_at.unwrap_or(self.at));
            // A complaint about a subject request: the earlier of the two deadlines counts.
            let is_sooner = |clock: &Clock| {
                is_privacy && Calendar::always().add_working_time(from, span.breach()) < clock.breach_at
            };
            if open.as_ref().is_none_or(is_sooner) {
                self.start(kind, span, &Calendar::always(), from, 0);
            }
        } else if is_privacy && open.is_none() {
            let received_at = started_at.or(self.case.opened_at).unwrap_or(self.at);
            let span = self.rules.sla.subject_request(received_at);
            self.start(kind, span, &Calendar::always(), received_at, 0);
        } else if !is_privacy && open.is_some() {
            self.stop(kind, self.at);
        }
    }
}
