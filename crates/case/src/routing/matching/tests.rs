use super::*;

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    moment("2026-06-05T12:00:00Z")
}

fn id(text: &str) -> AgentId {
    text.parse().unwrap()
}

fn one(name: &str) -> AgentView {
    AgentView {
        agent_id: id(name),
        teams: vec![Team::Payments],
        languages: vec![Language::Da],
        skills: vec![Skill::Payments],
        presence: Presence::Available,
        load: 0,
        capacity: 6,
        last_assigned_at: None,
    }
}

fn entry() -> QueueEntry {
    QueueEntry {
        team: Team::Payments,
        language: Language::Da,
        channel: Channel::Chat,
        skills: vec![Skill::Payments],
        preferred_agent: None,
        preferred_until: None,
        preferred_because: ChoiceReason::PreviousOwner,
        not_taken_by: Vec::new(),
    }
}

fn chosen(entry: &QueueEntry, agents: &[AgentView]) -> Option<String> {
    choose(entry, agents, noon()).map(|choice| choice.agent_id.to_string())
}

#[test]
fn team_presence_skills_and_room_are_required() {
    let table = [
        ("fits", one("a"), true),
        ("another team", AgentView { teams: vec![Team::General], ..one("a") }, false),
        ("no skill", AgentView { skills: vec![], ..one("a") }, false),
        ("away", AgentView { presence: Presence::Away, ..one("a") }, false),
        ("offline", AgentView { presence: Presence::Offline, ..one("a") }, false),
        ("room for a chat", AgentView { load: 4, ..one("a") }, true),
        ("room for an e-mail only", AgentView { load: 5, ..one("a") }, false),
    ];
    for (what, agent, fits) in table {
        assert_eq!(chosen(&entry(), &[agent]).is_some(), fits, "{what}");
    }
    assert_eq!(choose(&entry(), &[], noon()), None);
}

#[test]
fn a_call_needs_an_agent_who_has_nothing_else() {
    let call = QueueEntry { channel: Channel::Phone, ..entry() };
    assert_eq!(chosen(&call, &[AgentView { load: 1, ..one("a") }]), None);
    assert_eq!(choose(&call, &[one("a")], noon()).unwrap().weight, 6);
}

#[test]
fn a_native_speaker_is_waited_for_and_without_any_a_machine_translates() {
    let polish = AgentView { languages: vec![Language::Pl], ..one("pl") };
    let danish_but_away = AgentView { presence: Presence::Away, ..one("da") };
    assert_eq!(chosen(&entry(), &[polish.clone(), danish_but_away]), None);
    let choice = choose(&entry(), std::slice::from_ref(&polish), noon()).unwrap();
    assert_eq!((choice.agent_id, choice.speaks_language), (polish.agent_id, false));
}

#[test]
fn the_least_loaded_share_comes_first_then_the_longest_without_a_case() {
    let half = AgentView { load: 3, ..one("half") };
    let third = AgentView { load: 4, capacity: 12, ..one("third") };
    assert_eq!(chosen(&entry(), &[half, third]).unwrap(), "third");
    let lately = AgentView { last_assigned_at: Some(moment("2026-06-05T11:00:00Z")), ..one("a-lately") };
    let earlier = AgentView { last_assigned_at: Some(moment("2026-06-05T10:00:00Z")), ..one("b-earlier") };
    assert_eq!(chosen(&entry(), &[lately.clone(), earlier.clone()]).unwrap(), "b-earlier");
    assert_eq!(chosen(&entry(), &[lately, earlier, one("c-never")]).unwrap(), "c-never");
    assert_eq!(chosen(&entry(), &[one("b"), one("a")]).unwrap(), "a");
}

#[test]
fn whoever_is_preferred_and_present_has_the_case_to_themselves_for_a_while() {
    let until = |text: &str| QueueEntry {
        preferred_agent: Some(id("mette")),
        preferred_until: Some(moment(text)),
        ..entry()
    };
    let (waits, over) = (until("2026-06-05T12:01:00Z"), until("2026-06-05T12:00:00Z"));
    let mette = AgentView { load: 2, ..one("mette") };
    let choice = choose(&waits, &[one("lars"), mette.clone()], noon()).unwrap();
    assert_eq!((choice.agent_id, choice.reason), (id("mette"), ChoiceReason::PreviousOwner));
    let busy = AgentView { load: 6, ..mette.clone() };
    let away = AgentView { presence: Presence::Away, ..mette.clone() };
    let gone = AgentView { presence: Presence::Offline, ..mette.clone() };
    assert_eq!(chosen(&waits, &[one("lars"), busy]), None);
    assert_eq!(chosen(&waits, &[one("lars"), away]), None);
    assert_eq!(chosen(&waits, &[one("lars"), gone]).unwrap(), "lars");
    assert_eq!(chosen(&waits, &[one("lars")]).unwrap(), "lars");
    assert_eq!(chosen(&over, &[one("lars"), mette.clone()]).unwrap(), "lars");
    let declined = QueueEntry { not_taken_by: vec![id("mette")], ..waits };
    assert_eq!(chosen(&declined, &[one("lars"), mette]).unwrap(), "lars");
}

#[test]
fn those_who_did_not_take_it_are_asked_again_only_after_everybody_else() {
    let agents = [one("a"), one("b")];
    let mut entry = entry();
    for expected in ["a", "b", "a", "b"] {
        assert_eq!(chosen(&entry, &agents).unwrap(), expected);
        entry.not_taken_by.push(id(expected));
    }
}

#[test]
fn the_choice_names_everybody_who_could_have_been_chosen() {
    let choice =
        choose(&entry(), &[one("a"), AgentView { load: 6, ..one("full") }, one("b")], noon()).unwrap();
    let names: Vec<&str> = choice.candidates.iter().map(|candidate| candidate.agent_id.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
}
