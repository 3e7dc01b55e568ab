//! Personal data inside an event: readable in memory, sealed wherever it is stored.
//!
//! `decide` produces [`Personal::Clear`]; the decision loop seals it before the append and opens it
//! after a read. When the player's key has been destroyed, what comes back is [`Personal::Erased`].

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text that tells something about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// Readable. Never stored by a running service: only in memory and in golden files.
    Clear(String),
    /// As it is stored.
    Sealed(SealedText),
    /// The key is gone, and with it the text, for good.
    Erased,
}

/// A sealed text: which key, and the bytes in base64 (nonce, ciphertext, tag).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SealedText {
    /// The data key's id.
    pub key: String,
    /// Nonce, ciphertext and tag, base64.
    pub data: String,
}

impl Personal {
    /// A readable text.
    pub fn new(text: impl Into<String>) -> Self {
        Self::Clear(text.into())
    }

    /// The text, if it can be read here and now.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Clear(text) => Some(text),
            Self::Sealed(_) | Self::Erased => None,
        }
    }

    /// The text, or a word in its place that says why there is none.
    pub fn text_or_placeholder(&self) -> &str {
        match self {
            Self::Clear(text) => text,
            Self::Sealed(_) => "[sealed]",
            Self::Erased => "[erased]",
        }
    }
}

/// Never prints the text: a debug line in a log must not leak it.
impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear(_) => "Personal(clear)",
            Self::Sealed(_) => "Personal(sealed)",
            Self::Erased => "Personal(erased)",
        })
    }
}

/// Reaches every [`Personal`] in a value, with the name of its field (which sealing authenticates).
pub trait VisitPersonal {
    /// Calls `visit` for each personal text, giving the field's path.
    fn visit_personal(&mut self, field: &'static str, visit: &mut dyn FnMut(&'static str, &mut Personal));
}

impl VisitPersonal for Personal {
    fn visit_personal(&mut self, field: &'static str, visit: &mut dyn FnMut(&'static str, &mut Personal)) {
        visit(field, self);
    }
}

impl VisitPersonal for Option<Personal> {
    fn visit_personal(&mut self, field: &'static str, visit: &mut dyn FnMut(&'static str, &mut Personal)) {
        if let Some(personal) = self {
            visit(field, personal);
        }
    }
}
