//! PDF.

use std::io::Write as _;

use evidence::{Limits, MediaType};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::{examined, reason, with_limits};

/// A document of these objects, the first of which is its catalogue.
pub(crate) fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut written = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    for (number, object) in objects.iter().enumerate() {
        written.extend(format!("{} 0 obj\n", number + 1).into_bytes());
        written.extend(object);
        written.extend(b"\nendobj\n");
    }
    written.extend(b"trailer\n<< /Root 1 0 R /Size 9 >>\nstartxref\n0\n%%EOF\n");
    written
}

fn with(more: &str) -> Vec<u8> {
    pdf(&[format!("<< /Type /Catalog /Pages 2 0 R {more} >>").into_bytes(), PAGES.to_vec()])
}

const PAGES: &[u8] = b"<< /Type /Pages /Kids [] /Count 0 >>";

pub(crate) fn plain() -> Vec<u8> {
    with("")
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< {dictionary} /Length {} >>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// A document with this object packed in an object stream.
fn hidden(object: &str, dictionary: &str) -> Vec<u8> {
    let content = format!("9 0 {object}");
    pdf(&[b"<< /Type /Catalog >>".to_vec(), PAGES.to_vec(), stream(dictionary, &packed(content.as_bytes()))])
}

const OBJECT_STREAM: &str = "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode";

#[tokio::test]
async fn a_plain_document_is_kept_as_it_came() {
    let noise: Vec<u8> = (0..200_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for file in [
        plain(),
        with("/OpenAction [3 0 R /Fit] /Lang (da) /Title (JavaScript for beginners \\( /x)"),
        with("/Annots [<< /A << /S /URI /URI (https://example.com) >> >>]"),
        pdf(&[
            b"<< >>".to_vec(),
            stream("/Filter /FlateDecode", &packed(&noise)),
            stream("/Subtype /Image", &noise),
        ]),
        hidden("<< /Type /Page /Contents 4 0 R >>", OBJECT_STREAM),
        [plain(), b"\r\n\0".to_vec()].concat(),
    ] {
        let kept = examined(&file).await.unwrap();
        assert_eq!((kept.media_type, kept.reencoded), (MediaType::Pdf, false));
        assert_eq!(kept.content, file);
    }
}

#[tokio::test]
async fn what_acts_by_itself_is_refused() {
    for action in [
        "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
        "/OpenAction << /S /Launch /F (cmd.exe) >>",
        "/AA << /O << /S /JavaScript /JS 5 0 R >> >>",
        "/Names << /JavaScript 4 0 R >>",
        "/A << /S /Rendition /JS (app.alert(1)) >>",
        "/AcroForm << /XFA 4 0 R >>",
        "/A << /S /SubmitForm /F (https://example.com) >>",
        "/A << /S /ImportData /F (x) >>",
        "/A << /S /GoToR /F (\\\\\\\\host\\\\share) >>",
        "/Annots [<< /Subtype /RichMedia >>]",
        "/A << /JS (x) >>",
    ] {
        assert_eq!(reason(&with(action)).await, "EVIDENCE_PDF_ACTIVE", "{action}");
    }
}

#[tokio::test]
async fn escapes_in_names_hide_nothing() {
    for action in [
        "/S /J#61vaScript",
        "/S /#4a#61#76#61#53#63#72#69#70#74",
        "/S /J#61va#53cript",
        "/#4aS (x)",
        "/L#61unch 1",
    ] {
        assert_eq!(reason(&with(action)).await, "EVIDENCE_PDF_ACTIVE", "{action}");
        assert_eq!(
            reason(&hidden(&format!("<< {action} >>"), OBJECT_STREAM)).await,
            "EVIDENCE_PDF_ACTIVE",
            "{action}"
        );
    }
    assert_eq!(reason(&with("/Embedded#46iles 1 0 R")).await, "EVIDENCE_PDF_EMBEDS_FILES");
    assert!(examined(&with("/Title#20 (x) /A#zz 1 /B#6")).await.is_ok(), "escapes that are none");
}

#[tokio::test]
async fn files_within_and_passwords_are_refused() {
    for embeds in [
        "/Names << /EmbeddedFiles 4 0 R >>",
        "/Type /Filespec /EF << /F 5 0 R >>",
        "/Annots [<< /Subtype /FileAttachment >>]",
    ] {
        assert_eq!(reason(&with(embeds)).await, "EVIDENCE_PDF_EMBEDS_FILES", "{embeds}");
    }
    let embedded = pdf(&[b"<< >>".to_vec(), stream("/Type /EmbeddedFile", b"MZ")]);
    assert_eq!(reason(&embedded).await, "EVIDENCE_PDF_EMBEDS_FILES");
    let elsewhere = pdf(&[b"<< >>".to_vec(), stream("/F (other.bin) /FFilter /FlateDecode", b"")]);
    assert_eq!(reason(&elsewhere).await, "EVIDENCE_PDF_EMBEDS_FILES");
    let mut encrypted = plain();
    let trailer = encrypted.windows(7).position(|window| window == b"/Size 9").unwrap();
    encrypted.splice(trailer..trailer, *b"/Encrypt 5 0 R ");
    assert_eq!(reason(&encrypted).await, "EVIDENCE_PDF_ENCRYPTED");
}

#[tokio::test]
async fn packed_objects_are_unpacked_and_searched() {
    let action = "<< /S /JavaScript /JS (app.alert(1)) >>";
    for dictionary in [
        OBJECT_STREAM,
        "/Type /Obj#53tm /N 1 /First 4 /Filter /Fl",
        "/N 1 /First 4 /Filter [ /FlateDecode ]",
        "/Type /XObject /Subtype /Image /N 1 /First 4 /Filter /Flate#44ecode",
        "/Type /ObjStm % a comment >> \n /N 1 /First 4 /Filter /FlateDecode /Note (>> stream ) /Id <3e3e>",
    ] {
        assert_eq!(reason(&hidden(action, dictionary)).await, "EVIDENCE_PDF_ACTIVE", "{dictionary}");
    }
    for short in ["<< /JS (x) >>", "<< /S/JS>>"] {
        assert_eq!(reason(&hidden(short, OBJECT_STREAM)).await, "EVIDENCE_PDF_ACTIVE");
    }
    assert_eq!(reason(&hidden("<< /EF 5 0 R >>", OBJECT_STREAM)).await, "EVIDENCE_PDF_EMBEDS_FILES");
    // Behind an end that is none, and without being packed at all.
    let late = format!("(endstream) {action}");
    assert_eq!(reason(&hidden(&late, OBJECT_STREAM)).await, "EVIDENCE_PDF_ACTIVE");
    let open = stream("/Type /ObjStm /N 1 /First 4", b"9 0 << /A (endstream) /JS (x) >>");
    assert_eq!(reason(&pdf(&[b"<< >>".to_vec(), open])).await, "EVIDENCE_PDF_ACTIVE");
}

#[tokio::test]
async fn objects_in_the_middle_of_a_stream_are_found() {
    // The table of objects may point anywhere, so into the bytes of another stream.
    let inner = hidden("<< /S /JavaScript >>", OBJECT_STREAM);
    let file = pdf(&[b"<< >>".to_vec(), stream("/Subtype /Image", &inner)]);
    assert_eq!(reason(&file).await, "EVIDENCE_PDF_ACTIVE");
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_refused() {
    for dictionary in [
        "/Type /ObjStm /N 1 /First 4 /Filter /LZWDecode",
        "/Type /ObjStm /N 1 /First 4 /Filter [ /ASCII85Decode /FlateDecode ]",
        "/Type /ObjStm /N 1 /First 4 /Filter [ /FlateDecode /FlateDecode ]",
        "/Type /ObjStm /N 1 /First 4 /Filter 7 0 R",
        "/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /DecodeParms << /Predictor 12 >>",
    ] {
        assert_eq!(reason(&hidden("<< >>", dictionary)).await, "EVIDENCE_PDF_UNREADABLE", "{dictionary}");
    }
    let damaged = pdf(&[b"<< >>".to_vec(), stream(OBJECT_STREAM, &packed(&[b'x'; 900])[..8])]);
    assert_eq!(reason(&damaged).await, "EVIDENCE_PDF_UNREADABLE");
    let deep = with(&"[".repeat(200));
    assert_eq!(reason(&deep).await, "EVIDENCE_PDF_UNREADABLE");
    let nested = with(&"1 0 obj << ".repeat(4_000));
    assert_eq!(reason(&nested).await, "EVIDENCE_PDF_UNREADABLE");
}

#[tokio::test]
async fn a_bomb_of_objects_is_not_unpacked_to_its_end() {
    let bomb = stream(OBJECT_STREAM, &packed(&vec![b' '; 100_000]));
    let limits = Limits { unpacked_bytes: 150_000, ..Limits::default() };
    let (one, two) = (pdf(std::slice::from_ref(&bomb)), pdf(&[bomb.clone(), bomb]));
    assert!(with_limits(&one, limits).await.is_ok());
    assert_eq!(with_limits(&two, limits).await.unwrap_err().reason(), "EVIDENCE_PDF_UNREADABLE");
}

#[tokio::test]
async fn nothing_may_stand_behind_the_end() {
    assert_eq!(reason(&[plain(), b"PK\x03\x04".to_vec()].concat()).await, "EVIDENCE_POLYGLOT");
    let tail = b"%PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0\n%%EOF\n".to_vec();
    assert_eq!(reason(&[plain(), tail].concat()).await, "EVIDENCE_POLYGLOT");
    let without_end = plain();
    assert_eq!(reason(&without_end[..without_end.len() - 6]).await, "EVIDENCE_DAMAGED");
}
