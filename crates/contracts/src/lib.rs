//! The gRPC contracts: messages, clients and servers generated from `proto/`, and their descriptors.
//!
//! One module a stage, named as everywhere, and one for the history that every service serves. What a
//! method does, which states accept it and how it may refuse is written at the method, in the `.proto`
//! file and so in the docs here.
//!
//! `Debug` never prints what people wrote: see [`FreeTexts`]. What is hidden from masked readers: [`Confidential`].
//!
//! Never in here: anything written by hand but this file. What turns a message into a command belongs to
//! the service that answers it.
//!
//! To add a method: write it into `proto/`, with a comment on everything in it; `buf lint` and this
//! crate's tests tell what is missing.

/// Every file of `proto/` with its imports, as a serialised `google.protobuf.FileDescriptorSet`: what
/// gRPC reflection serves. Holds the options (field behaviour), not the comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/casetrail.binpb"));

/// Reaches every text of a message that people wrote, or that says who they are; those of the messages in it
/// too. Which fields these are is said in `build/free_texts.rs`.
pub trait FreeTexts {
    /// Calls `visit` for each.
    fn free_texts(&mut self, visit: &mut dyn FnMut(&mut String));
}

/// Reaches everything in a message that a reader is not shown who reads masked: every text that people wrote or
/// that says who they are, and every player's id. Which fields these are is said in `build/confidential.rs`.
pub trait Confidential {
    /// Calls `visit` for each, with the field's name; bytes are gone afterwards.
    fn confidential(&mut self, visit: &mut dyn FnMut(&'static str, &mut String));
}

/// Hides what is confidential in an encoded answer.
pub type Hide = fn(&[u8], &mut dyn FnMut(&'static str, &mut String)) -> Result<Vec<u8>, prost::DecodeError>;

/// What hides in the answer of the method at `path` (`/casetrail.intake.v1.IntakeService/GetCase`): each message of
/// it is read, `visit` replaces what is confidential, and what the contract does not know is left out. `None` where
/// there is no such method.
pub fn hide(path: &str) -> Option<Hide> {
    confidential::ANSWERS.iter().find(|(known, _)| *known == path).map(|(_, hide)| *hide)
}

/// Whether a field of this name is confidential, in whatever message or fact.
pub fn is_confidential(name: &str) -> bool {
    confidential::NAMES.binary_search(&name).is_ok()
}

fn hidden<M: prost::Message + Default + Confidential>(
    bytes: &[u8],
    visit: &mut dyn FnMut(&'static str, &mut String),
) -> Result<Vec<u8>, prost::DecodeError> {
    let mut message = M::decode(bytes)?;
    message.confidential(visit);
    Ok(message.encode_to_vec())
}

/// Bytes may be anything: none of them stay.
fn emptied<B: Default>(bytes: &mut B) {
    *bytes = B::default();
}

/// Stands for such a text in `Debug`: a request in a log line must not leak it.
struct Redacted;

impl std::fmt::Debug for Redacted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

mod free_texts {
    include!(concat!(env!("OUT_DIR"), "/free_texts.rs"));
}

mod confidential {
    include!(concat!(env!("OUT_DIR"), "/confidential.rs"));
}

macro_rules! stage {
    ($(#[$doc:meta])* $stage:ident) => {
        $(#[$doc])*
        pub mod $stage {
            /// Version 1: fields and methods are added, never changed.
            #[expect(
                clippy::all, clippy::pedantic, clippy::allow_attributes,
                reason = "generated; its comments are written and checked in proto/"
            )]
            pub mod v1 {
                include!(concat!(env!("OUT_DIR"), "/casetrail.", stringify!($stage), ".v1.rs"));
            }
        }
    };
}

stage! {
    /// Where a player's request becomes a case, and where it ends.
    intake
}

stage! {
    /// Which agent takes a case, in which order, and by when the player is answered.
    routing
}

stage! {
    /// Deposits and withdrawals that went wrong, and the money that sets them right.
    payments_escalation
}

stage! {
    /// What is said to players and teams.
    notifications
}

stage! {
    /// What happened to a case, and what it looked like at any moment; served by every service.
    history
}

stage! {
    /// What consumers of events do, and what they could not handle; served by every process.
    operations
}

stage! {
    /// What is held on a player as a whole, and for how long.
    privacy
}
