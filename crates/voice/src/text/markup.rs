//! Tags in the text: how it is said, pauses, and what the speaker does meanwhile.
//!
//! | tag | meaning |
//! |---|---|
//! | `[neutral]` `[happy]` `[excited]` `[sad]` `[angry]` `[afraid]` `[surprised]` `[disgusted]` `[relaxed]` `[interest]` `[whisper]` `[shout]` | the [`Style`] of what follows, until the next one |
//! | `[pause]` `[pause 1.5]` | silence of half a second or of so many, 0 to [`MAX_PAUSE_SECS`] |
//! | `[laugh]` `[chuckle]` `[sigh]` `[breath]` `[gasp]` `[laugh 1.5]` | a sound that is no word, of the usual length or of so many seconds within [`VocalKind::bounds_secs`] |
//! | `{nod}` `{nod:3}` `{shake}` `{shake:2}` | nods, shakes the head (1 to 5 times, one if not said) |
//! | `{wave}` | waves |
//! | `{point:NAME}` `{reach:NAME}` `{look:NAME}` `{walk:NAME}` | points, reaches, looks, walks to what the caller calls so: 1 to 64 letters, digits, `_`, `-` and `.` |
//!
//! Names are in small letters, nothing else is allowed inside the brackets, and a bracket before `(`
//! belongs to an inline pronunciation. Everything else stays text.
//!
//! The same sounds stand for laughter that is spelt ("haha", "ha ha ha", "hehe") and for stage directions
//! in asterisks or brackets: `*laughs*`, `(sighs deeply)`, `[chuckles]`, `*gasps*`, `*takes a deep breath*`. Marks right
//! behind them, as in "haha!", go with them.

use super::vocals;
use reverie_behavior::{Emotion, VocalKind};
use std::ops::Range;

/// Longest pause of a tag, seconds.
pub const MAX_PAUSE_SECS: f32 = 10.0;
/// Length of `[pause]`, seconds.
const PAUSE_SECS: f32 = 0.5;
/// Longest tag, bytes.
const MAX_TAG_BYTES: usize = 80;
/// Longest label of an inline pronunciation that is looked for, bytes.
const MAX_LABEL_BYTES: usize = 1000;
/// Longest name of a target, bytes.
const MAX_NAME_BYTES: usize = 64;
/// Most nods and shakes, as in [`reverie_behavior::Gesture`].
const MAX_TIMES: u8 = 5;

/// How something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// With this emotion.
    Emotion(Emotion),
    /// With joy and much energy.
    Excited,
    /// Without voice.
    Whisper,
    /// As loud as can be.
    Shout,
}

/// What the speaker does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cue {
    /// Nods so many times.
    Nod(u8),
    /// Shakes the head so many times.
    Shake(u8),
    /// Waves.
    Wave,
    /// Points at something.
    Point(String),
    /// Reaches for something.
    Reach(String),
    /// Looks at something.
    Look(String),
    /// Walks to something.
    Walk(String),
}

/// What a tag says.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkKind {
    /// From here on it is said so.
    Style(Style),
    /// Silence.
    Pause {
        /// Seconds.
        secs: f32,
    },
    /// Something that begins here.
    Cue(Cue),
    /// A sound that is no word.
    Vocal {
        /// What it is.
        kind: VocalKind,
        /// Seconds, where the text says it.
        secs: Option<f32>,
    },
}

/// A tag and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The tag itself, bytes of the text; of sounds that are no words with the marks right behind it. It
    /// concerns the first word that starts behind.
    pub bytes: Range<usize>,
    /// What it says.
    pub kind: MarkKind,
}

/// A text without its tags.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marked {
    /// The text with a space for every byte of a tag, so that places in it are places in the text as
    /// it was written.
    pub plain: String,
    /// The tags, in order.
    pub marks: Vec<Mark>,
}

/// Takes the tags out of a text.
pub fn markup(text: &str) -> Marked {
    let mut marked = Marked::default();
    let mut at = 0;
    // Up to here all is copied.
    let mut copied = 0;
    while let Some(open) = next_place(text, at) {
        match found(text, open) {
            Found::Mark(kind, mut end) => {
                if matches!(kind, MarkKind::Vocal { .. }) {
                    end = vocals::marks_end(text, end);
                }
                marked.plain.push_str(&text[copied..open]);
                marked.plain.extend(std::iter::repeat_n(' ', end - open));
                marked.marks.push(Mark { bytes: open..end, kind });
                (at, copied) = (end, end);
            }
            Found::Text(end) => at = end,
        }
    }
    marked.plain.push_str(&text[copied..]);
    marked
}

/// What begins at a place of a text, and where it ends.
enum Found {
    Mark(MarkKind, usize),
    /// Nothing up to here.
    Text(usize),
}

/// Where something may begin that is no word.
fn next_place(text: &str, from: usize) -> Option<usize> {
    text[from..].find(['[', '{', '(', '*', 'h', 'H', 'a', 'A']).map(|offset| from + offset)
}

fn found(text: &str, at: usize) -> Found {
    let vocal = |((kind, secs), end)| Found::Mark(MarkKind::Vocal { kind, secs }, end);
    match text.as_bytes()[at] {
        b'[' | b'{' => match tag(text, at) {
            Some((kind, end)) => Found::Mark(kind, end),
            // What a pronunciation is written for stays as it is.
            None => Found::Text(label_end(text, at).unwrap_or(at + 1)),
        },
        b'(' | b'*' => vocals::enclosed(text, at).map_or(Found::Text(at + 1), vocal),
        _ if vocals::word_begins(text, at) => {
            let word = text[at..].find(|c: char| !c.is_ascii_alphabetic());
            let end = word.map_or(text.len(), |len| at + len);
            vocals::spelt(text, at).map_or(Found::Text(end), vocal)
        }
        _ => Found::Text(at + 1),
    }
}

/// The end of the label at `open` where a target in round brackets follows it.
fn label_end(text: &str, open: usize) -> Option<usize> {
    let rest = text.as_bytes()[open..].iter().take(MAX_LABEL_BYTES);
    let label = open + rest.into_iter().position(|b| b"]\n".contains(b))?;
    text[label..].starts_with("](").then_some(label)
}

fn tag(text: &str, open: usize) -> Option<(MarkKind, usize)> {
    let bytes = text.as_bytes();
    let (close, is_cue) = if bytes[open] == b'{' { (b'}', true) } else { (b']', false) };
    let len = bytes[open + 1..].iter().take(MAX_TAG_BYTES).position(|&b| b == close)?;
    let inside = &text[open + 1..open + 1 + len];
    let end = open + len + 2;
    let kind = if is_cue {
        MarkKind::Cue(cue(inside)?)
    } else if bytes.get(end) == Some(&b'(') {
        return None;
    } else if let Some(rest) = inside.strip_prefix("pause") {
        MarkKind::Pause { secs: pause_secs(rest)? }
    } else if let Some((kind, secs)) = vocals::tag(inside).or_else(|| vocals::direction(inside)) {
        MarkKind::Vocal { kind, secs }
    } else {
        MarkKind::Style(style(inside)?)
    };
    Some((kind, end))
}

fn pause_secs(rest: &str) -> Option<f32> {
    if rest.is_empty() {
        return Some(PAUSE_SECS);
    }
    let number = rest.strip_prefix(' ')?;
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let secs = number.parse().ok().filter(|_| plain)?;
    (0.0..=MAX_PAUSE_SECS).contains(&secs).then_some(secs)
}

fn style(name: &str) -> Option<Style> {
    Some(match name {
        "neutral" => Style::Emotion(Emotion::Neutral),
        "happy" => Style::Emotion(Emotion::Happy),
        "sad" => Style::Emotion(Emotion::Sad),
        "angry" => Style::Emotion(Emotion::Angry),
        "afraid" => Style::Emotion(Emotion::Afraid),
        "surprised" => Style::Emotion(Emotion::Surprised),
        "disgusted" => Style::Emotion(Emotion::Disgusted),
        "relaxed" => Style::Emotion(Emotion::Relaxed),
        "interest" => Style::Emotion(Emotion::Interest),
        "excited" => Style::Excited,
        "whisper" => Style::Whisper,
        "shout" => Style::Shout,
        _ => return None,
    })
}

fn cue(inside: &str) -> Option<Cue> {
    let (action, target) = match inside.split_once(':') {
        Some((action, target)) => (action, Some(target)),
        None => (inside, None),
    };
    let times = || match target {
        None => Some(1),
        Some(digit) if digit.len() == 1 => {
            digit.parse().ok().filter(|times| (1..=MAX_TIMES).contains(times))
        }
        Some(_) => None,
    };
    let named = || {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        target
            .filter(|name| (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed))
            .map(str::to_owned)
    };
    Some(match action {
        "nod" => Cue::Nod(times()?),
        "shake" => Cue::Shake(times()?),
        "wave" if target.is_none() => Cue::Wave,
        "point" => Cue::Point(named()?),
        "reach" => Cue::Reach(named()?),
        "look" => Cue::Look(named()?),
        "walk" => Cue::Walk(named()?),
        _ => return None,
    })
}
