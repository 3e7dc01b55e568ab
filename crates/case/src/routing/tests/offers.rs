use super::*;
use crate::journey::CaseState;
use crate::routing::agent::Presence;
use crate::vocabulary::Skill;

fn accept(offer: u128) -> Command {
    Command::AcceptOffer(AcceptOffer { offer_id: id(offer) })
}

fn decline(offer: u128) -> Command {
    Command::DeclineOffer(DeclineOffer { offer_id: id(offer) })
}

fn expire(offer: u128, agent_is_gone: bool) -> Command {
    Command::ExpireOffer(ExpireOffer { offer_id: id(offer), agent_is_gone })
}

fn claim(load: u32, capacity: u32) -> Command {
    Command::ClaimCase(ClaimCase { presence: Presence::Available, load, capacity })
}

fn release(story: &Story, who: &str, reason: ReleaseReason) -> Command {
    Command::ReleaseCase(ReleaseCase { rules: Arc::clone(&story.rules), agent_id: agent(who), reason })
}

fn waiting() -> Story {
    Story::triaged(Channel::Chat, Topic::Withdrawal, Tier::Standard)
}

#[test]
fn an_offer_is_taken_by_the_one_who_was_asked_and_in_time() {
    let mut story = waiting();
    story.offered("mette");
    assert_eq!(story.case.state, CaseState::Offered);
    assert_eq!(story.by_agent("lars", accept(100)), Err(Refusal::NotYourOffer { agent_id: agent("mette") }));
    assert_eq!(story.by_agent("mette", accept(101)), Err(Refusal::OfferNotFound));
    assert_eq!(story.ask(&Actor::player("p-1"), &accept(100)), Err(Refusal::ActorNotAllowed));
    assert_eq!(names(&story.by_agent("mette", accept(100)).unwrap()), ["case_assigned"]);
    assert_eq!(story.case.routing.owner, Some(agent("mette")));
    assert_eq!(story.case.routing.owner_weight, 2);
    assert_eq!(
        story.by_agent("lars", accept(100)),
        Err(Refusal::AlreadyAssigned { agent_id: agent("mette") })
    );
}

#[test]
fn an_answer_after_the_time_limit_is_too_late() {
    let mut story = waiting();
    story.offered("mette");
    let expires_at = story.now + SignedDuration::from_secs(60);
    story.pass(59);
    assert_eq!(story.by_service(expire(100, false)), []);
    story.pass(1);
    assert_eq!(story.by_agent("mette", accept(100)), Err(Refusal::OfferExpired { expires_at }));
    assert_eq!(names(&story.by_service(expire(100, false))), ["offer_expired", "case_queued"]);
    assert_eq!(story.by_agent("mette", accept(100)), Err(Refusal::OfferNotFound));
}

#[test]
fn a_declined_case_goes_back_with_its_original_queue_time() {
    let mut story = waiting();
    story.pass(30);
    story.offered("mette");
    assert_eq!(names(&story.by_agent("mette", decline(100)).unwrap()), ["offer_declined", "case_queued"]);
    let queued = story.case.routing.queued.as_ref().unwrap();
    assert_eq!(queued.queued_at, start());
    assert_eq!(queued.not_taken_by, [agent("mette")]);
    assert_eq!(story.case.state, CaseState::Queued);
    story.offer(101, "lars").unwrap();
    story.by_service(expire(101, true));
    assert_eq!(story.case.routing.queued.as_ref().unwrap().not_taken_by, [agent("mette"), agent("lars")]);
    assert_eq!(story.by_agent("lars", decline(101)), Ok(vec![]), "it ran out: declined is what it is");
    assert_eq!(story.by_agent("mette", decline(101)), Err(Refusal::OfferNotFound));
}

#[test]
fn an_agent_who_leaves_loses_the_offer_before_its_time() {
    let mut story = waiting();
    story.offered("mette");
    assert_eq!(names(&story.by_service(expire(100, true))), ["offer_expired", "case_queued"]);
}

#[test]
fn a_case_is_offered_to_one_agent_at_a_time_and_only_while_it_waits() {
    let mut story = waiting();
    story.offered("mette");
    assert_eq!(story.offer(101, "lars"), Err(Refusal::CaseOffered { agent_id: agent("mette") }));
    story.by_agent("mette", accept(100)).unwrap();
    assert_eq!(story.offer(102, "lars"), Err(Refusal::AlreadyAssigned { agent_id: agent("mette") }));
    story.resolved();
    assert_eq!(story.offer(103, "lars"), Err(Refusal::CaseNotQueued { state: CaseState::Resolved }));
}

#[test]
fn an_agent_claims_what_fits_and_belongs_to_their_team() {
    let mut story = waiting();
    let stranger = Actor::agent("eva", &[Team::General]);
    assert_eq!(story.ask(&stranger, &claim(0, 6)), Err(Refusal::NotInTeam { team: Team::Payments }));
    assert_eq!(
        story.by_agent("mette", claim(5, 6)),
        Err(Refusal::NoCapacity { load: 5, capacity: 6, weight: 2 })
    );
    let gone = Command::ClaimCase(ClaimCase { presence: Presence::Offline, load: 0, capacity: 6 });
    assert_eq!(
        story.by_agent("mette", gone),
        Err(Refusal::AgentNotAvailable { presence: Presence::Offline })
    );
    assert_eq!(names(&story.by_agent("mette", claim(4, 6)).unwrap()), ["case_assigned"]);
    assert_eq!(
        story.by_agent("lars", claim(0, 6)),
        Err(Refusal::AlreadyAssigned { agent_id: agent("mette") })
    );
    story.resolved();
    assert_eq!(story.by_agent("lars", claim(0, 6)), Err(Refusal::CaseOver { state: CaseState::Resolved }));
}

#[test]
fn a_case_that_is_offered_is_claimed_only_by_the_one_who_was_asked() {
    let mut story = waiting();
    story.offered("mette");
    assert_eq!(story.by_agent("lars", claim(0, 6)), Err(Refusal::CaseOffered { agent_id: agent("mette") }));
    // The offer itself is in her load already.
    assert_eq!(names(&story.by_agent("mette", claim(6, 6)).unwrap()), ["case_assigned"]);
}

#[test]
fn a_call_takes_all_of_an_agent() {
    let mut story = Story::triaged(Channel::Phone, Topic::Account, Tier::Standard);
    assert_eq!(
        story.by_agent("mette", claim(1, 6)),
        Err(Refusal::NoCapacity { load: 1, capacity: 6, weight: 6 })
    );
    story.by_agent("mette", claim(0, 6)).unwrap();
    assert_eq!(story.case.routing.owner_weight, 6);
}

#[test]
fn only_the_owner_gives_a_case_back() {
    let mut story = Story::owned(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    let (by_mette, by_lars) = (
        release(&story, "mette", ReleaseReason::Requested),
        release(&story, "lars", ReleaseReason::Requested),
    );
    assert_eq!(story.by_agent("lars", by_lars), Err(Refusal::NotOwner { agent_id: agent("lars") }));
    assert_eq!(story.by_agent("lars", by_mette.clone()), Err(Refusal::NotOwner { agent_id: agent("lars") }));
    story.pass(HOUR);
    assert_eq!(names(&story.by_agent("mette", by_mette).unwrap()), ["case_released", "case_queued"]);
    let queued = story.case.routing.queued.as_ref().unwrap();
    assert_eq!((queued.queued_at, queued.preferred_agent.as_ref()), (story.now, None));
    // How long the player has waited is not forgotten.
    assert_eq!(story.case.routing.priority.as_ref().unwrap().waiting_since, start());
}

#[test]
fn the_cases_of_an_agent_who_drops_out_wait_a_moment_for_them() {
    let mut story = Story::owned(Channel::Chat, Topic::Withdrawal, Tier::Standard);
    let gone = release(&story, "mette", ReleaseReason::AgentOffline);
    assert_eq!(story.by_agent("mette", gone.clone()), Err(Refusal::NotOwner { agent_id: agent("mette") }));
    story.by_service(gone);
    let queued = story.case.routing.queued.as_ref().unwrap();
    assert_eq!(queued.preferred_agent, Some(agent("mette")));
    let (asks, lars) = (release(&story, "lars", ReleaseReason::Requested), "lars");
    assert_eq!(story.by_agent(lars, asks), Err(Refusal::NotAssigned));
    let nobody = release(&story, "lars", ReleaseReason::AgentOffline);
    assert_eq!(story.by_service(nobody), []);
}

#[test]
fn skills_are_relaxed_one_by_one_after_their_waits_but_never_the_one_that_protects() {
    let relax =
        |story: &Story, skill| Command::RelaxSkill(RelaxSkill { rules: Arc::clone(&story.rules), skill });
    let mut story = Story::triaged(Channel::Email, Topic::Bonus, Tier::Vip);
    let (vip, bonuses) = (relax(&story, Skill::Vip), relax(&story, Skill::Bonuses));
    story.pass(5 * MINUTE - 1);
    assert_eq!(story.by_service(vip.clone()), []);
    story.pass(1);
    assert_eq!(story.by_service(bonuses.clone()), []);
    assert_eq!(names(&story.by_service(vip)), ["skill_relaxed"]);
    assert_eq!(story.by_service(bonuses.clone()), []);
    story.pass(5 * MINUTE);
    assert_eq!(names(&story.by_service(bonuses)), ["skill_relaxed"]);

    let mut story = Story::triaged(Channel::Email, Topic::Limits, Tier::Standard);
    story.pass(HOUR);
    let protects = relax(&story, Skill::ResponsibleGambling);
    assert_eq!(story.by_service(protects), []);
}
