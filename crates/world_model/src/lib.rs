//! The contract every world model fulfils and every user of one is written against.
//!
//! A [`WorldModel`] starts from a [`Seed`], takes one [`Action`] per tick and answers with one
//! [`Observation`]. The embedded memory model, the ground-truth simulator, imported weights and
//! remote servers all implement this one trait.
//!
//! Conventions, everywhere in Reverie:
//! * right-handed world, Y up, cameras look down -Z (Bevy's own);
//! * metres, seconds, radians in memory; degrees only in files and on command lines;
//! * pixel `(0, 0)` is the top left one and its centre is at `(0.5, 0.5)`;
//! * depth is measured along the view axis (not along the ray), `f32::INFINITY` is sky and
//!   `0.0` is "not known".

mod action;
mod base64_bytes;
mod conditions;
mod embodiment;
mod error;
mod event;
mod geometry;
mod light;
mod model;
mod observation;
mod path;
mod picture;
mod query;
mod seed;
mod stroll;

pub use action::{Action, MAX_LOOK_RPS, MAX_MOVE_MPS};
pub use conditions::Conditions;
pub use embodiment::{Body, Embodiment, EmbodimentState};
pub use error::WorldError;
pub use event::{Season, Weather, WorldEvent};
pub use geometry::{GeometryError, Intrinsics, Pose};
pub use light::{CARD_ALBEDO, SceneLight, SceneSun};
pub use model::{ModelSpec, Snapshot, WorldModel};
pub use observation::Observation;
pub use path::{PathError, PathEvent, PathFile, PathStep};
pub use picture::{DepthImage, MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, PictureError, RgbImage};
pub use query::{OpenSpace, RayHit, SpatialQuery};
pub use seed::{ImageSeed, SceneSeed, Seed, SeedAddress, SeedError, SeedSource};
pub use stroll::{Stroll, StrollActivity};
