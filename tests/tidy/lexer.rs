//! As much of Rust's grammar as the rules need: what is comment, what is string, where the tests begin.

/// The code with every comment turned into spaces; line breaks stay, so line numbers do too.
pub(crate) fn without_comments(source: &str) -> String {
    blank(source, false)
}

/// The code with every comment and the content of every string turned into spaces.
pub(crate) fn without_comments_and_strings(source: &str) -> String {
    blank(source, true)
}

/// Where the first `#[cfg(test)] mod name {` of a file begins. Ours stand last in their file.
pub(crate) fn test_module_start(code: &str) -> Option<usize> {
    const ATTRIBUTE: &str = "#[cfg(test)]";
    code.match_indices(ATTRIBUTE).map(|(start, _)| start).find(|start| {
        let mut rest = code[start + ATTRIBUTE.len()..].trim_start();
        while rest.starts_with("#[") {
            rest = rest.split_once(']').map_or("", |(_, after)| after).trim_start();
        }
        let item = rest.split(['{', ';']).next().unwrap_or_default();
        item.trim_start_matches("pub ").starts_with("mod ") && rest[item.len()..].starts_with('{')
    })
}

/// Every string literal of a code without comments, with where it begins.
pub(crate) fn strings(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(piece) = next_piece(&code[rest..]) {
        let start = rest + piece.start;
        rest += piece.end;
        if piece.kind == Kind::String {
            let literal = code[start..rest].trim_start_matches(['r', 'b', 'c', '#']).trim_end_matches('#');
            found.push((start, literal.trim_matches('"').to_owned()));
        }
    }
    found
}

fn blank(source: &str, strings_too: bool) -> String {
    let mut kept = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(piece) = next_piece(rest) {
        kept.push_str(&rest[..piece.start]);
        let text = &rest[piece.start..piece.end];
        if piece.kind == Kind::Comment || (strings_too && piece.kind == Kind::String) {
            // A byte for a byte, so that offsets fit the source.
            kept.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            kept.push_str(text);
        }
        rest = &rest[piece.end..];
    }
    kept.push_str(rest);
    kept
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Comment,
    String,
    Character,
}

struct Piece {
    kind: Kind,
    start: usize,
    end: usize,
}

/// The next comment, string or character literal.
fn next_piece(code: &str) -> Option<Piece> {
    let bytes = code.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let rest = &code.as_bytes()[start..];
        let length = match rest {
            [b'/', b'/', ..] => Some((Kind::Comment, line_comment(rest))),
            [b'/', b'*', ..] => Some((Kind::Comment, block_comment(rest))),
            [b'"', ..] => Some((Kind::String, quoted(rest, b'"'))),
            [b'r', ..] if !is_inside_word(bytes, start) => {
                raw_string(rest).map(|length| (Kind::String, length))
            }
            [b'\'', b'\\', ..] => Some((Kind::Character, quoted(rest, b'\''))),
            [b'\'', ..] => character(&code[start..]).map(|length| (Kind::Character, length)),
            _ => None,
        };
        if let Some((kind, length)) = length {
            return Some(Piece { kind, start, end: start + length });
        }
        start += 1;
    }
    None
}

/// Whether the byte at `offset` continues an identifier (`br"..."` begins a literal, `for"` does not).
fn is_inside_word(bytes: &[u8], offset: usize) -> bool {
    let before = &bytes[..offset];
    let before = before.strip_suffix(b"b").or_else(|| before.strip_suffix(b"c")).unwrap_or(before);
    before.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn line_comment(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len())
}

fn block_comment(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    bytes.len()
}

fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn raw_string(bytes: &[u8]) -> Option<usize> {
    let hashes = bytes[1..].iter().take_while(|byte| **byte == b'#').count();
    let open = 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let inside = bytes[open + 1..].windows(close.len()).position(|window| window == close);
    Some(inside.map_or(bytes.len(), |length| open + 1 + length + close.len()))
}

/// The length of `'x'`; `None` for a lifetime.
fn character(code: &str) -> Option<usize> {
    let letter = code[1..].chars().next()?;
    let end = 1 + letter.len_utf8();
    code[end..].starts_with('\'').then_some(end + 1)
}

#[test]
fn comments_vanish_and_what_looks_like_one_inside_a_string_stays() {
    let source = "let url = \"http://x\"; // tokio\n/* a /* nested */ one */ let quote = '\"'; // end";
    let code = without_comments(source);
    assert!(code.contains("http://x") && code.contains("let quote"), "{code}");
    assert!(!code.contains("tokio") && !code.contains("nested") && !code.contains("end"), "{code}");
    assert_eq!(code.len(), source.len());
    assert!(!without_comments_and_strings(source).contains("http"));
}

#[test]
fn raw_strings_lifetimes_and_escapes_do_not_derail_it() {
    let source = r##"fn f<'a>(x: &'a str) { let r = r#"a " // b"#; let e = "\"// c"; } // d"##;
    let code = without_comments(source);
    assert!(code.contains("// b") && code.contains("// c") && !code.contains("// d"), "{code}");
    let literals: Vec<_> = strings(&code).into_iter().map(|(_, literal)| literal).collect();
    assert_eq!(literals, ["a \" // b", "\\\"// c"]);
}

#[test]
fn the_tests_of_a_file_begin_at_its_test_module() {
    let code = "#[cfg(test)]\nuse x;\nfn f() {}\n#[cfg(test)]\n#[expect(lint)]\nmod tests {\n}";
    assert_eq!(test_module_start(code), code.rfind("#[cfg(test)]"));
    assert_eq!(test_module_start("#[cfg(test)]\nmod tests;"), None);
}
