//! What a valid token says about its bearer.

use std::collections::BTreeSet;

use case::{Actor, Brand};
use jiff::Timestamp;

use crate::role::Role;

/// The brands somebody works for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brands {
    /// Every brand: the token says `*`.
    All,
    /// These.
    Only(BTreeSet<Brand>),
}

impl Brands {
    /// Whether `brand` is one of them.
    pub fn contains(&self, brand: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(brands) => brands.iter().any(|known| known.as_str() == brand),
        }
    }
}

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// As whom their acts are recorded.
    pub actor: Actor,
    /// What they are there for. At least one.
    pub roles: BTreeSet<Role>,
    /// For whom they work.
    pub brands: Brands,
    /// From when on they have to prove it anew; `None` where the proof has no end.
    pub until: Option<Timestamp>,
}
