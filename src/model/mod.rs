//! Volume pair to signatures, probability and explanation: recipe, network, bundle, maps.

mod alignment;
mod assessment;
mod atlas;
mod brain;
#[cfg(feature = "engine")]
mod bundle;
pub mod card;
mod correlation;
#[cfg(feature = "engine")]
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
#[cfg(feature = "engine")]
pub use device::ComputeDevice;
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
