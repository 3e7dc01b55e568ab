//! The stories: real support requests, played from beginning to end through the gRPC API, as an outside
//! client would. `casetrail dev --demo` shows them; the tests run the same ones and then look closer.
//!
//! A story checks what it sees on the way: it ends in an error when the system does not do what was
//! promised. Must never be here: anything that knows how the services work inside.
//!
//! To add one: a file named after what happens in it, a line in [`ALL`].

mod acts;
mod follow;
mod people;
mod stage;

mod bonus_missing;
mod identity_documents;
mod late_withdrawal;
mod one_fault_many_players;
mod self_exclusion;

use futures_util::future::BoxFuture;

pub use people::Person;
pub use stage::{Narrator, PassTime, Stage};

/// A story that was told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The cases it was about, by number, the main one first.
    pub cases: Vec<String>,
}

/// A story.
pub struct Story {
    /// The name of its file: `late_withdrawal`.
    pub name: &'static str,
    /// What happens, in one line.
    pub title: &'static str,
    /// Plays it.
    pub play: for<'a> fn(&'a Stage) -> BoxFuture<'a, anyhow::Result<Told>>,
}

/// Every story, in the order in which they are told.
pub const ALL: &[Story] = &[
    Story {
        name: "late_withdrawal",
        title: "Danish, chat: a withdrawal of 12,500.00 DKK has not arrived",
        play: |stage| Box::pin(late_withdrawal::play(stage)),
    },
    Story {
        name: "identity_documents",
        title: "Swedish, e-mail: a blurred passport, an old bill, and a card number that nobody may keep",
        play: |stage| Box::pin(identity_documents::play(stage)),
    },
    Story {
        name: "bonus_missing",
        title: "Polish, help centre: an instant answer that does not help, and a case that comes back",
        play: |stage| Box::pin(bonus_missing::play(stage)),
    },
    Story {
        name: "self_exclusion",
        title: "Norwegian, chat: a VIP's bonus question turns into a wish to be locked out",
        play: |stage| Box::pin(self_exclusion::play(stage)),
    },
    Story {
        name: "one_fault_many_players",
        title: "Danish, form and e-mail: fifteen players meet the same fault within an hour",
        play: |stage| Box::pin(one_fault_many_players::play(stage)),
    },
];
