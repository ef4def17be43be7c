//! Where a portrait is taken from.

use crate::Sitter;
use glam::{Vec2, Vec3};

/// A pinhole camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// Where it is, metres.
    pub eye: Vec3,
    /// What is in the middle of the picture, metres.
    pub target: Vec3,
    /// Vertical field of view, degrees: above 0, below 180.
    pub vertical_degrees: f32,
}

/// How much of somebody a portrait shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Head and shoulders.
    Portrait,
    /// The face alone.
    Face,
    /// Both eyes.
    Eyes,
    /// From head to foot.
    Body,
}

impl Camera {
    /// A camera at the height of the eyes (of the middle for the whole body). `yaw` walks around
    /// the person, radians, to its left; 0 is in front.
    pub fn of(sitter: &Sitter, framing: Framing, yaw: f32) -> Self {
        let (eyes, head) = (sitter.eyes_middle(), sitter.half_head());
        let crown = sitter.crown();
        let (target, shown, away) = match framing {
            Framing::Portrait => (crown - Vec3::Y * 1.24 * head, 3.25 * head, 8.2 * head),
            Framing::Face => (crown - Vec3::Y * 0.95 * head, 2.35 * head, 6.2 * head),
            Framing::Eyes => (eyes, 0.66 * head, 5.5 * head),
            Framing::Body => {
                let (low, high) = sitter.span();
                let middle = Vec3::new(0.0, 0.5 * (low + high), 0.0);
                (middle, 1.12 * (high - low), 2.9 * (high - low))
            }
        };
        let target =
            Vec3::new(target.x, target.y, if framing == Framing::Eyes { eyes.z } else { target.z });
        let rise = if framing == Framing::Body { 0.0 } else { 0.03 };
        let eye = target + away * Vec3::new(yaw.sin(), rise, yaw.cos());
        let vertical_degrees = 2.0 * (0.5 * shown / away).atan().to_degrees();
        Self { eye, target, vertical_degrees }
    }
}

/// A camera with the size of its picture, worked out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) eye: Vec3,
    pub(crate) right: Vec3,
    pub(crate) up: Vec3,
    pub(crate) forward: Vec3,
    /// Pixels per unit of tangent.
    pub(crate) zoom: f32,
    pub(crate) middle: Vec2,
}

impl View {
    pub(crate) fn new(camera: &Camera, width: usize, height: usize) -> Self {
        let forward = (camera.target - camera.eye).normalize_or(Vec3::NEG_Z);
        let right = forward.cross(Vec3::Y).normalize_or(Vec3::X);
        let half = (0.5 * camera.vertical_degrees.clamp(0.01, 179.0)).to_radians();
        Self {
            eye: camera.eye,
            right,
            up: right.cross(forward),
            forward,
            zoom: 0.5 * height as f32 / half.tan(),
            middle: 0.5 * Vec2::new(width as f32, height as f32),
        }
    }

    /// Pixels from the left and from the top, and metres ahead.
    pub(crate) fn project(&self, place: Vec3) -> Vec3 {
        let p = place - self.eye;
        let depth = p.dot(self.forward);
        let x = self.middle.x + self.zoom * p.dot(self.right) / depth;
        let y = self.middle.y - self.zoom * p.dot(self.up) / depth;
        Vec3::new(x, y, depth)
    }
}
