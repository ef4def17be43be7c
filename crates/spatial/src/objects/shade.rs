//! What objects take of the world's light: a soft darkness where they stand, and their shadow in the sun.
//!
//! Each of the nearest objects darkens the picture's pixels by where they lie in its box's axes: near
//! the box, and behind it as the sun sees it. A shadow's edge grows softer with the distance.

use super::{Object, Objects};
use crate::Frame;
use glam::{Mat3, Vec3};
use rayon::prelude::*;
use reverie_world_model::{Intrinsics, Pose};

/// Most objects that shade at one time: the nearest.
pub const MAX_SHADERS: usize = 32;
/// Farther objects shade nothing, metres.
const REACH_M: f32 = 120.0;
/// What the closest contact takes of the light.
pub const CONTACT: f32 = 0.5;
/// How far contact reaches, over the box's mean edge, and at most, metres.
const CONTACT_SHARE: f32 = 0.3;
const CONTACT_MOST_M: f32 = 0.9;
/// Shadows are followed so many heights of their object, from its foot.
const SHADOW_HEIGHTS: f32 = 6.0;
/// A lower sun throws no shadow: sine of its elevation.
const LEAST_SUN: f32 = 0.06;
/// Softness of a shadow's edge at the object, over its mean half edge.
const SOFT_HERE: f32 = 0.12;
/// By how much its edge grows softer for each metre behind the object, metres.
pub const SOFT_PER_M: f32 = 0.06;

/// An object as what it takes of the light: the GPU's layout, four numbers a row.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Shader {
    /// The box's axes in the world (unit length); the last number is half its edge along that axis.
    pub axes: [[f32; 4]; 3],
    /// Its centre, and how far contact reaches, metres.
    pub centre: [f32; 4],
    /// Towards the sun in the box's axes, and what the sun's shadow leaves of a display value.
    pub sun: [f32; 4],
    /// [`Solid`](super::Solid) as a number, softness of the shadow at the object, ball around all that it shades:
    /// radius, 0.
    pub shape: [f32; 4],
    /// Centre of that ball, 0.
    pub ball: [f32; 4],
}

impl Shader {
    fn of(object: &Object) -> Self {
        let spec = &object.spec;
        let half = spec.half();
        let turn = Mat3::from_quat(spec.rotation);
        let axes = [0, 1, 2].map(|k| turn.col(k).extend(half[k]).to_array());
        let mean = (half.x * half.y * half.z).cbrt();
        let reach = (2.0 * mean * CONTACT_SHARE).min(CONTACT_MOST_M);
        let light = &object.light;
        let shines = light.sun_direction.y > LEAST_SUN && light.sun != Vec3::ZERO;
        let keep = if shines { light.shade() } else { 1.0 };
        let sun = (turn.transpose() * light.sun_direction).extend(keep).to_array();
        // A ball around the box and its shadow.
        let radius = half.length() + reach;
        let tall = 2.0 * half.abs().dot(turn.row(1).abs());
        let length = if keep < 1.0 {
            (tall / light.sun_direction.y.max(LEAST_SUN)).min(SHADOW_HEIGHTS * tall)
        } else {
            0.0
        };
        let middle = spec.position - light.sun_direction * (0.5 * length);
        let solid = spec.class.solid().number();
        Self {
            axes,
            centre: spec.position.extend(reach).to_array(),
            sun,
            shape: [solid, SOFT_HERE * mean, radius + 0.5 * length, 0.0],
            ball: middle.extend(0.0).to_array(),
        }
    }

    /// What is left of a display value at a world-space point, 0 to 1. `kept` of fill.wgsl does
    /// the same.
    #[must_use]
    pub fn kept(&self, point: Vec3) -> f32 {
        let ball = Vec3::from_slice(&self.ball);
        if point.distance_squared(ball) > self.shape[2] * self.shape[2] {
            return 1.0;
        }
        let from_centre = point - Vec3::from_slice(&self.centre);
        let local =
            Vec3::from_array(self.axes.map(|axis| Vec3::from_slice(&axis).dot(from_centre)));
        let half = Vec3::from_array(self.axes.map(|axis| axis[3]));
        let beyond = (local.abs() - half).max(Vec3::ZERO);
        // The object's own surface.
        if beyond.max_element() <= 0.01 * half.min_element() {
            return 1.0;
        }
        let contact = self.contact(local, half, beyond);
        contact * self.in_sun(local, half)
    }

    fn contact(&self, local: Vec3, half: Vec3, beyond: Vec3) -> f32 {
        let away = if self.shape[0] < 0.5 {
            beyond.length()
        } else {
            // Round things touch the ground with less than their box.
            let across = (local.x / half.x).hypot(local.z / half.z);
            let out = (across - 0.72).max(0.0) * half.x.min(half.z);
            out.hypot(beyond.y)
        };
        let near = (1.0 - away / self.centre[3]).max(0.0);
        1.0 - CONTACT * near * near
    }

    fn in_sun(&self, local: Vec3, half: Vec3) -> f32 {
        let keep = self.sun[3];
        if keep >= 1.0 {
            return 1.0;
        }
        let sun = Vec3::from_slice(&self.sun);
        let (mut centre, mut half) = (local, half);
        if self.shape[0] > 2.5 {
            centre.y -= 0.3 * half.y;
            half.y *= 0.7;
        }
        let [enter, leave] = if self.shape[0] < 0.5 {
            slabs(centre, sun, half)
        } else if self.shape[0] < 1.5 {
            let round = ball(
                Vec3::new(centre.x / half.x, 0.0, centre.z / half.z),
                Vec3::new(sun.x / half.x, 0.0, sun.z / half.z),
            );
            let flat = slab(centre.y, sun.y, half.y);
            [round[0].max(flat[0]), round[1].min(flat[1])]
        } else {
            ball(centre / half, sun / half)
        };
        if leave <= 0.0 {
            return 1.0;
        }
        let soft = self.shape[1] + SOFT_PER_M * enter.max(0.0);
        let t = ((leave - enter) / (2.0 * soft) + 0.5).clamp(0.0, 1.0);
        let shadow = t * t * (3.0 - 2.0 * t);
        1.0 - (1.0 - keep) * shadow
    }
}

/// Where a line enters and leaves -half to half along one axis.
fn slab(from: f32, along: f32, half: f32) -> [f32; 2] {
    let along = if along.abs() < 1e-4 { 1e-4 } else { along };
    let (a, b) = ((-half - from) / along, (half - from) / along);
    [a.min(b), a.max(b)]
}

fn slabs(from: Vec3, along: Vec3, half: Vec3) -> [f32; 2] {
    let x = slab(from.x, along.x, half.x);
    let y = slab(from.y, along.y, half.y);
    let z = slab(from.z, along.z, half.z);
    [x[0].max(y[0]).max(z[0]), x[1].min(y[1]).min(z[1])]
}

/// Where a line enters and leaves the unit ball; the wrong way round by how far it misses.
fn ball(from: Vec3, along: Vec3) -> [f32; 2] {
    let a = along.dot(along).max(1e-6);
    let b = from.dot(along);
    let c = from.dot(from) - 1.0;
    let disc = b * b - a * c;
    let root = disc.abs().sqrt() / a * if disc < 0.0 { -1.0 } else { 1.0 };
    [-b / a - root, -b / a + root]
}

/// The objects that shade a picture from a pose, nearest first; `shaders` is cleared first.
pub fn shaders(objects: &Objects, pose: &Pose, shaders: &mut Vec<Shader>) {
    shaders.clear();
    if objects.is_empty() {
        return;
    }
    let mut nearest = [(f32::INFINITY, 0_usize); MAX_SHADERS];
    let mut count = 0;
    for (at, object) in objects.list().iter().enumerate() {
        let spec = &object.spec;
        let away = (spec.position.distance(pose.position) - spec.half().length()).max(0.0);
        if away > REACH_M || (count == MAX_SHADERS && away >= nearest[count - 1].0) {
            continue;
        }
        let place = nearest[..count].partition_point(|(other, _)| *other <= away);
        count = (count + 1).min(MAX_SHADERS);
        nearest[place..count].rotate_right(1);
        nearest[place] = (away, at);
    }
    shaders.extend(nearest[..count].iter().map(|(_, at)| Shader::of(&objects.list()[*at])));
}

/// Darkens a finished frame by what objects take of its light.
pub(crate) fn shade(shaders: &[Shader], pose: &Pose, camera: &Intrinsics, frame: &mut Frame) {
    if shaders.is_empty() {
        return;
    }
    let width = camera.width as usize;
    let turn = Mat3::from_quat(pose.rotation);
    let (rgba, inverse_depth) = frame.buffers_mut();
    let rows = rgba.par_chunks_mut(width).zip(inverse_depth.par_chunks(width)).enumerate();
    rows.for_each(|(y, (rgba, inverse_depth))| {
        let v = y as f32 + 0.5;
        // Those whose ball meets the row's plane.
        let mut of_row = [0_u8; MAX_SHADERS];
        let mut count = 0;
        for (k, shader) in shaders.iter().enumerate().take(MAX_SHADERS) {
            let to = Vec3::from_slice(&shader.ball) - pose.position;
            let apart = row_distance(camera, v, turn.transpose() * to);
            if apart <= shader.shape[2] {
                of_row[count] = k as u8;
                count += 1;
            }
        }
        if count == 0 {
            return;
        }
        for (x, (rgba, w)) in rgba.iter_mut().zip(inverse_depth).enumerate() {
            if *w <= 0.0 {
                continue;
            }
            let ray = camera.ray(x as f32 + 0.5, v);
            let point = turn * (ray / *w) + pose.position;
            let mut kept = 1.0;
            for k in &of_row[..count] {
                kept *= shaders[usize::from(*k)].kept(point);
            }
            if kept < 1.0 {
                let [r, g, b, a] = rgba.to_le_bytes();
                let [r, g, b] = [r, g, b].map(|c| (f32::from(c) * kept + 0.5) as u8);
                *rgba = u32::from_le_bytes([r, g, b, a]);
            }
        }
    });
}

/// Distance of a point in view space from the plane through the eye and a row of the picture.
fn row_distance(camera: &Intrinsics, v: f32, point: Vec3) -> f32 {
    let slope = (camera.cy - v) / camera.fy;
    // On the plane y = slope * depth; behind the eye nothing is seen.
    let off = (point.y + slope * point.z) / (1.0 + slope * slope).sqrt();
    off.abs()
}
