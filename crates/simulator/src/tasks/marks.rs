//! What shows a task in the world. Marks are seen, and in nobody's way.

use glam::{Affine3A, Quat, Vec3};

use super::{Gate, Task, TaskKind};
use crate::class::Class;
use crate::rays::geometry::Group;
use crate::rays::shape::Shape;
use crate::scene::{Mover, Scene};
use crate::surface::material::{Material, srgb};

/// First instance of marks.
const MARKS: u32 = 0x7000_0000;

/// Groups of the marks of one scene.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    beacon: u32,
    done: u32,
    dock: u32,
    gate: u32,
    passed: u32,
}

impl Marks {
    /// Adds the marks' shapes to a scene; none is placed.
    pub fn new(scene: &mut Scene) -> Self {
        let mut glow = |r, g, b, strength: f32| {
            let colour = srgb(r, g, b);
            scene.add_material(Material::plain(colour).glow(colour * strength))
        };
        let green = glow(40, 220, 90, 1.4);
        let grey = glow(120, 130, 126, 0.1);
        let amber = glow(255, 170, 20, 1.4);
        let magenta = glow(255, 40, 130, 1.4);
        let white = glow(235, 235, 235, 0.4);
        Self {
            beacon: beacon(scene, Class::Goal, green, white),
            done: beacon(scene, Class::Goal, grey, grey),
            dock: dock(scene, amber),
            gate: gate(scene, magenta, white),
            passed: gate(scene, grey, grey),
        }
    }

    /// Shows a task, or nothing.
    pub fn show(&self, scene: &mut Scene, task: Option<&Task>) {
        let Some(task) = task else {
            scene.set_marks(&[]);
            return;
        };
        let mut movers = Vec::with_capacity(task.goals.len());
        for (i, Gate { position, yaw_rad }) in task.goals.iter().enumerate() {
            let open = i >= task.next_goal();
            let group = match task.kind() {
                TaskKind::FetchBox => self.dock,
                TaskKind::FlyGates if open => self.gate,
                TaskKind::FlyGates => self.passed,
                _ if open => self.beacon,
                _ => self.done,
            };
            let turn = Quat::from_rotation_y(*yaw_rad);
            movers.push(Mover {
                instance: MARKS + i as u32,
                group,
                world_from_local: Affine3A::from_rotation_translation(turn, *position),
                scale: Vec3::ONE,
            });
        }
        scene.set_marks(&movers);
    }
}

/// A ring on the ground, and a pin over it.
fn beacon(scene: &mut Scene, class: Class, skin: u16, pale: u16) -> u32 {
    let mut g = Group::of(class);
    let ring = Shape::Torus { minor: 0.05 };
    g.add(ring, Vec3::Y * 0.05, Quat::IDENTITY, Vec3::new(0.9, 0.9, 0.9), skin);
    g.add(ring, Vec3::Y * 0.05, Quat::IDENTITY, Vec3::new(0.55, 0.9, 0.55), pale);
    g.add(Shape::Sphere, Vec3::Y * 2.2, Quat::IDENTITY, Vec3::splat(0.26), skin);
    g.rod(Vec3::Y * 2.05, Vec3::Y * 1.45, 0.2, 0.05, skin);
    scene.add_group(g)
}

/// The frame of a field on the floor, with lit corners.
fn dock(scene: &mut Scene, skin: u16) -> u32 {
    let mut g = Group::of(Class::Dock);
    let half = 1.1;
    for side in [-1.0f32, 1.0] {
        g.cuboid(Vec3::new(side * half, 0.01, 0.0), Vec3::new(0.12, 0.02, 2.0 * half), skin);
        g.cuboid(Vec3::new(0.0, 0.01, side * half), Vec3::new(2.0 * half, 0.02, 0.12), skin);
        for other in [-1.0f32, 1.0] {
            let foot = Vec3::new(side * half, 0.0, other * half);
            g.rod(foot, foot + Vec3::Y * 0.9, 0.05, 1.0, skin);
        }
    }
    scene.add_group(g)
}

/// A ring to fly through along local -Z, banded, around the origin.
fn gate(scene: &mut Scene, skin: u16, pale: u16) -> u32 {
    let mut g = Group::of(Class::Gate);
    let outer = Gate::RADIUS_M + 0.3;
    let upright = Quat::from_rotation_x(std::f32::consts::FRAC_PI_2);
    let minor = 0.06;
    g.add(Shape::Torus { minor }, Vec3::ZERO, upright, Vec3::splat(outer), skin);
    for i in 0..12 {
        let (sin, cos) = (i as f32 * std::f32::consts::TAU / 12.0).sin_cos();
        let out = Vec3::new(cos, sin, 0.0);
        let along = Vec3::new(-sin, cos, 0.0);
        let at = out * (outer * (1.0 - minor));
        g.rod(at - along * 0.16, at + along * 0.16, outer * minor * 1.15, 1.0, pale);
    }
    scene.add_group(g)
}
