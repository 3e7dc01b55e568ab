//! What a file is, by its bytes.

use evidence::MediaType;

use crate::{heic, pdfs, pictures, reason};

#[test]
fn the_four_kinds_are_known_by_their_bytes() {
    for (content, media_type) in [
        (pdfs::plain(), "application/pdf"),
        (pictures::jpeg(4, 3), "image/jpeg"),
        (pictures::png(4, 3), "image/png"),
        (heic::Heic::default().build(), "image/heic"),
    ] {
        assert_eq!(MediaType::of(&content).map(MediaType::as_str), Ok(media_type));
    }
}

#[tokio::test]
async fn other_kinds_are_refused_each_with_its_reason() {
    let mut tar = vec![0; 512];
    tar[257..263].copy_from_slice(b"ustar\0");
    let ole = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 a document of old";
    for (content, expected) in [
        (b"".as_slice(), "EVIDENCE_EMPTY"),
        (b"I am a text", "EVIDENCE_FORMAT_NOT_ACCEPTED"),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "EVIDENCE_FORMAT_NOT_ACCEPTED"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "EVIDENCE_FORMAT_NOT_ACCEPTED"),
        (b"\0\0\0\x18ftypavif\0\0\0\0avifmif1", "EVIDENCE_FORMAT_NOT_ACCEPTED"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "EVIDENCE_FORMAT_NOT_ACCEPTED"),
        (b"PK\x03\x04\x14\0 an archive", "EVIDENCE_ARCHIVE"),
        (b"7z\xBC\xAF\x27\x1C\0\x04", "EVIDENCE_ARCHIVE"),
        (b"Rar!\x1A\x07\x01\0", "EVIDENCE_ARCHIVE"),
        (b"\x1F\x8B\x08\0\0\0\0\0", "EVIDENCE_ARCHIVE"),
        (&tar, "EVIDENCE_ARCHIVE"),
        (ole, "EVIDENCE_OFFICE_DOCUMENT"),
        (&office(), "EVIDENCE_OFFICE_DOCUMENT"),
        (b"MZ\x90\0\x03\0\0\0 this program cannot be run in DOS mode", "EVIDENCE_EXECUTABLE"),
        (b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3E\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "EVIDENCE_EXECUTABLE"),
        (b"#!/bin/sh\nrm -rf /\n", "EVIDENCE_EXECUTABLE"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "EVIDENCE_MARKUP"),
        (b"\xEF\xBB\xBF <?xml version='1.0'?><!-- x --><svg/>", "EVIDENCE_MARKUP"),
        (b"\r\n <HTML><script>alert(1)</script></html>", "EVIDENCE_MARKUP"),
        (b"<!DOCTYPE html><title>x</title>", "EVIDENCE_MARKUP"),
    ] {
        assert_eq!(reason(content).await, expected, "{}", String::from_utf8_lossy(content));
    }
}

/// The beginning of a document of Word, as far as its kind shows.
fn office() -> Vec<u8> {
    let mut zip = Vec::new();
    for name in ["[Content_Types].xml", "_rels/.rels", "word/document.xml"] {
        zip.extend_from_slice(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        zip.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        zip.extend_from_slice(&[0, 0]);
        zip.extend_from_slice(name.as_bytes());
    }
    zip
}

#[tokio::test]
async fn a_pdf_behind_other_bytes_is_a_polyglot() {
    let behind = [b"GIF89a\x01\0\x01\0\0\0\0;".as_slice(), &pdfs::plain()].concat();
    assert_eq!(reason(&behind).await, "EVIDENCE_POLYGLOT");
    assert_eq!(reason(&[b"\n".as_slice(), &pdfs::plain()].concat()).await, "EVIDENCE_POLYGLOT");
}
