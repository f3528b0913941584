//! The two files of a pair, told by their names: a header `x.hdr` and voxels `x.img`, each plain or compressed.

use super::{Facts, Image, VolumeError, describe_nifti, read_nifti, read_nifti_pair};
use crate::fault::{Explained as _, Notice};
use serde_json::{Value, json};

/// One file of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Half<'a> {
    /// The name before `.hdr` or `.img`.
    pub stem: &'a str,
    pub is_header: bool,
    capitals: bool,
}

impl<'a> Half<'a> {
    /// What a name says; `None` where it is of no pair.
    #[must_use]
    pub fn of(name: &'a str) -> Option<Self> {
        let without = |name: &'a str, end: &str| {
            let (rest, own) = name.split_at_checked(name.len().checked_sub(end.len())?)?;
            own.eq_ignore_ascii_case(end).then_some(rest)
        };
        let plain = without(name, ".gz").unwrap_or(name);
        [(".hdr", true), (".img", false)].into_iter().find_map(|(end, is_header)| {
            let stem = without(plain, end).filter(|stem| !stem.is_empty())?;
            let capitals = plain.ends_with(|c: char| c.is_ascii_uppercase());
            Some(Self { stem, is_header, capitals })
        })
    }

    /// Whether the other is the other half of the same pair.
    #[must_use]
    pub fn fits(&self, other: &Half<'_>) -> bool {
        self.is_header != other.is_header && self.stem.eq_ignore_ascii_case(other.stem)
    }

    /// What the other half is called.
    #[must_use]
    pub fn other(&self) -> String {
        let end = if self.is_header { ".img" } else { ".hdr" };
        format!("{}{}", self.stem, if self.capitals { end.to_uppercase() } else { end.to_owned() })
    }
}

/// An image's files: one, or the two of a pair.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The first one's name.
    pub name: &'a str,
    /// One after the other, a pair's header first.
    pub bytes: &'a [u8],
    /// Where a pair's voxels begin.
    pub second: Option<usize>,
}

impl<'a> Files<'a> {
    /// Reads the image, see [`read_nifti`].
    ///
    /// # Errors
    /// `VolumeError`, one variant per cause.
    pub fn read(&self) -> Result<Image, VolumeError> {
        match self.halves() {
            None => read_nifti(self.bytes).map_err(|error| error.alone(self.name)),
            Some((header, voxels)) => read_nifti_pair(header, voxels),
        }
    }

    /// What they say, see [`describe_nifti`].
    ///
    /// # Errors
    /// `VolumeError`, one variant per cause.
    pub fn describe(&self) -> Result<(Facts, Vec<Notice>), VolumeError> {
        match self.halves() {
            None => describe_nifti(self.bytes, None).map_err(|error| error.alone(self.name)),
            Some((header, voxels)) => describe_nifti(header, Some(voxels)),
        }
    }

    /// The same, or why not, as `hielight inspect --json` prints it.
    #[must_use]
    pub fn inspect(&self) -> Value {
        match self.describe() {
            Ok((facts, warnings)) => {
                let mut document = json!(facts);
                if !warnings.is_empty() {
                    document["warnings"] = warnings.iter().map(|w| json!(w.in_english())).collect();
                }
                document
            }
            Err(error) => error.inspection(),
        }
    }

    fn halves(&self) -> Option<(&'a [u8], &'a [u8])> {
        self.second.map(|at| self.bytes.split_at(at.min(self.bytes.len())))
    }
}

impl VolumeError {
    /// As `hielight inspect --json` prints it.
    #[must_use]
    pub fn inspection(&self) -> Value {
        json!({ "rejected": self.in_full().to_string() })
    }

    /// The same with the missing half's name, where a file was read alone whose name is a half's.
    fn alone(self, name: &str) -> Self {
        match (self, Half::of(name)) {
            (Self::Pair { .. }, Some(half)) => Self::Pair { missing: Some(half.other()) },
            // Voxels without their header look like nothing.
            (Self::NotNifti { looks_like: None }, Some(half)) if !half.is_header => {
                Self::Pair { missing: Some(half.other()) }
            }
            (error, _) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn do_names_say_which_halves_belong_together() {
        let fit = |a, b| Half::of(a).zip(Half::of(b)).is_some_and(|(a, b)| a.fits(&b) && b.fits(&a));
        for (a, b) in
            [("a.hdr", "a.img"), ("a.IMG", "a.hdr.gz"), ("病例 1.img.GZ", "病例 1.HDR"), ("A.hdr", "a.img")]
        {
            assert!(fit(a, b), "{a} {b}");
        }
        for (a, b) in
            [("a.hdr", "b.img"), ("a.hdr", "a.hdr.gz"), ("a.nii", "a.img"), ("a_T1w.hdr", "a_T2w.img")]
        {
            assert!(!fit(a, b), "{a} {b}");
        }
        for none in ["", ".hdr", "hdr", "a.hdr.bz2", "a.nii.gz", ".gz", "img.gz", "像"] {
            assert_eq!(Half::of(none), None, "{none}");
        }
        assert_eq!(Half::of("sub-1_T1w.hdr.gz").unwrap().other(), "sub-1_T1w.img");
        assert_eq!(Half::of("SCAN.IMG").unwrap().other(), "SCAN.HDR");
    }

    #[test]
    fn is_the_missing_half_named() {
        let alone = |name: &str, looks_like| VolumeError::NotNifti { looks_like }.alone(name).to_string();
        assert!(alone("a.img", None).contains("a.hdr is missing"));
        assert!(!alone("a.nii", None).contains("missing"));
        assert!(alone("a.img", Some(super::super::Lookalike::Zip)).contains("ZIP"));
        let header = VolumeError::Pair { missing: None }.alone("a.hdr").to_string();
        assert!(header.contains("a.img is missing"), "{header}");
    }
}
