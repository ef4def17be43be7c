//! Titles, abbreviations and Roman numerals.

use super::scan::{after, before, closes, digits, is_word, literal, maybe, opens};
use super::{Pairs, longest};
use crate::text::line::Edit;
use crate::text::number_words::ordinal;

/// "Dr. Smith", "St Paul": a title before a capital.
pub(super) fn title(text: &str, at: usize, titles: &Pairs<String>) -> Option<Edit> {
    if !after(text, at)?.is_ascii_uppercase() || !opens(text, at) {
        return None;
    }
    let name_follows = |end| {
        let space = maybe(text, end, ".");
        literal(text, space, " ")
            .is_some_and(|name| after(text, name).is_some_and(|c| c.is_ascii_uppercase()))
    };
    let (full, end) = longest(titles, text, at, name_follows)?;
    let end = maybe(text, end, ".");
    Some(Edit::until(end).put(full.clone(), at..end))
}

/// "approx.", "Ave.".
pub(super) fn abbreviation(text: &str, at: usize, table: &Pairs<String>) -> Option<Edit> {
    if !after(text, at)?.is_ascii_alphabetic()
        || before(text, at).is_some_and(|c| is_word(c) || c == '.')
    {
        return None;
    }
    let (full, end) = longest(table, text, at, |end| closes(text, end))?;
    let edit = Edit::until(end).put(full.clone(), at..end);
    // The dot of an abbreviation is also the sentence's.
    let last = end == text.len() && text.ends_with('.');
    Some(if last { edit.keep(end - 1..end) } else { edit })
}

/// "No. 5", "Nos. 5".
pub(super) fn numero(text: &str, at: usize) -> Option<Edit> {
    let (word, end) = match text[at..].starts_with("Nos.") {
        true => ("Numbers ", at + 4),
        false => ("Number ", literal(text, at, "No.")?),
    };
    if !opens(text, at) {
        return None;
    }
    let number = maybe(text, end, " ");
    digits(text, number, 1)?;
    Some(Edit::until(number).put(word, at..end))
}

/// "#5".
pub(super) fn hash(text: &str, at: usize) -> Option<Edit> {
    let end = literal(text, at, "#")?;
    digits(text, end, 1)?;
    if before(text, at).is_some_and(|c| is_word(c) || c == '&') {
        return None;
    }
    Some(Edit::until(end).put("number ", at..end))
}

/// "C#": the language or the note.
pub(super) fn sharp(text: &str, at: usize) -> Option<Edit> {
    let letter = after(text, at).filter(|c| matches!(c, 'A' | 'C' | 'D' | 'F' | 'G'))?;
    let sign = at + letter.len_utf8();
    let end = literal(text, sign, "#")?;
    if !opens(text, at) || !closes(text, end) || after(text, end) == Some('#') {
        return None;
    }
    Some(Edit::until(end).keep(at..sign).put(" sharp", sign..end))
}

/// The value of a Roman numeral in its canonical form.
fn roman(numeral: &str) -> Option<u32> {
    const STEPS: [(&str, u32); 13] = [
        ("M", 1000),
        ("CM", 900),
        ("D", 500),
        ("CD", 400),
        ("C", 100),
        ("XC", 90),
        ("L", 50),
        ("XL", 40),
        ("X", 10),
        ("IX", 9),
        ("V", 5),
        ("IV", 4),
        ("I", 1),
    ];
    let mut rest = numeral;
    let mut total = 0;
    for (letters, step) in STEPS {
        while let Some(after) = rest.strip_prefix(letters) {
            (rest, total) = (after, total + step);
        }
    }
    // Written back, "IIII" and "IVI" are others than they were.
    let mut canonical = String::new();
    let mut left = total;
    for (letters, step) in STEPS {
        canonical.push_str(&letters.repeat((left / step) as usize));
        left %= step;
    }
    (rest.is_empty() && canonical == numeral).then_some(total)
}

/// A Roman numeral here: its value and where it ends.
fn numeral(text: &str, at: usize) -> Option<(u32, usize)> {
    let run = text[at..].bytes().take_while(|b| b"IVXLCDM".contains(b)).count();
    let end = at + run;
    let letters = &text[at..end];
    if run == 0 || run > 15 || letters.starts_with(['D', 'M']) || !closes(text, end) {
        return None;
    }
    let mut behind = text[end..].chars();
    let owned =
        behind.next().is_some_and(|c| ".'’".contains(c)) && behind.next().is_some_and(is_word);
    if owned || matches!(letters, "C" | "L") {
        return None;
    }
    Some((roman(letters)?, end))
}

/// "Chapter IV", "World War II".
pub(super) fn roman_cardinal(text: &str, at: usize, heads: &Pairs<()>) -> Option<Edit> {
    if !after(text, at)?.is_ascii_alphabetic() || !opens(text, at) {
        return None;
    }
    let follows = |end| literal(text, end, " ").is_some_and(|at| numeral(text, at).is_some());
    let (_, head_end) = longest(heads, text, at, follows)?;
    let (value, end) = numeral(text, head_end + 1)?;
    // "The part I like": somebody, not the first part.
    let speaks = value == 1
        && text[at..].starts_with(|c: char| c.is_ascii_lowercase())
        && literal(text, end, " ")
            .and_then(|next| after(text, next))
            .is_some_and(|c| c.is_lowercase());
    if speaks {
        return None;
    }
    Some(Edit::until(end).keep(at..head_end + 1).put(value.to_string(), head_end + 1..end))
}

/// "Henry VIII".
pub(super) fn roman_ordinal(text: &str, at: usize, heads: &Pairs<()>) -> Option<Edit> {
    if !after(text, at)?.is_ascii_uppercase() || !opens(text, at) {
        return None;
    }
    let follows = |end| literal(text, end, " ").is_some_and(|at| numeral(text, at).is_some());
    let (_, head_end) = longest(heads, text, at, follows)?;
    let (value, end) = numeral(text, head_end + 1)?;
    let words = format!("the {}", ordinal(value.into()));
    Some(Edit::until(end).keep(at..head_end + 1).put(words, head_end + 1..end))
}
