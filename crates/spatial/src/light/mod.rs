//! The light around a point of a remembered world: what lights things that are put there.
//!
//! [`LightEstimator::estimate`] draws the memory around a point, undoes the display's curve
//! ([`scene_from_display`]) and splits the light into a sun and the rest. The sun is told by the
//! model ([`reverie_world_model::SceneLight`]) or looked for in what was seen ([`find_sun`]).

mod around;
mod cube;
mod harmonics;
mod haze;
mod prefilter;
mod samples;
mod sun;
mod tone;

pub use around::{LightAround, LightEstimator, Sunlight};
pub use cube::LightCube;
pub use harmonics::DiffuseLight;
pub use haze::Haze;
pub use prefilter::mirror_levels;
pub use sun::{Candidate, FACTS, Facts, FoundSun, SunClues, choose, find_sun, sun_clues};
pub(crate) use tone::linear;
pub use tone::{display_from_scene, luminance, scene_from_display};
