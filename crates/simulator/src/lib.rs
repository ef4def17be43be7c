//! Ground-truth worlds: scenes made from a seed, rendered on the CPU with exact depth.
//!
//! A scene is built from [`SceneOptions`] by [`BuiltScene::new`] and rendered by
//! [`Scene::render`] into [`GroundTruth`]: sRGB colour, metres along
//! the view axis, normals, classes and instances.
//! Everything is a function of the seed; the number of threads changes nothing.
//!
//! [`SimulatorModel`] is the same behind the trait of all world models.

mod class;
mod conditions;
pub mod dataset;
mod light;
mod living;
mod model;
mod moving;
mod picture;
mod random;
mod rays;
mod scene;
mod scenes;
mod studio;
mod surface;
mod tasks;
mod things;

pub use class::Class;
pub use conditions::Conditions;
pub use living::{LooseBox, Sites, Sound, SoundEvent};
pub use model::SimulatorModel;
pub use moving::MovingBody;
pub use picture::camera::{Camera, intrinsics_from_fov};
pub use picture::ground_truth::GroundTruth;
pub use picture::render::{Exposure, Quality};
pub use random::Rng;
pub use rays::trace::Traversal;
pub use scene::Scene;
pub use scenes::{BuiltScene, SceneKind, SceneOptions};
pub use studio::{STUDIO_DEEPEST, STUDIO_EYE, STUDIO_SIDES, StudioSide, StudioThing, studio_sides};
pub use surface::photo::Photo;
pub use tasks::{Gate, Pilot, Policy, Situation, Task, TaskKind, TaskState};
pub use things::proxies::ProxyKind;
