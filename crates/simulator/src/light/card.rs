//! The light of a scene, told by how a grey card in the open shows.

use glam::Vec3;
use reverie_world_model::{CARD_ALBEDO, SceneLight, SceneSun};

use crate::light::lighting::GREY;
use crate::picture::tone::display;
use crate::scene::Scene;

/// The sun throws no shadow worth the name when it gives less than this share of all light.
const LEAST_SHARE: f32 = 0.06;
/// Directions from which a card is lit by the sky.
const DIRECTIONS: u32 = 64;
/// Way along which haze is measured, metres.
const HAZE_WAY_M: f32 = 30.0;

impl Scene {
    /// The light on things that stand in the open around a place.
    #[must_use]
    pub fn light_at(&self, point: Vec3) -> SceneLight {
        let sky = &self.sky;
        let inside = self.sheltered(point);
        let sun = (!inside && sky.sun_dir.y > 0.01).then(|| {
            let around = self.on_card(sky.sun_dir);
            let sun = sky.sun;
            let show = |light: Vec3| display(light * (CARD_ALBEDO * self.exposure));
            (sun.dot(GREY) > LEAST_SHARE * (sun + around).dot(GREY)).then(|| SceneSun {
                direction: sky.sun_dir,
                radius_rad: sky.sun_radius,
                card_lit: show(sun + around),
                card_shaded: show(around),
            })
        });
        let clear = self.through_air(point, Vec3::X, HAZE_WAY_M).dot(GREY);
        SceneLight {
            sun: sun.flatten(),
            haze_per_m: (-clear.max(1e-6).ln() / HAZE_WAY_M).max(0.0),
            haze: display(sky.haze(Vec3::X) * self.exposure),
        }
    }

    /// Light of the open sky and the ground on a card, mean radiance weighted by the cosine.
    fn on_card(&self, normal: Vec3) -> Vec3 {
        let (right, ahead) = normal.any_orthonormal_pair();
        let from = |i: u32| {
            // Even over the disc below the hemisphere: weighted by the cosine.
            let radius = ((i as f32 + 0.5) / DIRECTIONS as f32).sqrt();
            let (sin, cos) = (i as f32 * 2.399_963).sin_cos();
            let up = (1.0 - radius * radius).max(0.0).sqrt();
            self.sky.soft(right * (radius * cos) + ahead * (radius * sin) + normal * up)
        };
        (0..DIRECTIONS).map(from).sum::<Vec3>() / DIRECTIONS as f32
    }
}
