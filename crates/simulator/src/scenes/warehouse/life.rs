//! All that moves in a warehouse, and its state.

use glam::{Affine3A, Quat, Vec2, Vec3, Vec3A};
use reverie_world_model::Embodiment;
use serde::{Deserialize, Serialize};

use super::boxes::{BoxSpec, Boxes, slab};
use super::footing::{Disc, flat};
use super::goods::COLOURS;
use super::traffic::{ForkliftSpec, ForkliftState, WorkerSpec, WorkerState};
use crate::living::{Living, LooseBox, Sites, Sound, SoundEvent, Tick};
use crate::scene::{Mover, Scene};

/// First instances of what moves.
const FORKLIFTS: u32 = 1 << 16;
const WORKERS: u32 = 2 << 16;
const BOXES: u32 = 3 << 16;
/// Instances that one forklift or worker may use.
const PARTS: u32 = 16;
/// Machines farther away than this are not heard.
const HEARD_M: f32 = 45.0;
/// Farthest that anything may have got, metres.
const FAR_M: f32 = 1000.0;

/// What does not change of all that moves.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub forklifts: Vec<ForkliftSpec>,
    pub workers: Vec<WorkerSpec>,
    pub boxes: Vec<BoxSpec>,
    pub docks: Vec<Vec3>,
    pub places: Vec<Vec3>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub forklifts: Vec<ForkliftState>,
    pub workers: Vec<WorkerState>,
    pub boxes: Boxes,
}

#[derive(Clone, Debug)]
pub(super) struct Life {
    cast: Cast,
    state: State,
    movers: Vec<Mover>,
    bodies: Vec<Disc>,
    /// The state that is in the scene; streaming needs no more than once.
    shown: bool,
    /// Of the bodies that events have placed, when boxes were last looked at.
    placed: Option<(Vec3A, Vec3A)>,
}

impl Life {
    pub fn new(cast: Cast, state: State) -> Self {
        Self { cast, state, movers: Vec::new(), bodies: Vec::new(), shown: false, placed: None }
    }

    /// Puts everything into the scene where the state says.
    fn show(&mut self, scene: &mut Scene) {
        let Self { cast, state, movers, .. } = self;
        movers.clear();
        for (i, (spec, state)) in cast.forklifts.iter().zip(&state.forklifts).enumerate() {
            spec.movers(state, FORKLIFTS + PARTS * i as u32, movers);
        }
        for (i, (spec, state)) in cast.workers.iter().zip(&state.workers).enumerate() {
            spec.movers(state, WORKERS + PARTS * i as u32, movers);
        }
        let of_box = |i: usize| {
            let (spec, state) = (&cast.boxes[i], &state.boxes.list[i]);
            let turn = Quat::from_rotation_y(state.yaw_rad);
            Mover {
                instance: BOXES + i as u32,
                group: spec.group,
                world_from_local: Affine3A::from_rotation_translation(turn, state.position),
                scale: Vec3::ONE,
            }
        };
        let held = state.boxes.held.map(|held| held.index as usize);
        movers.extend((0..cast.boxes.len()).filter(|i| held != Some(*i)).map(of_box));
        scene.set_movers(movers);
        match held {
            Some(index) => scene.set_carried(&[of_box(index)]),
            None => scene.set_carried(&[]),
        }
        self.shown = true;
    }

    /// Round bodies of machines, people, the player and, where they stand in ways, boxes.
    fn gather(&mut self, tick: &Tick<'_>) {
        let Self { cast, state, bodies, .. } = self;
        bodies.clear();
        for (i, (spec, state)) in cast.forklifts.iter().zip(&state.forklifts).enumerate() {
            bodies.extend(spec.discs(state, FORKLIFTS + i as u32));
        }
        for (i, (spec, state)) in cast.workers.iter().zip(&state.workers).enumerate() {
            bodies.push(spec.disc(state, WORKERS + i as u32));
        }
        if tick.body.embodiment != Embodiment::Free {
            let low = tick.body.position.y - tick.body.body.eye_height_m;
            let (centre, radius_m) = (flat(tick.body.position), tick.body.body.radius_m);
            bodies.push(Disc { centre, radius_m, low, high: tick.body.position.y + 0.1, owner: 0 });
        }
    }

    fn add_boxes(&mut self) {
        let Self { cast, state, bodies, .. } = self;
        for (i, (spec, state)) in cast.boxes.iter().zip(&state.boxes.list).enumerate() {
            let body = slab(spec, state);
            bodies.push(Disc {
                centre: body.centre,
                radius_m: 0.5 * (spec.half.x + spec.half.z) * 1.1,
                low: body.low,
                high: body.high,
                owner: BOXES + i as u32,
            });
        }
    }
}

impl Living for Life {
    fn stream(&mut self, scene: &mut Scene, _eye: Vec3) {
        if !self.shown {
            self.show(scene);
        }
    }

    fn advance(&mut self, scene: &mut Scene, tick: &Tick<'_>, sounds: &mut Vec<SoundEvent>) {
        self.gather(tick);
        let mut boxes = std::mem::take(&mut self.state.boxes);
        // The player pushes boxes itself: only the rest stops them.
        let others: Vec<Disc> = self.bodies.iter().filter(|d| d.owner != 0).copied().collect();
        let bounds = scene.placed.bounds();
        let placed = (bounds.min, bounds.max);
        let all = self.placed != Some(placed);
        self.placed = Some(placed);
        boxes.advance(scene, &self.cast.boxes, tick, &others, all, sounds);
        self.state.boxes = boxes;
        self.add_boxes();
        for (i, spec) in self.cast.forklifts.iter().enumerate() {
            let state = &mut self.state.forklifts[i];
            spec.advance(state, FORKLIFTS + i as u32, &self.bodies, tick.dt_secs);
            let (at, _) = spec.pose(state);
            let position = Vec3::new(at.x, 0.8, at.y);
            let away = position.distance(tick.body.position);
            if away < HEARD_M {
                let work = if state.stop_secs > 0.0 { 0.35 } else { 0.15 + 0.2 * state.speed_mps };
                let sound = Sound::Machine;
                sounds.push(SoundEvent { sound, position, strength: work.min(1.0) });
            }
        }
        for (i, spec) in self.cast.workers.iter().enumerate() {
            let state = &mut self.state.workers[i];
            spec.advance(state, WORKERS + i as u32, &self.bodies, tick.dt_secs);
        }
        self.show(scene);
    }

    fn save(&self) -> serde_json::Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, scene: &mut Scene, state: &serde_json::Value) -> Result<(), String> {
        let state: State = serde::Deserialize::deserialize(state).map_err(|e| e.to_string())?;
        check(&self.cast, &state)?;
        self.state = state;
        self.show(scene);
        Ok(())
    }

    fn sites(&self) -> Sites {
        let loose = self.cast.boxes.iter().zip(&self.state.boxes.list).enumerate();
        let held = self.state.boxes.held.map(|held| held.index as usize);
        let centre = |at: Vec2| Vec3::new(at.x, 0.0, at.y);
        let machines = self.cast.forklifts.iter().zip(&self.state.forklifts);
        let people = self.cast.workers.iter().zip(&self.state.workers);
        Sites {
            docks: self.cast.docks.clone(),
            places: self.cast.places.clone(),
            boxes: loose
                .map(|(i, (spec, state))| LooseBox {
                    position: state.position,
                    half_m: spec.half,
                    colour: COLOURS[spec.colour % COLOURS.len()].0,
                    held: held == Some(i),
                })
                .collect(),
            traffic: machines
                .flat_map(|(spec, state)| spec.discs(state, 0))
                .chain(people.map(|(spec, state)| spec.disc(state, 0)))
                .map(|disc| (centre(disc.centre), disc.radius_m))
                .collect(),
        }
    }
}

/// Whether a state that was read fits the cast and stays within sane bounds.
fn check(cast: &Cast, state: &State) -> Result<(), String> {
    let count = |what: &str, found: usize, wanted: usize| {
        if found == wanted { Ok(()) } else { Err(format!("{what}: {found}, expected {wanted}")) }
    };
    count("forklifts", state.forklifts.len(), cast.forklifts.len())?;
    count("workers", state.workers.len(), cast.workers.len())?;
    count("boxes", state.boxes.list.len(), cast.boxes.len())?;
    let near = |v: f32| v.abs() <= FAR_M;
    let forklifts = cast.forklifts.iter().zip(&state.forklifts).all(|(spec, s)| {
        (0.0..=spec.path.length()).contains(&s.way_m)
            && (0.0..=20.0).contains(&s.speed_mps)
            && (0.0..=60.0).contains(&s.stop_secs)
            && (s.station as usize) < spec.stations.len().max(1)
    });
    let workers = cast.workers.iter().zip(&state.workers).all(|(spec, s)| {
        near(s.position.x)
            && near(s.position.y)
            && near(s.yaw_rad)
            && (-1.0..=20.0).contains(&s.speed_mps)
            && (s.target as usize) < spec.round.len()
            && (0.0..=60.0).contains(&s.rest_secs)
            && (0.0..=60.0).contains(&s.waiting_secs)
            && (0.0..=10.0).contains(&s.cycle_m)
    });
    let boxes = state.boxes.list.iter().all(|s| {
        s.position.abs().max_element() <= FAR_M
            && near(s.yaw_rad)
            && s.velocity_mps.abs().max_element() <= FAR_M
            && s.position.is_finite()
            && s.velocity_mps.is_finite()
    });
    let held = state.boxes.held.is_none_or(|held| {
        (held.index as usize) < cast.boxes.len()
            && held.offset_m.is_finite()
            && held.offset_m.abs().max_element() <= 10.0
            && near(held.yaw_rad)
    });
    for (what, fine) in
        [("forklifts", forklifts), ("workers", workers), ("boxes", boxes), ("held", held)]
    {
        if !fine {
            return Err(format!("{what}: has values out of range"));
        }
    }
    Ok(())
}
