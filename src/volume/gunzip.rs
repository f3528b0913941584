//! gzip within limits: several members, rubbish after the last; no more is kept in memory than is asked for, nor than the
//! file can fill.

use super::{Lookalike, VolumeError};
use flate2::bufread::GzDecoder;
use std::io::Read as _;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// No gzip stream expands more than this (about 1032 by its format).
const MOST: usize = 1040;
/// Bytes that are unpacked at a time.
const STEP: usize = 64 * 1024;

/// A file's content, compressed or not.
pub(super) enum Content<'a> {
    Plain(&'a [u8]),
    Packed(Box<Packed<'a>>),
}

/// A compressed file, as far as it was unpacked.
pub(super) struct Packed<'a> {
    kept: Vec<u8>,
    /// The member that is being unpacked.
    member: Option<GzDecoder<&'a [u8]>>,
    /// What comes after it.
    rest: &'a [u8],
    /// Bytes that were unpacked so far, and most that may be.
    total: u64,
    limit: u64,
    /// No stream of that many compressed bytes holds more.
    most: usize,
}

impl<'a> Content<'a> {
    /// # Errors
    /// `VolumeError::Empty`.
    pub fn of(bytes: &'a [u8], limit: u64) -> Result<Self, VolumeError> {
        if bytes.is_empty() {
            return Err(VolumeError::Empty);
        }
        if !bytes.starts_with(&MAGIC) {
            return Ok(Self::Plain(bytes));
        }
        let most = bytes.len().saturating_mul(MOST);
        let packed = Packed { kept: Vec::new(), member: None, rest: bytes, total: 0, limit, most };
        Ok(Self::Packed(Box::new(packed)))
    }

    /// The first `n` bytes, or all where there are fewer; of a file that is not compressed always all.
    ///
    /// # Errors
    /// `VolumeError::Gzip`, `VolumeError::TooLarge`; what is empty, or compressed twice.
    pub fn first(&mut self, n: usize) -> Result<&[u8], VolumeError> {
        match self {
            Self::Plain(bytes) => Ok(bytes),
            Self::Packed(packed) => packed.first(n),
        }
    }

    /// Length of the content, and how many bytes that are no zeros come after a gzip stream's end. The stream is
    /// unpacked to its end, so that its sums are checked, and not kept.
    ///
    /// # Errors
    /// `VolumeError::Gzip`, `VolumeError::TooLarge`.
    pub fn finish(&mut self) -> Result<(u64, usize), VolumeError> {
        match self {
            Self::Plain(bytes) => Ok((bytes.len() as u64, 0)),
            Self::Packed(packed) => packed.finish(),
        }
    }
}

impl Packed<'_> {
    fn first(&mut self, n: usize) -> Result<&[u8], VolumeError> {
        let wanted = n.min(self.most);
        self.kept.reserve_exact(wanted.saturating_sub(self.kept.len()));
        while self.kept.len() < wanted {
            let before = self.kept.len();
            self.kept.resize(before + STEP.min(wanted - before), 0);
            let mut step = std::mem::take(&mut self.kept);
            let read = self.read(&mut step[before..]);
            self.kept = step;
            let read = read?;
            self.kept.truncate(before + read);
            if read == 0 {
                break;
            }
        }
        if self.kept.is_empty() {
            return Err(VolumeError::Empty);
        }
        if self.kept.starts_with(&MAGIC) {
            return Err(VolumeError::NotNifti { looks_like: Some(Lookalike::GzipTwice) });
        }
        Ok(&self.kept)
    }

    fn finish(&mut self) -> Result<(u64, usize), VolumeError> {
        let mut step = vec![0; STEP];
        while self.read(&mut step)? > 0 {}
        // Tapes and some archives fill the last block.
        Ok((self.total, self.rest.iter().filter(|b| **b != 0).count()))
    }

    /// Unpacks the next bytes; none at the end of the last member.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, VolumeError> {
        loop {
            let mut member = match self.member.take() {
                Some(member) => member,
                None if self.rest.starts_with(&MAGIC) => GzDecoder::new(self.rest),
                None => return Ok(0),
            };
            let read = member.read(into).map_err(|e| VolumeError::Gzip(e.to_string()))?;
            if read == 0 {
                self.rest = member.into_inner();
                continue;
            }
            self.member = Some(member);
            self.total += read as u64;
            if self.total > self.limit {
                return Err(VolumeError::TooLarge { limit: self.limit });
            }
            return Ok(read);
        }
    }
}
