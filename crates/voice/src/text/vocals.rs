//! Sounds that are no words, in the text: tags, stage directions, and spelt laughter.
//!
//! All looks at bytes: what it finds is ASCII, so its ends are never within a character.

use reverie_behavior::VocalKind;

/// A sound that is no word: what it is and how long somebody wants it to last, seconds.
pub(super) type Found = (VocalKind, Option<f32>);

/// Longest stage direction, bytes.
const MAX_DIRECTION_BYTES: usize = 40;
/// Calls that a spelt laugh has at least and at most.
const SPELT_CALLS: [usize; 2] = [3, 14];

/// The inside of a tag in square brackets: `laugh`, `laugh 1.5`.
pub(super) fn tag(inside: &str) -> Option<Found> {
    let (name, secs) = match inside.split_once(' ') {
        Some((name, secs)) => (name, Some(secs)),
        None => (inside, None),
    };
    let kind = match name {
        "laugh" => VocalKind::Laugh,
        "chuckle" => VocalKind::Chuckle,
        "sigh" => VocalKind::Sigh,
        "breath" => VocalKind::Breath,
        "gasp" => VocalKind::Gasp,
        _ => return None,
    };
    let Some(number) = secs else { return Some((kind, None)) };
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let secs: f32 = number.parse().ok().filter(|_| plain)?;
    kind.bounds_secs().contains(&secs).then_some((kind, Some(secs)))
}

/// The inside of a stage direction in asterisks or brackets: `laughs`, `sighs deeply`.
pub(super) fn direction(inside: &str) -> Option<Found> {
    let lower = inside.to_ascii_lowercase();
    if let "takes a breath" | "takes a deep breath" | "breathes in" | "draws a breath" =
        lower.as_str()
    {
        return Some((VocalKind::Breath, None));
    }
    let (verb, adverb) = match lower.split_once(' ') {
        Some((verb, adverb)) => (verb, Some(adverb)),
        None => (lower.as_str(), None),
    };
    let adverb_is_one =
        |word: &str| word.ends_with("ly") && word.bytes().all(|b| b.is_ascii_lowercase());
    if !adverb.is_none_or(adverb_is_one) {
        return None;
    }
    let softly = matches!(adverb, Some("softly" | "quietly" | "gently" | "lightly"));
    let kind = match verb {
        "laugh" | "laughs" | "laughing" if softly => VocalKind::Chuckle,
        "laugh" | "laughs" | "laughing" => VocalKind::Laugh,
        "chuckle" | "chuckles" | "chuckling" | "giggle" | "giggles" | "giggling" | "snickers" => {
            VocalKind::Chuckle
        }
        "sigh" | "sighs" | "sighing" => VocalKind::Sigh,
        "gasp" | "gasps" | "gasping" => VocalKind::Gasp,
        "inhales" => VocalKind::Breath,
        _ => return None,
    };
    Some((kind, None))
}

/// A stage direction in asterisks or round brackets that begins at `open`; what it is and where it ends.
pub(super) fn enclosed(text: &str, open: usize) -> Option<(Found, usize)> {
    let bytes = text.as_bytes();
    let close = if bytes[open] == b'*' { b'*' } else { b')' };
    // Two asterisks make print bold, and a link's target is in round brackets.
    let before = open.checked_sub(1).map(|at| bytes[at]);
    if before.is_some_and(|b| b == bytes[open] || b == b']' || b.is_ascii_alphanumeric()) {
        return None;
    }
    let len = bytes[open + 1..].iter().take(MAX_DIRECTION_BYTES).position(|&b| b == close)?;
    let end = open + len + 2;
    if bytes.get(end).is_some_and(|b| *b == b'*' || b.is_ascii_alphanumeric()) {
        return None;
    }
    Some((direction(&text[open + 1..open + 1 + len])?, end))
}

/// Laughter that is spelt from `at` on, where a word begins: `haha`, `ha ha`, `hehehe`; what it is and
/// where it ends. One syllable is a word, and so is "he he".
pub(super) fn spelt(text: &str, at: usize) -> Option<(Found, usize)> {
    let bytes = text.as_bytes();
    let (kind, mut end, mut count) = syllables(bytes, at)?;
    // More of it, apart: "ha ha", "ha-ha", "haha, haha".
    while let Some((_, next_end, more)) =
        syllables(bytes, gap(bytes, end)).filter(|(next, ..)| *next == kind)
    {
        if !word_ends(bytes, end) && bytes[end] != b'-' {
            return None;
        }
        (end, count) = (next_end, count + more);
    }
    let once = count < 2;
    let pronoun = kind == VocalKind::Chuckle && count == spaced(bytes, at, end);
    if once || pronoun || !word_ends(bytes, end) {
        return None;
    }
    let calls = (count + 1).clamp(SPELT_CALLS[0], SPELT_CALLS[1]) as u8;
    Some(((kind, Some(kind.secs_of(calls))), end))
}

/// Whether a word may begin at a place: nothing before it belongs to it.
pub(super) fn word_begins(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_none_or(|c| !c.is_alphanumeric() && !"'’_-./\\@#&+=%:".contains(c))
}

/// Marks that end a clause from `at` on: where they end. They would be silence behind a sound.
pub(super) fn marks_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest.len() - rest.trim_start_matches(['.', '!', '?', ',', ';', '…', '~']).len()
}

/// Syllables in one piece: kind, end, how many.
fn syllables(bytes: &[u8], at: usize) -> Option<(VocalKind, usize, usize)> {
    let is =
        |at: usize, letter: u8| bytes.get(at).is_some_and(|b| b.to_ascii_lowercase() == letter);
    let mut at = at;
    // "ahaha"
    if is(at, b'a') && is(at + 1, b'h') {
        at += 1;
    }
    let vowel = bytes.get(at + 1)?.to_ascii_lowercase();
    let kind = match vowel {
        b'a' => VocalKind::Laugh,
        b'e' => VocalKind::Chuckle,
        _ => return None,
    };
    let mut count = 0;
    while is(at, b'h') && is(at + 1, vowel) {
        at += 2;
        // "haa", "hee"
        while is(at, vowel) {
            at += 1;
        }
        count += 1;
    }
    // "hah", "heh"
    if count > 0 && is(at, b'h') {
        at += 1;
    }
    (count > 0).then_some((kind, at, count))
}

/// Where the next syllable may begin.
fn gap(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b',') if bytes.get(at + 1) == Some(&b' ') => at + 2,
        Some(b' ' | b'-') => at + 1,
        _ => at,
    }
}

/// How many of the words from `at` to `end` are "he": two of them may mean somebody.
fn spaced(bytes: &[u8], at: usize, end: usize) -> usize {
    let words = bytes[at..end].split(|b| !b.is_ascii_alphabetic());
    words.filter(|word| word.eq_ignore_ascii_case(b"he")).count()
}

/// Nothing at `at` belongs to the word before it.
fn word_ends(bytes: &[u8], at: usize) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || *b >= 0x80 || b"_@/\\'-".contains(b);
    match bytes.get(at) {
        None => true,
        // "haha.com", but "haha." and "haha..."
        Some(b'.') => !bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric),
        Some(b'\'') => !bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic),
        // Other scripts' letters and typographic marks alike: only the ellipsis and quotes are let pass.
        Some(b) if *b >= 0x80 => {
            let rest = &bytes[at..];
            ["…", "”", "’", "—", "–", "»"].iter().any(|mark| rest.starts_with(mark.as_bytes()))
        }
        Some(b) => !is_part(b),
    }
}
