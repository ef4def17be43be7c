//! Bodies of people: a pack of what all people are made from, a spec that says who somebody is, and
//! [`Body::build`], which makes meshes, skeleton, targets of the face, materials and textures of it.
//! Without an engine.
//!
//! Conventions are those of `reverie_avatar`: metres, right-handed, +Y up, the person faces +Z, soles
//! on y = 0, T-pose, identity rest rotations.

mod assemble;
mod build;
mod cloth;
mod coarse;
mod details;
mod eyes;
mod fabric;
mod hair;
mod looks;
mod model;
mod outfit;
mod pack;
mod random;
mod shape;
mod skeleton;
mod skin;
mod spec;
mod texture;
mod topology;
pub mod vrm;

pub use build::BuildError;
pub use coarse::COARSER;
pub use model::{AlphaMode, Body, BodyMesh, Bone, Material, MorphTarget, Skeleton, Substance};
pub use pack::{Corner, Mask, Pack, PackContent, PackError, Target};
pub use spec::{
    Ancestry, AvatarSpec, Bottom, Eyes, Hair, HairStyle, Outfit, Rgb, Skin, SpecError, Top,
};
pub use texture::Texture;
