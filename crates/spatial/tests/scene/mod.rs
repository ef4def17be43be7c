//! A ray-traced yard with exact depth: textured ground, a wall, a ball, a thin pole, a box, sky.

use glam::{Vec2, Vec3};
use rayon::prelude::*;
use reverie_world_model::{DepthImage, Intrinsics, Pose, RgbImage};

/// Height of the ground, metres: an eye's height below the origin.
pub const GROUND_M: f32 = -1.6;
/// Distance to the wall ahead, metres along -Z.
pub const WALL_M: f32 = 12.0;
const BALL: (Vec3, f32) = (Vec3::new(-1.6, -0.9, -5.0), 0.7);
const POLE: (Vec2, f32) = (Vec2::new(1.1, -3.5), 0.02);
const BOX: (Vec3, Vec3) = (Vec3::new(1.5, GROUND_M, -7.5), Vec3::new(3.0, -0.2, -6.0));

fn lattice(x: i32, y: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    (h ^ (h >> 15)) as f32 / u32::MAX as f32
}

fn noise(p: Vec2) -> f32 {
    let cell = p.floor();
    let t = p - cell;
    let t = t * t * (3.0 - 2.0 * t);
    let (x, y) = (cell.x as i32, cell.y as i32);
    let top = lattice(x, y) + (lattice(x + 1, y) - lattice(x, y)) * t.x;
    let low = lattice(x, y + 1) + (lattice(x + 1, y + 1) - lattice(x, y + 1)) * t.x;
    top + (low - top) * t.y
}

fn texture(p: Vec2, base: Vec3) -> Vec3 {
    let grain = 0.5 * noise(p * 2.0) + 0.3 * noise(p * 7.0) + 0.2 * noise(p * 19.0);
    base * (0.55 + 0.6 * grain)
}

/// Colour (0 to 1) and distance along a unit ray; infinite for sky.
pub fn trace(origin: Vec3, direction: Vec3) -> (Vec3, f32) {
    let mut best = f32::INFINITY;
    let mut colour = Vec3::new(0.45, 0.62, 0.9)
        .lerp(Vec3::new(0.82, 0.88, 0.95), (1.0 - direction.y.abs()).powi(3))
        + 0.06 * noise(Vec2::new(direction.x, direction.y) * 9.0);
    let mut offer = |distance: f32, shade: &dyn Fn(Vec3) -> Vec3| {
        if distance > 1e-3 && distance < best {
            best = distance;
            colour = shade(origin + direction * distance);
        }
    };
    offer((GROUND_M - origin.y) / direction.y, &|p| {
        texture(Vec2::new(p.x, p.z), Vec3::new(0.45, 0.5, 0.3))
    });
    let to_wall = (-WALL_M - origin.z) / direction.z;
    let at_wall = origin + direction * to_wall;
    if at_wall.x.abs() < 6.0 && at_wall.y < 2.4 && at_wall.y > GROUND_M {
        offer(to_wall, &|p| {
            let brick =
                Vec2::new(p.x + 0.25 * (p.y / 0.2).floor() % 2.0, p.y) / Vec2::new(0.5, 0.2);
            let mortar = brick.x.fract().abs() < 0.06 || brick.y.fract().abs() < 0.12;
            let base = if mortar { Vec3::splat(0.75) } else { Vec3::new(0.62, 0.3, 0.24) };
            texture(Vec2::new(p.x, p.y) * 3.0, base)
        });
    }
    let (centre, radius) = BALL;
    let along = (centre - origin).dot(direction);
    let apart = (centre - origin).length_squared() - along * along;
    if apart < radius * radius {
        offer(along - (radius * radius - apart).sqrt(), &|p| {
            let n = (p - centre) / radius;
            texture(Vec2::new(n.x, n.y) * 4.0, Vec3::new(0.85, 0.35, 0.15)) * (0.7 + 0.4 * n.y)
        });
    }
    let (flat, start) = (Vec2::new(direction.x, direction.z), Vec2::new(origin.x, origin.z));
    let along = (POLE.0 - start).dot(flat) / flat.length_squared();
    let apart = (start + flat * along - POLE.0).length_squared();
    if apart < POLE.1 * POLE.1 {
        let distance = along - ((POLE.1 * POLE.1 - apart) / flat.length_squared()).sqrt();
        if (origin + direction * distance).y < 1.5 {
            offer(distance, &|p| texture(Vec2::new(p.y, p.x) * 3.0, Vec3::new(0.2, 0.25, 0.6)));
        }
    }
    let (a, b) = ((BOX.0 - origin) / direction, (BOX.1 - origin) / direction);
    let (enter, leave) = (a.min(b).max_element(), a.max(b).min_element());
    if enter < leave {
        offer(enter, &|p| {
            let face = if (p.y - BOX.1.y).abs() < 1e-3 { 1.0 } else { 0.75 };
            texture(Vec2::new(p.x + p.z, p.y) * 3.0, Vec3::new(0.5, 0.42, 0.3)) * face
        });
    }
    (colour, best)
}

/// What a camera sees, four samples a pixel in colour, with exact depth.
pub fn shoot(pose: &Pose, camera: &Intrinsics) -> (RgbImage, DepthImage) {
    let (width, height) = (camera.width as usize, camera.height as usize);
    let pixels: Vec<([u8; 3], f32)> = (0..width * height)
        .into_par_iter()
        .map(|at| {
            let (x, y) = ((at % width) as f32, (at / width) as f32);
            let look = |dx: f32, dy: f32| {
                let ray = camera.ray(x + dx, y + dy);
                let (colour, distance) = trace(pose.position, pose.rotation * ray.normalize());
                (colour, distance / ray.length())
            };
            let colour = [(0.3, 0.3), (0.7, 0.3), (0.3, 0.7), (0.7, 0.7)]
                .map(|(dx, dy)| look(dx, dy).0)
                .into_iter()
                .sum::<Vec3>();
            let bytes = (colour * 0.25 * 255.0).clamp(Vec3::ZERO, Vec3::splat(255.0));
            (bytes.to_array().map(|v| v.round() as u8), look(0.5, 0.5).1)
        })
        .collect();
    let rgb = pixels.iter().flat_map(|(colour, _)| *colour).collect();
    let depth = pixels.iter().map(|(_, depth)| *depth).collect();
    (
        RgbImage::new(camera.width, camera.height, rgb).expect("size fits"),
        DepthImage::new(camera.width, camera.height, depth).expect("size fits"),
    )
}
