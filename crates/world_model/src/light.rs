//! The light in a world, as a model that knows it tells it.

use glam::Vec3;
use serde::{Deserialize, Serialize};

/// Albedo of the matt card that [`SceneLight`] is given by.
pub const CARD_ALBEDO: f32 = 0.25;

/// The light on things that stand in the open of a world, in the picture's own terms: as linear
/// light of the display (sRGB without its encoding, 0 to 1), so that no tone curve need be known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneLight {
    /// What throws the shadows: sun or moon. `None` under a closed sky that throws none, and
    /// inside.
    pub sun: Option<SceneSun>,
    /// Where the cards below stand, world space.
    pub place: Vec3,
    /// How matt grey cards of [`CARD_ALBEDO`] show there that face +X, -X, +Y, -Y, +Z and -Z, linear:
    /// in all light but that of the sun itself.
    pub cards: [Vec3; 6],
    /// Share of light lost per metre of air near the ground, for short ways.
    pub haze_per_m: f32,
    /// What thick air shows towards the horizon, linear.
    pub haze: Vec3,
}

/// The sun of a [`SceneLight`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneSun {
    /// Unit vector towards it, world space.
    pub direction: Vec3,
    /// Radius as seen, radians: how soft the edges of shadows are.
    pub radius_rad: f32,
    /// How a matt grey card of [`CARD_ALBEDO`] that faces it shows, linear.
    pub card_lit: Vec3,
    /// How the same card shows when only the sun is taken from it, linear.
    pub card_shaded: Vec3,
}
