//! What a game tells an avatar, and what an avatar tells the game.

use super::components::GazeAt;
use bevy::prelude::*;
use reverie_behavior::{Act, Attraction, Emotion, Gesture, Hand, Look, Mood, Walk};

/// Trigger this to let an avatar do something now.
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::prelude::*;
/// # fn f(mut commands: Commands, person: Entity, player: Entity) {
/// commands.trigger(Perform::wave(person));
/// commands.trigger(Perform::walk_to(person, Vec3::new(2.0, 0.0, -3.0)));
/// commands.trigger(Perform::point_at(person, player));
/// # }
/// ```
#[derive(EntityEvent, Debug, Clone, PartialEq)]
pub struct Perform {
    /// The [`Avatar`](super::Avatar).
    pub entity: Entity,
    /// What.
    pub act: Act,
}

impl Perform {
    /// Any act.
    pub fn new(entity: Entity, act: Act) -> Self {
        Self { entity, act }
    }

    /// Waves with the right hand.
    pub fn wave(entity: Entity) -> Self {
        Self::new(entity, Act::Gesture(Gesture::wave()))
    }

    /// Nods once or more often.
    pub fn nod(entity: Entity, times: u8) -> Self {
        Self::new(entity, Act::Gesture(Gesture::Nod(times)))
    }

    /// Shakes the head once or more often.
    pub fn shake_head(entity: Entity, times: u8) -> Self {
        Self::new(entity, Act::Gesture(Gesture::Shake(times)))
    }

    /// Points at something with the nearer hand.
    pub fn point_at(entity: Entity, at: impl Into<GazeAt>) -> Self {
        Self::new(entity, Act::Gesture(Gesture::point_at(at.into().target())))
    }

    /// Puts a hand to something for some seconds, as far as the arm goes.
    pub fn reach_for(entity: Entity, at: impl Into<GazeAt>, hand: Option<Hand>, secs: f32) -> Self {
        let target = at.into().target();
        Self::new(entity, Act::Gesture(Gesture::Reach { target, hand, secs }))
    }

    /// Glances at something that draws the gaze for a while.
    pub fn look(entity: Entity, at: impl Into<GazeAt>, cause: Attraction) -> Self {
        Self::new(entity, Act::Look(Look::at(at.into().target(), cause)))
    }

    /// Feels something for some seconds.
    pub fn feel(entity: Entity, emotion: Emotion, intensity: f32, secs: f32) -> Self {
        Self::new(entity, Act::Mood(Mood::of(emotion, intensity).for_secs(secs)))
    }

    /// Walks straight to a point on the ground.
    pub fn walk_to(entity: Entity, to: Vec3) -> Self {
        Self::new(entity, Act::Walk(Walk::to(to)))
    }

    /// Turns the body, with steps if need be.
    pub fn turn_to(entity: Entity, at: impl Into<GazeAt>) -> Self {
        Self::new(entity, Act::Turn(at.into().target()))
    }

    /// Stops walking or turning.
    pub fn stop(entity: Entity) -> Self {
        Self::new(entity, Act::Stop)
    }
}

/// An avatar has got its body: the first one, or another one because its source was changed.
#[derive(Message, Debug, Clone, PartialEq)]
pub struct AvatarReady {
    /// The [`Avatar`](super::Avatar).
    pub entity: Entity,
    /// What people call them.
    pub name: String,
    /// What was left out or put right in a file of others, one line each.
    pub warnings: Vec<String>,
}

/// A body could not be loaded. A body that was there stays.
#[derive(Message, Debug, Clone, PartialEq, Eq)]
pub struct AvatarFailed {
    /// The [`Avatar`](super::Avatar).
    pub entity: Entity,
    /// What is wrong, with file and field.
    pub error: String,
}

/// An avatar was told something that cannot be done: a number out of its range.
#[derive(Message, Debug, Clone, PartialEq, Eq)]
pub struct AvatarRefused {
    /// The [`Avatar`](super::Avatar).
    pub entity: Entity,
    /// What is wrong.
    pub error: String,
}

/// An avatar has stopped walking or turning.
#[derive(Message, Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvatarArrived {
    /// The [`Avatar`](super::Avatar).
    pub entity: Entity,
    /// The way ended before the goal, for want of ground.
    pub blocked: bool,
}
