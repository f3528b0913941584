//! JPEG-LS (ITU-T T.87): one grey component, lossless or near.
//!
//! Own code: the one decoder in Rust is a part of a whole DICOM toolkit, which would bring some forty crates and a
//! licence that HIELight does not take. Names are the standard's.

use super::DicomError;

/// Error values at which the length of a run's code changes.
const J: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Contexts of regular samples; two more are of samples that end a run.
const CONTEXTS: usize = 365;

#[derive(Debug, Clone, Copy)]
struct Frame {
    width: usize,
    height: usize,
    precision: u32,
}

/// Parameters that an LSE segment may set; 0 means the default.
#[derive(Debug, Clone, Copy, Default)]
struct Preset {
    maxval: i32,
    t: [i32; 3],
    reset: i32,
}

#[derive(Debug, Clone, Copy)]
struct Context {
    a: i32,
    b: i32,
    c: i32,
    n: i32,
    /// Errors below zero, at the end of runs.
    negative: i32,
}

/// Decodes a picture of that many columns and rows.
///
/// # Errors
/// `Decoding` where the stream is damaged or cut short, or is no single grey picture of that size.
pub fn decode(bytes: &[u8], columns: usize, rows: usize) -> Result<Vec<i32>, DicomError> {
    const SOI: [u8; 2] = [0xff, 0xd8];
    let mut rest = bytes.strip_prefix(&SOI).ok_or(DicomError::Decoding)?;
    let mut frame = None;
    let mut preset = Preset::default();
    loop {
        // Fill bytes may stand before a marker.
        while rest.starts_with(&[0xff, 0xff]) {
            rest = &rest[1..];
        }
        let head = rest.first_chunk::<4>().filter(|head| head[0] == 0xff).ok_or(DicomError::Decoding)?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let segment = rest.get(4..2 + length).ok_or(DicomError::Decoding)?;
        rest = rest.get(2 + length..).unwrap_or_default();
        match (head[1], segment) {
            (0xf7, [precision, h1, h0, w1, w0, 1, ..]) => {
                frame = Some(Frame {
                    precision: u32::from(*precision),
                    height: usize::from(u16::from_be_bytes([*h1, *h0])),
                    width: usize::from(u16::from_be_bytes([*w1, *w0])),
                });
            }
            (0xf8, [1, numbers @ ..]) if numbers.len() == 10 => {
                let number = |i: usize| i32::from(u16::from_be_bytes([numbers[2 * i], numbers[2 * i + 1]]));
                preset = Preset { maxval: number(0), t: [number(1), number(2), number(3)], reset: number(4) };
            }
            (0xda, [1, _, 0, near, _, 0]) => {
                let frame = frame.filter(|f| (f.width, f.height) == (columns, rows));
                let frame = frame.ok_or(DicomError::Decoding)?;
                return Scan::new(frame, preset, i32::from(*near), rest).and_then(Scan::decode);
            }
            // Application's own segments and comments.
            (0xe0..=0xef | 0xfe, _) => {}
            _ => return Err(DicomError::Decoding),
        }
    }
}

struct Scan<'a> {
    frame: Frame,
    near: i32,
    maxval: i32,
    t: [i32; 3],
    reset: i32,
    range: i32,
    qbpp: u32,
    limit: u32,
    contexts: [Context; CONTEXTS + 2],
    run_index: usize,
    bits: Bits<'a>,
}

impl<'a> Scan<'a> {
    fn new(frame: Frame, preset: Preset, near: i32, bytes: &'a [u8]) -> Result<Self, DicomError> {
        if !(2..=16).contains(&frame.precision) || frame.width == 0 || frame.height == 0 {
            return Err(DicomError::Decoding);
        }
        let full = (1 << frame.precision) - 1;
        let maxval = if preset.maxval == 0 { full } else { preset.maxval };
        if maxval > full || near > maxval / 2 {
            return Err(DicomError::Decoding);
        }
        let clamp = |value: i32, low: i32| if (low..=maxval).contains(&value) { value } else { low };
        let [t1, t2, t3] = if maxval >= 128 {
            let factor = (maxval.min(4095) + 128) / 256;
            [factor + 2 + 3 * near, 4 * factor + 3 + 5 * near, 17 * factor + 4 + 7 * near]
        } else {
            let factor = 256 / (maxval + 1);
            [(3 / factor + 3 * near).max(2), (7 / factor + 5 * near).max(3), (21 / factor + 7 * near).max(4)]
        };
        let or = |given: i32, default: i32| if given == 0 { default } else { given };
        let t1 = or(preset.t[0], clamp(t1, near + 1));
        let t2 = or(preset.t[1], clamp(t2, t1));
        let t3 = or(preset.t[2], clamp(t3, t2));
        let range = (maxval + 2 * near) / (2 * near + 1) + 1;
        let bits_for = |values: i32| 32 - (values - 1).leading_zeros();
        let bpp = bits_for(maxval + 1).max(2);
        let context = Context { a: ((range + 32) / 64).max(2), b: 0, c: 0, n: 1, negative: 0 };
        Ok(Self {
            frame,
            near,
            maxval,
            t: [t1, t2, t3],
            reset: or(preset.reset, 64).max(3),
            range,
            qbpp: bits_for(range),
            limit: 2 * (bpp + bpp.max(8)),
            contexts: [context; CONTEXTS + 2],
            run_index: 0,
            bits: Bits { bytes, at: 0, held: 0, count: 0, after_ff: false },
        })
    }

    fn decode(mut self) -> Result<Vec<i32>, DicomError> {
        let width = self.frame.width;
        // One sample before and one after a line.
        let (mut above, mut line) = (vec![0_i32; width + 2], vec![0_i32; width + 2]);
        let mut out = Vec::with_capacity(width * self.frame.height);
        for _ in 0..self.frame.height {
            line[0] = above[1];
            above[width + 1] = above[width];
            let mut x = 1;
            while x <= width {
                let (ra, rb, rc, rd) = (line[x - 1], above[x], above[x - 1], above[x + 1]);
                let d = [rd - rb, rb - rc, rc - ra];
                if d.iter().all(|d| d.abs() <= self.near) {
                    x = self.run(&mut line, &above, x)?;
                } else {
                    line[x] = self.regular(d, ra, rb, rc)?;
                    x += 1;
                }
            }
            out.extend_from_slice(&line[1..=width]);
            std::mem::swap(&mut above, &mut line);
        }
        Ok(out)
    }

    fn quantised(&self, d: i32) -> i32 {
        let size = self.t.iter().filter(|t| d.abs() >= **t).count() as i32;
        if d.abs() <= self.near { 0 } else { d.signum() * (size + 1) }
    }

    fn regular(&mut self, d: [i32; 3], ra: i32, rb: i32, rc: i32) -> Result<i32, DicomError> {
        let q = d.map(|d| self.quantised(d));
        let signed = 81 * q[0] + 9 * q[1] + q[2];
        let (sign, q) = (if signed < 0 { -1 } else { 1 }, signed.unsigned_abs() as usize);
        let context = self.contexts[q];
        let predicted = if rc >= ra.max(rb) {
            ra.min(rb)
        } else if rc <= ra.min(rb) {
            ra.max(rb)
        } else {
            ra + rb - rc
        };
        let predicted = (predicted + sign * context.c).clamp(0, self.maxval);
        let k = golomb(context.n, context.a)?;
        let mapped = self.bits.golomb(k, self.limit, self.qbpp)?;
        let plain = if mapped % 2 == 0 { mapped / 2 } else { -(mapped + 1) / 2 };
        let error = if self.near == 0 && k == 0 && 2 * context.b <= -context.n { -plain - 1 } else { plain };
        self.update(q, error);
        Ok(self.reconstructed(predicted, sign * error))
    }

    fn update(&mut self, q: usize, error: i32) {
        let (step, reset) = (2 * self.near + 1, self.reset);
        let c = &mut self.contexts[q];
        c.b = c.b.saturating_add(error * step);
        c.a = c.a.saturating_add(error.abs());
        if c.n == reset {
            (c.a, c.b, c.n) = (c.a >> 1, c.b >> 1, c.n >> 1);
        }
        c.n += 1;
        if c.b <= -c.n {
            c.b = (c.b + c.n).max(1 - c.n);
            c.c = (c.c - 1).max(-128);
        } else if c.b > 0 {
            c.b = (c.b - c.n).min(0);
            c.c = (c.c + 1).min(127);
        }
    }

    /// A sample from its prediction and its quantised error, which wraps around.
    fn reconstructed(&self, predicted: i32, error: i32) -> i32 {
        let step = 2 * self.near + 1;
        let value = predicted + error * step;
        let wrapped = if value < -self.near {
            value + self.range * step
        } else if value > self.maxval + self.near {
            value - self.range * step
        } else {
            value
        };
        wrapped.clamp(0, self.maxval)
    }

    /// A run from sample `x` on; answers where it has ended.
    fn run(&mut self, line: &mut [i32], above: &[i32], mut x: usize) -> Result<usize, DicomError> {
        let width = self.frame.width;
        let ra = line[x - 1];
        while self.bits.take(1)? == 1 {
            let whole = 1 << J[self.run_index];
            let length = whole.min(width + 1 - x);
            line[x..x + length].fill(ra);
            x += length;
            if length == whole && self.run_index < 31 {
                self.run_index += 1;
            }
            if x > width {
                return Ok(x);
            }
        }
        let length = self.bits.take(J[self.run_index])? as usize;
        if x + length > width {
            return Err(DicomError::Decoding);
        }
        line[x..x + length].fill(ra);
        x += length;
        line[x] = self.interruption(ra, above[x])?;
        self.run_index = self.run_index.saturating_sub(1);
        Ok(x + 1)
    }

    fn interruption(&mut self, ra: i32, rb: i32) -> Result<i32, DicomError> {
        let alike = (ra - rb).abs() <= self.near;
        let kind = i32::from(alike);
        let context = self.contexts[CONTEXTS + usize::from(alike)];
        let k = golomb(context.n, if alike { context.a + (context.n >> 1) } else { context.a })?;
        let limit = self.limit - J[self.run_index] - 1;
        let mapped = self.bits.golomb(k, limit, self.qbpp)?;
        let doubled = mapped + kind;
        let size = (doubled + 1) / 2;
        let is_negative = (k != 0 || 2 * context.negative >= context.n) == (doubled % 2 == 1);
        let error = if is_negative { -size } else { size };
        let reset = self.reset;
        let c = &mut self.contexts[CONTEXTS + usize::from(alike)];
        c.negative += i32::from(error < 0);
        c.a = c.a.saturating_add((mapped + 1 - kind) >> 1);
        if c.n == reset {
            (c.a, c.n, c.negative) = (c.a >> 1, c.n >> 1, c.negative >> 1);
        }
        c.n += 1;
        Ok(if alike {
            self.reconstructed(ra, error)
        } else {
            self.reconstructed(rb, if ra > rb { -error } else { error })
        })
    }
}

/// The parameter of a Golomb code.
fn golomb(n: i32, a: i32) -> Result<u32, DicomError> {
    (0..24).find(|k| i64::from(n) << k >= i64::from(a)).ok_or(DicomError::Decoding)
}

/// Bits, the highest of a byte first; after a byte of ones stands a bit that only keeps markers apart.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    after_ff: bool,
}

impl Bits<'_> {
    /// At most 24 bits.
    fn take(&mut self, bits: u32) -> Result<u32, DicomError> {
        while self.count < bits {
            let byte = *self.bytes.get(self.at).ok_or(DicomError::Decoding)?;
            if self.after_ff && byte >= 0x80 {
                // A marker: the scan's end.
                return Err(DicomError::Decoding);
            }
            let new = if self.after_ff { 7 } else { 8 };
            self.held = self.held << new | u64::from(byte);
            self.count += new;
            self.after_ff = byte == 0xff;
            self.at += 1;
        }
        self.count -= bits;
        Ok((self.held >> self.count) as u32 & ((1 << bits) - 1))
    }

    fn golomb(&mut self, k: u32, limit: u32, qbpp: u32) -> Result<i32, DicomError> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > limit {
                return Err(DicomError::Decoding);
            }
        }
        let value = if zeros + qbpp + 1 < limit { zeros << k | self.take(k)? } else { self.take(qbpp)? + 1 };
        // Larger than any error of 16 bits: damaged, and sums may not overflow.
        i32::try_from(value).ok().filter(|v| *v <= 1 << 17).ok_or(DicomError::Decoding)
    }
}
