//! An endless town: blocks of houses, parks and squares between streets, with traffic and people.

mod block;
mod building;
mod furniture;
mod palette;
mod park;
mod plan;
mod roof;
mod shopfront;
mod signals;
mod site;
mod street_life;
mod traffic;
mod trees;
mod walkers;

use std::collections::BTreeMap;
use std::sync::Arc;

use glam::{Vec2, Vec3};
use rayon::prelude::*;

use self::block::{Block, Works};
use self::building::Detail;
use self::palette::Palette;
use self::plan::{Along, KERB_M, Plan, Segment, Use};
use self::street_life::StreetLife;
use super::{EYE_HEIGHT_M, SceneOptions, Stage};
use crate::class::Class;
use crate::living::{Living, Sites, SoundEvent, Tick};
use crate::random::Rng;
use crate::rays::geometry::{Goal, Ray};
use crate::scene::Scene;
use crate::surface::material::{Material, srgb};
use crate::surface::pattern::Pattern;

/// How many blocks away each level of detail ends; the last one is the edge of what is built.
#[derive(Clone, Copy, Debug)]
struct Reach {
    near: i32,
    middle: i32,
    far: i32,
}

impl Reach {
    const WALK: Self = Self { near: 1, middle: 2, far: 8 };
    const STILL: Self = Self { near: 0, middle: 1, far: 3 };
}

/// The town around the player.
#[derive(Debug)]
pub(super) struct City {
    plan: Plan,
    palette: Palette,
    reach: Reach,
    around: Option<(i32, i32)>,
    blocks: BTreeMap<(i32, i32), Block>,
    life: StreetLife,
}

impl City {
    fn detail(&self, blocks_away: i32) -> Detail {
        match blocks_away {
            d if d <= self.reach.near => Detail::Near,
            d if d <= self.reach.middle => Detail::Middle,
            _ => Detail::Far,
        }
    }

    /// Builds what is missing around a block and lets go of the rest.
    fn surround(&mut self, scene: &mut Scene, eye: Vec3) {
        let here = self.plan.block_at(Vec2::new(eye.x, eye.z));
        if self.around == Some(here) {
            return;
        }
        self.around = Some(here);
        let far = self.reach.far;
        let wanted: Vec<(i32, i32, Detail)> = (-far..=far)
            .flat_map(|di| (-far..=far).map(move |dj| (di, dj)))
            .map(|(di, dj)| (here.0 + di, here.1 + dj, self.detail(di.abs().max(dj.abs()))))
            .collect();
        let (plan, palette, groups) = (&self.plan, &self.palette, &scene.groups);
        let old = &self.blocks;
        let built: Vec<Block> = wanted
            .par_iter()
            .map(|&(i, j, detail)| match old.get(&(i, j)) {
                Some(block) if block.detail == detail => block.clone(),
                _ => Works::new(plan, palette, i, j, detail).build(groups),
            })
            .collect();
        scene.set_chunks(built.iter().map(|block| Arc::clone(&block.chunk)).collect());
        self.blocks = wanted.iter().map(|&(i, j, _)| (i, j)).zip(built).collect();
    }
}

impl Living for City {
    fn stream(&mut self, scene: &mut Scene, eye: Vec3) {
        self.surround(scene, eye);
    }

    fn advance(&mut self, scene: &mut Scene, tick: &Tick<'_>, sounds: &mut Vec<SoundEvent>) {
        self.life.advance(&self.plan, &self.palette, scene, tick, sounds);
        self.life.show(&self.plan, &self.palette, scene);
    }

    fn save(&self) -> serde_json::Value {
        self.life.save()
    }

    fn restore(&mut self, scene: &mut Scene, state: &serde_json::Value) -> Result<(), String> {
        self.life = StreetLife::read(state)?;
        self.life.show(&self.plan, &self.palette, scene);
        Ok(())
    }

    /// The places are those before the doors of the blocks around the player.
    fn sites(&self) -> Sites {
        let places = self.blocks.values().flat_map(|block| block.doors.iter().copied()).collect();
        let traffic = self.life.circles(&self.plan, &self.palette);
        Sites { places, traffic, ..Sites::default() }
    }
}

pub(super) fn build(
    scene: &mut Scene,
    rng: &mut Rng,
    options: &SceneOptions,
) -> (Stage, Option<Box<dyn Living>>) {
    let plan = Plan::new(options.seed);
    let palette = Palette::new(scene, rng, if options.roam { 14 } else { 5 });
    let bottom = srgb(92, 90, 86);
    let bottom =
        scene.add_material(Material::new(Pattern::Noise, bottom, bottom * 0.8, bottom).scale(40.0));
    scene.root.label(Class::Ground, 0);
    // Beyond the last block the ground goes on to the horizon.
    scene.root.cuboid(Vec3::new(0.0, -1.5, 0.0), Vec3::new(3e5, 2.0, 3e5), bottom);
    let mut stage = stage(&plan, rng);
    let reach = if options.roam { Reach::WALK } else { Reach::STILL };
    let life = StreetLife::default();
    let mut city = City { plan, palette, reach, around: None, blocks: BTreeMap::new(), life };
    if options.roam {
        city.surround(scene, stage.start);
        stage.start = outlook(scene, &stage);
        city.life.begin(&city.plan, stage.start);
        city.life.show(&city.plan, &city.palette, scene);
        return (stage, Some(Box::new(city)));
    }
    city.surround(scene, stage.start);
    (stage, None)
}

/// Goes back along the pavement until neither trunk nor lamp stands in the view.
fn outlook(scene: &Scene, stage: &Stage) -> Vec3 {
    let mut best = (f32::NEG_INFINITY, stage.start);
    for k in 0..14 {
        let origin = stage.start - Vec3::Z * (1.3 * k as f32);
        let mut open = 0.0;
        for (side, up) in (-5..=5).flat_map(|side| [-0.12, 0.0, 0.12].map(|up| (side, up))) {
            let yaw = stage.start_yaw + 0.1 * side as f32;
            let dir = Vec3::new(-yaw.sin(), up, -yaw.cos()).normalize();
            let ray = Ray { origin, dir };
            // Leaves come and go with the season; the place stays.
            let hit = scene.trace_for(&ray, 1e-3, 60.0, Goal::NearestSolid);
            let free = hit.map_or(60.0, |hit| hit.t);
            open += if free < 3.0 { -20.0 } else { free.sqrt() };
        }
        if open > best.0 + 1.0 {
            best = (open, origin);
        }
    }
    best.1
}

/// Looks for a street with houses on both sides near the middle of the map.
fn stage(plan: &Plan, rng: &mut Rng) -> Stage {
    let mut best = (f32::NEG_INFINITY, Segment { along: Along::Z, i: 0, j: 0 });
    for (i, j) in (-2..=2).flat_map(|i| (-2..=2).map(move |j| (i, j))) {
        let segment = Segment { along: Along::Z, i, j };
        let built = |i, j| f32::from(u8::from(plan.land_use(i, j) == Use::Houses));
        let score = built(i - 1, j)
            + built(i, j)
            + 0.4 * built(i, j - 1)
            + if plan.profile_of(segment).parking { 0.5 } else { 0.0 }
            + 0.8 * plan.unit(i, j, 0, 0x57a7);
        if score > best.0 {
            best = (score, segment);
        }
    }
    let segment = best.1;
    let profile = plan.profile_of(segment);
    let (from, to) = plan.span(segment);
    let x = plan.centre(segment);
    let across = profile.half + profile.pavement - 0.6;
    let eye = rng.pick(&[1.9, 2.2, 4.0, 12.0, 28.0]);
    Stage {
        min: Vec3::new(x - across, 0.9, from - 30.0),
        max: Vec3::new(x + across, eye, to + 30.0),
        near_m: 1.2,
        focus: None,
        start: Vec3::new(
            x + profile.half + 0.5 * profile.pavement,
            KERB_M + EYE_HEIGHT_M,
            to - 9.0,
        ),
        start_yaw: 0.14,
    }
}
