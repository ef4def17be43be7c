//! The picture's definition, in plain words: one thread, one pixel after another.
//!
//! The fast renderer and the GPU are checked against this one.

use crate::{
    DrawnTile, Frame, Memory, ScreenFromView, ScreenVertex, SpatialError, Tile, TileLevel, cell,
    fill,
    objects::{self, Surroundings},
    quarters,
    view::check_camera,
};
use reverie_world_model::{Intrinsics, Pose};

/// Renders a memory at a pose.
///
/// # Errors
/// [`SpatialError::Geometry`] or [`SpatialError::TooLarge`].
pub fn render(
    memory: &Memory,
    pose: &Pose,
    intrinsics: &Intrinsics,
    frame: &mut Frame,
) -> Result<(), SpatialError> {
    let objects = objects::Objects::none();
    render_with(&Surroundings { memory, objects }, pose, intrinsics, frame)
}

/// Renders a memory with the objects that stand in it.
///
/// # Errors
/// As [`render`].
pub fn render_with(
    world: &Surroundings<'_>,
    pose: &Pose,
    intrinsics: &Intrinsics,
    frame: &mut Frame,
) -> Result<(), SpatialError> {
    pose.validate()?;
    check_camera(intrinsics)?;
    let Surroundings { memory, objects } = world;
    let mut drawn: Vec<DrawnTile> = Vec::new();
    memory.visible(pose, intrinsics, &mut drawn);
    let mut sides = Vec::new();
    objects.visible(pose, intrinsics, &mut sides);
    let (width, height) = (intrinsics.width as usize, intrinsics.height as usize);
    frame.resize(intrinsics.width, intrinsics.height);
    let (rgba, inverse_depth) = frame.buffers_mut();
    rgba.fill(0);
    inverse_depth.fill(0.0);
    let mut canvas = Canvas { width, height, rgba, inverse_depth };
    for chosen in &drawn {
        let view = &memory.views()[chosen.view as usize];
        let map = ScreenFromView::new(view.view(), pose, intrinsics);
        let tile = &view.tiles()[chosen.tile as usize];
        let level = &tile.levels()[chosen.visible.level];
        draw_tile(tile, level, &level.rgba, &map, &mut canvas);
    }
    for chosen in &sides {
        let object = &objects.list()[chosen.object as usize];
        let side = &object.looks.sides()[chosen.side as usize];
        let map = object.screen_from_side(side, pose, intrinsics);
        let tile = &side.tiles()[chosen.tile as usize];
        let level = &tile.levels()[chosen.visible.level];
        let mut lit = Vec::new();
        objects::lit_colours(&object.spec, &object.light, side, tile, level, &mut lit);
        draw_tile(tile, level, &lit, &map, &mut canvas);
    }
    fill::plain(memory.backdrop(), pose, intrinsics, frame);
    let mut shaders = Vec::new();
    objects::shaders(objects, pose, &mut shaders);
    objects::shade(&shaders, pose, intrinsics, frame);
    Ok(())
}

struct Canvas<'a> {
    width: usize,
    height: usize,
    /// Alpha 0 is a hole.
    rgba: &'a mut [u32],
    inverse_depth: &'a mut [f32],
}

fn draw_tile(
    tile: &Tile,
    level: &TileLevel,
    rgba: &[u32],
    map: &ScreenFromView,
    canvas: &mut Canvas,
) {
    let columns = level.columns as usize;
    for row in 0..level.rows - 1 {
        for column in 0..level.columns - 1 {
            let bits = level.cells[row as usize * (columns - 1) + column as usize];
            let at = row as usize * columns + column as usize;
            let corners = [at, at + 1, at + columns + 1, at + columns];
            let u = [tile.u(level, column), tile.u(level, column + 1)];
            let v = [tile.v(level, row), tile.v(level, row + 1)];
            if bits == cell::WHOLE {
                let uv = [(u[0], v[0]), (u[1], v[0]), (u[1], v[1]), (u[0], v[1])];
                let vertices = std::array::from_fn(|k| {
                    map.apply(uv[k].0, uv[k].1, level.inverse_depth[corners[k]])
                });
                draw_quad(vertices, corners.map(|c| rgba[c]), canvas);
            } else if bits != cell::EMPTY {
                let inverse_depth = corners.map(|c| level.inverse_depth[c]);
                for quarter in quarters(bits, u, v, inverse_depth).into_iter().flatten() {
                    let vertices = quarter.vertices.map(|[u, v, w]| map.apply(u, v, w));
                    draw_quad(vertices, [rgba[corners[quarter.corner]]; 4], canvas);
                }
            }
        }
    }
}

/// Draws the triangles (0, 1, 2) and (0, 2, 3) of a quad given clockwise on the screen; one that
/// is seen from behind or reaches behind the camera is left out. Edges belong to both sides.
fn draw_quad(vertices: [Option<ScreenVertex>; 4], colours: [u32; 4], canvas: &mut Canvas) {
    let [Some(a), Some(b), Some(c), Some(d)] = vertices else { return };
    let least = |p: fn(&ScreenVertex) -> f32| p(&a).min(p(&b)).min(p(&c)).min(p(&d));
    let most = |p: fn(&ScreenVertex) -> f32| p(&a).max(p(&b)).max(p(&c)).max(p(&d));
    // The pixels whose centres lie in the bounding box.
    let from = |low: f32| (low - 0.5).ceil().max(0.0) as usize;
    let to = |high: f32, len: usize| (high + 0.5).floor().clamp(0.0, len as f32) as usize;
    let columns = from(least(|p| p.x))..to(most(|p| p.x), canvas.width);
    let rows = from(least(|p| p.y))..to(most(|p| p.y), canvas.height);
    for y in rows {
        for x in columns.clone() {
            let centre = [x as f32 + 0.5, y as f32 + 0.5];
            let at = |p: &ScreenVertex| [p.x - centre[0], p.y - centre[1]];
            let cross = |p: [f32; 2], q: [f32; 2]| p[0] * q[1] - p[1] * q[0];
            let (pa, pb, pc, pd) = (at(&a), at(&b), at(&c), at(&d));
            // Twice the areas of the pixel's triangles with each side.
            let diagonal = cross(pc, pa);
            let (weights, vertices, colours) = if diagonal >= 0.0 {
                let weights = [cross(pb, pc), diagonal, cross(pa, pb)];
                (weights, [&a, &b, &c], [colours[0], colours[1], colours[2]])
            } else {
                let weights = [cross(pc, pd), cross(pd, pa), -diagonal];
                (weights, [&a, &c, &d], [colours[0], colours[2], colours[3]])
            };
            let sum = weights[0] + weights[1] + weights[2];
            let inside = weights.iter().all(|w| *w >= 0.0) && sum > 0.0;
            if !inside {
                continue;
            }
            let inverse = 1.0 / sum;
            let weights = weights.map(|w| w * inverse);
            let mix = |v: [f32; 3]| v[0] * weights[0] + v[1] * weights[1] + v[2] * weights[2];
            let w = mix(vertices.map(|p| p.inverse_depth));
            let mut colour = [255; 4];
            for (k, byte) in colour.iter_mut().take(3).enumerate() {
                let value = mix(colours.map(|c| f32::from(c.to_le_bytes()[k])));
                *byte = value.round_ties_even() as u8;
            }
            let rgba = u32::from_le_bytes(colour);
            let place = y * canvas.width + x;
            // The nearest wins, and of equals the larger colour, whatever came first.
            let before = (canvas.inverse_depth[place], canvas.rgba[place]);
            if (w, rgba) > before {
                (canvas.inverse_depth[place], canvas.rgba[place]) = (w, rgba);
            }
        }
    }
}
