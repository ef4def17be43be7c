//! How a voice arrives at the ear: distance, direction, what stands between, the room.

use super::{
    output::{OPEN_HZ, Placing, SpeechOutput},
    perform::SpeechState,
    voices::AvatarVoice,
};
use crate::{WorldCamera, WorldQuery, avatar::AvatarLife};
use bevy::{ecs::system::SystemParam, prelude::*};
use reverie_avatar::RootPlace;

/// The mouth lies below and before the middle between the eyes, in heights of the body.
const MOUTH_BELOW: f32 = 0.042;
const MOUTH_BEFORE: f32 = 0.012;
/// Nobody comes nearer to an ear, metres.
const NEAREST_M: f32 = 0.3;
/// How much softer and duller voices are behind their speakers (Halkosaari et al. 2005).
const BEHIND_DB: f32 = 7.0;
const BEHIND_HZ: f64 = 3_500.0;
/// How much softer and duller they are behind what hides them.
const HIDDEN_DB: f32 = 11.0;
const HIDDEN_HZ: f64 = 900.0;
/// Rays to the mouth go to points so far around it: sound bends around what is small, metres.
const AROUND_M: f32 = 0.35;
/// They end before it, so that what the speaker stands at does not count, metres.
const SHORT_M: f32 = 0.3;
/// What stands between, and the room, are looked at so often, seconds.
const LOOK_EVERY_SECS: f32 = 0.1;
const ROOM_EVERY_SECS: f32 = 0.25;
/// Walls farther away give an echo at most, metres.
const WALL_M: f32 = 40.0;
/// Rays that go down more steeply than this meet a floor.
const FLOOR_Y: f32 = -0.15;
/// What walls, and open sky, take of a sound that comes to them.
const WALL_TAKES: f32 = 0.35;
/// Mean length of the reverb's combs, seconds.
const COMB_SECS: f32 = 0.031;
/// The reverb's own gain for a long sound, measured, and that two ears in a room hear a voice out of its
/// echo better than out of a mix, dB.
const REVERB_DB: f32 = -3.0 - 6.0;
/// Of changes of what stands between and of the room, per second.
const SETTLE_PER_SEC: f32 = 8.0;

/// Where the player hears from. Without, it is the [`WorldCamera`], else the first camera of three
/// dimensions.
#[derive(Component, Debug, Clone, Copy, PartialEq, Eq, Default, Reflect)]
#[reflect(Component, Default, Clone, PartialEq)]
#[require(Transform)]
pub struct SpeechListener;

/// How voices sound in space.
#[derive(Resource, Debug, Clone, Copy, PartialEq, Reflect)]
#[reflect(Resource, Default, Clone, PartialEq)]
pub struct SpeechSound {
    /// Of all voices, dB: -60 (none) to 12.
    pub volume_db: f32,
    /// What the world's depth hides is softer and duller.
    pub occlusion: bool,
    /// Walls of the world give voices a room.
    pub reverb: bool,
}

impl Default for SpeechSound {
    fn default() -> Self {
        Self { volume_db: 0.0, occlusion: true, reverb: true }
    }
}

/// How somebody is heard at the moment.
pub(super) struct Hearing {
    pub placing: Placing,
    /// 0 (in plain sight) to 1 (hidden): as looked at last, and as heard.
    hidden: f32,
    hidden_heard: f32,
    until_look_secs: f32,
}

impl Default for Hearing {
    fn default() -> Self {
        let placing =
            Placing { mouth: Vec3::ZERO, gain_db: 0.0, cutoff_hz: OPEN_HZ, room_db: -60.0 };
        Self { placing, hidden: 0.0, hidden_heard: 0.0, until_look_secs: 0.0 }
    }
}

/// The room around the listener.
#[derive(Resource)]
pub(super) struct Room {
    until_look_secs: f32,
    next_ray: usize,
    /// Of each ray, how far it went, metres; longer than [`WALL_M`] where nothing was.
    lengths_m: [f32; RAYS],
    /// Seconds in which its sound falls by 60 dB, and its level against a voice at one metre, dB.
    pub reverb_secs: f32,
    pub level_db: f32,
}

const RAYS: usize = 16;

impl Default for Room {
    fn default() -> Self {
        Self {
            until_look_secs: 0.0,
            next_ray: 0,
            lengths_m: [f32::MAX; RAYS],
            reverb_secs: 0.0,
            level_db: -60.0,
        }
    }
}

/// Evenly spread directions (a Fibonacci lattice).
fn direction(at: usize) -> Vec3 {
    let y = 1.0 - (2 * at + 1) as f32 / RAYS as f32;
    let (sin, cos) = (at as f32 * 2.399_963).sin_cos();
    let across = (1.0 - y * y).sqrt();
    Vec3::new(across * cos, y, across * sin)
}

impl Room {
    /// Reverberation time by Sabine and level of a diffuse field, of a room with walls as far away as the
    /// rays went.
    fn weigh(&mut self) {
        let is_wall = |at: &usize| self.lengths_m[*at] <= WALL_M;
        let walls = (0..RAYS).filter(is_wall);
        let (count, sum) =
            walls.fold((0, 0.0), |(count, sum), at| (count + 1, sum + self.lengths_m[at]));
        // A floor alone is no room.
        let around = (0..RAYS).filter(|at| direction(*at).y > FLOOR_Y);
        if around.clone().filter(is_wall).count() * 3 < around.count() {
            (self.reverb_secs, self.level_db) = (0.0, -60.0);
            return;
        }
        let (mean_m, share) = (sum / count as f32, count as f32 / RAYS as f32);
        let takes = WALL_TAKES * share + (1.0 - share);
        let surface_m2 = 4.0 * std::f32::consts::PI * mean_m * mean_m;
        let volume_m3 = surface_m2 * mean_m / 3.0;
        self.reverb_secs = (0.161 * volume_m3 / (surface_m2 * takes)).clamp(0.1, 4.0);
        // Against the straight sound at a metre: 16 π / A.
        let absorbing = surface_m2 * takes / (1.0 - takes).max(0.05);
        self.level_db = 10.0 * (16.0 * std::f32::consts::PI / absorbing).log10();
    }

    fn feedback(&self) -> f64 {
        let falls_db = 60.0 * COMB_SECS / self.reverb_secs.max(0.05);
        f64::from(10f32.powf(-falls_db / 20.0).min(0.97))
    }
}

/// Whose ear it is.
#[derive(SystemParam)]
pub(super) struct Ears<'w, 's> {
    named: Query<'w, 's, &'static GlobalTransform, With<SpeechListener>>,
    world: Query<'w, 's, &'static GlobalTransform, With<WorldCamera>>,
    others: Query<'w, 's, &'static GlobalTransform, With<Camera3d>>,
}

impl Ears<'_, '_> {
    fn place(&self) -> GlobalTransform {
        let named = self.named.iter().next();
        let camera = || self.world.iter().next().or_else(|| self.others.iter().next());
        named.or_else(camera).copied().unwrap_or_default()
    }
}

/// Where the mouth is.
pub(super) fn mouth_of(root: &RootPlace, eyes: Vec3, height_m: f32) -> Vec3 {
    let forward = Vec3::new(root.yaw.sin(), 0.0, root.yaw.cos());
    eyes + height_m * (MOUTH_BEFORE * forward - MOUTH_BELOW * Vec3::Y)
}

/// How a voice arrives: pure of everything but where who is.
fn arrival(mouth: Vec3, forward: Vec3, ear: Vec3, hidden: f32, gain_db: f32) -> (f32, f64) {
    let to_ear = ear - mouth;
    let distance_m = to_ear.length().max(NEAREST_M);
    let behind = 0.5 * (1.0 - forward.dot(to_ear / distance_m).clamp(-1.0, 1.0));
    // Air takes what is high.
    let air_hz = 60_000.0 / (1.0 + 0.05 * f64::from(distance_m));
    let duller = |by: f32, to_hz: f64| (to_hz / OPEN_HZ).powf(f64::from(by));
    let cutoff_hz = OPEN_HZ * duller(behind, BEHIND_HZ) * duller(hidden, HIDDEN_HZ);
    let gain_db =
        gain_db - 20.0 * distance_m.log10() - BEHIND_DB * behind * behind - HIDDEN_DB * hidden;
    (gain_db.clamp(-60.0, 18.0), cutoff_hz.min(air_hz).clamp(200.0, OPEN_HZ))
}

type Heard = (&'static mut SpeechState, &'static AvatarLife, &'static AvatarVoice);

/// Places voices where mouths are.
pub(super) fn hear(
    mut speakers: Query<Heard>,
    ears: Ears,
    world: WorldQuery,
    mut room: ResMut<Room>,
    mut output: ResMut<SpeechOutput>,
    sound: Res<SpeechSound>,
    time: Res<Time>,
) {
    if speakers.iter().all(|(state, ..)| !state.is_busy()) {
        return;
    }
    let delta_secs = time.delta_secs();
    let (_, turn, ear) = ears.place().to_scale_rotation_translation();
    look_around(&mut room, &world, ear, delta_secs);
    let settle = 1.0 - (-SETTLE_PER_SEC * delta_secs).exp();
    for (mut state, life, voice) in &mut speakers {
        if !state.is_busy() {
            continue;
        }
        let root = life.pose().root;
        let mouth = mouth_of(&root, life.eyes(), life.height_m());
        let forward = Vec3::new(root.yaw.sin(), 0.0, root.yaw.cos());
        let SpeechState { hearing, track, .. } = &mut *state;
        hearing.until_look_secs -= delta_secs;
        if hearing.until_look_secs <= 0.0 {
            hearing.until_look_secs = LOOK_EVERY_SECS;
            hearing.hidden = if sound.occlusion { hidden(&world, ear, mouth) } else { 0.0 };
        }
        hearing.hidden_heard += settle * (hearing.hidden - hearing.hidden_heard);
        let (gain_db, cutoff_hz) =
            arrival(mouth, forward, ear, hearing.hidden_heard, voice.gain_db);
        let room_db = match sound.reverb {
            // The room's sound is as loud everywhere in it: what distance took is given back.
            true => (room.level_db + REVERB_DB + voice.gain_db - gain_db).clamp(-60.0, 24.0),
            false => -60.0,
        };
        hearing.placing = Placing { mouth, gain_db, cutoff_hz, room_db };
        if let (Some(mixer), Some(track)) = (&output.mixer, track.as_mut())
            && track.is_of(mixer)
        {
            mixer.place(track, &hearing.placing);
        }
    }
    if let Some(mixer) = &mut output.mixer {
        mixer.set_listener(ear, turn);
        mixer.set_room(room.feedback(), 0.45);
        mixer.set_volume(sound.volume_db.clamp(-60.0, 12.0));
    }
}

/// A few rays a time tell how far walls are.
fn look_around(room: &mut Room, world: &WorldQuery, ear: Vec3, delta_secs: f32) {
    room.until_look_secs -= delta_secs;
    if room.until_look_secs > 0.0 {
        return;
    }
    room.until_look_secs = ROOM_EVERY_SECS;
    for _ in 0..RAYS / 4 {
        let at = room.next_ray;
        room.next_ray = (at + 1) % RAYS;
        room.lengths_m[at] = world.distance(ear, direction(at), WALL_M).unwrap_or(f32::MAX);
    }
    room.weigh();
}

/// How much of the way from a mouth is hidden, 0 to 1.
fn hidden(world: &WorldQuery, ear: Vec3, mouth: Vec3) -> f32 {
    let to_mouth = mouth - ear;
    let aside = to_mouth.cross(Vec3::Y).normalize_or_zero() * AROUND_M;
    let points = [Vec3::ZERO, aside, -aside, Vec3::Y * AROUND_M, Vec3::NEG_Y * AROUND_M];
    let blocked = points.iter().filter(|around| {
        let ray = to_mouth + **around;
        let length_m = ray.length() - SHORT_M;
        length_m > 0.0 && world.ray_cast(ear, ray, length_m).is_some()
    });
    // The straight way counts twice.
    let straight = f32::from(u8::from(
        to_mouth.length() > SHORT_M
            && world.ray_cast(ear, to_mouth, to_mouth.length() - SHORT_M).is_some(),
    ));
    (blocked.count() as f32 + straight) / (points.len() + 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_fade_with_distance_and_dull_behind_things() {
        let forward = Vec3::NEG_Z;
        let front = |metres: f32| arrival(Vec3::ZERO, forward, forward * metres, 0.0, 0.0);
        let (near_db, near_hz) = front(1.0);
        assert!(near_db.abs() < 0.1 && near_hz > 15_000.0, "{near_db} {near_hz}");
        let (far_db, far_hz) = front(10.0);
        assert!((near_db - far_db - 20.0).abs() < 0.1 && far_hz <= near_hz);
        let (behind_db, behind_hz) = arrival(Vec3::ZERO, forward, Vec3::Z, 0.0, 0.0);
        assert!((near_db - behind_db - BEHIND_DB).abs() < 0.1 && behind_hz < 4_000.0);
        let (hidden_db, hidden_hz) = arrival(Vec3::ZERO, forward, forward, 1.0, 0.0);
        assert!((near_db - hidden_db - HIDDEN_DB).abs() < 0.1 && hidden_hz < 1_000.0);
        let (ducked_db, _) = arrival(Vec3::ZERO, forward, forward, 0.0, -18.0);
        assert!((near_db - ducked_db - 18.0).abs() < 0.1);
    }

    #[test]
    fn rooms_sound_as_long_as_they_are_large() {
        let of = |lengths_m: [f32; RAYS]| {
            let mut room = Room { lengths_m, ..Room::default() };
            room.weigh();
            room
        };
        let (small, hall) = (of([2.0; RAYS]), of([15.0; RAYS]));
        assert!((0.3..0.8).contains(&small.reverb_secs), "{}", small.reverb_secs);
        assert!(hall.reverb_secs > 3.0 * small.reverb_secs && hall.level_db < small.level_db);
        assert!(hall.feedback() > small.feedback() && hall.feedback() < 1.0);
        let field =
            of(std::array::from_fn(|at| if direction(at).y < -0.1 { 2.0 } else { f32::MAX }));
        assert_eq!(field.level_db, -60.0, "a floor alone is no room");
        let yard = of(std::array::from_fn(|at| if at < 5 { f32::MAX } else { 8.0 }));
        assert!(yard.level_db > -60.0);
        assert!(yard.reverb_secs < of([8.0; RAYS]).reverb_secs);
    }

    #[test]
    fn rays_go_everywhere() {
        let sum: Vec3 = (0..RAYS).map(direction).sum();
        assert!(sum.length() < 0.5, "{sum}");
    }
}
