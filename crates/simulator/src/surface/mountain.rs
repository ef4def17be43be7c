//! The ground of the mountains: rock, scree, meadow, forest, shore, trail and snow.

use glam::{Vec2, Vec3};
use reverie_world_model::Season;

use crate::class::Class;
use crate::rays::geometry::Hit;
use crate::scenes::mountain::relief::{Relief, TRAIL_HALF_M};
use crate::surface::material::{Material, srgb};
use crate::surface::noise::{cells2, fbm3, gradient2, smoothstep};

/// Recipe of open country: the material's `a` is grass, `b` rock, `c` dry grass and heath.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AlpineGround {
    relief: Relief,
    pub season: Season,
    /// Where snow lies all summer, metres.
    snow_m: f32,
}

/// The ground at a point.
pub(crate) struct Look {
    pub albedo: Vec3,
    pub mirror: f32,
    /// Added to the normal.
    pub tilt: Vec3,
}

/// A few octaves of noise between what the terrain's own shape shows and what a pixel hides:
/// value about -1..1, and slope.
fn roughness(p: Vec2, footprint: f32, seed: u32) -> (f32, Vec2) {
    const OCTAVES: [f32; 10] = [58.0, 26.0, 11.7, 5.3, 2.4, 1.06, 0.48, 0.21, 0.097, 0.043];
    let coarsest = (70.0 * footprint).max(2.5);
    let (mut sum, mut slope) = (0.0, Vec2::ZERO);
    for (octave, wave_m) in OCTAVES.into_iter().enumerate() {
        if wave_m > coarsest {
            continue;
        }
        if wave_m < 2.2 * footprint {
            break;
        }
        // Octaves come and go gently as the eye comes nearer.
        let weight = (1.0 - smoothstep(0.5 * coarsest, coarsest, wave_m))
            * smoothstep(2.2 * footprint, 4.5 * footprint, wave_m);
        let q = p / wave_m;
        let seed = seed.wrapping_add(octave as u32 * 7);
        let n = gradient2(q, seed);
        // Differences over a quarter of a wave are smooth enough for light.
        let ahead =
            Vec2::new(gradient2(q + Vec2::X * 0.25, seed), gradient2(q + Vec2::Y * 0.25, seed));
        slope += (ahead - n) * (0.55 * weight);
        sum += 0.42 * weight * n;
    }
    (sum * 1.6, slope)
}

impl AlpineGround {
    pub fn new(relief: Relief, snow_m: f32) -> Self {
        Self { relief, season: Season::Summer, snow_m }
    }

    /// Where snow begins in the season, metres.
    fn snow_line_m(&self) -> f32 {
        match self.season {
            Season::Spring => 0.55 * self.snow_m,
            Season::Summer => self.snow_m,
            Season::Autumn => 0.78 * self.snow_m,
            Season::Winter => 0.14 * self.snow_m,
        }
    }

    /// What a point of it is: trail and rock faces are seen as such.
    pub fn class_of(&self, hit: &Hit, p: Vec3) -> Class {
        if hit.local_normal.y < 0.72 {
            return Class::Rock;
        }
        let near = p.y < 40.0 && hit.local_normal.y > 0.8;
        let flat = Vec2::new(p.x, p.z);
        if near && self.relief.valley(flat).trail_m.abs() < TRAIL_HALF_M + 0.2 {
            return Class::Trail;
        }
        hit.class
    }

    pub fn look(&self, material: &Material, hit: &Hit, p: Vec3, footprint: f32) -> Look {
        let seed = material.seed;
        let flat = Vec2::new(p.x, p.z);
        let steep = hit.local_normal.y;
        let wide = gradient2(flat / 150.0, seed) + 0.5 * gradient2(flat / 61.0, seed ^ 1);
        let mid = if footprint < 12.0 {
            gradient2(flat / 17.0, seed ^ 2) + 0.5 * gradient2(flat / 7.0, seed ^ 3)
        } else {
            0.0
        };
        let (fine, lean) = roughness(flat, footprint, seed ^ 4);
        let slope = steep + 0.07 * mid + 0.05 * fine;
        let mut tilt = Vec3::new(-lean.x, 0.0, -lean.y);
        let valley = if p.y < 40.0 && steep > 0.8 && footprint < 2.5 {
            Some(self.relief.valley(flat))
        } else {
            None
        };

        // Rock in beds that dip a little, with cracks and lichen.
        let rocky = 1.0 - smoothstep(0.70, 0.80, slope + 0.06 * wide);
        let high = smoothstep(0.75, 1.15, p.y / self.relief.tree_line_m() + 0.3 * wide);
        let stony = smoothstep(0.955, 0.86, slope) * (0.25 + 0.75 * high);
        tilt *= 0.45 + 0.75 * rocky.max(stony);
        let mut ground = Vec3::ZERO;
        if rocky > 0.0 || stony > 0.0 || high > 0.0 {
            let bed = p.y + 0.12 * p.x - 0.07 * p.z + 9.0 * wide + 2.0 * mid;
            let strata = gradient2(Vec2::new(bed / 13.0, flat.x / 400.0), seed ^ 5)
                + 0.6
                    * gradient2(Vec2::new(bed / 3.1, flat.y / 130.0), seed ^ 6)
                    * smoothstep(1.6, 0.5, footprint);
            // Afar, beds give way to the gullies' light and shade.
            let strata = strata * (1.0 - 0.6 * smoothstep(0.6, 4.0, footprint));
            let crack = fbm3(p * 0.55, 4, footprint * 0.55, seed ^ 7) - 0.5;
            let rock = material.b
                * (1.0 + 0.45 * strata + 1.5 * crack + 0.55 * fine).clamp(0.22, 1.9)
                * Vec3::new(1.0 + 0.10 * strata, 1.0, 1.0 - 0.12 * strata);
            let rubble = if footprint < 0.5 {
                let (d, tone) = cells2(flat / 0.55, seed ^ 8);
                material.b * (0.75 + 0.75 * tone) * (1.25 - 0.9 * d)
            } else {
                material.b * (1.02 + 0.5 * fine)
            };
            let scree = rubble * Vec3::new(1.06, 1.02, 0.96);
            tilt += Vec3::new(-crack, 0.8 * crack, crack) * (0.9 * rocky);
            let meadow = self.meadow(material, flat, footprint, wide, mid, fine);
            let alpine = meadow.lerp(scree, (0.92 * high).max(stony));
            ground = alpine.lerp(rock, rocky);
        } else {
            ground += self.meadow(material, flat, footprint, wide, mid, fine);
        }

        // Forest: a dark floor near by, crowns as far as the eye can see.
        let forest = self.relief.forest(flat, p.y, steep);
        if forest > 0.0 {
            let floor = srgb(74, 68, 44) * (0.75 + 0.5 * fine + 0.3 * mid);
            let far = smoothstep(0.25, 0.9, footprint);
            let canopy = if far > 0.0 {
                let (d, tone) = cells2(flat / 6.0, seed ^ 9);
                let leafy = self.relief.broadleaf(flat, p.y);
                let crown = self.crown(tone, leafy > tone * 0.9 + 0.05);
                // Crowns show while pixels are smaller than they are.
                let relief = smoothstep(7.0, 1.5, footprint);
                crown * (1.0 + (0.55 - 1.1 * d) * relief)
            } else {
                floor
            };
            let share = smoothstep(0.15, 0.6, forest + 0.25 * mid) * (1.0 - 0.8 * rocky);
            ground = ground.lerp(floor.lerp(canopy, far), share * (0.55 + 0.45 * far));
        }

        let mut mirror = 0.0;
        if let Some(valley) = valley {
            // Shore: pebbles and wet sand.
            let shore = smoothstep(1.9, 0.5, p.y + 0.6 * mid);
            if shore > 0.0 {
                let pebbles = if footprint < 0.2 {
                    let (d, tone) = cells2(flat / 0.16, seed ^ 10);
                    srgb(150, 142, 128) * (0.45 + 0.95 * tone) * (1.2 - 0.8 * d)
                } else {
                    srgb(150, 142, 128) * (0.85 + 0.4 * fine)
                };
                let wet = smoothstep(0.42, 0.12, p.y + 0.1 * fine);
                ground = ground.lerp(pebbles * (1.0 - 0.6 * wet), shore);
                mirror = 0.03 * wet * shore;
            }
            let away = valley.trail_m.abs() + 0.35 * fine + 0.25 * mid;
            let trail = smoothstep(TRAIL_HALF_M + 0.55, TRAIL_HALF_M - 0.15, away);
            if trail > 0.0 {
                let earth = srgb(142, 118, 88) * (0.8 + 0.55 * fine);
                let pebbles = if footprint < 0.12 {
                    let (d, tone) = cells2(flat / 0.13, seed ^ 11);
                    smoothstep(0.66, 0.72, tone) * smoothstep(0.5, 0.3, d)
                } else {
                    0.12
                };
                let earth = earth.lerp(srgb(168, 162, 150), 0.8 * pebbles);
                // The middle is worn lightest, the edges keep some grass.
                let edge = smoothstep(0.2, TRAIL_HALF_M + 0.1, away);
                ground = ground.lerp(earth * (1.08 - 0.2 * edge), trail * (0.96 - 0.2 * edge));
                tilt *= 1.0 - 0.5 * trail;
            }
        }

        let line = self.snow_line_m();
        let drift = 0.10 * line * wide + 9.0 * mid + 3.0 * fine;
        let white = smoothstep(-14.0, 14.0, p.y - line + drift) * smoothstep(0.57, 0.70, slope);
        if white > 0.0 {
            let snow = srgb(236, 241, 248) * (0.96 + 0.05 * fine);
            ground = ground.lerp(snow, white);
            tilt *= 1.0 - 0.75 * white;
        }
        tilt = tilt.clamp_length_max(0.8);
        Look { albedo: ground.max(Vec3::ZERO), mirror, tilt }
    }

    /// Grass with dry patches, blades near by and flowers in their season.
    fn meadow(
        &self,
        material: &Material,
        flat: Vec2,
        footprint: f32,
        wide: f32,
        mid: f32,
        fine: f32,
    ) -> Vec3 {
        let dry = smoothstep(0.05, 0.55, wide + 0.5 * mid + 0.25 * fine);
        let mut grass = material.a.lerp(material.c, 0.8 * dry);
        // Tussocks and blades stand out more than the sum of octaves lets them.
        let tussock = if footprint < 0.25 {
            let n = gradient2(flat / 0.62, material.seed ^ 14)
                + 0.7 * gradient2(flat / 0.23, material.seed ^ 15);
            n * smoothstep(0.25, 0.08, footprint)
        } else {
            0.0
        };
        grass = grass.lerp(material.c * 1.15, (0.5 * tussock).clamp(0.0, 0.5));
        grass *= (1.0 + 0.85 * fine + 0.2 * mid + 0.55 * tussock).clamp(0.2, 2.2);
        if matches!(self.season, Season::Spring | Season::Summer) && footprint < 0.12 {
            let (d, tone) = cells2(flat / 0.34, material.seed ^ 12);
            let patch = gradient2(flat / 9.0, material.seed ^ 13);
            if tone < 0.5 * patch && d < 0.13 {
                let pick = (tone * 40.0).fract();
                let petal = if pick < 0.4 { srgb(238, 214, 70) } else { srgb(232, 228, 236) };
                grass = grass.lerp(petal, 0.85);
            }
        }
        grass
    }

    /// Colour of one crown, seen from afar.
    fn crown(&self, tone: f32, leafy: bool) -> Vec3 {
        if !leafy {
            return srgb(40, 58, 38).lerp(srgb(66, 84, 52), tone);
        }
        match self.season {
            Season::Spring => srgb(104, 130, 50).lerp(srgb(136, 156, 74), tone),
            Season::Summer => srgb(62, 84, 38).lerp(srgb(90, 112, 50), tone),
            Season::Autumn if tone < 0.3 => srgb(150, 66, 30),
            Season::Autumn => srgb(186, 120, 36).lerp(srgb(206, 162, 60), tone),
            Season::Winter => srgb(96, 86, 78).lerp(srgb(118, 108, 98), tone),
        }
    }
}
