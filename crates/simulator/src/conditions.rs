//! Weather and hour, and what they do to a built scene.

use glam::Vec3;
pub use reverie_world_model::Conditions;
use reverie_world_model::Weather;

use crate::light::heavens::sun_height;
use crate::light::lighting;
use crate::scene::Scene;
use crate::surface::material::Material;

/// What conditions mean for a scene.
pub(crate) trait Effects {
    /// How hard the wind blows near the ground, 0 to 1.
    fn wind(&self) -> f32;
    /// Dark enough for lamps.
    fn night(&self) -> bool;
    /// How hard it rains or snows, 0 to 1.
    fn falling(&self) -> f32;
}

impl Effects for Conditions {
    fn wind(&self) -> f32 {
        let full = match self.weather {
            Weather::Clear => 0.15,
            Weather::Rain => 0.5,
            Weather::Snow => 0.6,
            Weather::Fog => 0.05,
            Weather::Overcast => 0.3,
        };
        0.15 + (full - 0.15) * self.strength
    }

    fn night(&self) -> bool {
        sun_height(self.hour, self.season) < 0.035
    }

    fn falling(&self) -> f32 {
        self.share(Weather::Rain) + self.share(Weather::Snow)
    }
}

/// Walls around the camera that keep weather out and light in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enclosure {
    pub min: Vec3,
    pub max: Vec3,
    /// Share of the sky's light that finds its way in.
    pub daylight: f32,
    /// The sun does not reach inside.
    pub sunless: bool,
    /// Mean irradiance by lamps that are not in the scene's own list (those of chunks).
    pub lamp_light: Vec3,
    /// Multiplies the exposure that follows from the light inside: over 1 where little of it comes
    /// back from walls.
    pub gain: f32,
}

impl Scene {
    /// Sets weather, hour and season. The geometry stays as it is. Cheap enough for every tick.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        let hour = conditions.hour.clamp(0.0, 24.0);
        let strength = conditions.strength.clamp(0.0, 1.0);
        let turned = conditions.season != self.conditions.season;
        self.conditions = Conditions { hour, strength, ..conditions };
        if turned {
            self.dress();
        }
        let mist_y = self.mist_y.max(self.water.map_or(f32::NEG_INFINITY, |water| water.0));
        self.sky = lighting::sky(&self.conditions, self.light_seed, mist_y);
        self.sky.clouds.set_tick(self.tick);
        match self.enclosure {
            None => {
                self.ambient = self.sky.soft(Vec3::Y) * 0.28
                    + self.sky.sun * (0.03 + 0.06 * self.sky.sun_dir.y.max(0.0));
                // Snow everywhere is to look white.
                let white = self.conditions.share(Weather::Snow);
                self.exposure = self.sky.gain * (1.0 + 0.04 * white);
            }
            Some(enclosure) => {
                if enclosure.sunless {
                    self.sky.sun = Vec3::ZERO;
                }
                let night = conditions.night();
                let lamps: Vec3 =
                    self.lamps.iter().filter(|l| night || !l.night_only).map(|l| l.power).sum();
                let size = (enclosure.max - enclosure.min).length_squared();
                self.ambient = (self.sky.soft(Vec3::Y) + self.sky.sun * 0.4) * enclosure.daylight
                    + lamps * (0.6 / size)
                    + enclosure.lamp_light * 0.25;
                let grey = self.ambient.dot(lighting::GREY).max(0.003);
                self.exposure = (0.065 / grey).clamp(0.3, 12.0) * enclosure.gain;
            }
        }
    }

    /// Weather and hour of the scene.
    #[must_use]
    pub fn conditions(&self) -> Conditions {
        self.conditions
    }

    pub(crate) fn sheltered(&self, point: Vec3) -> bool {
        self.enclosure.is_some_and(|e| point.cmpge(e.min).all() && point.cmple(e.max).all())
    }

    pub(crate) fn emission(&self, material: &Material) -> Vec3 {
        if material.night_only && !self.conditions.night() { Vec3::ZERO } else { material.emission }
    }
}
