//! Tags in the text: how it is said, pauses, and what the speaker does meanwhile.
//!
//! | tag | meaning |
//! |---|---|
//! | `[neutral]` `[happy]` `[excited]` `[sad]` `[angry]` `[afraid]` `[surprised]` `[disgusted]` `[relaxed]` `[interest]` `[whisper]` `[shout]` | the [`Style`] of what follows, until the next one |
//! | `[pause]` `[pause 1.5]` | silence of half a second or of so many, 0 to [`MAX_PAUSE_SECS`] |
//! | `{nod}` `{nod:3}` `{shake}` `{shake:2}` | nods, shakes the head (1 to 5 times, one if not said) |
//! | `{wave}` | waves |
//! | `{point:NAME}` `{reach:NAME}` `{look:NAME}` `{walk:NAME}` | points, reaches, looks, walks to what the caller calls so: 1 to 64 letters, digits, `_`, `-` and `.` |
//!
//! Names are in small letters, nothing else is allowed inside the brackets, and a bracket before `(`
//! belongs to an inline pronunciation. Everything else stays text.

use reverie_behavior::Emotion;
use std::ops::Range;

/// Longest pause of a tag, seconds.
pub const MAX_PAUSE_SECS: f32 = 10.0;
/// Length of `[pause]`, seconds.
const PAUSE_SECS: f32 = 0.5;
/// Longest tag, bytes.
const MAX_TAG_BYTES: usize = 80;
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
}

/// A tag and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The tag itself, bytes of the text. It concerns the first word that starts behind.
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
    while let Some(open) = text[at..].find(['[', '{']).map(|offset| at + offset) {
        marked.plain.push_str(&text[at..open]);
        at = match tag(text, open) {
            Some((kind, end)) => {
                marked.plain.extend(std::iter::repeat_n(' ', end - open));
                marked.marks.push(Mark { bytes: open..end, kind });
                end
            }
            None => {
                marked.plain.push_str(&text[open..open + 1]);
                open + 1
            }
        };
    }
    marked.plain.push_str(&text[at..]);
    marked
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
