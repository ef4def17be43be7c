//! Words that no lexicon knows: letters go to a network (or whatever the caller has), digits are
//! read, symbols have a small table.

use super::lexicon::Lexicon;
use super::subtoken::digits_len;

/// How a word is said that is in no lexicon, or `None`.
pub type UnknownWords = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// More letters than this are asked for in pieces: the network reads no longer words.
const MAX_LETTERS: usize = 24;

/// What is done with unknown words.
#[derive(Default)]
pub(super) struct Unknown {
    pub ask: Option<UnknownWords>,
}

impl Unknown {
    /// The phonemes of a word, piece by piece; empty where nothing of it can be said.
    pub(super) fn read(&self, lexicon: &Lexicon, word: &str) -> String {
        let mut said: Vec<String> = Vec::new();
        let mut rest = word;
        while let Some(c) = rest.chars().next() {
            let piece;
            if c.is_ascii_digit() {
                (piece, rest) = rest.split_at(digits_len(rest));
                said.extend(lexicon.number(piece, None, false));
            } else if c.is_alphanumeric() {
                (piece, rest) = rest.split_at(letters_len(rest));
                self.read_letters(lexicon, piece, &mut said);
            } else {
                (piece, rest) = rest.split_at(c.len_utf8());
                let words = symbol_words(piece).iter();
                said.extend(words.filter_map(|word| lexicon.lookup(word, None, None, None)));
                said.extend((piece == "—").then(|| piece.to_owned()));
            }
        }
        said.join(" ")
    }

    fn read_letters(&self, lexicon: &Lexicon, word: &str, said: &mut Vec<String>) {
        let letters: Vec<char> = word.chars().collect();
        let mut rest = letters.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(piece_len(rest));
            rest = after;
            let piece: String = piece.iter().collect();
            let phonemes = self.ask.as_ref().and_then(|ask| ask(&piece));
            said.extend(
                phonemes
                    .filter(|phonemes| !phonemes.is_empty())
                    .or_else(|| lexicon.spelled(&deunicode::deunicode(&piece)))
                    .filter(|phonemes| !phonemes.is_empty()),
            );
        }
    }
}

/// How many letters to ask for at once: up to a capital within a word, else equal parts.
fn piece_len(letters: &[char]) -> usize {
    if letters.len() <= MAX_LETTERS {
        return letters.len();
    }
    let capital = (1..=MAX_LETTERS)
        .rev()
        .find(|&at| letters[at].is_uppercase() && letters[at - 1].is_lowercase());
    let equal = || letters.len().div_ceil(letters.len().div_ceil(MAX_LETTERS));
    capital.unwrap_or_else(equal)
}

/// Letters with single apostrophes between them.
fn letters_len(text: &str) -> usize {
    let mut len = 0;
    let mut separated = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' | '’' if !separated => separated = true,
            _ if c.is_alphanumeric() && !c.is_ascii_digit() => {
                (len, separated) = (at + c.len_utf8(), false);
            }
            _ => break,
        }
    }
    len
}

fn symbol_words(symbol: &str) -> &'static [&'static str] {
    match symbol {
        "/" => &["slash"],
        "=" => &["equals"],
        "+" => &["plus"],
        "&" => &["and"],
        "@" => &["at"],
        "%" => &["percent"],
        "#" => &["hash"],
        "*" => &["asterisk"],
        "~" => &["tilde"],
        "^" => &["caret"],
        "<" => &["less", "than"],
        ">" => &["greater", "than"],
        _ => &[],
    }
}
