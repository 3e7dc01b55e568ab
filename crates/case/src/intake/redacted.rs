//! `Debug` of the commands that carry what people wrote: without it. A command in a log line must not leak a text
//! before it was even masked.
//!
//! A new command with a text is named here, with the fields that may be shown.

use std::fmt;

use super::command::{
    AddNote, FlagPattern, GiveFeedback, NewPlayer, OpenCase, ReceiveMessage, RefuseVerification, RejectCase,
    ReopenCase, RequestCallback, ResolveCase, SendReply, TagCase, UploadEvidence,
};

macro_rules! debug_without_texts {
    ($($name:ident { $($shown:ident),* })+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        })+
    };
}

debug_without_texts! {
    NewPlayer { player_id, time_zone, tier, marketing_consent }
    OpenCase { brand, number, channel, player, language, language_source, message_id, topic, previous_case, articles }
    ReceiveMessage { message_id, channel }
    SendReply { message_id, machine_translated }
    AddNote { note_id }
    UploadEvidence { evidence_id, kind, media_type, size_bytes, sha256 }
    RefuseVerification {}
    RequestCallback { not_before }
    TagCase {}
    FlagPattern { pattern_id, topic, cases_seen }
    ResolveCase { resolution }
    ReopenCase {}
    RejectCase {}
    GiveFeedback { score }
}

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::super::tests::{file, id, opening, reply, says, solved};
    use super::*;
    use crate::vocabulary::EvidenceKind;

    #[test]
    fn no_command_prints_what_people_wrote() {
        let secret = || "secret words".to_owned();
        let mut open = opening("secret words");
        open.player.username = secret();
        open.player.email = Some("secret@player.example".to_owned());
        open.product = Some(secret());
        let commands: Vec<Command> = vec![
            open.into(),
            says(20, "secret words").into(),
            reply(21, "secret words").into(),
            UploadEvidence { file_name: secret(), ..file(22, EvidenceKind::Identity) }.into(),
            AddNote { note_id: id(23), text: secret() }.into(),
            ReopenCase { reason: secret() }.into(),
            RejectCase { reason: secret() }.into(),
            RefuseVerification { reason: secret() }.into(),
            TagCase { tag: secret() }.into(),
            GiveFeedback { score: 5, comment: Some(secret()) }.into(),
            RequestCallback { phone: secret(), not_before: None }.into(),
            ResolveCase { summary: secret(), ..solved() }.into(),
        ];
        for command in commands {
            let told = format!("{command:?}");
            assert!(!told.contains("secret"), "{told}");
            assert!(told.contains(command.name()), "{told} names itself");
        }
    }
}
