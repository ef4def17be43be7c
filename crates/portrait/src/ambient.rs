//! Light of the surroundings at every vertex: how much of it gets past what stands in the way.

use crate::{
    light_map::{LightMap, Strands},
    studio::Studio,
    triangles::Scene,
};
use glam::Vec3;
use rayon::prelude::*;

/// Directions that are looked along.
const DIRECTIONS: usize = 80;

/// What a vertex gets.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Around {
    /// What a white surface sends back, linear.
    pub(crate) light: Vec3,
    /// Share of the half-space above the surface that is free.
    pub(crate) open: f32,
}

/// For every vertex of every surface. The maps, `edge` texels wide, cover a ball around `centre`; what
/// lies outside is taken as free.
pub(crate) fn around(
    scene: &Scene,
    studio: &Studio,
    centre: Vec3,
    radius: f32,
    edge: usize,
) -> Vec<Vec<Around>> {
    let maps: Vec<(Vec3, Vec3, LightMap)> = (0..DIRECTIONS)
        .into_par_iter()
        .map(|number| {
            // Even over the ball (Fibonacci's spiral).
            let y = 1.0 - 2.0 * (number as f32 + 0.5) / DIRECTIONS as f32;
            let (sin, cos) = (2.399_963 * number as f32).sin_cos();
            let flat = (1.0 - y * y).sqrt();
            let direction = Vec3::new(flat * cos, y, flat * sin);
            let map = LightMap::new(scene, direction, centre, radius, edge, Strands::Thinned);
            (direction, studio.ambient(direction), map)
        })
        .collect();
    scene
        .surfaces
        .iter()
        .map(|surface| {
            let vertices = surface.positions.par_iter().zip(surface.normals);
            vertices
                .map(|(place, normal)| {
                    let (mut light, mut free, mut whole) = (Vec3::ZERO, 0.0, 0.0);
                    for (direction, colour, map) in &maps {
                        let facing = direction.dot(*normal);
                        if facing <= 0.0 {
                            continue;
                        }
                        let open = map.open(*place, *normal) * facing;
                        light += *colour * open;
                        free += open;
                        whole += facing;
                    }
                    let whole = f32::max(whole, 1e-3);
                    Around { light: light / whole, open: free / whole }
                })
                .collect()
        })
        .collect()
}
