//! Textures of eyes, lashes and the inside of the mouth.

use crate::{
    AvatarSpec,
    eyes::{TEXTURE_IRIS, TEXTURE_PUPIL},
    skin,
    texture::{Chance, Noise, SrgbTable, Texture, byte, noise, smooth},
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use std::{
    f32::consts::{PI, TAU},
    iter::repeat_n,
    sync::Arc,
};

/// A square picture of what `painter` makes for every place (linear RGB and alpha; v down). Each row has
/// a painter of its own, so that it may keep what the last place needed.
pub(crate) fn square<P: FnMut(Vec2) -> (Vec3, f32)>(
    name: &str,
    edge: usize,
    painter: impl Fn() -> P + Sync,
) -> Texture {
    let table = SrgbTable::new();
    let mut pixels: Arc<[u8]> = repeat_n(0, 4 * edge * edge).collect();
    Arc::make_mut(&mut pixels).par_chunks_mut(4 * edge).enumerate().for_each(|(y, row)| {
        let mut colour = painter();
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let uv = Vec2::new(x as f32 + 0.5, y as f32 + 0.5) / edge as f32;
            let (colour, alpha) = colour(uv);
            let [r, g, b] = colour.to_array().map(|c| table.encode(c));
            pixel.copy_from_slice(&[r, g, b, byte(alpha)]);
        }
    });
    Texture { name: name.to_owned(), width: edge as u32, height: edge as u32, srgb: true, pixels }
}

/// How much light the lids leave at a place of the eye's texture.
fn lid_shade(place: Vec2) -> f32 {
    1.0 - 0.62 * smooth(0.12, 0.50, -place.y) - 0.25 * smooth(0.30, 0.55, place.y)
}

/// White, iris and pupil. Both eyes share it.
pub(crate) fn eye(spec: &AvatarSpec) -> Texture {
    square("eyes_colour", 384, || {
        let mut painter = EyePainter::new(spec);
        move |uv| painter.colour(uv)
    })
}

struct EyePainter {
    iris: Vec3,
    aged: f32,
    /// How many there are around, how they bend, where they are.
    veins: [(f32, Noise, Noise); 2],
    fibres: [Noise; 2],
    clouds: Noise,
    collarette: Noise,
    crypts: Noise,
}

impl EyePainter {
    fn new(spec: &AvatarSpec) -> Self {
        let seed = spec.seed as u32 & 0xffff;
        Self {
            iris: Vec3::from(spec.eyes.iris.linear()),
            aged: smooth(35.0, 85.0, spec.age),
            veins: [(5.0, seed), (9.0, seed + 1)]
                .map(|(count, seed)| (count, Noise::new(seed + 7), Noise::new(seed + 3))),
            fibres: [11, 12].map(|salt| Noise::new(seed + salt)),
            clouds: Noise::new(seed + 13),
            collarette: Noise::new(seed + 14),
            crypts: Noise::new(seed + 15),
        }
    }

    /// Linear colour of a place of the texture, and 1 for opaque.
    fn colour(&mut self, uv: Vec2) -> (Vec3, f32) {
        let place = 2.0 * uv - 1.0;
        let away = place.length();
        let [cos, sin] = place.normalize_or(Vec2::X).to_array();
        // The white: warm, redder towards the corners, veined, shaded by the lids.
        let at = Vec3::new(place.x, place.y, 0.0);
        let out = smooth(TEXTURE_IRIS, 0.95, away);
        let white = Vec3::new(0.60, 0.565, 0.53).lerp(Vec3::new(0.54, 0.47, 0.37), 0.6 * self.aged);
        let mut vein = 0.0f32;
        if away > 0.45 && away < 0.95 {
            let turn = f32::atan2(place.y, place.x);
            for (scale, bend, line) in &mut self.veins {
                let bend = 0.6 * bend.at(at * 7.0);
                let line = line.at(Vec3::new(turn * *scale + bend * 3.0, away * 2.2, 0.0));
                vein = vein.max(smooth(0.035, 0.0, (line - 0.5).abs()));
            }
        }
        let sideways = cos.abs().powi(2);
        let red = out * sideways * (0.16 + 0.34 * vein);
        let mut white = white.lerp(Vec3::new(0.62, 0.24, 0.20), red);
        let lid = smooth(0.30, 0.75, away) * (0.5 - 0.5 * sin).powi(2);
        let corner = smooth(0.52, 0.85, away);
        white *= (1.0 - 0.55 * lid) * (1.0 - 0.42 * corner);
        if away > TEXTURE_IRIS + 0.04 {
            return (white * lid_shade(place), 1.0);
        }
        // The iris: fibres from a ragged collarette, a dark rim, lighter towards the pupil.
        let part = ((away - TEXTURE_PUPIL) / (TEXTURE_IRIS - TEXTURE_PUPIL)).clamp(0.0, 1.0);
        // Around a circle, so that it closes.
        let circle = |count: f32, depth: f32| Vec3::new(cos * count, sin * count, part * depth);
        let [coarse, fine] = &mut self.fibres;
        let fibres = 0.55 * coarse.at(circle(17.0, 1.6)) + 0.45 * fine.at(circle(34.0, 2.5));
        let clouds = self.clouds.at(circle(2.2, 1.5));
        let collarette = 0.26 + 0.10 * (self.collarette.at(circle(7.0, 0.0)) - 0.5);
        let inner = smooth(collarette + 0.07, collarette - 0.05, part);
        let glow = self.iris * (0.62 + 0.95 * fibres * fibres + 0.35 * (clouds - 0.5));
        let warm = (self.iris * 1.15 + Vec3::new(0.035, 0.018, 0.004)) * (0.7 + 0.7 * fibres);
        let mut colour = glow.lerp(warm, 0.75 * inner);
        let crypt = smooth(0.70, 0.80, self.crypts.at(circle(5.5, 3.0))) * (1.0 - inner);
        colour *= 1.0 - 0.35 * crypt;
        colour *= 1.0 - 0.72 * smooth(0.74, 1.0, part);
        colour *= 1.0 - 0.35 * smooth(0.15, 0.95, -sin) * smooth(0.1, 1.0, part);
        let arcus = self.aged * smooth(0.82, 0.93, part) * smooth(1.0, 0.95, part);
        colour = colour.lerp(Vec3::splat(0.35), 0.4 * arcus);
        colour *= smooth(0.0, 0.07, part) * 0.9 + 0.1;
        let limbus = smooth(TEXTURE_IRIS + 0.035, TEXTURE_IRIS - 0.03, away);
        let colour = white.lerp(colour, limbus);
        let pupil = smooth(TEXTURE_PUPIL + 0.008, TEXTURE_PUPIL - 0.008, away);
        (colour.lerp(Vec3::splat(0.002), pupil) * lid_shade(place), 1.0)
    }
}

/// Strands: the upper lashes in the upper half, the lower in the lower, roots on top.
pub(crate) fn lashes(spec: &AvatarSpec) -> Texture {
    let (width, height) = (512usize, 256usize);
    let strength = 0.4 + 0.6 * spec.eyes.lashes;
    let dark = skin::hair_colour(spec).lerp(Vec3::splat(0.006), 0.93);
    let table = SrgbTable::new();
    let [r, g, b] = dark.to_array().map(|c| table.encode(c));
    let mut alphas = vec![0.0f32; width * height];
    let mut chance = Chance::new(spec.seed ^ 0x1a5);
    for (half, count, reach, weight) in [(0usize, 130, 1.45, 1.7f32), (1, 60, 1.1, 0.75)] {
        for strand in 0..count {
            let root = (strand as f32 + chance.range(-0.3, 0.7)) / count as f32;
            // Outwards at the outer corner, inwards at the inner one; several meet in a tip.
            let lean = 0.10 * (root - 0.35) + 0.018 * chance.bell();
            let edge = smooth(0.0, 0.12, root) * smooth(1.0, 0.93, root);
            let long = reach * strength * chance.range(0.65, 1.0) * (0.45 + 0.55 * edge);
            let rows = (long.min(0.97) * 0.5 * height as f32) as usize;
            for row in 0..rows {
                let along = row as f32 / rows.max(1) as f32;
                let x = (root + lean * along * along) * width as f32;
                let half_width =
                    1.7 * weight * (0.6 + 0.4 * strength) * (1.0 - along).powf(0.7) + 0.15;
                for column in (x - 3.0).max(0.0) as usize..((x + 4.0) as usize).min(width) {
                    let off = (column as f32 + 0.5 - x).abs();
                    let cover = (half_width + 0.5 - off).clamp(0.0, 1.0);
                    let at = (half * height / 2 + row) * width + column;
                    alphas[at] = alphas[at].max(cover * (1.0 - 0.4 * along));
                }
            }
        }
    }
    // Roots stand so close that they make a line.
    for (half, strong) in [(0usize, 0.95f32), (1, 0.35)] {
        for row in 0..height / 2 {
            let down = row as f32 / (0.5 * height as f32);
            let line = strong * (0.35 + 0.65 * spec.eyes.lashes) * smooth(0.17, 0.05, down);
            for column in 0..width {
                let across = column as f32 / width as f32;
                let ends = smooth(0.02, 0.2, across) * smooth(1.0, 0.9, across);
                let at = (half * height / 2 + row) * width + column;
                alphas[at] = alphas[at].max(line * ends);
            }
        }
    }
    let pixels: Vec<u8> = alphas.iter().flat_map(|a| [r, g, b, byte(*a)]).collect();
    Texture {
        name: "lashes_colour".to_owned(),
        width: width as u32,
        height: height as u32,
        srgb: true,
        pixels: pixels.into(),
    }
}

/// Where one tooth ends and the next begins, degrees along the row from the middle.
const UPPER_TEETH: [f32; 9] = [0.0, 7.8, 13.5, 19.8, 25.5, 32.0, 42.6, 55.6, 75.0];
const LOWER_TEETH: [f32; 9] = [0.0, 5.0, 10.3, 16.2, 21.6, 27.5, 38.5, 51.0, 72.0];

/// Lining (upper left), tongue (upper right), teeth with gums (lower left).
pub(crate) fn mouth(spec: &AvatarSpec) -> Texture {
    let aged = smooth(30.0, 85.0, spec.age);
    let enamel = Vec3::new(0.76, 0.72, 0.63).lerp(Vec3::new(0.62, 0.53, 0.38), 0.7 * aged);
    let gum = Vec3::new(0.42, 0.13, 0.13).lerp(Vec3::new(0.26, 0.09, 0.09), spec.skin.tone);
    let tongue = Vec3::new(0.45, 0.15, 0.15);
    let painter = |uv: Vec2, [uneven, bumps]: &mut [Noise; 2]| {
        let at = Vec3::new(uv.x, uv.y, 0.5);
        let uneven = 0.8 + 0.4 * uneven.at(at * 40.0);
        if uv.y < 0.5 {
            let colour = if uv.x < 0.5 { gum * 0.62 } else { tongue };
            let bumps = if uv.x < 0.5 { 1.0 } else { 0.85 + 0.3 * bumps.at(at * 260.0) };
            return (colour * uneven * bumps, 1.0);
        }
        if uv.x > 0.5 {
            return (gum, 1.0);
        }
        let is_upper = uv.y < 0.75;
        let rows = if is_upper { &UPPER_TEETH } else { &LOWER_TEETH };
        let degrees = ((uv.x - 0.25) / 0.46 * PI).to_degrees().abs();
        let down = ((uv.y - if is_upper { 0.51 } else { 0.76 }) / 0.23).clamp(0.0, 1.0);
        let next = rows.iter().position(|end| *end > degrees).unwrap_or(rows.len() - 1).max(1);
        let (from, to) = (rows[next - 1], rows[next]);
        let inside = ((degrees - from) / (to - from)).clamp(0.0, 1.0);
        let edge = inside.min(1.0 - inside) * (to - from);
        let arch = (inside * PI).sin();
        let crown = if is_upper { 0.46 } else { 0.52 } - 0.07 * arch;
        let bare = smooth(crown - 0.015, crown + 0.02, down);
        let gap = 1.0 - 0.75 * smooth(0.55, 0.0, edge) * smooth(crown - 0.05, crown + 0.1, down);
        let deep = smooth(60.0, 22.0, degrees) * 0.6 + 0.4;
        let root = 1.0 - 0.14 * smooth(crown + 0.25, crown, down);
        let tip = Vec3::ONE.lerp(Vec3::new(0.93, 0.96, 1.0), smooth(0.82, 1.0, down));
        let tooth = enamel * tip * gap * root * (0.94 + 0.12 * noise(at * 90.0, next as u32));
        let wet = (TAU * inside).cos() * 0.02;
        (gum.lerp(tooth + wet, bare) * uneven.lerp_to(1.0, bare) * deep, 1.0)
    };
    square("mouth_colour", 256, || {
        let mut noises = [61, 62].map(Noise::new);
        move |uv| painter(uv, &mut noises)
    })
}

/// Mixing plain numbers.
trait LerpTo {
    fn lerp_to(self, to: f32, part: f32) -> f32;
}

impl LerpTo for f32 {
    fn lerp_to(self, to: f32, part: f32) -> f32 {
        self + (to - self) * part
    }
}
