//! The recorder's thread: pictures become episodes, and episodes files.

use super::{Captured, RecordedConditions, RecorderSettings, capture::row_bytes};
use bevy::math::{Mat4, Quat, UVec2, Vec2};
use reverie_simulator::dataset::{
    Channel, DatasetError, DatasetOptions, DatasetWriter, EpisodeEncoder, EpisodeMeta,
    FIRST_HELD_OUT_SEED, FrameData, Generator, MANIFEST_FILE, Manifest,
};
use reverie_world_model::{Action, Embodiment, Intrinsics, MAX_LOOK_RPS, MAX_MOVE_MPS, Pose};
use std::{collections::BTreeMap, path::PathBuf};

const CHANNELS: [Channel; 2] = [Channel::Rgb, Channel::Depth];
/// A part of a recording with fewer frames shows nothing that moves, and is left out.
const FEWEST_FRAMES: u64 = 2;
/// Episodes that a folder may get beyond those it has, while nobody knows how many there will be.
const MORE_EPISODES: u64 = 1 << 20;

/// What the game says of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// What was done since the picture before; `None` is read off the camera's way.
    pub action: Option<Action>,
    pub conditions: RecordedConditions,
    /// What the world was made from.
    pub seed: u64,
    /// Which stretch of the recording this is: another one is another episode.
    pub stretch: u64,
}

/// A picture to write; `None` when everything was sent.
pub(super) type Request = Option<(Captured, Sample)>;

pub(super) enum Response {
    /// A frame was taken; its buffer is free again.
    Taken {
        bytes: Vec<u8>,
        written: Written,
    },
    Finished(Written),
    /// Nothing more can be written.
    Failed(String),
}

/// What lies on the disk, of this recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Written {
    pub episodes: u64,
    pub frames: u64,
}

/// A recording's files.
pub(super) struct Writing {
    options: DatasetOptions,
    folder: PathBuf,
    frames_per_episode: u64,
    writer: Option<DatasetWriter>,
    episode: Option<OpenEpisode>,
    rgb: Vec<u8>,
    depth_m: Vec<f32>,
    written: Written,
}

struct OpenEpisode {
    encoder: EpisodeEncoder,
    intrinsics: Intrinsics,
    stretch: u64,
    frames: u64,
    /// Number and pose of its newest frame.
    last: (u64, Pose),
}

impl Writing {
    /// Opens the folder, which is new, empty or holds earlier recordings with the same settings.
    pub fn open(settings: &RecorderSettings) -> Result<Self, DatasetError> {
        let folder = settings.folder.clone();
        let there = match folder.join(MANIFEST_FILE).exists() {
            true => Manifest::read(&folder)?.episodes,
            false => 0,
        };
        let options = DatasetOptions {
            generator: Generator {
                name: "bevy_reverie".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                fingerprint: "recorder-1".to_owned(),
            },
            domain: settings.domain.clone(),
            held_out: settings.seed >= FIRST_HELD_OUT_SEED,
            parameters: BTreeMap::new(),
            tick_hz: settings.frame_hz,
            size: settings.size.into(),
            channels: CHANNELS.to_vec(),
            classes: BTreeMap::new(),
            episodes: there + MORE_EPISODES,
            // Every episode is a whole file as soon as it is over: nothing that happens later harms it.
            episodes_per_shard: 1,
        };
        let writer = Some(DatasetWriter::open(&folder, &options)?);
        Ok(Self {
            options,
            folder,
            frames_per_episode: u64::from(settings.frames_per_episode.max(2)),
            writer,
            episode: None,
            rgb: Vec::new(),
            depth_m: Vec::new(),
            written: Written::default(),
        })
    }

    pub fn answer(&mut self, request: Request) -> Response {
        match request {
            Some((captured, sample)) => match self.frame(&captured, &sample) {
                Ok(()) => Response::Taken { bytes: captured.bytes, written: self.written },
                Err(error) => Response::Failed(error.to_string()),
            },
            None => match self.finish() {
                Ok(()) => Response::Finished(self.written),
                Err(error) => Response::Failed(error.to_string()),
            },
        }
    }

    fn frame(&mut self, captured: &Captured, sample: &Sample) -> Result<(), DatasetError> {
        let intrinsics = intrinsics(&captured.clip_from_view, captured.size)?;
        let Captured { number, pose, .. } = *captured;
        let goes_on = self.episode.as_ref().is_some_and(|open| {
            // A picture that was missed would make the step before this one twice as long.
            open.stretch == sample.stretch
                && open.intrinsics == intrinsics
                && open.last.0 + 1 == number
        });
        if !goes_on {
            self.close()?;
        }
        self.unpack(captured);
        let mut open = match self.episode.take() {
            Some(mut open) => {
                let given = sample.action.filter(|action| action.validate().is_ok());
                let action =
                    given.unwrap_or_else(|| between(&open.last.1, &pose, self.options.tick_hz));
                open.encoder.transition(&action, &[], None)?;
                open
            }
            None => {
                let meta = EpisodeMeta {
                    seed: sample.seed,
                    domain: self.options.domain.clone(),
                    embodiment: Embodiment::Free,
                    tick_hz: self.options.tick_hz,
                    intrinsics,
                    policy: None,
                };
                let encoder = EpisodeEncoder::new(meta, &CHANNELS)?;
                let (stretch, last) = (sample.stretch, (number, pose));
                OpenEpisode { encoder, intrinsics, stretch, frames: 0, last }
            }
        };
        let conditions = sample.conditions.to_value();
        open.encoder.frame(&FrameData {
            pose,
            conditions: Some(&conditions),
            rgb: Some(&self.rgb),
            depth_m: Some(&self.depth_m),
            ..FrameData::default()
        })?;
        (open.frames, open.last) = (open.frames + 1, (number, pose));
        let full = open.frames >= self.frames_per_episode;
        self.episode = Some(open);
        if full { self.close() } else { Ok(()) }
    }

    /// Writes the episode that is under way.
    fn close(&mut self) -> Result<(), DatasetError> {
        let Some(open) = self.episode.take().filter(|open| open.frames >= FEWEST_FRAMES) else {
            return Ok(());
        };
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer.push(&open.encoder.finish()?)?;
        self.written.episodes += 1;
        self.written.frames += open.frames;
        Ok(())
    }

    /// Writes what there is, and into the manifest that this is all.
    fn finish(&mut self) -> Result<(), DatasetError> {
        self.close()?;
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let episodes = writer.manifest().episodes;
        // The folder's lock is let go of first.
        drop(writer);
        if episodes > 0 {
            let options = DatasetOptions { episodes, ..self.options.clone() };
            DatasetWriter::open(&self.folder, &options)?;
        }
        Ok(())
    }

    /// Rows as they were copied to colours and metres.
    fn unpack(&mut self, captured: &Captured) {
        let Captured { size, bytes, clip_from_view, .. } = captured;
        let row = row_bytes(size.x) as usize;
        let used = 4 * size.x as usize;
        let mut rows = bytes.chunks_exact(row).map(|row| &row[..used]);
        self.rgb.clear();
        for row in rows.by_ref().take(size.y as usize) {
            self.rgb.extend(row.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]));
        }
        // z and w of the clip position are linear in the depth: see `metres`.
        self.depth_m.clear();
        for row in rows {
            let values = row.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            self.depth_m.extend(values.map(|depth| metres(depth, clip_from_view)));
        }
    }
}

impl Drop for Writing {
    /// A game that ends in the middle of a recording keeps it.
    fn drop(&mut self) {
        // Nobody is there any more who could be told.
        let _ = self.finish();
    }
}

/// Distance along the view axis of what a perspective projection gave this depth.
fn metres(depth: f32, clip_from_view: &Mat4) -> f32 {
    // Bevy's depth is reversed: nothing at all has the depth 0.
    if depth <= 0.0 {
        return f32::INFINITY;
    }
    let distance = clip_from_view.w_axis.z / (depth + clip_from_view.z_axis.z);
    if distance.is_finite() { distance.max(0.0) } else { f32::INFINITY }
}

/// The camera of a projection.
fn intrinsics(clip_from_view: &Mat4, size: UVec2) -> Result<Intrinsics, DatasetError> {
    let half = 0.5 * size.as_vec2();
    let (x, y, z) = (clip_from_view.x_axis, clip_from_view.y_axis, clip_from_view.z_axis);
    if z.w != -1.0 {
        let (field, problem) = ("camera".to_owned(), "is not a perspective one".to_owned());
        return Err(DatasetError::Invalid { field, problem });
    }
    Ok(Intrinsics {
        width: size.x,
        height: size.y,
        fx: x.x * half.x,
        fy: y.y * half.y,
        cx: half.x * (1.0 - z.x),
        cy: half.y * (1.0 + z.y),
    })
}

/// The command that takes a free camera from one pose to another in one tick.
fn between(from: &Pose, to: &Pose, tick_hz: f32) -> Action {
    let moved = from.rotation.inverse() * (to.position - from.position) * tick_hz;
    let heading = |rotation: Quat| {
        let forward = rotation * -bevy::math::Vec3::Z;
        (f32::atan2(-forward.x, -forward.z), forward.y.clamp(-1.0, 1.0).asin())
    };
    let ((yaw, pitch), (new_yaw, new_pitch)) = (heading(from.rotation), heading(to.rotation));
    let turn = (new_yaw - yaw + std::f32::consts::PI).rem_euclid(std::f32::consts::TAU)
        - std::f32::consts::PI;
    let look = Vec2::new(turn, new_pitch - pitch) * tick_hz;
    let forwards = bevy::math::Vec3::new(moved.x, moved.y, -moved.z);
    Action {
        // A camera that was put elsewhere is faster than any action.
        move_mps: forwards.clamp_length_max(MAX_MOVE_MPS),
        look_rps: look.clamp(Vec2::splat(-MAX_LOOK_RPS), Vec2::splat(MAX_LOOK_RPS)),
        interact: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::math::Vec3;
    use reverie_world_model::{EmbodimentState, OpenSpace};

    #[test]
    fn an_action_leads_from_pose_to_pose() {
        let from = Pose::from_yaw_pitch_roll(Vec3::new(1.0, 2.0, 3.0), 3.1, 0.2, 0.0);
        let mut body = EmbodimentState::new(Embodiment::Free, from);
        let done = Action {
            move_mps: Vec3::new(0.5, -0.2, 2.0),
            look_rps: Vec2::new(0.9, -0.3),
            interact: false,
        };
        body.advance(&done, 1.0 / 12.0, &OpenSpace);
        let found = between(&from, &body.pose(), 12.0);
        assert!(found.look_rps.abs_diff_eq(done.look_rps, 1e-3), "{found:?}");
        // A body turns before it moves, so the way is that of the new heading.
        let turn = from.rotation.inverse() * body.pose().rotation;
        let (m, there) = (done.move_mps, found.move_mps);
        let expected = turn * Vec3::new(m.x, m.y, -m.z);
        assert!(Vec3::new(there.x, there.y, -there.z).abs_diff_eq(expected, 1e-2), "{found:?}");
        let far = Pose { position: Vec3::splat(1e6), ..from };
        assert!(between(&from, &far, 12.0).validate().is_ok());
    }

    #[test]
    fn depths_become_metres_with_and_without_a_far_plane() {
        let infinite = Mat4::perspective_infinite_reverse_rh(1.2, 1.5, 0.1);
        // Near and far exchanged: reversed, with a far plane.
        let finite = Mat4::perspective_rh(1.2, 1.5, 300.0, 0.1);
        for (clip_from_view, z) in
            [(infinite, 0.1), (infinite, 7.0), (infinite, 250.0), (finite, 0.1), (finite, 7.0)]
        {
            let depth = clip_from_view.project_point3(Vec3::new(0.0, 0.0, -z)).z;
            let found = metres(depth, &clip_from_view);
            assert!((found / z - 1.0).abs() < 1e-3, "{z} m became {found}");
        }
        assert_eq!(metres(0.0, &infinite), f32::INFINITY);
    }

    #[test]
    fn the_camera_is_read_off_its_projection() {
        let clip = Mat4::perspective_infinite_reverse_rh(std::f32::consts::FRAC_PI_2, 1.6, 0.1);
        let camera = intrinsics(&clip, UVec2::new(160, 100)).expect("a perspective");
        assert!((camera.vertical_fov_rad() - std::f32::consts::FRAC_PI_2).abs() < 1e-5);
        assert!((camera.fx / camera.fy - 1.0).abs() < 1e-5 && camera.cx == 80.0);
        let flat = Mat4::orthographic_rh(-1.0, 1.0, -1.0, 1.0, 0.1, 10.0);
        let error = intrinsics(&flat, UVec2::new(160, 100)).expect_err("flat");
        assert_eq!(error.to_string(), "camera: is not a perspective one");
    }
}
