//! Building in a house's own directions: x along the front, y up, z out into the street.

use std::f32::consts::FRAC_PI_2;

use glam::{Quat, Vec3};

use crate::rays::facade::Openings;
use crate::rays::geometry::{Group, MaterialId};
use crate::rays::shape::Shape;

/// How deep windows lie behind the wall, metres.
pub(super) const REVEAL_M: f32 = 0.3;

/// A place in a chunk and the direction that is built towards.
pub(super) struct Site<'a> {
    pub group: &'a mut Group,
    pub origin: Vec3,
    pub turn: Quat,
}

impl Site<'_> {
    pub fn at(&self, local: Vec3) -> Vec3 {
        self.origin + self.turn * local
    }

    /// A box from its lower to its upper corner.
    pub fn block(&mut self, min: Vec3, max: Vec3, material: MaterialId) {
        let half = (max - min) * 0.5;
        if half.min_element() > 0.0 {
            let centre = self.at((min + max) * 0.5);
            self.group.add(Shape::Cuboid, centre, self.turn, half, material);
        }
    }

    /// Any shape, turned within the site.
    pub fn add(&mut self, shape: Shape, at: Vec3, turn: Quat, half: Vec3, material: MaterialId) {
        let centre = self.at(at);
        self.group.add(shape, centre, self.turn * turn, half, material);
    }

    pub fn rod(&mut self, from: Vec3, to: Vec3, radius: f32, material: MaterialId) {
        let (from, to) = (self.at(from), self.at(to));
        self.group.rod(from, to, radius, 1.0, material);
    }

    pub fn place(&mut self, group: u32, at: Vec3, yaw: f32, scale: Vec3) {
        let position = self.at(at);
        self.group.place(group, position, self.turn * Quat::from_rotation_y(yaw), scale);
    }

    /// A wall with openings whose outer face is the plane z from `min` to `max` (their z is the
    /// face's).
    pub fn front(&mut self, min: Vec3, max: Vec3, openings: Openings, material: MaterialId) {
        let half = Vec3::new((max.x - min.x) * 0.5, (max.y - min.y) * 0.5, REVEAL_M * 0.5);
        if half.min_element() > 0.0 {
            let centre = (min + max) * 0.5 - Vec3::Z * half.z;
            self.add(Shape::Facade(openings), centre, Quat::IDENTITY, half, material);
        }
    }

    /// The same on a side wall at x, from z `back` to `front`; `right` looks to +X.
    pub fn side(
        &mut self,
        x: f32,
        right: bool,
        (back, front): (f32, f32),
        (low, high): (f32, f32),
        openings: Openings,
        material: MaterialId,
    ) {
        let half = Vec3::new((front - back) * 0.5, (high - low) * 0.5, REVEAL_M * 0.5);
        if half.min_element() > 0.0 {
            let way = if right { 1.0 } else { -1.0 };
            let centre = Vec3::new(x - way * half.z, (low + high) * 0.5, (back + front) * 0.5);
            let turn = Quat::from_rotation_y(FRAC_PI_2 * way);
            self.add(Shape::Facade(openings), centre, turn, half, material);
        }
    }

    /// A flat four-cornered face.
    pub fn quad(&mut self, corners: [Vec3; 4], material: MaterialId) {
        let [a, b, c, d] = corners.map(|p| self.at(p));
        let normal = (b - a).cross(d - a).normalize_or(Vec3::Y);
        self.group.triangle([a, b, c], [normal; 3], material);
        self.group.triangle([a, c, d], [normal; 3], material);
    }

    /// A roof with sloping faces: a box whose top is drawn in on its four sides (left, right,
    /// back, front).
    pub fn hip(
        &mut self,
        min: Vec3,
        max: Vec3,
        inset: [f32; 4],
        skin: MaterialId,
        top: MaterialId,
    ) {
        let [left, right, back, front] = inset;
        let low = [
            Vec3::new(min.x, min.y, max.z),
            Vec3::new(max.x, min.y, max.z),
            Vec3::new(max.x, min.y, min.z),
            Vec3::new(min.x, min.y, min.z),
        ];
        let high = [
            Vec3::new(min.x + left, max.y, max.z - front),
            Vec3::new(max.x - right, max.y, max.z - front),
            Vec3::new(max.x - right, max.y, min.z + back),
            Vec3::new(min.x + left, max.y, min.z + back),
        ];
        for i in 0..4 {
            let j = (i + 1) % 4;
            self.quad([low[i], low[j], high[j], high[i]], skin);
        }
        self.quad(high, top);
    }
}
