//! One episode, encoded.

use super::channel::Packer;
use super::error::invalid;
use super::{Channel, DatasetError};
use half::f16;
use reverie_world_model::{
    Action, Embodiment, Intrinsics, MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, Pose, WorldEvent,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most frames of an episode.
const MAX_FRAMES: u64 = 1 << 20;
/// Most bytes that the unpacked channels of an episode may have: an episode is kept in memory until
/// it is whole.
const MAX_RAW_BYTES: u64 = 8 << 30;

/// What holds for a whole episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpisodeMeta {
    /// What the world was made from; decides whether the episode is held out.
    pub seed: u64,
    /// The kind of world, for example `city`.
    pub domain: String,
    /// How actions move the camera.
    pub embodiment: Embodiment,
    /// Frames a second.
    pub tick_hz: f32,
    /// The camera.
    pub intrinsics: Intrinsics,
    /// The policy that steers, in an attempt at a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

/// Conditions that begin to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionsFrom {
    /// The first frame under them.
    pub frame: u64,
    /// Weather, strength, hour and what else there is: an object.
    pub conditions: Value,
}

/// An event between two frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventAt {
    /// It happened in the transition from this frame to the next, before the action.
    pub frame: u64,
    /// What happened.
    pub event: WorldEvent,
}

/// Something that can be heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundAt {
    /// The frame it is heard in.
    pub frame: u64,
    /// What it is and where: an object.
    pub sound: Value,
}

/// Blobs of a channel in an episode.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Blobs {
    /// Where the first one begins among the blobs of the episode.
    pub(super) offset: u64,
    /// Their lengths, by frame; they follow one another.
    pub(super) bytes: Vec<u64>,
}

/// An episode without its pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpisodeRecord {
    /// What holds for all of it.
    pub meta: EpisodeMeta,
    /// Number of frames.
    pub frames: u64,
    /// `world_from_view` of each frame: position (x, y, z) in metres, rotation (x, y, z, w).
    pub poses: Vec<[f32; 7]>,
    /// Action of each transition: velocity (right, up, forward) in m/s, turn (yaw left, pitch up)
    /// in rad/s, "use" (0 or 1).
    pub actions: Vec<[f32; 6]>,
    /// Conditions, from the frames on from which they hold.
    pub conditions: Vec<ConditionsFrom>,
    /// Events, in order.
    pub events: Vec<EventAt>,
    /// Sounds, in order.
    pub sounds: Vec<SoundAt>,
    /// State of the task in each frame; empty when there is no task.
    pub tasks: Vec<Value>,
    /// Where the channels' blobs are.
    pub(super) channels: BTreeMap<Channel, Blobs>,
}

/// Everything about one frame; channels that are not recorded may be left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrameData<'a> {
    /// Where the camera is: `world_from_view`.
    pub pose: Pose,
    /// Conditions, an object; `None` when they are as before.
    pub conditions: Option<&'a Value>,
    /// What is heard: objects.
    pub sounds: &'a [Value],
    /// State of the task; in all frames or in none.
    pub task: Option<&'a Value>,
    /// sRGB, rows from the top.
    pub rgb: Option<&'a [u8]>,
    /// Metres along the view axis, infinite for sky, 0 where not known.
    pub depth_m: Option<&'a [f32]>,
    /// World-space normals times 127.
    pub normal: Option<&'a [[i8; 3]]>,
    /// Class numbers.
    pub class: Option<&'a [u8]>,
    /// Object numbers.
    pub instance: Option<&'a [u32]>,
}

/// An episode ready to be written.
#[derive(Debug, Clone)]
pub struct EncodedEpisode {
    pub(super) seed: u64,
    pub(super) frames: u64,
    pub(super) size: [u32; 2],
    pub(super) tick_hz: f32,
    pub(super) domain: String,
    pub(super) channels: Vec<Channel>,
    pub(super) record: Vec<u8>,
    pub(super) blobs: Vec<u8>,
}

impl EncodedEpisode {
    /// Bytes it will take on disk, without its share of the index.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.record.len() + self.blobs.len()) as u64
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }
}

/// Takes frames and transitions in turn, beginning and ending with a frame.
#[derive(Debug)]
pub struct EpisodeEncoder {
    record: EpisodeRecord,
    channels: Vec<Channel>,
    /// Blobs and their lengths by channel, in the order of `channels`.
    blobs: Vec<Vec<u8>>,
    lengths: Vec<Vec<u64>>,
    packer: Packer,
    pixels: usize,
    raw_bytes: u64,
}

impl EpisodeEncoder {
    /// An episode without frames that will hold these channels.
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] for a camera, a tick rate or a name that makes no sense.
    pub fn new(meta: EpisodeMeta, channels: &[Channel]) -> Result<Self, DatasetError> {
        meta.intrinsics.validate().map_err(|e| invalid("intrinsics", e.to_string()))?;
        let (width, height) = (meta.intrinsics.width, meta.intrinsics.height);
        let pixels = u64::from(width) * u64::from(height);
        if width.max(height) > MAX_PICTURE_SIDE || pixels > MAX_PICTURE_PIXELS {
            return Err(invalid("intrinsics", format!("{width}x{height} pixels are too many")));
        }
        if !(meta.tick_hz > 0.0 && meta.tick_hz <= 1000.0) {
            return Err(invalid("tick_hz", format!("{} is not within 0 to 1000", meta.tick_hz)));
        }
        let mut channels = channels.to_vec();
        channels.sort_unstable();
        channels.dedup();
        let record = EpisodeRecord {
            meta,
            frames: 0,
            poses: Vec::new(),
            actions: Vec::new(),
            conditions: Vec::new(),
            events: Vec::new(),
            sounds: Vec::new(),
            tasks: Vec::new(),
            channels: BTreeMap::new(),
        };
        Ok(Self {
            record,
            blobs: vec![Vec::new(); channels.len()],
            lengths: vec![Vec::new(); channels.len()],
            channels,
            packer: Packer::default(),
            pixels: pixels as usize,
            raw_bytes: 0,
        })
    }

    /// Adds a frame: the first one, or the one that the last transition led to.
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] when it is not a frame's turn, a channel is missing or has another
    /// size, the pose makes no sense, or the episode grows too large.
    pub fn frame(&mut self, frame: &FrameData<'_>) -> Result<(), DatasetError> {
        let at = self.record.frames;
        if at != self.record.actions.len() as u64 {
            return Err(invalid("frame", "a transition has to come first"));
        }
        if at >= MAX_FRAMES {
            return Err(invalid("frame", format!("an episode has at most {MAX_FRAMES} frames")));
        }
        if at > 0 && frame.task.is_some() == self.record.tasks.is_empty() {
            return Err(invalid("task", "is there in some frames only"));
        }
        frame.pose.validate().map_err(|e| invalid(format!("pose.{}", e.field), e.problem))?;
        for index in 0..self.channels.len() {
            let channel = self.channels[index];
            if !channel.per_transition() {
                self.check(channel, frame)?;
            }
        }
        for index in 0..self.channels.len() {
            let channel = self.channels[index];
            if !channel.per_transition() {
                self.load(channel, frame);
                self.pack(index);
            }
        }
        let (p, r) = (frame.pose.position.to_array(), frame.pose.rotation.to_array());
        self.record.poses.push([p[0], p[1], p[2], r[0], r[1], r[2], r[3]]);
        if let Some(conditions) = frame.conditions
            && self.record.conditions.last().is_none_or(|c| c.conditions != *conditions)
        {
            let conditions = conditions.clone();
            self.record.conditions.push(ConditionsFrom { frame: at, conditions });
        }
        let sounds = frame.sounds.iter().map(|s| SoundAt { frame: at, sound: s.clone() });
        self.record.sounds.extend(sounds);
        self.record.tasks.extend(frame.task.cloned());
        self.record.frames += 1;
        self.check_growth()
    }

    /// Adds what leads from the last frame to the next: events, then the action, and where the
    /// last frame's pixels go (right and down, pixels; NaN for out of sight).
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] when it is not a transition's turn, the flow is missing or has
    /// another size, or the action or an event makes no sense.
    pub fn transition(
        &mut self,
        action: &Action,
        events: &[WorldEvent],
        flow: Option<&[[f32; 2]]>,
    ) -> Result<(), DatasetError> {
        if self.record.actions.len() as u64 + 1 != self.record.frames {
            return Err(invalid("transition", "a frame has to come first"));
        }
        action.validate().map_err(|e| invalid("action", e.to_string()))?;
        for event in events {
            event.validate().map_err(|e| invalid("event", e.to_string()))?;
        }
        if let Some(index) = self.channels.iter().position(|c| *c == Channel::Flow) {
            let flow = flow.ok_or_else(|| invalid("flow", "is missing"))?;
            self.check_length(Channel::Flow, 2 * flow.len())?;
            self.packer.halves.clear();
            self.packer.halves.extend(flow.iter().flatten().map(|v| half_bits(*v)));
            self.pack(index);
        }
        let frame = self.record.frames - 1;
        let events = events.iter().map(|event| EventAt { frame, event: event.clone() });
        self.record.events.extend(events);
        let (v, w) = (action.move_mps, action.look_rps);
        let interact = f32::from(u8::from(action.interact));
        self.record.actions.push([v.x, v.y, v.z, w.x, w.y, interact]);
        Ok(())
    }

    /// The finished episode.
    ///
    /// # Errors
    /// [`DatasetError::Invalid`] when it has no frame or ends with a transition.
    pub fn finish(mut self) -> Result<EncodedEpisode, DatasetError> {
        if self.record.actions.len() as u64 + 1 != self.record.frames {
            return Err(invalid("episode", "has to end with a frame"));
        }
        let mut blobs = Vec::with_capacity(self.blobs.iter().map(Vec::len).sum());
        for ((channel, packed), bytes) in
            self.channels.iter().zip(&self.blobs).zip(std::mem::take(&mut self.lengths))
        {
            self.record.channels.insert(*channel, Blobs { offset: blobs.len() as u64, bytes });
            blobs.extend_from_slice(packed);
        }
        let record = serde_json::to_vec(&self.record)
            .map_err(|e| invalid("episode", format!("cannot be written as JSON: {e}")))?;
        let meta = &self.record.meta;
        Ok(EncodedEpisode {
            seed: meta.seed,
            frames: self.record.frames,
            size: [meta.intrinsics.width, meta.intrinsics.height],
            tick_hz: meta.tick_hz,
            domain: meta.domain.clone(),
            channels: self.channels,
            record,
            blobs,
        })
    }

    fn check(&self, channel: Channel, frame: &FrameData<'_>) -> Result<(), DatasetError> {
        let length = match channel {
            Channel::Rgb => frame.rgb.map(<[u8]>::len),
            Channel::Depth => frame.depth_m.map(<[f32]>::len),
            Channel::Normal => frame.normal.map(|v| 3 * v.len()),
            Channel::Class => frame.class.map(<[u8]>::len),
            Channel::Instance => frame.instance.map(<[u32]>::len),
            Channel::Flow => return Ok(()),
        };
        let length = length.ok_or_else(|| invalid(channel.name(), "is missing"))?;
        self.check_length(channel, length)?;
        let wrong = |d: &f32| d.is_nan() || *d < 0.0;
        match frame.depth_m.and_then(|depth| depth.iter().find(|d| wrong(d))) {
            Some(depth_m) if channel == Channel::Depth => {
                Err(invalid("depth", format!("{depth_m} m is no depth")))
            }
            _ => Ok(()),
        }
    }

    fn check_length(&self, channel: Channel, found: usize) -> Result<(), DatasetError> {
        let expected = self.pixels * channel.components();
        if found == expected {
            return Ok(());
        }
        let problem = format!("has {found} values, expected {expected}");
        Err(invalid(channel.name(), problem))
    }

    /// Copies a channel that was checked into the packer.
    fn load(&mut self, channel: Channel, frame: &FrameData<'_>) {
        let packer = &mut self.packer;
        match channel {
            Channel::Rgb => {
                packer.bytes.clear();
                packer.bytes.extend_from_slice(frame.rgb.unwrap_or_default());
            }
            Channel::Depth => {
                packer.halves.clear();
                let depth = frame.depth_m.unwrap_or_default().iter();
                // Not 1/0 for what lies right before the lens: that means "not known".
                packer.halves.extend(depth.map(|d| match 1.0 / (d + 0.0) {
                    known if known.is_finite() => half_bits(known.min(65504.0)),
                    unknown => half_bits(unknown),
                }));
            }
            Channel::Normal => {
                packer.bytes.clear();
                let normals = frame.normal.unwrap_or_default().iter().flatten();
                packer.bytes.extend(normals.map(|v| v.cast_unsigned()));
            }
            Channel::Class => {
                packer.bytes.clear();
                packer.bytes.extend_from_slice(frame.class.unwrap_or_default());
            }
            Channel::Instance => {
                packer.words.clear();
                packer.words.extend_from_slice(frame.instance.unwrap_or_default());
            }
            Channel::Flow => {}
        }
    }

    fn pack(&mut self, index: usize) {
        let channel = self.channels[index];
        let width = self.record.meta.intrinsics.width as usize;
        let bytes = self.packer.pack(channel, width, &mut self.blobs[index]);
        self.lengths[index].push(bytes as u64);
        self.raw_bytes += (self.pixels * channel.components() * channel.value_bytes()) as u64;
    }

    fn check_growth(&self) -> Result<(), DatasetError> {
        if self.raw_bytes <= MAX_RAW_BYTES {
            return Ok(());
        }
        let most = MAX_RAW_BYTES >> 30;
        Err(invalid("episode", format!("has more than {most} GiB of pixels")))
    }
}

/// A number in 16 bits; what is too large for them becomes their largest, and there is one NaN only.
fn half_bits(value: f32) -> u16 {
    if value.is_nan() {
        return f16::NAN.to_bits();
    }
    let value = if value.is_finite() { value.clamp(-65504.0, 65504.0) } else { value };
    f16::from_f32(value).to_bits()
}
