//! Pictures that the page shows: a plane, two images in one, or many slices; painted again only where
//! something changed.

use super::marks::{Canvas, Marks};
use super::plane::{Frame, Plane, Viewport};
use super::scene::{Key, Scene};
use super::slice::{Painter, Style};

/// Which images a plane shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Content {
    /// One image, by its number.
    One(usize),
    /// The first image's plane with the first up to this share of its width, and the second beyond it.
    Swipe(f64),
}

/// One plane's picture.
#[derive(Debug, Default)]
pub struct Panel {
    painter: Painter,
    /// Pixels of each image without marks, and what they were painted from.
    layers: [(Vec<u8>, Option<Key>); 2],
    /// With marks: what is seen.
    pixels: Vec<u8>,
    viewport: Option<Viewport>,
    painted: usize,
}

impl Panel {
    /// Draws a plane through the crosshair. `scale`: pixels of the picture for one of the page.
    ///
    /// Returns the pixels, or `None` where there is nothing to show.
    pub fn draw(
        &mut self,
        scene: &Scene,
        plane: Plane,
        content: Content,
        size: [usize; 2],
        scale: f64,
    ) -> Option<&[u8]> {
        self.viewport = None;
        let lead = match content {
            Content::One(image) => image,
            Content::Swipe(_) => usize::from(scene.images[0].is_none()),
        };
        let viewport = scene.viewport(lead, plane, scene.crosshair_mm, size)?;
        self.viewport = Some(viewport);
        let divider = match content {
            Content::Swipe(share) if scene.images.iter().all(Option::is_some) => {
                Some((share.clamp(0.0, 1.0) * size[0] as f64).round() as usize)
            }
            _ => None,
        };
        self.layer(scene, lead, plane, viewport, scale);
        if divider.is_some() {
            self.layer(scene, 1 - lead, plane, viewport, scale);
        }
        self.pixels.clear();
        self.pixels.extend_from_slice(&self.layers[lead].0);
        if let Some(column) = divider {
            let from = 4 * column.min(size[0]);
            let other = self.layers[1 - lead].0.chunks_exact(4 * size[0].max(1));
            for (line, other) in self.pixels.chunks_exact_mut(4 * size[0].max(1)).zip(other) {
                line[from..].copy_from_slice(&other[from..]);
            }
        }
        let crosshair = scene.crosshair_on.then(|| viewport.to_pixel(scene.crosshair_mm));
        let marks = Marks {
            crosshair,
            letters: viewport.letters(),
            divider,
            mm_per_pixel: Some(viewport.mm_per_pixel()),
            scale,
        };
        let mut canvas = Canvas { pixels: &mut self.pixels, width: size[0], height: size[1] };
        canvas.mark(&marks);
        let images = if divider.is_some() { 0..2 } else { lead..lead + 1 };
        for shown in images {
            let Some(image) = scene.images[shown].as_ref() else { continue };
            for (number, measure) in scene.measures_on(shown, plane) {
                let points: Vec<[f64; 2]> =
                    measure.outline(&image.volume).into_iter().map(|mm| viewport.to_pixel(mm)).collect();
                let label = format!("{}: {}", number + 1, measure.figures());
                canvas.measure(&points, &label, scene.selected == Some(number), scale);
            }
        }
        Some(&self.pixels)
    }

    /// Paints an image's layer, unless it is there already.
    fn layer(&mut self, scene: &Scene, image: usize, plane: Plane, viewport: Viewport, scale: f64) {
        let line = scale.round().max(1.0) as usize;
        let key = scene.key(image, viewport, line);
        let (pixels, painted) = &mut self.layers[image];
        let bytes = 4 * viewport.width * viewport.height;
        if key == *painted && pixels.len() == bytes {
            return;
        }
        let Some(view) = scene.view(image, plane, scene.crosshair_mm) else { return };
        pixels.resize(bytes, 0);
        self.painter.paint(&view, &viewport, &scene.style(image, line), pixels);
        *painted = key;
        self.painted += 1;
    }

    /// Where the last picture's pixels lie.
    #[must_use]
    pub fn viewport(&self) -> Option<&Viewport> {
        self.viewport.as_ref()
    }

    /// How often an image was painted, rather than kept.
    #[must_use]
    pub fn painted(&self) -> usize {
        self.painted
    }
}

/// The axial slice through the middle of an image's brain, as large as it fits into a small square.
#[must_use]
pub fn small_picture(scene: &Scene, image: usize, side: usize) -> Option<Vec<u8>> {
    let shown = scene.images[image].as_ref()?;
    let mut view = scene.view(image, Plane::Axial, shown.focus_mm)?;
    (view.window, view.overlay) = (shown.auto, None);
    let frame = Frame { fit: shown.head(), ..Frame::default() };
    let viewport = Viewport::of(&shown.volume, Plane::Axial, shown.focus_mm, &frame, side, side);
    let mut pixels = vec![0; 4 * side * side];
    Painter::default().paint(&view, &viewport, &Style::default(), &mut pixels);
    Some(pixels)
}

/// Many slices of one plane, side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mosaic {
    pub plane: Plane,
    pub columns: usize,
    pub rows: usize,
}

impl Mosaic {
    /// As many tiles as asked for, in about as many rows as columns.
    #[must_use]
    pub fn of(plane: Plane, tiles: usize) -> Self {
        let columns = (tiles as f64).sqrt().ceil().max(1.0) as usize;
        Self { plane, columns, rows: tiles.div_ceil(columns).max(1) }
    }

    /// Width and height of a tile.
    fn tile(&self, [width, height]: [usize; 2]) -> [usize; 2] {
        [width / self.columns, height / self.rows]
    }

    /// The first slice and the step from one to the next: equal steps that span the brain, from its lower end
    /// (bottom, back, left) up.
    fn spread(&self, scene: &Scene, image: usize) -> Option<[usize; 2]> {
        let all = scene.images[image].as_ref()?.volume.dims()[self.plane.axes()[2]];
        let [low, high] = scene.brain_slices(image, self.plane)?;
        let gaps = (self.columns * self.rows).saturating_sub(1).max(1);
        let mut step = (high - low).div_ceil(gaps).max(1);
        // Not beyond the image, unless it has fewer slices than there are tiles.
        if step * gaps > all - 1 {
            step = ((all - 1) / gaps).max(1);
        }
        let wide = (step * gaps).min(all - 1);
        // In the middle of the brain, within the image.
        let first = ((low + high).saturating_sub(wide) / 2).min(all - 1 - wide);
        Some([first, step])
    }

    /// World position that a tile's slice passes through, on voxel centres; `None` where the image has no more slices.
    #[must_use]
    pub fn through(&self, scene: &Scene, image: usize, tile: usize) -> Option<[f64; 3]> {
        let volume = &scene.images[image].as_ref()?.volume;
        let cut = self.plane.axes()[2];
        let [first, step] = self.spread(scene, image)?;
        let slice = first + tile * step;
        if tile >= self.columns * self.rows || slice >= volume.dims()[cut] {
            return None;
        }
        let mut voxel = volume.affine().to_voxel(scene.crosshair_mm);
        voxel[cut] = slice as f64;
        Some(volume.affine().to_world(voxel))
    }

    /// How many slices there are, and where along the cut axis the first and the last one lie, mm.
    #[must_use]
    pub fn span(&self, scene: &Scene, image: usize) -> Option<(usize, [f64; 2])> {
        let axis = self.plane.axes()[2];
        let places: Vec<f64> =
            (0..self.columns * self.rows).map_while(|t| Some(self.through(scene, image, t)?[axis])).collect();
        Some((places.len(), [*places.first()?, *places.last()?]))
    }

    /// The tile with the crosshair's slice, or the nearest one; `None` where it lies beyond all of them.
    fn at_crosshair(&self, scene: &Scene, image: usize) -> Option<usize> {
        let [first, step] = self.spread(scene, image)?;
        let [slice, _] = scene.slice(image, self.plane, scene.crosshair_mm)?;
        let tile = (slice + step / 2).checked_sub(first)? / step;
        self.through(scene, image, tile).map(|_| tile)
    }

    /// The world position of a pixel, for a jump there.
    #[must_use]
    pub fn to_world(&self, scene: &Scene, image: usize, size: [usize; 2], at: [f64; 2]) -> Option<[f64; 3]> {
        let [width, height] = self.tile(size);
        let of = |at: f64, size: usize, n: usize| {
            ((at + 0.5) / size.max(1) as f64).clamp(0.0, n as f64 - 1.0) as usize
        };
        let (column, row) = (of(at[0], width, self.columns), of(at[1], height, self.rows));
        let through = self.through(scene, image, row * self.columns + column)?;
        let viewport = scene.viewport(image, self.plane, through, [width, height])?;
        Some(viewport.to_world(at[0] - (column * width) as f64, at[1] - (row * height) as f64))
    }

    /// Paints every tile, with its letters and the position that it is cut at.
    #[must_use]
    pub fn draw(&self, scene: &Scene, image: usize, size: [usize; 2], scale: f64) -> Option<Vec<u8>> {
        let [width, height] = self.tile(size);
        let mut pixels = vec![0; 4 * size[0] * size[1]];
        pixels.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
        let mut tile = vec![0; 4 * width * height];
        let mut painter = Painter::default();
        let line = scale.round().max(1.0) as usize;
        scene.images[image].as_ref()?;
        let marked = self.at_crosshair(scene, image);
        for k in 0..self.columns * self.rows {
            let Some(through) = self.through(scene, image, k) else { break };
            let view = scene.view(image, self.plane, through)?;
            let viewport = scene.viewport(image, self.plane, through, [width, height])?;
            painter.paint(&view, &viewport, &scene.style(image, line), &mut tile);
            let mut canvas = Canvas { pixels: &mut tile, width, height };
            let letters = viewport.letters();
            let crosshair = (marked == Some(k)).then(|| viewport.to_pixel(scene.crosshair_mm));
            canvas.mark(&Marks {
                crosshair: crosshair.filter(|_| scene.crosshair_on),
                letters,
                divider: None,
                mm_per_pixel: None,
                scale: 0.6 * scale,
            });
            let mm = through[self.plane.axes()[2]];
            // Away from the caption at the bottom.
            let text = 10.0 * scale;
            canvas.text(&format!("{mm:.0}"), [4.0 * scale, 4.0 * scale], text);
            if crosshair.is_some() {
                canvas.frame(2.0 * scale);
            }
            let (x, y) = (k % self.columns * width, k / self.columns * height);
            for (row, line) in tile.chunks_exact(4 * width.max(1)).enumerate() {
                let at = 4 * ((y + row) * size[0] + x);
                pixels[at..at + line.len()].copy_from_slice(line);
            }
        }
        Some(pixels)
    }
}
