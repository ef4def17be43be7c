//! Skin: what is the same on everybody ([`SkinMaps`], made once), and one person's textures.

mod brows;
mod maps;
mod paint;
mod spots;
mod zones;

pub(crate) use maps::SkinMaps;
pub(crate) use paint::{hair_colour, paint};
pub(crate) use zones::{above_hairline, around};
