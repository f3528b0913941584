//! Numbers to pixels: slices with overlay, colour maps, the viewer's scene. Knows no browser.

pub mod chart;
mod colour;
mod marks;
mod panel;
mod plane;
mod readout;
mod rows;
mod scale;
mod scene;
mod slice;
mod words;

pub use colour::{Colour, Colours, Ramp, diverging};
pub use marks::{Canvas, Marks};
pub use panel::{Content, Mosaic, Panel};
pub use plane::{Convention, Frame, Plane, Viewport};
pub use readout::{Readout, automatic_window, full_range, largest, share_of_peak, side};
pub use scale::colourbar;
pub use scene::{Lay, Map, Scene, Shown};
pub use slice::{Overlay, Painter, Style, View};
pub use words::{percent, percent_within, percents, places, small_percent, span};
