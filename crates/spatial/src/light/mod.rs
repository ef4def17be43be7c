//! The light around a point of a remembered world: what lights things that are put there.

mod cube;
mod harmonics;
mod prefilter;
mod samples;
mod sun;
mod tone;

pub use cube::LightCube;
pub use harmonics::DiffuseLight;
pub use prefilter::mirror_levels;
pub use sun::{FoundSun, find_sun};
pub use tone::{display_from_scene, luminance, scene_from_display};
