//! What surfaces look like in the studio's light.

mod eye;
mod hair;
mod plain;
mod skin;

use crate::{
    ambient::Around,
    camera::View,
    light_map::LightMap,
    raster::Projected,
    studio::{LAMPS, Studio},
    texture::hash,
    triangles::Scene,
};
use glam::{Mat3, Vec2, Vec3, Vec4};
use reverie_body::Substance;
use std::f32::consts::PI;

/// All that shading asks.
pub(crate) struct Lit<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) view: View,
    pub(crate) studio: Studio,
    /// A map for every lamp that casts shadows.
    pub(crate) maps: [Option<LightMap>; LAMPS],
    pub(crate) around: Vec<Vec<Around>>,
}

/// A point of a surface.
struct Point<'a> {
    surface: &'a crate::triangles::Surface<'a>,
    place: Vec3,
    /// Of the mesh, towards the camera's side.
    smooth: Vec3,
    /// The same with the normal map.
    normal: Vec3,
    /// Against v of the texture, a unit vector.
    along_v: Vec3,
    uv: Vec2,
    lod: f32,
    /// To the camera.
    view: Vec3,
    base: Vec4,
    /// Occlusion, roughness, metalness, scattering of the texture.
    map: Vec4,
    ambient: Vec3,
    open: f32,
    /// A number of this point's own.
    chance: u32,
}

/// What a point sends to the camera.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shaded {
    /// Everything that does not scatter below the surface.
    pub(crate) colour: Vec3,
    /// Light that enters skin, and skin's colour; both black elsewhere.
    pub(crate) entering: Vec3,
    pub(crate) albedo: Vec3,
    /// Share of the point that is skin, 0 or 1.
    pub(crate) skin: f32,
    /// Metres ahead.
    pub(crate) depth: f32,
}

impl Lit<'_> {
    /// What is seen of a triangle at a place of the screen; `clear` is what lies before it.
    pub(crate) fn shade(
        &self,
        triangle: &Projected,
        clear: Option<&Projected>,
        at: Vec2,
        pixel: u32,
    ) -> Shaded {
        let (point, depth) = self.point(triangle, at, pixel);
        let mut shaded = match (point.surface.material.substance, clear) {
            (Substance::Skin, _) => skin::shade(self, &point),
            (Substance::Hair, _) => hair::shade(self, &point),
            (Substance::Eye, Some(clear)) => {
                let (cornea, near) = self.point(clear, at, pixel);
                eye::below(self, triangle, &point, &cornea, depth - near)
            }
            (Substance::Eye, None) => eye::bare(self, &point),
            _ => plain::shade(self, &point),
        };
        if let Some(clear) = clear {
            let (cornea, _) = self.point(clear, at, pixel);
            eye::mirror(self, &cornea, &mut shaded);
        }
        shaded.depth = depth;
        shaded
    }

    fn point(&self, triangle: &Projected, at: Vec2, pixel: u32) -> (Point<'_>, f32) {
        let surface = &self.scene.surfaces[triangle.surface as usize];
        let corners = surface.corners(triangle.triangle);
        let (share, depth) = triangle.shares(at);
        let blend = |values: &[Vec3]| (0..3).map(|i| values[corners[i]] * share[i]).sum::<Vec3>();
        let place = blend(surface.positions);
        let view = (self.view.eye - place).normalize_or(-self.view.forward);
        let uv = surface.uv(corners, share);
        let material = surface.material;
        let mut normal = blend(surface.normals).normalize_or(view);
        let mut smooth = normal;
        let mut along_v = Vec3::Y;
        if !surface.tangents.is_empty() {
            let tangent: Vec4 = (0..3).map(|i| surface.tangents[corners[i]] * share[i]).sum();
            let t = tangent.truncate();
            let along_u =
                (t - normal * normal.dot(t)).normalize_or(normal.any_orthonormal_vector());
            along_v = normal.cross(along_u) * if tangent.w < 0.0 { -1.0 } else { 1.0 };
            if let Some(map) = self.scene.texture(material.normal_texture) {
                let n = map.sample(uv, triangle.lod).truncate() * 2.0 - 1.0;
                let frame = Mat3::from_cols(along_u, along_v, normal);
                normal = (frame * n).normalize_or(normal);
            }
        }
        if !triangle.front {
            (normal, smooth) = (-normal, -smooth);
        }
        let mut base = Vec4::from(material.base_colour);
        if let Some(texture) = self.scene.texture(surface.base) {
            base *= texture.sample(uv, triangle.lod);
        }
        let map = self.scene.texture(material.surface_texture);
        let around = &self.around[triangle.surface as usize];
        let mut light = Vec3::ZERO;
        let mut open = 0.0;
        for i in 0..3 {
            light += around[corners[i]].light * share[i];
            open += around[corners[i]].open * share[i];
        }
        let map = map.map_or(Vec4::new(1.0, 1.0, 0.0, 1.0), |m| m.sample(uv, triangle.lod));
        let point = Point {
            surface,
            place,
            smooth,
            normal,
            along_v,
            uv,
            lod: triangle.lod,
            view,
            base,
            map,
            ambient: light * self.studio.tilt(normal, smooth),
            open,
            chance: hash(pixel, triangle.triangle),
        };
        (point, depth)
    }

    /// How much of a lamp a point sees.
    fn seen(&self, lamp: usize, point: &Point) -> f32 {
        let toward = self.studio.lamps[lamp].toward;
        if point.smooth.dot(toward) < -0.25 {
            return 0.0;
        }
        match &self.maps[lamp] {
            Some(map) => {
                map.lit(point.place, point.smooth, self.studio.lamps[lamp].spread, point.chance)
            }
            None => point.open.clamp(0.0, 1.0).powf(0.7),
        }
    }
}

/// The share of a lamp's light that a rough mirror sends to the camera (GGX with Smith's shadowing),
/// where a white matt surface facing the lamp would send 1. `f0` is the reflectance head-on.
fn gleam(point: &Point, normal: Vec3, toward: Vec3, roughness: f32, f0: f32) -> f32 {
    let view = point.view;
    let half = (view + toward).normalize_or(normal);
    let (nh, nl) = (normal.dot(half).max(0.0), normal.dot(toward).max(0.0));
    let nv = normal.dot(view).max(0.06);
    let a2 = roughness.max(0.05).powi(4);
    let spread = a2 / (PI * (nh * nh * (a2 - 1.0) + 1.0).powi(2));
    let hidden = |c: f32| c + (a2 + (1.0 - a2) * c * c).sqrt();
    let fresnel = f0 + (1.0 - f0) * (1.0 - view.dot(half).clamp(0.0, 1.0)).powi(5);
    (PI * spread * fresnel * nl / (hidden(nl) * hidden(nv)).max(1e-4)).min(6.0)
}

/// Light of the surroundings that a rough mirror sends to the camera.
fn gloss(lit: &Lit, point: &Point, roughness: f32, f0: f32) -> Vec3 {
    let nv = point.normal.dot(point.view).clamp(0.0, 1.0);
    let mirrored = 2.0 * point.normal.dot(point.view) * point.normal - point.view;
    let grazing = (1.0 - roughness).max(f0) - f0;
    let fresnel = f0 + grazing * (1.0 - nv).powi(5);
    // Hollows mirror themselves.
    let open = (point.open * point.map.x).clamp(0.0, 1.0);
    let free = (nv + open).powf(2.0f32.powf(-16.0 * roughness - 1.0)) - 1.0 + open;
    lit.studio.ambient(mirrored) * (fresnel * free.clamp(0.0, 1.0) * open)
}

/// Light of the surroundings in hollows: what does not come in straight comes off the walls, and takes
/// their colour on (a fit over albedo and openness by Jimenez and others, 2016).
fn bounced(ambient: Vec3, open: f32, albedo: Vec3) -> Vec3 {
    let open = open.clamp(0.02, 1.0);
    let a = 2.0404 * albedo - 0.3324;
    let b = -4.7951 * albedo + 0.6417;
    let c = 2.7552 * albedo + 0.6903;
    let lifted = ((open * a + b) * open + c).max(Vec3::ONE);
    ambient * lifted
}

/// Reflectance head-on of a material, counted as Bevy does.
fn head_on(reflectance: f32) -> f32 {
    0.16 * reflectance * reflectance
}
