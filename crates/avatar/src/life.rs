//! The life of one avatar: performs a timeline.

use crate::{
    AvatarPose, Lod, Rig, RootPlace, Surroundings,
    attention::{Company, Interests, locate},
    blink::{Blinks, rate_per_minute},
    curves::{Glide, wrapped},
    emotion::Moods,
    gait::{Gait, Task},
    gaze::{Gaze, GazeKind, Glance, Sight},
    gesture::{Arm, Nods, Reach, of_arm},
    hands::{self, BothHands, HandMotion},
    head::{Head, angles},
    idle::Breaths,
    mind::Mind,
    random::{Channel, Draw},
    skeleton::Skeleton,
    speaking::Speaking,
};
use glam::{Vec2, Vec3};
use reverie_behavior::{Act, Activity, Attraction, Gesture, Hand, Look, Target, Timeline};
use serde::{Deserialize, Serialize};

/// What happens within one tick is known exactly; decisions fall this often per second.
const TICKS_PER_SEC: f64 = 60.0;
pub(crate) const STEP: f64 = 1.0 / TICKS_PER_SEC;
/// From this angle on a body turns to whom it talks with, after so many seconds.
const TURN_FROM: f32 = 48.0 * std::f32::consts::PI / 180.0;
const TURN_AFTER: f64 = 0.7;
/// A thing that draws the gaze must do so for longer.
const TURN_TO_THING_AFTER: f64 = 2.5;

/// Everything about a life at one moment that does not follow from its rig and seed: for save games
/// and for going back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LifeState {
    start_secs: f64,
    root: RootPlace,
    ticks: u64,
    cursor: u64,
    activity: Activity,
    /// The next change of activity that is known: its number, time and kind.
    ahead: Option<(u64, f64, Activity)>,
    think_until: f64,
    turn_since: f64,
    pub(crate) gaze: Gaze,
    company: Company,
    interests: Interests,
    pub(crate) head: Head,
    pub(crate) gait: Gait,
    pub(crate) blinks: Blinks,
    pub(crate) breaths: Breaths,
    pub(crate) moods: Moods,
    pub(crate) nods: Nods,
    pub(crate) arms: [Arm; 2],
    pub(crate) pupil: Glide,
    pub(crate) speaking: Speaking,
    pub(crate) hands: BothHands,
    /// Older states have none.
    #[serde(default)]
    pub(crate) mind: Mind,
}

impl LifeState {
    fn new(seed: u64, root: RootPlace, start_secs: f64) -> Self {
        Self {
            start_secs,
            root,
            ticks: 0,
            cursor: 0,
            activity: Activity::Idle,
            ahead: None,
            think_until: -1.0,
            turn_since: f64::MAX,
            gaze: Gaze::new(start_secs, STEP, root.yaw),
            company: Company::default(),
            interests: Interests::default(),
            head: Head::new(root.yaw),
            gait: Gait::new(&root, start_secs),
            blinks: Blinks::new(seed, start_secs),
            breaths: Breaths::new(seed, start_secs),
            moods: Moods::default(),
            nods: Nods::new(start_secs),
            arms: [Arm::default(); 2],
            pupil: Glide::still(AvatarPose::RESTING_PUPIL),
            speaking: Speaking::default(),
            hands: [HandMotion::default(); 2],
            mind: Mind::default(),
        }
    }

    /// The time up to which it has been decided, seconds.
    pub fn secs(&self) -> f64 {
        self.start_secs + self.ticks as f64 * STEP
    }
}

/// Why a [`LifeState`] cannot be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("state of a life: {0}")]
pub struct StateError(&'static str);

/// Performs a [`Timeline`] with one body. What it does at a time follows from rig, seed, timeline and
/// surroundings alone, whatever the times at which it was asked before.
#[derive(Debug, Clone)]
pub struct Life {
    pub(crate) body: Skeleton,
    pub(crate) seed: u64,
    pub(crate) state: LifeState,
}

impl Life {
    /// A life that begins at `start_secs` at a place of the world. Every seed is another person.
    pub fn new(rig: &Rig, seed: u64, root: RootPlace, start_secs: f64) -> Self {
        let start_secs =
            if start_secs.is_finite() { start_secs.clamp(0.0, Timeline::MAX_SECS) } else { 0.0 };
        let sound = root.position.is_finite() && root.yaw.is_finite();
        let root = if sound { root } else { RootPlace::default() };
        let root = RootPlace { yaw: wrapped(root.yaw), ..root };
        Self { body: Skeleton::new(rig), seed, state: LifeState::new(seed, root, start_secs) }
    }

    /// The rig it moves.
    pub fn rig(&self) -> &Rig {
        &self.body.rig
    }

    /// The state to [`restore`](Self::restore) later.
    pub fn save(&self) -> LifeState {
        self.state
    }

    /// Goes on from a state that was saved with the same rig and seed. A state out of a damaged file is
    /// refused and changes nothing.
    pub fn restore(&mut self, state: &LifeState) -> Result<(), StateError> {
        let within = |secs: f64| (0.0..=2.0 * Timeline::MAX_SECS).contains(&secs);
        if !within(state.start_secs) || !within(state.secs()) {
            return Err(StateError("its time is out of range"));
        }
        // Not equal to itself: something in it is not a number.
        #[allow(clippy::eq_op)]
        if state != state {
            return Err(StateError("it contains what is not a number"));
        }
        self.state = *state;
        Ok(())
    }

    /// Why the eyes are where they are.
    pub fn gaze_kind(&self) -> GazeKind {
        self.state.gaze.kind()
    }

    /// The newest shift of the gaze; it may begin within the next 1/60 s.
    pub fn glance(&self) -> &Glance {
        self.state.gaze.newest()
    }

    /// Where the gaze goes in the world at a time that [`pose`](Self::pose) was just asked for: a unit
    /// vector from between the eyes.
    pub fn gaze_direction(&self, time_secs: f64) -> Vec3 {
        self.state.gaze.direction(time_secs)
    }

    /// When the newest blink began, seconds.
    pub fn newest_blink(&self) -> f64 {
        self.state.blinks.newest()
    }

    /// Whether it walks or turns.
    pub fn is_moving(&self) -> bool {
        self.state.gait.task() != Task::Stand
    }

    /// Whether the last walk ended before its goal for want of ground.
    pub fn is_blocked(&self) -> bool {
        self.state.gait.is_blocked()
    }

    /// What the avatar does at a time, into `pose`. Asking for an earlier time than before begins anew
    /// from the start; asking further ahead decides what lies between (0.1 s of work for an hour or so).
    /// Allocates nothing.
    pub fn pose(
        &mut self,
        timeline: &Timeline,
        surroundings: &impl Surroundings,
        time_secs: f64,
        lod: Lod,
        pose: &mut AvatarPose,
    ) {
        let time = self.advance(timeline, surroundings, time_secs);
        self.realise(timeline, time, lod, pose);
    }

    /// Decides everything up to a time; gives the time that can be posed.
    fn advance(
        &mut self,
        timeline: &Timeline,
        surroundings: &impl Surroundings,
        time_secs: f64,
    ) -> f64 {
        if !time_secs.is_finite() {
            return self.state.secs();
        }
        let time = time_secs.clamp(self.state.start_secs, 2.0 * Timeline::MAX_SECS);
        if time < self.state.secs() - STEP - 1e-6 {
            let (root, start) = (self.state.root, self.state.start_secs);
            self.state = LifeState::new(self.seed, root, start);
        }
        // Tick 0 is decided at the start, tick n as soon as n steps have passed.
        let due = ((time - self.state.start_secs) * TICKS_PER_SEC + 1e-6).floor() as u64 + 1;
        while self.state.ticks < due {
            let at = self.state.start_secs + self.state.ticks as f64 * STEP;
            self.tick(timeline, surroundings, at);
            self.state.ticks += 1;
        }
        time
    }

    fn tick(&mut self, timeline: &Timeline, surroundings: &impl Surroundings, time: f64) {
        let seed = self.seed;
        let state = &mut self.state;
        if state.cursor < timeline.start() {
            state.cursor = timeline.start();
        }
        let eye = {
            let root = state.gait.root(time);
            root.to_world(self.body.eyes)
        };
        while let Some(event) = timeline.get(state.cursor).filter(|event| event.at_secs <= time) {
            state.apply(&self.body, seed, time, eye, state.cursor, &event.act, surroundings);
            state.cursor += 1;
        }
        while let Some(gesture) = state.speaking.gesture(timeline, time) {
            state.gesture(&self.body, seed, time, eye, &gesture, surroundings);
        }
        state.look_ahead(timeline);

        state.moods.tick(time);
        let feelings = state.moods.at(time);
        let bearing = feelings.bearing();

        let before = state.gait.root(time).yaw;
        state.gait.tick(seed, time, STEP, &self.body, surroundings);
        let root = state.gait.root(time);
        if (root.yaw - before).abs() > 1.0 {
            state.head.shift(root.yaw - before);
        }

        let giving_floor = state.gives_floor(seed, time);
        let thinking = state.thinks(seed, time);
        let sight = Sight {
            seed,
            time,
            step: STEP,
            eye,
            front: root.yaw,
            activity: state.activity,
            giving_floor,
            thinking,
            mood_pitch: bearing.gaze_pitch,
            surroundings,
        };
        let glances = state.gaze.newest().index;
        state.gaze.update(&sight, &mut state.company, &mut state.interests);
        let glance = *state.gaze.newest();
        if glance.index != glances {
            state.blinks.shift(seed, glance.start_secs, glance.angle, glance.index);
        }
        state.head.tick(time, &state.gaze, root.yaw);
        state.turn_to_company(time, root.yaw);

        let per_minute = rate_per_minute(state.activity) * bearing.blink_rate;
        state.blinks.tick(seed, time, time + STEP, per_minute);
        let talking = state.activity == Activity::Talking;
        let speed = state.gait.speed(time);
        let effort = 1.0 + 0.25 * speed + 0.15 * feelings.affect.arousal.max(0.0);
        let rate = bearing.breath_rate * effort;
        state.breaths.tick(seed, time, rate, bearing.breath_depth, talking);
        let listened = state.activity == Activity::Listening
            && matches!(state.gaze.kind(), GazeKind::Mutual | GazeKind::Away);
        state.nods.tick(seed, time, listened);
        for hand in &mut state.hands {
            hand.tick(time, STEP);
        }
        for arm in &mut state.arms {
            arm.tick(time, STEP, eye, surroundings);
        }
        state.mind.tick(time, state.activity, thinking);
        state.adapt(time, surroundings.luminance(time), feelings.affect.arousal, thinking);
    }
}

impl LifeState {
    #[allow(clippy::too_many_arguments)]
    fn apply(
        &mut self,
        body: &Skeleton,
        seed: u64,
        time: f64,
        eye: Vec3,
        index: u64,
        act: &Act,
        surroundings: &impl Surroundings,
    ) {
        match act {
            Act::Activity(activity) => {
                if *activity == Activity::Talking && self.ahead_is(index) {
                    self.think_until = time + f64::from(thought(seed, index).1);
                }
                self.activity = *activity;
                if *activity == Activity::Thinking {
                    self.think_until = f64::MAX;
                } else if *activity != Activity::Talking {
                    self.think_until = -1.0;
                } else if self.think_until == f64::MAX {
                    self.think_until = time + f64::from(thought(seed, index).1);
                }
            }
            Act::Converse(ids) => self.company.gather(ids),
            Act::Speaker(id) => self.company.speaker = *id,
            Act::Mood(mood) => self.moods.begin(time, mood),
            Act::Look(look) => self.interests.add(seed, time, look),
            Act::Release(target) => self.interests.release(target),
            Act::Gesture(gesture) => self.gesture(body, seed, time, eye, gesture, surroundings),
            Act::Turn(target) => {
                if let Some(yaw) = yaw_to(target, eye, surroundings, time) {
                    self.gait.set_task(Task::Turn(yaw));
                }
            }
            Act::Walk(walk) => {
                let speed = walk.speed_mps * body.size.sqrt();
                self.gait.set_task(Task::Walk(Vec2::new(walk.to.x, walk.to.z), speed));
            }
            Act::Stop => self.gait.set_task(Task::Stand),
            Act::Say(_) => self.speaking.begin(time, index),
            Act::Hush => {
                self.speaking.hush(time);
                for hand in &mut self.hands {
                    hand.retract(time, time);
                }
            }
        }
    }

    fn gesture(
        &mut self,
        body: &Skeleton,
        seed: u64,
        time: f64,
        eye: Vec3,
        gesture: &Gesture,
        surroundings: &impl Surroundings,
    ) {
        match gesture {
            Gesture::Nod(times) => self.nods.begin(seed, time, *times, false),
            Gesture::Shake(times) => self.nods.begin(seed, time, *times, true),
            Gesture::Stroke(stroke) => hands::begin(&mut self.hands, body, time, stroke),
            Gesture::Wave { .. } | Gesture::Point { .. } | Gesture::Reach { .. } => {}
        }
        let Some((reach, hand, secs)) = of_arm(gesture) else { return };
        if let Reach::Point(target) = reach {
            // Eyes are there before the hand, and back before it is.
            let hold_secs = Some(0.6 * secs);
            let look = Look { hold_secs, ..Look::at(target, Attraction::Script) };
            self.interests.add(seed, time, &look);
        }
        let side = match (hand, reach) {
            (Some(Hand::Left), _) => 0,
            (Some(Hand::Right), _) | (None, Reach::Wave) => 1,
            // The hand on the side where the target is.
            (None, Reach::Point(target) | Reach::Touch(target)) => {
                let front = self.gait.root(time).yaw;
                let yaw = yaw_to(&target, eye, surroundings, time);
                usize::from(yaw.map_or(-1.0, |yaw| wrapped(yaw - front)) < 0.0)
            }
        };
        self.arms[side].begin(time, reach, secs);
    }

    /// Finds the next change of activity, for what comes before it.
    fn look_ahead(&mut self, timeline: &Timeline) {
        if let Some((index, at_secs, activity)) = self.ahead {
            let there = timeline.get(index).is_some_and(|event| {
                event.at_secs == at_secs && event.act == Act::Activity(activity)
            });
            // Something may have been put in front of it, or it was taken back.
            if index >= self.cursor && there {
                return;
            }
        }
        let mut coming = (self.cursor..timeline.end()).filter_map(|index| {
            let event = timeline.get(index)?;
            let Act::Activity(activity) = event.act else { return None };
            Some((index, event.at_secs, activity))
        });
        self.ahead = coming.next();
    }

    fn ahead_is(&self, index: u64) -> bool {
        self.ahead.is_some_and(|(ahead, ..)| ahead == index)
    }

    /// Looks back at the other before the end of what it says.
    fn gives_floor(&self, seed: u64, time: f64) -> bool {
        self.activity == Activity::Talking
            && self.ahead.is_some_and(|(index, at, next)| {
                let early = Draw::new(seed, Channel::Floor, index << 20).normal(0, 2.3, 0.5);
                next != Activity::Talking && time >= at - f64::from(early.max(0.3))
            })
    }

    /// Averts the eyes in order to think: from before it speaks until after it has begun.
    fn thinks(&self, seed: u64, time: f64) -> bool {
        let soon = self.activity != Activity::Talking
            && self.ahead.is_some_and(|(index, at, next)| {
                let early = f64::from(thought(seed, index).0);
                next == Activity::Talking && time >= at - early
            });
        soon || time < self.think_until
    }

    /// Turns the body to whom it talks with, if the neck would have to stay twisted.
    fn turn_to_company(&mut self, time: f64, front: f32) {
        let wants = matches!(self.gaze.kind(), GazeKind::Mutual | GazeKind::Attend);
        let yaw = angles(self.gaze.base()).0;
        let aside = wrapped(yaw - front).abs();
        let to_thing = self.gaze.kind() == GazeKind::Attend;
        let after = if to_thing { TURN_TO_THING_AFTER } else { TURN_AFTER };
        if self.gait.task() != Task::Stand || aside < TURN_FROM {
            self.turn_since = f64::MAX;
        } else if self.turn_since == f64::MAX {
            if wants {
                self.turn_since = time;
            }
        } else if time > self.turn_since + after && self.gait.speed(time) < 0.1 {
            self.gait.set_task(Task::Turn(yaw));
            self.turn_since = f64::MAX;
        }
    }

    /// Pupils follow light (after Moon, Spencer 1944), arousal and thought.
    fn adapt(&mut self, time: f64, luminance: f32, arousal: f32, thinking: bool) {
        let light = if luminance.is_finite() { luminance.clamp(1e-4, 1e6) } else { 100.0 };
        let millimetres = 4.9 - 3.0 * (0.4 * light.log10()).tanh();
        let mind = 1.0 + 0.12 * arousal + if thinking { 0.05 } else { 0.0 };
        let goal = (0.001 * millimetres * mind).clamp(0.002, 0.008);
        let way = goal - self.pupil.goal();
        if way.abs() > 0.02 * goal && time > self.pupil.planned() + 0.25 {
            let span = if way < 0.0 { 0.7 } else { 1.8 };
            self.pupil.go(time, time + 0.2, span, goal);
        }
    }
}

/// Where a target is to be seen from `eye`, as a yaw in the world; `None` for one that is not there or
/// overhead.
fn yaw_to(target: &Target, eye: Vec3, surroundings: &impl Surroundings, time: f64) -> Option<f32> {
    let to = locate(target, eye, surroundings, time)? - eye;
    (to.x.hypot(to.z) > 0.05).then(|| angles(to).0)
}

/// Seconds by which an aversion for thought begins before an utterance and lasts into it.
fn thought(seed: u64, index: u64) -> (f32, f32) {
    let draw = Draw::new(seed, Channel::Thought, index);
    (draw.normal(0, 1.0, 0.25).max(0.1), draw.normal(2, 1.2, 0.25).max(0.1))
}
