//! Lines that fit a terminal, measured as they are seen: without colours, wide letters counted twice.

use anstream::adapter::strip_str;
use unicode_width::UnicodeWidthStr;

/// The columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    strip_str(text).to_string().width()
}

/// The text with spaces behind it, up to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Breaks a text between words so that no line is wider than `columns`; a longer word has a line of its
/// own. Its line breaks stay.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && width(&line) + 1 + width(word) > columns {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// `first`, then `text` beside it: broken to fit, and every further line set under the first.
pub(crate) fn hanging(first: &str, text: &str, columns: Option<usize>) -> String {
    /// With less room than this the text is not broken: it would be unreadable.
    const LEAST: usize = 20;
    let indent = width(first);
    let room = columns.map_or(0, |columns| columns.saturating_sub(indent));
    let lines = if room < LEAST { vec![text.to_owned()] } else { wrap(text, room) };
    format!("{first}{}", lines.join(&format!("\n{}", " ".repeat(indent))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::colour;

    #[test]
    fn lines_fit_and_words_stay_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable x", 4), ["unbreakable", "x"]);
        assert_eq!(wrap("a\nb", 10), ["a", "b"]);
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn colours_and_wide_letters_are_measured_as_they_are_seen() {
        assert_eq!(width(&colour::strong("på")), 2);
        assert_eq!(width("日本"), 4);
        assert_eq!(pad("ø", 3), "ø  ");
    }

    #[test]
    fn further_lines_are_set_under_the_first() {
        let text = hanging("  1  ", "one two three four five", Some(26));
        assert_eq!(text, "  1  one two three four\n     five");
        assert_eq!(hanging("  1  ", "one two three four five", None), "  1  one two three four five");
        assert_eq!(hanging("  1  ", "one two three four five", Some(10)), "  1  one two three four five");
    }
}
