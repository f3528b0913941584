//! Volume pair to signatures, probability and explanation: recipe, network, bundle, maps.
//!
//! # The network
//!
//! Both images are aligned together to the bundle's template (an affine and a very smooth warp), divided by their
//! smooth bias field and told by mean and spread of their surroundings. The network sees the deviation from an atlas:
//! mean and spread of healthy training newborns, mirrored, stored in the bundle. Convolutions give feature maps of
//! 4 mm cells; each pattern of injury has a linear head over the cells that hold brain, left and right alike, because
//! a bright thalamus means another thing than a bright cortex. The signature is the largest of the patterns' logits,
//! each in standard deviations of healthy newborns; it is linear in the features, so the winner's signed map is exact:
//! its sum is the signature less a constant. Heads are solved (paired discriminants from healthy newborns' twins),
//! kernels start as local means and are trained.
//!
//! It abstains when it finds no brain or cannot align, when an image correlates too little with its atlas (or more
//! with the other sequence's), when both show the same contrast, and when a signature lies far outside its training
//! range.

mod alignment;
mod assessment;
mod atlas;
mod brain;
#[cfg(feature = "engine")]
mod bundle;
pub mod card;
mod correlation;
mod device;
#[cfg(feature = "engine")]
mod document;
mod error;
mod explain;
#[cfg(feature = "engine")]
mod familiarity;
#[cfg(feature = "engine")]
mod gate;
mod geometry;
#[cfg(feature = "engine")]
mod network;
mod normalise;
#[cfg(feature = "engine")]
mod outcome;
#[cfg(feature = "engine")]
mod place;
mod population;
#[cfg(feature = "engine")]
mod predictor;
mod prepared;
mod recipe;
mod region;
mod sequence;
mod template;

pub use assessment::{
    Assessment, CamPeak, CamPeaks, DeviceInfo, Input, ModelIdentity, Points, Provenance, TermPoints,
};
pub use atlas::Atlas;
#[cfg(feature = "engine")]
pub use bundle::{Bundle, Manifest, SCHEMA, SelfTest, as_stored, sha256_hex};
pub use device::{Adapter, DeviceChoice};
#[cfg(feature = "engine")]
pub use device::{ComputeDevice, not_used};
#[cfg(feature = "engine")]
pub use document::map_name;
pub use error::ModelError;
pub use explain::SignedMap;
#[cfg(feature = "engine")]
pub use familiarity::{Familiarity, FamiliarityStatistics};
pub use geometry::{FeatureGeometry, Layer};
// The study asks for it when it describes the training newborns.
pub use alignment::placement::Placement;
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use gate::own_anatomy;
#[cfg(feature = "engine")]
pub use network::{Branch, Cells, HEAD, Weight, Weights, check_shapes, default_layers};
#[cfg(feature = "engine")]
pub use outcome::Outcome;
pub use population::{Check, CheckCode, Cohort, Population, Verdict};
#[cfg(feature = "engine")]
pub use predictor::{Predictor, Signature, ensemble, self_test_input};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use prepared::correlation_of;
pub use prepared::{Aligned, Prepared};
pub use recipe::{BrainPlace, Recipe};
pub use region::{Lobe, NoRegion, Region, Side, White};
pub use sequence::{PerSequence, Sequence};
pub use template::Template;
