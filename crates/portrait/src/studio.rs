//! Light of the studio. It stands around the camera, not around the person: whoever turns is lit
//! well from all sides.

use crate::camera::View;
use glam::{Vec2, Vec3};

/// A lamp so far away that its light comes from one direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lamp {
    /// Unit vector to the lamp.
    pub(crate) toward: Vec3,
    /// What a white surface that faces it sends back, linear.
    pub(crate) colour: Vec3,
    /// Tangent of half its angular size.
    pub(crate) spread: f32,
}

/// Which lamp is which.
pub(crate) const KEY: usize = 0;
pub(crate) const LAMPS: usize = 4;

/// The lamps and what is around.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Studio {
    pub(crate) lamps: [Lamp; LAMPS],
    right: Vec3,
    up: Vec3,
    toward: Vec3,
}

const SKY: Vec3 = Vec3::new(0.30, 0.32, 0.35);
const FLOOR: Vec3 = Vec3::new(0.15, 0.13, 0.115);

impl Studio {
    pub(crate) fn new(view: &View) -> Self {
        // Level, whatever the camera's tilt.
        let toward = (-view.forward * Vec3::new(1.0, 0.0, 1.0)).normalize_or(Vec3::Z);
        let right = Vec3::Y.cross(toward);
        let lamp = |x: f32, y: f32, z: f32, colour: Vec3, spread: f32| Lamp {
            toward: (x * right + y * Vec3::Y + z * toward).normalize_or(Vec3::Y),
            colour,
            spread,
        };
        Self {
            lamps: [
                lamp(-0.66, 0.55, 0.78, Vec3::new(1.0, 0.945, 0.875) * 1.08, 0.16),
                lamp(0.85, 0.12, 0.75, Vec3::new(0.86, 0.93, 1.0) * 0.15, 0.3),
                lamp(0.80, 0.42, -0.72, Vec3::new(0.92, 0.96, 1.0) * 0.75, 0.08),
                lamp(-0.70, 0.75, -0.70, Vec3::new(1.0, 0.95, 0.9) * 0.40, 0.08),
            ],
            right,
            up: Vec3::Y,
            toward,
        }
    }

    /// Light that comes from a direction, without the lamps.
    pub(crate) fn ambient(&self, direction: Vec3) -> Vec3 {
        let (x, y, z) =
            (direction.dot(self.right), direction.dot(self.up), direction.dot(self.toward));
        let walls = FLOOR.lerp(SKY, crate::texture::smooth(-0.7, 0.8, y));
        // A bright side beside the key light, darkness behind the person.
        walls * (1.0 + 0.42 * (-0.6 * x + 0.35 * z + 0.35 * y)).max(0.3)
    }

    /// What a mirror shows in a direction: the surroundings, and windows where key and fill are.
    /// `blur` softens their edges, 0 to 1.
    pub(crate) fn mirrored(&self, direction: Vec3, blur: f32) -> Vec3 {
        let soft = 0.05 + 0.8 * blur;
        let window = |lamp: &Lamp, half: Vec2, strength: f32| {
            let ahead = direction.dot(lamp.toward);
            if ahead <= 0.05 {
                return Vec3::ZERO;
            }
            let side = Vec3::Y.cross(lamp.toward).normalize_or(self.right);
            let at = Vec2::new(direction.dot(side), direction.dot(lamp.toward.cross(side))) / ahead;
            let inside =
                |x: f32, half: f32| crate::texture::smooth(half + soft, half - soft, x.abs());
            let area = half.x * half.y / ((half.x + 0.4 * blur) * (half.y + 0.4 * blur));
            lamp.colour * (strength * area * inside(at.x, half.x) * inside(at.y, half.y))
        };
        self.ambient(direction)
            + window(&self.lamps[KEY], Vec2::new(0.22, 0.28), 30.0)
            + window(&self.lamps[1], Vec2::new(0.14, 0.55), 9.0)
    }

    /// How much more ambient light a surface gets that faces `to` instead of `from`.
    pub(crate) fn tilt(&self, to: Vec3, from: Vec3) -> f32 {
        let light = |n: Vec3| {
            let z = n.dot(self.toward);
            1.0 + 0.32 * n.y - 0.22 * n.dot(self.right) + 0.12 * z
        };
        (light(to) / light(from).max(0.3)).clamp(0.5, 1.6)
    }
}

/// The backdrop at a place of the picture, 0 to 1 on both axes.
pub(crate) fn backdrop(at: Vec2, aspect: f32) -> Vec3 {
    let away = (at - Vec2::new(0.54, 0.44)) * Vec2::new(aspect, 1.0);
    let glow = (-(away.length() / 0.62).powi(2)).exp();
    let edge = Vec3::new(0.040, 0.045, 0.052);
    edge.lerp(Vec3::new(0.190, 0.205, 0.215), glow)
}
