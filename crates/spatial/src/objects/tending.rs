//! What a world's objects need at each tick: looks and light.

use super::{Object, ObjectClass, ObjectLight, ObjectLooks, ObjectPainter, ObjectSpec, Objects};
use crate::{
    Memory,
    light::{FoundSun, LightEstimator},
    snapshot::{Reader, Writer},
};
use glam::Vec3;
use reverie_inference::ModelStore;
use reverie_world_model::{Pose, WorldError, WorldEvent};
use std::{fmt, path::PathBuf, sync::Arc};

/// An object that has come so far is lit anew, metres.
const RELIGHT_M: f32 = 1.0;
/// Ticks between two looks at the light of one object after another: worlds are painted as one goes.
const RELIGHT_TICKS: u64 = 12;
/// Longest class name that a message repeats.
const SHOWN_CHARS: usize = 60;

/// The objects of a world with what is known of its sun.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectState {
    pub objects: Objects,
    /// The sun that was looked for when the first object came.
    sun: Option<Option<FoundSun>>,
    /// Where each object was lit, in the list's order; `None` for one that waits for its light.
    lit_at: Vec<Option<Vec3>>,
}

/// Paints and lights objects. Keeps the network, which is loaded with the first object.
#[derive(Default)]
pub(crate) struct ObjectStudio {
    painter: Option<ObjectPainter>,
    estimator: LightEstimator,
}

impl fmt::Debug for ObjectStudio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStudio").field("painter", &self.painter).finish_non_exhaustive()
    }
}

fn failed(error: impl fmt::Display) -> WorldError {
    WorldError::Failed(error.to_string())
}

impl ObjectState {
    /// The light in the world has become another: all objects are lit anew, one a tick, by a sun that is looked for again.
    pub fn relight(&mut self) {
        self.sun = None;
        self.lit_at.fill(None);
    }
}

impl ObjectStudio {
    /// The painter, loaded if need be.
    fn painter(&mut self, assets: Option<&PathBuf>) -> Result<&mut ObjectPainter, WorldError> {
        let painter = match self.painter.take() {
            Some(painter) => painter,
            None => {
                let store =
                    assets.map_or_else(ModelStore::open, |folder| ModelStore::open_at(folder));
                let store = store.map_err(|e| WorldError::Weights(e.to_string()))?;
                ObjectPainter::load(&store).map_err(|e| WorldError::Weights(e.to_string()))?
            }
        };
        Ok(self.painter.insert(painter))
    }

    /// Places, moves, changes or removes an object; a failure changes nothing.
    pub fn apply(
        &mut self,
        event: &WorldEvent,
        state: &mut ObjectState,
        (memory, rng_seed): (&Memory, u64),
        assets: Option<&PathBuf>,
    ) -> Result<(), WorldError> {
        event.validate()?;
        match event {
            WorldEvent::Place { id, class, position, rotation, size, colour } => {
                let Some(class) = ObjectClass::from_name(class) else {
                    let valid: Vec<_> = ObjectClass::all().map(ObjectClass::name).collect();
                    let name: String = class.chars().take(SHOWN_CHARS).collect();
                    let valid = valid.join(", ");
                    let problem = format!("unknown class `{name}` (valid: {valid})");
                    return Err(WorldError::InvalidEvent { field: "class", problem });
                };
                let (id, size, colour) = (*id, *size, *colour);
                let rotation = rotation.normalize();
                let spec = ObjectSpec { id, class, position: *position, rotation, size, colour };
                let painter = self.painter(assets)?;
                let object = match state.objects.get(id) {
                    Some(before) if before.spec.looks_like(&spec) => {
                        Object { spec, ..before.clone() }
                    }
                    before => {
                        // What stands there decides, not what this painter happens to know: the
                        // same after a snapshot.
                        let alike = state.objects.list().iter().find(|other| {
                            other.painted && painter.alike(&other.spec, &spec, rng_seed)
                        });
                        let painted = alike.is_some();
                        let looks = match alike {
                            Some(other) => Arc::clone(&other.looks),
                            None => Arc::new(ObjectLooks::plain(colour).map_err(failed)?),
                        };
                        let light = before.map_or_else(ObjectLight::default, |b| b.light);
                        Object { spec, looks, painted, light }
                    }
                };
                // A copy, so that a failure changes nothing.
                let mut next = state.clone();
                next.put(object)?;
                self.light_new(&mut next, memory)?;
                *state = next;
                Ok(())
            }
            WorldEvent::Remove { id } => {
                let at = state.objects.list().iter().position(|object| object.spec.id == *id);
                state.objects.remove(*id)?;
                if let Some(at) = at {
                    state.lit_at.remove(at);
                }
                Ok(())
            }
            other => Err(failed(format!("`{}` is about no object", other.kind()))),
        }
    }

    /// The first object of a world is lit at once, later ones like the nearest until their turn.
    fn light_new(&mut self, state: &mut ObjectState, memory: &Memory) -> Result<(), WorldError> {
        let lit = |state: &ObjectState| state.lit_at.iter().position(Option::is_some);
        if lit(state).is_none() {
            return self.light(state, 0, memory);
        }
        let list = state.objects.list();
        let nearest = |spec: &ObjectSpec| {
            let lit = state.lit_at.iter().zip(list).filter_map(|(at, object)| {
                at.map(|at| (at.distance_squared(spec.position), object.light))
            });
            lit.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, light)| light)
        };
        let last = list.len() - 1;
        if state.lit_at[last].is_none()
            && let Some(light) = nearest(&list[last].spec)
        {
            state.objects.change()[last].light = light;
        }
        Ok(())
    }

    /// One tick: paints at most one object, the nearest to the player first, and those that look the
    /// same, and looks at the light of at most one.
    pub fn tend(
        &mut self,
        state: &mut ObjectState,
        (memory, rng_seed): (&Memory, u64),
        (eye, tick): (Vec3, u64),
        assets: Option<&PathBuf>,
    ) -> Result<(), WorldError> {
        let list = state.objects.list();
        if list.is_empty() {
            return Ok(());
        }
        let waiting = list.iter().filter(|object| !object.painted);
        let away = |object: &Object| object.spec.position.distance_squared(eye);
        if let Some(object) = waiting.min_by(|a, b| away(a).total_cmp(&away(b))) {
            let (painter, spec) = (self.painter(assets)?, object.spec);
            let looks = painter.paint(&spec, rng_seed).map_err(failed)?;
            for object in state.objects.change().iter_mut().filter(|object| !object.painted) {
                if painter.alike(&object.spec, &spec, rng_seed) {
                    (object.looks, object.painted) = (Arc::clone(&looks), true);
                }
            }
        }
        let list = state.objects.list();
        let stale = state.lit_at.iter().zip(list).position(|(at, object)| {
            at.is_none_or(|at| at.distance(object.spec.position) > RELIGHT_M)
        });
        let turn = (tick.is_multiple_of(RELIGHT_TICKS))
            .then(|| (tick / RELIGHT_TICKS % list.len() as u64) as usize);
        match stale.or(turn) {
            Some(at) => self.light(state, at, memory),
            None => Ok(()),
        }
    }

    fn light(
        &mut self,
        state: &mut ObjectState,
        at: usize,
        memory: &Memory,
    ) -> Result<(), WorldError> {
        let sun = match state.sun {
            Some(sun) => sun,
            None => *state.sun.insert(self.estimator.find_sun(memory).map_err(failed)?),
        };
        let spec = &state.objects.list()[at].spec;
        let half = spec.half();
        // Above what it stands on, so that the ground is seen and not what lies under it.
        let eye = spec.position + Vec3::Y * (0.2 * half.y).min(2.0);
        let light = self.estimator.estimate(memory, eye, None, sun.as_ref()).map_err(failed)?;
        let spread_m = half.x.min(half.z).min(2.0);
        let share = self.estimator.sun_share(memory, &light, eye, spread_m).map_err(failed)?;
        state.lit_at[at] = Some(spec.position);
        let light = ObjectLight::of(&light, share);
        if state.objects.list()[at].light != light {
            state.objects.change()[at].light = light;
        }
        Ok(())
    }

    /// Gives a restored world's objects the looks they had.
    pub fn repaint(
        &mut self,
        state: &mut ObjectState,
        rng_seed: u64,
        assets: Option<&PathBuf>,
    ) -> Result<(), WorldError> {
        if state.objects.list().iter().all(|object| !object.painted) {
            return Ok(());
        }
        let painter = self.painter(assets)?;
        for object in state.objects.change().iter_mut().filter(|object| object.painted) {
            object.looks = painter.paint(&object.spec, rng_seed).map_err(failed)?;
        }
        Ok(())
    }
}

impl ObjectState {
    fn put(&mut self, object: Object) -> Result<(), WorldError> {
        let spec = object.spec;
        let at = self.objects.list().iter().position(|other| other.spec.id == spec.id);
        let same = at.is_some_and(|at| self.objects.list()[at].spec.looks_like(&spec));
        self.objects.put(object)?;
        match at {
            None => self.lit_at.push(None),
            // Of another size it stands in another light.
            Some(at) if !same => self.lit_at[at] = None,
            Some(_) => {}
        }
        Ok(())
    }

    pub fn write(&self, writer: &mut Writer) {
        match &self.sun {
            None => writer.u32(0),
            Some(None) => writer.u32(1),
            Some(Some(sun)) => {
                writer.u32(2);
                writer.f32s(&sun.direction.to_array());
                writer.f32s(&[sun.ratio, sun.confidence, sun.sunny]);
                writer.f32s(&sun.facts);
            }
        }
        let list = self.objects.list();
        writer.u32(list.len() as u32);
        for (object, lit_at) in list.iter().zip(&self.lit_at) {
            let Object { spec, painted, light, .. } = object;
            writer.u64(spec.id);
            writer.u32(spec.class.index() as u32);
            writer.pose(&Pose { position: spec.position, rotation: spec.rotation });
            writer.f32s(&spec.size.to_array());
            let [r, g, b] = spec.colour;
            writer.u32(u32::from_le_bytes([r, g, b, 0]));
            writer.u32(u32::from(*painted));
            light.around.iter().for_each(|light| writer.f32s(&light.to_array()));
            writer.f32s(&light.sun_direction.to_array());
            writer.f32s(&light.sun.to_array());
            writer.u32(u32::from(lit_at.is_some()));
            writer.f32s(&lit_at.unwrap_or_default().to_array());
        }
    }

    /// Painted objects still have the looks of boxes: see [`ObjectStudio::repaint`].
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, String> {
        let sun = match reader.u32("sun")? {
            0 => None,
            1 => Some(None),
            2 => {
                let direction = reader.vec3("sun")?;
                let (ratio, confidence) = (reader.f32("sun")?, reader.f32("sun")?);
                let sunny = reader.f32("sun")?;
                let mut facts = [0.0; crate::light::FACTS];
                for fact in &mut facts {
                    *fact = reader.f32("sun")?;
                }
                Some(Some(FoundSun { direction, ratio, confidence, sunny, facts }))
            }
            other => return Err(format!("sun: {other}, at most 2")),
        };
        let count = reader.u32("objects")? as usize;
        if count > super::MAX_OBJECTS {
            return Err(format!("objects: {count}, at most {} are kept", super::MAX_OBJECTS));
        }
        let (mut list, mut lit_at) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for _ in 0..count {
            let (object, lit) = read_object(reader)?;
            list.push(object);
            lit_at.push(lit);
        }
        Ok(Self { objects: Objects::restored(list), sun, lit_at })
    }
}

fn read_object(reader: &mut Reader<'_>) -> Result<(Object, Option<Vec3>), String> {
    let id = reader.u64("object")?;
    let class = reader.u32("class of object")?;
    let class =
        ObjectClass::from_index(class).ok_or_else(|| format!("class of object: {class}"))?;
    let Pose { position, rotation } = reader.pose()?;
    let size = reader.vec3("size of object")?;
    let [r, g, b, _] = reader.u32("colour of object")?.to_le_bytes();
    let colour = [r, g, b];
    let event =
        WorldEvent::Place { id, class: class.name().to_owned(), position, rotation, size, colour };
    event.validate().map_err(|e| format!("object: {e}"))?;
    let painted = reader.flag("painted")?;
    let mut around = [Vec3::ZERO; 6];
    for light in &mut around {
        *light = reader.vec3("light of object")?;
    }
    let sun_direction = reader.vec3("sun of object")?;
    let sun = reader.vec3("sun of object")?;
    let light = ObjectLight { around, sun_direction, sun };
    let lit = reader.flag("lit")?;
    let lit_at = reader.vec3("lit")?;
    let spec = ObjectSpec { id, class, position, rotation, size, colour };
    let looks = Arc::new(ObjectLooks::plain(colour)?);
    Ok((Object { spec, looks, painted, light }, lit.then_some(lit_at)))
}
