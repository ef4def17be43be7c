//! How somebody sits for a portrait.

use glam::Vec3;
use reverie_avatar::{AvatarPose, EmptyPlace, Life, Lod, Rig, RootPlace};
use reverie_behavior::{
    Act, Activity, Attraction, Emotion, Look, Mood, Target, Timeline, TimelineError,
};

/// When the picture is taken, seconds after the mood begins.
const WAIT_SECS: f64 = 2.5;

/// The pose of somebody who stands in a mood (`intensity` 0 to 1) and looks at `at` (metres); alive
/// as `seed` has it. Taken at a moment between blinks.
///
/// # Errors
/// A point or an intensity that is no number.
pub fn sitting(
    rig: &Rig,
    seed: u64,
    emotion: Emotion,
    intensity: f32,
    at: Vec3,
) -> Result<AvatarPose, TimelineError> {
    let mut timeline = Timeline::new();
    timeline.push(0.0, Act::Activity(Activity::Listening))?;
    timeline.push(0.0, Act::Mood(Mood::of(emotion, intensity)))?;
    let look = Look::at(Target::Point(at), Attraction::Script);
    timeline.push(0.0, Act::Look(Look { hold_secs: Some(30.0), ..look }))?;
    let mut life = Life::new(rig, seed, RootPlace::default(), 0.0);
    let mut pose = AvatarPose::REST;
    for frame in 0..240 {
        let time = WAIT_SECS + f64::from(frame) / 60.0;
        life.pose(&timeline, &EmptyPlace, time, Lod::Full, &mut pose);
        // Lids have opened again half a second after a blink began.
        let blinked = time - life.newest_blink();
        if !(0.0..0.5).contains(&blinked) && time - life.glance().start_secs > 0.2 {
            break;
        }
    }
    Ok(pose)
}
