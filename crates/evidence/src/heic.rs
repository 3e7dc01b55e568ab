//! HEIC: no decoder of HEVC is at hand that is worth its risk, so the picture is kept as the phone coded it. The
//! container is read box by box, strictly, and whatever in it belongs to no picture (Exif and XMP with the place
//! where it was taken, and anything else in a gap) is overwritten with zeros where it lies, so that nothing moves.
//!
//! ISO/IEC 14496-12 (boxes, `meta`, `iloc`, `iinf`) and 23008-12 (HEIF).

use std::collections::HashMap;
use std::ops::Range;

use crate::{Limits, Refused};

/// What items of the file are picture. `iden` and `grid` are made of others, `tmap` brightens one.
const PICTURES: &[&[u8; 4]] = &[b"hvc1", b"grid", b"iden", b"iovl", b"tmap"];
/// What items say about the picture, and are wiped.
const METADATA: &[&[u8; 4]] = &[b"Exif", b"mime", b"uri "];
/// More items than this no phone makes; tiles of 50 megapixels are some 200.
const MOST_ITEMS: u32 = 2_000;

fn damaged(problem: &str) -> Refused {
    Refused::Damaged { problem: format!("HEIC: {problem}") }
}

/// Reads numbers and boxes off the front, and never beyond the end.
#[derive(Clone, Copy)]
struct Reader<'a> {
    content: &'a [u8],
    at: usize,
    end: usize,
}

/// A box: what it is, and where in the file its content lies.
struct Found {
    kind: [u8; 4],
    inside: Range<usize>,
}

impl<'a> Reader<'a> {
    fn new(content: &'a [u8], range: Range<usize>) -> Self {
        Self { content, at: range.start, end: range.end }
    }

    fn is_at_end(&self) -> bool {
        self.at == self.end
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Refused> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.end);
        let end = end.ok_or_else(|| damaged("a box ends before what is in it"))?;
        let taken = &self.content[self.at..end];
        self.at = end;
        Ok(taken)
    }

    /// A big-endian number of 0 to 8 bytes.
    fn number(&mut self, length: usize) -> Result<u64, Refused> {
        Ok(self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn small(&mut self, length: usize) -> Result<u32, Refused> {
        u32::try_from(self.number(length)?).map_err(|_| damaged("a number is too large"))
    }

    fn kind(&mut self) -> Result<[u8; 4], Refused> {
        let taken = self.take(4)?;
        taken.try_into().map_err(|_| damaged("a box has no kind"))
    }

    /// The version at the head of a full box.
    fn version(&mut self) -> Result<u32, Refused> {
        let version = self.small(1)?;
        self.take(3)?;
        Ok(version)
    }

    /// The next box. Its size has to be said: a box that reaches to the end of the file could hide anything.
    fn next_box(&mut self) -> Result<Found, Refused> {
        let start = self.at;
        let short = self.number(4)?;
        let kind = self.kind()?;
        let size = if short == 1 { self.number(8)? } else { short };
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size));
        let end = end.filter(|end| *end >= self.at && *end <= self.end);
        let end = end.ok_or_else(|| damaged("a box has an impossible size"))?;
        let inside = self.at..end;
        self.at = end;
        Ok(Found { kind, inside })
    }
}

/// The file without anything that is no picture.
///
/// # Errors
/// It is not what the standards describe, or has too many pixels.
pub(crate) fn wipe(mut content: Vec<u8>, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let file = File::read(&content)?;
    let meta = Meta::read(&content, file.meta.clone(), limits)?;
    let kept = meta.kept(&file.data)?;
    let gaps = meta.idat.iter().chain(&file.data).flat_map(|whole| gaps(whole, &kept));
    for gap in gaps.chain(file.padding.iter().cloned()).collect::<Vec<_>>() {
        content[gap].fill(0);
    }
    Ok(content)
}

/// The boxes of the file itself.
struct File {
    meta: Range<usize>,
    data: Vec<Range<usize>>,
    /// What no reader looks into, and anybody may write anything into.
    padding: Vec<Range<usize>>,
}

impl File {
    fn read(content: &[u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new(content, 0..content.len());
        if &reader.next_box()?.kind != b"ftyp" {
            return Err(damaged("it does not begin with its type"));
        }
        let (mut meta, mut data, mut padding) = (None, Vec::new(), Vec::new());
        while !reader.is_at_end() {
            let found = reader.next_box()?;
            match &found.kind {
                b"meta" if meta.is_none() => meta = Some(found.inside),
                b"mdat" => data.push(found.inside),
                b"free" | b"skip" | b"uuid" => padding.push(found.inside),
                _ => return Err(damaged("it holds more than a still picture")),
            }
        }
        let meta = meta.ok_or_else(|| damaged("it says nothing about its picture"))?;
        Ok(Self { meta, data, padding })
    }
}

/// What the file says about its items.
#[derive(Default)]
struct Meta {
    kinds: HashMap<u32, [u8; 4]>,
    places: Vec<Place>,
    idat: Option<Range<usize>>,
}

/// Where a piece of an item lies.
struct Place {
    item: u32,
    /// In the box of data inside `meta`; otherwise counted from the beginning of the file.
    in_idat: bool,
    offset: u64,
    length: u64,
}

impl Meta {
    fn read(content: &[u8], range: Range<usize>, limits: &Limits) -> Result<Self, Refused> {
        let mut reader = Reader::new(content, range);
        reader.version()?;
        let (mut meta, mut is_picture, mut has_size) = (Self::default(), false, false);
        while !reader.is_at_end() {
            let found = reader.next_box()?;
            let mut inside = Reader::new(content, found.inside.clone());
            match &found.kind {
                b"hdlr" => {
                    inside.take(8)?;
                    is_picture = &inside.kind()? == b"pict";
                }
                b"iinf" => meta.read_kinds(inside)?,
                b"iloc" => meta.read_places(inside)?,
                b"idat" if meta.idat.is_none() => meta.idat = Some(found.inside),
                b"iprp" => has_size = check_sizes(content, inside, limits)?,
                b"pitm" | b"iref" | b"dinf" | b"grpl" => {}
                _ => return Err(damaged("it says more than is said of a picture")),
            }
        }
        if !is_picture || !has_size {
            return Err(damaged("it holds no picture with a size"));
        }
        Ok(meta)
    }

    /// `iinf`: what each item is.
    fn read_kinds(&mut self, mut reader: Reader<'_>) -> Result<(), Refused> {
        let count_length = if reader.version()? == 0 { 2 } else { 4 };
        let count = reader.small(count_length)?;
        if count > MOST_ITEMS {
            return Err(damaged("it has too many items"));
        }
        for _ in 0..count {
            let found = reader.next_box()?;
            let mut entry = Reader::new(reader.content, found.inside);
            let version = entry.version()?;
            if &found.kind != b"infe" || !(2..=3).contains(&version) {
                return Err(damaged("an item is not described"));
            }
            let item = entry.small(if version == 2 { 2 } else { 4 })?;
            entry.take(2)?;
            let kind = entry.kind()?;
            if !PICTURES.iter().chain(METADATA).any(|known| **known == kind) {
                return Err(damaged("an item is neither picture nor metadata"));
            }
            if self.kinds.insert(item, kind).is_some() {
                return Err(damaged("an item is described twice"));
            }
        }
        if reader.is_at_end() { Ok(()) } else { Err(damaged("items are left over")) }
    }

    /// `iloc`: where each item lies.
    fn read_places(&mut self, mut reader: Reader<'_>) -> Result<(), Refused> {
        let version = reader.version()?;
        if version > 2 {
            return Err(damaged("its places are of an unknown version"));
        }
        let sizes = reader.small(2)?;
        let length = |shift: u32| (sizes >> shift & 15) as usize;
        let (of_offset, of_length, of_base) = (length(12), length(8), length(4));
        let of_index = if version == 0 { 0 } else { length(0) };
        if [of_offset, of_length, of_base, of_index].iter().any(|length| *length > 8) {
            return Err(damaged("its places have impossible lengths"));
        }
        let of_item = if version < 2 { 2 } else { 4 };
        let count = reader.small(of_item)?;
        for _ in 0..count.min(MOST_ITEMS) {
            let item = reader.small(of_item)?;
            let method = if version == 0 { 0 } else { reader.small(2)? & 15 };
            let is_elsewhere = reader.small(2)? != 0;
            if method > 1 || is_elsewhere {
                return Err(damaged("an item lies in another item or file"));
            }
            let base = reader.number(of_base)?;
            for _ in 0..reader.small(2)? {
                reader.take(of_index)?;
                let offset = reader.number(of_offset)?.checked_add(base);
                let length = reader.number(of_length)?;
                let offset = offset.ok_or_else(|| damaged("an item has an impossible place"))?;
                self.places.push(Place { item, in_idat: method == 1, offset, length });
            }
        }
        if reader.is_at_end() { Ok(()) } else { Err(damaged("places are left over")) }
    }

    /// Where the pictures lie, in order. Every item has to lie in a box of data as a whole, and no metadata may
    /// lie where a picture does.
    fn kept(&self, data: &[Range<usize>]) -> Result<Vec<Range<usize>>, Refused> {
        let (mut kept, mut wiped) = (Vec::new(), Vec::new());
        for place in &self.places {
            let kind = self.kinds.get(&place.item).ok_or_else(|| damaged("a place belongs to no item"))?;
            let range = self.range(place, data)?;
            if PICTURES.contains(&kind) { kept.push(range) } else { wiped.push(range) }
        }
        if wiped.iter().any(|gone| kept.iter().any(|stays| gone.start < stays.end && stays.start < gone.end))
        {
            return Err(damaged("metadata lies within the picture"));
        }
        kept.sort_by_key(|range| range.start);
        Ok(kept)
    }

    fn range(&self, place: &Place, data: &[Range<usize>]) -> Result<Range<usize>, Refused> {
        let outside = || damaged("an item lies outside of the data");
        let number = |number: u64| usize::try_from(number).map_err(|_| outside());
        let boxes = if place.in_idat { self.idat.as_slice() } else { data };
        let from = if place.in_idat { self.idat.as_ref().ok_or_else(outside)?.start } else { 0 };
        let start = from.checked_add(number(place.offset)?).ok_or_else(outside)?;
        let end = start.checked_add(number(place.length)?).filter(|end| *end > start).ok_or_else(outside)?;
        let is_inside = boxes.iter().any(|whole| whole.start <= start && end <= whole.end);
        if is_inside { Ok(start..end) } else { Err(outside()) }
    }
}

/// `iprp`: how large each picture in the file is. Whether one was there.
fn check_sizes(content: &[u8], mut reader: Reader<'_>, limits: &Limits) -> Result<bool, Refused> {
    let mut has_size = false;
    while !reader.is_at_end() {
        let found = reader.next_box()?;
        if &found.kind != b"ipco" {
            continue;
        }
        let mut properties = Reader::new(content, found.inside);
        while !properties.is_at_end() {
            let property = properties.next_box()?;
            if &property.kind != b"ispe" {
                continue;
            }
            let mut size = Reader::new(content, property.inside);
            size.version()?;
            let (width, height) = (size.small(4)?, size.small(4)?);
            if u64::from(width) * u64::from(height) > limits.pixels {
                return Err(Refused::TooManyPixels { width, height, limit: limits.pixels });
            }
            has_size = true;
        }
    }
    Ok(has_size)
}

/// What of `whole` is in none of `kept`, which are in order.
fn gaps(whole: &Range<usize>, kept: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut gaps = Vec::new();
    let mut at = whole.start;
    for stays in kept.iter().filter(|stays| whole.start <= stays.start && stays.end <= whole.end) {
        if at < stays.start {
            gaps.push(at..stays.start);
        }
        at = at.max(stays.end);
    }
    if at < whole.end {
        gaps.push(at..whole.end);
    }
    gaps
}
