//! The light on objects, as the drawing shader reads it.

use bevy::prelude::{Mat3, Vec3};
use bytemuck::{Pod, Zeroable};
use reverie_spatial::objects::{Object, ObjectSide};

/// `Object` of memory.wgsl.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ObjectUniform {
    point: [[f32; 4]; 3],
    axes: [[f32; 4]; 3],
    around: [[f32; 4]; 6],
    sun_direction: [f32; 4],
    sun: [f32; 4],
    out: [f32; 4],
}

impl ObjectUniform {
    /// One side of an object.
    pub fn of(object: &Object, side: &ObjectSide) -> Self {
        let (camera, pose) = (side.view().intrinsics(), side.view().pose());
        let turn = Mat3::from_quat(pose.rotation);
        // Of a ray (x, y, -1) = ((u - cx) / fx, (cy - v) / fy, -1).
        let of_u = turn.x_axis / camera.fx;
        let of_v = -turn.y_axis / camera.fy;
        let of_one = turn * Vec3::new(-camera.cx / camera.fx, camera.cy / camera.fy, -1.0);
        let point = [0, 1, 2].map(|k| [of_u[k], of_v[k], of_one[k], pose.position[k]]);
        let spec = &object.spec;
        let (stand, half) = (Mat3::from_quat(spec.rotation), spec.half());
        let solid = spec.class.solid().number();
        let light = &object.light;
        Self {
            point,
            axes: [0, 1, 2].map(|k| stand.col(k).extend(half[k].recip()).to_array()),
            around: light.around.map(|light| light.extend(0.0).to_array()),
            sun_direction: light.sun_direction.extend(solid).to_array(),
            sun: light.sun.extend(0.0).to_array(),
            out: side.out().extend(0.0).to_array(),
        }
    }
}
