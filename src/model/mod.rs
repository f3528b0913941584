//! Volume pair to signatures and assessment.

mod assessment;

pub use assessment::{Assessment, CamPeak, DeviceInfo, ModelIdentity, Points, Sequence, Signatures, TermPoints};
