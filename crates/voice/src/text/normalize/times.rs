//! Times and dates.

use super::scan::{after, closes, digits, exact_digits, literal, maybe, opens, value};
use crate::text::line::Edit;
use crate::text::number_words::{cardinal, ordinal};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn is_digit_at(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

/// "7:30 pm", "10:05", "12:00:30".
pub(super) fn time(text: &str, at: usize) -> Option<Edit> {
    if !is_digit_at(text, at) || !opens(text, at) {
        return None;
    }
    let hour_end = digits(text, at, 2)?;
    let minute = literal(text, hour_end, ":")?;
    let minute_end = exact_digits(text, minute, 2)?;
    let seconds = literal(text, minute_end, ":")
        .and_then(|second| exact_digits(text, second, 2).map(|end| (second, end)));
    // With seconds if that fits, else without.
    let (second, clock_end, half) = seconds
        .map(|(second, end)| (Some(second), end))
        .into_iter()
        .chain([(None, minute_end)])
        .map(|(second, end)| (second, end, half_of_day(text, end)))
        .find(|&(_, end, half)| half.is_some() || !is_digit_at(text, end))?;
    let end = half.map_or(clock_end, |(_, _, end)| end);
    let hour_value = value(&text[at..hour_end]);
    let minute_value = value(&text[minute..minute_end]);
    let second_value = second.map(|second| value(&text[second..clock_end]));
    if hour_value > 24 || minute_value > 59 || second_value.is_some_and(|second| second > 59) {
        return Some(Edit::kept(at..end));
    }
    let mut words = cardinal(hour_value.into());
    match minute_value {
        0 if half.is_some() || second.is_some() => {}
        0 => words += " o'clock",
        1..10 => words += &format!(" oh {}", cardinal(minute_value.into())),
        _ => words += &format!(" {}", cardinal(minute_value.into())),
    }
    if let Some(second) = second_value {
        let unit = if second == 1 { "second" } else { "seconds" };
        words += &format!(" and {} {unit}", cardinal(second.into()));
    }
    let edit = Edit::until(end).put(words, at..clock_end);
    Some(match half {
        None => edit,
        Some((half, start, _)) => {
            let dot = if after(text, end) == Some('.') { "" } else { "." };
            edit.put(" ", start..end).put(format!("{half}.M{dot}"), start..end)
        }
    })
}

/// "am", "p.m.": the letter, where it starts and where it ends.
fn half_of_day(text: &str, at: usize) -> Option<(char, usize, usize)> {
    let start = maybe(text, at, " ");
    let letter = after(text, start)?.to_ascii_uppercase();
    if !matches!(letter, 'A' | 'P') {
        return None;
    }
    let end = maybe(text, start + 1, ".");
    let end = literal(text, end, "m").or_else(|| literal(text, end, "M"))?;
    let letter_follows = |at| after(text, at).is_some_and(|c| c.is_ascii_alphabetic());
    let dotted =
        literal(text, end, ".").filter(|&end| !letter_follows(end) && !is_digit_at(text, end));
    let end = dotted.or(Some(end).filter(|&end| !letter_follows(end) && !is_digit_at(text, end)))?;
    Some((letter, start, end))
}

fn date(month: u32, day: u32, year: Option<&str>) -> Option<String> {
    let name = MONTHS.get((month as usize).checked_sub(1)?)?;
    if !(1..=31).contains(&day) {
        return None;
    }
    let day = ordinal(day.into());
    Some(match year {
        Some(year) => format!("{name} {day}, {year}"),
        None => format!("{name} {day}"),
    })
}

/// "March fifth" for 3/5, where that is a date.
pub(super) fn short_date(month: u32, day: u32) -> Option<String> {
    date(month, day, None)
}

/// "2024-03-05".
pub(super) fn iso_date(text: &str, at: usize) -> Option<Edit> {
    if !is_digit_at(text, at) || !opens(text, at) {
        return None;
    }
    let year_end = exact_digits(text, at, 4)?;
    let month = literal(text, year_end, "-")?;
    let month_end = exact_digits(text, month, 2)?;
    let day = literal(text, month_end, "-")?;
    let end = exact_digits(text, day, 2).filter(|&end| closes(text, end))?;
    let year = &text[at..year_end];
    Some(match date(value(&text[month..month_end]), value(&text[day..end]), Some(year)) {
        Some(words) => Edit::until(end).put(words, at..end),
        None => Edit::kept(at..end),
    })
}

/// "3/14/2024", month first unless that cannot be.
pub(super) fn slash_date(text: &str, at: usize) -> Option<Edit> {
    if !is_digit_at(text, at) || !opens(text, at) {
        return None;
    }
    let first_end = digits(text, at, 2)?;
    let second = literal(text, first_end, "/")?;
    let second_end = digits(text, second, 2)?;
    let year = literal(text, second_end, "/")?;
    let end = [4, 2]
        .into_iter()
        .filter_map(|count| exact_digits(text, year, count))
        .find(|&end| closes(text, end))?;
    let full_year = match &text[year..end] {
        short if short.len() == 2 => format!("{}{short}", if value(short) > 30 { 19 } else { 20 }),
        full => full.to_owned(),
    };
    let (first, second) = (value(&text[at..first_end]), value(&text[second..second_end]));
    let (month, day) = if first <= 12 { (first, second) } else { (second, first) };
    Some(match date(month, day, Some(&full_year)) {
        Some(words) => Edit::until(end).put(words, at..end),
        None => Edit::kept(at..end),
    })
}

/// A month's name or its abbreviation here: its full name and where it ends.
fn month(text: &str, at: usize) -> Option<(&'static str, usize)> {
    let rest = &text[at..];
    if !rest.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    MONTHS.into_iter().find_map(|name| {
        let short = if rest.starts_with("Sept") { 4 } else { 3 };
        let len = if rest.starts_with(name) {
            name.len()
        } else if rest.starts_with(&name[..3]) {
            short
        } else {
            return None;
        };
        Some((name, at + len))
    })
}

/// "March 5", "Mar. 5th, 2024".
pub(super) fn month_day(text: &str, at: usize) -> Option<Edit> {
    let (name, name_end) = month(text, at).filter(|_| opens(text, at))?;
    let space = maybe(text, name_end, ".");
    let day = literal(text, space, " ")?;
    let day_end = digits(text, day, 2)?;
    let suffix = ["st", "nd", "rd", "th"].iter().find_map(|suffix| literal(text, day_end, suffix));
    let end = suffix.unwrap_or(day_end);
    if !closes(text, end) || matches!(after(text, end), Some(':' | '%')) {
        return None;
    }
    let year = literal(text, maybe(text, end, ","), " ")
        .and_then(|year| exact_digits(text, year, 4))
        .filter(|&year_end| closes(text, year_end));
    let until = year.unwrap_or(end);
    let number = value(&text[day..day_end]);
    if !(1..=31).contains(&number) {
        return Some(Edit::kept(at..until));
    }
    Some(
        Edit::until(until)
            .put(name, at..space)
            .keep(space..day)
            .put(ordinal(number.into()), day..end)
            .keep(end..until),
    )
}

/// "5 March", "the 5 of Mar.".
pub(super) fn day_month(text: &str, at: usize) -> Option<Edit> {
    if !opens(text, at) {
        return None;
    }
    let day = maybe(text, at, "the ");
    let day_end = digits(text, day, 2)?;
    let space = literal(text, day_end, " ")?;
    let of = maybe(text, space, "of ");
    let (name, name_end) = month(text, of).filter(|&(_, end)| closes(text, end))?;
    // A dot that ends the sentence stays.
    let dot = maybe(text, name_end, ".");
    let end = if dot == text.len() { name_end } else { dot };
    let number = value(&text[day..day_end]);
    if !(1..=31).contains(&number) {
        return Some(Edit::kept(at..end));
    }
    let edit = Edit::until(end);
    let edit = if day > at { edit.keep(at..day) } else { edit.put("the ", day..day_end) };
    Some(
        edit.put(ordinal(number.into()), day..day_end)
            .put(" of ", if of > space { space..of } else { day..day_end })
            .put(name, of..end),
    )
}
