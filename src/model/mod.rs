//! Volume pair to signatures, probability and explanation: recipe, network, bundle, maps.
//!
//! # The network
//!
//! An image is put on the model's 2 mm grid along its own axes, centred on the brain, and divided by its
//! smooth bias field. The network sees its deviation from an atlas: mean and spread of the training
//! cohort, mirrored, stored in the bundle. Four convolutions give feature maps of 8 mm cells; a smooth,
//! mirror-symmetric basis of 280 places multiplies them before the global average pooling, because a
//! bright thalamus means another thing than a bright cortex. The head is linear, so the signed map is exact:
//! its sum is the signature. With some two hundred newborns, descent from random weights stayed at
//! chance; kernels start as local means and the head is solved by ridge logistic regression, before and
//! after all weights are trained together.
//!
//! It abstains when it finds no brain, when an image correlates too little with its atlas (or more with the
//! other sequence's), when both show the same contrast, and when a signature lies far outside its training range.

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
mod geometry;
#[cfg(feature = "engine")]
mod likeness;
#[cfg(feature = "engine")]
mod network;
mod normalise;
#[cfg(feature = "engine")]
mod place;
mod population;
#[cfg(feature = "engine")]
mod predictor;
mod prepared;
mod recipe;
mod region;
mod template;

pub use assessment::{
    Assessment, CamPeak, DeviceInfo, Input, ModelIdentity, PerSequence, Points, Provenance, Sequence,
    Signatures, TermPoints,
};
pub use atlas::Atlas;
#[cfg(feature = "engine")]
pub use bundle::{Bundle, Manifest, SCHEMA, SelfTest, sha256_hex};
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
#[cfg(feature = "engine")]
pub use network::{Branch, Cells, HEAD, Weight, Weights, check_shapes, default_layers};
pub use population::{Check, Cohort, Population, Verdict};
#[cfg(feature = "engine")]
pub use predictor::{Outcome, Predictor, Signature, ensemble, self_test_input};
#[cfg(all(feature = "engine", not(target_arch = "wasm32")))]
pub(crate) use prepared::correlation_of;
pub use prepared::{Aligned, Prepared};
pub use recipe::Recipe;
pub use region::{Lobe, NoRegion, Region, Side, White};
pub use template::Template;
