//! The light on an object, and the colours of its vertices in it.

use super::{ObjectSide, ObjectSpec, Solid};
use crate::{
    Tile, TileLevel,
    light::{LightAround, Sunlight, display_from_scene, luminance},
};
use glam::{Mat3, Vec3};
use std::sync::OnceLock;

/// The light on an object: from all around, and from the sun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectLight {
    /// What a white matt surface that faces +X, -X, +Y, -Y, +Z or -Z of the world throws back,
    /// without the sun; in the units of [`scene_from_display`](crate::light::scene_from_display).
    pub around: [Vec3; 6],
    /// Unit vector towards the sun, world space; without a sun it is up and its light is zero.
    pub sun_direction: Vec3,
    /// What a white matt surface that faces it throws back of the sun's light that reaches the object.
    pub sun: Vec3,
}

impl Default for ObjectLight {
    /// Even light under which white shows as a bright grey.
    fn default() -> Self {
        Self { around: [Vec3::splat(1.2); 6], sun_direction: Vec3::Y, sun: Vec3::ZERO }
    }
}

/// Directions of [`ObjectLight::around`].
const FACES: [Vec3; 6] = [Vec3::X, Vec3::NEG_X, Vec3::Y, Vec3::NEG_Y, Vec3::Z, Vec3::NEG_Z];
/// How much the sides of a shape face their own axis besides what the shape says.
pub const OUTWARD: f32 = 0.35;

impl ObjectLight {
    /// From the light around the object and the share of the sun that reaches it, 0 to 1.
    #[must_use]
    pub fn of(light: &LightAround, sun_share: f32) -> Self {
        let around = FACES.map(|face| light.diffuse.towards(face));
        match &light.sun {
            Some(Sunlight { direction, light, .. }) if sun_share > 0.0 => {
                Self { around, sun_direction: *direction, sun: *light * sun_share }
            }
            _ => Self { around, ..Self::default() },
        }
    }

    /// What a white matt surface with this normal (world space, unit length) throws back.
    #[must_use]
    pub fn towards(&self, normal: Vec3) -> Vec3 {
        let squares = normal * normal;
        let around: Vec3 =
            (0..3).map(|k| self.around[2 * k + usize::from(normal[k] < 0.0)] * squares[k]).sum();
        around + self.sun * normal.dot(self.sun_direction).max(0.0)
    }

    /// What the ground keeps of its light, as display values go, where the sun does not reach it.
    #[must_use]
    pub fn shade(&self) -> f32 {
        let around = luminance(self.around[2]).max(1e-4);
        let sun = luminance(self.sun) * self.sun_direction.y.max(0.0);
        (around / (around + sun)).powf(1.0 / 2.2)
    }
}

/// Direction in which the surface at a point of the box stretched to -1 to 1 faces, in the box's
/// axes and metres; not of unit length. Smooth over the whole solid, so that the painted depths'
/// noise does not show.
#[must_use]
pub fn facing(solid: Solid, point: Vec3, half: Vec3, out: Vec3) -> Vec3 {
    let power9 = |x: f32| {
        let cube = x * x * x;
        cube * cube * cube
    };
    let p = point.clamp(Vec3::splat(-1.0), Vec3::ONE);
    let gradient = match solid {
        Solid::Cuboid => Vec3::new(power9(p.x), power9(p.y), power9(p.z)),
        Solid::Cylinder => {
            let radius = p.x.hypot(p.z);
            let round = power9(radius.min(1.0)) / radius.max(1e-3);
            Vec3::new(p.x * round, power9(p.y), p.z * round)
        }
        Solid::Ellipsoid => p,
        Solid::Crown => Vec3::new(p.x, p.y - 0.25, p.z),
    };
    let flat = gradient / half;
    flat.normalize_or(out) + out * OUTWARD
}

/// Levels of the table that encodes light, by its root: fine enough that no byte is left out.
const ENCODED: usize = 4096;

/// sRGB byte of linear display light, 0 to 1.
fn encoded(display: f32) -> u8 {
    static TABLE: OnceLock<Box<[u8; ENCODED]>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let byte = |at: usize| {
            let root = (at as f32 + 0.5) / ENCODED as f32;
            let c = root * root;
            let s = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
            (s * 255.0 + 0.5) as u8
        };
        Box::new(std::array::from_fn(byte))
    });
    let at = (display.clamp(0.0, 1.0).sqrt() * ENCODED as f32) as usize;
    table[at.min(ENCODED - 1)]
}

/// Appends the colours of a tile's vertices in an object's light.
pub(crate) fn lit_colours(
    spec: &ObjectSpec,
    light: &ObjectLight,
    side: &ObjectSide,
    tile: &Tile,
    level: &TileLevel,
    lit: &mut Vec<u32>,
) {
    let (solid, half, out) = (spec.class.solid(), spec.half(), side.out());
    let turn = Mat3::from_quat(spec.rotation);
    let view = side.view();
    for row in 0..level.rows {
        let v = tile.v(level, row);
        for column in 0..level.columns {
            let at = (row * level.columns + column) as usize;
            let rgba = level.rgba[at];
            if rgba >> 24 == 0 {
                lit.push(0);
                continue;
            }
            let point = view.unproject(tile.u(level, column), v, level.inverse_depth[at]);
            let normal = (turn * facing(solid, point, half, out)).normalize_or(Vec3::Y);
            let [r, g, b, _] = rgba.to_le_bytes();
            let linear = crate::light::linear;
            let scene = Vec3::new(linear(r), linear(g), linear(b)) * light.towards(normal);
            let [r, g, b] = display_from_scene(scene).to_array().map(encoded);
            lit.push(u32::from_le_bytes([r, g, b, 255]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_is_that_of_srgb() {
        for byte in 0..=255_u8 {
            assert!(encoded(crate::light::linear(byte)).abs_diff(byte) <= 1, "{byte}");
        }
        assert_eq!((encoded(-1.0), encoded(9.0), encoded(f32::NAN)), (0, 255, 0));
    }

    #[test]
    fn light_comes_from_where_it_is() {
        let mut light = ObjectLight { around: [Vec3::ZERO; 6], ..ObjectLight::default() };
        light.around[2] = Vec3::ONE;
        assert_eq!(light.towards(Vec3::Y), Vec3::ONE);
        assert_eq!(light.towards(Vec3::NEG_Y), Vec3::ZERO);
        light.sun = Vec3::splat(2.0);
        light.sun_direction = Vec3::X;
        assert_eq!(light.towards(Vec3::X), Vec3::splat(2.0));
        light.sun_direction = Vec3::Y;
        assert!(light.shade() < 0.7);
    }

    #[test]
    fn faces_of_solids_look_outwards() {
        let half = Vec3::new(2.0, 1.0, 0.5);
        for solid in [Solid::Cuboid, Solid::Cylinder, Solid::Ellipsoid, Solid::Crown] {
            for out in FACES {
                let normal = facing(solid, out * 0.98 + out.yzx() * 0.1, half, out).normalize();
                assert!(normal.dot(out) > 0.5, "{solid:?} {out} {normal}");
            }
        }
    }

    use glam::Vec3Swizzles as _;
}
