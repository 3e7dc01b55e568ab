//! Names of PDF: `/Launch`, which may also be written `/L#61unch`.

use std::borrow::Cow;

/// No name that we know is longer; what is goes on is not read.
const LONGEST: usize = 127;

/// A name, without its stroke and with its escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name<'a>(Cow<'a, [u8]>);

impl<'a> Name<'a> {
    /// The name that stands at the front of `content`, behind the stroke, and how many bytes it takes.
    pub(crate) fn read(content: &'a [u8]) -> (Self, usize) {
        let length = content.iter().take(LONGEST * 3).position(|byte| !is_regular(*byte));
        let length = length.unwrap_or(content.len().min(LONGEST * 3));
        let raw = &content[..length];
        let name = if raw.contains(&b'#') { Cow::Owned(resolved(raw)) } else { Cow::Borrowed(raw) };
        (Self(name), length)
    }

    pub(crate) fn is(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

/// Every name in these bytes, wherever it stands.
pub(crate) fn all(content: &[u8]) -> impl Iterator<Item = Name<'_>> {
    let strokes = content.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    strokes.map(|(at, _)| Name::read(&content[at + 1..]).0)
}

/// With each `#` and two hexadecimal digits as the byte that they stand for.
fn resolved(raw: &[u8]) -> Vec<u8> {
    let digit = |at: usize| raw.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut name = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        match (raw[at], digit(at + 1), digit(at + 2)) {
            (b'#', Some(high), Some(low)) => {
                name.extend(u8::try_from(high << 4 | low));
                at += 3;
            }
            (byte, ..) => {
                name.push(byte);
                at += 1;
            }
        }
    }
    name
}

/// Whether it may be part of a name, a number or a keyword.
pub(crate) fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !b"()<>[]{}/%".contains(&byte)
}

/// White space as PDF has it.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | b'\x0C' | b'\r' | b' ')
}
