//! Mountains without end: valleys with rivers, lakes and a trail, forest, rock and snow.

mod bridge;
mod buildings;
mod cableway;
mod country;
mod movers;
pub(crate) mod relief;
mod site;

use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize};

use self::country::{Country, Key, Outlook};
use self::movers::Traffic;
use super::{SceneOptions, Stage};
use crate::living::{Living, SoundEvent, Tick};
use crate::random::Rng;
use crate::rays::height_field::HeightField;
use crate::scene::Scene;
use crate::scenes::mountain::relief::Relief;
use crate::surface::material::{Material, muted, srgb};
use crate::surface::mountain::AlpineGround;
use crate::surface::pattern::Pattern;
use crate::surface::season::Growth;

/// Cells of each terrain window, and their sizes.
const ROAM_CELLS: usize = 256;
const ROAM_CELLS_M: [f32; 9] = [128.0, 64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0, 0.5];
const STILL_CELLS: usize = 96;
const STILL_CELLS_M: [f32; 5] = [128.0, 32.0, 8.0, 2.0, 0.5];
/// Plants are brought up to date when the eye enters another cube of this size, metres.
const EYE_CELL_M: f32 = 4.0;

/// The living part of the mountains.
#[derive(Debug)]
pub(super) struct Mountain {
    relief: Relief,
    country: Country,
    traffic: Traffic,
    /// Cube of the eye that the scene was last brought up to date for.
    shown: Option<[i32; 3]>,
    keys: Vec<Key>,
    time_secs: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedMountain {
    time_secs: f64,
}

pub(super) fn build(scene: &mut Scene, rng: &mut Rng, options: &SceneOptions) -> (Stage, Mountain) {
    let relief = Relief::new(rng);
    let ground = ground(rng, relief);
    let ground = scene.add_material(ground);
    let water = Material::new(Pattern::Lake, srgb(12, 38, 44), srgb(70, 96, 82), Vec3::ZERO)
        .mirror(0.03)
        .bump(rng.log_range(0.012, 0.05))
        .scale(rng.range(1.5, 4.0))
        .seed(rng.next_u32());
    let water = scene.add_material(Material { liquid: true, ..water });
    scene.water = Some((0.0, water));
    let (start, start_yaw) = outlook(&relief);
    let country = Country::new(scene, rng, relief, options.roam, Outlook::new(start, start_yaw));
    let traffic = Traffic::new(scene, rng, relief, country.cableway, country.seed);
    let (cells, sizes_m) = if options.roam {
        (ROAM_CELLS, &ROAM_CELLS_M[..])
    } else {
        (STILL_CELLS, &STILL_CELLS_M[..])
    };
    scene.terrain = Some((HeightField::new(cells, sizes_m), ground));
    let away = Vec3::new(55.0, 0.0, 55.0);
    let tallest = rng.pick(&[2.0, 2.5, 6.0, 30.0]);
    let stage = Stage {
        min: (start - away).with_y(0.4),
        max: (start + away).with_y(tallest),
        near_m: 1.2,
        focus: None,
        start,
        start_yaw,
    };
    let mountain =
        Mountain { relief, country, traffic, shown: None, keys: Vec::new(), time_secs: 0.0 };
    (stage, mountain)
}

fn ground(rng: &mut Rng, relief: Relief) -> Material {
    let grass = rng.pick(&[srgb(92, 106, 46), srgb(102, 112, 54), srgb(82, 98, 48)]);
    let rock = rng.pick(&[
        srgb(118, 113, 106),
        srgb(128, 114, 98),
        srgb(102, 103, 107),
        srgb(134, 123, 108),
    ]);
    let dry = rng.pick(&[srgb(148, 136, 78), srgb(122, 112, 62), srgb(138, 128, 70)]);
    let snow_m = relief.peak_m * rng.range(0.46, 0.66);
    let pattern = Pattern::Alps { ground: AlpineGround::new(relief, snow_m) };
    Material::new(pattern, muted(grass, rng.range(0.0, 0.3)), rock, muted(dry, rng.range(0.0, 0.3)))
        .seed(rng.next_u32())
        .grows(Growth::Alps)
}

/// Where a walk begins: on the trail, with water and summits ahead. Eye position and yaw.
fn outlook(relief: &Relief) -> (Vec3, f32) {
    let mut best = (f32::NEG_INFINITY, Vec2::ZERO, 0.0);
    for i in 0..169 {
        let spread = Vec2::new((i % 13) as f32 - 6.0, (i / 13) as f32 - 6.0) * 420.0;
        let Some(p) = relief.on_trail(spread) else { continue };
        let valley = relief.valley(p);
        // Shores of lakes come first; only a few places are looked around from.
        if valley.lake < 0.35 && i % 4 != 0 {
            continue;
        }
        let eye_m = relief.height(p.x, p.y, 2.0) + 1.6;
        for turn in 0..12 {
            let yaw = turn as f32 * std::f32::consts::TAU / 12.0;
            let score = view_score(relief, p, eye_m, yaw) - 0.04 * p.length() / 1000.0;
            if score > best.0 {
                best = (score, p, yaw);
            }
        }
    }
    let (_, p, yaw) = best;
    (Vec3::new(p.x, relief.height(p.x, p.y, 1.0).max(0.0) + 1.6, p.y), yaw)
}

/// How much there is to see: water near by, summits that rise far away, nothing in between.
fn view_score(relief: &Relief, p: Vec2, eye_m: f32, yaw: f32) -> f32 {
    let mut score = 0.0;
    for side in [-0.45f32, -0.15, 0.15, 0.45] {
        let dir = Vec2::new(-(yaw + side).sin(), -(yaw + side).cos());
        let (mut horizon, mut water, mut ridges) = (-0.2f32, 0.0, 0.0);
        for away_m in [25.0f32, 60.0, 120.0, 220.0, 400.0, 700.0, 1200.0, 2000.0, 3200.0, 5000.0] {
            let at = p + dir * away_m;
            let height = relief.height(at.x, at.y, (away_m / 16.0).max(8.0));
            let angle = (height.max(0.0) - eye_m) / away_m;
            if height < -0.3 && angle > horizon && away_m < 500.0 {
                water += 0.22;
            }
            if angle > horizon {
                // Every further crest makes a layer of the picture.
                if away_m > 500.0 && angle > 0.04 {
                    ridges += 0.25;
                }
                horizon = horizon.max(angle);
            }
            if away_m < 150.0 && angle > 0.1 {
                score -= 0.6;
            }
        }
        // Summits at about a quarter of the picture's height.
        score += water + ridges - 4.0 * (horizon - 0.27).abs();
    }
    score
}

impl Mountain {
    fn show(&mut self, scene: &mut Scene) {
        self.traffic.place(scene, self.time_secs);
    }
}

impl Living for Mountain {
    fn stream(&mut self, scene: &mut Scene, eye: Vec3) {
        let relief = self.relief;
        if let Some((field, _)) = &mut scene.terrain {
            field.recentre(eye.x, eye.z, &|x, z, finest_m| relief.height(x, z, finest_m));
        }
        let cube = (eye / EYE_CELL_M).round();
        let cell = [cube.x as i32, cube.y as i32, cube.z as i32];
        if self.shown != Some(cell) {
            self.shown = Some(cell);
            let middle = cube * EYE_CELL_M;
            self.country.wanted(middle, &mut self.keys);
            if let Some(chunks) = self.country.chunks(&scene.groups, &self.keys) {
                scene.set_chunks(chunks);
            }
            self.traffic.gather(middle);
        }
        self.show(scene);
    }

    fn advance(&mut self, scene: &mut Scene, tick: &Tick<'_>, _sounds: &mut Vec<SoundEvent>) {
        self.time_secs += f64::from(tick.dt_secs);
        self.show(scene);
    }

    fn save(&self) -> serde_json::Value {
        serde_json::json!({ "time_secs": self.time_secs })
    }

    fn restore(&mut self, scene: &mut Scene, state: &serde_json::Value) -> Result<(), String> {
        let saved = SavedMountain::deserialize(state).map_err(|e| e.to_string())?;
        if !(0.0..=1e9).contains(&saved.time_secs) {
            return Err(format!("time_secs: {} is not within 0 to 1e9", saved.time_secs));
        }
        self.time_secs = saved.time_secs;
        self.show(scene);
        Ok(())
    }
}
