//! The table of the maps' local maxima.

use super::Viewer;
use crate::app::dom::put_attribute;
use crate::app::dom::{append, clear as empty, element, listen, set_text};
use crate::language::{Text, number};
use crate::model::CamPeaks;
use crate::render::{share_of_peak, side};
use crate::text;
use std::rc::Rc;

/// Takes the table's rows away.
pub fn clear() {
    empty(&element("cam-peaks"));
    set_text("no-peaks", "");
}

/// Lists peaks with a button each that goes there, and goes to the strongest.
pub fn list(viewer: &Rc<Viewer>, peaks: &CamPeaks) {
    clear();
    if peaks.0.is_empty() {
        set_text("no-peaks", text!("Nothing in the images speaks for HIE."));
    }
    let body = element("cam-peaks");
    for peak in &peaks.0 {
        let (at_side, share) = {
            let state = viewer.state.borrow();
            let map = state.scene.maps[peak.sequence as usize].as_ref().map(|m| &m.volume);
            (
                match peak.region {
                    Some(region) => region.name(),
                    None => map.map_or_else(Text::default, |m| side(m, peak.ras_mm)),
                },
                map.and_then(|m| share_of_peak(m, peak.ras_mm)),
            )
        };
        let [r, a, s] = peak.ras_mm;
        let row = append(&body, "tr", "");
        let cell = append(&row, "td", "");
        let button = append(&cell, "button", peak.sequence.suffix());
        let place = text!("{r}, {a}, {s}", r = number(r, 0), a = number(a, 0), s = number(s, 0));
        let share = share
            .map_or_else(Text::default, |share| text!("{percent} %", percent = number(100.0 * share, 0)));
        for text in [place.clone(), at_side.clone(), number(peak.value, 3).into(), share] {
            append(&row, "td", text);
        }
        let sequence = peak.sequence.suffix();
        let label = text!("Go to the {sequence} peak at {place} mm, {side}", sequence, place, side = at_side);
        put_attribute(&button, "aria-label", label);
        for (name, value) in [
            ("type", "button".to_owned()),
            ("data-ras", format!("{r},{a},{s}")),
            ("data-sequence", peak.sequence.suffix().to_owned()),
            ("data-value", peak.value.to_string()),
        ] {
            // Valid names on any element.
            let _ = button.set_attribute(name, &value);
        }
        let (this, sequence, ras_mm) = (Rc::clone(viewer), peak.sequence, peak.ras_mm);
        // The listener goes with the row when the table is cleared.
        listen(&row, "click", move |_| this.jump(sequence, ras_mm));
    }
    if let Some(strongest) = peaks.strongest() {
        viewer.jump(strongest.sequence, strongest.ras_mm);
    }
}
