//! A finished scene and the ray queries everything else is made of.

use std::collections::BTreeMap;
use std::sync::Arc;

use glam::{Affine3A, Vec3};

use crate::class::Class;
use crate::conditions::{Conditions, Enclosure};
use crate::light::air::Air;
pub(crate) use crate::light::lamps::Lamp;
use crate::light::lamps::LampGrid;
use crate::light::lighting;
use crate::light::roof::Roof;
use crate::light::sky::Sky;
use crate::rays::bvh::{Aabb, Bvh};
use crate::rays::geometry::{Group, Hit, MaterialId};
use crate::rays::height_field::HeightField;
use crate::rays::reference::Reference;
use crate::rays::trace::Traversal;
use crate::rays::wide::{Child, Wide};
use crate::surface::material::Material;
use crate::surface::pattern::Pattern;
use crate::surface::photo::Photo;

/// A piece of an endless world, in world coordinates.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Finished.
    pub group: Group,
    pub lamps: Vec<Lamp>,
}

impl Chunk {
    pub fn is_empty(&self) -> bool {
        let bounds = self.group.bounds();
        self.lamps.is_empty() && bounds.min.cmpgt(bounds.max).any()
    }
}

/// The chunks that are there, with a hierarchy over them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunks {
    pub(crate) list: Vec<Arc<Chunk>>,
    pub(crate) wide: Wide,
}

/// Something that moves: one of the scene's groups at a pose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mover {
    /// Not 0, and the same at every tick.
    pub instance: u32,
    pub group: u32,
    pub world_from_local: Affine3A,
    /// Relative to the group's own metres.
    pub scale: Vec3,
}

/// Everything a picture is made from: exact surfaces, materials and light.
#[derive(Clone, Debug)]
pub struct Scene {
    pub(crate) root: Group,
    /// What events put into the scene after it was built.
    pub(crate) placed: Group,
    pub(crate) chunks: Chunks,
    /// What moves, and the same as geometry.
    pub(crate) movers: Vec<Mover>,
    pub(crate) moving: Group,
    /// What is seen but neither felt nor casts a shadow: what a body carries, marks of tasks.
    pub(crate) carried: Vec<Mover>,
    pub(crate) marks: Vec<Mover>,
    pub(crate) unfelt: Group,
    pub(crate) groups: Vec<Group>,
    pub(crate) materials: Vec<Material>,
    pub(crate) photos: Arc<[Photo]>,
    pub(crate) terrain: Option<(HeightField, MaterialId)>,
    /// Level of open water, metres, and its material.
    pub(crate) water: Option<(f32, MaterialId)>,
    pub(crate) conditions: Conditions,
    pub(crate) enclosure: Option<Enclosure>,
    /// Keeps the sun out but for its openings.
    pub(crate) roof: Option<Roof>,
    /// Decides the sky's random part.
    pub(crate) light_seed: u64,
    pub(crate) sky: Sky,
    pub(crate) lamps: Vec<Lamp>,
    /// Lamps that go with a group when it moves, in the group's own metres.
    pub(crate) group_lamps: BTreeMap<u32, Vec<Lamp>>,
    /// Lamps that stand, of the scene and of its chunks.
    pub(crate) standing_lamps: LampGrid,
    /// Lamps of what moves.
    pub(crate) moving_lamps: LampGrid,
    /// Time since the world began, ticks: moves clouds, rain and snow.
    pub(crate) tick: u64,
    /// Nothing is in the air before the camera: pictures show surfaces and sky alone, lit and mirroring as with it.
    pub(crate) without_air: bool,
    /// Light that bounced more than once.
    pub(crate) ambient: Vec3,
    /// Height on which mist lies, metres; the water's when that is higher.
    pub(crate) mist_y: f32,
    /// Multiplies radiance before tone mapping.
    pub(crate) exposure: f32,
    pub(crate) traversal: Traversal,
    /// Built when it is asked for.
    pub(crate) reference: Option<Reference>,
}

/// Rays start this far off the surface they leave, relative to their distance from the camera.
pub(crate) const OFFSET: f32 = 2e-4;

impl Scene {
    /// Nothing under a sky.
    pub(crate) fn empty(conditions: Conditions, light_seed: u64, photos: Arc<[Photo]>) -> Self {
        let sky = lighting::sky(&conditions, light_seed, 0.0);
        Self {
            root: Group::default(),
            placed: Group::of(Class::Obstacle),
            chunks: Chunks::default(),
            movers: Vec::new(),
            moving: Group::default(),
            carried: Vec::new(),
            marks: Vec::new(),
            unfelt: Group::default(),
            groups: Vec::new(),
            materials: Vec::new(),
            photos,
            terrain: None,
            water: None,
            conditions,
            enclosure: None,
            roof: None,
            light_seed,
            sky,
            lamps: Vec::new(),
            group_lamps: Default::default(),
            standing_lamps: Default::default(),
            moving_lamps: Default::default(),
            tick: 0,
            without_air: false,
            ambient: Vec3::ZERO,
            mist_y: 0.0,
            exposure: 1.0,
            traversal: Traversal::Fast,
            reference: None,
        }
    }

    pub(crate) fn add_material(&mut self, mut material: Material) -> MaterialId {
        material.dress(self.conditions.season);
        self.materials.push(material);
        (self.materials.len() - 1) as MaterialId
    }

    /// What a hit is, where the material of the ground decides.
    pub(crate) fn class_of(&self, hit: &Hit, point: Vec3) -> Class {
        match self.materials[hit.material as usize].pattern {
            Pattern::Alps { ground } => ground.class_of(hit, point),
            _ => hit.class,
        }
    }

    pub(crate) fn add_group(&mut self, mut group: Group) -> u32 {
        group.dress(self.conditions.season);
        group.finish(&self.groups);
        self.groups.push(group);
        (self.groups.len() - 1) as u32
    }

    /// Replaces the chunks that are there.
    pub(crate) fn set_chunks(&mut self, list: Vec<Arc<Chunk>>) {
        const CHUNK: u32 = 1;
        let boxes: Vec<Aabb> = list.iter().map(|chunk| chunk.group.bounds()).collect();
        let mut wide = std::mem::take(&mut self.chunks.wide);
        wide.fold(&Bvh::build(&boxes, &[], 1), |items| {
            Child::new(CHUNK, items.first().map_or(0, |&i| i as usize))
        });
        self.chunks = Chunks { wide, list };
        self.reference = None;
        self.sort_lamps();
    }

    /// Sorts the lamps of the scene and of its chunks anew.
    pub(crate) fn sort_lamps(&mut self) {
        let of_chunks = self.chunks.list.iter().flat_map(|chunk| chunk.lamps.iter());
        let floor_y = self.enclosure.map_or(f32::NEG_INFINITY, |enclosure| enclosure.min.y);
        self.standing_lamps.fill(self.lamps.iter().chain(of_chunks).copied(), floor_y);
    }

    /// Gives lamps to a group: they shine wherever one of the movers is made of it.
    pub(crate) fn equip(&mut self, group: u32, lamps: Vec<Lamp>) {
        self.group_lamps.insert(group, lamps);
    }

    /// Replaces everything that moves.
    pub(crate) fn set_movers(&mut self, movers: &[Mover]) {
        self.movers.clear();
        self.movers.extend_from_slice(movers);
        self.moving.clear();
        for mover in movers {
            let Mover { instance, group, world_from_local, scale } = *mover;
            self.moving.place_moving(group, &world_from_local, scale, instance);
        }
        self.moving.finish(&self.groups);
        self.reference = None;
        let group_lamps = &self.group_lamps;
        self.moving_lamps.fill(
            movers.iter().flat_map(|mover| {
                let own = group_lamps.get(&mover.group).map_or(&[][..], Vec::as_slice);
                own.iter().map(|lamp| lamp.placed(&mover.world_from_local, mover.scale))
            }),
            f32::NEG_INFINITY,
        );
    }

    /// Share of light that survives from a place to another; inside, the air is clear.
    pub(crate) fn through_air(&self, air: &Air, origin: Vec3, dir: Vec3, distance_m: f32) -> Vec3 {
        let inside = match self.enclosure {
            Some(Enclosure { min, max, .. }) if self.sheltered(origin) => {
                // The direction's sign chooses the wall; a level ray never meets floor or ceiling.
                let far = Vec3::select(dir.cmpgt(Vec3::ZERO), max, min) - origin;
                let ways = Vec3::select(dir.cmpeq(Vec3::ZERO), Vec3::INFINITY, far / dir);
                ways.min_element().max(0.0)
            }
            _ => 0.0,
        };
        if inside >= distance_m {
            return Vec3::ONE;
        }
        air.transmittance(origin + dir * inside, dir, distance_m - inside)
    }

    /// The air between the camera and what it sees.
    pub(crate) fn air_before_camera(&self) -> Air {
        let air = self.sky.air;
        if self.without_air { Air { haze_per_m: 0.0, mist_per_m: 0.0, ..air } } else { air }
    }

    /// Sets the time since the world began in ticks of 1/24 s: clouds, rain and snow are a
    /// function of it.
    pub fn set_tick(&mut self, tick: u64) {
        self.tick = tick;
        self.sky.clouds.set_tick(tick);
    }

    /// Replaces what a body carries: seen, but in nobody's way.
    pub(crate) fn set_carried(&mut self, movers: &[Mover]) {
        self.carried.clear();
        self.carried.extend_from_slice(movers);
        self.finish_unfelt();
    }

    /// Replaces the marks of a task: seen, but in nobody's way.
    pub(crate) fn set_marks(&mut self, movers: &[Mover]) {
        self.marks.clear();
        self.marks.extend_from_slice(movers);
        self.finish_unfelt();
    }

    fn finish_unfelt(&mut self) {
        self.unfelt.clear();
        for mover in self.carried.iter().chain(&self.marks) {
            let Mover { instance, group, world_from_local, scale } = *mover;
            self.unfelt.place_moving(group, &world_from_local, scale, instance);
        }
        self.unfelt.finish(&self.groups);
        self.reference = None;
    }

    /// Where everything that moves is, by instance in rising order.
    pub(crate) fn mover_poses(&self) -> Vec<(u32, Affine3A)> {
        let all = self.movers.iter().chain(&self.carried).chain(&self.marks);
        let mut poses: Vec<_> = all.map(|m| (m.instance, m.world_from_local)).collect();
        poses.sort_unstable_by_key(|(id, _)| *id);
        poses
    }

    /// Replaces what events have placed.
    pub(crate) fn set_placed(&mut self, mut group: Group) {
        group.finish(&self.groups);
        self.placed = group;
        self.reference = None;
    }
}
