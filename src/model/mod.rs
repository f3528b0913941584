//! Volume pair to signatures, probability and explanation: recipe, network, bundle, maps.

mod assessment;
mod atlas;
mod brain;
mod bundle;
mod device;
mod error;
mod explain;
mod geometry;
mod network;
mod place;
mod predictor;
mod recipe;

pub use assessment::{
    Assessment, CamPeak, DeviceInfo, ModelIdentity, Points, Sequence, Signatures, TermPoints,
};
pub use atlas::Atlas;
pub use bundle::{Bundle, Cohort, Manifest, PerSequence, SCHEMA, SelfTest, sha256_hex};
pub use device::ComputeDevice;
pub use error::ModelError;
pub use explain::SignedMap;
pub use geometry::{FeatureGeometry, Layer};
pub use network::{Branch, Weight, Weights, check_shapes, default_layers};
pub use place::PLACES;
pub use predictor::{Outcome, Predictor, Signature, ensemble, self_test_input};
pub use recipe::{Prepared, Recipe};
