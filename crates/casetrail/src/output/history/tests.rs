//! The view against golden files: plain for its words, coloured for its colours.

use std::path::Path;

use anstream::adapter::strip_str;

use super::*;

fn at(text: &str) -> prost_types::Timestamp {
    let moment: jiff::Timestamp = text.parse().unwrap();
    prost_types::Timestamp { seconds: moment.as_second(), nanos: moment.subsec_nanosecond() }
}

fn actor(kind: pb::ActorKind, id: &str) -> pb::Actor {
    pb::Actor { kind: kind as i32, id: id.to_owned(), teams: Vec::new() }
}

fn case() -> pb::Case {
    pb::Case {
        number: "NB-2026-000412-K".to_owned(),
        version: 9,
        state: pb::CaseState::Escalated as i32,
        player: Some(pb::Player {
            player_id: "p-1001".to_owned(),
            tier: pb::Tier::Vip as i32,
            ..pb::Player::default()
        }),
        channel: pb::Channel::Chat as i32,
        language_code: "da".to_owned(),
        topic: pb::Topic::Withdrawal as i32,
        opened_at: Some(at("2026-11-22T13:03:22Z")),
        team: pb::Team::Payments as i32,
        owner_agent_id: "mette".to_owned(),
        horizon: Some(at("2026-11-26T13:03:22Z")),
        clocks: vec![pb::Clock { breached: true, ..pb::Clock::default() }],
        ..pb::Case::default()
    }
}

fn entries() -> Vec<pb::Entry> {
    use pb::ActorKind::{Agent, Bot, Player, Service};
    [
        ("intake.case_opened", "2026-11-22T13:03:22Z", Player, "p-1001", "Player p-1001 opened the case by chat, in Danish"),
        ("intake.case_number_issued", "2026-11-22T13:03:22Z", Player, "p-1001", "The case got the number NB-2026-000412-K"),
        ("intake.case_classified", "2026-11-22T13:03:22Z", Player, "p-1001", "The case was classified as withdrawal, by the words udbetaling and penge"),
        ("routing.case_queued", "2026-11-22T13:03:23Z", Service, "routing", "The case was queued for payments"),
        ("routing.case_assigned", "2026-11-22T13:04:01Z", Agent, "mette", "Mette (payments) accepted the case and owns it"),
        ("notifications.notification_sent", "2026-11-22T13:04:02Z", Service, "notifications", "“agent introduction” was sent by webhook"),
        ("intake.note_added", "2026-11-22T13:05:00Z", Bot, "faq", "Bot faq noted: “a long note that has to be broken between its words, because no terminal is as wide as that”"),
        ("payments_escalation.payment_escalated", "2026-11-22T23:15:00Z", Agent, "mette", "Mette (payments) escalated to payments: withdrawal late, 12,500.00 DKK by bank transfer: “ikke kommet”"),
        ("intake.reply_sent", "2026-11-22T23:16:40Z", Agent, "a-17", "Agent a-17 (payments, vip) replied: “Vi arbejder på det.”"),
    ]
    .into_iter()
    .zip(1..)
    .map(|((name, recorded_at, kind, id, summary), version)| pb::Entry {
        version,
        r#type: name.to_owned(),
        recorded_at: Some(at(recorded_at)),
        actor: Some(actor(kind, id)),
        summary: summary.to_owned(),
        ..pb::Entry::default()
    })
    .collect()
}

fn view(zone: &str, columns: Option<usize>) -> String {
    let zone = TimeZone::get(zone).unwrap();
    let mut lines = Entries::new(&zone, columns);
    let mut text = heading(&case(), &zone, columns) + "\n";
    for entry in entries() {
        text += &(lines.next(&entry) + "\n");
    }
    text
}

/// Compares with the file; `UPDATE_GOLDEN=1` writes it anew.
fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/output/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, golden, "{name}");
}

#[test]
fn a_history_is_broken_to_the_terminals_width() {
    let text = strip_str(&view("Europe/Copenhagen", Some(80))).to_string();
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    assert_golden("history-80-columns.txt", &text);
}

#[test]
fn a_history_in_a_pipe_has_one_line_an_entry() {
    assert_golden("history-pipe.txt", &strip_str(&view("UTC", None)).to_string());
}

#[test]
fn a_history_is_coloured_by_stage_state_and_who_acted() {
    assert_golden("history-colours.txt", &view("Europe/Copenhagen", None));
}

#[test]
fn only_who_acted_is_the_subject() {
    use pb::ActorKind::{Agent, Player, Service};
    let of = |id: &str, kind, summary: &str| {
        let entry =
            pb::Entry { actor: Some(actor(kind, id)), summary: summary.to_owned(), ..pb::Entry::default() };
        summary[..subject(&entry)].to_owned()
    };
    assert_eq!(of("mette", Agent, "Mette (payments) closed the case"), "Mette (payments)");
    assert_eq!(of("mette", Agent, "Metteriet ringede"), "");
    assert_eq!(of("mette", Agent, "The offer to Mette expired"), "");
    assert_eq!(of("p-1", Player, "Player p-1 wrote by chat: “(ha)”"), "Player p-1");
    assert_eq!(of("p-1", Player, "Player p-11 wrote by chat: “ha”"), "");
    assert_eq!(of("routing", Service, "Routing did it"), "Routing");
}

#[test]
fn a_masked_fact_tells_who_did_what_and_what_is_no_secret() {
    let entry = pb::Entry {
        version: 3,
        r#type: "intake.message_received".to_owned(),
        recorded_at: Some(at("2026-11-22T13:03:22Z")),
        actor: Some(actor(pb::ActorKind::Player, MASKED)),
        summary: MASKED.to_owned(),
        details_json: r#"{"channel":"chat","text":"[masked]"}"#.to_owned(),
        ..pb::Entry::default()
    };
    let line = strip_str(&Entries::new(&TimeZone::UTC, None).next(&entry)).to_string();
    let told = r#"player [masked]: message received {"channel":"chat","text":"[masked]"}"#;
    assert!(line.ends_with(told), "{line}");
    let masked = pb::Case {
        player: Some(pb::Player { player_id: MASKED.to_owned(), ..pb::Player::default() }),
        ..case()
    };
    assert!(hint(&masked).is_some_and(|hint| hint.contains("--unmask")));
    assert_eq!(hint(&case()), None);
}
