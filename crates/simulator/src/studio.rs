//! Things alone under even light, seen from all six sides: what the object painter learns from.

use glam::{Quat, Vec3};
use rayon::prelude::*;
use reverie_world_model::Weather;

use crate::conditions::Conditions;
use crate::random::Rng;
use crate::rays::geometry::{Group, Ray};
use crate::scene::Scene;
use crate::things::proxies::{self, ProxyKind};

/// Distance of the eye from the middle of a box whose half edge is 1: far enough for pictures
/// almost without perspective.
pub const STUDIO_EYE: f32 = 16.0;
/// Outward axis and upward axis of each side's picture: +X, -X, +Y, -Y, +Z, -Z.
pub const STUDIO_SIDES: [[Vec3; 2]; 6] = [
    [Vec3::X, Vec3::Y],
    [Vec3::NEG_X, Vec3::Y],
    [Vec3::Y, Vec3::NEG_Z],
    [Vec3::NEG_Y, Vec3::Z],
    [Vec3::Z, Vec3::Y],
    [Vec3::NEG_Z, Vec3::Y],
];
/// Deepest that is told apart below a side, in half edges.
pub const STUDIO_DEEPEST: f32 = 2.0;
/// Rays that look how open a point lies, for each sample of colour.
const OPEN_RAYS: u32 = 2;
/// What the closest corner keeps of the light.
const LEAST_OPEN: f32 = 0.25;

/// A thing to look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudioThing {
    /// What it is.
    pub kind: ProxyKind,
    /// Edges of its box, metres.
    pub size: Vec3,
    /// 8-bit sRGB.
    pub colour: [u8; 3],
    /// Decides everything else.
    pub seed: u64,
}

/// One side of a thing. Rows run from the top; the box's side fills the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct StudioSide {
    /// sRGB of how a surface throws back even white light, `3 * side * side` bytes.
    pub rgb: Vec<u8>,
    /// Share of the pixel that is covered, 255 for all.
    pub cover: Vec<u8>,
    /// Depth below the box's side: 0 is the side itself, 255 [`STUDIO_DEEPEST`] half edges.
    pub depth: Vec<u8>,
}

struct Sample {
    colour: Vec3,
    depth: f32,
}

/// Looks at a thing from its six sides, with `samples` x `samples` rays a pixel.
#[must_use]
pub fn studio_sides(thing: &StudioThing, side_px: usize, samples: usize) -> [StudioSide; 6] {
    let mut scene =
        Scene::empty(Conditions::new(Weather::Overcast, 12.0), 0, std::sync::Arc::from([]));
    let built = proxies::build(&mut scene, thing.kind, thing.size, thing.colour, thing.seed);
    let mut root = Group::default();
    built.place(&mut root, Vec3::ZERO, Quat::IDENTITY);
    root.finish(&scene.groups);
    scene.root = root;
    STUDIO_SIDES.map(|[out, up]| look(&scene, thing, out, up, side_px, samples.max(1)))
}

fn look(
    scene: &Scene,
    thing: &StudioThing,
    out: Vec3,
    up: Vec3,
    side_px: usize,
    samples: usize,
) -> StudioSide {
    let half = thing.size * 0.5;
    let right = up.cross(out);
    let pixel_m = 2.0 * half.max_element() / side_px as f32;
    let pixels: Vec<([u8; 3], u8, u8)> = (0..side_px * side_px)
        .into_par_iter()
        .map(|at| {
            let (x, y) = ((at % side_px) as f32, (at / side_px) as f32);
            let mut rng =
                Rng::new(at as u64 ^ (out.dot(Vec3::new(3.0, 5.0, 7.0)) as i64 as u64) << 40);
            let mut found: Vec<Sample> = Vec::with_capacity(samples * samples);
            for k in 0..samples * samples {
                let within = |k: usize| (k as f32 + 0.5) / samples as f32;
                let u = 2.0 * (x + within(k % samples)) / side_px as f32 - 1.0;
                let v = 1.0 - 2.0 * (y + within(k / samples)) / side_px as f32;
                // On the box's side at depth STUDIO_EYE - 1 the picture is 2 wide.
                let towards = (right * u + up * v) / (STUDIO_EYE - 1.0) - out;
                found.extend(sample(scene, half, out * STUDIO_EYE, towards, pixel_m, &mut rng));
            }
            finish(&mut found, samples * samples)
        })
        .collect();
    let mut side = StudioSide { rgb: Vec::new(), cover: Vec::new(), depth: Vec::new() };
    for (rgb, cover, depth) in pixels {
        side.rgb.extend(rgb);
        side.cover.push(cover);
        side.depth.push(depth);
    }
    side
}

/// What a ray of the unit box shows; depth in half edges below the side.
fn sample(
    scene: &Scene,
    half: Vec3,
    eye: Vec3,
    towards: Vec3,
    pixel_m: f32,
    rng: &mut Rng,
) -> Option<Sample> {
    let (origin, way) = (eye * half, towards * half);
    let length = way.length();
    let ray = Ray { origin, dir: way / length };
    let hit = scene.trace(&ray, 1e-3, 2.5 * STUDIO_EYE * length)?;
    let depth = (hit.t / length - (STUDIO_EYE - 1.0)).max(0.0);
    let surface = scene.surface_at(&ray, &hit, pixel_m / hit.t);
    let reach = 0.6 * half.max_element();
    let mut open = 0.0;
    for _ in 0..OPEN_RAYS {
        let around = Vec3::new(rng.normal(), rng.normal(), rng.normal()).normalize_or(Vec3::Y);
        let dir = (hit.normal * 1.001 + around).normalize_or(hit.normal);
        let from = Ray { origin: ray.at(hit.t) + hit.normal * 2e-3 * reach, dir };
        open += f32::from(u8::from(!scene.blocked(&from, 1e-4, reach)));
    }
    let open = LEAST_OPEN + (1.0 - LEAST_OPEN) * open / OPEN_RAYS as f32;
    // Mirrors show a bright sky.
    let colour = surface.albedo.lerp(Vec3::splat(0.6), surface.mirror.min(0.5)) * open;
    Some(Sample { colour, depth })
}

fn finish(found: &mut [Sample], asked: usize) -> ([u8; 3], u8, u8) {
    let cover = found.len() as f32 / asked as f32;
    if found.is_empty() {
        return ([0; 3], 0, 0);
    }
    found.sort_by(|a, b| a.depth.total_cmp(&b.depth));
    // The surface that covers most of the pixel, as its median tells.
    let middle = found[found.len() / 2].depth;
    let own: Vec<&Sample> = found.iter().filter(|s| (s.depth - middle).abs() < 0.15).collect();
    let share = 1.0 / own.len() as f32;
    let colour = own.iter().map(|s| s.colour).sum::<Vec3>() * share;
    let depth = own.iter().map(|s| s.depth).sum::<f32>() * share;
    let byte = |linear: f32| {
        let c = linear.clamp(0.0, 1.0);
        let s = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
        (s * 255.0 + 0.5) as u8
    };
    let depth = (depth / STUDIO_DEEPEST).clamp(0.0, 1.0);
    (colour.to_array().map(byte), (cover * 255.0 + 0.5) as u8, (depth * 255.0 + 0.5) as u8)
}
