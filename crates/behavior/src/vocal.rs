//! Sounds of the voice that are no words, and how laughter is laid out in time.
//!
//! Sound and body take the same calls from here, so that a jaw opens when its call is heard. Laughter
//! comes in bouts of calls, four to five a second, each 75 to 130 ms of voice, the later ones weaker and
//! shorter, and ends with a breath in (Provine 2000; Bachorowski, Smoski & Owren 2001).

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Most [`Vocal::calls`].
pub const MAX_CALLS: u8 = 40;
/// More calls a second nobody laughs; of what has more, some are left out.
const MAX_CALLS_PER_SEC: f32 = 7.0;

/// A sound that is no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VocalKind {
    /// A bout of laughter and the breath after it.
    Laugh,
    /// A few soft calls with hardly open lips.
    Chuckle,
    /// A deep breath in, and a long one out.
    Sigh,
    /// A breath in that can be heard.
    Breath,
    /// A quick breath in, of surprise.
    Gasp,
}

impl VocalKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Laugh, Self::Chuckle, Self::Sigh, Self::Breath, Self::Gasp];

    /// How long it lasts where nobody says it, seconds.
    pub const fn usual_secs(self) -> f32 {
        match self {
            Self::Laugh => 1.9,
            Self::Chuckle => 0.75,
            Self::Sigh => 1.7,
            Self::Breath => 0.4,
            Self::Gasp => 0.4,
        }
    }

    /// How long it may last where somebody says it, seconds.
    pub const fn bounds_secs(self) -> RangeInclusive<f32> {
        match self {
            Self::Laugh => 0.8..=6.0,
            Self::Chuckle => 0.4..=3.0,
            Self::Sigh => 0.8..=4.0,
            Self::Breath => 0.2..=1.5,
            Self::Gasp => 0.2..=1.0,
        }
    }

    /// Calls of one that lasts so long, seconds; 0 for what has none.
    pub fn usual_calls(self, secs: f32) -> u8 {
        let Some(Bout { per_sec, .. }) = Bout::of(self) else { return 0 };
        let calls = (per_sec * (secs - inhale_secs(self, secs))).round();
        calls.clamp(1.0, f32::from(MAX_CALLS)) as u8
    }

    /// How long one of so many calls lasts, seconds, within its bounds; the usual length of what has none.
    pub fn secs_of(self, calls: u8) -> f32 {
        let Some(Bout { per_sec, inhale_secs, .. }) = Bout::of(self) else {
            return self.usual_secs();
        };
        let bounds = self.bounds_secs();
        (f32::from(calls) / per_sec + inhale_secs).clamp(*bounds.start(), *bounds.end())
    }
}

/// A sound that is no word, and its time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocal {
    /// What it is.
    pub kind: VocalKind,
    /// Seconds from the start of the speech.
    #[serde(rename = "start")]
    pub start_secs: f32,
    /// Seconds from the start of the speech.
    #[serde(rename = "end")]
    pub end_secs: f32,
    /// How strong, 0 to 1.
    pub strength: f32,
    /// Of laughter: how many calls, up to [`MAX_CALLS`].
    #[serde(default)]
    pub calls: u8,
    /// Of laughter: tells one bout from another whose calls are as many.
    #[serde(default)]
    pub variant: u8,
}

/// One call of a laugh ("ha").
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call {
    /// When its voice begins, seconds from the start of the laugh.
    pub start_secs: f32,
    /// How long its voice lasts, seconds.
    pub secs: f32,
    /// How strong it is against the strongest, 0 to 1.
    pub level: f32,
    /// Where it is in the bout: 0 (first) to 1 (last).
    pub place: f32,
}

/// How a kind of laughter goes.
struct Bout {
    per_sec: f32,
    inhale_secs: f32,
    /// Voice in a call, seconds.
    call_secs: f32,
    /// Level of the last call.
    last: f32,
}

impl Bout {
    fn of(kind: VocalKind) -> Option<Self> {
        match kind {
            VocalKind::Laugh => {
                Some(Self { per_sec: 4.5, inhale_secs: 0.5, call_secs: 0.118, last: 0.35 })
            }
            VocalKind::Chuckle => {
                Some(Self { per_sec: 4.9, inhale_secs: 0.1, call_secs: 0.092, last: 0.5 })
            }
            VocalKind::Sigh | VocalKind::Breath | VocalKind::Gasp => None,
        }
    }
}

/// The breath at the end of laughter, short where all of it is.
fn inhale_secs(kind: VocalKind, secs: f32) -> f32 {
    Bout::of(kind).map_or(0.0, |bout| bout.inhale_secs.min(0.4 * secs))
}

impl Vocal {
    /// How long it lasts, seconds.
    pub fn secs(&self) -> f32 {
        self.end_secs - self.start_secs
    }

    /// Seconds from its start after which it only breathes in, or rests; all of it for what has no calls.
    pub fn bout_secs(&self) -> f32 {
        self.secs() - inhale_secs(self.kind, self.secs())
    }

    /// The calls of laughter, in order and apart from each other; none for other kinds.
    pub fn calls(&self) -> impl Iterator<Item = Call> + use<> {
        let bout_secs = self.bout_secs();
        let most = (MAX_CALLS_PER_SEC * bout_secs).max(1.0);
        let bout = Bout::of(self.kind).filter(|_| bout_secs > 0.1);
        let count = bout.as_ref().map_or(0, |_| self.calls.min(MAX_CALLS).min(most as u8));
        let (variant, each) = (self.variant, bout_secs / f32::from(count.max(1)));
        (0..count).filter_map(move |number| {
            let bout = bout.as_ref()?;
            let place = f32::from(number) / f32::from((count - 1).max(1));
            let draw = |part| drawn(variant, number, part);
            // Before each call its breath; the later, the shorter they are.
            let late = 0.22 + 0.08 * draw(0);
            let secs = bout.call_secs * (1.05 - 0.25 * place) * (1.0 + 0.14 * draw(1));
            let start_secs = each * (f32::from(number) + late);
            // The second one is the strongest.
            let first = if number == 0 && count > 2 { 0.85 } else { 1.0 };
            let level = first * bout.last.powf(place) * (0.94 + 0.06 * draw(2));
            Some(Call { start_secs, secs: secs.min(0.62 * each), level, place })
        })
    }
}

/// Between -1 and 1, the same everywhere.
fn drawn(variant: u8, number: u8, part: u8) -> f32 {
    let x = u32::from_le_bytes([part, number, variant, 0x5b]);
    // A bijection of 32 bits whose outputs look random (Chris Wellons, `lowbias32`).
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    let x = x ^ (x >> 16);
    (x >> 8) as f32 / 8_388_608.0 - 1.0
}
