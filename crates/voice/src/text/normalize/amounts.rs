//! Money, measures and other numbers with something around them.

use super::scan::{
    after, before, closes, closes_number, digits, exact_digits, is_word, literal, maybe, number,
    opens, opens_number, signed_number, value,
};
use super::times::short_date;
use super::{Pairs, longest};
use crate::text::line::Edit;

/// One of it and several.
pub(super) type Forms = (String, String);

const BIG: [&str; 5] = ["hundred", "thousand", "million", "billion", "trillion"];

fn form<'a>(number: &str, (one, several): (&'a str, &'a str)) -> &'a str {
    match number.replace(',', "").as_str() {
        "1" | "1.0" | "-1" => one,
        _ => several,
    }
}

fn forms((one, several): &Forms) -> (&str, &str) {
    (one, several)
}

/// "million" or "m" behind an amount: its word and where it ends.
fn big(text: &str, at: usize) -> Option<(&'static str, usize)> {
    let word = maybe(text, at, " ");
    if let Some((name, end)) =
        BIG.into_iter().find_map(|name| literal(text, word, name).map(|end| (name, end)))
    {
        return Some((name, end));
    }
    let name = match after(text, word)? {
        'k' | 'K' => "thousand",
        'm' | 'M' => "million",
        'b' | 'B' => "billion",
        _ => return None,
    };
    Some((name, word + 1)).filter(|&(_, end)| closes(text, end))
}

/// "$5 million", "£3k".
pub(super) fn big_money(text: &str, at: usize, currency: &Pairs<Forms>) -> Option<Edit> {
    let sign = after(text, at).filter(|c| matches!(c, '$' | '£' | '€'))?;
    let start = at + sign.len_utf8();
    let number_end = number(text, start)?;
    let (big, end) = big(text, number_end)?;
    let (_, plural) = currency.get(&text[at..start])?;
    let words = format!("{} {big} {plural}", &text[start..number_end]);
    Some(Edit::until(end).put(words, at..end))
}

/// "50¢".
pub(super) fn cents(text: &str, at: usize, currency: &Pairs<Forms>) -> Option<Edit> {
    if !opens_number(text, at) {
        return None;
    }
    let number_end = number(text, at)?;
    let sign = maybe(text, number_end, " ");
    let end = literal(text, sign, "¢")?;
    let unit = form(&text[at..number_end], forms(currency.get("¢")?)).to_owned();
    Some(Edit::until(end).put(format!("{} {unit}", &text[at..number_end]), at..end))
}

/// "¥500", "Rs. 20", "EUR 3 million".
pub(super) fn other_money(text: &str, at: usize, currency: &Pairs<Forms>) -> Option<Edit> {
    const SIGNS: [&str; 7] = ["¥", "₹", "₩", "Rs", "USD", "EUR", "GBP"];
    let sign = SIGNS.into_iter().find(|sign| text[at..].starts_with(sign))?;
    if !opens(text, at) {
        return None;
    }
    let sign_end = at + sign.len();
    let dot = if sign == "Rs" { maybe(text, sign_end, ".") } else { sign_end };
    let start = maybe(text, dot, " ");
    let number_end = number(text, start)?;
    let names = currency.get(sign)?;
    let amount = &text[start..number_end];
    let (words, end) = match big(text, number_end) {
        Some((big, end)) => (format!("{amount} {big} {}", names.1), end),
        None => (format!("{amount} {}", form(amount, forms(names))), number_end),
    };
    Some(Edit::until(end).put(words, at..end))
}

/// "20°C", "-5 °F", "90°".
pub(super) fn degrees(text: &str, at: usize) -> Option<Edit> {
    let number_end = signed_number(text, at)?;
    let sign = maybe(text, number_end, " ");
    let sign_end = literal(text, sign, "°")?;
    let letter = maybe(text, sign_end, " ");
    let scale = match after(text, letter) {
        Some('C') => " Celsius",
        Some('F') => " Fahrenheit",
        _ => "",
    };
    let with_scale = Some(letter + 1).filter(|&end| !scale.is_empty() && closes(text, end));
    let (scale, end) = match with_scale {
        Some(end) => (scale, end),
        None => ("", Some(sign_end).filter(|&end| closes(text, end))?),
    };
    let unit = form(&text[at..number_end], ("degree", "degrees"));
    let words = format!(" {unit}{scale}");
    Some(Edit::until(end).keep(at..number_end).put(words, sign..end))
}

/// "5 km", "10GB".
pub(super) fn unit(text: &str, at: usize, units: &Pairs<Forms>) -> Option<Edit> {
    let number_end = signed_number(text, at)?;
    let start = maybe(text, number_end, " ");
    let (names, end) = longest(units, text, start, |end| closes(text, end))?;
    let name = form(&text[at..number_end], forms(names));
    Some(Edit::until(end).keep(at..number_end).put(format!(" {name}"), start..end))
}

/// 5'6": feet and inches.
pub(super) fn feet(text: &str, at: usize) -> Option<Edit> {
    if !opens_number(text, at) {
        return None;
    }
    let feet_end = digits(text, at, 2)?;
    let inches = literal(text, feet_end, "'")?;
    let inches_end = digits(text, inches, 2)?;
    let end = maybe(text, maybe(text, inches_end, "\""), "''");
    if value(&text[inches..inches_end]) > 11 || !closes(text, end) {
        return None;
    }
    let words = format!("{} foot {}", &text[at..feet_end], &text[inches..inches_end]);
    Some(Edit::until(end).put(words, at..end))
}

/// "555-1234", "555-123-4567": digit by digit.
pub(super) fn phone(text: &str, at: usize) -> Option<Edit> {
    if before(text, at).is_some_and(|c| is_word(c) || c == '.' || c == '-') {
        return None;
    }
    let group = |at| exact_digits(text, at, 3).and_then(|end| literal(text, end, "-"));
    let first = group(at)?;
    let end = [group(first), Some(first)]
        .into_iter()
        .flatten()
        .filter_map(|last| exact_digits(text, last, 4))
        .find(|&end| closes_number(text, end))?;
    let mut words = String::new();
    for c in text[at..end].chars() {
        match c {
            '-' => words.push(','),
            digit => words.extend([' ', digit]),
        }
    }
    Some(Edit::until(end).put(words.trim_start().to_owned(), at..end))
}

/// "3/4", "9/11", "24/7", "10/10".
pub(super) fn fraction(text: &str, at: usize) -> Option<Edit> {
    const PARTS: [&str; 9] =
        ["half", "third", "quarter", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    if before(text, at).is_some_and(|c| is_word(c) || c == '.' || c == '/') {
        return None;
    }
    let first_end = digits(text, at, 2)?;
    let second = literal(text, first_end, "/")?;
    let end = digits(text, second, 2).filter(|&end| closes_number(text, end))?;
    if after(text, end) == Some('/') {
        return None;
    }
    let (a, b) = (value(&text[at..first_end]), value(&text[second..end]));
    let words = match (a, b) {
        (1, 2) => "one half".to_owned(),
        (1.., 2..=10) if a < b => {
            let part = PARTS[b as usize - 2];
            format!("{a} {part}{}", if a == 1 { "" } else { "s" })
        }
        (24, 7) => "24 7".to_owned(),
        _ if a == b => format!("{a} out of {b}"),
        _ => short_date(a, b).unwrap_or_else(|| format!("{a} slash {b}")),
    };
    Some(Edit::until(end).put(words, at..end))
}

/// "10-20": to.
pub(super) fn range(text: &str, at: usize) -> Option<Edit> {
    if before(text, at).is_some_and(|c| is_word(c) || c == '.' || c == '-') {
        return None;
    }
    let first_end = digits(text, at, 4)?;
    let dash = maybe(text, first_end, " ");
    let dash_end = literal(text, dash, "-").or_else(|| literal(text, dash, "–"))?;
    let second = maybe(text, dash_end, " ");
    let end = digits(text, second, 4).filter(|&end| closes_number(text, end))?;
    if after(text, end) == Some('%') {
        return None;
    }
    Some(Edit::until(end).keep(at..first_end).put(" to ", dash..dash_end).keep(second..end))
}

/// "+5".
pub(super) fn plus(text: &str, at: usize) -> Option<Edit> {
    let end = literal(text, at, "+")?;
    if before(text, at).is_some_and(|c| is_word(c) || c == '+') {
        return None;
    }
    digits(text, end, 1)?;
    Some(Edit::until(end).put("plus ", at..end))
}
