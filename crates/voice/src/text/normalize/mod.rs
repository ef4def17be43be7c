//! Writes out what the lexicons do not read by themselves: times, dates, units, abbreviations, money,
//! Roman numerals, addresses, symbols. Plain numbers are left to the lexicon layer.
//!
//! Each rule is a function that is asked at a place of the line and answers with what takes the
//! place of what it matched; the line keeps where everything comes from.

mod amounts;
mod names;
mod scan;
mod times;
mod web;

use super::assets::{TextError, read_json};
use super::line::{Edit, Line};
use amounts::Forms;
use scan::{after, before};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

/// Most entries of a table.
const MAX_ENTRIES: usize = 4096;
const NAME: &str = "normalize.json";

#[derive(Deserialize)]
struct Tables {
    titles: Pairs<String>,
    abbreviations: Pairs<String>,
    units: Pairs<Forms>,
    symbols: Pairs<String>,
    currency: Pairs<Forms>,
    roman_cardinal: Vec<String>,
    roman_ordinal: Vec<String>,
}

/// The rules and their tables.
pub(super) struct Normalizer {
    titles: Pairs<String>,
    abbreviations: Pairs<String>,
    units: Pairs<Forms>,
    /// In the order of the file.
    symbols: Pairs<String>,
    currency: Pairs<Forms>,
    roman_cardinal: Pairs<()>,
    roman_ordinal: Pairs<()>,
}

impl Normalizer {
    pub(super) fn load(folder: &Path) -> Result<Self, TextError> {
        let tables: Tables = read_json(folder, NAME)?;
        let heads =
            |list: Vec<String>| Pairs(list.into_iter().map(|head| (head, ())).collect()).sorted();
        let empty = |pairs: &Pairs<String>| pairs.0.iter().any(|(key, _)| key.is_empty());
        if empty(&tables.symbols) {
            return Err(TextError::Malformed {
                path: folder.join(NAME),
                problem: "`symbols` has an empty key".to_owned(),
            });
        }
        Ok(Self {
            titles: tables.titles.sorted(),
            abbreviations: tables.abbreviations.sorted(),
            units: tables.units.sorted(),
            symbols: tables.symbols,
            currency: tables.currency,
            roman_cardinal: heads(tables.roman_cardinal),
            roman_ordinal: heads(tables.roman_ordinal),
        })
    }

    /// Whether a word with a dot behind it is a title: the sentence goes on.
    pub(super) fn is_title(&self, word: &str) -> bool {
        self.titles.get(word).is_some()
    }

    /// Whether a symbol has words.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.symbols.get(symbol).is_some()
    }

    /// Writes a line out. The order of the rules counts: a date is no fraction.
    pub(super) fn apply(&self, line: &mut Line) {
        line.rewrite(web::address);
        if scan::has_digit(line.text()) {
            line.rewrite(amounts::feet);
            line.rewrite(times::time);
            line.rewrite(times::iso_date);
            line.rewrite(times::slash_date);
            line.rewrite(|text, at| amounts::big_money(text, at, &self.currency));
            line.rewrite(|text, at| amounts::cents(text, at, &self.currency));
            line.rewrite(|text, at| amounts::other_money(text, at, &self.currency));
            line.rewrite(amounts::degrees);
            line.rewrite(|text, at| amounts::unit(text, at, &self.units));
            line.rewrite(times::month_day);
            line.rewrite(times::day_month);
        }
        line.rewrite(|text, at| names::title(text, at, &self.titles));
        line.rewrite(|text, at| names::abbreviation(text, at, &self.abbreviations));
        if scan::has_digit(line.text()) {
            line.rewrite(names::numero);
            line.rewrite(names::hash);
        }
        line.rewrite(|text, at| names::roman_cardinal(text, at, &self.roman_cardinal));
        line.rewrite(|text, at| names::roman_ordinal(text, at, &self.roman_ordinal));
        if scan::has_digit(line.text()) {
            line.rewrite(amounts::phone);
            line.rewrite(amounts::fraction);
            line.rewrite(amounts::range);
            line.rewrite(amounts::plus);
        }
        if line.text().contains('#') {
            line.rewrite(names::sharp);
        }
        for (symbol, words) in &self.symbols.0 {
            if line.text().contains(symbol.as_str()) {
                line.rewrite(|text, at| self::symbol(text, at, symbol, words));
            }
        }
        line.tidy();
    }
}

/// A symbol's words; a comparison only between two things.
fn symbol(text: &str, at: usize, symbol: &str, words: &str) -> Option<Edit> {
    let compares = "=<>~".contains(symbol);
    let start = if compares { scan::maybe(text, at, " ") } else { at };
    let sign_end = scan::literal(text, start, symbol)?;
    let end = if compares { scan::maybe(text, sign_end, " ") } else { sign_end };
    let open = |c: Option<char>| c.is_some_and(|c| c != ' ');
    if compares && !(open(before(text, at)) && open(after(text, end))) {
        return None;
    }
    let words = if words.is_empty() { " ".to_owned() } else { format!(" {words} ") };
    Some(Edit::until(end).put(words, start..sign_end))
}

/// The longest key that stands here and whose end is right: its value and where it ends.
fn longest<'a, V>(
    sorted: &'a Pairs<V>,
    text: &str,
    at: usize,
    right: impl Fn(usize) -> bool,
) -> Option<(&'a V, usize)> {
    let rest = &text[at..];
    let first = rest.as_bytes().first()?;
    sorted
        .0
        .iter()
        .filter(|(key, _)| key.as_bytes().first() == Some(first) && rest.starts_with(key.as_str()))
        .map(|(key, value)| (value, at + key.len()))
        .find(|&(_, end)| right(end))
}

/// A JSON object with its keys in order.
struct Pairs<V>(Vec<(String, V)>);

impl<V> Pairs<V> {
    /// The longest key first.
    fn sorted(mut self) -> Self {
        self.0.retain(|(key, _)| !key.is_empty());
        self.0.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
        self
    }

    fn get(&self, key: &str) -> Option<&V> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct PairsVisitor<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<V> {
            type Value = Pairs<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object of at most {MAX_ENTRIES} entries")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                    if pairs.len() > MAX_ENTRIES {
                        return Err(serde::de::Error::invalid_length(pairs.len(), &self));
                    }
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(PairsVisitor(PhantomData))
    }
}
