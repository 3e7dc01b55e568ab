//! HEIC.

use evidence::{MediaType, Refused};

use crate::{contains, examined, pictures, reason};

/// A HEIC file as phones write it: a picture, Exif and XMP in one box of data.
pub(crate) struct Heic {
    brand: [u8; 4],
    size: (u32, u32),
    kinds: [[u8; 4]; 3],
    /// What lies between the items.
    gap: Vec<u8>,
    /// By how much Exif is said to begin too early.
    overlap: u32,
    behind: Vec<u8>,
}

impl Default for Heic {
    fn default() -> Self {
        let kinds = [*b"hvc1", *b"Exif", *b"mime"];
        Self {
            brand: *b"heic",
            size: (4032, 3024),
            kinds,
            gap: b"a gap".to_vec(),
            overlap: 0,
            behind: Vec::new(),
        }
    }
}

const PICTURE: &[u8] = b"\0\0\0\x10 coded with HEVC, and not looked into";
const XMP: &[u8] = b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>";

fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], &kind, content].concat()
}

fn full(kind: [u8; 4], version: u8, content: &[u8]) -> Vec<u8> {
    boxed(kind, &[&[version, 0, 0, 0][..], content].concat())
}

impl Heic {
    pub(crate) fn build(&self) -> Vec<u8> {
        let ftyp = boxed(*b"ftyp", &[&self.brand[..], &[0; 4], b"mif1", &self.brand].concat());
        let exif = pictures::exif(1);
        let data = [PICTURE, &self.gap, &exif, XMP].concat();
        // The places do not change how long `meta` is, so it is made twice.
        let meta_length = self.meta(0, exif.len()).len();
        let start = u32::try_from(ftyp.len() + meta_length + 8).unwrap();
        [ftyp, self.meta(start, exif.len()), boxed(*b"mdat", &data), self.behind.clone()].concat()
    }

    fn meta(&self, start: u32, exif: usize) -> Vec<u8> {
        let short = |number: usize| u16::try_from(number).unwrap().to_be_bytes();
        let long = |number: u32| number.to_be_bytes();
        let hdlr = full(*b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
        let entries: Vec<u8> = (1u8..)
            .zip(&self.kinds)
            .flat_map(|(id, kind)| {
                let kind_of_text: &[u8] = if kind == b"mime" { b"application/rdf+xml\0" } else { b"" };
                full(*b"infe", 2, &[&[0, id, 0, 0][..], kind, b"\0", kind_of_text].concat())
            })
            .collect();
        let iinf = full(*b"iinf", 0, &[&short(3)[..], &entries].concat());
        let lengths = [PICTURE.len(), exif, XMP.len()].map(|length| u32::try_from(length).unwrap());
        let gap = u32::try_from(self.gap.len()).unwrap();
        let offsets = [start, start + lengths[0] + gap - self.overlap, start + lengths[0] + gap + lengths[1]];
        let mut places = [&[0x44, 0x00][..], &short(3)].concat();
        for (id, (offset, length)) in (1u8..).zip(offsets.iter().zip(lengths)) {
            places.extend([&[0, id, 0, 0, 0, 1][..], &long(*offset), &long(length)].concat());
        }
        let size = [long(self.size.0), long(self.size.1)].concat();
        let iprp = boxed(*b"iprp", &boxed(*b"ipco", &full(*b"ispe", 0, &size)));
        full(
            *b"meta",
            0,
            &[hdlr, full(*b"pitm", 0, &[0, 1]), full(*b"iloc", 0, &places), iinf, iprp].concat(),
        )
    }
}

#[tokio::test]
async fn what_belongs_to_no_picture_is_wiped_where_it_lies() {
    let file = Heic { gap: b"PK\x03\x04 evil".to_vec(), ..Heic::default() }.build();
    assert!(contains(&file, b"SECRET-CAMERA") && contains(&file, b"SECRET-XMP") && contains(&file, b"evil"));
    let kept = examined(&file).await.unwrap();
    assert_eq!((kept.media_type, kept.reencoded), (MediaType::Heic, false));
    for secret in [b"SECRET".as_slice(), b"evil", &pictures::exif(1)[..8]] {
        assert!(!contains(&kept.content, secret), "{}", String::from_utf8_lossy(secret));
    }
    assert!(contains(&kept.content, PICTURE), "the picture is as it was");
    assert_eq!(kept.content.len(), file.len(), "nothing has moved");
    assert_eq!(examined(&kept.content).await.unwrap().content, kept.content, "and it is still one");
}

#[tokio::test]
async fn padding_is_wiped_too() {
    let behind =
        [boxed(*b"free", b"SECRET-FREE"), boxed(*b"uuid", &[&[7; 16][..], b"SECRET-UUID"].concat())].concat();
    let file = Heic { behind, ..Heic::default() }.build();
    assert!(!contains(&examined(&file).await.unwrap().content, b"SECRET"));
}

#[tokio::test]
async fn a_container_that_is_not_as_described_is_refused() {
    let whole = Heic::default().build();
    let behind = |behind: &[u8]| Heic { behind: behind.to_vec(), ..Heic::default() }.build();
    let kinds = |kind: &[u8; 4]| Heic { kinds: [*kind, *b"Exif", *b"mime"], ..Heic::default() }.build();
    for (what, file) in [
        ("cut off", whole[..whole.len() - 1].to_vec()),
        ("bytes behind the last box", behind(b"PK")),
        ("a box up to the end of the file", behind(b"\0\0\0\0free hidden")),
        ("a box beyond the end of the file", behind(b"\0\0\xFF\xFFfree")),
        ("a box smaller than its head", behind(b"\0\0\0\x04free")),
        ("a film", behind(&boxed(*b"moov", b""))),
        ("a second description", behind(&boxed(*b"meta", b"\0\0\0\0"))),
        ("an item of another kind", kinds(b"evil")),
        ("metadata within the picture", Heic { overlap: 9, ..Heic::default() }.build()),
    ] {
        assert_eq!(reason(&file).await, "EVIDENCE_DAMAGED", "{what}");
    }
}

#[tokio::test]
async fn every_place_where_it_may_be_cut_is_survived() {
    let whole = Heic::default().build();
    for length in 40..whole.len() {
        assert_eq!(reason(&whole[..length]).await, "EVIDENCE_DAMAGED", "cut at {length}");
    }
}

#[tokio::test]
async fn a_bomb_and_an_archive_are_refused() {
    let bomb = Heic { size: (60_000, 60_000), ..Heic::default() }.build();
    let refused = examined(&bomb).await.unwrap_err();
    assert_eq!(refused, Refused::TooManyPixels { width: 60_000, height: 60_000, limit: 50_000_000 });
    let end = boxed(*b"free", b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(reason(&Heic { behind: end, ..Heic::default() }.build()).await, "EVIDENCE_POLYGLOT");
    assert_eq!(
        reason(&Heic { brand: *b"avif", ..Heic::default() }.build()).await,
        "EVIDENCE_FORMAT_NOT_ACCEPTED"
    );
}
