//! Small matchers for the rules: each takes a place in a line and says how far something reaches.

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

pub(super) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Whether no letter or digit stands right before.
pub(super) fn opens(text: &str, at: usize) -> bool {
    !before(text, at).is_some_and(is_word)
}

/// Whether no letter or digit stands right behind.
pub(super) fn closes(text: &str, at: usize) -> bool {
    !after(text, at).is_some_and(is_word)
}

/// Whether a number starts here that is not the rest of a word or of a decimal.
pub(super) fn opens_number(text: &str, at: usize) -> bool {
    !before(text, at).is_some_and(|c| is_word(c) || c == '.')
}

/// Like [`closes`], and no hyphen goes on, nor a dot unless it ends the sentence.
pub(super) fn closes_number(text: &str, at: usize) -> bool {
    match after(text, at) {
        Some('.') => closes(text, at + 1),
        Some(c) => !is_word(c) && c != '-',
        None => true,
    }
}

/// The end of a literal.
pub(super) fn literal(text: &str, at: usize, literal: &str) -> Option<usize> {
    text[at..].starts_with(literal).then_some(at + literal.len())
}

/// The end of a literal if it is there, else `at`.
pub(super) fn maybe(text: &str, at: usize, optional: &str) -> usize {
    literal(text, at, optional).unwrap_or(at)
}

/// The end of a run of at least one and at most `most` digits.
pub(super) fn digits(text: &str, at: usize, most: usize) -> Option<usize> {
    let count = text.bytes().skip(at).take(most).take_while(u8::is_ascii_digit).count();
    (count > 0).then_some(at + count)
}

/// The end of exactly so many digits; more may follow.
pub(super) fn exact_digits(text: &str, at: usize, count: usize) -> Option<usize> {
    digits(text, at, count).filter(|end| end - at == count)
}

/// The end of a number with commas between thousands and a decimal part.
pub(super) fn number(text: &str, at: usize) -> Option<usize> {
    let mut end = digits(text, at, usize::MAX)?;
    while let Some(group) = literal(text, end, ",").and_then(|at| exact_digits(text, at, 3)) {
        end = group;
    }
    let fraction = literal(text, end, ".").and_then(|at| digits(text, at, usize::MAX));
    Some(fraction.unwrap_or(end))
}

/// The end of a number with a minus before it, where one can start here.
pub(super) fn signed_number(text: &str, at: usize) -> Option<usize> {
    if !opens_number(text, at) {
        return None;
    }
    number(text, maybe(text, at, "-"))
}

/// A small number.
pub(super) fn value(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

/// Whether any digit is in a line: most rules need one.
pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
}
