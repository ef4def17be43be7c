//! Words and punctuation, as the tagger and the lexicons expect them: contractions apart ("do",
//! "n't"), quotes and full stops apart, hyphens and slashes between letters apart.

use super::assets::{TableSeed, TextError, Value, read};
use super::table::Table;
use serde::de::DeserializeSeed as _;
use std::ops::Range;
use std::path::Path;

const QUOTES: &str = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉";
const MARKS: &str = "…,:;!?¿¡()[]{}<>_#*&。？！，、；：～·";
const ICONS: &str = "™®©°§¶†‡•";
const MONEY: &str = "$£€¥฿₽₹₩₪₺₴₦₫₱₲₵₸₼₾₿";
const MONEY_OF: [&str; 3] = ["US$", "C$", "A$"];
/// Units that are split off a number before them.
const UNITS: [&str; 47] = [
    "km", "km²", "km³", "m", "m²", "m³", "dm", "dm²", "dm³", "cm", "cm²", "cm³", "mm", "mm²",
    "mm³", "ha", "µm", "nm", "yd", "in", "ft", "kg", "g", "mg", "µg", "t", "lb", "oz", "m/s",
    "km/h", "kmh", "mph", "hPa", "Pa", "mbar", "mb", "MB", "kb", "KB", "gb", "GB", "tb", "TB", "T",
    "G", "M", "K",
];
/// Pieces that spell a special case together are at most so many.
const MAX_JOINED: usize = 3;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it is, bytes of the line.
    pub at: Range<usize>,
    /// Whether a space follows.
    pub space: bool,
}

/// The tokenizer.
pub(super) struct Tokenizer {
    /// Special cases: the lengths of their parts, bytes.
    special: Table,
    longest: usize,
}

impl Tokenizer {
    pub(super) fn load(folder: &Path) -> Result<Self, TextError> {
        let (path, text) = read(folder, "tokenizer_exceptions.json")?;
        let mut longest = 0;
        let encode = |value: Value<'_>, bytes: &mut Vec<u8>| {
            let Value::List(parts) = value else { return Err("is no list of texts".to_owned()) };
            let mut whole = 0;
            for part in parts {
                whole += part.len();
                bytes.push(u8::try_from(part.len()).map_err(|_| "has a long part".to_owned())?);
            }
            longest = longest.max(whole);
            Ok(())
        };
        let seed = TableSeed { entries: 1_400, bytes: text.len(), encode };
        let special = seed
            .deserialize(&mut serde_json::Deserializer::from_str(&text))
            .map_err(|error| TextError::Malformed { path, problem: error.to_string() })?;
        Ok(Self { special, longest })
    }

    /// Splits the line within `range`.
    pub(super) fn split(&self, line: &str, range: Range<usize>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let end = range.end;
        let mut at = range.start;
        while at < end {
            let rest = &line[at..end];
            let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
            if len > 0 {
                self.split_chunk(line, at..at + len, &mut pieces);
                if at + len < end
                    && let Some(last) = pieces.last_mut()
                {
                    last.space = true;
                }
            }
            at += len + line[at + len..end].chars().next().map_or(0, char::len_utf8);
        }
        pieces
    }

    fn parts_of(&self, text: &str) -> Option<&[u8]> {
        if text.len() > self.longest { None } else { self.special.get(text) }
    }

    fn push_special(parts: &[u8], start: usize, pieces: &mut Vec<Piece>) {
        let mut at = start;
        for &len in parts {
            pieces.push(Piece { at: at..at + usize::from(len), space: false });
            at += usize::from(len);
        }
    }

    /// Peels prefixes and suffixes off a chunk without spaces until a special case or nothing
    /// that can be peeled is left.
    fn split_chunk(&self, line: &str, chunk: Range<usize>, pieces: &mut Vec<Piece>) {
        let first = pieces.len();
        let Range { mut start, mut end } = chunk;
        if let Some(parts) = self.parts_of(&line[start..end]) {
            return Self::push_special(parts, start, pieces);
        }
        let mut suffixes = Vec::new();
        let mut before = None;
        while start < end
            && before != Some((start, end))
            && self.parts_of(&line[start..end]).is_none()
        {
            before = Some((start, end));
            let prefix = prefix_len(&line[start..end]);
            let after = start + prefix;
            if prefix > 0 && self.parts_of(&line[after..end]).is_some() {
                pieces.push(Piece { at: start..after, space: false });
                start = after;
                break;
            }
            let suffix = suffix_len(&line[after..end]);
            let until = end - suffix;
            let peeled = suffix > 0 && self.parts_of(&line[start..until]).is_some();
            if prefix > 0 && !peeled {
                pieces.push(Piece { at: start..after, space: false });
                start = after;
            }
            if suffix > 0 {
                suffixes.push(Piece { at: until..end, space: false });
                end = until;
            }
            if peeled {
                break;
            }
        }
        match self.parts_of(&line[start..end]) {
            Some(parts) => Self::push_special(parts, start, pieces),
            None => split_infixes(line, start..end, pieces),
        }
        pieces.extend(suffixes.into_iter().rev());
        if pieces.len() > first + 1 {
            self.rejoin(line, first, pieces);
        }
    }

    /// Neighbours that spell a special case together become it: "Sept" and "." are "Sept.".
    fn rejoin(&self, line: &str, first: usize, pieces: &mut Vec<Piece>) {
        let split = pieces.split_off(first);
        let mut at = 0;
        while at < split.len() {
            let joined = (2..=MAX_JOINED).rev().filter(|count| at + count <= split.len()).find_map(
                |count| {
                    let whole = split[at].at.start..split[at + count - 1].at.end;
                    self.parts_of(&line[whole.clone()]).map(|parts| (count, parts, whole.start))
                },
            );
            match joined {
                Some((count, parts, start)) => {
                    Self::push_special(parts, start, pieces);
                    at += count;
                }
                None => {
                    pieces.push(split[at].clone());
                    at += 1;
                }
            }
        }
    }
}

fn is_lower(c: char) -> bool {
    c.is_ascii_lowercase() || matches!(c, 'ß'..='ö' | 'ø'..='ÿ')
}

fn is_upper(c: char) -> bool {
    c.is_ascii_uppercase() || matches!(c, 'À'..='Ö' | 'Ø'..='Þ')
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !c.is_ascii_digit()
}

/// Bytes of dots at the start, where there are at least two.
fn dots_len(text: &str) -> usize {
    Some(text.bytes().take_while(|&b| b == b'.').count()).filter(|&len| len >= 2).unwrap_or(0)
}

fn is_edge_mark(c: char) -> bool {
    "—–".contains(c) || MARKS.contains(c) || QUOTES.contains(c) || ICONS.contains(c)
}

fn prefix_len(text: &str) -> usize {
    let mut chars = text.chars();
    let Some(c) = chars.next() else { return 0 };
    let next = chars.next();
    if "%=".contains(c)
        || is_edge_mark(c)
        || MONEY.contains(c)
        || (c == '+' && !next.is_some_and(|next| next.is_ascii_digit()))
    {
        return c.len_utf8();
    }
    match dots_len(text) {
        0 => MONEY_OF.iter().find(|money| text.starts_with(**money)).map_or(0, |money| money.len()),
        dots => dots,
    }
}

/// The longest suffix of those that could be peeled.
fn suffix_len(text: &str) -> usize {
    let mut chars = text.chars().rev();
    let Some(c) = chars.next() else { return 0 };
    let (before, before_that) = (chars.next(), chars.next());
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if c == '.' {
        let dots = text.len() - text.trim_end_matches('.').len();
        if dots >= 2 {
            return dots;
        }
        let ends = before.is_some_and(|b| {
            is_lower(b)
                || b.is_ascii_digit()
                || "%²-+".contains(b)
                || MARKS.contains(b)
                || QUOTES.contains(b)
        }) || matches!((before_that, before), (Some(a), Some(b)) if is_upper(a) && is_upper(b))
            || matches!(
                (before_that, before),
                (Some('°'), Some('F' | 'f' | 'C' | 'c' | 'K' | 'k'))
            );
        return usize::from(ends);
    }
    if matches!(c, 's' | 'S') && before.is_some_and(|b| "'’".contains(b)) {
        return 1 + before.map_or(0, char::len_utf8);
    }
    if c == '…' && before == Some('…') {
        return 2 * c.len_utf8();
    }
    let after_digit = |suffix: &str| {
        text.strip_suffix(suffix).is_some_and(|stem| is_digit(stem.chars().next_back()))
    };
    if text.bytes().rev().take(8).any(|b| b.is_ascii_digit()) {
        let units = MONEY_OF.iter().chain(&UNITS).filter(|unit| after_digit(unit));
        if let Some(longest) = units.map(|unit| unit.len()).max() {
            return longest;
        }
    }
    let peeled = is_edge_mark(c) || (is_digit(before) && ("+%".contains(c) || MONEY.contains(c)));
    if peeled { c.len_utf8() } else { 0 }
}

/// Splits what is left in the middle: at hyphens and slashes between letters, at dots and marks.
fn split_infixes(line: &str, range: Range<usize>, pieces: &mut Vec<Piece>) {
    let mut start = range.start;
    let mut at = range.start;
    while at < range.end {
        let len = infix_len(&line[range.start..range.end], at - range.start);
        if len > 0 && at > range.start {
            if at > start {
                pieces.push(Piece { at: start..at, space: false });
            }
            pieces.push(Piece { at: at..at + len, space: false });
            start = at + len;
        }
        at += len.max(line[at..].chars().next().map_or(1, char::len_utf8));
    }
    if start < range.end {
        pieces.push(Piece { at: start..range.end, space: false });
    }
}

fn infix_len(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let mut chars = rest.chars();
    let Some(c) = chars.next() else { return 0 };
    if c.is_ascii_alphanumeric() {
        return 0;
    }
    let dots = dots_len(rest);
    if dots > 0 {
        return dots;
    }
    if c == '…' || ICONS.contains(c) {
        return c.len_utf8();
    }
    let (Some(before), Some(next)) = (text[..at].chars().next_back(), chars.next()) else {
        return 0;
    };
    let word_before = before.is_alphanumeric();
    let split = match c {
        '.' => {
            (is_lower(before) || QUOTES.contains(before))
                && (is_upper(next) || QUOTES.contains(next))
        }
        ',' => is_letter(before) && is_letter(next),
        ':' | '<' | '>' | '=' | '/' => word_before && is_letter(next),
        '+' | '*' | '^' => before.is_ascii_digit() && (next.is_ascii_digit() || next == '-'),
        '-' => {
            (before.is_ascii_digit() && (next.is_ascii_digit() || next == '-'))
                || (word_before && is_letter(next))
        }
        '–' | '—' | '~' => word_before && is_letter(next),
        _ => false,
    };
    if split {
        return c.len_utf8();
    }
    // Dashes of several characters.
    let dash = ["---", "--", "——"]
        .iter()
        .filter(|_| word_before)
        .find(|dash| rest.strip_prefix(**dash).is_some_and(|after| after.starts_with(is_letter)));
    dash.map_or(0, |dash| dash.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer() -> Tokenizer {
        let mut special = Table::with_capacity(4, 64);
        for (text, parts) in [("don't", &[2u8, 3][..]), ("Sept.", &[5]), (":)", &[2])] {
            assert!(special.insert(text, parts));
        }
        Tokenizer { special, longest: 5 }
    }

    fn split(text: &str) -> Vec<&str> {
        tokenizer().split(text, 0..text.len()).into_iter().map(|piece| &text[piece.at]).collect()
    }

    #[test]
    fn punctuation_and_contractions_come_apart() {
        assert_eq!(split("(don't go.)"), ["(", "do", "n't", "go", ".", ")"]);
        assert_eq!(split("in Sept."), ["in", "Sept."]);
        assert_eq!(split("well-known and/or"), ["well", "-", "known", "and", "/", "or"]);
        assert_eq!(split("10km/h, 5%!"), ["10", "km/h", ",", "5", "%", "!"]);
        assert_eq!(split("Wait... what?!"), ["Wait", "...", "what", "?", "!"]);
        assert_eq!(split("“No—stop”"), ["“", "No", "—", "stop", "”"]);
        assert_eq!(split("a--b -- c"), ["a", "--", "b", "--", "c"]);
        assert_eq!(split("US$5 U.S.A."), ["US$", "5", "U.S.A."]);
    }
}
