//! From a sitter to a picture.

use crate::{
    Camera, Picture, Sitter,
    ambient::around,
    camera::View,
    light_map::{LightMap, Strands},
    raster::{NOTHING, Projected, SAMPLES, TILE, Tile, binned, project, sample_place},
    scatter::{Entering, spread},
    shade::{Lit, Shaded},
    studio::{LAMPS, Studio, backdrop},
    triangles::Scene,
};
use glam::{Vec2, Vec3};
use rayon::prelude::*;

/// Largest side of a picture, pixels.
pub const LARGEST_SIDE: usize = 8192;
/// Texels of the maps of key light, other lamps and surroundings.
const EDGES: [usize; 3] = [2048, 1024, 448];
/// Pictures less high make do with maps of half that.
const SMALL_HEIGHT: usize = 400;

/// What one pixel adds up to.
#[derive(Debug, Clone, Copy, Default)]
struct Pixel {
    colour: Vec3,
    albedo: Vec3,
    entering: Entering,
}

/// Takes somebody's picture. Sides are kept within 1 to 8192 pixels.
pub fn draw(sitter: &Sitter, camera: &Camera, width: usize, height: usize) -> Picture {
    let (width, height) = (width.clamp(1, LARGEST_SIDE), height.clamp(1, LARGEST_SIDE));
    let view = View::new(camera, width, height);
    let scene = Scene::new(sitter);
    let lit = lights(&scene, view, camera, [width, height]);
    let triangles = project(&scene, &view, width, height);
    let bins = binned(&scene, &triangles, width, height);
    let columns = width.div_ceil(TILE);
    let tiles: Vec<Vec<Pixel>> = bins
        .par_iter()
        .enumerate()
        .map(|(number, bin)| {
            let (left, top) = (number % columns * TILE, number / columns * TILE);
            let mut tile = Tile::new(left, top);
            for triangle in bin {
                tile.draw(&scene, &triangles, *triangle);
            }
            tile.settle();
            (0..TILE * TILE)
                .map(|at| {
                    let place = [left + at % TILE, top + at / TILE];
                    pixel(&lit, &triangles, &tile.seen[at], &tile.clear[at], place, [width, height])
                })
                .collect()
        })
        .collect();
    let of = |at: usize| {
        let (x, y) = (at % width, at / width);
        &tiles[y / TILE * columns + x / TILE][y % TILE * TILE + x % TILE]
    };
    let entering: Vec<Entering> = (0..width * height).map(|at| of(at).entering).collect();
    let scattered = spread(&entering, width, &view);
    let pixels = (0..width * height)
        .into_par_iter()
        .map(|at| {
            let pixel = of(at);
            let light = scattered[at].light / scattered[at].skin.max(1e-6);
            pixel.colour + pixel.albedo * light
        })
        .collect();
    Picture { width, height, pixels }
}

fn lights<'a>(
    scene: &'a Scene<'a>,
    view: View,
    camera: &Camera,
    [width, height]: [usize; 2],
) -> Lit<'a> {
    let aspect = width as f32 / height as f32;
    let edges = if height < SMALL_HEIGHT { EDGES.map(|edge| edge / 2) } else { EDGES };
    let studio = Studio::new(&view);
    // A ball around what is in the picture, and what may shade it.
    let shown = 2.0
        * camera.eye.distance(camera.target)
        * (0.5 * camera.vertical_degrees.clamp(0.01, 179.0)).to_radians().tan();
    let span = |axis: fn(&Vec3) -> f32| {
        let all = scene.surfaces.iter().flat_map(|s| s.positions).map(axis);
        let (low, high) = all.fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)));
        (high - low).max(0.0)
    };
    let whole = 0.5 * span(|p| p.x).hypot(span(|p| p.y)).hypot(span(|p| p.z)) + 0.01;
    let radius =
        (0.5 * shown * (1.0 + 0.35 * aspect.min(2.0)) + 0.06).max(0.16).min(whole.max(0.1));
    let maps: Vec<Option<LightMap>> = (0..LAMPS)
        .into_par_iter()
        .map(|number| {
            // The fill light is so large that it casts no shadow of its own.
            let edge = match number {
                0 => edges[0],
                1 => return None,
                _ => edges[1],
            };
            let toward = studio.lamps[number].toward;
            Some(LightMap::new(scene, toward, camera.target, radius, edge, Strands::Exact))
        })
        .collect();
    let mut own: [Option<LightMap>; LAMPS] = [const { None }; LAMPS];
    for (slot, map) in own.iter_mut().zip(maps) {
        *slot = map;
    }
    let around = around(scene, &studio, camera.target, radius, edges[2]);
    Lit { scene, view, studio, maps: own, around }
}

/// Shades each surface that a pixel shows once, and adds them up.
fn pixel(
    lit: &Lit,
    triangles: &[Projected],
    seen: &[u32; SAMPLES],
    clear: &[u32; SAMPLES],
    [x, y]: [usize; 2],
    [width, height]: [usize; 2],
) -> Pixel {
    let corner = Vec2::new(x as f32, y as f32);
    let mut sum = Pixel::default();
    let mut done = [false; SAMPLES];
    let mut depth = 0.0;
    for first in 0..SAMPLES {
        if done[first] {
            continue;
        }
        let (mut place, mut count) = (Vec2::ZERO, 0.0);
        for s in first..SAMPLES {
            if seen[s] == seen[first] && clear[s] == clear[first] {
                done[s] = true;
                place += sample_place(s);
                count += 1.0;
            }
        }
        let share = count / SAMPLES as f32;
        let at = corner + place / count;
        let shaded = match triangles.get(seen[first] as usize) {
            Some(triangle) => {
                let before = (clear[first] != NOTHING).then(|| &triangles[clear[first] as usize]);
                lit.shade(triangle, before, at, (y * width + x) as u32)
            }
            None => {
                let size = Vec2::new(width as f32, height as f32);
                let colour = backdrop((corner + 0.5) / size, size.x / size.y);
                Shaded { colour, ..Shaded::default() }
            }
        };
        // A spark in one sample is no reason for a white pixel.
        sum.colour += share * shaded.colour.min(Vec3::splat(6.0));
        sum.albedo += share * shaded.albedo;
        sum.entering.light += share * shaded.skin * shaded.entering;
        sum.entering.skin += share * shaded.skin;
        depth += share * shaded.skin * shaded.depth;
    }
    if sum.entering.skin > 0.0 {
        sum.entering.depth = depth / sum.entering.skin;
    }
    sum
}
