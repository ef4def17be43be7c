//! The light of a scene, told by how a grey card in the open shows.

use glam::Vec3;
use reverie_world_model::{CARD_ALBEDO, SceneLight, SceneSun};

use crate::light::lamps::{Choice, LAMPS};
use crate::light::lighting::GREY;
use crate::light::shade::{Shades, even};
use crate::picture::tone::display;
use crate::scene::Scene;
use crate::surface::material::Surface;

/// The sun throws no shadow worth the name when it gives less than this share of all light.
const LEAST_SHARE: f32 = 0.06;
/// Directions from which a card is lit by the sky.
const DIRECTIONS: u32 = 64;
/// Rays towards the surface of each lamp.
const LAMP_RAYS: u32 = 4;
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
        let clear = self.through_air(&sky.air, point, Vec3::X, HAZE_WAY_M).dot(GREY);
        let axes = [Vec3::X, Vec3::NEG_X, Vec3::Y, Vec3::NEG_Y, Vec3::Z, Vec3::NEG_Z];
        let card = |normal| display(self.around(point, normal) * (CARD_ALBEDO * self.exposure));
        let level = [Vec3::X, Vec3::NEG_X, Vec3::Z, Vec3::NEG_Z];
        let haze: Vec3 = level.into_iter().map(|dir| sky.haze(dir)).sum();
        SceneLight {
            sun: sun.flatten(),
            place: point,
            cards: axes.map(card),
            haze_per_m: (-clear.max(1e-6).ln() / HAZE_WAY_M).max(0.0),
            haze: display(haze * (0.25 * self.exposure)),
        }
    }

    /// Light from all around and of lamps on a card at a place, without the sun.
    fn around(&self, point: Vec3, normal: Vec3) -> Vec3 {
        let shades = Shades::default();
        let card = Surface {
            albedo: Vec3::ONE,
            mirror: 0.0,
            blur: 0.0,
            gloss: 0.0,
            emission: Vec3::ZERO,
            normal,
        };
        let lamps = |i: u32| {
            let some = Choice::strongest(LAMPS);
            self.lit(point, -normal, &card, false, even(i, 3 * i, 1), &shades, some).lamps
        };
        let lamps = (0..LAMP_RAYS).map(lamps).sum::<Vec3>() / LAMP_RAYS as f32;
        lamps + self.gather(point, normal, 0.0, (0, 0), DIRECTIONS, &shades)
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
