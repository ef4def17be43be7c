//! Portraits: pictures of people, drawn on the CPU.
//!
//! A [`Sitter`] is a body in a pose; [`draw`] takes its picture in a small studio (key light, fill, two
//! rims, soft surroundings, a calm backdrop). Skin scatters light below its surface, eyes refract and
//! mirror, hair shines along its strands. The same input gives the same picture, bit by bit, however
//! many threads draw it.
//!
//! Conventions are those of `reverie_body`: metres, right-handed, +Y up, the person faces +Z.

mod ambient;
mod camera;
mod frame;
mod light_map;
mod picture;
mod raster;
mod scatter;
mod shade;
mod sitter;
mod sitting;
mod studio;
mod texture;
mod triangles;

pub use camera::{Camera, Framing};
pub use frame::draw;
pub use picture::Picture;
pub use sitter::Sitter;
pub use sitting::sitting;
