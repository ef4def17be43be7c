//! Ground-truth worlds: scenes made from a seed, rendered on the CPU with exact depth.
//!
//! A scene is built from [`SceneOptions`] by [`BuiltScene::new`] and rendered by
//! [`Scene::render`] into a [`Frame`]: sRGB colour and metres along the view axis.
//! Everything is a function of the seed; the number of threads changes nothing.
//!
//! [`SimulatorModel`] is the same behind the trait of all world models.

mod bvh;
mod camera;
mod conditions;
pub mod dataset;
mod geometry;
mod height_field;
mod lighting;
mod material;
mod model;
mod noise;
mod photo;
mod props;
mod query;
mod random;
mod render;
mod scene;
mod scenes;
mod shape;
mod sky;

pub use camera::{Camera, intrinsics_from_fov};
pub use conditions::Conditions;
pub use model::SimulatorModel;
pub use photo::Photo;
pub use random::Rng;
pub use render::{Exposure, Frame, Quality};
pub use scene::Scene;
pub use scenes::{BuiltScene, SceneKind, SceneOptions};
