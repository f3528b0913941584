//! Numbers to pixels: slices with overlay, colour maps, the viewer's scene. Knows no browser.
//!
//! # The viewer
//!
//! `render::Scene` holds two images, their maps and everything that a reader can change; its methods are what
//! pointers, wheel and keys do. A `Viewport` is a picture's place in the world: squares of the plane's own
//! millimetres, so that oblique, sheared and anisotropic voxels are shown in true proportion, and any volume
//! can be painted into any viewport (the T2w image into a T1w plane for the swipe). Along a volume's own axes
//! a slice is taken out once and rows are mixed from it; a `Panel` keeps each picture with the key of all that
//! it depends on and paints it again only when that changes. Crosshair, letters and slice positions are
//! strokes drawn into the pixels, so that the tests see them and the exported picture has them. `app/viewer`
//! puts pixels up, hands events over, and writes the same facts as text. Both images are drawn at one scale about
//! one middle, the union of their boxes, so that what is compared stands at the same place.

pub mod chart;
mod colour;
mod head;
mod legend;
mod marks;
mod measure;
mod panel;
mod plane;
mod plates;
mod readout;
mod rows;
mod scale;
mod scene;
mod slice;
mod thumbnail;
mod words;

pub use colour::{Colour, Colours, Ramp, diverging};
pub use head::Brain;
pub use legend::{NAMES, Scale, convention, measured, plane_name, scale};
pub use marks::{Canvas, Marks};
pub use measure::{Found, Measure, Shape};
pub use panel::{Content, Mosaic, Panel, small_picture};
pub use plane::{Convention, Frame, Plane, Viewport};
pub use plates::{Pixels, Plates};
pub use readout::{Readout, automatic_window, full_range, largest, share_of_peak, side};
pub use scale::colourbar;
pub use scene::{Lay, Map, Scene, Shown};
pub use slice::{Overlay, Painter, Style, View};
pub use thumbnail::thumbnail;
pub use words::{percent, percent_within, percents, places, small_percent, span};
