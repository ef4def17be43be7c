//! Worlds that go on for ever and in which things move.

use std::fmt;

use glam::Vec3;
use reverie_world_model::{Action, EmbodimentState};
use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::scene::Scene;

/// What makes a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// A foot of the walker comes down.
    Footstep {
        /// On this.
        surface: Class,
    },
    /// A car drives by.
    PassingCar,
    /// A forklift or another machine works.
    Machine,
    /// Two bodies meet.
    Bump,
    /// Wind at the ear.
    Wind,
}

/// A sound of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundEvent {
    /// What it is.
    pub sound: Sound,
    /// Where it is, metres.
    pub position: Vec3,
    /// 0 (hardly heard at one metre) to 1 (as loud as it gets).
    pub strength: f32,
}

/// What a living world is told of a tick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick<'a> {
    pub dt_secs: f32,
    /// The player after its own movement.
    pub body: &'a EmbodimentState,
    pub action: &'a Action,
}

/// A box that can be pushed and carried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LooseBox {
    /// Of its middle, metres.
    pub position: Vec3,
    /// Half its size, metres.
    pub half_m: Vec3,
    /// The name of its colour.
    pub colour: &'static str,
    /// Somebody carries it.
    pub held: bool,
}

/// What a world has for robots to do; what it lacks is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sites {
    /// Middles of the fields where goods are put down, on the floor.
    pub docks: Vec<Vec3>,
    /// Places worth going to, on the ground.
    pub places: Vec<Vec3>,
    /// Boxes that lie about, in the same order at every tick.
    pub boxes: Vec<LooseBox>,
    /// Machines and people as circles on the ground: middle and radius, metres.
    pub traffic: Vec<(Vec3, f32)>,
}

/// The part of a world that is not a still: what comes into sight as the player goes on, and what
/// moves. Equal seeds, actions and events give equal worlds.
pub(crate) trait Living: fmt::Debug + Send + Sync {
    /// Brings into the scene what stands within sight of `eye` and lets go of the rest. What the
    /// scene holds afterwards follows from `eye` alone, not from the way there.
    fn stream(&mut self, scene: &mut Scene, eye: Vec3);

    /// Moves everything by one tick, leaves it in the scene ([`Scene::set_movers`]) and adds the
    /// sounds it makes.
    fn advance(&mut self, scene: &mut Scene, tick: &Tick<'_>, sounds: &mut Vec<SoundEvent>);

    /// The state of all that moves.
    fn save(&self) -> serde_json::Value;

    /// Puts a saved state back and leaves it in the scene. A failure changes nothing.
    fn restore(&mut self, scene: &mut Scene, state: &serde_json::Value) -> Result<(), String>;

    /// What there is for robots to do, as it is now.
    fn sites(&self) -> Sites {
        Sites::default()
    }
}
