//! What a file is, by its bytes.

use infer::MatcherType;

use crate::Refused;

/// A kind of file that may be evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// A document.
    Pdf,
    /// A photo.
    Jpeg,
    /// A screenshot.
    Png,
    /// A photo, as phones of today take it.
    Heic,
}

/// What is said of bytes in which no type was found.
const UNKNOWN: &str = "application/octet-stream";
/// How far readers of PDF look for its head, in bytes: they take a file for PDF that begins as something else.
const PDF_HEAD_WITHIN: usize = 1024;
/// How far markup is looked for behind white space and comments, in bytes.
const MARKUP_WITHIN: usize = 1024;
/// What is in archives that are office documents, of Microsoft's kind or the open one.
const OFFICE_PARTS: &[&[u8]] =
    &[b"[Content_Types].xml", b"word/", b"xl/", b"ppt/", b"application/vnd.oasis."];
/// How far in they are looked for, in bytes.
const OFFICE_WITHIN: usize = 4096;
/// The brands of HEIC: still pictures coded with HEVC.
const HEIC_BRANDS: &[&[u8; 4]] = &[b"heic", b"heix", b"heim", b"heis"];

impl MediaType {
    /// The type found in a file's bytes; its name is not asked.
    ///
    /// # Errors
    /// It is of no kind that is taken; the refusal says of which kind it is.
    pub fn of(content: &[u8]) -> Result<Self, Refused> {
        if content.is_empty() {
            return Err(Refused::Empty);
        }
        if content.starts_with(b"%PDF-") {
            Ok(Self::Pdf)
        } else if content.starts_with(b"\xFF\xD8\xFF") {
            Ok(Self::Jpeg)
        } else if content.starts_with(b"\x89PNG\r\n\x1A\n") {
            Ok(Self::Png)
        } else if is_heic(content) {
            Ok(Self::Heic)
        } else {
            Err(refused(content))
        }
    }

    /// As it is written, such as `image/jpeg`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Heic => "image/heic",
        }
    }
}

/// The major brand tells, or one of the compatible ones.
fn is_heic(content: &[u8]) -> bool {
    if content.get(4..8) != Some(b"ftyp") {
        return false;
    }
    let size = content.first_chunk().map_or(0, |size| u32::from_be_bytes(*size));
    let end = usize::try_from(size).unwrap_or(usize::MAX).min(content.len()).min(256);
    let brands = content.get(8..end).unwrap_or_default().chunks_exact(4);
    brands.enumerate().any(|(place, brand)| {
        // Behind the major brand stands its version.
        place != 1 && HEIC_BRANDS.iter().any(|known| brand == known.as_slice())
    })
}

/// Why these bytes are not taken.
fn refused(content: &[u8]) -> Refused {
    if let Some(media_type) = markup(content) {
        return Refused::Markup { media_type };
    }
    if content.starts_with(b"#!") {
        return Refused::Executable { media_type: "text/x-shellscript" };
    }
    if content.starts_with(b"\x7FELF") {
        return Refused::Executable { media_type: "application/x-executable" };
    }
    // Office documents before XML, installers and more share this container, and none is wanted.
    if content.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Refused::OfficeDocument { media_type: "application/x-ole-storage" };
    }
    if content.starts_with(b"PK\x03\x04") && OFFICE_PARTS.iter().any(|part| is_near_the_front(content, part))
    {
        return Refused::OfficeDocument { media_type: "application/vnd.openxmlformats" };
    }
    let head = &content[..content.len().min(PDF_HEAD_WITHIN)];
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Refused::Polyglot { what: "a PDF begins behind other bytes" };
    }
    let Some(found) = infer::get(content) else {
        return Refused::FormatNotAccepted { media_type: UNKNOWN };
    };
    let media_type = found.mime_type();
    match found.matcher_type() {
        MatcherType::App => Refused::Executable { media_type },
        MatcherType::Archive | MatcherType::Book => Refused::Archive { media_type },
        MatcherType::Doc => Refused::OfficeDocument { media_type },
        MatcherType::Text => Refused::Markup { media_type },
        _ => Refused::FormatNotAccepted { media_type },
    }
}

fn is_near_the_front(content: &[u8], part: &[u8]) -> bool {
    content[..content.len().min(OFFICE_WITHIN)].windows(part.len()).any(|window| window == part)
}

/// Which markup it is, if it is one. Browsers do not mind what stands before it.
fn markup(content: &[u8]) -> Option<&'static str> {
    let text = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let text = text.trim_ascii_start();
    if !text.starts_with(b"<") {
        return None;
    }
    let head = text[..text.len().min(MARKUP_WITHIN)].to_ascii_lowercase();
    let has = |tag: &[u8]| head.windows(tag.len()).any(|window| window == tag);
    if has(b"<svg") {
        Some("image/svg+xml")
    } else if has(b"<html") || has(b"<!doctype html") || has(b"<script") || has(b"<body") {
        Some("text/html")
    } else if has(b"<?xml") || has(b"<!--") || has(b"<!doctype") {
        Some("text/xml")
    } else {
        None
    }
}
