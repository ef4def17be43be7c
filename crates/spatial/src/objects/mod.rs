//! Objects that a game places into a world: given as boxes with a class and a colour, painted once
//! each, drawn wherever they stand.
//!
//! The object painter answers the six sides of a box as pictures with depth
//! ([`ObjectLooks`]), in a space in which the box is stretched to -1 to 1. Drawing them somewhere is
//! drawing tiles under another map ([`ScreenFromView::stretched`](crate::ScreenFromView::stretched)),
//! so objects move at frame rate and nothing is painted twice. The memory behind them stays as it is.
//! [`ObjectLight`] colours their vertices, [`Shader`]s darken the world around them.

mod class;
mod light;
mod network;
mod object;
mod painter;
mod query;
mod shade;
mod sides;
mod tending;
#[cfg(test)]
mod tests;

pub use class::{ObjectClass, Solid};
pub(crate) use light::lit_colours;
pub use light::{OUTWARD, ObjectLight, facing};
pub use network::ObjectPainterConfig;
pub use object::{DrawnSide, MAX_OBJECTS, Object, ObjectSpec, Objects};
pub use painter::{OBJECT_PAINTER_MODEL, ObjectPainter, ObjectPainterError};
pub use query::Surroundings;
pub(crate) use shade::shade;
pub use shade::{CONTACT, MAX_SHADERS, SOFT_PER_M, Shader, shaders};
pub use sides::{ObjectLooks, ObjectSide};
pub(crate) use tending::{ObjectState, ObjectStudio};
