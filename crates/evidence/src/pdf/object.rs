//! Objects of PDF, as far as they matter here: the names in a dictionary, and where the stream behind it begins.

use super::names::{Name, is_regular, is_space};
use crate::Refused;

/// How deep dictionaries and arrays may lie in each other.
const DEEPEST: usize = 64;

/// A dictionary.
pub(crate) struct Object<'a> {
    /// Every name in it, keys and values, at every depth.
    pub(crate) names: Vec<Name<'a>>,
    /// Where its stream's bytes begin, if it has one.
    pub(crate) stream: Option<usize>,
}

/// Every place behind an `obj`, wherever that stands; `endobj` is none.
pub(crate) fn beginnings(content: &[u8]) -> impl Iterator<Item = usize> {
    let found = content.windows(3).enumerate().filter(|(_, window)| *window == b"obj");
    found.map(|(at, _)| at).filter(|at| !content[..*at].ends_with(b"end")).map(|at| at + 3)
}

impl<'a> Object<'a> {
    /// The dictionary that begins at `at`; `None` when there is none. Every byte read costs `effort`.
    pub(crate) fn read(content: &'a [u8], at: usize, effort: &mut usize) -> Result<Option<Self>, Refused> {
        let mut lexer = Lexer { content, at };
        lexer.skip_space();
        if !content[lexer.at..].starts_with(b"<<") {
            return Ok(None);
        }
        let start = lexer.at;
        let names = lexer.dictionary()?;
        let stream = lexer.stream();
        match effort.checked_sub(lexer.at - start) {
            Some(left) => *effort = left,
            None => return Err(Refused::PdfUnreadable { problem: "its objects lie in each other" }),
        }
        Ok(Some(Self { names, stream }))
    }

    /// Whether one of these names is in it.
    pub(crate) fn is_any(&self, names: &[&str]) -> bool {
        self.names.iter().any(|name| names.iter().any(|other| name.is(other)))
    }
}

struct Lexer<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.content[self.at.min(self.content.len())..]
    }

    fn skip_while(&mut self, is_part: impl Fn(u8) -> bool) {
        let rest = self.rest();
        self.at += rest.iter().position(|byte| !is_part(*byte)).unwrap_or(rest.len());
    }

    /// White space, and comments up to the end of their lines.
    fn skip_space(&mut self) {
        loop {
            self.skip_while(is_space);
            if !self.rest().starts_with(b"%") {
                return;
            }
            self.skip_while(|byte| !matches!(byte, b'\r' | b'\n'));
        }
    }

    /// The names up to the end of the dictionary that begins here. One without an end reaches to the end of the
    /// file.
    fn dictionary(&mut self) -> Result<Vec<Name<'a>>, Refused> {
        let mut names = Vec::new();
        let mut depth = 0usize;
        loop {
            self.skip_space();
            match self.rest() {
                [] => return Ok(names),
                [b'<', b'<', ..] | [b'[', ..] => {
                    depth += 1;
                    if depth > DEEPEST {
                        return Err(Refused::PdfUnreadable {
                            problem: "its objects lie too deep in each other",
                        });
                    }
                    self.at += if self.rest().starts_with(b"[") { 1 } else { 2 };
                }
                [b'>', b'>', ..] | [b']', ..] => {
                    self.at += if self.rest().starts_with(b"]") { 1 } else { 2 };
                    depth -= 1;
                    if depth == 0 {
                        return Ok(names);
                    }
                }
                [b'/', rest @ ..] => {
                    let (name, length) = Name::read(rest);
                    names.push(name);
                    self.at += 1 + length;
                }
                [b'(', ..] => self.string(),
                [b'<', ..] => {
                    self.skip_while(|byte| byte != b'>');
                    self.at += 1;
                }
                [byte, ..] if is_regular(*byte) => self.skip_while(is_regular),
                _ => self.at += 1,
            }
        }
    }

    /// A string in parentheses, which may have others in it.
    fn string(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.content.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    /// Where the stream behind a dictionary begins.
    fn stream(&mut self) -> Option<usize> {
        self.skip_space();
        let data = self.rest().strip_prefix(b"stream")?;
        self.at += b"stream".len();
        self.at += match data {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        Some(self.at.min(self.content.len()))
    }
}
