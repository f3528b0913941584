//! The table of the maps' highest local maxima, in words of anatomy, and the way from one to the next.

use super::Viewer;
use super::state::{Peak, State};
use crate::app::dom::put_attribute;
use crate::app::dom::{append, clear as empty, element, listen, set_text, show};
use crate::language::{Text, number};
use crate::model::{CamPeak, CamPeaks, Region, Sequence};
use crate::render::{share_of_peak, side};
use crate::text;
use crate::volume::Volume;
use std::rc::Rc;

/// How many of each map are listed.
const MOST: usize = 3;

/// Takes the table's rows away.
pub fn clear() {
    empty(&element("cam-peaks"));
    set_text("no-peaks", "");
    show("peak-steps", false);
}

/// Lists peaks with a button each that goes there, and goes to the strongest.
pub fn list(viewer: &Rc<Viewer>, peaks: &CamPeaks) {
    clear();
    if peaks.0.is_empty() {
        set_text("no-peaks", text!("Nothing in the images speaks for HIE."));
    }
    let listed = Sequence::BOTH.into_iter().flat_map(|sequence| {
        // Each map's strongest come first.
        peaks.0.iter().filter(move |peak| peak.sequence == sequence).take(MOST)
    });
    let listed: Vec<CamPeak> = listed.copied().collect();
    for (at, peak) in listed.iter().enumerate() {
        let (place, share) = {
            let state = viewer.state.borrow();
            let map = state.scene.maps[peak.sequence as usize].as_ref().map(|m| &m.volume);
            (anatomy(peak, map), map.and_then(|m| share_of_peak(m, peak.ras_mm)))
        };
        row(viewer, at, peak, &place, share);
    }
    let strongest = (0..listed.len()).max_by(|a, b| listed[*a].value.total_cmp(&listed[*b].value));
    show("peak-steps", listed.len() > 1);
    viewer.change(|state| {
        state.peaks = listed.iter().map(|p| Peak { image: p.sequence as usize, ras_mm: p.ras_mm }).collect();
        if let Some(at) = strongest {
            state.go_to_peak(at);
        }
    });
    mark(&viewer.state.borrow());
}

fn row(viewer: &Rc<Viewer>, at: usize, peak: &CamPeak, place: &Text, share: Option<f64>) {
    let row = append(&element("cam-peaks"), "tr", "");
    let cell = append(&row, "td", "");
    let button = append(&cell, "button", peak.sequence.suffix());
    let share =
        share.map_or_else(Text::default, |share| text!("{percent} %", percent = number(100.0 * share, 0)));
    for text in [place.clone(), share, number(peak.value, 3).into()] {
        append(&row, "td", text);
    }
    let [r, a, s] = peak.ras_mm.map(|mm| number(mm, 0));
    let sequence = peak.sequence.suffix();
    let label = text!("Go to the {sequence} peak: {place} (RAS {r}, {a}, {s} mm)", sequence, place, r, a, s);
    put_attribute(&button, "title", label.clone());
    put_attribute(&button, "aria-label", label);
    let [r, a, s] = peak.ras_mm;
    for (name, value) in [
        ("type", "button".to_owned()),
        ("data-ras", format!("{r},{a},{s}")),
        ("data-sequence", sequence.to_owned()),
        ("data-value", peak.value.to_string()),
    ] {
        // Valid names on any element.
        let _ = button.set_attribute(name, &value);
    }
    let this = Rc::clone(viewer);
    // The listener goes with the row when the table is cleared.
    listen(&row, "click", move |_| {
        this.change(|state| state.go_to_peak(at));
        mark(&this.state.borrow());
    });
}

/// Marks the row of the peak that was gone to last.
pub fn mark(state: &State) {
    let rows = element("cam-peaks").children();
    for (at, row) in (0..rows.length()).filter_map(|at| rows.item(at)).enumerate() {
        // Valid attributes on any element.
        let _ = if state.peak == Some(at) {
            row.set_attribute("aria-current", "true")
        } else {
            row.remove_attribute("aria-current")
        };
    }
}

/// Where a peak is: its region by the atlas, and how far from the midline; without an atlas its side alone.
fn anatomy(peak: &CamPeak, map: Option<&Volume>) -> Text {
    let beside = peak.right_of_midline_mm.map(|right| match right {
        right if right.abs() < 1.0 => text!("on the midline"),
        right if right > 0.0 => text!("{mm} mm right of the midline", mm = number(right, 0)),
        right => text!("{mm} mm left of the midline", mm = number(-right, 0)),
    });
    match (peak.region.map(Region::name), beside) {
        (Some(region), Some(beside)) => text!("{region}, {beside}", region, beside),
        (Some(place), None) | (None, Some(place)) => place,
        (None, None) => map.map_or_else(Text::default, |m| side(m, peak.ras_mm)),
    }
}
