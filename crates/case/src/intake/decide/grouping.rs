//! What ties cases together: complaints, links, merges, tags, patterns.

use super::{Decision, Situation, self_service};
use crate::intake::command::{DeclareComplaint, FlagPattern, LinkCase, MergeCase, OtherCase, TagCase};
use crate::intake::event::{CaseLinked, CaseMerged, CaseTagged, ComplaintDeclared, Event, PatternFlagged};
use crate::intake::limits;
use crate::intake::refusal::Refusal;
use crate::intake::texts::Texts;
use crate::payments_escalation::Progress;

/// Accepted while the case is open; one jurisdiction a case.
pub(super) fn declare_complaint(at: Situation<'_>, declare: &DeclareComplaint) -> Decision {
    at.for_the_player()?;
    let jurisdiction = declare.jurisdiction.as_str();
    if jurisdiction.len() != 2 || !jurisdiction.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Refusal::JurisdictionInvalid { given: jurisdiction.chars().take(20).collect() });
    }
    match &at.case.intake.complaint_jurisdiction {
        Some(declared) if declared == jurisdiction => return Ok(Vec::new()),
        Some(declared) => return Err(Refusal::ComplaintAlreadyDeclared { jurisdiction: declared.clone() }),
        None => at.require_open()?,
    }
    let declared = Event::from(ComplaintDeclared { jurisdiction: jurisdiction.to_owned() });
    Ok(std::iter::once(declared).chain(self_service::hand_over(at)).collect())
}

/// Accepted in every state: two cases of one brand, of whatever players (one fault, many players).
pub(super) fn link(at: Situation<'_>, link: &LinkCase) -> Decision {
    at.not_a_player()?;
    same_brand(at, &link.other)?;
    if at.case.intake.linked.contains(&link.other.case) {
        return Ok(Vec::new());
    }
    Ok(vec![CaseLinked { other: link.other.case }.into()])
}

/// Accepted while the case is open and no money is at stake in it: into an open case of the same player.
pub(super) fn merge(at: Situation<'_>, merge: &MergeCase) -> Decision {
    if at.case.intake.merged_into == Some(merge.into.case) {
        return Ok(Vec::new());
    }
    at.agent()?;
    at.require_open()?;
    same_brand(at, &merge.into)?;
    if at.case.intake.player.as_ref().is_none_or(|player| player.player_id != merge.into.player_id) {
        return Err(Refusal::OtherPlayer);
    }
    if merge.into.is_over {
        return Err(Refusal::OtherCaseOver);
    }
    at.exclusion_allows()?;
    match at.case.payments_escalation.progress {
        None | Some(Progress::Executed | Progress::Refused | Progress::Returned) => {}
        Some(progress) => return Err(Refusal::PaymentUnderWay { progress: progress.as_str() }),
    }
    Ok(vec![CaseMerged { into: merge.into.case }.into()])
}

fn same_brand(at: Situation<'_>, other: &OtherCase) -> Result<(), Refusal> {
    if other.case == at.case.id {
        Err(Refusal::SameCase)
    } else if at.case.brand() == Some(&other.brand) {
        Ok(())
    } else {
        Err(Refusal::OtherBrand)
    }
}

/// Accepted in every state. Tags are compared in small letters.
pub(super) fn tag(at: Situation<'_>, tag: &TagCase) -> Decision {
    at.not_a_player()?;
    let mut texts = Texts::of(at.case, at.case.id.0);
    let tag = texts.required("tag", &tag.tag.to_lowercase(), limits::TAG_CHARACTERS)?;
    if at.case.intake.tags.contains(&tag) {
        return Ok(Vec::new());
    }
    Ok(std::iter::once(CaseTagged { tag }.into()).chain(texts.masked()).collect())
}

/// Comes from a reaction: too late, or about what the case no longer is, it records nothing.
pub(super) fn flag_pattern(at: Situation<'_>, flag: &FlagPattern) -> Decision {
    at.not_a_player()?;
    let intake = &at.case.intake;
    let fits = intake.topic == Some(flag.topic) && intake.product.as_ref() == Some(&flag.product);
    if at.case.state.is_over() || !fits || intake.patterns.contains(&flag.pattern_id) {
        return Ok(Vec::new());
    }
    Ok(vec![
        PatternFlagged {
            pattern_id: flag.pattern_id,
            topic: flag.topic,
            product: flag.product.clone(),
            cases_seen: flag.cases_seen,
        }
        .into(),
    ])
}
