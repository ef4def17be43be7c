//! Ground-truth worlds: scenes made from a seed, rendered on the CPU with exact depth.
//!
//! A scene is built from [`SceneOptions`] by [`BuiltScene::new`] and rendered by
//! [`Scene::render`] into [`GroundTruth`]: sRGB colour, metres along
//! the view axis, normals, classes and instances.
//! Everything is a function of the seed; the number of threads changes nothing.
//!
//! [`SimulatorModel`] is the same behind the trait of all world models.

mod air;
mod atmosphere;
mod bvh;
mod camera;
mod class;
mod clouds;
mod conditions;
pub mod dataset;
mod develop;
mod facade;
mod geometry;
mod ground_truth;
mod heavens;
mod height_field;
mod hit;
mod lamps;
mod lettering;
mod lighting;
mod living;
mod material;
mod model;
mod moving;
mod noise;
mod pack;
mod patterns_city;
mod patterns_mountain;
mod patterns_warehouse;
mod people;
mod photo;
mod plants;
mod precipitation;
mod props;
mod query;
mod random;
mod reference;
mod relief;
mod render;
mod roof;
mod scene;
mod scenes;
mod season;
mod shade;
mod shape;
mod shape_plants;
mod simd;
mod sky;
mod stencil;
mod tasks;
mod tile_noise;
mod tone;
mod trace;
mod vehicles;
mod weathered;
mod wide;

pub use camera::{Camera, intrinsics_from_fov};
pub use class::Class;
pub use conditions::Conditions;
pub use ground_truth::GroundTruth;
pub use living::{LooseBox, Sites, Sound, SoundEvent};
pub use model::SimulatorModel;
pub use moving::MovingBody;
pub use photo::Photo;
pub use random::Rng;
pub use render::{Exposure, Quality};
pub use scene::Scene;
pub use scenes::{BuiltScene, SceneKind, SceneOptions};
pub use tasks::{Gate, Pilot, Policy, Situation, Task, TaskKind, TaskState};
pub use trace::Traversal;
