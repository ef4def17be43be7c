//! Whole numbers in English words.

use std::borrow::Cow;

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [&str; 12] = [
    "",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
];

/// The largest number that has a name has so many digits.
pub(super) const MAX_DIGITS: usize = SCALES.len() * 3;

/// The value of a run of ASCII digits; `None` where it has no name.
pub(super) fn value(digits: &str) -> Option<u128> {
    let significant = digits.trim_start_matches('0');
    match significant.len() {
        0 if !digits.is_empty() => Some(0),
        1..=MAX_DIGITS => significant.parse().ok(),
        _ => None,
    }
}

/// "one thousand two hundred and thirty-four"; at most [`MAX_DIGITS`] digits.
pub(super) fn cardinal(number: u128) -> String {
    let mut words: Vec<Cow<'static, str>> = Vec::new();
    if number == 0 {
        words.push(Cow::Borrowed(ONES[0]));
    }
    let groups: Vec<usize> =
        std::iter::successors(Some(number), |n| Some(n / 1000).filter(|&n| n > 0))
            .map(|n| (n % 1000) as usize)
            .collect();
    for (scale, &group) in groups.iter().enumerate().rev().filter(|&(_, &group)| group > 0) {
        let (hundreds, rest) = (group / 100, group % 100);
        if hundreds > 0 {
            words.extend([ONES[hundreds], "hundred"].map(Cow::Borrowed));
        }
        if rest > 0 && (hundreds > 0 || (scale == 0 && groups.len() > 1)) {
            words.push(Cow::Borrowed("and"));
        }
        match (rest / 10, rest % 10) {
            (0, 0) => {}
            (0 | 1, _) => words.push(Cow::Borrowed(ONES[rest])),
            (tens, 0) => words.push(Cow::Borrowed(TENS[tens])),
            (tens, ones) => words.push(Cow::Owned(format!("{}-{}", TENS[tens], ONES[ones]))),
        }
        if scale > 0 {
            words.extend(SCALES.get(scale).copied().map(Cow::Borrowed));
        }
    }
    words.join(" ")
}

/// "twenty-third", "one hundred and first".
pub(super) fn ordinal(number: u128) -> String {
    let words = cardinal(number);
    let (head, last) = words.split_at(words.rfind([' ', '-']).map_or(0, |at| at + 1));
    let last = match last {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        _ => match last.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{last}th"),
        },
    };
    format!("{head}{last}")
}

/// As years are said: "nineteen oh five", "two thousand and five", "twenty ten".
pub(super) fn year(number: u128) -> String {
    let (high, low) = (number / 100, number % 100);
    if high == 0 || (high % 10 == 0 && low < 10) || high >= 100 {
        return cardinal(number);
    }
    let low = match low {
        0 => "hundred".to_owned(),
        1..10 => format!("oh {}", cardinal(low)),
        _ => cardinal(low),
    };
    format!("{} {low}", cardinal(high))
}

/// The name of one digit.
pub(super) fn digit(c: char) -> Option<&'static str> {
    ONES.get(c.to_digit(10)? as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_words() {
        assert_eq!(cardinal(0), "zero");
        assert_eq!(cardinal(100), "one hundred");
        assert_eq!(cardinal(1_234), "one thousand two hundred and thirty-four");
        assert_eq!(ordinal(23), "twenty-third");
        assert_eq!(cardinal(1_001), "one thousand and one");
        assert_eq!(cardinal(2_000_000), "two million");
        assert_eq!(cardinal(1_000_040), "one million and forty");
        assert_eq!(ordinal(20), "twentieth");
        assert_eq!(ordinal(101), "one hundred and first");
        assert_eq!(ordinal(1000), "one thousandth");
        assert_eq!(year(1905), "nineteen oh five");
        assert_eq!(year(2005), "two thousand and five");
        assert_eq!(year(2010), "twenty ten");
        assert_eq!(year(1900), "nineteen hundred");
        assert_eq!(value("000"), Some(0));
        assert_eq!(value(&"9".repeat(MAX_DIGITS)).map(|n| cardinal(n).len() > 400), Some(true));
        assert_eq!(value(&"9".repeat(MAX_DIGITS + 1)), None);
        assert_eq!(value(""), None);
    }
}
