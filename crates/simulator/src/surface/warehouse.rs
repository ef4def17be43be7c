//! Surfaces of a warehouse: cartons, film, crates, concrete, floor paint, sheet metal, signs.

use glam::{Vec2, Vec3};

use crate::surface::material::srgb;
use crate::surface::noise::{fbm3, hash, hash_unit, smoothstep, value3};
use crate::surface::stencil::{Text, ink};

/// Patterns whose colours are the material's `a`, `b`, `c`; lengths in metres.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hall {
    /// Carton of this half size: `a` board, `b` print, `c` tape.
    Carton { half: Vec3 },
    /// Cartons of size `cell` under stretch film: `a` board, `b` print, `c` film.
    Film { half: Vec3, cell: Vec3 },
    /// Stacking crate of this half size: `a` plastic, `b` label.
    Crate { half: Vec3 },
    /// Polished concrete in world coordinates: `a`, clouded with `b`, stained with `c`.
    Concrete,
    /// Worn floor paint `a` on the concrete of a material with `b` and `c`.
    Paint,
    /// Stripes of `a` on concrete, slanted.
    Hatch { width: f32 },
    /// A word of this height painted in `a` on concrete; reads from its local +Z side.
    FloorText { text: Text, height: f32 },
    /// An arrow along local -Z, so long, in `a` on concrete.
    Arrow { length: f32 },
    /// Steel section with rows of holes.
    Perforated,
    /// Ribbed sheet; ribs run up, or across.
    Sheet { pitch: f32, upright: bool },
    /// Board of `a` with a word in `b` on its X and Z faces.
    Board { text: Text, height: f32 },
    /// White label with bar code.
    Label,
    /// Slanted stripes of `a` and `b` all around.
    Warning { width: f32 },
    /// Screen of a desk or a charger: rows of light.
    Screen,
}

/// What a pattern says of a place.
pub(crate) struct Look {
    pub albedo: Vec3,
    /// Multiplies the material's mirror and gloss.
    pub polish: f32,
    /// Added to the normal, in the axes of the pattern's body; bodies with relief stand upright
    /// and unturned.
    pub tilt: Vec3,
    pub emission: Vec3,
}

/// A place on a body.
pub(crate) struct Place {
    pub local: Vec3,
    pub normal: Vec3,
    pub world: Vec3,
    /// Size of a pixel there.
    pub footprint: f32,
    pub tint: u32,
    pub seed: u32,
}

fn bits(tint: u32, shift: u32) -> f32 {
    (tint >> shift & 0xff) as f32 / 255.0
}

/// Coordinates on the face that is looked at and its half size: X along the face, Y up.
fn face(p: Vec3, n: Vec3, half: Vec3) -> (Vec2, Vec2) {
    let a = n.abs();
    if a.y > a.x && a.y > a.z {
        (Vec2::new(p.x, -p.z), Vec2::new(half.x, half.z))
    } else if a.x > a.z {
        (Vec2::new(-p.z * n.x.signum(), p.y), Vec2::new(half.z, half.y))
    } else {
        (Vec2::new(p.x * n.z.signum(), p.y), Vec2::new(half.x, half.y))
    }
}

/// Share of a pixel that a strip from `-half` to `half` covers, at distance `x` from its middle.
fn strip(x: f32, half: f32, soft: f32) -> f32 {
    1.0 - smoothstep(half - soft, half + soft, x.abs())
}

fn bar_code(uv: Vec2, footprint: f32, seed: u32) -> f32 {
    let bar = hash_unit((uv.x / 0.0035).floor() as i32, 0, 3, seed);
    let sharp = 1.0 - smoothstep(0.002, 0.006, footprint);
    let inside = f32::from(u8::from(uv.x.abs() < 0.05 && uv.y > -0.025 && uv.y < 0.03));
    inside * (0.5 + (f32::from(u8::from(bar > 0.5)) - 0.5) * sharp)
}

/// What is printed on the side of a carton, as ink 0 to 1.
fn print(uv: Vec2, half: Vec2, tint: u32, footprint: f32) -> f32 {
    let soft = footprint.max(0.002);
    match tint >> 9 & 7 {
        // Two arrows upwards over a line.
        0 | 1 => {
            let at = uv - Vec2::new(half.x - 0.12, -0.2 * half.y);
            let x = (at.x.abs() - 0.035).abs();
            let head = strip(x, (0.03 - (at.y - 0.02)).clamp(0.0, 0.03), soft)
                * f32::from(u8::from(at.y > 0.0 && at.y < 0.05));
            let stem = strip(x, 0.009, soft) * f32::from(u8::from(at.y > -0.05 && at.y <= 0.0));
            let line = strip(at.y + 0.062, 0.006, soft) * strip(at.x, 0.075, soft);
            head.max(stem).max(line)
        }
        // A band all around with the maker's blocks of letters.
        2 | 3 => {
            let band = strip(uv.y - 0.1 * half.y, 0.18 * half.y, soft);
            let letter = hash(((uv.x + 9.0) / 0.028).floor() as i32, 5, 1, tint);
            let blank = f32::from(u8::from(uv.x.abs() < 0.45 * half.x))
                * strip(uv.y - 0.1 * half.y, 0.09 * half.y, soft)
                * f32::from(u8::from(letter & 3 != 0));
            band * (1.0 - 0.9 * blank)
        }
        // Small print.
        4 | 5 => {
            let row = ((uv.y + 9.0) / 0.022).floor() as i32;
            let word = hash(((uv.x + 9.0) / 0.014).floor() as i32, row, 2, tint);
            let inside = uv.x < -0.1 * half.x
                && uv.x > -0.8 * half.x
                && (uv.y / half.y + 0.2).abs() < 0.4
                && row & 1 == 0;
            f32::from(u8::from(inside && word & 7 > 1))
                * (1.0 - smoothstep(0.008, 0.03, footprint) * 0.6)
        }
        _ => 0.0,
    }
}

fn carton(
    (a, b, c): (Vec3, Vec3, Vec3),
    p: Vec3,
    n: Vec3,
    half: Vec3,
    tint: u32,
    seed: u32,
    footprint: f32,
) -> (Vec3, f32) {
    let (uv, h) = face(p, n, half);
    let soft = footprint.max(0.0015);
    let lying = n.y.abs() > 0.5;
    let mottled = fbm3(p * 9.0 + bits(tint, 3) * 40.0, 3, footprint * 9.0, seed);
    let flutes = value3(Vec3::new(uv.x * 4.0, uv.y * 160.0, 0.0), seed ^ 1);
    let flutes = (flutes - 0.5) * (1.0 - smoothstep(0.002, 0.012, footprint));
    let mut colour = a * (0.8 + 0.32 * bits(tint, 12)) * (0.86 + 0.24 * mottled + 0.1 * flutes);
    let edge = (h.x - uv.x.abs()).min(h.y - uv.y.abs());
    // Board is rubbed at its edges and dark in the crease.
    let worn = smoothstep(0.035, 0.0, edge) * mottled;
    colour = colour.lerp(a * 1.25, 0.5 * worn);
    colour *= 1.0 - 0.45 * smoothstep(0.008 + footprint, 0.0, edge);
    let mut polish = 0.15;
    if !lying {
        colour = colour.lerp(b, 0.8 * print(uv, h, tint, footprint));
        // A label on one side of some.
        if tint >> 20 & 3 == 0 && n.x + n.z > 0.0 {
            let at = uv - Vec2::new(-0.35 * h.x, 0.15 * h.y);
            if at.x.abs() < 0.075 && at.y.abs() < 0.05 {
                let line = f32::from(u8::from(at.y > 0.032 && at.y < 0.042 && at.x < 0.03));
                colour = Vec3::splat(0.78 - 0.6 * bar_code(at, footprint, tint).max(line));
                polish = 0.5;
            }
        }
        // A dent or a soaked corner.
        if tint >> 22 & 3 == 0 {
            let corner = Vec2::new(h.x * (bits(tint, 2) * 2.0 - 1.0), -h.y);
            let away = (uv - corner).length() + 0.1 * (mottled - 0.5);
            colour *= 1.0 - 0.4 * smoothstep(0.16, 0.1, away);
        }
    }
    // Tape over the flaps and a hand's width down the ends.
    let along_x = half.x >= half.z;
    let (across, on) = if lying {
        (if along_x { uv.y } else { uv.x }, true)
    } else {
        (uv.x, (n.x.abs() > 0.5) == along_x && h.y - uv.y < 0.06 + 0.05 * bits(tint, 6))
    };
    if on {
        let tape = strip(across, 0.026, soft);
        let seam = if lying { strip(across, 0.002, soft) * 0.5 } else { 0.0 };
        colour = colour.lerp(c, 0.75 * tape) * (1.0 - seam);
        polish += 1.6 * tape;
    }
    (colour, polish)
}

/// Concrete floor: colour, polish, and how far paint on it has worn off.
fn concrete(a: Vec3, b: Vec3, c: Vec3, at: Vec3, footprint: f32, seed: u32) -> (Vec3, f32, f32) {
    let p = Vec3::new(at.x, 0.0, at.z);
    let clouds = fbm3(p * 0.16, 2, footprint * 0.16, seed);
    let blotch = fbm3(p * 1.3, 3, footprint * 1.3, seed ^ 1);
    let mut colour = a.lerp(b, smoothstep(0.3, 0.7, 0.55 * clouds + 0.45 * blotch));
    if footprint < 0.02 {
        let grain = value3(p * 140.0, seed ^ 2) - 0.5;
        colour *= 1.0 + 0.22 * grain * (1.0 - smoothstep(0.006, 0.02, footprint));
    }
    // Oil and water have left stains.
    let stain = value3(p * 0.55 + 3.0, seed ^ 3);
    colour = colour.lerp(c, 0.55 * smoothstep(0.72, 0.92, stain * 0.7 + blotch * 0.45));
    // Tyres: streaks along both ways of driving, and arcs where they turn.
    let mut rubber = 0.0f32;
    if footprint < 0.5 {
        let lengthwise = value3(Vec3::new(p.x * 3.1, 0.0, p.z * 0.09), seed ^ 4);
        let crosswise = value3(Vec3::new(p.x * 0.09, 9.0, p.z * 3.1), seed ^ 5);
        rubber = smoothstep(0.66, 0.95, lengthwise) * 0.5 + smoothstep(0.72, 0.97, crosswise) * 0.4;
        let cell = (p / 7.0).floor();
        let h = hash(cell.x as i32, cell.z as i32, 6, seed);
        if h & 1 == 0 {
            let centre = Vec2::new(cell.x + 0.5, cell.z + 0.5) * 7.0
                + Vec2::new(bits(h, 4) - 0.5, bits(h, 12) - 0.5) * 2.0;
            let from = Vec2::new(p.x, p.z) - centre;
            let ring = (from.length() - 1.4 - bits(h, 20)).abs();
            let part = smoothstep(-0.3, 0.6, from.y.atan2(from.x).sin() * (1.0 - 2.0 * bits(h, 9)));
            let soft = 0.02 + footprint;
            rubber += 0.75 * part * strip(ring - 0.07, 0.05, soft) * (0.4 + blotch);
        }
    }
    let faint = 0.5 + 0.5 * clouds;
    colour *= 1.0 - 0.55 * (rubber * faint).min(1.0);
    // Saw-cut joints every six metres.
    let joint = |x: f32| ((x / 6.0 - (x / 6.0).round()) * 6.0).abs();
    let cut = strip(joint(p.x).min(joint(p.z)), 0.005, 0.003 + footprint)
        * (0.005 / (0.005 + footprint)).sqrt();
    colour *= 1.0 - 0.6 * cut;
    let polish = (0.55 + 0.75 * blotch) * (1.0 - 0.6 * rubber.min(1.0)) * (1.0 - cut);
    let wear =
        smoothstep(0.55, 0.8, blotch * 0.75 + 0.5 * value3(p * 5.0, seed ^ 8) - 0.1) + 0.6 * rubber;
    (colour, polish, wear.min(1.0))
}

fn arrow(at: Vec2, length: f32, soft: f32) -> f32 {
    let y = at.y / length;
    let head = f32::from(u8::from(y > 0.1 && y < 0.5));
    let stem = f32::from(u8::from(y > -0.5 && y <= 0.1));
    head * strip(at.x, ((0.5 - y) * 0.62 * length).max(0.0), soft)
        + stem * strip(at.x, 0.075 * length, soft)
}

impl Hall {
    /// Evaluates at a place for a material's colours.
    pub fn look(self, colours: (Vec3, Vec3, Vec3), at: &Place) -> Look {
        let (a, b, c) = colours;
        let &Place { local: p, normal: n, world, footprint, tint, seed } = at;
        let mut look = Look { albedo: a, polish: 1.0, tilt: Vec3::ZERO, emission: Vec3::ZERO };
        let on_floor = |ink: f32| {
            let base = (srgb(150, 148, 143), srgb(118, 117, 114), srgb(84, 80, 74));
            let (ground, polish, wear) = concrete(base.0, base.1, base.2, world, footprint, 77);
            let paint = ink * (1.0 - 0.85 * wear);
            (ground.lerp(a * (0.9 + 0.2 * (1.0 - wear)), paint), polish * (1.0 - 0.4 * paint))
        };
        match self {
            Self::Carton { half } => {
                (look.albedo, look.polish) = carton((a, b, c), p, n, half, tint, seed, footprint);
            }
            Self::Film { half, cell } => {
                let count = (half * 2.0 / cell).round().max(Vec3::ONE);
                let size = half * 2.0 / count;
                let place = ((p + half) / size).clamp(Vec3::ZERO, count - 0.001).floor();
                let within = p + half - (place + 0.5) * size;
                let one = hash(place.x as i32, place.y as i32, place.z as i32, tint ^ 7);
                let (board, _) =
                    carton((a, b, c), within, n, size * 0.5, one, seed, footprint.max(0.004));
                // Film: bands that were wound around, folds, and light that it throws back.
                let around = Vec3::new(p.x + p.z, p.y * 7.0 + (p.x - p.z) * 1.3, bits(tint, 5));
                let bands = fbm3(around * 2.2, 3, footprint * 6.0, seed ^ 3);
                let folds = value3(Vec3::new((p.x - p.z) * 26.0, p.y * 3.0, 2.0), seed ^ 4);
                let milky = 0.12 + 0.3 * smoothstep(0.4, 0.75, bands) + 0.12 * folds;
                look.albedo = board.lerp(c, milky);
                look.polish = 0.6 + bands;
                let fine = 1.0 - smoothstep(0.01, 0.05, footprint);
                look.tilt = Vec3::new(folds - 0.5, bands - 0.5, folds - 0.5) * (0.55 * fine);
            }
            Self::Crate { half } => {
                let (uv, h) = face(p, n, half);
                let soft = footprint.max(0.002);
                let rim = 1.0 - smoothstep(0.035, 0.04 + soft, h.y - uv.y.abs());
                let rib = ((uv.x / 0.09).fract().abs() - 0.5).abs();
                let ribs = smoothstep(0.3, 0.42, rib) * (1.0 - smoothstep(0.02, 0.08, footprint));
                let mut colour = a * (0.75 + 0.4 * bits(tint, 12));
                colour *= 1.0 - 0.3 * (1.0 - rim) * (0.4 + 0.6 * ribs);
                if n.y.abs() < 0.5 {
                    let grip = strip(uv.x, 0.07, soft) * strip(uv.y - h.y * 0.5, 0.018, soft);
                    colour = colour.lerp(Vec3::splat(0.01), grip);
                    let tag = strip(uv.x, 0.06, soft) * strip(uv.y + h.y * 0.2, 0.035, soft);
                    let code = bar_code(uv + Vec2::new(0.0, h.y * 0.2), footprint, tint);
                    let tag = if tint >> 14 & 1 == 0 { tag } else { 0.0 };
                    colour = colour.lerp(b * (1.0 - 0.8 * code), tag);
                }
                let scuffs = fbm3(p * 14.0, 2, footprint * 14.0, seed ^ tint);
                look.albedo = colour * (0.85 + 0.3 * scuffs);
            }
            Self::Concrete => {
                let (colour, polish, _) = concrete(a, b, c, world, footprint, seed);
                (look.albedo, look.polish) = (colour, polish);
            }
            Self::Paint => (look.albedo, look.polish) = on_floor(1.0),
            Self::Hatch { width } => {
                let slant = (world.x + world.z) / (2.0 * width);
                let from = (slant - slant.floor() - 0.5).abs() * 2.0 * width;
                let soft = footprint.max(0.004) * 1.4;
                let stripe = strip(from, 0.5 * width, soft);
                let far = smoothstep(0.4 * width, 1.6 * width, footprint);
                (look.albedo, look.polish) = on_floor(stripe + (0.5 - stripe) * far);
            }
            Self::FloorText { text, height } => {
                let (x, y) = (p.x / height, -p.z / height);
                (look.albedo, look.polish) = on_floor(ink(&text, x, y, footprint / height));
            }
            Self::Arrow { length } => {
                let soft = footprint.max(0.004);
                (look.albedo, look.polish) =
                    on_floor(arrow(Vec2::new(p.x, -p.z), length, soft).min(1.0));
            }
            Self::Perforated => {
                let up = (p.y / 0.05 - (p.y / 0.05).round()) * 0.05;
                let away = up.hypot(p.x.abs().min(p.z.abs()) - 0.012);
                let hole = 1.0 - smoothstep(0.007 - footprint, 0.009 + footprint, away);
                let hole = hole * (1.0 - smoothstep(0.01, 0.04, footprint));
                let rubbed = fbm3(p * 6.0, 3, footprint * 6.0, seed ^ tint);
                look.albedo = (a * (0.7 + 0.5 * rubbed)).lerp(Vec3::splat(0.012), 0.9 * hole);
                look.albedo = look.albedo.lerp(b, 0.5 * smoothstep(0.68, 0.8, rubbed));
            }
            Self::Sheet { pitch, upright } => {
                let along = match (upright, n.x.abs() > n.z.abs(), n.y.abs() > 0.5) {
                    (true, _, true) => p.x,
                    (true, true, _) => p.z,
                    (true, false, _) => p.x,
                    (false, ..) => p.y,
                };
                let x = along / pitch - (along / pitch).floor();
                let fine = 1.0 - smoothstep(0.2 * pitch, 0.8 * pitch, footprint);
                // Trapezoid: crest, slope down, valley, slope up.
                let slope = if x < 0.4 {
                    0.0
                } else if x < 0.5 {
                    -1.0
                } else if x < 0.9 {
                    0.0
                } else {
                    1.0
                };
                let low = smoothstep(0.4, 0.5, x) * (1.0 - smoothstep(0.9, 1.0, x));
                let axis = match (upright, n.x.abs() > n.z.abs(), n.y.abs() > 0.5) {
                    (true, true, false) => Vec3::Z,
                    (true, ..) => Vec3::X,
                    (false, ..) => Vec3::Y,
                };
                look.tilt = axis * (slope * 0.55 * fine);
                let streaks = fbm3(Vec3::new(p.x, p.y * 0.18, p.z) * 1.4, 3, footprint * 1.4, seed);
                look.albedo = a.lerp(b, smoothstep(0.35, 0.8, streaks)) * (1.0 - 0.16 * low * fine);
            }
            Self::Board { text, height } => {
                let (uv, _) = face(p, n, Vec3::ONE);
                let letters = if n.y.abs() > 0.5 {
                    0.0
                } else {
                    ink(&text, uv.x / height, uv.y / height, footprint / height)
                };
                look.albedo = a.lerp(b, letters);
            }
            Self::Label => {
                let (uv, _) = face(p, n, Vec3::ONE);
                look.albedo = a * (1.0 - 0.85 * bar_code(uv, footprint, tint));
            }
            Self::Warning { width } => {
                let slant = (p.x + p.y + p.z) / width;
                let from = (slant - slant.floor() - 0.5).abs() * width;
                let soft = footprint.max(0.002);
                let stripe = smoothstep(0.25 * width - soft, 0.25 * width + soft, from);
                let far = smoothstep(0.2 * width, 0.8 * width, footprint);
                let dirt = fbm3(p * 5.0, 3, footprint * 5.0, seed ^ tint);
                look.albedo = a.lerp(b, stripe + (0.5 - stripe) * far) * (0.75 + 0.4 * dirt);
            }
            Self::Screen => {
                let (uv, _) = face(p, n, Vec3::ONE);
                let row = (uv.y / 0.03).floor() as i32;
                let lit = hash(row, (uv.x / 0.05).floor() as i32, 4, tint) & 3 == 0;
                look.albedo = Vec3::splat(0.02);
                look.emission = b * if lit { 1.0 } else { 0.15 };
            }
        }
        look
    }

    /// Colour for indirect light.
    pub fn mean(self, a: Vec3, b: Vec3, c: Vec3) -> Vec3 {
        let floor = srgb(130, 128, 124);
        match self {
            Self::Film { .. } => a.lerp(c, 0.3),
            Self::Concrete | Self::Sheet { .. } => (a + b) * 0.5,
            Self::Paint => a.lerp(floor, 0.3),
            Self::Hatch { .. } => a.lerp(floor, 0.6),
            Self::FloorText { .. } | Self::Arrow { .. } => a.lerp(floor, 0.75),
            Self::Warning { .. } => (a + b) * 0.5,
            Self::Screen => Vec3::splat(0.02),
            _ => a * 0.9,
        }
    }
}
