//! PDF: searched for whatever could act by itself, carry other files, or keep us from searching.
//!
//! Readers of PDF forgive almost everything, each in its own way, so that no parser reads what all of them do. This
//! is no parser: every place of the file where a name could stand is read as one, and every place where an object
//! could begin is read as one, whatever the file says about its own structure. What is packed in object streams is
//! unpacked and searched alike; what cannot be unpacked is refused. A harmless file may so be refused; then it is
//! printed anew.

mod names;
mod object;

use std::io::Read as _;

use flate2::read::ZlibDecoder;

use crate::{Limits, Refused};
use names::Name;
use object::Object;

/// What the file ends with.
const END: &[u8] = b"%%EOF";
/// Names of whatever acts: scripts, programs, forms that send, media.
const ACTIVE: &[&str] =
    &["JavaScript", "Launch", "RichMedia", "Rendition", "XFA", "ImportData", "SubmitForm", "GoToE", "GoToR"];
/// Names of whatever carries other files.
const EMBEDS: &[&str] = &["EmbeddedFile", "EmbeddedFiles", "FileAttachment"];
/// Names too short to be told from the noise of packed pictures: looked for in objects only.
const ACTIVE_IN_OBJECTS: &[&str] = &["JS"];
const EMBEDS_IN_OBJECTS: &[&str] = &["EF"];
/// Ways to pack a stream, other than the one that is unpacked here.
const OTHER_FILTERS: &[&str] = &[
    "ASCIIHexDecode",
    "AHx",
    "ASCII85Decode",
    "A85",
    "LZWDecode",
    "LZW",
    "RunLengthDecode",
    "RL",
    "CCITTFaxDecode",
    "CCF",
    "JBIG2Decode",
    "DCTDecode",
    "DCT",
    "JPXDecode",
    "Crypt",
    "Predictor",
];

/// Whether nothing in it acts.
///
/// # Errors
/// Names what is in the way.
pub(crate) fn check(content: &[u8], limits: &Limits) -> Result<(), Refused> {
    check_end(content)?;
    check_names(content)?;
    let mut unpacked_bytes = limits.unpacked_bytes;
    // Objects within objects within objects: reading each from its beginning must not take for ever.
    let mut effort = 4 * content.len() + 64 * 1024;
    for at in object::beginnings(content) {
        let Some(object) = Object::read(content, at, &mut effort)? else { continue };
        check_object(&object)?;
        if let Some(data) = object.stream
            && object.is_any(&["ObjStm", "First"])
        {
            check_packed(&object, &content[data..], &mut unpacked_bytes)?;
        }
    }
    Ok(())
}

/// Nothing may stand behind the end: readers of other kinds of files look there.
fn check_end(content: &[u8]) -> Result<(), Refused> {
    let end = content.windows(END.len()).rposition(|window| window == END);
    let end = end.ok_or_else(|| Refused::Damaged { problem: "PDF: it has no end".to_owned() })?;
    let rest = &content[end + END.len()..];
    if rest.iter().any(|byte| !byte.is_ascii_whitespace() && *byte != 0) {
        return Err(Refused::Polyglot { what: "it goes on behind the end of the PDF" });
    }
    Ok(())
}

/// Every name in these bytes, wherever it stands.
fn check_names(content: &[u8]) -> Result<(), Refused> {
    for name in names::all(content) {
        if name.is("Encrypt") {
            return Err(Refused::PdfEncrypted);
        }
        check_against(&name, ACTIVE, EMBEDS)?;
    }
    Ok(())
}

fn check_against(name: &Name<'_>, active: &[&'static str], embeds: &[&'static str]) -> Result<(), Refused> {
    if let Some(name) = active.iter().find(|active| name.is(active)) {
        return Err(Refused::PdfActive { name });
    }
    match embeds.iter().find(|embeds| name.is(embeds)) {
        Some(name) => Err(Refused::PdfEmbedsFiles { name }),
        None => Ok(()),
    }
}

fn check_object(object: &Object<'_>) -> Result<(), Refused> {
    for name in &object.names {
        check_against(name, ACTIVE_IN_OBJECTS, EMBEDS_IN_OBJECTS)?;
    }
    // The bytes of such a stream lie in another file.
    if object.stream.is_some() && object.is_any(&["FFilter", "FDecodeParms"]) {
        return Err(Refused::PdfEmbedsFiles { name: "FFilter" });
    }
    Ok(())
}

/// Unpacks an object stream and searches it. How long it says it is counts for nothing: packed data knows its end.
fn check_packed(object: &Object<'_>, data: &[u8], unpacked_bytes: &mut u64) -> Result<(), Refused> {
    let unreadable = |problem| Err(Refused::PdfUnreadable { problem });
    if object.is_any(OTHER_FILTERS) {
        return unreadable("objects are packed in an unusual way");
    }
    match object.names.iter().filter(|name| name.is("FlateDecode") || name.is("Fl")).count() {
        // Not packed: it was searched with all the rest.
        0 if !object.is_any(&["Filter", "F"]) => return check_unpacked(data),
        1 => {}
        _ => return unreadable("it does not say how objects are packed"),
    }
    let mut unpacked = Vec::new();
    let read = ZlibDecoder::new(data).take(*unpacked_bytes + 1).read_to_end(&mut unpacked);
    let length = unpacked.len() as u64;
    if length > *unpacked_bytes {
        return unreadable("its objects unpack to too much");
    }
    *unpacked_bytes -= length;
    check_unpacked(&unpacked)?;
    if read.is_err() { unreadable("packed objects are damaged") } else { Ok(()) }
}

/// Objects without noise around them: short names count as well.
fn check_unpacked(objects: &[u8]) -> Result<(), Refused> {
    check_names(objects)?;
    names::all(objects).try_for_each(|name| check_against(&name, ACTIVE_IN_OBJECTS, EMBEDS_IN_OBJECTS))
}
