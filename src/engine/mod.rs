//! The worker thread: runs volume -> model -> nomogram, answers messages.

pub mod message;
#[cfg(feature = "engine")]
mod session;

#[cfg(all(target_arch = "wasm32", feature = "engine"))]
pub mod worker;

#[cfg(feature = "engine")]
pub use session::{Buffer, Session, Transfer};
