//! A case and what happened to it, for people: who did what, when, in which team.

use contracts::history::v1 as pb;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use service_kit::masked::MASKED;

use super::wrap::{hanging, pad};
use super::{colour, time, words};

/// The longest stage name: lines stay aligned however they come.
const STAGE_COLUMNS: usize = "payments-escalation".len();

/// The case in three lines.
pub(crate) fn heading(case: &pb::Case, zone: &TimeZone, columns: Option<usize>) -> String {
    let name = if case.number.is_empty() { &case.case_id } else { &case.number };
    let state = colour::state(&words::spoken::<pb::CaseState>(case.state));
    let topic = words::spoken::<pb::Topic>(case.topic);
    let team = words::spoken::<pb::Team>(case.team);
    let owner = when(&case.owner_agent_id, |agent| format!("owned by {agent}"));
    let offered = when(&case.offered_to_agent_id, |agent| format!("offered to {agent}"));
    let resolution = when(&case.resolution, |word| format!("resolution: {}", word.replace('_', " ")));
    let standing =
        joined(&[state, topic, when(&team, |team| format!("team {team}")), owner, offered, resolution]);

    let player = case.player.as_ref().map_or_else(String::new, |player| {
        let tier = words::spoken::<pb::Tier>(player.tier);
        let tier = if tier == "vip" { " (VIP)" } else { "" };
        let erased = if player.erased { ", erased" } else { "" };
        format!("player {}{tier}{erased}", player.player_id)
    });
    let channel = words::spoken::<pb::Channel>(case.channel);
    let language = when(&case.language_code, |code| format!("language {code}"));
    let product = when(&case.product, |product| format!("about {product}"));
    let who = joined(&[player, channel, language, product]);

    let opened = when(&time::short(case.opened_at.as_ref(), zone), |at| format!("opened {at}"));
    let promised = when(&time::short(case.horizon.as_ref(), zone), |at| format!("answer promised by {at}"));
    let version = format!("version {}", case.version);
    let broken = case.clocks.iter().any(|clock| clock.breached);
    let broken = if broken { colour::error("a promise was broken") } else { String::new() };
    let times = joined(&[opened, promised, broken, version]);

    let first = format!("{}  ", colour::strong(name));
    [hanging(&first, &standing, columns), hanging("  ", &who, columns), hanging("  ", &times, columns)]
        .join("\n")
}

fn when(text: &str, told: impl FnOnce(&str) -> String) -> String {
    if text.is_empty() { String::new() } else { told(text) }
}

fn joined(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

/// What to say of a case whose player is not shown.
pub(crate) fn hint(case: &pb::Case) -> Option<String> {
    let is_masked = case.player.as_ref().is_some_and(|player| player.player_id == MASKED);
    let hint = "What people wrote and who they are is masked; --unmask with --purpose shows it.";
    is_masked.then(|| colour::faint(hint))
}

/// Writes entries one after the other, with a line for each new day.
pub(crate) struct Entries {
    zone: TimeZone,
    columns: Option<usize>,
    day: Option<Date>,
}

impl Entries {
    /// Before the first entry.
    pub(crate) fn new(zone: &TimeZone, columns: Option<usize>) -> Self {
        Self { zone: zone.clone(), columns, day: None }
    }

    /// The next entry, under its day's heading if that is a new one.
    pub(crate) fn next(&mut self, entry: &pb::Entry) -> String {
        let at = time::zoned(&entry.recorded_at.unwrap_or_default(), &self.zone);
        let new_day = self.day.replace(at.date()) != Some(at.date());
        let heading =
            if new_day { format!("\n{}\n", colour::strong(&time::day(&at))) } else { String::new() };
        let stage = entry.r#type.split('.').next().unwrap_or_default().replace('_', "-");
        let first = format!(
            "{}  {}  {}  ",
            colour::faint(&format!("{:>4}", entry.version)),
            time::of_day(&at),
            pad(&colour::stage(&stage), STAGE_COLUMNS)
        );
        let (who, what) = if entry.summary == MASKED {
            masked(entry)
        } else {
            let (who, what) = entry.summary.split_at(subject(entry));
            (who.to_owned(), what.to_owned())
        };
        let sentence = if who.is_empty() { what } else { format!("{}{what}", colour::strong(&who)) };
        format!("{heading}{}", hanging(&first, &sentence, self.columns))
    }
}

/// A fact without its sentence, which was masked: who acted, what was recorded, and what of it is no secret.
fn masked(entry: &pb::Entry) -> (String, String) {
    let actor = entry.actor.clone().unwrap_or_default();
    let who = format!("{} {}", words::spoken::<pb::ActorKind>(actor.kind), actor.id);
    let name = entry.r#type.split('.').next_back().unwrap_or_default().replace('_', " ");
    (who, format!(": {name} {}", entry.details_json))
}

/// How much of the summary names who acted: `Mette (payments)`. Nothing where nobody is named.
fn subject(entry: &pb::Entry) -> usize {
    let Some(actor) = &entry.actor else { return 0 };
    let summary = entry.summary.as_str();
    let named =
        summary.get(..actor.id.len()).filter(|start| start.eq_ignore_ascii_case(&actor.id)).map(str::len);
    let kind = ["Player ", "Agent ", "Bot ", "Service "].iter().find(|kind| summary.starts_with(**kind));
    let after_kind = kind.filter(|kind| summary[kind.len()..].starts_with(&actor.id));
    let Some(end) = named.or(after_kind.map(|kind| kind.len() + actor.id.len())) else { return 0 };
    match summary.as_bytes().get(end) {
        Some(b' ') => {}
        _ => return 0,
    }
    let teams = summary[end..].strip_prefix(" (").and_then(|rest| rest.find(')'));
    teams.map_or(end, |length| end + " (".len() + length + ")".len())
}

#[cfg(test)]
mod tests;
