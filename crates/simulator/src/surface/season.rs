//! The season's looks: colours of what grows, leaves that fall, flowers that come and go.

use glam::Vec3;
use reverie_world_model::Season;

use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;

/// How a material changes with the season.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Growth {
    /// It does not.
    #[default]
    None,
    /// Needles and holly.
    Evergreen,
    /// Leaves that turn and fall.
    Leaves,
    /// Meadow, tufts, heather.
    Grass,
    /// Open ground of the mountains: its snow line comes down.
    Alps,
}

impl Material {
    /// The same material with the colours it has now as those of summer.
    pub fn grows(self, growth: Growth) -> Self {
        Self { growth, summer: [self.a, self.b, self.c], ..self }
    }

    /// Puts on the looks of a season.
    pub(crate) fn dress(&mut self, season: Season) {
        let [a, b, c] = self.summer;
        // Copies of one recipe differ, so that a wood in autumn has many colours.
        let kind = (self.seed >> 7) % 4;
        let shift = |colour: Vec3, to: Vec3, share: f32| {
            let light = colour.dot(Vec3::new(0.3, 0.6, 0.1)) / to.dot(Vec3::new(0.3, 0.6, 0.1));
            colour.lerp(to * light.clamp(0.3, 3.0), share)
        };
        [self.a, self.b, self.c] = match (self.growth, season) {
            (Growth::None, _) => return,
            (Growth::Evergreen, Season::Spring) => {
                [a, b.lerp(srgb(122, 150, 70), 0.25), c.lerp(srgb(110, 140, 70), 0.2)]
            }
            (Growth::Evergreen, Season::Winter) => {
                [a, b, c].map(|x| shift(x, srgb(70, 84, 80), 0.35) * 0.85)
            }
            (Growth::Leaves, Season::Spring) => [
                shift(a, srgb(136, 168, 52), 0.6) * 1.25,
                shift(b, srgb(170, 190, 80), 0.6) * 1.2,
                shift(c, srgb(190, 190, 120), 0.5) * 1.2,
            ],
            (Growth::Leaves, Season::Autumn) => match kind {
                0 => [srgb(206, 150, 34), srgb(170, 96, 26), srgb(110, 104, 40)],
                1 => [srgb(194, 98, 28), srgb(140, 52, 24), srgb(206, 156, 50)],
                2 => [srgb(214, 172, 48), srgb(186, 136, 38), srgb(180, 84, 30)],
                _ => [srgb(168, 62, 30), srgb(120, 40, 28), srgb(196, 120, 40)],
            },
            (Growth::Leaves, Season::Winter) => {
                [srgb(96, 82, 72), srgb(70, 58, 50), srgb(112, 98, 84)]
            }
            (Growth::Grass | Growth::Alps, Season::Spring) => {
                [shift(a, srgb(104, 150, 50), 0.55) * 1.1, b, shift(c, srgb(130, 150, 70), 0.4)]
            }
            (Growth::Grass, Season::Autumn) => [
                shift(a, srgb(168, 140, 70), 0.65),
                shift(b, srgb(150, 116, 60), 0.65),
                shift(c, srgb(140, 110, 70), 0.4),
            ],
            (Growth::Grass, Season::Winter) => [
                shift(a, srgb(150, 134, 96), 0.8),
                shift(b, srgb(130, 112, 84), 0.8),
                shift(c, srgb(120, 106, 86), 0.6),
            ],
            (Growth::Alps, Season::Autumn) => {
                [shift(a, srgb(158, 128, 62), 0.6), b, shift(c, srgb(150, 92, 50), 0.5)]
            }
            (Growth::Alps, Season::Winter) => {
                [shift(a, srgb(150, 136, 100), 0.75), b, shift(c, srgb(128, 110, 84), 0.7)]
            }
            _ => [a, b, c],
        };
        if let Pattern::Alps { ground } = &mut self.pattern {
            ground.season = season;
        }
    }
}

impl Scene {
    /// Brings materials and plants into the season of the scene's conditions. Costs no rebuild:
    /// colours and a few primitives of the plants' groups change in place.
    pub(crate) fn dress(&mut self) {
        let season = self.conditions.season;
        for material in &mut self.materials {
            material.dress(season);
        }
        for group in &mut self.groups {
            group.dress(season);
        }
    }
}
