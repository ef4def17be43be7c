//! The running world: what one tick does.

use glam::Vec3;
use reverie_world_model::{Action, Embodiment, SpatialQuery};

use super::saved::{Placed, Saved};
use super::{TICK_HZ, WORLD_HALF_M};
use crate::class::Class;
use crate::conditions::Effects as _;
use crate::living::{Sites, Sound, SoundEvent, Tick};
use crate::picture::ground_truth::GroundTruth;
use crate::rays::geometry::{Group, Ray};
use crate::scene::Scene;
use crate::scenes::BuiltScene;
use crate::tasks::Marks;
use crate::things::proxies::{self, ProxyKind};

/// Length of a walker's step, metres.
pub(super) const STRIDE_M: f32 = 0.75;
/// Instances of placed objects have this bit set.
const PLACED_INSTANCES: u32 = 1 << 31;

/// Lengths of the scene's own lists; placed objects add theirs behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    materials: usize,
    groups: usize,
}

impl Own {
    pub fn of(scene: &Scene) -> Self {
        Self { materials: scene.materials.len(), groups: scene.groups.len() }
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub built: BuiltScene,
    pub own: Own,
    pub marks: Marks,
    pub saved: Saved,
    pub sounds: Vec<SoundEvent>,
    pub truth: GroundTruth,
    /// Of the view before `truth`, towards it.
    pub flow: Option<Vec<[f32; 2]>>,
}

impl World {
    /// One tick of the body and of everything else that moves.
    pub fn advance(&mut self, action: &Action) {
        let dt_secs = 1.0 / TICK_HZ;
        self.sounds.clear();
        let BuiltScene { scene, living, .. } = &mut self.built;
        let body = &mut self.saved.body;
        let before = body.position;
        body.advance(action, dt_secs, scene);
        let limit = Vec3::splat(WORLD_HALF_M);
        body.position = body.position.clamp(-limit, limit);
        if let Some(living) = living {
            living.stream(scene, body.position);
            living.advance(scene, &Tick { dt_secs, body, action }, &mut self.sounds);
        }
        let way = (body.position - before).with_y(0.0).length();
        if body.embodiment == Embodiment::Walker {
            self.saved.stride_m += way;
            if self.saved.stride_m >= STRIDE_M {
                self.saved.stride_m -= STRIDE_M;
                self.sounds.extend(footstep(scene, body.position, way / dt_secs));
            }
        }
        if let Some(task) = &mut self.saved.task {
            let sites = living.as_ref().map_or_else(Sites::default, |living| living.sites());
            let (goal, surface) = (task.next_goal(), scene.class_below(body.position));
            task.advance(dt_secs, body, scene, &sites, surface);
            if task.next_goal() != goal {
                self.marks.show(scene, Some(task));
            }
        }
        self.sounds.extend(wind(scene, body.position));
        self.saved.tick += 1;
        self.built.scene.set_tick(self.saved.tick);
    }
}

/// Brings a scene to a saved state. A failure changes nothing.
pub(super) fn settle(
    built: &mut BuiltScene,
    own: Own,
    marks: &Marks,
    saved: &Saved,
) -> Result<(), String> {
    let BuiltScene { scene, living, .. } = built;
    match (living, &saved.living) {
        (Some(living), Some(state)) => {
            living.restore(scene, state).map_err(|problem| format!("living: {problem}"))?;
            living.stream(scene, saved.body.position);
        }
        (None, None) => {}
        (Some(_), None) => return Err("living: is missing".to_owned()),
        (None, Some(_)) => return Err("living: nothing moves in this scene".to_owned()),
    }
    scene.set_conditions(saved.conditions);
    scene.set_tick(saved.tick);
    place(scene, own, &saved.placed);
    marks.show(scene, saved.task.as_ref());
    Ok(())
}

/// Puts the placed objects into the scene anew.
pub(super) fn place(scene: &mut Scene, own: Own, placed: &[Placed]) {
    scene.materials.truncate(own.materials);
    scene.groups.truncate(own.groups);
    let mut group = Group::default();
    for object in placed {
        let Some(kind) = ProxyKind::from_name(&object.class) else { continue };
        let thing = proxies::build(scene, kind, object.size, object.colour, object.id);
        // The caller's ids start anywhere; instances only have to differ.
        group.label(Class::Obstacle, PLACED_INSTANCES | object.id as u32);
        thing.place(&mut group, object.position, object.rotation);
    }
    scene.set_placed(group);
}

/// The sound of a step on what is under a walker's eyes.
fn footstep(scene: &Scene, eye: Vec3, speed_mps: f32) -> Option<SoundEvent> {
    let down = Ray { origin: eye, dir: Vec3::NEG_Y };
    let under = scene.trace(&down, 1e-3, 10.0)?;
    let surface = scene.class_of(&under, down.at(under.t));
    let sound = Sound::Footstep { surface };
    let strength = (0.25 + 0.12 * speed_mps).min(1.0);
    Some(SoundEvent { sound, position: down.at(under.t), strength })
}

/// Wind grows with the height above the ground and with bad weather, and is not heard inside.
fn wind(scene: &Scene, ear: Vec3) -> Option<SoundEvent> {
    if scene.sheltered(ear) {
        return None;
    }
    let height_m = scene.ground_height(ear).map_or(100.0, |ground| (ear.y - ground).max(0.0));
    let weather = scene.conditions().wind();
    let strength = (weather * (0.6 + 0.4 * (height_m / 40.0).min(1.0))).min(1.0);
    Some(SoundEvent { sound: Sound::Wind, position: ear, strength })
}
