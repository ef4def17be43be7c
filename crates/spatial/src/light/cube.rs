//! Radiance around a point, on the six faces of a cube.

use super::tone::scene_from_pixel;
use crate::{Frame, Memory, Renderer, SpatialError};
use glam::{Mat3, Quat, Vec3};
use reverie_world_model::{Intrinsics, Pose};
use std::f32::consts::FRAC_PI_2;

/// Radiance around a point: six faces in the order and orientation of the cube maps of graphics
/// interfaces (+X, -X, +Y, -Y, +Z, -Z; rows from the top). Those are left-handed, so the faces
/// called Z are mirrored: +Z shows the world towards -Z.
#[derive(Debug, Clone, PartialEq)]
pub struct LightCube {
    size: usize,
    texels: Vec<Vec3>,
}

/// Right, up and back of the camera that sees a face.
const FACES: [[Vec3; 3]; 6] = [
    [Vec3::Z, Vec3::Y, Vec3::NEG_X],
    [Vec3::NEG_Z, Vec3::Y, Vec3::X],
    [Vec3::X, Vec3::Z, Vec3::NEG_Y],
    [Vec3::X, Vec3::NEG_Z, Vec3::Y],
    [Vec3::X, Vec3::Y, Vec3::Z],
    [Vec3::NEG_X, Vec3::Y, Vec3::NEG_Z],
];

impl LightCube {
    /// A cube of one colour.
    #[must_use]
    pub fn filled(size: usize, radiance: Vec3) -> Self {
        Self { size, texels: vec![radiance; 6 * size * size] }
    }

    pub(crate) fn from_texels(size: usize, texels: Vec<Vec3>) -> Self {
        Self { size, texels }
    }

    /// From a function of world-space directions of unit length.
    #[must_use]
    pub fn from_fn(size: usize, radiance: impl Fn(Vec3) -> Vec3) -> Self {
        let texels = (0..6 * size * size).map(|at| radiance(direction(size, at))).collect();
        Self { size, texels }
    }

    /// What a memory shows around a point. `inverse_distance` is filled with 1/m along the ray, 0
    /// for sky and -1 where the memory knows nothing.
    pub(crate) fn of_memory(
        memory: &Memory,
        eye: Vec3,
        size: usize,
        renderer: &mut Renderer,
        frame: &mut Frame,
        inverse_distance: &mut Vec<f32>,
    ) -> Result<Self, SpatialError> {
        let camera = Intrinsics::from_horizontal_fov(size as u32, size as u32, FRAC_PI_2);
        let mut texels = Vec::with_capacity(6 * size * size);
        inverse_distance.clear();
        for [right, up, back] in FACES {
            let rotation = Quat::from_mat3(&Mat3::from_cols(right, up, back));
            renderer.render(memory, &Pose { position: eye, rotation }, &camera, frame)?;
            let pixels = frame.rgba8().chunks_exact(4);
            for (at, (pixel, w)) in pixels.zip(frame.inverse_depth()).enumerate() {
                let (x, y) = ((at % size) as f32 + 0.5, (at / size) as f32 + 0.5);
                texels.push(scene_from_pixel([pixel[0], pixel[1], pixel[2]]));
                let known = pixel[3] != 0;
                let w = if known { w / camera.ray(x, y).length() } else { -1.0 };
                inverse_distance.push(w);
            }
        }
        Ok(Self { size, texels })
    }

    /// Texels along an edge of a face.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Radiances, face by face, rows from the top.
    #[must_use]
    pub fn texels(&self) -> &[Vec3] {
        &self.texels
    }

    /// The world-space direction (unit length) of a texel.
    #[must_use]
    pub fn direction(&self, at: usize) -> Vec3 {
        direction(self.size, at)
    }

    /// Solid angle of a texel, steradians.
    #[must_use]
    pub fn solid_angle(&self, at: usize) -> f32 {
        let step = 2.0 / self.size as f32;
        let [u, v] = face_point(self.size, at);
        step * step / (1.0 + u * u + v * v).powf(1.5)
    }

    /// Changes some texels.
    pub(crate) fn change_where(
        &mut self,
        which: impl Fn(usize) -> bool,
        change: impl Fn(Vec3) -> Vec3,
    ) {
        let texels = self.texels.iter_mut().enumerate();
        texels.filter(|(at, _)| which(*at)).for_each(|(_, c)| *c = change(*c));
    }

    /// Half as large; each texel the mean of four.
    #[must_use]
    pub fn halved(&self) -> Self {
        let half = (self.size / 2).max(1);
        let step = self.size / half;
        let mut texels = Vec::with_capacity(6 * half * half);
        for at in 0..6 * half * half {
            let (face, y, x) = (at / (half * half), at / half % half, at % half);
            let mut sum = Vec3::ZERO;
            for dy in 0..step {
                let row = (face * self.size + y * step + dy) * self.size + x * step;
                sum += self.texels[row..row + step].iter().sum::<Vec3>();
            }
            texels.push(sum / (step * step) as f32);
        }
        Self { size: half, texels }
    }

    /// Moves a share of the way to another cube of the same size.
    pub fn approach(&mut self, other: &Self, share: f32) {
        if self.size == other.size {
            for (own, new) in self.texels.iter_mut().zip(&other.texels) {
                *own = own.lerp(*new, share);
            }
        } else {
            self.clone_from(other);
        }
    }
}

/// Coordinates of a texel on its face: -1 to 1, right and down.
fn face_point(size: usize, at: usize) -> [f32; 2] {
    let place = |k: usize| (k as f32 + 0.5) * 2.0 / size as f32 - 1.0;
    [place(at % size), place(at / size % size)]
}

fn direction(size: usize, at: usize) -> Vec3 {
    let [u, v] = face_point(size, at);
    let [right, up, back] = FACES[at / (size * size)];
    (right * u - up * v - back).normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texels_cover_the_sphere_and_face_their_directions() {
        let cube = LightCube::filled(16, Vec3::ONE);
        let (mut whole, mut mean) = (0.0, Vec3::ZERO);
        for at in 0..cube.texels().len() {
            whole += cube.solid_angle(at);
            mean += cube.direction(at) * cube.solid_angle(at);
        }
        assert!((whole - 4.0 * std::f32::consts::PI).abs() < 0.02, "{whole}");
        assert!(mean.length() < 1e-4);
        // The corner texel of each face towards the axes that the interfaces define, z mirrored.
        let first = |face: usize| cube.direction(face * 256);
        assert!(first(0).x > 0.5 && first(0).y > 0.5 && first(0).z < -0.5);
        assert!(first(2).y > 0.5 && first(2).x < -0.5 && first(2).z > 0.5);
        assert!(first(4).z < -0.5 && first(4).x < -0.5 && first(4).y > 0.5);
    }
}
