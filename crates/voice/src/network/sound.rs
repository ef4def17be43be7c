//! Spectra of a voice, frame by frame as they are asked for.
//!
//! Every convolution looks a few frames back and ahead. Each layer keeps the frames that it will
//! need again, so nothing is computed twice, and what comes out does not depend on how many frames
//! are asked for at a time.

use super::config::VoiceConfig;
use super::melody::{FRAMES_PER_STEP, Melody};
use super::parts::{Activations, Block, Linear, Norm, Part, Scratch};
use super::text::TextEncoder;
use crate::kernels::Rows;
use reverie_inference::WeightsError;

/// Pitch (logarithmic) and strength come with the text's features, divided by this.
const UNIT: f32 = 5.0;
/// Parts of a spectrum.
pub(super) const PARTS: usize = 5;

pub(super) struct SoundNetwork {
    text: TextEncoder,
    kernel: usize,
    enter: Linear,
    blocks: Vec<Block>,
    norm: Norm,
    head: Linear,
}

impl SoundNetwork {
    pub(super) fn load(
        config: &VoiceConfig,
        activations: Activations,
        part: &Part<'_>,
    ) -> Result<Self, WeightsError> {
        let frames = &config.sound;
        let channels = frames.channels;
        let text =
            TextEncoder::load(config.symbols, &config.sound_text, activations, &part.part("text"))?;
        let blocks = (0..frames.dilations.len()).map(|i| {
            let part = part.part("dec").part(i);
            Block::load((channels, frames.hidden), frames.kernel, 1, activations, &part)
        });
        let inputs = text.channels() + 2;
        let enter = Linear::convolution(inputs, channels, frames.kernel, &part.part("dec_in"))?;
        let outputs = PARTS * config.bins;
        Ok(Self {
            text,
            kernel: frames.kernel,
            enter,
            blocks: blocks.collect::<Result<_, _>>()?,
            norm: Norm::load(channels, &part.part("dec_norm"))?,
            head: Linear::quantised(channels, outputs, activations, &part.part("head"))?,
        })
    }

    /// Frames that the last layer waits for.
    fn lookahead(&self) -> usize {
        self.kernel / 2 * (1 + self.blocks.len())
    }

    /// Begins with what is to be said and how.
    pub(super) fn begin(&self, symbols: &[u32], steps: &[usize], melody: &Melody) -> Decoding {
        let symbol_at = (0_u32..).zip(steps).flat_map(|(i, n)| std::iter::repeat_n(i, *n));
        let symbol_at: Vec<u32> = symbol_at.collect();
        let frames = (symbol_at.len() * FRAMES_PER_STEP).min(melody.pitch_hz.len());
        let reach = self.kernel / 2;
        let inputs = self.text.channels() + 2;
        let mut queues = vec![Queue::new(inputs, reach)];
        queues.extend(self.blocks.iter().map(|_| Queue::new(self.enter.outputs(), reach)));
        Decoding {
            text: self.text.encode(symbols),
            symbol_at,
            pitch: melody.pitch_hz.iter().map(|hz| (1.0 + hz.max(0.0)).ln() / UNIT).collect(),
            strength: melody.strength.iter().map(|s| s / UNIT).collect(),
            frames,
            fed: 0,
            done: 0,
            queues,
            last: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Goes on by about so many frames (more at the end); writes their spectra to `out`, which is
    /// cleared before, and answers how many there are: none after the last.
    pub(super) fn advance(&self, state: &mut Decoding, frames: usize, out: &mut Vec<f32>) -> usize {
        out.clear();
        while out.is_empty() && state.done < state.frames {
            let ahead = if state.fed == 0 { self.lookahead() } else { 0 };
            let until = (state.fed + frames.max(1) + ahead).min(state.frames);
            state.feed(until, self.text.channels());
            let ended = state.fed == state.frames;
            let Decoding { queues, last, scratch, .. } = state;
            for (at, layer) in std::iter::once(None).chain(self.blocks.iter().map(Some)).enumerate()
            {
                let (before, after) = queues.split_at_mut(at + 1);
                let queue = &mut before[at];
                if ended {
                    queue.end();
                }
                let ready = queue.ready();
                let channels = self.enter.outputs();
                let target = match after.first_mut() {
                    Some(next) => next.grow(ready),
                    None => {
                        last.clear();
                        last.resize(ready * channels, 0.0);
                        last.as_mut_slice()
                    }
                };
                match layer {
                    None => {
                        let (data, stride) = (queue.rows.as_slice(), queue.channels);
                        self.enter.apply_apart(Rows { data, stride, count: ready }, target);
                    }
                    Some(block) => block.apply(&queue.rows, target, scratch),
                }
                queue.forget(ready);
            }
            let count = last.len() / self.enter.outputs();
            let (normed, rounded) = scratch.values(last.len());
            self.norm.apply(last, normed);
            out.resize(count * self.head.outputs(), 0.0);
            self.head.apply(normed, out, rounded);
            state.done += count;
        }
        out.len() / self.head.outputs()
    }
}

/// A voice under way: what to say, and what each layer still needs of the past.
pub(super) struct Decoding {
    /// `[symbols, channels]`.
    text: Vec<f32>,
    symbol_at: Vec<u32>,
    pitch: Vec<f32>,
    strength: Vec<f32>,
    frames: usize,
    fed: usize,
    done: usize,
    /// In front of each layer.
    queues: Vec<Queue>,
    /// Behind the last one.
    last: Vec<f32>,
    scratch: Scratch,
}

impl Decoding {
    pub(super) fn frames(&self) -> usize {
        self.frames
    }

    fn feed(&mut self, until: usize, channels: usize) {
        let queue = &mut self.queues[0];
        for frame in self.fed..until {
            let symbol = self.symbol_at[frame / FRAMES_PER_STEP] as usize;
            queue.rows.extend_from_slice(&self.text[symbol * channels..][..channels]);
            queue.rows.extend([self.pitch[frame], self.strength[frame]]);
        }
        self.fed = until;
    }
}

/// Rows in front of a layer that wait for those after them.
struct Queue {
    channels: usize,
    reach: usize,
    rows: Vec<f32>,
    ended: bool,
}

impl Queue {
    /// Before the first row there are zeros.
    fn new(channels: usize, reach: usize) -> Self {
        Self { channels, reach, rows: vec![0.0; reach * channels], ended: false }
    }

    /// After the last row there are zeros.
    fn end(&mut self) {
        if !self.ended {
            self.rows.resize(self.rows.len() + self.reach * self.channels, 0.0);
            self.ended = true;
        }
    }

    /// Room for so many rows more.
    fn grow(&mut self, rows: usize) -> &mut [f32] {
        let start = self.rows.len();
        self.rows.resize(start + rows * self.channels, 0.0);
        &mut self.rows[start..]
    }

    /// Rows that have all within reach.
    fn ready(&self) -> usize {
        (self.rows.len() / self.channels).saturating_sub(2 * self.reach)
    }

    fn forget(&mut self, rows: usize) {
        self.rows.drain(..rows * self.channels);
    }
}
