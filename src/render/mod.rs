//! Numbers to pixels: slices with overlay, colour maps. Knows no browser.

pub mod chart;
mod colour;
mod slice;

pub use colour::{Colour, diverging, sequential};
pub use slice::{Overlay, Plane, View, Viewport};
