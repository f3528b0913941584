//! The worker thread: runs volume -> model -> nomogram, answers messages.

pub mod message;
