//! A posed body as one list of triangles with their surfaces.

use crate::{
    Sitter,
    texture::{Mips, smooth},
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;
use reverie_body::{AlphaMode, BodyMesh, Material, Substance};

/// What is seen of a surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cut {
    /// All of it.
    Solid,
    /// Where alpha is at least this.
    Threshold(f32),
    /// As much as alpha says: strands finer than pixels.
    Share,
    /// Nothing: light bends and mirrors in it.
    Clear,
}

/// A mesh with all that shading it needs.
#[derive(Debug)]
pub(crate) struct Surface<'a> {
    pub(crate) mesh: &'a BodyMesh,
    pub(crate) material: &'a Material,
    pub(crate) positions: &'a [Vec3],
    pub(crate) normals: &'a [Vec3],
    pub(crate) tangents: &'a [glam::Vec4],
    pub(crate) base: Option<usize>,
    pub(crate) cut: Cut,
}

/// The whole scene.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) surfaces: Vec<Surface<'a>>,
    pub(crate) textures: Vec<Option<Mips>>,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(sitter: &'a Sitter<'a>) -> Self {
        let body = sitter.body;
        let used: Vec<usize> = body
            .materials
            .iter()
            .flat_map(|m| [m.base_texture, m.normal_texture, m.surface_texture])
            .flatten()
            .collect();
        let textures = body
            .textures
            .par_iter()
            .enumerate()
            .map(|(at, texture)| used.contains(&at).then(|| Mips::new(texture)))
            .collect();
        let surfaces = body
            .meshes
            .iter()
            .zip(&sitter.meshes)
            .filter_map(|(mesh, posed)| {
                let material = body.materials.get(mesh.material)?;
                let cut = match (material.substance, material.alpha) {
                    (Substance::Cornea, _) => Cut::Clear,
                    (_, AlphaMode::Opaque) => Cut::Solid,
                    (Substance::Hair | Substance::Lash, _) | (_, AlphaMode::Blend) => Cut::Share,
                    (_, AlphaMode::Mask(least)) => Cut::Threshold(least),
                };
                Some(Surface {
                    mesh,
                    material,
                    positions: &posed.positions,
                    normals: &posed.normals,
                    tangents: &posed.tangents,
                    base: material.base_texture,
                    cut,
                })
            })
            .collect();
        Self { surfaces, textures }
    }

    pub(crate) fn texture(&self, at: Option<usize>) -> Option<&Mips> {
        self.textures.get(at?)?.as_ref()
    }
}

impl Surface<'_> {
    pub(crate) fn corners(&self, triangle: u32) -> [usize; 3] {
        let at = 3 * triangle as usize;
        [0, 1, 2].map(|i| self.mesh.indices[at + i] as usize)
    }

    /// How much of the surface is there at a place of its texture, 0 to 1.
    pub(crate) fn alpha(&self, scene: &Scene, uv: Vec2, lod: f32) -> f32 {
        let own = self.material.base_colour[3];
        let alpha = scene.texture(self.base).map_or(own, |mips| own * mips.sample(uv, lod).w);
        match self.cut {
            Cut::Share => alpha,
            // As sharp as a pixel allows.
            Cut::Threshold(least) => smooth(least - 0.12, least + 0.12, alpha),
            Cut::Solid => 1.0,
            Cut::Clear => 0.0,
        }
    }

    /// Place in the texture of a point of a triangle.
    pub(crate) fn uv(&self, corners: [usize; 3], share: [f32; 3]) -> Vec2 {
        (0..3).map(|i| Vec2::from(self.mesh.uvs[corners[i]]) * share[i]).sum()
    }
}

/// Planes over the screen: value = along.x * dx + along.y * dy, from the first corner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flat {
    pub(crate) origin: Vec2,
    /// Slopes of the shares of the second and the third corner.
    pub(crate) second: Vec2,
    pub(crate) third: Vec2,
}

impl Flat {
    /// `None` for what has no area, or shows its back when `both` is false (`mirrored` turns sides).
    pub(crate) fn new(corners: [Vec2; 3], both: bool) -> Option<(Self, bool)> {
        let [a, b, c] = corners;
        let (ab, ac) = (b - a, c - a);
        let area = ab.perp_dot(ac);
        // The screen's y points down, so that fronts run clockwise there.
        let front = area < 0.0;
        if area.abs() < 1e-9 || !area.is_finite() || !(front || both) {
            return None;
        }
        let second = Vec2::new(ac.y, -ac.x) / area;
        let third = Vec2::new(-ab.y, ab.x) / area;
        Some((Self { origin: a, second, third }, front))
    }

    /// Shares of the three corners at a place of the screen.
    pub(crate) fn shares(&self, at: Vec2) -> [f32; 3] {
        let d = at - self.origin;
        let (v, w) = (self.second.dot(d), self.third.dot(d));
        [1.0 - v - w, v, w]
    }
}

/// Shares brought inside the triangle.
pub(crate) fn inside(shares: [f32; 3]) -> [f32; 3] {
    let kept = shares.map(|s| s.max(0.0));
    let sum: f32 = kept.iter().sum();
    kept.map(|s| s / sum.max(1e-6))
}
