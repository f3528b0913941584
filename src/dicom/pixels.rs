//! A frame's voxels: decompressed, unused bits taken away, signs extended.

use super::dataset::{Codec, Content, Pixels};
use super::header::Layout;
use super::{DicomError, jpeg_ls};
use hayro_jpeg2000 as jpeg2000;
use jpeg_decoder as jpeg;

/// Columns or rows of one picture: a mosaic of 512² slices has 5632.
const LONGEST: u32 = 8192;
/// Voxels that a byte of an encoded picture may be, so that a short file takes little memory whatever it claims: a flat
/// picture of 1024² voxels is some 110 bytes in JPEG 2000, and twice this.
const MOST_OF_A_BYTE: usize = 1 << 14;

impl Layout {
    /// That its voxels can be read: told from the header alone.
    ///
    /// # Errors
    /// `Colour`, `PixelType`, `TransferSyntax` or `Dimensions`.
    pub fn check(&self) -> Result<(), DicomError> {
        let grey = self.samples == 1 && self.photometric == "MONOCHROME2";
        if !grey {
            return Err(if self.samples == 1 && self.photometric == "MONOCHROME1" {
                DicomError::Inverted
            } else {
                DicomError::Colour
            });
        }
        let Some(codec) = self.syntax.codec else { return Err(DicomError::TransferSyntax) };
        let (allocated, stored, high) = (self.bits_allocated, self.bits_stored, self.high_bit);
        let whole = match codec {
            Codec::Native => matches!(allocated, 8 | 16 | 32) && !(allocated == 8 && self.syntax.big_endian),
            _ => matches!(allocated, 8 | 16),
        };
        let within = (1..=allocated).contains(&stored) && high < allocated && high + 1 >= stored;
        if !whole || !within || self.pixels == Some(Pixels::Float) {
            return Err(DicomError::PixelType { allocated, stored, high });
        }
        if [self.columns, self.rows].iter().any(|n| !(1..=LONGEST).contains(n)) {
            return Err(DicomError::Dimensions { columns: self.columns, rows: self.rows });
        }
        Ok(())
    }

    /// Voxels of one frame.
    fn count(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// A word's value: the stored bits, with the sign where there is one.
    fn value(&self, word: u32) -> i32 {
        let unused = 32 - self.bits_stored;
        let above = word << (31 - self.high_bit);
        if self.signed { above as i32 >> unused } else { (above >> unused) as i32 }
    }

    /// The voxels of frame `index` of `frames`, first along a row. `content` must have been checked to have this
    /// layout.
    ///
    /// # Errors
    /// `Truncated`, `Decoding`, or what [`Layout::check`] finds.
    pub fn frame(&self, content: &Content<'_>, index: usize, frames: usize) -> Result<Vec<i32>, DicomError> {
        self.check()?;
        match self.pixels {
            Some(Pixels::Native { start, length }) if self.syntax.codec == Some(Codec::Native) => {
                self.native(&content.bytes, (start, length), index, frames)
            }
            Some(Pixels::Fragments { start }) => self.encapsulated(content, start, index, frames),
            _ => Err(DicomError::Decoding),
        }
    }

    fn native(
        &self,
        bytes: &[u8],
        (start, length): (usize, u64),
        index: usize,
        frames: usize,
    ) -> Result<Vec<i32>, DicomError> {
        let size = self.bits_allocated as usize / 8;
        let frame = self.count() as u64 * size as u64;
        let whole = frame.saturating_mul(frames as u64);
        if length < whole {
            return Err(DicomError::Truncated { expected: whole, found: length });
        }
        let there = (bytes.len() - start) as u64;
        // Checked to be less than what is there.
        let first = start + (frame * index as u64) as usize;
        let raw = (whole <= there).then(|| bytes.get(first..first + frame as usize)).flatten();
        let raw = raw.ok_or(DicomError::Truncated { expected: whole, found: there })?;
        let big = self.syntax.big_endian;
        Ok(match size {
            1 => raw.iter().map(|b| self.value(u32::from(*b))).collect(),
            2 => words::<2>(raw)
                .map(|b| if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) })
                .map(|word| self.value(u32::from(word)))
                .collect(),
            _ => words::<4>(raw)
                .map(|b| if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
                .map(|word| self.value(word))
                .collect(),
        })
    }

    fn encapsulated(
        &self,
        content: &Content<'_>,
        start: usize,
        index: usize,
        frames: usize,
    ) -> Result<Vec<i32>, DicomError> {
        let fragments = content.fragments(start)?;
        let (table, fragments) = fragments.split_first().ok_or(DicomError::Decoding)?;
        let joined;
        let stream: &[u8] = if fragments.len() == frames {
            fragments[index]
        } else {
            joined = together(table, fragments, index, frames)?;
            &joined
        };
        if stream.len().saturating_mul(MOST_OF_A_BYTE) < self.count() {
            return Err(DicomError::Decoding);
        }
        let (columns, rows) = (self.columns as usize, self.rows as usize);
        let words: Vec<u32> = match self.syntax.codec {
            Some(Codec::Rle) => run_lengths(stream, self.count(), self.bits_allocated as usize / 8)?,
            Some(Codec::Jpeg) => jpeg_words(stream, self.columns, self.rows)?,
            Some(Codec::JpegLs) => {
                jpeg_ls::decode(stream, columns, rows)?.into_iter().map(|v| v as u32).collect()
            }
            Some(Codec::Jpeg2000) => jpeg2000_words(stream, self.columns, self.rows)?,
            Some(Codec::Native) | None => return Err(DicomError::Decoding),
        };
        if words.len() != self.count() {
            return Err(DicomError::Decoding);
        }
        Ok(words.into_iter().map(|word| self.value(word)).collect())
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks::<N>().0.iter().copied()
}

/// A frame of several fragments, by the table of offsets.
fn together(table: &[u8], fragments: &[&[u8]], index: usize, frames: usize) -> Result<Vec<u8>, DicomError> {
    if frames == 1 {
        return Ok(fragments.concat());
    }
    let offsets: Vec<u64> = words::<4>(table).map(|b| u64::from(u32::from_le_bytes(b))).collect();
    if offsets.len() != frames {
        return Err(DicomError::Decoding);
    }
    let (from, to) = (offsets[index], offsets.get(index + 1).copied().unwrap_or(u64::MAX));
    let mut at = 0;
    let mut stream = Vec::new();
    for fragment in fragments {
        if (from..to).contains(&at) {
            stream.extend_from_slice(fragment);
        }
        // An item's tag and length stand before it.
        at += 8 + fragment.len() as u64;
    }
    Ok(stream)
}

/// DICOM's run lengths (PS3.5 annex G): one segment for each byte of a word, the highest first.
fn run_lengths(stream: &[u8], count: usize, size: usize) -> Result<Vec<u32>, DicomError> {
    let offset = |i: usize| {
        let at = stream.get(4 * i..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*at) as usize)
    };
    // Two bytes give 128 at most.
    if offset(0) != Some(size) || stream.len().saturating_mul(64) < count * size {
        return Err(DicomError::Decoding);
    }
    let mut words = vec![0_u32; count];
    for segment in 1..=size {
        let start = offset(segment).ok_or(DicomError::Decoding)?;
        let end = if segment == size { stream.len() } else { offset(segment + 1).unwrap_or(0) };
        let mut bytes = stream.get(start..end.min(stream.len())).ok_or(DicomError::Decoding)?;
        let mut at = 0;
        while at < count {
            let (control, rest) = bytes.split_first().ok_or(DicomError::Decoding)?;
            let length = match *control {
                128 => {
                    bytes = rest;
                    continue;
                }
                control @ 0..128 => usize::from(control) + 1,
                control => 257 - usize::from(control),
            };
            let literal = *control < 128;
            let run = rest.get(..if literal { length } else { 1 }).ok_or(DicomError::Decoding)?;
            for i in 0..length.min(count - at) {
                let byte = if literal { run[i] } else { run[0] };
                words[at + i] = words[at + i] << 8 | u32::from(byte);
            }
            at += length;
            bytes = &rest[run.len()..];
        }
    }
    Ok(words)
}

fn jpeg_words(stream: &[u8], columns: u32, rows: u32) -> Result<Vec<u32>, DicomError> {
    let mut decoder = jpeg::Decoder::new(stream);
    decoder.set_max_decoding_buffer_size(columns as usize * rows as usize * 4);
    decoder.read_info().map_err(|_| DicomError::Decoding)?;
    let info = decoder.info().ok_or(DicomError::Decoding)?;
    if (u32::from(info.width), u32::from(info.height)) != (columns, rows) {
        return Err(DicomError::Decoding);
    }
    let bytes = decoder.decode().map_err(|_| DicomError::Decoding)?;
    match info.pixel_format {
        jpeg::PixelFormat::L8 => Ok(bytes.into_iter().map(u32::from).collect()),
        jpeg::PixelFormat::L16 => Ok(words::<2>(&bytes).map(|b| u32::from(u16::from_ne_bytes(b))).collect()),
        _ => Err(DicomError::Colour),
    }
}

fn jpeg2000_words(stream: &[u8], columns: u32, rows: u32) -> Result<Vec<u32>, DicomError> {
    let settings = jpeg2000::DecodeSettings { strict: true, ..jpeg2000::DecodeSettings::default() };
    let image = jpeg2000::Image::new(stream, &settings).map_err(|_| DicomError::Decoding)?;
    if (image.width(), image.height()) != (columns, rows) || image.has_alpha() {
        return Err(DicomError::Decoding);
    }
    let mut context = jpeg2000::DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(|_| DicomError::Decoding)?;
    match decoded.components() {
        // Whole numbers of at most 16 bits, which float32 holds; below zero they are two's complements.
        [grey] => Ok(grey.samples().iter().map(|v| v.round() as i32 as u32).collect()),
        _ => Err(DicomError::Colour),
    }
}
