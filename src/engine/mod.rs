//! The worker thread: runs volume -> model -> nomogram, answers messages.

pub mod message;
mod session;

#[cfg(target_arch = "wasm32")]
pub mod worker;

pub use session::{Session, Transfer};
