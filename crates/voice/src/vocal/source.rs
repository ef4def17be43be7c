//! When voice and breath sound, how strong, and how high.

use crate::network::FRAME_SECS;
use crate::synth::Noise;
use reverie_behavior::{Call, Vocal, VocalKind};
use std::f32::consts::PI;

/// A sound's length differs by this part from time to time where nobody says it.
const LENGTH_SPREAD: f32 = 0.08;
/// Voice of a call rises and falls within this, seconds.
const ATTACK_SECS: f32 = 0.022;
const RELEASE_SECS: f32 = 0.05;
/// Breath of a call comes before its voice by so much, and ends so long after it began, seconds.
const ONSET_SECS: [f32; 2] = [0.075, 0.03];
/// Lowest and highest pitch of these sounds, Hz.
const PITCH_HZ: [f32; 2] = [60.0, 620.0];

/// What a throat filters, frame by frame.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub vocal: Vocal,
    /// Pitch of each frame, Hz.
    pub pitch_hz: Vec<f32>,
    /// Strength of the voice, 1 as in speech.
    pub voice: Vec<f32>,
    /// Strength of breath going out and coming in, 1 as loud as the voice of speech.
    pub outward: Vec<f32>,
    pub inward: Vec<f32>,
}

/// How somebody makes these sounds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Temper {
    /// Median pitch of speech, Hz.
    pub pitch_hz: f32,
    /// How far pitch moves about, 1 as recorded.
    pub range: f32,
    /// 0 to 1.
    pub strength: f32,
}

impl Source {
    /// Plans a sound of so many seconds, or of about its usual length.
    pub fn new(kind: VocalKind, secs: Option<f32>, temper: Temper, noise: Noise) -> Self {
        let draw = |part: u32| noise.even(0x5000_0000 | part);
        let secs = secs.unwrap_or_else(|| kind.usual_secs() * (1.0 + LENGTH_SPREAD * draw(0)));
        let bounds = kind.bounds_secs();
        let frames = (secs.clamp(*bounds.start(), *bounds.end()) / FRAME_SECS).round() as usize;
        let end_secs = frames as f32 * FRAME_SECS;
        let vocal = Vocal {
            kind,
            start_secs: 0.0,
            end_secs,
            strength: temper.strength,
            calls: kind.usual_calls(end_secs),
            variant: (128.0 + 127.0 * draw(1)) as u8,
        };
        let silent = || vec![0.0; frames];
        let mut source = Self {
            vocal,
            pitch_hz: vec![temper.pitch_hz.clamp(PITCH_HZ[0], PITCH_HZ[1]); frames],
            voice: silent(),
            outward: silent(),
            inward: silent(),
        };
        match kind {
            VocalKind::Laugh | VocalKind::Chuckle => source.laugh(temper, noise),
            VocalKind::Sigh => source.sigh(temper, noise),
            VocalKind::Breath => source.breathe_in(0.0, end_secs, 0.085, 0.55),
            VocalKind::Gasp => source.breathe_in(0.0, end_secs, 0.22, 0.3),
        }
        source
    }

    pub fn frames(&self) -> usize {
        self.pitch_hz.len()
    }

    /// The highest pitch while there is voice, Hz.
    pub fn highest_pitch_hz(&self) -> f32 {
        let voiced = self.pitch_hz.iter().zip(&self.voice).filter(|(_, voice)| **voice > 0.05);
        let highest = voiced.map(|(hz, _)| *hz).fold(0.0, f32::max);
        if highest > 0.0 { highest } else { self.pitch_hz.first().copied().unwrap_or(PITCH_HZ[0]) }
    }

    fn laugh(&mut self, temper: Temper, noise: Noise) {
        let chuckles = self.vocal.kind == VocalKind::Chuckle;
        let (loud, breath) = if chuckles { (0.5, 0.05) } else { (1.8, 0.13) };
        let strength = 0.6 + 0.4 * temper.strength;
        let calls: Vec<Call> = self.vocal.calls().collect();
        for (number, call) in (0_u32..).zip(&calls) {
            let off = noise.even(0x5100_0000 | number);
            for frame in frames_of(call.start_secs - 0.15, call.start_secs + call.secs + 0.15) {
                let Some(voice) = self.voice.get_mut(frame) else { break };
                let t = frame_secs(frame) - call.start_secs;
                *voice += loud * strength * call.level * sounding(t, call.secs);
                let before = ONSET_SECS[0].min(call.start_secs);
                let puff = hump((t + before) / (before + ONSET_SECS[1]));
                let trail = 0.45 * hump((t - 0.6 * call.secs) / (0.5 * call.secs + 0.08));
                self.outward[frame] += breath * strength * call.level.sqrt() * puff.max(trail);
            }
            // Pitch goes on between the calls, unheard, so that each begins where its voice does.
            let from = calls
                .get(number.wrapping_sub(1) as usize)
                .map_or(0.0, |before| 0.5 * (before.start_secs + before.secs + call.start_secs));
            let frames = self.pitch_hz.len();
            for frame in frames_of(from, self.vocal.end_secs).take_while(|f| *f < frames) {
                let x = ((frame_secs(frame) - call.start_secs) / call.secs).clamp(-0.3, 1.3);
                let semitones = laugh_semitones(call.place, x, off, chuckles);
                let hz = temper.pitch_hz * (semitones * temper.range.sqrt() / 12.0).exp2();
                self.pitch_hz[frame] = hz.clamp(PITCH_HZ[0], PITCH_HZ[1]);
            }
        }
        if !chuckles {
            let (from, to) = (self.vocal.bout_secs() + 0.04, self.vocal.end_secs - 0.03);
            self.breathe_in(from, to, 0.1 * strength, 0.5);
        }
    }

    fn sigh(&mut self, temper: Temper, noise: Noise) {
        let secs = self.vocal.end_secs;
        let strength = 0.6 + 0.4 * temper.strength;
        self.breathe_in(0.0, 0.34 * secs, 0.075 * strength, 0.6);
        let (from, out_secs) = (0.38 * secs, 0.6 * secs);
        let wobble = noise.even(0x5200_0000);
        for frame in 0..self.frames() {
            let x = (frame_secs(frame) - from) / out_secs;
            if !(0.0..1.0).contains(&x) {
                continue;
            }
            // The chest falls: most of the breath at first, the voice gives out before it.
            let rise = smooth(x / 0.12);
            self.outward[frame] = 0.12 * strength * rise * (1.0 - x).powf(1.4);
            self.voice[frame] =
                0.34 * strength * smooth(x / 0.16) * (1.0 - smooth((x - 0.12) / 0.5));
            let semitones = 2.0 + 0.8 * wobble - 7.0 * x;
            let hz = temper.pitch_hz * (semitones / 12.0).exp2();
            self.pitch_hz[frame] = hz.clamp(PITCH_HZ[0], PITCH_HZ[1]);
        }
    }

    /// A breath in that is strongest after a part of its time.
    fn breathe_in(&mut self, from_secs: f32, to_secs: f32, level: f32, peak: f32) {
        let secs = (to_secs - from_secs).max(FRAME_SECS);
        let frames = self.frames();
        for frame in frames_of(from_secs, to_secs).take_while(|frame| *frame < frames) {
            let x = (frame_secs(frame) - from_secs) / secs;
            let rise = smooth(x / peak);
            let fall = 1.0 - smooth((x - peak) / (1.0 - peak));
            self.inward[frame] += level * rise.powf(1.5) * fall;
        }
    }
}

/// How far a call is above the pitch of speech, at a part of it (0 to 1): calls climb to the second or third
/// and then come down, and each falls from its first third on.
fn laugh_semitones(place: f32, x: f32, off: f32, chuckles: bool) -> f32 {
    let bout = (PI * (0.18 + 0.82 * place)).sin() * 3.5 - 3.0 * place;
    let call = 1.6 * (PI * (x + 0.3) / 1.6).sin() - 2.6 * x.max(0.0);
    let above = if chuckles { 4.0 } else { 7.5 };
    above + bout + call + 0.8 * off
}

/// Voice of a call at a time from its beginning.
fn sounding(t: f32, secs: f32) -> f32 {
    smooth(t / ATTACK_SECS) * (1.0 - smooth((t - secs + RELEASE_SECS) / RELEASE_SECS))
}

/// From 0 to 1 without corners.
fn smooth(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// From 0 over 1 to 0.
fn hump(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    let y = 4.0 * x * (1.0 - x);
    y * y
}

/// The middle of a frame, seconds.
fn frame_secs(frame: usize) -> f32 {
    (frame as f32 + 0.5) * FRAME_SECS
}

fn frames_of(from_secs: f32, to_secs: f32) -> impl Iterator<Item = usize> {
    (from_secs.max(0.0) / FRAME_SECS) as usize..(to_secs.max(0.0) / FRAME_SECS).ceil() as usize
}
