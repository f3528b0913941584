//! An image's files on disk: one, or a pair whose other half lies beside it.

use crate::volume::{FILE_LIMIT, Files, Half, Image, VolumeError};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// An image's files in memory.
#[derive(Debug, Clone)]
pub struct ImageFile {
    path: PathBuf,
    /// One after the other, a pair's header first.
    pub bytes: Vec<u8>,
    second: Option<usize>,
}

/// Why an image cannot be read from disk.
#[derive(Debug, thiserror::Error)]
pub enum ImageFileError {
    #[error("{} cannot be read: {reason}", path.display())]
    Io { path: PathBuf, reason: std::io::Error },
    #[error("{}", path.display())]
    Volume { path: PathBuf, source: VolumeError },
}

impl ImageFileError {
    /// The reason alone, without the file.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Io { reason, .. } => format!("it cannot be read: {reason}"),
            Self::Volume { source, .. } => source.to_string(),
        }
    }

    /// The reason with the file before it.
    #[must_use]
    pub fn in_full(&self) -> String {
        let (Self::Io { path, .. } | Self::Volume { path, .. }) = self;
        format!("{}: {}", path.display(), self.reason())
    }
}

impl ImageFile {
    /// Reads the file, and the other half of its pair where that lies beside it.
    ///
    /// # Errors
    /// `ImageFileError::Io`; `VolumeError::TooLarge` before anything is read.
    pub fn open(path: &Path) -> Result<Self, ImageFileError> {
        let mut bytes = whole(path)?;
        let own = name(path);
        let other = Half::of(&own).and_then(|half| {
            let beside = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let entries = std::fs::read_dir(beside).into_iter().flatten().flatten().map(|entry| entry.path());
            let fits = |path: &PathBuf| Half::of(&name(path)).is_some_and(|other| half.fits(&other));
            let mut found: Vec<PathBuf> = entries.filter(|path| path.is_file()).filter(fits).collect();
            // Plain before compressed, and the same in every run.
            found.sort();
            Some((found.into_iter().next()?, half.is_header))
        });
        let Some((other, is_header)) = other else {
            return Ok(Self { path: path.to_owned(), bytes, second: None });
        };
        let mut further = whole(&other)?;
        if !is_header {
            std::mem::swap(&mut bytes, &mut further);
        }
        let second = Some(bytes.len());
        bytes.append(&mut further);
        Ok(Self { path: path.to_owned(), bytes, second })
    }

    /// The image.
    ///
    /// # Errors
    /// `ImageFileError::Volume` with one variant per cause.
    pub fn read(&self) -> Result<Image, ImageFileError> {
        self.files().read().map_err(|source| self.refused(source))
    }

    /// What the header says and what was doubtful, also of a series; or why it is refused.
    #[must_use]
    pub fn inspect(&self) -> serde_json::Value {
        self.files().inspect()
    }

    fn files(&self) -> Files<'_> {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Files { name, bytes: &self.bytes, second: self.second }
    }

    fn refused(&self, source: VolumeError) -> ImageFileError {
        ImageFileError::Volume { path: self.path.clone(), source }
    }
}

fn name(path: &Path) -> String {
    path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned())
}

/// A file's bytes, within the limit.
///
/// # Errors
/// `ImageFileError::Io`; `VolumeError::TooLarge` before anything is read.
pub fn whole(path: &Path) -> Result<Vec<u8>, ImageFileError> {
    let io = |reason| ImageFileError::Io { path: path.to_owned(), reason };
    let large = || {
        let source = VolumeError::TooLarge { limit: FILE_LIMIT };
        ImageFileError::Volume { path: path.to_owned(), source }
    };
    let file = std::fs::File::open(path).map_err(io)?;
    let stated = file.metadata().map_err(io)?.len();
    if stated > FILE_LIMIT {
        return Err(large());
    }
    let mut bytes = Vec::with_capacity(stated as usize);
    // What is no file on a disk states nothing.
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > FILE_LIMIT { Err(large()) } else { Ok(bytes) }
}
