//! How a number in digits is said.

use super::lexicon::Lexicon;
use super::number_words as names;
use super::stress;

/// Unit and its hundredth of the signs that the lexicon layer reads.
fn currency_names(sign: char) -> Option<(&'static str, &'static str)> {
    match sign {
        '$' => Some(("dollar", "cent")),
        '£' => Some(("pound", "pence")),
        '€' => Some(("euro", "cent")),
        _ => None,
    }
}

/// Whether a sign stands for money that [`Lexicon::number`] reads.
pub(super) fn is_currency(sign: char) -> bool {
    currency_names(sign).is_some()
}

/// Whether a word is digits with commas and dots, perhaps with a minus (only at the head of a word)
/// and an ending as in "1990s" or "3rd".
pub(super) fn is_number(word: &str, is_head: bool) -> bool {
    const ENDINGS: [&str; 9] = ["ing", "'d", "ed", "'s", "st", "nd", "rd", "th", "s"];
    let stem = ENDINGS.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    let stem = stem.strip_prefix('-').filter(|_| is_head).unwrap_or(stem);
    stem.bytes().any(|b| b.is_ascii_digit())
        && stem.bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b'.')
}

/// The words of a number, each with its phonemes.
struct Said<'a> {
    lexicon: &'a Lexicon,
    phonemes: Vec<String>,
}

impl Said<'_> {
    fn word(&mut self, word: &str, stress: Option<f32>) {
        self.phonemes.extend(self.lexicon.lookup(word, None, stress, None));
    }

    /// Number words; "and" is left out within a number.
    fn words(&mut self, words: &str) {
        for word in words.split([' ', '-']).filter(|&word| word != "and" && !word.is_empty()) {
            self.word(word, (word == "point").then_some(-2.0));
        }
    }

    fn digits(&mut self, digits: &str) {
        for digit in digits.chars().filter_map(names::digit) {
            self.word(digit, None);
        }
    }

    fn money(&mut self, digits: &str, unit: &str) {
        self.whole(digits);
        let plural = names::value(digits) != Some(1) && unit != "pence";
        self.phonemes.extend(match plural {
            true => self.lexicon.stem_s(&format!("{unit}s"), None, None, None),
            false => self.lexicon.lookup(unit, None, None, None),
        });
    }

    /// A whole number by its name, or digit by digit where it has none.
    fn whole(&mut self, digits: &str) {
        match names::value(digits) {
            Some(number) => self.words(&names::cardinal(number)),
            None => self.digits(digits),
        }
    }
}

impl Lexicon {
    /// How a number is said. `is_head`: it begins its word, so it is a quantity and not, say, the
    /// end of a name such as "B52".
    pub(super) fn number(
        &self,
        word: &str,
        currency: Option<char>,
        is_head: bool,
    ) -> Option<String> {
        let stem = word.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '\'');
        let ending = &word[stem.len()..];
        let mut said = Said { lexicon: self, phonemes: Vec::new() };
        let (negative, number) = match stem.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, stem),
        };
        if negative {
            said.word("minus", None);
        }
        let ungrouped = number.replace(',', "");
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let value = names::value(&ungrouped);
        let is_ordinal = matches!(ending, "st" | "nd" | "rd" | "th");
        let money = currency.and_then(currency_names);
        match (value, money) {
            (Some(value), _) if is_ordinal && (plain || is_head) => {
                said.words(&names::ordinal(value));
            }
            (Some(value), None) if plain && !negative && number.len() == 4 => {
                said.words(&names::year(value));
            }
            _ if !is_head && !number.contains('.') => part_of_name(&mut said, &ungrouped),
            _ if !is_head || number.matches('.').count() > 1 => version(&mut said, &ungrouped),
            (_, Some(names)) if has_cents_at_most(number) => {
                amount(&mut said, &ungrouped, names);
            }
            _ => decimal(&mut said, &ungrouped),
        }
        if said.phonemes.is_empty() {
            return None;
        }
        let phonemes = said.phonemes.join(" ");
        match ending {
            "s" | "'s" => self.with_s(phonemes),
            "ed" | "'d" => self.with_ed(phonemes),
            "ing" => self.with_ing(phonemes),
            _ => Some(phonemes),
        }
    }

    /// Adds the name of the money to a word that was no number ("$ABC").
    pub(super) fn with_currency(&self, phonemes: String, currency: Option<char>) -> String {
        let plural = currency
            .and_then(currency_names)
            .and_then(|(unit, _)| self.stem_s(&format!("{unit}s"), None, None, None));
        match plural {
            Some(plural) => format!("{phonemes} {plural}"),
            None => phonemes,
        }
    }

    /// A number as a word of a sentence.
    pub(super) fn number_word(
        &self,
        word: &str,
        currency: Option<char>,
        is_head: bool,
        stress: Option<f32>,
    ) -> Option<String> {
        if !is_number(word, is_head) {
            return None;
        }
        Some(stress::apply(self.number(word, currency, is_head)?, stress))
    }
}

/// "B52", "747", "R2": long ones digit by digit, three digits as "seven forty seven".
fn part_of_name(said: &mut Said<'_>, digits: &str) {
    match digits.len() {
        1..=3 if digits.starts_with('0') => said.digits(digits),
        3 if !digits.ends_with("00") => {
            said.digits(&digits[..1]);
            match digits[1..].strip_prefix('0') {
                Some(last) => {
                    said.word("O", Some(-2.0));
                    said.digits(last);
                }
                None => said.whole(&digits[1..]),
            }
        }
        1..=3 => said.whole(digits),
        _ => said.digits(digits),
    }
}

/// "3.11.2": group by group, without a word for the dots.
fn version(said: &mut Said<'_>, number: &str) {
    for part in number.split('.').filter(|part| !part.is_empty()) {
        let round = part.len() == 2 || part[1..].bytes().all(|b| b == b'0');
        match part.starts_with('0') || !round {
            true => said.digits(part),
            false => said.whole(part),
        }
    }
}

fn has_cents_at_most(number: &str) -> bool {
    match number.split_once('.') {
        None => true,
        Some((_, cents)) => cents.len() < 3 && !cents.contains('.'),
    }
}

fn amount(said: &mut Said<'_>, number: &str, (unit, hundredth): (&str, &str)) {
    let (whole, cents) = number.split_once('.').unwrap_or((number, ""));
    // "$9.5" is fifty cents.
    let cents = if cents.len() == 1 { format!("{cents}0") } else { cents.to_owned() };
    let is_zero = |digits: &str| digits.bytes().all(|b| b == b'0');
    if !is_zero(whole) || is_zero(&cents) {
        said.money(if whole.is_empty() { "0" } else { whole }, unit);
    }
    if !is_zero(&cents) {
        if !is_zero(whole) {
            said.word("and", None);
        }
        said.money(&cents, hundredth);
    }
}

fn decimal(said: &mut Said<'_>, number: &str) {
    match number.split_once('.') {
        None => said.whole(number),
        Some((whole, fraction)) => {
            if !whole.is_empty() {
                said.whole(whole);
            }
            if !fraction.is_empty() {
                said.words("point");
                said.digits(fraction);
            }
        }
    }
}
