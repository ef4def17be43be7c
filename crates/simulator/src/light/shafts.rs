//! Sunlight that dust makes visible below the openings of a roof.

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use crate::picture::camera::Camera;
use crate::picture::render::Pixel;
use crate::rays::geometry::Ray;
use crate::scene::Scene;

/// Share of the sun's light that dust throws towards the eye on one metre.
const DUST_PER_M: f32 = 0.002;
/// Along a shaft the light grows no further than on about this way, metres.
const FULL_M: f32 = 3.5;
/// A shaft is cut into parts of about this length, each as deep as the sun falls there, metres.
const PART_M: f32 = 2.0;
/// Farthest openings whose shafts are drawn, metres from the eye.
const FARTHEST_M: f32 = 60.0;
/// Trusses and bars right below a roof end no shaft, metres.
const BELOW_M: f32 = 1.7;

/// The shafts of one row of openings, slanted along the sun.
struct Row {
    /// Range of X at the roof.
    x: (f32, f32),
    parts: Vec<Part>,
}

struct Part {
    /// Range of Z at the roof.
    z: (f32, f32),
    /// Level of what the sun falls on.
    bottom: f32,
}

/// The shafts that can be seen from a place.
pub(crate) struct Shafts {
    rows: Vec<Row>,
    /// Level of the roof.
    top: f32,
    /// Way along X and Z towards the sun while rising by one metre.
    slant: Vec2,
    /// Light that one metre of lit dust adds.
    per_m: Vec3,
}

impl Shafts {
    /// Metres of a ray up to `end` that lie in the sun.
    fn lit_m(&self, origin: Vec3, dir: Vec3, end: f32) -> f32 {
        // Where a point's sunlight came through the roof moves evenly along the ray.
        let rise = self.top - origin.y;
        let from = Vec2::new(origin.x, origin.z) + self.slant * rise;
        let per_m = Vec2::new(dir.x, dir.z) - self.slant * dir.y;
        let mut sum = 0.0;
        for row in &self.rows {
            let (a, b) = clip((0.0, end), from.x, per_m.x, row.x.0, row.x.1);
            if a >= b {
                continue;
            }
            let (za, zb) = (from.y + per_m.y * a, from.y + per_m.y * b);
            let (low, high) = (za.min(zb), za.max(zb));
            for part in &row.parts {
                if part.z.1 > low && part.z.0 < high {
                    let inside = clip((a, b), from.y, per_m.y, part.z.0, part.z.1);
                    let (a, b) = clip(inside, origin.y, dir.y, part.bottom, self.top);
                    sum += (b - a).max(0.0);
                }
            }
        }
        sum
    }
}

/// The part of a span of a line in which `from + t * per_m` lies between two values; empty when
/// it ends before it begins.
fn clip(span: (f32, f32), from: f32, per_m: f32, low: f32, high: f32) -> (f32, f32) {
    if per_m.abs() < 1e-6 {
        return if from >= low && from <= high { span } else { (span.0, span.0) };
    }
    let (a, b) = ((low - from) / per_m, (high - from) / per_m);
    (span.0.max(a.min(b)), span.1.min(a.max(b)))
}

impl Scene {
    /// What there is of shafts around a place; `None` without sun or roof.
    fn shafts(&self, eye: Vec3) -> Option<Shafts> {
        let roof = self.roof.as_ref()?;
        let (sun, to_sun) = (self.sky.sun, self.sky.sun_dir);
        // A low sun reaches hardly below the roof, a veiled one draws no edges.
        if to_sun.y < 0.12 || self.sky.sun_radius > 0.08 || sun.max_element() <= 0.0 {
            return None;
        }
        let slant = Vec2::new(to_sun.x, to_sun.z) / to_sun.y;
        let mut rows = Vec::with_capacity(roof.rows.len());
        for row in &roof.rows {
            let middle = 0.5 * (row.x.0 + row.x.1);
            if (middle - eye.x).abs() > FARTHEST_M {
                continue;
            }
            let mut parts = Vec::with_capacity(row.openings.len() * 4);
            for &(from, to) in &row.openings {
                let count = ((to - from) / PART_M).round().max(1.0);
                for i in 0..count as usize {
                    let at = |k: f32| from + (to - from) * k / count;
                    let z = (at(i as f32), at(i as f32 + 1.0));
                    let half = 0.5 * (z.0 + z.1);
                    if (half - eye.z).abs() > FARTHEST_M {
                        continue;
                    }
                    let origin = Vec3::new(middle, roof.y, half) - to_sun * (BELOW_M / to_sun.y);
                    let ray = Ray { origin, dir: -to_sun };
                    let hit = self.trace(&ray, 1e-3, 80.0);
                    let bottom = hit.map_or(0.0, |hit| ray.at(hit.t).y);
                    parts.push(Part { z, bottom });
                }
            }
            rows.push(Row { x: row.x, parts });
        }
        let light = sun * self.sky.clouds.shadow(eye.with_y(roof.y));
        Some(Shafts { rows, top: roof.y, slant, per_m: light * DUST_PER_M })
    }

    /// Adds the light of dust in the sun to a picture of radiance.
    pub(crate) fn draw_shafts(&self, camera: &Camera, pixels: &[Pixel], hdr: &mut [Vec3]) {
        let eye = camera.pose.position;
        let Some(shafts) = self.shafts(eye) else { return };
        let width = (camera.intrinsics.width as usize).max(1);
        hdr.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
            for (x, colour) in row.iter_mut().enumerate() {
                let forward = camera.direction(x as f32 + 0.5, y as f32 + 0.5);
                let length = forward.length();
                let end = pixels[y * width + x].depth.min(200.0) * length;
                let lit_m = shafts.lit_m(eye, forward / length, end);
                if lit_m > 0.0 {
                    *colour += shafts.per_m * (FULL_M * lit_m / (FULL_M + lit_m));
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_in_the_sun_is_the_sum_of_lit_points() {
        let part = |z, bottom| Part { z, bottom };
        let shafts = Shafts {
            rows: vec![
                Row { x: (-1.0, 0.5), parts: vec![part((-3.0, 0.0), 0.0), part((1.0, 6.0), 4.0)] },
                Row { x: (4.0, 5.5), parts: vec![part((-8.0, 9.0), 2.0)] },
            ],
            top: 10.0,
            slant: Vec2::new(0.4, -0.3),
            per_m: Vec3::ONE,
        };
        for (origin, dir) in [
            (Vec3::new(-6.0, 1.6, 2.0), Vec3::new(1.0, 0.1, 0.2)),
            (Vec3::new(-2.0, 8.0, -9.0), Vec3::new(0.02, -0.3, 1.0)),
            (Vec3::new(9.0, 3.0, 4.0), Vec3::new(-1.0, 0.0, -0.4)),
        ] {
            let dir = dir.normalize();
            let lit = |p: Vec3| {
                let at = Vec2::new(p.x, p.z) + shafts.slant * (shafts.top - p.y);
                shafts.rows.iter().any(|row| {
                    at.x > row.x.0
                        && at.x < row.x.1
                        && row
                            .parts
                            .iter()
                            .any(|part| at.y > part.z.0 && at.y < part.z.1 && p.y > part.bottom)
                }) && p.y < shafts.top
            };
            let steps = 40_000;
            let sum = (0..steps)
                .filter(|i| lit(origin + dir * ((*i as f32 + 0.5) * 20.0 / steps as f32)))
                .count() as f32
                * (20.0 / steps as f32);
            let found = shafts.lit_m(origin, dir, 20.0);
            assert!((found - sum).abs() < 0.01 && sum > 0.3, "{found} and {sum}");
        }
    }
}
