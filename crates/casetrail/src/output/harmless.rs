//! Takes out of a text what could steer the terminal: players write what agents read.

/// The text without control characters. Line breaks stay, and colours (`ESC [ ... m`), which are ours.
pub(crate) fn harmless(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = colour_length(rest).unwrap_or(letter.len_utf8());
        if length > letter.len_utf8() || letter == '\n' || !letter.is_control() {
            kept.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    kept
}

/// The bytes of the colour sequence at the start of a text, if there is one.
fn colour_length(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    codes[end..].starts_with('m').then_some("\u{1b}[".len() + end + "m".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::colour;

    #[test]
    fn words_lines_and_colours_stay() {
        let text = format!("{} på\nnæste", colour::strong("ja"));
        assert_eq!(harmless(&text), text);
    }

    #[test]
    fn what_steers_a_terminal_goes() {
        assert_eq!(harmless("a\u{1b}]0;title\u{7}b"), "a]0;titleb");
        assert_eq!(harmless("a\u{1b}[2Jb\rc\u{9b}d"), "a[2Jbcd");
        assert_eq!(harmless("\u{1b}["), "[");
    }
}
