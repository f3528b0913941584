//! Pictures that the page shows: a plane, two images in one, or many slices; painted again only where
//! something changed.

use super::marks::{Canvas, Marks};
use super::plane::{Plane, Viewport};
use super::scene::{Key, Scene};
use super::slice::Painter;

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
        Canvas { pixels: &mut self.pixels, width: size[0], height: size[1] }.mark(&marks);
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

    /// World position that a tile's slice passes through: spread over the middle four fifths of the
    /// image, on voxel centres, from its lower end (bottom, back, left) up.
    #[must_use]
    pub fn through(&self, scene: &Scene, image: usize, tile: usize) -> Option<[f64; 3]> {
        let volume = &scene.images[image].as_ref()?.volume;
        let cut = self.plane.axes()[2];
        let tiles = (self.columns * self.rows) as f64;
        let last = volume.dims()[cut] as f64 - 1.0;
        let mut voxel = volume.affine().to_voxel(scene.crosshair_mm);
        voxel[cut] = (last * (0.1 + 0.8 * (tile as f64 + 0.5) / tiles)).round();
        Some(volume.affine().to_world(voxel))
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
        for k in 0..self.columns * self.rows {
            let through = self.through(scene, image, k)?;
            let view = scene.view(image, self.plane, through)?;
            let viewport = scene.viewport(image, self.plane, through, [width, height])?;
            painter.paint(&view, &viewport, &scene.style(image, line), &mut tile);
            let mut canvas = Canvas { pixels: &mut tile, width, height };
            let letters = viewport.letters();
            canvas.mark(&Marks {
                crosshair: None,
                letters,
                divider: None,
                mm_per_pixel: None,
                scale: 0.6 * scale,
            });
            let mm = through[self.plane.axes()[2]];
            // Away from the caption at the bottom.
            let text = 10.0 * scale;
            canvas.text(&format!("{mm:.0}"), [4.0 * scale, 4.0 * scale], text);
            let (x, y) = (k % self.columns * width, k / self.columns * height);
            for (row, line) in tile.chunks_exact(4 * width.max(1)).enumerate() {
                let at = 4 * ((y + row) * size[0] + x);
                pixels[at..at + line.len()].copy_from_slice(line);
            }
        }
        Some(pixels)
    }
}
