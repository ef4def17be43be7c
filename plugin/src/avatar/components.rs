//! What a game puts on an entity to make it somebody.

use super::lod::AvatarLod;
use crate::shadow::ShadowCapsules;
use bevy::{
    ecs::entity::{EntityMapper, MapEntities},
    prelude::*,
};
use reverie_avatar::{FaceShape, FaceWeights};
use reverie_behavior::{Activity, Attraction, Emotion, EntityId, Feeling, Target};
use reverie_body::AvatarSpec;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where an avatar's body comes from.
///
/// Files are looked for in the working directory and then in the asset folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AvatarSource {
    /// One of the shipped people by name, such as `mara`: `avatars/presets/mara.ron`.
    Preset(String),
    /// A spec (`.ron`), or a model (`.vrm`, `.glb`, `.gltf`).
    File(PathBuf),
    /// A spec in place.
    Spec(Box<AvatarSpec>),
    /// Somebody at random: every number is somebody else.
    Random(u64),
}

impl Default for AvatarSource {
    fn default() -> Self {
        Self::Random(0)
    }
}

/// A person: an entity with this gets a body and a life.
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::prelude::*;
/// # fn f(mut commands: Commands, player: Entity) {
/// commands.spawn((
///     Avatar::preset("mara"),
///     Transform::from_xyz(0.0, 0.0, -2.0),
///     Posture::listening_to([player]),
/// ));
/// # }
/// ```
///
/// The entity's forward (−Z, as everywhere in Bevy) is where the person faces; its translation is between
/// the soles. Both belong to the avatar while it lives: it walks and turns. A game that sets them
/// itself puts the avatar there. Bodies load on other threads; [`AvatarReady`](super::AvatarReady) or
/// [`AvatarFailed`](super::AvatarFailed) tells how it went. A changed source is loaded while the old
/// body stays.
#[derive(Component, Debug, Clone, PartialEq, Default, Reflect, Serialize, Deserialize)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[require(Transform, Visibility, Gaze, Mood, Posture, FaceOverride, AvatarLod, ShadowCapsules)]
#[serde(default, deny_unknown_fields)]
pub struct Avatar {
    /// The body.
    pub source: AvatarSource,
    /// How it blinks, sways and glances: the same numbers with the same frames make the same life.
    /// Without, one of the entity's own.
    pub seed: Option<u64>,
}

impl Avatar {
    fn of(source: AvatarSource) -> Self {
        Self { source, seed: None }
    }

    /// One of the shipped people: `amara`, `edith`, `joseph`, `kenji`, `lina`, `mara`, `noor`, `tomas`.
    pub fn preset(name: impl Into<String>) -> Self {
        Self::of(AvatarSource::Preset(name.into()))
    }

    /// A spec or a model in a file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(AvatarSource::File(path.into()))
    }

    /// A spec in place.
    pub fn spec(spec: AvatarSpec) -> Self {
        Self::of(AvatarSource::Spec(Box::new(spec)))
    }

    /// Somebody at random.
    pub fn random(seed: u64) -> Self {
        Self { source: AvatarSource::Random(seed), seed: Some(seed) }
    }

    /// The same with the seed of its life.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }
}

/// Something to look at, turn to or point at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum GazeAt {
    /// An entity, wherever it is; of avatars, the eyes. One that is despawned is let go of after half
    /// a second, as people do.
    Entity(Entity),
    /// A point of the world, metres.
    Point(Vec3),
    /// A direction of the world.
    Direction(Vec3),
}

impl GazeAt {
    /// The same in the words of a [`Timeline`](reverie_behavior::Timeline).
    pub fn target(self) -> Target {
        match self {
            Self::Entity(entity) => Target::Entity(entity_id(entity)),
            Self::Point(point) => Target::Point(point),
            Self::Direction(to) => Target::Direction(to),
        }
    }
}

impl From<Entity> for GazeAt {
    fn from(entity: Entity) -> Self {
        Self::Entity(entity)
    }
}

impl From<Vec3> for GazeAt {
    fn from(point: Vec3) -> Self {
        Self::Point(point)
    }
}

/// An entity's number in timelines.
pub fn entity_id(entity: Entity) -> EntityId {
    EntityId(entity.to_bits())
}

/// One thing that draws the gaze.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GazeTarget {
    /// What.
    pub at: GazeAt,
    /// The higher one wins. Those one talks with have 5.
    #[serde(default = "script_priority")]
    pub priority: u8,
}

fn script_priority() -> u8 {
    Attraction::Script.priority()
}

/// What draws an avatar's gaze for as long as it stands here; without targets it looks at those it
/// talks with, or about. For a glance that passes, trigger [`Perform::look`](super::Perform::look).
#[derive(Component, Debug, Clone, PartialEq, Default, Reflect, Serialize, Deserialize)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gaze {
    /// At most [`Gaze::MOST`] count.
    #[entities]
    pub targets: Vec<GazeTarget>,
}

impl Gaze {
    /// Most targets at a time.
    pub const MOST: usize = 6;

    /// Looks at one thing.
    pub fn at(target: impl Into<GazeAt>) -> Self {
        Self::default().and(target, script_priority())
    }

    /// The same and another thing.
    #[must_use]
    pub fn and(mut self, target: impl Into<GazeAt>, priority: u8) -> Self {
        self.targets.push(GazeTarget { at: target.into(), priority });
        self
    }
}

impl MapEntities for GazeTarget {
    fn map_entities<M: EntityMapper>(&mut self, mapper: &mut M) {
        if let GazeAt::Entity(entity) = &mut self.at {
            *entity = mapper.get_mapped(*entity);
        }
    }
}

/// How an avatar feels, until it is changed. For a feeling that passes, trigger
/// [`Perform::feel`](super::Perform::feel).
#[derive(Component, Debug, Clone, Copy, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mood {
    /// What is felt.
    pub feeling: Feeling,
    /// How strongly, 0 to 1.
    pub intensity: f32,
    /// What the lower face shows in its stead.
    pub mask: Option<Feeling>,
    /// Seconds until a change is fully there.
    pub onset_secs: f32,
}

impl Default for Mood {
    fn default() -> Self {
        let mood = reverie_behavior::Mood::default();
        let reverie_behavior::Mood { feeling, intensity, mask, onset_secs, .. } = mood;
        Self { feeling, intensity, mask, onset_secs }
    }
}

impl Mood {
    /// A named emotion.
    pub fn of(emotion: Emotion, intensity: f32) -> Self {
        Self { feeling: Feeling::Named(emotion), intensity, ..Self::default() }
    }

    pub(crate) fn act(self) -> reverie_behavior::Mood {
        let Self { feeling, intensity, mask, onset_secs } = self;
        reverie_behavior::Mood { feeling, intensity, mask, onset_secs, ..Default::default() }
    }
}

/// What an avatar is busy with, and with whom.
#[derive(Component, Debug, Clone, PartialEq, Default, Reflect, Serialize, Deserialize)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Posture {
    /// Sets gaze, blinks, nods and small movements.
    pub activity: Activity,
    /// Those it talks with, at most eight: it looks at them and turns to them.
    #[entities]
    pub company: Vec<Entity>,
    /// Who of them speaks.
    #[entities]
    pub speaker: Option<Entity>,
}

impl Posture {
    /// Stands about.
    pub fn idle() -> Self {
        Self::default()
    }

    /// Listens.
    pub fn listening_to(company: impl IntoIterator<Item = Entity>) -> Self {
        Self {
            activity: Activity::Listening,
            company: company.into_iter().collect(),
            speaker: None,
        }
    }

    /// Speaks.
    pub fn talking_to(company: impl IntoIterator<Item = Entity>) -> Self {
        Self { activity: Activity::Talking, ..Self::listening_to(company) }
    }
}

/// Shapes of the face that are set by hand and win over the life: for tools, face tracking and films.
#[derive(Component, Debug, Clone, PartialEq, Reflect)]
#[reflect(opaque)]
#[reflect(Component, Default, Clone, PartialEq)]
pub struct FaceOverride {
    weights: [Option<f32>; FaceShape::COUNT],
    any: bool,
}

impl Default for FaceOverride {
    fn default() -> Self {
        Self { weights: [None; FaceShape::COUNT], any: false }
    }
}

impl FaceOverride {
    /// Sets a shape's weight (0 to 1), or gives it back to the life.
    pub fn set(&mut self, shape: FaceShape, weight: Option<f32>) {
        let sound = weight.filter(|weight| weight.is_finite());
        self.weights[shape as usize] = sound.map(|weight| weight.clamp(0.0, 1.0));
        self.any = self.weights.iter().any(Option::is_some);
    }

    /// What a shape was set to.
    pub fn get(&self, shape: FaceShape) -> Option<f32> {
        self.weights[shape as usize]
    }

    /// Gives all shapes back to the life.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn apply(&self, face: &mut FaceWeights) {
        if !self.any {
            return;
        }
        for (weight, set) in face.0.iter_mut().zip(&self.weights) {
            *weight = set.unwrap_or(*weight);
        }
    }
}
