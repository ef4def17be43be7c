//! The likeliest way through visemes, decided on frame by frame.

use super::LipFrame;
use reverie_behavior::Viseme;

/// Frames that are heard before one is decided on.
pub(super) const LAG: usize = 10;
/// Least frames of a viseme.
const LEAST: usize = 3;
/// What going from one viseme to another costs, as the logarithm of a probability.
const CHANGE: f32 = 1.6;
/// Less likely than this counts as this.
const LEAST_LIKELY: f32 = 1e-5;
const COUNT: usize = Viseme::COUNT;

/// Where the ways that end in a frame came from.
#[derive(Debug, Clone, Copy, Default)]
struct Back {
    /// For each viseme that began here: the one before it.
    before: [u8; COUNT],
    /// For each viseme: whether it had its [`LEAST`] frames before this one.
    lasted: [bool; COUNT],
}

/// Viterbi's algorithm over visemes that last for [`LEAST`] frames or more.
#[derive(Debug, Clone)]
pub(super) struct Path {
    /// The best score of each viseme that has lasted 1, 2, ... [`LEAST`] or more frames.
    scores: [[f32; LEAST]; COUNT],
    /// Of the last frames; frame `i` is at `i % (LAG + 1)`.
    backs: [Back; LAG + 1],
    frames: usize,
}

impl Path {
    /// Silence comes first.
    pub(super) fn new() -> Self {
        let mut scores = [[f32::MIN; LEAST]; COUNT];
        scores[Viseme::Sil as usize][LEAST - 1] = 0.0;
        Self { scores, backs: [Back::default(); LAG + 1], frames: 0 }
    }

    /// Hears a frame and decides on the one [`LAG`] before it.
    pub(super) fn push(&mut self, frame: &LipFrame) -> Option<Viseme> {
        let ended = |viseme: usize| self.scores[viseme][LEAST - 1];
        // The best and the second best to go on from: nothing follows itself.
        let mut best = [0, 1];
        for viseme in 0..COUNT {
            if ended(viseme) > ended(best[0]) {
                best = [viseme, best[0]];
            } else if viseme != best[0] && (ended(viseme) > ended(best[1]) || best[1] == best[0]) {
                best[1] = viseme;
            }
        }
        let ends = best.map(ended);
        let back = &mut self.backs[self.frames % (LAG + 1)];
        let mut largest = f32::MIN;
        for (viseme, scores) in self.scores.iter_mut().enumerate() {
            let likely = frame.visemes[viseme].max(LEAST_LIKELY).ln();
            let from = usize::from(best[0] == viseme);
            back.before[viseme] = best[from] as u8;
            back.lasted[viseme] = scores[LEAST - 1] >= scores[LEAST - 2];
            scores[LEAST - 1] = scores[LEAST - 1].max(scores[LEAST - 2]) + likely;
            for at in (1..LEAST - 1).rev() {
                scores[at] = scores[at - 1] + likely;
            }
            scores[0] = ends[from] - CHANGE + likely;
            largest = scores.iter().fold(largest, |m, s| m.max(*s));
        }
        // Scores stay small however long the stream is.
        self.scores.iter_mut().flatten().for_each(|score| *score = (*score - largest).max(-1e6));
        self.frames += 1;
        (self.frames > LAG).then(|| self.trace(LAG)[0])
    }

    /// The frames that were not decided on, at the end of a stream.
    pub(super) fn rest(&self) -> impl Iterator<Item = Viseme> {
        let count = self.frames.min(LAG);
        let way = self.trace(count.saturating_sub(1));
        way.into_iter().take(count)
    }

    /// Visemes of the last `steps + 1` frames on the best way, the oldest first.
    fn trace(&self, steps: usize) -> [Viseme; LAG + 1] {
        let mut way = [Viseme::Sil; LAG + 1];
        let places = (0..COUNT).flat_map(|viseme| (0..LEAST).map(move |at| (viseme, at)));
        let better = |best: (usize, usize), place: (usize, usize)| {
            let score = |(viseme, at): (usize, usize)| self.scores[viseme][at];
            if score(place) > score(best) { place } else { best }
        };
        let (mut viseme, mut at) = places.fold((0, LEAST - 1), better);
        for step in (0..=steps).rev() {
            way[step] = Viseme::ALL[viseme];
            let Some(frame) = self.frames.checked_sub(1 + steps - step) else { break };
            let back = &self.backs[frame % (LAG + 1)];
            (viseme, at) = match at {
                0 => (usize::from(back.before[viseme]), LEAST - 1),
                at if at == LEAST - 1 && back.lasted[viseme] => (viseme, at),
                at => (viseme, at - 1),
            };
        }
        way
    }
}
