//! "Save PNG" and "copy view": what is on the screen in one picture, pixel for pixel, with its labels,
//! scales and the research banner.

use super::state::{Layout, State};
use super::{CANVASES, MOSAIC, context, note};
use crate::app::dom::say;
use crate::app::dom::{canvas, document, element, window};
use crate::app::saving::{banner, picture_name, save_blob};
use crate::language::{columns, lines as broken, number};
use crate::render::measured;
use crate::text;
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement};

const FONT: &str = "system-ui, -apple-system, \"Segoe UI\", Roboto, \"DejaVu Sans\", sans-serif";

/// Offers the view as a file.
pub fn save(state: &State) {
    with_png(state, |png| {
        let name = picture_name("view", "png");
        note(&if save_blob(&name, png) {
            text!("The view was saved as {file}.", file = name)
        } else {
            text!("The picture was not made.")
        });
    });
}

/// Puts the view on the clipboard.
pub fn copy(state: &State) {
    with_png(state, |png| {
        let Some(written) = write_to_clipboard(png) else {
            return note(&text!("This browser cannot copy pictures: save the PNG instead."));
        };
        wasm_bindgen_futures::spawn_local(async move {
            match wasm_bindgen_futures::JsFuture::from(written).await {
                Ok(_) => note(&text!("The view was copied.")),
                Err(_) => note(&text!("The browser did not allow the copy: save the PNG instead.")),
            }
        });
    });
}

/// `navigator.clipboard.write([new ClipboardItem({ "image/png": png })])`, where there is one.
fn write_to_clipboard(png: &Blob) -> Option<js_sys::Promise> {
    let get = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok().filter(|v| !v.is_undefined());
    let clipboard = get(window().navigator().as_ref(), "clipboard")?;
    let write: Function = get(&clipboard, "write")?.dyn_into().ok()?;
    let make: Function = get(window().as_ref(), "ClipboardItem")?.dyn_into().ok()?;
    let content = Object::new();
    Reflect::set(&content, &"image/png".into(), png).ok()?;
    let item = Reflect::construct(&make, &Array::of1(&content)).ok()?;
    write.call1(&clipboard, &Array::of1(&item)).ok()?.dyn_into().ok()
}

fn with_png(state: &State, then: impl FnOnce(&Blob) + 'static) {
    let Some(picture) = compose(state) else { return note(&text!("The picture was not made.")) };
    let done = Closure::once_into_js(move |blob: JsValue| match blob.dyn_ref::<Blob>() {
        Some(blob) => then(blob),
        None => note(&text!("The picture was not made.")),
    });
    if picture.to_blob(done.unchecked_ref()).is_err() {
        note(&text!("The picture was not made."));
    }
}

/// Every canvas that is shown, at its place and size on the screen, below the banner and above the words.
fn compose(state: &State) -> Option<HtmlCanvasElement> {
    let scale = window().device_pixel_ratio();
    let shown: Vec<&str> = match state.layout {
        Layout::Mosaic => vec![MOSAIC],
        _ => (0..6).filter(|p| state.content(*p).is_some()).map(|p| CANVASES[p]).collect(),
    };
    let places: Vec<(HtmlCanvasElement, [f64; 2])> = shown
        .iter()
        .map(|id| {
            let bounds = canvas(id).get_bounding_client_rect();
            (canvas(id), [bounds.left() * scale, bounds.top() * scale])
        })
        .collect();
    let least = |a: usize| places.iter().map(|(_, at)| at[a]).fold(f64::INFINITY, f64::min);
    let (left, top) = (least(0), least(1));
    let end = |a: usize, size: fn(&HtmlCanvasElement) -> u32| {
        places.iter().map(|(c, at)| at[a] + f64::from(size(c))).fold(0.0, f64::max)
    };
    let line = 20.0 * scale;
    let margin = 12.0 * scale;
    let width = (end(0, HtmlCanvasElement::width) - left).max(520.0 * scale);
    let head = 2.0 * line + margin;
    let height = end(1, HtmlCanvasElement::height) - top;
    let words = words(state, ((width - 2.0 * margin) / (6.6 * scale)) as usize);
    let foot = (words.len() as f64 + 0.8) * line;

    let picture: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    picture.set_width(width.round() as u32);
    picture.set_height((head + height + foot).round() as u32);
    let pen = context(&picture)?;
    pen.set_fill_style_str("#0e1116");
    pen.fill_rect(0.0, 0.0, width, head + height + foot);
    let banner = banner();
    // As large as the picture is wide; bold letters are about 0.6 of their size.
    let size = (15.0 * scale).min((width - 2.0 * margin) / (0.6 * columns(&banner) as f64));
    write(&pen, "700", size, "#ffb454", &banner, [margin, 1.1 * line]);
    write(&pen, "400", 12.0 * scale, "#a3b0be", &text_of("position"), [margin, 2.1 * line]);
    for (source, [x, y]) in &places {
        // Whole pixels: nothing is resampled.
        let at = [(x - left).round(), (y - top + head).round()];
        pen.draw_image_with_html_canvas_element(source, at[0], at[1]).ok()?;
        let side = f64::from(source.height());
        let size = 11.0 * scale;
        // Half as wide as the plane, beside its letters, as on the page; letters are about 0.55 of their size.
        let most = ((0.5 * side - 1.3 * 16.0 * scale) / (0.55 * size)).max(8.0) as usize;
        let corner = |part: &str, most: usize| match document()
            .get_element_by_id(&format!("{}-{part}", source.id()))
        {
            Some(own) => {
                let text = own.text_content().unwrap_or_default();
                text.lines().flat_map(|line| broken(line, most)).collect()
            }
            None => vec![],
        };
        // A mosaic's caption stands below its slices.
        let caption = if source.id() == MOSAIC { vec![] } else { corner("caption", most) };
        for (row, text) in caption.iter().rev().enumerate() {
            let y = at[1] + side - 0.6 * margin - 1.25 * size * row as f64;
            write(&pen, "400", size, "#b9c4d0", text, [at[0] + 0.6 * margin, y]);
        }
        pen.set_text_align("right");
        for (row, text) in corner("corner", most).iter().enumerate() {
            let place =
                [at[0] + side - 0.6 * margin, at[1] + 0.6 * margin + size * (1.0 + 1.25 * row as f64)];
            write(&pen, "400", size, "#b9c4d0", text, place);
        }
        pen.set_text_align("left");
    }
    let mut y = head + height + 0.9 * line;
    for words in words {
        match words {
            Words::Text(text) => write(&pen, "400", 12.0 * scale, "#e4e9ef", &text, [margin, y]),
            Words::Bar(id) => {
                let bar = canvas(&format!("colourbar-{id}"));
                let [from, to] = ["low", "high"].map(|end| text_of(&format!("scale-{end}-{id}")));
                write(&pen, "400", 12.0 * scale, "#e4e9ef", &from, [margin, y]);
                let (x, wide) = (margin + 60.0 * scale, 256.0 * scale);
                let (tall, above) = (12.0 * scale, 10.0 * scale);
                pen.draw_image_with_html_canvas_element_and_dw_and_dh(&bar, x, y - above, wide, tall).ok()?;
                let after = [x + wide + margin, y];
                let to = say(&text!("{value} log-odds per ml", value = to));
                write(&pen, "400", 12.0 * scale, "#e4e9ef", &to, after);
            }
        }
        y += line;
    }
    Some(picture)
}

enum Words {
    Text(String),
    /// The colourbar of this image.
    Bar(&'static str),
}

/// The lines below the pictures, none longer than so many characters.
fn words(state: &State, most: usize) -> Vec<Words> {
    let mut lines = Vec::new();
    let text = |lines: &mut Vec<Words>, text: &str| {
        lines.extend(broken(text, most).into_iter().map(Words::Text));
    };
    for (image, id) in ["t1", "t2"].into_iter().enumerate() {
        if !state.shows(image) {
            continue;
        }
        if let Some(shown) = &state.scene.images[image] {
            let [black, white] = shown.window;
            let name = ["T1w", "T2w"][image];
            let cells = ["voxel", "intensity", "map"].map(|part| text_of(&format!("{part}-{id}")));
            let [voxel, intensity, map] = cells;
            let [black, white] = [black, white].map(|v| number(f64::from(v), 1));
            let line = text!(
                "{name}: window {black} to {white}; voxel {voxel}; intensity {intensity}; map {map} log-odds per ml",
                name,
                black,
                white,
                voxel,
                intensity,
                map
            );
            text(&mut lines, &say(&line));
        }
        if state.scene.maps[image].is_some() {
            lines.push(Words::Bar(id));
            text(&mut lines, &text_of(&format!("scale-text-{id}")));
        }
    }
    if state.layout == Layout::Mosaic {
        text(&mut lines, &text_of(&format!("{MOSAIC}-caption")));
    }
    for (at, measure) in state.scene.measures.iter().enumerate() {
        text(&mut lines, &say(&measured(at, measure)));
    }
    text(&mut lines, &text_of("scale-text"));
    lines
}

fn text_of(id: &str) -> String {
    element(id).text_content().unwrap_or_default()
}

fn write(
    pen: &CanvasRenderingContext2d,
    weight: &str,
    size: f64,
    colour: &str,
    text: &str,
    [x, y]: [f64; 2],
) {
    pen.set_font(&format!("{weight} {size}px {FONT}"));
    pen.set_fill_style_str(colour);
    // It fails on no text that a page can hold.
    let _ = pen.fill_text(text, x, y);
}
