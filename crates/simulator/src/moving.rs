//! What moves, as boxes: for tasks and checks that ask who is where.

use glam::{Quat, Vec3};

use crate::class::Class;
use crate::scene::Scene;

/// Something that moves, as the box around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MovingBody {
    /// The number in the instance channel.
    pub instance: u32,
    /// What it is.
    pub class: Class,
    /// Middle of the box in the world, metres.
    pub centre: Vec3,
    /// From the box's axes to the world's. Vehicles and people look along their own +X.
    pub rotation: Quat,
    /// Half the box's size along its own axes, metres.
    pub half_size: Vec3,
}

impl Scene {
    /// Everything that moves, as it stands now.
    pub fn moving_bodies(&self) -> impl Iterator<Item = MovingBody> + '_ {
        self.movers.iter().map(|mover| {
            let group = &self.groups[mover.group as usize];
            let bounds = group.bounds();
            let (min, max) = (Vec3::from(bounds.min), Vec3::from(bounds.max));
            let (_, rotation, _) = mover.world_from_local.to_scale_rotation_translation();
            MovingBody {
                instance: mover.instance,
                class: group.class(),
                centre: mover.world_from_local.transform_point3((min + max) * 0.5 * mover.scale),
                rotation,
                half_size: (max - min) * 0.5 * mover.scale,
            }
        })
    }
}
