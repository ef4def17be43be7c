//! VRM 1.0 and 0.x and other glTF in, VRM 1.0 out; performances out as VRM Animation 1.0.

mod error;
mod expression_map;
mod extras;
mod fit;
mod gltf;
mod look_at;
mod presets;
mod read;
mod spring;
mod write;

pub use error::{FileError, Problem};
pub use expression_map::{ExpressionMap, MorphWeights};
pub use extras::{Expression, FirstPerson, Meta, MorphBind, Origin, Override, Preset, VrmExtras};
pub use gltf::Limits;
pub use look_at::{LookAt, LookAtKind, RangeMap};
pub use read::{Model, Warning, arkit_shape};
pub use spring::{BonePlaces, Collider, Spring, SpringBones, SpringJoint, SpringState};
pub use write::{save_vrm, vrm_bytes, vrma_bytes};
