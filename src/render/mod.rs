//! Numbers to pixels: slices with overlay, colour maps. Knows no browser.

pub mod chart;
mod colour;
mod slice;
mod words;

pub use colour::{Colour, diverging, sequential};
pub use slice::{Overlay, Plane, View, Viewport};
pub use words::{percent, percent_within, small_percent};
