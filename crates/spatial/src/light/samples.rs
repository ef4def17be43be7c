//! What a seen view tells about light: surfaces with place, slope and brightness, and sky.

use super::tone::{luminance, scene_from_pixel};
use crate::{Frame, Memory, Renderer, SpatialError};
use glam::{Vec2, Vec3};
use reverie_world_model::{Intrinsics, Pose};

/// Width of the picture that is looked at, pixels.
const WIDTH: u32 = 128;
/// Neighbours whose inverse depths differ by more than this share lie on different surfaces.
const EDGE: f32 = 0.12;
/// Steps towards the sun along which something in the way is looked for.
const STEPS: usize = 26;
/// Reach of the normals' differences, pixels.
const REACH: usize = 2;

/// A point on a surface of a view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surface {
    /// Pixel.
    pub at: [u16; 2],
    /// World space, metres.
    pub position: Vec3,
    pub normal: Vec3,
    /// Logarithm of its luminance.
    pub log_light: f32,
    /// Logarithms of red over green and blue over green.
    pub chroma: Vec2,
    /// Metres along the view axis.
    pub depth_m: f32,
}

/// A direction in which the sky is seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sky {
    pub direction: Vec3,
    pub log_light: f32,
    /// Logarithm of blue over red.
    pub blue: f32,
}

/// One view, looked at for its light.
pub(super) struct ViewSamples {
    pose: Pose,
    camera: Intrinsics,
    inverse_depth: Vec<f32>,
    pub surfaces: Vec<Surface>,
    pub sky: Vec<Sky>,
}

impl ViewSamples {
    pub fn new(
        memory: &Memory,
        pose: &Pose,
        camera: &Intrinsics,
        renderer: &mut Renderer,
        frame: &mut Frame,
    ) -> Result<Self, SpatialError> {
        let height = (camera.height * WIDTH).div_ceil(camera.width.max(1)).clamp(16, 2 * WIDTH);
        let camera = camera.resized(WIDTH, height);
        renderer.render(memory, pose, &camera, frame)?;
        let inverse_depth = frame.inverse_depth().to_vec();
        let mut samples =
            Self { pose: *pose, camera, inverse_depth, surfaces: Vec::new(), sky: Vec::new() };
        samples.collect(frame);
        Ok(samples)
    }

    fn collect(&mut self, frame: &Frame) {
        let (width, height) = (self.camera.width as usize, self.camera.height as usize);
        let pixels = frame.rgba8();
        for y in REACH..height - REACH {
            for x in REACH..width - REACH {
                let at = y * width + x;
                if !frame.is_known(at) {
                    continue;
                }
                let rgb = [pixels[4 * at], pixels[4 * at + 1], pixels[4 * at + 2]];
                let light = scene_from_pixel(rgb).max(Vec3::splat(2e-3));
                let log_light = luminance(light).ln();
                if self.inverse_depth[at] <= 0.0 {
                    let ray = self.camera.ray(x as f32 + 0.5, y as f32 + 0.5);
                    let direction = (self.pose.rotation * ray).normalize();
                    if direction.y > 0.0 {
                        let blue = (light.z / light.x).ln();
                        self.sky.push(Sky { direction, log_light, blue });
                    }
                } else if let Some(normal) = self.normal(x, y) {
                    self.surfaces.push(Surface {
                        at: [x as u16, y as u16],
                        position: self.pose.world_from_view(self.point(x, y)),
                        normal: self.pose.rotation * normal,
                        log_light,
                        chroma: Vec2::new((light.x / light.y).ln(), (light.z / light.y).ln()),
                        depth_m: 1.0 / self.inverse_depth[at],
                    });
                }
            }
        }
    }

    fn point(&self, x: usize, y: usize) -> Vec3 {
        let w = self.inverse_depth[y * self.camera.width as usize + x];
        self.camera.ray(x as f32 + 0.5, y as f32 + 0.5) / w
    }

    /// Slope in view space, where all neighbours lie on one surface.
    fn normal(&self, x: usize, y: usize) -> Option<Vec3> {
        let width = self.camera.width as usize;
        let here = self.inverse_depth[y * width + x];
        let [left, right, up, down] =
            [(x - REACH, y), (x + REACH, y), (x, y - REACH), (x, y + REACH)];
        let w = |(x, y): (usize, usize)| self.inverse_depth[y * width + x];
        // On a plane inverse depth is linear over the picture.
        let bent = |a, b| (w(a) + w(b) - 2.0 * here).abs() > EDGE * here;
        if bent(left, right)
            || bent(up, down)
            || [left, right, up, down].iter().any(|p| w(*p) <= 0.0)
        {
            return None;
        }
        let point = |(x, y)| self.point(x, y);
        let across = (point(right) - point(left)).cross(point(up) - point(down));
        let normal = across.try_normalize()?;
        let facing = normal.dot(-self.point(x, y).normalize());
        if facing < 0.05 { None } else { Some(normal) }
    }

    /// Whether the way from a surface in a direction is free, as far as this view shows.
    pub fn open(&self, surface: &Surface, direction: Vec3) -> bool {
        let direction = self.pose.rotation.conjugate() * direction;
        let from =
            self.pose.view_from_world(surface.position + surface.normal * (0.01 * surface.depth_m));
        let width = self.camera.width as usize;
        // Steps grow with the distance gone, from about a pixel on.
        let first = 1.5 * surface.depth_m / self.camera.fx;
        let mut gone = first;
        for _ in 0..STEPS {
            let point = from + direction * gone;
            gone += first.max(0.22 * gone);
            let Some((uv, depth_m)) = self.camera.project(point) else { return true };
            if uv.x < 0.0
                || uv.y < 0.0
                || uv.x >= self.camera.width as f32
                || uv.y >= self.camera.height as f32
            {
                return true;
            }
            let seen = self.inverse_depth[uv.y as usize * width + uv.x as usize];
            // Behind what is seen there, but not far behind it.
            let behind = depth_m * seen;
            if behind > 1.015 && behind < 1.35 {
                return false;
            }
        }
        true
    }
}
