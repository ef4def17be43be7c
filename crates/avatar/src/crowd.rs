//! A crowd to measure lives with.

use crate::{AvatarPose, Life, Lod, Rig, RootPlace, Surroundings};
use glam::Vec3;
use reverie_behavior::{
    Act, Activity, Emotion, EntityId, Gesture, Mood, Timeline, TimelineError, Walk,
};

/// People that all do something: a third listen, a third talk, both while waving and smiling at two
/// things that move; a third walks over uneven ground. For benchmarks and tests.
pub struct Crowd {
    lives: Vec<(Life, AvatarPose)>,
    timelines: [Timeline; 3],
}

struct Plaza;

impl Surroundings for Plaza {
    fn place(&self, id: EntityId, time_secs: f64) -> Option<Vec3> {
        let turn = 0.2 * time_secs as f32 + id.0 as f32;
        Some(Vec3::new(turn.sin(), 1.6, 1.5 + 0.3 * turn.cos()))
    }

    fn ground(&self, x: f32, z: f32) -> Option<f32> {
        Some(0.05 * (x + z).sin())
    }
}

impl Crowd {
    /// So many people with the same bones; their lives begin at 0 s.
    ///
    /// # Errors
    /// None in practice: what they do is fixed and within all ranges.
    pub fn new(rig: &Rig, people: usize) -> Result<Self, TimelineError> {
        let mut timelines = [Timeline::new(), Timeline::new(), Timeline::new()];
        for (timeline, activity) in
            timelines.iter_mut().zip([Activity::Listening, Activity::Talking])
        {
            timeline.push(0.0, Act::Converse(vec![EntityId(1), EntityId(2)]))?;
            timeline.push(0.0, Act::Activity(activity))?;
            timeline.push(0.0, Act::Mood(Mood::of(Emotion::Happy, 0.8)))?;
            timeline.push(0.5, Act::Gesture(Gesture::Wave { hand: None, secs: 60.0 }))?;
        }
        let walk = Walk { to: Vec3::new(0.0, 0.0, 500.0), speed_mps: 1.2 };
        timelines[2].push(0.0, Act::Walk(walk))?;
        let life = |k| Life::new(rig, k as u64, RootPlace::default(), 0.0);
        let lives = (0..people).map(|k| (life(k), AvatarPose::REST)).collect();
        Ok(Self { lives, timelines })
    }

    /// Poses everybody as of a time, seconds, which must not go back.
    pub fn frame(&mut self, time_secs: f64, lod: Lod) {
        for (k, (life, pose)) in self.lives.iter_mut().enumerate() {
            life.pose(&self.timelines[k % 3], &Plaza, time_secs, lod, pose);
        }
    }

    /// The poses of the last frame.
    pub fn poses(&self) -> impl Iterator<Item = &AvatarPose> {
        self.lives.iter().map(|(_, pose)| pose)
    }
}
