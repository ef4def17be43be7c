//! From probabilities to beginnings and ends.

use super::WINDOW_SECS;
use serde::{Deserialize, Serialize};

/// When speech counts as begun and as over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateSettings {
    /// Probability from which a window is speech, 0 to 1.
    pub open_above: f32,
    /// Probability below which it is not, 0 to `open_above`; between the two it is what the one before was.
    pub close_below: f32,
    /// Speech of so long is told, seconds: shorter sounds are a click or a cough.
    pub least_speech_secs: f64,
    /// Silence of so long ends it, seconds.
    pub least_silence_secs: f64,
}

impl Default for GateSettings {
    /// The thresholds are Silero's; speech is told after 64 ms, so that whoever speaks over an avatar is heard at once.
    fn default() -> Self {
        Self {
            open_above: 0.5,
            close_below: 0.35,
            least_speech_secs: 0.064,
            least_silence_secs: 0.2,
        }
    }
}

impl GateSettings {
    /// # Errors
    /// A message that names the field that is out of range.
    pub fn validate(&self) -> Result<(), String> {
        let Self { open_above, close_below, least_speech_secs, least_silence_secs } = *self;
        if !(0.0..=1.0).contains(&open_above) {
            return Err(format!("open_above: {open_above} is not within 0 to 1"));
        }
        if !(0.0..=open_above).contains(&close_below) {
            return Err(format!("close_below: {close_below} is not within 0 to {open_above}"));
        }
        for (field, secs) in
            [("least_speech_secs", least_speech_secs), ("least_silence_secs", least_silence_secs)]
        {
            if !(0.0..=10.0).contains(&secs) {
                return Err(format!("{field}: {secs} is not within 0 to 10"));
            }
        }
        Ok(())
    }
}

/// Times are seconds of the stream.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GateEvent {
    /// Somebody speaks, since then.
    Began {
        /// Beginning of the first window of it.
        at_secs: f64,
    },
    /// Nobody does any more, since then.
    Ended {
        /// End of the last window of it.
        at_secs: f64,
    },
}

/// Says when speech begins and ends.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeechGate {
    settings: GateSettings,
    windows: u64,
    /// What was told last.
    open: bool,
    /// What the newest window is, and the first window of the run of such.
    speech: bool,
    since: u64,
}

impl SpeechGate {
    /// # Errors
    /// What is wrong with the settings.
    pub fn new(settings: GateSettings) -> Result<Self, String> {
        settings.validate()?;
        Ok(Self { settings, windows: 0, open: false, speech: false, since: 0 })
    }

    /// Whether somebody speaks, as far as it was told.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Takes the next window's probability.
    pub fn push(&mut self, probability: f32) -> Option<GateEvent> {
        let speech = match self.speech {
            true => probability >= self.settings.close_below,
            false => probability >= self.settings.open_above,
        };
        if speech != self.speech {
            (self.speech, self.since) = (speech, self.windows);
        }
        self.windows += 1;
        if self.speech == self.open {
            return None;
        }
        let least = match self.speech {
            true => self.settings.least_speech_secs,
            false => self.settings.least_silence_secs,
        };
        // Half a window of slack: seconds that windows make up are not exact.
        if ((self.windows - self.since) as f64 + 0.5) * WINDOW_SECS < least {
            return None;
        }
        self.open = self.speech;
        let at_secs = self.since as f64 * WINDOW_SECS;
        Some(if self.open { GateEvent::Began { at_secs } } else { GateEvent::Ended { at_secs } })
    }
}
