//! Eyes: iris and white below the cornea, which bends what is seen and mirrors the room.

use super::{Lit, Point, Shaded};
use crate::raster::Projected;
use glam::{Vec2, Vec3};

/// Refractive index of the cornea with what is behind it.
const INDEX: f32 = 1.34;

/// An eyeball seen through its cornea, which lies `gap` metres nearer along the line of sight.
pub(super) fn below(
    lit: &Lit,
    triangle: &Projected,
    point: &Point,
    cornea: &Point,
    gap: f32,
) -> Shaded {
    // Where the bent line of sight meets the surface instead.
    let sight = -cornea.view;
    let bent = refracted(sight, cornea.smooth, 1.0 / INDEX);
    let gap = gap.clamp(0.0, 0.006);
    let axis = point.smooth;
    let steep = |d: Vec3| d / (-d.dot(axis)).max(0.25);
    let deep = gap * (-sight.dot(axis)).max(0.0);
    let moved = deep * (steep(bent) - steep(sight));
    let uv = point.uv + in_texture(triangle, point, moved);
    let material = point.surface.material;
    let mut base = Vec3::from_slice(&material.base_colour[..3]);
    if let Some(texture) = lit.scene.texture(point.surface.base) {
        base *= texture.sample(uv, point.lod).truncate();
    }
    // The white's flesh is soft, its shading that of the cornea's smooth shell.
    matt(lit, point, base, point.smooth.lerp(cornea.smooth, 0.6).normalize_or(point.smooth))
}

/// An eyeball without a cornea.
pub(super) fn bare(lit: &Lit, point: &Point) -> Shaded {
    matt(lit, point, point.base.truncate(), point.normal)
}

fn matt(lit: &Lit, point: &Point, base: Vec3, normal: Vec3) -> Shaded {
    let scatter = Vec3::from(point.surface.material.scatter) + 0.15;
    // Lids are near and red: what they shade they also light.
    let flesh = Vec3::new(0.85, 0.52, 0.42);
    let room = lit.studio.ambient(point.view);
    let closed = 1.0 - point.open.clamp(0.0, 1.0);
    let mut light = point.ambient + room * flesh * (0.34 * closed);
    for (number, lamp) in lit.studio.lamps.iter().enumerate() {
        let wrapped = ((normal.dot(lamp.toward) + scatter) / (1.0 + scatter)).max(Vec3::ZERO);
        if wrapped != Vec3::ZERO {
            light += lamp.colour * wrapped * lit.seen(number, point);
        }
    }
    Shaded { colour: base * light, ..Shaded::default() }
}

/// Adds what the cornea mirrors, and takes that from what lies below.
pub(super) fn mirror(lit: &Lit, cornea: &Point, shaded: &mut Shaded) {
    let facing = cornea.smooth.dot(cornea.view).clamp(0.0, 1.0);
    let fresnel = 0.028 + 0.972 * (1.0 - facing).powi(5);
    let direction = 2.0 * cornea.smooth.dot(cornea.view) * cornea.smooth - cornea.view;
    // Lids and lashes stand before the upper part of the room.
    let open = cornea.open.clamp(0.0, 1.0);
    let key = crate::texture::smooth(0.04, 0.30, open);
    let room = lit.studio.mirrored(direction, 0.05);
    let calm = lit.studio.ambient(direction);
    let mirrored = calm * (open * open) + (room - calm) * key;
    shaded.colour = shaded.colour * (1.0 - fresnel) + mirrored * fresnel;
}

fn refracted(direction: Vec3, normal: Vec3, ratio: f32) -> Vec3 {
    let cos = -direction.dot(normal);
    let under = 1.0 - ratio * ratio * (1.0 - cos * cos);
    if under < 0.0 {
        return direction;
    }
    (ratio * direction + (ratio * cos - under.sqrt()) * normal).normalize_or(direction)
}

/// A small step along a surface as a step in its texture.
fn in_texture(triangle: &Projected, point: &Point, step: Vec3) -> Vec2 {
    let corners = point.surface.corners(triangle.triangle);
    let [a, b, c] = corners.map(|at| point.surface.positions[at]);
    let [ta, tb, tc] = corners.map(|at| Vec2::from(point.surface.mesh.uvs[at]));
    let (e1, e2) = (b - a, c - a);
    let (d11, d12, d22) = (e1.dot(e1), e1.dot(e2), e2.dot(e2));
    let whole = d11 * d22 - d12 * d12;
    if whole <= 1e-20 {
        return Vec2::ZERO;
    }
    let (s1, s2) = (step.dot(e1), step.dot(e2));
    let (v, w) = ((d22 * s1 - d12 * s2) / whole, (d11 * s2 - d12 * s1) / whole);
    (v * (tb - ta) + w * (tc - ta)).clamp_length_max(0.2)
}
