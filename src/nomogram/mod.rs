//! nomogram
