//! Times of day in digits or as people say them: `19:30`, `7 pm`, `half past six`, `ten at night`, `1400 hours`.

/// A time that a sentence names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// This hour, 0 to 24.
    At(f32),
    /// This hour of twelve, before noon or after it.
    Either(f32),
}

/// Numbers in words, from one on.
const NUMBERS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];

/// The first time of day in a sentence.
pub fn find(sentence: &str) -> Option<Clock> {
    let lower = sentence
        .to_lowercase()
        .replace("a.m.", "am")
        .replace("p.m.", "pm")
        .replace('\u{2019}', "'");
    let parts = lower.split(|c: char| !c.is_alphanumeric() && c != ':' && c != '\'');
    let words: Vec<&str> =
        parts.map(|word| word.trim_matches([':', '\''])).filter(|word| !word.is_empty()).collect();
    (0..words.len()).find_map(|at| time_at(&words, at))
}

fn time_at(words: &[&str], at: usize) -> Option<Clock> {
    let word = words[at];
    let next = |ahead: usize| words.get(at + ahead).copied().unwrap_or_default();
    if let (Some(minutes), direction @ ("past" | "to")) = (minutes_of(word), next(1)) {
        let hour = hour_of(next(2))?;
        let hour = if direction == "past" { hour + minutes } else { hour - minutes };
        let end = if next(3) == "o'clock" || next(3) == "oclock" { 4 } else { 3 };
        return part_of_day(hour, &words[(at + end).min(words.len())..]);
    }
    // `7pm`, `7:30am`, `14h`, and the same apart.
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let glued = &word[digits.len()..];
    let apart = glued.is_empty() || digits.is_empty();
    let (unit, rest) = if apart { (next(1), at + 2) } else { (glued, at + 1) };
    let rest = &words[rest.min(words.len())..];
    if let Some((hours, minutes)) = digits.split_once(':') {
        let minutes = number(minutes, 59).filter(|_| minutes.len() == 2)?;
        let hour = number(hours, 24)? as f32 + minutes as f32 / 60.0;
        return match unit {
            "am" | "pm" if (1.0..13.0).contains(&hour) => half(hour, unit),
            // With a minute of two digits and an hour over twelve or a leading nought there is no doubt.
            _ if hour >= 13.0 || hours.starts_with('0') => {
                (hour <= 24.0).then_some(Clock::At(hour))
            }
            _ => part_of_day(hour, &words[(at + 1).min(words.len())..]),
        };
    }
    if digits.len() == 4 && matches!(unit, "hours" | "hrs") {
        let (hours, minutes) = digits.split_at_checked(2)?;
        let hour = number(hours, 24)? as f32 + number(minutes, 59)? as f32 / 60.0;
        return (hour <= 24.0).then_some(Clock::At(hour));
    }
    let hour = if digits.is_empty() { hour_of(word)? } else { number(digits, 24)? as f32 };
    match unit {
        "am" | "pm" if (1.0..=12.0).contains(&hour) => half(hour, unit),
        "o'clock" | "oclock" => {
            if hour > 12.0 {
                Some(Clock::At(hour))
            } else {
                part_of_day(hour, rest)
            }
        }
        "h" | "uhr" if !digits.is_empty() => Some(Clock::At(hour)),
        // `six in the morning`, `ten at night`: without such words a number is only a number.
        "in" | "at" if (1.0..=12.0).contains(&hour) => {
            let rest = &words[(at + 1).min(words.len())..];
            match part_of_day(hour, rest)? {
                Clock::At(hour) => Some(Clock::At(hour)),
                Clock::Either(_) => None,
            }
        }
        _ => None,
    }
}

/// An hour of twelve with the part of the day that follows it, if one does.
fn part_of_day(hour: f32, rest: &[&str]) -> Option<Clock> {
    if !(0.0..13.0).contains(&hour) {
        return (hour <= 24.0).then_some(Clock::At(hour.max(0.0)));
    }
    match rest {
        ["in", "the", "morning", ..] | ["am", ..] => half(hour, "am"),
        ["in", "the", "afternoon" | "evening", ..] | ["pm", ..] => half(hour, "pm"),
        // Ten at night is before midnight, two at night behind it.
        ["at" | "in", "night", ..] | ["in" | "at", "the", "night", ..] => {
            half(hour, if (5.0..12.0).contains(&(hour % 12.0)) { "pm" } else { "am" })
        }
        _ => Some(Clock::Either(hour % 12.0)),
    }
}

fn half(hour: f32, half: &str) -> Option<Clock> {
    Some(Clock::At(hour % 12.0 + if half == "pm" { 12.0 } else { 0.0 }))
}

fn minutes_of(word: &str) -> Option<f32> {
    match word {
        "half" => Some(0.5),
        "quarter" => Some(0.25),
        "five" => Some(5.0 / 60.0),
        "ten" => Some(10.0 / 60.0),
        "twenty" => Some(20.0 / 60.0),
        _ => None,
    }
}

fn hour_of(word: &str) -> Option<f32> {
    let at = NUMBERS.iter().position(|number| *number == word);
    at.map(|at| at as f32 + 1.0)
        .or_else(|| Some(number(word, 12)? as f32).filter(|hour| *hour >= 1.0))
}

/// Digits alone, at most so large.
fn number(digits: &str, most: u32) -> Option<u32> {
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|value| plain && *value <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Clock::{At, Either};

    #[test]
    fn times_are_found() {
        for (sentence, time) in [
            ("a valley at 7 pm", Some(At(19.0))),
            ("06:30, fog", Some(At(6.5))),
            ("23:30, metropolis", Some(At(23.5))),
            ("7:30pm", Some(At(19.5))),
            ("12 am in the city", Some(At(0.0))),
            ("12pm", Some(At(12.0))),
            ("3 a.m. stocktaking", Some(At(3.0))),
            ("wilderness at 7:30", Some(Either(7.5))),
            ("half past six", Some(Either(6.5))),
            ("quarter to nine in the evening", Some(At(20.75))),
            ("traffic, 5 o'clock in the afternoon", Some(At(17.0))),
            ("five o\u{2019}clock", Some(Either(5.0))),
            ("17 o'clock", Some(At(17.0))),
            ("ten at night", Some(At(22.0))),
            ("two at night", Some(At(2.0))),
            ("six in the morning, a river", Some(At(6.0))),
            ("1400 hours", Some(At(14.0))),
            ("14h", Some(At(14.0))),
            ("20:00", Some(At(20.0))),
            ("24:00", Some(At(24.0))),
            ("twelve o'clock", Some(Either(0.0))),
            ("quarter to one", Some(Either(0.75))),
            ("24:30", None),
            ("25:00", None),
            ("7:75", None),
            ("7:5", None),
            ("7:305", None),
            ("seven mountains", None),
            ("two in a boat", None),
            ("4k, 35mm, 8 samples", None),
            ("a valley in 1984", None),
            ("12:", None),
            (":30", None),
            ("half past", None),
            ("山の朝 ７：３０", None),
            ("1\u{e9}:30", None),
            ("1:3\u{e9}", None),
        ] {
            assert_eq!(find(sentence), time, "{sentence}");
        }
    }
}
