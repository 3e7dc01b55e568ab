//! JPEG and PNG: decoded under limits, and written anew. What was not picture (places, names, thumbnails, other
//! files behind its end) does not survive that, whatever it was.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use crate::{Limits, MediaType, Refused};

/// Documents stay readable, and a second encoding is not seen.
const JPEG_QUALITY: u8 = 90;

/// The same picture, and nothing else.
///
/// # Errors
/// It has too many pixels, or cannot be decoded.
pub(crate) fn rewrite(content: &[u8], media_type: MediaType, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let format = if media_type == MediaType::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
    let picture = decode(content, format, limits)?;
    let mut written = Vec::new();
    let encoded = match format {
        ImageFormat::Png => picture.write_with_encoder(PngEncoder::new_with_quality(
            &mut written,
            CompressionType::Default,
            FilterType::Adaptive,
        )),
        _ => picture.write_with_encoder(JpegEncoder::new_with_quality(&mut written, JPEG_QUALITY)),
    };
    encoded.map_err(|error| damaged(&error))?;
    Ok(written)
}

/// Decodes, once the head has said how large it is: a bomb is refused before it goes off.
fn decode(content: &[u8], format: ImageFormat, limits: &Limits) -> Result<DynamicImage, Refused> {
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut guard = image::Limits::default();
    guard.max_alloc = Some(limits.memory_bytes);
    reader.limits(guard);
    let mut decoder = reader.into_decoder().map_err(|error| damaged(&error))?;
    let (width, height) = decoder.dimensions();
    let too_many = || Refused::TooManyPixels { width, height, limit: limits.pixels };
    if u64::from(width) * u64::from(height) > limits.pixels || decoder.total_bytes() > limits.memory_bytes {
        return Err(too_many());
    }
    // Which way is up is metadata too: it is turned now, or the player's passport lies on its side.
    let orientation = decoder.orientation().map_err(|error| damaged(&error))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| match error {
        ImageError::Limits(_) => too_many(),
        other => damaged(&other),
    })?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn damaged(error: &ImageError) -> Refused {
    Refused::Damaged { problem: error.to_string() }
}
