//! HIELight: the probability of neonatal hypoxic-ischemic encephalopathy from a T1w and a T2w
//! image and the birth weight, in the browser and on the command line.
//!
//! Dependencies run one way, as ARCHITECTURE.md draws them.

pub mod dicom;
pub mod evaluation;
pub mod export;
pub mod fault;
pub mod language;
pub mod model;
pub mod nomogram;
pub mod odds;
pub mod render;
pub mod volume;

pub mod bids;
pub mod engine;
pub mod state;

#[cfg(all(not(target_arch = "wasm32"), feature = "engine"))]
pub mod study;

#[cfg(all(not(target_arch = "wasm32"), feature = "engine"))]
pub mod study_report;

#[cfg(all(not(target_arch = "wasm32"), feature = "engine"))]
pub mod archive;

#[cfg(target_arch = "wasm32")]
pub mod app;
