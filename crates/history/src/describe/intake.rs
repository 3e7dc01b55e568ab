//! Intake's facts in words.

use case::Case;
use case::intake::{
    AnswerSuggested, Author, CallbackRequested, CaseClassified, CaseOpened, CaseResolved, Event,
    EvidenceReceived, EvidenceRejected, EvidenceScreened, FeedbackGiven, HandedToHuman, MaskedKind,
    MessageReceived, PatternFlagged, ReplySent, SensitiveDataMasked, Source, VerificationQuestionsAnswered,
};
use uuid::Uuid;

use super::Sentence;
use super::wording::{by_channel, channel, count, evidence, language, list, moment, quote, spoken, word};

pub(super) fn describe(event: &Event, case: &Case) -> Sentence {
    let (act, fact) = (Sentence::Act, Sentence::Fact);
    match event {
        Event::CaseOpened(opened) => act(open(opened)),
        Event::CaseNumberIssued(issued) => fact(format!("the case got the number {}", issued.number)),
        Event::MessageReceived(message) => act(write(message)),
        Event::ReplySent(sent) => reply(sent),
        Event::NoteAdded(note) => act(format!("noted: {}", quote(&note.text))),
        Event::CaseClassified(classified) => classify(classified),
        Event::LanguageDetected(found) => {
            fact(format!("the language was found to be {}", language(found.language)))
        }
        Event::SelfExclusionRequested(_) => {
            Sentence::fact("the player asked to be excluded: no marketing from this moment")
        }
        Event::EvidenceRequested(asked) => act(format!(
            "asked the player for {}",
            list(&asked.kinds.iter().map(|kind| evidence(*kind).to_owned()).collect::<Vec<_>>())
        )),
        Event::EvidenceReceived(received) => act(receive(received)),
        Event::EvidenceScreened(screened) => fact(screen(screened, case)),
        Event::EvidenceOriginalKept(kept) => fact(format!(
            "the {} is also kept as it came, for whoever has to tell whether it was tampered with",
            named(case, kept.evidence_id)
        )),
        Event::UploadRefused(refused) => fact(format!(
            "a file sent as {} was refused and not kept: {}",
            evidence(refused.kind),
            refused.reason
        )),
        Event::EvidenceAccepted(good) => act(format!("accepted the {}", named(case, good.evidence_id))),
        Event::EvidenceRejected(rejected) => act(reject(rejected, case)),
        Event::SensitiveDataMasked(masked) => fact(mask(masked)),
        Event::VerificationQuestionsAnswered(answered) => fact(questions(answered)),
        Event::PlayerVerified(_) => Sentence::act("approved the identity check: every part passed"),
        Event::PlayerRefused(refused) => {
            act(format!("refused the identity check: {}", quote(&refused.reason)))
        }
        Event::AnswerSuggested(suggested) => fact(suggest(suggested)),
        Event::AnswerAccepted(good) => act(format!("said that the answer {} helped", good.article_id)),
        Event::HandedToHuman(handed) => fact(hand_over(handed)),
        Event::CallbackRequested(wish) => act(call_back(wish)),
        Event::CallbackCompleted(call) if call.reached => Sentence::act("called back and reached the player"),
        Event::CallbackCompleted(_) => Sentence::act("called back and reached nobody"),
        Event::ChannelSwitched(to) => {
            act(format!("moved the case from {} to {}", channel(to.from), channel(to.to)))
        }
        Event::ComplaintDeclared(declared) => {
            act(format!("declared a formal complaint under the rules of {}", declared.jurisdiction))
        }
        Event::CaseLinked(linked) => act(format!("linked the case with {}", linked.other)),
        Event::CaseMerged(merged) => act(format!("merged the case into {}", merged.into)),
        Event::CaseTagged(tagged) => act(format!("tagged the case {}", tagged.tag)),
        Event::PatternFlagged(flagged) => fact(pattern(flagged)),
        Event::CaseResolved(resolved) => act(resolve(resolved)),
        Event::CaseClosed(_) => Sentence::act("closed the case"),
        Event::CaseReopened(again) => act(format!("reopened the case: {}", quote(&again.reason))),
        Event::CaseRejected(put_away) => {
            act(format!("put the case away as no request: {}", quote(&put_away.reason)))
        }
        Event::CaseAbandoned(_) => Sentence::fact("the chat dropped before anybody could help"),
        Event::FeedbackGiven(feedback) => act(rate(feedback)),
    }
}

fn open(opened: &CaseOpened) -> String {
    let product = opened.product.as_ref().map_or_else(String::new, |product| format!(", about {product}"));
    let follows = if opened.previous_case.is_some() { ", following an earlier case" } else { "" };
    format!(
        "opened the case {}, in {}{product}{follows}",
        by_channel(opened.channel),
        language(opened.language)
    )
}

fn write(message: &MessageReceived) -> String {
    format!("wrote {}: {}", by_channel(message.channel), quote(&message.text))
}

fn reply(sent: &ReplySent) -> Sentence {
    let translated = if sent.machine_translated { " (machine translated)" } else { "" };
    let text = quote(&sent.text);
    match &sent.author {
        Author::Agent(_) => Sentence::Act(format!("replied{translated}: {text}")),
        Author::Bot => Sentence::Fact(format!("an automatic answer was sent{translated}: {text}")),
    }
}

fn classify(classified: &CaseClassified) -> Sentence {
    let topic = spoken(classified.topic.as_str());
    match &classified.source {
        Source::Agent => Sentence::Act(format!("classified the case as {topic}")),
        Source::Stated => Sentence::Fact(format!("the case was stated to be about {topic}")),
        Source::Rules { matched, .. } if matched.is_empty() => {
            Sentence::Fact(format!("the case was classified as {topic}: no known word was found"))
        }
        Source::Rules { matched, .. } => {
            Sentence::Fact(format!("the case was classified as {topic}, by the words {}", list(matched)))
        }
    }
}

fn named(case: &Case, evidence_id: Uuid) -> &'static str {
    case.intake.evidence(evidence_id).map_or("evidence", |found| evidence(found.kind))
}

fn receive(received: &EvidenceReceived) -> String {
    let size = match received.size_bytes {
        bytes @ ..1_000 => format!("{bytes} bytes"),
        bytes @ 1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        bytes => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    };
    let (kind, media_type) = (evidence(received.kind), &received.media_type);
    format!("sent the {kind} {} ({media_type}, {size})", quote(&received.file_name))
}

fn screen(screened: &EvidenceScreened, case: &Case) -> String {
    let what = named(case, screened.evidence_id);
    let written = if screened.reencoded { "written anew without metadata" } else { "searched and kept" };
    match &screened.scanned_by {
        Some(scanner) => format!("the {what} was scanned by {scanner} and {written}"),
        None => format!("the {what} was {written}; no scanner is configured"),
    }
}

fn reject(rejected: &EvidenceRejected, case: &Case) -> String {
    format!("rejected the {}: {}", named(case, rejected.evidence_id), spoken(rejected.reason.as_str()))
}

pub(super) fn mask(masked: &SensitiveDataMasked) -> String {
    let found: Vec<String> =
        [(MaskedKind::CardNumber, "card number"), (MaskedKind::SecurityCode, "security code")]
            .into_iter()
            .map(|(kind, name)| (masked.kinds.iter().filter(|one| **one == kind).count(), name))
            .filter(|(number, _)| *number > 0)
            .map(|(number, name)| count(number, name))
            .collect();
    format!("{} masked before anything was stored", list(&found))
}

fn questions(answered: &VerificationQuestionsAnswered) -> String {
    let (correct, asked) = (answered.correct, answered.asked);
    format!("the player answered {correct} of {asked} verification questions correctly")
}

fn suggest(suggested: &AnswerSuggested) -> String {
    format!("the answer {} was offered, in {}", suggested.article_id, language(suggested.language))
}

fn hand_over(handed: &HandedToHuman) -> String {
    match &handed.article_id {
        Some(article) => format!("the case was handed to a human: the answer {article} did not help"),
        None => "the case was handed to a human".to_owned(),
    }
}

fn call_back(wish: &CallbackRequested) -> String {
    match wish.not_before {
        Some(at) => format!("asked to be called back, not before {}", moment(at)),
        None => "asked to be called back as soon as possible".to_owned(),
    }
}

fn pattern(flagged: &PatternFlagged) -> String {
    let topic = spoken(flagged.topic.as_str());
    format!("a pattern: {} cases report the same fault ({topic}, {})", flagged.cases_seen, flagged.product)
}

fn resolve(resolved: &CaseResolved) -> String {
    format!("resolved the case as {}: {}", word(&resolved.resolution), quote(&resolved.summary))
}

fn rate(feedback: &FeedbackGiven) -> String {
    let comment = feedback.comment.as_ref().map_or_else(String::new, |text| format!(": {}", quote(text)));
    format!("rated the handling {} of 5{comment}", feedback.score)
}
