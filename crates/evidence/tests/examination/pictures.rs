//! JPEG and PNG.

use std::io::Cursor;

use evidence::{Limits, MediaType, Refused};
use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage};

use crate::{contains, examined, reason, with_limits};

/// A picture whose left half is red and whose right half is blue.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels =
        RgbImage::from_fn(
            width,
            height,
            |x, _| if x < width / 2 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) },
        );
    let mut written = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut written, format).unwrap();
    written.into_inner()
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, ImageFormat::Jpeg)
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, ImageFormat::Png)
}

/// Where a photo was taken (55° 40' N), by which camera and which way up, as cameras write it.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    // The first directory: which way up, and where the GPS directory lies.
    tiff.extend_from_slice(&2u16.to_le_bytes());
    tiff.extend(entry(0x0112, 3, 1, u32::from(orientation)));
    tiff.extend(entry(0x8825, 4, 1, 38));
    tiff.extend_from_slice(&0u32.to_le_bytes());
    assert_eq!(tiff.len(), 38);
    tiff.extend_from_slice(&2u16.to_le_bytes());
    tiff.extend(entry(1, 2, 2, u32::from(b'N')));
    tiff.extend(entry(2, 5, 3, 68));
    tiff.extend_from_slice(&0u32.to_le_bytes());
    for part in [55u32, 1, 40, 1, 0, 1] {
        tiff.extend_from_slice(&part.to_le_bytes());
    }
    tiff.extend_from_slice(b"SECRET-CAMERA");
    tiff
}

/// A photo with metadata and a comment in it.
fn photo(orientation: u8) -> Vec<u8> {
    let plain = jpeg(32, 16);
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker][..], &length, content].concat()
    };
    let exif = segment(0xE1, &[b"Exif\0\0".as_slice(), &exif(orientation)].concat());
    let xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET-XMP</x:xmpmeta>");
    let comment = segment(0xFE, b"SECRET-COMMENT");
    [&plain[..2], &exif, &xmp, &comment, &plain[2..]].concat()
}

/// Every marker of a JPEG up to its scan.
fn segments(jpeg: &[u8]) -> Vec<u8> {
    let mut at = 2;
    let mut found = Vec::new();
    while jpeg[at + 1] != 0xDA {
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

/// Every kind of chunk of a PNG.
fn chunks(png: &[u8]) -> Vec<String> {
    let mut at = 8;
    let mut found = Vec::new();
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        found.push(String::from_utf8_lossy(&png[at + 4..at + 8]).into_owned());
        at += 12 + length as usize;
    }
    found.dedup();
    found
}

#[tokio::test]
async fn a_photo_is_written_anew_without_the_place_where_it_was_taken() {
    let photo = photo(1);
    assert!(contains(&photo, b"SECRET-CAMERA") && contains(&photo, b"Exif"));
    let kept = examined(&photo).await.unwrap();
    assert_eq!((kept.media_type, kept.reencoded, kept.scanned_by), (MediaType::Jpeg, true, None));
    for secret in ["SECRET", "Exif", "xap/1.0"] {
        assert!(!contains(&kept.content, secret.as_bytes()), "{secret}");
    }
    // JFIF's own head, tables, the frame: no other application segment, no comment.
    let allowed = |marker: &u8| matches!(marker, 0xE0 | 0xDB | 0xC0 | 0xC4);
    assert!(segments(&kept.content).iter().all(allowed), "{:x?}", segments(&kept.content));
    assert!(segments(&photo).contains(&0xE1), "the test would not see it");
    let again = image::load_from_memory(&kept.content).unwrap();
    assert_eq!(again.dimensions(), (32, 16));
    assert!(again.get_pixel(1, 1).0[0] > 200 && again.get_pixel(30, 1).0[2] > 200);
    assert!(kept.content.ends_with(&[0xFF, 0xD9]));
}

#[tokio::test]
async fn what_the_camera_said_about_which_way_is_up_is_done_before_it_is_forgotten() {
    // 6: the camera was held upright; the picture has to be turned to the right.
    let kept = examined(&photo(6)).await.unwrap();
    let turned = image::load_from_memory(&kept.content).unwrap();
    assert_eq!(turned.dimensions(), (16, 32));
    assert!(turned.get_pixel(8, 1).0[0] > 200, "red was left and is on top");
    assert!(turned.get_pixel(8, 30).0[2] > 200, "blue was right and is at the bottom");
}

#[tokio::test]
async fn a_screenshot_is_written_anew_without_its_texts() {
    let plain = png(8, 6);
    let text = b"tEXtComment\0SECRET-COMMENT";
    let exif = [b"eXIf".as_slice(), &exif(1)].concat();
    let chunk = |content: &[u8]| {
        let length = u32::try_from(content.len() - 4).unwrap().to_be_bytes();
        [&length[..], content, &crc(content).to_be_bytes()].concat()
    };
    // Behind the head: its length, kind, 13 bytes and checksum.
    let (head, rest) = plain.split_at(8 + 25);
    let told = [head, &chunk(text), &chunk(&exif), rest].concat();
    assert_eq!(chunks(&told), ["IHDR", "tEXt", "eXIf", "IDAT", "IEND"]);
    let kept = examined(&told).await.unwrap();
    assert_eq!((kept.media_type, kept.reencoded), (MediaType::Png, true));
    assert_eq!(chunks(&kept.content), ["IHDR", "IDAT", "IEND"]);
    assert_eq!(image::load_from_memory(&kept.content).unwrap(), image::load_from_memory(&plain).unwrap());
}

/// The checksum of a PNG's chunk.
fn crc(content: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 },
        )
    };
    !content.iter().fold(!0, step)
}

#[tokio::test]
async fn an_archive_behind_a_picture_is_gone() {
    let zip = b"PK\x03\x04 evil.class PK\x01\x02 PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    for picture in [jpeg(8, 8), png(8, 8)] {
        let polyglot = [picture.as_slice(), zip].concat();
        let kept = examined(&polyglot).await.unwrap();
        assert!(!contains(&kept.content, b"PK\x05\x06") && !contains(&kept.content, b"evil"));
        assert_eq!(kept, examined(&picture).await.unwrap(), "nothing of it is left");
    }
}

#[tokio::test]
async fn a_bomb_is_refused_by_its_head() {
    // 50,000 x 50,000 pixels in a few bytes. There is nothing to decode: only the head can have told.
    let mut bomb = png(1, 1)[..33].to_vec();
    bomb[16..20].copy_from_slice(&50_000u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&50_000u32.to_be_bytes());
    let sum = crc(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum.to_be_bytes());
    bomb.extend_from_slice(&png(1, 1)[33..]);
    let refused = examined(&bomb).await.unwrap_err();
    assert_eq!(refused, Refused::TooManyPixels { width: 50_000, height: 50_000, limit: 50_000_000 });

    let mut bomb = jpeg(8, 8);
    let frame = bomb.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    assert_eq!(reason(&bomb).await, "EVIDENCE_TOO_MANY_PIXELS");
}

#[tokio::test]
async fn the_limits_are_exact() {
    let limits = |pixels| Limits { pixels, ..Limits::default() };
    assert!(with_limits(&png(10, 10), limits(100)).await.is_ok());
    assert_eq!(with_limits(&png(10, 10), limits(99)).await.unwrap_err().reason(), "EVIDENCE_TOO_MANY_PIXELS");
    let memory = |memory_bytes| Limits { memory_bytes, ..Limits::default() };
    assert_eq!(
        with_limits(&jpeg(10, 10), memory(299)).await.unwrap_err().reason(),
        "EVIDENCE_TOO_MANY_PIXELS"
    );
}

#[tokio::test]
async fn half_a_picture_is_none() {
    let png = png(64, 64);
    assert_eq!(reason(&png[..png.len() / 2]).await, "EVIDENCE_DAMAGED");
    assert_eq!(reason(&jpeg(64, 64)[..40]).await, "EVIDENCE_DAMAGED");
    assert_eq!(reason(b"\x89PNG\r\n\x1a\n and so on").await, "EVIDENCE_DAMAGED");
}

/// Found by the fuzzer: the decoder panics where the table of colours ends within a colour.
#[tokio::test]
async fn a_picture_that_makes_its_decoder_panic_is_refused_as_damaged() {
    let cut = include_bytes!("../../../../fuzz/corpus/pictures/png_palette_cut_short");
    assert_eq!(reason(cut).await, "EVIDENCE_DAMAGED");
}
