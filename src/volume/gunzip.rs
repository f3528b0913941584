//! gzip within limits: several members, rubbish after the last, never more memory than the file can fill.

use super::{Lookalike, VolumeError};
use flate2::bufread::GzDecoder;
use std::borrow::Cow;
use std::io::Read as _;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// No gzip stream expands more than this (about 1032 by its format).
const MOST: u64 = 1040;

/// A file's content, and how many bytes that are no zeros came after a gzip stream's end.
pub(super) fn content(bytes: &[u8], limit: u64) -> Result<(Cow<'_, [u8]>, usize), VolumeError> {
    if bytes.is_empty() {
        return Err(VolumeError::Empty);
    }
    if !bytes.starts_with(&MAGIC) {
        return Ok((Cow::Borrowed(bytes), 0));
    }
    // The trailer states the length of the last member: one allocation instead of doubling, if it is true.
    let stated = bytes.last_chunk::<4>().map_or(0, |b| u64::from(u32::from_le_bytes(*b)));
    let mut out = Vec::with_capacity(stated.min(limit).min(MOST * bytes.len() as u64) as usize + 1);
    let mut rest = bytes;
    while rest.starts_with(&MAGIC) {
        let mut member = GzDecoder::new(rest);
        let room = (limit + 1).saturating_sub(out.len() as u64);
        (&mut member).take(room).read_to_end(&mut out).map_err(|e| VolumeError::Gzip(e.to_string()))?;
        if out.len() as u64 > limit {
            return Err(VolumeError::TooLarge { limit });
        }
        rest = member.into_inner();
    }
    if out.is_empty() {
        return Err(VolumeError::Empty);
    }
    if out.starts_with(&MAGIC) {
        return Err(VolumeError::NotNifti { looks_like: Some(Lookalike::GzipTwice) });
    }
    // Tapes and some archives fill the last block.
    Ok((Cow::Owned(out), rest.iter().filter(|b| **b != 0).count()))
}
