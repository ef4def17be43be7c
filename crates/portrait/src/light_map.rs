//! What a lamp sees: heights of surfaces towards it. Shadows, and how thick something is.

use crate::{
    texture::{hash, unit},
    triangles::{Cut, Flat, Scene},
};
use glam::{Vec2, Vec3};
use reverie_body::Substance;

/// Heights towards a lamp over a square.
#[derive(Debug)]
pub(crate) struct LightMap {
    edge: usize,
    right: Vec3,
    up: Vec3,
    toward: Vec3,
    corner: Vec2,
    /// Texels of a metre.
    scale: f32,
    heights: Vec<f32>,
}

/// How strands are drawn into a map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Strands {
    /// By their texture.
    Exact,
    /// Thinned out evenly: for maps that are coarse anyway.
    Thinned,
}

/// Points of a disc, evenly, from the middle outwards (Vogel's spiral).
fn disc(number: usize, count: usize, turn: f32) -> Vec2 {
    let away = ((number as f32 + 0.5) / count as f32).sqrt();
    let angle = 2.399_963 * number as f32 + turn;
    away * Vec2::new(angle.cos(), angle.sin())
}

impl LightMap {
    /// The map of a ball around `centre` (metres).
    pub(crate) fn new(
        scene: &Scene,
        toward: Vec3,
        centre: Vec3,
        radius: f32,
        edge: usize,
        strands: Strands,
    ) -> Self {
        let right = toward.any_orthonormal_vector();
        let up = toward.cross(right);
        let scale = edge as f32 / (2.0 * radius);
        let corner = Vec2::new(centre.dot(right), centre.dot(up)) - radius;
        let mut map =
            Self { edge, right, up, toward, corner, scale, heights: vec![f32::MIN; edge * edge] };
        for (number, surface) in scene.surfaces.iter().enumerate() {
            let skip = surface.cut == Cut::Clear
                || strands == Strands::Thinned && surface.material.substance == Substance::Lash;
            if !skip {
                map.draw(scene, number, strands);
            }
        }
        map
    }

    fn place(&self, p: Vec3) -> Vec3 {
        let at = (Vec2::new(p.dot(self.right), p.dot(self.up)) - self.corner) * self.scale;
        at.extend(p.dot(self.toward))
    }

    fn draw(&mut self, scene: &Scene, number: usize, strands: Strands) {
        let surface = &scene.surfaces[number];
        let places: Vec<Vec3> = surface.positions.iter().map(|p| self.place(*p)).collect();
        let size = scene.texture(surface.base).map_or(Vec2::ONE, |mips| mips.size());
        let end = (self.edge - 1) as f32;
        for triangle in 0..surface.mesh.indices.len() as u32 / 3 {
            let corners = surface.corners(triangle);
            let [a, b, c] = corners.map(|at| places[at]);
            let [a2, b2, c2] = [a, b, c].map(Vec3::truncate);
            let Some((flat, _)) = Flat::new([a2, b2, c2], true) else { continue };
            let low = a2.min(b2).min(c2).ceil().max(Vec2::ZERO);
            let high = a2.max(b2).max(c2).floor().min(Vec2::splat(end));
            let [ta, tb, tc] = corners.map(|at| Vec2::from(surface.mesh.uvs[at]) * size);
            let texels = (tb - ta).perp_dot(tc - ta).abs();
            let area = (b2 - a2).perp_dot(c2 - a2).abs();
            let lod = 0.5 * (texels / area.max(1e-6)).max(1e-6).log2();
            let mut y = low.y;
            while y <= high.y {
                let mut x = low.x;
                while x <= high.x {
                    let share = flat.shares(Vec2::new(x, y));
                    if share.iter().all(|s| *s >= -1e-4) {
                        let at = y as usize * self.edge + x as usize;
                        let height = a.z * share[0] + b.z * share[1] + c.z * share[2];
                        if height > self.heights[at] {
                            let alpha = match (surface.cut, strands) {
                                (Cut::Solid, _) => 1.0,
                                (Cut::Share, Strands::Thinned) => 0.5,
                                _ => surface.alpha(scene, surface.uv(corners, share), lod),
                            };
                            let chance = hash(triangle ^ (number as u32) << 20, at as u32);
                            if alpha >= 1.0 || unit(chance) < alpha {
                                self.heights[at] = height;
                            }
                        }
                    }
                    x += 1.0;
                }
                y += 1.0;
            }
        }
    }

    /// The height at a place of the map; very low outside of it.
    fn height(&self, at: Vec2) -> f32 {
        let inside = at.cmpge(Vec2::splat(-0.5)).all()
            && at.cmplt(Vec2::splat(self.edge as f32 - 0.5)).all();
        if !inside {
            return f32::MIN;
        }
        let (x, y) = ((at.x + 0.5) as usize, (at.y + 0.5) as usize);
        self.heights[y.min(self.edge - 1) * self.edge + x.min(self.edge - 1)]
    }

    /// Whether a point with this normal sees along the map's direction, 0 or 1 with soft edges of a
    /// texel.
    pub(crate) fn open(&self, point: Vec3, normal: Vec3) -> f32 {
        let texel = 1.0 / self.scale;
        let p = self.place(point + normal * (0.7 * texel + 0.0008));
        let low = p.truncate().floor();
        let f = p.truncate() - low;
        let free = |dx: f32, dy: f32| {
            let h = self.height(low + Vec2::new(dx, dy));
            if h > p.z + 1.1 * texel { 0.0 } else { 1.0 }
        };
        let top = free(0.0, 0.0) * (1.0 - f.x) + free(1.0, 0.0) * f.x;
        let bottom = free(0.0, 1.0) * (1.0 - f.x) + free(1.0, 1.0) * f.x;
        top * (1.0 - f.y) + bottom * f.y
    }

    /// How much of a lamp of some size a point sees, 0 to 1. `turn` is any number of the pixel's own.
    pub(crate) fn lit(&self, point: Vec3, normal: Vec3, spread: f32, turn: u32) -> f32 {
        let texel = 1.0 / self.scale;
        let facing = normal.dot(self.toward);
        let p = self.place(point + normal * (0.0006 + 0.8 * texel * (1.0 - facing.abs())));
        // How the surface itself rises along the map: it is no shadow of its own.
        let n = Vec2::new(normal.dot(self.right), normal.dot(self.up));
        let slope = (n / facing.max(0.25)).clamp_length_max(2.5) / self.scale;
        let angle = std::f32::consts::TAU * unit(hash(turn, 77));
        let search = 0.06 * spread * self.scale;
        let (mut above, mut found) = (0.0, 0.0);
        for number in 0..10 {
            let step = search * disc(number, 10, angle);
            let over = self.height(p.truncate() + step) - (p.z - slope.dot(step).abs().min(0.004));
            if over > 1.2 * texel + 0.0006 {
                above += over;
                found += 1.0;
            }
        }
        if found == 0.0 {
            return 1.0;
        }
        let wide = (spread * above / found * self.scale).clamp(1.3, search);
        const TAPS: usize = 20;
        let mut sum = 0.0;
        for number in 0..TAPS {
            let step = wide * disc(number, TAPS, angle);
            // The surface's own plane lies lower on the side away from the lamp.
            let own = p.z - slope.dot(step);
            let over = self.height(p.truncate() + step) - own;
            let least = 1.2 * texel + 0.0006;
            sum += 1.0 - crate::texture::smooth(least, 2.2 * least, over);
        }
        sum / TAPS as f32
    }

    /// How much light comes through what lies above a point, if it fades in `fade` metres.
    pub(crate) fn through(&self, point: Vec3, radius: f32, fade: f32, turn: u32) -> f32 {
        let p = self.place(point);
        let angle = std::f32::consts::TAU * unit(hash(turn, 78));
        const TAPS: usize = 8;
        let mut sum = 0.0;
        for number in 0..TAPS {
            let step = radius * self.scale * disc(number, TAPS, angle);
            let over = self.height(p.truncate() + step) - p.z - 0.0015;
            sum += (-over.max(0.0) / fade).exp();
        }
        sum / TAPS as f32
    }

    /// Metres from a point below a surface to the surface, towards the lamp.
    pub(crate) fn thickness(&self, point: Vec3, normal: Vec3) -> f32 {
        let p = self.place(point - 0.0012 * normal);
        let mut sum = 0.0;
        for (dx, dy) in [(0.0, 0.0), (1.5, 0.5), (-0.5, 1.5), (-1.5, -0.5), (0.5, -1.5)] {
            sum += (self.height(p.truncate() + Vec2::new(dx, dy)) - p.z).clamp(0.0, 0.1);
        }
        sum / 5.0
    }
}
