//! The vocabulary of what an avatar can be told to do.

use crate::{Mood, Say};
use glam::Vec3;
use serde::{Deserialize, Serialize};

/// Most others in one conversation.
pub const MAX_COMPANY: usize = 8;

/// Somebody or something in the world, by a number of the caller's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityId(pub u64);

/// What can be looked at, turned to or pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// An entity, wherever it is at the moment.
    Entity(EntityId),
    /// A point of the world, metres.
    Point(Vec3),
    /// A direction of the world; need not have unit length.
    Direction(Vec3),
}

/// What an avatar is busy with: sets its gaze, blinks, nods and small movements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub enum Activity {
    /// Nothing in particular.
    #[default]
    Idle,
    /// Listens to whoever speaks.
    Listening,
    /// Speaks.
    Talking,
    /// Thinks about what to say.
    Thinking,
    /// Reads or studies something: few blinks.
    Reading,
}

/// Why something draws the gaze; sets the usual priority and how long it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Attraction {
    /// The player does something.
    Player,
    /// Another avatar does something.
    Avatar,
    /// A sound.
    Sound,
    /// Something moves.
    Motion,
    /// The world changes: weather, an object appears.
    WorldEvent,
    /// The script wants it.
    Script,
}

impl Attraction {
    /// The higher one wins; a conversation has priority 5.
    pub const fn priority(self) -> u8 {
        match self {
            Self::Motion => 4,
            Self::Avatar => 6,
            Self::Player => 7,
            Self::Sound => 8,
            Self::WorldEvent => 9,
            Self::Script => 10,
        }
    }

    /// Seconds that it holds the gaze where the event does not say.
    pub const fn hold_secs(self) -> f32 {
        match self {
            Self::Motion => 0.9,
            Self::Sound => 1.2,
            Self::Avatar => 1.8,
            Self::WorldEvent => 2.2,
            Self::Player | Self::Script => 3.0,
        }
    }
}

/// Something to look at for a while.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// What.
    pub target: Target,
    /// Why.
    pub cause: Attraction,
    /// In place of the cause's own priority.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Seconds, in place of the cause's own.
    #[serde(default)]
    pub hold_secs: Option<f32>,
}

impl Look {
    /// The usual look for that cause.
    pub fn at(target: Target, cause: Attraction) -> Self {
        Self { target, cause, priority: None, hold_secs: None }
    }
}

/// Left or right, the avatar's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Hand {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

/// Which hands take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Hands {
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// Both, each on its side.
    Both,
}

/// What the fingers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
pub enum HandShape {
    /// Hang loosely bent.
    #[default]
    Relaxed,
    /// Stretched, slightly apart.
    Open,
    /// A fist.
    Fist,
    /// The index finger stretched.
    Index,
    /// Thumb and index finger together: something small or exact.
    Pinch,
    /// So many fingers stretched, 1 to 5, from the index finger on, the thumb last.
    Count(u8),
}

/// A movement of the hands that goes with a word, in the phases that speakers' hands have:
/// preparation, stroke, hold, retraction (Kendon 2004). One that begins before the last one is over
/// takes the hand over where it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stroke {
    /// Which hands.
    pub hands: Hands,
    /// What their fingers do.
    pub shape: HandShape,
    /// Where the wrist is when the stroke begins: outwards (to the hand's own side), up and forwards of
    /// its shoulder, in lengths of the arm (0 to 1 away).
    pub from: Vec3,
    /// Where it is when the stroke ends.
    pub to: Vec3,
    /// Where the palm faces: outwards, up, forwards; need not have unit length.
    pub palm: Vec3,
    /// How far the shoulders go up with it, 0 to 1.
    #[serde(default)]
    pub shrug: f32,
    /// Seconds from the event until the stroke begins.
    pub prepare_secs: f32,
    /// Seconds of the stroke.
    pub stroke_secs: f32,
    /// Seconds that the hands stay before they go back.
    pub hold_secs: f32,
}

/// A movement with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Gesture {
    /// Goes with a word.
    Stroke(Stroke),
    /// Nods so many times (1 to 5).
    Nod(u8),
    /// Shakes the head so many times (1 to 5).
    Shake(u8),
    /// Waves.
    Wave {
        /// With which hand; the right one if not said.
        hand: Option<Hand>,
        /// Seconds from the hand's leaving until it is back.
        secs: f32,
    },
    /// Points at a thing.
    Point {
        /// At what.
        target: Target,
        /// With which hand; the nearer one if not said.
        hand: Option<Hand>,
        /// Seconds from the hand's leaving until it is back.
        secs: f32,
    },
    /// Puts a hand to a point, as far as the arm goes.
    Reach {
        /// Where to.
        target: Target,
        /// With which hand; the nearer one if not said.
        hand: Option<Hand>,
        /// Seconds from the hand's leaving until it is back.
        secs: f32,
    },
}

impl Gesture {
    /// A short wave with the right hand.
    pub const fn wave() -> Self {
        Self::Wave { hand: None, secs: 2.2 }
    }

    /// Seconds of pointing, from the hand's leaving until it is back.
    pub const POINT_SECS: f32 = 2.6;

    /// Points at something with the nearer hand.
    pub const fn point_at(target: Target) -> Self {
        Self::Point { target, hand: None, secs: Self::POINT_SECS }
    }
}

/// A gesture and its time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedGesture {
    /// Seconds from the start of what it belongs to until the hand leaves.
    #[serde(rename = "start")]
    pub start_secs: f32,
    /// Which one.
    pub gesture: Gesture,
}

/// A walk to a point on the ground.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Walk {
    /// Where to; its height is the ground's, whatever `y` says.
    pub to: Vec3,
    /// Metres per second, 0.2 to 2.
    pub speed_mps: f32,
}

impl Walk {
    /// At an easy pace.
    pub const fn to(to: Vec3) -> Self {
        Self { to, speed_mps: 1.2 }
    }
}

/// What happens at one time of a timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Act {
    /// Is busy with something else from now on.
    Activity(Activity),
    /// Talks with these from now on (at most [`MAX_COMPANY`]); with nobody, the conversation is over.
    Converse(Vec<EntityId>),
    /// One of the company (or nobody of it) has begun to speak.
    Speaker(Option<EntityId>),
    /// The mood changes.
    Mood(Mood),
    /// Something draws the gaze.
    Look(Look),
    /// What drew the gaze does so no longer.
    Release(Target),
    /// Makes a gesture.
    Gesture(Gesture),
    /// Turns the body to a target, with steps if need be.
    Turn(Target),
    /// Walks.
    Walk(Walk),
    /// Stops walking or turning.
    Stop,
    /// Says something; what was being said ends, and its gestures with it.
    Say(Box<Say>),
    /// Falls silent; the gestures of what was being said end, too.
    Hush,
}

/// An act and its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Seconds from the start.
    pub at_secs: f64,
    /// What happens.
    pub act: Act,
}
