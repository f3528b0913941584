//! One image of a file by itself, to look at.

use super::DicomError;
use super::dataset::Content;
use super::header::Instance;
use super::series::Scale;
use super::stack::Plane;

/// An image as it was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Columns and rows.
    pub size: [usize; 2],
    /// First along a row.
    pub voxels: Vec<f32>,
    /// From one column to the next, and from one row to the next; 1 where the file does not say.
    pub spacing_mm: [f64; 2],
}

impl Picture {
    /// Of the frame of that number of a file.
    ///
    /// # Errors
    /// What is wrong with the file or its voxels.
    pub fn read(bytes: &[u8], frame: usize) -> Result<Self, DicomError> {
        let content = Content::of(bytes)?;
        let instance = Instance::of(&content)?;
        let values = instance.frames.get(frame).ok_or(DicomError::Changed)?;
        let scale = Scale::of(values, false)?;
        let stored = instance.layout.frame(&content, frame, instance.frames.len())?;
        let steps =
            Plane::of(values).map(|plane| plane.steps.map(|step| step.map(|mm| mm * mm).iter().sum()));
        Ok(Self {
            size: [instance.layout.columns as usize, instance.layout.rows as usize],
            voxels: stored.into_iter().map(|v| scale.apply(v)).collect(),
            spacing_mm: steps.map_or([1.0; 2], |squares: [f64; 2]| squares.map(f64::sqrt)),
        })
    }
}
