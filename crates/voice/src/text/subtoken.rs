//! The parts of a token that are looked up on their own: runs of letters and of digits, "camelCase"
//! apart, single marks.

use std::ops::Range;

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '‘' | '’')
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !c.is_ascii_digit()
}

fn is_upper(c: char) -> bool {
    c.is_ascii_uppercase() || matches!(c, 'À'..='Ö' | 'Ø'..='Þ')
}

fn is_lower(c: char) -> bool {
    c.is_ascii_lowercase() || matches!(c, 'ß'..='ö' | 'ø'..='ÿ')
}

/// Bytes at the start of `text` whose characters are all of a kind.
fn run_len(text: &str, kind: impl Fn(char) -> bool) -> usize {
    text.find(|c| !kind(c)).unwrap_or(text.len())
}

/// The parts of a token, bytes of `text`. A single apostrophe between other things is no part.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let len = part_len(text, at);
        if len > 0 {
            parts.push(at..at + len);
        }
        at += if len > 0 { len } else { c.len_utf8() };
    }
    parts
}

fn part_len(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let mut chars = rest.chars();
    let Some(c) = chars.next() else { return 0 };
    if is_apostrophe(c) {
        let run = run_len(rest, is_apostrophe);
        return if at == 0 || run > c.len_utf8() || run == rest.len() { run } else { 0 };
    }
    if is_upper(c) && chars.next().is_some_and(is_upper) && chars.next().is_some_and(is_lower) {
        return c.len_utf8();
    }
    let sign = usize::from(at == 0 && c == '-');
    match digits_len(&rest[sign..]) {
        0 => {}
        digits => return sign + digits,
    }
    if matches!(c, '-' | '_') {
        return run_len(rest, |c| matches!(c, '-' | '_'));
    }
    if is_letter(c) { letters_len(rest) } else { c.len_utf8() }
}

/// Digits with single commas and dots between or before them.
pub(super) fn digits_len(text: &str) -> usize {
    let mut len = 0;
    let mut separated = false;
    for (at, b) in text.bytes().enumerate() {
        match b {
            b'0'..=b'9' => (len, separated) = (at + 1, false),
            b',' | b'.' if !separated => separated = true,
            _ => break,
        }
    }
    len
}

/// Letters, apostrophes between them included, up to where a capital follows a small letter. Looks no
/// further than that: "aAaAaA..." has many parts.
fn letters_len(text: &str) -> usize {
    let turn = |at: usize| {
        let mut tail = text[at..].chars();
        let small = tail.next().filter(|&c| is_lower(c))?;
        tail.next().filter(|&c| is_upper(c)).map(|_| at + small.len_utf8())
    };
    let mut end = 0;
    while let Some(letter) = text[end..].chars().next().filter(|&c| is_letter(c)) {
        if let Some(len) = turn(end) {
            return len;
        }
        end += letter.len_utf8();
    }
    loop {
        let mut pair = text[end..].chars();
        match (pair.next(), pair.next()) {
            (Some(apostrophe), Some(letter)) if is_apostrophe(apostrophe) && is_letter(letter) => {
                end += apostrophe.len_utf8() + letter.len_utf8();
            }
            _ => return end,
        }
        if let Some(len) = turn(end) {
            return len;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|part| &text[part]).collect()
    }

    #[test]
    fn tokens_come_apart_where_their_kind_changes() {
        assert_eq!(parts("iPhone15"), ["i", "Phone", "15"]);
        assert_eq!(parts("ABc"), ["A", "Bc"]);
        assert_eq!(parts("rock'n'roll"), ["rock'n'r", "oll"]);
        assert_eq!(parts("-5.5"), ["-5.5"]);
        assert_eq!(parts("1,234.5x"), ["1,234.5", "x"]);
        assert_eq!(parts("'90s"), ["'", "90", "s"]);
        assert_eq!(parts("dogs'"), ["dogs", "'"]);
        assert_eq!(parts("5'6"), ["5", "6"]);
        assert_eq!(parts("a_b"), ["a", "_", "b"]);
        assert_eq!(parts("5."), ["5", "."]);
    }
}
