//! What to say, with its tags taken out.

use crate::text::{Cue, Mark, MarkKind, Marked, Style, markup};
use reverie_behavior::VocalKind;
use std::ops::Range;

/// A text to say, whose tags (see [`markup`]) were found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    plain: String,
    segments: Vec<Segment>,
    cues: Vec<(usize, Cue)>,
}

/// A stretch that is said in one way, or silence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Segment {
    /// Bytes of the text; the style, if the text names one.
    Text(Range<usize>, Option<Style>),
    /// Seconds.
    Pause(f32),
    Vocal(VocalTag),
}

/// A sound that is no word, as the text has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct VocalTag {
    /// Bytes of the text.
    pub start: usize,
    pub end: usize,
    pub kind: VocalKind,
    /// Seconds, where the text says it.
    pub secs: Option<f32>,
    /// The style that holds there, if the text names one.
    pub style: Option<Style>,
}

impl Script {
    /// Finds the tags of a text.
    pub fn new(text: &str) -> Self {
        let Marked { plain, marks } = markup(text);
        let mut script = Self { plain, ..Self::default() };
        let (mut start, mut style) = (0, None);
        for Mark { bytes, kind } in marks {
            match kind {
                MarkKind::Cue(cue) => script.cues.push((bytes.start, cue)),
                MarkKind::Style(next) => {
                    script.text(start..bytes.start, style);
                    (start, style) = (bytes.end, Some(next));
                }
                MarkKind::Pause { secs } => {
                    script.text(start..bytes.start, style);
                    script.segments.push(Segment::Pause(secs));
                    start = bytes.end;
                }
                MarkKind::Vocal { kind, secs } => {
                    script.text(start..bytes.start, style);
                    let tag = VocalTag { start: bytes.start, end: bytes.end, kind, secs, style };
                    script.segments.push(Segment::Vocal(tag));
                    start = bytes.end;
                }
            }
        }
        script.text(start..script.plain.len(), style);
        script
    }

    fn text(&mut self, range: Range<usize>, style: Option<Style>) {
        if !self.plain[range.clone()].trim().is_empty() {
            self.segments.push(Segment::Text(range, style));
        }
    }

    /// The text with spaces in the place of tags.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// What is to be done meanwhile, and where in the text (bytes).
    pub(crate) fn cues(&self) -> &[(usize, Cue)] {
        &self.cues
    }
}
