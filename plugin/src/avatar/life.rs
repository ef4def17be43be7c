//! An avatar's life: its timeline, its state, its pose of the moment.

use super::{
    body::AvatarBody,
    components::{Avatar, FaceOverride, Gaze, GazeTarget, Mood, Posture, entity_id},
    events::{AvatarArrived, AvatarRefused, Perform},
    load::Loading,
    lod::AvatarLod,
    surroundings::{Present, Scene},
};
use bevy::{prelude::*, transform::helper::TransformHelper};
use reverie_avatar::{AvatarPose, Life, Lod, RootPlace};
use reverie_behavior::{
    Act, Attraction, EntityId, Event, Look, MAX_COMPANY, Speech, TimedGesture, Timeline,
    TimelineError,
};
use reverie_body::vrm::{BonePlaces, MorphWeights, SpringState};
use std::{f32::consts::PI, sync::Arc};

/// Events that are kept although they are over.
const KEPT_EVENTS: usize = 256;
/// A target of [`Gaze`] holds the gaze for so long, seconds: for good.
const FOR_GOOD_SECS: f32 = 1e6;

/// The life of an avatar; there as soon as its body is. Most games need no more than the components
/// and [`Perform`]; this is for scripts, dialogues and tools that know ahead what will happen.
///
/// ```no_run
/// # use bevy::prelude::*;
/// # use bevy_reverie::{avatar::AvatarLife, behavior::*, prelude::*};
/// fn speak(mut lives: Query<&mut AvatarLife>) -> Result {
///     for mut life in &mut lives {
///         // Known ahead, so that it thinks before it speaks and looks back at the end.
///         let now = life.secs();
///         life.schedule(now + 1.0, Act::Activity(Activity::Talking))?;
///         life.schedule(now + 4.5, Act::Activity(Activity::Listening))?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Component)]
pub struct AvatarLife {
    pub(super) body: Arc<AvatarBody>,
    life: Life,
    seed: u64,
    timeline: Timeline,
    pub(super) pose: AvatarPose,
    clock_secs: f64,
    /// Added to this frame's time.
    hurry_secs: f64,
    /// Where the game put it when it was last put somewhere.
    pub(super) written: Transform,
    /// Targets of [`Gaze`] that the timeline knows.
    known: Vec<GazeTarget>,
    was_moving: bool,
    /// Its newest body has no entities yet.
    pub(super) undressed: bool,
    pub(super) places: BonePlaces,
    pub(super) springs: Option<SpringState>,
    pub(super) weights: MorphWeights,
    /// Between the eyes in the world, metres.
    pub(super) eyes: Vec3,
}

impl AvatarLife {
    /// Seconds since it began: the times of its timeline.
    pub fn secs(&self) -> f64 {
        self.clock_secs
    }

    /// What it does and will do.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Lets it do something at a time, seconds of its own clock, now at the earliest. May come in any
    /// order.
    ///
    /// # Errors
    /// A number out of its range.
    pub fn schedule(&mut self, at_secs: f64, act: Act) -> Result<(), TimelineError> {
        let at_secs = if at_secs.is_finite() { at_secs.max(self.clock_secs) } else { at_secs };
        self.timeline.insert(at_secs, act)
    }

    /// Lets it do something now.
    ///
    /// # Errors
    /// A number out of its range.
    pub fn perform(&mut self, act: Act) -> Result<(), TimelineError> {
        self.schedule(self.clock_secs, act)
    }

    /// Adds to what it says from exactly a time on, see [`Timeline::say_more`].
    ///
    /// # Errors
    /// A number out of its range.
    pub fn say_more(
        &mut self,
        at_secs: f64,
        later_secs: f32,
        more: Speech,
        gestures: impl IntoIterator<Item = TimedGesture>,
    ) -> Result<(), TimelineError> {
        self.timeline.say_more(at_secs, later_secs, more, gestures)
    }

    /// Takes back what it was to do later and is not wanted any more.
    pub fn withdraw(&mut self, unwanted: impl Fn(&Event) -> bool) {
        self.timeline.withdraw(self.clock_secs, unwanted);
    }

    /// Lets its time go further in this frame by some seconds, or less far if negative: to be in step with
    /// a sound. Time never goes back.
    pub fn hurry(&mut self, secs: f64) {
        self.hurry_secs = secs;
    }

    /// What it does at the moment, in numbers.
    pub fn pose(&self) -> &AvatarPose {
        &self.pose
    }

    /// Its state: why it looks where it looks, whether it walks.
    pub fn life(&self) -> &Life {
        &self.life
    }

    /// Between the eyes in the world, metres.
    pub fn eyes(&self) -> Vec3 {
        self.eyes
    }

    /// What people call them.
    pub fn name(&self) -> &str {
        &self.body.name
    }

    /// From sole to crown, metres.
    pub fn height_m(&self) -> f32 {
        self.body.height_m
    }

    /// Weights of the targets of the body's meshes, by mesh, then by target.
    pub fn morph_weights(&self) -> &MorphWeights {
        &self.weights
    }

    pub(crate) fn body(&self) -> &AvatarBody {
        &self.body
    }

    fn new(body: Arc<AvatarBody>, seed: u64, transform: &Transform) -> Self {
        let root = root_of(transform);
        let places = BonePlaces::rest(&body.skeleton);
        let pose = AvatarPose { root, ..AvatarPose::REST };
        let eyes = root.to_world(0.5 * (body.rig.eye(0) + body.rig.eye(1)));
        Self {
            life: Life::new(&body.rig, seed, root, 0.0),
            seed,
            timeline: Timeline::new(),
            pose,
            clock_secs: 0.0,
            hurry_secs: 0.0,
            written: *transform,
            known: Vec::new(),
            was_moving: false,
            undressed: true,
            springs: None,
            weights: MorphWeights::default(),
            places,
            eyes,
            body,
        }
    }

    /// Goes on with another body.
    fn put_on(&mut self, body: Arc<AvatarBody>) {
        let state = self.life.save();
        self.life = Life::new(&body.rig, self.seed, self.pose.root, self.clock_secs);
        // Where the legs are longer the next steps put the feet right.
        if let Err(error) = self.life.restore(&state) {
            warn!("avatar: {error}");
        }
        self.places = BonePlaces::rest(&body.skeleton);
        self.springs = None;
        self.undressed = true;
        self.body = body;
    }

    /// Goes on somewhere else.
    fn put_at(&mut self, transform: &Transform) {
        let root = root_of(transform);
        self.written = *transform;
        self.pose.root = root;
        self.life = Life::new(&self.body.rig, self.seed, root, self.clock_secs);
        // What is over must not happen again.
        self.timeline.forget_before(self.clock_secs);
        self.springs = None;
        self.known.clear();
    }
}

/// Where the model stands: it faces +Z, the entity's forward is −Z.
fn root_of(transform: &Transform) -> RootPlace {
    let forward = transform.forward();
    let yaw = f32::atan2(forward.x, forward.z);
    RootPlace { position: transform.translation, yaw }
}

/// The entity's transform where the model stands.
pub(super) fn transform_of(root: &RootPlace, scale: Vec3) -> Transform {
    Transform { translation: root.position, rotation: Quat::from_rotation_y(root.yaw + PI), scale }
}

/// Gives lives to those who have got bodies.
pub(super) fn begin(
    mut commands: Commands,
    mut avatars: Query<(Entity, &Avatar, &mut Loading, Option<&mut AvatarLife>)>,
    transforms: TransformHelper,
) {
    for (entity, avatar, mut loading, life) in &mut avatars {
        if loading.arrived.is_none() {
            continue;
        }
        let Some(body) = loading.arrived.take() else { continue };
        match life {
            Some(mut life) => life.put_on(body),
            None => {
                let place = transforms.compute_global_transform(entity).unwrap_or_default();
                let seed = avatar.seed.unwrap_or(entity.to_bits());
                let life = AvatarLife::new(body, seed, &place.compute_transform());
                commands.entity(entity).insert(life);
            }
        }
    }
}

/// Those who were put somewhere else go on there.
pub(super) fn follow_game(
    mut avatars: Query<(Entity, &mut AvatarLife, &mut Mood, &mut Posture), Changed<Transform>>,
    transforms: TransformHelper,
) {
    for (entity, mut life, mut mood, mut posture) in &mut avatars {
        let Ok(place) = transforms.compute_global_transform(entity) else { continue };
        let place = place.compute_transform();
        let still = place.translation.abs_diff_eq(life.written.translation, 1e-4)
            && place.rotation.angle_between(life.written.rotation) < 1e-3;
        if !still {
            life.put_at(&place);
            // A new life is told once more what it feels and does.
            mood.set_changed();
            posture.set_changed();
        }
    }
}

type Planned = (
    Entity,
    &'static mut AvatarLife,
    Ref<'static, Gaze>,
    Ref<'static, Mood>,
    Ref<'static, Posture>,
);

type ToldAnew = Or<(Changed<Gaze>, Changed<Mood>, Changed<Posture>, Added<AvatarLife>)>;

/// What the components say goes into the timelines.
pub(super) fn plan(
    mut avatars: Query<Planned, ToldAnew>,
    mut refused: MessageWriter<AvatarRefused>,
) {
    for (entity, mut life, gaze, mood, posture) in &mut avatars {
        let fresh = life.is_added();
        let mut tell = |life: &mut AvatarLife, act: Act| {
            if let Err(error) = life.perform(act) {
                refused.write(AvatarRefused { entity, error: error.to_string() });
            }
        };
        if posture.is_changed() || fresh {
            let others = posture.company.iter().take(MAX_COMPANY);
            let company: Vec<EntityId> = others.map(|other| entity_id(*other)).collect();
            tell(&mut life, Act::Converse(company));
            tell(&mut life, Act::Activity(posture.activity));
            tell(&mut life, Act::Speaker(posture.speaker.map(entity_id)));
        }
        if mood.is_changed() || fresh {
            tell(&mut life, Act::Mood(mood.act()));
        }
        let mut known = std::mem::take(&mut life.known);
        let wanted = &gaze.targets[..gaze.targets.len().min(Gaze::MOST)];
        if known != wanted {
            for old in known.iter().filter(|old| wanted.iter().all(|new| new.at != old.at)) {
                tell(&mut life, Act::Release(old.at.target()));
            }
            for new in wanted.iter().filter(|new| !known.contains(new)) {
                let look = Look {
                    priority: Some(new.priority),
                    hold_secs: Some(FOR_GOOD_SECS),
                    ..Look::at(new.at.target(), Attraction::Script)
                };
                tell(&mut life, Act::Look(look));
            }
            known.clear();
            known.extend_from_slice(wanted);
        }
        life.known = known;
    }
}

pub(super) fn perform(
    perform: On<Perform>,
    mut avatars: Query<&mut AvatarLife>,
    mut refused: MessageWriter<AvatarRefused>,
) {
    let entity = perform.entity;
    let result = match avatars.get_mut(entity) {
        Ok(mut life) => life.perform(perform.act.clone()).map_err(|error| error.to_string()),
        Err(_) => Err("is no avatar whose body has loaded".to_owned()),
    };
    if let Err(error) = result {
        refused.write(AvatarRefused { entity, error });
    }
}

/// Lives go on by the frame's time.
pub(super) fn realise(
    time: Res<Time>,
    mut avatars: Query<(Entity, &mut AvatarLife, &AvatarLod, &FaceOverride)>,
    scene: Scene,
    mut present: ResMut<Present>,
    mut arrived: MessageWriter<AvatarArrived>,
) {
    // Eyes of the frame before: nobody has moved yet in this one.
    present.note(avatars.iter().map(|(entity, life, ..)| (entity, life.eyes)));
    for (entity, life, lod, face) in &mut avatars {
        let life = life.into_inner();
        let hurry_secs = std::mem::take(&mut life.hurry_secs);
        life.clock_secs += (time.delta_secs_f64() + hurry_secs).max(0.0);
        if life.timeline.events().len() > KEPT_EVENTS {
            life.timeline.forget_before(life.clock_secs - 1.0);
        }
        let surroundings = scene.around(&present, life.pose.root.position.y);
        let (timeline, secs) = (&life.timeline, life.clock_secs);
        life.life.pose(timeline, &surroundings, secs, lod.current, &mut life.pose);
        if lod.current != Lod::Hidden {
            face.apply(&mut life.pose.face);
        }
        let moving = life.life.is_moving();
        if life.was_moving && !moving {
            arrived.write(AvatarArrived { entity, blocked: life.life.is_blocked() });
        }
        life.was_moving = moving;
    }
}
