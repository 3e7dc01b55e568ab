//! How answers look: for people, or as JSON for programs.

pub(crate) mod colour;
pub(crate) mod harmless;
pub(crate) mod history;
pub(crate) mod json;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod words;
pub(crate) mod wrap;

use std::io::{IsTerminal, Write};

use jiff::tz::TimeZone;
use serde_json::Value;

use self::harmless::harmless;
use crate::cli::Global;
use crate::problem::Problem;

/// Where and how answers are written.
pub(crate) struct Output {
    /// JSON instead of text.
    pub(crate) json: bool,
    /// The zone that times are shown in.
    pub(crate) zone: TimeZone,
    /// Columns of the terminal; `None` where nobody reads line by line (a pipe, a file).
    pub(crate) width: Option<usize>,
}

impl Output {
    /// As the command line asks.
    pub(crate) fn new(global: &Global) -> Result<Self, Problem> {
        let zone = time::zone(global.time_zone.as_deref())?;
        Ok(Self { json: global.json, zone, width: terminal_width() })
    }

    /// Text for people, in the system's time zone.
    pub(crate) fn of_terminal() -> Result<Self, Problem> {
        Ok(Self { json: false, zone: time::zone(None)?, width: terminal_width() })
    }

    /// Writes a text and ends its line. Colours are taken out where they do not belong.
    #[expect(clippy::unused_self, reason = "who writes has an output")]
    pub(crate) fn text(&self, text: &str) -> Result<(), Problem> {
        let mut stdout = anstream::stdout().lock();
        writeln!(stdout, "{}", harmless(text))?;
        stdout.flush()?;
        Ok(())
    }

    /// Writes one JSON document, indented.
    pub(crate) fn document(&self, value: &Value) -> Result<(), Problem> {
        self.text(&format!("{value:#}"))
    }

    /// Writes one JSON object on a line of its own.
    pub(crate) fn line(&self, value: &Value) -> Result<(), Problem> {
        self.text(&value.to_string())
    }
}

fn terminal_width() -> Option<usize> {
    let size = std::io::stdout().is_terminal().then(terminal_size::terminal_size)?;
    size.map(|(width, _)| usize::from(width.0))
}
